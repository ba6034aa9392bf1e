"""A date as printed -> `PartialDate` with its precision and the basis of its zone; the names of months and weekdays."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from aggregator.model.article import PartialDate, Precision, ZoneBasis

EARLIEST_YEAR = 1990
"""Before it nobody published feeds: such a date is a defect (rules R9)."""
LATEST_YEAR = 2100
_MAX_PRINTED = 200

# January first; the forms of one month are separated by "|", short ones end in a dot.
# Arabic: Gulf and Egypt, Levant, Tunisia and Algeria, Morocco.
_MONTHS = {
    "en": (
        "january|jan.", "february|feb.", "march|mar.", "april|apr.", "may", "june|jun.", "july|jul.", "august|aug.",
        "september|sept.|sep.", "october|oct.", "november|nov.", "december|dec.",
    ),
    "ru": (
        "январь|января|январе|январю|янв.", "февраль|февраля|феврале|февралю|февр.|фев.", "март|марта|марте|марту|мар.",
        "апрель|апреля|апреле|апрелю|апр.", "май|мая|мае|маю", "июнь|июня|июне|июню|июн.", "июль|июля|июле|июлю|июл.",
        "август|августа|августе|августу|авг.", "сентябрь|сентября|сентябре|сентябрю|сент.|сен.",
        "октябрь|октября|октябре|октябрю|окт.", "ноябрь|ноября|ноябре|ноябрю|нояб.|ноя.",
        "декабрь|декабря|декабре|декабрю|дек.",
    ),
    "ar": (
        "يناير|كانون الثاني|جانفي", "فبراير|شباط|فيفري", "مارس|آذار", "أبريل|نيسان|أفريل", "مايو|أيار|ماي",
        "يونيو|يونيه|حزيران|جوان", "يوليو|يوليه|تموز|جويلية|يوليوز", "أغسطس|آب.|أوت|غشت", "سبتمبر|أيلول|شتنبر",
        "أكتوبر|تشرين الأول", "نوفمبر|تشرين الثاني|نونبر", "ديسمبر|كانون الأول|دجنبر",
    ),
    "fr": (
        "janvier|janv.", "février|févr.|fév.", "mars", "avril|avr.", "mai", "juin", "juillet|juil.", "août", "septembre|sept.",
        "octobre|oct.", "novembre|nov.", "décembre|déc.",
    ),
    "it": (
        "gennaio|genn.|gen.", "febbraio|febbr.|feb.", "marzo|mar.", "aprile|apr.", "maggio|magg.|mag.", "giugno|giu.",
        "luglio|lug.", "agosto|ago.", "settembre|sett.|set.", "ottobre|ott.", "novembre|nov.", "dicembre|dic.",
    ),
    "es": (
        "enero|ene.", "febrero|feb.", "marzo|mar.", "abril|abr.", "mayo|may.", "junio|jun.", "julio|jul.", "agosto|ago.",
        "septiembre|sept.|sep.", "octubre|oct.", "noviembre|nov.", "diciembre|dic.",
    ),
    "de": (
        "januar|jan.", "februar|feb.", "märz", "april|apr.", "mai", "juni|jun.", "juli|jul.", "august|aug.",
        "september|sept.|sep.", "oktober|okt.", "november|nov.", "dezember|dez.",
    ),
}  # fmt: skip
# Monday first, as `date.weekday` counts.
_WEEKDAYS = {
    "en": ("monday|mon", "tuesday|tue|tues", "wednesday|wed", "thursday|thu|thurs", "friday|fri", "saturday|sat", "sunday|sun"),
    "ru": ("понедельник|пн", "вторник|вт", "среда|среду|ср", "четверг|чт", "пятница|пятницу|пт", "суббота|субботу|сб", "воскресенье|вс"),
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "it": ("lunedì|lun", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
}  # fmt: skip

# Hours from UTC of the names that readers take for one zone. IST is three zones: it counts only where the source's own
# zone calls itself so.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "cat": 2, "sast": 2, "eest": 3, "msk": 3, "мск": 3, "eat": 3, "trt": 3, "gst": 4, "pkt": 5, "sgt": 8,
    "hkt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "ast": -4, "adt": -3, "est": -5,
    "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "hst": -10,
}  # fmt: skip

# Unlike `text.fold` punctuation stays: a date needs it. Hamza and accents go as marks, these letters do not decompose.
_ARABIC = str.maketrans({"ى": "ي", "ة": "ه", "ـ": ""})


def ascii_digits(text: str) -> str:
    """The text with the decimal digits of every script as 0-9; the length stays."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def _fold(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold().translate(_ARABIC)
    return "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))


def _numbered(table: Mapping[str, tuple[str, ...]], first: int) -> dict[str, int]:
    rows = (row for rows in table.values() for row in enumerate(rows, first))
    return {_fold(name): number for number, names in rows for name in names.split("|")}


