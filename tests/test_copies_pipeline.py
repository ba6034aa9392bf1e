"""Copies through the whole pipe: one text is told once, its copies are kept and named, and what people decide stays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from aggregator.dedup.origin import Contribution, independent
from aggregator.model.desk import Word
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import AgencyName, Republish
from aggregator.model.topic import Grain, Topic
from aggregator.render import AGG, ATOM
from aggregator.storage import ArticleView
from tests.atom_rules import problems
from tests.desk import START, Desk, desk
from tests.documents import feed_source, folder_source, item, rss, write
from tests.loopback import Reply, Request, Server, serve

TASS = AgencyName(id="tass", name="TASS", forms=("TASS", "ITAR-TASS"))
EVERYTHING = Topic(id="all", title="All", query="*")
WRITTEN = datetime(2025, 11, 25, 11, 32, 10, tzinfo=UTC)
LATER = WRITTEN + timedelta(minutes=30)

HEADLINE = "Envoy calls for one table on the harbour dispute"
REPORT = (
    "The two administrations that contest the harbour of Tarbona should meet at one table before the winter ends, the "
    "deputy minister Pavel Orlin told reporters on Tuesday. He said that 14 delegations had been invited and that 9 of "
    "them had answered. Nobody wants a second blockade, Orlin said, and the shipping companies of Velmare had asked for "
    "guarantees in writing. The talks are to be led by the special envoy Ilse Brandt, who arrives on Thursday with a "
    "draft of 22 articles. A first draft was refused in the spring because it left the pilots of the northern mole out."
)
REWRITE = REPORT.replace("should meet at one table", "ought to meet at one table").replace(
    "Nobody wants a second blockade", "No one wants another blockade"
)
SHORTER = REPORT.replace(", and the shipping companies of Velmare had asked for guarantees in writing", "")
INDEPENDENT = (
    "Fishermen in Tarbona have watched the quarrel over their port from the quay for three years, and few of them think "
    "that a conference will end it. Our correspondent found cranes standing still and a customs house with two flags. "
    "Pavel Orlin, who speaks for the ministry, says fourteen delegations are coming; the harbour master has rooms for six."
)
OTHER = (
    "The museum of Velmare opens a new wing for its collection of sea charts this weekend. The oldest of them was drawn on "
    "goat skin by a pilot whose name is lost, and shows islands that no later traveller found. Entry is free on Sunday."
)
REPORTS = ((1, REPORT), (2, f"{REPORT} {OTHER} {INDEPENDENT}"))


class Outlets:
    """Sites whose feeds the test fills."""

    def __init__(self) -> None:
        self.feeds: dict[str, bytes] = {}

    def __call__(self, request: Request) -> Reply:
        body = self.feeds.get(request.path)
        return Reply(b"", status=404) if body is None else Reply(body)

    def print(self, name: str, text: str, *, title: str, number: int = 1, at: datetime | None = None) -> None:
        """The outlet's feed holds this one report."""
        link, guid = f"https://{name}.example.org/{number}", f"tag:{name}.example.org,2026:{number}"
        when = at or START - timedelta(hours=1)
        self.feeds[f"/{name}"] = rss(item(number, title=title, text=text, link=link, guid=guid, at=when), title=name)


