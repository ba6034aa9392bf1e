"""A rule asked of a reading: whether it holds, which words say so, and what they are worth."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import log2

from aggregator.model.article import Article
from aggregator.model.topic import Points
from aggregator.topics import nodes as n
from aggregator.topics.facts import fitting
from aggregator.topics.near import MAX_PLACES, companies
from aggregator.topics.reading import Piece, Reading
from aggregator.topics.rules import (
    AnyOf,
    Beside,
    Counted,
    Enough,
    Every,
    Everything,
    Fact,
    Lowered,
    Member,
    Negated,
    Rule,
    Several,
    Some,
)
from aggregator.topics.vocabulary import Term

HEADLINE, LEAD, ELSEWHERE = 3.0, 2.0, 1.0
_WORTH = {"headline": HEADLINE, "standfirst": LEAD, "summary": LEAD}
_REPEATED = 0.5
"""What each doubling of the places of one idea adds."""
_MAX_REPEATED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules of all topics, those that are only named by others among them, and the terms by number."""

    terms: tuple[Term, ...]
    rules: Mapping[str, Rule]
    sources: Mapping[str, frozenset[str]]
    """The sources of a topic; empty: all."""
    judges: Mapping[str, Callable[[Article], float]] = field(default_factory=dict)
    """By topic id what a trained model adds to a score."""

    def holds(self, rule: Rule, reading: Reading) -> bool:
        """Whether the rule is true of the reading."""
        match rule:
            case AnyOf(terms, scope):
                return not reading.terms_in(scope).isdisjoint(terms)
            case Every(parts):
                return all(self.holds(part, reading) for part in parts)
            case Some(parts):
                return any(self.holds(part, reading) for part in parts)
            case Counted(part) | Lowered(part):
                return self.holds(part, reading)
            case Negated(part):
                return not self.holds(part, reading)
            case Fact():
                return fitting(rule, reading) is not None
            case Everything():
                return True
        return self._holds_together(rule, reading)

    def _holds_together(self, rule: Rule, reading: Reading) -> bool:
        """What is true of several words together, or of another topic."""
        match rule:
            case Beside(left, right):
                is_worth_it = self.holds(left, reading) and self.holds(right, reading)
                return is_worth_it and any(companies(rule, text, reading) for text in reading.texts if text.hits)
            case Several(count, parts):
                return sum(self.holds(part, reading) for part in parts) >= count
            case Enough(part, score, topic_id):
                if not self.holds(part, reading):
                    return False
                found = self.score(self.pieces(part, reading), reading)
                return round(found + self.learned(topic_id, reading), 2) >= score
            case Member(topic_id):
                return self._is_member(topic_id, reading)
        return False

    def _is_member(self, topic_id: str, reading: Reading) -> bool:
        answer = reading.members.get(topic_id)
        if answer is None:
            sources = self.sources[topic_id]
            is_of_them = not sources or reading.source_id in sources
            answer = is_of_them and self.holds(self.rules[topic_id], reading)
            reading.members[topic_id] = answer
        return answer

    def pieces(self, rule: Rule, reading: Reading) -> set[Piece]:
        """The places that make a rule true which holds; an alternative that does not hold adds none."""
        return set(self._pieces(rule, reading, 1.0))

    def _pieces(self, rule: Rule, reading: Reading, weight: float) -> Iterator[Piece]:
        match rule:
            case AnyOf(terms, scope):
                yield from _places(terms, scope, reading, weight)
            case Every(parts) | Some(parts) | Several(_, parts):
                for part in parts:
                    if self.holds(part, reading):
                        yield from self._pieces(part, reading, weight)
            case Beside():
                yield from _together(rule, reading, weight)
            case Fact(field, number):
                if value := fitting(rule, reading):
                    order = len(reading.texts) + n.FACT_FIELDS.index(field)
                    yield Piece(order, 0, len(value), number, weight)
            case _:
                yield from self._pieces_below(rule, reading, weight)

    def _pieces_below(self, rule: Rule, reading: Reading, weight: float) -> Iterator[Piece]:
        match rule:
            case Counted(part, factor):
                yield from self._pieces(part, reading, weight * factor)
            case Lowered(part, by):
                yield from self._pieces(part, reading, weight)
                for low in by:
                    if self.holds(low, reading):
                        yield from self._pieces(low, reading, weight)
            case Enough(part):
                yield from self._pieces(part, reading, weight)
            case Member(topic_id):
                for piece in self._pieces_of_member(topic_id, reading):
                    yield piece._replace(weight=piece.weight * weight)

    def _pieces_of_member(self, topic_id: str, reading: Reading) -> frozenset[Piece]:
        """Kept: topics that name one another twice at each of twenty levels would otherwise be asked a million times."""
        known = reading.pieces_of.get(topic_id)
        if known is None:
            known = reading.pieces_of[topic_id] = frozenset(self.pieces(self.rules[topic_id], reading))
        return known

    def score(self, pieces: Iterable[Piece], reading: Reading) -> float:
        """The sum, over the different ideas found, of their weight times the best place of each and a little for repetition.

        An idea is a concept of a pack, or a term; what raises the score and what lowers it are two ideas.
        """
        return round(sum(_points(found, reading) for found in self._by_idea(pieces).values()), 2)

    def learned(self, topic_id: str | None, reading: Reading) -> float:
        """What the topic's trained model adds to a score of this reading; 0 where it has none."""
        if topic_id is None or topic_id not in self.judges:
            return 0.0
        known = reading.learned.get(topic_id)
        if known is None:
            known = reading.learned[topic_id] = self.judges[topic_id](reading.article)
        return known

    def parts_of_score(self, pieces: Iterable[Piece], reading: Reading) -> tuple[Points, ...]:
        """What the score is the sum of, most first; what lowers it comes last."""
        parts = []
        for (idea, _), found in self._by_idea(pieces).items():
            best = _best(found, reading)
            parts.append(
                Points(
                    idea=idea,
                    place=_place(best, reading),
                    places=_places_of(found),
                    weight=best.weight,
                    points=round(_points(found, reading), 2),
                )
            )
        return tuple(sorted(parts, key=lambda part: (-part.points, part.idea)))

    def _by_idea(self, pieces: Iterable[Piece]) -> dict[tuple[str, bool], list[Piece]]:
        by_idea: dict[tuple[str, bool], list[Piece]] = {}
        for piece in pieces:
            term = self.terms[piece.term]
            by_idea.setdefault((term.concept or term.text, piece.weight < 0), []).append(piece)
        return by_idea


