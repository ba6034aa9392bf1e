"""A source, what is remembered of it and how the poll ended -> when to poll next."""

from datetime import UTC, datetime, timedelta

from aggregator.model.source import Source, SourceState
from aggregator.text import digest

LOCAL_INTERVAL = timedelta(seconds=10)
"""How often folders and files are looked at by the daemon (rules R33)."""
_WITH_VALIDATORS = timedelta(minutes=15)
_WITHOUT_VALIDATORS = timedelta(hours=1)
_MOST_DOUBLINGS = 6
# A hundred years: from any real now a date that a calendar can hold.
_LONGEST = timedelta(days=36_500)
_SPREAD = 0.1


def next_poll(source: Source, state: SourceState, now: datetime) -> datetime:
    """Return when to poll next. Never sooner than the source's floor nor than what the server asked for, never later
    than `max_interval` or that. `state` is the one after the poll. The spread comes from a digest, so that two
    sources that failed together do not come back together (CommaFeed issue 2181).
    """
    if source.is_local:
        return now + LOCAL_INTERVAL
    longest = min(source.max_interval, _LONGEST)
    doublings = min(max(state.failures - 1, 0), _MOST_DOUBLINGS)
    interval = min(min(source.interval, longest) * (1 << doublings), longest)
    spread = interval * (1 + _SPREAD * _fraction(source.id, now))
    # At the longest interval the spread turns back, so that sources that are down for days stay apart too.
    at = now + max(min(spread, 2 * longest - spread), floor(source, state))
    return max(at, state.retry_after_at) if state.retry_after_at else at


def earliest_poll(source: Source, state: SourceState) -> datetime:
    """The first moment at which a poll is allowed: a local source always, a server when its time has passed."""
    if source.is_local or state.last_poll_at is None:
        return datetime.min.replace(tzinfo=UTC)
    at = state.last_poll_at + floor(source, state)
    return max(at, state.retry_after_at) if state.retry_after_at else at


def floor(source: Source, state: SourceState) -> timedelta:
    """The least time between two polls: what the user wrote, else by whether validators work (rules R33)."""
    least = min(source.min_interval, _LONGEST)
    if source.min_interval_is_chosen:
        return least
    return max(least, _WITH_VALIDATORS if state.not_modified_seen else _WITHOUT_VALIDATORS)


def _fraction(source_id: str, now: datetime) -> float:
    """-1..1, the same for the same source and moment."""
    number = int.from_bytes(digest(source_id, now.isoformat())[:4], "big")
    return number / 2**31 - 1
