"""A published topic's rule and what it found."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path


class Grain(StrEnum):
    """What one entry of a topic feed stands for."""

    ARTICLES = "articles"
    UNIQUE = "unique"
    """All copies of a text."""
    STORIES = "stories"
    """All reports of an event."""
    DEVELOPMENTS = "developments"
    """Whatever is new in a story: a number, an actor, a place, a withdrawal, a second originator."""
    CORRECTIONS = "corrections"
    """What was put right or withdrawn in a text."""


class IdPolicy(StrEnum):
    """Whether an entry keeps the origin's id (rules R20)."""

    PRESERVE = "preserve"
    MINT = "mint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A text that a topic's rule is to match, or not to; exactly one of `seed`, `text` and `file` is set."""

    matches: bool
    seed: str | None = None
    """As written: a document of a local source, or a path relative to the configuration."""
    text: str | None = None
    """The first line is the headline, the rest the body."""
    file: str | None = None
    """A file of labelled texts, a path relative to the configuration; where a line says nothing of itself, `matches` holds."""


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
    also: tuple[Grain, ...] = ()
    """Further grains, each a feed of its own."""
    is_further: bool = False
    """Seen in one of its further grains (`in_grains`)."""
    window: timedelta = timedelta(hours=72)
    max_per_hour: int = 30
    """Entries made live within an hour; the rest waits its turn (rules R18)."""
    raise_by: float = 0.0
    """How much a trained model may add to a score; with `lower_by` 0 there is none."""
    lower_by: float = 0.0
    former: tuple[str, ...] = ()
    """Ids under which it was published before: their addresses lead here, their history goes on here."""
    expect: tuple[Expectation, ...] = ()
    """Tried by `check` and `topics test`; no part of the rule."""

    feed_id: str | None = None
    """Of the feed that subscribers had from another planet; fixed once published. None: one of our own (rules R5)."""
    legacy_ids: Path | None = None
    """A document of that feed: its entries keep the ids that they have there."""

    @property
    def id_policy(self) -> IdPolicy:
        return IdPolicy.PRESERVE if self.grain is Grain.ARTICLES else IdPolicy.MINT

    @property
    def in_grains(self) -> "tuple[Topic, ...]":
        """The topic as each of its feeds sees it: in the default grain, then in each further one."""
        further = (replace(self, grain=grain, also=(), is_further=True) for grain in self.also)
        return (self, *further) if self.also else (self,)

    @property
    def stem(self) -> str:
        """What its feed's files are called: `libya`, or `libya.stories` in a further grain."""
        return f"{self.id}.{self.grain}" if self.is_further else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One idea of a term pack with its written forms."""

    id: str
    forms: tuple[str, ...]
    """A form ending in `*` matches every word that begins so."""
    group: str | None = None
    """The part of the pack it belongs to (`pack:libya/people`)."""
    elsewhere: tuple[str, ...] = ()
    """Words of a namesake ("Lebanon" of Tripoli): where an article begins with one of them, the forms count only if another
    concept of the pack stands there too.
    """


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
    """`headline`, `standfirst`, `summary`, `body`, `author`, `tag`, `url`, `source`, `lang`, `agency`, `place` or `publisher`; or
    `learned` for what a trained model adds, which has no place.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What one idea adds to a score: `weight` times what its best place is worth, and a little for repetition."""

    idea: str
    """`pack/concept`, or the term as written in the query."""
    place: str
    """The field of the best place; `lead` is the first paragraph of a text."""
    places: int
    """How many there are, of which 16 count at most."""
    weight: float
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """One thing that keeps an article out of a topic."""

    part: str
    """The part of the query that does not hold, as one would type it; or the key that it is about: `sources`, `ignore`."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A topic's trained model and how far the user lets it change a score."""

    topic_id: str
    raise_by: float
    lower_by: float
    bias: float
    weights: tuple[tuple[int, float], ...]
    """By number of a hashed term, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """A source's `ignore`: what of it is stored, and belongs to no topic."""

    source_id: str
    query: str
