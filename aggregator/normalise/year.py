"""A dateline without its year -> its date with the year that the evidence allows, and the evidence (rules R7)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from aggregator.dates import EARLIEST_YEAR, ascii_digits, day_of
from aggregator.model.article import Clue, PartialDate, Precision, ZoneBasis
from aggregator.model.parsed import DatelinePrint
from aggregator.normalise.year_words import Mention, MentionKind, find_mentions

_MAX_CANDIDATES = 10
_ONE_DAY = timedelta(days=1)
# A printed day with its year, so long before the dateline at most, is of the dateline's season.
_NEAR = timedelta(days=60)
# A page is stamped when it is put out, which may be days after the dateline and, by time zones, a day before it.
_STAMPED_AFTER = timedelta(days=7)
_BY_DAY, _BY_STRICT_AND_YEARLESS, _BY_STRICT, _BY_FILE_NAME, _LATEST = 0.9, 0.6, 0.4, 0.6, 0.3
_IN_FILE_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
_VAGUE = (Precision.YEAR, Precision.MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredDate:
    """`date` is None where nothing prints a day; `clues` is all the evidence, used or not, in the order of the document."""

    date: PartialDate | None
    clues: tuple[Clue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printed:
    """The month and day of the dateline, which exist in some year."""

    month: int
    day: int
    original: str
    basis: ZoneBasis

    def on(self, year: int) -> date | None:
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None

    def dated(self, year: int) -> PartialDate | None:
        return day_of(year, self.month, self.day, original=self.original, basis=self.basis)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    year: int
    confidence: float
    fitting: tuple[int, ...]
    clue: Clue


def infer_date(
    *,
    dateline: DatelinePrint | None,
    text: str,
    declared: PartialDate | None,
    timestamp_dates: tuple[PartialDate, ...],
    file_name: str,
    modified_at: datetime | None,
    now: datetime,
) -> InferredDate:
    """The day of a local document and how surely it is known.

    `text` is what follows the dateline. `modified_at` is None where the file's time is that of an unpacking.
    A declared date wins, a printed year needs no inference (confidence 1). Else the year is inferred: `date.inferred` says
    so, `date.candidates` are the years that fit, `date.confidence` follows rules R7.
    """
    printed = _printed(dateline)
    if declared:
        return _declared(declared, printed, dateline)
    if printed is None:
        return _stamped(timestamp_dates)
    if dateline and dateline.year:
        clue = Clue(kind="dateline", quote=printed.original, says=f"prints the year {dateline.year}")
        return InferredDate(date=printed.dated(dateline.year), clues=(clue,))
    stamps = tuple(
        stamp for stamp in timestamp_dates if stamp.precision not in _VAGUE and stamp.value <= now + _ONE_DAY
    )
    named_day = _day_in(file_name, now)
    reference, clue = _reference(stamps, named_day, file_name, modified_at, now)
    inferred = _infer(printed, reference, find_mentions(text), stamps, named_day is not None)
    return replace(inferred, clues=(clue, *inferred.clues))


def _printed(dateline: DatelinePrint | None) -> _Printed | None:
    if dateline is None or dateline.month is None or dateline.day is None:
        return None
    basis = ZoneBasis.DATELINE_PLACE if dateline.places else ZoneBasis.ASSUMED_UTC
    printed = _Printed(month=dateline.month, day=dateline.day, original=dateline.raw, basis=basis)
    leap = 2000  # has every day that any year has
    return printed if printed.on(leap) else None


def _declared(declared: PartialDate, printed: _Printed | None, dateline: DatelinePrint | None) -> InferredDate:
    """A declared year, or year and month, takes the day from the dateline if they agree."""
    clue = Clue(kind="declared", quote=declared.original, says="declared")
    if printed is None:
        return InferredDate(date=declared, clues=(clue,))
    year = dateline.year if dateline else None
    if declared.precision in _VAGUE:
        combined = printed.dated(declared.value.year)
        agrees = year in (None, declared.value.year)
        agrees = agrees and (declared.precision is Precision.YEAR or declared.value.month == printed.month)
        if combined and agrees:
            return InferredDate(date=combined, clues=(clue,))
    else:
        day = printed.on(year or declared.value.year)
        # A time of the evening in Moscow is the next day's dateline or the last day's in UTC.
        tolerance = timedelta(0) if declared.precision is Precision.DAY else _ONE_DAY
        if day and abs(declared.value.date() - day) <= tolerance:
            return InferredDate(date=declared, clues=(clue,))
    mismatch = Clue(
        kind="mismatch", quote=printed.original, says=f"prints another day than the declared {declared.original}"
    )
    return InferredDate(date=declared, clues=(clue, mismatch))


def _stamped(timestamp_dates: Sequence[PartialDate]) -> InferredDate:
    """Without a day in the dateline, a time stamp line is the only day that is printed."""
    for stamp in timestamp_dates:
        if stamp.precision not in _VAGUE:
            clue = Clue(kind="timestamp", quote=stamp.original, says="the only printed day")
            return InferredDate(date=stamp, clues=(clue,))
    return InferredDate(date=None)


def _day_in(file_name: str, now: datetime) -> date | None:
    for year, month, day in _IN_FILE_NAME.findall(ascii_digits(file_name)):
        try:
            named = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if named <= now.date() + _ONE_DAY:
            return named
    return None


def _reference(
    stamps: Sequence[PartialDate], named_day: date | None, file_name: str, modified_at: datetime | None, now: datetime
) -> tuple[date, Clue]:
    """The day after which the text cannot have been written, and what says so."""
    if stamps:
        day, quote, says = stamps[0].value.date(), stamps[0].original, "the time stamp line"
    elif named_day:
        day, quote, says = named_day, file_name, "the file's name"
    elif modified_at and modified_at <= now:
        day, quote, says = modified_at.date(), modified_at.date().isoformat(), "the file's time"
    else:
        day, quote, says = now.date(), now.date().isoformat(), "the time of reading"
    return day, Clue(kind="reference", quote=quote, says=f"not written after {day.isoformat()}: {says}")


def _infer(
    printed: _Printed, reference: date, mentions: Sequence[Mention], stamps: Sequence[PartialDate], has_named_day: bool
) -> InferredDate:
    days = {year: printed.on(year) for year in range(reference.year + 1, EARLIEST_YEAR - 1, -1)}
    years = tuple(year for year, day in days.items() if day and day <= reference + _ONE_DAY)
    clues = tuple(_clue(mention, printed) for mention in mentions)
    if not years:
        return InferredDate(date=None, clues=clues)
    choice = _choose(printed, years, mentions, stamps, has_named_day)
    dated = printed.dated(choice.year)
    if dated is None:
        return InferredDate(date=None, clues=clues)
    inferred = replace(
        dated, inferred=("year",), confidence=choice.confidence, candidates=_newest(choice.fitting, choice.year)
    )
    return InferredDate(date=inferred, clues=(*clues, choice.clue))


def _newest(fitting: Sequence[int], chosen: int) -> tuple[int, ...]:
    """At most ten, newest first, the chosen one always among them."""
    newest = tuple(fitting[:_MAX_CANDIDATES])
    return newest if chosen in newest else (*newest[:-1], chosen)


def _choose(
    printed: _Printed,
    years: tuple[int, ...],
    mentions: Sequence[Mention],
    stamps: Sequence[PartialDate],
    has_named_day: bool,
) -> _Choice:
    """The year by the strongest evidence; `years` are newest first."""
    fitting, obeyed = _fitting(printed, years, mentions)
    near = [year for year in fitting if _is_near(printed, year, obeyed) or _is_stamped(printed, year, stamps)]
    strict = [mention for mention in obeyed if mention.kind is MentionKind.PERIOD]
    if near:
        year, confidence, why = near[0], _BY_DAY, "a day printed with its year is the dateline's or shortly before it"
    elif strict:
        yearless = any(_is_past_yearless(mention, printed) for mention in mentions)
        year, confidence = fitting[-1], _BY_STRICT_AND_YEARLESS if yearless else _BY_STRICT
        why = "the first year after those that the text names" + (
            ", and of this year it names months" if yearless else ""
        )
    else:
        year, confidence = fitting[0], _BY_FILE_NAME if has_named_day else _LATEST
        why = "the latest that fits" + (" the date in the file's name" if has_named_day else "")
    if len(obeyed) < len(mentions):
        why += (
            "; no year has the weekdays of the text"
            if obeyed
            else "; what the text says of the year contradicts itself"
        )
    return _Choice(
        year=year, confidence=confidence, fitting=fitting, clue=Clue(kind="choice", quote=str(year), says=why)
    )


def _fitting(
    printed: _Printed, years: tuple[int, ...], mentions: Sequence[Mention]
) -> tuple[tuple[int, ...], tuple[Mention, ...]]:
    """The years that all mentions admit, and the mentions obeyed. Where none is left weekdays go first, then all of them."""
    without_weekdays = tuple(mention for mention in mentions if mention.kind is not MentionKind.WEEKDAY)
    for obeyed in (tuple(mentions), without_weekdays):
        fitting = tuple(year for year in years if all(_admits(mention, printed, year) for mention in obeyed))
        if fitting:
            return fitting, obeyed
    return years, ()


def _admits(mention: Mention, printed: _Printed, year: int) -> bool:
    """Whether a text that mentions this can have been written on the printed day of that year."""
    return _ADMITS[mention.kind](mention, printed, year) if mention.kind in _ADMITS else True


def _is_later(mention: Mention, _: _Printed, year: int) -> bool:
    return mention.year is None or year > mention.year


def _is_not_later(mention: Mention, _: _Printed, year: int) -> bool:
    return mention.year is None or year <= mention.year


def _is_not_before(mention: Mention, printed: _Printed, year: int) -> bool:
    past, day = _full_day(mention), printed.on(year)
    return past is None or day is None or day >= past


def _has_weekday(mention: Mention, printed: _Printed, year: int) -> bool:
    """Of the mentioned day in this year and its neighbours the one nearest to the dateline counts."""
    written = printed.on(year)
    if written is None or mention.month is None or mention.day is None:
        return True
    there = _Printed(month=mention.month, day=mention.day, original="", basis=printed.basis)
    days = [day for day in (there.on(year - 1), there.on(year), there.on(year + 1)) if day]
    return not days or min(days, key=lambda day: abs(day - written)).weekday() == mention.weekday


_ADMITS: dict[MentionKind, Callable[[Mention, _Printed, int], bool]] = {
    MentionKind.PERIOD: _is_later,
    MentionKind.PLANNED: _is_not_later,
    MentionKind.DAY: _is_not_before,
    MentionKind.WEEKDAY: _has_weekday,
}


def _full_day(mention: Mention) -> date | None:
    try:
        return date(mention.year or 0, mention.month or 0, mention.day or 0)
    except ValueError:
        return None


def _is_near(printed: _Printed, year: int, mentions: Sequence[Mention]) -> bool:
    written = printed.on(year)
    pasts = [_full_day(mention) for mention in mentions if mention.kind is MentionKind.DAY]
    return any(past and written and timedelta(0) <= written - past <= _NEAR for past in pasts)


def _is_stamped(printed: _Printed, year: int, stamps: Sequence[PartialDate]) -> bool:
    written = printed.on(year)
    return any(written and -_ONE_DAY <= stamp.value.date() - written <= _STAMPED_AFTER for stamp in stamps)


def _is_past_yearless(mention: Mention, printed: _Printed) -> bool:
    """A month or day before the dateline in the same year. "December" in a text of January may be either one."""
    if mention.kind is not MentionKind.YEARLESS or mention.month is None:
        return False
    if mention.day is None:
        return mention.month < printed.month
    return (mention.month, mention.day) < (printed.month, printed.day)


def _clue(mention: Mention, printed: _Printed) -> Clue:
    return Clue(kind=mention.kind.value, quote=mention.quote, says=_says(mention, printed))


def _says(mention: Mention, printed: _Printed) -> str:
    match mention.kind:
        case MentionKind.PERIOD:
            return f"written later than {mention.year}"
        case MentionKind.DAY:
            past = _full_day(mention)
            return f"not written before {past.isoformat()}" if past else "no such day: gives no bound"
        case MentionKind.PLANNED:
            return f"not written after {mention.year}"
        case MentionKind.WEEKDAY:
            return "written in a year in which the weekday and the day agree"
        case MentionKind.YEARLESS if _is_past_yearless(mention, printed):
            return "of the year of writing: a past time without a year"
        case _:
            return "gives no bound"
