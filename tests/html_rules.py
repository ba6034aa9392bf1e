"""HTML that stands in a feed -> what a strict parser and a feed validator find wrong with it.

`faults` gives (name, why): `NotHtml` where HTML's parser (WHATWG HTML 13.2) meets a mistake, `SecurityRisk`, `SecurityRiskAttr`
and `DangerousStyleAttr` for what readers take out, `ContainsRelRef` for what leads nowhere without a base. Stricter than the validator in one thing: no `style` is harmless.
"""

import re
from collections.abc import Iterator
from html.entities import html5
from html.parser import HTMLParser

_VOID = frozenset(
    ("area", "br", "col", "hr", "img", "source", "track", "wbr", "input", "embed", "param", "link", "meta")
)
_SAFE = frozenset(
    (
        "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "bdi", "big", "blockquote", "br", "button",
        "canvas", "caption", "center", "cite", "code", "col", "colgroup", "data", "datalist", "dd", "del", "details", "dfn",
        "dialog", "dir", "div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "font", "footer", "form", "h1", "h2",
        "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "img", "input", "ins", "kbd", "label", "legend", "li", "main",
        "map", "mark", "menu", "meter", "nav", "noscript", "ol", "optgroup", "option", "output", "p", "picture", "pre",
        "progress", "q", "rp", "rt", "ruby", "s", "samp", "section", "select", "small", "source", "span", "strike", "strong",
        "sub", "summary", "sup", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "tr", "track",
        "tt", "u", "ul", "var", "video", "wbr",
    )
)  # fmt: skip
_RISKY = frozenset(
    (
        "applet", "base", "basefont", "bdo", "body", "embed", "frame", "frameset", "head", "html", "iframe", "link",
        "meta", "noframes", "object", "param", "plaintext", "script", "slot", "style", "title", "xmp", "listing",
    )
)  # fmt: skip
NAMES = _SAFE | _RISKY
"""Of the elements that are HTML's."""
_ATTRIBUTES = frozenset(
    (
        "abbr", "align", "alt", "axis", "background", "bgcolor", "border", "cellpadding", "cellspacing", "char", "charoff",
        "charset", "cite", "class", "clear", "color", "cols", "colspan", "compact", "coords", "datetime", "decoding", "dir",
        "face", "headers", "height", "hidden", "high", "href", "hreflang", "hspace", "id", "ismap", "kind", "label", "lang",
        "loading", "longdesc", "loop", "low", "max", "media", "min", "muted", "name", "nohref", "noshade", "nowrap", "open",
        "optimum", "poster", "preload", "rel", "rev", "reversed", "rows", "rowspan", "rules", "scope", "shape", "size",
        "sizes", "span", "src", "srclang", "srcset", "start", "summary", "tabindex", "target", "title", "translate", "type",
        "usemap", "valign", "value", "vspace", "width", "accesskey", "action", "method", "checked", "disabled", "frame",
        "for", "prompt", "readonly", "selected", "maxlength", "multiple", "enctype", "accept", "xmlns",
    )
)  # fmt: skip
_CLOSES_PARAGRAPH = frozenset(
    (
        "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset",
        "figcaption", "figure", "footer", "header", "hgroup", "main", "menu", "nav", "ol", "p", "section", "summary", "ul",
        "h1", "h2", "h3", "h4", "h5", "h6", "pre", "listing", "form", "table", "hr", "dd", "dt", "li",
    )
)  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_IMPLIED = frozenset(("dd", "dt", "li", "option", "optgroup", "p", "rp", "rt"))
_MAY_STAY_OPEN = _IMPLIED | {"tbody", "td", "tfoot", "th", "thead", "tr"}
_SCOPES = frozenset(("applet", "caption", "td", "th", "table", "object", "template", "button"))
_PARENTS = {
    "tr": ("tbody", "thead", "tfoot", "table"), "td": ("tr",), "th": ("tr",), "tbody": ("table",), "thead": ("table",),
    "tfoot": ("table",), "caption": ("table",), "colgroup": ("table",), "col": ("colgroup", "table"),
}  # fmt: skip
_IN_TABLE = frozenset(("table", "tbody", "thead", "tfoot", "tr"))
# A reference without its end, "<" that opens nothing, and a tag that has no end.
_BARE = re.compile(
    r"&(?=[A-Za-z0-9#])(?!#\d+;|#[xX][0-9A-Fa-f]+;|[A-Za-z][A-Za-z0-9]*;)|<(?![A-Za-z/!?])|<[A-Za-z][^<>]*\Z"
)
_RUN = re.compile(r"\s*(?:javascript|vbscript|data):", re.IGNORECASE)
_WHOLE = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NUMBER = re.compile(r"&#(?:[xX]([0-9A-Fa-f]+)|(\d+));")


