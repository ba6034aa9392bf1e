"""The markup of a page or mail -> a tree that is cheap to walk: within bounds, without scripts, comments and what is hidden.

libxml2 and not lexbor, which opens unclosed formatting again in each paragraph: 1 MB of `<b x=1><p>` is a tree of a thousand
million elements there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import lxml.html
from lxml import etree

from aggregator.html import plain
from aggregator.model.parsed import Defect
from aggregator.parse.encoding import decode
from aggregator.text import folded

MAX_PAGE = 2_097_152
"""Characters of a page that are read. The longest reports, pictures inlined, have half a million."""
MAX_TAGS = 40_000
"""Tags of a page, opening and closing; a page of 8,000 comments has so many."""
_MAX_ATTRIBUTES = 8_192
# libxml2 looks each attribute of an element up in the list of all (20,000: 0.8 s); a picture inside an attribute is one long one.

# As a browser cuts it: what a script holds is no markup, quotes count only after "=", what has no end takes the rest.
_PIECE = re.compile(
    r"<!--(?:.*?--!?>|.*\Z)"
    r"|<(?P<raw>script|style|template|noscript|svg|iframe)\b(?P<given>(?>=\s*+(?:\"[^\"]*+\"|'[^']*+')|[^>])*+)(?:>|\Z)"
    r"(?P<inside>.*?)(?:</(?P=raw)\s*>|\Z)"
    r"|<(?P<name>/?[a-zA-Z][^\s/>]*+)(?P<attributes>(?>=\s*+(?:\"[^\"]*+\"|'[^']*+')|[^>])*+)(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{2,40})", re.IGNORECASE)
_HEAD_BYTES = 4_096
_LINKED_DATA = re.compile(r"application/ld\+json", re.IGNORECASE)
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_TITLE = re.compile(r"<h1\b[^>]{0,400}>(.{0,1000}?)</h1>", re.DOTALL | re.IGNORECASE)
_WITHIN = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """Markup within bounds; `tags` counts what it consists of."""

    text: str
    tags: int
    linked_data: tuple[str, ...]
    """The JSON of its `application/ld+json` scripts, as it stands there."""
    defects: tuple[Defect, ...]

    def tree(self) -> lxml.html.HtmlElement | None:
        """The document element; None where there is no markup and no word."""
        # Huge: else libxml2 drops what is nested more than 256 deep, and so the rest of a page that forgets its end tags.
        parser = lxml.html.HTMLParser(
            encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
        )
        try:
            tree = lxml.html.document_fromstring(self.text.encode("utf-8", "replace"), parser=parser)
        except (etree.LxmlError, ValueError):
            return None
        return tree


def read_markup(body: bytes, content_type: str | None = None) -> Markup:
    """The page in the bytes: charset by BOM, UTF-8, the label of the transfer, the page's own, its letters."""
    own = _META_CHARSET.search(body[:_HEAD_BYTES])
    label = content_type if content_type and "charset" in content_type.lower() else None
    decoded = decode(body, label or (f"text/html; charset={own.group(1).decode('ascii')}" if own else None))
    return bounded(decoded.text, decoded.defects)


def bounded(markup: str, defects: tuple[Defect, ...] = ()) -> Markup:
    """The markup cut to what is read of a page, scripts and what they are like left out."""
    noted = list(defects)
    if len(markup) > MAX_PAGE:
        noted.append(Defect(kind="bound", detail=f"the page was cut after {MAX_PAGE} characters"))
        markup = markup[:MAX_PAGE]
    pieces: list[str] = []
    linked: list[str] = []
    tags = at = 0
    for piece in _PIECE.finditer(markup):
        if tags >= MAX_TAGS:
            noted.append(Defect(kind="bound", detail=f"the page was cut after {MAX_TAGS} tags"))
            markup = markup[: piece.start()]
            break
        pieces.append(markup[at : piece.start()])
        at = piece.end()
        if piece["name"]:
            tags += 1
            pieces.append(piece.group() if len(piece["attributes"]) <= _MAX_ATTRIBUTES else f"<{piece['name'][:40]}>")
        elif piece["raw"] and _LINKED_DATA.search(piece["given"][:_MAX_ATTRIBUTES]):
            linked.append(piece["inside"])
    pieces.append(markup[at:])
    return Markup(text="".join(pieces), tags=tags, linked_data=tuple(linked), defects=tuple(noted))


def body_of(markup: str) -> str:
    """What a whole page or mail shows, as the inside of its body: without head, style and what is not shown."""
    if "<" not in markup:
        return markup
    tree = bounded(markup).tree()
    if tree is None:
        return ""
    body = next(iter(tree.iter("body")), tree)
    drop(list(hidden_in(body)))
    return inside(body)


def hidden_in(element: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    """What a browser does not show of it."""
    for one in elements_of(element):
        if one.tag in ("title", "head") or "hidden" in one.attrib or _INVISIBLE.search(one.get("style", "")[:1000]):
            yield one


def elements_of(element: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    """All elements inside, in document order, comments and the like left out."""
    return (one for one in element.iterdescendants() if isinstance(one.tag, str))


def drop(elements: list[lxml.html.HtmlElement]) -> None:
    """Take the elements out; the text behind each stays."""
    for element in elements:
        if element.getparent() is not None:
            element.drop_tree()


def inside(element: lxml.html.HtmlElement) -> str:
    """The markup between the element's tags; its own attributes are lost, in which a ">" may stand."""
    element.attrib.clear()
    whole = str(lxml.html.tostring(element, encoding="unicode", with_tail=False))
    return whole[whole.find(">") + 1 : whole.rfind("</")].strip() if "</" in whole else whole


def without_headline(markup: str, headline: str | None) -> str:
    """The markup without the `h1` near its beginning that says the headline again."""
    title = _TITLE.search(markup[:_WITHIN]) if headline else None
    if title is None or folded(plain(title.group(1), is_markup=True)) != folded(headline or ""):
        return markup
    return markup[: title.start()] + markup[title.end() :]
