"""Where documents are read: here or in a worker, with the same result; a worker that dies costs one document."""

import asyncio
import gzip
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import cast

import pytest

from aggregator.model.article import Article
from aggregator.model.fetch import Document, Fetched
from aggregator.model.source import Source, SourceKind, SourceState, Validators
from aggregator.model.topic import Match
from aggregator.reading.limits import TooCostly
from aggregator.reading.pool import Readers
from aggregator.reading.read import Desk, Reading, read
from aggregator.text import digest
from aggregator.topics.match import Matcher, compile_topics
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


SLOW = "s" * 70_000
TOO_MUCH_FOR_HERE = {
    "large": (fetched(item(1, text=SLOW)), STATE, "it may take seconds"),
    "packed": (
        replace(fetched(), documents=(Document(key="feed", body=gzip.compress(rss(item(1, text=SLOW))), digest=b"p"),)),
        STATE,
        "few bytes may be megabytes",
    ),
    "one new item": (
        fetched(item(20, text=SLOW), *(item(number) for number in range(1, 9))),
        replace(
            STATE, items=read(SOURCE, fetched(*map(item, range(1, 9))), frozenset(), DESK, START).documents[0].items
        ),
        "an item may be a megabyte",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TOO_MUCH_FOR_HERE)
def test_what_may_take_long_is_read_by_a_worker_from_the_first_on(name: str) -> None:
    document, state, why = TOO_MUCH_FOR_HERE[name]

    async def work(readers: Readers) -> list[Reading | BaseException]:
        # No document is left to be read here where the source is known: `read_if_few` decides.
        found: list[Reading | BaseException] = [await readers.read(SOURCE, document, state, DESK, START)]
        assert has_workers(readers), why
        return found

    (reading,) = run(work, first=0 if state.items else 40)
    assert isinstance(reading, Reading)
    assert len(reading.documents[0].sightings) in (1, 9)


class Dawdling:
    """A matcher that takes its time over an article of that headline: stands for a defect that nobody knows yet."""

    def match(self, article: Article, source_id: str, _blame: object = None) -> tuple[Match, ...]:
        until = time.thread_time() + (1.2 if article.headline == "Slow" else 0)
        while time.thread_time() < until:
            pass
        return ()


@pytest.mark.slow
def test_a_source_that_was_slow_to_read_here_is_read_by_a_worker_from_then_on() -> None:
    dawdling = replace(DESK, matcher=cast("Matcher", Dawdling()))
    other = replace(SOURCE, id="other")

    async def work(readers: Readers) -> list[Reading | BaseException]:
        await readers.read(SOURCE, fetched(item(1, title="Slow")), STATE, dawdling, START)
        await readers.read(other, fetched(item(1)), STATE, dawdling, START)
        assert not has_workers(readers)
        await readers.read(SOURCE, fetched(item(2)), STATE, dawdling, START)
        assert has_workers(readers)
        return []

    run(work, first=40)


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
