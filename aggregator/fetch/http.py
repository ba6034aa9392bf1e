"""A source on the web + its validators -> the outcome of one poll: redirects followed one by one, everything bounded."""

import asyncio
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx

from aggregator.fetch import failures
from aggregator.fetch.answer import Readable, Redirect, interpret
from aggregator.fetch.body import Body
from aggregator.fetch.hop import BadUrl, Hop, parse_url, request, without_credentials
from aggregator.fetch.hosts import HostTurns
from aggregator.fetch.pools import Pools
from aggregator.model.fetch import Document, FailureKind, Fetched, FetchFailed, FetchLimits, FetchResult, Identical
from aggregator.model.source import Source, Validators
from aggregator.text import digest


class WebFetcher:
    """Polls over HTTP; an async context manager. One request a host at a time, `limits.concurrency` in all."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        # Outside the pools: a request that waits inside an httpcore pool is looked at on every other request.
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._turns = HostTurns()
        self._pools = Pools(limits.allow_networks)

    async def __aenter__(self) -> Self:
        await self._pools.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pools.__aexit__(kind, error, trace)

    async def get(self, source: Source, validators: Validators, now: datetime) -> FetchResult:
        """Poll once. Waiting for a turn or a slot does not count against `limits.timeout`, everything else does."""
        try:
            first_url = parse_url(source.url or "")
        except BadUrl as error:
            return FetchFailed(kind=FailureKind.UNREACHABLE, detail=f"the source has an address that {error}")
        hop = Hop(source=source, validators=validators, now=now, first_url=first_url, url=first_url)
        return await self._follow(hop)

    async def _follow(self, hop: Hop) -> FetchResult:
        clock = asyncio.get_running_loop().time
        left_s = self._limits.timeout.total_seconds()
        seen = {without_credentials(hop.url)}
        for _ in range(self._limits.max_redirects + 1):
            # The turn comes first: a slot held while waiting for a busy host would stop all others.
            async with self._turns.hold(hop.url.raw_host), self._slots:
                started = clock()
                outcome = await self._ask_in_time(hop, left_s)
                left_s -= clock() - started
            if not isinstance(outcome, Redirect):
                return outcome
            hop = replace(hop, url=outcome.url)
            if hop.url in seen:
                detail = "the redirects run in a circle; some sites do this to clients without cookies"
                return FetchFailed(kind=FailureKind.REDIRECT, detail=detail)
            seen.add(hop.url)
        detail = f"more than {self._limits.max_redirects} redirects; check the URL"
        return FetchFailed(kind=FailureKind.REDIRECT, detail=detail)

    async def _ask_in_time(self, hop: Hop, left_s: float) -> FetchResult | Redirect:
        try:
            async with asyncio.timeout(left_s):
                return await self._ask(hop, left_s)
        except TimeoutError:
            seconds = self._limits.timeout.total_seconds()
            detail = f"no complete answer from {hop.place} within {seconds:g} s; asked again later"
            return FetchFailed(kind=FailureKind.TIMEOUT, detail=detail)
        except httpx.TransportError as error:
            return failures.of_transport(error, hop)

    async def _ask(self, hop: Hop, left_s: float) -> FetchResult | Redirect:
        message = request(hop, self._limits.user_agent)
        # The guard shares this time among the addresses of the host; the deadline of the poll is asyncio's.
        message.extensions = {"timeout": {"connect": left_s}}
        response = await self._pools.send(message)
        try:
            meaning = interpret(response, hop)
            return await self._read(response, meaning, hop) if isinstance(meaning, Readable) else meaning
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response, head: Readable, hop: Hop) -> Fetched | Identical | FetchFailed:
        collected = Body(head.encoding, self._limits.max_body_bytes, hop.known_bytes)
        failed = await _collect(response, collected)
        if failed is None and collected.is_known:
            validators = head.validators(hop, hop.validators.digests, collected.raw_digest)
            return Identical(validators=validators, status=200, body_bytes=collected.received)
        body = failed or collected.finish()
        if isinstance(body, FetchFailed):
            return replace(body, status=200)
        url, body_digest = str(without_credentials(hop.url)), digest(body)
        document = Document(
            # A private address stands in no key: keys are shown in listings and logs.
            key=hop.source.id if hop.source.private else url,
            body=body,
            content_type=head.content_type,
            digest=body_digest,
        )
        return Fetched(
            documents=(document,),
            validators=head.validators(hop, (body_digest,), collected.raw_digest),
            url=url,
            status=200,
            body_bytes=len(body),
        )


async def _collect(response: httpx.Response, body: Body) -> FetchFailed | None:
    try:
        async for chunk in response.aiter_raw():
            if failed := body.feed(chunk):
                return failed
    except (httpx.RemoteProtocolError, httpx.NetworkError):
        return body.cut_off()
    return None
