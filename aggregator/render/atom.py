"""A feed's head and its entries' fragments -> an Atom 1.0 document (RFC 4287), with its history (RFC 5005) and what was
withdrawn (RFC 6721); and back: what subscribers saw in one.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator.model.ledger import FeedHead, Tombstone, TopicFeed
from aggregator.render.fragment import is_entry, is_well_formed, is_whole, without_extensions
from aggregator.render.namespaces import ATOM, HISTORY, TOMBSTONES
from aggregator.render.plain import declare, label, shown_text, text_of

_TYPE = "application/atom+xml"
_ARCHIVE_MARK = f'\n<fh:archive xmlns:fh="{HISTORY}"/>'.encode()
_EPOCH = datetime.fromtimestamp(0, UTC)
# What is no mark-up has its `<` escaped.
_FIRST_ENTRY = b"\n<entry"
_TAILS = (b"<at:deleted-entry", b"</feed>")
_UNSET = b"<updated>1970-01-01T00:00:00+00:00<"
etree.register_namespace("at", TOMBSTONES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """An entry as it stands in a published document."""

    id: str
    title: str
    updated: str
    is_withdrawn: bool = False


def instant(value: datetime) -> str:
    """RFC 3339 with `Z`, whole seconds, of an instant in UTC."""
    return f"{value.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def render_document(feed: TopicFeed) -> bytes:
    """The whole document. The head comes from feedgen, the entries are the stored fragments, byte for byte; a fragment that
    is torn or damaged is left out, so that the others stay readable.
    """
    printed = f"<updated>{instant(feed.head.updated_at)}<".encode()
    opened, closing = _around(replace(feed.head, updated_at=_EPOCH))
    opened = opened.replace(_UNSET, printed, 1)
    extensions = feed.head.extensions
    fragments = feed.fragments if extensions else tuple(map(without_extensions, feed.fragments))
    ending = (*map(_tombstone, feed.tombstones if extensions else ()), closing, b"")
    document = b"\n".join((opened, *filter(is_whole, fragments), *ending))
    # To read the document once costs a tenth of reading each of its entries.
    return document if is_well_formed(document) else b"\n".join((opened, *filter(is_entry, fragments), *ending))


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """New entries for a document, and how it is laid out; sizes in bytes, each entry with the line end behind it."""

    fragments: tuple[bytes, ...]
    updated_at: datetime
    """Of the feed, as it is from now on."""
    updated_before: datetime
    head: int
    """What stands before the first entry."""
    kept: int
    """Of the entries, those that stay."""
    entries: int
    """All of them."""


def with_added(document: bytes, added: Added) -> bytes | None:
    """What `render_document` would give for the feed with the new entries before its others, which are not rendered again;
    None where the document is not laid out so, or a new entry is torn.
    """
    printed, before = (f"<updated>{instant(at)}<".encode() for at in (added.updated_at, added.updated_before))
    head, rest = document[: added.head], memoryview(document)[added.head :]
    tail = bytes(rest[added.entries :])
    if before not in head or not tail.startswith(_TAILS) or not all(map(is_entry, added.fragments)):
        return None
    new = (piece for fragment in added.fragments for piece in (fragment, b"\n"))
    return b"".join((head.replace(before, printed, 1), *new, rest[: added.kept], tail))


def head_size(document: bytes) -> int:
    """How many bytes of one of our documents stand before its first entry; 0 where it has none."""
    return document.find(_FIRST_ENTRY) + 1


class _Head(BaseExtension):
    """feedgen knows plain titles only."""

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        declare(feed)
        return feed


@lru_cache(maxsize=4_096)
def _around(head: FeedHead) -> tuple[bytes, bytes]:
    """What stands before the entries and behind them; a feed's head changes with its configuration, all but its date."""
    generator = FeedGenerator()
    generator.register_extension("declared", _Head, atom=True, rss=False)
    generator.id(head.feed_id)
    generator.title(shown_text(head.title))
    generator.updated(head.updated_at)
    if head.subtitle:
        generator.subtitle(shown_text(head.subtitle))
    generator.author({"name": label(head.author)})
    generator.link(rel="self", type=_TYPE, href=head.self_url)
    for hub in head.hubs:
        generator.link(rel="hub", href=hub)
    if head.current_url:
        generator.link(rel="current", type=_TYPE, href=head.current_url)
    if head.prev_archive_url:
        generator.link(rel="prev-archive", type=_TYPE, href=head.prev_archive_url)
    if head.next_archive_url:
        generator.link(rel="next-archive", type=_TYPE, href=head.next_archive_url)
    generator.link(rel="alternate", type="text/html", href=head.alternate_url)
    generator.language(head.language)
    generator.generator("aggregator")
    document: bytes = generator.atom_str()
    opened, closing, _ = document.rpartition(b"</feed>")
    return opened + (_ARCHIVE_MARK if head.current_url else b""), closing


def seen_entries(document: bytes) -> tuple[SeenEntry, ...]:
    """What a subscriber saw in one of our documents; nothing where it is not whole."""
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError:
        return ()
    entries = [
        SeenEntry(
            id=entry.findtext(f"{{{ATOM}}}id") or "",
            title=text_of(entry.find(f"{{{ATOM}}}title")) or "",
            updated=entry.findtext(f"{{{ATOM}}}updated") or "",
        )
        for entry in root.iterfind(f"{{{ATOM}}}entry")
    ]
    withdrawn = [
        SeenEntry(id=str(one.get("ref")), title="", updated=str(one.get("when")), is_withdrawn=True)
        for one in root.iterfind(f"{{{TOMBSTONES}}}deleted-entry")
    ]
    return (*entries, *withdrawn)


def _tombstone(tombstone: Tombstone) -> bytes:
    """RFC 6721 3: the entry's id and when it went."""
    attributes = {"ref": tombstone.entry_id, "when": instant(tombstone.withdrawn_at)}
    return bytes(etree.tostring(etree.Element(f"{{{TOMBSTONES}}}deleted-entry", attributes, nsmap={"at": TOMBSTONES})))
