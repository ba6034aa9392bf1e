"""The pages: what they show of the store, what they keep to themselves, and that a stranger's text stays text."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aggregator.model.copies import CopyEvidence, CopyRelation, CopyVerdict, Membership
from aggregator.model.desk import Decision, Word
from aggregator.model.ledger import ArchivePage, LedgerRow, RowState
from aggregator.model.source import AgencyName, Announce, Republish, Source, SourceKind
from aggregator.model.topic import Concept, Grain, Pack, Topic
from aggregator.pipeline import index_all
from aggregator.storage import Store
from aggregator.text import bytes_digest
from aggregator.web import Heartbeat, Site, create_app
from tests.desk import START, Desk, desk
from tests.documents import item, rss, write
from tests.loopback import Reply, serve
from tests.web_client import Get, asking

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

TALKS = Topic(
    id="talks",
    title='Talks & "more"',
    description="Who talks to whom",
    query="pack:talks OR <rumour",
    max_per_hour=1000,
)
PACK = Pack(name="talks", concepts=(Concept(id="envoys", forms=("envoy*", "road to elections", "المبعوث*", "مبعوث*")),))
ALL = Topic(id="all", title="Everything", query="*", max_per_hour=1000)
AGENCY = AgencyName(id="desk", name="Desk", forms=("DESK", "ديسك"))
ENGLISH = """Envoys meet & talk "again"

Two days in the capital

TRIPOLI/TUNIS, February 28. /DESK/. Envoys met in the capital on Saturday to talk about the road to elections.

The hosts called the meeting <b>useful</b> and said that another envoy would follow. In spring 2025 both sides had
refused to meet; on January 9 they agreed.
"""
ARABIC = """اجتماع المبعوثين في العاصمة

طرابلس، 28 فبراير 2026. /ديسك/. اجتمع المبعوثون في العاصمة يوم السبت للحديث عن الطريق إلى الانتخابات والاتفاق على لقاء آخر خلال الشهر نفسه.
"""
LONG = (
    "An envoy told of the plan. "
    + "The plan has many parts and each of them takes its time. " * 20
    + "The last word is secret."
)
HOSTILE = (
    '<item><guid isPermaLink="false">h</guid><title>&lt;script&gt;alert(1)&lt;/script&gt; Envoys "&gt;</title>'
    "<link>javascript:alert(2)</link><author>a@example.org (&lt;i&gt;Eve&lt;/i&gt;)</author>"
    "<description>&lt;p onclick='alert(3)'&gt;Envoys &lt;a href='javascript:alert(4)'&gt;here&lt;/a&gt;"
    "&lt;img src=x onerror=alert(5)&gt;&lt;/p&gt;</description></item>"
)


@dataclass(frozen=True, slots=True)
class Built:
    """A folder with a store and its feeds, polled once and closed: each test has a copy of its own."""

    folder: Path
    sources: tuple[Source, ...]

    @contextmanager
    def opened(self, folder: Path) -> Iterator[Desk]:
        with desk(folder, sources=self.sources, topics=(TALKS, ALL), agencies=(AGENCY,), packs=(PACK,)) as at:
            yield at


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    for name, text in (("a.txt", ENGLISH), ("b.txt", ARABIC)):
        write(folder / "in", name, text)
    old = item(99, title="Envoys of old", at=START - timedelta(days=30))
    news = rss(
        item(1, title="Envoys speak", text=LONG), item(2, title="Weather", text="It rains."), old, HOSTILE, title="News"
    )
    with serve({"/news.xml": Reply(news, headers={"Content-Type": "application/rss+xml"})}) as server:
        wire = Source(
            id="wire",
            kind=SourceKind.FOLDER,
            path=folder / "in",
            republish=Republish.FULL,
            announce=Announce.ALL,
            publisher="The desk",
        )
        made = Built(
            folder, (wire, Source(id="news", kind=SourceKind.FEED, url=server.url("/news.xml"), publisher="News"))
        )
        with made.opened(folder) as at:
            at.run()
            index_all(at.store)
    return made


@pytest.fixture
def at(built: Built, tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(built.folder, tmp_path / "site")
    with built.opened(tmp_path / "site") as opened:
        yield opened


def site_of(at: Desk) -> Site:
    hidden = Source(id="hidden", kind=SourceKind.FEED, url="https://example.org/token-123/feed", private=True)
    return Site(
        title="Desk feeds",
        language="en",
        base_url="https://feeds.example.org",
        directory=at.directory,
        topics=at.topics,
        sources=(*at.sources, hidden),
        clock=lambda: at.now,
    )


@pytest.fixture
def get(at: Desk) -> Get:
    return asking(create_app(at.store, site_of(at)))


def path_of(at: Desk, headline: str) -> str:
    """The page of the article whose headline begins so."""
    (uri,) = [one.stored.uri for one in at.articles() if one.stored.article.headline.startswith(headline)]
    return f"/articles/{uri.removeprefix('urn:uuid:')}"


def uri_of(at: Desk, headline: str) -> str:
    return f"urn:uuid:{path_of(at, headline).rpartition('/')[2]}"


def say(at: Desk, word: Word, headline: str) -> None:
    said = Decision(number=None, word=word, article_uri=uri_of(at, headline), by="anna", decided_at=START)
    with at.store.batch() as batch:
        batch.desk.decide(said)


def words(markup: str) -> str:
    """What a page says, markup and repeated spaces gone."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


