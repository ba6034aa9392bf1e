"""One article as far as the topics ask about it: its texts, and what was found where."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from aggregator.model.article import Article
from aggregator.text import Folded
from aggregator.topics.sentences import sentence_ends

# Two or three sentences. Measured on headlines with summaries: later on a country is more often named in passing.
OPENING_CHARACTERS = 400

Place = tuple[int, int]
"""Start and end in folded text; the spaces around a word belong to its place."""


class Text:
    """One field of the article, with the places of each term in it, each term's in the order of their ends.

    What only few questions ask, is worked out when the first one asks: sentences, places in the printed text.
    """

    def __init__(self, name: str, order: int, folded: Folded, hits: Mapping[int, list[Place]]) -> None:
        self.field = name
        self.order = order
        """Its number in the reading."""
        self.folded = folded
        self.hits = hits
        self.terms = frozenset(hits)
        self._limits: dict[int, int] = {}

    def forget(self, numbers: frozenset[int]) -> None:
        """Take back what was found of these terms."""
        self.hits = {number: places for number, places in self.hits.items() if number not in numbers}
        self.terms -= numbers

    def span(self, place: Place) -> Place:
        """The printed characters of a place."""
        return self.folded.span(*place)

    def limit(self, end: int) -> int:
        """Where in the folded text the printed text's first `end` characters end, the space after them included."""
        limit = self._limits.get(end)
        if limit is None:
            limit = self._limits[end] = self.folded.reach(end) + 1
        return limit

    def words_between(self, end: int, start: int) -> int:
        """How many words on from one place another begins: 1 for the next word, 0 in a script that has no spaces."""
        return self.folded.text.count(" ", end - 1, start + 1)

    def sentence(self, place: Place) -> int:
        """Number of the sentence in which a place begins."""
        return bisect_right(self._sentence_ends, self.span(place)[0])

    @cached_property
    def _sentence_ends(self) -> tuple[int, ...]:
        return sentence_ends(self.folded.original)


class Part(NamedTuple):
    """A text, or as much of it as lies before `end` of the printed characters."""

    text: Text
    end: int | None = None

    def reach(self) -> int:
        """Where the part ends in folded text."""
        return len(self.text.folded.text) if self.end is None else self.text.limit(self.end)

    def terms(self) -> frozenset[int]:
        """The terms that stand in the part."""
        if self.end is None or not self.text.terms:
            return self.text.terms
        limit = self.text.limit(self.end)
        return frozenset([number for number, places in self.text.hits.items() if places[0][1] <= limit])


class Piece(NamedTuple):
    """One place that makes a rule true: the number of its text and the place in its folded form.

    A fact has no text: its number is that of its field, counted after all texts, its place the whole of the value.
    """

    text: int
    start: int
    end: int
    term: int
    weight: float


@dataclass(slots=True, kw_only=True)
class Reading:
    """The parts of each scope: a text field of the query language, `text` for a term without a field, or `opening` for a
    pack without one.
    """

    article: Article
    source_id: str
    texts: tuple[Text, ...]
    parts: Mapping[str, tuple[Part, ...]]
    lead: Part | None = None
    """The first paragraph, where no standfirst stands before it."""
    standing: dict[str, frozenset[int]] = field(default_factory=dict)
    """By scope the terms that stand in it, as far as that was asked."""
    members: dict[str, bool] = field(default_factory=dict)
    """What was asked of other topics, and the answers."""
    learned: dict[str, float] = field(default_factory=dict)
    """What trained models add to scores, by topic, as far as that was asked."""
    pieces_of: dict[str, frozenset[Piece]] = field(default_factory=dict)
    """What makes the rules of other topics true, as far as that was asked."""

    def terms_in(self, scope: str) -> frozenset[int]:
        """The terms that stand in the scope."""
        terms = self.standing.get(scope)
        if terms is None:
            terms = self.standing[scope] = frozenset[int]().union(*[part.terms() for part in self.parts[scope]])
        return terms
