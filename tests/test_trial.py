"""Rules tried on a real store before they take effect; what a source ignores is stored and stays out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.topic import Topic
from aggregator.pipeline import Outlook, look_ahead
from aggregator.topics.match import compile_topics
from tests import make
from tests.desk import START, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, serve

ARTICLES = 4
SHIPS = make.topic(id="ships", query="ships")


@contextmanager
def stored(folder: Path, *topics: Topic, ignore: str = "", count: int = ARTICLES) -> Iterator[Desk]:
    """A desk that has polled a feed of ships, by even and odd numbers."""
    items = [
        item(
            number, title=f"{'Even' if number % 2 == 0 else 'Odd'} ships {number}", at=START - timedelta(minutes=number)
        )
        for number in range(count)
    ]
    with serve({"/feed": Reply(rss(*items))}) as server:
        source = replace(feed_source(server), ignore=ignore)
        with desk(folder, sources=(source,), topics=topics) as at:
            at.run()
            yield at


def outlook(at: Desk, *topics: Topic, limit: int = 100) -> tuple[Outlook, ...]:
    with at.store.read() as reader:
        return look_ahead(reader, topics, compile_topics(topics, ()), limit)


def test_a_rule_that_did_not_change_is_counted_not_tried(tmp_path: Path) -> None:
    with stored(tmp_path, SHIPS) as at:
        (one,) = outlook(at, SHIPS, limit=1)
    assert one == Outlook(topic_id="ships", is_new=False, is_edited=False, matches=4, articles=4, is_whole=True)


@pytest.mark.parametrize(
    ("query", "limit", "expected", "why"),
    [
        ("odd", 100, (2, 0, 2), "a narrower rule"),
        ("ships OR port", 100, (4, 0, 0), "another form of the same"),
        ("port", 100, (0, 0, 4), "nothing"),
        ("odd", 2, (1, 0, 1), "among the newest two"),
    ],
)
def test_an_edited_rule_is_tried_on_the_newest(
    tmp_path: Path, query: str, limit: int, expected: tuple[int, int, int], why: str
) -> None:
    with stored(tmp_path, SHIPS) as at:
        (one,) = outlook(at, replace(SHIPS, query=query), limit=limit)
    assert (one.matches, one.adds, one.drops) == expected, why
    assert (one.is_edited, one.articles, one.is_whole) == (True, min(limit, ARTICLES), limit >= ARTICLES)


def test_a_new_topic_and_an_edited_one_are_told_apart(tmp_path: Path) -> None:
    with stored(tmp_path, replace(SHIPS, query="odd")) as at:
        edited, new = outlook(at, SHIPS, make.topic(id="new", query="even"))
    assert (edited.is_edited, edited.is_new, edited.adds, edited.drops) == (True, False, 2, 0)
    assert (new.is_edited, new.is_new, new.matches) == (False, True, 2)


def test_what_a_source_ignores_is_stored_and_never_published(tmp_path: Path) -> None:
    with stored(tmp_path, SHIPS, ignore="odd") as at:
        headlines = {view.stored.uri: view.stored.article.headline for view in at.articles()}
        assert len(headlines) == ARTICLES
        assert sorted(headlines[row.article_uri] for row in at.rows()) == ["Even ships 0", "Even ships 2"]


def test_what_is_ignored_no_more_is_gained_as_by_an_edit(tmp_path: Path) -> None:
    with stored(tmp_path, SHIPS, ignore="odd") as at:
        at.sources = (replace(at.sources[0], ignore=""),)
        at.run()
        assert sorted(row.state for row in at.rows()) == ["archived", "archived", "live", "live"]


@pytest.mark.slow
def test_articles_come_newest_first_over_several_chunks(tmp_path: Path) -> None:
    with stored(tmp_path, SHIPS, count=430) as at, at.store.read() as reader:
        numbers = [int(one.stored.article.headline.split()[-1]) for one in reader.asked_articles()]
        assert numbers == list(range(430))
        since = [one.stored.effective_at for one in reader.asked_articles(since=START - timedelta(minutes=2))]
        assert since == [START - timedelta(minutes=number) for number in range(3)]
        assert [one.topics for one in reader.asked_articles(limit=1)] == [frozenset(("ships",))]
        assert (reader.article_count(), reader.match_counts()) == (430, {"ships": 430})
