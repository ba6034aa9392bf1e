"""What all topics together look for: terms by number, and the patterns whose hits mean them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aggregator.model.topic import Concept, Pack
from aggregator.topics.patterns import Pattern, patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A form to look for, as written; `pack` is the pack whose exclusions bind it."""

    text: str
    concept: str | None = None
    pack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Namesake:
    """Terms of a concept that are another's in an article whose headline, standfirst or opening has one of `marks`, unless one of
    `others`, the rest of the pack, stands there too.
    """

    terms: frozenset[int]
    marks: frozenset[int]
    others: frozenset[int]


@dataclass(slots=True)
class Vocabulary:
    """Filled while the topics are compiled; two topics that look for the same share its number."""

    numbers: dict[Term, int] = field(default_factory=dict)
    patterns: dict[Pattern, list[int]] = field(default_factory=dict)
    exclusions: dict[int, str] = field(default_factory=dict)
    """Terms that are exclusions, with the pack they bind."""
    namesakes: dict[tuple[str, str], Namesake] = field(default_factory=dict)
    """By pack and concept."""
    _sought: set[int] = field(default_factory=set)
    _concepts: dict[tuple[str, str], frozenset[int]] = field(default_factory=dict)

    def add(self, term: Term) -> int:
        """The number of a term that is looked for."""
        number = self.name(term)
        if number not in self._sought:
            self._sought.add(number)
            for pattern in patterns(term.text):
                self.patterns.setdefault(pattern, []).append(number)
        return number

    def name(self, term: Term) -> int:
        """The number of a term that only stands in evidence."""
        return self.numbers.setdefault(term, len(self.numbers))

    def add_concepts(self, pack: Pack, concepts: tuple[Concept, ...]) -> Mapping[str, frozenset[int]]:
        """The terms of each of these concepts of the pack, which its exclusions then bind."""
        for exclusion in pack.exclusions if (pack.name, "!") not in self._concepts else ():
            # No concept has this id, so that an exclusion is never taken for a form of the same words.
            number = self.add(Term(text=exclusion, concept=f"{pack.name}/!", pack=pack.name))
            self.exclusions[number] = pack.name
        self._concepts[pack.name, "!"] = frozenset()
        for concept in concepts:
            if concept.elsewhere:
                self._add_namesake(pack, concept)
        return {concept.id: self._add_concept(pack.name, concept) for concept in concepts}

    def _add_namesake(self, pack: Pack, concept: Concept) -> None:
        """The whole pack is then looked for: what a topic finds must not depend on what other topics ask for."""
        if (pack.name, concept.id) in self.namesakes:
            return
        others = [self._add_concept(pack.name, other) for other in pack.concepts if other is not concept]
        # Of no pack, so that the exclusion "Tripoli, Lebanon" does not hide what it has in it.
        marks = [self.add(Term(text=mark, concept=f"{pack.name}/{concept.id}?")) for mark in concept.elsewhere]
        self.namesakes[pack.name, concept.id] = Namesake(
            terms=self._add_concept(pack.name, concept),
            marks=frozenset(marks),
            others=frozenset[int]().union(*others),
        )

    def _add_concept(self, pack: str, concept: Concept) -> frozenset[int]:
        known = self._concepts.get((pack, concept.id))
        if known is None:
            name = f"{pack}/{concept.id}"
            known = frozenset([self.add(Term(text=form, concept=name, pack=pack)) for form in concept.forms])
            self._concepts[pack, concept.id] = known
        return known
