"""A feed document's bytes -> `ParsedFeed`, by feedparser with its traps closed; `bounds` runs it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from xml.sax import SAXParseException

from feedparser.urls import resolve_relative_uris

from aggregator.errors import NotAFeed
from aggregator.model.fetch import Document
from aggregator.model.parsed import (
    Category,
    Defect,
    Entry,
    Link,
    OriginSource,
    ParsedFeed,
    Person,
    Text,
    TextType,
)
from aggregator.parse.bounds import MAX_LINKS, MAX_TAGS, RawFeed, fit, fit_origin, read_feed
from aggregator.parse.encoding import Decoded, decode
from aggregator.parse.items import cut
from aggregator.parse.pace import pace_of
from aggregator.urls import absolute, is_web

_HTML_TITLE = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_LOOKS_LIKE_HTML = re.compile(r"<(?:!doctype\s+html|html|body|head)\b", re.IGNORECASE)
# feedparser takes a picture's caption for the entry's own description, whichever comes first; renamed it is told apart.
_CAPTION = re.compile(r"(</?media:)description\b")
_ENTRY_TAG = re.compile(r"<(/?)(?:\w+:)?(?:item|entry)\b")
# A value that is no whole address, if it is one, and the attributes that hold one.
_NOT_WHOLE = re.compile(r"=\s*+[\"']?+\s*+(?!https?://|mailto:|tel:)", re.IGNORECASE)
_ADDRESSES = (
    "action",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "href",
    "longdesc",
    "poster",
    "profile",
    "src",
    "usemap",
)

# feedparser's dictionaries hold whatever the document held.
_Raw = Mapping[str, Any]


class ManyNew(Exception):
    """More of the document's items are new than were to be read, or they cannot be told apart."""


def parse_feed(
    document: Document, url: str | None, known: frozenset[bytes] = frozenset(), at_most_new: int | None = None
) -> ParsedFeed:
    """The feed in the document; `url` is the base of its relative links.

    Items whose digest is known are not read, if the rest can be read as if they were.
    Raises ManyNew, before anything is parsed, where that would be more than `at_most_new`.
    Raises NotAFeed if no format is recognised. A bad entry is left out and counted in `defects`; the others stay.
    """
    decoded = decode(document.body, document.content_type)
    pieces = cut(decoded.text, url)
    if at_most_new is not None and (pieces is None or sum(one not in known for one in pieces.digests) > at_most_new):
        raise ManyNew
    if pieces and not known.isdisjoint(pieces.digests):
        fresh = tuple(digest for digest in pieces.digests if digest not in known)
        parsed = _parse(document, replace(decoded, text=pieces.without(known)), url, fresh)
        # A defect may be that of an item left out as well; without one each item became an entry.
        if parsed.items == fresh and len(parsed.entries) == len(fresh) and parsed.defects == decoded.defects:
            return replace(parsed, left_out=tuple(digest for digest in pieces.digests if digest in known))
    return _parse(document, decoded, url, pieces.digests if pieces else ())


def _parse(document: Document, decoded: Decoded, url: str | None, items: tuple[bytes, ...]) -> ParsedFeed:
    """The feed in the text; `items` are the digests of its items, kept where each became an entry."""
    # Addresses are made whole below where it is needed: half of feedparser's time, though nearly every feed writes whole ones.
    raw = read_feed(_CAPTION.sub(r"\1caption", decoded.text), url)
    if not raw.version and not raw.entries:
        raise NotAFeed(_what_it_is(decoded.text))
    entries, bad = _entries(raw, url, is_cut=raw.error is not None and raw.is_whole and _is_cut(raw.text))
    fitted, too_long = fit(entries)
    defects = [*decoded.defects, *_malformed(raw), *raw.defects]
    defects += [Defect(kind="entry", detail=f"entry left out: {why}", count=count) for why, count in bad.items()]
    if len(entries) != len(items) or raw.error or raw.defects or bad or too_long or not raw.version:
        items = ()
    return ParsedFeed(
        document=document.key,
        head=fit_origin(_origin(raw.feed, url)),
        language=_string(raw.feed, "language"),
        entries=fitted,
        defects=(*defects, *too_long),
        format=raw.version or "unknown",
        items=items,
        pace=pace_of(decoded.text),
        hub=_hub(raw.feed, url),
    )


