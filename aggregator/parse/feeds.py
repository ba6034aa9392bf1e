"""A feed document's bytes -> `ParsedFeed`, by feedparser with its traps closed."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import feedparser

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
from aggregator.parse.encoding import decode
from aggregator.urls import absolute, is_web

_HTML_TITLE = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_LOOKS_LIKE_HTML = re.compile(r"<(?:!doctype\s+html|html|body|head)\b", re.IGNORECASE)
# feedparser takes a picture's caption for the entry's own description, whichever comes first; renamed it is told apart.
_CAPTION = re.compile(r"(</?media:)description\b")
# feedparser's own pattern ends a domain after four letters: "desk@paper.press" is cut, its rest becomes the name.
_EMAIL = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-zA-Z]{2,63}")
_ENTRY_TAG = re.compile(r"<(/?)(?:\w+:)?(?:item|entry)\b")
# More than any real entry has.
_MAX_TAGS = 100
_MAX_LINKS = 50

# feedparser's dictionaries hold whatever the document held.
_Raw = Mapping[str, Any]


def parse_feed(document: Document, url: str | None) -> ParsedFeed:
    """The feed in the document; `url` is the base of its relative links.

    Raises NotAFeed if no format is recognised. A bad entry is left out and counted in `defects`; the others stay.
    """
    decoded = decode(document.body, document.content_type)
    raw = feedparser.parse(
        io.BytesIO(_CAPTION.sub(r"\1caption", decoded.text).encode("utf-8", "replace")),
        response_headers={"content-location": url or "", "content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=True,
    )
    if not raw.version and not raw.entries:
        raise NotAFeed(_what_it_is(decoded.text))
    entries, bad = _entries(raw, url, is_cut=raw.bozo and _is_cut(decoded.text))
    defects = [*decoded.defects, *_malformed(raw)]
    defects += [Defect(kind="entry", detail=f"entry left out: {why}", count=count) for why, count in bad.items()]
    return ParsedFeed(
        document=document.key,
        head=_origin(raw.feed, url),
        language=_string(raw.feed, "language"),
        entries=tuple(entries),
        defects=tuple(defects),
        format=raw.version or "unknown",
    )


def _entries(raw: Any, url: str | None, *, is_cut: bool) -> tuple[list[Entry], Counter[str]]:
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


def _malformed(raw: Any) -> Iterable[Defect]:
    """`bozo` alone is not broken: only a parser error is (a label that differs is told by `encoding`)."""
    error = raw.get("bozo_exception")
    if raw.bozo and error is not None and hasattr(error, "getLineNumber"):
        message = " ".join(str(error.getMessage()).split())
        yield Defect(
            kind="malformed",
            detail=f"not well-formed at line {error.getLineNumber()} ({message}); {len(raw.entries)} entries read",
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
        authors=_people(raw.get("authors", ()), printed=_string(raw, "author")),
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
    return Text(
        value=str(detail["value"]),
        type=TextType.PLAIN if detail.get("type") == "text/plain" else TextType.HTML,
        language=detail.get("language") or None,
    )


def _string(raw: _Raw, name: str) -> str | None:
    """`dict.get`, because feedparser's own `get` answers "updated" with "published" and a warning."""
    value = dict.get(raw, name) if isinstance(raw, dict) else None
    return value.strip() or None if isinstance(value, str) else None


def _people(raw: Iterable[_Raw], *, printed: str | None) -> tuple[Person, ...]:
    """`printed` is the text of the last one's element, where the format has only text."""
    people: list[Person] = []
    for person in list(raw)[:_MAX_TAGS]:
        name, email = person.get("name"), person.get("email")
        whole = _EMAIL.search(printed or "")
        if email and any((earlier.email or "").startswith(email) for earlier in people):
            email = None  # feedparser gives the address of one author to the next who has none
        elif email and whole and whole.group().startswith(email) and whole.group() != email:
            email, name = whole.group(), str(printed).replace(whole.group(), "").strip(" ()<>")
        if name or email:
            uri = person.get("href")
            people.append(Person(name=str(name or email), email=email, uri=uri if is_web(uri) else None))
    return tuple(dict.fromkeys(people))


def _categories(raw: _Raw) -> tuple[Category, ...]:
    tags = [tag for tag in raw.get("tags", ()) if (tag.get("term") or "").strip()][:_MAX_TAGS]
    return tuple(
        dict.fromkeys(
            Category(term=tag["term"].strip(), scheme=tag.get("scheme") or None, label=tag.get("label") or None)
            for tag in tags
        )
    )


def _links(raw: _Raw, base: str | None) -> tuple[Link, ...]:
    """Links but the entry's own page; read here because `enclosures` is missing on entries that have no link."""
    links = []
    for link in raw.get("links", ())[:_MAX_LINKS]:
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


def _origin(raw: _Raw, base: str | None, link_self: str | None = None) -> OriginSource:
    by_rel = {link.get("rel"): link.get("href") for link in reversed(raw.get("links", ()))}
    title = _text(raw.get("title_detail"))
    author = _people([raw["author_detail"]], printed=_string(raw, "author")) if raw.get("author_detail") else ()
    return OriginSource(
        id=_string(raw, "id"),
        title=title.value if title else _string(raw, "title"),
        updated=_string(raw, "updated") or _string(raw, "published"),
        link_self=absolute(base, by_rel.get("self")) or link_self,
        link_alternate=absolute(base, by_rel.get("alternate") or _string(raw, "link")),
        rights=_string(raw, "rights"),
        author=author[0] if author else None,
    )
