"""A source that changes everything about its entries but what they say: nothing new goes out, and the health feed tells (rules R19).

A case is a way in which a source names its entries and what it changes, in turn, one change a day.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

import feedparser
import pytest

from aggregator.model.source import Announce
from aggregator.model.topic import Topic
from tests.desk import START, Desk, desk
from tests.documents import feed_source, rss
from tests.loopback import Reply, Request, serve

EVERYTHING = Topic(id="all", title="All", query="*", window=timedelta(days=30), max_per_hour=1000)
SUBJECTS = ("harbour", "bridge", "railway", "market", "lighthouse", "theatre", "reservoir", "airfield")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry as the source prints it; None leaves the element out."""

    title: str
    guid: str | None
    link: str | None
    at: datetime | None
    text: str

    def __str__(self) -> str:
        parts = [f"<title>{escape(self.title)}</title><description>{escape(self.text)}</description>"]
        if self.guid:
            parts.append(f'<guid isPermaLink="false">{escape(self.guid)}</guid>')
        if self.link:
            parts.append(f"<link>{escape(self.link)}</link>")
        if self.at:
            parts.append(f"<pubDate>{self.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>")
        return f"<item>{''.join(parts)}</item>"


def items() -> list[Item]:
    return [
        Item(
            title=f"Council votes on the {subject}",
            guid=f"tag:one.example,2026:{number}",
            link=f"http://one.example/news/{number}-{subject}.html",
            at=START - timedelta(hours=number + 1),
            text=f"The council of Tarbona voted on Monday to repair the {subject}, {number + 3} members against {number}.",
        )
        for number, subject in enumerate(SUBJECTS)
    ]


Change = Callable[[Item, int], Item]
CHANGES: dict[str, Change] = {
    "ids": lambda item, number: replace(item, guid=item.guid and f"{number}@two.example"),
    "dates": lambda item, number: replace(item, at=item.at and START + timedelta(minutes=number)),
    "host": lambda item, _: replace(item, link=item.link and item.link.replace("one.example", "www.two.example")),
    "scheme": lambda item, _: replace(item, link=item.link and item.link.replace("http:", "https:")),
    "case of the titles": lambda item, _: replace(item, title=item.title.upper()),
    "tracking": lambda item, _: replace(item, link=item.link and f"{item.link}?utm_source=feed"),
    "ids and dates": lambda item, number: replace(
        item, guid=item.guid and f"urn:x:{number}", at=item.at and START + timedelta(minutes=90 + number)
    ),
    "ids, host and dates": lambda item, number: replace(
        item,
        guid=item.guid and f"urn:y:{number}",
        at=item.at and START + timedelta(minutes=200 + number),
        link=item.link and item.link.replace("www.two.example", "three.example"),
    ),
}
NAMED_BY: dict[str, Change] = {
    "a guid and a link": lambda item, _: item,
    "a link": lambda item, _: replace(item, guid=None),
    "a guid": lambda item, _: replace(item, link=None),
    "nothing but title and date": lambda item, _: replace(item, guid=None, link=None),
    "nothing but its title": lambda item, _: replace(item, guid=None, link=None, at=None),
    "a guid that is its page": lambda item, _: replace(item, guid=item.link),
}


def entries(at: Desk) -> dict[str, str]:
    return {entry.id: entry.title for entry in feedparser.parse(at.feed("all")).entries}


@pytest.mark.slow
@pytest.mark.parametrize("named_by", NAMED_BY)
def test_a_source_that_changes_all_but_its_words_brings_no_new_entry(named_by: str, tmp_path: Path) -> None:
    printed = [NAMED_BY[named_by](item, number) for number, item in enumerate(items())]

    def answer(_: Request) -> Reply:
        return Reply(rss(*map(str, printed)))

    with serve(answer) as server:
        source = feed_source(server, announce=Announce.ALL)
        with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
            at.run()
            first = entries(at)
            assert len(first) == len(SUBJECTS)
            for day, (name, change) in enumerate(CHANGES.items(), start=1):
                printed = [change(item, number) for number, item in enumerate(printed)]
                for hours in (0, 2, 4):
                    at.now = START + timedelta(days=day, hours=hours)
                    at.run()
                    assert set(entries(at)) == set(first), f"after a change of {name}"
            assert {title.casefold() for title in entries(at).values()} == {
                title.casefold() for title in first.values()
            }
            told = feedparser.parse((tmp_path / "feeds" / "source-health.atom").read_bytes()).entries
    if named_by != "a guid":
        assert any(entry.title == "feed: changed the ids of its entries" for entry in told)
