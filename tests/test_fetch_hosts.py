"""How a host is asked: so many at a time, a pause between, connections handed on, and nothing remembered for longer."""

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.fetch import HttpFetcher
from aggregator.fetch.hosts import HostTurns
from aggregator.model.fetch import Fetched, FetchLimits, FetchResult, NotModified
from aggregator.model.source import Validators
from tests.fetching import LIMITS, NOW, RSS, a_source, in_fetcher
from tests.loopback import Raw, Reply, Request, Server, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

PAUSE_S = 0.15
PAUSING = replace(LIMITS, host_pause=timedelta(seconds=PAUSE_S))
BIG = Reply(b"x" * 200_000, status=404)


def polls(urls: list[str], limits: FetchLimits, *validators: Validators) -> list[FetchResult]:
    """All of them at once, by one fetcher."""

    async def work(fetcher: HttpFetcher) -> list[FetchResult]:
        return list(
            await asyncio.gather(*(fetcher.get(a_source(url), (*validators, Validators())[0], NOW) for url in urls))
        )

    return in_fetcher(work, limits)


def gaps_s(server: Server) -> list[float]:
    times = [request.at for request in server.requests]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def connections(server: Server) -> int:
    return len({request.peer for request in server.requests})


def test_between_two_requests_to_a_host_there_is_a_pause() -> None:
    with serve({"/": Raw(0.05, b"HTTP/1.1 200 OK\r\n\r\n", RSS)}) as server:
        polls([server.url()] * 3, PAUSING)
        # From the end of the answer, which takes 0.05 s, to the next request.
        assert [gap >= PAUSE_S + 0.04 for gap in gaps_s(server)] == [True, True]


def test_a_poll_that_comes_alone_waits_for_the_pause_as_well() -> None:
    async def work(fetcher: HttpFetcher) -> list[FetchResult]:
        return [await fetcher.get(a_source(server.url(path)), Validators(), NOW) for path in ("/a", "/b")]

    with serve({}) as server:
        in_fetcher(work, PAUSING)
        assert gaps_s(server)[0] >= PAUSE_S * 0.9


def test_another_port_of_the_host_is_the_same_host_and_another_host_is_not() -> None:
    with serve({}) as one, serve({}) as two, serve({}, host="127.0.0.2") as other:
        polls([one.url(), two.url(), other.url()], PAUSING)
        assert two.requests[0].at - one.requests[0].at >= PAUSE_S * 0.9
        assert other.requests[0].at < two.requests[0].at


def test_a_redirect_within_the_host_goes_at_once() -> None:
    with serve({"/": Reply(status=301, headers={"Location": "/b"}), "/b": Reply(RSS)}) as server:
        polls([server.url()], replace(LIMITS, host_pause=timedelta(seconds=5)))
        assert [request.path for request in server.requests] == ["/", "/b"]
        assert gaps_s(server)[0] < 1


def test_the_pause_takes_no_slot_of_others() -> None:
    """With a single slot, a host that rests must not keep it."""
    limits = replace(LIMITS, host_pause=timedelta(seconds=0.5), concurrency=1)
    with serve({}) as resting, serve({}, host="127.0.0.2") as other:

        async def work(fetcher: HttpFetcher) -> list[FetchResult]:
            await fetcher.get(a_source(resting.url()), Validators(), NOW)
            waiting = asyncio.create_task(fetcher.get(a_source(resting.url()), Validators(), NOW))
            await asyncio.sleep(0.05)
            async with asyncio.timeout(0.3):
                await fetcher.get(a_source(other.url()), Validators(), NOW)
            return [await waiting]

        in_fetcher(work, limits)
        assert (len(resting.requests), len(other.requests)) == (2, 1)


@pytest.mark.parametrize("per_host", [1, 2, 3])
def test_no_more_than_per_host_are_under_way(per_host: int) -> None:
    busy, most, lock = [0], [0], threading.Lock()

    def handler(request: Request) -> Raw:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        threading.Event().wait(0.05)
        with lock:
            busy[0] -= 1
        return Raw(b"HTTP/1.1 200 OK\r\n\r\n", RSS)

    with serve(handler) as server:
        polls([server.url()] * 7, replace(LIMITS, per_host=per_host))
        assert (most[0], len(server.requests)) == (per_host, 7)


@pytest.mark.parametrize(
    "answer",
    [Reply(RSS), Reply(status=304), Reply(b"<html>no</html>", status=404), Reply(b"soon", status=503)],
    ids=["200", "304", "404", "503"],
)
def test_the_connection_is_handed_on_while_others_wait(answer: Reply) -> None:
    with serve({"/": answer}, keep_alive=True) as server:
        results = polls([server.url()] * 4, LIMITS, Validators(url=server.url(), etag='"1"'))
        assert len({type(result) for result in results}) == 1
        assert connections(server) == 1
        assert [request.header("Connection") for request in server.requests] == [None, None, None, "close"]


def test_a_connection_rests_during_the_pause() -> None:
    with serve({"/": Reply(RSS)}, keep_alive=True) as server:
        polls([server.url()] * 3, PAUSING)
        assert connections(server) == 1
        assert min(gaps_s(server)) >= PAUSE_S * 0.9


