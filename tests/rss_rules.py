"""An RSS 2.0 document -> what in it breaks RSS 2.0.11 and the RSS Board's profile, written from these.

`problems` are what a validator calls errors; `advice` is what it warns of: recommendations of the profile, two ways of saying
one thing, markup where readers show plain text. The modules are looked at as far as we use them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

from lxml import etree

from tests.atom_rules import _DATE, _LANGUAGE, _MEDIA_TYPE, _is_control, _is_iri
from tests.validator_rules import warnings

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_XML = "{http://www.w3.org/XML/1998/namespace}"

# (least, most) of each child without a namespace.
_CHANNEL = {
    "title": (1, 1), "link": (1, 1), "description": (1, 1), "language": (0, 1), "copyright": (0, 1),
    "managingEditor": (0, 1), "webMaster": (0, 1), "pubDate": (0, 1), "lastBuildDate": (0, 1), "category": (0, None),
    "generator": (0, 1), "docs": (0, 1), "cloud": (0, 1), "ttl": (0, 1), "image": (0, 1), "rating": (0, 1),
    "textInput": (0, 1), "skipHours": (0, 1), "skipDays": (0, 1), "item": (0, None),
}  # fmt: skip
_ITEM = {
    "title": (0, 1), "link": (0, 1), "description": (0, 1), "author": (0, 1), "category": (0, None), "comments": (0, 1),
    "enclosure": (0, None), "guid": (0, 1), "pubDate": (0, 1), "source": (0, 1),
}  # fmt: skip
# Attributes without a namespace.
_ATTRIBUTES = {
    "category": {"domain"}, "enclosure": {"url", "length", "type"}, "guid": {"isPermaLink"}, "source": {"url"},
    "cloud": {"domain", "port", "path", "registerProcedure", "protocol"},
}  # fmt: skip
_CORE = frozenset(_CHANNEL) | frozenset(_ITEM)
# Of the modules that we use what may stand in a channel or an item, and what of it once only.
_KNOWN = {
    _DC: {
        "contributor", "coverage", "creator", "date", "description", "format", "identifier", "language", "publisher",
        "relation", "rights", "source", "subject", "title", "type",
    },
    _CONTENT: {"encoded", "items"},
    _MEDIA: {
        "adult", "category", "content", "copyright", "credit", "description", "group", "hash", "keywords", "player", "rating",
        "restriction", "text", "thumbnail", "title",
    },
}  # fmt: skip
_ONCE = frozenset(
    (f"{_CONTENT}encoded", f"{_DC}date", f"{_DC}language", f"{_DC}rights", f"{_DC}title", f"{_DC}description",
     f"{_DC}source", f"{_MEDIA}title", f"{_MEDIA}description", f"{_MEDIA}copyright", f"{_ATOM}updated", f"{_ATOM}id")
)  # fmt: skip
# Atom's own elements, where they may stand (as the W3C's validator has it).
_ATOM_IN = {
    "channel": {"author", "category", "contributor", "generator", "icon", "id", "link", "logo", "rights", "subtitle", "title", "updated"},
    "item": {"author", "content", "contributor", "id", "link", "published", "summary", "title", "updated"},
}  # fmt: skip
_RFC822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" \d\d:\d\d(?::\d\d)? (?:GMT|UT|[+-]\d\d[03]0|[ECMP][SD]T)"
)
_PUBLIC = re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?(?:/|$)", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+(?: \([^()]+\))?")


def problems(document: bytes) -> tuple[str, ...]:
    """What must not be so; empty for a valid document."""
    try:
        root = _parsed(document)
    except etree.XMLSyntaxError as error:
        return (f"not well-formed: {error}",)
    if root.tag != "rss" or root.get("version") != "2.0":
        return (f"the root is {root.tag} of version {root.get('version')}, not rss 2.0",)
    channels = root.findall("channel")
    if len(channels) != 1:
        return (f"{len(channels)} channels",)
    return (*_everywhere(root), *_children(channels[0], _CHANNEL), *_channel(channels[0]))


def advice(document: bytes) -> tuple[str, ...]:
    """What should be otherwise though it is no mistake; for documents that have no problems."""
    (channel,) = _parsed(document).findall("channel")
    found = (
        [] if any(one.get("rel") == "self" for one in channel.iterfind(f"{_ATOM}link")) else ["channel: no self link"]
    )
    found += ["channel: no language"] if channel.find("language") is None else []
    found += _said_twice(
        channel,
        {
            "language": f"{_DC}language",
            "pubDate": f"{_DC}date",
            "copyright": f"{_DC}rights",
            "managingEditor": f"{_DC}creator",
            "webMaster": f"{_DC}publisher",
            "lastBuildDate": "{http://purl.org/dc/terms/}modified",
        },
    )
    last_item = -1
    for place, child in enumerate(channel):
        if child.tag == "item":
            last_item = place
        elif last_item >= 0 and not str(child.tag).startswith("{"):
            found.append(f"channel: {child.tag} behind the first item")
    for number, item in enumerate(channel.iterfind("item"), 1):
        found += [f"item[{number}]: {one}" for one in _item_advice(item)]
    return (*found, *warnings(document))


def _parsed(document: bytes) -> etree._Element:
    return etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _said_twice(element: etree._Element, pairs: dict[str, str]) -> list[str]:
    return [
        f"{element.tag}: both {core} and {extension}"
        for core, extension in pairs.items()
        if element.find(core) is not None and element.find(extension) is not None
    ]


_TWICE = {
    "guid": f"{_ATOM}id", "pubDate": f"{_DC}date", "author": f"{_DC}creator", "category": f"{_DC}subject",
    "source": f"{_DC}source",
}  # fmt: skip


def _item_advice(item: etree._Element) -> Iterator[str]:
    yield from _said_twice(item, _TWICE)
    if item.find("pubDate") is not None and item.find(f"{_ATOM}published") is not None:
        yield "both pubDate and atom:published"
    if item.find("guid") is None:
        yield "no guid"
    if len(item.findall("enclosure")) > 1:
        yield "more than one enclosure"
    names = [str(child.tag) for child in item]
    if f"{_CONTENT}encoded" in names and "description" not in names[: names.index(f"{_CONTENT}encoded")]:
        yield "content:encoded without a description before it"


def _channel(channel: etree._Element) -> Iterator[str]:
    guids = Counter(guid.text for guid in channel.iterfind("item/guid"))
    yield from (f"{count} items have the guid {value}" for value, count in guids.items() if count > 1)
    for item in channel.iterfind("item"):
        yield from _children(item, _ITEM)
        if item.find("title") is None and item.find("description") is None:
            yield f"{_place(item)}: neither title nor description"


def _children(element: etree._Element, grammar: dict[str, tuple[int, int | None]]) -> Iterator[str]:
    place = _place(element)
    children = [child for child in element if isinstance(child.tag, str)]
    counts = Counter(str(child.tag) for child in children)
    yield from (f"{place}: {counts[name]} {etree.QName(name).localname}" for name in sorted(_ONCE) if counts[name] > 1)
    if any(text.strip() for text in (element.text or "", *(child.tail or "" for child in element))):
        yield f"{place}: text between the elements"
    for name, (least, most) in grammar.items():
        if counts[name] < least or (most is not None and counts[name] > most):
            yield f"{place}: {counts[name]} {name}"
    for child in children:
        name = str(child.tag)
        yield from _unknown(child, place)
        if name.startswith(_ATOM) and name.removeprefix(_ATOM) not in _ATOM_IN[str(element.tag)]:
            yield f"{place}: atom:{name.removeprefix(_ATOM)} has no place in {element.tag}"
        if not name.startswith("{") and name not in grammar:
            yield f"{place}: {name} has no place in {element.tag}"
        elif name in _CHECKS:
            yield from _CHECKS[name](child)


def _unknown(element: etree._Element, place: str) -> Iterator[str]:
    """What a module that we use does not have, and attributes that RSS does not have."""
    name = str(element.tag)
    for module, names in _KNOWN.items():
        if name.startswith(module) and name.removeprefix(module).partition(".")[0] not in names:
            yield f"{place}: {name} has no place anywhere"
    if name in _CORE:
        for attribute in map(str, element.attrib):
            if not attribute.startswith("{") and attribute not in _ATTRIBUTES.get(name, ()):
                yield f"{_place(element)}: unknown attribute {attribute}"


def _date(element: etree._Element) -> Iterator[str]:
    text = element.text or ""
    try:
        is_date = bool(_RFC822.fullmatch(text)) and parsedate_to_datetime(text) is not None
        is_day = text[3:4] != "," or parsedate_to_datetime(text).strftime("%a") == text[:3]
    except ValueError:
        is_date = is_day = False
    if not (is_date and is_day):
        yield f"{_place(element)}: {text!r} is no RFC 822 date"


def _instant(element: etree._Element) -> Iterator[str]:
    if not _DATE.fullmatch(element.text or ""):
        yield f"{_place(element)}: {element.text!r} is no RFC 3339 date-time"


def _uri(value: str | None, place: str, *, is_web: bool = False) -> Iterator[str]:
    if not value or not value.isascii() or not _is_iri(value, is_absolute=True):
        yield f"{place}: {value!r} is no URI"
    elif is_web and not value.lower().startswith(("http://", "https://")):
        yield f"{place}: {value!r} is no web address"


def _link(element: etree._Element) -> Iterator[str]:
    yield from _uri(element.text, _place(element))


def _atom_link(element: etree._Element) -> Iterator[str]:
    if not element.get("href") or not _is_iri(str(element.get("href")), is_absolute=True):
        yield f"{_place(element)}: href {element.get('href')!r}"
    if element.get("type") is not None and not _MEDIA_TYPE.fullmatch(str(element.get("type"))):
        yield f"{_place(element)}: type {element.get('type')!r}"


def _guid(element: etree._Element) -> Iterator[str]:
    text, permanent = element.text or "", element.get("isPermaLink", "true")
    if permanent not in ("true", "false"):
        yield f"{_place(element)}: isPermaLink {permanent!r}"
    if permanent == "true":
        yield from _uri(text, _place(element), is_web=True)
    if not text.strip():
        yield f"{_place(element)}: blank"
    if permanent == "false" and text.isdigit() and len(text) < 9:
        yield f"{_place(element)}: {text} is hardly unique"


def _enclosure(element: etree._Element) -> Iterator[str]:
    place, url = _place(element), element.get("url")
    yield from _uri(url, place, is_web=True)
    if not _PUBLIC.match(url or ""):
        yield f"{place}: {url!r} has no host with a domain"
    if not (element.get("length") or "").isdigit():
        yield f"{place}: length {element.get('length')!r}"
    if not _MEDIA_TYPE.fullmatch(element.get("type") or ""):
        yield f"{place}: type {element.get('type')!r}"


def _media(element: etree._Element) -> Iterator[str]:
    place = _place(element)
    yield from _uri(element.get("url"), place)
    if element.get("type") is not None and not _MEDIA_TYPE.fullmatch(str(element.get("type"))):
        yield f"{place}: type {element.get('type')!r}"
    for name in ("fileSize", "width", "height"):
        if element.get(name) is not None and not str(element.get(name)).isdigit():
            yield f"{place}: {name} {element.get(name)!r}"
    if element.get("medium", "image") not in ("image", "audio", "video", "document", "executable"):
        yield f"{place}: medium {element.get('medium')!r}"


def _source(element: etree._Element) -> Iterator[str]:
    yield from _uri(element.get("url"), _place(element))


def _mail(element: etree._Element) -> Iterator[str]:
    if not _MAIL.fullmatch(element.text or ""):
        yield f"{_place(element)}: {element.text!r} is no mail address"


def _language(element: etree._Element) -> Iterator[str]:
    if not _LANGUAGE.fullmatch(element.text or ""):
        yield f"{_place(element)}: {element.text!r} is no language"


def _not_blank(element: etree._Element) -> Iterator[str]:
    if not (element.text or "").strip():
        yield f"{_place(element)}: blank"


_CHECKS: dict[str, Callable[[etree._Element], Iterator[str]]] = {
    "title": _not_blank, "link": _link, "docs": _link, "comments": _link, "guid": _guid, "pubDate": _date,
    "lastBuildDate": _date, "enclosure": _enclosure, "source": _source, "author": _mail, "managingEditor": _mail,
    "webMaster": _mail, "language": _language, "category": _not_blank, f"{_DC}language": _language,
    f"{_DC}creator": _not_blank, f"{_ATOM}updated": _instant, f"{_ATOM}link": _atom_link,
    f"{_MEDIA}content": _media, f"{_MEDIA}thumbnail": _media,
}  # fmt: skip


def _everywhere(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        language = element.get(f"{_XML}lang")
        if language and not _LANGUAGE.fullmatch(language):
            yield f"{_place(element)}: xml:lang {language!r}"
        for value in (element.text or "", *map(str, element.attrib.values())):
            if any(map(_is_control, value)):
                yield f"{_place(element)}: a control character"


def _place(element: etree._Element) -> str:
    parent = element.getparent()
    name = str(etree.QName(element).localname)
    if parent is None or element.tag != "item":
        return name if parent is None or parent.tag != "item" else f"{_place(parent)}/{name}"
    return f"item[{parent.findall('item').index(element) + 1}]"
