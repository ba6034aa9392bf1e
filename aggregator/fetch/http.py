"""A source on the web + its validators -> the outcome of one poll: redirects followed one by one, everything bounded."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import httpcore

from aggregator.fetch import failures
from aggregator.fetch.answer import Readable, Redirect, interpret
from aggregator.fetch.backlog import CONDITIONAL_BYTES, USUAL_BYTES, Backlog
from aggregator.fetch.body import Body
from aggregator.fetch.connections import Connection, Connections, origin_of
from aggregator.fetch.guard import Guard
from aggregator.fetch.head import Head
from aggregator.fetch.hop import BadUrl, Hop, parse_url, request, without_credentials
from aggregator.fetch.hosts import HostTurns, Turn
from aggregator.model.fetch import Document, FailureKind, Fetched, FetchFailed, FetchLimits, FetchResult, Identical
from aggregator.model.source import Source, Validators
from aggregator.text import digest

# A body that means nothing is read to its end only to keep the connection, so only a short one, and only for so long.
_DRAIN_BYTES, _DRAIN_S = 65_536, 1.0


class WebFetcher:
    """Polls over HTTP: as many at a time to one host as it gives `turns`, `slots` in all."""

    def __init__(self, limits: FetchLimits, guard: Guard, *, slots: int, turns: HostTurns, backlog: Backlog) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(slots)
        self._turns = turns
        self._backlog = backlog
        self._connections = Connections(guard, limits.proxy)

    async def get(self, source: Source, validators: Validators, now: datetime) -> FetchResult:
        """Poll once. Waiting for a turn, a slot or room does not count against `limits.timeout`, everything else does."""
        try:
            first_url = parse_url(source.url or "")
        except BadUrl as error:
            return FetchFailed(kind=FailureKind.UNREACHABLE, detail=f"the source has an address that {error}")
        hop = Hop(source=source, validators=validators, now=now, first_url=first_url, url=first_url)
        trail = _Trail(hop, self._limits)
        while True:
            # The turn comes first: a slot held while waiting for a busy host or its pause would stop all others.
            expected_bytes = CONDITIONAL_BYTES if hop.is_conditional else USUAL_BYTES
            async with self._turns.hold(hop.host) as turn, self._slots, self._backlog.request(expected_bytes):
                outcome = await self._ask_host(hop, turn, trail)
            if not isinstance(outcome, Hop):
                return outcome
            hop = outcome

    async def _ask_host(self, hop: Hop, turn: Turn, trail: "_Trail") -> FetchResult | Hop:
        """The result, redirects within the host followed at once; or the hop that leads to another host."""
        host = hop.host
        while hop.host == host:
            outcome = await self._ask_in_time(hop, turn, trail)
            following = trail.follow(hop, outcome) if isinstance(outcome, Redirect) else outcome
            if not isinstance(following, Hop):
                return following
            hop = following
        return hop

    async def _ask_in_time(self, hop: Hop, turn: Turn, trail: "_Trail") -> FetchResult | Redirect:
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(trail.left_s):
                return await self._ask(hop, turn, trail.left_s)
        except TimeoutError:
            seconds = self._limits.timeout.total_seconds()
            detail = f"no complete answer from {hop.place} within {seconds:g} s; asked again later"
            return FetchFailed(kind=FailureKind.TIMEOUT, detail=detail)
        except failures.TRANSPORT as error:
            return failures.of_transport(error, hop)
        finally:
            trail.left_s -= clock() - started

    async def _ask(self, hop: Hop, turn: Turn, left_s: float) -> FetchResult | Redirect:
        connection, response = await self._connect_and_send(hop, turn, left_s)
        try:
            meaning = interpret(Head(response), hop)
            if isinstance(meaning, Readable):
                return await self._read(response, meaning, hop)
            if turn.is_wanted:
                await _drain(response)
            return meaning
        finally:
            await response.aclose()
            await turn.give_back(connection)

    async def _connect_and_send(self, hop: Hop, turn: Turn, left_s: float) -> tuple[Connection, httpcore.Response]:
        """Over the connection that the turn has kept, else over a new one."""
        kept = turn.take(origin_of(hop.url))
        if kept is not None:
            # A server may close an idle connection at the very moment; a GET can be sent again (RFC 9112 9.3.1).
            with suppress(httpcore.RemoteProtocolError, httpcore.NetworkError):
                return kept, await self._send(kept, hop, turn)
        connection = await self._connections.open(hop.url, left_s)
        return connection, await self._send(connection, hop, turn)

    async def _send(self, connection: Connection, hop: Hop, turn: Turn) -> httpcore.Response:
        """The head of the answer; a connection that gives none is closed."""
        # Whether others wait is asked this late because they may have come while the connection was made.
        message = request(hop, self._limits.user_agent, is_last=not turn.is_wanted)
        try:
            return await connection.send(message)
        except BaseException:
            await connection.close()
            raise

    async def _read(self, response: httpcore.Response, head: Readable, hop: Hop) -> Fetched | Identical | FetchFailed:
        collected = Body(head.encoding, self._limits.max_body_bytes, hop.known_bytes)
        failed = await _collect(response, collected)
        if failed is None and collected.is_known:
            validators = head.validators(hop, hop.validators.digests, collected.raw_digest)
            return Identical(validators=validators, status=200, body_bytes=collected.received, hints=head.hints)
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
            hints=head.hints,
        )


class _Trail:
    """What a poll has used up of its bounds: time, and redirects."""

    def __init__(self, hop: Hop, limits: FetchLimits) -> None:
        self.left_s = limits.timeout.total_seconds()
        self._most = limits.max_redirects
        self._seen = {without_credentials(hop.url)}

    def follow(self, hop: Hop, redirect: Redirect) -> Hop | FetchFailed:
        if redirect.url in self._seen:
            detail = "the redirects run in a circle; some sites do this to clients without cookies"
            return FetchFailed(kind=FailureKind.REDIRECT, detail=detail)
        if len(self._seen) > self._most:
            return FetchFailed(kind=FailureKind.REDIRECT, detail=f"more than {self._most} redirects; check the URL")
        self._seen.add(redirect.url)
        return replace(hop, url=redirect.url, is_permanent=hop.is_permanent and redirect.is_permanent)


async def _collect(response: httpcore.Response, body: Body) -> FetchFailed | None:
    try:
        async for chunk in response.aiter_stream():
            if failed := body.feed(chunk):
                return failed
    except (httpcore.RemoteProtocolError, httpcore.NetworkError):
        return body.cut_off()
    return None


async def _drain(response: httpcore.Response) -> None:
    """Read what is left of a short body, so that the connection can be used again; what goes wrong only costs that."""
    left = _DRAIN_BYTES
    with suppress(TimeoutError, *failures.TRANSPORT):
        async with asyncio.timeout(_DRAIN_S):
            async for chunk in response.aiter_stream():
                left -= len(chunk)
                if left < 0:
                    return
