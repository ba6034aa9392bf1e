"""What the web gives: feeds byte for byte with strong validators, and a page that tells how to subscribe."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from aggregator.model.source import AgencyName, Announce, Republish, Source, SourceKind
from aggregator.model.topic import Topic
from aggregator.web import ListenError, Site, create_app, listen
from tests.desk import START, Desk, desk
from tests.web_client import Get, asking

TOPIC = Topic(id="talks", title='Talks & "more"', description="Who talks to whom", query="*")
AGENCY = AgencyName(id="desk", name="Desk", forms=("DESK", "ديسك"))
ENGLISH = """Envoys meet & talk "again"

TRIPOLI/TUNIS, February 28, 2026. /DESK/. Envoys met in the capital on Saturday to talk about the road to elections.

The hosts called the meeting useful and said that another would follow within the month.
"""
ARABIC = """اجتماع المبعوثين في العاصمة

طرابلس، 28 فبراير 2026. /ديسك/. اجتمع المبعوثون في العاصمة يوم السبت للحديث عن الطريق إلى الانتخابات والاتفاق على لقاء آخر خلال الشهر نفسه.
"""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in (("a.txt", ENGLISH), ("b.txt", ARABIC)):
        (folder / name).write_text(text, "utf-8")
        os.utime(folder / name, (START.timestamp() - 600, START.timestamp() - 600))
    source = Source(
        id="wire",
        kind=SourceKind.FOLDER,
        path=folder,
        republish=Republish.FULL,
        announce=Announce.ALL,
        publisher="The desk",
    )
    with desk(tmp_path, sources=(source,), topics=(TOPIC,), agencies=(AGENCY,)) as opened:
        opened.run()
        yield opened


@pytest.fixture
def get(at: Desk) -> Get:
    secret = Source(id="secret", kind=SourceKind.FEED, url="https://example.org/token-123/feed", private=True)
    site = Site(
        title="Desk feeds",
        language="en",
        base_url="https://feeds.example.org",
        directory=at.directory,
        topics=at.topics,
        sources=(*at.sources, secret),
    )
    return asking(create_app(at.store, site))


def test_a_feed_is_given_byte_for_byte_with_its_validators(at: Desk, get: Get) -> None:
    answer = get("/feeds/talks.atom")
    assert (answer.status_code, answer.content) == (200, at.feed("talks"))
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["last-modified"] == format_datetime(START, usegmt=True)
    assert answer.headers["vary"] == "Accept-Encoding"


def test_last_modified_is_when_the_bytes_changed_not_the_files_time(at: Desk, get: Get) -> None:
    os.utime(at.directory / "talks.atom", (1_900_000_000, 1_900_000_000))
    assert get("/feeds/talks.atom").headers["last-modified"] == format_datetime(START, usegmt=True)


@pytest.mark.parametrize("form", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
def test_a_known_etag_gets_304_without_a_body(get: Get, form: str) -> None:
    etag = get("/feeds/talks.atom").headers["etag"]
    answer = get("/feeds/talks.atom", if_none_match=form.format(etag=etag))
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (format_datetime(START, usegmt=True), 304),
        (format_datetime(datetime(2026, 2, 1, tzinfo=UTC), usegmt=True), 200),
        ("yesterday", 200),
    ],
)
def test_if_modified_since_counts_where_no_etag_is_sent(get: Get, since: str, status: int) -> None:
    assert get("/feeds/talks.atom", if_modified_since=since).status_code == status
    assert get("/feeds/talks.atom", if_modified_since=since, if_none_match='"other"').status_code == 200


@pytest.mark.parametrize(
    ("accepts", "packed"), [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("", False)]
)
def test_gzip_has_an_etag_of_its_own(at: Desk, get: Get, accepts: str, packed: bool) -> None:
    answer = get("/feeds/talks.atom", accept_encoding=accepts)
    assert ("content-encoding" in answer.headers, answer.headers["etag"].endswith('-gz"')) == (packed, packed)
    assert answer.content == at.feed("talks")
    again = get("/feeds/talks.atom", accept_encoding=accepts, if_none_match=answer.headers["etag"])
    assert again.status_code == 304


def test_packed_bytes_are_the_same_every_time(get: Get) -> None:
    first = get("/feeds/talks.atom", accept_encoding="gzip").headers["content-length"]
    assert first == get("/feeds/talks.atom", accept_encoding="gzip").headers["content-length"]


def test_head_has_the_headers_of_get(get: Get) -> None:
    head, full = get("/feeds/talks.atom", "HEAD"), get("/feeds/talks.atom")
    assert (head.status_code, head.headers["etag"]) == (200, full.headers["etag"])
    assert head.headers["content-length"] == str(len(full.content))


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/none.atom",
        "/feeds/README.md",
        "/feeds/..%2fstore.db",
        "/feeds/../store.db",
        "/feeds/.talks.atom.tmp",
        "/feeds/talks.atom%00",
        "/nothing",
    ],
)
def test_nothing_but_published_feeds_is_given(get: Get, path: str) -> None:
    assert get(path).status_code == 404


def test_a_link_in_the_feeds_folder_leads_nowhere(at: Desk, get: Get, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (at.directory / "link.atom").symlink_to(tmp_path / "secret")
    assert get("/feeds/link.atom").status_code == 404


def test_the_page_tells_how_to_subscribe_and_shows_the_entries(get: Get) -> None:
    page = get("/").text
    assert (
        '<link rel="alternate" type="application/atom+xml" title="Talks &amp; &#34;more&#34;" href="/feeds/talks.atom">'
        in page
    )
    assert "https://feeds.example.org/feeds/talks.atom" in page
    assert "Envoys meet &amp; talk &#34;again&#34;" in page
    assert '<li lang="ar" dir="rtl">' in page
    assert "Tripoli/Tunis" in page
    assert "2026-02-28" in page


def test_it_is_alive(get: Get) -> None:
    assert get("/healthz").text == "ok\n"


def test_a_taken_address_is_told_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as bound, pytest.raises(ListenError, match=r"\[web\] listen"):
        listen("127.0.0.1", bound.getsockname()[1])
