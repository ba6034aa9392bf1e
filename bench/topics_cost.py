"""Topics of fifty terms over invented texts -> what matching costs, held against one bare pass of the same patterns.

    python bench/topics_cost.py

`bare` is one Aho-Corasick pass over the folded texts with every pattern of the topics, `match` the whole of `Matcher.match`:
folding, finding, asking, explaining. CPU time, medians of interleaved rounds. Of the words of a text one in twenty is a term,
in *all* of any of 1,000 topics, in *ten* of one of the first ten: there the texts, the hits and the matches stay the same
while topics are added that have little to say; each such text belongs to several topics, and what is explained costs most.
Exit 1 where 1,000 topics cost more than six bare passes over *all*, or over *ten* more than twice as much as 10 topics, or
take more than 2 s to compile.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import ahocorasick_rs

from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.topic import Topic
from aggregator.text import fold
from aggregator.topics.match import compile_topics
from aggregator.topics.patterns import patterns

TERMS = 50
TEXTS = 200
WORDS = 330
ROUNDS = 9
SHARE_OF_TERMS = 0.05
COUNTS = (10, 100, 1_000)
_SYLLABLES = ("ka", "lo", "mi", "ter", "san", "do", "ver", "pli", "ron", "tu", "bel", "gra", "on", "ist", "al", "e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Per text of about 2 KB; `ratio` is match to bare, `matches` the mean number of topics a text belongs to."""

    terms: str
    topics: int
    compile_s: float
    bare_us: float
    match_us: float
    ratio: float
    matches: float


def main() -> int:
    chance = random.Random(20260)
    words = _words(chance, 32_000)
    common, rare = words[:2_000], words[2_000:]
    chosen = [chance.sample(rare, TERMS) for _ in range(max(COUNTS))]
    queries = [_query(number, terms) for number, terms in enumerate(chosen)]
    of_ten = [term for terms in chosen[:10] for term in terms]
    costs = []
    for name, terms in (("all", rare), ("ten", of_ten)):
        articles = [_article(chance, common, terms) for _ in range(TEXTS)]
        costs += [measure(name, queries[:count], articles) for count in COUNTS]
    return _tell(costs)


def _tell(costs: list[Cost]) -> int:
    print(f"{'terms of':>8} {'topics':>7} {'compile s':>10} {'bare us':>9} {'match us':>9} {'ratio':>6} {'matches':>8}")
    for one in costs:
        print(
            f"{one.terms:>8} {one.topics:>7} {one.compile_s:>10.2f} {one.bare_us:>9.1f} {one.match_us:>9.1f} {one.ratio:>6.1f}"
            f" {one.matches:>8.1f}"
        )
    most = [one for one in costs if one.topics == max(COUNTS)]
    few = next(one for one in costs if (one.terms, one.topics) == ("ten", min(COUNTS)))
    many = next(one for one in most if one.terms == "ten")
    growth = many.match_us / few.match_us
    print(f"{many.topics} topics cost {growth:.2f} times as much as {few.topics} over texts that speak of these")
    print(json.dumps([asdict(one) for one in costs]))
    is_good = growth <= 2 and most[0].ratio <= 6 and all(one.compile_s <= 2 for one in most)
    return 0 if is_good else 1


def measure(terms_of: str, queries: list[str], articles: list[Article]) -> Cost:
    """The texts matched by the topics of these queries."""
    topics = tuple(Topic(id=f"topic-{number}", title="", query=query) for number, query in enumerate(queries))
    started = time.process_time()
    matcher = compile_topics(topics, ())
    compile_s = time.process_time() - started
    terms = dict.fromkeys(word for query in queries for word in query.replace("(", " ").replace(")", " ").split())
    sought = [pattern.text for term in terms if term.islower() for pattern in patterns(term)]
    automaton = ahocorasick_rs.AhoCorasick(sought)
    folded = [(fold(article.headline).text, fold(article.body_text).text) for article in articles]

    def bare() -> None:
        for headline, body in folded:
            automaton.find_matches_as_indexes(headline, overlapping=True)
            automaton.find_matches_as_indexes(body, overlapping=True)

    def match() -> None:
        for article in articles:
            matcher.match(article, "measured")

    rounds = [(_timed(bare), _timed(match)) for _ in range(ROUNDS)]
    bare_us, match_us = (statistics.median(times) / len(articles) * 1e6 for times in zip(*rounds, strict=True))
    return Cost(
        terms=terms_of,
        topics=len(topics),
        compile_s=round(compile_s, 3),
        bare_us=round(bare_us, 1),
        match_us=round(match_us, 1),
        ratio=round(match_us / bare_us, 2),
        matches=round(statistics.mean(len(matcher.match(article, "measured")) for article in articles), 2),
    )


def _timed(act: Callable[[], None]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def _words(chance: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))] = None
    return list(found)


def _article(chance: random.Random, common: list[str], rare: list[str]) -> Article:
    text = [chance.choice(rare if chance.random() < SHARE_OF_TERMS else common) for _ in range(WORDS)]
    sentences = [" ".join(text[start : start + 15]).capitalize() + "." for start in range(12, WORDS, 15)]
    return Article(
        headline=" ".join(text[:12]).capitalize(),
        body_text=" ".join(sentences),
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="measured", name="Measured"),
        rights=Rights(republish=Republish.FULL),
        origin=OriginSource(),
    )


def _query(number: int, terms: list[str]) -> str:
    """One in ten topics takes any of its terms; the others want two things at once, as topics do."""
    one, other = (" OR ".join(part) for part in (terms[:25], terms[25:]))
    if number % 10 == 0:
        return f"{one} OR {other}"
    return f"({one}) NEAR/30 ({other})" if number % 10 == 1 else f"({one}) AND ({other})"


if __name__ == "__main__":
    sys.exit(main())