def _entries(raw: RawFeed, url: str | None, *, is_cut: bool) -> tuple[list[Entry], Counter[str]]:
    """The entries, and how many were left out for which reason.

    The last entry of a document that breaks off goes: it may lack its guid, and would come again under another key.
    """
    entries: list[Entry] = []
    bad: Counter[str] = Counter()
    for raw_entry in raw.entries[: -1 if is_cut else None]:
        try:
            entry = _entry(raw_entry, url)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            bad[f"{type(error).__name__}: {error}"[:200]] += 1
            continue
        if entry.guid or entry.link or entry.title or entry.summary or entry.content:
            entries.append(entry)
        else:
            bad["nothing in it"] += 1
    if is_cut:
        bad["the document breaks off inside it"] += 1
    return entries, bad


def _is_cut(text: str) -> bool:
    """Whether the last entry that begins does not end."""
    return [tag.group(1) for tag in _ENTRY_TAG.finditer(text)][-1:] == [""]


def _what_it_is(text: str) -> str:
    head = text[:5000]
    if not text.strip():
        return "an empty document"
    if _LOOKS_LIKE_HTML.search(head):
        title = _HTML_TITLE.search(head)
        named = f" titled '{' '.join(title.group(1).split())}'" if title else ""
        return f"an HTML page{named}, not a feed"
    if head.lstrip().startswith(("{", "[")):
        return "JSON, not a feed in XML"
    return f"not a feed: begins '{' '.join(head.split())[:60]}'"


def _malformed(raw: RawFeed) -> Iterable[Defect]:
    if isinstance(raw.error, SAXParseException):
        message = " ".join(raw.error.getMessage().split())
        yield Defect(
            kind="malformed",
            detail=f"not well-formed at line {raw.error.getLineNumber()} ({message}); {len(raw.entries)} entries read",
        )


def _entry(raw: _Raw, base: str | None) -> Entry:
    summary, content = _texts(raw)
    return Entry(
        guid=_string(raw, "id"),
        link=absolute(base, _string(raw, "link")),
        title=_text(raw.get("title_detail")),
        summary=summary,
        content=content,
        published=_string(raw, "published") or _string(raw, "created"),
        updated=_string(raw, "updated"),
        authors=_people(raw.get("authors", ())),
        categories=_categories(raw),
        links=_links(raw, base),
        rights=_string(raw, "rights"),
        language=_language(raw),
        origin=_nested_source(raw, base),
    )


def _texts(raw: _Raw) -> tuple[Text | None, Text | None]:
    """(summary, content): the longest body; a caption only where the entry has no text of its own, as with films."""
    bodies = sorted((text for text in map(_text, raw.get("content", ())) if text), key=lambda text: -len(text.value))
    content = bodies[0] if bodies else None
    summary = _text(raw.get("summary_detail"))
    if summary and content and summary.value.strip() == content.value.strip():
        summary = None
    caption = _string(raw, "media_caption")
    if caption and not (summary or content):
        summary = Text(value=caption, type=TextType.HTML if "</" in caption else TextType.PLAIN)
    return summary, content


def _text(detail: _Raw | None) -> Text | None:
    if not detail or not str(detail.get("value") or "").strip():
        return None
    value = str(detail["value"])
    if detail.get("type") != "text/plain" and _has_relative(value):
        value = str(resolve_relative_uris(value, detail.get("base") or "", "utf-8", detail.get("type")))
    return Text(
        value=value,
        type=TextType.PLAIN if detail.get("type") == "text/plain" else TextType.HTML,
        language=detail.get("language") or None,
    )


