"""New entries put into the document that lies there give the bytes that rendering it whole gives (rules R13, R14, R23)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.dedup import fingerprints
from aggregator.errors import PublishError
from aggregator.model.ledger import RowState, Step
from aggregator.model.topic import Topic
from aggregator.pipeline import Works, publish
from tests import atom_rules
from tests.desk import START, Desk, desk
from tests.make import article, ledger_row, stored
from tests.test_publish_due import execute, works_of

TOPIC = Topic(id="talks", title="Talks <of> peace", query="talks", limit=5)


@contextmanager
def daemon(folder: Path, *, limit: int = 5, rows: int = 3) -> Iterator[tuple[Desk, Works]]:
    """A desk whose process stays, with its documents rendered."""
    with desk(folder, sources=(), topics=(replace(TOPIC, limit=limit),)) as at:
        at.run()
        works = works_of(at)
        for number in range(1, rows + 1):
            add(at, number)
        publish(works, at.now, heal=True, compare=False)
        yield at, works


def add(at: Desk, number: int, *, hours: float | None = None, state: RowState = RowState.LIVE) -> None:
    """One more row, published so many hours after the start."""
    uri = f"urn:uuid:00000000-0000-5000-8000-{number:012}"
    moment = START + timedelta(hours=number if hours is None else hours)
    text = article(url=f"https://example.org/{number}", headline=f"Talks {number}", body_text="They met.")
    fragment = (
        f"<entry><id>{uri}</id><title>Talks {number} – {'é' * number}</title>"
        f"<updated>{moment:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f'<link href="https://example.org/{number}"/></entry>'
    ).encode()
    row = ledger_row(
        topic_id="talks",
        entry_id=uri,
        article_uri=uri,
        first_published_at=moment,
        updated_at=moment,
        fragment=fragment,
        position=number,
        state=state,
    )
    with at.store.batch() as batch:
        batch.add_article(replace(stored(text=text), uri=uri), fingerprints(text))
        batch.add_row(row)


def grow(at: Desk, works: Works) -> bytes:
    """What the process publishes now."""
    publish(works, at.now, forms=False, compare=False)
    return at.feed("talks")


def whole(at: Desk) -> bytes:
    """The same rendered from the ledger."""
    publish(works_of(at), at.now, heal=True)
    return at.feed("talks")


# (hours after the start of each new row in turn, states)
COURSES: dict[str, list[tuple[float, RowState]]] = {
    "one": [(4, RowState.LIVE)],
    "several at once": [(4, RowState.LIVE), (5, RowState.LIVE), (6, RowState.LIVE)],
    "more than the document holds, the older not of its last two days": [
        (40 + 9 * n, RowState.LIVE) for n in range(12)
    ],
    "a later one that stands behind another": [(6, RowState.LIVE), (5, RowState.LIVE)],
    "two of one moment": [(4, RowState.LIVE), (4, RowState.LIVE)],
    "to the archive only": [(4, RowState.ARCHIVED)],
    "to both": [(4, RowState.ARCHIVED), (5, RowState.LIVE), (6, RowState.ARCHIVED)],
    "older than what is there": [(1.5, RowState.LIVE)],
    "so late that all others are older than two days": [(100, RowState.LIVE)],
    "enough for an archive page": [(4 + n / 10, RowState.LIVE) for n in range(49)],
}


@pytest.mark.parametrize(
    ("course", "limit"),
    [*((course, 5) for course in COURSES), ("several at once", 2), ("several at once", 400), (next(iter(COURSES)), 1)],
)
def test_a_document_that_grew_is_the_one_that_would_be_rendered(tmp_path: Path, course: str, limit: int) -> None:
    with daemon(tmp_path, limit=limit) as (at, works):
        for number, (hours, state) in enumerate(COURSES[course], 4):
            add(at, number, hours=hours, state=state)
        document = grow(at, works)
        assert atom_rules.problems(document) == ()
        add(at, len(COURSES[course]) + 4, hours=120)
        again = grow(at, works)
        assert whole(at) == again
    assert f"Talks {len(COURSES[course]) + 4} ".encode() in again
    if "archive" not in course:
        assert document != again


def test_a_document_grows_without_its_other_entries_being_read(tmp_path: Path) -> None:
    with daemon(tmp_path) as (at, works):
        execute(tmp_path, "UPDATE ledger SET fragment = 'rubbish' WHERE position <= 3")
        add(at, 4)
        document = grow(at, works)
    assert [f"Talks {number} ".encode() in document for number in range(1, 5)] == [True] * 4


def test_what_the_store_knows_of_a_document_that_grew_is_what_lies_there(tmp_path: Path) -> None:
    with daemon(tmp_path) as (at, works):
        add(at, 4)
        at.now += timedelta(hours=7)
        document = grow(at, works)
        with at.store.batch() as batch:
            state = batch.topic_feed("talks", TOPIC.grain)
            late = batch.feeds.due(Step.FORMS)
            behind = batch.feeds.due(Step.ATOM)
        publish(works_of(at), at.now + timedelta(hours=1), heal=True)
        with at.store.batch() as batch:
            healed = batch.topic_feed("talks", TOPIC.grain)
        assert at.feed("talks") == document
    assert state is not None
    assert state == healed, "the bytes are those that a start renders, so they did not change then"
    assert state.updated_at == START + timedelta(hours=4)
    assert state.changed_at == at.now
    assert late == {("talks", TOPIC.grain)}
    assert behind == frozenset()


@pytest.mark.parametrize("harm", ["torn", "other", "gone", "link", "same bytes, written again"])
def test_a_document_that_is_not_as_it_was_written_heals_with_the_next_entry(tmp_path: Path, harm: str) -> None:
    with daemon(tmp_path) as (at, works):
        path = at.directory / "talks.atom"
        before = path.read_bytes()
        if harm == "torn":
            path.write_bytes(before[: len(before) // 2])
        elif harm == "other":
            path.write_bytes(before.replace(b"Talks 2", b"Walks 2"))
        elif harm == "gone":
            path.unlink()
        elif harm == "link":
            path.rename(tmp_path / "elsewhere")
            path.symlink_to(tmp_path / "elsewhere")
        else:
            path.write_bytes(before)
        add(at, 4)
        document = grow(at, works)
        assert whole(at) == document
        assert not path.is_symlink()
    assert b"Talks 4" in document
    assert b"Talks 2" in document


def test_a_changed_row_makes_the_document_be_rendered_whole(tmp_path: Path) -> None:
    with daemon(tmp_path) as (at, works):
        row = at.rows()[1]
        with at.store.batch() as batch:
            batch.save_row(replace(row, fragment=(row.fragment or b"").replace(b"Talks 2", b"Walks 2")))
        add(at, 4)
        document = grow(at, works)
        assert whole(at) == document
    assert b"Walks 2" in document
    assert b"Talks 4" in document


def test_tombstones_stay_where_a_document_grows(tmp_path: Path) -> None:
    with daemon(tmp_path) as (at, works):
        row = at.rows()[1]
        killed = replace(row, state=RowState.WITHDRAWN, withdrawn_at=at.now, has_tombstone=True, fragment=None)
        with at.store.batch() as batch:
            batch.save_row(killed)
        grow(at, works)
        execute(tmp_path, "UPDATE ledger SET fragment = 'rubbish' WHERE position = 1")
        add(at, 4)
        document = grow(at, works)
    assert b"deleted-entry" in document
    assert b"Talks 1" in document
    assert b"Talks 2" not in document
    assert atom_rules.problems(document) == ()


def test_a_document_that_could_not_be_written_has_both_entries_later(tmp_path: Path) -> None:
    with daemon(tmp_path) as (at, works):
        add(at, 4)
        path, aside = at.directory, tmp_path / "aside"
        path.rename(aside)
        path.write_text("no folder")
        with pytest.raises(PublishError):
            publish(works, at.now, forms=False, compare=False)
        path.unlink()
        aside.rename(path)
        add(at, 5)
        document = grow(at, works)
        assert whole(at) == document
    assert b"Talks 4" in document
    assert b"Talks 5" in document


def test_a_torn_new_entry_is_left_out_and_said_of_no_other(tmp_path: Path) -> None:
    with daemon(tmp_path) as (at, works):
        add(at, 4)
        execute(tmp_path, "UPDATE ledger SET fragment = CAST(substr(fragment, 1, 40) AS BLOB) WHERE position = 4")
        add(at, 5)
        document = grow(at, works)
        assert whole(at) == document
    assert b"Talks 4" not in document
    assert b"Talks 5" in document
