"""A topic under another id: its history goes on, subscribers see nothing new (`topics.former`)."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import httpx
import pytest

from aggregator.fetch import HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.source import Announce
from aggregator.model.topic import Topic
from aggregator.pipeline import FeedChange, rehearse
from tests.atom_rules import problems
from tests.commands import typed
from tests.desk import LIMITS, START, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, serve
from tests.program import feed_table, free_port, running, wait_for

pytestmark = pytest.mark.slow

OLD = Topic(id="old", title="Talks", query="*", max_per_hour=1000)
NEW = replace(OLD, id="new", former=("older", "old"))
HOUR = timedelta(hours=1)
NUMBERS = range(60)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Desk]:
    """A desk with sixty entries out: a live document and an archive page."""
    document = rss(*(item(number, at=START - timedelta(minutes=number)) for number in NUMBERS))
    with serve({"/feed": Reply(document)}) as server:
        with desk(tmp_path, sources=(feed_source(server, announce=Announce.ALL),), topics=(OLD,)) as opened:
            opened.run()
            yield opened


def renamed(at: Desk) -> None:
    at.topics = (NEW,)
    at.now += HOUR
    at.run()


def identity(document: bytes) -> tuple[str, str, list[tuple[str, str]]]:
    """What readers tell a feed and its entries by."""
    parsed = feedparser.parse(document)
    return parsed.feed.id, parsed.feed.updated, [(entry.id, entry.updated) for entry in parsed.entries]


def test_a_reader_that_follows_sees_no_new_entry(at: Desk) -> None:
    before = identity(at.feed("old"))
    renamed(at)
    document = at.feed("new")
    assert (identity(document), problems(document)) == (before, ())
    assert feedparser.parse(document).feed.links[0].href.endswith("/feeds/new.atom")


def test_archive_pages_move_with_it(at: Desk) -> None:
    page = identity((at.directory / "old" / "archive" / "000001.atom").read_bytes())
    renamed(at)
    moved = (at.directory / "new" / "archive" / "000001.atom").read_bytes()
    assert (identity(moved), problems(moved)) == (page, ())
    assert b"/feeds/old" not in moved
    assert b"/feeds/new/archive/000001.atom" in at.feed("new")


def test_the_old_files_are_gone_once_the_new_ones_are_there(at: Desk) -> None:
    (at.directory / "old.atom.gz").write_bytes(b"packed")
    (at.directory / "older-talks.atom").write_bytes(b"of another topic")
    renamed(at)
    assert [path.name for path in at.directory.glob("old*")] == ["older-talks.atom"]
    assert sorted(path.name for path in at.directory.glob("new*")) == ["new", "new.atom", "new.json", "new.rss"]


def test_what_the_desk_said_of_the_topic_holds_on(at: Desk) -> None:
    uri = at.rows()[0].article_uri
    renamed(at)
    at.decide(Word.DROP, uri, topic_id="new")
    at.topics = (replace(OLD, former=("new",)),)
    at.now += HOUR
    at.run()
    assert f'ref="{uri}"'.encode() in at.feed("old")
    with at.store.read() as reader:
        assert [decision.topic_id for decision in reader.decisions()] == ["old"]


def test_new_entries_go_on_in_the_same_history(at: Desk) -> None:
    positions = [row.position for row in at.rows()]
    renamed(at)
    assert [row.position for row in at.rows()] == positions
    assert {row.topic_id for row in at.rows()} == {"new"}


def test_a_topic_with_a_history_of_its_own_takes_over_nothing(at: Desk) -> None:
    at.topics = (OLD, replace(NEW, former=()))
    at.run()
    at.topics = (NEW,)
    at.now += HOUR
    at.run()
    with at.store.read() as reader:
        assert {state.topic_id for state in reader.topic_feeds()} == {"old", "new"}
    assert (at.directory / "old.atom").exists()


def test_a_rehearsal_shows_no_change_and_makes_none(at: Desk) -> None:
    async def rehearsed() -> tuple[FeedChange, ...]:
        async with HttpFetcher(LIMITS) as fetcher:
            return rehearse(at.works(fetcher), at.now)

    at.topics = (NEW,)
    (change,) = asyncio.run(rehearsed())
    assert (change.topic_id, change.entries) == ("new", 60)
    assert (at.directory / "old.atom").exists()
    with at.store.read() as reader:
        assert {state.topic_id for state in reader.topic_feeds()} == {"old"}


def test_a_published_grain_stays_under_a_new_id(tmp_path: Path) -> None:
    topic = '[[topics]]\nid = "{}"\ntitle = "T"\nquery = "*"\n{}\n'
    with serve({"/feed": Reply(rss(item(1)))}) as server:
        head = f'[web]\nlisten = "127.0.0.1:{free_port()}"\n[fetch]\nallow_networks = ["127.0.0.0/8"]\n'
        head += feed_table(server.url("/feed"))
        (tmp_path / "config.toml").write_text(head + topic.format("old", ""), "utf-8")
        assert typed(tmp_path, "once").code == 0
        changed = topic.format("new", 'former = ["old"]\ngrain = "articles"')
        (tmp_path / "config.toml").write_text(head + changed, "utf-8")
        done = typed(tmp_path, "once")
    assert (done.code, "topics[0].grain: 'new' is published with grain 'unique'" in done.err) == (78, True)


def test_a_running_daemon_takes_the_rename_and_leads_on(tmp_path: Path) -> None:
    topic = '[[topics]]\nid = "{}"\ntitle = "T"\nquery = "*"\nmax_per_hour = 1000\n{}\n'
    port = free_port()
    with serve({"/feed": Reply(rss(item(1), item(2)))}) as server:
        head = f'[web]\nlisten = "127.0.0.1:{port}"\n[fetch]\nallow_networks = ["127.0.0.0/8"]\nhost_pause = "0s"\n'
        head += '[defaults]\nmin_interval = "1s"\ninterval = "1s"\n' + feed_table(server.url("/feed"))
        (tmp_path / "config.toml").write_text(head + topic.format("old", ""), "utf-8")
        with running(tmp_path, "run"):
            before = identity(wait_for(f"http://127.0.0.1:{port}/feeds/old.atom", "Item 2").encode())
            (tmp_path / "config.toml").write_text(head + topic.format("new", 'former = ["old"]'), "utf-8")
            after = identity(wait_for(f"http://127.0.0.1:{port}/feeds/new.atom", "Item 2").encode())
            led = httpx.get(f"http://127.0.0.1:{port}/feeds/old.atom", follow_redirects=True)
    assert after == before == identity(led.content)
    assert [answer.status_code for answer in led.history] == [301]