@dataclass(slots=True)
class Newsroom:
    desk: Desk
    outlets: Outlets
    server: Server

    def subscribe(self, *names: str) -> None:
        added = tuple(feed_source(self.server, f"/{name}", publisher=name.title()) for name in names)
        self.desk.sources = (*self.desk.sources, *added)

    def run(self, *, hours: float = 1) -> None:
        self.desk.now += timedelta(hours=hours)
        self.desk.run()

    def print(self, name: str, text: str, *, title: str = HEADLINE, **more: object) -> None:
        """The outlet prints the report and is polled."""
        self.outlets.print(name, text, title=title, **more)  # type: ignore[arg-type]
        if name not in {source.id for source in self.desk.sources}:
            self.subscribe(name)
        self.run()

    def article(self, source_id: str) -> ArticleView:
        """The article whose text is that source's."""
        (found,) = (view for view in self.desk.articles() if view.stored.owner.source_id == source_id)
        return found

    def row(self, source_id: str, topic_id: str = "all") -> LedgerRow:
        uri = self.article(source_id).stored.uri
        (found,) = (row for row in self.desk.rows() if (row.article_uri, row.topic_id) == (uri, topic_id))
        return found

    def states(self) -> dict[str, RowState]:
        return {source.id: self.row(source.id).state for source in self.desk.sources}

    def group(self, source_id: str) -> set[str]:
        """The owners of the texts in the group of that source's text."""
        name = self.article(source_id).copy_group
        return {view.stored.owner.source_id for view in self.desk.articles() if name and view.copy_group == name}

    def decide(self, word: Word, source_id: str, other: str | None = None) -> None:
        other_uri = self.article(other).stored.uri if other else None
        self.desk.decide(word, self.article(source_id).stored.uri, other_uri=other_uri)
        self.run()

    def entries(self, topic_id: str = "all") -> list[etree._Element]:
        return list(etree.fromstring(self.desk.feed(topic_id)).iterfind(f"{{{ATOM}}}entry"))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    outlets = Outlets()
    with serve(outlets) as server, desk(tmp_path, sources=(), topics=(EVERYTHING,), agencies=(TASS,)) as at:
        yield Newsroom(at, outlets, server)


def text_of(entry: etree._Element) -> str:
    return "".join(entry.findtext(f"{{{ATOM}}}{name}") or "" for name in ("summary", "content"))


def updated(entry: etree._Element) -> str:
    return entry.findtext(f"{{{ATOM}}}updated") or ""


def entry_id(entry: etree._Element) -> str:
    return entry.findtext(f"{{{ATOM}}}id") or ""


def test_a_wire_text_its_report_in_a_feed_two_rewrites_and_an_independent_report(
    room: Newsroom, tmp_path: Path
) -> None:
    write(tmp_path / "in", "report.txt", f"{HEADLINE}\n\nMOSCOW, November 25. /TASS/. {REPORT}\n")
    room.desk.sources = (folder_source(tmp_path / "in"),)
    room.desk.now = WRITTEN + timedelta(minutes=10)
    room.run()
    (first,) = room.entries()
    uri = room.article("folder").stored.uri
    written = room.article("folder").stored.article.content_created
    assert first.find(f"{{{ATOM}}}link[@rel='alternate']") is None

    room.print("wire", f"MOSCOW, November 25. /TASS/. {REPORT} (TASS)", at=WRITTEN)
    room.print("courier", REWRITE, title="Orlin wants talks on Tarbona before winter ends", at=LATER)
    room.print("herald", SHORTER, title="Harbour dispute: 14 delegations invited to one table", at=LATER)
    room.print("gazette", INDEPENDENT, title="On the quay of Tarbona nobody waits for a conference", at=LATER)
    room.run()

    local = room.article("folder").stored
    entries = {entry_id(entry): entry for entry in room.entries()}
    assert set(entries) == {entry_id(first), room.row("gazette").entry_id}
    assert (local.uri, local.version) == (uri, 1)
    assert local.article.url == "https://wire.example.org/1"
    assert local.article.published is not None
    assert (local.article.published.value, local.article.content_created) == (WRITTEN, written)
    told = entries[entry_id(first)]
    assert updated(told) == updated(first)
    assert [link.get("href") for link in told.iterfind(f"{{{ATOM}}}link[@rel='alternate']")] == [local.article.url]
    assert "Also in: " in text_of(told)
    assert all(name in text_of(told) for name in ("Courier", "Herald"))
    assert "Gazette" not in text_of(told)
    assert room.group("folder") >= {"folder", "courier", "herald"}
    assert room.article("gazette").copy_group is None
    originators = [Contribution(group=view.copy_group or view.stored.uri, agency=None) for view in room.desk.articles()]
    assert independent(originators) == 2
    assert room.row("courier").reason.startswith(f"copy of “{HEADLINE}” (copy, 9")
    assert problems(room.desk.feed("all")) == ()
    room.run()
    assert {entry_id(entry) for entry in room.entries()} == set(entries)


