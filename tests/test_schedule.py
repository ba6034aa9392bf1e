"""When a source is polled next: floors (rules R33), back-off, what a server asked for, and the spread."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model.source import Source, SourceKind, SourceState
from aggregator.schedule import earliest_poll, floor, next_poll
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
    assert min(kept) == HOUR
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
    ("why", "retry_after", "expected"),
    [
        ("later than our own time: obeyed", 30 * DAY, 30 * DAY),
        ("sooner than our own time: no reason to hurry", SECOND, HOUR),
        ("already over", -DAY, HOUR),
    ],
)
def test_what_the_server_asked_for(why: str, retry_after: timedelta, expected: timedelta) -> None:
    source = make.source(interval=MINUTE)
    assert waits(source, replace(FRESH, retry_after_at=NOW + retry_after)) == expected, why


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
