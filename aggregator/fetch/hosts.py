"""A host name -> the right to ask it: so many requests at a time, a pause after each, the connection handed on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from aggregator.fetch.connections import Connection


class Turn:
    """The right to ask one host, shared by those who hold it and those who wait for it."""

    def __init__(self, per_host: int) -> None:
        self.lane = asyncio.Semaphore(per_host)
        self.users = 0
        self.waiting = 0
        self._idle: list[Connection] = []
        self._most_idle = per_host + 1  # a host is asked over http and over https

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits: only then does it pay to keep a connection open."""
        return self.waiting > 0

    def take(self, origin: bytes) -> Connection | None:
        """An idle connection to the origin that is still good."""
        for connection in self._idle:
            if connection.origin == origin and connection.is_usable:
                self._idle.remove(connection)
                return connection
        return None

    async def give_back(self, connection: Connection) -> None:
        """Keep the connection for the next, or close it."""
        if not (connection.is_usable and self.is_wanted):
            await connection.close()
            return
        self._idle.append(connection)
        if len(self._idle) > self._most_idle:
            await self._idle.pop(0).close()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()


class HostTurns:
    """Turns by host. What is remembered of a host that nobody asks is when it was asked last, and that for the pause only."""

    def __init__(self, per_host: int = 1, pause: timedelta = timedelta(0)) -> None:
        self._per_host = per_host
        self._pause_s = pause.total_seconds()
        self._turns: dict[bytes, Turn] = {}
        # In the order of their ends, so that those to be forgotten stand in front.
        self._ended: dict[bytes, float] = {}

    def change(self, per_host: int, pause: timedelta) -> None:
        """Other bounds from now on. A host that is being asked keeps its number until nobody waits for it."""
        self._per_host, self._pause_s = per_host, pause.total_seconds()

    def __len__(self) -> int:
        """How many hosts are remembered."""
        return len(self._turns.keys() | self._ended.keys())

    @asynccontextmanager
    async def hold(self, host: bytes) -> AsyncIterator[Turn]:
        """Wait for the turn in order of arrival, then for the end of the pause, and keep it for the block."""
        turn = self._turns.get(host)
        if turn is None:
            turn = self._turns[host] = Turn(self._per_host)
        turn.users += 1
        turn.waiting += 1
        is_waiting = True
        try:
            async with turn.lane:
                await self._rest(host)
                turn.waiting -= 1
                is_waiting = False
                try:
                    yield turn
                finally:
                    self._note_end(host)
        finally:
            turn.waiting -= is_waiting
            turn.users -= 1
            if not turn.users:
                del self._turns[host]
                await turn.close()

    async def _rest(self, host: bytes) -> None:
        # Again after each sleep: with several at a time another may have ended meanwhile.
        while (left_s := self._left_s(host)) > 0:  # noqa: ASYNC110  a time is waited for, not an event
            await asyncio.sleep(left_s)

    def _left_s(self, host: bytes) -> float:
        ended = self._ended.get(host)
        return 0.0 if ended is None else ended + self._pause_s - asyncio.get_running_loop().time()

    def _note_end(self, host: bytes) -> None:
        if not self._pause_s:
            return
        now = asyncio.get_running_loop().time()
        self._ended.pop(host, None)
        self._ended[host] = now
        while self._ended[first := next(iter(self._ended))] + self._pause_s < now:
            del self._ended[first]
