"""What a source was seen to do decides when it is polled: rates, hours, weekdays, silence, bursts and gaps."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from statistics import median

import pytest

from aggregator.model.cadence import Rhythm
from aggregator.model.source import Source, SourceState
from aggregator.schedule import next_poll, observe
from tests import make

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)
PATIENT = make.source(max_interval=4 * WEEK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What came of polling a source for a time."""

    state: SourceState
    polls: tuple[datetime, ...]
    missed: int
    """Entries that were gone before a poll."""

    def wait(self, source: Source = PATIENT) -> timedelta:
        """How long the source is left alone after the last poll; the median of many like it, because of the spread."""
        last = self.polls[-1]
        many = [replace(source, id=f"like-{one}") for one in range(40)]
        return median((next_poll(one, self.state, last) - last) / HOUR for one in many) * HOUR


def watch(
    entries: Sequence[datetime], until: datetime, *, window: int = 30, dated: bool = True, source: Source = PATIENT
) -> Watched:
    """Poll a source from Monday on whose entries come at those moments, as the daemon does it."""
    state = SourceState(source_id=source.id, not_modified_seen=True)
    polls: list[datetime] = []
    now, missed, seen = MONDAY, 0, 0
    while now < until:
        here = bisect_right(entries, now)
        oldest = max(here - window, 0)
        missed += max(oldest - seen, 0) if polls else 0
        new = entries[max(oldest, seen) : here]
        rhythm = observe(
            state.rhythm,
            polled_at=now,
            previous_poll_at=polls[-1] if polls else None,
            new=len(new),
            known=max(min(seen, here) - oldest, 0),
            dates=tuple(new) if dated else (),
            is_gap=bool(polls) and bool(new) and seen <= oldest,
        )
        state, seen = replace(state, rhythm=rhythm, last_poll_at=now), here
        polls.append(now)
        now = next_poll(source, state, now)
    return Watched(state=state, polls=tuple(polls), missed=missed)


def every(interval: timedelta, days: int, *, of: range = range(24), on: range = range(7)) -> list[datetime]:
    """Moments from a week before Monday on, a little uneven, in those hours and on those weekdays."""
    count = int((days + 7) * DAY / interval)
    moments = [MONDAY - WEEK + number * interval + (number * 7 % 11) * interval / 30 for number in range(count)]
    return [at for at in moments if at.hour in of and at.weekday() in on]


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(
    ("why", "entries_a_day", "wait"),
    [
        ("the usual source: its interval", 12, HOUR),
        ("four times as much: half", 48, HOUR / 2),
        ("a quarter: double", 3, 2 * HOUR),
        ("very much: the least that is allowed", 2_000, 15 * MINUTE),
    ],
)
def test_the_interval_goes_with_the_root_of_the_rate(
    why: str, entries_a_day: int, wait: timedelta, dated: bool
) -> None:
    seen = watch(every(DAY / entries_a_day, 10), MONDAY + 10 * DAY, window=600, dated=dated)
    assert 0.85 < seen.wait() / wait < 1.15, why


def test_a_source_that_was_never_seen_is_polled_at_its_interval() -> None:
    unseen = Watched(state=SourceState(source_id="source"), polls=(MONDAY,), missed=0)
    for interval in (2 * HOUR, 9 * HOUR):
        assert 0.99 < unseen.wait(replace(PATIENT, interval=interval)) / interval < 1.01


def test_the_interval_that_the_user_wrote_scales_what_is_learned() -> None:
    seen = watch(every(DAY / 12, 10), MONDAY + 10 * DAY)
    assert 2.8 < seen.wait(replace(PATIENT, interval=3 * HOUR)) / seen.wait() < 3.2


def test_the_dates_of_the_first_document_tell_of_the_time_before_it() -> None:
    quick = watch(every(DAY / 100, 1), MONDAY + MINUTE)
    slow = watch(every(DAY, 1), MONDAY + MINUTE)
    assert len(quick.polls) == len(slow.polls) == 1
    assert quick.wait() < 30 * MINUTE
    assert slow.wait() > 1.5 * HOUR


def test_entries_kept_on_top_for_years_do_not_slow_a_source_down() -> None:
    dates = (
        *(MONDAY - (number + 1) * HOUR / 4 for number in range(20)),
        *(MONDAY - year * 365 * DAY for year in (2, 3)),
    )
    rhythm = observe(
        Rhythm(), polled_at=MONDAY, previous_poll_at=None, new=22, known=0, dates=tuple(dates), is_gap=False
    )
    state = SourceState(source_id="source", rhythm=rhythm, not_modified_seen=True)
    assert Watched(state=state, polls=(MONDAY,), missed=0).wait() < 45 * MINUTE


def test_polls_go_to_the_hours_of_the_day_in_which_something_comes() -> None:
    seen = watch(every(HOUR / 2, 28, of=range(8, 18)), MONDAY + 28 * DAY)
    by_hour = Counter(at.hour for at in seen.polls if at > MONDAY + 14 * DAY)
    assert sum(by_hour[hour] for hour in range(8, 18)) / 10 > 3 * sum(by_hour[hour] for hour in range(20, 24)) / 4


