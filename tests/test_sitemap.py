"""Every document in tests/sitemaps is read as the expectation beside it says: NAME.xml and NAME.json, found by glob."""

import gzip
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import NotAFeed
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.parse import ManyNew, parse
from aggregator.parse.bounds import MAX_DEPTH, MAX_ENTRIES
from aggregator.parse.sitemap import MAX_ELEMENTS, MAX_INFLATED, inflated, is_sitemap, parse_sitemap, words_of
from aggregator.text import digest
from tests.documents import item, rss
from tests.test_feeds import picked

CASES = sorted((Path(__file__).parent / "sitemaps").glob("*.json"))
URL = "https://example.org/sitemap.xml"


def document(body: bytes) -> Document:
    return Document(key=URL, body=body, content_type="application/octet-stream", digest=digest(body))


def sitemap(*inside: str) -> bytes:
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(inside)}</urlset>'.encode()


def address(number: int, lastmod: str = "", more: str = "") -> str:
    printed = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<url><loc>https://example.org/{number}</loc>{printed}{more}</url>"


def look(body: bytes, known: frozenset[bytes] = frozenset(), at_most_new: int | None = None) -> ParsedFeed:
    return parse(document(body), url=URL, agencies=(), known=known, at_most_new=at_most_new)


def guids(parsed: ParsedFeed) -> list[str]:
    return [(entry.guid or "").removeprefix("https://example.org/") for entry in parsed.entries]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_document_reads_as_expected(case: Path) -> None:
    wanted = json.loads(case.read_text("utf-8"))
    body = case.with_suffix(".xml").read_bytes()
    if "not_a_feed" in wanted:
        with pytest.raises(NotAFeed) as caught:
            parse_sitemap(document(body), wanted["url"])
        assert str(caught.value) == wanted["not_a_feed"], wanted["why"]
        return
    parsed = asdict(parse(document(body), url=wanted["url"], agencies=()))
    assert picked(parsed, wanted["expect"]) == wanted["expect"], wanted["why"]


def test_every_document_has_an_expectation() -> None:
    assert {path.stem for path in CASES[0].parent.glob("*.xml")} == {path.stem for path in CASES}


ROOTS = {
    "<urlset/>": True,
    "<sitemapindex>": True,
    "\n\n<?xml version='1.0'?>\n<?xml-stylesheet href='a.xsl'?><!-- by > a plugin --><urlset >": True,
    "<!DOCTYPE urlset SYSTEM 'a.dtd'><s:urlset xmlns:s='urn:s'>": True,
    "<urlsets>": False,
    "<!-- <urlset> --><rss>": False,
    "<rss><![CDATA[<urlset>]]></rss>": False,
    "<!-- <urlset>": False,
    "": False,
}


@pytest.mark.parametrize("text", ROOTS)
def test_a_sitemap_is_known_by_its_root(text: str) -> None:
    for charset in ("utf-8", "utf-8-sig", "utf-16"):
        assert is_sitemap(text.encode(charset)) is ROOTS[text]


WORDS = {
    "https://example.org/2026/03/envoys-meet-in-rome-81724.html": "Envoys meet in rome",
    "https://example.org/20260301-envoys_meet_in_rome/": "Envoys meet in rome",
    "https://example.org/envoys-meet-in-rome-5e8f3a91bc?page=2#top": "Envoys meet in rome",
    "https://example.org/g7-leaders-meet-in-2026-again.php": "G7 leaders meet in 2026 again",
    "https://example.org/%D0%BF%D0%B5%D1%80%D0%B5%D0%B3%D0%BE%D0%B2%D0%BE%D1%80%D1%8B-%D0%B2-%D0%A0%D0%B8%D0%BC%D0%B5": "Переговоры в Риме",
    "https://example.org/about-us": None,
    "https://example.org/story/81724": None,
    "https://example.org/1-2-3-4-5": None,
    "https://example.org/a-b-c%00-d": None,
    "https://example.org/": None,
    "https://example.org": None,
}


@pytest.mark.parametrize("link", WORDS)
def test_a_title_is_made_of_an_address_only_where_it_holds_words(link: str) -> None:
    assert words_of(link) == WORDS[link]


