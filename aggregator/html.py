"""Markup of a stranger -> markup that is safe to show, and plain text; nothing from a feed passes without this."""

import html
import re
import unicodedata

import nh3
from selectolax.lexbor import LexborHTMLParser

_MAX_HTML = 262_144
# nh3 is quadratic in nesting depth: 20,000 open <div> cost 0.8 s, 500 nothing that can be measured.
_MAX_DEPTH = 500
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^<>]*?(/?)>")
# Before the tag, opening or closing: "Talks<ul><li>one" are two words, and so are the cells of a row.
_BLOCK = re.compile(
    r"(?=</?(?:p|div|li|ul|ol|h[1-6]|hr|blockquote|tr|table|caption|figure|figcaption|article|section|header|footer|pre|dd|dt)\b)",
    re.IGNORECASE,
)
_CELL = re.compile(r"(?=<t[dh]\b)", re.IGNORECASE)
_BREAK = re.compile(r"(?=<br\b)", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n ?")
_PARAGRAPHS = re.compile(r"\n{2,}")
# A CDATA section that was escaped once too often; an HTML parser reads it as a comment up to the first ">".
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# XML 1.0 allows no others (2.2 Char), lxml raises on them; U+007F to U+009F it discourages, no text has a use for them.
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# They reorder or hide text; the marks U+200E and U+200F stay, Arabic needs them for display.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\u200b]")

_ATTRIBUTES = {name: set(values) for name, values in nh3.ALLOWED_ATTRIBUTES.items()} | {
    "video": {"src", "width", "height"},
    "audio": {"src"},
    "source": {"src", "type"},
}
_CLEANER = nh3.Cleaner(
    tags=nh3.ALLOWED_TAGS | {"figure", "figcaption", "picture", "audio", "video", "source"},
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    # One attribute a tag: the order of several differs from run to run, and equal input must give equal bytes.
    set_tag_attribute_values={"video": {"controls": ""}, "audio": {"controls": ""}},
)
# Nothing is fetched before the reader asks for it.
_PLAYER = re.compile(r'<(?:video|audio)\b[^<>]*? controls=""(?! preload)')


def clean(markup: str) -> str:
    """Sanitised HTML: no script, form, frame, style or odd scheme. Markup nested beyond reason comes back as text."""
    markup = _CDATA.sub("", printable(markup[:_MAX_HTML]))
    if _depth(markup) > _MAX_DEPTH:
        return html.escape(_TAG.sub(" ", markup), quote=False)
    cleaned = _PLAYER.sub(r'\g<0> preload="none"', _CLEANER.clean(markup))
    # Once more: a reference such as &#x202e; is a character now.
    return printable(cleaned).strip()


def to_text(cleaned: str) -> str:
    """Plain text of sanitised HTML; blocks become paragraphs with an empty line between them."""
    if "<" not in cleaned:
        return _tidy(html.unescape(cleaned))
    one_line = cleaned.replace("\n", " ").replace("\r", " ")
    marked = _CELL.sub(" ", _BREAK.sub("\n", _BLOCK.sub("\n\n", one_line)))
    text = LexborHTMLParser(marked).text(separator="", strip=False)
    return _tidy(text)


def plain(value: str, *, is_markup: bool) -> str:
    """A title, name or label as one line of text, however it was escaped; "a < b" stays what it is.

    Feeds escape titles once too often ("AT&amp;amp;T"): what still reads as a reference afterwards is resolved too.
    """
    if is_markup:
        value = _CDATA.sub("", value)
        value = to_text(clean(value)) if nh3.is_html(value) else html.unescape(value)
    return " ".join(printable(_REFERENCE.sub(_resolved, value)).split())


def _resolved(reference: re.Match[str]) -> str:
    return html.unescape(reference.group())


def from_text(text: str) -> str:
    """HTML of plain text: a `<p>` for each paragraph."""
    paragraphs = [html.escape(" ".join(block.split()), quote=False) for block in text.split("\n\n")]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs if paragraph)


def printable(text: str) -> str:
    """NFC without what XML 1.0 forbids and without bidi overrides."""
    return unicodedata.normalize("NFC", _BIDI.sub("", _NOT_XML.sub("", text)))


def _tidy(text: str) -> str:
    return _PARAGRAPHS.sub("\n\n", _LINES.sub("\n", _SPACES.sub(" ", printable(text)))).strip()


def _depth(markup: str) -> int:
    """Deepest nesting of tags, closed ones taken off; an upper bound for a parser's stack."""
    depth = deepest = 0
    for closing, name, self_closing in _TAG.findall(markup):
        if closing:
            depth = max(depth - 1, 0)
        elif not self_closing and name.lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest
