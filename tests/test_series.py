"""A source over time (rules R1): every entry that ever appeared is exactly one article, edits are its revisions.

A case is `tests/series/<name>.toml`: the documents one after the other and, by the headlines it had, each article.
"""

import tomllib
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import feedparser
import pytest

from aggregator.model.ledger import RowState
from aggregator.model.source import Source, SourceKind
from aggregator.model.topic import Topic
from tests.atom_rules import problems
from tests.desk import START, desk
from tests.documents import rss
from tests.loopback import Reply, Request, serve

pytestmark = pytest.mark.slow
CASES = sorted((Path(__file__).parent / "series").glob("*.toml"))
EVERYTHING = Topic(id="all", title="All", query="*", limit=1000)


def entry(values: dict[str, Any]) -> str:
    parts = [f"<description>{escape(values.get('text', 'A text.'))}</description>"]
    if "guid" in values:
        parts.append(f'<guid isPermaLink="false">{values["guid"]}</guid>')
    if "link" in values:
        parts.append(f"<link>https://example.org{values['link']}</link>")
    if "title" in values:
        parts.append(f"<title>{escape(values['title'])}</title>")
    if "at" in values:
        parts.append(f"<pubDate>{START + timedelta(hours=values['at']):%a, %d %b %Y %H:%M:%S} GMT</pubDate>")
    return f"<item>{''.join(parts)}</item>"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_every_entry_is_exactly_one_article(case: Path, tmp_path: Path) -> None:
    expected = tomllib.loads(case.read_text("utf-8"))
    documents = [rss(*(entry(values) for values in snapshot["items"])) for snapshot in expected["snapshots"]]
    current = 0
    history: dict[str, list[str]] = {}

    def answer(_: Request) -> Reply:
        return Reply(documents[current])

    with serve(answer) as server:
        source = Source(id="series", kind=SourceKind.FEED, url=server.url("/feed"))
        with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
            for current in range(len(documents)):
                # One run a snapshot and one more: running twice changes nothing.
                for minutes in (0, 1):
                    at.now = START + timedelta(hours=24 * current, minutes=minutes)
                    at.run()
                for view in at.articles():
                    headlines = history.setdefault(view.stored.uri, [])
                    if view.stored.article.headline not in headlines:
                        headlines.append(view.stored.article.headline)
            views, rows = at.articles(), at.rows()
            feed = at.feed("all")
    assert sorted(history.values()) == sorted(expected["articles"]), expected["why"]
    assert len(rows) == len({row.entry_id for row in rows}) == len(views), (
        "each article has one row, no id stands twice"
    )
    assert {row.article_uri for row in rows} == {view.stored.uri for view in views}, "none is lost"
    assert {row.state for row in rows} <= {RowState.LIVE, RowState.ARCHIVED}
    assert problems(feed) == ()
    assert len(feedparser.parse(feed).entries) == sum(row.state is RowState.LIVE for row in rows)


def test_a_page_shared_by_two_entries_makes_no_revisions(tmp_path: Path) -> None:
    expected = tomllib.loads((CASES[0].parent / "two_guids_one_page.toml").read_text("utf-8"))
    documents = [rss(*(entry(values) for values in snapshot["items"])) for snapshot in expected["snapshots"]]
    for document in documents:
        with serve({"/feed": Reply(document)}) as server:
            source = Source(id="series", kind=SourceKind.FEED, url=server.url("/feed"))
            with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
                at.run()
                (view,) = at.articles()
    assert view.stored.version == 1