YEARLESS = REPORT.replace("on Tuesday", "on a windy morning")


@pytest.mark.parametrize(
    ("why", "wire_text", "printed_at"),
    [
        ("the same words, which identity alone finds", REPORT, WRITTEN),
        ("an outlet's edit", REWRITE, WRITTEN),
        ("an old report, whose year only the outlet tells", REWRITE, WRITTEN.replace(year=2022)),
    ],
)
@pytest.mark.parametrize("is_local_first", [True, False])
def test_a_local_report_gets_the_address_and_the_exact_date_of_its_copy(
    room: Newsroom, tmp_path: Path, *, why: str, wire_text: str, printed_at: datetime, is_local_first: bool
) -> None:
    del why
    write(tmp_path / "in", "report.txt", f"{HEADLINE}\n\nMOSCOW, November 25. /TASS/. {YEARLESS}\n")
    folder = folder_source(tmp_path / "in")
    text = wire_text.replace("on Tuesday", "on a windy morning")
    if is_local_first:
        room.desk.sources = (folder,)
        room.run()
        room.print("wire", text, at=printed_at)
    else:
        room.print("wire", text, at=printed_at)
        room.desk.sources = (*room.desk.sources, folder)
        room.run()
    found = [view.stored for view in room.desk.articles()]
    assert all(one.article.url == "https://wire.example.org/1" for one in found)
    assert all(one.article.published and one.article.published.value == printed_at for one in found)
    assert len([row for row in room.desk.rows() if row.state is not RowState.HELD]) == 1
    (row,) = (row for row in room.desk.rows() if row.state is not RowState.HELD)
    assert row.updated_at == row.first_published_at


def test_a_text_without_rights_keeps_no_copy_back(room: Newsroom) -> None:
    room.outlets.print("wire", REPORT, title=HEADLINE)
    room.desk.sources = (feed_source(room.server, "/wire", republish=Republish.NONE),)
    room.run()
    room.print("courier", REWRITE)
    assert room.states() == {"wire": RowState.HELD, "courier": RowState.LIVE}
    assert "Also in" not in "".join(map(text_of, room.entries()))


def test_a_copy_is_told_once_and_named_in_the_entry_whose_updated_does_not_move(room: Newsroom) -> None:
    room.print("wire", REPORT)
    (before,) = room.entries()
    room.print("courier", REWRITE)
    (after,) = room.entries()
    (copy,) = after.iterfind(f"{{{AGG}}}copy")
    (group,) = after.iterfind(f"{{{AGG}}}copyGroup")
    assert (entry_id(after), updated(after)) == (entry_id(before), updated(before))
    assert text_of(after) == text_of(before) + "\n\nAlso in: Courier"
    assert (copy.text, copy.get("href"), copy.get("relation")) == ("Courier", "https://courier.example.org/1", "copy")
    assert (group.text, group.get("texts")) == (room.article("wire").stored.uri, "2")
    assert room.states() == {"wire": RowState.LIVE, "courier": RowState.HELD}
    assert room.row("courier").copy_of == room.article("wire").stored.uri


def test_an_outlet_with_the_very_same_text_is_named_though_it_is_one_article(room: Newsroom) -> None:
    room.print("wire", REPORT)
    (before,) = room.entries()
    room.print("courier", REPORT)
    room.print("herald", REWRITE)
    (after,) = room.entries()
    assert len(room.desk.articles()) == 2
    assert (entry_id(after), updated(after)) == (entry_id(before), updated(before))
    assert text_of(after).endswith("Also in: Courier, Herald")
    copies = [(one.text, one.get("href")) for one in after.iterfind(f"{{{AGG}}}copy")]
    assert copies == [("Courier", "https://courier.example.org/1"), ("Herald", "https://herald.example.org/1")]
    assert problems(room.desk.feed("all")) == ()


