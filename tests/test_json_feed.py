"""Every document in tests/json_feeds is read as the expectation beside it says: NAME.json and NAME.expected.json."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import NotAFeed
from aggregator.model.fetch import Document, Fetched
from aggregator.model.parsed import ParsedFeed
from aggregator.model.source import Source, SourceKind, Validators
from aggregator.parse import ManyNew, parse
from aggregator.parse.bounds import MAX_ENTRIES, MAX_LINE, MAX_TAGS
from aggregator.parse.json_feed import MAX_VALUES, parse_json_feed
from aggregator.reading.read import Desk, ReadDocument, read
from aggregator.text import digest
from aggregator.topics.match import compile_topics
from tests.desk import START
from tests.test_feeds import picked

CASES = sorted((Path(__file__).parent / "json_feeds").glob("*.expected.json"))
URL = "https://example.org/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"
ITEMS: list[dict[str, Any]] = [{"id": str(number), "title": f"Ferry {number}"} for number in range(1, 5)]


def document(body: bytes, key: str = URL) -> Document:
    return Document(key=key, body=body, content_type="text/html", digest=digest(body))


def feed(*items: Any, **head: Any) -> bytes:
    return json.dumps({"version": VERSION, "title": "Harbour", "items": items, **head}).encode()


def beginning(items: bytes) -> bytes:
    """A feed whose items are these bytes."""
    return b'{"version":"%s","items":%s}' % (VERSION.encode(), items)


def look(body: bytes, known: frozenset[bytes] = frozenset(), at_most_new: int | None = None) -> ParsedFeed:
    return parse_json_feed(document(body), URL, known, at_most_new)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.partition(".")[0])
def test_the_document_reads_as_expected(case: Path) -> None:
    wanted = json.loads(case.read_text("utf-8"))
    body = case.with_name(case.name.replace(".expected", "")).read_bytes()
    if "not_a_feed" in wanted:
        with pytest.raises(NotAFeed) as caught:
            parse(document(body), url=wanted["url"] or URL, agencies=())
        assert str(caught.value) == wanted["not_a_feed"], wanted["why"]
        return
    parsed = asdict(parse(document(body, "feed.json"), url=wanted["url"], agencies=()))
    assert picked(parsed, wanted["expect"]) == wanted["expect"], wanted["why"]


def test_every_document_has_an_expectation() -> None:
    documents = {path.name for path in CASES[0].parent.iterdir()} - {path.name for path in CASES}
    assert documents == {path.name.replace(".expected", "") for path in CASES}


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf", b"\n \t"])
def test_a_feed_is_known_by_its_content_not_by_its_media_type(begin: bytes) -> None:
    assert parse(document(begin + feed(*ITEMS)), url=URL, agencies=()).format == "json11"


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_feed_with_a_byte_order_mark_is_read_in_any_unicode(charset: str) -> None:
    body = json.dumps({"version": VERSION, "title": "Гавань", "items": []}, ensure_ascii=False).encode(charset)
    assert parse(document(body), url=URL, agencies=()).head.title == "Гавань"


def test_items_that_are_known_are_left_out() -> None:
    first = look(feed(*ITEMS[1:]))
    second = look(feed(*ITEMS), known=frozenset(first.items))
    assert [entry.guid for entry in second.entries] == ["1"]
    assert second.left_out == first.items
    assert look(feed(*ITEMS)).items == (*second.items, *second.left_out)


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        ({"language": "fr"}, True),
        ({"authors": [{"name": "Ana Port"}]}, True),
        ({"author": {"name": "Ana Port"}}, True),
        ({"title": "Another title"}, False),
        ({"home_page_url": "https://example.org/blog/"}, True),
        ({"next_url": "https://example.org/2.json"}, False),
    ],
)
def test_an_item_is_another_where_it_inherits_something_else(change: dict[str, Any], is_another: bool) -> None:
    assert (look(feed(*ITEMS)).items != look(feed(*ITEMS, **change)).items) is is_another


def test_an_item_is_the_same_however_it_is_printed() -> None:
    turned = [dict(reversed(item.items())) for item in ITEMS]
    printed = json.dumps({"items": turned, "version": VERSION}, indent=4).encode()
    assert look(printed).items == look(feed(*ITEMS)).items


def test_an_item_is_another_under_another_address() -> None:
    elsewhere = parse_json_feed(document(feed(*ITEMS)), "https://example.com/feed.json")
    assert set(elsewhere.items).isdisjoint(look(feed(*ITEMS)).items)


def test_what_is_wrong_with_an_item_is_told_at_every_poll() -> None:
    body = feed({"id": "0", "title": {"not": "a text"}}, "no item", *ITEMS)
    first = look(body)
    again = look(body, known=frozenset(first.items))
    assert first.items[0] == b""
    assert [entry.guid for entry in again.entries] == ["0"]
    assert again.defects == first.defects
    assert [defect.kind for defect in first.defects] == ["type", "entry"]


def test_many_new_items_are_not_read() -> None:
    known = frozenset(look(feed(*ITEMS[:2])).items)
    assert len(look(feed(*ITEMS), known, at_most_new=2).entries) == 2
    with pytest.raises(ManyNew):
        look(feed(*ITEMS), known, at_most_new=1)


def test_a_document_without_its_known_items_gives_the_same_sightings() -> None:
    source = Source(id="feed", kind=SourceKind.FEED, url=URL)
    desk = Desk(agencies=(), matcher=compile_topics((), ()), site_title="Desk")

    def reading(body: bytes, before: ReadDocument | None) -> ReadDocument:
        fetched = Fetched(documents=(document(body),), validators=Validators(), url=URL)
        items = before.items if before else ()
        (found,) = read(source, fetched, frozenset(), desk, START, items=items).documents
        return found

    before = reading(feed(*ITEMS[:3]), None)
    pruned, whole = reading(feed(*ITEMS), before), reading(feed(*ITEMS), None)
    assert len(pruned.sightings) == 1
    assert pruned.sightings[0] in whole.sightings
    assert pruned.known == tuple(before.items)
    assert set(pruned.items) == set(whole.items)


# name: (what stands as items, what is told, why it is a bound)
REFUSED = {
    "brackets": (b"[" * 999_000, "JSON nested so deep is refused: no feed is", "a megabyte of them"),
    "objects": (b'{"items":' * 110_000, "JSON nested so deep is refused: no feed is", "objects nest as well"),
    "values": (
        b"[" + b"{}," * 500_001 + b"{}]",
        f"JSON of more than {MAX_VALUES} values is refused: no feed has them",
        "each takes 70 bytes",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_feed_has_is_refused(case: str) -> None:
    items, message, why = REFUSED[case]
    with pytest.raises(NotAFeed) as caught:
        look(beginning(items))
    assert str(caught.value) == message, why


def test_of_many_items_the_first_are_read() -> None:
    parsed = look(beginning(b"[" + b",".join(b'{"id":"%d"}' % number for number in range(100_000)) + b"]"))
    assert [parsed.entries[0].guid, parsed.entries[-1].guid, len(parsed.entries)] == ["0", "1999", MAX_ENTRIES]
    (told,) = parsed.defects
    assert (told.kind, told.count) == ("bound", 98_000)


def test_an_item_that_is_nested_just_as_deep_as_can_be_read_harms_nobody() -> None:
    for depth in range(900, 1_000):
        deep = b"[" * depth + b"]" * depth
        try:
            parsed = look(beginning(b'[{"id":"1","_x":%s},{"id":"2"}]' % deep))
        except NotAFeed:
            continue
        assert [entry.guid for entry in parsed.entries] == ["1", "2"]


@pytest.mark.parametrize(
    ("item", "kind", "detail"),
    [
        ({"title": "x" * 5_000}, "bound", f"a title was cut after {MAX_LINE} characters"),
        ({"content_html": "<p>" + "x" * 300_000}, "bound", "a text was cut after 262144 characters"),
        ({"content_html": "<a href=b>" * 30_000}, "bound", "a text was cut after 262144 characters"),
        ({"tags": [str(number) for number in range(50_000)]}, "bound", f"categories were cut to {MAX_TAGS} of 1000 characters"),
        ({"authors": [{"name": str(number)} for number in range(50_000)]}, "bound", f"authors were cut to {MAX_TAGS} of 1000 characters"),
        ({"attachments": [{"url": f"/{number}"} for number in range(50_000)]}, "bound", "links were cut to 50 of 4096 characters"),
        ({"date_published": "2026" * 100}, "bound", "a date was cut after 200 characters"),
    ],
)  # fmt: skip
def test_what_is_too_long_is_cut_and_told(item: dict[str, Any], kind: str, detail: str) -> None:
    parsed = look(feed({"id": "1", **item}))
    assert [(told.kind, told.detail, told.count) for told in parsed.defects] == [(kind, detail, 1)]
    assert parsed.items == (b"",)


def test_a_number_of_a_million_digits_is_no_id() -> None:
    parsed = look(beginning(b'[{"id":' + b"9" * 1_000_000 + b',"title":"a"}]'))
    assert parsed.entries[0].guid is None


_NAMES = [
    "version", "title", "home_page_url", "feed_url", "language", "authors", "author", "hubs", "expired", "items", "id", "url",
    "external_url", "content_html", "content_text", "summary", "image", "banner_image", "date_published", "date_modified", "tags",
    "attachments", "mime_type", "size_in_bytes", "duration_in_seconds", "type", "name",
]  # fmt: skip
_MARKUP = ["<a href=x>", "<img src='//['>", "&#0;", "</p>", "http://[", "mailto:", "https://example.org/a b"]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(_MARKUP),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=8),
    max_leaves=30,
)
_OBJECTS = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=12)


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(head=_OBJECTS, items=st.lists(_OBJECTS | _VALUES, max_size=5), cut=st.integers(0, 400))
def test_whatever_stands_where_it_is_a_feed_or_is_said_to_be_none(head: Any, items: Any, cut: int) -> None:
    body = json.dumps({**head, "version": VERSION, "items": items}).encode()
    for part in (body, body[:cut], body[cut:]):
        try:
            parsed = look(part)
        except NotAFeed:
            continue
        assert len(parsed.items) == len(parsed.entries)
        told = asdict(replace(parsed, items=(), left_out=()))
        json.dumps(told, ensure_ascii=False, default=str).encode("utf-8")