class Outline(HTMLParser):
    """What the pages' rules of form are about."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.headings: list[int] = []
        self.links: list[dict[str, str | None]] = []
        self.attributes: set[str] = set()
        self.headers: list[dict[str, str | None]] = []
        self.feeds: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.attributes.update(named)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "a":
            self.links.append(named)
        if tag == "th":
            self.headers.append(named)
        if tag == "link" and named.get("type") == "application/atom+xml":
            self.feeds.append(named.get("href"))


PAGES = [
    "/",
    "/topics/talks",
    "/topics/all?state=archived",
    "/sources",
    "/search?q=envoys&language=en",
    "/search?q=%22",
    "/nothing",
    "Envoys meet",
    "اجتماع",
    "Envoys speak",
    "<script>",
]


@pytest.fixture(scope="module")
def texts(built: Built) -> dict[str, str]:
    """Every page, by its address or the beginning of its article's headline."""
    with built.opened(built.folder) as at:
        get = asking(create_app(at.store, site_of(at)))
        return {name: get(name if name.startswith("/") else path_of(at, name)).text for name in PAGES}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, texts: dict[str, str]) -> str:
    return texts[request.param]


def test_every_page_is_well_formed_for_people_who_do_not_see_it(page: str) -> None:
    outline = Outline(page)
    assert (outline.headings[0], outline.headings.count(1)) == (1, 1)
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert [outline.tags.count(tag) for tag in ("main", "header", "footer")] == [1, 1, 1]
    assert page.partition("</head>")[0].count("<title>") == 1
    assert all(header.get("scope") in ("col", "row") for header in outline.headers)
    assert '<html lang="en">' in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def test_every_page_names_its_feeds_in_the_head(page: str) -> None:
    feeds = Outline(page).feeds
    assert feeds
    assert set(feeds) <= {"/feeds/talks.atom", "/feeds/all.atom", "/feeds/source-health.atom"}


def test_nothing_of_a_stranger_runs(page: str) -> None:
    outline = Outline(page)
    assert "script" not in outline.tags
    assert "style" not in outline.attributes
    assert [name for name in outline.attributes if name.startswith("on")] == []
    for link in outline.links:
        href = link["href"] or ""
        assert href.startswith(("http://", "https://", "/", "#", "feed:https://feeds.example.org/feeds/"))
        assert href.startswith(("/", "#", "feed:")) or link["rel"] == "noopener noreferrer nofollow"


def test_a_private_source_has_a_name_and_no_address(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if "token-123" in text] == []
    assert "hidden" in texts["/sources"]


