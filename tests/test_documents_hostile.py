"""Documents made to cost time or memory: each is read or refused with its reason, in a fraction of what a document may take."""

import time
from collections.abc import Callable

import pytest

from aggregator.errors import NotAFeed, UnreadableDocument
from tests.test_documents_read import read_bytes

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

MOST_S = 3.0
"""CPU seconds; measured are 0.2 and less on one slow core, without the bounds 2 to 40."""
WORDS = "Words of a text that go on and on, as the words of a text do. "
ITEM = 'newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:x:1"'


def many_attributes(count: int) -> str:
    return " ".join(f"a{number}='1'" for number in range(count))


def nested_mail(levels: int) -> str:
    part = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"
    return "Subject: x\n" + "".join(part.format(level) for level in range(levels))


def wide_mail(parts: int) -> str:
    head = "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
    return head + "--b\nContent-Type: text/plain\n\nhello\n" * parts + "--b--\n"


READ: list[tuple[str, Callable[[], str], list[str]]] = [
    ("five_megabytes.html", lambda: f"<p>{WORDS * 4}</p>\n" * 20_000, ["the page was cut", "a text was cut"]),
    (
        "tags.html",
        lambda: WORDS * 4 + "<span>a</span>" * 100_000,
        ["the page was cut after 40000 tags", "a text was cut"],
    ),
    ("attribute_heap.html", lambda: f"<p {many_attributes(100_000)}>{WORDS * 4}", []),
    ("json_ld_nested.html", lambda: f"<script type='application/ld+json'>{'[' * 100_000}</script>{WORDS * 4}", []),
    ("title_parts.html", lambda: f"<title>{' | '.join('x' * 50_000)}</title><p>{WORDS * 4}", ["a title was cut"]),
    ("parts.eml", lambda: wide_mail(10_000), ["parts beyond 200"]),
    ("comment_in_comment.eml", lambda: f"From: {'(' * 100_000}\nSubject: x\n\nhello", []),
    ("addresses.eml", lambda: f"From: {'a@b,' * 100_000}\nSubject: x\n\nhello", []),
    ("encoded_words.eml", lambda: f"Subject: {'=?utf-8?q?a?= ' * 100_000}\n\nhello", []),
    ("half_letters.json", lambda: r'{"uri": "urn:x:1", "headline": "\ud83d x", "body_text": "\ud83d\u0000 text"}', []),
    ("long_number.json", lambda: f'{{"uri": "urn:x:1", "headline": "x", "version": {"9" * 100_000}}}', []),
]
REFUSED: list[tuple[str, Callable[[], str], str]] = [
    ("nested.html", lambda: "<div>" * 100_000, "the page has 0 characters"),
    ("formatting.html", lambda: "<b x=1><p>" * 50_000, "the page has 0 characters"),
    ("open_tags.html", lambda: "<a " * 500_000, "the page has 0 characters"),
    ("open_comments.html", lambda: "<!--" * 500_000, "the page has 0 characters"),
    ("open_scripts.html", lambda: "<script>" * 200_000, "the page has 0 characters"),
    ("nested.eml", lambda: nested_mail(2_000), "a mail with more than 30 parts of parts"),
    ("lines.eml", lambda: "Subject: x\n\n" + "\n" * 2_000_000, "a mail of more than 300000 lines"),
    (
        "parameters.eml",
        lambda: "Subject: x\nContent-Type: multipart/mixed" + '; a="' * 100_000 + "\n\nx",
        "the mail has no text",
    ),
    ("nested.json", lambda: '{"uri":' * 100_000, "JSON nested so deep"),
    ("values.json", lambda: f"[{'{},' * 400_000}{{}}]", "JSON of more than 500000 values"),
    ("nested.xml", lambda: f"<{ITEM}>{'<a>' * 100_000}", "not well-formed XML: Excessive depth"),
    ("attributes.xml", lambda: f"<{ITEM} {many_attributes(50_000)}/>", "it has neither headline"),
    ("elements.xml", lambda: f"<{ITEM}>{'<a/>' * 500_000}</newsItem>", "XML of more than 200000 elements"),
]


@pytest.mark.parametrize(("name", "made", "defects"), READ, ids=[name for name, _, _ in READ])
def test_what_is_too_much_is_cut_and_told(name: str, made: Callable[[], str], defects: list[str]) -> None:
    body = made().encode()
    began = time.process_time()
    parsed = read_bytes(name, body)
    assert time.process_time() - began < MOST_S
    assert len(parsed.entries) == 1
    found = [one.detail for one in parsed.defects]
    assert [detail for detail, begins in zip(found, defects, strict=True) if not detail.startswith(begins)] == []


@pytest.mark.parametrize(("name", "made", "reason"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_what_no_document_has_is_refused_with_its_reason(name: str, made: Callable[[], str], reason: str) -> None:
    body = made().encode()
    began = time.process_time()
    with pytest.raises((UnreadableDocument, NotAFeed)) as refused:
        read_bytes(name, body)
    assert time.process_time() - began < MOST_S
    assert str(refused.value).startswith(reason)
