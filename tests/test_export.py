"""`articles export` for others: ninjs and JSON Feed carry what rights and the desk let go, and nothing that is not known."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli.articles import Format, export_schema, plain_article
from aggregator.model.article import (
    Agency,
    Article,
    Completeness,
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
from aggregator.model.fetch import Document
from aggregator.model.parsed import Category, MediaRole, OriginSource, Person
from aggregator.model.source import AgencyName, Republish
from aggregator.parse.documents import parse_ninjs
from aggregator.parse.json_feed import parse_json_feed
from aggregator.render.json_feed import JsonFeedHead, render_json_feed, render_json_item
from aggregator.render.ninjs import render_ninjs
from aggregator.render.outgoing import Outgoing, Withdrawn, carried
from aggregator.text import digest
from tests.commands import CONFIG, TALKS, configure, invoke, run_once
from tests.desk import desk
from tests.json_schema import breaches
from tests.loopback import Raw, Reply, serve
from tests.make import NOW, article, source, stored, topic
from tests.test_sources_add import at_a_terminal

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

HEAD = JsonFeedHead(
    title="Harbours", description=None, home_page_url="https://desk.example/", author="The desk", language="en"
)
TEXT = "A ship came in. It left again."
DAY = PartialDate(
    value=datetime(2026, 2, 27, 12, tzinfo=UTC),
    precision=Precision.DAY,
    original="February 27",
    basis=ZoneBasis.DATELINE_PLACE,
    inferred=("year",),
    confidence=0.9,
)
FULL_ITEM = article(
    headline="سفينة في الميناء",
    standfirst="A standfirst.",
    body_html="<p>A ship came in.</p>",
    by=(
        Person(name="A. Writer", uri="https://example.org/writer", email="writer@example.org"),
        Person(name="B. Writer", role="correspondent"),
        Person(name="C. Editor", role="editor"),
    ),
    dateline=Dateline(raw="TUNIS/CAIRO, February 27.", places=(Place(name="Tunis"), Place(name="Cairo")), date=DAY),
    agency=Agency(id="tass", name="TASS", raw="TASS"),
    publisher=Publisher(source_id="harbour", name="Harbour news", url="https://example.org/"),
    content_created=DAY,
    language=Language(tag="ar", basis=LanguageBasis.DECLARED),
    categories=(Category(term="ships", label="Ships", scheme="https://example.org/tags"), Category(term="sea")),
    media=(
        Media(url="https://example.org/small.jpg", role=MediaRole.THUMBNAIL, width=80, height=60),
        Media(url="https://example.org/ship.jpg", type="image/jpeg", length=120, caption="A ship", credit="D. Eye"),
        Media(url="https://example.org/talk.mp3", type="audio/mpeg", title="The talk", duration_s=61.5),
        Media(url="https://example.org/talk.vtt", type="text/vtt", role=MediaRole.TRANSCRIPT, language="ar"),
        Media(url="https://example.org/film", type="video/*", length=0),
        Media(url="https://example.org/plan", type="plan"),
    ),
    rights=Rights(republish=Republish.FULL, notice="© Harbour news"),
    origin=OriginSource(id="urn:example:planet", title="Planet of ports"),
)


def outgoing(text: Article, granted: Republish | None = None, **changes: Any) -> Outgoing:
    """The article on its way out, by its own right unless another is granted."""
    plain = Outgoing(
        stored=stored(text=text), carried=carried(text, granted or text.rights.republish), version_seen_at=NOW
    )
    return replace(plain, **changes)


FULL = outgoing(
    FULL_ITEM,
    created=DAY,
    created_at=DAY.value,
    published_at=NOW,
    updated_at=NOW,
    guids=("urn:example:1", "post 1"),
    topics=("Ports",),
)


def schema(written_as: Format) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(export_schema(written_as))
    return found


def document(*items: Outgoing) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(render_json_feed(HEAD, items)))
    return found


def test_a_ninjs_item_says_all_that_the_standard_has_a_word_for() -> None:
    item = render_ninjs(FULL)
    text = {"contentType": "text/plain"}
    assert {name: item[name] for name in item if name != "associations"} == {
        "standard": {
            "name": "ninjs",
            "version": "3.1",
            "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json",
        },
        "uri": "urn:uuid:00000000-0000-5000-8000-000000000001",
        "type": "text",
        "version": "1",
        "versionCreated": "2026-03-01T12:00:00Z",
        "pubStatus": "usable",
        "representationType": "full",
        "firstCreated": "2026-03-01T12:00:00Z",
        "contentCreated": "2026-02-27T12:00:00Z",
        "edNote": "contentCreated: known to the day; year inferred, confidence 0.9",
        "language": "ar",
        "headlines": [{"role": "main", **text, "value": "سفينة في الميناء"}],
        "by": "A. Writer, B. Writer",
        "located": "Tunis, Cairo",
        "descriptions": [{"role": "summary", **text, "value": "A standfirst."}],
        "bodies": [{"role": "main", "contentType": "text/html", "value": "<p>A ship came in.</p>"}],
        "infoSources": [
            {"name": "TASS", "role": "originator", "literal": "tass"},
            {"name": "Harbour news", "role": "publisher", "uri": "https://example.org/", "literal": "harbour"},
            {"name": "Planet of ports", "role": "source"},
            {"name": "C. Editor", "role": "editor"},
        ],
        "subjects": [
            {"name": "Ships", "literal": "ships", "creator": "source"},
            {"name": "sea", "literal": "sea", "creator": "source"},
            {"name": "Ports", "creator": "rule"},
        ],
        "renditions": [{"name": "web", "href": "https://example.org/page", "contentType": "text/html"}],
        "altIds": [{"role": "guid", "value": "urn:example:1"}, {"role": "guid", "value": "post 1"}],
        "copyrightNotice": "© Harbour news",
        "usageTerms": "The whole text may be published again.",
    }


def test_the_files_of_a_ninjs_item_are_items_themselves() -> None:
    small, ship, talk, words, film, plan = render_ninjs(FULL)["associations"]
    assert (small["type"], small["rel"]) == ("picture", "thumbnail")
    assert small["renditions"] == [{"name": "thumbnail", "href": small["uri"], "width": 80, "height": 60}]
    assert ship == {
        "name": "picture 2",
        "uri": "https://example.org/ship.jpg",
        "type": "picture",
        "descriptions": [{"role": "caption", "contentType": "text/plain", "value": "A ship"}],
        "by": "D. Eye",
        "renditions": [
            {
                "name": "original",
                "href": "https://example.org/ship.jpg",
                "contentType": "image/jpeg",
                "sizeInBytes": 120,
            }
        ],
    }
    assert (talk["headlines"][0]["value"], talk["renditions"][0]["duration"]) == ("The talk", 61.5)
    assert (words["type"], words["rel"], words["language"]) == ("text", "transcript", "ar")
    assert film == {
        "name": "video 5",
        "uri": "https://example.org/film",
        "type": "video",
        "renditions": [{"name": "original", "href": "https://example.org/film"}],
    }, "neither a type that is none nor a length that is unknown"
    assert plan["name"] == "file 6"
    assert "type" not in plan


def test_an_item_of_a_json_feed_says_the_same() -> None:
    assert render_json_item(FULL) == {
        "id": "urn:uuid:00000000-0000-5000-8000-000000000001",
        "url": "https://example.org/page",
        "title": "سفينة في الميناء",
        "summary": "A standfirst.",
        "content_html": "<p>A ship came in.</p>",
        "image": "https://example.org/small.jpg",
        "date_published": "2026-03-01T12:00:00Z",
        "date_modified": "2026-03-01T12:00:00Z",
        "authors": [{"name": "A. Writer", "url": "https://example.org/writer"}, {"name": "B. Writer"}],
        "tags": ["Ships", "sea"],
        "language": "ar",
        "attachments": [
            {
                "url": "https://example.org/ship.jpg",
                "mime_type": "image/jpeg",
                "title": "A ship",
                "size_in_bytes": 120,
            },
            {
                "url": "https://example.org/talk.mp3",
                "mime_type": "audio/mpeg",
                "title": "The talk",
                "duration_in_seconds": 61.5,
            },
            {"url": "https://example.org/talk.vtt", "mime_type": "text/vtt", "title": "transcript"},
            {"url": "https://example.org/film", "mime_type": "application/octet-stream"},
            {"url": "https://example.org/plan", "mime_type": "application/octet-stream"},
        ],
    }


PICTURE = (Media(url="https://example.org/ship.jpg", type="image/jpeg"),)
LONG = "A sentence of some words. " * 40
EXCERPT = " ".join(["A sentence of some words."] * 11)
RIGHTS = [
    (Republish.FULL, {}, None, f"<p>{TEXT}</p>", "full and 1 picture: the whole text"),
    (
        Republish.FULL,
        {"completeness": Completeness.EXCERPT},
        None,
        f"<p>{TEXT}</p>",
        "partial and 1 picture: all there is",
    ),
    (Republish.EXCERPT, {}, TEXT, None, "partial and 1 picture: a short text is its own excerpt"),
    (Republish.EXCERPT, {"body_text": LONG}, EXCERPT, None, "partial and 1 picture: whole sentences, 300 characters"),
    (Republish.EXCERPT, {"summary_text": "Said."}, "Said.", None, "partial and 1 picture: the source's own summary"),
    (
        Republish.EXCERPT,
        {"is_local": True, "url": None},
        TEXT,
        None,
        "partial and 1 picture: no content, as Atom wants",
    ),
    (Republish.HEADLINE, {}, None, None, "partial and 0 picture: title and link"),
    (Republish.HEADLINE, {"standfirst": "Said."}, None, None, "partial and 0 picture: no standfirst either"),
]


@pytest.mark.parametrize(("right", "changes", "excerpt", "body", "why"), RIGHTS, ids=[case[-1] for case in RIGHTS])
def test_no_more_of_a_text_goes_than_its_right_allows(
    right: Republish, changes: dict[str, Any], excerpt: str | None, body: str | None, why: str
) -> None:
    text = article(**({"body_text": TEXT, "media": PICTURE, "rights": Rights(republish=right)} | changes))
    item, entry = render_ninjs(outgoing(text)), render_json_item(outgoing(text))
    said = [part["value"] for name in ("descriptions", "bodies") for part in item.get(name, [])]
    assert said == [part for part in (excerpt, body) if part]
    assert why.startswith(f"{item['representationType']} and {len(item.get('associations', []))} picture")
    assert (entry.get("summary"), entry.get("content_html")) == (excerpt, body)
    assert entry.get("content_text") == (None if body else excerpt or "A headline")
    assert ("image" in entry) == ("1 picture" in why)
    assert item["headlines"][0]["value"] == entry["title"] == "A headline"


def test_unknown_stays_absent() -> None:
    bare = article(url=None, headline="", body_html=None, body_text="", completeness=Completeness.HEADLINE)
    assert set(render_ninjs(outgoing(bare))) == {
        "standard", "uri", "type", "version", "versionCreated", "pubStatus", "representationType", "infoSources", "usageTerms",
    }  # fmt: skip
    assert render_json_item(outgoing(bare)) == {
        "id": "urn:uuid:00000000-0000-5000-8000-000000000001",
        "authors": [{"name": "A publisher"}],
        "content_text": "",
    }


def test_what_the_standard_has_no_date_for_is_said_in_a_note() -> None:
    exact = replace(DAY, precision=Precision.MINUTE, inferred=())
    assert "edNote" not in render_ninjs(outgoing(FULL_ITEM, created=exact, created_at=exact.value))
    assert "edNote" not in render_ninjs(outgoing(FULL_ITEM))


EXTREMES = [FULL, outgoing(FULL_ITEM, Republish.HEADLINE), outgoing(article(headline="", url=None, body_html=None))]


@pytest.mark.parametrize("item", EXTREMES, ids=("everything", "headline", "bare"))
def test_both_formats_fit_the_schemas_that_ship(item: Outgoing) -> None:
    assert breaches(render_ninjs(item), schema(Format.NINJS)) == []
    assert breaches(document(item), schema(Format.JSON_FEED)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"uri": "47"}, ".uri: '47' does not match"),
        ({"keywords": []}, ".keywords: is not named by the schema"),
        ({"version": 1}, ".version: 1 is no string"),
        ({"pubStatus": "killed"}, ".pubStatus: 'killed' is none of"),
        ({"altIds": [{"role": "guid"}]}, ".altIds[0].value: is missing"),
        ({"versionCreated": "2026-03-01"}, ".versionCreated: '2026-03-01' is no instant"),
    ],
)
def test_what_does_not_fit_the_schema_is_noticed(change: dict[str, Any], told: str) -> None:
    assert breaches(render_ninjs(FULL) | change, schema(Format.NINJS))[0].startswith(told)


def test_a_withdrawn_item_says_that_and_no_more() -> None:
    item = render_ninjs(Withdrawn(uri=FULL.stored.uri, version=3, withdrawn_at=NOW))
    assert (item["pubStatus"], item["version"], item["versionCreated"]) == ("canceled", "3", "2026-03-01T12:00:00Z")
    assert set(item) == set(schema(Format.NINJS)["required"])
    assert breaches(item, schema(Format.NINJS)) == []


def test_a_json_feed_is_written_as_its_items_come() -> None:
    asked: list[int] = []

    def items() -> Iterator[Outgoing]:
        for number in range(3):
            asked.append(number)
            yield FULL

    pieces = render_json_feed(HEAD, items())
    assert next(pieces).endswith('"items": [')
    assert asked == [], "the head needs no item"
    next(pieces)
    assert asked == [0], "no item is fetched before the one in front of it is written"
    assert len(document(FULL, FULL)["items"]) == 2
    assert document()["items"] == []


def test_other_readers_of_ours_read_what_we_write() -> None:
    body = "".join(render_json_feed(HEAD, [FULL])).encode()
    parsed = parse_json_feed(_document("export.json", body), "https://desk.example/export.json")
    assert parsed.defects == ()
    (entry,) = parsed.entries
    assert (entry.guid, entry.link, entry.language) == (FULL.stored.uri, "https://example.org/page", "ar")
    assert [person.name for person in entry.authors] == ["A. Writer", "B. Writer"]

    item = json.dumps(render_ninjs(FULL)).encode()
    tass = AgencyName(id="tass", name="TASS", forms=("TASS",))
    (wire,) = parse_ninjs(_document("export.json", item), (tass,)).entries
    assert (wire.guid, wire.title and wire.title.value) == (FULL.stored.uri, "سفينة في الميناء")
    assert wire.content is not None
    assert "A ship came in." in wire.content.value


def _document(key: str, body: bytes) -> Document:
    return Document(key=key, body=body, content_type="application/json", digest=digest(body))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A desk of two wire texts that has run once."""
    configure(tmp_path)
    run_once(tmp_path)
    return tmp_path


