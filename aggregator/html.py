"""Markup of a stranger -> markup that is safe to show, and plain text; nothing from a feed passes without this."""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 262_144
"""Characters of markup that are read of one text; 256 KB is a book of 40,000 words."""
# nh3 is quadratic in nesting depth and in the attributes of a tag: 20,000 open <div> cost 0.8 s, 100,000 attributes 5 s, these
# nothing that can be measured. Depth also bounds the formatting that a parser opens again in every paragraph.
_MAX_DEPTH = 500
_MAX_ATTRIBUTES = 1_000
# So little cannot pass the two bounds by enough to matter, and is most of what comes.
_HARMLESS = 10_000
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
# Their start ends a paragraph that is open, and the item or cell before them (HTML 13.2.6.4.7 and 13.2.6.4.15).
_ENDS_PARAGRAPH = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "details",
        "div",
        "dl",
        "dd",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "ul",
    ]
)
_ENDS_BEFORE = {
    "li": frozenset(("li",)),
    "dd": frozenset(("dd", "dt")),
    "dt": frozenset(("dd", "dt")),
    "td": frozenset(("td", "th")),
    "th": frozenset(("td", "th")),
    "tr": frozenset(("td", "th", "tr")),
    "option": frozenset(("option",)),
}
_IMPLIED_END = frozenset(("dd", "dt", "li", "option", "p", "td", "th", "tr", "tbody", "thead", "tfoot"))
# A tag as a browser cuts it: quotes count only after "=". A tag or comment without end takes the rest, or "<a <a <a ..." would
# cost its square.
_TOKEN = re.compile(
    r"<!--(?:.*?--!?>|.*\Z)|<(/?)([a-zA-Z][^\s/>]*+)((?>=\s*+(?:\"[^\"]*+\"|'[^']*+')|[^>])*+)(?:>|\Z)", re.DOTALL
)
# A tag of sanitised HTML: names are in lower case, values in double quotes, "<" and "&" nowhere else (HTML 13.3).
_TAG = re.compile(r"<(/?[a-z][a-z0-9]*)[^\">]*(?:\"[^\"]*\"[^\">]*)*>")
# What a tag stands for, opening or closing: "Talks<ul><li>one" are two words, and so are the cells of a row.
_BLOCKS = (
    "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "tr", "table", "caption", "figure",
    "figcaption", "article", "section", "header", "footer", "pre", "dd", "dt",
)  # fmt: skip
_SPACE = {f"{slash}{name}": "\n\n" for name in _BLOCKS for slash in ("", "/")} | {"br": "\n", "td": " ", "th": " "}
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
    markup = printable(markup[:MAX_HTML])
    if "CDATA" in markup or "]]>" in markup:
        markup = _CDATA.sub("", markup)
    if _is_beyond_reason(markup):
        return html.escape(_TOKEN.sub(" ", markup), quote=False)
    cleaned = _CLEANER.clean(markup)
    if "controls" in cleaned:
        cleaned = _PLAYER.sub(r'\g<0> preload="none"', cleaned)
    # Once more: a reference such as &#x202e; is a character now.
    return printable(cleaned).strip()


def to_text(cleaned: str) -> str:
    """Plain text of sanitised HTML; blocks become paragraphs with an empty line between them."""
    pieces = _TAG.split(cleaned.replace("\n", " ").replace("\r", " ")) if "<" in cleaned else [cleaned]
    pieces[1::2] = [_SPACE.get(name, "") for name in pieces[1::2]]
    return _tidy(html.unescape("".join(pieces)))


def plain(value: str, *, is_markup: bool) -> str:
    """A title, name or label as one line of text, however it was escaped; "a < b" stays what it is.

    Feeds escape titles once too often ("AT&amp;amp;T"): what still reads as a reference afterwards is resolved too.
    """
    value = value[:MAX_HTML]
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
    # Most of what comes is plain ASCII, three times a text: 4 us instead of 25 for 2 KB.
    if text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable():
        return text
    return unicodedata.normalize("NFC", _BIDI.sub("", _NOT_XML.sub("", text)))


def _tidy(text: str) -> str:
    paragraphs = [_tidy_lines(block) for block in printable(text).split("\n\n") if block]
    return "\n\n".join([paragraph for paragraph in paragraphs if paragraph])


def _tidy_lines(block: str) -> str:
    if "\n" not in block:
        return " ".join(block.split())
    lines = [" ".join(line.split()) for line in block.split("\n")]
    return _PARAGRAPHS.sub("\n\n", "\n".join(lines)).strip()


