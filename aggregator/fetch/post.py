"""A form for a hub -> whether it took it: the one POST that is ever made, through the guard that every poll goes through.

Nothing of the answer's body is read. A redirect is followed only where it keeps the method (307, 308), and never out of https:
the form may hold the secret of the signatures.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

import httpcore
import httpx

from aggregator.fetch import failures
from aggregator.fetch.connections import Connections
from aggregator.fetch.freshness import retry_after
from aggregator.fetch.guard import Guard
from aggregator.fetch.head import Head
from aggregator.fetch.hop import BadUrl, Hop, parse_url, without_credentials
from aggregator.fetch.hosts import HostTurns
from aggregator.model.fetch import FetchLimits
from aggregator.model.push import HubAccepted, HubAnswer, HubRefused, HubUnanswered
from aggregator.model.source import Source, SourceKind, Validators

_MAX_REDIRECTS = 3
# 408, 425 and 429 ask for patience; every other 4xx means that this very request will never be liked.
_LATER = frozenset((408, 425, 429))
_TRY_LATER = "asked again later"


class HubPoster:
    """Posts to hubs, one request a host at a time. Its TLS context is made for the first: most desks have no hub."""

    def __init__(self, limits: FetchLimits, guard: Guard) -> None:
        self._limits = limits
        self._guard = guard
        self._turns = HostTurns(1, limits.host_pause)

    @cached_property
    def _connections(self) -> Connections:
        return Connections(self._guard, self._limits.proxy)

    async def post(self, url: str, form: Sequence[tuple[str, str]], now: datetime) -> HubAnswer:
        """Send the form once. Waiting for a turn does not count against `limits.timeout`, everything else does."""
        try:
            first_url = without_credentials(parse_url(url))
        except BadUrl as error:
            return HubRefused(detail=f"the hub has an address that {error}")
        hub = Source(id="hub", kind=SourceKind.FEED, url=url)
        hop = Hop(source=hub, validators=Validators(), now=now, first_url=first_url, url=first_url)
        body = urlencode(form).encode()
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._turns.hold(hop.host):
                outcome = await self._ask_in_time(hop, body)
            if not isinstance(outcome, Hop):
                return outcome
            hop = outcome
        return HubRefused(detail=f"more than {_MAX_REDIRECTS} redirects")

    async def _ask_in_time(self, hop: Hop, body: bytes) -> HubAnswer | Hop:
        timeout_s = self._limits.timeout.total_seconds()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._ask(hop, body, timeout_s)
        except TimeoutError:
            return HubUnanswered(detail=f"no answer from {hop.place} within {timeout_s:g} s; {_TRY_LATER}")
        except failures.TRANSPORT as error:
            return HubUnanswered(detail=failures.of_transport(error, hop).detail)

    async def _ask(self, hop: Hop, body: bytes, within_s: float) -> HubAnswer | Hop:
        connection = await self._connections.open(hop.url, within_s)
        try:
            response = await connection.send(_request(hop.url, body, self._limits.user_agent))
            try:
                return meaning(Head(response), hop)
            finally:
                await response.aclose()
        finally:
            await connection.close()


def _request(url: httpx.URL, body: bytes, user_agent: str) -> httpcore.Request:
    headers = [
        (b"Host", url.netloc),
        (b"User-Agent", user_agent.encode()),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Content-Length", str(len(body)).encode()),
        (b"Connection", b"close"),
    ]
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    return httpcore.Request(b"POST", target, headers=headers, content=body)


def meaning(head: Head, hop: Hop) -> HubAnswer | Hop:
    """What the hub said, or where to ask instead: by status alone, its own words are not repeated."""
    status = head.status
    if 200 <= status < 300:
        return HubAccepted()
    if status in (307, 308):
        return _redirect(head, hop)
    if 400 <= status < 500 and status not in _LATER:
        return HubRefused(detail=f"HTTP {status}")
    if status < 400:
        return HubRefused(detail=f"HTTP {status}: not an answer of a hub")
    asked = head.first(b"retry-after")
    wait = None if asked is None else retry_after(asked, head.first(b"date"), hop.now)
    return HubUnanswered(detail=f"HTTP {status}; {_TRY_LATER}", retry_after=wait)


def _redirect(head: Head, hop: Hop) -> HubRefused | Hop:
    location = head.first(b"location")
    if location is None:
        return HubRefused(detail=f"{hop.place} redirects without saying where")
    try:
        target = without_credentials(parse_url(location, base=hop.url))
    except BadUrl as error:
        return HubRefused(detail=f"{hop.place} redirects to an address that {error}")
    if hop.url.scheme == "https" and target.scheme != "https":
        return HubRefused(detail=f"{hop.place} redirects out of https")
    return replace(hop, url=target)
