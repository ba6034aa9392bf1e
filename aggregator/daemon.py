"""The heartbeat: ticks claim what is due, publish what changed, serve it; SIGTERM drains.

APScheduler holds the clock only. When a source is due is a column in the store, never a job: ten thousand jobs cost
more than the polls they stand for, and forget everything at a restart.
"""

import asyncio
import logging
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator import websub
from aggregator.errors import PublishError
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import Source
from aggregator.pipeline import Agenda, Works, attend, poll, publish, redraw_due, rematch
from aggregator.pipeline.push import ask_hubs, heed
from aggregator.web import Heartbeat, Server

_LOG = logging.getLogger(__name__)
_DISPATCH_S = 1
_PUBLISH_S = 2
# Also without a new entry: a waiting change whose hour is over, a file that somebody deleted.
_PUBLISH_ALL_S = 60
_HUBS_S = 10
_DRAIN_S = 30
_NAMED = 5
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_T = TypeVar("_T")
_TICK = {"coalesce": True, "max_instances": 1, "misfire_grace_time": 30}


# Two ticks that were held up are no jump, and time servers correct seconds.
_LEAST_JUMP = timedelta(seconds=60)


class ClockWatch:
    """Holds the wall clock against the monotonic one (rules R29), which stands still while the machine sleeps."""

    def __init__(self, wall: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._last = wall(), monotonic()

    def jump(self) -> timedelta:
        """By how much the wall clock went further than time itself since the last call; zero where that may be chance."""
        before, self._last = self._last, (self._wall(), self._monotonic())
        jumped = self._last[0] - before[0] - timedelta(seconds=self._last[1] - before[1])
        return jumped if abs(jumped) > _LEAST_JUMP else timedelta(0)


class Daemon:
    """Polls, publishes and serves until it is told to stop."""

    def __init__(self, works: Works, server: Server | None, sockets: list[socket.socket], heartbeat: Heartbeat) -> None:
        self._works = works
        self._heartbeat = heartbeat
        self._server = server
        self._sockets = sockets
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._due = Agenda()
        self._watch = ClockWatch(works.clock, time.monotonic)
        self._in_flight: set[str] = set()
        self._rounds: set[asyncio.Task[None]] = set()
        # A hub reaches us only where we serve, at an address of the public internet.
        self._has_push = server is not None and websub.is_public(works.base_url)
        self._asking: asyncio.Task[int] | None = None
        self._stop = asyncio.Event()
        self._is_dirty = False
        # At the start, and after a file could not be written, archive pages are looked at too.
        self._must_heal = True
        self._complaint = ""

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; then claim nothing more and wait for what is under way. A second signal stops
        at once: the store loses nothing, the next start heals the files.
        """
        with self._signals():
            serving = asyncio.create_task(self._serve())
            scheduler = self._ticks()
            try:
                await self._write(rematch)
                await self._write(attend)
                # A clock that was wrong when the last run ended may have left due times years ahead.
                await self._write(partial(redraw_due, jumped=timedelta(0)))
                await self._publish_all()
                _LOG.info("ready", extra={"sources": len(self._works.sources), "topics": len(self._works.topics)})
                scheduler.start()
                await self._stop.wait()
                scheduler.pause()
                await self._drain()
                await self._publish_all()
            finally:
                if scheduler.running:
                    scheduler.shutdown(wait=False)
                if self._server:
                    self._server.should_exit = True
                await serving
                self._writer.shutdown()

    def _ticks(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=_TICK)
        now = self._works.clock()
        scheduler.add_job(self._dispatch, IntervalTrigger(seconds=_DISPATCH_S), id="dispatch", next_run_time=now)
        scheduler.add_job(self._publish_dirty, IntervalTrigger(seconds=_PUBLISH_S), id="publish", next_run_time=now)
        scheduler.add_job(self._publish_all, IntervalTrigger(seconds=_PUBLISH_ALL_S), id="publish-all")
        if self._has_push:
            scheduler.add_job(self._ask_hubs, IntervalTrigger(seconds=_HUBS_S), id="hubs", next_run_time=now)
        return scheduler

    async def _dispatch(self) -> None:
        """Claim what is due and hand it over; a tick never waits for a fetch."""
        if self._stop.is_set():
            return
        if await self._write(attend):
            self._is_dirty = True
        if self._has_push:
            await self._write(heed)
        if jumped := self._watch.jump():
            await self._redraw(jumped)
        waiting = await self._write(self._due)
        self._heartbeat.beat()
        claimed = [source for source in waiting if source.id not in self._in_flight]
        if not claimed:
            return
        self._in_flight.update(source.id for source in claimed)
        round_ = asyncio.create_task(self._round(claimed))
        self._rounds.add(round_)
        round_.add_done_callback(self._rounds.discard)

    async def _redraw(self, jumped: timedelta) -> None:
        drawn = await self._write(partial(redraw_due, jumped=jumped))
        seconds = round(jumped.total_seconds())
        _LOG.warning("the clock jumped; what that made due is spread", extra={"seconds": seconds, "sources": drawn})

    async def _round(self, claimed: list[Source]) -> None:
        try:
            polls = await poll(self._works, self._writer, sources=claimed, on_poll=self._polled)
            self._tell(polls)
        finally:
            self._in_flight.difference_update(source.id for source in claimed)

    def _polled(self, done: Poll) -> None:
        self._in_flight.discard(done.source_id)
        self._is_dirty = self._is_dirty or done.outcome is Outcome.NEW

    @staticmethod
    def _tell(polls: tuple[Poll, ...]) -> None:
        """One calm line for a round in which several sources failed: each is tried again, nothing else is held up."""
        failed = [done for done in polls if done.outcome is Outcome.FAILED]
        if len(failed) > 1:
            named = ", ".join(done.source_id for done in failed[:_NAMED])
            more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
            _LOG.warning(
                "some sources could not be read and are tried again later; `aggregator status` says why",
                extra={"failed": len(failed), "of": len(polls), "sources": named + more},
            )

    async def _ask_hubs(self) -> None:
        """Ask hubs beside the tick, which never waits for an answer. A defect of the last time is the scheduler's to log."""
        if self._asking and not self._asking.done():
            return
        last = self._asking
        self._asking = asyncio.create_task(ask_hubs(self._works, secrets.token_urlsafe, self._writer))
        if last:
            last.result()

    async def _publish_dirty(self) -> None:
        if self._is_dirty:
            await self._publish_all()

    async def _publish_all(self) -> None:
        """Publish; where a file cannot be written say so, go on polling and serving, and try again at the next tick."""
        heal, self._is_dirty, self._must_heal = self._must_heal, False, False
        try:
            await self._write(partial(publish, heal=heal))
            self._complaint = ""
        except PublishError as error:
            self._is_dirty = self._must_heal = True
            if str(error) != self._complaint:  # once, not at every tick
                _LOG.error(str(error))
            self._complaint = str(error)

    async def _write(self, stage: Callable[[Works, datetime], _T]) -> _T:
        """Run a stage on the writer's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, stage, self._works, self._works.clock())

    async def _drain(self) -> None:
        if self._asking:  # what was not answered is asked again after the next start
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        if self._rounds:
            _LOG.info("stopping: waiting for polls under way", extra={"rounds": len(self._rounds)})
            _, late = await asyncio.wait(self._rounds, timeout=_DRAIN_S)
            for round_ in late:
                round_.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _serve(self) -> None:
        if self._server:
            await self._server.serve(sockets=self._sockets)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if self._stop.is_set():
                for round_ in self._rounds:
                    round_.cancel()
            self._stop.set()

        for number in _SIGNALS:
            loop.add_signal_handler(number, stop)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


async def serve_until_stopped(server: Server, sockets: list[socket.socket]) -> None:
    """Serve alone until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await server.serve(sockets=sockets)
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
