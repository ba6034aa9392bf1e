"""Whatever bytes come, reading them ends in a feed that is valid and harmless, or in one line that says why not.

`FUZZ_EXAMPLES=100000 pytest tests/test_fuzz.py -m slow` looks longer; a failure prints what brings it back.
"""

import html
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator import language
from aggregator.dates import parse_date
from aggregator.errors import NotAFeed, UnreadableDocument
from aggregator.html import MAX_HTML, clean, plain, to_text
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.model.source import AgencyName, Source, SourceKind
from aggregator.parse import parse
from aggregator.parse.bounds import MAX_ENTRIES, MAX_LINE, MAX_LINKS, MAX_TAGS, MAX_URL
from aggregator.text import digest, fold
from aggregator.urls import absolute, is_iri, is_web
from aggregator.urls import normalise as normalise_url
from tests.atom_rules import problems
from tests.hostile import PAYLOADS
from tests.hostile.allowed import left_in, left_in_feed
from tests.hostile.published import articles_of, feed_of

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
AGENCIES = (AgencyName(id="desk", name="Desk", forms=("DESK", "ТАСС", "ديسك")),)
FEED = Source(id="feed", kind=SourceKind.FEED, url="https://example.org/feed", timezone="Africa/Tripoli")
FOLDER = Source(id="folder", kind=SourceKind.FOLDER, path=HERE)
SEEDS = tuple(
    (path.read_bytes(), path.suffix)
    for folder in ("feeds", "json_feeds", "sitemaps", "documents_read", "wire", "discovery")
    for path in sorted((HERE / folder).rglob("*"))
    if path.suffix in (".xml", ".txt", ".html", ".md", ".eml")
    or (path.suffix == ".json" and folder in ("json_feeds", "documents_read") and ".expected" not in path.name)
)
_ALLOWED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
quick = settings(max_examples=40, deadline=None, print_blob=True, suppress_health_check=_ALLOWED)
often = settings(quick, max_examples=150)
long = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")),
    deadline=None,
    print_blob=True,
    suppress_health_check=_ALLOWED,
)

# Bytes

_NAMES = (
    "rss", "channel", "item", "feed", "entry", "rdf:RDF", "title", "link", "guid", "id", "description", "summary", "content",
    "content:encoded", "author", "name", "uri", "email", "dc:creator", "dc:date", "category", "dc:subject", "pubDate", "updated",
    "published", "enclosure", "media:group", "media:content", "media:description", "media:credit", "source", "rights",
    "itunes:image", "podcast:person", "image", "textInput", "url", "urlset", "loc", "lastmod", "news:news", "at:deleted-entry",
    "div", "p", "svg:svg", "x",
)  # fmt: skip
_ATTRIBUTES = (
    "href", "rel", "type", "url", "length", "term", "scheme", "label", "xml:lang", "xml:base", "isPermaLink", "domain", "ref",
    "when", "role", "medium", "width", "xmlns", "xmlns:media", "src", "version", "encoding",
)  # fmt: skip
_PIECES = (
    "Tide & time", "&amp;lt;b&amp;gt;", "&nbsp;&unknown;&#0;&#x202e;", "<![CDATA[<p>Tide</p>]]>", "]]>", "<!-- x --", "-->",
    "<?xml-stylesheet href='x'?>", "\u202e\u200f\ufeff", "\ud7ff\ue000\ufffd", "e\u0301\u0338", "طرابلس", "Москва", "語",
    "https://example.org/a?b=1&c=2", "//example.org", "http://[", "http://a:b:c/", "javascript:x", "mailto:a@b", "a@" + "b." * 30,
    "Sun, 01 Mar 2026 11:00:00 GMT", "2026-03-01T11:00:00Z", "31/02/26", "0001-01-01", "9999-12-31T23:59:60+14:00", "1e999",
    "text/html", "xhtml", "html", "audio/mpeg", "true", "-1", "en_US", "x" * 300, "&", "<", "'", '"', "\0\x1b\x85",
)  # fmt: skip
_PLACES = (
    "TRIPOLI",
    "MOSCOW, November 25",
    "طرابلس، 25 نوفمبر",
    "Rome, 31 Feb",
    "(DESK)",
    "/DESK/.",
    "- - -",
    "--",
    "By A. B",
    "",
)
_CODECS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "windows-1251",
    "windows-1256",
    "shift_jis",
    "iso-8859-1",
    "utf-7",
    "cp037",
)

