"""Entries of which a source gives an excerpt get the text of their page: once, under the same identity, and no poll takes it back."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from aggregator.config import Configuration, load
from aggregator.fetch import HttpFetcher
from aggregator.model.article import Article, Completeness, EffectiveBasis
from aggregator.model.desk import Word
from aggregator.model.fetch import Document, Fetched
from aggregator.model.identity import Sighting
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import AgencyName, Fulltext, Republish, Source, SourceKind, SourceState, Validators
from aggregator.model.topic import Topic
from aggregator.pipeline import attend, poll, publish
from aggregator.reading.complete import FROM_PAGE, NoText, complete, lacks_text
from aggregator.reading.pool import Readers
from aggregator.reading.read import Desk as ReadingDesk
from aggregator.reading.read import read
from aggregator.render.rights import Shown, shown
from aggregator.text import digest
from aggregator.topics.match import compile_topics
from tests.desk import LIMITS, START, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Raw, Reply, Request, Server, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

HARBOUR = Topic(id="harbour", title="Harbour", query="dredging")
EVERYTHING = Topic(id="all", title="All", query="*")
TOPICS = (EVERYTHING, HARBOUR)
WIRE = AgencyName(id="wire", name="Wire", forms=("WIRE",), republish=Republish.HEADLINE)
TITLE = "Port reopens after a month of repairs"
TEASER = "The port of Zuwara took in its first ship on Sunday."
HTML = {"Content-Type": "text/html; charset=utf-8"}
TEXT = (
    "The port of Zuwara took in its first ship on Sunday, a month after a storm had closed it.",
    "Divers had lifted two wrecks from the basin, and a dredging vessel from Malta cleared the entrance down to nine metres.",
    "The harbour master said that fishing boats would be let in first; larger ships are to follow before the end of the week.",
    'Traders hope for lower prices, as <a href="/prices">the list of the chamber</a> shows.',
)


def page(*paragraphs: str, headline: str = TITLE) -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    menu = "<nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav>"
    article = f"<article><h1>{headline}</h1>{body}<script>count()</script></article>"
    head = f"<title>{headline} | The Coast</title>"
    return f"<!DOCTYPE html><html lang='en'><head>{head}</head><body>{menu}{article}<footer>All rights</footer></body></html>".encode()


# -- the decision on one page


SOURCE = Source(id="feed", kind=SourceKind.FEED, url="https://coast.example/feed", fulltext=Fulltext.AUTO)
READING = ReadingDesk(agencies=(WIRE,), matcher=compile_topics(TOPICS, ()), site_title="Desk")


def excerpt(source: Source = SOURCE, *, text: str = TEASER, link: str = "https://coast.example/news/1") -> Sighting:
    return sighting(source, item(1, title=TITLE, text=text, link=link))


def sighting(source: Source, printed: str) -> Sighting:
    body = rss(printed)
    fetched = Fetched(
        documents=(Document(key="feed", body=body, digest=digest(body)),), validators=Validators(), url=source.url
    )
    (document,) = read(source, fetched, frozenset(), READING, START).documents
    return document.sightings[0]


def fetched_page(body: bytes, url: str = "https://coast.example/news/1", kind: str = "text/html") -> Fetched:
    document = Document(key=url, body=body, content_type=kind, digest=digest(body))
    return Fetched(documents=(document,), validators=Validators(), url=url, status=200)


def completed(body: bytes) -> Sighting:
    found = complete(excerpt(), fetched_page(body), SOURCE, READING, START)
    assert isinstance(found, Sighting)
    return found


def test_the_text_of_the_page_takes_the_place_of_the_excerpt() -> None:
    article = completed(page(*TEXT)).article
    assert article.completeness is Completeness.FULL
    assert article.body_text.startswith("The port of Zuwara took in its first ship on Sunday, a month")
    assert "as the list of the chamber shows." in article.body_text
    assert 'href="https://coast.example/prices"' in (article.body_html or "")
    for around in ("count()", "Sport", "All rights", TITLE):
        assert around not in (article.body_html or "")
    assert article.repairs == (FROM_PAGE,)


def test_what_the_feed_says_stays() -> None:
    before = excerpt(text="A quay, a crane and nine metres of water: the port is back on Sunday.")
    found = complete(before, fetched_page(page(*TEXT)), SOURCE, READING, START)
    assert isinstance(found, Sighting)
    assert found.article.standfirst == "A quay, a crane and nine metres of water: the port is back on Sunday."
    assert found.article.summary_text == found.article.standfirst
    assert (found.article.headline, found.article.url) == (TITLE, "https://coast.example/news/1")
    assert (found.article.published, found.article.origin) == (before.article.published, before.article.origin)


def test_matches_and_fingerprints_are_of_the_whole_text_but_the_identity_is_the_feeds() -> None:
    before, after = excerpt(), completed(page(*TEXT))
    assert [match.topic_id for match in before.matches] == ["all"]
    assert [match.topic_id for match in after.matches] == ["all", "harbour"]
    assert (before.fingerprints.body, after.fingerprints.body is None) == (None, False)
    assert after.fingerprints.material != before.fingerprints.material
    assert after.fingerprints.text == before.fingerprints.text
    assert (after.keys, after.guid, after.link, after.mint_name) == (
        before.keys,
        before.guid,
        before.link,
        before.mint_name,
    )


def test_an_entry_without_a_headline_gets_that_of_its_page() -> None:
    nameless = sighting(SOURCE, "<item><link>https://coast.example/news/1</link></item>")
    assert nameless.article.headline == "https://coast.example/news/1"
    found = complete(nameless, fetched_page(page(*TEXT)), SOURCE, READING, START)
    assert isinstance(found, Sighting)
    assert (found.article.headline, found.keys) == (TITLE, nameless.keys)


def test_the_right_to_an_excerpt_shows_the_feeds_own_words() -> None:
    assert shown(completed(page(*TEXT)).article) == Shown(summary=TEASER)


def test_an_agency_that_only_the_page_names_has_its_right_over_the_text() -> None:
    dateline = "ZUWARA, March 1. /WIRE/. "
    article = completed(page(dateline + TEXT[0], *TEXT[1:])).article
    assert article.agency is not None
    assert (article.agency.id, article.rights.republish) == ("wire", Republish.HEADLINE)
    assert article.body_text.startswith("The port of Zuwara")


REFUSED = {
    "home": (
        fetched_page(page(*TEXT), url="https://coast.example/"),
        "the home page of its site",
        "a report that was taken down leads there",
    ),
    "pdf": (fetched_page(b"%PDF-1.7 ...", kind="application/pdf"), "application/pdf", "only HTML has a main text"),
    "script": (
        fetched_page(b"<!DOCTYPE html><html><body><div id='app'></div><script>run()</script></body></html>"),
        "no text",
        "the text is made by a script",
    ),
    "short": (fetched_page(page(TEASER)), "no more text", "a page that shows the excerpt again, as before a paywall"),
    "consent": (
        fetched_page(
            page(
                *(
                    "Before you go on to our pages we ask you to choose which data we and our partners may keep about you.",
                    "Some of them count visits, some choose what is shown beside the reports, others pay for the work of the desk.",
                    "You can change your mind at any time; a link at the foot of each page leads back to this choice.",
                ),
                headline="Your privacy",
            )
        ),
        "another text",
        "a redirect to a page that asks for consent",
    ),
    "entities": (
        fetched_page(b'<!DOCTYPE r [<!ENTITY a "b">]><html><body><p>&a;</p></body></html>'),
        "",
        "no DOCTYPE with entities is read",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_page_that_gives_no_text_of_the_entry_is_refused_with_its_reason(name: str) -> None:
    answer, words, why = REFUSED[name]
    found = complete(excerpt(), answer, SOURCE, READING, START)
    assert isinstance(found, NoText), why
    assert words in found.reason, why


LACKING: tuple[tuple[str, Source, dict[str, str], bool, str], ...] = (
    ("excerpt", SOURCE, {}, True, "an excerpt with a page"),
    ("no excerpt", SOURCE, {"text": ""}, True, "nothing but a headline"),
    ("full", SOURCE, {"text": "A long text. " * 150}, False, "it is the whole text already"),
    ("headline", replace(SOURCE, republish=Republish.HEADLINE), {}, False, "no text may be shown"),
    ("none", replace(SOURCE, republish=Republish.NONE), {}, False, "nothing may be shown"),
    ("agency", SOURCE, {"text": "ZUWARA, March 1. /WIRE/. The port is open."}, False, "its agency forbids it"),
    ("home", SOURCE, {"link": "https://coast.example/"}, False, "the home page is no entry's page"),
    ("mail", SOURCE, {"link": "mailto:desk@coast.example"}, False, "no page"),
)


@pytest.mark.parametrize(("name", "source", "values", "lacks", "why"), LACKING, ids=[case[0] for case in LACKING])
def test_what_is_asked_for_its_page(name: str, source: Source, values: dict[str, str], lacks: bool, why: str) -> None:
    assert lacks_text(excerpt(source, **values)) is lacks, why


def test_a_page_that_stands_for_two_entries_is_not_asked_for() -> None:
    assert not lacks_text(replace(excerpt(), url_is_ambiguous=True))


# -- the flow over several polls


@dataclass(slots=True)
class Coast:
    """A site with a feed of excerpts and a page for each; the test changes both between polls."""

    server: Server | None = None
    titles: dict[int, str] = field(default_factory=lambda: {1: TITLE, 2: "School year begins in three towns"})
    pages: dict[str, Reply | Raw] = field(default_factory=dict)
    elsewhere: str | None = None
    """Another spelling of the host, for the pages."""

    def __call__(self, request: Request) -> Reply | Raw:
        if request.path == "/feed":
            return Reply(self.feed())
        return self.pages.get(request.path, Reply(status=404))

    def feed(self) -> bytes:
        return rss(
            *(item(number, title=title, text=TEASER, link=self.link(number)) for number, title in self.titles.items())
        )

    def link(self, number: int) -> str:
        assert self.server is not None
        return self.server.url(f"/news/{number}", host=self.elsewhere)

    def write(self, number: int, *paragraphs: str) -> None:
        self.pages[f"/news/{number}"] = Reply(page(*paragraphs, headline=self.titles[number]), headers=HTML)

    def asked(self) -> list[str]:
        """The pages that were asked for since the last time, in order."""
        assert self.server is not None
        paths = [request.path for request in self.server.requests if request.path != "/feed"]
        self.server.requests.clear()
        return sorted(paths)


@pytest.fixture
def coast() -> Iterator[Coast]:
    site = Coast()
    with serve(site) as server:
        site.server = server
        for number in site.titles:
            site.write(number, *TEXT)
        yield site


@dataclass(slots=True)
class Runs:
    """Polls on one loop with one worker process, which starts with the first page."""

    runner: asyncio.Runner
    readers: Readers

    def poll(self, at: Desk, *, page_time: timedelta = timedelta(seconds=20)) -> Poll:
        """Poll the only source of the desk two hours after the last time."""
        (done,) = self.poll_all(at, page_time=page_time)
        return done

    def poll_all(self, at: Desk, *, page_time: timedelta = timedelta(seconds=20)) -> tuple[Poll, ...]:
        return self.runner.run(self._poll(at, page_time))

    async def _poll(self, at: Desk, page_time: timedelta) -> tuple[Poll, ...]:
        async with HttpFetcher(LIMITS) as fetcher:
            works = replace(at.works(fetcher), readers=self.readers, page_time=page_time)
            attend(works, at.now)
            with ThreadPoolExecutor(1) as writer:
                done = await poll(works, writer, sources=at.sources)
            publish(works, at.now)
        at.now += timedelta(hours=2)
        return done


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with asyncio.Runner() as runner:
        readers = Readers(workers=1)
        yield Runs(runner, readers)
        readers.close()


@pytest.fixture
def at(tmp_path: Path, coast: Coast) -> Iterator[Desk]:
    assert coast.server is not None
    source = feed_source(coast.server, fulltext=Fulltext.AUTO, republish=Republish.FULL)
    with desk(tmp_path, sources=(source,), topics=TOPICS, agencies=(WIRE,)) as opened:
        yield opened


def read_as_a_whole(at: Desk) -> None:
    """Let the next poll read every item of the feeds, as after a change that touches them all."""
    with at.store.batch() as batch:
        for state in [batch.source_state(source.id) for source in at.sources]:
            batch.save_source_state(
                replace(state, items=SourceState(source_id=state.source_id).items, validators=Validators())
            )


def article(at: Desk, headline: str) -> Article:
    (found,) = (view.stored.article for view in at.articles() if view.stored.article.headline == headline)
    return found


def test_new_entries_are_stored_matched_and_published_with_the_text_of_their_pages(
    at: Desk, coast: Coast, runs: Runs
) -> None:
    done = runs.poll(at)
    assert (done.outcome, done.new, done.updated, done.error) == (Outcome.NEW, 2, 0, None)
    assert coast.asked() == ["/news/1", "/news/2"]
    assert article(at, TITLE).completeness is Completeness.FULL
    assert sorted(row.topic_id for row in at.rows()) == ["all", "all", "harbour", "harbour"]
    assert b"a dredging vessel from Malta" in at.feed("harbour")


def test_the_excerpt_that_comes_again_changes_nothing(at: Desk, coast: Coast, runs: Runs) -> None:
    runs.poll(at)
    before, file, rows = at.articles(), at.feed("all"), at.rows()
    coast.asked()
    for _ in range(2):
        read_as_a_whole(at)
        done = runs.poll(at)
        assert (done.outcome, done.entries, done.new, done.updated) == (Outcome.KNOWN, 2, 0, 0)
    assert coast.asked() == []
    assert [view.stored for view in at.articles()] == [view.stored for view in before]
    assert [view.texts for view in at.articles()] == [1, 1]
    assert (at.feed("all"), at.rows()) == (file, rows)


@pytest.mark.parametrize("edited", [False, True], ids=["as it was first", "as it was edited"])
def test_an_entry_that_left_and_comes_back_is_the_one_that_is_stored(
    at: Desk, coast: Coast, runs: Runs, edited: bool
) -> None:
    runs.poll(at)
    coast.titles[1] = "Port reopens today" if edited else TITLE
    runs.poll(at)
    stored = [view.stored for view in at.articles()]
    title = coast.titles.pop(1)
    runs.poll(at)
    coast.titles[1] = title
    coast.asked()
    done = runs.poll(at)
    assert (done.new, done.updated, coast.asked()) == (0, 0, [])
    assert [view.stored for view in at.articles()] == stored


def test_an_edited_excerpt_has_its_page_read_again(at: Desk, coast: Coast, runs: Runs) -> None:
    runs.poll(at)
    coast.asked()
    coast.titles[1] = "Port reopens, and the first ferry sails"
    coast.write(1, *TEXT, "The first ferry to the islands sails on Monday.")
    done = runs.poll(at)
    assert (done.new, done.updated, coast.asked()) == (0, 1, ["/news/1"])
    edited = article(at, "Port reopens, and the first ferry sails")
    assert edited.body_text.endswith("sails on Monday.")
    read_as_a_whole(at)
    assert (runs.poll(at).updated, coast.asked()) == (0, [])
    assert sorted(view.stored.version for view in at.articles()) == [1, 2]


def test_an_edit_that_is_taken_back_does_not_leave_the_excerpt(at: Desk, coast: Coast, runs: Runs) -> None:
    runs.poll(at)
    for title in ("Port reopens today", TITLE):
        coast.titles[1] = title
        runs.poll(at)
    assert coast.asked().count("/news/1") == 3
    assert article(at, TITLE).completeness is Completeness.FULL


def test_an_edit_whose_page_fails_keeps_the_whole_text_under_the_new_headline(
    at: Desk, coast: Coast, runs: Runs
) -> None:
    runs.poll(at)
    text = article(at, TITLE).body_text
    del coast.pages["/news/1"]
    coast.titles[1] = "Port reopens today"
    done = runs.poll(at)
    assert (done.updated, done.error) == (
        1,
        "no full text for 1 new or edited entries, the first: HTTP 404 Not Found: there is no document at this URL; check it",
    )
    edited = article(at, "Port reopens today")
    assert (edited.body_text, edited.completeness) == (text, Completeness.FULL)
    assert edited.repairs == (FROM_PAGE,)


def test_a_source_without_pages_keeps_its_excerpt_to_itself(at: Desk, coast: Coast, runs: Runs) -> None:
    full = at.sources[0]
    plain = replace(full, id="plain", fulltext=Fulltext.OFF)
    at.sources = (plain,)
    runs.poll(at)
    assert article(at, TITLE).completeness is Completeness.EXCERPT
    at.sources = (plain, full)
    assert [(done.new, done.updated) for done in runs.poll_all(at)] == [(0, 0), (0, 2)]
    stored = [view.stored for view in at.articles()]
    assert [(one.owner.source_id, one.article.completeness.value) for one in stored] == [(full.id, "full")] * 2
    read_as_a_whole(at)
    assert [(done.new, done.updated) for done in runs.poll_all(at)] == [(0, 0), (0, 0)]
    assert [view.stored for view in at.articles()] == stored


def test_a_page_that_fails_leaves_the_excerpt_and_is_told_once(at: Desk, coast: Coast, runs: Runs) -> None:
    coast.titles |= {3: "Two roads are closed for the marathon", 4: "Rain expected along the coast"}
    coast.pages["/news/3"] = Reply(b"<html><body><div id='app'></div></body></html>", headers=HTML)
    done = runs.poll(at)
    assert (done.outcome, done.new, done.defects) == (Outcome.NEW, 4, 2)
    assert done.error is not None
    assert done.error.startswith("no full text for 2 new or edited entries, the first: ")
    kept = [article(at, coast.titles[number]) for number in (1, 2, 3, 4)]
    assert [one.completeness.value for one in kept] == ["full", "full", "excerpt", "excerpt"]
    assert (kept[3].body_text, kept[3].repairs) == (TEASER, ())
    coast.asked()
    read_as_a_whole(at)
    assert (runs.poll(at).error, coast.asked()) == (None, [])


@pytest.mark.parametrize(
    "values",
    [
        {"fulltext": Fulltext.OFF},
        {"republish": Republish.NONE},
        {"republish": Republish.HEADLINE},
    ],
    ids=["off", "none", "headline"],
)
def test_no_page_is_asked_for_where_that_is_not_wanted_or_not_allowed(
    at: Desk, coast: Coast, runs: Runs, values: dict[str, Fulltext | Republish]
) -> None:
    at.sources = (replace(at.sources[0], **values),)  # type: ignore[arg-type]
    done = runs.poll(at)
    assert (done.new, done.error, coast.asked()) == (2, None, [])
    assert article(at, TITLE).completeness is Completeness.EXCERPT


def test_of_many_new_entries_the_ten_newest_are_completed(at: Desk, coast: Coast, runs: Runs) -> None:
    coast.titles = {number: f"Report {number} from the coast" for number in range(1, 15)}
    for number in coast.titles:
        coast.write(number, *TEXT)
    ages = {number: START - timedelta(hours=number) for number in coast.titles}
    items = [item(n, title=t, text=TEASER, link=coast.link(n), at=ages[n]) for n, t in coast.titles.items()]
    coast.pages["/many"] = Reply(rss(*items))
    assert coast.server is not None
    at.sources = (replace(at.sources[0], url=coast.server.url("/many")),)
    assert runs.poll(at).new == 14
    assert set(coast.asked()) == {"/many", *(f"/news/{number}" for number in range(1, 11))}


@pytest.mark.slow
def test_a_page_that_does_not_end_costs_no_more_than_the_time_of_a_poll(at: Desk, coast: Coast, runs: Runs) -> None:
    coast.pages["/news/2"] = Raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", 30.0)
    done = runs.poll(at, page_time=timedelta(seconds=4))
    assert (done.outcome, done.new) == (Outcome.NEW, 2)
    assert done.error == "no full text for 1 new or edited entries, the first: the time of the poll was over"
    assert article(at, TITLE).completeness is Completeness.FULL


def test_a_page_is_fetched_under_the_same_guard(at: Desk, coast: Coast, runs: Runs) -> None:
    coast.pages["/news/1"] = Reply(status=302, headers={"Location": "http://10.1.2.3/news/1"})
    done = runs.poll(at)
    assert done.error is not None
    assert "10.1.2.3 is not on the public internet" in done.error


@pytest.mark.parametrize(("host", "sent"), [(None, "Bearer s3cret"), ("localhost", None)], ids=["own", "other"])
def test_credentials_go_to_pages_of_the_sources_own_origin_only(
    at: Desk, coast: Coast, runs: Runs, host: str | None, sent: str | None
) -> None:
    coast.elsewhere = host
    at.sources = (replace(at.sources[0], authorization="Bearer s3cret", headers=(("X-Key", "k"),)),)
    runs.poll(at)
    assert coast.server is not None
    asked = [request for request in coast.server.requests if request.path == "/news/1"]
    assert [request.header("Authorization") for request in asked] == [sent]
    assert [request.header("X-Key") for request in asked] == [sent and "k"]
    assert [(request.header("Accept") or "").partition(",")[0] for request in asked] == ["text/html"]


def test_a_date_that_the_desk_gave_does_not_make_the_excerpt_an_edit(at: Desk, coast: Coast, runs: Runs) -> None:
    runs.poll(at)
    (uri,) = (view.stored.uri for view in at.articles() if view.stored.article.headline == TITLE)
    at.decide(Word.DATE, uri, day=date(2026, 2, 28))
    title = coast.titles.pop(1)
    runs.poll(at)
    coast.titles[1] = title
    assert runs.poll(at).updated == 0
    (stored,) = (view.stored for view in at.articles() if view.stored.uri == uri)
    assert (stored.article.completeness, stored.effective_basis) == (Completeness.FULL, EffectiveBasis.PUBLISHED)
    assert stored.effective_at.date() == date(2026, 2, 28)


# -- the configuration


def test_a_source_is_completed_only_where_its_configuration_says_so(tmp_path: Path) -> None:
    found = configured(tmp_path, "", 'fulltext = "off"', 'fulltext = "auto"', 'rights.republish = "none"')
    assert [source.fulltext.value for source in found.sources] == ["off", "off", "auto", "off"]


def test_what_the_rights_make_useless_is_told(tmp_path: Path) -> None:
    found = configured(tmp_path, *(f'fulltext = "auto"\nrights.republish = "{right}"' for right in Republish))
    told = [line.partition(": sources")[2] for line in found.warnings if "fulltext" in line]
    assert told == [
        f'[{number}].fulltext: has no effect: rights.republish = "{right}" allows no text of this source'
        for number, right in ((2, "headline"), (3, "none"))
    ]


def configured(folder: Path, *tables: str) -> Configuration:
    """A configuration of sources, each with those lines."""
    sources = (
        f'[[sources]]\nid = "s{number}"\nurl = "https://example.org/{number}"\n{lines}\n'
        for number, lines in enumerate(tables)
    )
    file = folder / "config.toml"
    file.write_text("".join(sources), "utf-8")
    return load(file, {})
