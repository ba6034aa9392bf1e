"""All topics together + an article -> the topics it belongs to, each with the words that say so.

Every term of every topic is looked for in one pass over the folded text (Aho-Corasick). A topic is then asked only if
one of the terms was found without which its rule cannot hold, so that the cost grows with the text and the hits, not
with the number of topics.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from aggregator.errors import DEFECTS
from aggregator.model.article import Article
from aggregator.model.topic import Evidence, Ignore, Learned, Match, Pack, Topic
from aggregator.text import fold
from aggregator.topics import nodes as n
from aggregator.topics.answers import Rulebook
from aggregator.topics.finder import Finder
from aggregator.topics.learn import Judge
from aggregator.topics.reading import OPENING_CHARACTERS, Part, Piece, Reading, Text
from aggregator.topics.references import as_topic, read_queries, versions, with_ignores, with_learning
from aggregator.topics.rules import Compiler, Needs, Rule, fewest, needs, scopes, with_learned
from aggregator.topics.vocabulary import Vocabulary

MAX_BODY_CHARACTERS = 200_000
MAX_EVIDENCE = 50
LEAD_CHARACTERS = 600
Blame = Callable[[str, Exception], None]
"""Told of a topic that could not be asked, and why."""
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_OF_MAIN_TEXT = frozenset(("lead", "body", "text", "opening"))
_OF_ARTICLE = _OF_MAIN_TEXT | {"title"}


_Given = tuple[tuple[Topic, ...], tuple[Pack, ...], tuple[Topic, ...], tuple[Ignore, ...], tuple[Learned, ...]]


def compile_topics(
    topics: tuple[Topic, ...],
    packs: tuple[Pack, ...],
    others: tuple[Topic, ...] = (),
    ignores: tuple[Ignore, ...] = (),
    learned: tuple[Learned, ...] = (),
) -> "Matcher":
    """The matcher of all topics. Raises QueryError for a query that does not parse or names what is not there.

    `others` may be named by the topics and are not matched themselves: one topic that is tried alone is given the rest of
    the configuration. One with the id of a topic stands back behind it. What a source ignores belongs to no topic as long as
    that source alone has shown it. A trained model changes the score of its topic, within its bounds.
    """
    return Matcher(topics, packs, others, ignores, learned)


class Matcher:
    """The compiled topics. Pure and picklable: it is compiled again where it arrives."""

    def __init__(
        self,
        topics: tuple[Topic, ...],
        packs: tuple[Pack, ...],
        others: tuple[Topic, ...] = (),
        ignores: tuple[Ignore, ...] = (),
        learned: tuple[Learned, ...] = (),
    ) -> None:
        self._given = (topics, packs, others, ignores, learned)
        named = {topic.id: topic for topic in (*others, *topics, *map(as_topic, ignores))}
        by_name = {pack.name: pack for pack in packs}
        queries = read_queries(tuple(named.values()), by_name)
        vocabulary = Vocabulary()
        compiler = Compiler(packs=by_name, vocabulary=vocabulary)
        models = {one.topic_id: one for one in learned}
        rules = {
            topic_id: with_learned(compiler.rule(query), topic_id) if topic_id in models else compiler.rule(query)
            for topic_id, query in queries.items()
        }
        version_of = versions(named, queries, by_name)
        self.rule_versions: Mapping[str, str] = {
            topic.id: with_learning(
                with_ignores(topic, version_of[topic.id], ignores, version_of), models.get(topic.id)
            )
            for topic in topics
        }
        """By topic id a digest of its query, its sources, what these ignore, the packs and topics it uses, and its model (rules R27)."""
        self._rulebook = Rulebook(
            terms=tuple(vocabulary.numbers),
            rules=rules,
            sources={topic.id: frozenset(topic.sources) for topic in named.values()},
            judges={topic_id: Judge(one).adjustment for topic_id, one in models.items()},
        )
        self._topics = tuple(
            _Asked(id=topic.id, sources=frozenset(topic.sources), rule=rules[topic.id]) for topic in topics
        )
        self._ignored = {one.source_id: rules[as_topic(one).id] for one in ignores}
        self._candidates = _Candidates(self._topics, rules)
        self._reader = ArticleReader(frozenset[str]().union(*map(scopes, rules.values())), vocabulary)

    def __reduce__(self) -> tuple[type["Matcher"], "_Given"]:
        return Matcher, self._given

    def match(self, article: Article, source_id: str, blame: Blame = lambda _topic, _error: None) -> tuple[Match, ...]:
        """The topics that the article belongs to, in the order of the configuration. One whose rule fails at the article is
        named to `blame` and costs the others nothing.
        """
        reading = self._reader.read(article, source_id)
        found: list[Match] = []
        for topic in (self._topics[index] for index in self._candidates.among(reading.texts)):
            if topic.sources and source_id not in topic.sources:
                continue
            try:
                if self._rulebook.holds(topic.rule, reading):
                    found.append(self._explained(topic, reading))
            except DEFECTS as error:
                blame(topic.id, error)
        if found and source_id in self._ignored and self._rulebook.holds(self._ignored[source_id], reading):
            return ()
        return tuple(found)

    def _explained(self, topic: "_Asked", reading: Reading) -> Match:
        """The match with its score, and its evidence in reading order."""
        pieces = self._rulebook.pieces(topic.rule, reading)
        terms = self._rulebook.terms
        in_order = sorted(
            pieces,
            key=lambda piece: (
                piece.text,
                piece.start,
                -piece.end,
                terms[piece.term].text,
                terms[piece.term].concept or "",
            ),
        )
        learned = self._rulebook.learned(topic.id, reading)
        return Match(
            topic_id=topic.id,
            rule_version=self.rule_versions[topic.id],
            score=round(self._rulebook.score(pieces, reading) + learned, 2),
            evidence=(
                *[self._evidence(piece, reading) for piece in in_order[:MAX_EVIDENCE]],
                *([_what_was_learned(learned)] if learned else []),
            ),
        )

    def _evidence(self, piece: Piece, reading: Reading) -> Evidence:
        term = self._rulebook.terms[piece.term]
        if piece.text < len(reading.texts):
            text = reading.texts[piece.text]
            field, (start, end) = text.field, text.span((piece.start, piece.end))
        else:
            field, start, end = n.FACT_FIELDS[piece.text - len(reading.texts)], piece.start, piece.end
        return Evidence(term=term.text, field=field, start=start, end=end, concept=term.concept, weight=piece.weight)


def _what_was_learned(adjustment: float) -> Evidence:
    """A model has no words to show; that it had a say is never hidden."""
    return Evidence(term=f"learned {adjustment:+.1f}", field="learned", start=0, end=0, weight=adjustment)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A topic as far as it is asked of articles; no sources: all."""

    id: str
    sources: frozenset[str]
    rule: Rule