def test_reports_under_one_address_are_no_versions_of_one_another(room: Newsroom) -> None:
    page = "https://planet.example.org/all"
    reports = [
        item(n, title=HEADLINE if n == 1 else f"{HEADLINE}, {n} days on", text=text, link=page) for n, text in REPORTS
    ]
    room.outlets.feeds["/planet"] = rss(*reports, title="planet")
    room.subscribe("planet")
    room.run()
    assert [view.copy_group for view in room.desk.articles()] == [None, None]


def test_the_grain_articles_keeps_every_copy(room: Newsroom) -> None:
    room.desk.topics = (replace(EVERYTHING, grain=Grain.ARTICLES),)
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    assert room.states() == {"wire": RowState.LIVE, "courier": RowState.LIVE}
    assert not any("Also in" in text_of(entry) for entry in room.entries())


def test_a_copy_found_in_the_same_poll_is_told_once(room: Newsroom) -> None:
    for name, text in (("wire", REPORT), ("courier", REWRITE), ("museum", OTHER)):
        room.outlets.print(name, text, title=HEADLINE if text != OTHER else "Charts of islands that nobody found")
    room.subscribe("wire", "courier", "museum")
    room.run()
    assert sorted(room.states().values()) == [RowState.HELD, RowState.LIVE, RowState.LIVE]
    assert room.states()["museum"] is RowState.LIVE


def test_a_kill_of_the_entry_frees_a_copy_and_the_next_copy_waits_for_that(room: Newsroom) -> None:
    for name, text in (("wire", REPORT), ("courier", REWRITE), ("herald", SHORTER)):
        room.print(name, text)
    room.decide(Word.KILL, "wire")
    assert room.states() == {"wire": RowState.WITHDRAWN, "courier": RowState.LIVE, "herald": RowState.HELD}
    assert room.row("herald").copy_of == room.article("courier").stored.uri
    (entry,) = room.entries()
    assert "Also in: Herald" in text_of(entry)
    assert "Wire" not in text_of(entry)


def test_a_copy_that_is_freed_after_the_window_goes_to_the_archive(room: Newsroom) -> None:
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    room.desk.now += timedelta(days=7)
    room.decide(Word.KILL, "wire")
    assert room.states()["courier"] is RowState.ARCHIVED


def test_what_the_desk_holds_does_not_come_out_by_its_copies(room: Newsroom) -> None:
    room.print("wire", REPORT)
    room.decide(Word.HOLD, "wire")
    room.print("courier", REWRITE)
    assert room.entries() == []
    room.decide(Word.RELEASE, "wire")
    assert room.states() == {"wire": RowState.LIVE, "courier": RowState.HELD}


def test_a_pinned_copy_goes_out_beside_the_entry(room: Newsroom) -> None:
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    room.desk.decide(Word.PIN, room.article("courier").stored.uri, topic_id="all")
    room.run()
    assert room.states() == {"wire": RowState.LIVE, "courier": RowState.LIVE}


def test_what_the_desk_splits_stays_apart_and_what_it_merges_together(room: Newsroom) -> None:
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    room.decide(Word.SPLIT, "wire", "courier")
    assert room.states() == {"wire": RowState.LIVE, "courier": RowState.LIVE}
    assert room.article("wire").copy_group is None
    assert "Also in" not in "".join(map(text_of, room.entries()))
    # Grouped again because of a third copy, and because of an edit: the decision stays.
    room.print("herald", SHORTER)
    room.print("courier", REWRITE + " The harbour stays open.")
    assert len({view.copy_group for view in room.desk.articles()}) == 2
    room.print("museum", OTHER, title="Charts of islands that nobody found")
    room.decide(Word.MERGE, "museum", "courier")
    assert room.group("museum") >= {"museum", "courier"}
    room.decide(Word.SPLIT, "courier", "museum")
    assert "museum" not in room.group("courier")


