"""The year of a dateline (rules R7), sentence by sentence."""

from datetime import UTC, datetime

import pytest

from aggregator.dates import parse_date
from aggregator.model.article import PartialDate, Precision, ZoneBasis
from aggregator.model.parsed import DatelinePrint
from aggregator.normalise.year import InferredDate, infer_date
from aggregator.normalise.year_words import find_mentions

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
NOVEMBER_25 = DatelinePrint(raw="MALTA, November 25. /DESK/.", places=("MALTA",), month=11, day=25)


def _infer(
    text: str = "",
    *,
    dateline: DatelinePrint | None = NOVEMBER_25,
    declared: str | None = None,
    stamps: tuple[str, ...] = (),
    file_name: str = "report.txt",
    modified_at: datetime | None = None,
    now: datetime = NOW,
) -> InferredDate:
    return infer_date(
        dateline=dateline,
        text=text,
        declared=_date(declared) if declared else None,
        timestamp_dates=tuple(_date(stamp) for stamp in stamps),
        file_name=file_name,
        modified_at=modified_at,
        now=now,
    )


def _date(printed: str) -> PartialDate:
    date = parse_date(printed)
    assert date is not None
    return date


def _on(month: int, day: int) -> DatelinePrint:
    return DatelinePrint(raw=f"MALTA, {month}-{day} (DESK) -", places=("MALTA",), month=month, day=day)


def _year(inferred: InferredDate) -> tuple[int, float]:
    assert inferred.date is not None
    return inferred.date.value.year, inferred.date.confidence


def _says(inferred: InferredDate, kind: str) -> list[str]:
    return [clue.quote for clue in inferred.clues if clue.kind == kind]


