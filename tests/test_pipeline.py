"""The whole pipe, in process: real loopback HTTP, a real store, real files; only the clock is the test's."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from aggregator.errors import PublishError
from aggregator.model.ledger import RowState
from aggregator.model.poll import Outcome
from aggregator.model.source import AgencyName, Announce, Republish
from aggregator.model.topic import Grain, Topic
from tests.atom_rules import problems
from tests.desk import START, desk
from tests.documents import feed_source, folder_source, item, rss, wire, write
from tests.loopback import Reply, Request, serve

EVERYTHING = Topic(id="all", title="All", query="*")
DESK_AGENCY = AgencyName(id="desk", name="Desk", forms=("DESK",))
WORDS = " ".join(f"word{number}" for number in range(60))


class Site:
    """A server whose documents the test changes between polls."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply] = {}

    def __call__(self, request: Request) -> Reply:
        return self.pages.get(request.path, Reply(b"", status=404))


def test_an_unchanged_source_costs_no_byte_and_gets_its_validators_back(tmp_path: Path) -> None:
    def handler(request: Request) -> Reply:
        if request.header("If-None-Match") == 'W/"\xfcx"':
            return Reply(b"", status=304)
        return Reply(rss(item(1), item(2)), headers={"ETag": 'W/"\xfcx"', "Content-Type": "application/rss+xml"})

    with serve(handler) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        (first,), _ = at.run()
        before = at.feed("all")
        stamp = (at.directory / "all.atom").stat().st_mtime_ns
        at.now += timedelta(hours=2)
        (second,), (change,) = at.run()
    assert (first.outcome, first.new) == (Outcome.NEW, 2)
    assert (second.outcome, second.status) == (Outcome.UNCHANGED, 304)
    assert not change.is_written
    assert (at.directory / "all.atom").read_bytes() == before
    assert (at.directory / "all.atom").stat().st_mtime_ns == stamp


def test_the_published_feed_keeps_the_rules_of_atom(tmp_path: Path) -> None:
    hostile = item(3, title="&lt;script&gt;x&lt;/script&gt; a &amp;lt; b", text="&lt;p onclick='x'&gt;t&lt;/p&gt;")
    with serve({"/feed": Reply(rss(item(1), item(2, guid=""), hostile))}) as server:
        sources = (feed_source(server, publisher="Example"), folder_source(tmp_path / "in"))
        write(tmp_path / "in", "a.txt", wire())
        with desk(tmp_path, sources=sources, topics=(EVERYTHING,), agencies=(DESK_AGENCY,)) as at:
            at.run()
            document = at.feed("all")
    assert problems(document) == ()
    assert len(feedparser.parse(document).entries) == 4


AWKWARD = {
    "html": (Reply(b"<!doctype html><html><head><title>Log in</title></head></html>"), "an HTML page titled 'Log in'"),
    "file": (Reply(b"", status=302, headers={"Location": "file:///etc/passwd"}), "file"),
    "private": (Reply(b"", status=302, headers={"Location": "http://10.1.2.3/feed"}), "10.1.2.3"),
    "metadata": (Reply(b"", status=301, headers={"Location": "http://169.254.169.254/latest"}), "169.254.169.254"),
    "gone": (Reply(b"no", status=404), "404"),
    "bomb": (Reply(b'<!DOCTYPE r [<!ENTITY a "b">]><rss/>'), "DOCTYPE"),
}


@pytest.mark.parametrize("name", sorted(AWKWARD))
def test_a_source_that_cannot_be_read_gets_one_line_and_disturbs_no_other(tmp_path: Path, name: str) -> None:
    reply, words = AWKWARD[name]
    with serve({"/bad": reply, "/good": Reply(rss(item(1)))}) as server:
        sources = (feed_source(server, "/bad"), feed_source(server, "/good"))
        with desk(tmp_path, sources=sources, topics=(EVERYTHING,)) as at:
            bad, good = at.run()[0]
            with at.store.read() as reader:
                state = reader.source_states()["bad"]
    assert bad.outcome is Outcome.FAILED
    assert bad.error is not None
    assert words in bad.error
    assert "\n" not in bad.error
    assert (state.last_error, state.failures, state.validators.digests) == (bad.error, 1, ())
    assert (good.outcome, good.new) == (Outcome.NEW, 1)