def test_a_hostile_headline_is_shown_as_the_text_that_it_is(at: Desk, get: Get) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in get(path_of(at, "<script>")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in get("/topics/talks?state=archived").text


def test_the_front_page_leads_to_the_topics_and_their_entries(at: Desk, get: Get) -> None:
    page = get("/").text
    assert 'href="/topics/talks">Talks &amp; &#34;more&#34;</a>' in page
    assert "https://feeds.example.org/feeds/talks.atom" in page
    assert f'href="{path_of(at, "Envoys meet")}">Envoys meet &amp; talk &#34;again&#34;</a>' in page
    assert '<li lang="ar" dir="rtl">' in page
    assert 'href="/sources"' in page


def test_the_page_of_a_topic_tells_its_rule_and_why_each_entry_is_there(get: Get) -> None:
    page = get("/topics/talks").text
    assert "pack:talks OR &lt;rumour" in page
    assert "live 3 archived 2" in words(page)
    assert 'its source announces all (announce = "all")' in words(page)
    assert "within the window of 72h" in words(page)
    assert "Tripoli/Tunis · Desk · The desk · 2026-02-28 (year inferred) · en" in words(page)
    assert "Envoys of old" not in page
    assert Outline(page).feeds == ["/feeds/talks.atom"]


def test_archived_entries_are_shown_on_request(get: Get) -> None:
    page = words(get("/topics/talks?state=archived").text)
    assert "Envoys of old" in page
    assert 'older than the window of 72h; set announce = "all"' in page
    assert "Envoys speak" not in page


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=2", "page=-1", "page=x", "page=１", f"page={'9' * 9}", f"page={'9' * 99}", "state=held", "state="],
)
def test_a_list_that_is_not_there_is_not_found(get: Get, query: str) -> None:
    assert get(f"/topics/talks?{query}").status_code == 404


def test_entries_come_newest_first_in_pages_of_fifty(tmp_path: Path) -> None:
    documents = rss(*(item(number, title=f"Report {number:03}") for number in range(120)))
    with serve({"/f": Reply(documents)}) as server:
        source = Source(id="many", kind=SourceKind.FEED, url=server.url("/f"))
        with desk(tmp_path, sources=(source,), topics=(ALL,)) as at:
            at.run()
            get = asking(create_app(at.store, site_of(at)))
            pages = [get(f"/topics/all?page={number}").text for number in (1, 2, 3)]
            assert get("/topics/all?page=4").status_code == 404
    shown = [re.findall(r">(Report \d+)</a>", page) for page in pages]
    assert [len(one) for one in shown] == [50, 50, 20]
    assert len({name for one in shown for name in one}) == 120
    assert ['rel="prev"' in page for page in pages] == [False, True, True]
    assert ['rel="next"' in page for page in pages] == [True, True, False]
    assert "Page 2 of 3" in pages[1]


def test_an_article_is_shown_with_all_that_is_believed_of_it(at: Desk, get: Get) -> None:
    page = get(path_of(at, "Envoys meet")).text
    told = words(page)
    assert '<article lang="en" dir="ltr">' in page
    assert "Dateline TRIPOLI/TUNIS, February 28. /DESK/." in told
    assert "Agency Desk" in told
    assert "meeting &lt;b&gt;useful&lt;/b&gt; and said" in page
    assert re.search(r"Written 2026-02-28 printed “.*?” known to the day; year inferred; confidence 0\.\d", told)
    assert re.search(r"Effective 2026-02-28 the date it is ordered by", told)
    assert "First seen 2026-03-01 12:00 UTC" in told
    assert "years that fit: 2026" in told
    assert "What the date stands on" in told
    assert "Version 1" in told
    assert "wire 2026-03-01 12:00 UTC 2026-03-01 12:00 UTC a.txt" in told
    assert f'live its source announces all (announce = "all") {uri_of(at, "Envoys meet")}' in told
    assert Outline(page).feeds == ["/feeds/all.atom", "/feeds/talks.atom"]


