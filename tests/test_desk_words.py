"""Embargo, erase, and decisions that come before their article, through the whole pipe."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.desk.lines import from_lines, to_lines
from aggregator.model.desk import Decision, Word
from aggregator.model.ledger import RowState
from aggregator.model.source import Republish
from aggregator.model.topic import Topic
from aggregator.pipeline import publish
from aggregator.storage import Store
from tests.desk import START, Desk, desk
from tests.documents import feed_source, folder_source, item, rss, wire, write
from tests.loopback import Reply, Request, Server, serve
from tests.make import words
from tests.test_copies_pipeline import HEADLINE, REPORT

EVERYTHING = Topic(id="all", title="All", query="*")
CANARY = "Quokkafarn"
SECRET = f"The {CANARY} list names nine people. {REPORT}"


class Feeds:
    """What a site shows, by path."""

    def __init__(self) -> None:
        self.feeds: dict[str, bytes] = {}

    def __call__(self, request: Request) -> Reply:
        return Reply(self.feeds.get(request.path, rss()))


@pytest.fixture
def site() -> Feeds:
    return Feeds()


@pytest.fixture
def server(site: Feeds) -> Iterator[Server]:
    with serve(site) as running:
        yield running


def decide(at: Desk, word: Word, uri: str, **values: object) -> None:
    made = Decision(number=None, word=word, article_uri=uri, by="maria", decided_at=at.now)
    with at.store.batch() as batch:
        batch.desk.decide(replace(made, **values))  # type: ignore[arg-type]


def states(at: Desk) -> list[RowState]:
    return [row.state for row in at.rows()]


def headlines(at: Desk) -> list[str]:
    return [view.stored.article.headline for view in at.articles()]


def traces(folder: Path, word: str = CANARY) -> list[str]:
    """The files under the folder, the store's own among them, in which the word stands."""
    spellings = [word.encode(form) for form in ("utf-8", "utf-16-le")] + [word.lower().encode()]
    return sorted(
        path.name for path in folder.rglob("*") if path.is_file() and any(one in path.read_bytes() for one in spellings)
    )


def test_an_embargo_ends_by_itself_also_after_a_restart(tmp_path: Path, site: Feeds, server: Server) -> None:
    site.feeds["/feed"] = rss(item(1))
    given = {"sources": (feed_source(server),), "topics": (EVERYTHING,)}
    with desk(tmp_path, **given) as at:  # type: ignore[arg-type]
        at.run()
        entry_id = at.rows()[0].entry_id
        decide(at, Word.EMBARGO, at.rows()[0].article_uri, until=START + timedelta(hours=3), reason="agreed")
        at.now += timedelta(minutes=1)
        at.run()
        assert states(at) == [RowState.HELD]
        assert at.rows()[0].reason == "embargoed until 2026-03-01 15:00 UTC by maria: agreed"
        assert entry_id.encode() not in at.feed("all")
    with desk(tmp_path, now=START + timedelta(hours=2, minutes=59), **given) as at:  # type: ignore[arg-type]
        at.run()
        assert states(at) == [RowState.HELD]
        at.now = START + timedelta(hours=3)
        at.run()
        (row,) = at.rows()
        assert (row.state, row.entry_id) == (RowState.LIVE, entry_id)
        assert row.reason == "released by embargo: its time came, 2026-03-01 15:00 UTC, as maria said"
        at.run()
        with at.store.read() as reader:
            assert [one.word for one in reader.decisions()] == [Word.EMBARGO, Word.RELEASE]
            assert not reader.has_open_business(at.now + timedelta(days=9))


@pytest.mark.parametrize(
    ("word", "before", "after"),
    [
        (Word.HOLD, RowState.HELD, RowState.HELD),
        (Word.RELEASE, RowState.LIVE, RowState.LIVE),
        (Word.KILL, RowState.WITHDRAWN, RowState.WITHDRAWN),
    ],
)
def test_a_later_word_counts_instead_of_an_embargo(
    tmp_path: Path, word: Word, before: RowState, after: RowState
) -> None:
    write(tmp_path / "in", "a.txt", wire())
    with desk(tmp_path, sources=(folder_source(tmp_path / "in"),), topics=(EVERYTHING,)) as at:
        at.run()
        uri = at.rows()[0].article_uri
        decide(at, Word.EMBARGO, uri, until=START + timedelta(hours=3))
        at.now += timedelta(minutes=1)
        decide(at, word, uri)
        at.run()
        first = states(at)
        at.now = START + timedelta(hours=4)
        at.run()
        assert (first, states(at)) == ([before], [after])


