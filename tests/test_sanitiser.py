"""Nothing that a stranger wrote runs in what we publish: every payload, in every place that a feed has, judged by other parsers."""

import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from aggregator.errors import UnreadableDocument
from aggregator.html import clean, from_text, plain, printable, to_text
from aggregator.model.article import Article
from aggregator.model.fetch import Document
from aggregator.model.source import SourceKind
from aggregator.parse import parse
from aggregator.urls import is_iri
from tests.hostile import PAYLOADS, Payload, encoded
from tests.hostile.allowed import left_in, left_in_feed
from tests.hostile.carriers import ATOM, BROKEN, LOCAL, RSS, documents, together
from tests.hostile.published import articles_of, feed_of
from tests.make import source

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

KINDS = {
    "address", "breakout", "cdata", "character", "clobbering", "comment", "double-escape", "form", "frame", "handler",
    "instruction", "jump", "length", "mathml", "media", "mutation", "plugin", "scheme", "script", "style", "svg",
}  # fmt: skip
DOCUMENTS = documents()
by_number = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: f"{payload.number}-{payload.kind}")


def test_the_payloads_are_of_every_class_and_each_is_another() -> None:
    assert {payload.kind for payload in PAYLOADS} == KINDS
    assert len({payload.markup for payload in PAYLOADS}) == len(PAYLOADS) >= 60
    assert all(payload.why for payload in PAYLOADS)


def test_what_a_browser_runs_the_other_parsers_find() -> None:
    missed = [payload for payload in PAYLOADS if payload.fires and not left_in(payload.raw())]
    assert missed == []


@by_number
def test_nothing_is_left_of_it_in_markup(payload: Payload) -> None:
    cleaned = clean(payload.aimed())
    assert left_in(cleaned) == [], payload.why
    assert clean(cleaned) == cleaned, payload.why


@by_number
def test_nothing_is_left_of_it_in_text_that_becomes_markup(payload: Payload) -> None:
    for text in (payload.aimed(), plain(payload.aimed(), is_markup=True), to_text(clean(payload.aimed()))):
        # A stranger may bring what we made into NFC; our own documents are.
        assert left_in(printable(from_text(printable(text)))) == [], payload.why


@pytest.mark.parametrize(
    ("markup", "expected", "why"),
    [
        ("<p>&#x338; onmouseover=x y=z</p>", "", "U+0338 and the bracket before it are one character in NFC"),
        ("<p>a &#x338; b</p>", "<p>a ̸ b</p>", "after another letter it stays"),
        ("<p>a =&#x338; b</p>", "<p>a ≠ b</p>", "and composes where that makes no other markup"),
        ("<p>e&#x301;</p>", "<p>é</p>", "as all other marks do"),
        ("<blockquote cite='javascript:x'>Tide</blockquote>", "<blockquote>Tide</blockquote>", "nh3 does not look at it"),
    ],
)  # fmt: skip
def test_what_becomes_of_it_when_it_is_composed(markup: str, expected: str, why: str) -> None:
    assert clean(markup) == expected, why


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("a" + "\u0301\u0316" * 200, "a" + "\u0316" * 200 + "\u0301" * 200, "some hundred marks are put in order"),
        ("a" + "\u0316\u0301" * 150_000 + " b", "a" + "\u0316" * 15 + "\u0301" * 15 + " b", "more are cut to thirty"),
        (
            "a" + "\u0f73" * 50_000,
            "a" + "\u0f71" * 30 + "\u0f72" * 30,
            "also what is a mark only once it is taken apart",
        ),
        ("…" * 5_000, "…" * 5_000, "other signs stay, however many"),
        ("e\u0301" * 5_000, "é" * 5_000, "so do marks that each have a letter"),
    ],
)
def test_a_letter_under_a_heap_of_marks_costs_no_more_than_others(text: str, expected: str, why: str) -> None:
    assert printable(text) == unicodedata.normalize("NFC", expected), why


@pytest.mark.parametrize(
    "scheme", ["javascript", "JavaScript", "vbscript", "data", "blob", "file", "view-source", "feed"]
)
def test_what_a_reader_would_run_or_open_is_no_id(scheme: str) -> None:
    assert not is_iri(f"{scheme}:x")


@cache
def _articles(name: str) -> tuple[Article, ...]:
    document = Document(key=name, body=DOCUMENTS[name], digest=b"")
    return articles_of(parse(document, url=f"https://desk.example/{name}", agencies=()), source())


def _left(articles: Iterable[Article]) -> list[str]:
    """In a feed of them, and in their text as pages and exports show it."""
    found = tuple(articles)
    return [*left_in_feed(feed_of(found)), *(what for article in found for what in left_in(article.body_html or ""))]


@pytest.mark.parametrize("name", ["json", *RSS, *ATOM])
def test_nothing_is_left_of_any_of_them_in_a_feed(name: str) -> None:
    assert len(_articles(f"{name}-all")) == len(together())
    assert _left(_articles(f"{name}-all")) == []


@pytest.mark.slow
def test_nothing_is_left_of_those_that_break_their_document() -> None:
    names = [name for name in DOCUMENTS if not name.endswith("-all")]
    assert {name.rpartition("-")[0] for name in names} == {*RSS, *ATOM, *BROKEN}
    assert [name for name in names if not _articles(name)] == []
    assert _left(article for name in names for article in _articles(name)) == []


@pytest.mark.parametrize("suffix", LOCAL)
def test_nothing_is_left_of_any_of_them_in_a_document_of_a_folder(suffix: str) -> None:
    folder = source(kind=SourceKind.FOLDER, url=None, path=Path("in"))
    articles: list[Article] = []
    for payload in PAYLOADS:
        body = encoded(LOCAL[suffix](payload.aimed(), f"local-{payload.number}"))
        document = Document(key=f"{payload.number}{suffix}", body=body, digest=b"")
        with suppress(UnreadableDocument):
            articles += articles_of(parse(document, url=None, agencies=()), folder)
    # A text file may be refused for what stands in it; most are read.
    assert len(articles) > 0.9 * len(PAYLOADS)
    assert _left(articles) == []