def test_the_copies_of_an_article_are_shown_with_their_grounds_but_not_what_the_desk_keeps_back(
    at: Desk, get: Get
) -> None:
    uris = [uri_of(at, headline) for headline in ("Envoys meet", "Envoys speak", "Weather")]
    evidence = CopyEvidence(reason="the same text", shared=0.93, words=120, numbers=("40 / 55",))
    verdict = CopyVerdict(relation=CopyRelation.UPDATE, score=0.93, evidence=evidence)
    members = [
        Membership(uri=uri, group=uris[0], anchor=uris[0], verdict=verdict if uri == uris[1] else None) for uri in uris
    ]
    with at.store.batch() as batch:
        batch.copies.save_memberships(uris, members)
    told = words(get(path_of(at, "Envoys meet")).text)
    assert "3 texts by 2 outlets, one originator: Desk" in told
    assert "Envoys speak update: 93 % of 120 words shared, the same text; numbers 40 / 55" in told
    assert "Weather put together by the desk" in told
    assert "(against the longest of them)" in words(get(path_of(at, "Weather")).text)
    say(at, Word.HOLD, "Weather")
    assert "Weather" not in words(get(path_of(at, "Envoys meet")).text)


def test_the_words_that_matched_are_marked(at: Desk, get: Get) -> None:
    page = get(path_of(at, "Envoys meet")).text
    assert re.findall("<mark>(.*?)</mark>", page) == ["Envoys", "Envoys", "road to elections", "envoy"]
    arabic = get(path_of(at, "اجتماع")).text
    assert re.findall("<mark>(.*?)</mark>", arabic) == ["المبعوثين", "المبعوثون"]
    assert 'dir="rtl"' in arabic


def test_of_a_text_that_may_only_be_quoted_no_more_is_shown_anywhere(at: Desk, get: Get) -> None:
    page = get(path_of(at, "Envoys speak")).text
    assert "<mark>envoy</mark> told of the plan. The plan has many parts" in page
    assert "secret" not in page
    assert max(len(words(part)) for part in re.findall("<p[^>]*>(.*?)</p>", page, re.DOTALL)) <= 310
    assert '<a href="https://example.org/1" rel="noopener noreferrer nofollow">Read it all at the source</a>' in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/00000000-0000-4000-8000-000000000000", 404),
        ("/articles/x", 404),
        ("/articles/..%2f..%2fstore.db", 404),
        ("/articles/", 404),
        ("/topics/none", 404),
        ("/topics/", 404),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_gets_a_plain_page(get: Get, path: str, status: int) -> None:
    answer = get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<h1>Not here</h1>" in answer.text


def test_an_article_is_gone_from_the_moment_it_is_killed(at: Desk, get: Get) -> None:
    path = path_of(at, "Envoys meet")
    say(at, Word.KILL, "Envoys meet")
    answer = get(path)
    assert (answer.status_code, "This article was withdrawn." in answer.text) == (410, True)
    assert "Envoys" not in answer.text


def test_an_article_whose_every_entry_is_withdrawn_is_gone(at: Desk, get: Get) -> None:
    path = path_of(at, "Envoys speak")
    rows = [row for row in at.rows() if row.article_uri == uri_of(at, "Envoys speak")]
    statuses = []
    for row in rows:
        withdraw(at, row)
        statuses.append(get(path).status_code)
    assert statuses == [200, 410]


def withdraw(at: Desk, row: LedgerRow) -> None:
    with at.store.batch() as batch:
        batch.save_row(replace(row, state=RowState.WITHDRAWN, withdrawn_at=START))


def test_what_the_desk_holds_is_not_told_until_it_is_released(at: Desk, get: Get) -> None:
    path = path_of(at, "Envoys meet")
    say(at, Word.HOLD, "Envoys meet")
    held = get(path)
    say(at, Word.RELEASE, "Envoys meet")
    assert (held.status_code, "Envoys" in held.text, get(path).status_code) == (404, False, 200)


