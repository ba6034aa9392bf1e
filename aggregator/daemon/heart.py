"""The heartbeat: ticks claim what is due, publish what changed, serve it; SIGHUP reads the configuration again, SIGTERM drains.

APScheduler holds the clock only. When a source is due is a column in the store, never a job: ten thousand jobs cost
more than the polls they stand for, and forget everything at a restart.
"""

import asyncio
import logging
import math
import secrets  # noqa: TID251  tokens for hubs
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from aggregator import websub
from aggregator.daemon.clock import ClockWatch
from aggregator.daemon.coming import FeedName, begun, coming
from aggregator.daemon.renewal import Configured, Renewal, compared, shortened
from aggregator.daemon.ticks import Ticks
from aggregator.daemon.watching import Files, Folders
from aggregator.errors import AggregatorError, PublishError
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import Source, SourceKind
from aggregator.pipeline import (
    Agenda,
    Works,
    attend,
    forget,
    index_some,
    poll,
    publish,
    publish_forms,
    redraw_due,
    rematch,
    run_command,
    write_pages,
)
from aggregator.pipeline.announce import Announcer
from aggregator.pipeline.packing import Packer
from aggregator.pipeline.poll import reschedule
from aggregator.pipeline.push import ask_hubs, heed
from aggregator.pipeline.rematch import steps
from aggregator.telemetry.metrics import Metrics
from aggregator.web import Heartbeat, Server

_LOG = logging.getLogger(__name__)
_DISPATCH_S = 1
# A burst is published so often; what comes alone, so soon: what the same round brings a moment later goes with it.
_PUBLISH_S = 2
_SOON_S = 0.2
_FORMS_A_TICK = 20
_BUSY_TICKS = 3
# Also without a new entry: a waiting change whose hour is over, a file that somebody deleted.
_PUBLISH_ALL_S = 60
_HUBS_S = 10
_FORGET_S = 60
# Hubs of our own feeds hear of a change so soon after it is published.
_ANNOUNCE_S = 3
# What came in is found by the search within seconds; a burst is taken in together.
_INDEX_S = 3
# An editor may write a file in pieces: it is read when it was left alone for so long.
_SETTLED_S = 1.0
_RELOAD_S = 1
_CONFIGURATION = ""  # no source has that name
_PUBLISH, _RELOAD = "publish", "reload"
_DRAIN_S = 30
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_T = TypeVar("_T")


