"""One topic asked of one article at leisure -> what its score is made of, or what keeps the article out.

Matching asks thousands of articles and keeps only what it needs; this asks one and says what a person wants to know.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from aggregator.model.article import Article
from aggregator.model.topic import Ignore, Learned, Pack, Points, Topic, Unmet
from aggregator.topics import nodes as n
from aggregator.topics.answers import Rulebook
from aggregator.topics.facts import printed_values
from aggregator.topics.learn import Judge
from aggregator.topics.match import ArticleReader
from aggregator.topics.reading import OPENING_CHARACTERS, Piece, Reading
from aggregator.topics.references import as_topic, read_queries
from aggregator.topics.rules import AnyOf, Compiler, Enough, Rule, parts_of, scopes, with_learned
from aggregator.topics.vocabulary import Vocabulary
from aggregator.topics.written import written

_MAIN_SCOPES = frozenset(("title", "lead", "body", "text", "opening"))
_WHERE = {
    "title": "the headline",
    "lead": "the standfirst or first paragraph",
    "body": "the text",
    "text": "the headline, the standfirst or the text",
    "opening": f"the headline, the standfirst or the first {OPENING_CHARACTERS} characters of the text",
    "author": "the authors",
    "tag": "the source's tags",
    "url": "the address",
}
_SHOWN_WORDS = 4
_LONGEST_PART = 100


class Explainer:
    """One topic among the others of the configuration, and what its sources ignore. Raises QueryError as compiling does."""

    def __init__(
        self,
        topic: Topic,
        packs: tuple[Pack, ...],
        others: tuple[Topic, ...] = (),
        ignores: tuple[Ignore, ...] = (),
        learned: tuple[Learned, ...] = (),
    ) -> None:
        self._topic = topic
        self._ignored = {one.source_id: as_topic(one).id for one in ignores}
        named = {one.id: one for one in (*others, topic, *map(as_topic, ignores))}
        by_name = {pack.name: pack for pack in packs}
        queries = read_queries(tuple(named.values()), by_name)
        vocabulary = Vocabulary()
        self._compiler = Compiler(packs=by_name, vocabulary=vocabulary)
        models = {one.topic_id for one in learned}
        rules = {
            topic_id: with_learned(self._compiler.rule(query), topic_id)
            if topic_id in models
            else self._compiler.rule(query)
            for topic_id, query in queries.items()
        }
        self._query = queries[topic.id]
        self._rulebook = Rulebook(
            terms=tuple(vocabulary.numbers),
            rules=rules,
            sources={one.id: frozenset(one.sources) for one in named.values()},
            judges={one.topic_id: Judge(one).adjustment for one in learned},
        )
        # Where a word stands outside the place that the rule asks for is worth telling.
        self._reader = ArticleReader(_MAIN_SCOPES.union(*(scopes(rule) for rule in rules.values())), vocabulary)

    def points(self, article: Article, source_id: str) -> tuple[Points, ...]:
        """The parts of the score, most first; none where the rule does not hold."""
        reading = self._reader.read(article, source_id)
        rule = self._rulebook.rules[self._topic.id]
        if not self._rulebook.holds(rule, reading):
            return ()
        parts = self._rulebook.parts_of_score(self._rulebook.pieces(rule, reading), reading)
        learned = self._rulebook.learned(self._topic.id, reading)
        if not learned:
            return parts
        return (*parts, Points(idea="learned", place="learned", places=1, weight=1.0, points=learned))

    def unmet(self, article: Article, source_id: str) -> tuple[Unmet, ...]:
        """What keeps the article out, as that source showed it; none where nothing does."""
        reading = self._reader.read(article, source_id)
        outermost = self._query.parts if isinstance(self._query, n.And) else (self._query,)
        asked = _Asked(
            compiler=self._compiler,
            rulebook=self._rulebook,
            reading=reading,
            topic_id=self._topic.id,
            outermost=outermost,
        )
        return (*self._by_source(asked), *asked.unmet(self._query, "text"))

    def _by_source(self, asked: "_Asked") -> Iterator[Unmet]:
        source_id, wanted = asked.reading.source_id, self._topic.sources
        if wanted and source_id not in wanted:
            yield Unmet(part="sources", reason=f"'{source_id}' is not among them: {', '.join(wanted)}")
        if source_id in self._ignored:
            rule = self._rulebook.rules[self._ignored[source_id]]
            if self._rulebook.holds(rule, asked.reading):
                yield Unmet(part="ignore", reason=f"the source '{source_id}' ignores it{asked.words(rule, ' by')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The questions about one reading. Parts of a query are compiled again: their terms are all in the vocabulary."""

    compiler: Compiler
    rulebook: Rulebook
    reading: Reading
    topic_id: str
    outermost: tuple[n.Query, ...]
    """The parts that the query joins: what a trained model says counts in these alone."""

    def rule(self, query: n.Query, scope: str) -> Rule:
        rule = self.compiler.rule(query, scope)
        return with_learned(rule, self.topic_id) if any(query is part for part in self.outermost) else rule

    def unmet(self, query: n.Query, scope: str) -> Iterator[Unmet]:
        """What of the query does not hold in the scope."""
        if self.rulebook.holds(self.rule(query, scope), self.reading):
            return
        match query:
            case n.And(parts=parts):
                for part in parts:
                    if not n.only_lowers(part):
                        yield from self.unmet(part, scope)
            case n.Or():
                yield from self._of_alternatives(query, scope)
            case n.FieldOf(name=name, part=part):
                yield from self.unmet(part, name)
            case n.Weighted(part=part):
                yield from self.unmet(part, scope)
            case n.Near(left=left, right=right):
                yield from self._of_company(query, left, right, scope)
            case n.MinScore(part=part):
                yield from self._of_score(query, part, scope)
            case _:
                yield Unmet(part=_shown(query, scope), reason=self._reason(query, scope))

    def _of_alternatives(self, query: n.Or, scope: str) -> Iterator[Unmet]:
        """That none holds; and what the one lacks of which something holds, if there is one."""
        wanted = [part for part in query.parts if not n.only_lowers(part)]
        yield Unmet(part=_shown(query, scope), reason=f"none of the {len(wanted)} alternatives holds")
        begun = [(part, self._begun(part, scope)) for part in wanted if isinstance(part, n.And)]
        nearest = max(begun, key=lambda pair: pair[1], default=None)
        if nearest and nearest[1]:
            for one in self.unmet(nearest[0], scope):
                yield replace(one, reason=f"{one.reason} (in the nearest alternative)")

    def _begun(self, query: n.And, scope: str) -> int:
        """How many parts hold that say something of the text."""
        return sum(
            self.rulebook.holds(self.compiler.rule(part, scope), self.reading)
            for part in query.parts
            if not (isinstance(part, n.Not) or n.only_lowers(part))
        )

    def _of_company(self, query: n.Near, left: n.Query, right: n.Query, scope: str) -> Iterator[Unmet]:
        alone = (*self.unmet(left, scope), *self.unmet(right, scope))
        unit = "in one sentence" if query.words is None else f"so near ({query.words} words on at most)"
        yield from alone or (Unmet(part=_shown(query, scope), reason=f"both stand there, but never {unit}"),)

    def _of_score(self, query: n.MinScore, part: n.Query, scope: str) -> Iterator[Unmet]:
        below = tuple(self.unmet(part, scope))
        if below:
            yield from below
            return
        rule = self.compiler.rule(part, scope)
        score = self.rulebook.score(self.rulebook.pieces(rule, self.reading), self.reading)
        whole = self.rule(query, scope)
        learned = self.rulebook.learned(whole.learned, self.reading) if isinstance(whole, Enough) else 0.0
        told = f", learned {learned:+.1f}" if learned else ""
        reason = f"scores {score + learned:g} of the {query.score:g} asked for{self.words(rule, ':')}{told}"
        yield Unmet(part=_shown(query, scope), reason=reason)

    def _reason(self, query: n.Query, scope: str) -> str:
        rule = self.compiler.rule(query, scope)
        match query:
            case n.Not(part=part):
                return f"it is there{self.words(self.compiler.rule(part, scope), ':')}"
            case n.AtLeast(count=count):
                held = [part for part in parts_of(rule) if self.rulebook.holds(part, self.reading)]
                found = "".join(self.words(part, ":" if part is held[0] else ",") for part in held)
                return f"{len(held)} of the {count} asked for{found}"
            case n.TopicOf(id=topic_id):
                return f"the rule of '{topic_id}' does not hold, or its sources are others"
        if scope in n.FACT_FIELDS:
            return f"it is {', '.join(printed_values(scope, self.reading)) or 'not known'}"
        return self._not_found(rule)

    def _not_found(self, rule: Rule) -> str:
        """Where a term was looked for, and where else it stands."""
        if not isinstance(rule, AnyOf):
            return "does not hold"
        reason = f"not in {_WHERE[rule.scope]}"
        elsewhere = AnyOf(rule.terms, "text")
        if rule.scope in _MAIN_SCOPES and self.rulebook.holds(elsewhere, self.reading):
            return f"{reason}, but elsewhere{self.words(elsewhere, ':')}"
        return reason

    def words(self, rule: Rule, before: str) -> str:
        """The first words that make a rule true, each with its place: `: libya (headline 3-8)`; empty where none do."""
        pieces = sorted(self.rulebook.pieces(rule, self.reading))
        first: dict[str, Piece] = {}
        for piece in pieces:
            first.setdefault(self.rulebook.terms[piece.term].text, piece)
        shown = [f"{term}{self._place(piece)}" for term, piece in list(first.items())[:_SHOWN_WORDS]]
        more = f" and {len(first) - _SHOWN_WORDS} more" if len(first) > _SHOWN_WORDS else ""
        return f"{before} {', '.join(shown)}{more}" if shown else ""

    def _place(self, piece: Piece) -> str:
        if piece.text >= len(self.reading.texts):
            return ""
        text = self.reading.texts[piece.text]
        start, end = text.span((piece.start, piece.end))
        return f" ({text.field} {start}-{end})"


def _shown(query: n.Query, scope: str) -> str:
    """The part as one would type it, a long one cut."""
    text = written(query if scope == "text" else n.FieldOf(name=scope, part=query))
    return text if len(text) <= _LONGEST_PART else f"{text[: _LONGEST_PART - 1]}…"