def decide(folder: Path, *words: str) -> None:
    """Say it, and let the next run carry it out."""
    assert invoke(folder, "desk", *words, "--by", "maria").code == 0
    run_once(folder)


def titles(text: str) -> list[str]:
    return [item["title"].split()[0] for item in json.loads(text)["items"]]


def test_both_formats_come_from_the_command(folder: Path) -> None:
    lines = invoke(folder, "articles", "export", "--format", "ninjs")
    assert [line["headlines"][0]["value"].split()[0] for line in lines.objects] == ["Date", "Envoys"]
    feed = invoke(folder, "articles", "export", "--format", "jsonfeed", "--topic", "libya")
    found = json.loads(feed.out)
    assert (found["title"], [item["title"].split()[0] for item in found["items"]]) == ("Talks on Libya", ["Envoys"])
    assert (lines.err, feed.err) == ("", "")
    assert json.loads(invoke(folder, "articles", "export", "--format", "jsonfeed").out)["title"] == "Desk feeds"
    for line in lines.objects:
        assert breaches(line, schema(Format.NINJS)) == []
    assert breaches(found, schema(Format.JSON_FEED)) == []


def test_what_is_asked_for_goes_to_others_too(folder: Path) -> None:
    asked = ("articles", "export", "--format", "jsonfeed", "--query")
    assert titles(invoke(folder, *asked, "harvest").out) == ["Date"]
    assert titles(invoke(folder, *asked, "nothing").out) == []
    assert invoke(folder, "articles", "export", "--format", "atom").code == 2


