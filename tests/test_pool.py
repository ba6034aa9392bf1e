"""Where documents are read: here or in a worker, with the same result; a worker that dies costs one document."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from aggregator.model.fetch import Document, Fetched
from aggregator.model.source import Source, SourceKind, SourceState, Validators
from aggregator.reading.limits import TooCostly
from aggregator.reading.pool import Readers
from aggregator.reading.read import Desk, Reading, read
from aggregator.text import digest
from aggregator.topics.match import compile_topics
from tests.desk import START
from tests.documents import item, rss

SOURCE = Source(id="feed", kind=SourceKind.FEED, url="https://example.org/feed")
STATE = SourceState(source_id="feed")


class Deadly(str):
    """A configured title that ends the process in which it is unpacked: what a worker that dies looks like."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (3,)


DESK = Desk(agencies=(), matcher=compile_topics((), ()), site_title="Desk")


def fetched(*items: str) -> Fetched:
    body = rss(*items)
    document = Document(key="feed", body=body, digest=digest(body))
    return Fetched(documents=(document,), validators=Validators(), url=SOURCE.url, body_bytes=len(body))


def run(
    work: Callable[[Readers], Awaitable[list[Reading | BaseException]]], first: int
) -> list[Reading | BaseException]:
    async def inside() -> list[Reading | BaseException]:
        readers = Readers(workers=1, first=first)
        try:
            return await work(readers)
        finally:
            readers.close()

    return asyncio.run(inside())


def has_workers(readers: Readers) -> bool:
    return readers._pool is not None


def test_few_small_documents_start_no_worker() -> None:
    async def work(readers: Readers) -> list[Reading | BaseException]:
        found: list[Reading | BaseException] = [
            await readers.read(SOURCE, fetched(item(number)), STATE, DESK, START) for number in range(3)
        ]
        assert not has_workers(readers)
        return found

    assert [len(one.documents[0].sightings) for one in run(work, first=3) if isinstance(one, Reading)] == [1, 1, 1]


def test_a_known_feed_with_few_new_items_is_read_here() -> None:
    items = [item(number) for number in range(1, 9)]
    known = read(SOURCE, fetched(*items), frozenset(), DESK, START).documents[0].items

    async def work(readers: Readers) -> list[Reading | BaseException]:
        state = replace(STATE, items=known)
        found: list[Reading | BaseException] = [
            await readers.read(SOURCE, fetched(item(20), *items), state, DESK, START)
        ]
        assert not has_workers(readers)
        return found

    (reading,) = run(work, first=0)
    assert isinstance(reading, Reading)
    assert (len(reading.documents[0].sightings), len(reading.documents[0].known)) == (1, 8)


@pytest.mark.slow
def test_a_worker_reads_what_would_be_read_here() -> None:
    document = fetched(*(item(number) for number in range(1, 9)))

    async def work(readers: Readers) -> list[Reading | BaseException]:
        found: list[Reading | BaseException] = [await readers.read(SOURCE, document, STATE, DESK, START)]
        assert has_workers(readers)
        return found

    assert run(work, first=0) == [read(SOURCE, document, frozenset(), DESK, START)]


@pytest.mark.slow
def test_a_worker_that_dies_costs_one_document() -> None:
    good, deadly = fetched(*(item(number) for number in range(1, 9))), replace(SOURCE, publisher=Deadly("x"))

    async def work(readers: Readers) -> list[Reading | BaseException]:
        asked = [readers.read(source, good, STATE, DESK, START) for source in (SOURCE, deadly, SOURCE, SOURCE)]
        return await asyncio.gather(*asked, return_exceptions=True)

    outcomes = run(work, first=0)
    assert [type(one) for one in outcomes] == [Reading, TooCostly, Reading, Reading]
    assert "died" in str(outcomes[1])
