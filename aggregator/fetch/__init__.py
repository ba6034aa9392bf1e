"""A source + its validators -> the outcome of one look at it, on the web or on disk behind the same call.

A poll goes down this list: `files` for a folder or a file; else `hop` (the request), `hosts` (its turn), `connections`, `guard`,
`names` and `stream` (the connection), `backlog` (room for its document), `head` and `answer` (what the head means, with `freshness` and `links`), `body` (bounded
bytes), `failures` (what went wrong, in words). `post` is for hubs.
Expected failures are values; what `get` raises is a defect.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import anyio

from aggregator.fetch import descriptors, files
from aggregator.fetch.backlog import Backlog
from aggregator.fetch.guard import Dial, Guard, LookUp
from aggregator.fetch.hosts import HostTurns
from aggregator.fetch.http import WebFetcher
from aggregator.fetch.names import Resolver
from aggregator.fetch.post import HubPoster
from aggregator.fetch.stream import dial
from aggregator.model.fetch import FetchLimits, FetchResult
from aggregator.model.push import HubAnswer
from aggregator.model.source import Source, Validators

__all__ = ["Backlog", "Dial", "Fetcher", "HttpFetcher", "LookUp"]


class Fetcher(Protocol):
    """The seam of the network."""

    async def get(self, source: Source, validators: Validators, now: datetime) -> FetchResult:
        """Look at the source once."""
        ...

    async def post(self, url: str, form: Sequence[tuple[str, str]], now: datetime) -> HubAnswer:
        """Send a form to a hub (WebSub)."""
        ...


class HttpFetcher:
    """The real fetcher; `async with HttpFetcher(limits) as fetcher`, once a process: it holds connections and threads.

    `look_up` and `dial` are the network below it: names to addresses, and the addresses that the guard lets pass to
    connections. Left out, they are the system's. `backlog` is told by whoever reads what is fetched; it holds up requests.
    """

    def __init__(
        self,
        limits: FetchLimits,
        *,
        look_up: LookUp | None = None,
        dial: Dial = dial,
        turns: HostTurns | None = None,
        backlog: Backlog | None = None,
    ) -> None:
        self._limits = limits
        self._resolver = Resolver()  # starts a thread when a name is asked for, not before
        guard = Guard(limits.allow_networks, look_up or self._resolver, dial)
        self._turns = HostTurns(limits.per_host, limits.host_pause) if turns is None else turns
        self._backlog = backlog or Backlog()
        slots = descriptors.allow(limits.concurrency)
        self._web = WebFetcher(limits, guard, slots=slots, turns=self._turns, backlog=self._backlog)
        self._hubs = HubPoster(limits, guard)

    def under(self, limits: FetchLimits) -> "HttpFetcher":
        """A fetcher with other limits, to be closed by itself. It gives hosts their turns together with this one, which may go
        on with what it has begun: nobody is asked sooner because a configuration changed.
        """
        self._turns.change(limits.per_host, limits.host_pause)
        return HttpFetcher(limits, turns=self._turns, backlog=self._backlog)

    async def __aenter__(self) -> Self:
        # What httpcore's locks need is loaded by the first of them: 40 ms that belong to the start and to no poll.
        async with anyio.Lock():
            return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End its threads; nobody may wait for it any more."""
        self._resolver.close()
        await asyncio.sleep(0)  # the loop lets go of sockets that were closed last

    async def get(self, source: Source, validators: Validators, now: datetime) -> FetchResult:
        """Look at the source once. `now` is aware; it dates `Retry-After` and tells young files from stable ones."""
        if source.is_local:
            return await asyncio.to_thread(files.read, source, validators, self._limits, now)
        return await self._web.get(source, validators, now)

    async def post(self, url: str, form: Sequence[tuple[str, str]], now: datetime) -> HubAnswer:
        """Send a form to a hub. `now` is aware; it dates `Retry-After`."""
        return await self._hubs.post(url, form, now)