def test_a_truncated_feed_gives_what_it_has_and_says_so_until_it_is_whole(tmp_path: Path) -> None:
    whole = rss(item(1), item(2), item(3))
    site = Site()
    site.pages["/feed"] = Reply(whole[: whole.index(b"Item 3")], headers={"ETag": '"cut"'})
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        (first,), _ = at.run()
        at.now += timedelta(hours=1)
        (again,), _ = at.run()
        with at.store.read() as reader:
            cut = reader.source_states()["feed"]
        site.pages["/feed"] = Reply(whole)
        at.now += timedelta(hours=1)
        (healed,), _ = at.run()
        with at.store.read() as reader:
            state = reader.source_states()["feed"]
    assert first.new >= 2
    assert first.error is not None
    assert "not well-formed" in first.error
    assert [request.header("If-None-Match") for request in server.requests] == [None, None, None]
    assert again.outcome is Outcome.UNCHANGED
    assert cut.last_error == first.error
    assert (healed.error, state.last_error) == (None, None)
    assert len(at.articles()) == 3


def test_a_wrong_charset_is_read_right_and_noted(tmp_path: Path) -> None:
    body = rss(item(1, title="Переговоры о перемирии продолжаются в столице"))
    reply = Reply(body, headers={"Content-Type": "application/rss+xml; charset=windows-1251"})
    with serve({"/feed": reply}) as server:
        with desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
            (poll,), _ = at.run()
            (view,) = at.articles()
    assert view.stored.article.headline == "Переговоры о перемирии продолжаются в столице"
    assert poll.error == "declared windows-1251, read as utf-8"


def test_old_entries_are_archived_with_their_reason_and_announced_on_demand(tmp_path: Path) -> None:
    body = rss(item(1, at=START - timedelta(hours=71)), item(2, at=START - timedelta(hours=73)))
    with serve({"/new": Reply(body), "/all": Reply(body)}) as server:
        for name, announce, expected in (
            ("new", Announce.NEW, {RowState.LIVE: 1, RowState.ARCHIVED: 1}),
            ("all", Announce.ALL, {RowState.LIVE: 2}),
        ):
            (tmp_path / name).mkdir()
            source = feed_source(server, f"/{name}", announce=announce)
            with desk(tmp_path / name, sources=(source,), topics=(EVERYTHING,)) as at:
                at.run()
                states = [row.state for row in at.rows()]
                reasons = {row.reason for row in at.rows() if row.state is RowState.ARCHIVED}
            assert {state: states.count(state) for state in set(states)} == expected
            assert reasons <= {'older than the window of 72h; set announce = "all"'}


def test_an_edit_is_published_at_once_and_the_next_at_the_hours_end(tmp_path: Path) -> None:
    site = Site()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:

        def publish(text: str, minutes: int) -> tuple[str, str]:
            site.pages["/feed"] = Reply(rss(item(1, text=text)))
            at.now = START + timedelta(minutes=minutes)
            at.run()
            (entry,) = feedparser.parse(at.feed("all")).entries
            return entry.summary, entry.updated

        seen = [
            publish("Three were hurt.", 0),
            publish("Four were hurt.", 10),
            publish("Five were hurt.", 20),
            publish("Five were hurt.", 69),
            publish("Five were hurt.", 70),
        ]
        (row,) = at.rows()
        (view,) = at.articles()
    assert seen == [
        ("Three were hurt.", "2026-03-01T12:00:00Z"),
        ("Four were hurt.", "2026-03-01T12:10:00Z"),
        ("Four were hurt.", "2026-03-01T12:10:00Z"),
        ("Four were hurt.", "2026-03-01T12:10:00Z"),
        ("Five were hurt.", "2026-03-01T13:10:00Z"),
    ]
    assert row.published is not None
    assert row.published.value == START - timedelta(hours=1)
    assert (view.stored.version, view.texts) == (3, 3)


