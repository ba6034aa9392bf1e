"""What is served beside pages: every kind of document, deltas, moved and closed feeds, earlier times, query feeds, metrics."""

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import feedparser
import pytest

from aggregator.model.desk import Word
from aggregator.model.source import Announce, Republish, Source, SourceKind
from aggregator.model.topic import Grain, Topic
from aggregator.telemetry.metrics import Metrics
from aggregator.topics import signed
from aggregator.web import Services, Site, create_app
from aggregator.web.knowledge import max_age
from tests.desk import START, Desk, desk
from tests.validator_rules import foreign_namespaces
from tests.web_client import Get, asking

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KEY = "0123456789abcdef0123456789abcdef"
BASE = "http://127.0.0.1:8080"
# No story is told in this grain: what is told of one changes the entries of all its reports.
TOPIC = Topic(id="talks", title="Talks", query="*", former=("old-talks",), grain=Grain.ARTICLES)
LOCAL = {"host": "127.0.0.1:8080"}


def write(at: Desk, name: str, text: str) -> None:
    """A document of the folder, written an hour ago."""
    path = at.directory.parent / "in" / name
    path.write_text(text, "utf-8")
    then = at.now.timestamp() - 3600
    os.utime(path, (then, then))


def report(place: str, words: str = "") -> str:
    """A wire text of that place."""
    return (
        f"Envoys meet in {place}\n\nTRIPOLI, February 28, 2026. /DESK/. Envoys met in {place} on Saturday for talks "
        f"about the road to elections. {words}\n\nThe hosts in {place} called the meeting useful.\n"
    )


def opened(folder: Path) -> AbstractContextManager[Desk]:
    """The desk of the folder, which watches its folder `in`."""
    source = Source(
        id="wire", kind=SourceKind.FOLDER, path=folder / "in", republish=Republish.FULL, announce=Announce.ALL
    )
    return desk(folder, sources=(source,), topics=(TOPIC,))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has published two reports; made once, because a store takes longer to make than to copy."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "in").mkdir()
    with opened(folder) as made:
        write(made, "a.txt", report("Zuwara"))
        write(made, "b.txt", report("Sabha"))
        made.run()
    return folder


@pytest.fixture
def at(published: Path, tmp_path: Path) -> Iterator[Desk]:
    with opened(shutil.copytree(published, tmp_path / "desk")) as made:
        yield made


def ask(at: Desk, services: Services | None = None) -> Get:
    """An application of its own, which knows nothing yet."""
    site = Site(
        title="Desk", language="en", base_url=BASE, directory=at.directory, topics=at.topics, sources=at.sources
    )
    return asking(create_app(at.store, site, services=services))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("talks.atom", "application/atom+xml; charset=utf-8"),
        ("talks.rss", "application/rss+xml; charset=utf-8"),
        ("talks.json", "application/feed+json; charset=utf-8"),
        ("talks.stories.atom", "application/atom+xml; charset=utf-8"),
        ("talks/archive/000001.rss", "application/rss+xml; charset=utf-8"),
        ("talks.stories/archive/000001.atom", "application/atom+xml; charset=utf-8"),
        ("index.opml", "text/x-opml; charset=utf-8"),
        ("talks.html", "text/html; charset=utf-8"),
        ("entries/0f8a4a55-6f0c.html", "text/html; charset=utf-8"),
    ],
)
def test_every_kind_of_document_has_its_media_type(at: Desk, name: str, media_type: str) -> None:
    path = at.directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"<whatever/>")
    answer = ask(at)(f"/feeds/{name}")
    assert (answer.status_code, answer.content) == (200, b"<whatever/>")
    assert answer.headers["content-type"] == media_type
    assert ("content-security-policy" in answer.headers) is name.endswith("html")


@pytest.mark.parametrize("name", ["talks.atom.gz", "talks.txt", "talks", "a/b/c/d.atom", "%2e%2e/x.atom", "A.atom"])
def test_what_is_no_document_is_not_given(at: Desk, name: str) -> None:
    path = at.directory / name
    if not name.startswith("%"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1000)
    assert ask(at)(f"/feeds/{name}").status_code == 404


def test_a_folder_that_is_a_link_leads_nowhere(at: Desk, tmp_path: Path) -> None:
    (tmp_path / "else" / "archive").mkdir(parents=True)
    (tmp_path / "else" / "archive" / "000001.atom").write_bytes(b"secret")
    (at.directory / "link").symlink_to(tmp_path / "else")
    assert ask(at)("/feeds/link/archive/000001.atom").status_code == 404


