"""Files of an entry: each address once, in the words of the model, and as they go out."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from aggregator.model.article import Article, Completeness, Media, Publisher, Rights
from aggregator.model.parsed import Entry, Link, MediaRole, OriginSource, ParsedFeed, Person, Text
from aggregator.model.source import Republish, Source, SourceKind
from aggregator.normalise import Context, normalise
from aggregator.parse.media import seconds
from aggregator.render.entry import Printed, render_entry

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
ATOM, MEDIA = "{http://www.w3.org/2005/Atom}", "{http://search.yahoo.com/mrss/}"


def article_of(entry: Entry) -> Article:
    parsed = ParsedFeed(document="feed", head=OriginSource(id="urn:x:1", title="Harbour"), format="rss20")
    source = Source(id="harbour", kind=SourceKind.FEED, url="https://harbour.example/feed")
    return normalise(
        entry,
        Context(
            source=source,
            parsed=parsed,
            origin=parsed.head,
            origin_updated_at=None,
            agencies=(),
            modified_at=None,
            now=NOW,
        ),
    )


def media_of(*links: Link) -> tuple[Media, ...]:
    return article_of(Entry(guid="1", title=Text(value="The launch"), links=links)).media


def rendered(republish: Republish, **fields: object) -> etree._Element:
    article = Article(
        headline="The launch",
        url="https://harbour.example/1",
        body_html="<p>Ropes.</p>",
        body_text="Ropes.",
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="harbour", name="Harbour"),
        rights=Rights(republish=republish),
        origin=OriginSource(id="urn:x:1", title="Harbour", author=Person(name="A"), more_authors=(Person(name="B"),)),
        **fields,  # type: ignore[arg-type]
    )
    printed = Printed(
        entry_id="urn:x:2", updated_at=NOW, published=None, published_at=None, first_seen_at=NOW, site_author="Desk"
    )
    fragment = render_entry(article, printed).replace(b"<entry", b'<entry xmlns="http://www.w3.org/2005/Atom"', 1)
    return etree.fromstring(fragment)


def attributes_of(elements: list[etree._Element]) -> list[dict[str, str]]:
    return [{str(name): str(value) for name, value in element.attrib.items()} for element in elements]


def test_one_picture_named_three_times_is_one() -> None:
    found = media_of(
        Link(href="https://harbour.example/a.jpg?utm_source=rss", rel="enclosure", role=MediaRole.THUMBNAIL, width=640),
        Link(href="http://harbour.example/a.jpg", rel="enclosure", type="image/jpeg", width=100, caption="A sail"),
        Link(href="https://harbour.example/a.jpg", rel="enclosure", type="image/png", length=9),
    )
    assert found == (
        Media(
            url="https://harbour.example/a.jpg?utm_source=rss",
            type="image/jpeg",
            length=9,
            width=640,
            caption="A sail",
        ),
    )


def test_captions_and_credits_are_text() -> None:
    (media,) = media_of(
        Link(
            href="https://harbour.example/a.jpg",
            rel="enclosure",
            title="Sails &amp;amp; masts",
            caption="<p>A <b>sail</b></p><script>steal()</script>",
            credit="  ",
        )
    )
    assert (media.title, media.caption, media.credit) == ("Sails & masts", "A sail", None)


@pytest.mark.parametrize("rel", ["related", "via"])
def test_a_link_is_no_file(rel: str) -> None:
    assert media_of(Link(href="https://harbour.example/a", rel=rel)) == ()


def test_no_other_scheme_is_a_file() -> None:
    assert (
        media_of(Link(href="javascript:steal()", rel="enclosure"), Link(href="data:image/png,x", rel="enclosure")) == ()
    )


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("95", 95.0), ("1:35", 95.0), ("01:01:35", 3695.0), ("95.5", 95.5), ("", None), ("0", None), ("soon", None),
     ("1:2:3:4", None), ("1:-2", None), ("²", None), (None, None), ("9" * 400, None)],
)  # fmt: skip
def test_a_duration_is_seconds(printed: str | None, expected: float | None) -> None:
    assert seconds(printed) == expected


def test_files_go_out_as_links_and_pictures_that_stand_for_the_entry_as_such() -> None:
    entry = rendered(
        Republish.FULL,
        media=(
            Media(url="https://h.example/a.mp3", type="audio/mpeg", length=9, caption="The bell", credit="Omar Said"),
            Media(url="https://h.example/a.vtt", type="text/vtt", role=MediaRole.TRANSCRIPT, language="en"),
            Media(url="https://h.example/a.jpg", type="image/*", role=MediaRole.THUMBNAIL, width=120),
        ),
    )
    links = attributes_of([link for link in entry.findall(f"{ATOM}link") if link.get("rel") != "alternate"])
    assert links == [
        {
            "rel": "enclosure",
            "href": "https://h.example/a.mp3",
            "type": "audio/mpeg",
            "title": "The bell (Omar Said)",
            "length": "9",
        },
        {
            "rel": "related",
            "href": "https://h.example/a.vtt",
            "type": "text/vtt",
            "title": "transcript",
            "hreflang": "en",
        },
    ]
    assert attributes_of(entry.findall(f"{MEDIA}thumbnail")) == [{"url": "https://h.example/a.jpg", "width": "120"}]


def test_a_picture_is_more_than_a_headline() -> None:
    picture = Media(url="https://h.example/a.jpg", role=MediaRole.THUMBNAIL)
    assert rendered(Republish.HEADLINE, media=(picture,)).findall(f"{MEDIA}thumbnail") == []


def test_who_is_named_in_another_role_is_a_contributor() -> None:
    people = (Person(name="Mona Salem"), Person(name="Ana Ruiz", role="host"), Person(name="Ben Okri", role="guest"))
    entry = rendered(Republish.FULL, by=people)
    assert entry.xpath("a:author/a:name/text()", namespaces={"a": ATOM.strip("{}")}) == ["Mona Salem", "Ana Ruiz"]
    assert entry.xpath("a:contributor/a:name/text()", namespaces={"a": ATOM.strip("{}")}) == ["Ben Okri"]


def test_a_source_keeps_all_of_its_authors() -> None:
    entry = rendered(Republish.FULL)
    assert entry.xpath("a:source/a:author/a:name/text()", namespaces={"a": ATOM.strip("{}")}) == ["A", "B"]


def test_what_follows_readers_is_taken_out_of_a_text() -> None:
    text = (
        '<p>Read <a href="https://harbour.example/2?id=7&amp;utm_source=rss#top">more</a> of it.'
        '<img src="https://pixel.wp.com/b.gif?host=x"><img src="https://harbour.example/sail.jpg" width="640" height="1"></p>'
        '<img src="https://count.example/1" width="1" height="1">'
    )
    article = article_of(Entry(guid="1", title=Text(value="The launch"), content=Text(value=text)))
    assert article.body_html == (
        '<p>Read <a href="https://harbour.example/2?id=7#top" rel="noopener noreferrer nofollow">more</a> of it.'
        '<img src="https://harbour.example/sail.jpg" width="640" height="1"></p>'
    )
