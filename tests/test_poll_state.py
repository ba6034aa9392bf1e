"""What is claimed and in which order, what a poll leaves in the store, and what a jump of the clock does to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from aggregator.daemon import ClockWatch
from aggregator.model.cadence import Pace, Rhythm
from aggregator.model.health import Coverage, IncidentKind
from aggregator.model.source import Move, Source, SourceKind, SourceState
from aggregator.pipeline import Agenda, Works, due, redraw_due
from aggregator.storage import Store
from tests.desk import INSTANCE, START, Desk, desk

HOUR = timedelta(hours=1)


def source(name: str, host: str = "") -> Source:
    return Source(id=name, kind=SourceKind.FEED, url=f"https://{host or name}.example/{name}")


def works_of(at: Desk) -> Works:
    return at.works(None)  # type: ignore[arg-type]  # nothing is fetched


def save(at: Desk, *states: SourceState) -> None:
    with at.store.batch() as batch:
        for state in states:
            batch.save_source_state(state)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Desk]:
    sources = (source("a", "one"), source("b", "two"), source("c", "one"), source("d", "two"), source("e", "three"))
    with desk(tmp_path, sources=sources, topics=()) as opened:
        opened.store.upgrade(INSTANCE, START)
        yield opened


def test_the_longest_due_come_first_and_those_of_one_host_together(at: Desk) -> None:
    hours = {"a": -1, "b": -5, "c": -3, "d": -2, "e": 1}
    save(at, *(SourceState(source_id=name, next_poll_at=START + hour * HOUR) for name, hour in hours.items()))
    assert [one.id for one in due(works_of(at), START)] == ["b", "d", "c", "a"]


def test_a_source_without_a_row_or_a_date_is_due_at_once_and_an_adopted_address_counts_as_its_host(at: Desk) -> None:
    moved = SourceState(
        source_id="e", next_poll_at=START, location="https://two.example/e", stands_for="https://three.example/e"
    )
    save(at, SourceState(source_id="a"), replace(moved), SourceState(source_id="b", next_poll_at=START + HOUR))
    assert [one.id for one in due(works_of(at), START)] == ["a", "c", "e", "d"]


def test_what_is_gone_or_not_configured_is_not_due(at: Desk) -> None:
    save(at, *(SourceState(source_id=name, next_poll_at=START) for name in ("a", "b", "c", "d", "removed")))
    gone = SourceState(source_id="e", next_poll_at=START, gone_polls=2, stands_for="https://three.example/e")
    save(at, gone)
    works = works_of(at)
    assert {one.id for one in due(works, START)} == {"a", "b", "c", "d"}
    elsewhere = replace(works, sources=(replace(works.sources[-1], url="https://three.example/other"),))
    assert [one.id for one in due(elsewhere, START)] == ["e"], "another address in the configuration is another chance"


def test_an_agenda_learns_of_new_sources_and_new_rows(at: Desk) -> None:
    agenda, works = Agenda(), works_of(at)
    assert len(agenda(works, START)) == 5
    save(at, *(SourceState(source_id=one.id, next_poll_at=START + HOUR) for one in works.sources))
    assert agenda(works, START) == ()
    more = replace(works, sources=(*works.sources, source("new")))
    assert [one.id for one in agenda(more, START)] == ["new"]


# -- what is stored


def test_all_that_is_learned_of_a_source_comes_back(at: Desk) -> None:
    state = SourceState(
        source_id="a",
        fresh_until=START + HOUR,
        pace=Pace(interval=2 * HOUR, skip_hours=(1, 2), skip_days=(6,)),
        rhythm=Rhythm(window=7, recent=1.5),
        coverage=Coverage(days=(1, 2), last_new_at=START, gap_note="gap: x", open=(IncidentKind.GAP,)),
        location="https://new.example/",
        stands_for="https://one.example/a",
        moved_at=START,
        move=Move(to="https://newer.example/", since=START, polls=2, shares=True),
        gone_polls=1,
        gaps=4,
    )
    save(at, state)
    with at.store.read() as reader:
        assert reader.source_states()["a"] == state


def test_gaps_that_were_counted_in_polls_are_kept_by_the_migration(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine, config = create_engine(url), Config()
    config.set_main_option("script_location", "aggregator.storage:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(
            "INSERT INTO source_state (source_id, document_digests, failures, not_modified_seen) VALUES ('a', x'', 0, 1)"
        )
        for error in ("'gap: none of 5'", "'gap: none of 6'", "'HTTP 404'", "NULL"):
            connection.exec_driver_sql(
                "INSERT INTO poll (source_id, started_at, took_us, outcome, error, body_bytes, entries, new, updated,"
                f" duplicate, defects) VALUES ('a', 0, 0, 'new', {error}, 0, 0, 0, 0, 0, 0)"
            )
    engine.dispose()
    store = Store(url)
    store.upgrade(INSTANCE, START)
    with store.read() as reader:
        assert reader.source_states() == {"a": SourceState(source_id="a", not_modified_seen=True, gaps=2)}
    store.close()


# -- the clock


class Clocks:
    """A wall clock and a monotonic one, moved by the test."""

    def __init__(self) -> None:
        self.wall, self.passed = datetime(2026, 3, 1, tzinfo=UTC), 0.0


JUMPS = (
    (1.0, 1.0, 0.0, "both go on"),
    (45.0, 1.0, 0.0, "a correction of seconds"),
    (600.0, 600.0, 0.0, "a tick that was held up"),
    (86_401.0, 1.0, 86_400.0, "a day forward"),
    (-86_399.0, 1.0, -86_400.0, "a day back"),
)


@pytest.mark.parametrize(("wall", "monotonic", "expected", "why"), JUMPS, ids=[case[-1] for case in JUMPS])
def test_the_wall_clock_is_held_against_the_monotonic_one(
    wall: float, monotonic: float, expected: float, why: str
) -> None:
    clocks = Clocks()
    watch = ClockWatch(lambda: clocks.wall, lambda: clocks.passed)
    clocks.wall += timedelta(seconds=wall)
    clocks.passed += monotonic
    assert watch.jump() == timedelta(seconds=expected)
    assert watch.jump() == timedelta(0), "a jump is told once"


def next_polls(at: Desk) -> dict[str, datetime]:
    with at.store.read() as reader:
        return {key: state.next_poll_at for key, state in reader.source_states().items() if state.next_poll_at}


def test_after_a_jump_forward_what_became_overdue_is_spread_over_its_interval(tmp_path: Path) -> None:
    sources = tuple(source(f"s{number}") for number in range(200))
    with desk(tmp_path, sources=sources, topics=()) as at:
        works = works_of(at)
        save(at, *(SourceState(source_id=one.id, next_poll_at=START, last_poll_at=START - HOUR) for one in sources))
        now = START + timedelta(days=3)
        assert redraw_due(works, now, timedelta(days=3)) == 200
        drawn = [(when - now) / HOUR for when in next_polls(at).values()]
    assert min(drawn) >= 0
    assert max(drawn) <= 1
    assert all(any(part / 10 <= one < (part + 1) / 10 for one in drawn) for part in range(10)), "no tenth is empty"


def test_after_a_jump_back_a_source_that_is_due_too_late_is_drawn_again(at: Desk) -> None:
    save(at, SourceState(source_id="a", next_poll_at=START + timedelta(days=9), last_poll_at=START))
    save(at, SourceState(source_id="b", next_poll_at=START + 2 * HOUR, last_poll_at=START))
    assert redraw_due(works_of(at), START, timedelta(days=-9)) == 1
    drawn = next_polls(at)
    assert START <= drawn["a"] <= START + HOUR
    assert drawn["b"] == START + 2 * HOUR