def test_a_changed_file_is_given_at_once_and_a_removed_one_no_more(at: Desk) -> None:
    get = ask(at)
    first = get("/feeds/talks.atom")
    write(at, "c.txt", report("Ghat"))
    at.now += HOUR
    at.run()
    second = get("/feeds/talks.atom", if_none_match=first.headers["etag"])
    assert (second.status_code, second.content) == (200, at.feed("talks"))
    assert second.headers["last-modified"] == format_datetime(at.now, usegmt=True)
    (at.directory / "talks.atom").unlink()
    assert get("/feeds/talks.atom").status_code == 404


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_a_document_has_changed_when_its_bytes_did_and_not_when_its_file_came_back(at: Desk, form: str) -> None:
    (at.directory / f"talks.{form}").unlink()
    at.now += HOUR
    at.run()
    assert ask(at)(f"/feeds/talks.{form}").headers["last-modified"] == format_datetime(START, usegmt=True)


def test_a_feed_names_itself_and_its_hubs_in_a_header(at: Desk) -> None:
    get = ask(at, Services(hubs=("https://hub.example.com/",)))
    named = f'<{BASE}/feeds/talks.atom>; rel="self", <https://hub.example.com/>; rel="hub"'
    assert get("/feeds/talks.atom").headers["link"] == named
    assert get("/feeds/source-health.atom").headers["link"] == f'<{BASE}/feeds/source-health.atom>; rel="self"'


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [((), 1), ((0,), 1), ((0, 1, 2), 1), ((0, 60, 120), 6), ((0, 1000, 2000), 15)],
)
def test_a_feed_may_be_kept_for_a_tenth_of_its_rhythm(minutes: tuple[int, ...], expected: int) -> None:
    assert max_age([START + minute * MINUTE for minute in minutes]) == expected * MINUTE


def test_the_rhythm_of_a_topic_stands_in_cache_control(at: Desk) -> None:
    for hours in (2, 4):
        at.now = START + hours * HOUR
        write(at, f"{hours}.txt", report(f"town {hours}"))
        at.run()
    # Four entries within four hours: 80 minutes from one to the next.
    assert ask(at)("/feeds/talks.atom").headers["cache-control"] == "public, max-age=480"


# -- deltas


def titles(document: bytes) -> list[str]:
    return [entry.title for entry in feedparser.parse(document).entries]


def test_a_client_that_asks_so_gets_only_what_is_new_or_changed(at: Desk) -> None:
    get = ask(at)
    first = get("/feeds/talks.atom")
    assert len(titles(first.content)) == 2
    at.now += 2 * HOUR
    write(at, "a.txt", report("Zuwara", "A further meeting is planned for the spring, they said."))
    write(at, "c.txt", report("Ghat"))
    at.run()
    etag = first.headers["etag"]
    answer = get("/feeds/talks.atom", a_im="feed", if_none_match=etag)
    assert (answer.status_code, answer.headers["im"]) == (226, "feed")
    assert sorted(titles(answer.content)) == ["Envoys meet in Ghat", "Envoys meet in Zuwara"]
    assert answer.headers["cache-control"] == "no-store, im"
    assert answer.headers["vary"] == "Accept-Encoding, A-IM, If-None-Match"
    assert answer.headers["content-length"] == str(len(answer.content))
    whole = get("/feeds/talks.atom")
    assert answer.headers["etag"] == whole.headers["etag"]
    assert get("/feeds/talks.atom", a_im="feed", if_none_match=answer.headers["etag"]).status_code == 304
    assert get("/feeds/talks.atom", if_none_match=etag).content == whole.content


def test_a_delta_is_packed_and_knows_the_tag_of_a_packed_version(at: Desk) -> None:
    get = ask(at)
    etag = get("/feeds/talks.atom", accept_encoding="gzip").headers["etag"]
    write(at, "c.txt", report("Ghat"))
    at.now += HOUR
    at.run()
    answer = get("/feeds/talks.atom", a_im="feed", if_none_match=etag, accept_encoding="gzip")
    assert (answer.status_code, answer.headers["content-encoding"]) == (226, "gzip")
    assert titles(answer.content) == ["Envoys meet in Ghat"]
    assert answer.headers["etag"].endswith('-gz"')


def test_an_unknown_version_gets_the_whole_document(at: Desk) -> None:
    answer = ask(at)("/feeds/talks.atom", a_im="feed", if_none_match='"0123456789abcdef"')
    assert (answer.status_code, answer.content) == (200, at.feed("talks"))


def test_feedparser_reads_a_delta_as_it_asks_for_it(at: Desk) -> None:
    """It names `feed` in A-IM by itself and takes any 2xx."""
    get = ask(at)
    etag = get("/feeds/talks.atom").headers["etag"]
    write(at, "c.txt", report("Ghat"))
    at.now += HOUR
    at.run()
    parsed = feedparser.parse(get("/feeds/talks.atom", a_im="feed", if_none_match=etag).content)
    assert (bool(parsed.bozo), parsed.feed.title, len(parsed.entries)) == (False, "Talks", 1)


