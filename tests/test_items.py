"""A feed is cut into its items only where that is certain, and what is read without the known ones is what is read with them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.dedup import offers
from aggregator.model.fetch import Document, Fetched
from aggregator.model.known_items import KnownItem, KnownItems
from aggregator.model.source import Source, SourceKind, Validators
from aggregator.parse import ManyNew, parse
from aggregator.parse.items import cut
from aggregator.reading.read import Desk, ReadDocument, read
from aggregator.text import digest
from aggregator.topics.match import compile_topics
from tests import make
from tests.desk import START
from tests.documents import item, rss

URL = "https://example.org/feed"
SOURCE = Source(id="feed", kind=SourceKind.FEED, url=URL)
DESK = Desk(agencies=(), matcher=compile_topics((), ()), site_title="Desk")


def document(body: bytes) -> Document:
    return Document(key=URL, body=body, digest=digest(body))


def look(body: bytes, items: KnownItems | tuple[KnownItem, ...] = (), url: str = URL) -> ReadDocument:
    fetched = Fetched(documents=(document(body),), validators=Validators(), url=url)
    (found,) = read(SOURCE, fetched, frozenset(), DESK, START, items=items).documents
    return found


CERTAIN = {
    "rss": ("<rss><channel><item>a</item> <item>b</item></channel></rss>", 2),
    "atom with attributes": ('<feed><entry xml:lang="en">a</entry></feed>', 1),
    "rdf, whose head lists the items": ("<rdf><channel><items/></channel><item about='x'>a</item></rdf>", 1),
    "an end tag in a CDATA section of the head": ("<rss><a><![CDATA[</item>]]></a><item>b</item></rss>", 1),
    "a name that only begins so": ("<rss><itemise/><item>a</item></rss>", 1),
    "a closed comment": ("<rss><item><!-- x --></item></rss>", 1),
    "an instruction before the root": ("<?xml-stylesheet href='a'?><rss><item>a</item></rss>", 1),
}
DOUBTFUL = {
    "an item in an item": "<rss><item>a<item>b</item></item></rss>",
    "an item's end in a CDATA section": "<rss><item><![CDATA[</item>]]></item></rss>",
    "an item's begin in a CDATA section": "<rss><item><![CDATA[<item>]]></item></rss>",
    "an item in a comment": "<rss><!-- <item>a</item> --><item>b</item></rss>",
    "both names": "<rss><item>a</item><entry>b</entry></rss>",
    "an empty element": "<rss><item/><item>b</item></rss>",
    "no end": "<rss><item>a</item><item>b",
    "no item": "<rss><channel/></rss>",
    "a prefix": "<a:feed><a:entry>a</a:entry></a:feed>",
    "a comment without end": "<rss><item>a</item><!-- </rss>",
    "a declaration inside": "<rss><item><!DOCTYPE a></item></rss>",
}


@pytest.mark.parametrize("case", CERTAIN)
def test_items_are_told_apart(case: str) -> None:
    text, count = CERTAIN[case]
    pieces = cut(text, URL)
    assert pieces is not None
    assert len(pieces.items) == count
    assert pieces.without(()) == text
    assert pieces.without(pieces.digests) == "".join(pieces.around)


@pytest.mark.parametrize("case", DOUBTFUL)
def test_what_is_not_certain_is_not_cut(case: str) -> None:
    assert cut(DOUBTFUL[case], URL) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<rss xml:base="/a">', '<rss xml:base="/b">'),
        ('<rss xmlns:x="urn:a">', '<rss xmlns:x="urn:b">'),
        ("<rss lang='en'>", "<rss lang='fr'>"),
    ],
)
def test_an_item_is_another_where_it_inherits_something_else(before: str, after: str) -> None:
    one, other = (cut(f"{head}<channel><item>a</item></channel></rss>", URL) for head in (before, after))
    assert one is not None
    assert other is not None
    assert one.digests != other.digests


def test_an_item_is_another_under_another_address() -> None:
    text = "<rss><item>a</item></rss>"
    one, other = cut(text, "https://a.example/"), cut(text, "https://b.example/")
    assert one is not None
    assert other is not None
    assert one.digests != other.digests


LONG = [item(number) for number in range(1, 9)]
SHARED = "https://example.org/live"
CHANGES = {
    "one came": (LONG[:6], [item(20), *LONG[:6]], 6),
    "one went": (LONG[:6], LONG[1:6], 5),
    "one was edited": (LONG[:6], [item(1, text="Edited."), *LONG[1:6]], 5),
    "the order changed": (LONG[:6], LONG[5::-1], 6),
    "the head changed": (LONG[:6], LONG[:6], 6),
    "all are others": (LONG[:4], LONG[4:], 0),
    "a link stands for two now": (
        [item(1, link=SHARED), *LONG[1:4]],
        [item(20, link=SHARED), item(1, link=SHARED), *LONG[1:4]],
        0,
    ),
    "a guid stands for two now": (
        [item(1, guid="g"), *LONG[1:4]],
        [item(20, guid="g"), item(1, guid="g"), *LONG[1:4]],
        0,
    ),
    "a link stands for one again": (
        [item(1, link=SHARED, guid=""), item(2, link=SHARED, guid=""), *LONG[2:4]],
        [item(1, link=SHARED, guid=""), *LONG[2:4]],
        0,
    ),
    "an exact repeat": (LONG[:4], [LONG[0], *LONG[:4]], None),
    "an entry with nothing in it": (LONG[:4], ["<item></item>", *LONG[:4]], 0),
    "a new one breaks the document": (LONG[:4], ["<item><title>a & b</title></item>", *LONG[:4]], 0),
    "undated heads take the newest entry's date": (
        [item(1, at=START), *LONG[1:4]],
        [item(20, at=START - timedelta(days=2)), item(1, at=START), *LONG[1:4]],
        4,
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_reading_the_new_items_gives_what_reading_all_gives(case: str) -> None:
    before, after, left_out = CHANGES[case]
    body = rss(*after, title="Another head" if case == "the head changed" else "A source")
    whole, pruned = look(body), look(body, look(rss(*before)).items)
    by_key = {sighting.keys[0].digest: sighting for sighting in whole.sightings}
    for sighting in pruned.sightings:
        assert sighting == by_key.pop(sighting.keys[0].digest)
    assert set(by_key) <= {one.key for one in pruned.known}
    assert {one.key for one in pruned.known} | {one.keys[0].digest for one in pruned.sightings} == {
        one.keys[0].digest for one in whole.sightings
    }
    assert pruned.defects == whole.defects
    assert set(pruned.items) == set(whole.items)
    if left_out is not None:
        assert len(pruned.known) == left_out


def test_a_document_with_a_defect_is_not_remembered() -> None:
    assert look(rss(*LONG[:3], "<item><title>a & b</title></item>")).items == KnownItems()
    assert look(rss(*LONG[:3], "<item></item>")).items == KnownItems()


def test_more_new_items_than_wanted_are_not_read() -> None:
    known = frozenset(one.digest for one in look(rss(*LONG[:6])).items)

    def entries(body: bytes, at_most_new: int) -> int:
        return len(parse(document(body), url=URL, agencies=(), known=known, at_most_new=at_most_new).entries)

    two_new = rss(item(20), item(21), *LONG[:6])
    assert entries(two_new, at_most_new=2) == 2
    for body, why in ((two_new, "one too many"), (b"<rss><channel/></rss>", "items cannot be told apart")):
        with pytest.raises(ManyNew):
            entries(body, at_most_new=1)
            pytest.fail(why)


def test_items_are_stored_as_they_were() -> None:
    dated = KnownItem(digest=b"d" * 16, key=b"k" * 16, offers=(b"12345678", b"abcdefgh"), dated_at=START)
    undated = replace(dated, dated_at=None, offers=(b"12345678",))
    packed = KnownItems.of((dated, undated))
    assert tuple(packed) == (dated, undated)
    assert len(packed) == 2
    assert not KnownItems()


def test_entries_under_one_page_offer_the_same() -> None:
    one = make.entry(title="One", link="https://example.org/a?utm_source=x")
    other = make.entry(title="Other", link="http://example.org/a")
    assert not set(offers(one)).isdisjoint(offers(other))
    assert set(offers(one)).isdisjoint(offers(make.entry(title="Other", link="https://example.org/b")))