class _Candidates:
    """Which topics are worth asking, by the terms without which they cannot hold."""

    def __init__(self, topics: tuple[_Asked, ...], rules: Mapping[str, Rule]) -> None:
        """`rules`: of all topics, each after those it names."""
        found: dict[str, Needs] = {}
        for topic_id, rule in rules.items():
            found[topic_id] = needs(rule, found)
        self._needs = tuple(found[topic.id] for topic in topics)
        self._always = frozenset(index for index, each in enumerate(self._needs) if not each)
        self._by_term: dict[int, list[int]] = {}
        for index, each in enumerate(self._needs):
            for number in fewest(each) if each else ():
                self._by_term.setdefault(number, []).append(index)

    def among(self, texts: tuple[Text, ...]) -> list[int]:
        """The numbers of the topics that may hold, in order."""
        terms = frozenset[int]().union(*[text.terms for text in texts])
        found = set(self._always)
        for number in terms:
            if number in self._by_term:
                found.update(self._by_term[number])
        lacks = terms.isdisjoint
        return [index for index in sorted(found) if not any(map(lacks, self._needs[index]))]


class ArticleReader:
    """An article -> its reading. Folds what the scopes ask for and no more: nothing for `*`, no body for `title:`."""

    def __init__(self, scopes: frozenset[str], vocabulary: Vocabulary) -> None:
        self._namesakes = tuple(vocabulary.namesakes.values())
        # Whatever the topics ask for, a namesake is told by the same texts.
        self._scopes = scopes | {"opening"} if self._namesakes else scopes
        self._finder = Finder(vocabulary)

    def read(self, article: Article, source_id: str) -> Reading:
        texts: list[Text] = []
        parts: dict[str, tuple[Part, ...]] = {}
        lead = None
        if not self._scopes.isdisjoint(_OF_ARTICLE):
            headline = self._parts(texts, "headline", (article.headline,))
            parts["title"] = headline
            if not self._scopes.isdisjoint(_OF_MAIN_TEXT):
                lead = self._read_main(article, headline, texts, parts)
        for name, values in self._others(article):
            parts[name] = self._parts(texts, name, values)
        if self._namesakes:
            self._forget_namesakes(texts, parts["opening"])
        return Reading(article=article, source_id=source_id, texts=tuple(texts), parts=parts, lead=lead)

    def _read_main(
        self, article: Article, headline: tuple[Part, ...], texts: list[Text], parts: dict[str, tuple[Part, ...]]
    ) -> Part | None:
        """Fills the scopes of the running text; the first paragraph, where it stands for a standfirst."""
        standfirst = self._parts(texts, "standfirst", (article.standfirst,)) if article.standfirst else ()
        # Without a body the source's summary stands for it, except where `body:` asks for the body itself.
        name, text = ("body", article.body_text) if article.body_text else ("summary", article.summary_text or "")
        (main,) = self._parts(texts, name, (text[: self._reach(text)],))
        first = Part(main.text, _lead_end(text))
        parts["lead"] = standfirst or (first,)
        parts["body"] = (main,) if article.body_text else ()
        parts["text"] = (*headline, *standfirst, main)
        opening = main if len(text) <= OPENING_CHARACTERS else Part(main.text, _cut(text, OPENING_CHARACTERS))
        parts["opening"] = (*headline, *standfirst, opening)
        return None if standfirst else first

    def _forget_namesakes(self, texts: list[Text], opening: tuple[Part, ...]) -> None:
        """What a concept found is taken back where the article begins with its namesake, and with nothing else of the pack."""
        terms = frozenset[int]().union(*[part.terms() for part in opening])
        for namesake in self._namesakes if terms else ():
            if not terms.isdisjoint(namesake.marks) and terms.isdisjoint(namesake.others):
                for text in texts:
                    text.forget(namesake.terms)

    def _others(self, article: Article) -> Iterator[tuple[str, tuple[str, ...]]]:
        if "author" in self._scopes:
            yield "author", tuple(person.name for person in article.by)
        if "tag" in self._scopes:
            names = (name for category in article.categories for name in (category.term, category.label) if name)
            yield "tag", tuple(dict.fromkeys(names))
        if "url" in self._scopes:
            yield "url", (article.url,) if article.url else ()

    def _reach(self, text: str) -> int:
        """How much of a body has to be read: all of it only for a term that may stand anywhere."""
        needs_whole = not self._scopes.isdisjoint(("body", "text"))
        return MAX_BODY_CHARACTERS if needs_whole else _cut(text, max(LEAD_CHARACTERS, OPENING_CHARACTERS))

    def _parts(self, texts: list[Text], name: str, values: tuple[str, ...]) -> tuple[Part, ...]:
        """The values as texts of the field, each wholly in the scope."""
        parts = []
        for value in values:
            folded = fold(value)
            text = Text(name, len(texts), folded, self._finder.find(folded))
            texts.append(text)
            parts.append(Part(text))
        return tuple(parts)


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
