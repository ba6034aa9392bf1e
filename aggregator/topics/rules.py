"""`Query` -> a rule whose terms have numbers, so that it can be asked of what was found in an article.

Alternatives become one set of numbers, so that a pack of hundreds of forms costs one comparison of sets.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from aggregator.model.topic import Concept, Pack
from aggregator.topics import nodes as n
from aggregator.topics.vocabulary import Term, Vocabulary


@dataclass(frozen=True, slots=True)
class Everything:
    """Holds for every text."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the terms stands in the scope: a text field, `text` for a term without one, `opening` for a pack without one."""

    terms: frozenset[int]
    scope: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the article, not its text; `text` is as written without its `*`, `is_open` leaves the end open."""

    field: str
    number: int
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
class Several:
    """At least so many parts hold."""

    count: int
    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The part does not hold; what is absent has no place in a text, so that it gives no evidence."""

    part: "Rule"


@dataclass(frozen=True, slots=True)
class Beside:
    """The parts stand within so many words of one another, or with None in one sentence; they are `AnyOf`, `Some`, `Beside`."""

    left: "Rule"
    right: "Rule"
    words: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Holds as the part does; what it finds counts so many times."""

    part: "Rule"
    weight: float


@dataclass(frozen=True, slots=True)
class Lowered:
    """Holds as the part does; the others are not asked for, and what they find has negative weights."""

    part: "Rule"
    by: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Enough:
    """The part holds, and what it finds has at least the score."""

    part: "Rule"
    score: float
    learned: str | None = None
    """The topic whose trained model has a say in the score."""


@dataclass(frozen=True, slots=True)
class Member:
    """The article is one that another topic's rule meets, in one of that topic's sources."""

    topic_id: str


Rule = Everything | AnyOf | Fact | Every | Some | Several | Negated | Beside | Counted | Lowered | Enough | Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """Makes the rules of queries whose packs, parts and topics are all known; their terms enter the vocabulary."""

    packs: Mapping[str, Pack]
    vocabulary: Vocabulary
    _pack_terms: dict[n.PackOf, frozenset[int]] = field(default_factory=dict)

    def rule(self, query: n.Query, scope: str = "text") -> Rule:
        match query:
            case n.And(parts=parts):
                return self._lowered(parts, scope, _every)
            case n.Or(parts=parts):
                return self._lowered(parts, scope, _some)
            case n.FieldOf(name=name, part=part):
                return self.rule(part, name)
            case n.PackOf():
                return AnyOf(self._terms_of(query), _pack_scope(scope))
            case n.Word() | n.Phrase() | n.Prefix():
                return self._term(query, scope)
        return self._modified(query, scope)

    def _modified(self, query: n.Query, scope: str) -> Rule:
        """What is said of a whole part."""
        match query:
            case n.Not(part=part):
                return Negated(self.rule(part, scope))
            case n.Weighted(part=part, weight=weight):
                return Counted(self.rule(part, scope), weight)
            case n.Near(left=left, right=right, words=words):
                return Beside(self.rule(left, scope), self.rule(right, scope), words)
            case n.AtLeast(count=count, part=part):
                return Several(count, tuple(self._alternatives(part, scope)))
            case n.MinScore(score=score, part=part):
                return Enough(self.rule(part, scope), score)
            case n.TopicOf(id=topic_id):
                return Member(topic_id)
        return Everything()

    def _lowered(self, parts: tuple[n.Query, ...], scope: str, join: Callable[[list[Rule]], Rule]) -> Rule:
        """The parts that are asked for, joined; the rest only lowers the score."""
        rule = join([self.rule(part, scope) for part in parts if not n.only_lowers(part)])
        by = tuple([low for part in parts if n.only_lowers(part) for low in self._lowering(part, scope)])
        return Lowered(rule, by) if by else rule

    def _lowering(self, part: n.Query, scope: str) -> Iterator[Counted]:
        match part:
            case n.Weighted(part=inner, weight=weight):
                yield Counted(self.rule(inner, scope), weight)
            case n.FieldOf(name=name, part=inner):
                yield from self._lowering(inner, name)
            case _:
                for child in n.children(part):
                    yield from self._lowering(child, scope)

    def _alternatives(self, query: n.Query, scope: str) -> Iterator[Rule]:
        """One rule an alternative; a pack is as many as it has concepts, whatever field or group it stands in."""
        for part in n.alternatives(query):
            if pack := n.pack_in(part):
                within = part.name if isinstance(part, n.FieldOf) else scope
                for terms in self._concepts(pack).values():
                    yield AnyOf(terms, _pack_scope(within))
            else:
                yield self.rule(part, scope)

    def _terms_of(self, named: n.PackOf) -> frozenset[int]:
        """One set however many topics use the pack: a thousand times a thousand forms are 60 MB."""
        known = self._pack_terms.get(named)
        if known is None:
            known = self._pack_terms[named] = frozenset[int]().union(*self._concepts(named).values())
        return known

    def _concepts(self, named: n.PackOf) -> Mapping[str, frozenset[int]]:
        pack = self.packs[named.name]
        return self.vocabulary.add_concepts(pack, concepts_of(pack, named.part))

    def _term(self, query: n.Term, scope: str) -> Rule:
        is_open = isinstance(query, n.Prefix) or query.text.endswith("*")
        text = query.text.removesuffix("*")
        term = Term(text=f"{text}*" if is_open else text)
        if scope in n.FACT_FIELDS:
            return Fact(scope, self.vocabulary.name(term), text, is_open)
        return AnyOf(frozenset((self.vocabulary.add(term),)), scope)


def concepts_of(pack: Pack, part: str | None) -> tuple[Concept, ...]:
    """The concepts of the pack, of one of its groups, or the one of that id; empty if it has neither."""
    if part is None:
        return pack.concepts
    return tuple(concept for concept in pack.concepts if part in (concept.group, concept.id))


def scopes(rule: Rule) -> frozenset[str]:
    """The scopes in which the rule looks for words; empty if it asks for none. Those of other topics are their own."""
    if isinstance(rule, AnyOf):
        return frozenset((rule.scope,))
    return frozenset[str]().union(*map(scopes, parts_of(rule)))


def parts_of(rule: Rule) -> tuple[Rule, ...]:
    """The rules right below a rule."""
    match rule:
        case Every(parts) | Some(parts) | Several(_, parts):
            return parts
        case Beside(left, right):
            return (left, right)
        case Lowered(part, by):
            return (part, *by)
        case Negated(part) | Counted(part) | Enough(part):
            return (part,)
    return ()


def with_learned(rule: Rule, topic_id: str) -> Rule:
    """The rule of a topic that has a trained model: its outermost `minscore:` counts what the model says."""
    match rule:
        case Enough(part, score):
            return Enough(part, score, topic_id)
        case Every(parts):
            return Every(tuple([with_learned(part, topic_id) for part in parts]))
    return rule


Needs = tuple[frozenset[int], ...]
"""Sets of terms: a text of which a rule holds has at least one of each. Empty: it may hold of a text without any term."""


def needs(rule: Rule, members: Mapping[str, Needs]) -> Needs:
    """What a text must have for the rule to hold; `members`: the same of the topics it names."""
    match rule:
        case AnyOf(terms):
            return (terms,)
        case Every(parts):
            return tuple([need for part in parts for need in needs(part, members)])
        case Beside(left, right):
            return (*needs(left, members), *needs(right, members))
        case Some(parts):
            return _of_alternatives([needs(part, members) for part in parts], 1)
        case Several(count, parts):
            return _of_alternatives([needs(part, members) for part in parts], count)
        case Counted(part) | Lowered(part) | Enough(part):
            return needs(part, members)
        case Member(topic_id):
            return members[topic_id]
    return ()


def _of_alternatives(found: list[Needs], count: int) -> Needs:
    """Of alternatives of which `count` must hold: one of those that need terms, unless the others suffice alone."""
    known = [fewest(each) for each in found if each]
    return () if len(found) - len(known) >= count else (frozenset[int]().union(*known),)


def fewest(of: Needs) -> frozenset[int]:
    """The need that the fewest terms meet."""
    return min(of, key=len)


def _pack_scope(scope: str) -> str:
    """A pack says what a text is about, and that stands at its beginning: deep in a body a name is in passing."""
    return "opening" if scope == "text" else scope


def _every(parts: list[Rule]) -> Rule:
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _some(parts: list[Rule]) -> Rule:
    """One set of terms a scope and weight, and whatever is not a plain term."""
    plain: dict[tuple[str, float], set[int]] = {}
    others: list[Rule] = []
    for part in parts:
        match part:
            case AnyOf(terms, scope):
                plain.setdefault((scope, 1.0), set()).update(terms)
            case Counted(AnyOf(terms, scope), weight):
                plain.setdefault((scope, weight), set()).update(terms)
            case _:
                others.append(part)
    merged = [_counted(AnyOf(frozenset(terms), scope), weight) for (scope, weight), terms in plain.items()]
    together = (*merged, *others)
    return together[0] if len(together) == 1 else Some(together)


def _counted(rule: AnyOf, weight: float) -> Rule:
    return rule if weight == 1 else Counted(rule, weight)