def test_a_note_of_the_desk_stands_on_the_page_as_the_text_that_it_is(at: Desk, get: Get) -> None:
    path = path_of(at, "Envoys meet")
    before = get(path).text
    made = Decision(
        number=None,
        word=Word.NOTE,
        article_uri=f"urn:uuid:{path.rpartition('/')[2]}",
        by="maria <m>",
        reason="<script>alert(1)</script> call the ministry",
        decided_at=START,
    )
    with at.store.batch() as batch:
        batch.desk.decide(made)
    after = get(path).text
    assert ("Notes of the desk" in before, "Notes of the desk" in after) == (False, True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; call the ministry" in after
    assert ("maria &lt;m&gt;" in after, "<script>" in after) == (True, False)


def test_the_feed_of_the_sources_health_is_served_with_the_date_that_the_store_knows(at: Desk, get: Get) -> None:
    with at.store.read() as reader:
        feed = reader.health_feed()
    assert feed is not None
    (at.directory / "source-health.atom").touch()
    answer = get("/feeds/source-health.atom")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    assert answer.headers["Last-Modified"] == format_datetime(feed.changed_at.replace(microsecond=0), usegmt=True)


def test_the_sources_are_told_with_their_health(at: Desk, get: Get) -> None:
    page = words(get("/sources").text)
    assert "The desk wire ok 2026-03-01 12:00 UTC" in page
    assert re.search(r"News news (ok|noted) 2026-03-01 12:00 UTC 2026-03-01 \d\d:\d\d UTC 4", page)
    assert "hidden new never at once 0" in page


def test_the_search_shows_what_may_be_shown_with_its_words_marked(at: Desk, get: Get) -> None:
    page = get("/search?q=envoy").text
    assert "4 articles" in words(page)
    assert re.findall("<mark>(.*?)</mark>", page)[:1] == ["Envoys"]
    assert 'href="/articles/' in page
    arabic = get("/search?q=%D8%A7%D9%86%D8%AA%D8%AE%D8%A7%D8%A8").text
    assert ('<li lang="ar" dir="rtl">' in arabic, "<mark>الانتخابات</mark>" in arabic) == (True, True)


def test_a_word_of_a_hidden_part_is_found_and_the_part_stays_hidden(get: Get) -> None:
    page = get("/search?q=secret").text
    assert "1 article" in words(page)
    assert "An envoy told of the plan." in page
    assert "The last word" not in page


def test_the_search_keeps_what_the_desk_keeps_back(at: Desk, get: Get) -> None:
    say(at, Word.HOLD, "Envoys speak")
    say(at, Word.KILL, "Envoys meet")
    page = words(get("/search?q=envoys").text)
    assert ("Envoys speak" in page, "Envoys meet" in page, "2 articles" in page) == (False, False, True)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("topic=talks", 4),
        ("topic=all", 4),
        ("source=wire", 1),
        ("source=news", 3),
        ("language=en", 4),
        ("language=fr", 0),
        ("since=7d", 3),
        ("since=1y", 4),
        ("order=newest", 4),
    ],
)
def test_the_search_is_narrowed(get: Get, asked: str, count: int) -> None:
    page = words(get(f"/search?q=envoys&{asked}").text)
    told = "Nothing was found" if not count else "1 article " if count == 1 else f"{count} articles"
    assert told in page


@pytest.mark.parametrize(
    "query",
    [
        "topic=none",
        "source=x",
        "language=xx",
        "since=9d",
        "order=worst",
        "page=0",
        "page=2",
        "page=51",
        "page=9999999999",
    ],
)
def test_a_search_that_is_not_offered_is_not_found(get: Get, query: str) -> None:
    assert get(f"/search?q=envoys&{query}").status_code == 404


def test_a_search_says_what_is_wrong_with_it(get: Get) -> None:
    for asked, told in (("%22", "Say at least one word"), ("x" * 201, "has at most 200 characters")):
        answer = get(f"/search?q={asked}")
        assert (answer.status_code, told in answer.text) == (200, True)
    hostile = get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script" not in hostile
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in hostile


def test_many_results_come_in_pages(tmp_path: Path) -> None:
    documents = rss(*(item(number, title=f"Report {number:03} on harbours") for number in range(50)))
    with serve({"/f": Reply(documents)}) as server:
        source = Source(id="many", kind=SourceKind.FEED, url=server.url("/f"))
        with desk(tmp_path, sources=(source,), topics=(ALL,)) as at:
            at.run()
            index_all(at.store)
            get = asking(create_app(at.store, site_of(at)))
            pages = [get(f"/search?q=harbour&order=newest&page={number}").text for number in (1, 2, 3)]
            assert get("/search?q=harbour&page=4").status_code == 404
    shown = [re.findall(r">Report (\d+) on <mark>harbours</mark></a>", page) for page in pages]
    assert [len(one) for one in shown] == [20, 20, 10]
    assert len({name for one in shown for name in one}) == 50
    assert 'rel="next" href="/search?q=harbour&amp;order=newest&amp;page=2"' in pages[0]


