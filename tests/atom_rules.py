"""An Atom document -> what in it breaks RFC 4287, written from the RFC; parsing is not enough to be valid.

`problems` are broken MUSTs and this project's own stricter rules (no two entries with one id, no blank names, no
control characters); `advice` are SHOULDs. The order of elements never matters (RFC 4287 4.1).
"""

import base64
import binascii
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from lxml import etree

from tests.validator_rules import warnings

_ATOM = "{http://www.w3.org/2005/Atom}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_IN_XHTML = (_XHTML, "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1998/Math/MathML}")
_XML = "{http://www.w3.org/XML/1998/namespace}"

# (least, most) of each child.
_ONE, _OPTIONAL, _ANY = (1, 1), (0, 1), (0, None)
_Grammar = dict[str, tuple[int, int | None]]

_FEED: _Grammar = {
    "author": _ANY, "category": _ANY, "contributor": _ANY, "entry": _ANY, "generator": _OPTIONAL, "icon": _OPTIONAL,
    "id": _ONE, "link": _ANY, "logo": _OPTIONAL, "rights": _OPTIONAL, "subtitle": _OPTIONAL, "title": _ONE,
    "updated": _ONE,
}  # fmt: skip
_ENTRY: _Grammar = {
    "author": _ANY, "category": _ANY, "content": _OPTIONAL, "contributor": _ANY, "id": _ONE, "link": _ANY,
    "published": _OPTIONAL, "rights": _OPTIONAL, "source": _OPTIONAL, "summary": _OPTIONAL, "title": _ONE,
    "updated": _ONE,
}  # fmt: skip
_SOURCE: _Grammar = {
    name: (0, most) for name, (_, most) in _FEED.items() if name != "entry"
}  # 4.2.11: metadata of a feed, each at most as often as there, none of it a must
_PERSON: _Grammar = {"name": _ONE, "uri": _OPTIONAL, "email": _OPTIONAL}

_ATTRIBUTES = {
    "category": {"term", "scheme", "label"},
    "content": {"type", "src"},
    "generator": {"uri", "version"},
    "link": {"href", "rel", "type", "hreflang", "title", "length"},
    "rights": {"type"},
    "subtitle": {"type"},
    "summary": {"type"},
    "title": {"type"},
}
# https://www.iana.org/assignments/link-relations, those that a feed has a use for.
_RELATIONS = frozenset(
    (
        "alternate", "appendix", "archives", "author", "bookmark", "canonical", "chapter", "collection", "contents",
        "copyright", "current", "describedby", "edit", "edit-media", "enclosure", "first", "glossary", "help", "hub",
        "icon", "index", "item", "last", "latest-version", "license", "memento", "next", "next-archive", "original",
        "payment", "prev", "prev-archive", "preview", "previous", "related", "replies", "search", "section", "self",
        "service", "start", "stylesheet", "subsection", "tag", "timegate", "timemap", "up", "via",
    )
)  # fmt: skip
_RELATION_PREFIX = "http://www.iana.org/assignments/relation/"

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:)(\d\d)(?:\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)")
_EMAIL = re.compile(r"[^\s<>()\[\],;:\"\\@]+@[^\s<>()\[\],;:\"\\@]+")
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]+"
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:\s*;\s*{_TOKEN}=(?:{_TOKEN}|\"[^\"]*\"))*")
# RFC 3987 2.2 less the brackets, which only an IP literal may have.
_IRI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*:)?(?P<host>//(?:[^/?#\[\]@]*@)?(?:\[[0-9A-Fa-f:.]+\](?::\d*)?|[^/?#\[\]]*))?"
    r"(?P<rest>[^\[\]#]*(?:#[^\[\]#]*)?)"
)
_NOT_IN_IRI = re.compile(r"[\x00-\x20\x7f-\xa0<>\"{}|\\^`\ue000-\uf8ff]|%(?![0-9A-Fa-f]{2})")
_BY_SCHEME = {
    "http:": re.compile(r"https?://[^/?#@:]+.*", re.IGNORECASE),
    "https:": re.compile(r"https?://[^/?#@:]+.*", re.IGNORECASE),
    # RFC 8141; a uuid is one word of the form in RFC 9562.
    "urn:": re.compile(
        r"urn:(?:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?!uuid:)[a-z0-9][a-z0-9-]{1,31}:.+)", re.IGNORECASE
    ),
    # RFC 4151; a year alone and year-month are dates too.
    "tag:": re.compile(
        r"tag:(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
        r",\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?:[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*(?:#.*)?"
    ),
}
# BCP 47 2.1, less the tags that are only grandfathered.
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+|i-[a-z]{3,8}",
    re.IGNORECASE,
)
_BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def problems(document: bytes) -> tuple[str, ...]:
    """What must not be so, each as `feed/entry[2]/updated: why`; empty for a valid feed document."""
    try:
        root = _parse(document)
    except etree.XMLSyntaxError as error:
        return (f"not well-formed: {error}",)
    if root.tag != f"{_ATOM}feed":
        return (f"the root is {root.tag}, not feed in the Atom namespace",)
    return tuple(_everywhere(root)) + tuple(_feed(root))


