"""The one article schema (IPTC ninjs, schema.org and RFC 4287 terms): what we believe of a text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.parsed import Category, MediaRole, OriginSource, Person, Relay
from aggregator.model.slots import quickly_pickled
from aggregator.model.source import Announce, Republish


class Precision(StrEnum):
    """How exactly a date is known."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class ZoneBasis(StrEnum):
    """Where the zone of a date comes from."""

    EXPLICIT = "explicit"
    SOURCE = "source"
    DATELINE_PLACE = "dateline_place"
    ASSUMED_UTC = "assumed_utc"


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A date as far as it is known."""

    value: datetime
    """UTC. With precision `day` 12:00:00Z of the printed day, which no zone shifts (rules R10)."""
    precision: Precision
    original: str
    basis: ZoneBasis
    inferred: tuple[str, ...] = ()
    """Parts that were not printed: `year`, `zone`."""
    confidence: float = 1.0
    """0..1; below .5 it is shown but never used (rules R8)."""
    candidates: tuple[int, ...] = ()
    """Years that fit the printed day, when the year was inferred; newest first, at most ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """One piece of evidence about a document: what it says and the words it stands on."""

    kind: str
    quote: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place as printed, in the case of running text ("Moscow")."""

    name: str


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """The dateline as printed (schema.org `dateline`)."""

    raw: str
    places: tuple[Place, ...] = ()
    date: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """The originator of the text: the wire, not the outlet (ninjs infoSources)."""

    id: str
    name: str
    raw: str | None = None
    """As printed; None when declared."""
    confidence: float = 1.0


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who put it out (schema.org `publisher`)."""

    source_id: str
    name: str
    url: str | None = None
    """The source's own page; None when private or local."""


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An enclosure, picture, sound or film, or a transcript or chapters of one; each address once."""

    url: str
    type: str | None = None
    """As printed; `image/*` and the like where only the medium is known."""
    length: int | None = None
    """Bytes."""
    title: str | None = None
    role: MediaRole | None = None
    """None for the thing itself."""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    caption: str | None = None
    """Plain text."""
    credit: str | None = None
    """Plain text."""
    language: str | None = None


class Completeness(StrEnum):
    """How much of the text the source gave us."""

    FULL = "full"
    EXCERPT = "excerpt"
    HEADLINE = "headline"

    @property
    def rank(self) -> int:
        return {"full": 2, "excerpt": 1, "headline": 0}[self.value]


class LanguageBasis(StrEnum):
    """Why we believe the language."""

    DECLARED = "declared"
    DETECTED = "detected"
    CONFIG = "config"


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """BCP 47 tag with its ground."""

    tag: str
    basis: LanguageBasis
    confidence: float = 1.0


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What may be done with the text; `republish` is in force after the agency override (rules R21)."""

    republish: Republish
    notice: str | None = None


class EffectiveBasis(StrEnum):
    """Which date `effective` is (rules R9)."""

    PUBLISHED = "published"
    UPDATED = "updated"
    CONTENT_CREATED = "content_created"
    FIRST_SEEN = "first_seen"


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A text as normalised from one observation; identity is decided later, in the writer (rules R6).

    Unknown is None, never an invented value.
    """

    url: str | None = None
    normalized_url: str | None = None
    """Canonical form, for comparison only."""
    headline: str
    """Plain text."""
    standfirst: str | None = None
    summary_text: str | None = None
    """The source's own summary as plain text, when it is not the body."""
    body_html: str | None = None
    """Sanitised; links absolute."""
    body_text: str = ""
    """Plain text for matching: dateline and sign-off removed."""
    completeness: Completeness
    by: tuple[Person, ...] = ()
    """Authors, then those whose role says otherwise: contributors, a podcast's hosts and guests."""
    dateline: Dateline | None = None
    agency: Agency | None = None
    publisher: Publisher
    credit_line: str | None = None
    content_created: PartialDate | None = None
    published: PartialDate | None = None
    updated: PartialDate | None = None
    language: Language | None = None
    categories: tuple[Category, ...] = ()
    media: tuple[Media, ...] = ()
    rights: Rights
    origin: OriginSource
    """What becomes `atom:source` (rules R34): the entry's own source, else the feed it came from."""
    origin_updated_at: datetime | None = None
    relays: tuple[Relay, ...] = ()
    """The feeds that republished it between its origin and us, nearest to the origin first."""
    is_local: bool = False
    """From a folder or file; its rights have no agency override (rules R21)."""
    announce: Announce = Announce.NEW
    clues: tuple[Clue, ...] = ()
    """The evidence for an inferred date."""
    repairs: tuple[str, ...] = ()
    """What was wrong and mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """An article with its identity, as it lies in the store."""

    uri: str
    """Permanent, `urn:uuid:` form, minted once (rules R5)."""
    version: int
    """Number of texts seen under this identity."""
    first_seen_at: datetime
    effective_at: datetime
    effective_basis: EffectiveBasis
    article: Article
    owner: "Owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The observation that an article's text, publisher and rights come from (rules R3)."""

    source_id: str
    key: bytes
    priority: int
