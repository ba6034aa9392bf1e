"""Visits are stored together, and each is stored whatever becomes of the others."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from aggregator.fetch import HttpFetcher
from aggregator.model.fetch import FailureKind, Fetched, FetchFailed, FetchResult
from aggregator.model.poll import Poll
from aggregator.model.source import Source, SourceKind, SourceState, Validators
from aggregator.pipeline.record import Visit
from aggregator.pipeline.writer import Writer
from tests.desk import LIMITS, START, Desk, desk

GONE = FetchFailed(kind=FailureKind.HTTP, detail="HTTP 404", status=404)
# An answer without its reading: no visit is like that, so storing it fails.
BROKEN = Fetched(documents=(), validators=Validators())


def visit(number: int, result: FetchResult) -> Visit:
    source = Source(id=f"source-{number}", kind=SourceKind.FEED, url=f"https://example.org/{number}")
    state = SourceState(source_id=source.id)
    return Visit(source=source, state=state, started_at=START, took=timedelta(0), result=result, reading=None)


def store(at: Desk, results: Sequence[FetchResult], expected: int) -> list[Poll | BaseException]:
    async def run() -> list[Poll | BaseException]:
        async with HttpFetcher(LIMITS) as fetcher:
            with ThreadPoolExecutor(1) as executor:
                writer = Writer(at.works(fetcher), executor, expected)
                visits = [visit(number, result) for number, result in enumerate(results)]
                return await asyncio.gather(*map(writer.store, visits), return_exceptions=True)

    return asyncio.run(run())


def stored(at: Desk) -> set[str]:
    with at.store.read() as reader:
        return set(reader.source_states())


def test_one_that_fails_costs_no_other(tmp_path: Path) -> None:
    with desk(tmp_path, sources=(), topics=()) as at:
        outcomes = store(at, [GONE, BROKEN, GONE], expected=3)
        assert [type(one) for one in outcomes] == [Poll, AssertionError, Poll]
        assert stored(at) == {"source-0", "source-2"}


def test_a_visit_does_not_wait_for_one_that_never_comes(tmp_path: Path) -> None:
    with desk(tmp_path, sources=(), topics=()) as at:
        outcomes = store(at, [GONE], expected=2)
        assert [type(one) for one in outcomes] == [Poll]
        assert stored(at) == {"source-0"}


def test_more_visits_than_a_batch_holds_are_all_stored(tmp_path: Path) -> None:
    with desk(tmp_path, sources=(), topics=()) as at:
        outcomes = store(at, [GONE] * 250, expected=250)
        assert len([one for one in outcomes if isinstance(one, Poll)]) == 250
        assert len(stored(at)) == 250
