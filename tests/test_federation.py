"""Desks that read each other: the chain of an entry is kept, its own come back as its own, nothing grows (product S13)."""

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from aggregator.model.ledger import RowState
from aggregator.model.source import Announce, Republish
from aggregator.model.topic import Grain, Topic
from tests import atom_rules
from tests.desk import Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, Request, serve

ATOM = "{http://www.w3.org/2005/Atom}"
AGG = "{urn:uuid:0f8a4a55-6f0c-4d5e-9f64-0a3c5b7d2e91}"
LONG = " ".join(f"word{number}" for number in range(80))


class Folder:
    """A server of one desk's published files."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, request: Request) -> Reply:
        path = self.directory / request.path.removeprefix("/")
        return Reply(path.read_bytes()) if path.is_file() else Reply(b"", status=404)


def entries(document: bytes) -> list[etree._Element]:
    return list(etree.fromstring(document).iterfind(f"{ATOM}entry"))


def chain(entry: etree._Element) -> list[tuple[str | None, str | None]]:
    return [(one.get("feed"), one.get("entry")) for one in entry.iterfind(f"{AGG}relay")]


@pytest.mark.parametrize(
    ("grain", "form"),
    [
        (Grain.UNIQUE, "atom"),
        *(
            pytest.param(grain, form, marks=pytest.mark.slow)
            for grain in (Grain.UNIQUE, Grain.ARTICLES)
            for form in ("atom", "rss", "json")
            if (grain, form) != (Grain.UNIQUE, "atom")
        ),
    ],
)
def test_two_desks_that_subscribe_to_each_other_double_nothing(tmp_path: Path, grain: Grain, form: str) -> None:
    topic = Topic(id="all", title="All", query="*", grain=grain)
    news = Reply(rss(*(item(number, text=f"{number} {LONG}") for number in range(1, 4))))
    with ExitStack() as stack:
        world = stack.enter_context(serve({"/feed": news}))
        one, two = (
            stack.enter_context(desk(tmp_path / name, sources=(), topics=(topic,)))
            for name in _made(tmp_path, "one", "two")
        )
        served = [stack.enter_context(serve(Folder(at.directory))) for at in (one, two)]
        first, second = (
            feed_source(server, f"/all.{form}", announce=Announce.ALL, republish=Republish.FULL) for server in served
        )
        origin = feed_source(world, "/feed", announce=Announce.ALL, republish=Republish.FULL)
        one.sources = (origin, replace(second, id="two"))
        two.sources = (replace(first, id="one"),)
        two.instance = 2
        seen = []
        for minutes in range(6):
            for at in (one, two):
                at.now += timedelta(minutes=20 * (minutes > 0))
                at.run()
            seen.append((len(one.articles()), len(two.articles()), one.feed("all"), two.feed("all")))
    assert [counts[:2] for counts in seen[1:]] == [(3, 3)] * 5
    assert len({documents[2:] for documents in seen[2:]}) == 1, "nothing changes any more"
    for document in seen[-1][2:]:
        assert atom_rules.problems(document) == ()
        assert b"Also in" not in document
        assert len(entries(document)) == 3


def _made(folder: Path, *names: str) -> tuple[str, ...]:
    for name in names:
        (folder / name).mkdir()
    return names


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_the_innermost_origin_stays_and_those_between_are_recorded(tmp_path: Path, form: str) -> None:
    topic = Topic(id="all", title="All", query="*")
    news = Reply(rss(item(1, text=LONG), title="The origin"))
    with ExitStack() as stack:
        server = stack.enter_context(serve({"/feed": news}))
        desks: list[Desk] = []
        for number, name in enumerate(_made(tmp_path, "one", "two", "three"), 1):
            source = feed_source(server, f"/all.{form}" if desks else "/feed", announce=Announce.ALL)
            at = stack.enter_context(desk(tmp_path / name, sources=(source,), topics=(topic,)))
            at.instance = number
            at.run()
            desks.append(at)
            server = stack.enter_context(serve(Folder(at.directory)))
        documents = [at.feed("all") for at in desks]
        (row,) = desks[2].rows()
    found = [entries(document)[0] for document in documents]
    assert [entry.findtext(f"{ATOM}source/{ATOM}title") for entry in found] == ["The origin"] * 3
    names = [
        (etree.fromstring(document).findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}id"))
        for document, entry in zip(documents, found, strict=True)
    ]
    assert [chain(entry) for entry in found] == [[], names[:1], names[:2]]
    assert row.state is RowState.LIVE
    assert all(atom_rules.problems(document) == () for document in documents)


def test_a_private_feed_is_named_in_no_chain(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    topic = Topic(id="all", title="All", query="*")
    with ExitStack() as stack:
        world = stack.enter_context(serve({"/feed": Reply(rss(item(1)))}))
        one = stack.enter_context(desk(tmp_path / "one", sources=(feed_source(world),), topics=(topic,)))
        one.run()
        server = stack.enter_context(serve(Folder(one.directory)))
        private = feed_source(server, "/all.atom", private=True)
        two = stack.enter_context(desk(tmp_path / "two", sources=(private,), topics=(topic,)))
        two.instance = 2
        two.run()
        document = two.feed("all")
    assert len(entries(document)) == 1
    assert b"relay" not in document


def test_the_line_on_copies_does_not_become_part_of_the_text(tmp_path: Path) -> None:
    topic = Topic(id="all", title="All", query="*")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    text = f"<p>{LONG}</p>".replace("<", "&lt;")
    with ExitStack() as stack:
        world = stack.enter_context(
            serve(
                {
                    "/a": Reply(rss(item(1, text=text, link="https://a.example.org/1"), title="A")),
                    "/b": Reply(rss(item(2, title="Item 1", text=text, link="https://b.example.org/2"), title="B")),
                }
            )
        )
        sources = tuple(
            feed_source(world, path, announce=Announce.ALL, republish=Republish.FULL) for path in ("/a", "/b")
        )
        one = stack.enter_context(desk(tmp_path / "one", sources=sources, topics=(topic,)))
        one.run()
        server = stack.enter_context(serve(Folder(one.directory)))
        source = feed_source(server, "/all.atom", announce=Announce.ALL, republish=Republish.FULL)
        two = stack.enter_context(desk(tmp_path / "two", sources=(source,), topics=(topic,)))
        two.instance = 2
        two.run()
        told = feedparser.parse(one.feed("all")).entries[0].content[0].value
        (view,) = two.articles()
    assert re.search("Also in: ", told)
    assert view.stored.article.body_text == LONG
