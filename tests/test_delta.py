"""Documents without the entries that a client has already, in each format (RFC 3229)."""

import json

import pytest

from aggregator.web import delta
from aggregator.web.conditions import accepts_gzip, is_not_modified, wants_delta

ATOM = b"""<?xml version='1.0'?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id>
<entry xml:lang="en"><id>one</id><content type="html">&lt;entry&gt;</content></entry>
<entry><id>two</id><source><id>s</id></source></entry>
<at:deleted-entry xmlns:at="urn:t" ref="lost"/>
</feed>
"""
RSS = b"<rss><channel><title>t</title>\n<item><guid>one</guid></item>\n<item><guid>two</guid></item>\n</channel></rss>"
JSON = json.dumps({"title": "t", "items": [{"id": "one"}, {"id": "two"}]}).encode()


@pytest.mark.parametrize(("suffix", "data"), [("atom", ATOM), ("rss", RSS), ("json", JSON)])
def test_known_entries_are_left_out_and_the_rest_stays(suffix: str, data: bytes) -> None:
    changed = data.replace(b"two", b"three")
    left = delta.without(suffix, changed, delta.marks(suffix, data))
    assert (b"three" in left, b"one" in left) == (True, False)
    assert delta.marks(suffix, left) == delta.marks(suffix, changed) - delta.marks(suffix, data)


def test_head_and_tombstones_stay_byte_for_byte() -> None:
    left = delta.without("atom", ATOM, delta.marks("atom", ATOM))
    assert left == ATOM[: ATOM.index(b"\n<entry")] + ATOM[ATOM.index(b"\n<at:") :]


def test_nothing_known_leaves_the_document_alone() -> None:
    assert delta.without("atom", ATOM, frozenset()) == ATOM


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b"null", b'{"items": 1}'])
def test_a_torn_json_document_offers_no_delta(data: bytes) -> None:
    assert delta.marks("json", data) == frozenset()


def test_versions_are_bounded_and_the_oldest_goes_first() -> None:
    versions = delta.Versions()
    for number in range(12):
        versions.note("a.atom", f'"{number}"', frozenset({bytes([number]) * 8}))
    assert versions.held("a.atom", ['"1"']) is None
    assert versions.held("a.atom", ['"1"', '"2"']) == ('"2"', frozenset({b"\x02" * 8}))
    assert versions.held("b.atom", ['"2"']) is None


@pytest.mark.parametrize(
    ("header", "wanted"),
    [("feed", True), ("vcdiff, feed;q=0.5", True), ("feed;q=0", False), ("feeds", False), ("", False)],
)
def test_a_delta_is_wanted_where_feed_is_named(header: str, wanted: bool) -> None:
    assert wants_delta(header) is wanted


@pytest.mark.parametrize(
    ("header", "accepted"),
    [("gzip", True), ("br, *", True), ("GZIP ; q=0.1", True), ("gzip;q=0.000", False), ("identity", False)],
)
def test_gzip_is_accepted_where_it_is_named_and_not_refused(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


def test_an_entity_tag_goes_before_a_date() -> None:
    assert is_not_modified('W/"a", "b"', "nonsense", '"a"')
    assert not is_not_modified('"c"', None, '"a"')
    assert not is_not_modified(None, None, '"a"')