def test_a_json_feed_goes_to_a_file_whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("out") / "out.json"
    done = invoke(folder, "articles", "export", "--format", "jsonfeed", "--output", str(file))
    assert (done.out, done.err) == (f"2 articles written to {file}\n", "")
    assert file.read_text("utf-8") == invoke(folder, "articles", "export", "--format", "jsonfeed").out
    assert list(file.parent.iterdir()) == [file]


def test_the_desks_word_goes_before_everything(folder: Path) -> None:
    decide(folder, "kill", "talks.txt")
    decide(folder, "hold", "harvest.txt")
    (killed,) = (done := invoke(folder, "articles", "export", "--format", "ninjs")).objects
    assert (killed["pubStatus"], "headlines" in killed) == ("canceled", False)
    assert done.err == "left out: 1 that the desk holds (--everything writes them too, for your own use)\n"
    feed = invoke(folder, "articles", "export", "--format", "jsonfeed")
    assert titles(feed.out) == []
    assert feed.err.startswith("left out: 1 that the desk holds, 1 that the desk killed (")
    own = invoke(folder, "articles", "export", "--format", "ninjs", "--everything")
    assert [(item["pubStatus"], "bodies" in item) for item in own.objects] == [("withheld", True), ("canceled", True)]
    assert len(titles(invoke(folder, "articles", "export", "--format", "jsonfeed", "--everything").out)) == 2
    assert len(invoke(folder, "articles", "export").objects) == 2, "the desk's own lines have all"


