"""When a source is polled next after its configuration was changed under a running daemon."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.fetch import HttpFetcher
from aggregator.model.source import Source, SourceState
from aggregator.pipeline.poll import reschedule
from tests import make
from tests.desk import LIMITS, START, desk

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SOURCE = make.source(interval=DAY, min_interval=HOUR, max_interval=DAY)
STATE = SourceState(source_id=SOURCE.id, last_poll_at=START, last_good_poll_at=START, next_poll_at=START + DAY)
NOW = START + HOUR


def next_poll_at(folder: Path, now_configured: Source, state: SourceState = STATE) -> datetime | None:
    with desk(folder, sources=(now_configured,), topics=()) as at:
        works = at.works(HttpFetcher(LIMITS))
        with at.store.batch() as batch:
            batch.save_source_state(state)
        reschedule(works, NOW, before=[SOURCE])
        with at.store.read() as reader:
            return reader.source_states()[SOURCE.id].next_poll_at


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"url": "https://example.org/other"}, "another address"),
        ({"authorization": "Bearer other"}, "another password"),
        ({"headers": (("X-Key", "other"),)}, "another key"),
    ],
)
def test_what_may_have_been_wrong_is_tried_at_once(changed: dict[str, object], why: str, tmp_path: Path) -> None:
    assert next_poll_at(tmp_path, replace(SOURCE, **changed)) == NOW, why  # type: ignore[arg-type]


def test_a_server_that_named_a_time_is_not_asked_sooner(tmp_path: Path) -> None:
    busy = replace(STATE, retry_after_at=NOW + HOUR)
    assert next_poll_at(tmp_path, replace(SOURCE, url="https://example.org/other"), busy) == NOW + HOUR


def test_a_shorter_interval_counts_from_the_last_poll(tmp_path: Path) -> None:
    hasty = replace(SOURCE, interval=2 * HOUR, max_interval=2 * HOUR)
    at = next_poll_at(tmp_path, hasty)
    assert at is not None
    assert NOW < at <= START + 2 * HOUR + 12 * MINUTE


@pytest.mark.parametrize("changed", [{}, {"publisher": "Another name"}, {"tags": ("official",)}])
def test_what_has_nothing_to_do_with_polling_changes_no_time(changed: dict[str, object], tmp_path: Path) -> None:
    assert next_poll_at(tmp_path, replace(SOURCE, **changed)) == START + DAY  # type: ignore[arg-type]
