"""What a topic asks for, as a tree of frozen values: the nodes that `query` makes of a text.

`position` is the 0-based place of a node in the text, kept for messages and no part of what the node means.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

TEXT_FIELDS = ("title", "lead", "body", "author", "tag", "url")
"""Fields in which words are looked for, so that they take whatever a query can say of words."""
FACT_FIELDS = ("source", "lang", "agency", "place", "publisher")
"""Fields of which a value is compared."""
NAMES = ("pack", "topic")
"""What is written like a field, but names something that stands elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """`*`: every text."""

    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A term as written; punctuation inside it makes it several words in a row."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words in a row, as written between the quotes; a final `*` leaves the end of the last word open."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """The beginning of a word, without its `*`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOf:
    """`pack:name` or `pack:name/part`: any form of any concept of a term pack, or of that part of it."""

    name: str
    part: str | None = None
    """A group of the pack, or one concept of it."""
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOf:
    """`topic:id`: whatever the rule of another topic meets."""

    id: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOf:
    """`name:` before a term or group: the part is looked for in that field alone."""

    name: str
    part: "Query"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """`part^weight`: what is found counts so many times; with a negative weight it is not asked for and lowers the score."""

    part: "Query"
    weight: float
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Two parts within so many words of one another, in either order; `words` is None for one sentence."""

    left: "Query"
    right: "Query"
    words: int | None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """`atleast:count(...)`: so many of the alternatives hold; those of a pack are its concepts."""

    count: int
    part: "Query"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinScore:
    """`minscore:score(...)`: the part holds, and what it finds has at least that score."""

    score: float
    part: "Query"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Holds where the part does not."""

    part: "Query"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All parts hold; two or more."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one part holds; two or more."""

    parts: tuple["Query", ...]


Term = Word | Phrase | Prefix
Query = All | Term | PackOf | TopicOf | FieldOf | Weighted | Near | AtLeast | MinScore | Not | And | Or


def children(query: Query) -> tuple[Query, ...]:
    """The nodes right below a node, in the order written."""
    match query:
        case And(parts=parts) | Or(parts=parts):
            return parts
        case Near(left=left, right=right):
            return (left, right)
        case Not(part=part) | FieldOf(part=part) | Weighted(part=part) | AtLeast(part=part) | MinScore(part=part):
            return (part,)
    return ()


def walk(query: Query) -> Iterator[Query]:
    """The node and all below it, in the order written."""
    waiting = [query]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def alternatives(query: Query) -> tuple[Query, ...]:
    """The parts of an `Or`, those of groups and of fields with groups each by itself; anything else is one alternative."""
    match query:
        case Or(parts=parts):
            return tuple(one for part in parts for one in alternatives(part))
        case FieldOf(name=name, part=part):
            return tuple(FieldOf(name=name, part=one, position=query.position) for one in alternatives(part))
    return (query,)


def pack_in(alternative: Query) -> PackOf | None:
    """The pack that an alternative is, in a field or not: it stands for as many alternatives as it has concepts."""
    part = alternative.part if isinstance(alternative, FieldOf) else alternative
    return part if isinstance(part, PackOf) else None


def only_lowers(query: Query) -> bool:
    """Whether nothing is asked for: what stands there can lower a score and no more."""
    match query:
        case Weighted(weight=weight):
            return weight < 0
        case FieldOf(part=part):
            return only_lowers(part)
        case And(parts=parts) | Or(parts=parts):
            return all(only_lowers(part) for part in parts)
    return False


def packs_of(query: Query) -> tuple[PackOf, ...]:
    """The packs a query names, in order of appearance, each with each of its parts once."""
    return tuple(dict.fromkeys(node for node in walk(query) if isinstance(node, PackOf)))


def topics_of(query: Query) -> tuple[TopicOf, ...]:
    """The topics a query names, each once, in order of appearance."""
    return tuple(dict.fromkeys(node for node in walk(query) if isinstance(node, TopicOf)))
