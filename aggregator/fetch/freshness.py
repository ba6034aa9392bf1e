"""What a server says of time -> a duration: how long its answer is fresh, when to ask again. Pure.

Every number comes from outside: it is clamped before anything is calculated with it.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST = timedelta(days=30)
_LONGEST_S = int(_LONGEST.total_seconds())
# A name, and after "=" a token or a quoted string; what is neither is stepped over.
_DIRECTIVE = re.compile(r'([^\s,;="]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,;"]*))?')
_MOST_CHARACTERS = 1_024
# The longest of the three forms that RFC 9110 5.6.7 knows has 33 characters.
_LONGEST_DATE = 64


def fresh_for(
    cache_control: str, age: str | None, expires: str | None, date: str | None, now: datetime
) -> timedelta | None:
    """How long the answer will go on being fresh (RFC 9111 4.2), at most 30 days; None where it is not or nobody says.

    `s-maxage` is for shared caches and left out. `now` stands in for a `Date` that is missing.
    """
    directives = _directives(cache_control)
    if "no-store" in directives or directives.get("no-cache") == "":
        return None
    if "max-age" in directives:
        lifetime = _seconds(directives["max-age"])
    else:
        lifetime = _until(expires, date, now) if expires else None
    if lifetime is None:
        return None
    left = lifetime - (_seconds(age) or timedelta()) if age else lifetime
    return left if left > timedelta() else None


def retry_after(value: str, date: str | None, now: datetime) -> timedelta | None:
    """`Retry-After`: seconds or an HTTP date (RFC 9110 10.2.3), clamped to 0..30 days; None for anything else."""
    seconds = _seconds(value)
    return _until(value, date, now) if seconds is None else seconds


def _directives(cache_control: str) -> dict[str, str]:
    """Name -> argument, "" where there is none; of two the first counts."""
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(cache_control[:_MOST_CHARACTERS]):
        found.setdefault(match[1].lower(), (match[2] or "").strip('"'))
    return found


def _seconds(value: str) -> timedelta | None:
    value = value.strip()
    if not (value.isascii() and value.isdigit()):
        return None
    value = value.lstrip("0") or "0"
    # Nine digits are more than 30 days; int() itself refuses 5,000 of them.
    return timedelta(seconds=min(int(value), _LONGEST_S)) if len(value) < 9 else _LONGEST


def _until(value: str, date: str | None, now: datetime) -> timedelta | None:
    """From the answer's own `Date`, so that it does not matter whose clock is wrong, to the date given.

    A `Date` that makes it more than 30 days is a constant rather than a clock; then ours counts.
    """
    at = _instant(value)
    if at is None:
        return None
    sent_at = _instant(date) if date else None
    if sent_at is None or at - sent_at > _LONGEST:
        sent_at = now
    return min(max(at - sent_at, timedelta()), _LONGEST)


def _instant(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value[:_LONGEST_DATE])
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)  # "-0000" comes back naive
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