# text after "MALTA, November 25", read 2026-11-25 -> year, confidence, why
TEXTS = [
    ("The quays opened.", 2026, 0.3, "no clue: the latest that fits"),
    ("In spring 2019 the old crane fell. It was repaired this August.", 2020, 0.6, "named season, bare month: the year after"),
    ("In spring 2019 the old crane fell. On October 23 it was repaired.", 2020, 0.6, "a bare past day serves as well"),
    ("In spring 2019 the old crane fell.", 2020, 0.4, "a strict bound alone"),
    ("In August 2019 the old crane fell.", 2020, 0.4, "a month with its year"),
    ("The crane fell in 2019.", 2020, 0.4, "a year by itself"),
    ("The crane fell in 2017 and again in 2019.", 2020, 0.4, "the latest of two bounds"),
    ("At the end of 2019 the crane fell.", 2020, 0.4, "a part of a year"),
    ("In the fall of 2019 the crane fell.", 2020, 0.4, "'of' inside a season is no 'of'"),
    ("In 2019 the crane fell. The next quay opens in December.", 2020, 0.4, "a month after the dateline is not past"),
    ("In 2019 the crane fell. A fair will open in August.", 2020, 0.4, "a bare month of a plan is not past"),
    ("On 10 March 2021 the crane fell.", 2026, 0.3, "by the day: a lower bound, but not strict"),
    ("On November 10, 2020, the crane fell.", 2020, 0.9, "a past day at most 60 days before"),
    ("On September 26, 2020, the crane fell.", 2020, 0.9, "60 days before"),
    ("On September 25, 2020, the crane fell.", 2026, 0.3, "61 days before"),
    ("On 25 November 2020 the quays opened.", 2020, 0.9, "the dateline's own day with a year"),
    ("As of 25.11.2020 two quays are open.", 2020, 0.9, "in figures"),
    ("On November 10, 2019, and on November 10, 2020, the crane fell.", 2020, 0.9, "not before the later of two"),
    ("On November 26, 2020, the crane fell.", 2026, 0.3, "a past day after this dateline: not of that year"),
    ("In 2021 it fell. On November 10, 2020, it was new.", 2022, 0.4, "a strict bound refutes the day's year"),
    ("The fair is planned for 2022.", 2022, 0.3, "from above: planned"),
    ("The fair is scheduled for December 2022.", 2022, 0.3, "scheduled, with a month"),
    ("The fair is due in 2022.", 2022, 0.3, "due"),
    ("It will be rebuilt in 2022.", 2022, 0.3, "will"),
    ("All quays open by 2022.", 2022, 0.3, "by"),
    ("A fair will be held on December 24, 2022.", 2022, 0.3, "a planned day is not past"),
    ("In spring 2019 it fell. It will be rebuilt by 2021. On October 23 work began.", 2020, 0.6, "between both bounds"),
    ("Since 2014 the crane stands.", 2026, 0.3, "since gives no bound"),
    ("It stood until 2014.", 2026, 0.3, "until gives no bound"),
    ("The accord of 2014 holds.", 2026, 0.3, "of gives no bound"),
    ("Agenda 2030, Expo 2020 and Vision 2040 were discussed.", 2026, 0.3, "a year inside a name"),
    ("Resolution 2510 (2020) was read.", 2026, 0.3, "a number and a year are a name"),
    ("The visitors of the 2018 fair came again.", 2026, 0.3, "a year as an adjective"),
    ("Due to the storm in 2019 the crane fell.", 2020, 0.4, "'due to' is a cause"),
    ("The quay was built by the town in 2019.", 2020, 0.4, "'by' someone is no date"),
    ("In 2019 it fell. It will be sold by 2015.", 2026, 0.3, "bounds that contradict each other are dropped"),
    ("In 2031 the crane falls.", 2026, 0.3, "a bound that leaves no year is dropped"),
    ("On Wednesday, August 19, they met.", 2026, 0.3, "2026 has that weekday"),
    ("On Thursday, August 19, they met.", 2021, 0.3, "the latest year with that weekday"),
    ("They came on Tuesday.", 2026, 0.3, "a weekday without its day narrows nothing"),
    ("In spring 2019 it fell. On Wednesday, August 19, they met.", 2020, 0.6, "weekday and bound agree"),
    ("In spring 2019 it fell. On Thursday, August 19, they met.", 2021, 0.6, "the smallest year that satisfies all"),
    ("Весной 2019 года кран упал. В августе его починили.", 2020, 0.6, "Russian season and bare month"),
    ("В 2019 году кран упал.", 2020, 0.4, "Russian year"),
    ("С 2014 года кран стоит. Чемпион 2018 года приехал.", 2026, 0.3, "Russian since and of"),
    ("Открытие запланировано на 2022 год.", 2022, 0.3, "Russian plan"),
    ("К 2022 году откроют все причалы.", 2022, 0.3, "Russian by"),
    ("10 ноября 2020 года кран упал.", 2020, 0.9, "Russian day"),
    ("В четверг, 19 августа, они встретились.", 2021, 0.3, "Russian weekday"),
    ("Au printemps 2019 la grue est tombée. Début septembre elle a été réparée.", 2020, 0.6, "French"),
    ("En 2019 la grue est tombée.", 2020, 0.4, "French year"),
    ("Depuis 2014 la grue est là. Elle sera vendue en 2022.", 2022, 0.3, "French since and plan"),
    ("Le jeudi 19 août ils se sont vus.", 2021, 0.3, "French weekday"),
    ("Nella primavera del 2019 la gru cadde. In agosto fu riparata.", 2020, 0.6, "Italian"),
    ("Nel 2019 la gru cadde.", 2020, 0.4, "Italian year"),
    ("Dal 2014 la gru è lì. I lavori finiranno entro il 2022.", 2022, 0.3, "Italian since and by"),
    ("في ربيع عام ٢٠١٩ سقطت الرافعة. وفي 23 أكتوبر تم إصلاحها.", 2020, 0.6, "Arabic, Arabic-Indic digits"),
    ("سقطت الرافعة في عام 2019.", 2020, 0.4, "Arabic year"),
    ("منذ عام 2014 والرافعة هنا وفق اتفاق لعام 2015.", 2026, 0.3, "Arabic since and of"),
    ("سيتم بيعها بحلول عام 2022.", 2022, 0.3, "Arabic by"),
    ("التقوا يوم الخميس 19 أغسطس.", 2021, 0.3, "Arabic weekday"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "year", "confidence", "why"), TEXTS)
def test_the_text_bounds_the_year(text: str, year: int, confidence: float, why: str) -> None:
    assert _year(_infer(text)) == (year, confidence), why


def test_an_inferred_date_is_noon_of_the_printed_day_and_says_what_is_inferred() -> None:
    date = _infer("In spring 2019 it fell. On October 23 it was repaired.").date
    assert date == PartialDate(
        value=datetime(2020, 11, 25, 12, tzinfo=UTC),
        precision=Precision.DAY,
        original="MALTA, November 25. /DESK/.",
        basis=ZoneBasis.DATELINE_PLACE,
        inferred=("year",),
        confidence=0.6,
        candidates=(2026, 2025, 2024, 2023, 2022, 2021, 2020),
    )