def test_what_the_desk_dropped_from_a_topic_does_not_go_as_of_it(folder: Path) -> None:
    decide(folder, "drop", "libya", "talks.txt")
    asked = ("articles", "export", "--format", "jsonfeed")
    assert titles(invoke(folder, *asked, "--topic", "libya").out) == []
    assert titles(invoke(folder, *asked).out) == ["Date", "Envoys"]


@pytest.mark.parametrize(
    ("right", "shown"),
    [
        ("full", ["content_html"]),
        ("excerpt", ["content_text", "summary"]),
        ("headline", ["content_text"]),
        ("none", []),
    ],
)
def test_the_right_is_the_sources(tmp_path: Path, right: str, shown: list[str]) -> None:
    configure(tmp_path)
    rights = f'announce = "all"\nrights = {{ republish = "{right}" }}'
    (tmp_path / "config.toml").write_text(CONFIG.replace('announce = "all"', rights), "utf-8")
    run_once(tmp_path)
    done = invoke(tmp_path, "articles", "export", "--format", "jsonfeed", "--topic", "libya")
    items = json.loads(done.out)["items"]
    told = "left out: 1 whose rights are none (--everything writes them too, for your own use)\n"
    assert done.err == ("" if shown else told)
    assert [sorted(set(item) & {"content_html", "content_text", "summary"}) for item in items] == [shown] * bool(shown)
    (whole,) = invoke(tmp_path, "articles", "export", "--format", "ninjs", "--topic", "libya", "--everything").objects
    assert "the ministry said on the same day" in whole["bodies"][0]["value"]
    assert (right == "full") == (whole["usageTerms"] == "The whole text may be published again.")


FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Harbour</title>
<link>{home}</link><atom:link rel="self" href="{address}"/><description>Ships</description>
<item><title>A ship comes in</title><link>https://example.org/1</link><guid isPermaLink="false">{address}#1</guid>
<description>A ship of some size came in this morning.</description></item></channel></rss>"""


def test_the_address_of_a_private_source_is_in_no_format(tmp_path: Path) -> None:
    replies: dict[str, Reply | Raw] = {}
    with serve(replies) as server:
        address = server.url("/feed?token=hush")
        page = FEED.format(home=server.url("/"), address=address)
        replies["/feed"] = Reply(page.encode(), headers={"Content-Type": "application/rss+xml"})
        configure(tmp_path, f'[[sources]]\nid = "secret"\nurl = "{address}"\nprivate = true\n')
        with desk(tmp_path, sources=(source(id="secret", url=address, private=True),), topics=(topic(),)) as work:
            work.run()
        for written_as in ("ninjs", "jsonfeed"):
            done = invoke(tmp_path, "articles", "export", "--format", written_as, "--everything")
            assert (done.code, "A ship comes in" in done.out) == (0, True)
            assert ("hush" in done.out + done.err, "altIds" in done.out) == (False, False), written_as
        (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
        gone = invoke(tmp_path, "articles", "export", "--format", "ninjs").out
        assert ("A ship comes in" in gone, "hush" in gone) == (True, False), "it may have been private"


@pytest.mark.parametrize("written_as", list(Format))
def test_each_schema_is_printed_without_a_store(tmp_path: Path, written_as: Format) -> None:
    done = invoke(tmp_path, "articles", "export", "--format", written_as, "--schema")
    assert json.loads(done.out) == schema(written_as)


@pytest.mark.parametrize(("tag", "expected"), [("ar", "rtl"), ("fa-AF", "rtl"), ("ru", "ltr"), (None, None)])
def test_our_lines_say_in_which_direction_a_text_runs(tag: str | None, expected: str | None) -> None:
    language = Language(tag=tag, basis=LanguageBasis.DECLARED) if tag else None
    assert plain_article(article(language=language))["direction"] == expected


@pytest.mark.slow
def test_a_long_export_shows_at_a_terminal_how_far_it_is(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("out") / "out.jsonl"
    done = at_a_terminal(folder, b"", "articles", "export", "--output", str(file))
    assert (done.code, "exported" in done.out, len(file.read_text("utf-8").splitlines())) == (0, True, 2)
    assert TALKS.splitlines()[0][:10] in done.out