@pytest.mark.parametrize("apart", [("museum", "wire"), ("wire", "museum")])
def test_two_published_entries_that_merge_both_stay_and_the_younger_gets_no_more_updates_until_they_part(
    room: Newsroom, apart: tuple[str, str]
) -> None:
    room.print("wire", REPORT)
    room.print("museum", OTHER, title="Charts of islands that nobody found")
    before = {entry_id(entry): updated(entry) for entry in room.entries()}
    room.decide(Word.MERGE, "museum", "wire")
    room.run(hours=2)
    room.print("museum", OTHER.replace("goat", "calf"), title="Charts of islands that nobody found")
    assert {entry_id(entry): updated(entry) for entry in room.entries()} == before
    by_id = {entry_id(entry): entry for entry in room.entries()}
    younger = by_id[room.row("museum").entry_id]
    assert "goat skin" in text_of(younger)
    (related,) = younger.iterfind(f"{{{ATOM}}}link[@rel='related']")
    assert related.get("href") == "https://wire.example.org/1"
    assert "Also in: Museum" in text_of(by_id[room.row("wire").entry_id])
    assert problems(room.desk.feed("all")) == ()
    room.decide(Word.SPLIT, *apart)
    assert "calf skin" in "".join(map(text_of, room.entries()))


def test_an_edit_that_makes_it_another_text_frees_it_and_one_that_makes_it_a_copy_holds_nothing_back(
    room: Newsroom,
) -> None:
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    room.print("courier", OTHER, title="Charts of islands that nobody found")
    assert room.states() == {"wire": RowState.LIVE, "courier": RowState.LIVE}
    assert room.article("wire").copy_group is None
    room.print("courier", REWRITE)
    assert room.states() == {"wire": RowState.LIVE, "courier": RowState.LIVE}
    assert room.group("wire") == {"wire", "courier"}


def test_a_copy_outside_the_topic_is_named_and_does_not_keep_the_entry_out(room: Newsroom) -> None:
    room.desk.topics = (replace(EVERYTHING, id="some", query="publisher:Courier"),)
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    (entry,) = room.entries("some")
    assert "Also in: Wire" in text_of(entry)


def test_a_new_topic_tells_stored_copies_once(room: Newsroom) -> None:
    room.desk.topics = ()
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    room.desk.topics = (EVERYTHING,)
    room.run()
    (entry,) = room.entries()
    assert entry_id(entry) == room.row("wire").entry_id
    assert "Also in: Courier" in text_of(entry)


def test_a_restart_and_a_second_poll_change_nothing(room: Newsroom, tmp_path: Path) -> None:
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    before = room.desk.feed("all"), room.desk.rows()
    room.desk.store.close()
    with desk(tmp_path, sources=room.desk.sources, topics=room.desk.topics, now=room.desk.now) as at:
        at.agencies = room.desk.agencies
        at.now += timedelta(hours=1)
        at.run()
        assert (at.feed("all"), at.rows()) == before


def test_a_full_archive_page_keeps_its_bytes_when_a_copy_arrives(room: Newsroom) -> None:
    page = rss(*(item(n, title=f"Matter {n}", text=f"Matter of {n} crates and nothing else.") for n in range(49)))
    room.desk.topics = (replace(EVERYTHING, max_per_hour=100),)
    room.print("wire", REPORT)
    room.outlets.feeds["/many"] = page
    room.subscribe("many")
    room.run()
    archive = room.desk.directory / "all" / "archive" / "000001.atom"
    before = archive.read_bytes()
    room.print("courier", REWRITE)
    assert archive.read_bytes() == before
    assert b"Also in: Courier" in room.desk.feed("all")
    assert len(feedparser.parse(before).entries) == 50
