"""The same feed in Atom, RSS 2.0 and JSON Feed: valid, complete, equal bytes for equal input, one truth (rules R23)."""

import json
from dataclasses import replace
from datetime import timedelta
from html import escape, unescape
from typing import Any

import pytest
from lxml import etree

from aggregator.model.article import Agency, Dateline, Language, LanguageBasis, Media, Place, Publisher, Rights
from aggregator.model.ledger import FeedHead, Tombstone, TopicFeed
from aggregator.model.parsed import Category, MediaRole, OriginSource, Person, Relay
from aggregator.model.source import Republish
from aggregator.render import AlsoIn, Printed, render_document, render_entry, render_json, render_rss
from aggregator.render.fragment import read_entry, without_extensions
from tests import atom_rules, json_feed_rules, rss_rules
from tests.make import NOW, URI, article, date
from tests.validator_rules import foreign_namespaces

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
AGG = "{urn:uuid:0f8a4a55-6f0c-4d5e-9f64-0a3c5b7d2e91}"
MEDIA = "{http://search.yahoo.com/mrss/}"
FEED_ID = "urn:uuid:00000000-0000-5000-8000-00000000000f"
FULL = Rights(republish=Republish.FULL, notice="© The desk")
RICH = article(
    url="https://пример.рф/новости?q=ü",
    headline="Talks & <draft> in Tripoli",
    standfirst="A short look at 3 < 4 drafts.",
    body_html="<p>First.</p><p>Second.</p>",
    rights=FULL,
    by=(Person(name="A. Writer", uri="https://example.org/a"), Person(name="B. Helper", role="contributor")),
    language=Language(tag="ar", basis=LanguageBasis.DECLARED),
    categories=(Category(term="ly", scheme="https://example.org/places", label="Libya"), Category(term="talks")),
    media=(
        Media(url="https://example.org/a.jpg", type="image/jpeg", length=12, title="A picture"),
        Media(url="https://example.org/b.mp3", type="audio/mpeg"),
        Media(url="https://example.org/t.jpg", role=MediaRole.THUMBNAIL, width=80, height=60),
        Media(url="https://example.org/words.vtt", type="text/vtt", role=MediaRole.TRANSCRIPT),
    ),
    dateline=Dateline(raw="TRIPOLI, March 1. /DESK/.", places=(Place(name="Tripoli"),)),
    agency=Agency(id="desk", name="Desk"),
    publisher=Publisher(source_id="source", name="A publisher"),
    origin=OriginSource(
        id="urn:example:source",
        title="A source",
        link_self="https://example.org/feed",
        link_alternate="https://example.org/",
        rights="Some rights",
        author=Person(name="The editors"),
    ),
)
HEAD = FeedHead(
    feed_id=FEED_ID,
    title="A topic",
    subtitle="What it is about",
    author="The desk",
    language="en",
    updated_at=NOW,
    self_url="http://127.0.0.1:8080/feeds/topic.atom",
    alternate_url="http://127.0.0.1:8080/",
)
EXAMPLE_ENTRY = article(
    url="https://example.org/talks",
    headline="Envoys meet in Tripoli",
    standfirst="A short look at the talks.",
    body_html="<p>Envoys of seven states met on Saturday.</p>",
    rights=FULL,
    language=Language(tag="en", basis=LanguageBasis.DECLARED),
    categories=(Category(term="ly", scheme="https://example.org/places", label="Libya"),),
    by=(Person(name="A. Writer"), Person(name="B. Helper", role="contributor")),
    media=(
        Media(url="https://example.org/a.jpg", type="image/jpeg", length=48213),
        Media(url="https://example.org/t.jpg", role=MediaRole.THUMBNAIL, width=80, height=60),
        Media(url="https://example.org/a.vtt", type="text/vtt", role=MediaRole.TRANSCRIPT),
    ),
    dateline=Dateline(raw="TRIPOLI, March 1. /DESK/.", places=(Place(name="Tripoli"),)),
    agency=Agency(id="desk", name="Desk"),
    origin=OriginSource(
        id="https://example.org/feed",
        title="Example News",
        link_self="https://example.org/feed",
        link_alternate="https://example.org/",
        rights="© Example News",
    ),
    relays=(Relay(feed="urn:example:planet", entry="urn:example:planet:1", title="A planet"),),
)
RULES = (
    (render_document, atom_rules.problems, atom_rules.advice),
    (render_rss, rss_rules.problems, rss_rules.advice),
    (render_json, json_feed_rules.problems, json_feed_rules.advice),
)


