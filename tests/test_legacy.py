"""Subscribers of another planet are taken over: its feed id and the ids of its entries, and nothing is new to them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from aggregator.ledger import LegacyEntry, legacy_ids
from aggregator.model.source import Announce
from aggregator.model.topic import Topic
from tests.commands import typed
from tests.desk import START, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, serve
from tests.program import feed_table

ATOM = "{http://www.w3.org/2005/Atom}"
OLD = START - timedelta(days=30)


def old(number: int, **changes: object) -> LegacyEntry:
    entry = LegacyEntry(
        id=f"tag:planet.example.org,2020:{number}",
        link=f"https://example.org/{number}",
        title=f"Item {number}",
        updated_at=OLD,
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


FOUND = [
    (old(1), "https://example.org/1", "Another headline", True, "the page"),
    (old(1), "https://EXAMPLE.org/1?utm_source=x", "Another headline", True, "the page, written otherwise"),
    (old(1), "https://example.org/elsewhere", "  ITEM 1 ", True, "the headline, folded"),
    (old(1), "https://example.org/2", "Item 2", False, "neither"),
    (
        old(1, link="https://example.org/", title=""),
        "https://example.org/",
        "Item 1",
        False,
        "a home page is no entry's",
    ),
    (old(1, id="42"), "https://example.org/1", "Item 1", False, "a number is no id"),
]


@pytest.mark.parametrize(("entry", "url", "headline", "is_found", "why"), FOUND)
def test_an_article_is_known_by_its_page_else_by_its_headline(
    entry: LegacyEntry, url: str, headline: str, is_found: bool, why: str
) -> None:
    assert (legacy_ids([entry]).find(url, headline) == entry) is is_found, why


def test_what_two_old_entries_share_names_neither() -> None:
    ids = legacy_ids([old(1), old(2, link="https://example.org/1", title="Item 1")])
    assert ids.find("https://example.org/1", "Item 1") is None
    assert legacy_ids([old(1), old(1)]).find("https://example.org/1", "") == old(1), "an exact repeat is one entry"


def test_entries_and_feed_keep_the_ids_that_subscribers_know(tmp_path: Path) -> None:
    topic = Topic(id="all", title="All", query="*", feed_id="tag:planet.example.org,2020:planet")
    other = Topic(id="other", title="Other", query="*")
    with serve({"/feed": Reply(rss(item(1), item(2)))}) as server:
        sources = (feed_source(server, announce=Announce.ALL),)
        with desk(tmp_path, sources=sources, topics=(topic, other)) as at:
            at.legacy = legacy_ids([old(1)])
            at.run()
            before = at.feed("all")
            at.legacy = legacy_ids([])
            at.topics = (replace(topic, feed_id=None), other)
            at.now += timedelta(hours=1)
            at.run()
            after = at.feed("all")
            elsewhere = etree.fromstring(at.feed("other"))
    root = etree.fromstring(before)
    entries = {entry.findtext(f"{ATOM}title"): entry for entry in root.iterfind(f"{ATOM}entry")}
    assert root.findtext(f"{ATOM}id") == "tag:planet.example.org,2020:planet"
    assert entries["Item 1"].findtext(f"{ATOM}id") == "tag:planet.example.org,2020:1"
    assert entries["Item 1"].findtext(f"{ATOM}updated") == "2026-01-30T12:00:00Z"
    assert str(entries["Item 2"].findtext(f"{ATOM}id")).startswith("urn:uuid:")
    assert after == before, "what was given once is the truth"
    assert "tag:planet.example.org,2020:1" in [
        entry.findtext(f"{ATOM}id") for entry in elsewhere.iterfind(f"{ATOM}entry")
    ]


CONFIG = """
[fetch]
allow_networks = ["127.0.0.0/8"]
[[topics]]
id = "all"
title = "All"
query = "*"
"""


@pytest.mark.slow
def test_the_old_document_is_read_from_its_file_and_the_feed_id_is_fixed(tmp_path: Path) -> None:
    document = rss(item(1, guid="tag:planet.example.org,2020:1"))
    (tmp_path / "old.atom").write_bytes(document)
    with serve({"/feed": Reply(rss(item(1)))}) as server:
        taken = 'feed_id = "tag:planet.example.org,2020:planet"\nlegacy_ids = "old.atom"\n'
        config = tmp_path / "config.toml"
        config.write_text(CONFIG + taken + feed_table(server.url("/feed")), "utf-8")
        assert typed(tmp_path, "once").code == 0
        root = etree.fromstring((tmp_path / "feeds" / "all.atom").read_bytes())
        assert [root.findtext(f"{ATOM}id"), root.findtext(f"{ATOM}entry/{ATOM}id")] == [
            "tag:planet.example.org,2020:planet",
            "tag:planet.example.org,2020:1",
        ]
        config.write_text(config.read_text("utf-8").replace(",2020:planet", ",2021:planet"), "utf-8")
        refused = typed(tmp_path, "once")
        assert refused.code == 78
        assert "topics[0].feed_id: 'all' is published as 'tag:planet.example.org,2020:planet'" in refused.err
        (tmp_path / "old.atom").unlink()
        lost = typed(tmp_path, "once")
    assert lost.code == 78
    assert "feed_id" in lost.err or "legacy_ids" in lost.err
