"""A publication costs what changed, and a fault stays where it is (rules R13, R14, R23, R24)."""

import asyncio
import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import create_engine, text

from aggregator.errors import PublishError
from aggregator.fetch import Fetcher, HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.ledger import Step
from aggregator.model.poll import Poll
from aggregator.model.source import Announce
from aggregator.model.topic import Match, Topic
from aggregator.pipeline import Works, poll, publish, publish_forms, rematch, run_command
from aggregator.topics.match import Matcher, compile_topics
from aggregator.topics.match import _Asked as Asked
from aggregator.topics.reading import Reading
from tests import atom_rules, json_feed_rules, rss_rules
from tests.desk import INSTANCE, LIMITS, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, serve

ALL = Topic(id="all", title="All", query="*", max_per_hour=1_000)
TALKS = Topic(id="talks", title="Talks", query="title:talks", max_per_hour=1_000)
RULES = {"atom": atom_rules.problems, "rss": rss_rules.problems, "json": json_feed_rules.problems}


class Pages(dict[str, Reply]):
    """One feed whose entries the test changes."""

    def show(self, *titles: str) -> None:
        self["/feed"] = Reply(rss(*(item(number, title=title) for number, title in enumerate(titles, 1))))


@contextmanager
def publishing(folder: Path, *titles: str, topics: tuple[Topic, ...] = (ALL, TALKS)) -> Iterator[tuple[Desk, Pages]]:
    site = Pages()
    site.show(*titles)
    with (
        serve(site) as server,
        desk(folder, sources=(feed_source(server, announce=Announce.ALL),), topics=topics) as at,
    ):
        at.run()
        yield at, site


def works_of(at: Desk) -> Works:
    return Works(
        store=at.store,
        fetcher=cast("Fetcher", None),  # publishing fetches nothing
        matcher=compile_topics(at.topics, at.packs),
        sources=at.sources,
        topics=at.topics,
        agencies=(),
        instance_id=INSTANCE,
        site_title="Test desk",
        site_author="The desk",
        language="en",
        base_url="http://127.0.0.1:8080",
        directory=at.directory,
        clock=lambda: at.now,
    )


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.iterdir() if path.is_file()}


def execute(folder: Path, statement: str) -> None:
    engine = create_engine(f"sqlite:///{folder / 'store.db'}")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def due(at: Desk, step: Step = Step.ATOM) -> set[str]:
    with at.store.batch() as batch:
        return {topic_id for topic_id, _ in batch.feeds.due(step)}


def touch(at: Desk, topic_id: str) -> None:
    """Write a row of the feed, though nothing of it changes that anybody sees."""
    row = next(row for row in at.rows() if row.topic_id == topic_id and row.position)
    with at.store.batch() as batch:
        batch.save_row(replace(row, reason=f"{row.reason}; seen again"))


def test_every_feed_lies_there_in_three_formats_and_says_the_same(tmp_path: Path) -> None:
    with publishing(tmp_path, *(f"Talks {number}" for number in range(1, 61))) as (at, _):
        for stem in ("all", "talks", "source-health", "all/archive/000001"):
            for form, problems in RULES.items():
                assert problems((at.directory / f"{stem}.{form}").read_bytes()) == (), f"{stem}.{form}"
        items = json.loads((at.directory / "all.json").read_bytes())["items"]
        guids = [guid.text for guid in ET.parse(at.directory / "all.rss").iter("guid")]
        ids = [entry.findtext("{http://www.w3.org/2005/Atom}id") for entry in ET.fromstring(at.feed("all"))]
    assert [one["id"] for one in items] == guids == [one for one in ids if one]
    assert len(guids) == 60


