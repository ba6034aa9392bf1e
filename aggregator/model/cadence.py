"""What decides when a source is polled next, beside its configuration: what it asks for, and what it was seen to do."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a document asks of those who poll it; it may lengthen an interval and never shortens one."""

    interval: timedelta | None = None
    """RSS `ttl`, or `sy:updatePeriod` over `sy:updateFrequency`: the longer."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day in UTC (0-23) in which nothing new comes (RSS `skipHours`)."""
    skip_days: tuple[int, ...] = ()
    """Weekdays in UTC, Monday is 0 (RSS `skipDays`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What a source was seen to do: small, stored whole with its state."""