def _points(found: list[Piece], reading: Reading) -> float:
    """What one idea is worth, by the weight of the place where it is worth most."""
    best = _best(found, reading)
    weight = abs(best.weight)
    points = weight * _worth(best, reading) + weight * _REPEATED * log2(min(_places_of(found), _MAX_REPEATED))
    return -points if best.weight < 0 else points


def _best(found: list[Piece], reading: Reading) -> Piece:
    return max(found, key=lambda piece: (abs(piece.weight) * _worth(piece, reading), piece.weight, piece))


def _places_of(found: list[Piece]) -> int:
    return len({(piece.text, piece.start) for piece in found})


def _worth(piece: Piece, reading: Reading) -> float:
    """What the place is worth: headline, lead (standfirst, summary, else the first paragraph), anything else."""
    if piece.text >= len(reading.texts):
        return ELSEWHERE
    if _is_in_lead(piece, reading):
        return LEAD
    return _WORTH.get(reading.texts[piece.text].field, ELSEWHERE)


def _place(piece: Piece, reading: Reading) -> str:
    """The name of the place, as `_worth` tells places apart."""
    if piece.text >= len(reading.texts):
        return n.FACT_FIELDS[piece.text - len(reading.texts)]
    return "lead" if _is_in_lead(piece, reading) else reading.texts[piece.text].field


def _is_in_lead(piece: Piece, reading: Reading) -> bool:
    lead = reading.lead
    return lead is not None and lead.text is reading.texts[piece.text] and piece.end <= lead.reach()


def _together(rule: Beside, reading: Reading, weight: float) -> Iterator[Piece]:
    for text in reading.texts:
        for company in companies(rule, text, reading):
            for found in company:
                yield Piece(text.order, found.start, found.end, found.number, weight)


def _places(terms: frozenset[int], scope: str, reading: Reading, weight: float) -> Iterator[Piece]:
    for part in reading.parts[scope]:
        common = terms & part.text.terms
        if common:
            reach = part.reach()
            for number in common:
                for start, end in part.text.hits[number][:MAX_PLACES]:
                    if end <= reach:
                        yield Piece(part.text.order, start, end, number, weight)