def test_without_a_place_the_zone_is_assumed() -> None:
    date = _infer(dateline=DatelinePrint(raw="DESK, November 25.", month=11, day=25)).date
    assert date is not None
    assert date.basis is ZoneBasis.ASSUMED_UTC


def test_candidates_are_ten_at_most_and_hold_the_chosen_year() -> None:
    latest, oldest = _infer().date, _infer("The crane fell in 1999.").date
    assert latest is not None
    assert latest.candidates == (2026, 2025, 2024, 2023, 2022, 2021, 2020, 2019, 2018, 2017)
    assert oldest is not None
    assert oldest.candidates == (2026, 2025, 2024, 2023, 2022, 2021, 2020, 2019, 2018, 2000)


def test_every_clue_is_listed_with_its_quote() -> None:
    inferred = _infer("In spring 2019 it fell, as Agenda 2030 says. This August it rose. Since 2014 none fell.")
    assert [(clue.kind, clue.quote) for clue in inferred.clues] == [
        ("reference", "2026-11-25"),
        ("period", "In spring 2019"),
        ("unbound", "Agenda 2030"),
        ("yearless", "This August"),
        ("unbound", "Since 2014"),
        ("choice", "2020"),
    ]
    assert "later than 2019" in inferred.clues[1].says


def test_quotes_keep_the_digits_that_are_printed() -> None:
    assert _says(_infer("سقطت الرافعة في عام ٢٠١٩."), "period") == ["في عام ٢٠١٩"]


# dateline month and day, time of reading -> year
READINGS = [
    (12, 31, datetime(2027, 1, 1, 8, tzinfo=UTC), 2026, "31 December read on 1 January"),
    (11, 26, datetime(2026, 11, 25, 20, tzinfo=UTC), 2026, "one day ahead: east of us it is tomorrow"),
    (11, 27, datetime(2026, 11, 25, 20, tzinfo=UTC), 2025, "two days ahead is last year's"),
    (1, 1, datetime(2026, 12, 31, 20, tzinfo=UTC), 2027, "one day ahead, over the year's end"),
    (2, 29, datetime(2026, 11, 25, tzinfo=UTC), 2024, "29 February admits leap years only"),
]


@pytest.mark.parametrize(("month", "day", "now", "year", "why"), READINGS)
def test_the_printed_day_is_at_most_one_day_after_the_reading(
    month: int, day: int, now: datetime, year: int, why: str
) -> None:
    assert _year(_infer(dateline=_on(month, day), now=now)) == (year, 0.3), why


def test_candidates_of_a_leap_day_are_leap_years() -> None:
    date = _infer(dateline=_on(2, 29)).date
    assert date is not None
    assert date.candidates == (2024, 2020, 2016, 2012, 2008, 2004, 2000, 1996, 1992)


def test_december_in_a_text_of_january_does_not_count_as_past() -> None:
    assert _year(_infer("In 2019 it fell. In December it was repaired.", dateline=_on(1, 21))) == (2020, 0.4)


def test_sixty_days_reach_over_the_years_end() -> None:
    assert _year(_infer("On December 20, 2019, it fell.", dateline=_on(1, 5))) == (2020, 0.9)


# file name, file time, stamps -> year, confidence
REFERENCES = [
    ("2021-12-01-quays.txt", None, (), 2021, 0.6, "a date in the file's name"),
    ("quays_20211201.txt", None, (), 2021, 0.6, "without hyphens"),
    ("quays-2021-11-24.txt", None, (), 2021, 0.6, "one day before the dateline"),
    ("quays-2021-11-20.txt", None, (), 2020, 0.6, "named before the dateline's day: last year's"),
    ("quays-2021-13-45.txt", None, (), 2026, 0.3, "no such day"),
    ("quays-2031-01-01.txt", None, (), 2026, 0.3, "a day to come"),
    ("quays-1606300000.txt", None, (), 2026, 0.3, "a number"),
    ("quays.txt", datetime(2022, 3, 1, tzinfo=UTC), (), 2021, 0.3, "the file's time is a reference, never evidence"),
    ("2023-01-01.txt", datetime(2022, 3, 1, tzinfo=UTC), (), 2022, 0.6, "the name comes before the file's time"),
    ("2023-01-01.txt", None, ("2020-11-25 16:06:00",), 2020, 0.9, "a stamp of the dateline's own day"),
    ("quays.txt", None, ("2020-11-28 16:06:00",), 2020, 0.9, "a stamp some days after it"),
    ("quays.txt", None, ("2021-03-01 16:06:00",), 2020, 0.3, "a stamp of another season is a reference"),
    ("quays.txt", None, ("2031-03-01 16:06:00",), 2026, 0.3, "a stamp to come is none"),
]  # fmt: skip


