"""The text of a feed -> what it asks of those who poll it: RSS `ttl`, `skipHours` and `skipDays`, `sy:updatePeriod`.

Read here because feedparser keeps only the last of the hours and days. Junk counts as not said: nobody is asked back.
"""

import re
from datetime import timedelta

from aggregator.model.cadence import Pace

LONGEST = timedelta(days=365)
"""No interval is taken for longer, whatever is printed."""
_MOST_CHARACTERS = 65_536
_NOT_MARKUP = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_FIRST_ENTRY = re.compile(r"<(?:\w{1,40}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?")
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _texts_of(name: str) -> re.Pattern[str]:
    """What finds the text of each element of that name; bounded, since the text is a stranger's."""
    return re.compile(rf"<{name}(?:\s[^<>]{{0,200}})?>([^<>]{{1,100}})</", re.IGNORECASE)


_TTL, _HOUR, _DAY = _texts_of("ttl"), _texts_of("hour"), _texts_of("day")
_PERIOD, _FREQUENCY = _texts_of(r"\w{1,40}:updatePeriod"), _texts_of(r"\w{1,40}:updateFrequency")
_SKIP_HOURS = re.compile(r"<skipHours>(.{0,4000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_SKIP_DAYS = re.compile(r"<skipDays>(.{0,2000}?)</skipDays>", re.IGNORECASE | re.DOTALL)


def pace_of(text: str) -> Pace:
    """What the head of the document, before its first entry, asks for. Hours and days are UTC, as RSS 2.0 has them."""
    head = _head(text[:_MOST_CHARACTERS])
    intervals = [interval for interval in (_ttl(head), _syndication(head)) if interval]
    return Pace(
        interval=max(intervals, default=None),
        skip_hours=_skipped(_hours(_inside(_SKIP_HOURS, head)), 24),
        skip_days=_skipped(_days(_inside(_SKIP_DAYS, head)), 7),
    )


def _head(text: str) -> str:
    """What stands before the first entry, without comments and sections; few heads have any."""
    first_entry = _FIRST_ENTRY.search(text)
    head = text[: first_entry.start()] if first_entry else text
    if "<!" not in head:
        return head
    text = _NOT_MARKUP.sub("", text)
    first_entry = _FIRST_ENTRY.search(text)
    return text[: first_entry.start()] if first_entry else text


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found.group(1).strip() if found else None


def _inside(pattern: re.Pattern[str], text: str) -> str:
    return _first(pattern, text) or ""


def _number(printed: str | None) -> float | None:
    return float(printed) if printed and _NUMBER.fullmatch(printed) else None


def _ttl(head: str) -> timedelta | None:
    """`ttl` is in minutes."""
    minutes = _number(_first(_TTL, head))
    return timedelta(minutes=min(minutes, LONGEST / timedelta(minutes=1))) if minutes else None


def _syndication(head: str) -> timedelta | None:
    """The period over how many times in it; `daily` and once where only the other is said (RSS 1.0, module Syndication)."""
    printed, often = _first(_PERIOD, head), _number(_first(_FREQUENCY, head))
    if printed is None and often is None:
        return None
    period = _PERIODS.get((printed or "daily").lower())
    return period / max(often or 1, 1) if period else None


def _hours(text: str) -> set[int]:
    """Hour 24 is the one that begins at midnight: RSS 0.91 counts from 1."""
    printed = (hour.strip() for hour in _HOUR.findall(text))
    return {int(hour) % 24 for hour in printed if re.fullmatch("[0-9]{1,2}", hour) and int(hour) <= 24}


def _days(text: str) -> set[int]:
    printed = (day.strip().lower() for day in _DAY.findall(text))
    return {_DAYS.index(day) for day in printed if day in _DAYS}


def _skipped(found: set[int], all_of_them: int) -> tuple[int, ...]:
    """In order; none where every one would be skipped: a document that is never to be read says nothing."""
    return tuple(sorted(found)) if len(found) < all_of_them else ()
