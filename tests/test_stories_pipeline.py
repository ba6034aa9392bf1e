"""Stories through the whole pipe: reports of one event are told together, what is new in them and what is put right by itself."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from aggregator.fetch import HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import AgencyName
from aggregator.model.story import StoryRelation
from aggregator.model.topic import Grain, Topic
from aggregator.pages import Site
from aggregator.pipeline import poll, rehearse, visit
from aggregator.pipeline.counts import Counts
from aggregator.render import AGG, ATOM
from aggregator.storage import ArticleView
from aggregator.web.app import create_app
from tests.atom_rules import problems
from tests.desk import LIMITS, START, Desk, desk
from tests.documents import feed_source, folder_source, item, rss, write
from tests.loopback import Reply, Request, Server, serve
from tests.web_client import asking

TASS = AgencyName(id="tass", name="TASS", forms=("TASS", "ITAR-TASS"))
TOPIC = Topic(
    id="all",
    title="All",
    query="*",
    also=(Grain.ARTICLES, Grain.STORIES, Grain.DEVELOPMENTS, Grain.CORRECTIONS),
)
WRITTEN = datetime(2025, 11, 25, 11, 32, 10, tzinfo=UTC)
LATER = WRITTEN + timedelta(minutes=30)

# A wire report, two outlets that print it with changes, and one that was there itself.
HEADLINE = "Orlin calls for harbour talks in Tarbona before winter"
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
ON_THE_QUAY = (
    "Fishermen in Tarbona have watched the quarrel over their port from the quay for three years, and few of them think "
    "that a conference will end it. Our correspondent found cranes standing still and a customs house with two flags. "
    "Pavel Orlin, who speaks for the ministry, says fourteen delegations are coming; the harbour master has rooms for six."
)
FERRY = "Ferry sinks off Tarbona, 12 dead"
FERRY_TEXT = (
    "A ferry that carried day labourers from the islands went down in sight of the mole of Tarbona on Sunday morning, and "
    "the coast guard has brought 12 bodies ashore so far. The master had radioed that water was in the engine room."
)
FERRY_ELSEWHERE = (
    "Divers searched the wreck of the island ferry through the night while families waited at the fish market of Tarbona. "
    "The port captain said the boat was licensed for half as many people as it had on board when it capsized."
)
MUSEUM_TEXT = (
    "The museum of Velmare opens a new wing for its collection of sea charts this weekend. The oldest of them was drawn on "
    "goat skin by a pilot whose name is lost, and shows islands that no later traveller found. Entry is free on Sunday."
)


class Outlets:
    """Sites whose feeds the test fills."""

    def __init__(self) -> None:
        self.feeds: dict[str, bytes] = {}

    def __call__(self, request: Request) -> Reply:
        body = self.feeds.get(request.path)
        return Reply(b"", status=404) if body is None else Reply(body)


@dataclass(slots=True)
class Newsroom:
    desk: Desk
    outlets: Outlets
    server: Server

    def run(self, *, hours: float = 1) -> None:
        self.desk.now += timedelta(hours=hours)
        self.desk.run()

    def print(self, name: str, title: str, text: str, *, number: int = 1, at: datetime | None = None) -> None:
        """The outlet's feed holds this one report, and is polled."""
        link, guid = f"https://{name}.example.org/{number}", f"tag:{name}.example.org,2026:{number}"
        one = item(number, title=title, text=text, link=link, guid=guid, at=at or self.desk.now)
        self.outlets.feeds[f"/{name}"] = rss(one, title=name)
        if name not in {source.id for source in self.desk.sources}:
            added = feed_source(self.server, f"/{name}", publisher=name.title())
            self.desk.sources = (*self.desk.sources, added)
        self.run()

    def article(self, source_id: str, headline: str | None = None) -> ArticleView:
        """The article whose text is that source's."""
        (found,) = (
            view
            for view in self.desk.articles()
            if view.stored.owner.source_id == source_id and headline in (None, view.stored.article.headline)
        )
        return found

    def story(self, source_id: str) -> set[str]:
        """The owners of the texts in the story of that source's text."""
        name = self.article(source_id).story
        return {view.stored.owner.source_id for view in self.desk.articles() if name and view.story == name}

    def rows(self, grain: Grain) -> list[LedgerRow]:
        with self.desk.store.batch() as batch:
            return list(batch.all_rows("all", grain))

    def live(self, grain: Grain) -> list[str]:
        """The sources whose entries are live in that grain, in the order in which they went out."""
        owners = {view.stored.uri: view.stored.owner.source_id for view in self.desk.articles()}
        return [owners[row.article_uri] for row in self.rows(grain) if row.state is RowState.LIVE]

    def entries(self, grain: Grain) -> list[etree._Element]:
        name = "all" if grain is Grain.UNIQUE else f"all.{grain}"
        document = self.desk.feed(name)
        assert problems(document) == ()
        return list(etree.fromstring(document).iterfind(f"{{{ATOM}}}entry"))

    def relations(self, source_id: str) -> dict[str, StoryRelation]:
        owners = {view.stored.uri: view.stored.owner.source_id for view in self.desk.articles()}
        with self.desk.store.read() as reader:
            members = reader.story_of(self.article(source_id).stored.uri)
        return {owners[member.uri]: member.relation for member in members}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    outlets = Outlets()
    with serve(outlets) as server, desk(tmp_path, sources=(), topics=(TOPIC,), agencies=(TASS,)) as at:
        yield Newsroom(at, outlets, server)


