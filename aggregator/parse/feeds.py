"""A feed document's bytes -> `ParsedFeed`, by feedparser with its traps closed; `bounds` runs it."""

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from xml.sax import SAXParseException

from feedparser.urls import resolve_relative_uris

from aggregator.errors import NotAFeed
from aggregator.html import with_lazy_images
from aggregator.model.fetch import Document
from aggregator.model.parsed import (
    Category,
    Defect,
    Entry,
    OriginSource,
    ParsedFeed,
    Person,
    Text,
    TextType,
)
from aggregator.parse.bounds import MAX_ENTRIES, MAX_LINKS, MAX_TAGS, RawFeed, fit, fit_origin, read_feed
from aggregator.parse.encoding import Decoded, decode
from aggregator.parse.items import Cut, cut
from aggregator.parse.media import all_of, links_of, one_of, people_found, relays, tombstones
from aggregator.parse.mojibake import mended
from aggregator.parse.pace import pace_of
from aggregator.urls import absolute, host_of

_HTML_TITLE = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_LOOKS_LIKE_HTML = re.compile(r"<(?:!doctype\s+html|html|body|head)\b", re.IGNORECASE)
_ENTRY_TAG = re.compile(r"<(/?)(?:\w+:)?(?:item|entry)\b")
# What most of it begins with, escaped: the leads of Latin, Cyrillic, Arabic and of punctuation.
_ESCAPED_LEAD = re.compile(r"&(?:acirc|Atilde|ETH|Ntilde|Oslash|Ugrave|#(?:226|195|208|209|216|217));&")
# The root of the Channel Definition Format of 1997, and of RSS 1.1.
_CHANNEL = re.compile(r"(?:\s++|<!--.*?-->)*+<channel\b[^<>]{0,2000}", re.IGNORECASE | re.DOTALL)
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
_Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Where relative links in the texts of an entry start."""

    url: str | None
    """The document's address."""
    link: str | None = None
    """The entry's own page."""
    site: str | None = None
    """The feed's page."""

    def of(self, stated: str | None) -> str | None:
        """The `xml:base` in force; where there is none, the entry's own page, unless that is somewhere else than the feed's site,
        as with the redirects of hosted feeds and with links to what others wrote.
        """
        if stated and stated != self.url:
            return stated
        if self.link and self.site and host_of(self.link) != host_of(self.site):
            return self.site
        return self.link or self.site or self.url


class ManyNew(Exception):
    """More of the document is new than was to be read, or its items cannot be told apart."""


MOST_NEW = 65_536
"""Characters: what is read where few items are new. The costliest document of this size that is known takes 0.4 s of CPU, one
of a megabyte 5 (tests/test_megabyte.py)."""


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
    if at_most_new is not None and (pieces is None or _is_much(pieces, known, at_most_new)):
        raise ManyNew
    if pieces and not known.isdisjoint(pieces.digests):
        fresh = tuple(digest for digest in pieces.digests if digest not in known)
        parsed = _parse(document, replace(decoded, text=pieces.without(known)), url, fresh)
        # A defect may be that of an item left out as well; without one each item became an entry.
        if parsed.items == fresh and len(parsed.entries) == len(fresh) and parsed.defects == decoded.defects:
            return replace(parsed, left_out=tuple(digest for digest in pieces.digests if digest in known))
    return _parse(document, decoded, url, pieces.digests if pieces else ())


def _is_much(pieces: Cut, known: frozenset[bytes], at_most_new: int) -> bool:
    """An item can be a megabyte, and so can what stands around the items: few are not always quickly read."""
    is_many = sum(one not in known for one in pieces.digests) > at_most_new
    return is_many or len(pieces.without(known)) > MOST_NEW


