"""A megabyte of anything is read within what a reading process may use, and others are read meanwhile.

The bound is the process's own (`reading.limits`): seconds of CPU and memory for one document. No clock is looked at here.
"""

import asyncio
import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

import pytest

from aggregator.model.article import Article
from aggregator.model.fetch import Document, Fetched
from aggregator.model.source import SourceState, Validators
from aggregator.model.topic import Match
from aggregator.reading.limits import READING_S, TooCostly
from aggregator.reading.pool import Readers
from aggregator.reading.read import Desk, Reading
from aggregator.text import digest
from aggregator.topics.match import Matcher, compile_topics
from tests.desk import START
from tests.documents import item, rss, wire
from tests.make import source

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000
DESK = Desk(agencies=(), matcher=compile_topics((), ()), site_title="Desk")
SOURCE = source()


def filled(pattern: str, size: int = MEGABYTE) -> str:
    """The pattern again and again, its braces numbered."""
    count = size // max(len(pattern), 1)
    return "".join(pattern.replace("{}", str(number)) for number in range(count))[:size]


def in_item(inside: str) -> bytes:
    return rss(item(1), f"<item><title>T</title>{inside}</item>")


def in_text(markup: str) -> bytes:
    """As the text of an item."""
    return in_item(f"<description><![CDATA[{markup}]]></description>")


