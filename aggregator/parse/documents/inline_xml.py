"""The XML that stands inside a news item, NITF or XHTML -> HTML without namespaces, and the lines above the text of NITF.

https://iptc.org/standards/nitf/
"""

import html
from collections.abc import Iterator

from lxml import etree

from aggregator.parse.documents.facts import line_of

# Of NITF, where HTML has another name.
_RENAMED = {"hl2": "h2", "bq": "blockquote", "fn": "p"}
_KEPT = frozenset(
    (
        "a", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3",
        "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "q", "s", "strong", "sub", "sup", "table", "tbody", "td",
        "tfoot", "th", "thead", "tr", "u", "ul",
    )
)  # fmt: skip
_VOID = frozenset(("br", "hr", "img"))
_ATTRIBUTES = {"a": ("href",), "img": ("src", "alt")}
# NITF's pictures come as items of their own, its notes are for editors; of XHTML what no reader sees.
_LEFT_OUT = frozenset(("copyrite", "custom-table", "head", "media", "nitf-table-metadata", "note", "script", "style"))


def name_of(element: etree._Element) -> str:
    """The element's name without its namespace; empty for a comment."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def as_html(element: etree._Element) -> str:
    """The inside of the element. Elements that HTML does not know give their words only."""
    return "".join(_pieces(element)).strip()


def words_of(element: etree._Element | None) -> str | None:
    """The text inside, on one line; None where there is none."""
    words = " ".join("".join(str(part) for part in element.itertext()).split()) if element is not None else ""
    return words or None


def nitf_line(nitf: etree._Element | None, name: str) -> str | None:
    """A line of the head above the text: `hl1`, `byline`, `dateline`, `abstract`."""
    if nitf is None:
        return None
    head = next((one for one in nitf.iter() if name_of(one) == "body.head"), nitf)
    return line_of(words_of(next((one for one in head.iter() if name_of(one) == name), None)))


def _pieces(root: etree._Element) -> Iterator[str]:
    """Start tags, texts and end tags in turn."""
    left_out = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = _RENAMED.get(name_of(element), name_of(element))
        if event == "start" and left_out is None:
            if name in _LEFT_OUT:
                left_out = element
                continue
            yield (_start(name, element) if element is not root else "") + html.escape(element.text or "", quote=False)
        elif event == "end" and element is not root:
            if left_out is None and name in _KEPT - _VOID:
                yield f"</{name}>"
            left_out = None if left_out is element else left_out
            if left_out is None:
                yield html.escape(element.tail or "", quote=False)


def _start(name: str, element: etree._Element) -> str:
    if name not in _KEPT:
        return ""
    given = ((key, element.get(key)) for key in _ATTRIBUTES.get(name, ()))
    return f"<{name}" + "".join(f' {key}="{html.escape(value)}"' for key, value in given if value) + ">"
