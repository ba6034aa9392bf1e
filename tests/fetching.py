"""Polls of loopback servers: what the tests of `fetch` have in common."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from aggregator.fetch import HttpFetcher
from aggregator.model.fetch import Fetched, FetchFailed, FetchLimits, FetchResult
from aggregator.model.source import Source, SourceKind, Validators

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMITS = FetchLimits(
    timeout=timedelta(seconds=5),
    max_body_bytes=10_000,
    concurrency=8,
    allow_networks=(ip_network("127.0.0.0/8"),),
    user_agent="aggregator/test (+https://example.org/about)",
)
QUICK = replace(LIMITS, timeout=timedelta(seconds=0.3))
RSS = b"<rss version='2.0'><channel/></rss>"


def a_source(url: str, **fields: object) -> Source:
    return replace(Source(id="a-source", kind=SourceKind.FEED, url=url), **fields)  # type: ignore[arg-type]


def in_fetcher(
    work: Callable[[HttpFetcher], Awaitable[list[FetchResult]]], limits: FetchLimits = LIMITS
) -> list[FetchResult]:
    async def run() -> list[FetchResult]:
        async with HttpFetcher(limits) as fetcher:
            return await work(fetcher)

    return asyncio.run(run())


def poll(source: Source, *validators: Validators, limits: FetchLimits = LIMITS) -> FetchResult:
    """One poll with the validators given, none by default."""

    async def work(fetcher: HttpFetcher) -> list[FetchResult]:
        return [await fetcher.get(source, (*validators, Validators())[0], NOW)]

    return in_fetcher(work, limits)[0]


def fetched(result: FetchResult) -> Fetched:
    assert isinstance(result, Fetched), result
    return result


def failed(result: FetchResult) -> FetchFailed:
    assert isinstance(result, FetchFailed), result
    return result
