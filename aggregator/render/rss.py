"""A feed's head and its stored Atom entries -> an RSS 2.0 document that says all that the Atom document says.

Written with lxml: feedgen cannot be given a finished Atom entry, and its RSS loses links, dates the channel by the clock and
sets the process's locale. Rules: RSS 2.0.11 (rssboard.org/rss-specification) and its profile; what RSS has no word for stands
in the modules content, dc, media and in Atom's own elements, as far as validators know them in an item; the rest in `agg:`.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from lxml import etree

from aggregator.model.ledger import FeedHead, TopicFeed
from aggregator.render.atom import instant
from aggregator.render.fragment import EntryParts, Origin, is_whole, read_entry
from aggregator.render.namespaces import AGG, ATOM, CONTENT, DC, HISTORY, MEDIA, TOMBSTONES, XML
from aggregator.render.plain import as_html, has_end_tag, label, shown_text
from aggregator.urls import as_uri

_NAMES = {"agg": AGG, "atom": ATOM, "content": CONTENT, "dc": DC, "media": MEDIA}
_DECLARED = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in sorted(_NAMES.items())).encode()
_TYPE = "application/rss+xml"
_DOCS = "http://www.rssboard.org/rss-specification"
_PUBLIC = re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?(?:/|$)", re.IGNORECASE)
# An item of a few KB; enough for the feeds that one new article touches.
_KEPT_ITEMS = 4_096


def render_rss(feed: TopicFeed) -> bytes:
    """The whole document; equal input, equal bytes. What is stored of an entry and is no entry is left out."""
    extensions = feed.head.extensions
    found = (_item(fragment, extensions=extensions) for fragment in feed.fragments if is_whole(fragment))
    items = [item for item in found if item]
    root = etree.Element("rss", version="2.0", nsmap=_declared(feed, items))
    channel = etree.SubElement(root, "channel")
    _channel(channel, feed.head)
    for tombstone in feed.tombstones if extensions else ():
        attributes = {"ref": tombstone.entry_id, "when": instant(tombstone.withdrawn_at)}
        etree.SubElement(channel, f"{{{TOMBSTONES}}}deleted-entry", attributes)
    opened, closing, rest = etree.tostring(root, encoding="UTF-8", xml_declaration=True).rpartition(b"</channel>")
    return b"\n".join((_profiled(opened), *items, closing + rest, b""))


def _declared(feed: TopicFeed, items: list[bytes]) -> dict[str, str]:
    """The vocabularies of the document; those of which validators warn only where something of them stands in it."""
    names = dict(_NAMES)
    if not any(b"<agg:" in item for item in items):
        del names["agg"]
    if feed.tombstones and feed.head.extensions:
        names["at"] = TOMBSTONES
    if feed.head.current_url:
        names["fh"] = HISTORY
    return names


def _channel(channel: etree._Element, head: FeedHead) -> None:
    def add(name: str, text: str, **attributes: str) -> None:
        etree.SubElement(channel, name, attributes).text = text or None

    add("title", _plain(shown_text(head.title)))
    add("link", as_uri(head.alternate_url))
    add("description", _plain(shown_text(head.subtitle or head.title)))
    add("language", head.language)
    add("lastBuildDate", _rfc822(head.updated_at))
    add("generator", "aggregator")
    add("docs", _DOCS)
    add(f"{{{ATOM}}}id", head.feed_id)
    add(f"{{{ATOM}}}updated", instant(head.updated_at))
    links = {
        "self": head.self_url,
        "current": head.current_url,
        "prev-archive": head.prev_archive_url,
        "next-archive": head.next_archive_url,
    }
    for rel, url in links.items():
        if url:
            add(f"{{{ATOM}}}link", "", rel=rel, type=_TYPE, href=in_rss(url))
    if head.current_url:
        add(f"{{{HISTORY}}}archive", "")


def in_rss(url: str) -> str:
    """The address of the same document in this format."""
    return as_uri(url.removesuffix(".atom") + ".rss")


@lru_cache(maxsize=_KEPT_ITEMS)
def _item(fragment: bytes, *, extensions: bool) -> bytes:
    """The entry as an item, without the namespaces that the document declares; empty for bytes that are no entry."""
    try:
        entry = read_entry(fragment)
    except ValueError:
        return b""
    holder = etree.Element("rss", nsmap=_NAMES)
    item = etree.SubElement(holder, "item")
    if entry.language:
        item.set(f"{{{XML}}}lang", entry.language)
    _core(item, entry)
    _texts(item, entry)
    _people_and_dates(item, entry)
    _media(item, entry)
    _links_and_origin(item, entry)
    if entry.origin and extensions:
        _whole_origin(_add(item, f"{{{AGG}}}origin", None), entry.origin)
    for extension in entry.extensions if extensions else ():
        _add(item, f"{{{AGG}}}{extension.name}", extension.text, dict(extension.attributes))
    written: bytes = etree.tostring(item, encoding="utf-8")
    return _profiled(written.replace(_DECLARED, b"", 1))


def _profiled(written: bytes) -> bytes:
    """The same XML with `&` and `<` written as the RSS Board's profile advises (rssboard.org/rss-profile, 3.1): readers have
    taken `&amp;` and `&lt;` in a title for HTML, and for plain text what is written in hexadecimal.
    """
    return written.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def _plain(text: str) -> str:
    """RSS cannot say whether a title is HTML. Most readers take it for that where an end tag stands in it, so there it is."""
    return as_html(text) if has_end_tag(text) else text


def _add(item: etree._Element, name: str, text: str | None, attributes: dict[str, str] | None = None) -> etree._Element:
    element = etree.SubElement(item, name, attributes or {})
    element.text = text or None
    return element


def _core(item: etree._Element, entry: EntryParts) -> None:
    _add(item, "title", _plain(entry.title))
    if entry.page:
        _add(item, "link", as_uri(entry.page))
    _add(item, "guid", entry.id, {"isPermaLink": "false"})
    if entry.published:
        # Sources are up to a day ahead (rules R12); a date of the future is a mistake in RSS (profile, pubDate).
        published = min(map(datetime.fromisoformat, (entry.published, entry.updated)))
        _add(item, "pubDate", _rfc822(published))
    for category in entry.categories:
        domain = {"domain": category["scheme"]} if category.get("scheme") else {}
        _add(item, "category", _plain(category.get("label") or category["term"]), domain)


def _texts(item: etree._Element, entry: EntryParts) -> None:
    """`description` is HTML; readers without the content module show it, so it holds the text where there is no summary."""
    summary = as_html(entry.summary) if entry.summary else None
    described = summary or entry.content
    if described:
        _add(item, "description", described)
    if summary and entry.content:
        _add(item, f"{{{CONTENT}}}encoded", entry.content)


def _people_and_dates(item: etree._Element, entry: EntryParts) -> None:
    """Names in dc: RSS's own `author` is a mail address."""
    for person in entry.authors:
        _add(item, f"{{{DC}}}creator", person.name)
    for person in entry.contributors:
        _add(item, f"{{{DC}}}contributor", person.name)
    if entry.language:
        _add(item, f"{{{DC}}}language", entry.language)
    if entry.rights:
        _add(item, f"{{{DC}}}rights", _plain(entry.rights))
    _add(item, f"{{{ATOM}}}updated", entry.updated)