def test_addresses_that_are_known_are_left_out() -> None:
    old = [address(number, f"2026-03-0{number}") for number in (1, 2, 3)]
    first = look(sitemap(*old))
    second = look(sitemap(*old, address(4, "2026-03-04")), known=frozenset(first.items))
    assert guids(second) == ["4"]
    assert second.left_out == first.items


@pytest.mark.parametrize(
    ("before", "after", "is_another"),
    [
        ("2026-03-01", "2026-03-02", True),
        (
            "<news:news><news:title>A</news:title></news:news>",
            "<news:news><news:title>B</news:title></news:news>",
            True,
        ),
        ("<priority>0.1</priority>", "<priority>0.9</priority>", False),
        ("<changefreq>daily</changefreq>", "", False),
    ],
)
def test_an_address_is_another_where_something_changes_that_is_read(before: str, after: str, is_another: bool) -> None:
    one, other = (
        look(sitemap(address(1, text) if text[:1] == "2" else address(1, more=text))).items for text in (before, after)
    )
    assert (one != other) is is_another


def test_many_new_addresses_are_not_read() -> None:
    known = frozenset(look(sitemap(address(1))).items)
    body = sitemap(address(1), address(2), address(3))
    assert guids(look(body, known, at_most_new=2)) == ["2", "3"]
    with pytest.raises(ManyNew):
        look(body, known, at_most_new=1)


def test_an_address_that_had_to_be_cut_is_read_at_every_poll() -> None:
    body = sitemap(address(1, more=f"<news:news><news:title>{'x' * 5_000}</news:title></news:news>"), address(2))
    first = look(body)
    again = look(body, known=frozenset(first.items))
    assert first.items[0] == b""
    assert guids(again) == ["1"]
    assert [told.detail for told in again.defects] == ["a title was cut after 4096 characters"]
    assert again.defects == first.defects


def test_of_many_addresses_the_newest_are_read_wherever_they_stand() -> None:
    dated = [address(number, f"2026-03-01T{number // 600:02}:{number // 10 % 60:02}:00Z") for number in range(3_000)]
    undated = [address(number) for number in range(3_000, 3_010)]
    parsed = look(sitemap(*undated, *dated))
    assert (len(parsed.entries), guids(parsed)[:11]) == (MAX_ENTRIES, [*map(str, range(2_990, 3_000)), "2980"])
    (told,) = parsed.defects
    assert (told.kind, told.count) == ("bound", 1_010)
    assert told.detail == "more than 2000 addresses: the newest 2000 were read, 1010 were left out"


def test_of_an_index_with_many_documents_the_newest_are_told() -> None:
    inside = "".join(
        f"<sitemap><loc>/{number}.xml</loc><lastmod>{2000 + number % 26}-01-01</lastmod></sitemap>"
        for number in range(2_600)
    )
    parsed = look(f"<sitemapindex>{inside}</sitemapindex>".encode())
    assert len(parsed.children) == MAX_ENTRIES
    assert {child.modified for child in parsed.children[:100]} == {"2025-01-01"}
    assert [told.count for told in parsed.defects] == [600]


@pytest.mark.parametrize("body", [sitemap(address(1)), rss(item(1))], ids=["sitemap", "feed"])
def test_a_gzip_file_is_unpacked_whatever_is_in_it(body: bytes) -> None:
    assert len(look(gzip.compress(body)).entries) == 1


