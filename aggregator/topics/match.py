"""All topics together + an article -> the topics it belongs to, each with the words that say so.

Every term of every topic is looked for in one pass over the folded text (Aho-Corasick); a topic then only asks which
of its terms were found, so that the cost grows with the text and the hits, not with the number of terms.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

import ahocorasick_rs

from aggregator.errors import QueryError
from aggregator.model.article import Article
from aggregator.model.topic import Match, Pack, Topic
from aggregator.text import Folded, digest, fold
from aggregator.topics import query as q
from aggregator.topics.rules import Part, Reading, Rule, Span, Vocabulary, compile_rule, evidence, holds, scopes

MAX_BODY_CHARACTERS = 200_000
MAX_EVIDENCE = 50
LEAD_CHARACTERS = 600
# Two or three sentences. Measured on headlines with summaries: later on a country is more often named in passing.
OPENING_CHARACTERS = 400
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")

_WEIGHTS = {"headline": 3.0, "standfirst": 2.0, "summary": 2.0}
_FIELD_ORDER = ("headline", "standfirst", "summary", "body", *q.FACT_FIELDS)


def compile_topics(topics: tuple[Topic, ...], packs: tuple[Pack, ...]) -> "Matcher":
    """The matcher of all topics. Raises QueryError for a query that does not parse or names an unknown pack."""
    return Matcher(topics, packs)


class Matcher:
    """The compiled topics. Pure and picklable: it is compiled again where it arrives."""

    def __init__(self, topics: tuple[Topic, ...], packs: tuple[Pack, ...]) -> None:
        self._topics = topics
        self._packs = packs
        by_name = {pack.name: pack for pack in packs}
        queries = tuple(_parse(topic, by_name) for topic in topics)
        vocabulary = Vocabulary()
        self._rules = tuple(compile_rule(query, by_name, vocabulary) for query in queries)
        self._scopes = frozenset(scope for rule in self._rules for scope in scopes(rule))
        self.rule_versions: Mapping[str, str] = {
            topic.id: _version(topic, tuple(by_name[name] for name in q.packs_of(query)))
            for topic, query in zip(topics, queries, strict=True)
        }
        """By topic id a digest of its query, its sources and the packs it uses (rules R27)."""
        self._terms = tuple(vocabulary.numbers)
        self._exclusions = vocabulary.exclusions
        self._meanings = tuple((pattern.is_open, tuple(numbers)) for pattern, numbers in vocabulary.patterns.items())
        self._automaton = ahocorasick_rs.AhoCorasick([pattern.text for pattern in vocabulary.patterns])

    def __reduce__(self) -> tuple[type["Matcher"], tuple[tuple[Topic, ...], tuple[Pack, ...]]]:
        return Matcher, (self._topics, self._packs)

    def match(self, article: Article, source_id: str) -> tuple[Match, ...]:
        """The topics that the article belongs to, in the order of the configuration."""
        reading = self._read(article, source_id)
        return tuple(
            self._explained(topic, rule, reading)
            for topic, rule in zip(self._topics, self._rules, strict=True)
            if (not topic.sources or source_id in topic.sources) and holds(rule, reading)
        )

    def _explained(self, topic: Topic, rule: Rule, reading: Reading) -> Match:
        """The match with its evidence in reading order, and its score.

        The score is the sum, over the distinct concepts and terms found, of the best place each stands in: 3 for the
        headline, 2 for standfirst or summary, 1 for anything else.
        """
        found = sorted(
            set(evidence(rule, reading)),
            key=lambda one: (_FIELD_ORDER.index(one.field), one.start, -one.end, one.term, one.concept or ""),
        )
        best: dict[str, float] = {}
        for one in found:
            idea = one.concept or one.term
            best[idea] = max(best.get(idea, 0.0), _WEIGHTS.get(one.field, 1.0))
        return Match(
            topic_id=topic.id,
            rule_version=self.rule_versions[topic.id],
            score=sum(best.values(), 0.0),
            evidence=tuple(found[:MAX_EVIDENCE]),
        )

    def _read(self, article: Article, source_id: str) -> Reading:
        """What the topics ask for and no more: nothing is folded for `*`, no body for `title:`."""
        if not self._scopes:
            return Reading(article=article, source_id=source_id, terms=(), parts={})
        headline = (self._part("headline", article.headline),)
        parts: dict[str, tuple[Part, ...]] = {"title": headline}
        if self._scopes != {"title"}:
            standfirst = (self._part("standfirst", article.standfirst),) if article.standfirst else ()
            # Without a body the source's summary stands for it, except where `body:` asks for the body itself.
            name, text = ("body", article.body_text) if article.body_text else ("summary", article.summary_text or "")
            main = self._part(name, text[: self._reach(text)])
            parts["lead"] = standfirst or (_until(main, _lead_end(text)),)
            parts["body"] = (main,) if article.body_text else ()
            parts["text"] = (*headline, *standfirst, main)
            parts["opening"] = (*headline, *standfirst, _until(main, _cut(text, OPENING_CHARACTERS)))
        return Reading(article=article, source_id=source_id, terms=self._terms, parts=parts)

    def _reach(self, text: str) -> int:
        """How much of a body has to be read: all of it only for a term that may stand anywhere."""
        needs_whole = not self._scopes.isdisjoint(("body", "text"))
        return MAX_BODY_CHARACTERS if needs_whole else _cut(text, max(LEAD_CHARACTERS, OPENING_CHARACTERS))

    def _part(self, name: str, text: str) -> Part:
        folded_text = fold(text)
        found = self._found(folded_text)
        if not self._exclusions.keys().isdisjoint(found):
            found = self._without_excluded(found)
        hits = {
            number: tuple(Span(*folded_text.span(*place)) for place in sorted(places)[:MAX_EVIDENCE])
            for number, places in found.items()
        }
        return Part(field=name, hits=hits)

    def _found(self, text: Folded) -> dict[int, set[tuple[int, int]]]:
        """The places of each term in the folded text; the spaces around a word belong to its place."""
        found: dict[int, set[tuple[int, int]]] = {}
        for pattern, start, end in self._automaton.find_matches_as_indexes(text.text, overlapping=True):
            is_open, numbers = self._meanings[pattern]
            place = (start, text.text.index(" ", end) + 1 if is_open else end)
            for number in numbers:
                found.setdefault(number, set()).add(place)
        return found

    def _without_excluded(self, found: dict[int, set[tuple[int, int]]]) -> dict[int, set[tuple[int, int]]]:
        """The places that lie in no exclusion of their own pack."""
        areas: dict[str, list[tuple[int, int]]] = {}
        for number in self._exclusions.keys() & found.keys():
            areas.setdefault(self._exclusions[number], []).extend(found[number])
        covers = {pack: _Cover(places) for pack, places in areas.items()}
        kept: dict[int, set[tuple[int, int]]] = {}
        for number, places in found.items():
            cover = covers.get(self._terms[number].pack or "")
            left = {place for place in places if cover is None or not cover.holds(place)}
            if left and number not in self._exclusions:
                kept[number] = left
        return kept


class _Cover:
    """Areas of a text, asked whether one of them holds a place; a search by halves, as a hostile text has thousands."""

    def __init__(self, areas: list[tuple[int, int]]) -> None:
        areas.sort()
        self._starts = [start for start, _ in areas]
        self._reach = list(accumulate((end for _, end in areas), max))

    def holds(self, place: tuple[int, int]) -> bool:
        before = bisect_right(self._starts, place[0])
        return before > 0 and self._reach[before - 1] >= place[1]


def _parse(topic: Topic, packs: Mapping[str, Pack]) -> q.Query:
    query = q.parse_query(topic.query)
    for node in q.walk(query):
        if isinstance(node, q.PackOf) and node.name not in packs:
            known = q.suggestion(node.name, tuple(packs))
            raise QueryError(topic.query, node.position, f"unknown pack '{node.name}'{known}")
    return query


def _version(topic: Topic, packs: tuple[Pack, ...]) -> str:
    parts = [topic.query, *sorted(topic.sources)]
    for pack in packs:
        parts += ["pack", pack.name, *pack.exclusions]
        for concept in pack.concepts:
            parts += ["concept", concept.id, *concept.forms]
    return digest(*parts).hex()


def _cut(text: str, limit: int) -> int:
    """The last edge of a word within the limit, so that no half word is taken for a whole one."""
    if len(text) <= limit:
        return len(text)
    head = text[: limit + 1]
    if head[-1].isspace():
        return limit
    edge = len(head) - len(head.rsplit(None, 1)[-1]) - 1
    return edge if edge >= 0 else limit


def _lead_end(text: str) -> int:
    """Where the first paragraph ends: at a blank line, at most 600 characters on."""
    end = _cut(text, LEAD_CHARACTERS)
    blank = _BLANK_LINE.search(text, 0, end)
    return blank.start() if blank else end


def _until(part: Part, end: int) -> Part:
    """What was found before `end`."""
    if not part.hits:
        return part
    hits = {number: tuple(span for span in spans if span.end <= end) for number, spans in part.hits.items()}
    return Part(field=part.field, hits={number: spans for number, spans in hits.items() if spans})