def _is_beyond_reason(markup: str) -> bool:
    if len(markup) <= _HARMLESS and markup.count("<") <= _MAX_DEPTH:
        return False
    open_tags: list[str] = []
    for token in _TOKEN.finditer(markup):
        closing, name, attributes = token.groups()
        if name is None:
            continue
        if len(attributes) > _MAX_ATTRIBUTES and len(attributes.split()) > _MAX_ATTRIBUTES:
            return True
        if closing:
            _close(open_tags, name.lower())
        elif name.lower() not in _VOID:
            _open(open_tags, name.lower())
            if len(open_tags) > _MAX_DEPTH:
                return True
    return False


def _open(open_tags: list[str], name: str) -> None:
    """Push a start tag. `<div/>` counts: HTML reads the slash over."""
    if open_tags and open_tags[-1] == "p" and name in _ENDS_PARAGRAPH:
        open_tags.pop()
    ended = _ENDS_BEFORE.get(name, ())
    while open_tags and open_tags[-1] in ended:
        open_tags.pop()
    open_tags.append(name)


def _close(open_tags: list[str], name: str) -> None:
    """Pop an end tag's element where it is the innermost but for those whose end may be left out.

    Anywhere else a parser may pass it over (`<div></x>`, `<object></div>`), so it counts for nothing: the depth found here
    is never less than the true one.
    """
    at = len(open_tags) - 1
    while at >= 0 and open_tags[at] != name and open_tags[at] in _IMPLIED_END:
        at -= 1
    if at >= 0 and open_tags[at] == name:
        del open_tags[at:]


_MAX_PAGE_LINKS = 5_000
_MAX_TAG = 4_096
# What stands inside is text to a browser, whatever it looks like (HTML 13.2.5.2 and 13.2.5.4).
_TEXT_ONLY = frozenset(("iframe", "noembed", "noframes", "script", "style", "template", "textarea", "title", "xmp"))
_WORDS_OF_LINK = 400
_END_OF_LINK = re.compile(r"</?a\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A `base`, `link` or `a` of a page, its address as written."""

    name: str
    href: str
    rel: frozenset[str] = frozenset()
    """Lower case."""
    type: str = ""
    """Media type without parameters, lower case."""
    words: str = ""
    """Its titles and, of an `a`, the text inside: one line."""


def page_links(markup: str) -> tuple[PageLink, ...]:
    """What a page links to, in document order, the first 5,000.

    The page is cut into tags first and only those with an address are parsed, each closed at once: whole, 1 MB of `<b x=1>`
    and `<p>` in turn becomes a tree of a thousand million elements.
    """
    reduced = "".join(islice(_links_alone(markup), _MAX_PAGE_LINKS))
    found = LexborHTMLParser(reduced).css("base[href], link[href], a[href]") if reduced else []
    return tuple(_page_link(node) for node in found)


def _links_alone(markup: str) -> Iterator[str]:
    for token in _tags(markup):
        name, attributes = token[2].lower(), token[3]
        if name not in ("a", "base", "link") or len(attributes) > _MAX_TAG or "href" not in attributes.lower():
            continue
        if name == "a":
            inside = _END_OF_LINK.split(markup[token.end() : token.end() + _WORDS_OF_LINK], maxsplit=1)[0]
            yield f"<a{attributes}>{_TOKEN.sub(' ', inside)}</a>"
        else:
            yield f"<{name}{attributes}>"


def _tags(markup: str) -> Iterator[re.Match[str]]:
    """The start tags that a browser sees: not those in comments, scripts and the like."""
    at = 0
    while token := _TOKEN.search(markup, at):
        at = token.end()
        if token[2] is None or token[1]:
            continue
        if (name := token[2].lower()) in _TEXT_ONLY:
            end = re.compile(rf"</{name}\b", re.IGNORECASE).search(markup, at)
            if end is None:
                return
            at = end.start()
        yield token


def _page_link(node: LexborNode) -> PageLink:
    values = {name: value or "" for name, value in node.attributes.items()}
    named = (values.get("title", ""), values.get("aria-label", ""), node.text())
    return PageLink(
        name=node.tag or "",
        href=values["href"].strip(),
        rel=frozenset(values.get("rel", "").lower().split()),
        type=values.get("type", "").partition(";")[0].strip().lower(),
        words=" ".join(printable(" ".join(named)).split()),
    )
