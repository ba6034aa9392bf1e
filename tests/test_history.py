"""What a feed is over time: the governor and its queue, archive pages that readers follow, kills, and churn at a source."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from aggregator.model.desk import RequestKind, Word
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.poll import Outcome
from aggregator.model.source import Announce, Republish
from aggregator.model.topic import Topic
from tests.atom_rules import problems
from tests.desk import START, Desk, desk
from tests.documents import feed_source, folder_source, item, rss, wire, write
from tests.loopback import Reply, Request, serve

pytestmark = pytest.mark.slow

EVERYTHING = Topic(id="all", title="All", query="*", max_per_hour=5000)
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
ATOM = "{http://www.w3.org/2005/Atom}"
BASE = "http://127.0.0.1:8080/feeds/"


class Pages:
    """A server whose one document the test changes between polls."""

    def __init__(self) -> None:
        self.body = b""

    def __call__(self, _: Request) -> Reply:
        return Reply(self.body)

    def show(self, *numbers: int, prefix: str = "tag:example.org,2026:") -> None:
        """Items of those numbers, newest first; the prefix makes their guids."""
        items = (
            item(
                number,
                guid=f"{prefix}{number}",
                at=START - timedelta(minutes=number),
                link=f"https://example.org/{prefix[-1]}/{number}",
            )
            for number in numbers
        )
        self.body = rss(*items)


def states(at: Desk) -> dict[RowState, int]:
    found = [row.state for row in at.rows()]
    return {state: found.count(state) for state in set(found)}


def titles(document: bytes) -> list[str]:
    return [entry.title for entry in feedparser.parse(document).entries]


def row_of(at: Desk, headline: str, topic_id: str = "all") -> LedgerRow:
    (uri,) = [view.stored.uri for view in at.articles() if view.stored.article.headline == headline]
    (row,) = [row for row in at.rows() if row.article_uri == uri and row.topic_id == topic_id]
    return row


def follow(at: Desk) -> list[list[str]]:
    """Entry ids of the live document and of every archive page, as a reader that follows `prev-archive` gets them."""
    document, found = at.feed("all"), []
    while True:
        assert problems(document) == ()
        root = etree.fromstring(document)
        found.append([str(entry.findtext(f"{ATOM}id")) for entry in root.iterfind(f"{ATOM}entry")])
        links = {link.get("rel"): str(link.get("href")) for link in root.iterfind(f"{ATOM}link")}
        assert (root.find(f"{HISTORY}archive") is not None) == (len(found) > 1) == ("current" in links)
        if "prev-archive" not in links:
            return found
        assert links["prev-archive"].startswith(BASE)
        document = (at.directory / links["prev-archive"].removeprefix(BASE)).read_bytes()


def test_a_reader_that_follows_the_archive_gets_every_one_of_1000_rows_once(tmp_path: Path) -> None:
    old = [item(number, at=START - timedelta(days=30, minutes=number)) for number in range(1, 401)]
    new = [item(number, at=START - timedelta(minutes=number)) for number in range(401, 1001)]
    with serve({"/feed": Reply(rss(*new, *old))}) as server:
        with desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
            at.run()
            live, *pages = follow(at)
            rows = at.rows()
    assert len(rows) == 1000
    assert [len(page) for page in pages] == [50] * 20
    archived = [entry for page in pages for entry in page]
    assert len(set(archived)) == len(archived) == 1000, "every row once"
    assert set(archived) == {row.entry_id for row in rows}
    assert len(live) == 300
    assert set(live) <= {row.entry_id for row in rows if row.state is RowState.LIVE}


def test_a_full_page_is_written_once_and_an_edit_does_not_touch_it(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(*range(1, 61))
        at.run()
        page = at.directory / "all" / "archive" / "000001.atom"
        before, stamp = page.read_bytes(), page.stat().st_mtime_ns
        site.body = site.body.replace(b"A short text.", b"An edited text.")
        at.now += timedelta(hours=2)
        at.run()
        assert (page.read_bytes(), page.stat().st_mtime_ns) == (before, stamp)
        assert at.feed("all").count(b"An edited text.") == 60
        assert not (at.directory / "all" / "archive" / "000002.atom").exists(), "ten rows are no page"
        page.unlink()
        at.run()
        assert page.read_bytes() == before, "a lost page heals"


def test_a_kill_reaches_the_live_document_and_the_archive_page_with_a_tombstone(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(*range(1, 61))
        at.run()
        victim = row_of(at, "Item 40")
        before = etree.fromstring(at.feed("all")).findtext(f"{ATOM}updated")
        at.decide(Word.KILL, victim.article_uri)
        at.now += timedelta(hours=1)
        _, (change,) = at.run()
        page = (at.directory / "all" / "archive" / "000001.atom").read_bytes()
        for document in (at.feed("all"), page):
            root = etree.fromstring(document)
            assert problems(document) == ()
            assert victim.entry_id not in [entry.findtext(f"{ATOM}id") for entry in root.iterfind(f"{ATOM}entry")]
            (tombstone,) = root.iterfind(f"{TOMBSTONES}deleted-entry")
            assert (tombstone.get("ref"), tombstone.get("when")) == (victim.entry_id, "2026-03-01T13:00:00Z")
        after = etree.fromstring(at.feed("all")).findtext(f"{ATOM}updated")
        site.body = site.body.replace(b"A short text.", b"Edited after the kill.")
        at.now += timedelta(hours=1)
        at.run()
        killed = row_of(at, "Item 40")
    assert [entry.title for entry in change.withdrawn] == ["Item 40"]
    assert dict(change.reasons)[victim.entry_id] == "killed by maria: a reason"
    assert (before, after) == ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z")
    assert (killed.state, killed.fragment) == (RowState.WITHDRAWN, None), "an edit brings nothing back"


def test_the_tombstone_leaves_the_live_document_after_30_days_and_stays_in_the_archive(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(*range(1, 51))
        at.run()
        at.decide(Word.KILL, row_of(at, "Item 7").article_uri)
        at.run()
        page = at.directory / "all" / "archive" / "000001.atom"
        seen = []
        for days in (29, 31):
            at.now = START + timedelta(days=days)
            at.run()
            seen.append((b"deleted-entry" in at.feed("all"), b"deleted-entry" in page.read_bytes()))
    assert seen == [(True, True), (False, True)]


def test_a_held_article_goes_out_under_its_id_once_it_is_released(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(1, 2)
        at.run()
        uri = row_of(at, "Item 1").article_uri
        seen = []
        for word in (None, Word.HOLD, Word.RELEASE):
            if word:
                at.decide(word, uri)
            at.now += timedelta(hours=1)
            at.run()
            row = row_of(at, "Item 1")
            seen.append((row.state, row.entry_id, sorted(titles(at.feed("all")))))
    assert [state for state, _, _ in seen] == [RowState.LIVE, RowState.HELD, RowState.LIVE]
    assert len({entry_id for _, entry_id, _ in seen}) == 1
    assert [shown for _, _, shown in seen] == [["Item 1", "Item 2"], ["Item 2"], ["Item 1", "Item 2"]]


def test_a_hold_before_publication_keeps_it_from_every_topic(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=()) as at:
        site.show(1)
        at.run()
        (view,) = at.articles()
        at.decide(Word.HOLD, view.stored.uri)
        at.topics = (EVERYTHING,)
        at.run()
        (row,) = at.rows()
    assert (row.state, row.reason) == (RowState.HELD, "held by maria: a reason")


def test_pin_and_drop_beat_the_rule(tmp_path: Path) -> None:
    topic = Topic(id="all", title="Twos", query="title:2", max_per_hour=1)
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(topic,)) as at:
        site.show(1, 2)
        at.run()
        uris = {view.stored.article.headline: view.stored.uri for view in at.articles()}
        at.decide(Word.PIN, uris["Item 1"], topic_id="all")
        at.decide(Word.DROP, uris["Item 2"], topic_id="all")
        at.run()
        shown, document = titles(at.feed("all")), at.feed("all")
        at.decide(Word.PIN, uris["Item 2"], topic_id="all")
        at.run()
        back = sorted(titles(at.feed("all")))
    assert shown == ["Item 1"]
    assert b"deleted-entry" in document
    assert back == ["Item 1", "Item 2"]
    assert b"deleted-entry" not in at.feed("all")


def test_the_governor_queues_and_lets_out_the_oldest_first(tmp_path: Path) -> None:
    site = Pages()
    topic = replace(EVERYTHING, max_per_hour=3)
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(topic,)) as at:
        site.show(*range(1, 9))
        seen = []
        for minutes in (0, 59, 61, 122):
            at.now = START + timedelta(minutes=minutes)
            at.run()
            seen.append((states(at).get(RowState.LIVE, 0), states(at).get(RowState.QUEUED, 0)))
        order = [row.article_uri for row in sorted(at.rows(), key=lambda row: row.position or 0)]
        uris = {view.stored.uri: view.stored.article.headline for view in at.articles()}
        waiting = [row for row in at.rows() if row.reason == "released from the queue"]
    assert seen == [(3, 5), (3, 5), (6, 2), (8, 0)]
    assert [uris[uri] for uri in order] == [f"Item {number}" for number in range(8, 0, -1)]
    assert {row.first_published_at.replace(microsecond=0) for row in waiting} == {
        START + timedelta(minutes=61),
        START + timedelta(minutes=122),
    }


def test_a_queue_longer_than_a_day_archives_its_oldest_surplus(tmp_path: Path) -> None:
    site = Pages()
    topic = replace(EVERYTHING, max_per_hour=1)
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(topic,)) as at:
        site.show(*range(1, 31))
        at.run()
        found = states(at)
        archived = [row for row in at.rows() if row.state is RowState.ARCHIVED]
    assert found == {RowState.LIVE: 1, RowState.QUEUED: 24, RowState.ARCHIVED: 5}
    assert {"longer than a day" in row.reason for row in archived} == {True}


def test_changed_ids_are_bound_to_known_entries_and_the_rest_waits_for_a_second_look(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(*range(1, 7))
        at.run()
        published = {row.entry_id for row in at.rows()}
        site.show(*range(1, 9), prefix="urn:new:x")
        at.now += timedelta(hours=1)
        (churned,), _ = at.run()
        held = states(at)
        live = {row.entry_id for row in at.rows() if row.state is RowState.LIVE}
        at.now += timedelta(hours=1)
        at.run()
        after = states(at)
        site.show(*range(1, 10), prefix="urn:new:x")
        at.now += timedelta(hours=1)
        at.run()
    assert churned.error == "the ids of all 8 entries changed: 6 bound to known articles, 2 held"
    assert held == {RowState.LIVE: 6, RowState.HELD: 2}
    assert live == published, "no subscriber sees an entry twice"
    assert after == {RowState.LIVE: 8}, "the same document again confirms the ids as well"
    assert len(at.articles()) == 9


@pytest.mark.parametrize("word", [Word.KILL, Word.DROP])
def test_what_the_desk_withdraws_while_it_waits_for_its_ids_never_goes_out(tmp_path: Path, word: Word) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(*range(1, 7))
        at.run()
        site.show(*range(1, 9), prefix="urn:new:x")
        at.now += timedelta(hours=1)
        at.run()
        waiting = row_of(at, "Item 8")
        at.decide(word, waiting.article_uri, topic_id="all" if word is Word.DROP else None)
        at.now += timedelta(hours=1)
        at.run()
        assert (waiting.state, row_of(at, "Item 8").state) == (RowState.HELD, RowState.WITHDRAWN)
        assert sorted(titles(at.feed("all"))) == [f"Item {number}" for number in range(1, 8)]


def test_what_has_no_rights_takes_no_place_in_the_hour(tmp_path: Path) -> None:
    closed, open_ = rss(*map(item, range(10, 16))), rss(*map(item, range(1, 4)))
    topic = replace(EVERYTHING, max_per_hour=4)
    with serve({"/closed": Reply(closed), "/open": Reply(open_)}) as server:
        sources = (replace(feed_source(server, "/closed"), republish=Republish.NONE), feed_source(server, "/open"))
        with desk(tmp_path, sources=sources, topics=(topic,)) as at:
            at.run()
            found = [(row.state, row.reason) for row in at.rows() if row.state is not RowState.HELD]
    assert found == [(RowState.LIVE, "within the window of 72h")] * 3


def test_a_window_without_a_known_entry_is_reported_as_a_gap_and_published(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(*range(1, 7))
        at.run()
        site.show(*range(11, 17))
        at.now += timedelta(hours=1)
        (poll,), _ = at.run()
        with at.store.read() as reader:
            note = reader.source_states()["feed"].last_error
    assert poll.outcome is Outcome.NEW
    assert poll.error is not None
    assert poll.error.startswith("gap: none of the 6 entries was there at the last poll")
    assert note == poll.error
    assert states(at) == {RowState.LIVE: 12}


@pytest.mark.parametrize("count", [4, 6])
def test_a_small_document_or_one_with_a_known_entry_is_no_gap(tmp_path: Path, count: int) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(*range(1, 7))
        at.run()
        site.show(*(range(11, 15) if count == 4 else (1, *range(11, 16))))
        (poll,), _ = at.run()
    assert poll.error is None


def test_a_date_that_a_person_gave_stays_through_edits(tmp_path: Path) -> None:
    text = wire().replace("February 28, 2026", "February 28")
    write(tmp_path / "in", "a.txt", text)
    source = folder_source(tmp_path / "in", announce=Announce.ALL)
    with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
        at.run()
        (view,) = at.articles()
        at.decide(Word.DATE, view.stored.uri, day=date(2019, 2, 28))
        at.run()
        write(tmp_path / "in", "a.txt", text.replace("7 states", "8 states"), START)
        at.now += timedelta(hours=1)
        at.run()
        (view,) = at.articles()
    article = view.stored.article
    assert article.content_created is not None
    assert (article.content_created.value.date(), article.content_created.confidence) == (date(2019, 2, 28), 1.0)
    assert view.stored.effective_at.date() == date(2019, 2, 28)
    assert "8 states" in article.body_text


def test_a_request_to_poll_now_is_carried_out_once(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(1)
        at.run()
        with at.store.batch() as batch:
            batch.ask(RequestKind.REFRESH, "feed", at.now)
        at.sources = ()
        at.run()
        with at.store.batch() as batch:
            assert batch.source_state("feed").next_poll_at == at.now
            assert batch.open_requests() == ()


def test_a_closed_topic_is_marked_and_open_again_when_it_is_configured(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.show(1)
        at.run()
        before = at.feed("all")
        at.topics = ()
        with at.store.batch() as batch:
            batch.ask(RequestKind.CLOSE, "all", at.now)
        at.run()
        with at.store.read() as reader:
            (closed,) = reader.topic_feeds()
        at.topics = (EVERYTHING,)
        at.run()
        with at.store.read() as reader:
            (opened,) = reader.topic_feeds()
    assert (closed.closed_at, opened.closed_at) == (START, None)
    assert at.feed("all") == before
