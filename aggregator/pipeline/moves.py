"""Where permanent redirects lead + what is remembered -> where the source is polled from now on. Pure: rules and their values.

A redirect is followed at every poll whatever its status; this decides when the old address is no longer asked at all. The
configuration is never changed: the adopted address stands in the store, and the old one is returned to if the new one dies.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit, urlunsplit

from aggregator.model.source import Move, Source, SourceState
from aggregator.urls import host_of

LEAST_POLLS = 3
LEAST_TIME = timedelta(hours=24)
MOST_FAILURES = 3
"""In a row at the adopted address: then the configured one is asked again."""
MASS_SPAN = timedelta(days=7)
_MOST_HOSTS = 10
_FEW_HOSTS = 3
_PORTS = {"http": 80, "https": 443}


class Verdict(StrEnum):
    """What a poll means for the place of its source."""

    STAYS = "stays"
    WAITS = "waits"
    """Led elsewhere, not often or not long enough, or to what is not known to be the same feed."""
    RIPE = "ripe"
    """To be adopted, unless too many others go the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict, and the candidate as it is remembered from now on."""

    verdict: Verdict
    move: Move | None


def judge(source: Source, state: SourceState, moved_to: str | None, *, shares: bool, now: datetime) -> Judged:
    """What a good answer says of the source's place. `moved_to` is where redirects led that were all permanent.

    `shares`: among the entries were some that were known already, or nothing had changed, or nothing was known yet. It is
    asked when the target is first seen: later its own entries are the known ones.
    """
    asked = state.address(source)
    if moved_to is None or asked is None or _same(moved_to, asked):
        return Judged(verdict=Verdict.STAYS, move=None)
    move = state.move
    if move is None or move.to != moved_to:
        move = Move(to=moved_to, since=now, shares=shares)
    else:
        move = replace(move, polls=move.polls + 1)
    if is_upgrade(asked, moved_to):
        # The same feed by its name, vouched for by a certificate: no need to send another request in the clear.
        return Judged(verdict=Verdict.RIPE, move=move)
    is_old = move.polls >= LEAST_POLLS and now - move.since >= LEAST_TIME
    return Judged(verdict=Verdict.RIPE if is_old and move.shares else Verdict.WAITS, move=move)


def adopted(source: Source, state: SourceState, move: Move, now: datetime) -> SourceState:
    """The state in which the target is polled; back at the configured address there is nothing to remember."""
    if source.url is not None and _same(move.to, source.url):
        return returned(state)
    return replace(state, location=move.to, stands_for=source.url, moved_at=now, move=None)


def returned(state: SourceState) -> SourceState:
    """The state in which the configured address is polled again."""
    return replace(state, location=None, stands_for=None, moved_at=None, move=None)


def has_died(source: Source, state: SourceState) -> bool:
    """Whether the adopted address failed so often in a row, or said so plainly that it is gone, that the old one is better."""
    is_elsewhere = not source.is_local and state.address(source) != source.url
    return is_elsewhere and (state.failures >= MOST_FAILURES or state.is_gone)


def is_mass_move(source: Source, move: Move, movers: Iterable[SourceState], sources: Iterable[Source]) -> bool:
    """Whether sources of too many hosts were led to this one host within a week of each other: then it is a captive portal,
    a parking service or a hijacked resolver rather than a move. More than ten, or at least three and more than half of all.
    """
    target = host_of(move.to)
    hosts = {one.id: host_of(one.url) for one in sources if one.url}
    leaving = {hosts.get(source.id, "")}
    for state in movers:
        goes_there = [
            state.move is not None
            and host_of(state.move.to) == target
            and abs(move.since - state.move.since) <= MASS_SPAN,
            state.location is not None
            and host_of(state.location) == target
            and state.moved_at is not None
            and abs(move.since - state.moved_at) <= MASS_SPAN,
        ]
        if any(goes_there) and state.source_id in hosts:
            leaving.add(hosts[state.source_id])
    leaving -= {target, ""}
    all_hosts = set(hosts.values()) - {target, ""}
    return len(leaving) > _MOST_HOSTS or (len(leaving) >= _FEW_HOSTS and 2 * len(leaving) > len(all_hosts))


def is_upgrade(one: str, other: str) -> bool:
    """Whether the other address is the same one by https: same host and path, each on its scheme's own port."""
    before, after = _split(one), _split(other)
    if before is None or after is None or (before.scheme, after.scheme) != ("http", "https"):
        return False
    ports = before.port or 80, after.port or 443
    same_host = (before.hostname or "").lower() == (after.hostname or "").lower()
    same_rest = (before.path or "/", before.query) == (after.path or "/", after.query)
    return same_host and same_rest and (ports == (80, 443) or ports[0] == ports[1])


def at_its_place(source: Source, state: SourceState) -> Source:
    """The source as it is to be fetched. Credentials and headers that the user gave for one origin go to no other."""
    address = state.address(source)
    if source.url is None or address is None or address == source.url:
        return source
    if origin(address) == origin(source.url):
        return replace(source, url=_with_credentials(address, source.url))
    return replace(source, url=address, authorization=None, headers=())


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454 4); a name that no other has where it cannot be told."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return url, "", None
    return parts.scheme.lower(), parts.hostname.lower(), parts.port or _PORTS.get(parts.scheme.lower())


def _with_credentials(address: str, configured: str) -> str:
    credentials, at, _ = urlsplit(configured).netloc.rpartition("@")
    parts = urlsplit(address)
    bare = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{credentials}{at}{bare}"))


def _same(one: str, other: str) -> bool:
    """Equal but for credentials and an empty path."""
    first, second = _split(one), _split(other)
    if first is None or second is None:
        return one == other
    rests = [(parts.path or "/", parts.query) for parts in (first, second)]
    return origin(one) == origin(other) and rests[0] == rests[1]


def _split(url: str) -> SplitResult | None:
    """None where the address makes no sense; reading the port may say so too."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
