"""Changed topics are matched anew a chunk at a time; what happens between two chunks loses nothing and adds nothing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.fetch import HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.ledger import RowState
from aggregator.model.topic import Grain
from aggregator.pipeline import Works, attend, rematch
from aggregator.pipeline.rematch import steps
from tests import make
from tests.desk import LIMITS, START, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

ARTICLES = 230
"""More than a chunk of 200."""
NEW = make.topic(id="new", query="ships", window=timedelta(days=30))


@contextmanager
def stored(folder: Path) -> Iterator[Desk]:
    """A desk that has the articles, and now a topic for them."""
    items = [item(number, title=f"Ships {number}", at=START - timedelta(minutes=number)) for number in range(ARTICLES)]
    with serve({"/feed": Reply(rss(*items))}) as server, desk(folder, sources=(feed_source(server),), topics=()) as at:
        at.run()
        at.topics = (NEW,)
        yield at


def works_of(at: Desk) -> Works:
    """The parts; nothing is fetched here."""
    return at.works(HttpFetcher(LIMITS))


def states(at: Desk) -> Counter[RowState]:
    return Counter(row.state for row in at.rows())


def test_a_new_topic_that_is_interrupted_goes_on_as_a_new_one(tmp_path: Path) -> None:
    with stored(tmp_path) as at:
        works = works_of(at)
        begun = steps(works.store.batch, works, at.now)
        gained = 0
        while not gained:  # until the first chunk of entries is in; then the process dies
            gained = next(begun)
        assert (gained, sum(states(at).values())) == (200, 200)
        rematch(works_of(at), at.now + timedelta(minutes=1))
        assert states(at) == {RowState.ARCHIVED: ARTICLES - 100, RowState.LIVE: 100}
        assert rematch(works_of(at), at.now + timedelta(minutes=2)) == 0


def test_entries_keep_their_order_across_chunks(tmp_path: Path) -> None:
    with stored(tmp_path) as at:
        rematch(works_of(at), at.now)
        times = [row.first_published_at for row in at.rows()]
        assert times == sorted(times)
        assert len(set(times)) == ARTICLES


def test_a_text_that_was_edited_meanwhile_is_asked_again(tmp_path: Path) -> None:
    with stored(tmp_path) as at:
        works = works_of(at)
        begun = steps(works.store.batch, works, at.now)
        assert [next(begun), next(begun)] == [0, 0]  # every article has been matched
        newest = max(at.articles(), key=lambda view: view.stored.effective_at).stored
        with works.store.batch() as batch:
            edited = replace(newest.article, headline="Something else")
            batch.save_article(replace(newest, article=edited), batch.fingerprints(newest.uri))
        assert sum(begun) == ARTICLES - 1
        assert newest.uri not in {row.article_uri for row in at.rows()}


def test_what_is_pinned_enters_a_topic_and_a_grain_that_come_later(tmp_path: Path) -> None:
    with stored(tmp_path) as at:
        pinned, dropped = (view.stored.uri for view in at.articles()[:2])
        for uri in (pinned, dropped):
            at.decide(Word.PIN, uri, topic_id="empty")
        at.now += timedelta(minutes=1)
        at.decide(Word.DROP, dropped, topic_id="empty")
        attend(works_of(at), at.now)
        empty = make.topic(id="empty", query="lighthouse")
        at.topics = (empty,)
        rematch(works_of(at), at.now)
        at.topics = (replace(empty, also=(Grain.ARTICLES,)),)
        rematch(works_of(at), at.now)
        with at.store.batch() as batch:
            rows = [row for grain in (empty.grain, Grain.ARTICLES) for row in batch.all_rows("empty", grain)]
        assert [(row.article_uri, row.state, row.reason) for row in rows] == [
            (pinned, RowState.LIVE, "pinned by maria: a reason")
        ] * 2