def _media(item: etree._Element, entry: EntryParts) -> None:
    """RSS has one enclosure an item (profile 4.5), with a type and a length (0: unknown); Media RSS has them all."""
    for link in entry.enclosures:
        if link.get("type") and "*" not in link["type"] and item.find("enclosure") is None and _is_public(link["href"]):
            known = {"url": as_uri(link["href"]), "length": link.get("length", "0"), "type": link["type"]}
            _add(item, "enclosure", None, known)
        optional = {"type": _whole_type(link), "fileSize": link.get("length"), "lang": link.get("hreflang")}
        attributes = {name: value for name, value in optional.items() if value}
        content = _add(item, f"{{{MEDIA}}}content", None, {"url": as_uri(link["href"]), **attributes})
        medium = link.get("type", "").partition("/")[0]
        if medium in ("image", "audio", "video"):
            content.set("medium", medium)
        if link.get("title"):
            _add(content, f"{{{MEDIA}}}title", label(link["title"]), {"type": "plain"})
    for thumbnail in entry.thumbnails:
        _add(item, f"{{{MEDIA}}}thumbnail", None, {**thumbnail, "url": as_uri(thumbnail["url"])})


def _whole_type(link: dict[str, str]) -> str | None:
    kind = link.get("type")
    return kind if kind and "*" not in kind else None


def _is_public(url: str) -> bool:
    """Whether RSS takes the address for an enclosure: of the web, with a host that has a domain (profile, enclosure)."""
    return _PUBLIC.match(as_uri(url)) is not None


def _links_and_origin(item: etree._Element, entry: EntryParts) -> None:
    for link in entry.other_links:
        _add(item, f"{{{ATOM}}}link", None, link)
    origin = entry.origin
    if origin is None:
        return
    url = origin.link_self or origin.link_alternate
    if url:
        _add(item, "source", _plain(origin.title or url), {"url": as_uri(url)})


def _whole_origin(holder: etree._Element, origin: Origin) -> None:
    """What `source` of RSS cannot say: validators know no `atom:source` in an item, so it stands inside an element of ours."""
    source = etree.SubElement(holder, f"{{{ATOM}}}source")
    for name in ("id", "title", "updated", "rights"):
        if value := getattr(origin, name):
            _add(source, f"{{{ATOM}}}{name}", value)
    for rel, href in (("self", origin.link_self), ("alternate", origin.link_alternate)):
        if href:
            _add(source, f"{{{ATOM}}}link", None, {"rel": rel, "href": href})
    for author in origin.authors:
        person = _add(source, f"{{{ATOM}}}author", None)
        _add(person, f"{{{ATOM}}}name", author.name)
        if author.uri:
            _add(person, f"{{{ATOM}}}uri", author.uri)


def _rfc822(value: datetime) -> str:
    """RFC 822 with a year of four digits, as RSS has it."""
    return format_datetime(value.astimezone(UTC).replace(microsecond=0), usegmt=True)