def test_polls_go_to_the_weekdays_on_which_something_comes() -> None:
    seen = watch(every(HOUR, 56, on=range(5)), MONDAY + 56 * DAY)
    by_day = Counter(at.weekday() for at in seen.polls if at > MONDAY + 28 * DAY)
    assert sum(by_day[day] for day in range(5)) / 5 > 1.5 * sum(by_day[day] for day in (5, 6)) / 2


def test_a_source_that_falls_silent_is_asked_less_and_less_down_to_the_longest_interval() -> None:
    entries = every(HOUR / 2, 14)
    waits = [watch(entries, MONDAY + days * DAY).wait() for days in (14, 16, 21, 60)]
    assert waits == sorted(waits)
    assert waits[0] < HOUR < 2 * HOUR < waits[1]
    daily = make.source(max_interval=DAY)
    assert watch(entries, MONDAY + 120 * DAY, source=daily).wait(daily) > 0.9 * DAY


def test_a_burst_shortens_the_interval_at_once() -> None:
    entries = every(8 * HOUR, 20)
    before = watch(entries, MONDAY + 20 * DAY)
    last = before.polls[-1]
    burst = observe(
        before.state.rhythm,
        polled_at=last + HOUR,
        previous_poll_at=last,
        new=10,
        known=20,
        dates=tuple(last + number * 5 * MINUTE for number in range(1, 11)),
        is_gap=False,
    )
    after = Watched(state=replace(before.state, rhythm=burst), polls=(last + HOUR,), missed=0)
    assert after.wait() < before.wait() / 1.7


@pytest.mark.parametrize("dated", [True, False])
def test_a_gap_shortens_the_interval_strongly(dated: bool) -> None:
    before = watch(every(8 * HOUR, 20), MONDAY + 20 * DAY, window=10)
    last = before.polls[-1]
    dates = tuple(last + 2 * HOUR + number * MINUTE for number in range(10)) if dated else ()
    now = last + 3 * HOUR
    rhythm = observe(
        before.state.rhythm, polled_at=now, previous_poll_at=last, new=10, known=0, dates=dates, is_gap=True
    )
    after = Watched(state=replace(before.state, rhythm=rhythm), polls=(now,), missed=0)
    assert after.wait() < before.wait() / 2
    assert after.wait() < HOUR * 1.6, "half of the time in which the window was filled"


def test_a_small_window_is_not_let_run_full() -> None:
    entries = every(HOUR / 8, 10)
    wide, narrow = (watch(entries, MONDAY + 10 * DAY, window=window) for window in (100, 6))
    assert narrow.missed == 0
    lazy = replace(PATIENT, interval=DAY)
    assert wide.wait(lazy) > 3 * HOUR
    assert narrow.wait(lazy) < HOUR, "at eight an hour six are full in 45 minutes"


def test_a_cut_document_does_not_make_the_window_small() -> None:
    rhythm = Rhythm(window=100)
    for known, window in ((3, 51), (100, 100), (0, 100)):
        rhythm = observe(
            rhythm, polled_at=MONDAY, previous_poll_at=MONDAY - HOUR, new=0, known=known, dates=(), is_gap=False
        )
        assert rhythm.window == window


def test_the_zone_of_a_date_is_of_no_weight() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    dates = tuple(MONDAY + number * 20 * MINUTE for number in range(1, 10))
    told = {
        observe(Rhythm(), polled_at=MONDAY + 4 * HOUR, previous_poll_at=MONDAY, new=9, known=5, dates=one, is_gap=False)
        for one in (dates, tuple(at.astimezone(tehran) for at in dates))
    }
    assert len(told) == 1


@pytest.mark.parametrize(
    ("why", "dates"),
    [
        ("before the poll that did not have them", tuple(MONDAY - number * DAY for number in range(1, 10))),
        ("in the future", tuple(MONDAY + number * DAY for number in range(1, 10))),
        ("in no year", (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))),
    ],
)
def test_a_date_outside_the_time_between_two_polls_counts_as_none(why: str, dates: tuple[datetime, ...]) -> None:
    told = [
        observe(Rhythm(), polled_at=MONDAY + HOUR, previous_poll_at=MONDAY, new=9, known=5, dates=one, is_gap=False)
        for one in (dates, ())
    ]
    assert told[0] == told[1], why
    assert sum(told[0].hours) == 9


@pytest.mark.parametrize("since", [MONDAY, MONDAY + DAY])
def test_no_time_between_two_polls_teaches_nothing(since: datetime) -> None:
    rhythm = observe(Rhythm(), polled_at=MONDAY, previous_poll_at=since, new=7, known=3, dates=(), is_gap=False)
    assert rhythm == Rhythm(window=10)


@pytest.mark.parametrize("is_gap", [True, False])
def test_numbers_beyond_any_feed_do_not_raise(is_gap: bool) -> None:
    rhythm = Rhythm()
    for day in range(1, 4):
        now = MONDAY + day * 100 * DAY
        rhythm = observe(
            rhythm, polled_at=now, previous_poll_at=now - 99 * DAY, new=10**20, known=10**20, dates=(), is_gap=is_gap
        )
        state = SourceState(source_id="source", rhythm=rhythm, not_modified_seen=True)
        assert 15 * MINUTE <= next_poll(PATIENT, state, now) - now <= PATIENT.max_interval


def test_a_rhythm_stays_small() -> None:
    seen = watch(every(HOUR / 7, 60), MONDAY + 60 * DAY)
    assert len(json.dumps(asdict(seen.state.rhythm))) < 1_024