text = st.lists(st.sampled_from(_PIECES) | st.text(max_size=20), max_size=4).map("".join)


def escaped(value: str) -> str:
    return html.escape(value)


@st.composite
def documents_in_xml(draw: st.DrawFn, *, is_sloppy: bool) -> bytes:
    """A feed or sitemap of random elements; a sloppy one forgets to escape, to quote and to close."""
    written = text if is_sloppy else text.map(escaped) | text.map(escaped) | text.map(_section)
    name = st.sampled_from(_NAMES)

    def element(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        named = st.dictionaries(st.sampled_from(_ATTRIBUTES), text.map(escaped), max_size=3)
        return st.builds(_element, name, named, inside, st.sampled_from(_SLOPPY if is_sloppy else _WHOLE))

    nested = element(st.lists(written | element(written), max_size=3).map("".join))
    root = draw(st.sampled_from(_ROOTS))
    tag = (
        "entry" if "<feed" in root else "url" if "<urlset" in root else "sitemap" if "<sitemapindex" in root else "item"
    )
    entries = draw(
        st.lists(st.lists(element(written) | nested, min_size=2, max_size=8).map("".join), min_size=1, max_size=4)
    )
    place = "<loc>https://example.org/a</loc>" if "sitemap" in root else ""
    inside = "".join(f"<{tag}>{place}{one}</{tag}>" for one in entries)
    codec, label = draw(st.sampled_from(_CODECS)), draw(st.none() | st.none() | st.sampled_from(_CODECS))
    head = f'<?xml version="1.0" encoding="{label}"?>' if label else ""
    return (head + root.format(draw(element(written)) + inside)).encode(codec, "replace")


def _section(value: str) -> str:
    return f"<![CDATA[{value.replace(']]>', '')}]]>"


_WHOLE = ("<{name}{attributes}>{inside}</{name}>",) * 4 + ("<{name}{attributes}/>",)
_SLOPPY = (
    *_WHOLE,
    "<{name}{attributes}>{inside}",
    "<{name}{attributes} x=y {inside}>",
    "</{name}>{inside}",
    "<{name}{attributes}",
)


def _element(name: str, attributes: dict[str, str], inside: str, form: str) -> str:
    # Namespaces that are not declared would make every document ill-formed: the roots declare those of the names.
    kept = {key: value for key, value in attributes.items() if not key.startswith("xmlns:")}
    return form.format(name=name, attributes="".join(f' {key}="{value}"' for key, value in kept.items()), inside=inside)


_SPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in (
        ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
        ("content", "http://purl.org/rss/1.0/modules/content/"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("media", "http://search.yahoo.com/mrss/"),
        ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
        ("podcast", "https://podcastindex.org/namespace/1.0"),
        ("news", "http://www.google.com/schemas/sitemap-news/0.9"),
        ("at", "http://purl.org/atompub/tombstones/1.0"),
        ("svg", "http://www.w3.org/2000/svg"),
    )
)
_ROOTS = (
    f'<rss version="2.0" {_SPACES}><channel>{{}}</channel></rss>',
    f'<feed xmlns="http://www.w3.org/2005/Atom" {_SPACES}>{{}}</feed>',
    f'<feed version="0.3" xmlns="http://purl.org/atom/ns#" {_SPACES}>{{}}</feed>',
    f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {_SPACES}>{{}}</rdf:RDF>',
    f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {_SPACES}>{{}}</urlset>',
    f"<sitemapindex {_SPACES}>{{}}</sitemapindex>",
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)
_JSON_NAMES = (
    "url", "title", "content_html", "content_text", "summary", "image", "date_published", "authors", "tags", "language",
    "attachments", "name", "mime_type", "size_in_bytes", "headline", "body_xhtml", "versioncreated", "uri", "associations",
)  # fmt: skip
objects = st.fixed_dictionaries({"id": text | st.integers()}, optional=dict.fromkeys(_JSON_NAMES, text | text | values))


def _json(version: object, items: object, head: dict[str, object], cut: int) -> bytes:
    whole = json.dumps({"version": version, **head, "items": items}).encode()
    return whole[: len(whole) - cut]


documents_in_json = st.builds(
    _json,
    st.sampled_from(
        ("https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1.1", 1)
    ),
    st.lists(objects | objects | objects | values, min_size=1, max_size=5),
    objects,
    st.sampled_from((0, 0, 0, 1, 40)),
)
_BODY = "The two ports opened a line for ferries on Saturday, and said that it would run on weekdays until the autumn."
_FRONT = st.sampled_from(("---\ntitle: x\ndate: 2026-02-30\n---", "+++\ntitle = 'x'\n+++", "# Tide", "title: Tide"))
wire_texts = st.builds(
    lambda front, headline, place, pieces, end, codec: end.join(
        (*front, headline, "", f"{place} {_BODY}", *pieces)
    ).encode(codec, "replace"),
    st.lists(_FRONT, max_size=1),
    text | st.just("Ports open a line"),
    st.sampled_from(_PLACES),
    st.lists(text | st.sampled_from(_PLACES) | st.just(_BODY), max_size=6),
    st.sampled_from(("\n", "\n", "\r\n", "\n\n", "\r")),
    st.sampled_from(_CODECS),
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes, str]:
    """A document of the other tests in which pieces are lost, doubled, turned round or replaced."""
    body, suffix = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 80)))
        piece = draw(
            st.sampled_from((b"", body[start:end] * 2, body[start:end][::-1], b"\xff\xfe", b"<", b"]]>", b"&#x202e;"))
            | st.binary(max_size=8)
            | text.map(lambda piece: piece.encode("utf-8", "replace"))
        )
        body = body[:start] + piece + body[end:]
    return body, draw(st.sampled_from((f"a{suffix}", f"a{suffix}", NETWORK)))


