"""Nothing is fetched for which there is no room: what waits to be read stays within a bound."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.fetch import Backlog, HttpFetcher
from aggregator.fetch.backlog import CONDITIONAL_BYTES, USUAL_BYTES
from aggregator.model.poll import Outcome
from aggregator.model.source import Validators
from aggregator.pipeline import poll
from tests.desk import LIMITS, START, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, Request, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

FEED = Reply(rss(item(1)))


def test_no_request_is_sent_while_the_room_is_full(tmp_path: Path) -> None:
    async def run() -> tuple[int, int]:
        backlog = Backlog(2 * USUAL_BYTES)
        async with HttpFetcher(LIMITS, backlog=backlog) as fetcher:
            with backlog.reading(USUAL_BYTES + 1):
                asked = asyncio.create_task(fetcher.get(feed_source(server), Validators(), START))
                await asyncio.sleep(0.2)
                before = len(server.requests)
            await asked
        return before, len(server.requests)

    with serve({"/feed": FEED}) as server:
        assert asyncio.run(run()) == (0, 1)


def test_to_wait_for_room_costs_no_poll_its_time() -> None:
    async def run() -> object:
        backlog = Backlog(USUAL_BYTES)
        async with HttpFetcher(replace(LIMITS, timeout=LIMITS.timeout / 10), backlog=backlog) as fetcher:
            with backlog.reading(USUAL_BYTES):
                asked = asyncio.create_task(fetcher.get(feed_source(server), Validators(), START))
                await asyncio.sleep(0.8)
            return type(await asked).__name__

    with serve({"/feed": FEED}) as server:
        assert asyncio.run(run()) == "Fetched"


@pytest.mark.parametrize(("expected_bytes", "fit"), [(USUAL_BYTES, 256), (CONDITIONAL_BYTES, 1000)])
def test_requests_that_will_mostly_bring_nothing_are_many_at_once(expected_bytes: int, fit: int) -> None:
    async def run() -> int:
        backlog, over, most = Backlog(), asyncio.Event(), 0

        async def ask() -> None:
            nonlocal most
            async with backlog.request(expected_bytes):
                most += 1
                await over.wait()

        asked = [asyncio.create_task(ask()) for _ in range(1000)]
        await asyncio.sleep(0.1)
        at_once = most
        over.set()
        await asyncio.gather(*asked)
        return at_once

    assert asyncio.run(run()) == fit


def test_a_document_larger_than_all_room_is_let_through() -> None:
    async def run() -> bool:
        backlog = Backlog(1)
        async with backlog.request():
            return True

    assert asyncio.run(run())


def test_one_who_gives_up_waiting_holds_up_nobody() -> None:
    async def run() -> list[str]:
        backlog, done = Backlog(USUAL_BYTES), []

        async def ask(name: str) -> None:
            async with backlog.request():
                done.append(name)

        with backlog.reading(1):
            first, second = asyncio.create_task(ask("first")), asyncio.create_task(ask("second"))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.sleep(0)
        await second
        return done

    assert asyncio.run(run()) == ["second"]


class Measured(Backlog):
    """Remembers the most that was ever taken, and how many documents took it."""

    most_bytes = 0
    documents = 0

    def _take(self, size_bytes: int) -> None:
        super()._take(size_bytes)
        self.documents += size_bytes != USUAL_BYTES
        self.most_bytes = max(self.most_bytes, self._used_bytes)


def test_polls_stay_within_the_limit(tmp_path: Path) -> None:
    """Twelve documents of 200 KB through room for a few: all are read, and never more were in memory."""

    def answer(request: Request) -> Reply:
        return Reply(rss(*(item(number, guid=f"{request.path}#{number}", text="word " * 8000) for number in range(5))))

    async def run() -> set[Outcome]:
        async with HttpFetcher(replace(LIMITS, concurrency=12), backlog=backlog) as fetcher:
            works = replace(at.works(fetcher), backlog=backlog)
            with ThreadPoolExecutor(1) as writer:
                return {done.outcome for done in await poll(works, writer, sources=at.sources)}

    backlog = Measured(4 * USUAL_BYTES)
    with serve(answer) as server:
        sources = tuple(feed_source(server, f"/{number}") for number in range(12))
        with desk(tmp_path, sources=sources, topics=()) as at:
            assert Outcome.FAILED not in asyncio.run(run())
    assert backlog.documents == 12
    assert 2 * USUAL_BYTES < backlog.most_bytes <= 4 * USUAL_BYTES
