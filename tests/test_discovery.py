"""Feed discovery: what a page offers, which places are tried, and when two addresses are one feed."""

import json
import time
from pathlib import Path

import pytest

from aggregator.discovery import (
    MAX_CANDIDATES,
    MAX_PAGE,
    Via,
    addresses,
    candidates,
    holder_of,
    is_other_spelling,
    share_entries,
    usual_places,
)

CASES = sorted((Path(__file__).parent / "discovery").glob("*.html"))
URL = "https://port.example/"


@pytest.mark.parametrize("page", CASES, ids=lambda path: path.stem)
def test_a_page_offers_its_feeds(page: Path) -> None:
    case = json.loads(page.with_suffix(".json").read_text("utf-8"))
    found = candidates(page.read_bytes(), "text/html; charset=utf-8", case["url"])
    shown = [
        {"url": one.url, "via": one.via.value, "title": one.title, "is_of_comments": one.is_of_comments}
        for one in found
    ]
    assert shown == case["links"], case["why"]


def test_every_page_has_an_expectation() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in CASES[0].parent.glob("*.json")}
    assert len(CASES) >= 10


@pytest.mark.parametrize(
    ("body", "content_type", "title", "why"),
    [
        ("порт".encode("cp1251"), "text/html; charset=windows-1251", "порт", "the header says"),
        (b'<meta charset="koi8-r">' + "порт".encode("koi8-r"), "text/html", "порт", "the page says"),
        ("порт".encode(), "text/html; charset=klingon", "порт", "no such charset"),
        ("порт".encode(), "text/html; charset=base64", "порт", "a codec that is no charset"),
        ("порт".encode(), None, "порт", "nobody says"),
        (b"\xff\xfeport", "text/html; charset=utf-8", None, "half a UTF-16 page holds nothing"),
    ],
)
def test_a_page_is_read_in_its_charset(body: bytes, content_type: str | None, title: str | None, why: str) -> None:
    prefix, _, name = body.rpartition(b">")
    page = prefix + b"><link rel=alternate type=application/rss+xml href=/rss title='" + name + b"'>"
    found = candidates(page if title else body, content_type, URL)
    assert [one.title for one in found] == ([title] if title else []), why


def test_a_page_in_utf_16_is_read() -> None:
    page = "<link rel=alternate type=application/rss+xml href=/rss>".encode("utf-16")
    assert [one.url for one in candidates(page, "text/html", URL)] == ["https://port.example/rss"]


def test_a_portal_offers_so_many_and_no_more() -> None:
    page = "".join(f'<a href="/rss/{number}.xml">{number}</a>' for number in range(200)).encode()
    found = candidates(page, "text/html", URL)
    assert [one.title for one in found] == [str(number) for number in range(MAX_CANDIDATES)]


def test_what_stands_beyond_the_bound_of_a_page_is_not_read() -> None:
    link = b"<link rel=alternate type=application/rss+xml href=/rss>"
    assert len(candidates(b" " * (MAX_PAGE - len(link)) + link, "text/html", URL)) == 1
    assert candidates(b" " * MAX_PAGE + link, "text/html", URL) == ()


@pytest.mark.parametrize(
    ("unit", "why"),
    [
        ("<b x={0}><p>", "formatting that a browser opens again in every paragraph"),
        ("<a href=/rss/{0}>", "links that never end"),
        ("<a href='/rss/{0}", "a quote that never closes"),
        ("<div>", "depth"),
        ("<", "tags that are none"),
        ("<!--", "comments that never end"),
        ("<script>", "scripts that never end"),
        ("<a {0}={0} ", "attributes of one tag"),
    ],
)
def test_a_hostile_page_costs_little(unit: str, why: str) -> None:
    page = "".join(unit.format(number) for number in range(MAX_PAGE // len(unit)))[:MAX_PAGE].encode()
    started = time.process_time()
    candidates(page, "text/html", URL)
    assert time.process_time() - started < 2, why


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("https://port.example/rss", ("https://port.example/rss",)),
        ("port.example", ("https://port.example", "http://port.example")),
        (" port.example:8080/news?a=b ", ("https://port.example:8080/news?a=b", "http://port.example:8080/news?a=b")),
        ("[2001:db8::1]/rss", ("https://[2001:db8::1]/rss", "http://[2001:db8::1]/rss")),
        ("порт.example", ("https://порт.example", "http://порт.example")),
        ("feed://port.example/rss", ("feed://port.example/rss",)),
        ("mailto:desk@port.example", ("mailto:desk@port.example",)),
        ("javascript:alert(1)", ("javascript:alert(1)",)),
        ("user:secret@port.example", ("user:secret@port.example",)),
        ("two words", ("two words",)),
        ("", ("",)),
    ],
)
def test_a_bare_host_is_asked_over_tls_first(typed: str, expected: tuple[str, ...]) -> None:
    assert addresses(typed) == expected