def test_of_a_gzip_file_that_breaks_off_what_is_there_is_read() -> None:
    body = gzip.compress(sitemap(*(address(number, more="<a>" + str(number) * 20 + "</a>") for number in range(5_000))))
    parsed = look(body[: len(body) // 2])
    assert [told.kind for told in parsed.defects] == ["malformed", "bound"]
    assert len(parsed.entries) == MAX_ENTRIES


def test_a_gzip_file_may_have_several_members() -> None:
    body = sitemap(address(1), address(2))
    assert inflated(gzip.compress(body[:50]) + gzip.compress(b"") + gzip.compress(body[50:])) == body


GZIP_REFUSED = {
    "bomb": (gzip.compress(bytes(MAX_INFLATED + 1)), "a gzip file of more than 10 MiB once unpacked is refused"),
    "two bombs": (gzip.compress(bytes(MAX_INFLATED)) * 2, "a gzip file of more than 10 MiB once unpacked is refused"),
    "no method": (b"\x1f\x8b\xff" + bytes(20), "a gzip file that cannot be read (Unknown compression method)"),
    "cut in its head": (b"\x1f\x8b", "a gzip file that cannot be read (Compressed file ended before the end-of-stream marker was reached)"),
}  # fmt: skip


@pytest.mark.parametrize("case", GZIP_REFUSED)
def test_a_gzip_file_that_cannot_be_a_document_is_refused(case: str) -> None:
    body, message = GZIP_REFUSED[case]
    with pytest.raises(NotAFeed) as caught:
        look(body)
    assert str(caught.value) == message


def test_elements_nested_beyond_reason_are_refused() -> None:
    with pytest.raises(NotAFeed, match=f"nested more than {MAX_DEPTH} deep"):
        look(sitemap("<a>" * 1_000_000))


# name: (what stands inside, what is told, addresses that are read, why it is a bound)
HOSTILE = {
    "elements": (
        [address(1), "<a/>" * MAX_ELEMENTS],
        "more than 1000000 elements: the first 1 addresses were read",
        ["1"],
        "half a microsecond each",
    ),
    "ampersands": (
        [address(1), "&" * 1_000_000],
        "not well-formed at line 1 (not well-formed (invalid token)); 1 addresses read",
        ["1"],
        "each would be copied",
    ),
    "a name of megabytes": (
        ["<" + "n" * 3_000_000 + ">" + "<a/>" * 100_000],
        "not well-formed at line 1 (no element found); 0 addresses read",
        [],
        "it would be joined to each name inside",
    ),
    "a text of megabytes": (
        ["<url><loc>" + "x" * 3_000_000 + "</loc></url>", address(2)],
        "entry left out: no address",
        ["2"],
        "it is no address",
    ),
    "a comment without end": (
        [address(1), "<!--" + "<!" * 1_000_000],
        "not well-formed at line 1 (unclosed token); 1 addresses read",
        ["1"],
        "not tried again at each piece",
    ),
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow if case == "elements" else ()) for case in HOSTILE]
)
def test_what_no_sitemap_has_is_cut_and_told(case: str) -> None:
    inside, detail, read, why = HOSTILE[case]
    parsed = look(sitemap(*inside).removesuffix(b"</urlset>"))
    assert detail in [told.detail for told in parsed.defects], why
    assert guids(parsed) == read, why


def test_of_an_address_with_a_thousand_pictures_some_are_kept() -> None:
    pictures = "".join(f"<image:image><image:loc>/{n}.jpg</image:loc></image:image>" for n in range(1_000))
    parsed = look(sitemap(address(1, more=pictures)))
    assert len(parsed.entries[0].links) == 50
    assert [told.detail for told in parsed.defects] == ["links were cut to 50 of 4096 characters"]


_PIECES = st.sampled_from(
    ["<url>", "</url>", "<loc>", "</loc>", "/a-b-c", "http://[", "<lastmod>", "</lastmod>", "2026-03-01", "9999-99-99", "<news:news>",
     "</news:news>", "<news:title>", "</news:title>", "<image:image>", "</image:image>", "<image:loc>", "</image:loc>", "<video:video>",
     "<video:duration>", "</video:duration>", "</video:video>", "&", "&amp;", "&copy;", "&#0;", "<![CDATA[", "]]>", "<!--", "-->", "\0", "<a b='1'"]
) | st.text(max_size=8)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=40), st.sampled_from(["<urlset>", "<sitemapindex>", "<x:urlset>"]))
def test_whatever_stands_inside_it_is_a_sitemap_or_is_said_to_be_none(pieces: list[str], root: str) -> None:
    body = f"{root}{''.join(pieces)}</{root[1:]}".encode("utf-8", "replace")
    assert is_sitemap(body)
    try:
        parsed = look(body)
    except NotAFeed:
        return
    assert len(parsed.items) == len(parsed.entries)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_whatever_a_gzip_file_holds_it_is_read_or_refused(body: bytes) -> None:
    for compressed in (gzip.compress(body), b"\x1f\x8b\x08" + body):
        try:
            parsed = look(compressed)
        except NotAFeed:
            continue
        assert len(parsed.items) <= len(parsed.entries)