def test_an_edit_without_a_word_changed_moves_nothing(tmp_path: Path) -> None:
    site = Site()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.pages["/feed"] = Reply(rss(item(1, text="Three, it is said, were hurt.")))
        at.run()
        before = at.feed("all")
        site.pages["/feed"] = Reply(rss(item(1, text="Three (it is said) were hurt!")))
        at.now += timedelta(hours=3)
        (poll,), _ = at.run()
    assert poll.updated == 1
    assert at.feed("all") == before


def test_an_entry_that_leaves_and_returns_is_the_same_article(tmp_path: Path) -> None:
    site = Site()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        for hours, numbers in enumerate([(1, 2), (2, 3), (1, 3)]):
            site.pages["/feed"] = Reply(rss(*(item(number) for number in numbers)))
            at.now = START + timedelta(hours=hours)
            at.run()
        views = at.articles()
    assert [len(view.observations) for view in views] == [1, 1, 1]
    last_seen = [view.observations[0].last_seen_at - START for view in views]
    assert last_seen == [timedelta(hours=2), timedelta(hours=2), timedelta(hours=2)]
    assert len({row.entry_id for row in at.rows()}) == 3


def test_one_text_in_two_sources_is_one_article_that_stays_with_the_first(tmp_path: Path) -> None:
    page, body = "https://example.org/story?utm_source=", f"<p>{WORDS}</p>".replace("<", "&lt;")
    first = rss(item(1, title="The story", link=page + "a", text=body), title="First")
    second = rss(item(9, title="The story", link=page + "b", text=body + " &lt;p&gt;tail&lt;/p&gt;"), title="Second")
    with serve({"/a": Reply(first), "/b": Reply(second)}) as server:
        with desk(tmp_path, sources=(feed_source(server, "/a"),), topics=(EVERYTHING,)) as at:
            at.run()
            before = at.feed("all")
            at.sources = (feed_source(server, "/a"), feed_source(server, "/b", priority=5))
            at.now += timedelta(hours=1)
            _, (change,) = at.run()
            (view,) = at.articles()
    assert [seen.source_id for seen in view.observations] == ["a", "b"]
    assert view.stored.owner.source_id == "a"
    assert not change.is_written
    assert at.feed("all") == before


def test_a_known_entry_between_new_ones_costs_none_of_them(tmp_path: Path) -> None:
    """What is bound to the known article waits with what points to the next new one."""
    shared = item(2, link="https://example.org/shared/2")
    first, second = rss(shared, title="First"), rss(item(1), shared, item(3), title="Second")
    matches_nothing = replace(EVERYTHING, query="nothing-says-this")
    with serve({"/a": Reply(first), "/b": Reply(second)}) as server:
        with desk(tmp_path, sources=(feed_source(server, "/a"),), topics=(matches_nothing,)) as at:
            at.run()
            at.sources = (feed_source(server, "/b"),)
            (done,), _ = at.run()
    assert (done.error, done.new, done.duplicate) == (None, 2, 1)


def test_a_preserved_id_is_the_origins_and_a_minted_one_is_ours(tmp_path: Path) -> None:
    topics = (replace(EVERYTHING, id="kept", grain=Grain.ARTICLES), EVERYTHING)
    with serve({"/feed": Reply(rss(item(1), item(2, guid="42")))}) as server:
        with desk(tmp_path, sources=(feed_source(server),), topics=topics) as at:
            at.run()
            uris = {view.stored.uri for view in at.articles()}
            ids = {topic.id: {row.entry_id for row in at.rows() if row.topic_id == topic.id} for topic in topics}
    assert ids["all"] == uris
    assert ids["kept"] - uris == {"tag:example.org,2026:1"}
    assert len(ids["kept"] & uris) == 1, "a guid that is no IRI is not kept"


def test_a_text_without_the_right_is_matched_and_stands_in_no_file(tmp_path: Path) -> None:
    with serve({"/feed": Reply(rss(item(1)))}) as server:
        source = feed_source(server, republish=Republish.NONE)
        with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
            at.run()
            (row,) = at.rows()
            (view,) = at.articles()
    assert (row.state, row.fragment) == (RowState.HELD, None)
    assert "rights" in row.reason
    assert view.published_in == ()
    assert feedparser.parse(at.feed("all")).entries == []


