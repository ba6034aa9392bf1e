"""Which addresses may be followed, how they are completed, and which of them are one page."""

import pytest

from aggregator.urls import (
    absolute,
    as_uri,
    has_path,
    host_of,
    is_beacon,
    is_decorated,
    is_home_page,
    is_iri,
    is_web,
    normalise,
    without_credentials,
    without_tracking,
)
from aggregator.urls.tracking import BEACONS, DECORATIONS, Beacon

PAGE = "https://example.org/news?a=1&b=2"

# Addresses of one page.
SAME = {
    "https://example.org/news?a=1&b=2": "itself",
    "http://example.org/news?a=1&b=2": "http and https",
    "HTTPS://Example.ORG/news?a=1&b=2": "case of scheme and host",
    "https://example.org:443/news?a=1&b=2": "the port of https",
    "http://example.org:80/news?a=1&b=2": "the port of http",
    "https://example.org./news?a=1&b=2": "the dot of the root",
    "https://reader:secret@example.org/news?a=1&b=2": "credentials",
    "https://example.org/news?b=2&a=1": "order of the query",
    "https://example.org/news?a=1&b=2#comments": "a fragment",
    "https://example.org/news?a=1&b=2#:~:text=two/thirds": "a place in the text",
    "https://example.org/news?a=1&b=2#xtor=RSS-1/2": "a campaign in the fragment",
    "https://example.org/news?a=1&b=2#/": "the start of a page that is a program",
    "https://example.org/old/../news?a=1&b=2": "dots in the path",
    "https://example.org/%6eews?a=1&b=2": "letters that need no escape",
    "https://example.org/news;jsessionid=0A1B?a=1&b=2": "a session in the path",
    "https://example.org/news?a=1&b=2&PHPSESSID=0a1b": "a session in the query",
    "https://example.org/news?utm_source=rss&a=1&utm_medium=feed&b=2": "a campaign",
    "https://example.org/news?UTM_SOURCE=rss&a=1&b=2": "a campaign that shouts",
    "https://example.org/news?a=1&b=2&fbclid=x&gclid=y&at_medium=RSS&xtor=RSS-1&wt_mc=z": "other counters",
}

# What nearly every address looks like is not taken apart. Each stands beside a spelling that is, of the same page.
SIMPLE = (
    ("http://example.org", "http://example.org/#top"),
    ("https://Example.org/news/2026/a-b_c.html", "https://Example.org:443/news/2026/a-b_c.html"),
    ("http://127.0.0.1/feed/", "http://127.0.0.1:80/feed/"),
    ("https://xn--80ak6aa92e.example/a", "https://xn--80ak6aa92e.example:443/a"),
    ("https://example.org/a.b..c/", "https://example.org:443/a.b..c/"),
)

# Two addresses that are two pages.
DIFFERENT = (
    ("https://example.org/a", "https://example.org/A", "the path has cases"),
    ("https://example.org/a", "https://example.org/a/", "a slash at the end is not everywhere the same"),
    ("https://example.org/a", "https://example.org:8080/a", "another port"),
    ("https://example.org/a", "https://www.example.org/a", "another host"),
    ("https://example.org/app#s/1a2b", "https://example.org/app#s/3c4d", "a path in a page that is a program"),
    ("https://example.org/app#!/s/1", "https://example.org/app", "the same, marked as once for crawlers"),
    ("https://example.org/?p=1", "https://example.org/?p=2", "a page in the query"),
    ("https://example.org/a?match=1", "https://example.org/a", "a name that only begins like a counter's"),
    ("https://example.org/a?b=1&b=2", "https://example.org/a?b=1", "a name that comes twice"),
    ("http://[::1]/a", "http://[::2]/a", "IPv6"),
)

NOT_WEB = {
    "": "nothing",
    "news": "a word",
    "/news": "no host",
    "//example.org/news": "no scheme",
    "https://": "no host",
    "https:///news": "no host",
    "https://:80/": "no host",
    "http://[::1": "half an address",
    "https://example.org:port/": "no port",
    "https://example.org:99999/": "no such port",
    "javascript:alert(1)": "a script",
    " javascript:alert(1)": "a script behind a space",
    "data:text/html,x": "a document",
    "file:///etc/passwd": "a file",
    "ftp://example.org/a": "another protocol",
    "mailto:desk@example.org": "a mail box",
    "https://exam ple.org/": "a space in the host",
    "https://example%20.org/": "an escape in the host",
    "https://example.org/a b": "a space",
    "https://example.org/a\nb": "a line break",
    "https://example.org/a\x00b": "a control character",
    "https://example.org/a\u202eb": "a mark of direction",
    "https://example.org/\ud800": "half a character",
    "https://example.org/<b>": "a tag",
    'https://example.org/"': "a quotation mark",
    "https://example.org/?a[]=1": "brackets, which only an IP address may have",
    "https://example.org/100%": "an escape that is none",
    "https://example.org/#a#b": "two fragments",
    "https://example.org/" + "a" * 5000: "longer than any real one",
}

