"""What no feed has is cut or refused in one clear line, soon, and the entries beside it are read."""

import subprocess
import sys
from collections.abc import Callable
from time import process_time

import pytest

from aggregator.errors import NotAFeed
from aggregator.html import clean, plain
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.parse import parse
from aggregator.parse.bounds import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ENTRIES, MAX_MALFORMED, MAX_TAGS, MAX_URL
from tests.documents import item, rss, wire

pytestmark = pytest.mark.slow

# CPU seconds: what is not bounded takes from several to hundreds.
_SOON_S = 6.0
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_GOOD = item(1)


def read(body: bytes, key: str = "http://127.0.0.1/feed") -> ParsedFeed:
    return parse(Document(key=key, body=body, digest=b""), url=key if "/" in key else None, agencies=())


def bad(inside: str, attributes: str = "") -> bytes:
    """A good item, then one with the trouble in it."""
    return rss(_GOOD, f"<item {attributes}><title>Trouble</title><link>https://example.org/t</link>{inside}</item>")


def many(count: int, pattern: str) -> str:
    return "".join(pattern.format(number) for number in range(count))


# name: (document, what is told, entries that are read, why it is a bound)
CUT: dict[str, tuple[Callable[[], bytes], str, int, str]] = {
    "author": (
        lambda: bad(f"<author>a@{'a.' * 16_000}!</author>"),
        "an author was cut after 1000 characters",
        2,
        "feedparser's pattern for addresses costs the square of a word",
    ),
    "author_of_another_name": (
        lambda: bad(f"<dc:creator {_DC}>{'a' * 60_000}</dc:creator>"),
        "an author was cut after 1000 characters",
        2,
        "also without an @, and under every name that an author has",
    ),
    "attributes": (
        lambda: bad("<x " + many(30_000, "a{0}='1' ") + "/>"),
        f"the attributes of an element with more than {MAX_ATTRIBUTES} were left out",
        2,
        "feedparser looks each one up in the list of all",
    ),
    "namespaces": (
        lambda: bad("", many(20_000, 'xmlns:a{0}="urn:{0}" ')),
        "namespaces beyond 200 were left out",
        2,
        "feedparser goes through all of them at every element",
    ),
    "categories": (
        lambda: bad(many(10_000, "<category>c{0}</category>")),
        f"categories beyond {MAX_TAGS} were left out",
        2,
        "feedparser compares each with all before it",
    ),
    "entries": (
        lambda: rss(*(f"<item><title>Item {number}</title></item>" for number in range(100_000))),
        f"more than {MAX_ENTRIES} entries: the first {MAX_ENTRIES} entries were read, 98000 were left out",
        MAX_ENTRIES,
        "the newest stand first; the rest costs ten seconds",
    ),
    "text": (
        lambda: bad(f"<description><![CDATA[{'word ' * 1_800_000}]]></description>"),
        "a text was cut after 262144 characters",
        2,
        "a text of 9 MB is no news",
    ),
    "guid": (
        lambda: bad(f"<guid>urn:{'g' * 5_000}</guid>"),
        f"a guid of more than {MAX_URL} characters was left out",
        2,
        "a part of an id would be another id",
    ),
    "title": (
        lambda: rss(_GOOD, item(2, title="T " * 10_000)),
        "a title was cut after 4096 characters",
        2,
        "a headline is a line",
    ),
    "date": (
        lambda: bad(f"<pubDate>{'2020-' * 10_000}</pubDate>"),
        "a date was cut after 200 characters",
        2,
        "no date is so long",
    ),
    "malformed": (
        lambda: rss(_GOOD, "<broken>", f"<item><title>Trouble</title><description>{'w ' * 1_100_000}</description></item>"),
        f"the document is not well-formed and longer than {MAX_MALFORMED} characters: cut there",
        1,
        "the loose parser is slow, and what is cut off may lack its guid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUT)
def test_what_is_beyond_a_bound_is_cut_and_told_and_the_rest_is_read(name: str) -> None:
    document, told, entries, why = CUT[name]
    body, began = document(), process_time()
    parsed = read(body)
    took = process_time() - began
    assert told in [defect.detail for defect in parsed.defects], why
    assert len(parsed.entries) == entries, why
    assert took < _SOON_S, why


REFUSED = {
    "nested": (rss(_GOOD, "<a>" * 100_000 + "</a>" * 100_000), "nested more than 200 deep", "no feed has such elements"),
    "nested_markup": (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">'
        + b"<div>" * 100_000
        + b"</div>" * 100_000
        + b"</content></entry></feed>",
        "nested more than 200 deep",
        "in a text that is XML as well",
    ),
    "never_closed": (
        rss(_GOOD, "<a" * 1_000_000),
        "more than 50000 elements without an end",
        "the loose parser keeps them all: half a gigabyte",
    ),
    "nuls": (b"\0" * 1_000_000, "an empty document", "a disk that was full, or a server's lost file"),
    "entities": (
        b'<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + rss(_GOOD),
        "a DOCTYPE with an internal subset is refused",
        "a bomb needs one, a feed does not",
    ),
    "noise": (bytes(range(128, 256)) * 4_000, "not a feed", "bytes of something else"),
    "doctypes": (b"<!DOCTYPE rss>\n" * 50_000, "an empty document", "each one cut out by itself would copy the rest"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_is_no_feed_is_refused_soon_and_in_words(name: str) -> None:
    body, told, why = REFUSED[name]
    began = process_time()
    with pytest.raises(NotAFeed) as caught:
        read(body)
    assert told in str(caught.value), why
    assert process_time() - began < _SOON_S, why


# Each costs its square, or once did, where a part of the program looks at it as written.
HOSTILE_MARKUP = {
    "divs": "<div>" * 50_000,
    "divs_that_seem_to_close": "<div/>" * 40_000,
    "divs_with_a_quoted_bracket": '<div title="<">' * 17_000,
    "divs_with_a_quoted_end": '<div title="</div>">' * 13_000,
    "ends_of_others": "<div></x>" * 29_000,
    "ends_that_do_not_reach": "<div><object></div></object>" * 9_000,
    "ends_in_comments": "<div><!--</div>-->" * 14_000,
    "formatting_opened_again": many(9_000, "<p><font size={0}></p>"),
    "attributes": f"<a {many(20_000, 'a{0}=1 ')}>x</a>",
    "a_tag_without_end": "<" + "a" * 262_000,
    "tags_without_end": "<a " * 87_000,
    "ampersands": "&amp;" * 200_000,
    "tables": "<table><tr><td>" * 17_000,
    "comments": "<!--" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE_MARKUP)
def test_hostile_markup_is_cleaned_soon(name: str) -> None:
    began = process_time()
    clean(HOSTILE_MARKUP[name])
    plain(HOSTILE_MARKUP[name], is_markup=True)
    assert process_time() - began < 1.5


SLOPPY_MARKUP = {
    "paragraphs_left_open": "<p>Tide and boats." * 2_000,
    "lists_left_open": "<ul><li>Tide<li>boats</ul>" * 1_000,
    "a_table_left_open": f"<table>{'<tr><td>Tide<td>boats' * 1_000}</table>",
    "ends_in_the_wrong_order": "<b><i>Tide</b></i>" * 200 + "<p>boats</p>" * 1_000,
    "a_large_page": "<div><p><a href='https://example.org/'>Tide</a></p></div>" * 2_000,
}


@pytest.mark.parametrize("name", SLOPPY_MARKUP)
def test_sloppy_markup_of_people_stays_markup(name: str) -> None:
    cleaned = clean(SLOPPY_MARKUP[name])
    assert "<" in cleaned
    assert "&lt;" not in cleaned


def test_an_address_beyond_the_bound_is_left_out() -> None:
    parsed = read(rss(_GOOD, item(2, link=f"https://example.org/{'g' * 5_000}")))
    assert [entry.link for entry in parsed.entries] == ["https://example.org/1", None]


def test_markup_that_is_cut_inside_a_tag_shows_nothing_of_it() -> None:
    cleaned = clean("w" * 262_130 + '<a href="https://example.org/">')
    assert cleaned == "w" * 262_130


def test_a_wire_text_is_cut_like_any_other() -> None:
    parsed = read((wire() + "More of it. " * 400_000).encode(), "a.txt")
    assert [defect.detail for defect in parsed.defects] == ["a text was cut after 262144 characters"]
    assert parsed.entries[0].content is not None
    assert len(parsed.entries[0].content.value) == 262_144


def test_a_tag_without_end_before_the_items_costs_no_more_than_its_length() -> None:
    began = process_time()
    parsed = read(b'<rss version="2.0"><channel><a ' + b"xmlns= " * 200_000 + rss(_GOOD).partition(b"<channel>")[2])
    assert [entry.guid for entry in parsed.entries] == ["tag:example.org,2026:1"]
    assert process_time() - began < _SOON_S


@pytest.mark.parametrize("letter", ["é", "ж", "语", "😀"])
def test_a_long_text_is_not_cut_inside_a_letter(letter: str) -> None:
    parsed = read((wire() + letter * 1_100_000).encode(), "a.txt")
    content = parsed.entries[0].content
    assert content is not None
    assert content.value[-100:] == letter * 100


def test_what_is_within_the_bounds_is_not_touched() -> None:
    names = "".join(f"<category>c{number}</category>" for number in range(MAX_TAGS))
    deep = "<x>" * (MAX_DEPTH - 3) + "</x>" * (MAX_DEPTH - 3)
    parsed = read(
        rss(*(item(number) for number in range(MAX_ENTRIES - 1)), f"<item><title>T</title>{names}{deep}</item>")
    )
    assert parsed.defects == ()
    assert len(parsed.entries) == MAX_ENTRIES
    assert len(parsed.entries[-1].categories) == MAX_TAGS


def test_an_address_that_forgot_to_escape_keeps_its_parameters() -> None:
    parsed = read(rss(item(1, text="See https://example.org/?a=1&list=2 and caf&eacute; & boats")))
    summary = parsed.entries[0].summary
    assert summary is not None
    assert plain(summary.value, is_markup=True) == "See https://example.org/?a=1&list=2 and café & boats"


LIMITED = """
from aggregator.reading.limits import TooCostly, limit_worker, limited
limit_worker()
with limited(5): pass
try:
    with limited(0.2):
        {costly}
except TooCostly as error:
    print(error)
with limited(5): print("alive")
"""


@pytest.mark.parametrize(
    ("costly", "told"),
    [
        ("while True: pass", "reading it takes more than 0.2 s of CPU"),
        ("import re; re.search('(a+)+b', 'a' * 64)", "reading it takes more than 0.2 s of CPU"),
        ("bytearray(2 ** 31)", "reading it takes more memory than a document may"),
    ],
    ids=["a_loop", "inside_a_pattern", "memory"],
)
def test_a_worker_gives_up_a_document_that_costs_too_much_and_goes_on(costly: str, told: str) -> None:
    script = LIMITED.format(costly=costly)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    first, second = done.stdout.splitlines()
    assert first.startswith(told)
    assert second == "alive"