def test_a_new_topic_takes_stored_articles_of_its_window_and_an_edited_rule_archives(tmp_path: Path) -> None:
    body = rss(item(1, title="Envoy in Tripoli"), item(2, title="Envoy in Tunis", at=START - timedelta(hours=80)))
    envoys = Topic(id="envoys", title="Envoys", query="tripoli", window=timedelta(hours=72))
    with serve({"/feed": Reply(body)}) as server:
        with desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
            at.run()
            at.topics = (EVERYTHING, envoys)
            at.now += timedelta(hours=1)
            at.run()
            first = [(row.state, row.article_uri) for row in at.rows() if row.topic_id == "envoys"]
            at.topics = (EVERYTHING, replace(envoys, query="envoy"))
            at.now += timedelta(hours=1)
            at.run()
            rows = [row for row in at.rows() if row.topic_id == "envoys"]
    assert [state for state, _ in first] == [RowState.LIVE]
    assert [(row.state, row.reason) for row in rows[1:]] == [
        (RowState.ARCHIVED, "matched only since the topic's rule was edited")
    ]
    assert len(feedparser.parse(at.feed("envoys")).entries) == 1


def test_a_lost_or_torn_feed_file_heals(tmp_path: Path) -> None:
    with serve({"/feed": Reply(rss(item(1)))}) as server:
        with desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
            at.run()
            whole = at.feed("all")
            for left in (None, whole[:100]):
                (at.directory / "all.atom").unlink()
                if left is not None:
                    (at.directory / "all.atom").write_bytes(left)
                at.now += timedelta(minutes=1)
                at.run()
                assert at.feed("all") == whole


def change_a_comma(folder: Path) -> None:
    write(folder, "a.txt", wire().replace("elections, and", "elections and"), START)


def change_a_number(folder: Path) -> None:
    write(folder, "a.txt", wire(number=8), START)


def move_the_file(folder: Path) -> None:
    (folder / "2026").mkdir()
    (folder / "a.txt").rename(folder / "2026" / "b.txt")


def delete_the_file(folder: Path) -> None:
    (folder / "a.txt").unlink()


def copy_the_file(folder: Path) -> None:
    write(folder, "copy.txt", wire())


@pytest.mark.parametrize(
    ("deed", "version", "observations", "feed_changes"),
    [
        (change_a_comma, 2, 2, False),
        (change_a_number, 2, 2, True),
        (move_the_file, 1, 2, False),
        (delete_the_file, 1, 1, False),
        (copy_the_file, 1, 2, False),
    ],
)
def test_what_happens_to_a_file_happens_to_one_article(
    tmp_path: Path, deed: Callable[[Path], None], version: int, observations: int, feed_changes: bool
) -> None:
    folder = tmp_path / "in"
    write(folder, "a.txt", wire())
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,), agencies=(DESK_AGENCY,)) as at:
        at.run()
        before = at.feed("all")
        deed(folder)
        at.now += timedelta(hours=1)
        at.run()
        (view,) = at.articles()
    assert (view.stored.version, len(view.observations)) == (version, observations)
    assert (at.feed("all") != before) is feed_changes
    assert len(at.rows()) == 1


def test_a_moved_file_that_is_edited_later_is_a_revision(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "a.txt", wire())
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,), agencies=(DESK_AGENCY,)) as at:
        at.run()
        move_the_file(folder)
        at.now += timedelta(hours=1)
        at.run()
        write(folder / "2026", "b.txt", wire(number=9), at.now)
        at.now += timedelta(hours=1)
        at.run()
        (view,) = at.articles()
    assert view.stored.version == 2
    assert "9 states" in view.stored.article.body_text


def test_an_edited_copy_leaves_the_first_file_its_text(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "a.txt", wire())
    write(folder, "copy.txt", wire())
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,), agencies=(DESK_AGENCY,)) as at:
        at.run()
        write(folder, "copy.txt", wire(number=9), START)
        at.now += timedelta(hours=1)
        at.run()
        (view,) = at.articles()
    assert view.stored.version == 1
    assert "7 states" in view.stored.article.body_text