def advice(document: bytes) -> tuple[str, ...]:
    """What should be otherwise though it is no mistake; for documents that have no problems."""
    root = _parse(document)
    found = [] if _links(root, "self") else ["feed: no link with rel=self (4.1.1)"]
    for element in root.iter(f"{_ATOM}*"):
        found.extend(_advice_on(element))
    return (*found, *warnings(document))


def _parse(document: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(document, parser)


# Containers


def _feed(feed: etree._Element) -> Iterator[str]:
    yield from _container(feed, _FEED)
    entries = _named(feed, "entry")
    if not _named(feed, "author") and not all(_has_author(entry) for entry in entries):
        yield "feed: no author, and not every entry has one (4.1.1)"
    ids = Counter(_string(element) for entry in entries for element in _named(entry, "id"))
    yield from (f"feed: {count} entries have the id {value!r}" for value, count in ids.items() if count > 1)


def _has_author(entry: etree._Element) -> bool:
    return bool(_named(entry, "author")) or any(_named(source, "author") for source in _named(entry, "source"))


def _entry(entry: etree._Element) -> Iterator[str]:
    yield from _container(entry, _ENTRY)
    content = _named(entry, "content")
    if not content and not _links(entry, "alternate"):
        yield f"{_place(entry)}: neither content nor an alternate link (4.1.2)"
    if not _named(entry, "summary") and any(_needs_summary(element) for element in content):
        yield f"{_place(entry)}: content that is elsewhere or base64 needs a summary (4.1.2)"


def _source(source: etree._Element) -> Iterator[str]:
    yield from _container(source, _SOURCE)


def _container(element: etree._Element, grammar: _Grammar) -> Iterator[str]:
    """The children that belong here, each as often as it may be; foreign elements may stand anywhere (6.3)."""
    place, name = _place(element), _local(element)
    if _stray_text(element):
        yield f"{place}: text between the elements"
    children = [child for child in _children(element) if str(child.tag).startswith(_ATOM)]
    counts = Counter(_local(child) for child in children)
    for child_name, (least, most) in grammar.items():
        if counts[child_name] < least:
            yield f"{place}: no {child_name}"
        if most is not None and counts[child_name] > most:
            yield f"{place}: {counts[child_name]} {child_name} elements"
    for child in children:
        if _local(child) in grammar:
            yield from _CHECKS[_local(child)](child)
        else:
            yield f"{_place(child)}: {_local(child)} has no place in {name}"
    alternates = Counter((link.get("type"), link.get("hreflang")) for link in _links(element, "alternate"))
    for (media_type, language), count in alternates.items():
        if count > 1:
            yield f"{place}: {count} alternate links with type {media_type}, hreflang {language} (4.1.1)"


# Constructs


def _person(person: etree._Element) -> Iterator[str]:
    yield from _container(person, _PERSON)


def _name(element: etree._Element) -> Iterator[str]:
    yield from _no_children(element)
    if not _string(element).strip():
        yield f"{_place(element)}: blank"


def _email(element: etree._Element) -> Iterator[str]:
    yield from _no_children(element)
    if not _EMAIL.fullmatch(_string(element)):
        yield f"{_place(element)}: {_string(element)!r} is no address (3.2.3)"


def _date(element: etree._Element) -> Iterator[str]:
    yield from _no_children(element)
    match = _DATE.fullmatch(_string(element))
    if not match or not match[1].isascii() or not _is_on_the_calendar(match):
        yield f"{_place(element)}: {_string(element)!r} is no RFC 3339 date-time (3.3)"


def _is_on_the_calendar(match: re.Match[str]) -> bool:
    # A leap second has the number 60 (RFC 3339 5.6), which datetime does not know.
    seconds = "59" if match[2] == "60" else match[2]
    try:
        datetime.fromisoformat(f"{match[1]}{seconds}+00:00")
    except ValueError:
        return False
    return True


def _text(element: etree._Element) -> Iterator[str]:
    kind = element.get("type", "text")
    if kind == "xhtml":
        yield from _xhtml(element)
    elif kind in ("text", "html"):
        yield from _no_children(element)
    else:
        yield f"{_place(element)}: type {kind!r} is not text, html or xhtml (3.1.1)"


def _xhtml(element: etree._Element) -> Iterator[str]:
    """3.1.1.3: one div of XHTML and nothing beside it."""
    place, children = _place(element), _children(element)
    if [child.tag for child in children] != [f"{_XHTML}div"] or _stray_text(element):
        yield f"{place}: xhtml must be exactly one XHTML div (3.1.1.3)"
        return
    for inner in children[0].iter(etree.Element):
        if not str(inner.tag).startswith(_IN_XHTML):
            yield f"{place}: {inner.tag} is no XHTML"


def _iri(element: etree._Element) -> Iterator[str]:
    yield from _no_children(element)
    if not _is_iri(_string(element), is_absolute=False):
        yield f"{_place(element)}: {_string(element)!r} is no IRI reference"


def _id(element: etree._Element) -> Iterator[str]:
    yield from _no_children(element)
    if not _is_iri(_string(element), is_absolute=True):
        yield f"{_place(element)}: {_string(element)!r} is no absolute IRI (4.2.6)"


def _is_iri(value: str, *, is_absolute: bool) -> bool:
    match = _IRI.fullmatch(value)
    if not value or not match or _NOT_IN_IRI.search(value):
        return False
    scheme = (match["scheme"] or "").lower()
    if not scheme:
        # RFC 3986 4.2: a colon in the first segment of a relative reference would make it a scheme.
        return not is_absolute and ":" not in re.split("[/?#]", value, maxsplit=1)[0]
    form = _BY_SCHEME.get(scheme)
    return bool(match["host"] or match["rest"]) and (form is None or form.fullmatch(value) is not None)


# Elements with attributes


def _content(content: etree._Element) -> Iterator[str]:
    """4.1.3: inline text, inline XHTML, inline other, or elsewhere."""
    place, kind, src = _place(content), content.get("type"), content.get("src")
    if src is not None:
        if not _is_iri(src, is_absolute=False):
            yield f"{place}: src {src!r} is no IRI reference"
        if _children(content) or _string(content).strip():
            yield f"{place}: content with src must be empty (4.1.3.2)"
        if kind in ("text", "html", "xhtml"):
            yield f"{place}: type {kind!r} with src, where a media type belongs (4.1.3.2)"
    if kind in (None, "text", "html", "xhtml"):
        if src is None:
            yield from _text(content)
    elif not _is_media_type(kind) or kind.lower().startswith(("multipart/", "message/")):
        yield f"{place}: type {kind!r} is no media type that content may have (4.1.3.1)"
    elif src is None and not _is_xml(kind):
        yield from _no_children(content)
        if not kind.lower().startswith("text/") and not _is_base64(_string(content)):
            yield f"{place}: not base64 (4.1.3.3)"


def _needs_summary(content: etree._Element) -> bool:
    kind = content.get("type")
    if content.get("src") is not None:
        return True
    return kind is not None and "/" in kind and not _is_xml(kind) and not kind.lower().startswith("text/")


def _is_xml(media_type: str) -> bool:
    return media_type.partition(";")[0].strip().lower().endswith(("/xml", "+xml", "/xml-dtd"))


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _link(link: etree._Element) -> Iterator[str]:
    place, href, rel = _place(link), link.get("href"), link.get("rel", "alternate")
    if not href:
        yield f"{place}: no href (4.2.7.1)"
    elif not _is_iri(href, is_absolute=False):
        yield f"{place}: href {href!r} is no IRI reference"
    if rel not in _RELATIONS and not (":" in rel and _is_iri(rel, is_absolute=True)):
        yield f"{place}: rel {rel!r} is neither a registered name nor an IRI (4.2.7.2)"
    media_type, language, length = link.get("type"), link.get("hreflang"), link.get("length")
    if media_type is not None and not _is_media_type(media_type):
        yield f"{place}: type {media_type!r} is no media type (4.2.7.3)"
    if language is not None and not _LANGUAGE.fullmatch(language):
        yield f"{place}: hreflang {language!r} is no language tag (4.2.7.4)"
    if length is not None and not (length.isascii() and length.isdigit()):
        yield f"{place}: length {length!r} is no number of octets (4.2.7.6)"
    if link.get("title") is not None and not str(link.get("title")).strip():
        yield f"{place}: blank title"


def _category(category: etree._Element) -> Iterator[str]:
    scheme = category.get("scheme")
    if not (category.get("term") or "").strip():
        yield f"{_place(category)}: no term (4.2.2.1)"
    if scheme is not None and not _is_iri(scheme, is_absolute=True):
        yield f"{_place(category)}: scheme {scheme!r} is no IRI (4.2.2.2)"


def _generator(generator: etree._Element) -> Iterator[str]:
    yield from _name(generator)
    uri = generator.get("uri")
    if uri is not None and not _is_iri(uri, is_absolute=False):
        yield f"{_place(generator)}: uri {uri!r} is no IRI reference"


def _is_media_type(value: str) -> bool:
    return _MEDIA_TYPE.fullmatch(value) is not None


_CHECKS: dict[str, Callable[[etree._Element], Iterator[str]]] = {
    "author": _person, "category": _category, "content": _content, "contributor": _person, "email": _email,
    "entry": _entry, "generator": _generator, "icon": _iri, "id": _id, "link": _link, "logo": _iri, "name": _name,
    "published": _date, "rights": _text, "source": _source, "subtitle": _text, "summary": _text, "title": _text,
    "updated": _date, "uri": _iri,
}  # fmt: skip


# What holds everywhere


def _everywhere(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        place = _place(element)
        yield from _common_attributes(element, place)
        values = [element.text or "", element.tail or "", *(str(value) for value in element.attrib.values())]
        for character in sorted({character for value in values for character in value if _is_control(character)}):
            yield f"{place}: control character U+{ord(character):04X}"


def _common_attributes(element: etree._Element, place: str) -> Iterator[str]:
    language, base = element.get(f"{_XML}lang"), element.get(f"{_XML}base")
    # An empty xml:lang takes the inherited language away (XML 1.0 2.12).
    if language and not _LANGUAGE.fullmatch(language):
        yield f"{place}: xml:lang {language!r} is no language tag"
    if base and not _is_iri(base, is_absolute=False):
        yield f"{place}: xml:base {base!r} is no IRI reference"
    if str(element.tag).startswith(_ATOM):
        known = _ATTRIBUTES.get(_local(element), set())
        for name in map(str, element.attrib):
            if not name.startswith("{") and name not in known:
                yield f"{place}: unknown attribute {name}"


def _is_control(character: str) -> bool:
    return (unicodedata.category(character) == "Cc" and character not in "\t\n\r") or character in _BIDI_OVERRIDES


def _advice_on(element: etree._Element) -> Iterator[str]:
    place, name = _place(element), _local(element)
    if name == "source":
        absent = [child for child in ("id", "title", "updated") if not _named(element, child)]
        if absent:
            yield f"{place}: no {', '.join(absent)} (4.2.11)"
    if name == "entry" and not _named(element, "summary") and not _named(element, "content"):
        yield f"{place}: neither summary nor content (4.1.1.1)"
    if name in ("title", "subtitle", "summary", "content") and element.get("src") is None and _is_blank(element):
        yield f"{place}: blank"
    if name == "content" and element.get("src") is not None and element.get("type") is None:
        yield f"{place}: src without type (4.1.3.2)"
    if name == "content" and _is_xml(element.get("type", "")) and (len(_children(element)) > 1 or _stray_text(element)):
        yield f"{place}: XML content should be one element (4.1.3.3)"


# Reading the tree


def _children(element: etree._Element) -> list[etree._Element]:
    """Child elements without comments and processing instructions."""
    return [child for child in element if isinstance(child.tag, str)]


def _named(element: etree._Element, name: str) -> list[etree._Element]:
    return element.findall(f"{_ATOM}{name}")


def _links(element: etree._Element, relation: str) -> list[etree._Element]:
    return [
        link
        for link in _named(element, "link")
        if str(link.get("rel", "alternate")).removeprefix(_RELATION_PREFIX) == relation
    ]


def _string(element: etree._Element) -> str:
    """All text of the element itself, comments left out."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _stray_text(element: etree._Element) -> bool:
    return bool(_string(element).strip())


def _is_blank(element: etree._Element) -> bool:
    return not _children(element) and not _string(element).strip()


def _no_children(element: etree._Element) -> Iterator[str]:
    if _children(element):
        yield f"{_place(element)}: an element inside, where only text may be"


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _place(element: etree._Element) -> str:
    """`feed/entry[2]/link[1]`: the way from the root, numbers where a name is there more than once."""
    parent = element.getparent()
    if parent is None:
        return _local(element)
    alike = [child for child in parent if child.tag == element.tag]
    number = f"[{alike.index(element) + 1}]" if len(alike) > 1 else ""
    return f"{_place(parent)}/{_local(element)}{number}"