def entry(text: Any = RICH, **changes: Any) -> bytes:
    printed = Printed(
        entry_id=URI,
        updated_at=NOW,
        published=date(NOW),
        published_at=NOW,
        first_seen_at=NOW,
        site_author="The desk",
    )
    return render_entry(text, replace(printed, **changes))


def feed(*fragments: bytes, **changes: Any) -> TopicFeed:
    return TopicFeed(head=replace(HEAD, **changes), fragments=fragments)


def item_of(*fragments: bytes) -> etree._Element:
    found = etree.fromstring(render_rss(feed(*fragments))).find("channel/item")
    assert found is not None
    return found


ALSO = (AlsoIn(uri="urn:example:copy", name="An outlet", url="https://example.net/x", relation="copy", shared=0.9),)
PLAIN = Rights(republish=Republish.EXCERPT)
EXAMPLE = feed(entry(EXAMPLE_ENTRY, group="urn:example:group", also=ALSO))
"""The document that docs/feeds.md shows."""
KINDS = {
    "rich": RICH,
    "excerpt": article(rights=PLAIN, summary_text="A summary with <b> & an ampersand."),
    "headline": article(rights=Rights(republish=Republish.HEADLINE)),
    "no page": article(url=None, rights=FULL, body_text="Only a text."),
    "no page, headline only": article(url=None, rights=Rights(republish=Republish.HEADLINE)),
    "no links in the source": article(origin=OriginSource(id="urn:example:source", title="A private source")),
    "odd media": article(
        media=(Media(url="https://example.org/x", type="image/*"), Media(url="https://example.org/y"))
    ),
    "hostile": article(headline='"><script>alert(1)</script>', summary_text="]]></description><x>"),
    "text that reads like markup": article(
        headline="Use </b> &copy &#169; S&P500 in Q&A",
        summary_text="First </p> line.\n\nSee https://example.org/?a=1&lt2=3 and R&D.",
        rights=Rights(republish=Republish.EXCERPT, notice="&copy; The </i> desk"),
        by=(Person(name="A. <b>Writer</b> &copy; Sons"),),
        categories=(Category(term="</b>&amp;", label="Talks </b> & S&P500"), Category(term="</i>")),
        media=(
            Media(url="https://example.org/a.jpg", type="image/jpeg", caption="</b> A&W1 &amp; more", credit="&nbsp;"),
        ),
        origin=OriginSource(
            id="urn:example:source", title="R&D2 </b>", rights="&copy; it", link_self="https://example.org/"
        ),
    ),
    "letters that were lost": article(
        headline="Caf\ufffd \ufdd0open",
        body_html="<p>Caf\ufffd</p>",
        rights=FULL,
        publisher=Publisher(source_id="s", name="\ufffd"),
    ),
    "addresses in other scripts": article(
        url="https://пример.рф/очень-длинный-заголовок-который-никто-не-станет-читать-до-самого-конца-честное-слово",
        media=(Media(url="https://example.org/\u0623\u062e\u0628\u0627\u0631a.mp3", type="audio/mpeg"),),
    ),
    "a player": article(
        body_html='<p>See</p><video src="https://example.org/a.mp4?x=1&amp;y=2" controls="" preload="none"></video>',
        rights=FULL,
    ),
    "an enclosure without a domain": article(media=(Media(url="http://localhost/a.mp3", type="audio/mpeg"),)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["live", "archive", "first archive", "empty"])
def test_every_format_is_valid_without_a_warning(kind: str, place: str) -> None:
    document = feed(*([] if place == "empty" else [entry(KINDS[kind], group="urn:example:group", also=ALSO)]))
    older = "http://127.0.0.1:8080/feeds/topic/archive/000001.atom"
    newer = older.replace("1.atom", "2.atom")
    if place == "first archive":
        head = replace(HEAD, self_url=older, current_url=HEAD.self_url, next_archive_url=newer)
        document = replace(document, head=head)
    if place == "archive":
        head = replace(HEAD, self_url=newer, current_url=HEAD.self_url, prev_archive_url=older)
        document = replace(document, head=head, tombstones=(Tombstone(entry_id="urn:example:gone", withdrawn_at=NOW),))
    for render, problems, advice in RULES:
        written = render(document)
        assert problems(written) == ()
        said = [one for one in advice(written) if not one.endswith("neither summary nor content (4.1.1.1)")]
        assert said == []
        assert written == render(document)


def test_text_that_reads_like_markup_reads_the_same_in_every_format() -> None:
    text = KINDS["text that reads like markup"]
    document = feed(entry(text))
    atom = etree.fromstring(render_document(document)).find(f"{ATOM}entry")
    assert atom is not None
    titles = (atom.findtext(f"{ATOM}title"), item_of(entry(text)).findtext("title"))
    assert [unescape(title or "") for title in titles] == [text.headline, text.headline]
    item = json.loads(render_json(document))["items"][0]
    assert item["title"] == text.headline
    assert item["summary"] == "First </p> line. See https://example.org/?a=1&lt2=3 and R&D."
    assert item["_agg"]["rights"] == "&copy; The </i> desk"
    assert item["authors"] == [{"name": "A. <b>Writer &copy; Sons"}], "a name cannot say that it holds no markup"


def test_plain_titles_stay_plain() -> None:
    for headline in ("AT&T and R&D", "Marks & Spencer: 3 < 4", "Talks <draft> in Tripoli", "Q&A"):
        written = entry(article(headline=headline))
        assert b"<title>" in written, headline
        assert f"<title>{escape(headline, quote=False)}</title>".encode() in written


def test_a_player_is_a_link_in_feeds() -> None:
    content = read_entry(entry(KINDS["a player"])).content
    address = "https://example.org/a.mp4?x=1&amp;y=2"
    assert content == f'<p>See</p><a href="{address}" rel="noopener noreferrer nofollow">{address}</a>'


def test_a_date_ahead_of_its_publication_is_no_pub_date() -> None:
    ahead = NOW + timedelta(hours=5)
    item = item_of(entry(published=date(ahead), published_at=ahead))
    assert item.findtext("pubDate") == "Sun, 01 Mar 2026 12:00:00 GMT"


def test_an_item_has_the_first_enclosure_with_a_domain() -> None:
    media = [Media(url=f"{base}/a.mp3", type="audio/mpeg") for base in ("http://localhost", "https://example.org")]
    item = item_of(entry(article(media=tuple(media))))
    assert [one.get("url") for one in item.findall("enclosure")] == ["https://example.org/a.mp3"]
    assert len(item.findall(f"{MEDIA}content")) == 2


def test_vocabularies_that_validators_do_not_know_are_declared_where_they_stand() -> None:
    plain = feed(entry(article(origin=OriginSource(title="A private source"))))
    assert foreign_namespaces(render_document(plain)) == ()
    assert foreign_namespaces(render_document(feed(entry()))) == (AGG[1:-1],)
    withdrawn = replace(plain, tombstones=(Tombstone(entry_id="urn:example:gone", withdrawn_at=NOW),))
    for render in (render_document, render_rss):
        assert "http://purl.org/atompub/tombstones/1.0" in foreign_namespaces(render(withdrawn))
        assert foreign_namespaces(render(feed())) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_without_extensions_there_is_nothing_that_a_validator_does_not_know(kind: str) -> None:
    whole = feed(entry(KINDS[kind], group="urn:example:group", also=ALSO), b"<entry><torn></entry>")
    withdrawn = replace(whole, tombstones=(Tombstone(entry_id="urn:example:gone", withdrawn_at=NOW),))
    plain = replace(withdrawn, head=replace(HEAD, extensions=False))
    for render, problems, advice in RULES[:2]:
        written = render(plain)
        assert problems(written) == ()
        assert [one for one in advice(written) if "neither summary nor content" not in one] == []
        assert foreign_namespaces(written) == ()
    assert json.loads(render_json(plain))["_agg"]["deleted"], "JSON Feed provides for them"


def test_without_extensions_an_entry_loses_nothing_else() -> None:
    written = entry(group="urn:example:group", also=ALSO)
    bare = without_extensions(written)
    assert replace(read_entry(written), extensions=()) == read_entry(bare)
    assert without_extensions(bare) is bare
    assert without_extensions(b"<entry><torn></entry>") == b"<entry><torn></entry>"


def test_an_rss_item_says_all_that_the_entry_says() -> None:
    item = item_of(entry(group="urn:example:group", also=ALSO))
    assert item.get("{http://www.w3.org/XML/1998/namespace}lang") == item.findtext(f"{DC}language") == "ar"
    assert item.findtext("title") == "Talks & <draft> in Tripoli"
    assert item.findtext("link") == "https://xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=%C3%BC"
    guid = item.find("guid")
    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == (URI, "false")
    assert item.findtext("pubDate") == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert item.findtext(f"{ATOM}updated") == "2026-03-01T12:00:00Z"
    assert [(one.text, one.get("domain")) for one in item.findall("category")] == [
        ("Libya", "https://example.org/places"),
        ("talks", None),
    ]
    assert item.findtext("description") == "A short look at 3 &lt; 4 drafts."
    encoded = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or ""
    assert encoded.startswith("<p>First.</p><p>Second.</p>")
    assert "Also in: <a" in encoded
    assert [one.text for one in item.findall(f"{DC}creator")] == ["A. Writer"]
    assert [one.text for one in item.findall(f"{DC}contributor")] == ["B. Helper"]
    assert item.findtext(f"{DC}rights") == "© The desk"
    assert [dict(one.attrib) for one in item.findall("enclosure")] == [
        {"url": "https://example.org/a.jpg", "length": "12", "type": "image/jpeg"}
    ]
    assert [one.get("url") for one in item.findall(f"{MEDIA}content")] == [
        "https://example.org/a.jpg",
        "https://example.org/b.mp3",
    ]
    assert [one.get("url") for one in item.findall(f"{MEDIA}thumbnail")] == ["https://example.org/t.jpg"]
    assert [one.get("href") for one in item.findall(f"{ATOM}link")] == ["https://example.org/words.vtt"]
    source = item.find("source")
    assert source is not None
    assert (source.text, source.get("url")) == ("A source", "https://example.org/feed")


def test_the_whole_source_and_our_elements_stand_in_the_rss_item() -> None:
    item = item_of(entry(group="urn:example:group", also=ALSO))
    origin = item.find(f"{AGG}origin/{ATOM}source")
    assert origin is not None
    assert [(str(one.tag).removeprefix(ATOM), one.text or one.get("href") or one[0].text) for one in origin] == [
        ("id", "urn:example:source"),
        ("title", "A source"),
        ("updated", "2026-03-01T12:00:00Z"),
        ("rights", "Some rights"),
        ("link", "https://example.org/feed"),
        ("link", "https://example.org/"),
        ("author", "The editors"),
    ]
    names = [str(one.tag).removeprefix(AGG) for one in item if str(one.tag).startswith(AGG)]
    assert names == ["origin", "dateline", "located", "agency", "direction", "copyGroup", "copy"]


def test_a_json_item_says_all_that_the_entry_says() -> None:
    (item,) = json.loads(render_json(feed(entry(group="urn:example:group", also=ALSO))))["items"]
    extension = item.pop("_agg")
    content = item.pop("content_html")
    assert content.startswith("<p>First.</p><p>Second.</p>")
    assert item == {
        "id": URI,
        "url": "https://xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=%C3%BC",
        "title": "Talks & <draft> in Tripoli",
        "summary": "A short look at 3 < 4 drafts.",
        "image": "https://example.org/t.jpg",
        "date_published": "2026-03-01T12:00:00Z",
        "date_modified": "2026-03-01T12:00:00Z",
        "authors": [{"name": "A. Writer", "url": "https://example.org/a"}],
        "tags": ["Libya", "talks"],
        "language": "ar",
        "attachments": [
            {
                "url": "https://example.org/a.jpg",
                "mime_type": "image/jpeg",
                "title": "A picture",
                "size_in_bytes": 12,
            },
            {"url": "https://example.org/b.mp3", "mime_type": "audio/mpeg"},
        ],
    }
    assert extension["source"] == {
        "id": "urn:example:source",
        "title": "A source",
        "updated": "2026-03-01T12:00:00Z",
        "feed_url": "https://example.org/feed",
        "home_page_url": "https://example.org/",
        "rights": "Some rights",
        "authors": [{"name": "The editors"}],
    }
    assert extension["copy"] == [
        {
            "text": "An outlet",
            "ref": "urn:example:copy",
            "href": "https://example.net/x",
            "relation": "copy",
            "shared": "0.90",
        }
    ]
    assert (extension["direction"], extension["rights"], extension["located"]) == ("rtl", "© The desk", ["Tripoli"])
    assert extension["links"][0]["href"] == "https://example.org/words.vtt"


def test_an_archive_page_leads_to_the_one_before_in_its_own_format() -> None:
    pages = "http://127.0.0.1:8080/feeds/topic/archive/"
    page = feed(
        entry(), self_url=f"{pages}000002.atom", current_url=HEAD.self_url, prev_archive_url=f"{pages}000001.atom"
    )
    channel = etree.fromstring(render_rss(page))[0]
    assert {str(one.get("rel")): one.get("href") for one in channel.findall(f"{ATOM}link")} == {
        "self": f"{pages}000002.rss",
        "current": "http://127.0.0.1:8080/feeds/topic.rss",
        "prev-archive": f"{pages}000001.rss",
    }
    assert channel.find("{http://purl.org/syndication/history/1.0}archive") is not None
    document = json.loads(render_json(page))
    assert (document["feed_url"], document["next_url"]) == (f"{pages}000002.json", f"{pages}000001.json")
    assert document["_agg"]["archive"] is True
    assert document["_agg"]["current"] == "http://127.0.0.1:8080/feeds/topic.json"
    assert "next_url" not in json.loads(render_json(feed(entry(), self_url=f"{pages}000001.atom")))


def test_a_withdrawal_is_told_in_every_format() -> None:
    document = replace(feed(), tombstones=(Tombstone(entry_id=URI, withdrawn_at=NOW),))
    deleted = etree.fromstring(render_rss(document)).find(
        "channel/{http://purl.org/atompub/tombstones/1.0}deleted-entry"
    )
    assert deleted is not None
    assert {str(name): value for name, value in deleted.attrib.items()} == {"ref": URI, "when": "2026-03-01T12:00:00Z"}
    assert json.loads(render_json(document))["_agg"]["deleted"] == [{"ref": URI, "when": "2026-03-01T12:00:00Z"}]


@pytest.mark.parametrize("torn", [b"", b"<entry", b"<entry><id>x</entry>", b"rubbish", entry()[:-4]])
def test_a_torn_entry_costs_itself_alone(torn: bytes) -> None:
    for render in (render_rss, render_json):
        assert render(feed(torn, entry())) == render(feed(entry()))
    if torn != b"<entry><id>x</entry>":
        assert render_document(feed(torn, entry())) == render_document(feed(entry()))


BROKEN_RSS = [
    (b"<lastBuildDate>Sun, 01", b"<lastBuildDate>Mon, 01", "no RFC 822 date"),
    (b'isPermaLink="false"', b'isPermaLink="true"', "no web address"),
    (b'length="12"', b'length="many"', "length"),
    (b"<title>A topic</title>", b"", "0 title"),
    (b"</channel>", b"<rubbish/></channel>", "has no place"),
    (b"<guid", b"<author>Somebody</author><guid", "no mail address"),
    (b"<agg:origin>", b"<atom:rights>x</atom:rights><agg:origin>", "has no place in item"),
]


@pytest.mark.parametrize(("found", "instead", "problem"), BROKEN_RSS)
def test_the_rss_rules_see_what_is_broken(found: bytes, instead: bytes, problem: str) -> None:
    whole = render_rss(feed(entry()))
    assert whole.count(found) >= 1
    assert any(problem in one for one in rss_rules.problems(whole.replace(found, instead, 1)))


WARNED_RSS = [
    (b"<description>A short", b"<content:encoded>x</content:encoded><description>A short", "without a description"),
    (b"<pubDate>", b"<dc:date>2026-03-01</dc:date><pubDate>", "both pubDate"),
    (b"<dc:rights>", b"<dc:rights>&lt;/b&gt;", "[ContainsHTML]"),
    (b"&#x3C;p&gt;First", b"&#x3C;script&gt;First", "[SecurityRisk]"),
    (b'rel="self"', b'rel="related"', "no self link"),
]


@pytest.mark.parametrize(("found", "instead", "said"), WARNED_RSS)
def test_the_rss_rules_warn_as_a_validator_does(found: bytes, instead: bytes, said: str) -> None:
    whole = render_rss(feed(entry()))
    assert whole.count(found) >= 1
    assert any(said in one for one in rss_rules.advice(whole.replace(found, instead, 1)))


ATTACHED = {"url": "https://example.org/a.mp3", "mime_type": "audio/mpeg"}
BROKEN_JSON: list[tuple[dict[str, Any], str]] = [
    ({"version": "https://jsonfeed.org/version/2"}, "version"),
    ({"title": ""}, "no text"),
    ({"items": {}}, "not an array"),
    ({"items": [{"id": "a"}]}, "neither content_html"),
    ({"items": [{"id": "a", "content_text": "x"}] * 2}, "2 items have the id a"),
    ({"items": [{"id": "a", "content_text": "x", "date_published": "yesterday"}]}, "RFC 3339"),
    ({"items": [{"id": "a", "content_text": "x", "attachments": [{"url": "https://example.org/"}]}]}, "no mime_type"),
    ({"rubbish": 1}, "no such member"),
    ({"_agg": "text"}, "an extension is an object"),
    ({"authors": [{}]}, "without a member"),
    ({"authors": [{"url": "/desk"}]}, "no URL"),
    ({"items": [{"id": 7, "content_text": "x"}]}, "7 is no text"),
    ({"items": [{"content_text": "x"}]}, "no id"),
    ({"items": [{"id": "a", "content_text": "x", "url": "/a"}]}, "no URL"),
    ({"items": [{"id": "a", "content_text": "x", "language": "en_GB"}]}, "no language"),
    ({"items": [{"id": "a", "content_text": "x", "tags": "ferry"}]}, "not an array"),
    ({"items": [{"id": "a", "content_text": "x", "date_modified": "2026-02-30T10:00:00Z"}]}, "RFC 3339"),
    (
        {"items": [{"id": "a", "content_text": "x", "attachments": [ATTACHED | {"size_in_bytes": 1.5}]}]},
        "number of octets",
    ),
    (
        {"items": [{"id": "a", "content_text": "x", "attachments": [ATTACHED | {"mime_type": "audio"}]}]},
        "no media type",
    ),
    (
        {"items": [{"id": "a", "content_text": "x", "attachments": [ATTACHED | {"duration_in_seconds": "1:00"}]}]},
        "no number",
    ),
    ({"hubs": [{"type": "WebSub"}]}, "no url"),
    ({"next_url": "http://127.0.0.1:8080/feeds/topic.json"}, "the same as feed_url"),
    ({"expired": "no"}, "neither true nor false"),
    ({"_agg.more": {}}, "has no dot"),
]
WARNED_JSON: list[tuple[dict[str, Any], str]] = [
    ({"author": {"name": "A"}}, "deprecated"),
    ({"items": [{"id": "a", "content_html": "<p>a<div>b</div></p>"}]}, "[NotHtml]"),
    ({"items": [{"id": "a", "content_html": "<script>a()</script>"}]}, "[SecurityRisk]"),
    ({"items": [{"id": "a", "content_html": '<a href="/a">b</a>'}]}, "[ContainsRelRef]"),
    ({"items": [{"id": "a", "content_text": "x", "date_published": "1970-01-01T00:00:00Z"}]}, "before 1990"),
]


@pytest.mark.parametrize(("changes", "problem"), BROKEN_JSON)
def test_the_json_rules_see_what_is_broken(changes: dict[str, Any], problem: str) -> None:
    whole: dict[str, Any] = json.loads(render_json(feed(entry())))
    found = json_feed_rules.problems(json.dumps(whole | changes).encode())
    assert any(problem in one for one in found)


@pytest.mark.parametrize(("changes", "said"), WARNED_JSON)
def test_the_json_rules_warn(changes: dict[str, Any], said: str) -> None:
    whole: dict[str, Any] = json.loads(render_json(feed(entry())))
    document = json.dumps(whole | changes).encode()
    assert json_feed_rules.problems(document) == ()
    assert any(said in one for one in json_feed_rules.advice(document))


@pytest.mark.parametrize("text", ['{"version": 1, "version": 2}', '{"title": NaN}', "\ufeff{}", "[]"])
def test_what_is_no_json_or_not_for_every_reader_the_same_is_no_feed(text: str) -> None:
    assert len(json_feed_rules.problems(text.encode())) == 1