def _has_relative(markup: str) -> bool:
    """Whether an attribute may hold an address that is not whole."""
    return any(
        markup[max(value.start() - 20, 0) : value.start()].rstrip().lower().endswith(_ADDRESSES)
        for value in _NOT_WHOLE.finditer(markup)
    )


def _string(raw: _Raw, name: str) -> str | None:
    """`dict.get`, because feedparser's own `get` answers "updated" with "published" and a warning."""
    value = dict.get(raw, name) if isinstance(raw, dict) else None
    return value.strip() or None if isinstance(value, str) else None


def _people(raw: Iterable[_Raw]) -> tuple[Person, ...]:
    people: list[Person] = []
    for person in list(raw)[:MAX_TAGS]:
        name, email = person.get("name"), person.get("email")
        if email and any(earlier.email == email for earlier in people):
            email = None  # feedparser gives the address of one author to the next who has none
        if name or email:
            uri = person.get("href")
            people.append(Person(name=str(name or email), email=email, uri=uri if is_web(uri) else None))
    return tuple(dict.fromkeys(people))


def _categories(raw: _Raw) -> tuple[Category, ...]:
    tags = [tag for tag in raw.get("tags", ()) if (tag.get("term") or "").strip()][:MAX_TAGS]
    return tuple(
        dict.fromkeys(
            Category(term=tag["term"].strip(), scheme=tag.get("scheme") or None, label=tag.get("label") or None)
            for tag in tags
        )
    )


def _links(raw: _Raw, base: str | None) -> tuple[Link, ...]:
    """Links but the entry's own page; read here because `enclosures` is missing on entries that have no link."""
    links = []
    for link in raw.get("links", ())[:MAX_LINKS]:
        href = absolute(base, link.get("href"))
        if href and link.get("rel") in ("enclosure", "related", "via"):
            length = str(link.get("length") or "")
            links.append(
                Link(
                    href=href,
                    rel=link["rel"],
                    type=link.get("type") or None,
                    title=link.get("title") or None,
                    length=int(length) if length.isdecimal() and len(length) < 16 else None,
                )
            )
    return tuple(dict.fromkeys(links))


def _language(raw: _Raw) -> str | None:
    """An entry's `xml:lang`; feedparser shows it on its text constructs only."""
    details = [raw.get("title_detail"), *raw.get("content", ()), raw.get("summary_detail")]
    return next((str(detail["language"]) for detail in details if detail and detail.get("language")), None)


def _nested_source(raw: _Raw, base: str | None) -> OriginSource | None:
    """The entry's `atom:source`, or RSS 2.0 `source` (a title and the feed's address)."""
    source = raw.get("source")
    if not source:
        return None
    origin = _origin(source, base, link_self=absolute(base, _string(source, "href")))
    return origin if origin.id or origin.link_self or origin.link_alternate else None


def _hub(raw: _Raw, base: str | None) -> str | None:
    """The first hub that the document names (WebSub 4)."""
    return next((absolute(base, link.get("href")) for link in raw.get("links", ()) if link.get("rel") == "hub"), None)


def _origin(raw: _Raw, base: str | None, link_self: str | None = None) -> OriginSource:
    by_rel = {link.get("rel"): link.get("href") for link in reversed(raw.get("links", ()))}
    title = _text(raw.get("title_detail"))
    author = _people([raw["author_detail"]]) if raw.get("author_detail") else ()
    return OriginSource(
        id=_string(raw, "id"),
        title=title.value if title else _string(raw, "title"),
        updated=_string(raw, "updated") or _string(raw, "published"),
        link_self=absolute(base, by_rel.get("self")) or link_self,
        link_alternate=absolute(base, by_rel.get("alternate") or _string(raw, "link")),
        rights=_string(raw, "rights"),
        author=author[0] if author else None,
    )