WEB = {
    "https://example.org": "without a path",
    "http://example.org:8080/a?b=c#d": "every part",
    "https://reader:secret@example.org/": "with credentials",
    "http://[2001:db8::1]:8080/": "an IPv6 address",
    "http://192.0.2.1/": "an IPv4 address",
    "http://localhost/": "a short name",
    "https://пример.example/путь": "an IRI",
    "https://example.org/a%20b": "an escape",
    "https://my_host.example/": "an underscore, which hosts have all the same",
}

# Base, address, what they make, why.
JOINED = (
    ("https://example.org/feeds/all", "../a", "https://example.org/a", "a relative address"),
    ("https://example.org/feeds/all", "/a", "https://example.org/a", "one from the root"),
    (
        "https://example.org/feeds/all",
        "//other.example/a",
        "https://other.example/a",
        "one with the scheme of its base",
    ),
    ("http://example.org/", "https://other.example/a", "https://other.example/a", "one of its own"),
    (None, "https://other.example/a", "https://other.example/a", "needs no base"),
    (None, "/a", None, "needs one"),
    ("https://example.org/", " https://other.example/a\n", "https://other.example/a", "spaces around"),
    ("https://example.org/", "https://other.example/a b", "https://other.example/a%20b", "as a browser follows it"),
    (
        "https://example.org/",
        "a[1].html?q=<x>",
        "https://example.org/a%5B1%5D.html?q=%3Cx%3E",
        "as a browser follows it",
    ),
    ("https://example.org/", "100%", "https://example.org/100%25", "a percent sign"),
    ("https://example.org/", "a%20b", "https://example.org/a%20b", "is not escaped again"),
    ("https://example.org/", "a#b#c", "https://example.org/a#b%23c", "two fragments"),
    ("https://example.org/", "", None, "nothing is no link to the base"),
    ("https://example.org/", "https://", None, "a scheme alone is no link to the base"),
    ("https://example.org/", "javascript:alert(1)", None, "a script"),
    ("https://example.org/", "http://[::1", None, "half an address"),
    ("file:///feeds/", "a", None, "a base that is no web address"),
)


@pytest.mark.parametrize("url", SAME, ids=SAME.values())
def test_one_page_has_one_canonical_address(url: str) -> None:
    assert normalise(url) == PAGE


@pytest.mark.parametrize(("one", "other", "why"), DIFFERENT)
def test_two_pages_stay_two(one: str, other: str, why: str) -> None:
    assert normalise(one) is not None
    assert normalise(one) != normalise(other), why


@pytest.mark.parametrize("url", [*SAME, *WEB, *(one for one, _, _ in DIFFERENT)])
def test_the_canonical_form_of_a_canonical_form_is_itself(url: str) -> None:
    assert normalise(normalise(url)) == normalise(url)


def test_an_international_host_and_path_have_one_form() -> None:
    assert normalise("https://пример.example/путь") == "https://xn--e1afmkfd.example/%D0%BF%D1%83%D1%82%D1%8C"
    assert normalise("https://xn--e1afmkfd.example/%d0%bf%d1%83%d1%82%d1%8c") == normalise(
        "https://пример.example/путь"
    )


@pytest.mark.parametrize("url", [None, *NOT_WEB])
def test_what_is_no_web_address_has_no_canonical_form(url: str | None) -> None:
    assert normalise(url) is None


@pytest.mark.parametrize("url", NOT_WEB, ids=NOT_WEB.values())
def test_what_nobody_may_follow_is_no_web_address(url: str) -> None:
    assert is_web(url) is False


@pytest.mark.parametrize("url", WEB, ids=WEB.values())
def test_web_addresses_are_known_as_such(url: str) -> None:
    assert is_web(url) is True