def test_what_did_not_change_is_neither_rendered_nor_written(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks", "Weather") as (at, _):
        before = stamps(at.directory)
        assert publish(works_of(at), at.now) == ()
        touch(at, "talks")
        assert due(at) == {"talks"}
        assert [change.topic_id for change in publish(works_of(at), at.now)] == ["talks"]
        assert stamps(at.directory) == before, "the bytes are the same"
        assert due(at) == set()


def test_a_new_entry_marks_the_feeds_that_it_enters(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks") as (at, site):
        site.show("Talks", "Weather")
        before = stamps(at.directory)
        at.now += timedelta(hours=1)
        at.run()
        after = stamps(at.directory)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"all.atom", "all.rss", "all.json"}


def test_other_formats_follow_in_a_later_tick_a_few_at_a_time(tmp_path: Path) -> None:
    topics = tuple(replace(ALL, id=f"all-{number}", title=f"All {number}") for number in range(3))
    with publishing(tmp_path, "Talks", topics=topics) as (at, _):
        for topic in topics:
            with at.store.batch() as batch:
                row = next(row for row in batch.all_rows(topic.id, topic.grain))
                batch.save_row(replace(row, fragment=(row.fragment or b"").replace(b">Talks<", b">Peace talks<")))
        old = {form: (at.directory / f"all-1.{form}").read_bytes() for form in ("rss", "json")}
        publish(works_of(at), at.now, forms=False)
        assert b"Peace talks" in (at.directory / "all-1.atom").read_bytes()
        assert {form: (at.directory / f"all-1.{form}").read_bytes() for form in old} == old
        assert due(at, Step.FORMS) == {"all-0", "all-1", "all-2"}
        assert publish_forms(works_of(at), at.now, at_most=2) == 1
        assert publish_forms(works_of(at), at.now, at_most=2) == 0
        assert publish_forms(works_of(at), at.now, at_most=2) == 0
        for topic in topics:
            for form in old:
                assert b"Peace talks" in (at.directory / f"{topic.id}.{form}").read_bytes()


@pytest.mark.parametrize("name", ["all.atom", "all.rss", "all.json", "all/archive/000001.rss", "index.opml"])
@pytest.mark.parametrize("left", [None, b"torn"])
def test_a_lost_or_torn_file_of_any_format_heals_at_a_start(tmp_path: Path, name: str, left: bytes | None) -> None:
    with publishing(tmp_path, *(f"Talks {number}" for number in range(1, 51))) as (at, _):
        path = at.directory / name
        whole = path.read_bytes()
        path.unlink()
        if left is not None:
            path.write_bytes(left)
        publish(works_of(at), at.now + timedelta(minutes=1), heal=True)
        assert path.read_bytes() == whole


def test_a_lost_live_document_comes_back_without_a_start(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks") as (at, _):
        whole = {form: (at.directory / f"all.{form}").read_bytes() for form in RULES}
        for form in RULES:
            (at.directory / f"all.{form}").unlink()
        publish(works_of(at), at.now)
        assert {form: (at.directory / f"all.{form}").read_bytes() for form in RULES} == whole


def test_a_waiting_change_and_the_queue_go_out_by_the_clock_alone(tmp_path: Path) -> None:
    topic = replace(ALL, max_per_hour=1)
    with publishing(tmp_path, "Talks", "Weather", topics=(topic,)) as (at, _):
        assert publish(works_of(at), at.now + timedelta(minutes=59)) == ()
        (change,) = publish(works_of(at), at.now + timedelta(minutes=61))
    assert [entry.title for entry in change.added] == ["Weather"]


def test_a_tombstone_ends_without_anything_else_happening(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks", "Weather", topics=(ALL,)) as (at, _):
        at.decide(Word.KILL, at.rows()[0].article_uri)
        at.run()
        assert all(b"2026-03-01T12:00:00Z" in (at.directory / f"all.{form}").read_bytes() for form in RULES)
        assert b"deleted-entry" in at.feed("all")
        publish(works_of(at), at.now + timedelta(days=31))
        assert not any(b"deleted" in (at.directory / f"all.{form}").read_bytes() for form in RULES)


# Faults


def test_a_damaged_row_costs_its_own_feed_and_keeps_what_was_published(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks", "Weather") as (at, _):
        before = at.feed("talks")
        execute(tmp_path, "UPDATE ledger SET updated_at = 'rubbish' WHERE topic_id = 'talks'")
        execute(
            tmp_path,
            "UPDATE ledger SET fragment = CAST(replace(fragment, 'Weather', 'Sunshine') AS BLOB) WHERE topic_id = 'all'",
        )
        with pytest.raises(PublishError, match=r"talks\.atom.*the other feeds are written"):
            publish(works_of(at), at.now, heal=True)
        assert at.feed("talks") == before
        assert b"Sunshine" in at.feed("all")
        assert due(at) == set()


def test_a_torn_entry_leaves_the_document_whole(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks", "Weather", topics=(ALL,)) as (at, _):
        execute(tmp_path, "UPDATE ledger SET fragment = CAST(substr(fragment, 1, 50) AS BLOB) WHERE seq = 1")
        publish(works_of(at), at.now, heal=True)
        for form, problems in RULES.items():
            document = (at.directory / f"all.{form}").read_bytes()
            assert problems(document) == ()
            assert b"Weather" in document
            assert b"Talks" not in document


DAMAGE = {
    "a name": ("<title", "<t\x03tle"),
    "a bracket": ("</title>", "</title"),
    "an end inside": ("<title", "</entry><title"),
}


@pytest.mark.parametrize("what", DAMAGE)
@pytest.mark.parametrize("heal", [True, False])
def test_an_entry_that_is_damaged_in_its_middle_costs_itself_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str, *, heal: bool
) -> None:
    with publishing(tmp_path, "Talks", "Weather", topics=(ALL,)) as (at, _):
        good, bad = DAMAGE[what]
        row = at.rows()[0]
        with at.store.batch() as batch:
            batch.save_row(replace(row, fragment=(row.fragment or b"").replace(good.encode(), bad.encode(), 1)))
        publish(works_of(at), at.now, heal=heal)
        for form, problems in RULES.items():
            document = (at.directory / f"all.{form}").read_bytes()
            assert problems(document) == ()
            assert b"Weather" in document
    assert "all.atom" in str([record.__dict__.get("feed") for record in caplog.records if "damaged" in record.message])


def test_a_damaged_article_in_the_queue_holds_up_nothing_else(tmp_path: Path) -> None:
    topics = (replace(ALL, max_per_hour=1), replace(TALKS, query="*", max_per_hour=1))
    with publishing(tmp_path, "Talks", "Weather", topics=topics) as (at, _):
        queued = next(row for row in at.rows() if row.state == "queued" and row.topic_id == "all")
        execute(
            tmp_path,
            f"UPDATE ledger SET published = 'rubbish' WHERE topic_id = 'all' AND entry_id = '{queued.entry_id}'",
        )
        publish(works_of(at), at.now + timedelta(minutes=61))
        assert b"Weather" in at.feed("talks")
        assert b"Weather" not in at.feed("all")


def test_a_file_that_cannot_be_written_is_tried_again_and_delays_no_other(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks") as (at, site):
        path = at.directory / "talks.atom"
        path.unlink()
        path.mkdir()
        site.show("Talks", "More talks")
        at.now += timedelta(hours=1)
        with pytest.raises(PublishError, match=r"talks\.atom"):
            at.run()
        assert b"More talks" in at.feed("all")
        assert due(at) == {"talks"}
        path.rmdir()
        assert [change.topic_id for change in publish(works_of(at), at.now)] == ["talks"]
        assert b"More talks" in at.feed("talks")
        assert due(at) == set()


def test_other_formats_follow_an_atom_document_that_could_be_written_later_only(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks") as (at, _):
        (row,) = (row for row in at.rows() if row.topic_id == "talks")
        with at.store.batch() as batch:
            batch.save_row(replace(row, fragment=(row.fragment or b"").replace(b">Talks<", b">Peace talks<")))
        path = at.directory / "talks.atom"
        path.unlink()
        path.mkdir()
        with pytest.raises(PublishError, match=r"talks\.atom"):
            publish(works_of(at), at.now, forms=False)
        path.rmdir()
        publish(works_of(at), at.now, forms=False)
        publish_forms(works_of(at), at.now, at_most=20)
        assert [b"Peace talks" in (at.directory / f"talks.{form}").read_bytes() for form in RULES] == [True] * 3
        assert due(at, Step.FORMS) == set()


def test_a_folder_that_cannot_be_written_delays_no_other_feed(tmp_path: Path) -> None:
    with publishing(tmp_path, *(f"Talks {number}" for number in range(1, 51))) as (at, _):
        shutil.rmtree(at.directory / "talks" / "archive")
        (at.directory / "talks" / "archive").write_text("in the way", "utf-8")
        (at.directory / "all.atom").unlink()
        with pytest.raises(PublishError, match="talks"):
            publish(works_of(at), at.now, heal=True)
        assert (at.directory / "all.atom").exists()


# Lists and the command


def test_the_lists_name_every_feed_and_no_private_source(tmp_path: Path) -> None:
    with publishing(tmp_path, "Talks") as (at, _):
        private = replace(at.sources[0], id="secret", url="https://example.org/feed?key=1", private=True)
        at.sources = (replace(at.sources[0], url="https://user:word@example.org/open"), private)
        publish(works_of(at), at.now, heal=True)
        index = ET.parse(at.directory / "index.opml")
        sources = (at.directory / "sources.opml").read_text("utf-8")
    assert [one.get("xmlUrl") for one in index.iter("outline")] == [
        f"http://127.0.0.1:8080/feeds/{name}.atom" for name in ("all", "talks", "source-health")
    ]
    assert 'xmlUrl="https://example.org/open"' in sources
    assert "key=1" not in sources
    assert "word" not in sources


COMMANDS = {
    ("touch", "here"): "the publish command ended",
    ("false",): "the publish command failed",
    ("no-such-program",): "cannot be started",
    ("sleep", "30"): "took too long",
    ("echo", "; touch here"): "the publish command ended",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_runs_in_the_feeds_folder_without_a_shell_and_never_raises(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, command: tuple[str, ...]
) -> None:
    caplog.set_level("INFO")
    is_good = asyncio.run(run_command(command, tmp_path, limit_s=0.3 if command[0] == "sleep" else 10))
    assert COMMANDS[command] in caplog.text
    assert is_good is ("ended" in COMMANDS[command])
    assert (tmp_path / "here").exists() is (command[0] == "touch")


class Faulty(Matcher):
    """Two topics' rules, of which one fails at every article that it is asked of."""

    def _explained(self, topic: Asked, reading: Reading) -> Match:
        if topic.id == "talks":
            raise ZeroDivisionError("no score")
        return super()._explained(topic, reading)


def test_a_topic_whose_rule_fails_while_matching_delays_no_other(tmp_path: Path) -> None:
    site = Pages()
    site.show("Talks", "Weather")
    with (
        serve(site) as server,
        desk(tmp_path, sources=(feed_source(server, announce=Announce.ALL),), topics=(ALL, TALKS)) as at,
        ThreadPoolExecutor(1) as writer,
    ):

        async def run() -> tuple[Poll, ...]:
            async with HttpFetcher(LIMITS) as fetcher:
                works = replace(at.works(fetcher), matcher=Faulty(at.topics, at.packs))
                rematch(works, at.now)
                polls = await poll(works, writer, sources=at.sources)
                publish(works, at.now)
                return polls

        (done,) = asyncio.run(run())
        assert [title in at.feed("all") for title in (b"Talks", b"Weather")] == [True, True]
        assert atom_rules.problems(at.feed("talks")) == ()
    assert (done.outcome, done.new) == ("new", 2)
    assert "topic talks could not be asked" in (done.error or "")