def text_of(entry: etree._Element) -> str:
    return "".join(entry.findtext(f"{{{ATOM}}}{name}") or "" for name in ("summary", "content"))


def id_of(entry: etree._Element) -> str:
    return entry.findtext(f"{{{ATOM}}}id") or ""


def updated(entry: etree._Element) -> str:
    return entry.findtext(f"{{{ATOM}}}updated") or ""


def title_of(entry: etree._Element) -> str:
    return entry.findtext(f"{{{ATOM}}}title") or ""


def related(entry: etree._Element) -> list[str]:
    return [link.get("href") or "" for link in entry.iterfind(f"{{{ATOM}}}link[@rel='related']")]


def test_a_wire_text_its_report_two_rewrites_and_an_independent_report_are_one_story(
    room: Newsroom, tmp_path: Path
) -> None:
    write(tmp_path / "in", "report.txt", f"{HEADLINE}\n\nMOSCOW, November 25. /TASS/. {REPORT}\n")
    room.desk.sources = (folder_source(tmp_path / "in"),)
    room.desk.now = WRITTEN + timedelta(minutes=10)
    room.run()
    (first,) = room.entries(Grain.STORIES)
    uri = room.article("folder").stored.uri

    room.print("wire", HEADLINE, f"MOSCOW, November 25. /TASS/. {REPORT} (TASS)", at=WRITTEN)
    room.print("courier", "Orlin wants harbour talks in Tarbona before winter ends", REWRITE, at=LATER)
    room.print("herald", "Harbour talks: Orlin invites 14 delegations to Tarbona", SHORTER, at=LATER)
    room.print("gazette", "Orlin calls for talks on Tarbona harbour, fishermen shrug", ON_THE_QUAY, at=LATER)
    room.run()

    local = room.article("folder").stored
    assert (local.uri, local.article.url) == (uri, "https://wire.example.org/1")
    assert local.article.published is not None
    assert local.article.published.value == WRITTEN
    (told,) = room.entries(Grain.STORIES)
    assert (id_of(told), updated(told)) == (id_of(first), updated(first))
    (story,) = told.iterfind(f"{{{AGG}}}story")
    assert (story.text, story.get("independent")) == (room.article("folder").story, "2")
    assert "2 independent: " in text_of(told)
    assert room.story("gazette") == {view.stored.owner.source_id for view in room.desk.articles()}
    relations = room.relations("gazette")
    assert relations["gazette"] is StoryRelation.INDEPENDENT
    assert {relations["courier"], relations["herald"]} <= {StoryRelation.COPY, StoryRelation.EXCERPT}
    unique = {id_of(entry) for entry in room.entries(Grain.UNIQUE)}
    assert unique == {id_of(first), room.article("gazette").stored.uri}
    room.run()
    assert [id_of(entry) for entry in room.entries(Grain.STORIES)] == [id_of(first)]


