"""A source + its validators -> the outcome of one look at it, on the web or on disk behind the same call.

A poll goes down this list: `files` for a folder or a file; else `hop` (the request), `hosts` (its turn), `pools`, `guard` and
`names` (the connection), `answer` (what the head means), `body` (bounded bytes), `failures` (what went wrong, in words).
Expected failures are values; what `get` raises is a defect.
"""

import asyncio
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from aggregator.fetch import files
from aggregator.fetch.http import WebFetcher
from aggregator.model.fetch import FetchLimits, FetchResult
from aggregator.model.source import Source, Validators

__all__ = ["Fetcher", "HttpFetcher"]


class Fetcher(Protocol):
    """The seam of the network."""

    async def get(self, source: Source, validators: Validators, now: datetime) -> FetchResult:
        """Look at the source once."""
        ...


class HttpFetcher:
    """The real fetcher; `async with HttpFetcher(limits) as fetcher`, once a process: it holds pools, a TLS context and threads."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._web = WebFetcher(limits)

    async def __aenter__(self) -> Self:
        await self._web.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._web.__aexit__(kind, error, trace)

    async def get(self, source: Source, validators: Validators, now: datetime) -> FetchResult:
        """Look at the source once. `now` is aware; it dates `Retry-After` and tells young files from stable ones."""
        if source.is_local:
            return await asyncio.to_thread(files.read, source, validators, self._limits, now)
        return await self._web.get(source, validators, now)