@pytest.mark.slow
def test_no_word_of_an_erased_article_is_left_in_the_store_or_in_a_file(
    tmp_path: Path, site: Feeds, server: Server
) -> None:
    secret = item(
        1,
        title=f"{HEADLINE}, {CANARY} says",
        text=SECRET,
        guid=f"urn:x:{CANARY}",
        link=f"https://e.test/{CANARY.lower()}",
    )
    copy = item(2, title=HEADLINE, text=SECRET.replace(CANARY, "lost"), link="https://f.test/again")
    others = [item(number) for number in range(10, 65)]
    sources = tuple(feed_source(server, path, republish=Republish.FULL) for path in ("/one", "/two"))
    with desk(tmp_path, sources=sources, topics=(EVERYTHING,)) as at:
        site.feeds["/one"] = rss(secret.replace("nine", "eight"), *others)
        at.run()
        site.feeds["/one"] = rss(secret, *others)
        at.now += timedelta(hours=2)
        at.run()
        site.feeds["/two"] = rss(copy, title="Another outlet")
        at.run()
        (erased,) = [view.stored.uri for view in at.articles() if CANARY in view.stored.article.headline]
        page = at.directory / "all" / "archive" / "000001.atom"
        assert {"store.db", "all.atom", page.name} <= {*traces(tmp_path)} | {"store.db"}
        assert CANARY.encode() in page.read_bytes()
        assert any(row.copy_of == erased for row in at.rows()), "its copy waits for it"
        decide(at, Word.ERASE, erased, reason="a court said so")
        at.now += timedelta(minutes=1)
        at.run()
        assert traces(tmp_path) == []
        assert traces(tmp_path, "lost list") != [], "the copy is an article of its own"
        (row,) = [row for row in at.rows() if row.article_uri == erased]
        assert (row.state, row.reason) == (RowState.WITHDRAWN, "erased by maria: a court said so")
        assert f'ref="{row.entry_id}"'.encode() in page.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "again"),
    [
        ("/one", item(1, title=f"{CANARY} papers", text=SECRET + " One more word.")),
        ("/one", item(99, title=f"{CANARY} papers, again", text=SECRET)),
        ("/two", item(98, title="Another headline", text=SECRET)),
        ("/two", item(97, title=f"{CANARY} papers", text="Shorter.", link="https://example.org/1")),
    ],
    ids=["edited", "under new names", "in another source", "at its address"],
)
def test_what_was_erased_never_comes_back(tmp_path: Path, site: Feeds, server: Server, path: str, again: str) -> None:
    sources = tuple(feed_source(server, path, republish=Republish.FULL) for path in ("/one", "/two"))
    with desk(tmp_path, sources=sources, topics=(EVERYTHING,)) as at:
        site.feeds["/one"] = rss(item(1, title=f"{CANARY} papers", text=SECRET))
        at.run()
        decide(at, Word.ERASE, at.articles()[0].stored.uri)
        at.run()
        site.feeds[path] = rss(again)
        at.now += timedelta(hours=1)
        at.run()
        assert traces(tmp_path) == []
        assert headlines(at) == [""]
        assert states(at) == [RowState.WITHDRAWN]


@pytest.mark.slow
def test_a_file_of_a_topic_that_is_gone_does_not_keep_what_was_erased(
    tmp_path: Path, site: Feeds, server: Server
) -> None:
    site.feeds["/feed"] = rss(item(1, title=f"{CANARY} papers", text=SECRET), item(2))
    with desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        at.topics = (replace(EVERYTHING, id="other"),)
        at.run()
        assert traces(at.directory) == [
            f"{topic}.{form}" for topic in ("all", "other") for form in ("atom", "json", "rss")
        ]
        (uri,) = [view.stored.uri for view in at.articles() if CANARY in view.stored.article.headline]
        decide(at, Word.ERASE, uri)
        at.run()
        assert traces(tmp_path) == []
        assert list(at.directory.glob("all.*")) == []


def decided(at: Desk) -> list[str]:
    with at.store.read() as reader:
        return list(to_lines(reader.decisions()))