def test_a_topic_shows_the_copies_of_its_entries_and_the_ideas_they_speak_of(at: Desk, get: Get) -> None:
    uris = [uri_of(at, headline) for headline in ("Envoys meet", "Weather")]
    with at.store.batch() as batch:
        batch.copies.save_memberships(
            uris, [Membership(uri=uri, group=uris[0], anchor=uris[0], verdict=None) for uri in uris]
        )
    page = words(get("/topics/talks").text)
    assert "Also in News" in page
    assert "It speaks of envoys its source announces all" in page
    say(at, Word.HOLD, "Weather")
    assert "Also in" not in words(get("/topics/talks").text)


def test_copies_are_told_by_what_they_say_in_other_words(at: Desk, get: Get) -> None:
    uris = [uri_of(at, headline) for headline in ("Envoys meet", "Envoys speak")]
    with at.store.batch() as batch:
        batch.copies.save_memberships(
            uris, [Membership(uri=uri, group=uris[0], anchor=uris[0], verdict=None) for uri in uris]
        )
    page = get(path_of(at, "Envoys meet")).text
    changes = re.findall('<p class="changes".*?</p>', page, re.DOTALL)
    # One of the two may only be quoted: its headline is compared, its text is not.
    assert len(changes) == 1
    assert "<ins>speak</ins>" in changes[0]


def test_the_charts_say_in_words_what_they_show(at: Desk, get: Get) -> None:
    page = get("/topics/talks").text
    assert 'aria-label="Entries a day, last 7 days: Sun 01 Mar: 3"' in page
    assert "<title>Sun 01 Mar: 3</title>" in page
    sources = get("/sources").text
    assert 'aria-label="New articles a day, last 14 days: Sun 01 Mar: 4"' in sources


def test_readers_on_the_web_are_offered_only_where_they_could_come(at: Desk, get: Get) -> None:
    assert (
        "https://feedly.com/i/subscription/feed%2Fhttps%3A%2F%2Ffeeds.example.org%2Ffeeds%2Ftalks.atom"
        in get("/topics/talks").text
    )
    local = asking(create_app(at.store, replace(site_of(at), base_url="http://127.0.0.1:8080")))("/topics/talks").text
    assert ("feedly" in local, "feed:http://127.0.0.1:8080/feeds/talks.atom" in local) == (False, True)


def test_every_format_and_the_list_of_all_feeds_are_linked(at: Desk, get: Get) -> None:
    page = get("/topics/talks").text
    for ending, media_type in (("rss", "application/rss+xml"), ("json", "application/feed+json")):
        assert f'<a type="{media_type}" href="/feeds/talks.{ending}">' in page
        assert re.search(
            f'<link rel="alternate" type="{re.escape(media_type)}"[^>]* href="/feeds/talks.{ending}">', page
        )
        assert (at.directory / f"talks.{ending}").is_file()
    assert 'href="/feeds/index.opml"' in get("/").text
    (at.directory / "index.opml").unlink()
    assert "index.opml" not in get("/").text