def test_a_redirect_uses_the_connection_again() -> None:
    answers = {"/": Reply(b"moved", status=301, headers={"Location": "/b"}), "/b": Reply(RSS)}
    with serve(answers, keep_alive=True) as server:
        polls([server.url()] * 2, LIMITS)
        assert [request.path for request in server.requests] == ["/", "/b", "/", "/b"]
        assert connections(server) <= 2


def test_nobody_waits_so_the_server_need_not_either() -> None:
    with serve({"/": Reply(RSS)}, keep_alive=True) as server:
        polls([server.url()], LIMITS)
        assert [request.header("Connection") for request in server.requests] == ["close"]


def test_another_origin_gets_a_connection_of_its_own() -> None:
    with serve({"/": Reply(RSS)}, keep_alive=True) as one, serve({"/": Reply(RSS)}, keep_alive=True) as two:
        results = polls([one.url(), two.url(), one.url(), two.url()], LIMITS)
        assert [type(result) for result in results] == [Fetched] * 4
        assert (len(one.requests), len(two.requests)) == (2, 2)
        assert (connections(one), connections(two)) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [BIG, Raw(b"HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\n", b"x", 0.05), Raw(b"HTTP/1.1 404 No\r\n\r\n", b"x")],
    ids=["a long body of no use", "a body that is cut", "a body without a length"],
)
def test_an_answer_whose_end_is_not_seen_ends_the_connection(answer: Reply | Raw) -> None:
    def handler(request: Request) -> Reply | Raw:
        return answer if request.path == "/bad" else Reply(RSS)

    with serve(handler, keep_alive=True) as server:
        results = polls([server.url("/bad"), server.url("/good")], LIMITS)
        assert isinstance(results[1], Fetched)
        assert connections(server) == 2


@pytest.mark.parametrize("when", ["before it is taken", "when the request has come"])
def test_a_kept_connection_that_is_dead_is_replaced(when: str) -> None:
    """The server promises to keep it and closes it all the same: at once, or instead of the second answer."""
    asked: list[int] = []

    def handler(request: Request) -> Reply | Raw:
        asked.append(request.peer)
        if when == "before it is taken":
            return Raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(RSS), RSS)
        return Raw() if asked.count(request.peer) > 1 else Reply(RSS)

    with serve(handler, keep_alive=True) as server:
        results = polls([server.url()] * 3, replace(PAUSING, host_pause=timedelta(seconds=0.05)))
        assert [type(result) for result in results] == [Fetched] * 3
        assert connections(server) == 3 if when == "before it is taken" else 2


def test_a_fresh_connection_that_is_dead_is_not_tried_again() -> None:
    with serve({"/": Raw()}, keep_alive=True) as server:
        polls([server.url()], LIMITS)
        assert len(server.requests) == 1


def test_a_server_that_speaks_unasked_is_not_listened_to() -> None:
    """Bytes after the answer could be taken for the answer to the next request."""
    unasked = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"

    def handler(request: Request) -> Reply | Raw:
        if request.path == "/first":
            return Raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(RSS), RSS, 0.05, unasked, 2.0)
        return Reply(RSS)

    with serve(handler, keep_alive=True) as server:
        results = polls([server.url("/first"), server.url("/second")], PAUSING)
        bodies = [result.documents[0].body for result in results if isinstance(result, Fetched)]
        assert bodies == [RSS, RSS]


def test_many_sources_of_one_host_are_all_polled() -> None:
    with serve(lambda request: Reply(status=304), keep_alive=True) as server:
        urls = [server.url(f"/{number}") for number in range(40)]

        async def work(fetcher: HttpFetcher) -> list[FetchResult]:
            each = (fetcher.get(a_source(url), Validators(url=url, etag='"1"'), NOW) for url in urls)
            return list(await asyncio.gather(*each))

        results = in_fetcher(work, replace(LIMITS, host_pause=timedelta(seconds=0.01)))
        assert [type(result) for result in results] == [NotModified] * 40
        assert [request.path for request in server.requests] == [f"/{number}" for number in range(40)]
        assert connections(server) == 1


def in_loop(work: Callable[[], Awaitable[list[int]]]) -> list[int]:
    async def run() -> list[int]:
        return await work()

    return asyncio.run(run())


def test_a_host_is_forgotten_after_its_pause() -> None:
    async def work() -> list[int]:
        turns, sizes = HostTurns(1, timedelta(seconds=0.05)), []
        for number in range(20):
            async with turns.hold(b"%d.example" % number):
                pass
        sizes.append(len(turns))
        await asyncio.sleep(0.06)
        async with turns.hold(b"last.example"):
            pass
        return [*sizes, len(turns)]

    assert in_loop(work) == [20, 1]


def test_a_host_nobody_waits_for_is_forgotten() -> None:
    async def work() -> list[int]:
        turns, sizes = HostTurns(), []

        async def wait() -> None:
            async with turns.hold(b"host"):
                raise AssertionError

        async with turns.hold(b"host") as turn:
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            sizes += [len(turns), int(turn.is_wanted)]
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            sizes += [len(turns), int(turn.is_wanted)]
        return [*sizes, len(turns)]

    assert in_loop(work) == [1, 1, 1, 0, 0]