def in_entry(inside: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title>{inside}</entry></feed>'.encode()


def in_json(inside: str) -> bytes:
    return f'{{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{inside}]}}'.encode()


def in_urlset(inside: str) -> bytes:
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</urlset>'.encode()


# By name: what makes the document, and why.
FEEDS: dict[str, tuple[Callable[[], bytes], str]] = {
    "brackets": (lambda: in_item(filled("<")), "each may begin a tag"),
    "ampersands": (lambda: in_item(filled("&")), "each may begin a reference"),
    "references": (lambda: in_item(f"<title>{filled('&#38;')}</title>"), "each is a piece of text for itself"),
    "references_without_end": (lambda: in_item(f"<title>{filled('&#3')}</title>"), "in a loose reading"),
    "sections": (lambda: in_item(f"<description>{filled('<![CDATA[a]]>')}</description>"), "joined piece by piece"),
    "sections_without_end": (lambda: in_item(filled("<![CDATA[")), "each looked for to the end of the document"),
    "comments": (lambda: in_item(filled("<!--{}-->")), "between the elements"),
    "comments_without_end": (lambda: in_item(filled("<!--")), "each looked for to the end"),
    "instructions": (lambda: in_item(filled("<?x {}?>")), "which nobody needs"),
    "instructions_without_end": (lambda: in_item(filled("<?x")), "each looked for to the end"),
    "declarations": (lambda: in_item(filled("<!ELEMENT x{}>")), "inside the document"),
    "doctype_without_end": (lambda: b"<!DOCTYPE rss " + filled("'\" ").encode(), "quotation marks that do not pair"),
    "long_name": (lambda: in_item(f"<{filled('a')}/>"), "an element's name of a megabyte"),
    "long_prefix": (lambda: in_item(f"<{filled('a:')}b/>"), "prefixes without end"),
    "long_value": (lambda: in_item(f'<enclosure url="{filled("a")}"/>'), "an address of a megabyte"),
    "long_attribute": (lambda: in_item(f'<x {filled("a")}="b"/>'), "an attribute's name"),
    "open_quotation": (lambda: in_item("<x a='" + filled('"')), "a value without end"),
    "names_of_all_kinds": (lambda: in_item(filled("<a{}/>")), "each another element"),
    "as_deep_as_allowed": (lambda: in_item(filled("<x>" * 190 + "</x>" * 190)), "again and again"),
    "open_items": (lambda: rss(item(1), filled("<item>")), "items in items"),
    "empty_items": (lambda: rss(item(1), filled("<item/>")), "with nothing in them"),
    "titles": (lambda: in_item(filled("<title>{}</title>")), "of one item"),
    "guids": (lambda: in_item(filled("<guid>{}</guid>")), "of one item"),
    "dates": (lambda: in_item(filled("<pubDate>Sun, 01 Mar 2026 11:00:{} GMT</pubDate>")), "of one item"),
    "long_dates": (lambda: in_item(f"<pubDate>{filled('1 Mar ')}</pubDate>"), "a date of a megabyte"),
    "descriptions": (lambda: in_item(filled("<description>{}</description>")), "of one item"),
    "authors": (lambda: in_item(filled("<author>a{}@b.example (C)</author>")), "of one item"),
    "author": (lambda: in_item(f"<author>{filled('a@b.c ')}</author>"), "of many addresses"),
    "enclosures": (lambda: in_item(filled('<enclosure url="https://e.example/{}"/>')), "of one item"),
    "sources": (lambda: in_item(filled('<source url="https://e.example/{}">x</source>')), "of one item"),
    "groups": (lambda: in_item(filled('<media:group xmlns:media="http://search.yahoo.com/mrss/">')), "in each other"),
    "pictures": (
        lambda: in_item(
            '<m:group xmlns:m="http://search.yahoo.com/mrss/">'
            + filled('<m:content url="https://e.example/{}"/>').rpartition("<")[0]
            + "</m:group>"
        ),
        "of one item",
    ),
    "spaces": (lambda: rss(filled(" \n\t")), "and nothing else"),
    "line_ends": (lambda: in_item(f"<title>{filled(chr(13))}</title>"), "carriage returns"),
    "bases": (lambda: in_item(filled('<x xml:base="{}/">')), "each joined to the one before"),
    "languages": (lambda: in_item(filled('<x xml:lang="a{}">a</x>')), "each another"),
    "entries": (lambda: in_entry(filled("</entry><entry><id>{}</id>")), "of Atom"),
    "links": (lambda: in_entry(filled('<link rel="{}" href="/{}"/>')), "of one entry"),
    "contents": (lambda: in_entry(filled('<content type="html">{}</content>')), "of one entry"),
    "xhtml": (lambda: in_entry(f'<content type="xhtml"><div>{filled("<b>a</b>")}</div></content>'), "written out again"),
    "tombstones": (
        lambda: in_entry(filled('<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="{}"/>')),
        "of one document",
    ),
    "people": (lambda: in_entry(filled("<author><name>{}</name></author>")), "of one entry"),
    "relative_addresses": (lambda: in_text(filled("<a href=x{}>a</a>")), "each to be joined"),
    "half_addresses": (lambda: in_text(filled("<img src=")), "attributes without a value"),
    "lazy_pictures": (lambda: in_text(filled("<img data-src=x{} src=y>")), "each to be exchanged"),
    "lazy_attributes": (lambda: in_text("<img " + filled("data-src=x src=y ")), "of one picture"),
    "strokes": (lambda: in_text(filled("<p>&#x338;</p>")), "composed, then sanitised again"),
    "marks": (lambda: in_text(filled("&#x301;&#x316;")), "in the order that composition wants"),
    "marks_alone": (lambda: in_text("a" + filled("\u0316\u0301", 300_000)), "a letter with a hundred thousand of them"),
    "tables": (lambda: in_text(filled("<table><b>")), "what has no place there is moved"),
    "paragraphs_and_formatting": (lambda: in_text(filled("<p><b x={}>")), "opened again in each paragraph"),
    "selects": (lambda: in_text(filled("<select><option>")), "in each other"),
    "templates": (lambda: in_text(filled("<template>")), "in each other"),
    "drawings": (lambda: in_text(filled("<svg><desc><p>")), "to and fro between HTML and SVG"),
    "frames_of_text": (lambda: in_text(filled("<textarea></title>")), "text that does not end"),
    "json_brackets": (lambda: in_json(filled("[")), "nested without end"),
    "json_objects": (lambda: in_json(filled('{"a":')), "nested without end"),
    "json_items": (lambda: in_json(filled('{"id":{}},')[:-1].rpartition(",")[0]), "of nothing but an id"),
    "json_names": (lambda: in_json("{" + filled('"a{}":1,', 900_000).rpartition(",")[0] + "}"), "of one item"),
    "json_number": (lambda: in_json(f'{{"id": {filled("9")}}}'), "of a million digits"),
    "json_escapes": (lambda: in_json(f'{{"id": "1", "content_text": "{filled(chr(92) + "u0301")}"}}'), "each a mark"),
    "json_authors": (lambda: in_json(f'{{"id": "1", "authors": [{filled(chr(123) + chr(125) + ",")[:-1]}]}}'), "of one item"),
    "json_open_text": (lambda: in_json('"' + filled("\\\\")), "without end"),
    "json_hundred_broken": (lambda: in_json(filled('{"id": "{}"}')), "no comma between them"),
    "sitemap_addresses": (lambda: in_urlset(filled("<url><loc>https://e.example/{}</loc></url>")), "tens of thousands"),
    "sitemap_pictures": (lambda: in_urlset(f"<url><loc>https://e.example/</loc>{filled('<image><loc>/{}</loc></image>')}</url>"), "of one page"),
    "sitemap_words": (lambda: in_urlset(f"<url><loc>https://e.example/{filled('a-')}</loc></url>"), "a title made of an address"),
    "sitemap_ampersands": (lambda: in_urlset(f"<url><loc>https://e.example/?{filled('&a')}</loc></url>"), "each to be escaped"),
    "page": (lambda: b"<!doctype html><title>" + filled("<title>x").encode(), "no feed at all"),
    "binary": (lambda: bytes(range(256)) * 3_906, "nothing at all"),
    "high_bytes": (lambda: in_item("").replace(b"T", b"\xc3\x28\xe2\x82" * 250_000), "a charset to be guessed"),
    "utf16_without_mark": (lambda: in_item(filled("é")).decode().encode("utf-16-le"), "half of it zeros"),
    "utf16_alone": (lambda: b"\xff\xfe" + b"\xd8\x00" * 500_000, "halves of letters"),
    "marks_of_order": (lambda: b"\xef\xbb\xbf" * 333_333, "byte order marks"),
    "zipped": (lambda: gzip.compress(in_urlset(filled("<url><loc>https://e.example/{}</loc></url>", 9_000_000))), "nine times as much"),
    "zipped_in_pieces": (lambda: gzip.compress(b"", 1) * 40_000, "forty thousand files in one"),
}  # fmt: skip
TEXTS: dict[str, tuple[Callable[[], str], str]] = {
    "a.txt": (lambda: wire() + filled("word "), "one line"),
    "lines.txt": (lambda: wire() + filled("a\n"), "half a million lines"),
    "empty_lines.txt": (lambda: wire() + filled("\n") + "end", "a million lines"),
    "datelines.txt": (lambda: "Title\n\n" + filled("TRIPOLI, March 1. /DESK/. "), "one after the other"),
    "capitals.txt": (lambda: "Title\n\n" + filled("TRIPOLI "), "a place that does not end"),
    "commas.txt": (lambda: "Title\n\nTRIPOLI" + filled(", "), "a dateline that does not end"),
    "numbers.txt": (lambda: wire() + filled("1 March 2026 11:00 "), "dates"),
    "dashes.txt": (lambda: wire() + filled("- "), "rules"),
    "front.md": (lambda: "---\n" + filled("a: b\n") + "---\n" + wire(), "front matter"),
    "open_front.md": (lambda: "---\n" + filled("a: ["), "front matter without end"),
    "page.html": (lambda: "<html><body><article>" + filled("<p>Tide and boats."), "paragraphs"),
    "deep.html": (lambda: "<html><body>" + filled("<div>"), "nested without end"),
    "scripts.html": (lambda: "<html><body>" + filled('<script type="application/ld+json">{"a":'), "data"),
    "mail.eml": (lambda: "From: a@b\nDate: x\nSubject: " + filled("=?utf-8?q?a?= "), "a subject in words"),
    "parts.eml": (
        lambda: "From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n" + filled("--x\n\na\n"),
        "parts",
    ),
    "nested.eml": (
        lambda: "From: a@b\n" + filled("Content-Type: multipart/mixed; boundary=x\n\n--x\n"),
        "parts in parts",
    ),
    "item.json": (lambda: '{"uri": "a", "headline": "b", "associations": {"a": ' + filled('{"a": '), "ninjs"),
    "item.xml": (
        lambda: '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/"><contentSet><inlineXML>' + filled("<p>a</p>"),
        "NewsML",
    ),
}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def readers(runner: asyncio.Runner) -> Iterator[Readers]:
    """One process that reads, as in the program; the documents of this file go to it one by one."""
    pool = runner.run(_readers())
    yield pool
    pool.close()


async def _readers(workers: int = 1) -> Readers:
    return Readers(workers=workers, first=0)


def fetched(key: str, body: bytes) -> Fetched:
    document = Document(key=key, body=body, digest=digest(body))
    url = key if "/" in key else None
    return Fetched(documents=(document,), validators=Validators(), url=url, body_bytes=len(body))


def read(runner: asyncio.Runner, readers: Readers, key: str, body: bytes) -> Reading:
    """Raises TooCostly. The source is none of a folder: those are read in the program's own process."""
    return runner.run(readers.read(SOURCE, fetched(key, body), SourceState(source_id=SOURCE.id), DESK, START))


@pytest.mark.parametrize("name", FEEDS)
def test_a_megabyte_of_a_feed_is_read_or_refused(runner: asyncio.Runner, readers: Readers, name: str) -> None:
    make, why = FEEDS[name]
    reading = read(runner, readers, "https://example.org/feed", make())
    assert len(reading.documents) + len(reading.failed) == 1, why


@pytest.mark.parametrize("name", TEXTS)
def test_a_megabyte_of_a_document_is_read_or_refused(runner: asyncio.Runner, readers: Readers, name: str) -> None:
    make, why = TEXTS[name]
    reading = read(runner, readers, name, make().encode())
    assert len(reading.documents) + len(reading.failed) == 1, why


class Stalling:
    """A matcher that never comes back from one article: stands for a defect that nobody knows yet."""

    def match(self, article: Article, source_id: str, _blame: object = None) -> tuple[Match, ...]:
        while article.headline == "Endless":
            pass
        return ()


@pytest.mark.parametrize(
    ("first", "length", "reading_s"),
    [(0, 5, READING_S), (40, 70_000, 2.0)],
    ids=["in a worker", "while others are read here"],
)
def test_a_document_that_never_ends_keeps_no_other_waiting(first: int, length: int, reading_s: float) -> None:
    stalling = replace(DESK, matcher=cast("Matcher", Stalling()))
    ended: list[str] = []

    async def read_one(readers: Readers, title: str) -> None:
        text = "t" * (length if title == "Endless" else 5)
        body = fetched("https://example.org/feed", rss(*(item(number, title=title, text=text) for number in range(5))))
        try:
            await readers.read(SOURCE, body, SourceState(source_id=SOURCE.id), stalling, START)
        except TooCostly as error:
            title = str(error)
        ended.append(title)

    async def all_at_once() -> None:
        readers = Readers(workers=2, first=first, reading_s=reading_s)
        try:
            await asyncio.gather(*(read_one(readers, title) for title in ("Endless", *map(str, range(20)))))
        finally:
            readers.close()

    asyncio.run(all_at_once())
    assert sorted(ended[:-1]) == sorted(map(str, range(20)))
    assert f"more than {reading_s:g} s of CPU" in ended[-1]


def test_a_document_has_ten_seconds() -> None:
    assert READING_S == 10