def _parse(document: Document, decoded: Decoded, url: str | None, items: tuple[bytes, ...]) -> ParsedFeed:
    """The feed in the text; `items` are the digests of its items, kept where each became an entry."""
    # Addresses are made whole below where it is needed: half of feedparser's time, though nearly every feed writes whole ones.
    raw = read_feed(decoded.text, url)
    version = raw.version or _unnamed_version(raw.text)
    if not version and not raw.entries:
        raise NotAFeed(_what_it_is(decoded.text))
    head = _origin(raw.feed, url)
    entries, bad = _entries(
        raw, url, head.link_alternate, is_cut=raw.error is not None and raw.is_whole and _is_cut(raw.text)
    )
    entries, scrambled = _mended_entries(entries)
    fitted, too_long = fit(entries)
    defects = [*decoded.defects, *_malformed(raw), *raw.defects, *scrambled]
    defects += [Defect(kind="entry", detail=f"entry left out: {why}", count=count) for why, count in bad.items()]
    if len(entries) != len(items) or raw.error or raw.defects or scrambled or bad or too_long or not version:
        items = ()
    return ParsedFeed(
        document=document.key,
        head=fit_origin(head),
        language=_string(raw.feed, "language"),
        entries=fitted,
        defects=(*defects, *too_long),
        format=version or "unknown",
        items=items,
        pace=pace_of(decoded.text),
        hub=_hub(raw.feed, url),
        deleted=tombstones(raw.feed, MAX_ENTRIES),
    )


def _unnamed_version(text: str) -> str:
    """The format of what feedparser reads without saying what it is; empty for none."""
    channel = _CHANNEL.match(text)
    return "" if channel is None else "rss11" if "purl.org/net/rss1.1#" in channel[0] else "cdf"


def _entries(raw: RawFeed, url: str | None, site: str | None, *, is_cut: bool) -> tuple[list[Entry], Counter[str]]:
    """The entries, and how many were left out for which reason.

    The last entry of a document that breaks off goes: it may lack its guid, and would come again under another key.
    """
    entries: list[Entry] = []
    bad: Counter[str] = Counter()
    for raw_entry in raw.entries[: -1 if is_cut else None]:
        try:
            entry = _entry(raw_entry, url, site)
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


def _mended_entries(entries: list[Entry]) -> tuple[list[Entry], list[Defect]]:
    """The entries with mojibake mended where it is certain, and how many have it."""
    counts: Counter[str] = Counter()
    meant = [_mended_entry(entry, counts) for entry in entries]
    return meant, [Defect(kind="mojibake", detail=detail, count=count) for detail, count in counts.items()]


def _mended_entry(entry: Entry, counts: Counter[str]) -> Entry:
    texts = (entry.title, entry.summary, entry.content)
    if all(text is None or (text.value.isascii() and "&" not in text.value) for text in texts):
        return entry
    meant = tuple(_mended_text(text, counts) if text else None for text in texts)
    return entry if meant == texts else replace(entry, title=meant[0], summary=meant[1], content=meant[2])


def _mended_text(text: Text, counts: Counter[str]) -> Text:
    value = text.value
    if value.isascii():
        if not _ESCAPED_LEAD.search(value):
            return text
        value = html.unescape(value)  # "&acirc;&euro;&trade;"
    meant = mended(value)
    if meant == value:
        return text
    if meant is None:
        counts["a text looks like UTF-8 that was read in another charset; it is kept as it came"] += 1
        return text
    counts["a text that is UTF-8 read in another charset was read right"] += 1
    return replace(text, value=meant if value == text.value else html.escape(meant, quote=False))


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


def _entry(raw: _Raw, url: str | None, site: str | None) -> Entry:
    link = absolute(url, _link(raw))
    base = _Base(url=url, link=link, site=site)
    summary, content = _texts(raw, base)
    return Entry(
        guid=_string(raw, "id"),
        link=link,
        title=_title(raw, base),
        summary=summary,
        content=content,
        published=_string(raw, "published") or _string(raw, "created"),
        updated=_string(raw, "updated"),
        authors=_people(all_of(raw, "authors"), people_found(raw, url), base=url),
        categories=_categories(raw),
        links=links_of(raw, url, MAX_LINKS),
        rights=_string(raw, "rights"),
        language=_string(raw, "language") or _language(raw),
        origin=_nested_source(raw, url),
        relays=relays(raw),
        tells_copies=dict.get(raw, "copies_found") is True,
    )


def _link(raw: _Raw) -> str | None:
    """The entry's own page. feedparser takes the text of any link for it, of an enclosure too."""
    link, links = _string(raw, "link"), all_of(raw, "links")
    if len(links) > 1 and link not in (pages := [one.get("href") for one in links if one.get("rel") == "alternate"]):
        return next(filter(None, pages), link)
    return link


def _title(raw: _Raw, base: _Base) -> Text | None:
    """The entry's own title, else that of its film."""
    title = _text(one_of(raw, "title_detail"), base)
    named = _string(raw, "media_title") if title is None else None
    return Text(value=named, type=TextType.PLAIN) if named else title


