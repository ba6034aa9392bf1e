"""Keys, sightings, and the verdict on which article an entry is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.article import Article, StoredArticle
from aggregator.model.copies import Signature
from aggregator.model.slots import quickly_pickled
from aggregator.model.story import StoryFeatures
from aggregator.model.topic import Match


class KeyKind(StrEnum):
    """What a key was made of, in the order of look-up (rules R1)."""

    GUID = "guid"
    LINK = "link"
    DIGEST = "digest"
    PATH = "path"
    """A local document's path relative to its source."""


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A value under which a source names an entry; `digest` is blake2b-16 of kind and value."""

    kind: KeyKind
    value: str
    digest: bytes


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """For comparison only; never in an id. Each is blake2b-16 or None where there is nothing to compare."""

    text: bytes
    """Headline, standfirst and body as they stand: one observation per text (rules R4). Of a text taken from its page: of
    what the source itself says."""
    material: bytes
    """Folded word sequence of headline and body: differs only by a material change (rules R12)."""
    title: bytes
    """Folded headline."""
    body: bytes | None
    """Folded body from 48 words on, else None (rules R2)."""
    url: bytes | None
    """Normalised URL with a path, else None."""


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One entry on its way to the writer: what it is called, what it says, what it matches."""

    source_id: str
    priority: int
    document: str
    keys: tuple[Key, ...]
    """In look-up order; the first is the entry's key."""
    url_is_ambiguous: bool
    """Its canonical URL stands for two titles in this document, or once did in another."""
    guid: str | None
    link: str | None
    article: Article
    fingerprints: Fingerprints
    matches: tuple[Match, ...]
    mint_name: str
    """The name its uri is minted from if it turns out to be new (rules R5)."""
    signature: Signature | None = None
    """Under which its copies are looked up; None for a text that is too short to have any."""
    event: StoryFeatures | None = None
    """What tells its event; None for a text without a headline."""
    agency: str | None = None
    """Id of the agency that the marks of the text name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored article that a sighting may be, and the ways in which it was found."""

    stored: StoredArticle
    fingerprints: Fingerprints
    via: tuple[str, ...]
    """`guid`, `link`, `digest`, `path` within the source; `url`, `body` across sources."""
    in_source: bool = False
    """The sighting's source has shown this article already, under whatever key."""
    is_published: bool = False


class Relation(StrEnum):
    """What the writer does with a sighting."""

    NEW = "new"
    SAME = "same"
    """The same article with the same text, or a copy whose text stays with the copy."""
    REVISION = "revision"
    """An edit of the owning observation."""
    BETTER = "better"
    """Another observation takes over the text (rules R3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which article a sighting is, and why."""

    relation: Relation
    reason: str
    uri: str | None = None
    """The stored article; None when new."""
    rebind: tuple[Key, ...] = ()
    """Keys that now name this article though they named another (a reused guid)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One text of one entry in one source (rules R4)."""

    source_id: str
    document: str
    guid: str | None
    link: str | None
    first_seen_at: datetime
    last_seen_at: datetime