@pytest.mark.parametrize(
    ("url", "first", "count"),
    [
        ("https://port.example", ["https://port.example/feed", "https://port.example/rss"], 8),
        ("https://port.example/blog/", ["https://port.example/blog/feed", "https://port.example/blog/rss"], 10),
        ("https://port.example/a/page.html?b=c#d", ["https://port.example/feed"], 8),
    ],
)
def test_the_usual_places_lie_below_the_page_and_the_root(url: str, first: list[str], count: int) -> None:
    found = usual_places(url)
    assert ([one.url for one in found][: len(first)], len(found)) == (first, count)
    assert {one.via for one in found} == {Via.GUESS}


@pytest.mark.parametrize(
    ("own", "url", "expected", "why"),
    [
        ("https://e.org/rss", "http://e.org/rss", True, "over TLS"),
        ("http://e.org/rss", "https://e.org/rss", False, "never back from TLS"),
        ("https://e.org/rss", "https://e.org/rss?utm_source=x", True, "without a campaign"),
        ("https://e.org/rss", "http://e.org/rss;jsessionid=1F", True, "without a session"),
        ("https://e.org/rss?utm_source=x", "https://e.org/rss", False, "not with one"),
        ("https://e.org/rss", "https://e.org/rss", False, "the same"),
        ("https://e.org/atom", "https://e.org/rss", False, "another address"),
        ("https://www.e.org/rss", "https://e.org/rss", False, "another host"),
        ("urn:x", "https://e.org/rss", False, "no address"),
    ],
)
def test_an_address_is_better_only_as_another_spelling_of_the_same(
    own: str, url: str, expected: bool, why: str
) -> None:
    assert is_other_spelling(own, url) is expected, why


def keys(text: str) -> list[bytes]:
    return [letter.encode() for letter in text]


@pytest.mark.parametrize(
    ("one", "other", "expected", "why"),
    [
        ("abcd", "abcd", True, "the same"),
        ("abcd", "bcde", True, "a poll later"),
        ("abcdefgh", "abcdefghijklmnop", True, "more of it"),
        ("ab", "ab", True, "all of a small one"),
        ("abcdefgh", "abcxyz", False, "less than half"),
        ("ab", "abxyz", False, "two prove nothing in a larger one"),
        ("", "abc", False, "an empty feed is like no other"),
        ("", "", False, "not even like an empty one"),
        ("aabbccdd", "abcd", True, "an entry counts once"),
    ],
)
def test_two_addresses_are_one_feed_by_its_entries(one: str, other: str, expected: bool, why: str) -> None:
    assert share_entries(keys(one), keys(other)) is expected, why


@pytest.mark.parametrize(
    ("shown", "windows", "expected", "why"),
    [
        ("abcdef", {"x": "abc"}, "x", "half of them"),
        ("abcdefg", {"x": "abc"}, None, "less than half"),
        ("ab", {"x": "ab"}, None, "fewer than three prove nothing"),
        ("abcd", {"x": "abc", "y": "abcd"}, "y", "the one that shows most"),
        ("abcd", {"y": "abcd", "x": "abcd"}, "x", "the first by name of equals"),
        ("abcd", {}, None, "nothing is stored"),
    ],
)
def test_a_feed_is_known_by_the_entries_of_a_source(
    shown: str, windows: dict[str, str], expected: str | None, why: str
) -> None:
    assert holder_of(keys(shown), {name: keys(window) for name, window in windows.items()}) == expected, why
