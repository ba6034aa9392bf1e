"""A published topic's rule and what it found."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Grain(StrEnum):
    """What one entry of a topic feed stands for."""

    ARTICLES = "articles"
    UNIQUE = "unique"


class IdPolicy(StrEnum):
    """Whether an entry keeps the origin's id (rules R20)."""

    PRESERVE = "preserve"
    MINT = "mint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A text that a topic's rule is to match, or not to; exactly one of `seed` and `text` is set."""

    matches: bool
    seed: str | None = None
    """As written: a document of a local source, or a path relative to the configuration."""
    text: str | None = None
    """The first line is the headline, the rest the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One published topic, as configured."""

    id: str
    title: str
    description: str | None = None
    sources: tuple[str, ...] = ()
    """Source ids; empty: all."""
    query: str
    limit: int = 100
    grain: Grain = Grain.UNIQUE
    window: timedelta = timedelta(hours=72)
    max_per_hour: int = 30
    """Entries made live within an hour; the rest waits its turn (rules R18)."""
    former: tuple[str, ...] = ()
    """Ids under which it was published before: their addresses lead here, their history goes on here."""
    expect: tuple[Expectation, ...] = ()
    """Tried by `check` and `topics test`; no part of the rule."""

    @property
    def id_policy(self) -> IdPolicy:
        return IdPolicy.PRESERVE if self.grain is Grain.ARTICLES else IdPolicy.MINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One idea of a term pack with its written forms."""

    id: str
    forms: tuple[str, ...]
    """A form ending in `*` matches every word that begins so."""
    group: str | None = None
    """The part of the pack it belongs to (`pack:libya/people`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A named list of concepts (`pack:libya`)."""

    name: str
    concepts: tuple[Concept, ...]
    exclusions: tuple[str, ...] = ()
    """Phrases in which a form does not count ("tripoli lebanon")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One place where a text met a rule; offsets are characters of the named field of the article."""

    term: str
    """As written in the query or pack."""
    field: str
    """`headline`, `standfirst`, `summary`, `body`, `author`, `tag`, `url`, `source`, `lang`, `agency`, `place` or `publisher`.

    Of a field with several values, such as authors, the offsets are those of the value.
    """
    start: int
    end: int
    concept: str | None = None
    """`pack/concept`, when the term is of a pack."""
    weight: float = 1.0
    """How many times the rule counts it; a negative one lowers the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A topic's rule holds for a text, and why."""

    topic_id: str
    rule_version: str
    score: float
    evidence: tuple[Evidence, ...]
