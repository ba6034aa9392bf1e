"""A ninjs document (https://iptc.org/standards/ninjs/), versions 1 to 3 -> its texts.

The versions differ in how they write a name (`versioncreated`, `versionCreated`) and in whether several of a kind are fields
(`body_html`, `body_text`) or a list (`bodies`); read alike, so are mixtures, which agencies send.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aggregator.errors import UnreadableDocument
from aggregator.html import printable
from aggregator.model.fetch import Document
from aggregator.model.parsed import Category, Link, ParsedFeed, Text, TextType, Tombstone
from aggregator.model.source import AgencyName
from aggregator.parse.bounds import MAX_ENTRIES, MAX_LINKS, MAX_TAGS
from aggregator.parse.documents.facts import Facts, known_agency, line_of, names_in
from aggregator.parse.documents.items import Item, Readiness, sort_out
from aggregator.parse.documents.markup import body_of, without_headline
from aggregator.parse.encoding import decode
from aggregator.urls import absolute, is_iri, is_web

MAX_VALUES = 500_000
"""Commas and brackets of a document, of which there are as many as values; each may take 250 bytes."""

_LISTS = ("items", "_items", "newsitems", "results")
_MARKUP = ("html", "html5", "xhtml", "richtext", "richhtml5")
_PLAIN = ("text", "plain")
_Fields = Mapping[str, Any]


def parse_ninjs(document: Document, agencies: tuple[AgencyName, ...]) -> ParsedFeed:
    """The texts of a document that is an item, a list of items, or an object with one.

    Raises UnreadableDocument for JSON that is no ninjs and where nothing in it is to be read.
    """
    decoded = decode(document.body, document.content_type)
    items = [_item(fields, agencies) for fields in _items(_load(decoded.text))]
    return sort_out(document, items, agencies, kind="ninjs", defects=decoded.defects)


def _load(text: str) -> Any:
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise UnreadableDocument(f"JSON of more than {MAX_VALUES} values is refused: no news item has them")
    try:
        return json.loads(text, strict=False, parse_float=str, parse_int=_whole)
    except RecursionError:
        raise UnreadableDocument("JSON nested so deep is refused: no news item is") from None
    except ValueError as error:
        raise UnreadableDocument(f"not JSON that can be read: {error}"[:200]) from error


def _whole(digits: str) -> int | None:
    """A number of more digits than any size has is none; Python needs the square of them and refuses 4,300."""
    return int(digits) if len(digits) < 16 else None


def _items(value: Any) -> list[dict[str, Any]]:
    """Each item with its names in lower case."""
    listed = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None) if _is(value) else None
    values = value if isinstance(value, list) else listed if listed is not None else [value]
    found = [_lowered(one) for one in values[:MAX_ENTRIES] if _is(one)]
    if not any(_is_ninjs(one) for one in found):
        raise UnreadableDocument(
            "JSON, but neither a JSON Feed nor a ninjs item: it has no 'uri' with a headline or body"
        )
    return found


def _is(value: Any) -> bool:
    return isinstance(value, dict)


def _lowered(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in fields.items()}


def _is_ninjs(fields: _Fields) -> bool:
    has_id = isinstance(fields.get("uri") or fields.get("guid"), str)
    return has_id and any(name.startswith(("headline", "bod", "type", "description", "pubstatus")) for name in fields)


def _item(fields: _Fields, agencies: tuple[AgencyName, ...]) -> Item:
    guid = _text(fields, "uri", "guid")
    updated = _text(fields, "versioncreated")
    readiness = Readiness.of(
        kind=_text(fields, "type"),
        status=_text(fields, "pubstatus"),
        embargoed=_text(fields, "embargoed"),
        written=updated or _text(fields, "firstcreated"),
    )
    tombstone = Tombstone(ref=guid, when=updated) if guid and readiness.is_cancelled else None
    return Item(
        facts=_facts(fields, agencies), readiness=readiness, tombstone=tombstone, version=_number(fields, "version")
    )


def _facts(fields: _Fields, agencies: tuple[AgencyName, ...]) -> Facts:
    guid = _text(fields, "uri", "guid")
    headline = line_of(_best(_several(fields, "headline")))
    return Facts(
        headline=headline or line_of(_text(fields, "title", "name")),
        standfirst=line_of(_best(_several(fields, "description"))),
        content=_content(fields, headline),
        guid=guid,
        url=next((one for one in (_text(fields, "url"), _text(fields, "canonicalurl")) if is_web(one)), None),
        published=_published(fields),
        updated=_text(fields, "versioncreated"),
        language=(_text(fields, "language") or "").replace("_", "-") or None,
        authors=_authors(fields),
        agency=_agency(fields, agencies),
        publisher=_publisher(fields),
        dateline=line_of(_text(fields, "dateline")),
        places=tuple(place for place in (line_of(_text(fields, "located")),) if place),
        categories=tuple(_categories(fields)),
        links=tuple(_links(fields)),
        rights=_rights(fields),
        credit_line=line_of(_text(fields, "creditline")),
    )


def _text(fields: _Fields, *names: str) -> str | None:
    """The first of the names that holds a text; an escape may stand for half of a letter, which is none."""
    texts = (printable(value).strip() for name in names if isinstance(value := fields.get(name), str))
    return next((text for text in texts if text), None)


def _several(fields: _Fields, name: str) -> list[tuple[str, str, str]]:
    """(role, type, value) of all of a kind: `headline`, `headline_main`, `headlines: [{role, contentType, value}]`."""
    found = []
    plural = "bodies" if name == "body" else f"{name}s"
    for one in _objects(fields.get(plural)):
        value = _text(one, "value")
        if value:
            found.append(((_text(one, "role") or "").lower(), (_text(one, "contenttype") or "").lower(), value))
    for key in fields:
        if (key == name or key.startswith(f"{name}_")) and (text := _text(fields, key)):
            role = key.removeprefix(name).removeprefix("_")
            found.append((role, _type_of(role, text), text))
    return found


def _type_of(role: str, value: str) -> str:
    if role in _MARKUP:
        return "text/html"
    return "text/plain" if role in _PLAIN else "text/html" if "</" in value else "text/plain"


def _best(found: list[tuple[str, str, str]]) -> str | None:
    """The one that is the main one, or has no role of its own."""
    order = ("main", "", "summary", "text", "html", "medium", "extended")
    ranked = sorted(found, key=lambda one: order.index(one[0]) if one[0] in order else len(order))
    return ranked[0][2] if ranked else None


def _content(fields: _Fields, headline: str | None) -> Text | None:
    """The body in markup, else the plain one; of other formats (an agency's own XML) none."""
    bodies = _several(fields, "body")
    for _, kind, value in bodies:
        if "html" in kind or (not kind and "</" in value):
            return Text(value=without_headline(body_of(value), headline))
    words = next((value for _, kind, value in bodies if kind in ("", "text/plain")), None)
    return Text(value=words, type=TextType.PLAIN) if words else None


def _published(fields: _Fields) -> str | None:
    """When it was first there. The version's own time is that only of a first version."""
    return _text(fields, "firstcreated", "contentcreated", "datecreated", "versioncreated")


def _authors(fields: _Fields) -> tuple[str, ...]:
    line = _text(fields, "byline", "by", "byline_text", "byline_main")
    if line:
        return names_in(line)
    return tuple(name for one in _objects(fields.get("authors")) if (name := line_of(_text(one, "name"))))


def _agency(fields: _Fields, agencies: tuple[AgencyName, ...]) -> str | None:
    """Who the text is from: the information source that says so, else whoever is named as source and is an agency."""
    sources = [*_objects(fields.get("infosources")), *_objects(fields.get("infosource"))]
    told = [one for one in sources if "originator" in (_text(one, "role", "rel") or "").lower()]
    names = [name for one in told for key in ("literal", "name", "code") if (name := _text(one, key))]
    others = [_text(one, key) for one in sources for key in ("literal", "name", "code")]
    own = (_text(fields, "source"), _text(fields, "copyrightholder"))
    return known_agency((*names, *others, *own), agencies) or next(iter(names), None)


def _publisher(fields: _Fields) -> str | None:
    provider = fields.get("provider")
    name = _text(_lowered(provider), "name", "literal") if isinstance(provider, dict) else _text(fields, "provider")
    return line_of(name)


def _rights(fields: _Fields) -> str | None:
    notice = _text(fields, "copyrightnotice", "copyrightholder")
    return line_of(" ".join(part for part in (notice, _text(fields, "usageterms")) if part))


def _categories(fields: _Fields) -> Iterator[Category]:
    for name in ("subjects", "subject", "genres", "genre"):
        for one in list(_objects(fields.get(name)))[:MAX_TAGS]:
            term = line_of(_text(one, "name", "literal", "code", "qcode"))
            scheme = _text(one, "scheme")
            if term:
                yield Category(term=term, scheme=scheme if scheme and is_iri(scheme) else None)
    keywords = fields.get("keywords")
    listed = keywords.split(",") if isinstance(keywords, str) else keywords if isinstance(keywords, list) else []
    for word in listed[:MAX_TAGS]:
        if term := line_of(_text({"keyword": word}, "keyword")):
            yield Category(term=term)


def _links(fields: _Fields) -> Iterator[Link]:
    """The pictures, sounds and films that go with it, each in its largest rendition."""
    taken = 0
    for one in _objects(fields.get("associations")):
        link = _media(one)
        if link and taken < MAX_LINKS:
            taken += 1
            yield link


def _media(item: _Fields) -> Link | None:
    if (_text(item, "type") or "picture") not in ("picture", "graphic", "audio", "video"):
        return None
    renditions = list(_objects(item.get("renditions")))[:MAX_LINKS]
    chosen = max(renditions, key=lambda one: _number(one, "width") or 0, default=None)
    href = absolute(None, _text(chosen, "href")) if chosen else None
    if chosen is None or href is None:
        return None
    return Link(
        href=href,
        rel="enclosure",
        type=_text(chosen, "mimetype", "contenttype") or _text(item, "mimetype", "contenttype"),
        title=line_of(_best(_several(item, "headline"))),
        length=_number(chosen, "sizeinbytes"),
        width=_number(chosen, "width"),
        height=_number(chosen, "height"),
        caption=line_of(_best(_several(item, "description"))),
        credit=line_of(_text(item, "byline", "by", "creditline", "copyrightholder")),
    )


def _number(fields: _Fields, name: str) -> int | None:
    """A size or version, as a number or as a text."""
    value = fields.get(name)
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list; of an object of objects, as version 1 has them, the values."""
    if isinstance(value, dict):
        inside: Iterable[Any] = value.values() if all(_is(one) for one in value.values()) else [value]
    else:
        inside = value if isinstance(value, list) else []
    for one in list(inside)[: 10 * MAX_TAGS]:
        if isinstance(one, dict):
            yield _lowered(one)
