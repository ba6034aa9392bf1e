"""Plain text of a stranger -> text that no reader takes for markup: feeds have long said HTML where they declared none.

What reads like markup is what the W3C's feed validator takes for it (its warnings ContainsHTML and ContainsUndeclaredHTML): the
end tag of an element, or a reference. "AT&T" and "a < b" are neither.
"""

import re
from html import escape, unescape
from html.entities import name2codepoint

from lxml import etree

from aggregator.html import printable

_END_TAG = re.compile(r"</\w+>")
# Validators warn of a mail address in a name too (ContainsEmail).
_NO_LABEL = re.compile(r"</\w+>|<[^<>@\s]+@[^<>@\s]+>")
_REFERENCE = re.compile(r"&(#?\w+)")
# U+FFFD stands where a source's own decoding failed, the others are no characters (Unicode 23.7): validators warn of each.
_LOST = re.compile("[\ufffd\ufdd0-\ufdef]")
_TEXTS = ("title", "subtitle", "summary", "content", "rights")


def shown_text(text: str) -> str:
    """The text as it can be printed; a letter that was lost is a question mark."""
    return _LOST.sub("?", printable(text))


def label(text: str) -> str:
    """A name or label on one line, for places that cannot say whether they hold markup: without end tags and mail addresses."""
    text = shown_text(text)
    # To take one away can make another: "</i</b>>".
    while found := _NO_LABEL.search(text):
        text = text[: found.start()] + text[found.end() :]
    return " ".join(text.split())


def has_end_tag(text: str) -> bool:
    """Whether an end tag of any element stands in the text."""
    return _END_TAG.search(text) is not None


def has_reference(text: str) -> bool:
    """Whether something in the text reads as a reference."""
    return any(found in name2codepoint or not found.isalpha() for found in _REFERENCE.findall(text))


def reads_like_markup(text: str) -> bool:
    """Whether a reader that looks for markup would find some."""
    return has_end_tag(text) or has_reference(text)


def as_html(text: str) -> str:
    """The text as HTML on one line."""
    return escape(text, quote=False).replace("\n", "<br>")


def as_text(markup: str) -> str:
    """The text of which `as_html` made the HTML."""
    return unescape(markup.replace("<br>", "\n"))


def declare(element: etree._Element) -> None:
    """Give every text construct of an entry or feed (RFC 4287 3.1) whose plain text reads like markup as HTML that says so."""
    for child in element.iter(*_TEXTS):
        if child.text and child.get("type") in (None, "text") and reads_like_markup(child.text):
            child.set("type", "html")
            child.text = as_html(child.text)


def text_of(element: etree._Element | None) -> str | None:
    """The plain text of a construct, however it was written; None where there is none."""
    if element is None or not element.text:
        return None
    return as_text(element.text) if element.get("type") == "html" else element.text