NETWORK = "https://example.org/feed"
_KEYS = st.sampled_from(("a.txt", "a.md", "a.html", "a.eml", "a.json", "a.xml", "a.pdf", NETWORK))
_STARTS = (
    b"",
    b"<?xml version='1.0'?><rss>",
    b"\xef\xbb\xbf<feed>",
    b"{",
    b"[",
    b"\x1f\x8b\x08",
    b"\xff\xfe<\0",
    b"From: a\r\n\r\n",
)
CASES = {
    "noise": st.tuples(st.builds(bytes.__add__, st.sampled_from(_STARTS), st.binary(max_size=400)), _KEYS),
    "xml": st.tuples(documents_in_xml(is_sloppy=False), st.sampled_from((NETWORK, NETWORK, "a.xml"))),
    "sloppy": st.tuples(documents_in_xml(is_sloppy=True), st.sampled_from((NETWORK, NETWORK, "a.xml", "a.html"))),
    "json": st.tuples(documents_in_json, st.sampled_from((NETWORK, NETWORK, "a.json"))),
    "wire": st.tuples(wire_texts, st.sampled_from(("a.txt", "a.txt", "a.md", "a.eml"))),
    "damaged": damaged(),
}
TYPES = st.none() | st.sampled_from(
    ("application/rss+xml; charset=windows-1251", "text/html", "application/json; charset=utf-7")
)


# What must hold of a document


def _parsed(document: Document) -> ParsedFeed | str:
    """The document, or why it is none."""
    is_local = "/" not in document.key
    try:
        return parse(document, url=None if is_local else document.key, agencies=AGENCIES)
    except (NotAFeed, UnreadableDocument) as error:
        return str(error)


def check(body: bytes, key: str, content_type: str | None) -> None:
    """Read it twice, to the feed that would be published."""
    document = Document(key=key, body=body, digest=digest(body), content_type=content_type)
    parsed = _parsed(document)
    assert _parsed(document) == parsed
    if isinstance(parsed, str):
        assert 0 < len(parsed) < 400
        assert "\n" not in parsed
        return
    _check_bounds(parsed)
    source = FOLDER if "/" not in key else FEED
    articles = articles_of(parsed, source, AGENCIES)
    assert articles == articles_of(parsed, source, AGENCIES)
    published = feed_of(articles)
    assert problems(published) == ()
    assert left_in_feed(published) == []
    assert [left_in(article.body_html or "") for article in articles] == [[] for _ in articles]


def _check_bounds(parsed: ParsedFeed) -> None:
    assert len(parsed.entries) <= MAX_ENTRIES
    for entry in parsed.entries:
        assert len(entry.categories) <= MAX_TAGS
        assert len(entry.authors) <= MAX_TAGS
        assert len(entry.links) <= MAX_LINKS
        assert len(entry.title.value if entry.title else "") <= MAX_LINE
        assert all(len(text.value) <= MAX_HTML for text in (entry.summary, entry.content) if text)
        assert all(len(url) <= MAX_URL for url in (entry.guid, entry.link, *(link.href for link in entry.links)) if url)
        assert entry.link is None or is_web(entry.link)
        assert all(is_web(link.href) for link in entry.links)


