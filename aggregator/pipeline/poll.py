"""Sources that are due -> polls: fetch and read outside the writer, record inside it; the per-source net is here."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model.fetch import FailureKind, Fetched, FetchFailed, FetchResult
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import Source, SourceState
from aggregator.pipeline import vocabulary
from aggregator.pipeline.children import Asking, with_children
from aggregator.pipeline.fulltext import with_full_texts
from aggregator.pipeline.moves import at_its_place
from aggregator.pipeline.record import Visit
from aggregator.pipeline.works import Works
from aggregator.pipeline.writer import Writer
from aggregator.reading.limits import TooCostly
from aggregator.reading.read import Desk, Reading
from aggregator.schedule import earliest_poll, next_poll, redraw
from aggregator.urls import host_of

_LOG = logging.getLogger(__name__)


async def poll(
    works: Works,
    writer: Executor,
    *,
    sources: Iterable[Source],
    on_poll: Callable[[Poll], None] = lambda _: None,
    in_force: Callable[[], Works] | None = None,
) -> tuple[Poll, ...]:
    """Poll the sources, side by side as far as the fetcher allows, and store what comes.

    `writer` has one thread: storage is written by nobody else. A source that fails disturbs no other. `in_force` tells by
    which works to store what these have read; left out, by the same.
    """
    sources = tuple(sources)
    storing = Writer(works, writer, expected=len(sources), in_force=in_force)

    async def poll_one(source: Source, state: SourceState) -> Poll:
        started_at = works.clock()
        try:
            visit = await _visit(works, source, state)
            done = await storing.store(visit)
        except Exception as error:  # noqa: BLE001  the net: a defect of ours or of a library costs one poll of one source
            _LOG.exception("poll failed by a defect of this program", extra={"source": source.id})
            visit = _defect(source, state, started_at, error)
            done = await storing.store(visit)
        _log(source, done, visit.result)
        on_poll(done)
        return done

    states = await asyncio.get_running_loop().run_in_executor(writer, _states_of, works, sources)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(poll_one(source, _state_of(states, source))) for source in sources]
    return tuple(task.result() for task in tasks)


async def visit(works: Works, sources: Iterable[Source]) -> tuple[Visit, ...]:
    """Fetch and read the sources without storing anything, for a dry run."""
    sources = tuple(sources)
    states = await asyncio.to_thread(_states_of, works, sources)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_visit(works, source, _state_of(states, source))) for source in sources]
    return tuple(task.result() for task in tasks)


class Agenda:
    """What is due, asked every second. Which sources the store does not know yet is asked until it knows them all."""

    def __init__(self) -> None:
        self._configured: tuple[Source, ...] = ()
        self._new: frozenset[str] = frozenset()

    def __call__(self, works: Works, now: datetime) -> tuple[Source, ...]:
        """The configured sources that are to be polled now, longest due first, those of one host one after the other:
        so the host's turn finds the connection open that the last one used.
        """
        if works.sources != self._configured:
            self._configured, self._new = works.sources, frozenset(source.id for source in works.sources)
        with works.store.read() as reader:
            states = reader.due(now)
            self._new = reader.without_state(self._new) if self._new else self._new
        by_id = {source.id: source for source in works.sources}
        waiting = [(by_id[state.source_id], state) for state in states if state.source_id in by_id]
        waiting += [(source, SourceState(source_id=source.id)) for source in works.sources if source.id in self._new]
        return _by_host((source, state.address(source)) for source, state in waiting if not state.is_over(source))


def due(works: Works, now: datetime) -> tuple[Source, ...]:
    """The configured sources that are to be polled now, in the order in which they are claimed."""
    return Agenda()(works, now)


def _by_host(waiting: Iterable[tuple[Source, str | None]]) -> tuple[Source, ...]:
    """Sources with their addresses, grouped: the hosts in the order of their longest due source."""
    groups: dict[str, list[Source]] = {}
    for source, address in waiting:
        groups.setdefault(host_of(address or "") or source.id, []).append(source)
    return tuple(source for group in groups.values() for source in group)


def allowed(works: Works, now: datetime) -> tuple[Source, ...]:
    """The configured sources that may be polled now whether they are due or not: no floor and no server forbids it."""
    states = _states(works)
    found = ((source, _state_of(states, source)) for source in works.sources)
    return tuple(source for source, state in found if not state.is_over(source) and earliest_poll(source, state) <= now)


def redraw_due(works: Works, now: datetime, jumped: timedelta) -> int:
    """Draw again when to poll what a jump of the wall clock brought into disorder (rules R29); says how many that were."""
    states = _states(works)
    drawn = {source.id: redraw(source, _state_of(states, source), now, jumped) for source in works.sources}
    moved = {source_id: at for source_id, at in drawn.items() if at is not None}
    if moved:
        with works.store.batch() as batch:
            for source_id, at in moved.items():
                batch.save_source_state(replace(states[source_id], next_poll_at=at))
    return len(moved)


def reschedule(works: Works, now: datetime, *, before: Iterable[Source]) -> int:
    """Draw again when to poll the sources that are configured otherwise than `before`; says how many. One with another address
    or other credentials is asked at once, but for a server that named a time; one with other intervals when these would have
    said at its last poll.
    """
    earlier = {source.id: source for source in before}
    changed = [one for one in works.sources if one.id in earlier and one != earlier[one.id]]
    states = _states_of(works, tuple(changed))
    drawn = {one.id: _drawn(one, earlier[one.id], states[one.id], now) for one in changed if one.id in states}
    moved = {source_id: at for source_id, at in drawn.items() if at is not None}
    if moved:
        with works.store.batch() as batch:
            for source_id, at in moved.items():
                batch.save_source_state(replace(states[source_id], next_poll_at=at))
    return len(moved)


def _drawn(source: Source, before: Source, state: SourceState, now: datetime) -> datetime | None:
    if _place(source) != _place(before):
        return max(now, state.retry_after_at or now)
    if _intervals(source) != _intervals(before) and state.last_poll_at:
        return max(now, next_poll(source, state, state.last_poll_at))
    return None


def _place(source: Source) -> tuple[object, ...]:
    return source.url, source.path, source.authorization, source.headers


def _intervals(source: Source) -> tuple[object, ...]:
    return source.interval, source.min_interval, source.max_interval, source.min_interval_is_chosen


def _state_of(states: Mapping[str, SourceState], source: Source) -> SourceState:
    return states.get(source.id) or SourceState(source_id=source.id)


def _states(works: Works) -> dict[str, SourceState]:
    with works.store.read() as reader:
        return reader.source_states()


def _states_of(works: Works, sources: tuple[Source, ...]) -> dict[str, SourceState]:
    with works.store.read() as reader:
        return reader.source_states([source.id for source in sources])


async def _visit(works: Works, source: Source, state: SourceState) -> Visit:
    started_at = works.clock()
    result, reading = await _fetch_and_read(works, source, state, started_at)
    took = works.clock() - started_at
    return Visit(source=source, state=state, started_at=started_at, took=took, result=result, reading=reading)


async def _fetch_and_read(
    works: Works, source: Source, state: SourceState, now: datetime
) -> tuple[FetchResult, Reading | None]:
    if source.is_local:
        state = replace(state, validators=vocabulary.under(state.validators, works.agencies))
    result = await works.fetcher.get(at_its_place(source, state), state.validators, now)
    if source.is_local:
        result = vocabulary.bound(result, works.agencies)
    if not isinstance(result, Fetched):
        return result, None
    desk = Desk(agencies=works.agencies, matcher=works.matcher, site_title=works.site_title, names=works.names)
    try:
        with works.backlog.reading(0 if source.is_local else result.body_bytes):
            reading = await works.readers.read(source, result, state, desk, now)
    except TooCostly as error:
        return FetchFailed(kind=FailureKind.TOO_COSTLY, detail=str(error), status=result.status), None
    if not source.is_local and reading.failed:
        return FetchFailed(kind=FailureKind.NOT_A_FEED, detail=reading.failed[0].reason, status=result.status), None
    asking = Asking(works=works, source=source, state=state, desk=desk, now=now)
    result, reading = await with_children(asking, result, reading)
    result = replace(result, documents=())  # they are read: pages and a long queue for the writer would keep them all
    return result, await with_full_texts(works, source, reading, desk, now)


def _defect(source: Source, state: SourceState, started_at: datetime, error: Exception) -> Visit:
    detail = f"internal error ({type(error).__name__}), the log has the trace; please report it"
    result = FetchFailed(kind=FailureKind.INTERNAL, detail=detail)
    return Visit(source=source, state=state, started_at=started_at, took=timedelta(0), result=result, reading=None)


def _log(source: Source, done: Poll, result: FetchResult) -> None:
    took_ms = round(done.took.total_seconds() * 1000)
    values = {"source": done.source_id, "outcome": done.outcome.value, "new": done.new, "updated": done.updated}
    values |= {"duplicate": done.duplicate, "took_ms": took_ms}
    if done.error:
        values["note"] = done.error
    if isinstance(result, FetchFailed):
        values["kind"] = result.kind.value
    # A folder is looked at every ten seconds: that nothing changed in it is no news.
    is_silent = source.is_local and done.outcome is Outcome.UNCHANGED
    _LOG.log(logging.DEBUG if is_silent else logging.INFO, "poll", extra=values)