class Daemon:
    """Polls, publishes and serves until it is told to stop."""

    def __init__(
        self,
        works: Works,
        configured: Configured,
        server: Server | None,
        sockets: list[socket.socket],
        heartbeat: Heartbeat,
        *,
        metrics: Metrics,
    ) -> None:
        # Replaced as a whole by a reload, between two dispatches; polls under way go on with those they began with.
        self._works = works
        self._configured = configured
        self._heartbeat = heartbeat
        self._metrics = metrics
        self._server = server
        self._sockets = sockets
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._due = Agenda()
        self._watch = ClockWatch(works.clock, time.monotonic)  # noqa: TID251
        self._in_flight: set[str] = set()
        self._rounds: set[asyncio.Task[None]] = set()
        self._asking: asyncio.Task[int] | None = None
        self._announcer = Announcer()
        self._packer = Packer()
        self._telling: asyncio.Task[int] | None = None
        self._stop = asyncio.Event()
        self._is_dirty = False
        # When the loop's clock said so, because something had changed.
        self._published_at = -math.inf
        # In a row, in which there was news to publish.
        self._busy_ticks = 0
        # At the start, and after a file could not be written, archive pages are looked at too.
        self._must_heal = True
        # What was last said of each part of publishing that fails.
        self._complaints: dict[str, str] = {}
        self._command: asyncio.Task[bool] | None = None
        self._is_command_due = False
        self._folders = Folders(self._changed)
        # Local sources in which something changed since they were last claimed.
        self._noticed: set[str] = set()
        self._files = Files(self._changed)
        # When the loop's clock said so.
        self._reload_wanted_at: float | None = None
        self._ticks = Ticks(works.clock)
        self._reloading: asyncio.Task[None] | None = None
        # Parts of earlier configurations, each waiting for its last poll to end.
        self._endings: set[asyncio.Task[None]] = set()
        # New feeds whose first entries are being looked for: they do not begin without them.
        self._coming: frozenset[FeedName] = frozenset()
        self._watch_places()  # now, so that an edit during a long start is noticed

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; then claim nothing more and wait for what is under way. A second signal stops
        at once: the store loses nothing, the next start heals the files.
        """
        with self._signals():
            serving = asyncio.create_task(self._serve())
            self._add_ticks()
            try:
                await self._write(rematch)
                await self._write(attend)
                # A clock that was wrong when the last run ended may have left due times years ahead.
                await self._write(partial(redraw_due, jumped=timedelta(0)))
                await self._publish_all()
                _LOG.info("ready", extra={"sources": len(self._works.sources), "topics": len(self._works.topics)})
                self._ticks.start()
                async with self._watching():
                    await self._stop.wait()
                self._ticks.stop()
                await self._drain()
                await self._publish_last()
            finally:
                self._ticks.end()
                if self._server:
                    self._server.should_exit = True
                await serving
                self._writer.shutdown()

    def _add_ticks(self) -> None:
        add = self._ticks.add
        add("dispatch", self._dispatch, _DISPATCH_S, is_at_once=True)
        add(_PUBLISH, self._publish_dirty, _PUBLISH_S, is_at_once=True)
        add("publish-all", self._publish_all, _PUBLISH_ALL_S)
        add("index", self._index, _INDEX_S, is_at_once=True)
        add(_RELOAD, self._reload_if_wanted, _RELOAD_S)
        add("forget", self._forget, _FORGET_S)
        add("announce", self._announce, _ANNOUNCE_S, is_at_once=True)
        add("hubs", self._ask_hubs, _HUBS_S, is_at_once=True)

    @property
    def _has_push(self) -> bool:
        """A hub reaches us only where we serve, at an address of the public internet."""
        return self._server is not None and websub.is_public(self._works.base_url)

    async def _dispatch(self) -> None:
        """Claim what is due and hand it over; a tick never waits for a fetch."""
        if self._stop.is_set():
            return
        if await self._write(attend):
            self._note_change()
        if self._has_push:
            await self._write(heed)
        if jumped := self._watch.jump():
            await self._redraw(jumped)
        works = self._works
        waiting = await self._write(self._due)
        self._heartbeat.beat()
        if self._stop.is_set() or works is not self._works:  # reloaded meanwhile: these may not be sources any more
            return
        claimed = self._claim(waiting)
        if not claimed:
            return
        round_ = asyncio.create_task(self._round(claimed))
        self._rounds.add(round_)
        round_.add_done_callback(self._rounds.discard)

    def _claim(self, due: tuple[Source, ...]) -> list[Source]:
        """What is due, then the folders in which something changed; what is under way waits for the next time."""
        ids = {source.id for source in due}
        changed = [one for one in self._works.sources if one.id in self._noticed and one.id not in ids]
        claimed = [source for source in (*due, *changed) if source.id not in self._in_flight]
        self._in_flight.update(source.id for source in claimed)
        self._noticed.difference_update(source.id for source in claimed)
        return claimed

    async def _redraw(self, jumped: timedelta) -> None:
        drawn = await self._write(partial(redraw_due, jumped=jumped))
        seconds = round(jumped.total_seconds())
        _LOG.warning("the clock jumped; what that made due is spread", extra={"seconds": seconds, "sources": drawn})

    async def _round(self, claimed: list[Source]) -> None:
        try:
            polls = await poll(
                self._works, self._writer, sources=claimed, on_poll=self._polled, in_force=lambda: self._works
            )
            self._tell(polls)
        finally:
            self._in_flight.difference_update(source.id for source in claimed)

    def _polled(self, done: Poll) -> None:
        self._metrics.polled(done)
        self._in_flight.discard(done.source_id)
        if done.outcome is Outcome.NEW:
            self._note_change()

    def _note_change(self) -> None:
        """There is something to publish: at the next tick, or soon, where nothing was for as long as a tick."""
        self._is_dirty = True
        if (now := asyncio.get_running_loop().time()) - self._published_at >= _PUBLISH_S:
            self._published_at = now
            self._ticks.call_in(_PUBLISH, _SOON_S)

    @staticmethod
    def _tell(polls: tuple[Poll, ...]) -> None:
        """One calm line for a round in which several sources failed: each is tried again, nothing else is held up."""
        failed = [done for done in polls if done.outcome is Outcome.FAILED]
        if len(failed) > 1:
            sources = shortened([done.source_id for done in failed])
            _LOG.warning(
                "some sources could not be read and are tried again later; `aggregator status` says why",
                extra={"failed": len(failed), "of": len(polls), "sources": sources},
            )

    async def _ask_hubs(self) -> None:
        """Ask hubs beside the tick, which never waits for an answer. A defect of the last time is the scheduler's to log."""
        if not self._has_push or (self._asking and not self._asking.done()):
            return
        last = self._asking
        self._asking = asyncio.create_task(ask_hubs(self._works, secrets.token_urlsafe, self._writer))
        if last:
            last.result()

    async def _forget(self) -> None:
        await self._write(forget)

    async def _announce(self) -> None:
        """Tell our hubs beside the tick. A defect of the last time is the scheduler's to log."""
        if self._stop.is_set() or not self._works.hubs or (self._telling and not self._telling.done()):
            return
        last = self._telling
        self._telling = asyncio.create_task(self._announcer.tell(self._works, self._writer, self._metrics.announced))
        if last:
            last.result()

    async def _publish_dirty(self) -> None:
        """The Atom documents of what changed at once, the other formats in a tick that has nothing else to do, a few at a time:
        one article may touch a thousand feeds, and polls wait for the writer. A desk that is never at rest has them every
        few ticks.
        """
        is_for_change, before = self._is_dirty, self._published_at
        self._published_at = math.inf  # what changes meanwhile waits for the end: a tick is not called into itself
        try:
            await self._publish_some()
        finally:
            self._published_at = asyncio.get_running_loop().time() if is_for_change else before
            if self._is_dirty:
                self._note_change()

    async def _publish_some(self) -> None:
        if self._is_dirty:
            await self._publish_all()
            self._busy_ticks += 1
            if self._busy_ticks < _BUSY_TICKS:
                return
        self._busy_ticks = 0
        written: list[Path] = []
        stage = partial(publish_forms, at_most=_FORMS_A_TICK, written=written)
        with self._complaining("formats"):
            await self._write(stage)
        await self._published(written)

    async def _publish_all(self) -> None:
        """Publish; where a file cannot be written say so, go on polling and serving, and try again at the next tick."""
        heal, self._is_dirty, self._must_heal = self._must_heal, False, False
        published = begun(self._works.topics, self._coming)
        written: list[Path] = []
        stage = partial(publish, heal=heal, forms=heal, compare=False, written=written)
        with self._complaining("feeds", heal=heal):
            await self._write(lambda works, now: stage(replace(works, topics=published), now))
            await self._write(partial(write_pages, written=written, heal=heal))
        await self._published(written)

    async def _publish_last(self) -> None:
        """Leave every file right, and let the user's command see it."""
        await self._publish_all()
        written: list[Path] = []
        feeds = sum(len(topic.in_grains) for topic in self._works.topics)
        stage = partial(publish_forms, at_most=feeds, written=written)
        with self._complaining("formats"):
            await self._write(stage)
        if self._command:
            await self._command
        await self._published(written)
        if self._command:
            await self._command

    @contextmanager
    def _complaining(self, part: str, *, heal: bool = False) -> Iterator[None]:
        """What could not be written is tried again at the next tick: it stays marked, what was looked at only to be healed
        is looked at again. A damaged row is none for that: all feeds would be rendered at every tick for it.
        """
        try:
            yield
            self._complaints.pop(part, None)
        except PublishError as error:
            self._is_dirty = self._is_dirty or not error.is_defect
            self._must_heal = self._must_heal or (heal and not error.is_defect)
            if str(error) != self._complaints.get(part):  # once, not at every tick
                _LOG.error(str(error))
            self._complaints[part] = str(error)

    def _tell_command(self, written: Sequence[Path]) -> None:
        """Run the user's command beside everything else, once at a time; what is written meanwhile is its next run's."""
        self._is_command_due = self._is_command_due or bool(written)
        is_running = self._command is not None and not self._command.done()
        if self._is_command_due and self._works.command and not is_running:
            self._is_command_due = False
            self._command = asyncio.create_task(run_command(self._works.command, self._works.directory))

    async def _index(self) -> None:
        """Let the search find what is new, a chunk at a time, so that polls are stored in between."""
        while not self._stop.is_set() and await self._write(lambda works, _: index_some(works.store) > 0):
            pass

    async def _published(self, written: Sequence[Path]) -> None:
        """What follows for new files: packed ones beside them, where they are wanted, and the user's command. The writer does
        not wait for it.
        """
        self._metrics.published(len(written))
        with self._complaining("packed files"):
            await asyncio.to_thread(self._packer.pack, self._works.directory, is_wanted=self._works.gzip)
        self._tell_command(written)

    async def _write(self, stage: Callable[[Works, datetime], _T]) -> _T:
        """Run a stage on the writer's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, stage, self._works, self._works.clock())

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        """Local sources and the configuration are watched for as long as the block lasts."""
        watches = [asyncio.create_task(watch.run()) for watch in (self._folders, self._files)]
        try:
            yield
        finally:
            self._folders.stop()
            self._files.stop()
            for ended in await asyncio.gather(*watches, return_exceptions=True):
                if isinstance(ended, BaseException):
                    _LOG.error("watching ended by a defect of this program", exc_info=ended)

    def _watch_places(self) -> None:
        local = [(one, one.path) for one in self._works.sources if one.path]
        folders = {one.id: path for one, path in local if one.kind is SourceKind.FOLDER}
        files = {one.id: path for one, path in local if one.kind is SourceKind.FILE}
        self._folders.look_at(folders | {_CONFIGURATION: self._configured.packs})
        self._files.look_at(files | {_CONFIGURATION: self._configured.file})

    def _changed(self, name: str) -> None:
        """Something changed in the source of that name, or in the configuration."""
        if name == _CONFIGURATION:
            self._want_reload()
        else:
            self._noticed.add(name)

    def _want_reload(self) -> None:
        if self._stop.is_set():
            return
        self._reload_wanted_at = asyncio.get_running_loop().time()
        self._ticks.call_in(_RELOAD, _SETTLED_S + 0.01)  # two clocks: not a moment before it is settled

    async def _reload_if_wanted(self) -> None:
        """Reload beside the tick. A defect of the last time is the scheduler's to log."""
        if self._reloading and not self._reloading.done():
            return
        last, self._reloading = self._reloading, None
        wanted_at = self._reload_wanted_at
        if wanted_at is not None and asyncio.get_running_loop().time() - wanted_at >= _SETTLED_S:
            self._reload_wanted_at = None
            self._reloading = asyncio.create_task(self._reload())
        if last:
            last.result()

    async def _reload(self) -> None:
        """Read the configuration again and put it in force; one with a mistake is refused as a whole."""
        try:
            renewal = await asyncio.to_thread(self._configured.renew)
        except AggregatorError as error:
            for line in str(error).splitlines():
                _LOG.error(line)
            _LOG.error("the configuration was not taken; the one that was read before stays in force")
            return
        for note in renewal.notes:
            _LOG.warning(note)
        if renewal.works is self._works:
            _LOG.info("the configuration was read again: nothing that can change did")
            return
        await self._put_in_force(renewal)

    async def _put_in_force(self, renewal: Renewal) -> None:
        before, under_way = self._works, frozenset(self._in_flight)
        polls = self._rounds | {task for task in (self._asking, self._telling) if task}
        # From here to the next await nothing else runs: no tick sees one half of each.
        self._works = renewal.works
        self._coming |= coming(before.topics, renewal.works.topics)
        self._noticed &= {source.id for source in renewal.works.sources}
        renewal.show()
        self._watch_places()
        ending = asyncio.create_task(self._end(renewal, polls, [one for one in before.sources if one.id in under_way]))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        _LOG.info("reloaded", extra=compared(before, renewal.works))
        await self._write(partial(reschedule, before=[one for one in before.sources if one.id not in under_way]))
        await self._rematch()
        # Also what is not matched anew may look another way: titles, limits, the folder itself.
        self._must_heal = True
        self._note_change()

    async def _rematch(self) -> None:
        """Match what is stored against the changed topics, a chunk at a time, so that polls go on meanwhile."""
        chunks = steps(self._works.store.batch, self._works, self._works.clock())
        while await self._write(lambda _, __: next(chunks, None)) is not None:
            pass
        self._coming = frozenset()

    async def _end(self, renewal: Renewal, polls: Iterable[asyncio.Task[Any]], sources: list[Source]) -> None:
        """Close what only the earlier parts used, once their last poll is over. Those polls have drawn the next one by what
        was configured when they began.
        """
        await asyncio.gather(*polls, return_exceptions=True)
        await renewal.let_go()
        if not self._stop.is_set():
            await self._write(partial(reschedule, before=sources))

    async def _drain(self) -> None:
        # What a hub did not answer is asked again after the next start, what was not rematched is done then.
        left = [task for task in (self._asking, self._telling, self._reloading) if task]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if self._rounds:
            _LOG.info("stopping: waiting for polls under way", extra={"rounds": len(self._rounds)})
            _, late = await asyncio.wait(self._rounds, timeout=_DRAIN_S)
            for round_ in late:
                round_.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.gather(*self._endings, return_exceptions=True)

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
        loop.add_signal_handler(signal.SIGHUP, self._want_reload)
        try:
            yield
        finally:
            for number in (*_SIGNALS, signal.SIGHUP):
                loop.remove_signal_handler(number)
