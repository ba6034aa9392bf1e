"""Whether anything executable is left in what we publish, said by other parsers than the one that cleaned it.

The lists are written here anew: what the program allows itself is no measure.
"""

import re
import unicodedata
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html
from selectolax.lexbor import LexborHTMLParser

_ATOM = "{http://www.w3.org/2005/Atom}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_OUR_NAMESPACES = ("http://www.w3.org/2005/Atom", "http://purl.org/syndication/history/1.0")

# Text and its structure, tables, pictures, films; nothing that runs, loads by itself, takes input or styles a page.
_ELEMENTS = frozenset(
    (
        "a", "abbr", "acronym", "area", "article", "aside", "b", "bdi", "bdo", "blockquote", "br", "caption",
        "center", "cite", "code", "col", "colgroup", "data", "dd", "del", "details", "dfn", "div", "dl", "dt", "em",
        "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "img",
        "ins", "kbd", "li", "map", "mark", "nav", "ol", "p", "pre", "q", "rp", "rt", "rtc", "ruby", "s", "samp",
        "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
        "thead", "time", "tr", "tt", "u", "ul", "var", "wbr", "audio", "picture", "source", "video",
    )
)  # fmt: skip
_ADDRESSES = frozenset(("href", "src"))
_ATTRIBUTES = _ADDRESSES | frozenset(
    (
        "align", "alt", "char", "charoff", "colspan", "controls", "datetime", "dir", "headers", "height",
        "hreflang", "lang", "preload", "rel", "rowspan", "scope", "size", "span", "start", "summary", "title",
        "type", "width",
    )
)  # fmt: skip
_NO_ELEMENT = (etree._Comment, etree._ProcessingInstruction, etree._Entity)
_FRAME = frozenset(("html", "head", "body"))
_OPENED = re.compile(r"https?://[^/]|mailto:", re.IGNORECASE)
# What a browser drops before it looks at an address (https://url.spec.whatwg.org/#url-parsing).
_DROPPED = re.compile(r"^[\x00-\x20]+|[\t\n\r]")
_RUN = re.compile(r"(?:javascript|vbscript|livescript|data|blob|file|feed|about|view-source|jar):", re.IGNORECASE)


def left_in(markup: str) -> list[str]:
    """What stands in the HTML that may not, each as a word or two; found by Lexbor (HTML 5) and libxml2 (HTML 4)."""
    return sorted({*_by_lexbor(markup), *_by_libxml2(markup), *_characters(markup)})


def _by_lexbor(markup: str) -> Iterator[str]:
    root = LexborHTMLParser(f"<!doctype html><body>{markup}").root
    for node in root.traverse(include_text=False) if root else ():
        yield from _element(str(node.tag), node.attributes)


def _by_libxml2(markup: str) -> Iterator[str]:
    for node in lxml_html.fromstring(f"<html><body>{markup}</body></html>").iter():
        if isinstance(node, _NO_ELEMENT):
            yield "a comment or instruction"
        else:
            yield from _element(node.tag, {str(name): str(value) for name, value in node.attrib.items()})


def _element(name: str, attributes: dict[str, str | None]) -> Iterator[str]:
    if name not in _ELEMENTS | _FRAME:
        yield f"<{name}>"
    for attribute, value in attributes.items():
        if attribute not in _ATTRIBUTES or name in _FRAME:
            yield f"{attribute}="
        if attribute in _ADDRESSES and not _OPENED.match(_DROPPED.sub("", value or "")):
            yield f"{attribute}={value}"


def _characters(text: str) -> Iterator[str]:
    """Control characters, marks that turn text around, and what another normal form would read otherwise."""
    for character in set(text):
        if unicodedata.category(character) == "Cc" and character not in "\t\n\r":
            yield f"U+{ord(character):04X}"
        if unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
            yield f"U+{ord(character):04X}"
    if unicodedata.normalize("NFC", text) != text:
        yield "not in NFC"


def left_in_feed(document: bytes) -> list[str]:
    """What stands in the Atom document that may not: `id of the entry: element: what`."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    before = [] if root.getprevious() is None and root.getnext() is None else ["feed: something around its root"]
    found = list(before)
    for element in root.iter():
        found += [f"{_owner(element)}: {what}" for what in _in_element(element)]
    return found


def html_of(document: bytes) -> list[str]:
    """The HTML of every text construct of the Atom document, as a reader gets it."""
    return [element.text or "" for element in etree.fromstring(document).iter() if element.get("type") == "html"]


def _owner(element: etree._Element) -> str:
    entry = next((one for one in (element, *element.iterancestors()) if one.tag == f"{_ATOM}entry"), None)
    return "feed" if entry is None else (entry.findtext(f"{_ATOM}title") or "")[:80]


def _in_element(element: etree._Element) -> Iterator[str]:
    if isinstance(element, _NO_ELEMENT):
        yield "a comment or instruction"
        return
    namespace, _, name = element.tag[1:].partition("}")
    if namespace not in _OUR_NAMESPACES and not namespace.startswith(("urn:", "http")):
        yield f"{name}: an element of {namespace}"
    if "xhtml" in namespace or "svg" in namespace or "MathML" in namespace:
        yield f"{name}: an element of {namespace}"
    text = element.text or ""
    if element.get("type") == "html":
        yield from (f"{name}: {what}" for what in left_in(text))
    elif element.get("type") == "xhtml" or (name == "content" and element.get("src")):
        yield f"{name}: not text"
    yield from (f"{name}: {what}" for what in _characters(text))
    yield from _names(name, element, text)


def _names(name: str, element: etree._Element, text: str) -> Iterator[str]:
    """Addresses of every kind."""
    links = [element.get("href"), element.get(f"{_XML}base"), text if name in ("uri", "icon", "logo") else None]
    for link in links:
        if link is not None and not link.startswith(("http://", "https://")):
            yield f"{name}: {link[:60]}"
    for named in (text if name == "id" else "", *map(str, element.attrib.values())):
        words = (element.get("term"), element.get("label"), element.get("title"))
        if name in ("id", "link", "category") and named not in words and _RUN.match(_DROPPED.sub("", named)):
            yield f"{name}: {named[:60]}"