def take_over(at: Desk, lines: list[str]) -> None:
    with at.store.batch() as batch:
        for _, decision in from_lines(lines).decisions:
            batch.desk.decide(decision)


@pytest.mark.slow
def test_a_store_made_anew_comes_to_the_same_state_by_the_same_decisions(
    tmp_path: Path, site: Feeds, server: Server
) -> None:
    site.feeds["/feed"] = rss(*(item(number, text=f"{CANARY} {words(50, f'w{number}x')}") for number in range(1, 7)))
    given = {"sources": (feed_source(server),), "topics": (EVERYTHING,)}
    places: list[dict[str, tuple[str, str]]] = []
    lines: list[str] = []
    for name, comes_first in (("kept", False), ("before", True), ("after", False)):
        (tmp_path / name).mkdir()
        with desk(tmp_path / name, **given) as at:  # type: ignore[arg-type]
            at.works(None)  # type: ignore[arg-type]  # makes the store
            if comes_first:
                take_over(at, lines)
            at.run()
            if name == "kept":
                uris = [row.article_uri for row in at.rows()]
                for number, word in enumerate((Word.KILL, Word.HOLD, Word.ERASE, Word.NOTE), 1):
                    decide(at, word, uris[number], reason="said once")
                decide(at, Word.EMBARGO, uris[0], until=START + timedelta(days=2))
                decide(at, Word.DROP, uris[5], topic_id="all")
                lines = decided(at)
            elif not comes_first:
                take_over(at, lines)
            at.run()
            places.append({row.article_uri: (row.state, row.reason) for row in at.rows()})
            assert decided(at) == lines
    kept, before, after = places
    assert after == kept
    assert sorted(state for state, _ in kept.values()) == [
        "held",
        "held",
        "live",
        "withdrawn",
        "withdrawn",
        "withdrawn",
    ]
    gone = {uri for uri, (state, _) in kept.items() if state is RowState.WITHDRAWN}
    assert before == {uri: place for uri, place in kept.items() if uri not in gone}, "what was never out needs no row"
    assert traces(tmp_path / "before", "w4x49") == [], "an erased text is not stored first"


def test_a_merge_waits_for_both_its_articles(tmp_path: Path, site: Feeds, server: Server) -> None:
    site.feeds["/feed"] = rss(item(1), item(2))
    with desk(tmp_path / "", sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        one, other = (row.article_uri for row in at.rows())
        missing = one[:-4] + "0000"
        decide(at, Word.MERGE, one, other_uri=missing)
        decide(at, Word.MERGE, one, other_uri=other)
        at.run()
        with at.store.read() as reader:
            waiting = [decision.other_uri for decision in reader.decisions() if decision.applied_at is None]
        assert waiting == [missing]
        assert [row.copy_of for row in at.rows()] == [None, one]


def test_an_erased_seed_stays_erased_while_its_file_stays(tmp_path: Path) -> None:
    write(tmp_path / "in", "a.txt", wire(f"{CANARY} papers found"))
    with desk(tmp_path / "in" / "..", sources=(folder_source(tmp_path / "in"),), topics=(EVERYTHING,)) as at:
        at.run()
        decide(at, Word.ERASE, at.articles()[0].stored.uri)
        at.run()
        at.run()
        assert headlines(at) == [""]
        assert traces(tmp_path) == ["a.txt"], "what people put into their own folder is theirs"


@pytest.mark.slow
def test_the_disk_is_scrubbed_again_where_a_reader_was_in_the_way(tmp_path: Path, site: Feeds, server: Server) -> None:
    site.feeds["/feed"] = rss(item(1, title=f"{CANARY} papers", text=SECRET))
    with desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        decide(at, Word.ERASE, at.articles()[0].stored.uri)
        store = Store(f"sqlite:///{tmp_path / 'store.db'}?timeout=0.1")
        with store.read() as reader:
            assert reader.decisions()
            works = at.works(None)  # type: ignore[arg-type]
            publish(works, at.now)
            was_left = is_to_be_scrubbed(at)
        store.close()
        publish(works, at.now)
        assert (was_left, is_to_be_scrubbed(at)) == (True, False)
        assert traces(tmp_path) == []


def is_to_be_scrubbed(at: Desk) -> bool:
    with at.store.read() as reader:
        return reader.is_to_be_scrubbed()
