"""Pages, mails, ninjs and NewsML-G2: each `tests/documents_read/KIND/NAME.*` is read as `NAME.expected.json` beside it says."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import NotAFeed, UnreadableDocument
from aggregator.html import clean, to_text
from aggregator.model.fetch import Document, Sidecar
from aggregator.model.parsed import Entry, ParsedFeed, TextType
from aggregator.parse import parse
from aggregator.parse.documents.main_text import largest_text
from aggregator.parse.documents.markup import read_markup
from tests.test_wire import AGENCIES

FOLDER = Path(__file__).parent / "documents_read"
CASES = sorted(FOLDER.glob("*/*.expected.json"))
PARAGRAPH = "Envoys of seven states met in the capital to talk about the road to elections, and agreed to meet again. "


def document_of(expectation: Path) -> Path:
    name = expectation.name.removesuffix(".expected.json")
    (path,) = (
        one
        for one in expectation.parent.glob(f"{name}.*")
        if one.suffix != ".toml" and not one.name.endswith(".expected.json")
    )
    return path


def read(path: Path) -> ParsedFeed:
    toml = path.with_suffix(".toml")
    sidecar = Sidecar(name=toml.name, body=toml.read_bytes()) if toml.exists() else None
    return read_bytes(path.name, path.read_bytes(), sidecar)


def read_bytes(name: str, body: bytes, sidecar: Sidecar | None = None) -> ParsedFeed:
    return parse(Document(key=name, body=body, sidecar=sidecar, digest=b""), url=None, agencies=AGENCIES)


def seen_of(entry: Entry) -> dict[str, Any]:
    """What was read of a text, in plain words; what is absent is left out."""
    assert entry.wire is not None
    body, dateline = entry.content, entry.wire.dateline
    is_markup = body is not None and body.type is TextType.HTML
    seen: dict[str, Any] = {
        "guid": entry.guid,
        "link": entry.link,
        "headline": entry.title.value if entry.title else None,
        "standfirst": entry.summary.value if entry.summary else None,
        "markup": clean(body.value) if body and is_markup else None,
        "text": body.value if body and not is_markup else None,
        "published": entry.published,
        "updated": entry.updated,
        "language": entry.language,
        "authors": [author.name for author in entry.authors],
        "categories": [category.term for category in entry.categories],
        "links": [{name: value for name, value in asdict(link).items() if value is not None} for link in entry.links],
        "rights": entry.rights,
        "credit_line": entry.wire.credit_line,
        "dateline": {"raw": dateline.raw, "places": list(dateline.places), "agency": dateline.agency_id}
        if dateline
        else None,
        "dropped_lines": list(entry.wire.dropped_lines),
        "declared": {name: value for name, value in asdict(entry.wire.declared).items() if value is not None},
    }
    return {name: value for name, value in seen.items() if value}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name.partition('.')[0]}")
def test_a_document_is_read_as_its_expectation_says(case: Path) -> None:
    wanted = json.loads(case.read_text("utf-8"))
    path = document_of(case)
    if "unreadable" in wanted:
        with pytest.raises((UnreadableDocument, NotAFeed)) as refused:
            read(path)
        assert str(refused.value).startswith(wanted["unreadable"]), wanted["why"]
        return
    parsed = read(path)
    assert [seen_of(entry) for entry in parsed.entries] == wanted["entries"], wanted["why"]
    assert [f"{one.count} {one.detail}" for one in parsed.defects] == wanted.get("defects", []), wanted["why"]
    assert [one.ref for one in parsed.deleted] == wanted.get("deleted", []), wanted["why"]


def test_every_document_has_an_expectation() -> None:
    others = {
        path for path in FOLDER.glob("*/*") if path.suffix != ".toml" and not path.name.endswith(".expected.json")
    }
    assert {document_of(case) for case in CASES} == others
    assert len(CASES) >= 25


def test_a_json_feed_in_a_folder_is_read_as_one() -> None:
    items = [{"id": str(number), "content_text": PARAGRAPH} for number in range(2)]
    body = json.dumps({"title": "A source", "items": items, "version": "https://jsonfeed.org/version/1.1"}).encode()
    parsed = read_bytes("source.json", body)
    assert (parsed.format, [entry.guid for entry in parsed.entries]) == ("json11", ["0", "1"])


def test_a_feed_in_xml_is_no_newsml() -> None:
    body = b'<rss version="2.0"><channel><title>newsItem</title><item><guid>1</guid><title>One</title></item></channel></rss>'
    assert read_bytes("source.xml", body).format == "rss20"


def test_names_of_no_known_kind_are_told_with_those_that_are_read() -> None:
    with pytest.raises(UnreadableDocument, match=r"one of .*\.html.*\.eml.*\.json"):
        read_bytes("table.ods", b"PK")


@pytest.mark.parametrize(
    ("name", "page", "why"),
    [
        (
            "marked",
            f"<div><p>{PARAGRAPH * 3}</p></div><div itemprop='articleBody'><p>{PARAGRAPH}</p></div>",
            "what the page marks as its text goes before what is longer",
        ),
        (
            "longest_article",
            f"<article><p>Short.</p></article><article><p>{PARAGRAPH}</p></article><article><p>A teaser.</p></article>",
            "of several articles the one with most text",
        ),
        (
            "unmarked",
            f"<div><p>Short.</p></div><div><p>{PARAGRAPH}</p></div><div><p>Also short.</p></div>",
            "the element that holds most of the paragraphs",
        ),
        (
            "around",
            (
                f"<article><header><p>By nobody</p></header><p>{PARAGRAPH}</p><aside><p>Most read</p></aside>"
                "<div class='share-buttons share'>Tell others</div><ul><li><a href='/a'>Another text</a></li></ul>"
                "<p style='display: none'>Not shown</p><form><button>Send</button></form></article>"
            ),
            "what stands inside an article and is not of the text goes",
        ),
        (
            "deep",
            "<div>" * 300 + f"<p>{PARAGRAPH}</p>",
            "a page that forgets its end tags has a text all the same",
        ),
    ],
)
def test_without_the_extra_the_text_is_the_largest_block(name: str, page: str, why: str) -> None:
    found = largest_text(read_markup(f"<html><body>{page}</body></html>".encode()))
    assert to_text(clean(found)) == PARAGRAPH.strip(), f"{name}: {why}"