def faults(markup: str) -> tuple[tuple[str, str], ...]:
    """What is wrong, in the order of the text."""
    reader = _Strict()
    reader.feed(markup)
    reader.close()
    reader.found += [("NotHtml", f"<{name}> stays open") for name in reader.open if name not in _MAY_STAY_OPEN]
    reader.found += [("NotHtml", f"{one[0][:40]} alone") for one in _BARE.finditer(markup)]
    reader.found += [("NotHtml", f"{one[0]} is no character") for one in _NUMBER.finditer(markup) if _is_odd(one)]
    return tuple(reader.found)


def _is_odd(reference: re.Match[str]) -> bool:
    """WHATWG HTML 13.2.5.80: a control, a surrogate, or no character at all."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    is_control = (code < 0x20 and code not in (9, 10, 12)) or 0x7F <= code <= 0x9F
    is_none = 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE or code > 0x10FFFF
    return is_control or is_none


class _Strict(HTMLParser):
    """Keeps the stack of open elements as HTML's tree construction does, and says where that repairs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += _on_tag(tag, attrs)
        if tag in _CLOSES_PARAGRAPH:
            self._close_in_scope(("p",))
        for same in (("li",), ("dd", "dt")):
            if tag in same:
                self._close_item(same)
        if tag in _HEADINGS and self.open and self.open[-1] in _HEADINGS:
            self._wrong(f"<{tag}> in <{self.open.pop()}>")
        if tag == "a" and "a" in self._scope():
            self._wrong("<a> in <a>")
        self._in_table(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            # HTML reads the slash over; the element stays open.
            self._wrong(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in _MAY_STAY_OPEN and tag in self.open:
            if self.open[-1] not in _IMPLIED and tag not in (*_IN_TABLE, "td", "th"):
                break
            self.open.pop()
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self._wrong(f"</{tag}> where {self.open[-1] if self.open else 'nothing'} is open")
            if tag in self.open:
                self.open.reverse()
                self.open.remove(tag)
                self.open.reverse()

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open and self.open[-1] in _IN_TABLE:
            self._wrong(f"text in <{self.open[-1]}>")

    def handle_entityref(self, name: str) -> None:
        if f"{name};" not in html5:
            self._wrong(f"&{name}")

    def _in_table(self, tag: str) -> None:
        parents = _PARENTS.get(tag)
        if parents:
            while (
                self.open
                and self.open[-1] in ("td", "th", "tr", "tbody", "thead", "tfoot")
                and self.open[-1] not in parents
            ):
                self.open.pop()
            if not self.open or self.open[-1] not in parents:
                self._wrong(f"<{tag}> outside its table")
        elif self.open and self.open[-1] in _IN_TABLE:
            self._wrong(f"<{tag}> in <{self.open[-1]}>")

    def _scope(self) -> list[str]:
        """The open elements up to the nearest that closes nothing outside itself."""
        after = next((at for at in range(len(self.open) - 1, -1, -1) if self.open[at] in _SCOPES), -1)
        return self.open[after + 1 :]

    def _close_in_scope(self, names: tuple[str, ...]) -> None:
        inside = self._scope()
        if not set(names) & set(inside):
            return
        while self.open[-1] not in names:
            if self.open[-1] not in _IMPLIED:
                self._wrong(f"<{self.open[-1]}> open where a paragraph ends")
            self.open.pop()
        self.open.pop()

    def _close_item(self, names: tuple[str, ...]) -> None:
        if self.open and self.open[-1] in names:
            self.open.pop()

    def _wrong(self, why: str) -> None:
        self.found.append(("NotHtml", why))


def _on_tag(tag: str, attrs: list[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    if tag in _RISKY:
        yield "SecurityRisk", f"<{tag}>"
    elif tag not in _SAFE:
        yield "NotHtml", f"<{tag}> is no HTML"
    else:
        for name, value in attrs:
            if name in ("href", "src", "poster") and _RUN.match(value or ""):
                yield "SecurityRisk", f"{value} in <{tag}>"
            elif name in ("href", "src") and not _WHOLE.match(value or ""):
                yield "ContainsRelRef", f"relative address {value!r} in <{tag}>"
            if name == "style":
                yield "DangerousStyleAttr", f"{name} of <{tag}>"
            elif name not in _ATTRIBUTES and not name.startswith("data-"):
                yield "SecurityRiskAttr", f"{name} of <{tag}>"
    if len({name for name, _ in attrs}) < len(attrs):
        yield "NotHtml", f"<{tag}> with an attribute twice"
