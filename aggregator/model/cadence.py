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
    """What a source was seen to do: small, stored whole with its state. What is long past counts less than what is new."""

    hours: tuple[float, ...] = (0.0,) * 24
    """Entries that came in each hour of the day, UTC."""
    hours_watched: tuple[float, ...] = (0.0,) * 24
    """For how many hours that hour of the day was watched."""
    days: tuple[float, ...] = (0.0,) * 7
    """Entries that came on each weekday, UTC, Monday first."""
    days_watched: tuple[float, ...] = (0.0,) * 7
    """For how many hours that weekday was watched."""
    recent: float = 0.0
    """Entries that came in the last hours."""
    recent_expected: float = 0.0
    """How many would have come in them at the usual rate."""
    silence: float = 0.0
    """How many would have come at the usual rate since the last that came."""
    window: int = 0
    """Entries in the last document; 0 while none was seen."""
    densest: float = 0.0
    """Entries in the densest hour that was seen; fades."""