@pytest.mark.parametrize(("base", "url", "expected", "why"), JOINED)
def test_addresses_are_completed_and_mended(base: str | None, url: str, expected: str | None, why: str) -> None:
    assert absolute(base, url) == expected, why


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org", False),
        ("https://example.org/", False),
        ("https://example.org/?", False),
        ("https://example.org/#top", False),
        ("https://example.org/?utm_source=rss", False),
        ("https://example.org/?p=1", False),
        ("https://example.org/a", True),
    ],
)
def test_a_home_page_is_no_page_of_its_own(url: str, expected: bool) -> None:
    assert has_path(normalise(url) or "") is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://example.org", True), ("https://example.org/#top", True), ("https://example.org/?p=1", False)],
)
def test_a_query_makes_a_page_of_a_home_page(url: str, expected: bool) -> None:
    assert is_home_page(url) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("urn:uuid:0c8a3a6d-2f57-4b6b-9a0e-5b1d2c1e5f11", True),
        ("tag:example.org,2026:1", True),
        ("https://example.org/subjects", True),
        ("https://example.org/a b", False),
        ("http:///", False),
        ("News/World", False),
        ("News: World", False),
        ("urn:", False),
        ("urn:0f0f0f0f-1111-4222-8333-444444444446", False),
        ("urn:uuid:0f0f0f0f", False),
        ("urn:newsml:example.org:20261125:7", True),
        ("tag:example.org:1", False),
        ("tag:desk@example.org,2026-11-25:a/b", True),
        ("", False),
    ],
)
def test_an_iri_has_a_scheme_and_no_spaces(value: str, expected: bool) -> None:
    assert is_iri(value) is expected


def test_hosts_are_lower_case_and_absent_from_garbage() -> None:
    assert host_of("https://Reader@Example.ORG:8080/a") == "example.org"
    assert host_of("http://[::1") == ""
    assert host_of("news") == ""


def test_credentials_are_not_shown() -> None:
    assert without_credentials("https://reader:se@cret@example.org:8080/a?b#c") == "https://example.org:8080/a?b#c"
    assert without_credentials("https://example.org/a@b") == "https://example.org/a@b"
    assert without_credentials("http://[::1") == "http://[::1"


@pytest.mark.parametrize(("simple", "other"), SIMPLE)
def test_a_simple_address_has_the_canonical_form_of_any_other(simple: str, other: str) -> None:
    assert normalise(simple) == normalise(other) is not None
    assert absolute("https://other.example/feed", simple) == simple
    assert is_web(simple)


# (a link in a text, what it leads to, why)
DECORATED = (
    ("https://a.example/n?utm_source=rss&utm_medium=feed", "https://a.example/n", "nothing else in the query"),
    (
        "https://a.example/n?id=7&UTM_Source=rss&b=%20#top",
        "https://a.example/n?id=7&b=%20#top",
        "the rest as it stands",
    ),
    ("https://a.example/n?a=1&fbclid=x&a=2", "https://a.example/n?a=1&a=2", "a name that comes twice"),
)
PLAIN = (
    "https://a.example/n?match=1",
    "https://a.example/utm_source=1",
    "https://a.example/n?id=utm_source",
    "not an address",
)


@pytest.mark.parametrize(("url", "expected", "why"), DECORATED)
def test_what_marks_a_reader_is_taken_off(url: str, expected: str, why: str) -> None:
    assert without_tracking(url) == expected, why
    assert is_decorated(f'<a href="{url.replace("&", "&amp;")}">'), "the cheap test must not miss it"


@pytest.mark.parametrize("url", PLAIN)
def test_other_parameters_stay(url: str) -> None:
    assert without_tracking(url) == url


@pytest.mark.parametrize("beacon", BEACONS, ids=lambda beacon: beacon.host)
def test_an_image_that_counts_is_known_under_each_host(beacon: Beacon) -> None:
    assert is_beacon(f"https://{beacon.host.upper()}{beacon.path}/1.gif?x=1")
    assert is_beacon(f"http://www.{beacon.host}{beacon.path}")
    assert not is_beacon(f"https://not-{beacon.host}{beacon.path}")


def test_other_images_are_none() -> None:
    assert is_beacon("https://count.example/matomo.php?idsite=1&rec=1")
    assert not any(map(is_beacon, ("https://www.facebook.com/sail.jpg", "https://a.example/i.png", "", "http://[::1")))


def test_every_row_says_where_it_comes_from() -> None:
    assert all(row.tool and row.source for row in (*DECORATIONS, *BEACONS))
    names = [name for row in DECORATIONS for name in (*row.names, *row.prefixes)]
    assert all(name == name.lower() for name in names)
    assert len(names) == len(set(names))


def test_a_canonical_address_is_one_itself() -> None:
    canonical = normalise(absolute("https://example.org/", "/list[1]|2?b[]=2"))
    assert canonical == "https://example.org/list%5B1%5D%7C2?b%5B%5D=2"
    assert normalise(canonical) == canonical


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("https://пример.рф/новость", "https://xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C"),
        ("https://example.org/%C3%BC/ü", "https://example.org/%C3%BC/%C3%BC"),
        ("https://user@пример.рф:8080/", "https://user@xn--e1afmkfd.xn--p1ai:8080/"),
        ("urn:example:ü", "urn:example:%C3%BC"),
    ],
)
def test_an_iri_becomes_a_uri_for_formats_that_know_no_other(iri: str, uri: str) -> None:
    assert as_uri(iri) == uri
    assert as_uri(uri) == uri