# -- moved and closed


@pytest.mark.parametrize("rest", [".atom", ".rss", ".stories.json", "/archive/000001.atom"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_former_address_leads_to_the_present_one(at: Desk, rest: str, method: str) -> None:
    answer = ask(at)(f"/feeds/old-talks{rest}", method)
    assert (answer.status_code, answer.headers["location"]) == (301, f"{BASE}/feeds/talks{rest}")


def test_the_page_of_a_renamed_topic_leads_on_too(at: Desk) -> None:
    answer = ask(at)("/topics/old-talks")
    assert (answer.status_code, answer.headers["location"]) == (301, f"{BASE}/topics/talks")
    assert ask(at)("/topics/talks").status_code == 200


def test_a_closed_topic_is_gone_in_every_format_and_its_archive_too(at: Desk) -> None:
    with at.store.batch() as batch:
        (state,) = batch.topic_feeds()
        batch.save_topic_feed(replace(state, closed_at=at.now))
    get = ask(at)
    for name in ("talks.atom", "talks.rss", "talks/archive/000001.atom"):
        assert get(f"/feeds/{name}").status_code == 410
    assert get("/feeds/source-health.atom").status_code == 200


# -- earlier times


def as_of(get: Get, at: str, **headers: str) -> Any:
    return get(f"/feeds/talks.atom?{urlencode({'at': at})}", **(LOCAL | headers))


def test_a_feed_is_shown_as_it_was_with_the_dates_it_had(at: Desk) -> None:
    before, published = at.feed("talks"), at.now
    at.now += HOUR
    write(at, "c.txt", report("Ghat"))
    at.run()
    get = ask(at, Services(author="The desk"))
    answer = as_of(get, (published + MINUTE).isoformat())
    assert (answer.status_code, answer.content) == (200, before)
    assert answer.headers["aggregator-changed-since"] == "0"
    assert as_of(get, at.now.isoformat()).content == at.feed("talks")
    assert as_of(get, (published - DAY).isoformat()).status_code == 404


def test_an_entry_that_was_edited_since_is_counted(at: Desk) -> None:
    then = at.now + MINUTE
    at.now += 2 * HOUR
    write(at, "a.txt", report("Zuwara", "A further meeting is planned for the spring, they said."))
    at.run()
    answer = as_of(ask(at), then.isoformat())
    assert (answer.headers["aggregator-changed-since"], b"for the spring" in answer.content) == ("1", True)


def test_what_was_killed_stays_killed_at_every_time(at: Desk) -> None:
    uri = next(view.stored.uri for view in at.articles() if "Zuwara" in view.stored.article.headline)
    then = at.now + MINUTE
    at.now += HOUR
    at.decide(Word.KILL, uri)
    at.run()
    document = as_of(ask(at), then.isoformat()).content
    assert titles(document) == ["Envoys meet in Sabha"]
    assert f'ref="{uri}"'.encode() in document


@pytest.mark.parametrize(
    "headers",
    [{"host": "feeds.example.org"}, {"x_forwarded_for": "192.0.2.1"}, {"forwarded": "for=192.0.2.1"}, {"via": "1.1 p"}],
)
def test_earlier_times_are_for_this_machine_only(at: Desk, headers: dict[str, str]) -> None:
    assert as_of(ask(at), "2026-03-01T13:00:00Z", **headers).status_code == 403


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("yesterday", 400),
        ("2026-03-01", 404),
        ("2026-03-02 08:00", 200),
        ("0001-01-01T00:00+05:00", 400),
    ],
)
def test_a_time_is_a_date_with_or_without_hours(at: Desk, value: str, status: int) -> None:
    assert as_of(ask(at), value).status_code == status


# -- query feeds


def signed_path(query: str, key: str = KEY) -> str:
    parts = urlsplit(signed.address(BASE, key, signed.canonical(query)))
    return f"{parts.path}?{parts.query}"