def test_unreadable_documents_are_listed_and_disturb_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "good.txt", wire())
    write(folder, "short.txt", "Too short\n\nNothing here.\n")
    (write(folder, "binary.txt", "")).write_bytes(bytes(range(256)) * 8)
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,), agencies=(DESK_AGENCY,)) as at:
        at.now += timedelta(days=1)
        (poll,), _ = at.run()
        with at.store.read() as reader:
            documents = {row.key: (row.status, row.reason) for row in reader.documents(["folder"])}
    assert documents["good.txt"] == ("read", None)
    assert {documents[name][0] for name in ("short.txt", "binary.txt")} == {"failed"}
    assert all(documents[name][1] for name in ("short.txt", "binary.txt"))
    assert (poll.new, poll.defects) == (1, 2)


def test_a_wire_text_carries_what_it_prints(tmp_path: Path) -> None:
    write(tmp_path / "in", "a.txt", wire())
    source = folder_source(tmp_path / "in", publisher="The desk")
    with desk(tmp_path, sources=(source,), topics=(EVERYTHING,), agencies=(DESK_AGENCY,)) as at:
        at.run()
        (view,) = at.articles()
        (entry,) = feedparser.parse(at.feed("all")).entries
    article = view.stored.article
    assert article.dateline is not None
    assert article.agency is not None
    assert article.content_created is not None
    assert (article.dateline.places[0].name, article.agency.id) == ("Tripoli", "desk")
    assert article.content_created.value == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert entry.published == "2026-02-28T12:00:00Z"
    assert entry.content[0].value.startswith("<p>TRIPOLI, February 28, 2026. /DESK/. Envoys of 7 states")
    assert (entry.source.title, entry.author) == ("The desk", "The desk")
    assert str(tmp_path) not in at.feed("all").decode()


def test_an_agencys_word_goes_before_the_sources_right_for_feeds_only(tmp_path: Path) -> None:
    agency = replace(DESK_AGENCY, republish=Republish.HEADLINE)
    text = wire().split("\n\n", 1)[1]
    body = rss(item(1, title="From a feed", text=text.replace("\n\n", " ")))
    write(tmp_path / "in", "a.txt", wire())
    with serve({"/feed": Reply(body)}) as server:
        sources = (feed_source(server, republish=Republish.FULL), folder_source(tmp_path / "in"))
        with desk(tmp_path, sources=sources, topics=(EVERYTHING,), agencies=(agency,)) as at:
            at.run()
            rights = {view.stored.article.headline: view.stored.article.rights.republish for view in at.articles()}
    assert rights == {"From a feed": Republish.HEADLINE, "Envoys meet in the capital": Republish.FULL}


def test_a_defect_of_ours_costs_one_poll_of_one_source(tmp_path: Path) -> None:
    with serve({"/a": Reply(rss(item(1))), "/b": Reply(rss(item(2)))}) as server:
        # A topic's matcher that is older than the topics cannot happen through `cli`; here it stands for any defect.
        sources = (feed_source(server, "/a", timezone="No/Where"), feed_source(server, "/b"))
        with desk(tmp_path, sources=sources, topics=(EVERYTHING,)) as at:
            polls, _ = at.run()
    assert [poll.new for poll in polls] == [1, 1]


def test_a_topic_of_one_source_gains_what_another_had_first(tmp_path: Path) -> None:
    page = "https://example.org/story"
    topics = (EVERYTHING, Topic(id="only-b", title="Only b", query="*", sources=("b",)))
    body = {name: Reply(rss(item(1, title="The story", link=page))) for name in ("/a", "/b")}
    with serve(body) as server:
        with desk(tmp_path, sources=(feed_source(server, "/a"),), topics=topics) as at:
            at.run()
            before = [row.topic_id for row in at.rows()]
            at.sources = (feed_source(server, "/a"), feed_source(server, "/b"))
            at.run()
            after = [row.topic_id for row in at.rows()]
    assert (before, after) == (["all"], ["all", "only-b"])


