"""Markup of a stranger -> markup that is safe to show, and plain text; nothing from a feed passes without this."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
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
_VALUE = re.compile(r"=\"[^\"]*\"")
_BRACKET_IN_VALUE = re.compile(r"=\"[^\"<>]*[<>]")
_INSIDE_TAG = r"[^\">]*(?:\"[^\"]*\"[^\">]*)*>"
_IMAGE = re.compile(rf"<img\b{_INSIDE_TAG}")
_LINKING = re.compile(rf"<(?:a|img|audio|video|source)\b{_INSIDE_TAG}")
_ADDRESS = re.compile(r"(?<=(?: href|. src)=\")[^\"]*")
_SIZE = re.compile(r" (?:width|height)=\"([^\"]*)\"")
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
_PLAIN = bytes((9, 10, *range(32, 127)))
_MANY_MARKS = 1_000
_MOST_MARKS = 30

# Not `cite`: nh3 does not look at its scheme, and no reader shows it.
_ATTRIBUTES = {name: set(values) - {"cite"} for name, values in nh3.ALLOWED_ATTRIBUTES.items() if name != "bdo"} | {
    "video": {"src", "width", "height"},
    "audio": {"src"},
    "source": {"src", "type"},
}
# `bdo` turns text round as the characters do that `printable` takes out; `rtc` was HTML for a while only.
_CLEANER = nh3.Cleaner(
    tags=(nh3.ALLOWED_TAGS - {"bdo", "rtc"}) | {"figure", "figcaption", "picture", "audio", "video", "source"},
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    # What is not whole by now has no base: elsewhere it would lead to another page.
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    # One attribute a tag: the order of several differs from run to run, and equal input must give equal bytes.
    set_tag_attribute_values={"video": {"controls": ""}, "audio": {"controls": ""}},
)
# Two are enough for all that is known.
_MOST_ROUNDS = 4
# What stands in these is parsed as if nothing were around it (HTML 13.2.4.2): "<p><object><div>" is "<p><div>" when they are
# taken away, which a parser reads as another tree, and a validator calls a mistake.
_SCOPE = re.compile(r"<(?:applet|button|marquee|math|object|svg)\b", re.IGNORECASE)
_LAZY = frozenset(("data-src", "data-lazy-src", "data-original"))
_ONE_ATTRIBUTE = re.compile(r"([^\s\"'>/=]++)(\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+")
# Nothing is fetched before the reader asks for it.
_PLAYER = re.compile(r'<(?:video|audio)\b[^<>]*? controls=""(?! preload)')
_WHOLE_PLAYER = re.compile(r"<(video|audio)\b.*?</\1>", re.DOTALL)


def clean(markup: str) -> str:
    """Sanitised HTML: no script, form, frame, style or odd scheme. Markup nested beyond reason comes back as text."""
    markup = printable(markup[:MAX_HTML])
    if "CDATA" in markup or "]]>" in markup:
        markup = _CDATA.sub("", markup)
    markup = with_lazy_images(markup)
    if _is_beyond_reason(markup):
        return _without_tags(markup)
    cleaned = _sanitised(markup)
    if "controls" in cleaned:
        cleaned = _PLAYER.sub(r'\g<0> preload="none"', cleaned)
    return cleaned.strip()


def _sanitised(markup: str) -> str:
    """What nh3 lets pass, printable.

    A reference such as &#x202e; is a character then. To take it out or to compose it makes other markup - "<p>" and U+0338 are
    "<p≯", whose attributes are what follows - so whatever changes is sanitised again.
    """
    for _ in range(_MOST_ROUNDS):
        is_same_tree = not _SCOPE.search(markup)
        cleaned = _CLEANER.clean(markup)
        markup = printable(cleaned)
        if markup == cleaned and is_same_tree:
            return _TAG.sub(_with_escaped_values, cleaned) if _BRACKET_IN_VALUE.search(cleaned) else cleaned
    return _without_tags(markup)


def _with_escaped_values(tag: re.Match[str]) -> str:
    """The tag with the brackets in its values escaped (HTML 13.3 since 2025), so that nothing in them reads as a tag."""
    return _VALUE.sub(lambda value: value[0].replace("<", "&lt;").replace(">", "&gt;"), tag[0])


def _without_tags(markup: str) -> str:
    return html.escape(_TOKEN.sub(" ", markup), quote=False).strip()


def with_lazy_images(markup: str) -> str:
    """The markup with images that a script would have loaded in place of their placeholders.

    The names are those of the loaders that publishers use: lazysizes and WordPress (`data-src`, `data-lazy-src`), jQuery
    Lazy Load (`data-original`).
    """
    if "data-" not in markup or not any(name in markup for name in _LAZY):
        return markup
    return _TOKEN.sub(_loaded, markup)


def _loaded(token: re.Match[str]) -> str:
    if token[1] or (token[2] or "").lower() != "img":
        return token[0]
    attributes = [(found[1].lower(), found[2] or "") for found in _ONE_ATTRIBUTE.finditer(token[3])]
    address = next((value for name, value in attributes if name in _LAZY), None)
    if address is None:
        return token[0]
    others = "".join(f" {name}{value}" for name, value in attributes if name != "src" and name not in _LAZY)
    return f"<img src{address}{others}>"


def with_addresses(cleaned: str, changed: Callable[[str], str]) -> str:
    """Sanitised HTML with each address that has a query as `changed` gives it."""

    def address(found: re.Match[str]) -> str:
        if "?" not in found[0]:
            return found[0]
        before = html.unescape(found[0])
        after = changed(before)
        return found[0] if after == before else html.escape(after)

    return _LINKING.sub(lambda tag: _ADDRESS.sub(address, tag[0]), cleaned)


def without_pixels(cleaned: str, is_beacon: Callable[[str], bool]) -> str:
    """Sanitised HTML without images that show nothing: of one pixel or none, or whose address `is_beacon`."""
    return _IMAGE.sub(lambda tag: "" if _is_pixel(tag[0], is_beacon) else tag[0], cleaned)


def _is_pixel(tag: str, is_beacon: Callable[[str], bool]) -> bool:
    sizes = _SIZE.findall(tag)
    if sizes and all(size.strip().removesuffix("px") in ("0", "1") for size in sizes):
        return True
    address = _ADDRESS.search(tag)
    return address is not None and is_beacon(html.unescape(address[0]))


def with_players_as_links(cleaned: str) -> str:
    """Sanitised HTML with a link in place of each player: feed validators count `controls` among the risky attributes (they warn
    of it, SecurityRiskAttr), and a player without them is not to be seen.
    """
    return _WHOLE_PLAYER.sub(_linked_player, cleaned) if "controls" in cleaned else cleaned


def _linked_player(player: re.Match[str]) -> str:
    address = _ADDRESS.search(player[0])
    return f'<a href="{address[0]}" rel="noopener noreferrer nofollow">{address[0]}</a>' if address else ""


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
    # U+0338 composes with the ">" of a tag before it where somebody brings the document into NFC.
    escaped = html.escape(text, quote=False).replace("\u0338", "&#824;")
    paragraphs = [" ".join(block.split()) for block in escaped.split("\n\n")]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs if paragraph)


def printable(text: str) -> str:
    """NFC without what XML 1.0 forbids and without bidi overrides."""
    # Most of what comes is plain ASCII, three times a text: 1 us instead of 25 for 2 KB.
    if text.isascii() and not text.encode().translate(None, _PLAIN):
        return text
    return composed(_BIDI.sub("", _NOT_XML.sub("", text)))


def composed(text: str) -> str:
    """NFC. More than 30 marks on one letter are no writing (UAX 15, 13): where there may be a thousand they are cut to that.

    Putting marks in order costs the square of their number: of 40,000 a second, of 300,000 a minute.
    """
    # So long a run has a mark at one of these places.
    if any(map(_is_mark, text[_MANY_MARKS::_MANY_MARKS])):
        text = "".join(_with_few_marks(text))
    return unicodedata.normalize("NFC", text)


def _with_few_marks(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= _MOST_MARKS:
            yield character


def _is_mark(character: str) -> bool:
    """Whether NFC may move it: its class, or that of what it is made of (U+0F73)."""
    return unicodedata.combining(unicodedata.normalize("NFD", character)[0]) != 0


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