def _texts(raw: _Raw, base: _Base) -> tuple[Text | None, Text | None]:
    """(summary, content): the longest body; a caption only where the entry has no text of its own, as with films."""
    found = (text for detail in all_of(raw, "content") if (text := _text(detail, base)))
    content = max(found, key=lambda text: len(text.value), default=None)
    summary = _text(one_of(raw, "summary_detail"), base)
    if summary and content and summary.value.strip() == content.value.strip():
        summary = None
    caption = _string(raw, "media_caption")
    if caption and not (summary or content):
        summary = Text(value=caption, type=TextType.HTML if "</" in caption else TextType.PLAIN)
    return summary, content


def _text(detail: _Raw | None, base: _Base) -> Text | None:
    if not detail:
        return None
    value, kind = str(dict.get(detail, "value") or ""), dict.get(detail, "type")
    if not value or value.isspace():
        return None
    if kind != "text/plain" and _has_relative(value := with_lazy_images(value)):
        value = str(resolve_relative_uris(value, base.of(dict.get(detail, "base")) or "", "utf-8", kind))
    language = dict.get(detail, "language") or None
    return Text(value=value, type=TextType.PLAIN if kind == "text/plain" else TextType.HTML, language=language)


def _has_relative(markup: str) -> bool:
    """Whether an attribute may hold an address that is not whole."""
    return any(
        markup[max(value.start() - 20, 0) : value.start()].rstrip().lower().endswith(_ADDRESSES)
        for value in _NOT_WHOLE.finditer(markup)
    )


def _string(raw: _Raw, name: str) -> str | None:
    value = dict.get(raw, name)
    return value.strip() or None if isinstance(value, str) else None


def _people(raw: list[_Raw], others: Iterable[Person] = (), *, base: str | None = None) -> tuple[Person, ...]:
    """The authors, then `others`."""
    people: list[Person] = []
    for person in raw[:MAX_TAGS]:
        name, email, uri = person.get("name"), person.get("email"), absolute(base, person.get("href"))
        if email and any(earlier.email == email for earlier in people):
            email = None  # feedparser gives the address of one author to the next who has none
        if name or email or uri:
            people.append(Person(name=str(name or email or uri), email=email, uri=uri))
    return tuple(dict.fromkeys((*people, *others)))[:MAX_TAGS]


def _categories(raw: _Raw) -> tuple[Category, ...]:
    tags = [tag for tag in all_of(raw, "tags") if (tag.get("term") or "").strip()][:MAX_TAGS]
    return tuple(
        dict.fromkeys(
            Category(term=tag["term"].strip(), scheme=tag.get("scheme") or None, label=tag.get("label") or None)
            for tag in tags
        )
    )


def _language(raw: _Raw) -> str | None:
    """An entry's `xml:lang`; feedparser shows it on its text constructs only."""
    details = [one_of(raw, "title_detail"), *all_of(raw, "content"), one_of(raw, "summary_detail")]
    return next((str(detail["language"]) for detail in details if detail and detail.get("language")), None)


def _nested_source(raw: _Raw, base: str | None) -> OriginSource | None:
    """The entry's `atom:source`, or RSS 2.0 `source` (a title and the feed's address)."""
    source = one_of(raw, "source")
    if not source:
        return None
    origin = _origin(source, base, link_self=absolute(base, _string(source, "href")))
    return origin if origin.id or origin.link_self or origin.link_alternate else None


def _origin(raw: _Raw, base: str | None, link_self: str | None = None) -> OriginSource:
    by_rel = {link.get("rel"): link.get("href") for link in reversed(all_of(raw, "links"))}
    title = _text(one_of(raw, "title_detail"), _Base(url=base))
    authors = _people(all_of(raw, "authors"), base=base)
    return OriginSource(
        id=_string(raw, "id"),
        title=title.value if title else _string(raw, "title"),
        updated=_string(raw, "updated") or _string(raw, "published"),
        link_self=absolute(base, by_rel.get("self")) or link_self,
        link_alternate=absolute(base, by_rel.get("alternate") or _string(raw, "link")),
        rights=_string(raw, "rights"),
        author=authors[0] if authors else None,
        more_authors=authors[1:],
    )


def _hub(raw: _Raw, base: str | None) -> str | None:
    """Where the feed says that it announces what is new."""
    return next((absolute(base, link.get("href")) for link in all_of(raw, "links") if link.get("rel") == "hub"), None)
