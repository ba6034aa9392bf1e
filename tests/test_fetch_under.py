"""A fetcher that takes the place of another one: other limits, the same manners towards hosts that the other one asked."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.fetch import HttpFetcher
from aggregator.model.fetch import Fetched, FetchResult
from aggregator.model.source import Validators
from tests.fetching import LIMITS, NOW, RSS, a_source, failed
from tests.loopback import Reply, Server, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow


async def ask(fetcher: HttpFetcher, server: Server) -> FetchResult:
    return await fetcher.get(a_source(server.url("/feed")), Validators(), NOW)


def test_it_keeps_the_pause_that_the_other_one_owes_a_host() -> None:
    paused = replace(LIMITS, host_pause=timedelta(seconds=0.5))

    async def run() -> None:
        async with HttpFetcher(paused) as first:
            await ask(first, server)
            async with first.under(replace(paused, concurrency=3)) as second:
                await ask(second, server)

    with serve({"/feed": Reply(RSS)}) as server:
        asyncio.run(run())
    assert server.requests[1].at - server.requests[0].at >= 0.45


def test_it_waits_for_the_host_while_the_other_one_asks_it_and_goes_on_when_that_is_closed() -> None:
    async def run() -> list[FetchResult]:
        first = HttpFetcher(LIMITS)
        slow = asyncio.create_task(ask(first, server))
        await asyncio.sleep(0.1)
        second = first.under(replace(LIMITS, concurrency=3))
        quick = asyncio.create_task(ask(second, server))
        results = [await slow]
        await first.close()
        results.append(await quick)
        await second.close()
        return results

    asking: list[int] = []

    def answer(_: object) -> Reply:
        asking.append(1)
        at_once.append(len(asking))
        time.sleep(0.4)
        asking.pop()
        return Reply(RSS)

    at_once: list[int] = []
    with serve(answer) as server:
        results = asyncio.run(run())
    assert [type(result) for result in results] == [Fetched, Fetched]
    assert at_once == [1, 1]


def test_its_own_limits_hold() -> None:
    async def run() -> FetchResult:
        async with HttpFetcher(LIMITS) as first, first.under(replace(LIMITS, max_body_bytes=10)) as second:
            return await ask(second, server)

    with serve({"/feed": Reply(RSS)}) as server:
        assert failed(asyncio.run(run())).kind.value == "too-big"
