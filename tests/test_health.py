"""What a source's publishing tells: silence against its own rhythm, decay, and what is told of it, when and how often."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator import health
from aggregator.health import Seen, learn
from aggregator.model.health import Coverage, Incident, IncidentKind
from aggregator.model.source import Health, Move, Source, SourceKind, SourceState

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
FEED = Source(id="wire", kind=SourceKind.FEED, url="https://wire.example/feed", publisher="The wire")


def published(*weekdays: int, weeks: int = 6, until: date = date(2026, 3, 1)) -> Coverage:
    """A source that had something new on those weekdays (Monday is 0), up to that day."""
    days = [until.toordinal() - back for back in range(7 * weeks)]
    return Coverage(days=tuple(sorted(day for day in days if date.fromordinal(day).weekday() in weekdays))[-40:])


DAILY, WORKDAYS, MONDAYS = published(*range(7)), published(0, 1, 2, 3, 4), published(0, weeks=14)
SILENCES = (
    (DAILY, date(2026, 3, 3), False, "two days of a daily source"),
    (DAILY, date(2026, 3, 4), False, "the third day is not over"),
    (DAILY, date(2026, 3, 5), True, "three days of a daily source"),
    (WORKDAYS, date(2026, 3, 1), False, "a weekend is no silence"),
    (WORKDAYS, date(2026, 3, 4), False, "two working days"),
    (WORKDAYS, date(2026, 3, 5), True, "three working days"),
    (MONDAYS, date(2026, 3, 11), False, "two weeks of a weekly source"),
    (MONDAYS, date(2026, 3, 24), True, "a month of a weekly source"),
    (replace(DAILY, days=DAILY.days[-9:]), date(2026, 6, 1), False, "nine days are no rhythm"),
    (Coverage(), date(2026, 6, 1), False, "nothing is known"),
)


@pytest.mark.parametrize(("coverage", "day", "expected", "why"), SILENCES, ids=[case[-1] for case in SILENCES])
def test_silence_is_judged_by_the_sources_own_days(coverage: Coverage, day: date, expected: bool, why: str) -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert health.is_silent(coverage, at) is expected


def test_a_source_that_pauses_at_times_is_given_twice_its_usual_pause() -> None:
    days = [date(2026, 1, 1).toordinal() + step for step in (0, 1, 6, 7, 12, 13, 18, 19, 24, 25, 30, 31)]
    coverage, last = Coverage(days=tuple(days)), date(2026, 2, 1)
    first_silent = next(
        step
        for step in range(60)
        if health.is_silent(coverage, datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=step))
    )
    assert last.toordinal() == days[-1]
    assert first_silent > 2 * 5 - 2


def test_the_first_document_tells_the_days_before_it() -> None:
    dates = tuple(NOW - timedelta(days=back) for back in range(12))
    seen = Seen(new=13, dates=(*dates, NOW + timedelta(days=400)))
    coverage = learn(Coverage(), seen, NOW, is_first=True)
    assert (len(coverage.days), coverage.last_new_at) == (12, NOW)


def test_later_the_day_counts_on_which_something_came() -> None:
    old = Seen(new=1, dates=(NOW - timedelta(days=300),))
    coverage = learn(DAILY, old, NOW, is_first=False)
    assert (coverage.days[-1], coverage.last_new_at) == (NOW.toordinal(), NOW)
    assert len(coverage.days) == 40


def test_a_poll_without_news_teaches_nothing() -> None:
    assert learn(DAILY, Seen(new=0), NOW, is_first=False) is DAILY


def fed(*batches: tuple[int, int, int]) -> Coverage:
    """After polls with (new, undated, full)."""
    coverage = Coverage()
    for new, undated, full in batches:
        coverage = learn(coverage, Seen(new=new, undated=undated, full=full), NOW, is_first=False)
    return coverage


DECAYS = (
    (fed((100, 0, 100), (20, 20, 20)), "88% of its entries have no date of late, 18% before", "dates were lost"),
    (fed((100, 0, 100), (20, 0, 0)), "12% of its entries have their full text of late, 82% before", "text was lost"),
    (fed((100, 100, 0), (50, 50, 0)), None, "it never had dates or texts"),
    (fed((100, 0, 20), (50, 0, 0)), None, "few texts were full before"),
    (fed((20, 0, 20), (5, 5, 0)), None, "too few entries"),
    (fed((100, 0, 100), (4, 4, 0)), None, "a few odd ones"),
    (fed((100, 0, 100), (20, 20, 0), (400, 400, 0)), None, "what lasts is the new normal"),
)


@pytest.mark.parametrize(("coverage", "expected", "why"), DECAYS, ids=[case[-1] for case in DECAYS])
def test_decay_is_a_change_against_before(coverage: Coverage, expected: str | None, why: str) -> None:
    assert health.decay(coverage) == expected


POLLED = SourceState(source_id="wire", last_poll_at=NOW, last_good_poll_at=NOW)
SILENT = replace(POLLED, coverage=published(*range(7), until=date(2026, 2, 1)))
MOVED = replace(POLLED, location="https://u:p@new.example/feed", stands_for=FEED.url, moved_at=NOW)
HEALTHS: tuple[tuple[SourceState | None, Health, str], ...] = (
    (None, Health.NEW, ""),
    (SourceState(source_id="wire"), Health.NEW, ""),
    (POLLED, Health.OK, ""),
    (replace(POLLED, failures=1, last_error="HTTP 500"), Health.FAILING, "HTTP 500"),
    (replace(SILENT, failures=1, last_error="HTTP 500"), Health.FAILING, "HTTP 500"),
    (replace(POLLED, failures=2, last_error="HTTP 410", gone_polls=2), Health.GONE, "gone (410): "),
    (replace(POLLED, last_error="declared utf-8"), Health.NOTED, "declared utf-8"),
    (SILENT, Health.SILENT, "silent: nothing new since"),
    (MOVED, Health.NOTED, "moved to https://new.example/feed; update config.toml"),
    (
        replace(POLLED, move=Move(to="https://x.example/", since=NOW, is_refused=True)),
        Health.NOTED,
        "wants to move to https://x.example/, where too many want to move: refused",
    ),
)


@pytest.mark.parametrize(("state", "expected", "note"), HEALTHS)
def test_a_source_has_one_word_and_its_notes(state: SourceState | None, expected: Health, note: str) -> None:
    assert health.health_of(state) is expected
    notes = health.notes(state)
    assert len(notes) == bool(note)
    assert "".join(notes).startswith(note)


def test_where_a_private_source_moved_to_is_not_said() -> None:
    refused = replace(MOVED, move=Move(to="https://x.example/", since=NOW, is_refused=True))
    told = " ".join(health.notes(refused, is_private=True))
    assert "moved to an address that is as private as the old one" in told
    assert "example" not in told


HOURS = timedelta(hours=1)
FAILED = replace(POLLED, failures=1, last_error="HTTP 503", coverage=Coverage(failing_since=NOW))
OPEN = Coverage(failing_since=NOW, open=(IncidentKind.FAILING, IncidentKind.SILENT))
TURNS: tuple[tuple[SourceState, int, list[str], list[str], str], ...] = (
    (POLLED, 0, [], [], "all is well"),
    (FAILED, 9, [], [], "one failure is none, whenever"),
    (replace(FAILED, failures=2), 5, [], [], "two within six hours"),
    (replace(FAILED, failures=2), 6, ["failing"], [], "two over six hours"),
    (replace(FAILED, failures=3), 1, ["failing"], [], "three"),
    (replace(FAILED, failures=4, coverage=OPEN), 2, [], [], "it goes on, and a failed poll ends no silence"),
    (replace(POLLED, coverage=replace(OPEN, failing_since=None)), 2, [], ["failing", "silent"], "both are over"),
    (replace(FAILED, gone_polls=2, failures=2), 1, ["gone"], [], "gone"),
    (MOVED, 0, ["moved"], [], "moved"),
    (replace(POLLED, coverage=Coverage(gap_since=NOW, gap_note="gap: x")), 1, ["gap"], [], "a gap"),
    (replace(POLLED, coverage=Coverage(churn_since=NOW, churn_note="ids: x")), 1, ["churn"], [], "changed ids"),
    (replace(POLLED, coverage=Coverage(churn_since=NOW, open=(IncidentKind.CHURN,))), 24, [], ["churn"], "a day ago"),
    (replace(POLLED, coverage=Coverage(gap_since=NOW, open=(IncidentKind.GAP,))), 23, [], [], "told today"),
    (replace(POLLED, coverage=Coverage(gap_since=NOW, open=(IncidentKind.GAP,))), 24, [], ["gap"], "yesterday"),
    (SILENT, 0, ["silent"], [], "silent"),
)


@pytest.mark.parametrize(("state", "hours", "begun", "ended", "why"), TURNS, ids=[case[-1] for case in TURNS])
def test_what_begins_and_ends(state: SourceState, hours: int, begun: list[str], ended: list[str], why: str) -> None:
    turn = health.turn(state, NOW + hours * HOURS)
    assert ([one.kind.value for one in turn.begun], [kind.value for kind in turn.ended]) == (begun, ended)


def incidents(count: int, kind: IncidentKind = IncidentKind.FAILING) -> tuple[Incident, ...]:
    return tuple(
        Incident(number=n, source_id=f"s{n:03}", kind=kind, entry_id=f"urn:x:{n}", began_at=NOW, detail="HTTP 500")
        for n in range(count)
    )


PLANS = (
    (incidents(3), 0, 3, 100, 3, "a few are told one by one"),
    (incidents(10), 0, 10, 100, 10, "ten are"),
    (incidents(11), 0, 11, 100, 0, "eleven are told in one"),
    (incidents(3), 9, 3, 100, 0, "within the hour ten"),
    (incidents(3), 0, 3, 5, 0, "most of the sources fail"),
    (incidents(3), 0, 3, 3, 3, "three sources are no witnesses"),
    (incidents(3, IncidentKind.GAP), 0, 90, 100, 3, "a gap has nothing to do with a network that is down"),
)


@pytest.mark.parametrize(
    ("waiting", "told", "failing", "polled", "alone"), [p[:-1] for p in PLANS], ids=[p[-1] for p in PLANS]
)
def test_the_feed_floods_nobody(
    waiting: tuple[Incident, ...], told: int, failing: int, polled: int, alone: int
) -> None:
    plan = health.plan(waiting, told_last_hour=told, failing=failing, polled=polled)
    assert (len(plan.alone), len(plan.together)) == (alone, len(waiting) - alone)


def test_an_entry_says_what_since_when_and_what_came_last() -> None:
    incident = replace(incidents(1)[0], source_id="wire", last_new_at=NOW - 6 * HOURS)
    told = health.notice(incident, FEED, author="The desk", link="http://127.0.0.1/sources")
    assert told.title == "The wire: fails since 2026-03-02 12:00 UTC"
    assert told.lines == (
        "HTTP 500.",
        "Since 2026-03-02 12:00 UTC. Last new entry 2026-03-02 06:00 UTC.",
        "Source: wire.",
    )
    over = health.notice(replace(incident, ended_at=NOW + HOURS), FEED, author="a", link="l")
    assert over.title == "The wire: works again (failed 2026-03-02 12:00 UTC to 2026-03-02 13:00 UTC)"


@pytest.mark.parametrize("source", [replace(FEED, private=True), None], ids=["private", "not configured"])
def test_of_a_private_source_only_the_id_is_told(source: Source | None) -> None:
    incident = replace(incidents(1)[0], source_id="wire", detail="https://wire.example/?token=1 says 500")
    told = health.notice(incident, source, author="a", link="l")
    assert told.title.startswith("wire: ")
    assert "token" not in " ".join(told.lines)


def test_an_entry_for_many_names_who_goes_on_and_who_is_over() -> None:
    members = incidents(60)
    members = (*members[:55], *(replace(one, ended_at=NOW + HOURS) for one in members[55:]))
    collective = replace(incidents(1)[0], source_id=None, kind=IncidentKind.MANY)
    told = health.collective_notice(collective, members, author="a", link="l")
    assert told.title == "60 sources at once: failing since 2026-03-02 12:00 UTC; over for 5"
    assert told.lines[0].startswith("Goes on: s000, s001, ")
    assert told.lines[0].endswith("s049, and 5 more.")
    assert told.lines[1] == "Over: s055, s056, s057, s058, s059."
