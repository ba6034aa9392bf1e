"""Signatures, and the verdict on two texts: copies of one another or not, and by what they differ."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.article import Agency, Clue
from aggregator.model.slots import quickly_pickled


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Keys under which a text is found by its copies: two texts that share one may be copies, others are not compared."""

    version: int
    """Stands in each key as well, so that keys of two versions never meet."""
    keys: tuple[int, ...]
    """Positive, below 2**48; the keys of the opening first."""
    words: int
    """Of the text without its headline."""
    vocabulary: bytes
    """Which words occur: a bit for each, of `dedup.signature`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """A stored text that shares a key with another, as far as it is known without its words."""

    uri: str
    source_id: str
    vocabulary: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyText:
    """What is compared of an article; of a source's own texts only successive versions are copies."""

    uri: str
    source_id: str
    headline: str
    body: str
    """Plain, without dateline: the article's text for matching."""
    url: str | None = None
    """Canonical; None where it stands for several texts."""
    agency: str | None = None
    """Id of the originator, if known with some confidence."""
    effective_at: datetime


class CopyRelation(StrEnum):
    """What one text is to another."""

    IDENTICAL = "identical"
    """The same words."""
    COPY = "copy"
    """The same text by one originator, edited."""
    EXCERPT = "excerpt"
    """The shorter is the beginning of the longer."""
    UPDATE = "update"
    """A successive version by the same originator: facts changed, the text stayed."""
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyEvidence:
    """What a verdict rests on, in words and in numbers."""

    reason: str
    shared: float = 0.0
    """Share of the shorter text's words that stand in the longer in the same order."""
    of_longer: float = 0.0
    """The same words as a share of the longer text."""
    headline: float = 0.0
    """Share of the longer headline's words that stand in the other in the same order."""
    words: int = 0
    """Of the shorter text."""
    numbers: tuple[str, ...] = ()
    """Numbers and days in the same place that differ: "12 / 15"."""
    names: tuple[str, ...] = ()
    """Names in the same place of which neither stands in the other text."""
    negations: tuple[str, ...] = ()
    """Places where only one of the two denies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyVerdict:
    """The same for both orders of the two texts."""

    relation: CopyRelation
    score: float
    """0..1; 0 for different texts."""
    evidence: CopyEvidence

    @property
    def is_copy(self) -> bool:
        return self.relation is not CopyRelation.DIFFERENT


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """Two articles and the verdict on them."""

    one: str
    other: str
    verdict: CopyVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Who else shows the very text of an article."""

    name: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A group of copies as it is stored, seen from one of its articles."""

    uri: str
    group: str
    """The uri of the member that was seen first."""
    anchor: str
    verdict: CopyVerdict | None
    """On the member and the anchor; None for the anchor itself, and where a person put it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupText:
    """What the choice of a group's anchor needs of an article."""

    uri: str
    words: int
    effective_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMember:
    """An article in a group and what it is to the group's anchor."""

    uri: str
    verdict: CopyVerdict | None
    """On the member and the anchor; None where a person put it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyGroup:
    """Texts that are all copies of one, the anchor: the longest, which is not always the one that is shown."""

    anchor: str
    members: tuple[CopyMember, ...]
    """Without the anchor; never empty."""

    @property
    def uris(self) -> tuple[str, ...]:
        return (self.anchor, *(member.uri for member in self.members))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The agency that a text comes from, with the marks that say so."""

    agency: Agency
    clues: tuple[Clue, ...]