_MONTH_FORMS = _numbered(_MONTHS, 1)
MONTHS: Mapping[str, int] = {name.rstrip("."): number for name, number in _MONTH_FORMS.items()}
"""Month names and their short forms in folded form (`text.folded`) -> 1..12."""
FULL_MONTHS: Mapping[str, int] = {name: number for name, number in _MONTH_FORMS.items() if not name.endswith(".")}
"""Those of `MONTHS` that are not short forms: only they stand for a month when no day is beside them."""
WEEKDAYS: Mapping[str, int] = _numbered(_WEEKDAYS, 0)
"""Weekday names in folded form -> 0 (Monday) .. 6."""


def alternatives(names: Mapping[str, int]) -> str:
    """A regular expression for any of the names on folded text, the longest first."""
    return "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))


def month_number(word: str) -> int | None:
    """1..12 for a month's name as printed, dotted or inflected or twice ("تشرين الثاني/نوفمبر"), else None."""
    return MONTHS.get(_fold(word).partition("/")[0].strip(" ."))


_MONTH = rf"(?P<month>{alternatives(MONTHS)})(?![^\W\d_])(?:\s?/\s?(?:{alternatives(MONTHS)}))?"
_DAY = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th|er|[o°])?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
# RFC 822 years have two digits; no other form may, or 02.11.26 could be read.
_ANY_YEAR = r"(?P<year>\d{4}|\d{2})(?!\d)"
_WORDED = (
    re.compile(rf"{_DAY}[\s.,/-]*(?:de |of |di |من )?{_MONTH}[\s.,'/-]*(?:de |del |of )?{_ANY_YEAR}"),
    re.compile(rf"(?<![^\W_]){_MONTH}\.?\s*{_DAY}\s*,?\s+{_YEAR}"),
)
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)(?:z|[+-]\d{2}:\d{2})?"
)
_YEAR_LAST = re.compile(r"(?<!\d)(?P<one>\d{1,2})(?P<mark>[./-])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)")
_BASIC = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(?![\d:])")
_MONTH_ALONE = re.compile(rf"(?:{_MONTH}[\s.,]+{_YEAR}|(?P<y>\d{{4}})-(?P<m>\d{{2}}))\W*")
_YEAR_ALONE = re.compile(r"\d{4}")
_TIME = re.compile(
    r"(?<![\d:+])(?P<hour>\d{1,2})(?::|h)(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?![\d:])"
    r"(?:\s?(?:(?P<am>am|a\.m\.|صباحا|ص)|(?P<pm>pm|p\.m\.|مساء|م))(?![^\W_]))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"\s?\(?(?:(?:utc|gmt)\s?)?(?P<sign>[+−-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?![\d.:/])", re.IGNORECASE
)
_NAMED = re.compile(r"\s?[(\[]?(?P<name>[A-Za-z_]+(?:/[A-Za-z_+-]+)+|[^\W\d_]{1,5})(?![^\W_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Zone:
    """`length`: how many characters behind the clock it takes."""

    info: tzinfo | None = None
    name: str | None = None
    length: int = 0


_NO_ZONE = _Zone()


# The same words are asked for an entry's own date, its feed's and the next poll's.
@lru_cache(maxsize=1024)
def parse_date(printed: str, *, timezone: str | None = None) -> PartialDate | None:
    """The date in a short text, or None where there is none, more than one, or it can be read in two ways.

    Read: RFC 822 and its relatives with names in English, Russian, Arabic, French, Italian, Spanish, German; ISO 8601;
    "25.11.2025"; a year or a year and month alone. Not read: 02/11/2026, Unix seconds, years before 1990 or after 2100.
    `timezone` is the IANA name that holds where no zone is printed. A day without a clock is 12:00:00Z of that day.
    """
    original = printed.strip()
    if not original or len(original) > _MAX_PRINTED:
        return None
    text = _BASIC.sub(_spaced, ascii_digits(original), count=1)
    try:
        return _vague(_fold(text), original) or _exact(text, original, timezone)
    except (ValueError, OverflowError):  # 31 February, 25:00, the last zone of the year 9999
        return None


def day_of(
    year: int, month: int, day: int, *, original: str, basis: ZoneBasis = ZoneBasis.ASSUMED_UTC
) -> PartialDate | None:
    """The printed day at 12:00:00Z (rules R10), or None where the calendar has no such day."""
    try:
        value = datetime(year, month, day, 12, tzinfo=UTC)
    except ValueError:
        return None
    return PartialDate(value=value, precision=Precision.DAY, original=original, basis=basis)


def _spaced(basic: re.Match[str]) -> str:
    """ISO 8601 basic format in the extended one."""
    year, month, day, hour, minute, second = basic.groups()
    clock = f"T{hour}:{minute}" + (f":{second}" if second else "") if hour else ""
    return f"{year}-{month}-{day}{clock}"


def _vague(text: str, original: str) -> PartialDate | None:
    """A year, or a year and a month, that stands alone; its value is the first day."""
    if _YEAR_ALONE.fullmatch(text):
        return _first_day(int(text), 1, Precision.YEAR, original)
    found = _MONTH_ALONE.fullmatch(text)
    if not found:
        return None
    if found["y"]:
        return _first_day(int(found["y"]), int(found["m"]), Precision.MONTH, original)
    return _first_day(int(found["year"]), MONTHS[found["month"]], Precision.MONTH, original)


def _first_day(year: int, month: int, precision: Precision, original: str) -> PartialDate | None:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    value = datetime(year, month, 1, 12, tzinfo=UTC)
    return PartialDate(value=value, precision=precision, original=original, basis=ZoneBasis.ASSUMED_UTC)


def _exact(text: str, original: str, source_zone: str | None) -> PartialDate | None:
    """A day, with or without a clock. Clock and zone are cut out first: what is left must hold one date and no other digit."""
    clock = _TIME.search(text)
    zone = _printed_zone(text[clock.end() :]) if clock else _NO_ZONE
    rest = f"{text[: clock.start()]} {text[clock.end() + zone.length :]}" if clock else text
    day = _only_day(_fold(rest))
    if day is None or not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        return None
    if clock is None:
        return day_of(day.year, day.month, day.day, original=original)
    return _at(datetime.combine(day, _time(clock)), clock["second"] is not None, zone, zone_of(source_zone), original)


def _only_day(text: str) -> date | None:
    for pattern in (*_WORDED, _YEAR_FIRST, _YEAR_LAST):
        found = pattern.search(text)
        if found:
            rest = text[: found.start()] + text[found.end() :]
            return None if any(c.isdigit() for c in rest) else _day(found.groupdict())
    return None


def _day(parts: Mapping[str, str]) -> date | None:
    year = _full_year(parts["year"])
    if "one" not in parts:
        month = MONTHS.get(parts["month"])
        return date(year, month or int(parts["month"]), int(parts["day"]))
    one, two = int(parts["one"]), int(parts["two"])
    if parts["mark"] == "." or one > 12 or one == two:
        return date(year, two, one)
    # 11/25/2026 can only be a month first; 02/11/2026 is either.
    return date(year, one, two) if two > 12 else None


def _full_year(printed: str) -> int:
    """RFC 2822 4.3: two digits below 50 are of this century."""
    year = int(printed)
    if len(printed) == 4:
        return year
    return year + (2000 if year < 50 else 1900)


def _time(clock: re.Match[str]) -> time:
    hour, second = int(clock["hour"]), int(clock["second"] or 0)
    if clock["am"] or clock["pm"]:
        hour = hour % 12 + (12 if clock["pm"] else 0)
    # A leap second (RFC 3339 5.6) has no datetime.
    return time(hour, int(clock["minute"]), 59 if second == 60 else second)


def _at(local: datetime, has_seconds: bool, zone: _Zone, source: ZoneInfo | None, original: str) -> PartialDate:
    basis = ZoneBasis.EXPLICIT
    info = zone.info
    if source and zone.name and source.tzname(local) == zone.name:
        info = source  # IST in a source of Asia/Kolkata, CST in one of Asia/Shanghai
    elif info is None:
        info = source or UTC
        basis = ZoneBasis.SOURCE if source else ZoneBasis.ASSUMED_UTC
    return PartialDate(
        value=local.replace(tzinfo=info).astimezone(UTC),
        precision=Precision.SECOND if has_seconds else Precision.MINUTE,
        original=original,
        basis=basis,
        inferred=() if basis is ZoneBasis.EXPLICIT else ("zone",),
    )


def _printed_zone(after: str) -> _Zone:
    """The zone printed right behind a clock. An unknown name is no zone, and its letters may be a month's."""
    offset = _OFFSET.match(after)
    if offset and int(offset["hours"]) <= 14:
        span = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return _Zone(info=timezone(span if offset["sign"] == "+" else -span), length=offset.end())
    named = _NAMED.match(after)
    if not named:
        return _NO_ZONE
    name = named["name"]
    if "/" in name:
        return _Zone(info=zone_of(name), name=name, length=named.end())
    hours = _ZONES.get(name.casefold())
    if hours is None:
        return _Zone(name=name)
    return _Zone(info=timezone(timedelta(hours=hours)), name=name, length=named.end())


def zone_of(name: str | None) -> ZoneInfo | None:
    """The IANA zone of that name, or None: an unknown name must not stop a poll."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # not there, "../x", a folder such as "Europe"
        return None
