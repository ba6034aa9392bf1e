"""Printed dates: what is read, on which basis, and what is not guessed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dates import MONTHS, WEEKDAYS, ascii_digits, day_of, month_number, parse_date, zone_of
from aggregator.model.article import Precision, ZoneBasis
from aggregator.text import folded

EXPLICIT, SOURCE, ASSUMED = ZoneBasis.EXPLICIT, ZoneBasis.SOURCE, ZoneBasis.ASSUMED_UTC

# printed, the source's zone, value, precision, basis, why
READ = [
    ("Wed, 25 Nov 2020 10:00:00 +0200", None, "2020-11-25T08:00:00", "second", EXPLICIT, "RFC 2822"),
    ("Wed, 25 Nov 2020 10:00 GMT", None, "2020-11-25T10:00:00", "minute", EXPLICIT, "no seconds"),
    ("5 Nov 2020 10:00:00 EST", None, "2020-11-05T15:00:00", "second", EXPLICIT, "no weekday, one digit, RFC 822 zone"),
    ("Wed, 25 Nov 20 10:00:00 Z", None, "2020-11-25T10:00:00", "second", EXPLICIT, "RFC 822 year of two digits"),
    ("25 Nov 98 10:00:00 UT", None, "1998-11-25T10:00:00", "second", EXPLICIT, "two digits of the last century"),
    ("Lun, 02 Nov 2026", None, "2026-11-02T12:00:00", "day", ASSUMED, "Italian weekday"),
    ("Mar, 03 Nov 2026 10:00:00 CEST", None, "2026-11-03T08:00:00", "second", EXPLICIT, "Tuesday, not March"),
    ("Вт, 25 ноя 2025 10:00:00 MSK", None, "2025-11-25T07:00:00", "second", EXPLICIT, "feedparser reads MSK as UTC"),
    ("2025-11-25 10:00 EET", None, "2025-11-25T08:00:00", "minute", EXPLICIT, "and EET"),
    ("2020-11-25T10:00:00Z", None, "2020-11-25T10:00:00", "second", EXPLICIT, "RFC 3339"),
    ("2020-11-25T10:00:00.123456+03:00", None, "2020-11-25T07:00:00", "second", EXPLICIT, "fraction and offset"),
    ("2020-11-25t10:00-0330", None, "2020-11-25T13:30:00", "minute", EXPLICIT, "offset of half an hour without colon"),
    ("20201125T100000Z", None, "2020-11-25T10:00:00", "second", EXPLICIT, "ISO 8601 basic"),
    ("20201125", None, "2020-11-25T12:00:00", "day", ASSUMED, "basic day"),
    ("2020-11-25", None, "2020-11-25T12:00:00", "day", ASSUMED, "a day is noon UTC"),
    ("2020-11-25", "Pacific/Auckland", "2020-11-25T12:00:00", "day", ASSUMED, "no zone shifts a day"),
    ("2020-11-25+02:00", None, "2020-11-25T12:00:00", "day", ASSUMED, "XML Schema day with an offset"),
    ("2020-11", None, "2020-11-01T12:00:00", "month", ASSUMED, "W3C-DTF month"),
    ("November 2020", None, "2020-11-01T12:00:00", "month", ASSUMED, "month in words"),
    ("2020", None, "2020-01-01T12:00:00", "year", ASSUMED, "a year alone"),
    ("2025-11-25 10:00 Africa/Tripoli", None, "2025-11-25T08:00:00", "minute", EXPLICIT, "IANA zone printed"),
    ("2025-11-25 10:00", "Africa/Tripoli", "2025-11-25T08:00:00", "minute", SOURCE, "the source's zone"),
    ("2025-07-25 10:00", "Europe/Rome", "2025-07-25T08:00:00", "minute", SOURCE, "summer time"),
    ("2025-11-25 10:00", None, "2025-11-25T10:00:00", "minute", ASSUMED, "no zone anywhere"),
    ("2025-11-25 10:00", "Mars/Base", "2025-11-25T10:00:00", "minute", ASSUMED, "an unknown zone does not crash"),
    ("2025-11-25 10:00 Mars/Base", "Africa/Tripoli", "2025-11-25T08:00:00", "minute", SOURCE, "an unknown printed zone"),
    ("2025-11-25 10:00 XYZ", None, "2025-11-25T10:00:00", "minute", ASSUMED, "an unknown abbreviation"),
    ("2025-11-25 10:00 IST", None, "2025-11-25T10:00:00", "minute", ASSUMED, "IST is three zones"),
    ("2025-11-25 10:00 IST", "Asia/Kolkata", "2025-11-25T04:30:00", "minute", EXPLICIT, "unless the source lives in one"),
    ("2025-11-25 10:00 CST", "Asia/Shanghai", "2025-11-25T02:00:00", "minute", EXPLICIT, "CST of China"),
    ("2025-11-25 10:00 CST", None, "2025-11-25T16:00:00", "minute", EXPLICIT, "CST of RFC 822"),
    ("2025-11-25 10:00 UTC+3", None, "2025-11-25T07:00:00", "minute", EXPLICIT, "name and offset"),
    ("Sat Nov 25 2020 10:00:00 GMT+0200 (EET)", None, "2020-11-25T08:00:00", "second", EXPLICIT, "JavaScript"),
    ("Wed Nov 25 10:00:00 EST 2020", None, "2020-11-25T15:00:00", "second", EXPLICIT, "Unix date"),
    ("25.11.2025", None, "2025-11-25T12:00:00", "day", ASSUMED, "dots are day first"),
    ("02.11.2025", None, "2025-11-02T12:00:00", "day", ASSUMED, "dots are day first even where it could be a month"),
    ("10:00 - 25.11.2025", None, "2025-11-25T10:00:00", "minute", ASSUMED, "the dash is no offset"),
    ("16/01/2020 à 12:00", None, "2020-01-16T12:00:00", "minute", ASSUMED, "there is no month 16"),
    ("11/25/2020", None, "2020-11-25T12:00:00", "day", ASSUMED, "nor a month 25"),
    ("11/11/2020", None, "2020-11-11T12:00:00", "day", ASSUMED, "both readings are one"),
    ("25 ноября 2020, 14:32", None, "2020-11-25T14:32:00", "minute", ASSUMED, "Russian genitive"),
    ("25 ноября 2020 г., 14:32 мск", None, "2020-11-25T11:32:00", "minute", EXPLICIT, "Moscow time in Russian"),
    ("November 25, 2020", None, "2020-11-25T12:00:00", "day", ASSUMED, "American order"),
    ("Nov. 25th, 2020, 2:32 p.m.", None, "2020-11-25T14:32:00", "minute", ASSUMED, "twelve-hour clock"),
    ("Nov 25, 2020 12:05 AM", None, "2020-11-25T00:05:00", "minute", ASSUMED, "midnight is 12 am"),
    ("1er novembre 2020 à 14h32", None, "2020-11-01T14:32:00", "minute", ASSUMED, "French ordinal and clock"),
    ("martedì 3 novembre 2020", None, "2020-11-03T12:00:00", "day", ASSUMED, "Italian"),
    ("25 نوفمبر 2020", None, "2020-11-25T12:00:00", "day", ASSUMED, "Arabic, Egypt"),
    ("٢٥ تشرين الثاني ٢٠٢٠", None, "2020-11-25T12:00:00", "day", ASSUMED, "Arabic, Levant, Arabic-Indic digits"),
    ("25 تشرين الثاني/نوفمبر 2020", None, "2020-11-25T12:00:00", "day", ASSUMED, "both names, as the UN prints"),
    ("الأربعاء 3 جانفي 2024 - 10:00 ص", None, "2024-01-03T10:00:00", "minute", ASSUMED, "Tunisian name, morning mark"),
    ("Published On(2020-07-04 16:06:00)", None, "2020-07-04T16:06:00", "second", ASSUMED, "words around do not matter"),
    ("2026-11-25T23:59:60Z", None, "2026-11-25T23:59:59", "second", EXPLICIT, "leap second"),
    ("29 Feb 2024", None, "2024-02-29T12:00:00", "day", ASSUMED, "leap day"),
    ("1990-01-01", None, "1990-01-01T12:00:00", "day", ASSUMED, "the first year believed"),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "timezone", "value", "precision", "basis", "why"), READ)
def test_a_printed_date_is_read(
    *, printed: str, timezone: str | None, value: str, precision: str, basis: ZoneBasis, why: str
) -> None:
    read = parse_date(printed, timezone=timezone)
    assert read is not None, why
    assert read.value == datetime.fromisoformat(value).replace(tzinfo=UTC), why
    assert (read.precision, read.basis, read.original) == (Precision(precision), basis, printed), why
    assert read.confidence == 1.0


NOT_READ = [
    ("", "empty"),
    ("   ", "blank"),
    ("02/11/2026", "February or November"),
    ("1606300000", "Unix seconds"),
    ("1606300000000", "Unix milliseconds"),
    ("1989-12-31", "before feeds"),
    ("2101-01-01", "too far"),
    ("0001-01-01T00:00:00Z", "the zero of some systems"),
    ("1606", "a year before feeds"),
    ("31 February 2020", "no such day"),
    ("29 Feb 2023", "no leap year"),
    ("2020-13-01", "no such month"),
    ("2020-11-25T25:00:00Z", "no such hour"),
    ("2020-11-25T10:61:00Z", "no such minute"),
    ("25 Nov, 14:32", "no year"),
    ("25.11.20", "two digits and dots may be anything"),
    ("November 25, 2020 - December 3, 2020", "two dates"),
    ("yesterday", "relative to a clock that is not here"),
    ("25 Nov 2020 " + "x" * 200, "too long to be a date"),
    ("ноября", "a month alone"),
]


@pytest.mark.parametrize(("printed", "why"), NOT_READ)
def test_what_is_no_single_date_is_not_guessed(printed: str, why: str) -> None:
    assert parse_date(printed, timezone="Africa/Tripoli") is None, why


def test_only_a_clock_without_zone_infers_the_zone() -> None:
    clock, day, zoned = (parse_date(p) for p in ("2020-11-25 10:00", "2020-11-25", "2020-11-25 10:00 MSK"))
    assert clock is not None
    assert clock.inferred == ("zone",)
    assert day is not None
    assert day.inferred == ()
    assert zoned is not None
    assert zoned.inferred == ()


def test_a_day_is_noon_utc_and_an_impossible_one_is_none() -> None:
    day = day_of(2020, 11, 25, original="25 Nov", basis=ZoneBasis.DATELINE_PLACE)
    assert day is not None
    assert (day.value, day.precision) == (datetime(2020, 11, 25, 12, tzinfo=UTC), Precision.DAY)
    assert (day.original, day.basis) == ("25 Nov", ZoneBasis.DATELINE_PLACE)
    assert day_of(2019, 2, 29, original="29 Feb") is None


NAMES = [
    ("Nov.", 11), ("SEPT", 9), ("ноября", 11), ("мая", 5), ("août", 8), ("AOUT", 8), ("gennaio", 1), ("كانون الثاني", 1),
    ("كانون الثانى", 1), ("آذار", 3), ("أوت", 8), ("جويلية", 7), ("تشرين الأول/أكتوبر", 10), ("ene", 1), ("März", 3),
    ("harbour", None), ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("word", "month"), NAMES)
def test_months_are_known_in_their_printed_forms(word: str, month: int | None) -> None:
    assert month_number(word) == month


def test_names_are_keyed_as_texts_are_folded() -> None:
    assert [name for name in (*MONTHS, *WEEKDAYS) if folded(name) != name] == []
    assert MONTHS[folded("جويلية")] == 7
    assert WEEKDAYS[folded("Mercoledì")] == 2


def test_digits_of_every_script_become_ascii_in_place() -> None:
    assert ascii_digits("٢٥ ноября ۲۰۲۰ ²") == "25 ноября 2020 ²"


@pytest.mark.parametrize("name", [None, "", "Mars/Base", "../etc/passwd", "Europe", "\x00"])
def test_an_unknown_zone_is_none(name: str | None) -> None:
    assert zone_of(name) is None


PIECES = st.sampled_from(
    [
        "25",
        "02",
        "2020",
        "99",
        "Nov",
        "ноября",
        "آب",
        "10:00",
        ":",
        "-",
        "/",
        ".",
        " ",
        "T",
        "Z",
        "+",
        "+25",
        "MSK",
        "A/B",
        "²",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40))
def test_any_text_is_a_believable_date_or_none(printed: str) -> None:
    read = parse_date(printed, timezone="Africa/Tripoli")
    assert read is None or 1989 <= read.value.year <= 2101
