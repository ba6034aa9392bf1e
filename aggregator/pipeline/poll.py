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
from aggregator.pipeline.record import Visit
from aggregator.pipeline.works import Works
from aggregator.pipeline.writer import Writer
from aggregator.reading.limits import TooCostly
from aggregator.reading.read import Desk, Reading
from aggregator.schedule import earliest_poll

_LOG = logging.getLogger(__name__)


async def poll(
    works: Works,
    writer: Executor,
    *,
    sources: Iterable[Source],
    on_poll: Callable[[Poll], None] = lambda _: None,
) -> tuple[Poll, ...]:
    """Poll the sources, side by side as far as the fetcher allows, and store what comes.

    `writer` has one thread: storage is written by nobody else. A source that fails disturbs no other.
    """
    sources = tuple(sources)
    storing = Writer(works, writer, expected=len(sources))

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


def due(works: Works, now: datetime) -> tuple[Source, ...]:
    """The configured sources that are to be polled now, longest due first."""
    with works.store.read() as reader:
        next_polls = reader.next_polls()
    waiting = [(next_polls.get(source.id) or now, source) for source in works.sources]
    return tuple(source for at, source in sorted(waiting, key=lambda pair: pair[0]) if at <= now)


def allowed(works: Works, now: datetime) -> tuple[Source, ...]:
    """The configured sources that may be polled now whether they are due or not: no floor and no server forbids it."""
    states = _states(works)
    return tuple(source for source in works.sources if earliest_poll(source, _state_of(states, source)) <= now)


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
    result = await works.fetcher.get(source, state.validators, now)
    if not isinstance(result, Fetched):
        return result, None
    desk = Desk(agencies=works.agencies, matcher=works.matcher, site_title=works.site_title)
    try:
        reading = await works.readers.read(source, result, state, desk, now)
    except TooCostly as error:
        return FetchFailed(kind=FailureKind.TOO_COSTLY, detail=str(error), status=result.status), None
    if not source.is_local and reading.failed:
        return FetchFailed(kind=FailureKind.NOT_A_FEED, detail=reading.failed[0].reason, status=result.status), None
    return replace(
        result, documents=()
    ), reading  # the bodies are read: a long queue for the writer would keep them all


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
