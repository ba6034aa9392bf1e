"""Moves, gone sources, gaps and the health feed in the whole pipe: real loopback HTTP, a real store, real files."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from aggregator.health import health_of, notes
from aggregator.model.desk import RequestKind
from aggregator.model.health import IncidentKind
from aggregator.model.source import Health, SourceState
from aggregator.model.topic import Topic
from aggregator.pipeline import allowed, due
from aggregator.pipeline.source_health import notice
from tests.atom_rules import problems
from tests.desk import START, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, Request, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

EVERYTHING = Topic(id="all", title="All", query="*")
HOUR = timedelta(hours=1)


class Pages:
    """A server whose answers the test changes between polls; each may be a function of the request."""

    def __init__(self, **pages: Reply | Callable[[Request], Reply]) -> None:
        self.pages: dict[str, Reply | Callable[[Request], Reply]] = {f"/{name}": page for name, page in pages.items()}

    def __call__(self, request: Request) -> Reply:
        page = self.pages.get(request.path, Reply(b"", status=404))
        return page if isinstance(page, Reply) else page(request)


def redirect(to: str, status: int = 301) -> Reply:
    return Reply(b"", status=status, headers={"Location": to})


def state_of(at: Desk, source_id: str = "feed") -> SourceState:
    with at.store.read() as reader:
        return reader.source_states()[source_id]


def told(at: Desk) -> list[str]:
    """Titles of the health feed, newest first."""
    return [entry.title for entry in feedparser.parse(at.feed("source-health")).entries]


def run_after(at: Desk, passed: timedelta) -> None:
    at.now += passed
    at.run()


# -- moves


def test_a_permanent_move_is_adopted_after_three_polls_over_a_day_and_told(tmp_path: Path) -> None:
    document = Reply(rss(item(1), item(2)), headers={"ETag": '"1"'})
    site = Pages(feed=document, new=document)
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        site.pages["/feed"] = redirect("/new")
        for hours in (2, 12, 11, 2):
            run_after(at, hours * HOUR)
            moved = state_of(at)
        asked = len(server.requests)
        run_after(at, HOUR)
        paths = [request.path for request in server.requests[asked:]]
        titles = told(at)
    assert moved.location == server.url("/new")
    assert paths == ["/new"], "the old address is not asked any more"
    assert notes(moved) == (f"moved to {server.url('/new')}; update config.toml",)
    assert titles == ["feed: has moved"]


def test_a_temporary_redirect_is_never_adopted(tmp_path: Path) -> None:
    for status in (302, 303, 307):
        (tmp_path / str(status)).mkdir()
        site = Pages(feed=redirect("/new", status), new=Reply(rss(item(1))))
        with serve(site) as server:
            with desk(tmp_path / str(status), sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
                for _ in range(5):
                    run_after(at, 13 * HOUR)
                state = state_of(at)
        assert (state.move, state.location) == (None, None)


def test_a_target_that_shares_no_entry_is_followed_and_not_adopted(tmp_path: Path) -> None:
    site = Pages(feed=Reply(rss(item(1), item(2))), parked=Reply(rss(*(item(number) for number in range(50, 54)))))
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        site.pages["/feed"] = redirect("/parked")
        for _ in range(5):
            run_after(at, 13 * HOUR)
        state = state_of(at)
    assert state.location is None
    assert state.move is not None
    assert (state.move.polls, state.move.shares) == (5, False)


def test_the_old_address_is_returned_to_when_the_new_one_dies(tmp_path: Path) -> None:
    document = Reply(rss(item(1)))
    site = Pages(feed=redirect("/new"), new=document)
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        for _ in range(4):
            run_after(at, 13 * HOUR)
        moved = state_of(at)
        site.pages |= {"/feed": document, "/new": Reply(b"", status=404)}
        for _ in range(3):
            run_after(at, 13 * HOUR)
        returned = state_of(at)
        run_after(at, 13 * HOUR)
        state = state_of(at)
        titles = told(at)
    assert moved.location is not None
    assert (returned.location, returned.failures) == (None, 3)
    assert (state.location, state.failures) == (None, 0)
    assert "feed: is read at its configured address again" in titles


def test_credentials_of_the_old_origin_do_not_reach_the_new_one(tmp_path: Path) -> None:
    with serve({"/new": Reply(rss(item(1)))}) as other, serve(Pages(feed=redirect(other.url("/new")))) as server:
        source = feed_source(server, authorization="Bearer s3cret", headers=(("X-Key", "k3y"),))
        with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
            for _ in range(5):
                run_after(at, 13 * HOUR)
            assert state_of(at).location == other.url("/new")
    assert server.requests[0].header("Authorization") == "Bearer s3cret"
    assert [
        name for request in other.requests for name, _ in request.headers if name.lower() in ("x-key", "authorization")
    ] == []


def test_a_mass_move_is_refused_and_told_once_a_source(tmp_path: Path) -> None:
    document = Reply(rss(item(1)))
    site, hosts = Pages(a=document, b=document, c=document), {"a": "127.0.0.2", "b": "127.0.0.3", "c": "127.0.0.4"}
    with ExitStack() as stack:
        portal = stack.enter_context(serve({"/portal": document}))
        servers = {name: stack.enter_context(serve(site, host=host)) for name, host in hosts.items()}
        sources = tuple(feed_source(server, f"/{name}") for name, server in servers.items())
        at = stack.enter_context(desk(tmp_path, sources=sources, topics=(EVERYTHING,)))
        at.run()
        site.pages |= {f"/{name}": redirect(portal.url("/portal")) for name in hosts}
        for _ in range(4):
            run_after(at, 13 * HOUR)
        states = [state_of(at, name) for name in hosts]
        titles = told(at)
    assert [state.location for state in states] == [None] * 3
    assert {health_of(state) for state in states} == {Health.NOTED}
    assert sorted(titles) == [f"{name}: its move is refused" for name in hosts]


# -- gone


def test_a_second_410_ends_polling_and_a_request_tries_once_more(tmp_path: Path) -> None:
    site = Pages(feed=Reply(rss(item(1))))
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        site.pages["/feed"] = Reply(b"", status=410)
        run_after(at, 2 * HOUR)
        once = state_of(at)
        run_after(at, 2 * HOUR)
        gone = state_of(at)
        async_works = at.works(None)  # type: ignore[arg-type]
        at.now += timedelta(days=300)
        claimed = (*due(async_works, at.now), *allowed(async_works, at.now))
        with at.store.batch() as batch:
            batch.ask(RequestKind.REFRESH, "feed", at.now)
        site.pages["/feed"] = Reply(rss(item(2)))
        at.run()
        back = state_of(at)
        titles = told(at)
    assert (once.is_gone, health_of(once)) == (False, Health.FAILING)
    assert (gone.is_gone, health_of(gone)) == (True, Health.GONE)
    assert claimed == ()
    assert (back.gone_polls, back.failures) == (0, 0)
    assert len(titles) == 1
    assert titles[0].startswith("feed: is back (gone 2026-03-01 16:00 UTC to ")


# -- what is learned


def test_a_gap_is_counted_noted_and_told_once_a_day(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        for poll in range(4):
            site.pages["/feed"] = Reply(rss(*(item(number) for number in range(10 * poll, 10 * poll + 6))))
            run_after(at, 2 * HOUR)
        state = state_of(at)
        titles = told(at)
    assert state.gaps == 3
    assert (state.last_error or "").startswith("gap: none of the 6 entries")
    assert titles == ["feed: entries were missed"]


def test_what_an_answer_teaches_is_stored_with_its_entries(tmp_path: Path) -> None:
    site = Pages(feed=Reply(rss(item(1), item(2)), headers={"Cache-Control": "max-age=7200"}))
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        first = state_of(at)
        site.pages["/feed"] = Reply(rss(item(1), item(2), item(3)))
        run_after(at, 3 * HOUR)
        second = state_of(at)
    assert first.fresh_until == START + 2 * HOUR
    assert second.fresh_until is None
    assert (first.rhythm.window, second.rhythm.window) == (2, 3)
    assert (first.coverage.entries, second.coverage.entries) == (2, 3)
    assert second.coverage.last_new_at == at.now


def test_validators_of_an_empty_document_are_not_kept_and_a_failure_leaves_the_old_ones(tmp_path: Path) -> None:
    site = Pages(feed=Reply(rss(item(1)), headers={"ETag": '"1"'}))
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        at.run()
        for page in (
            Reply(b"", status=500),
            Reply(b"<html>down</html>", headers={"ETag": '"html"'}),
            Reply(b"", headers={"ETag": '"0"'}),
        ):
            site.pages["/feed"] = page
            run_after(at, 5 * HOUR)
        site.pages["/feed"] = Reply(rss(), headers={"ETag": '"empty"'})
        run_after(at, 5 * HOUR)
        run_after(at, 5 * HOUR)
    sent = [request.header("If-None-Match") for request in server.requests]
    assert sent == [None, '"1"', '"1"', '"1"', '"1"', None]


# -- the feed


def test_the_health_feed_is_there_from_the_first_run_and_heals(tmp_path: Path) -> None:
    with serve({"/feed": Reply(rss(item(1)))}) as server:
        with desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
            at.run()
            document = at.feed("source-health")
            (at.directory / "source-health.atom").write_bytes(b"torn")
            run_after(at, HOUR)
            healed = at.feed("source-health")
    assert problems(document) == ()
    assert feedparser.parse(document).entries == []
    assert healed == document


def test_a_failure_is_told_after_three_polls_and_again_when_it_is_over(tmp_path: Path) -> None:
    site = Pages(feed=Reply(rss(item(1))))
    with serve(site) as server:
        with desk(tmp_path, sources=(feed_source(server, publisher="The wire"),), topics=(EVERYTHING,)) as at:
            at.run()
            site.pages["/feed"] = Reply(b"", status=403)
            titles = []
            for _ in range(4):
                run_after(at, HOUR)
                titles.append(told(at))
            during = at.feed("source-health")
            site.pages["/feed"] = Reply(rss(item(1)))
            run_after(at, HOUR)
            after = at.feed("source-health")
            topic_feed = at.feed("all")
    assert titles == [[], [], *[["The wire: fails since 2026-03-01 13:00 UTC"]] * 2]
    (one,), (other,) = feedparser.parse(during).entries, feedparser.parse(after).entries
    assert (one.id, one.published) == (other.id, other.published)
    assert other.title == "The wire: works again (failed 2026-03-01 13:00 UTC to 2026-03-01 17:00 UTC)"
    assert (one.updated, other.updated) == ("2026-03-01T15:00:00Z", "2026-03-01T17:00:00Z")
    assert "403" in one.summary
    assert problems(after) == ()
    assert len(feedparser.parse(topic_feed).entries) == 1, "topic feeds carry no errors"


def test_a_source_that_comes_and_goes_has_one_entry(tmp_path: Path) -> None:
    site = Pages()
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        for _ in range(3):
            site.pages["/feed"] = Reply(b"", status=500)
            for _ in range(3):
                run_after(at, HOUR)
            site.pages["/feed"] = Reply(rss(item(1)))
            run_after(at, HOUR)
        titles = told(at)
    assert len(titles) == 1


def test_what_ended_before_it_was_told_is_not_told(tmp_path: Path) -> None:
    site = Pages(feed=Reply(b"", status=500))
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        works = at.works(None)  # type: ignore[arg-type]
        failing = SourceState(source_id="feed", failures=3, last_error="HTTP 500", last_poll_at=at.now)
        with at.store.batch() as batch:
            open_state = notice(batch, works.instance_id, failing, at.now)
            closed = notice(batch, works.instance_id, replace(open_state, failures=0), at.now + HOUR)
            assert batch.incidents.waiting() == ()
    assert (open_state.coverage.open, closed.coverage.open) == ((IncidentKind.FAILING,), ())


def test_a_network_that_is_down_is_one_entry_for_all(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(30)]
    up = {name: Reply(rss(item(number))) for number, name in enumerate(names)}
    down = {name: Reply(b"", status=502) for name in names}
    site = Pages(**up)
    with serve(site) as server:
        sources = tuple(feed_source(server, f"/{name}") for name in names)
        with desk(tmp_path, sources=sources, topics=(EVERYTHING,)) as at:
            at.run()
            site.pages = {f"/{name}": page for name, page in down.items()}
            for _ in range(4):
                run_after(at, HOUR)
            during = at.feed("source-health")
            site.pages = {f"/{name}": page for name, page in up.items()}
            run_after(at, HOUR)
            after = at.feed("source-health")
    (one,), (other,) = feedparser.parse(during).entries, feedparser.parse(after).entries
    assert one.title == "30 sources at once: failing since 2026-03-01 13:00 UTC"
    assert other.title == "30 sources at once: over since 2026-03-01 17:00 UTC"
    assert one.id == other.id
    assert problems(after) == ()


def test_a_private_source_is_told_of_by_its_id_alone(tmp_path: Path) -> None:
    with serve(Pages()) as server:
        source = feed_source(server, private=True, publisher="Secret wire", url=server.url("/feed?token=123"))
        with desk(tmp_path, sources=(source,), topics=(EVERYTHING,)) as at:
            for _ in range(3):
                run_after(at, HOUR)
            document = at.feed("source-health").decode()
    assert "feed: fails since" in document
    assert re.search(r"token|Secret wire|127\.0\.0\.1:(?!8080)", document) is None


def test_equal_rows_give_equal_bytes_whatever_the_clock_says(tmp_path: Path) -> None:
    site = Pages(feed=Reply(b"", status=500))
    with serve(site) as server, desk(tmp_path, sources=(feed_source(server),), topics=(EVERYTHING,)) as at:
        for _ in range(3):
            run_after(at, HOUR)
        before = at.feed("source-health")
        at.sources = ()
        run_after(at, timedelta(days=40))
        after = at.feed("source-health")
        with at.store.read() as reader:
            feed = reader.health_feed()
    assert before == after
    assert feed is not None
    assert feed.changed_at == datetime(2026, 3, 1, 15, tzinfo=START.tzinfo)