def test_a_signed_query_is_a_feed_of_what_is_stored(at: Desk) -> None:
    get = ask(at, Services(query_key=KEY))
    answer = get(signed_path("zuwara"))
    parsed = feedparser.parse(answer.content)
    assert answer.status_code == 200
    assert [entry.title for entry in parsed.entries] == ["Envoys meet in Zuwara"]
    assert parsed.feed.title == "Desk: zuwara"
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    again = get(signed_path("zuwara"), if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    packed = get(signed_path("zuwara"), accept_encoding="gzip")
    assert (packed.content, packed.headers["content-encoding"]) == (answer.content, "gzip")


def test_an_entry_stands_as_in_the_topic_that_publishes_it(at: Desk) -> None:
    entry = feedparser.parse(ask(at, Services(query_key=KEY))(signed_path("zuwara")).content).entries[0]
    (published,) = (one for one in feedparser.parse(at.feed("talks")).entries if one.title == entry.title)
    assert (entry.id, entry.updated, entry.content) == (published.id, published.updated, published.content)


def test_what_no_topic_publishes_has_the_article_s_id_and_time_of_first_sight(at: Desk) -> None:
    at.topics = (replace(TOPIC, id="none", former=(), query="nothing-like-it"),)
    write(at, "c.txt", report("Ghat"))
    at.now += HOUR
    at.run()
    entry = feedparser.parse(ask(at, Services(query_key=KEY))(signed_path("ghat")).content).entries[0]
    (stored,) = (view.stored for view in at.articles() if "Ghat" in view.stored.article.headline)
    assert (entry.id, entry.updated) == (stored.uri, at.now.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_a_desk_without_extensions_has_none_in_the_feeds_that_are_made_on_asking(at: Desk) -> None:
    at.decide(Word.KILL, next(view.stored.uri for view in at.articles() if "Zuwara" in view.stored.article.headline))
    at.run()
    with_them, without = (ask(at, Services(query_key=KEY, extensions=extensions)) for extensions in (True, False))
    assert b"deleted-entry" in as_of(with_them, at.now.isoformat()).content
    assert foreign_namespaces(as_of(without, at.now.isoformat()).content) == ()
    assert foreign_namespaces(without(signed_path("meeting")).content) == ()


def test_two_spellings_of_a_query_are_one_feed(at: Desk) -> None:
    assert signed_path("Sabha OR (zuwara)") == signed_path("zuwara   OR sabha OR zuwara")
    assert signed_path("sabha") != signed_path("zuwara")


@pytest.mark.parametrize("change", [{"sig": ""}, {"sig": "x" * 43}, {"query": "sabha"}, {"query": ""}, {"sig": "é"}])
def test_what_is_not_signed_is_refused(at: Desk, change: dict[str, str]) -> None:
    asked = dict(parse_qsl(urlsplit(signed_path("zuwara")).query)) | change
    assert ask(at, Services(query_key=KEY))(f"/q?{urlencode(asked)}").status_code == 403


def test_another_key_or_none_signs_nothing(at: Desk) -> None:
    assert ask(at, Services(query_key=KEY))(signed_path("zuwara", "another" * 6)).status_code == 403
    assert ask(at)(signed_path("zuwara")).status_code == 403
    with at.store.batch() as batch:
        assert batch.serving.query_key(KEY) == KEY
        assert batch.serving.query_key("another") == KEY
    assert ask(at)(signed_path("zuwara")).status_code == 200


def test_a_query_that_names_what_is_gone_is_gone(at: Desk) -> None:
    assert ask(at, Services(query_key=KEY))(signed_path("topic:gone")).status_code == 410


def test_what_the_desk_took_out_is_in_no_query_feed(at: Desk) -> None:
    killed, held = sorted(view.stored.uri for view in at.articles())
    at.decide(Word.KILL, killed)
    at.decide(Word.HOLD, held)
    answer = ask(at, Services(query_key=KEY))(signed_path("envoys"))
    assert (answer.status_code, titles(answer.content)) == (200, [])


# -- for machines


def test_metrics_tell_what_was_done_and_how_things_stand(at: Desk) -> None:
    metrics = Metrics()
    get = ask(at, Services(metrics=metrics))
    get("/feeds/talks.atom")
    get("/feeds/none.atom")
    metrics.published(3)
    metrics.announced("accepted")
    text = get("/metrics", **LOCAL).text
    for line in (
        'aggregator_http_answers_total{kind="feeds",status="200"} 1.0',
        'aggregator_http_answers_total{kind="other",status="404"} 1.0',
        "aggregator_published_documents_total 3.0",
        'aggregator_hub_announcements_total{result="accepted"} 1.0',
        'aggregator_entries{state="live"} 2.0',
        'aggregator_sources{state="working"} 1.0',
    ):
        assert line in text.splitlines()


def test_metrics_are_for_this_machine_only(at: Desk) -> None:
    get = ask(at, Services(metrics=Metrics()))
    assert get("/metrics").status_code == 403
    assert get("/metrics", host="127.0.0.1", x_forwarded_for="192.0.2.1").status_code == 403
    assert ask(at)("/metrics", **LOCAL).status_code == 404


def test_robots_are_told_what_is_not_for_them(at: Desk) -> None:
    answer = ask(at)("/robots.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines()[:2] == ["User-agent: *", "Disallow: /q"]


def test_a_packed_body_is_what_it_says(at: Desk) -> None:
    (at.directory / "talks.json").write_text(json.dumps({"items": [], "title": "t" * 2000}))
    answer = ask(at)("/feeds/talks.json", accept_encoding="gzip")
    assert int(answer.headers["content-length"]) == len(
        gzip.compress((at.directory / "talks.json").read_bytes(), mtime=0)
    )
