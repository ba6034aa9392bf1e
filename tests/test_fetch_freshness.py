"""What a server says of time: how long an answer is fresh, when to ask again. Nothing it says can raise or stop a poller."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.fetch.freshness import fresh_for, retry_after

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NOON = "Wed, 25 Nov 2026 12:00:00 GMT"
ONE = "Wed, 25 Nov 2026 13:00:00 GMT"
HOUR, MONTH = timedelta(hours=1), timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Said:
    """The fields of an answer and how long it is fresh."""

    why: str
    cache_control: str = ""
    age: str | None = None
    expires: str | None = None
    date: str | None = NOON
    expected: timedelta | None


SAID = [
    Said(why="nothing is said", expected=None),
    Said(why="a plain number of seconds", cache_control="max-age=3600", expected=HOUR),
    Said(why="what a cache on the way has used up is gone", cache_control="max-age=3600", age="600", expected=HOUR * 5 / 6),
    Said(why="used up", cache_control="max-age=3600", age="3600", expected=None),
    Said(why="more than used up", cache_control="max-age=3600", age="99999999999999999999", expected=None),
    Said(why="a negative age is none", cache_control="max-age=3600", age="-600", expected=HOUR),
    Said(why="an age that is no number is none", cache_control="max-age=3600", age="1 hour", expected=HOUR),
    Said(why="20 digits", cache_control="max-age=99999999999999999999", expected=MONTH),
    Said(why="5,000 digits", cache_control="max-age=" + "9" * 5000, expected=MONTH),
    Said(why="a year is more than 30 days", cache_control="max-age=31536000", expected=MONTH),
    Said(why="zero is never fresh", cache_control="max-age=0", expires=ONE, expected=None),
    Said(why="zeros in front", cache_control="max-age=00000000000003600", expected=HOUR),
    Said(why="a negative number is no lifetime", cache_control="max-age=-3600", expires=ONE, expected=None),
    Said(why="a fraction is no lifetime", cache_control="max-age=3600.5", expected=None),
    Said(why="a word is no lifetime", cache_control="max-age=long", expires=ONE, expected=None),
    Said(why="digits of other scripts are none", cache_control="max-age=\xb2\xb3", expected=None),
    Said(why="nothing after the sign", cache_control="max-age=", expected=None),
    Said(why="some quote the number", cache_control='max-age="3600"', expected=HOUR),
    Said(why="names know no case", cache_control="Public, MAX-AGE=3600", expected=HOUR),
    Said(why="space around the sign", cache_control="max-age = 3600", expected=HOUR),
    Said(why="some part by semicolons", cache_control="public; max-age=3600", expected=HOUR),
    Said(why="of two the first counts", cache_control="max-age=3600, max-age=60", expected=HOUR),
    Said(why="for shared caches only", cache_control="s-maxage=3600", expected=None),
    Said(why="for shared caches beside ours", cache_control="s-maxage=60, max-age=3600", expected=HOUR),
    Said(why="not to be kept", cache_control="no-store, max-age=3600", expected=None),
    Said(why="to be asked for each time", cache_control="max-age=3600, no-cache", expires=ONE, expected=None),
    Said(why="no-cache of single fields", cache_control='no-cache="set-cookie", max-age=3600', expected=HOUR),
    Said(why="what stands in quotes is no directive", cache_control='private="no-store, x", max-age=3600', expected=HOUR),
    Said(why="unknown ones are stepped over", cache_control="stale-if-error=60, ,=,max-age=3600", expected=HOUR),
    Said(why="Expires, where there is no max-age", expires=ONE, expected=HOUR),
    Said(why="max-age beats Expires", cache_control="max-age=60", expires=ONE, expected=timedelta(minutes=1)),
    Said(why="Expires grows old as well", expires=ONE, age="600", expected=HOUR * 5 / 6),
    Said(why="in the past", expires="Wed, 25 Nov 2026 11:00:00 GMT", expected=None),
    Said(why="at once", expires=NOON, expected=None),
    Said(why="the usual way to say never", expires="0", expected=None),
    Said(why="another", expires="-1", expected=None),
    Said(why="no date", expires="next week", expected=None),
    Said(why="no day of any month", expires="Wed, 99 Nov 2026 13:00:00 GMT", expected=None),
    Said(why="far away", expires="Fri, 31 Dec 9999 23:59:59 GMT", expected=MONTH),
    Said(why="past the end of time", expires="Fri, 31 Dec 9999 23:59:59 -2359", expected=None),
    Said(
        why="a clock that is wrong by years is right about an hour",
        expires="Sun, 06 Nov 1994 09:49:37 GMT",
        date="Sun, 06 Nov 1994 08:49:37 GMT",
        expected=HOUR,
    ),
    Said(why="the two old forms of a date", expires="Sunday, 06-Nov-94 09:49:37 GMT", date="Sun Nov  6 08:49:37 1994", expected=HOUR),
    Said(why="a Date that is a constant", expires=ONE, date="Thu, 01 Jan 1970 00:00:00 GMT", expected=HOUR),
    Said(why="no Date", expires=ONE, date=None, expected=HOUR),
    Said(why="a Date that is none", expires=ONE, date="today", expected=HOUR),
]  # fmt: skip


@pytest.mark.parametrize("case", SAID, ids=lambda case: case.why)
def test_an_answer_is_fresh_for_as_long_as_it_says(case: Said) -> None:
    assert fresh_for(case.cache_control, case.age, case.expires, case.date, NOW) == case.expected


RETRY_AFTER = {
    "120": timedelta(seconds=120),
    " 0 ": timedelta(0),
    "99999999": MONTH,
    "99999999999999999999": MONTH,
    "9" * 5000: MONTH,
    "Wed, 25 Nov 2026 12:05:00 GMT": timedelta(minutes=5),
    "Wed, 25 Nov 2026 12:05:00 -0000": timedelta(minutes=5),
    "Wed, 25 Nov 2026 11:00:00 GMT": timedelta(0),
    "Fri, 31 Dec 9999 23:59:59 GMT": MONTH,
    "-5": None,
    "1.5": None,
    "soon": None,
    "": None,
    "٣": None,
    "Wed, 99 Nov 2026 12:05:00 GMT": None,
}


@pytest.mark.parametrize("value", RETRY_AFTER, ids=lambda value: value[:30])
def test_retry_after_is_seconds_or_a_date_and_clamped(value: str) -> None:
    assert retry_after(value, None, NOW) == RETRY_AFTER[value]


@pytest.mark.parametrize(
    ("value", "date", "expected"),
    [
        ("Wed, 02 Dec 2026 12:05:00 GMT", "Wed, 02 Dec 2026 12:00:00 GMT", timedelta(minutes=5)),
        ("Wed, 18 Nov 2026 12:05:00 GMT", "Wed, 18 Nov 2026 12:00:00 GMT", timedelta(minutes=5)),
        ("Wed, 25 Nov 2026 12:05:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", timedelta(minutes=5)),
        ("300", "Thu, 01 Jan 1970 00:00:00 GMT", timedelta(minutes=5)),
    ],
    ids=["their clock is ahead", "their clock is behind", "their Date is a constant", "seconds need no clock"],
)
def test_retry_after_is_reckoned_from_the_servers_own_clock(value: str, date: str, expected: timedelta) -> None:
    assert retry_after(value, date, NOW) == expected


@pytest.mark.parametrize("text", ['a="\\' * 25_000, "a " * 50_000, "=" * 100_000, '"' * 100_000, ",max-age" * 12_000])
def test_a_long_field_costs_no_time(text: str) -> None:
    started = time.process_time()
    fresh_for(text, text, text, text, NOW)
    retry_after(text, text, NOW)
    assert time.process_time() - started < 0.1
