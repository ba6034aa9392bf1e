"""A host name -> the right to ask it: one request at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class HostTurns:
    """A lock for each host that is being asked or waited for; a host nobody waits for is forgotten."""

    def __init__(self) -> None:
        self._turns: dict[bytes, _Turn] = {}

    def __len__(self) -> int:
        return len(self._turns)

    @asynccontextmanager
    async def hold(self, host: bytes) -> AsyncIterator[None]:
        """Wait for the turn, in order of arrival, and keep it for the block."""
        turn = self._turns.setdefault(host, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.users -= 1
            if not turn.users:
                del self._turns[host]