def test_a_page_that_the_reader_has_is_not_sent_again(get: Get) -> None:
    first = get("/")
    again = get("/", if_none_match=first.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert get("/", if_none_match='"other"').status_code == 200
    assert get("/", "HEAD").headers["etag"] == first.headers["etag"]


def test_a_page_changes_its_etag_with_what_it_shows(at: Desk, get: Get) -> None:
    before = get("/topics/talks").headers["etag"]
    withdraw(at, at.rows()[0])
    assert get("/topics/talks").headers["etag"] != before


def test_every_answer_is_strict(get: Get) -> None:
    for path in ("/", "/sources", "/topics/talks", "/search?q=x", "/nothing"):
        headers = get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self';")
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert get("/icon.svg").headers["content-type"] == "image/svg+xml"


def test_only_reading_is_allowed(get: Get) -> None:
    answer = get("/", "POST")
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert "<h1>Only for reading</h1>" in answer.text


def test_an_error_shows_nothing_of_the_inside(tmp_path: Path, at: Desk) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    store = Store(f"sqlite:///{tmp_path / 'broken.db'}")
    get = asking(create_app(store, site_of(at)))
    answer, ready = get("/"), get("/readyz")
    store.close()
    assert (answer.status_code, "<h1>Something went wrong</h1>" in answer.text) == (500, True)
    assert not re.search("sqlite|Traceback|database|broken", answer.text)
    assert (ready.status_code, ready.text) == (503, "the database does not answer\n")


ARCHIVE = b"<feed>an archive page</feed>"


@pytest.fixture
def archived(at: Desk) -> Desk:
    folder = at.directory / "talks" / "archive"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "000001.atom").write_bytes(ARCHIVE)
    page = ArchivePage(
        topic_id="talks",
        grain=Grain.UNIQUE,
        number=1,
        bytes_digest=bytes_digest(ARCHIVE),
        changed_at=datetime(2026, 2, 1, tzinfo=START.tzinfo),
    )
    with at.store.batch() as batch:
        batch.history.save_pages([page])
    return at


def test_an_archive_page_is_given_like_a_feed_and_cached_for_long(archived: Desk, get: Get) -> None:
    answer = get("/feeds/talks/archive/000001.atom")
    assert (answer.status_code, answer.content) == (200, ARCHIVE)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["last-modified"] == "Sun, 01 Feb 2026 00:00:00 GMT"
    assert get("/feeds/talks/archive/000001.atom", if_none_match=answer.headers["etag"]).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/talks/archive/000002.atom",
        "/feeds/talks/archive/1.atom",
        "/feeds/talks/archive/00000１.atom",
        "/feeds/talks/archive/0000001.atom",
        "/feeds/talks/archive/000001.atom.tmp",
        "/feeds/talks/archive/000001",
        "/feeds/talks/archive/..%2f..%2ftalks.atom",
        "/feeds/%2e%2e/archive/000001.atom",
        "/feeds/talks/archive/",
        "/feeds/talks/archive",
        "/feeds/TALKS/archive/000001.atom",
        "/feeds/linked/archive/000001.atom",
    ],
)
def test_nothing_else_of_an_archive_is_reachable(archived: Desk, get: Get, path: str) -> None:
    (archived.directory / "linked").symlink_to(archived.directory / "talks")
    assert get(path).status_code == 404


def test_a_closed_feed_is_gone_with_its_archive(archived: Desk, get: Get) -> None:
    with archived.store.batch() as batch:
        state = batch.topic_feed("talks", Grain.UNIQUE)
        assert state is not None
        batch.save_topic_feed(replace(state, closed_at=START))
    statuses = [
        get(path).status_code for path in ("/feeds/talks.atom", "/feeds/talks/archive/000001.atom", "/feeds/all.atom")
    ]
    assert statuses == [410, 410, 200]
    assert "This feed is closed." in get("/feeds/talks.atom").text
    assert "This feed is closed." in get("/topics/talks").text


@pytest.mark.parametrize(
    ("silent", "status", "text"),
    [
        (timedelta(seconds=1), 200, "ok\n"),
        (timedelta(minutes=2), 200, "ok\n"),
        (timedelta(minutes=3), 503, "no tick for 180 s\n"),
        (None, 503, "starting: no tick yet\n"),
    ],
)
def test_ready_means_that_the_store_answers_and_the_daemon_ticks(
    at: Desk, silent: timedelta | None, status: int, text: str
) -> None:
    heartbeat = Heartbeat(lambda: at.now)
    get = asking(create_app(at.store, site_of(at), heartbeat))
    if silent is not None:
        heartbeat.beat()
        at.now += silent
    answer = get("/readyz")
    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (status, text, "no-store")


def test_who_serves_alone_is_ready_when_the_store_answers(get: Get) -> None:
    assert get("/readyz").status_code == 200
