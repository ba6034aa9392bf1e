"""What an entry and a document look like on the wire, byte for byte, and that nothing in a text can make them invalid."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model.article import (
    Agency,
    Article,
    Dateline,
    Language,
    LanguageBasis,
    Media,
    PartialDate,
    Place,
    Precision,
    Publisher,
    Rights,
    ZoneBasis,
)
from aggregator.model.ledger import FeedHead, TopicFeed
from aggregator.model.parsed import Category, OriginSource, Person
from aggregator.model.source import Republish
from aggregator.render import AGG, ATOM, Printed, render_document, render_entry, shown
from tests.atom_rules import advice, problems
from tests.make import article

GOLDEN = Path(__file__).parent / "render"
FIRST_SEEN = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
UPDATED = datetime(2026, 11, 25, 10, 0, 30, 999_999, tzinfo=UTC)
ID = "urn:uuid:7d0c9a52-1f3c-5a4b-8d11-4b1c2f7e50d3"
PRINTED_DAY = PartialDate(
    value=datetime(2026, 11, 25, 12, tzinfo=UTC),
    precision=Precision.DAY,
    original="November 25",
    basis=ZoneBasis.DATELINE_PLACE,
    inferred=("year",),
    confidence=0.4,
    candidates=(2026, 2025, 2024),
)
LANGUAGES = {tag: Language(tag=tag, basis=LanguageBasis.DECLARED) for tag in ("en", "ar", "ru")}
WIRE_RIGHTS = Rights(republish=Republish.FULL)
HEAD = FeedHead(
    feed_id="urn:uuid:11111111-2222-5333-8444-555555555555",
    title="Harbours & <islands>",
    subtitle="What ports say of each other",
    author="The desk",
    language="en",
    updated_at=UPDATED,
    self_url="https://desk.example/feeds/harbours.atom",
    alternate_url="https://desk.example/topics/harbours",
)


def printed(**changes: Any) -> Printed:
    values: dict[str, Any] = {
        "entry_id": ID,
        "updated_at": UPDATED,
        "published": None,
        "published_at": None,
        "first_seen_at": FIRST_SEEN,
        "site_author": "The desk",
    }
    return Printed(**(values | changes))


def document(*fragments: bytes) -> bytes:
    return render_document(TopicFeed(head=HEAD, fragments=fragments))


def tree(fragment: bytes) -> etree._Element:
    """The entry as a reader sees it, in its document."""
    entry = etree.fromstring(document(fragment)).find(f"{{{ATOM}}}entry")
    assert entry is not None
    return entry


def values(element: etree._Element, *path: str) -> list[str]:
    return [found.text or "" for found in element.findall("/".join(f"{{{ATOM}}}{name}" for name in path))]


def links(element: etree._Element) -> list[Mapping[str, str]]:
    return [attributes(link) for link in element.findall(f"{{{ATOM}}}link")]


def attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def wire(**changes: Any) -> Article:
    text = "The two ports opened a line for ferries. It runs on weekdays."
    local: dict[str, Any] = {
        "url": None,
        "headline": "Two ports open a ferry line",
        "body_text": text,
        "dateline": Dateline(raw="PORTVILLE, November 25. /HARBOR/.", places=(Place(name="Portville"),)),
        "agency": Agency(id="harbor", name="Harbor News", raw="HARBOR"),
        "publisher": Publisher(source_id="wires", name="Wire desk"),
        "content_created": PRINTED_DAY,
        "language": LANGUAGES["en"],
        "rights": WIRE_RIGHTS,
        "origin": OriginSource(id="urn:uuid:99999999-2222-5333-8444-555555555555", title="Wire desk"),
        "is_local": True,
    }
    return article(**(local | changes))


CASES: dict[str, tuple[Article, Printed]] = {
    "feed_article_with_enclosure": (
        article(
            url="https://coast.example/news/1?a=1&b=2",
            headline="A ferry & its bell are late",
            standfirst="Bells ring < twice.",
            body_html='<p>It waits <a href="https://coast.example/2">outside</a>.</p>',
            by=(Person(name="Mona Salem", uri="https://coast.example/mona"), Person(name="K. Brandt")),
            publisher=Publisher(source_id="coast", name="The coast", url="https://coast.example/"),
            language=LANGUAGES["en"],
            categories=(
                Category(term="ferries", scheme="https://coast.example/subjects", label="Ferries"),
                Category(term="weather"),
            ),
            media=(
                Media(url="https://coast.example/bell.mp3", type="audio/mpeg", length=4096, title="The bell"),
                Media(url="https://coast.example/map.png"),
            ),
            rights=Rights(republish=Republish.FULL, notice="© The coast"),
            origin=OriginSource(
                id="tag:coast.example,2020:feed",
                title="The coast: news",
                link_self="https://coast.example/feed",
                link_alternate="https://coast.example/",
                rights="© The coast",
                author=Person(name="Coast desk", uri="https://coast.example/desk"),
            ),
            origin_updated_at=datetime(2026, 11, 25, 9, tzinfo=UTC),
        ),
        printed(published_at=datetime(2026, 11, 25, 8, 15, 0, 500, tzinfo=UTC)),
    ),
    "wire_text_with_inferred_date": (wire(), printed()),
    "wire_text_of_a_certain_day": (
        wire(content_created=None),
        printed(published=replace(PRINTED_DAY, confidence=0.9), published_at=datetime(2026, 11, 25, 9, 30, tzinfo=UTC)),
    ),
    "arabic": (
        article(
            url="https://مثال.example/خبر",
            headline="تأخر العبّارة «النورس»",
            body_html="<p>تنتظر العبّارة خارج الميناء.</p>",
            language=LANGUAGES["ar"],
            rights=Rights(republish=Republish.FULL),
        ),
        printed(),
    ),
    "excerpt": (article(summary_text="It waits outside. Nobody knows why.", body_text="A long text."), printed()),
    "headline_only": (article(rights=Rights(republish=Republish.HEADLINE), body_text="Not to be shown."), printed()),
    "local_headline_only": (wire(rights=Rights(republish=Republish.HEADLINE)), printed()),
    "own_nested_source": (
        article(
            origin=OriginSource(id="https://island.example/feed", title="The island", updated="yesterday"),
            origin_updated_at=datetime(2026, 11, 24, 7, tzinfo=UTC),
            publisher=Publisher(source_id="planet", name=""),
        ),
        printed(),
    ),
}


def same_bytes(name: str, actual: bytes, folder: Path) -> None:
    """Compare with the golden file; on a difference the new bytes lie in `folder`, to be looked at and copied."""
    golden, new = GOLDEN / name, folder / name
    new.write_bytes(actual)
    expected = golden.read_bytes() if golden.exists() else b""
    assert actual == expected, f"{golden} differs; the new bytes are in {new}"


@pytest.mark.parametrize("name", CASES)
def test_an_entry_is_rendered_to_these_bytes(name: str, tmp_path: Path) -> None:
    same_bytes(f"{name}.xml", render_entry(*CASES[name]), tmp_path)


def test_a_document_is_rendered_to_these_bytes(tmp_path: Path) -> None:
    ids = (f"urn:uuid:7d0c9a52-1f3c-5a4b-8d11-{number:012d}" for number in range(len(CASES)))
    fragments = [
        render_entry(text, printed(entry_id=new_id)) for (text, _), new_id in zip(CASES.values(), ids, strict=True)
    ]
    whole = document(*fragments)
    assert problems(whole) == ()
    assert advice(whole) == ("feed/entry[6]: neither summary nor content (4.1.1.1)",), "only the bare headline"
    same_bytes("document.atom", whole, tmp_path)


def test_an_empty_document_is_rendered_to_these_bytes(tmp_path: Path) -> None:
    assert problems(document()) == ()
    same_bytes("empty.atom", document(), tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_every_entry_makes_a_valid_document(name: str) -> None:
    assert problems(document(render_entry(*CASES[name]))) == ()


@pytest.mark.parametrize("name", CASES)
def test_equal_input_gives_equal_bytes(name: str) -> None:
    assert render_entry(*CASES[name]) == render_entry(*CASES[name])
    assert document(render_entry(*CASES[name])) == document(render_entry(*CASES[name]))


def test_fragments_stand_in_the_document_as_they_were_stored() -> None:
    fragments = [render_entry(*case) for case in CASES.values()]
    whole = document(*fragments)
    assert [whole.count(fragment) for fragment in fragments] == [1] * len(fragments)


def test_the_feed_says_when_it_changed_and_no_clock_does() -> None:
    feed = etree.fromstring(document())
    assert values(feed, "updated") == ["2026-11-25T10:00:30Z"]
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert values(feed, "title") == ["Harbours & <islands>"]


def test_a_time_that_is_part_of_a_text_stays() -> None:
    head = FeedHead(
        feed_id=HEAD.feed_id, title="At 2026-11-25T10:00:30+00:00", subtitle=None, author="The desk", language="en",
        updated_at=UPDATED, self_url=HEAD.self_url, alternate_url=HEAD.alternate_url,
    )  # fmt: skip
    feed = etree.fromstring(render_document(TopicFeed(head=head, fragments=())))
    assert values(feed, "title") == ["At 2026-11-25T10:00:30+00:00"]


def test_every_attribute_of_a_link_survives() -> None:
    assert links(tree(render_entry(*CASES["feed_article_with_enclosure"]))) == [
        {"rel": "alternate", "type": "text/html", "href": "https://coast.example/news/1?a=1&b=2"},
        {
            "rel": "enclosure", "type": "audio/mpeg", "length": "4096", "title": "The bell",
            "href": "https://coast.example/bell.mp3",
        },
        {"rel": "enclosure", "href": "https://coast.example/map.png"},
    ]  # fmt: skip


def test_the_source_is_complete() -> None:
    source = tree(render_entry(*CASES["feed_article_with_enclosure"])).find(f"{{{ATOM}}}source")
    assert source is not None
    assert values(source, "id") == ["tag:coast.example,2020:feed"]
    assert values(source, "title") == ["The coast: news"]
    assert values(source, "updated") == ["2026-11-25T09:00:00Z"]
    assert values(source, "rights") == ["© The coast"]
    assert values(source, "author", "name") == ["Coast desk"]
    assert links(source) == [
        {"rel": "self", "href": "https://coast.example/feed"},
        {"rel": "alternate", "href": "https://coast.example/"},
    ]


def test_a_source_without_a_date_is_as_old_as_our_first_sight_and_a_private_one_has_no_links() -> None:
    source = tree(render_entry(*CASES["wire_text_with_inferred_date"])).find(f"{{{ATOM}}}source")
    assert source is not None
    assert values(source, "updated") == ["2026-11-25T09:30:00Z"]
    assert links(source) == []


def test_the_language_of_an_entry_and_its_direction_are_said() -> None:
    entry = tree(render_entry(*CASES["arabic"]))
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"
    assert [element.text for element in entry.findall(f"{{{AGG}}}direction")] == ["rtl"]
    assert tree(render_entry(*CASES["excerpt"])).get("{http://www.w3.org/XML/1998/namespace}lang") is None


def test_an_inferred_date_is_told_from_a_printed_one_and_is_not_published() -> None:
    entry = tree(render_entry(*CASES["wire_text_with_inferred_date"]))
    created = entry.find(f"{{{AGG}}}contentCreated")
    assert created is not None
    assert created.text == "2026-11-25"
    assert attributes(created) == {"precision": "day", "confidence": "0.4", "inferred": "year"}
    assert values(entry, "published") == []


def test_a_date_known_to_the_day_says_so() -> None:
    entry = tree(render_entry(*CASES["wire_text_of_a_certain_day"]))
    day = entry.find(f"{{{AGG}}}published")
    assert day is not None
    assert (day.text, day.get("precision")) == ("2026-11-25", "day")
    assert values(entry, "published") == ["2026-11-25T09:30:00Z"]


AUTHORS = (
    ((Person(name="A"), Person(name="B")), "Publisher", ["A", "B"], "the byline"),
    ((), "Publisher", ["Publisher"], "else the publisher"),
    ((Person(name="\u202e\x0b"),), "Publisher", ["Publisher"], "a name of invisible characters is none"),
    ((), "", ["The desk"], "else the author of the site"),
    ((), "\x00", ["The desk"], "else the author of the site"),
)


@pytest.mark.parametrize(("by", "publisher", "expected", "why"), AUTHORS)
def test_every_entry_has_an_author(by: tuple[Person, ...], publisher: str, expected: list[str], why: str) -> None:
    text = article(by=by, publisher=Publisher(source_id="s", name=publisher))
    assert values(tree(render_entry(text, printed())), "author", "name") == expected, why


def test_what_feeds_say_wrongly_in_attributes_is_left_out() -> None:
    text = article(
        by=(Person(name="A", uri="not an address"),),
        categories=(Category(term="a", scheme="News/World"), Category(term="\x0b"), Category(term="b", label="\u202e")),
        media=(
            Media(url="https://example.org/a.mp3", type="audio", title=" "),
            Media(url="https://example.org/b", type="a/b"),
        ),
        origin=OriginSource(id="the feed", title="A source"),
    )
    entry = tree(render_entry(text, printed()))
    assert [attributes(category) for category in entry.findall(f"{{{ATOM}}}category")] == [
        {"term": "a"},
        {"term": "b"},
    ]
    assert links(entry)[1:] == [
        {"rel": "enclosure", "href": "https://example.org/a.mp3"},
        {"rel": "enclosure", "type": "a/b", "href": "https://example.org/b"},
    ]
    assert values(entry, "author", "uri") == []
    assert values(entry, "source", "id") == []
    assert problems(document(render_entry(text, printed()))) == ()


def test_an_entry_without_a_headline_is_titled_with_its_address() -> None:
    assert values(tree(render_entry(article(headline="\u202e"), printed())), "title") == ["https://example.org/page"]
    assert values(tree(render_entry(article(headline="", url=None), printed())), "title") == [ID]


def filled_with(text: str) -> Article:
    """An article that has this text in every field a stranger writes."""
    person = Person(name=text, uri=f"https://example.org/{text}")
    return article(
        headline=text,
        standfirst=text,
        summary_text=text,
        body_text=text,
        body_html=text,
        by=(person,),
        dateline=Dateline(raw=text, places=(Place(name=text),)),
        agency=Agency(id=text, name=text, raw=text),
        publisher=Publisher(source_id="source", name=text),
        categories=(Category(term=text, scheme=text, label=text),),
        media=(Media(url="https://example.org/a", type=text, title=text),),
        rights=Rights(republish=Republish.FULL, notice=text),
        origin=OriginSource(id=text, title=text, rights=text, author=person),
        is_local=True,
    )


HOSTILE = (
    "\x00\x0b\x1f\x7f\x85\x9f", "\u202aA\u202eB\u2066C\u2069", "\ud800", "\ufffe\uffff", "]]>", "<!--", "&amp;&#11;&#x202e;",
    "</entry></feed>", "<?xml?>", "\r\n\t", "", " ", "e\u0301", "😀", "'\"",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_character_in_any_field_makes_a_document_invalid(text: str) -> None:
    assert problems(document(render_entry(filled_with(text), printed()))) == ()
    assert problems(document(render_entry(filled_with(f"a{text}z"), printed()))) == ()


@given(
    text=st.text(max_size=80),
    republish=st.sampled_from(Republish),
    url=st.sampled_from((None, "https://example.org/a")),
)
@settings(max_examples=60, deadline=None)
def test_no_text_at_all_makes_a_document_invalid(text: str, republish: Republish, url: str | None) -> None:
    filled = filled_with(text)
    changed = article(
        url=url,
        **{
            name: getattr(filled, name)
            for name in ("headline", "standfirst", "summary_text", "body_text", "body_html", "by")
        },
        dateline=filled.dateline,
        publisher=filled.publisher,
        categories=filled.categories,
        origin=filled.origin,
        rights=Rights(republish=republish, notice=text),
    )
    head = FeedHead(
        feed_id=HEAD.feed_id, title=f"A {text}", subtitle=text, author="The desk", language="en", updated_at=UPDATED,
        self_url=HEAD.self_url, alternate_url=HEAD.alternate_url,
    )  # fmt: skip
    whole = render_document(TopicFeed(head=head, fragments=(render_entry(changed, printed()),)))
    assert problems(whole) == ()


# What a right lets be seen (rules R21)

SENTENCES = {
    "english": ("He asked: “Who waits outside?” ", "Who waits outside?”"),
    "arabic": ("هل تنتظر العبّارة خارج الميناء اليوم؟ ", "اليوم؟"),
    "russian": ("Паром ждёт у входа в порт… ", "в порт…"),
    "urdu": ("کشتی بندرگاہ کے باہر انتظار کرتی ہے۔ ", "ہے۔"),
    "chinese": ("渡轮在港口外等候。", "等候。"),
}


def exactly(count: int) -> str:
    """One sentence of that many characters."""
    return ("word " * count)[: count - 1].rstrip().ljust(count - 1, "s") + "."


# (right, local, the source's summary, the body) -> (summary, content)
FULL_BODY = "<p>The body. It is long.</p>"
SHOWN = (
    ("full", False, None, None, FULL_BODY),
    ("full", False, "A summary.", None, FULL_BODY),
    ("full", True, None, None, FULL_BODY),
    ("full", True, "A summary.", None, FULL_BODY),
    ("excerpt", False, None, "The body. It is long.", None),
    ("excerpt", False, "A summary.", "A summary.", None),
    ("excerpt", True, None, None, FULL_BODY),
    ("excerpt", True, "A summary.", None, "<p>A summary.</p>"),
    ("headline", False, None, None, None),
    ("headline", False, "A summary.", None, None),
    ("headline", True, None, None, None),
    ("headline", True, "A summary.", None, None),
    ("none", False, None, None, None),
    ("none", False, "A summary.", None, None),
    ("none", True, None, None, None),
    ("none", True, "A summary.", None, None),
)


@pytest.mark.parametrize(("right", "is_local", "summary", "expected_summary", "expected_content"), SHOWN)
def test_the_right_decides_what_is_shown(
    right: str, is_local: bool, summary: str | None, expected_summary: str | None, expected_content: str | None
) -> None:
    text = article(
        body_text="The body. It is long.",
        summary_text=summary,
        is_local=is_local,
        rights=Rights(republish=Republish(right)),
    )
    found = shown(text)
    assert (found.summary, found.content) == (expected_summary, expected_content)


def excerpt_of(**changes: Any) -> str:
    return shown(article(**changes)).summary or ""


def test_a_summary_of_600_characters_is_shown_whole() -> None:
    assert excerpt_of(summary_text=exactly(600), body_text="The body.") == exactly(600)


def test_a_longer_summary_is_cut_to_whole_sentences_of_300_characters() -> None:
    long = f"{exactly(250)} {exactly(100)} {exactly(300)}"
    assert excerpt_of(summary_text=long, body_text="The body.") == exactly(250)


def test_a_body_of_300_characters_is_shown_whole_and_a_longer_one_is_not() -> None:
    assert excerpt_of(body_text=exactly(300)) == exactly(300)
    assert excerpt_of(body_text=f"{exactly(300)} More.") == exactly(300)
    assert excerpt_of(body_text=f"{exactly(100)} {exactly(200)}") == exactly(100)


def test_one_long_sentence_is_cut_at_a_word_and_shows_it() -> None:
    excerpt = excerpt_of(body_text=exactly(700))
    assert excerpt == "word " * 58 + "word…"
    assert len(excerpt) <= 300


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    assert excerpt_of(body_text="x" * 700) == "x" * 299 + "…"


@pytest.mark.parametrize("language", SENTENCES)
def test_an_excerpt_ends_with_a_whole_sentence_in_every_script(language: str) -> None:
    sentence, end = SENTENCES[language]
    excerpt = excerpt_of(body_text=sentence * 40)
    assert excerpt.endswith(end)
    assert 300 - len(sentence) < len(excerpt) <= 300


def test_an_excerpt_is_one_paragraph_of_plain_text() -> None:
    assert excerpt_of(summary_text="One  line.\n\nAnd < another.") == "One line. And < another."
    local = article(summary_text="One line.\n\nAnd < another.", is_local=True)
    assert shown(local).content == "<p>One line. And &lt; another.</p>"


def test_a_feed_entry_without_a_page_shows_its_excerpt_as_content() -> None:
    found = shown(article(url=None, standfirst="A standfirst. " * 60, body_text="The body."))
    assert found.summary is None
    assert found.content is not None
    assert len(found.content) <= 300 + len("<p></p>")


def test_a_wire_text_begins_with_its_dateline() -> None:
    assert shown(wire()).content == (
        "<p>PORTVILLE, November 25. /HARBOR/. The two ports opened a line for ferries. It runs on weekdays.</p>"
    )