@quick
@given(case=st.one_of(*CASES.values()), content_type=TYPES)
def test_whatever_comes_becomes_a_valid_feed_or_one_line(case: tuple[bytes, str], content_type: str | None) -> None:
    check(*case, content_type)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_whatever_comes_and_for_longer(kind: str) -> None:
    @long
    @given(case=CASES[kind], content_type=TYPES)
    def run(case: tuple[bytes, str], content_type: str | None) -> None:
        check(*case, content_type)

    run()


# What must hold of the parts

_TAGS = (
    "p",
    "a",
    "b",
    "div",
    "table",
    "td",
    "svg",
    "style",
    "math",
    "noscript",
    "img",
    "video",
    "template",
    "select",
    "title",
    "x",
)
tag_ends = st.sampled_from(
    (">", "/>", "", " x=y>", " href='javascript:x'>", " src=/a onerror=x>", ' title="&lt;b&gt;&#x338;">')
)
markups = st.lists(
    st.builds("<{}{}{}".format, st.sampled_from(("", "/")), st.sampled_from(_TAGS), tag_ends)
    | text
    | st.sampled_from(("&#x338;", "&#x200b;", "<!--", "--!>", "<![CDATA[", "&#106;avascript:", "data-src='x'"))
    | st.sampled_from(PAYLOADS).map(lambda payload: payload.aimed()[:500]),
    max_size=12,
).map("".join)
_DATES = (
    "Sun,",
    "01",
    "2026",
    "Mar",
    "марта",
    "مارس",
    "11:00",
    "25:61:61",
    "GMT",
    "+0530",
    "-99",
    "T",
    "Z",
    "/",
    "-",
    ".",
    "pm",
    "٢٠٢٦",
)
dates = st.lists(st.sampled_from(_DATES) | st.text(max_size=3) | st.integers(0, 10**9).map(str), max_size=8).map(
    " ".join
)
_ADDRESSES = (
    "http:",
    "https://",
    "//",
    "example.org",
    "[::1]",
    ":99999",
    "@",
    "/",
    "..",
    "?a=1&utm_x=2",
    "#",
    "%",
    "%zz",
    "é",
    " ",
    "\\",
)
addresses = st.lists(st.sampled_from(_ADDRESSES) | st.text(max_size=4), max_size=8).map("".join)
anything = st.text(max_size=200) | text


@often
@given(markup=markups)
def test_no_markup_leaves_anything(markup: str) -> None:
    cleaned = clean(markup)
    assert left_in(cleaned) == []
    assert clean(cleaned) == cleaned
    assert isinstance(to_text(cleaned), str)
    for is_markup in (True, False):
        line = plain(markup, is_markup=is_markup)
        assert line == " ".join(line.split())
        etree.Element("title").text = line


@often
@given(printed=dates | anything, zone=st.sampled_from((None, "Africa/Tripoli", "No/Where", "../x", "Europe")))
def test_no_date_is_more_than_one_or_none(printed: str, zone: str | None) -> None:
    found = parse_date(printed, timezone=zone)
    assert found is None or 1989 <= found.value.year <= 2101
    assert found is None or found.value.utcoffset() is not None


@often
@given(base=addresses | st.none(), url=addresses | anything)
def test_no_address_is_anything_but_one_of_the_web(base: str | None, url: str) -> None:
    joined = absolute(base, url)
    assert joined is None or is_web(joined)
    assert absolute(None, joined) == joined
    canonical = normalise_url(joined)
    assert canonical is None or canonical.startswith("https://")
    assert normalise_url(canonical) == canonical
    assert isinstance(is_iri(url), bool)


@often
@given(text=anything, data=st.data())
def test_every_place_in_a_folded_text_is_a_place_in_the_text(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    assert len(folded.offsets) == len(folded.text)
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    assume(folded.text[start:end].strip())
    first, last = folded.span(start, end)
    assert 0 <= first <= last <= len(text)
    assert fold(folded.text).text == folded.text


@quick
@given(
    text=anything,
    declared=anything | st.sampled_from(("en", "ar-LY", "zh_hant_TW", "")),
    configured=st.none() | anything,
)
def test_no_text_is_without_a_language_that_is_a_tag(text: str, declared: str, configured: str | None) -> None:
    found = language.decide(text, declared=declared, configured=configured)
    assert found is None or (0 < found.confidence <= 1 and found.tag.replace("-", "").isalnum())