@pytest.mark.parametrize(("file_name", "modified_at", "stamps", "year", "confidence", "why"), REFERENCES)
def test_the_reference_bounds_the_year(
    *, file_name: str, modified_at: datetime | None, stamps: tuple[str, ...], year: int, confidence: float, why: str
) -> None:
    inferred = _infer(file_name=file_name, modified_at=modified_at, stamps=stamps)
    assert _year(inferred) == (year, confidence), why


def test_a_printed_year_is_not_inferred() -> None:
    date = _infer(
        "In 2022 it fell.", dateline=DatelinePrint(raw="MALTA, 25 Nov 2020", month=11, day=25, year=2020)
    ).date
    assert date is not None
    assert (date.value, date.confidence, date.inferred) == (datetime(2020, 11, 25, 12, tzinfo=UTC), 1.0, ())


# declared, printed year -> value, precision, whether it is a mismatch
DECLARED = [
    ("2020-11-25", None, "2020-11-25T12:00:00", "day", False, "the same day"),
    ("2020-11-24T22:30:00Z", None, "2020-11-24T22:30:00", "second", False, "a clock near midnight"),
    ("2020-11-20", None, "2020-11-20T12:00:00", "day", True, "declared wins, the mismatch is told"),
    ("2020-11-25", 2019, "2020-11-25T12:00:00", "day", True, "over a printed year, too"),
    ("2020", None, "2020-11-25T12:00:00", "day", False, "a year takes month and day from the dateline"),
    ("2020", 2019, "2020-01-01T12:00:00", "year", True, "unless another year is printed"),
    ("2020-11", None, "2020-11-25T12:00:00", "day", False, "a month takes the day"),
    ("2020-10", None, "2020-10-01T12:00:00", "month", True, "unless it is another month"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "printed_year", "value", "precision", "is_mismatch", "why"), DECLARED)
def test_a_declared_date_wins(
    *, declared: str, printed_year: int | None, value: str, precision: str, is_mismatch: bool, why: str
) -> None:
    dateline = DatelinePrint(raw="MALTA, Nov 25", places=("MALTA",), month=11, day=25, year=printed_year)
    inferred = _infer("In 2022 it fell.", dateline=dateline, declared=declared)
    assert inferred.date is not None
    assert inferred.date.value == datetime.fromisoformat(value).replace(tzinfo=UTC), why
    assert (inferred.date.precision, inferred.date.confidence) == (Precision(precision), 1.0), why
    assert bool(_says(inferred, "mismatch")) is is_mismatch, why


def test_a_declared_year_without_the_leap_day_stays_a_year() -> None:
    inferred = _infer(dateline=_on(2, 29), declared="2019")
    assert inferred.date is not None
    assert inferred.date.precision is Precision.YEAR
    assert _says(inferred, "mismatch") == ["MALTA, 2-29 (DESK) -"]


@pytest.mark.parametrize("dateline", [None, DatelinePrint(raw="MALTA (DESK) -", places=("MALTA",))])
def test_without_a_printed_day_nothing_is_invented(dateline: DatelinePrint | None) -> None:
    assert _infer("In 2019 it fell.", dateline=dateline, file_name="2020-11-25.txt").date is None
    stamped = _infer(dateline=dateline, stamps=("2020-07-04 16:06:00",)).date
    assert stamped == _date("2020-07-04 16:06:00")
    declared = _infer(dateline=dateline, declared="2020").date
    assert declared == _date("2020")


def test_an_impossible_printed_day_is_unknown() -> None:
    assert _infer(dateline=_on(2, 31)).date is None


def test_words_that_only_look_like_months_are_none() -> None:
    assert find_mentions("Article 5 may apply. They march on in 20 villages. The 10 set out. Five years ago.") == ()


def test_a_long_text_is_read_in_bounded_time() -> None:
    assert len(find_mentions("In spring 2019 it fell. " * 10_000)) == 100
    assert find_mentions("1 " * 500_000) == ()
    assert len(find_mentions("in 2019 " * 10_000)) == 100
