"""When a permanent redirect is adopted, when it is not, and what goes to the new address."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model.source import Move, Source, SourceKind, SourceState
from aggregator.pipeline import moves
from aggregator.pipeline.moves import Verdict

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "https://old.example/feed", "https://new.example/feed"
SOURCE = Source(id="a", kind=SourceKind.FEED, url=OLD, authorization="Bearer s3cret", headers=(("X-Key", "k"),))
STATE = SourceState(source_id="a")


def seen(polls: int, hours: float, *, to: str = NEW, shares: bool = True) -> SourceState:
    """A state in which the target was seen so often, first so many hours ago."""
    return replace(STATE, move=Move(to=to, since=NOW - timedelta(hours=hours), polls=polls, shares=shares))


@dataclass(frozen=True, kw_only=True)
class Case:
    why: str
    state: SourceState = STATE
    moved_to: str | None = NEW
    shares: bool = True
    verdict: Verdict
    polls: int | None = None


CASES = (
    Case(why="no redirect", moved_to=None, verdict=Verdict.STAYS),
    Case(why="first seen", verdict=Verdict.WAITS, polls=1),
    Case(why="two polls over a day are too few", state=seen(1, 30), verdict=Verdict.WAITS, polls=2),
    Case(why="three polls within an hour are too soon", state=seen(2, 1), verdict=Verdict.WAITS, polls=3),
    Case(why="three polls, a minute short of a day", state=seen(2, 23.98), verdict=Verdict.WAITS, polls=3),
    Case(why="three polls over a day", state=seen(2, 24), verdict=Verdict.RIPE, polls=3),
    Case(why="what was found there shared nothing", state=seen(9, 99, shares=False), verdict=Verdict.WAITS, polls=10),
    Case(why="another target begins anew", state=seen(9, 99, to="https://x.example/"), verdict=Verdict.WAITS, polls=1),
    Case(why="the redirect has ended", state=seen(2, 24), moved_to=None, verdict=Verdict.STAYS),
    Case(
        why="the target is the address that was asked", moved_to="https://OLD.example:443/feed", verdict=Verdict.STAYS
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_a_move_needs_three_polls_over_a_day_and_known_entries(case: Case) -> None:
    judged = moves.judge(SOURCE, case.state, case.moved_to, shares=case.shares, now=NOW)
    assert (judged.verdict, judged.move.polls if judged.move else None) == (case.verdict, case.polls)


def test_entries_that_became_known_at_the_target_prove_nothing() -> None:
    first = moves.judge(SOURCE, STATE, NEW, shares=False, now=NOW)
    state = replace(STATE, move=first.move)
    for hours in range(1, 100):
        judged = moves.judge(SOURCE, state, NEW, shares=True, now=NOW + timedelta(hours=hours))
        state = replace(state, move=judged.move)
    assert judged.verdict is Verdict.WAITS


UPGRADES = (
    ("http://a.example/feed?x=1", "https://a.example/feed?x=1", True, "the same by https"),
    ("http://A.example:80/", "https://a.example", True, "spelled otherwise"),
    ("http://a.example:8080/feed", "https://a.example:8080/feed", True, "the same port"),
    ("http://a.example/feed", "https://a.example/other", False, "another path"),
    ("http://a.example/feed", "https://www.a.example/feed", False, "another host"),
    ("http://a.example:8080/feed", "https://a.example/feed", False, "another port"),
    ("https://a.example/feed", "http://a.example/feed", False, "a downgrade"),
    ("http://a.example:port/", "https://a.example/", False, "no address"),
)


@pytest.mark.parametrize(("one", "other", "expected", "why"), UPGRADES, ids=[case[-1] for case in UPGRADES])
def test_an_upgrade_to_https_is_the_same_feed_and_adopted_at_once(
    one: str, other: str, expected: bool, why: str
) -> None:
    verdict = moves.judge(replace(SOURCE, url=one), STATE, other, shares=False, now=NOW).verdict
    assert (verdict is Verdict.RIPE) is expected
    assert moves.is_upgrade(one, other) is expected


def test_an_adopted_address_is_polled_until_the_configuration_names_another() -> None:
    state = moves.adopted(SOURCE, STATE, Move(to=NEW, since=NOW), NOW)
    assert (state.address(SOURCE), state.move) == (NEW, None)
    assert state.address(replace(SOURCE, url="https://third.example/")) == "https://third.example/"


def test_a_move_back_to_the_configured_address_leaves_nothing_behind() -> None:
    state = moves.adopted(SOURCE, STATE, Move(to=NEW, since=NOW), NOW)
    assert moves.adopted(SOURCE, state, Move(to=OLD, since=NOW), NOW) == STATE


def test_credentials_go_to_no_other_origin() -> None:
    state = moves.adopted(SOURCE, STATE, Move(to=NEW, since=NOW), NOW)
    placed = moves.at_its_place(SOURCE, state)
    assert (placed.url, placed.authorization, placed.headers) == (NEW, None, ())


def test_credentials_stay_within_their_origin() -> None:
    source = replace(SOURCE, url="https://user:pass@old.example/feed")
    state = moves.adopted(source, STATE, Move(to="https://old.example/rss", since=NOW), NOW)
    placed = moves.at_its_place(source, state)
    assert placed == replace(source, url="https://user:pass@old.example/rss")


@pytest.mark.parametrize(("failures", "gone", "expected"), [(0, 0, False), (2, 0, False), (3, 0, True), (2, 2, True)])
def test_an_adopted_address_that_dies_is_left(failures: int, gone: int, expected: bool) -> None:
    moved = moves.adopted(SOURCE, STATE, Move(to=NEW, since=NOW), NOW)
    assert moves.has_died(SOURCE, replace(moved, failures=failures, gone_polls=gone)) is expected
    assert not moves.has_died(SOURCE, replace(STATE, failures=9))


def movers(count: int, days_ago: float, *, adopted: bool) -> tuple[SourceState, ...]:
    at = NOW - timedelta(days=days_ago)
    target = "https://park.example/"
    move = None if adopted else Move(to=target, since=at)
    state = SourceState(source_id="", move=move, location=target if adopted else None, moved_at=at)
    return tuple(replace(state, source_id=f"s{number}") for number in range(count))


def sources(count: int) -> tuple[Source, ...]:
    return tuple(replace(SOURCE, id=f"s{number}", url=f"https://host{number}.example/feed") for number in range(count))


MASSES = (
    (1, 1, 1.0, False, "the only source may move"),
    (2, 3, 1.0, False, "two of three are few"),
    (3, 5, 1.0, True, "three of five are more than half"),
    (3, 6, 1.0, False, "three of six are half"),
    (10, 100, 1.0, False, "ten of a hundred"),
    (11, 100, 1.0, True, "eleven"),
    (11, 100, 8.0, False, "eleven over a week ago"),
)


@pytest.mark.parametrize("adopted", [True, False])
@pytest.mark.parametrize(("moving", "count", "days", "expected"), [m[:-1] for m in MASSES], ids=[m[-1] for m in MASSES])
def test_a_mass_move_to_one_host_is_known_by_its_hosts(
    moving: int, count: int, days: float, expected: bool, adopted: bool
) -> None:
    all_sources, states = sources(count), movers(moving, days, adopted=adopted)
    move = Move(to="https://park.example/", since=NOW)
    assert moves.is_mass_move(all_sources[0], move, states, all_sources) is expected


def test_many_sources_of_one_host_may_move_together() -> None:
    one_host = tuple(replace(source, url=f"https://old.example/{source.id}") for source in sources(50))
    move = Move(to="https://park.example/", since=NOW)
    assert not moves.is_mass_move(one_host[0], move, movers(50, 0, adopted=True), one_host)