def test_reports_of_one_event_are_told_once_in_stories_and_each_by_itself_in_unique(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    (before,) = room.entries(Grain.STORIES)
    room.print("courier", "Island ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    (after,) = room.entries(Grain.STORIES)
    held = next(row for row in room.rows(Grain.STORIES) if row.state is RowState.HELD)
    assert (id_of(after), updated(after)) == (id_of(before), updated(before))
    assert text_of(after).endswith("2 reports, 2 independent: Wire, Courier")
    assert held.reason.startswith(f"the story of “{FERRY}” (independent, likeness 0.")
    assert held.copy_of == room.article("wire").stored.uri
    assert room.live(Grain.UNIQUE) == room.live(Grain.ARTICLES) == ["wire", "courier"]


def test_another_event_is_another_story(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Museum of Velmare opens wing for sea charts", MUSEUM_TEXT)
    assert room.live(Grain.STORIES) == ["wire", "courier"]
    assert room.article("wire").story is room.article("courier").story is None


DEVELOPMENTS = [
    ("the same in other words", "Island ferry sinks off Tarbona: 12 dead", None),
    ("more dead", "Island ferry sinks off Tarbona: 31 dead", "number 31"),
    ("another place", "Ferry from Malta sinks off Tarbona, 12 dead", "place malta"),
]


@pytest.mark.parametrize(("why", "headline", "new"), DEVELOPMENTS)
def test_a_third_report_is_a_development_only_with_something_new(
    room: Newsroom, why: str, headline: str, new: str | None
) -> None:
    del why
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead, coast guard says", FERRY_ELSEWHERE)
    room.print("herald", headline, f"{MUSEUM_TEXT} It was nothing to those who wait at the harbour.")
    assert room.story("herald") == {"wire", "courier", "herald"}
    live = room.live(Grain.DEVELOPMENTS)
    assert live == ["wire", "courier"] + (["herald"] if new else [])
    last = room.rows(Grain.DEVELOPMENTS)[-1]
    assert last.news == new
    if new:
        entry = room.entries(Grain.DEVELOPMENTS)[0]
        assert related(entry) == ["https://wire.example.org/1"]
        assert f"New: {new}" in text_of(entry)
        (element,) = entry.iterfind(f"{{{AGG}}}news")
        assert (element.text, element.get("ref")) == (new, room.article("wire").stored.uri)
    else:
        assert (last.state, last.copy_of) == (RowState.HELD, room.article("wire").stored.uri)
        assert last.reason.endswith("nothing new")


def test_the_second_originator_is_a_development(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    assert [row.news for row in room.rows(Grain.DEVELOPMENTS)] == [None, "reported by a second originator"]


def test_a_material_edit_is_an_entry_in_corrections_and_developments_and_shows_the_difference(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    before = room.entries(Grain.UNIQUE)
    room.print("wire", FERRY, FERRY_TEXT.replace("12 bodies", "30 bodies"), at=START)
    (told,) = room.entries(Grain.CORRECTIONS)
    assert title_of(told) == f"Changed: {FERRY}"
    assert "[-12-] {+30+}" in text_of(told)
    assert related(told) == ["https://wire.example.org/1"]
    assert told.find(f"{{{ATOM}}}published") is None
    developments = room.entries(Grain.DEVELOPMENTS)
    assert len(developments) == 2
    assert len({id_of(entry) for entry in (*developments, told)}) == 3
    assert [id_of(entry) for entry in room.entries(Grain.UNIQUE)] == [id_of(entry) for entry in before]
    ids = [id_of(entry) for entry in room.entries(Grain.CORRECTIONS)]
    room.run()
    assert [id_of(entry) for entry in room.entries(Grain.CORRECTIONS)] == ids


EDITS = [
    ("a comma", FERRY_TEXT.replace("on Sunday morning, and", "on Sunday morning and"), 0),
    ("other words", FERRY_TEXT.replace("in sight of", "within sight of"), 0),
    ("a number", FERRY_TEXT.replace("12", "30"), 1),
    ("a note", f"{FERRY_TEXT} An earlier version of this story named another harbour.", 1),
]


@pytest.mark.parametrize(("why", "text", "entries"), EDITS)
def test_only_a_material_edit_is_a_correction(room: Newsroom, why: str, text: str, entries: int) -> None:
    del why
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("wire", FERRY, text, at=START)
    assert len(room.entries(Grain.CORRECTIONS)) == entries


def test_a_second_edit_is_an_entry_of_its_own(room: Newsroom) -> None:
    for count in ("12", "30", "40"):
        room.print("wire", FERRY, FERRY_TEXT.replace("12", count), at=START)
    newest, oldest = room.entries(Grain.CORRECTIONS)
    assert ("[-30-] {+40+}" in text_of(newest), "[-12-] {+30+}" in text_of(oldest)) == (True, True)
    with room.desk.store.read() as reader:
        kept = reader.replaced(room.article("wire").stored.uri)
    assert [(one.version, one.change.numbers) for one in kept] == [(1, ("12 / 30",)), (2, ("30 / 40",))]


@pytest.mark.slow
def test_the_texts_of_an_article_are_kept_up_to_twenty(room: Newsroom) -> None:
    for count in range(23):
        room.print("wire", FERRY, f"{FERRY_TEXT} {count} of them were never named.", at=START)
    with room.desk.store.read() as reader:
        kept = reader.replaced(room.article("wire").stored.uri)
    assert [one.version for one in kept] == list(range(3, 23))


def test_a_report_by_which_an_agency_recalls_another_is_a_correction(room: Newsroom) -> None:
    room.print("wire", FERRY, f"TARBONA, March 1. /TASS/. {FERRY_TEXT}")
    recall = f"TARBONA, March 1. /TASS/. Please disregard our earlier item on the ferry. {MUSEUM_TEXT}"
    room.print("wire", "RECALL: Ferry sinks off Tarbona, 12 dead", recall, number=2)
    (told,) = room.entries(Grain.CORRECTIONS)
    assert title_of(told) == "RECALL: Ferry sinks off Tarbona, 12 dead"
    assert related(told) == ["https://wire.example.org/1"]


@pytest.mark.slow
def test_what_the_desk_puts_together_is_one_story_for_ever_and_what_it_puts_apart_two(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Museum of Velmare opens wing for sea charts", MUSEUM_TEXT)
    uris = [room.article(name).stored.uri for name in ("wire", "courier")]
    room.desk.decide(Word.MERGE, uris[0], other_uri=uris[1])
    room.run()
    assert room.story("wire") == {"wire", "courier"}
    assert room.live(Grain.STORIES) == ["wire", "courier"]  # both were out: both stay
    (younger,) = (row for row in room.rows(Grain.STORIES) if row.article_uri == uris[1])
    assert younger.copy_of == uris[0]
    room.print("courier", "Museum of Velmare opens a wing for its sea charts", MUSEUM_TEXT, at=START)
    assert room.story("wire") == {"wire", "courier"}
    room.desk.decide(Word.SPLIT, uris[0], other_uri=uris[1])
    room.run()
    assert room.story("courier") <= {"courier"}
    room.print("courier", "Museum of Velmare opens a new wing for its sea charts", MUSEUM_TEXT, at=START)
    assert room.story("wire") <= {"wire"}


@pytest.mark.slow
def test_what_was_put_apart_joins_again_by_no_likeness(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    uris = [room.article(name).stored.uri for name in ("wire", "courier")]
    story = room.article("wire").story
    room.desk.decide(Word.SPLIT, uris[0], other_uri=uris[1])
    room.run()
    assert room.article("wire").story == story
    assert room.article("courier").story is None
    assert room.live(Grain.STORIES) == ["wire", "courier"]
    room.print("courier", "Ferry sinks off Tarbona: 12 are dead", FERRY_ELSEWHERE, at=START)
    assert room.article("courier").story is None


def test_an_edit_into_another_report_leaves_the_story(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    assert room.story("wire") == {"wire", "courier"}
    room.print("courier", "Museum of Velmare opens wing for sea charts", MUSEUM_TEXT, at=START)
    assert room.article("courier").story is None
    assert room.live(Grain.STORIES) == ["wire", "courier"]


def test_a_killed_report_is_neither_counted_nor_named_and_the_next_goes_out(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    story = room.article("wire").story
    room.desk.decide(Word.KILL, room.article("wire").stored.uri)
    room.run()
    assert room.live(Grain.STORIES) == ["courier"]
    (told,) = room.entries(Grain.STORIES)
    assert told.find(f"{{{AGG}}}story") is None
    assert "Wire" not in text_of(told)
    with room.desk.store.read() as reader:
        assert story is not None
        assert reader.representative(story) == room.article("courier").stored.uri


def representative(room: Newsroom, source_id: str) -> str:
    """The owner of the text that stands for the story of that source's text."""
    owners = {view.stored.uri: view.stored.owner.source_id for view in room.desk.articles()}
    with room.desk.store.read() as reader:
        return owners[reader.representative(room.article(source_id).story or "") or ""]


def test_what_its_source_takes_back_stands_for_its_story_no_more(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    assert representative(room, "courier") == "wire"
    room.outlets.feeds["/wire"] = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>wire</title>'
        b'<at:deleted-entry ref="tag:wire.example.org,2026:1" when="2026-03-01T18:00:00Z"/></feed>'
    )
    room.run()
    room.run()
    assert representative(room, "courier") == "courier"
    assert room.live(Grain.STORIES) == ["courier"]
    (told,) = room.entries(Grain.STORIES)
    assert "Wire" not in text_of(told)


def test_a_report_that_recalls_itself_stands_for_its_story_no_more(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    room.print("wire", f"MANDATORY KILL: {FERRY}", FERRY_TEXT, at=START)
    assert room.story("wire") == {"wire", "courier"}
    assert representative(room, "wire") == "courier"


@pytest.mark.slow
def test_where_all_are_withdrawn_the_one_that_is_released_stands_for_the_story_again(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    for source in ("wire", "courier"):
        room.desk.decide(Word.WITHDRAW, room.article(source).stored.uri)
        room.run()
    assert representative(room, "wire") == "courier"
    room.desk.decide(Word.RELEASE, room.article("wire").stored.uri)
    room.run()
    assert representative(room, "courier") == "wire"


def test_the_page_of_an_article_lists_its_story_and_its_edits(room: Newsroom, tmp_path: Path) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    room.print("wire", "Ferry sinks off Tarbona, <31> dead", FERRY_TEXT, at=START)
    uri = room.article("wire").stored.uri
    site = Site(title="Desk", language="en", base_url="", directory=tmp_path, topics=(TOPIC,), sources=())
    page = asking(create_app(room.desk.store, site))(f"/articles/{uri.removeprefix('urn:uuid:')}").text
    assert "2 reports by 2 outlets, 2 independent." in page
    assert "Ferry sinks off Tarbona: 12 dead" in page
    assert "<del>12</del> <ins>&lt;31&gt;</ins>" in page


REPORTS = [
    ("wire", FERRY, FERRY_TEXT),
    ("courier", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE),
    ("herald", "Island ferry sinks off Tarbona: 31 dead", f"Nobody at the harbour slept. {FERRY_ELSEWHERE}"),
    ("gazette", "Museum of Velmare opens wing for sea charts", MUSEUM_TEXT),
]


def stories_in(desk: Desk) -> set[frozenset[str]]:
    """Who reports with whom."""
    found: dict[str, set[str]] = {}
    for view in desk.articles():
        found.setdefault(view.story or view.stored.uri, set()).add(view.stored.owner.source_id)
    return set(map(frozenset, found.values()))


@pytest.mark.slow
def test_what_was_undone_leaves_nothing_behind_and_is_done_again_alike(tmp_path: Path) -> None:
    for name in ("once", "twice"):
        (tmp_path / name).mkdir()
    found = [asyncio.run(polled(tmp_path / name, is_undone_before=name == "twice")) for name in ("once", "twice")]
    assert found[0] == found[1]
    assert len({story for _, story in found[0][0]}) == 2


async def polled(
    folder: Path, *, is_undone_before: bool
) -> tuple[set[tuple[str, str | None]], dict[int, bytes], dict[int, bytes]]:
    """(articles with their stories, counts of terms in memory, the same as a new process counts them)."""
    outlets = Outlets()
    with serve(outlets) as server, desk(folder, sources=(), topics=(TOPIC,)) as at:
        async with HttpFetcher(LIMITS) as fetcher:
            works = at.works(fetcher)
            for name, title, text in (*REPORTS, ("wire", "Ferry sinks off Tarbona, 40 dead", FERRY_TEXT)):
                link = f"https://{name}.example.org/1"
                outlets.feeds[f"/{name}"] = rss(item(1, title=title, text=text, link=link, guid=link, at=START))
                sources = (feed_source(server, f"/{name}", publisher=name.title()),)
                works = replace(works, sources=sources)
                if is_undone_before:
                    rehearse(works, at.now, await visit(works, sources))
                with ThreadPoolExecutor(1) as writer:
                    await poll(works, writer, sources=sources)
                at.now += timedelta(hours=1)
        with at.store.batch() as batch:
            counts = [one.of(batch).days() for one in (works.counts, Counts())]
        return {(view.stored.uri, view.story) for view in at.articles()}, dict(counts[0]), dict(counts[1])


@pytest.mark.slow
def test_counts_in_memory_are_those_of_a_process_that_starts_anew(tmp_path: Path) -> None:
    _, in_memory, anew = asyncio.run(polled(tmp_path, is_undone_before=True))
    assert in_memory == anew
    assert in_memory


@pytest.mark.slow
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)])
def test_stories_come_out_the_same_in_any_order_of_arrival(room: Newsroom, order: tuple[int, ...]) -> None:
    for at in order:
        name, title, text = REPORTS[at]
        room.print(name, title, text, at=START + timedelta(hours=at))
    assert stories_in(room.desk) == {frozenset({"wire", "courier", "herald"}), frozenset({"gazette"})}


def test_a_further_feed_begins_with_what_is_stored_and_its_counts_survive_a_restart(room: Newsroom) -> None:
    room.desk.topics = (replace(TOPIC, also=()),)
    for name, title, text in REPORTS[:2]:
        room.print(name, title, text)
    assert not (room.desk.directory / "all.stories.atom").exists()
    room.desk.topics = (replace(TOPIC, also=(Grain.STORIES,)),)
    room.run()
    assert room.live(Grain.STORIES) == ["wire"]
    assert len(room.entries(Grain.STORIES)) == 1
    feed = etree.fromstring(room.desk.feed("all.stories"))
    own = feed.find(f"{{{ATOM}}}link[@rel='self']")
    assert own is not None
    assert own.get("href") == "http://127.0.0.1:8080/feeds/all.stories.atom"
    assert feed.findtext(f"{{{ATOM}}}id") != etree.fromstring(room.desk.feed("all")).findtext(f"{{{ATOM}}}id")
