"""When a source is polled next: floors (rules R33), back-off, what is asked for, the spread, a clock that jumps (R29)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model.cadence import Pace, Rhythm
from aggregator.model.source import Source, SourceKind, SourceState
from aggregator.schedule import earliest_poll, floor, next_poll, redraw
from tests import make

NOW = make.NOW
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FRESH = SourceState(source_id="source", last_poll_at=NOW)
CONFIRMED = replace(FRESH, not_modified_seen=True)
LOCAL = Source(id="seeds", kind=SourceKind.FOLDER, path=Path("seeds"), min_interval=DAY, min_interval_is_chosen=True)


@pytest.mark.parametrize(
    ("why", "source", "state", "expected"),
    [
        ("no working validators: an hour", make.source(), FRESH, HOUR),
        ("a 304 was seen: a quarter", make.source(), CONFIRMED, 15 * MINUTE),
        ("a longer default holds", make.source(min_interval=2 * HOUR), CONFIRMED, 2 * HOUR),
        ("a shorter default does not", make.source(min_interval=SECOND), CONFIRMED, 15 * MINUTE),
        ("what the user wrote", make.source(min_interval=SECOND, min_interval_is_chosen=True), FRESH, SECOND),
        ("however long", make.source(min_interval=9 * DAY, min_interval_is_chosen=True), CONFIRMED, 9 * DAY),
        ("a failure changes nothing", make.source(), replace(FRESH, failures=3), HOUR),
    ],
)
def test_the_least_time_between_two_polls(why: str, source: Source, state: SourceState, expected: timedelta) -> None:
    assert floor(source, state) == expected, why


def waits(source: Source, state: SourceState, *, at: datetime = NOW) -> timedelta:
    return next_poll(source, state, at) - at


QUICK = make.source(interval=HOUR, max_interval=DAY, min_interval=SECOND, min_interval_is_chosen=True)
MANY = tuple(replace(QUICK, id=f"source-{number}") for number in range(200))


@pytest.mark.parametrize(
    ("failures", "hours"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 24), (7, 24), (10**9, 24)],
)
def test_failures_double_the_interval_up_to_the_longest(failures: int, hours: int) -> None:
    state = replace(FRESH, failures=failures)
    waiting = [waits(source, state) / HOUR for source in MANY]
    assert hours * 0.9 <= min(waiting) < hours * 0.92
    assert max(waiting) <= min(hours * 1.1, 24)
    assert len(set(waiting)) == len(MANY), "no two come back together"


def test_back_off_ends_at_sixty_four_times_the_interval() -> None:
    patient = replace(QUICK, interval=MINUTE)
    assert [round(waits(patient, replace(FRESH, failures=failures)) / MINUTE / 64) for failures in (7, 8, 99)] == [
        1
    ] * 3


def test_the_spread_reaches_a_tenth_to_both_sides_and_never_under_the_floor() -> None:
    waiting = [waits(source, FRESH) / HOUR for source in MANY]
    assert 0.9 <= min(waiting) < 0.91
    assert 1.09 < max(waiting) <= 1.1
    kept = [waits(replace(source, min_interval_is_chosen=False), FRESH) for source in MANY]
    assert HOUR <= min(kept) < 1.01 * HOUR
    assert max(kept) > 1.09 * HOUR


def test_the_spread_is_another_at_another_moment_and_the_same_at_the_same() -> None:
    assert waits(QUICK, FRESH) == waits(QUICK, FRESH)
    assert waits(QUICK, FRESH) != waits(QUICK, FRESH, at=NOW + SECOND)


@pytest.mark.parametrize("failures", [0, 9])
def test_a_poll_never_waits_longer_than_the_longest_interval(failures: int) -> None:
    state = replace(FRESH, failures=failures)
    assert max(waits(replace(source, interval=9 * DAY), state) for source in MANY) <= DAY


def test_the_floor_goes_before_the_longest_interval() -> None:
    assert waits(make.source(max_interval=MINUTE), FRESH) == HOUR


@pytest.mark.parametrize(
    ("why", "retry_after", "least", "most"),
    [
        ("later than our own time: obeyed, however late", 30 * DAY, 30 * DAY, 33 * DAY),
        ("a short one is spread too", 65 * MINUTE, 65 * MINUTE, 71.5 * MINUTE),
        ("sooner than our own time: no reason to hurry", SECOND, HOUR, 1.1 * HOUR),
        ("already over", -DAY, HOUR, 1.1 * HOUR),
    ],
)
def test_what_the_server_asked_for(why: str, retry_after: timedelta, least: timedelta, most: timedelta) -> None:
    state = replace(FRESH, retry_after_at=NOW + retry_after)
    waiting = [waits(replace(make.source(interval=MINUTE), id=source.id), state) for source in MANY]
    assert least <= min(waiting) <= least * 1.01, why
    assert most * 0.99 <= max(waiting) <= most, why
    assert len(set(waiting)) == (1 if least == most else len(MANY)), "no two of one server come back together"


EVER = 36_500 * DAY
DAWN = NOW.replace(hour=1, minute=30)


@pytest.mark.parametrize(
    ("why", "fresh_for", "pace", "least", "most"),
    [
        ("fresh for longer than the interval", 5 * HOUR, Pace(), 5 * HOUR, 5.5 * HOUR),
        ("fresh for less", MINUTE, Pace(), 0.9 * HOUR, 1.1 * HOUR),
        ("fresh no more", -DAY, Pace(), 0.9 * HOUR, 1.1 * HOUR),
        ("a document that is to be left for longer", None, Pace(interval=5 * HOUR), 5 * HOUR, 5.5 * HOUR),
        ("for less", None, Pace(interval=SECOND), 0.9 * HOUR, 1.1 * HOUR),
        ("the longer of both", 3 * HOUR, Pace(interval=5 * HOUR), 5 * HOUR, 5.5 * HOUR),
        ("for nearly the longest interval", 23 * HOUR, Pace(), 23 * HOUR, DAY),
        ("never beyond the longest interval", EVER, Pace(), 0.9 * DAY, DAY),
        ("nor this", None, Pace(interval=EVER), 0.9 * DAY, DAY),
        ("an hour that is skipped", None, Pace(skip_hours=(2,)), 1.5 * HOUR, 1.61 * HOUR),
        ("another one", None, Pace(skip_hours=(1, 3, 4)), 0.9 * HOUR, 1.1 * HOUR),
        ("a row of them", None, Pace(skip_hours=(2, 3, 4)), 3.5 * HOUR, 3.8 * HOUR),
        ("up to the longest interval", None, Pace(skip_hours=tuple(range(1, 24)), skip_days=(0,)), 0.9 * DAY, DAY),
        ("a weekday that is skipped", None, Pace(skip_days=(6,)), 22.5 * HOUR, DAY),
        ("and not that one", None, Pace(skip_days=(0, 1, 2, 3, 4, 5)), 0.9 * HOUR, 1.1 * HOUR),
        ("all of them, from a store of old", None, Pace(skip_hours=tuple(range(24))), 0.9 * DAY, DAY),
    ],
)
def test_freshness_and_the_document_lengthen_the_interval_within_its_bounds(
    why: str, fresh_for: timedelta | None, pace: Pace, least: timedelta, most: timedelta
) -> None:
    state = replace(FRESH, fresh_until=DAWN + fresh_for if fresh_for is not None else None, pace=pace)
    waiting = [waits(source, state, at=DAWN) for source in MANY]
    assert least <= min(waiting) <= max(waiting) <= most, why
    assert len(set(waiting)) == len(MANY), "no two come back together"


def test_a_failing_source_is_asked_no_sooner_than_one_that_works() -> None:
    quiet = Rhythm(hours_watched=(80.0,) * 24, days_watched=(275.0,) * 7, window=20)
    working = waits(QUICK, replace(FRESH, rhythm=quiet))
    assert working > 12 * HOUR
    assert waits(QUICK, replace(FRESH, rhythm=quiet, failures=1)) == working


@pytest.mark.parametrize(
    "state",
    [SourceState(source_id="seeds"), replace(FRESH, failures=9), replace(FRESH, retry_after_at=NOW + DAY)],
)
def test_a_folder_is_looked_at_every_ten_seconds(state: SourceState) -> None:
    assert waits(LOCAL, state) == 10 * SECOND
    assert earliest_poll(LOCAL, state) < NOW - 100 * DAY


@pytest.mark.parametrize(
    ("why", "state", "expected"),
    [
        ("its floor after the last poll", CONFIRMED, NOW + 15 * MINUTE),
        ("or when the server allows it", replace(CONFIRMED, retry_after_at=NOW + DAY), NOW + DAY),
        ("whichever is later", replace(CONFIRMED, retry_after_at=NOW + SECOND), NOW + 15 * MINUTE),
        ("never polled: at once", SourceState(source_id="source"), datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_a_poll_that_is_not_due_is_allowed_from(why: str, state: SourceState, expected: datetime) -> None:
    assert earliest_poll(make.source(), state) == expected, why


@pytest.mark.parametrize("longest", [timedelta.max, timedelta(days=99_999_999), timedelta(days=3_000_000)])
@pytest.mark.parametrize("failures", [0, 10**20])
def test_durations_beyond_any_calendar_do_not_raise(longest: timedelta, failures: int) -> None:
    source = make.source(interval=longest, min_interval=longest, max_interval=longest, min_interval_is_chosen=True)
    state = replace(FRESH, failures=failures)
    century = timedelta(days=36_500)
    assert waits(source, state) == century
    assert earliest_poll(source, state) == NOW + century
    without_floor = replace(source, min_interval=SECOND)
    assert 0.9 * century <= waits(without_floor, state) <= century


@pytest.mark.parametrize("longest", [timedelta(0), SECOND])
def test_durations_of_nothing_do_not_raise(longest: timedelta) -> None:
    source = make.source(interval=longest, min_interval=longest, max_interval=longest, min_interval_is_chosen=True)
    assert timedelta(0) <= waits(source, replace(FRESH, failures=3)) <= longest


def drawn(
    jumped: timedelta, *, at: datetime | None, last: datetime = NOW - DAY, retry: datetime | None = None
) -> list[float]:
    """After how many hours each of many like sources is polled now; nothing where its time is left as it was."""
    known = replace(CONFIRMED, next_poll_at=at, last_poll_at=last, retry_after_at=retry)
    found = (redraw(source, known, NOW, jumped) for source in MANY)
    return [(one - NOW) / HOUR for one in found if one is not None]


@pytest.mark.parametrize("jumped", [MINUTE, 300 * DAY])
def test_after_a_jump_forward_overdue_sources_are_spread_over_their_interval(jumped: timedelta) -> None:
    hours = drawn(jumped, at=NOW - MINUTE, last=NOW - jumped - HOUR)
    assert len(set(hours)) == len(MANY)
    assert 0 <= min(hours) < 0.05
    assert 0.95 < max(hours) <= 1


def test_after_a_jump_forward_no_source_is_polled_before_its_floor() -> None:
    polled_just_now = NOW - 3 * DAY - MINUTE
    kept = SourceState(source_id="a", next_poll_at=NOW - 2 * DAY, last_poll_at=polled_just_now, not_modified_seen=True)
    source = make.source(interval=MINUTE)
    assert redraw(source, kept, NOW, 3 * DAY) == NOW + 14 * MINUTE


@pytest.mark.parametrize(
    ("why", "jumped", "at"),
    [
        ("not due", MINUTE, NOW + SECOND),
        ("never polled: due at once", MINUTE, None),
        ("no jump: what is overdue is due", timedelta(0), NOW - DAY),
        ("back: what is overdue is due", -DAY, NOW - DAY),
        ("back: the longest interval is no stall", -DAY, NOW + DAY),
    ],
)
def test_a_jump_leaves_alone(why: str, jumped: timedelta, at: datetime | None) -> None:
    assert drawn(jumped, at=at) == [], why


@pytest.mark.parametrize("jumped", [-3 * DAY, timedelta(0)])
def test_after_a_jump_back_what_is_due_too_late_is_drawn_again(jumped: timedelta) -> None:
    hours = drawn(jumped, at=NOW + 3 * DAY + HOUR, last=NOW + 3 * DAY)
    assert len(hours) == len(MANY)
    assert 0 <= min(hours) < 0.05
    assert 0.95 < max(hours) <= 1


@pytest.mark.parametrize("jumped", [-3 * DAY, timedelta(0)])
def test_what_a_server_asked_for_moves_with_the_clock(jumped: timedelta) -> None:
    asked = NOW + 3 * DAY + 5 * HOUR
    assert drawn(jumped, at=asked, last=NOW + 3 * DAY, retry=asked) == [5] * len(MANY)


def test_at_start_a_time_that_a_server_asked_for_is_not_too_late() -> None:
    assert drawn(timedelta(0), at=NOW + 9 * DAY, retry=NOW + 8 * DAY) == []
    assert len(drawn(timedelta(0), at=NOW + 9 * DAY)) == len(MANY), "as when max_interval was made shorter"


def test_a_folder_that_is_due_too_late_is_looked_at_now() -> None:
    state = SourceState(source_id="seeds", next_poll_at=NOW + DAY)
    assert redraw(LOCAL, state, NOW, -DAY) == NOW
    assert redraw(LOCAL, replace(state, next_poll_at=NOW + SECOND), NOW, -DAY) is None
