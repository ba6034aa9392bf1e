"""A document as published, in the field's words; nothing is interpreted here."""

from dataclasses import dataclass, field
from enum import StrEnum

from aggregator.model.cadence import Pace
from aggregator.model.slots import quickly_pickled


class TextType(StrEnum):
    """How a text is to be read: as it stands, or as markup."""

    PLAIN = "plain"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text with its type (RFC 4287 3.1); `language` is the `xml:lang` in force, if any."""

    value: str
    type: TextType = TextType.HTML
    language: str | None = None


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An author or contributor as printed."""

    name: str
    uri: str | None = None
    email: str | None = None
    role: str | None = None


class MediaRole(StrEnum):
    """What a file is to the entry beside its picture, sound or film."""

    THUMBNAIL = "thumbnail"
    """A picture that stands for the entry."""
    TRANSCRIPT = "transcript"
    CHAPTERS = "chapters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of an entry other than its own page."""

    href: str
    rel: str
    type: str | None = None
    """As printed; `image/*` and the like where only the medium is named."""
    title: str | None = None
    length: int | None = None
    """Bytes."""
    role: MediaRole | None = None
    """None for the picture, sound or film itself, and for a link that is no file."""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    caption: str | None = None
    credit: str | None = None
    language: str | None = None


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A tag of the source, untouched (RFC 4287 4.2.2)."""

    term: str
    scheme: str | None = None
    label: str | None = None


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A feed that republished an entry on its way from its origin to us."""

    feed: str
    """Its id."""
    entry: str
    """The id that the entry has there."""
    title: str | None = None


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class OriginSource:
    """A feed's own head, or an `atom:source` found inside an entry."""

    id: str | None = None
    title: str | None = None
    updated: str | None = None
    """As printed."""
    link_self: str | None = None
    link_alternate: str | None = None
    rights: str | None = None
    author: Person | None = None
    more_authors: tuple[Person, ...] = ()
    """Those after the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatelinePrint:
    """A dateline as printed: `MOSCOW, November 25. /TASS/.`; what is not printed is None."""

    raw: str
    """The whole dateline, from the place to the separator before the text."""
    places: tuple[str, ...] = ()
    """As printed, in order; usually one."""
    month: int | None = None
    day: int | None = None
    year: int | None = None
    agency_id: str | None = None
    """Id in the agency vocabulary."""
    agency_raw: str | None = None
    correspondent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What front matter or a sidecar says of a local document; it wins over everything inferred."""

    headline: str | None = None
    standfirst: str | None = None
    url: str | None = None
    date: str | None = None
    """As written: ISO 8601 date or date-time, or a year alone."""
    language: str | None = None
    agency: str | None = None
    publisher: str | None = None
    author: str | None = None
    rights: str | None = None
    """The notice."""
    republish: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireText:
    """What only a local document has."""

    dateline: DatelinePrint | None = None
    declared: Declared = Declared()
    timestamp_lines: tuple[str, ...] = ()
    """Clock or date lines above or below the text, as printed: evidence for its date."""
    dropped_lines: tuple[str, ...] = ()
    """Navigation and other lines that are not of the text, each as printed."""
    credit_line: str | None = None
    """A printed sign-off or credit at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry or item as published. URLs are absolute where the document allows it."""

    guid: str | None = None
    link: str | None = None
    title: Text | None = None
    summary: Text | None = None
    content: Text | None = None
    published: str | None = None
    """As printed."""
    updated: str | None = None
    authors: tuple[Person, ...] = ()
    """Authors, then contributors and others who are named with a role."""
    categories: tuple[Category, ...] = ()
    links: tuple[Link, ...] = ()
    """Enclosures and other media, related and via links."""
    rights: str | None = None
    language: str | None = None
    origin: OriginSource | None = None
    """The entry's own `atom:source`, when it was republished to us."""
    wire: WireText | None = None
    """Set for local documents only."""
    relays: tuple[Relay, ...] = ()
    """The feeds of aggregators like this one through which it came, nearest to the origin first."""
    tells_copies: bool = False
    """Its text ends with an aggregator's line on where else it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing wrong in a document; `count` entries have it."""

    kind: str
    detail: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An entry that its source takes back (RFC 6721)."""

    ref: str
    """The id of the entry."""
    when: str | None = None
    """As printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A document that an index names, itself to be fetched."""

    url: str
    """Absolute; as the index says, perhaps of another host."""
    modified: str | None = None
    """As printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document: its head, its entries in document order, what was wrong with it."""

    document: str
    """`Document.key`."""
    head: OriginSource
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    defects: tuple[Defect, ...] = ()
    format: str
    """`rss20`, `atom10`, `wire` ..."""
    items: tuple[bytes, ...] = ()
    """Digest of the item that each entry was read from, in step with `entries`; empty where that is not certain, and for an
    entry that is to be read at every poll.
    """
    left_out: tuple[bytes, ...] = ()
    """Digests of the document's items that were known before and were not read, in document order."""
    pace: Pace = field(default_factory=Pace)
    """What the document asks of those who poll it."""
    hub: str | None = None
    """The first `rel="hub"` of its head (WebSub 4), absolute."""
    children: tuple[Child, ...] = ()
    """What an index of sitemaps names, newest first; it has no entries of its own."""
    deleted: tuple[Tombstone, ...] = ()
    """The entries that it says are withdrawn."""