def test_a_takeover_by_a_text_without_rights_leaves_no_file(tmp_path: Path) -> None:
    page = "https://example.org/story"
    teaser = rss(item(1, title="The story", link=page, text="A teaser."))
    whole = rss(item(1, title="The story", link=page, text=f"<![CDATA[<p>{WORDS * 6}</p>]]>"))
    with serve({"/a": Reply(teaser), "/b": Reply(whole)}) as server:
        with desk(tmp_path, sources=(feed_source(server, "/a"),), topics=(EVERYTHING,)) as at:
            at.run()
            at.sources = (feed_source(server, "/a"), feed_source(server, "/b", republish=Republish.NONE))
            at.now += timedelta(hours=1)
            at.run()
            (row,) = at.rows()
            entries = feedparser.parse(at.feed("all")).entries
    assert (row.state, row.fragment, entries) == (RowState.HELD, None, [])


def test_a_file_still_being_written_is_not_a_folders_first_reading(tmp_path: Path) -> None:
    text = (
        "A headline\n\nA text of some length that prints no dateline and no date, but says what it has to say well.\n"
    )
    write(tmp_path / "in", "a.txt", text, START)
    source = folder_source(tmp_path / "in", announce=Announce.NEW)
    with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
        at.run()
        assert at.articles() == ()
        at.now += timedelta(seconds=3)
        at.run()
        (row,) = at.rows()
    assert (row.state, "first poll" in row.reason) == (RowState.ARCHIVED, True)


def test_what_comes_in_one_poll_keeps_its_order(tmp_path: Path) -> None:
    items = [item(number, at=START - timedelta(minutes=number)) for number in range(1, 41)]
    with serve({"/feed": Reply(rss(*items))}) as server:
        with desk(
            tmp_path, sources=(feed_source(server),), topics=(replace(EVERYTHING, limit=5, max_per_hour=100),)
        ) as at:
            at.run()
            titles = [entry.title for entry in feedparser.parse(at.feed("all")).entries]
    assert titles == [f"Item {number}" for number in range(1, 41)]


def test_an_edit_that_forgets_the_link_keeps_the_page_and_its_copies(tmp_path: Path) -> None:
    page = "https://example.org/story"
    site = Site()
    site.pages["/a"] = Reply(rss(item(1, title="The story", link=page)))
    site.pages["/b"] = Reply(rss(item(2, title="The story", link=page)))
    with serve(site) as server:
        with desk(tmp_path, sources=(feed_source(server, "/a"),), topics=(EVERYTHING,)) as at:
            at.run()
            without = rss(item(1, title="The story", text="Edited.")).replace(
                b"<link>https://example.org/1</link>", b""
            )
            site.pages["/a"] = Reply(without)
            at.now += timedelta(hours=1)
            at.run()
            at.sources = (feed_source(server, "/a"), feed_source(server, "/b"))
            at.run()
            (view,) = at.articles()
    assert view.stored.article.url == page
    assert len({seen.source_id for seen in view.observations}) == 2


def test_a_file_that_cannot_be_written_stops_no_other(tmp_path: Path) -> None:
    topics = (EVERYTHING, Topic(id="second", title="Second", query="*"))
    (tmp_path / "feeds" / "all.atom").mkdir(parents=True)
    with serve({"/feed": Reply(rss(item(1)))}) as server:
        with desk(tmp_path, sources=(feed_source(server),), topics=topics) as at:
            with pytest.raises(PublishError, match=r"all\.atom"):
                at.run()
            assert len(feedparser.parse(at.feed("second")).entries) == 1


def test_a_topic_that_comes_back_finds_what_it_missed_in_the_archive(tmp_path: Path) -> None:
    site = Site()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        for topics, numbers in (((EVERYTHING,), (1,)), ((), (1, 2)), ((EVERYTHING,), (1, 2))):
            site.pages["/feed"] = Reply(rss(*(item(number) for number in numbers)))
            at.topics = topics
            at.now += timedelta(minutes=10)
            at.run()
        states = [row.state for row in at.rows()]
    assert states == [RowState.LIVE, RowState.ARCHIVED]


def test_a_moved_or_deleted_file_is_no_longer_listed(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "a.txt", wire())
    write(folder, "gone.txt", wire("Another text"))
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,), agencies=(DESK_AGENCY,)) as at:
        at.run()
        move_the_file(folder)
        (folder / "gone.txt").unlink()
        at.now += timedelta(hours=1)
        at.run()
        with at.store.read() as reader:
            listed = [row.key for row in reader.documents(["folder"])]
    assert listed == ["2026/b.txt"]


