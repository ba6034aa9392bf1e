"""`Query` -> a rule that can be asked of a reading: whether it holds, and which words say so.

A reading is what was found in one article. Alternatives become one set of term numbers, so that a pack of hundreds of
forms costs one comparison of sets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aggregator.model.article import Article
from aggregator.model.topic import Evidence, Pack
from aggregator.text import fold, folded
from aggregator.topics import query as q
from aggregator.topics.patterns import Pattern, patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A form to look for, as written; `pack` is the pack whose exclusions bind it."""

    text: str
    concept: str | None = None
    pack: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of the original field."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was found in one field, or in the beginning of it; places by number of the term."""

    field: str
    hits: Mapping[int, tuple[Span, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article as far as the topics ask about it: the parts of each scope.

    A scope is a text field of the query language, `text` for a term without a field, or `opening` for a pack
    without one.
    """

    article: Article
    source_id: str
    terms: tuple[Term, ...]
    parts: Mapping[str, tuple[Part, ...]]


@dataclass(frozen=True, slots=True)
class Everything:
    """Holds for every text."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the terms stands in the scope."""

    terms: frozenset[int]
    scope: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the article, not its text; `term` is as written, `is_open` leaves the end open."""

    field: str
    term: str
    text: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The part does not hold; what is absent has no place in a text, so that it gives no evidence."""

    part: "Rule"


Rule = Everything | AnyOf | Fact | Every | Some | Negated


@dataclass(slots=True)
class Vocabulary:
    """What is looked for, filled while the topics are compiled: terms by number, patterns with the terms they mean."""

    numbers: dict[Term, int] = field(default_factory=dict)
    patterns: dict[Pattern, list[int]] = field(default_factory=dict)
    exclusions: dict[int, str] = field(default_factory=dict)
    """Terms that are exclusions, with the pack they bind."""

    def add(self, term: Term) -> int:
        number = self.numbers.get(term)
        if number is None:
            number = self.numbers[term] = len(self.numbers)
            for pattern in patterns(term.text):
                self.patterns.setdefault(pattern, []).append(number)
        return number

    def add_pack(self, pack: Pack) -> frozenset[int]:
        for exclusion in pack.exclusions:
            # No concept has this id, so that an exclusion is never taken for a form of the same words.
            number = self.add(Term(text=exclusion, concept=f"{pack.name}/!", pack=pack.name))
            self.exclusions[number] = pack.name
        return frozenset(
            self.add(Term(text=form, concept=f"{pack.name}/{concept.id}", pack=pack.name))
            for concept in pack.concepts
            for form in concept.forms
        )


def compile_rule(query: q.Query, packs: Mapping[str, Pack], vocabulary: Vocabulary, scope: str = "text") -> Rule:
    """The rule of a query whose packs are all known; its terms enter the vocabulary."""
    match query:
        case q.All():
            return Everything()
        case q.Not(part=part):
            return Negated(compile_rule(part, packs, vocabulary, scope))
        case q.And(parts=parts):
            return Every(tuple([compile_rule(part, packs, vocabulary, scope) for part in parts]))
        case q.Or(parts=parts):
            return _alternatives([compile_rule(part, packs, vocabulary, scope) for part in parts])
        case q.FieldOf(name=name, part=part):
            return compile_rule(part, packs, vocabulary, name)
        case q.PackOf(name=name):
            # A pack says what a text is about, and that stands at its beginning: deep in a body a name is in passing.
            return AnyOf(vocabulary.add_pack(packs[name]), "opening" if scope == "text" else scope)
    return _term(query, vocabulary, scope)


def _term(query: q.Word | q.Phrase | q.Prefix, vocabulary: Vocabulary, scope: str) -> Rule:
    is_open = isinstance(query, q.Prefix) or query.text.endswith("*")
    text = query.text.removesuffix("*")
    written = f"{text}*" if is_open else text
    if scope in q.FACT_FIELDS:
        return Fact(scope, written, text, is_open)
    return AnyOf(frozenset((vocabulary.add(Term(text=written)),)), scope)


def _alternatives(parts: list[Rule]) -> Rule:
    """One set of terms a scope, and whatever is not a plain term."""
    by_scope: dict[str, set[int]] = {}
    others: list[Rule] = []
    for part in parts:
        if isinstance(part, AnyOf):
            by_scope.setdefault(part.scope, set()).update(part.terms)
        else:
            others.append(part)
    merged = (*(AnyOf(frozenset(terms), scope) for scope, terms in by_scope.items()), *others)
    return merged[0] if len(merged) == 1 else Some(merged)


def scopes(rule: Rule) -> frozenset[str]:
    """The scopes in which the rule looks for words; empty if it asks for none."""
    match rule:
        case AnyOf(scope=scope):
            return frozenset((scope,))
        case Every(parts=parts) | Some(parts=parts):
            return frozenset().union(*[scopes(part) for part in parts])
        case Negated(part=part):
            return scopes(part)
    return frozenset()


def holds(rule: Rule, reading: Reading) -> bool:
    """Whether the rule is true of the reading."""
    match rule:
        case AnyOf(terms, scope):
            return any(not terms.isdisjoint(part.hits) for part in reading.parts[scope])
        case Every(parts):
            return all(holds(part, reading) for part in parts)
        case Some(parts):
            return any(holds(part, reading) for part in parts)
        case Negated(part):
            return not holds(part, reading)
        case Fact():
            return _fitting(rule, reading) is not None
        case Everything():
            return True


def evidence(rule: Rule, reading: Reading) -> Iterator[Evidence]:
    """The words that make a rule true which holds; an alternative that does not hold adds none."""
    match rule:
        case AnyOf(terms, scope):
            for part in reading.parts[scope]:
                for number in terms & part.hits.keys():
                    yield from _places(reading.terms[number], part.field, part.hits[number])
        case Every(parts) | Some(parts):
            for part_rule in parts:
                if holds(part_rule, reading):
                    yield from evidence(part_rule, reading)
        case Fact(field=name, term=term):
            value = _fitting(rule, reading)
            if value is not None:
                yield Evidence(term=term, field=name, start=0, end=len(value))


def _places(term: Term, field_name: str, spans: tuple[Span, ...]) -> Iterator[Evidence]:
    for span in spans:
        yield Evidence(term=term.text, field=field_name, start=span.start, end=span.end, concept=term.concept)


def _fitting(fact: Fact, reading: Reading) -> str | None:
    """The first printed value that fits the fact, or None."""
    return next((value for value in _values(fact.field, reading) if _fits(fact, value, reading)), None)


def _values(name: str, reading: Reading) -> tuple[str, ...]:
    article = reading.article
    match name:
        case "source":
            return (reading.source_id,)
        case "lang":
            return (article.language.tag,) if article.language else ()
        case "agency":
            return (article.agency.name,) if article.agency else ()
        case "place":
            return tuple(place.name for place in article.dateline.places) if article.dateline else ()
    return (article.publisher.name,)


def _fits(fact: Fact, value: str, reading: Reading) -> bool:
    match fact.field:
        case "source":
            return value.startswith(fact.text) if fact.is_open else value == fact.text
        case "lang":
            wanted, tag = fact.text.casefold(), value.casefold()
            return tag.startswith(wanted) if fact.is_open else tag == wanted or tag.startswith(f"{wanted}-")
        case "agency":
            agency = reading.article.agency
            names = (folded(value), folded(agency.id) if agency else "")
            wanted = folded(fact.text)
            return any(name.startswith(wanted) if fact.is_open else name == wanted for name in names)
    return f" {folded(fact.text)}{'' if fact.is_open else ' '}" in fold(value).text