def test_an_ambiguous_url_merges_nothing_in_any_source_afterwards(tmp_path: Path) -> None:
    page = "https://example.org/live"
    site = Site()
    site.pages["/a"] = Reply(rss(item(1, title="One", link=page), item(2, title="Two", link=page)))
    site.pages["/b"] = Reply(rss(item(3, title="One", link=page)))
    with serve(site) as server:
        sources = (feed_source(server, "/a"), feed_source(server, "/b"))
        with desk(tmp_path, sources=sources[:1], topics=(EVERYTHING,)) as at:
            at.run()
            at.sources = sources
            at.run()
            headlines = sorted(view.stored.article.headline for view in at.articles())
    assert headlines == ["One", "One", "Two"]


def test_the_same_bytes_without_validators_are_not_unpacked_or_read(tmp_path: Path) -> None:
    site = Site()
    packed = gzip.compress(rss(item(1), item(2)), mtime=0)
    site.pages["/feed"] = Reply(packed, headers={"Content-Encoding": "gzip"})
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        at.now += timedelta(hours=1)
        (same,), _ = at.run()
        # The same document packed otherwise is known by what is in it.
        site.pages["/feed"] = Reply(gzip.compress(rss(item(1), item(2)), mtime=9), headers={"Content-Encoding": "gzip"})
        at.now += timedelta(hours=1)
        (repacked,), _ = at.run()
        with at.store.read() as reader:
            state = reader.source_states()["feed"]
    assert (same.outcome, same.status, same.body_bytes) == (Outcome.UNCHANGED, 200, len(packed))
    assert repacked.outcome is Outcome.UNCHANGED
    assert state.validators.raw_digest != hashlib.blake2b(packed, digest_size=16).digest()
    assert state.last_good_poll_at == at.now


def test_entries_that_are_not_read_again_stay_in_the_window(tmp_path: Path) -> None:
    site = Site()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        for hours, numbers in enumerate([(1, 2, 3), (4, 1, 2, 3), (5, 4, 2, 3)]):
            site.pages["/feed"] = Reply(rss(*(item(number) for number in numbers)))
            at.now = START + timedelta(hours=hours)
            (poll,), _ = at.run()
        with at.store.batch() as batch:
            in_window = len(batch.window("feed", None))
        seen = {view.stored.article.headline: view.observations[0].last_seen_at - START for view in at.articles()}
    assert (poll.entries, poll.new, poll.updated, poll.known_share) == (4, 1, 0, 0.75)
    assert in_window == 4
    assert seen == {f"Item {number}": timedelta(hours=2) for number in (1, 2, 3, 4, 5)}


def test_an_edit_among_entries_that_are_not_read_again_is_one_revision(tmp_path: Path) -> None:
    site = Site()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        site.pages["/feed"] = Reply(rss(item(1), item(2), item(3)))
        at.run()
        site.pages["/feed"] = Reply(rss(item(1), item(2, text="Another text."), item(3)))
        at.now += timedelta(hours=1)
        (poll,), _ = at.run()
        versions = {view.stored.article.headline: view.stored.version for view in at.articles()}
    assert (poll.entries, poll.new, poll.updated) == (3, 0, 1)
    assert versions == {"Item 1": 1, "Item 2": 2, "Item 3": 1}


def test_a_link_that_becomes_ambiguous_is_so_for_an_entry_not_read_again(tmp_path: Path) -> None:
    page = "https://example.org/live"
    site = Site()
    with serve(site) as server:
        sources = (feed_source(server, "/a"), feed_source(server, "/b"))
        with desk(tmp_path, sources=sources[:1], topics=(EVERYTHING,)) as at:
            site.pages["/a"] = Reply(rss(item(1, title="One", link=page), item(5)))
            at.run()
            site.pages["/a"] = Reply(rss(item(2, title="Two", link=page), item(1, title="One", link=page), item(5)))
            at.now += timedelta(hours=1)
            at.run()
            at.sources = sources
            site.pages["/b"] = Reply(rss(item(3, title="One", link=page)))
            at.run()
            headlines = sorted(view.stored.article.headline for view in at.articles())
    assert headlines == ["Item 5", "One", "One", "Two"]
