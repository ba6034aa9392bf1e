"""What people want and do not want in a topic -> terms that its rule could add, exclude or drop, with the counts behind each.

Log-odds with an informative prior: Monroe, Colaresi and Quinn, "Fightin' Words" (Political Analysis 16, 2008), counted in
texts instead of words, so that a report that says one name ten times says it once. The prior is the share of all texts that
have the term, which keeps the common words of any language down without a list of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import log, sqrt

from aggregator.model.article import Article
from aggregator.model.topic import Match, Pack, Topic
from aggregator.text import Folded, fold
from aggregator.topics.finder import Finder
from aggregator.topics.match import compile_topics
from aggregator.topics.reading import OPENING_CHARACTERS
from aggregator.topics.references import read_queries
from aggregator.topics.rules import Compiler
from aggregator.topics.vocabulary import Vocabulary

SURE = 1.96
"""What a difference must reach, in standard errors: one in twenty does by chance."""
_PRIOR_TEXTS = 10
"""How many texts the prior weighs as much as."""
_FEWEST_TEXTS = 2
_SHORTEST_WORD = 3
_COMMON = 0.25
"""A word in more of the texts that are not wanted says nothing of any topic."""
_COMMON_EDGE = 0.05
"""No phrase begins or ends with a word in more of the texts: "to release" says no more than "release"."""
_ENOUGH_TO_KNOW_COMMON = 20


class Side(StrEnum):
    """What people want of a text."""

    WANTED = "wanted"
    UNWANTED = "unwanted"
    OTHER = "other"
    """Nobody said anything of it, and the rule does not find it."""


class Change(StrEnum):
    """What could be done with a term."""

    ADD = "add"
    """It stands in wanted texts, of which the rule misses some."""
    EXCLUDE = "exclude"
    """It stands in unwanted texts that the rule finds."""
    DROP = "drop"
    """The rule looks for it, and finds mostly what is not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """In how many texts of each kind a term stands; or how many there are."""

    wanted: int = 0
    missed: int = 0
    """Of the wanted ones, those that the rule does not find."""
    unwanted: int = 0
    wrong: int = 0
    """Of the unwanted ones, those that the rule finds."""
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One term, in texts of one language. `concept` is set for a term of a pack."""

    change: Change
    language: str
    term: str
    concept: str | None
    counts: Counts
    z: float
    """The log-odds in standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """Of one topic; `texts` counts by language what they come from."""

    texts: Mapping[str, Counts]
    found: tuple[Suggestion, ...]


@dataclass(slots=True, kw_only=True)
class _Texts:
    """The texts of one language, as sets of terms."""

    terms: dict[tuple[Side, bool], list[frozenset[str]]] = field(default_factory=dict)
    """By side and whether the rule finds them."""
    evidence: dict[Side, Counter[tuple[str, str | None]]] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    def sets(self, side: Side, found: bool | None = None) -> list[frozenset[str]]:
        kinds = (True, False) if found is None else (found,)
        return [terms for kind in kinds for terms in self.terms.get((side, kind), ())]


class Suggester:
    """Fed with texts of all kinds, in any order, then asked. Raises QueryError for a query that does not compile."""

    def __init__(self, topic: Topic, packs: tuple[Pack, ...], others: tuple[Topic, ...] = ()) -> None:
        self._matcher = compile_topics((topic,), packs, others)
        by_name = {pack.name: pack for pack in packs}
        named = {one.id: one for one in (*others, topic)}
        vocabulary = Vocabulary()
        compiler = Compiler(packs=by_name, vocabulary=vocabulary)
        for query in read_queries(tuple(named.values()), by_name).values():
            compiler.rule(query)
        self._finder = Finder(vocabulary)
        self._languages: dict[str, _Texts] = {}

    def match(self, article: Article, source_ids: Iterable[str]) -> Match | None:
        """What the rule says of it, in whatever source it was seen."""
        for source_id in source_ids:
            for match in self._matcher.match(article, source_id):
                return match
        return None

    def add(self, article: Article, side: Side, match: Match | None) -> None:
        """Count a text; one that the rule finds and of which nobody said anything is evidence of nothing."""
        if side is Side.OTHER and match:
            return
        texts = self._languages.setdefault(article.language.tag.split("-")[0] if article.language else "?", _Texts())
        terms = _terms_of(article, texts.printed)
        texts.terms.setdefault((side, match is not None), []).append(frozenset(terms))
        if match:
            counted = texts.evidence.setdefault(side, Counter())
            counted.update({(one.term, one.concept) for one in match.evidence if one.weight > 0})

    def suggestions(self, most: int) -> Suggestions:
        """At most so many of each change and language, the surest first."""
        found: list[Suggestion] = []
        for language, texts in sorted(self._languages.items()):
            for change, candidates in (
                (Change.ADD, self._to_add(language, texts)),
                (Change.EXCLUDE, self._to_exclude(language, texts)),
                (Change.DROP, _to_drop(language, texts)),
            ):
                sure = sorted(candidates, key=lambda one: (-one.z, -len(one.term), one.term))
                found += _without_parts(one for one in sure if one.change is change)[:most]
        counts = {language: _all_of(texts) for language, texts in sorted(self._languages.items())}
        return Suggestions(texts=counts, found=tuple(found))

    def _to_add(self, language: str, texts: _Texts) -> Iterator[Suggestion]:
        """Terms of texts that the rule misses, which no term of the rule finds already."""
        missed = Counter(term for terms in texts.sets(Side.WANTED, found=False) for term in terms)
        for term in self._new(missed, texts):
            counts, whole = _counts(term, texts), _all_of(texts)
            here, there = (
                (counts.wanted, whole.wanted),
                (counts.unwanted + counts.others, whole.unwanted + whole.others),
            )
            if counts.wanted >= _FEWEST_TEXTS and (z := _log_odds(here, there)) >= SURE:
                yield _suggestion(Change.ADD, language, texts.printed[term], counts, z)

    def _to_exclude(self, language: str, texts: _Texts) -> Iterator[Suggestion]:
        """Terms of unwanted texts that the rule finds."""
        wrong = Counter(term for terms in texts.sets(Side.UNWANTED, found=True) for term in terms)
        whole = _all_of(texts)
        for term in self._new(wrong, texts):
            counts = _counts(term, texts)
            z = _log_odds((counts.wrong, whole.wrong), (counts.wanted, whole.wanted))
            # What is wanted and would be lost counts double: nobody sees it.
            is_worth_it = counts.wrong >= max(_FEWEST_TEXTS, 2 * counts.wanted)
            if is_worth_it and z >= SURE and _is_typical(counts, whole):
                yield _suggestion(Change.EXCLUDE, language, texts.printed[term], counts, z)

    def _new(self, candidates: Counter[str], texts: _Texts) -> Iterator[str]:
        """Candidates that are no common words and that no term of the rule finds."""
        rest = [terms for side in (Side.UNWANTED, Side.OTHER) for terms in texts.sets(side)]
        having = Counter(term for terms in rest for term in terms if " " not in term)
        is_known = len(rest) >= _ENOUGH_TO_KNOW_COMMON
        for term in candidates:
            words = term.split()
            bound = (_COMMON if len(words) == 1 else _COMMON_EDGE) if is_known else 1.0
            is_common = max(having[word] for word in words) > bound * len(rest)
            if not (is_common or _says_little(words)) and not self._finder.find(fold(term)):
                yield term


def _says_little(words: Sequence[str]) -> bool:
    """A short word by itself, or nothing but numbers."""
    return all(word.isdecimal() for word in words) or (len(words) == 1 and len(words[0]) < _SHORTEST_WORD)


def _to_drop(language: str, texts: _Texts) -> Iterator[Suggestion]:
    """Terms of the rule that stand in unwanted texts it finds, and seldom in wanted ones."""
    unwanted, wanted = texts.evidence.get(Side.UNWANTED, Counter()), texts.evidence.get(Side.WANTED, Counter())
    wrong, right = len(texts.sets(Side.UNWANTED, found=True)), len(texts.sets(Side.WANTED, found=True))
    for (term, concept), count in unwanted.items():
        good = wanted[term, concept]
        if count >= _FEWEST_TEXTS and (z := _log_odds((count, wrong), (good, right))) >= SURE:
            counts = Counts(wanted=good, unwanted=count, wrong=count)
            yield replace(_suggestion(Change.DROP, language, term, counts, z), concept=concept)


def _is_typical(counts: Counts, whole: Counts) -> bool:
    """Whether a term stands in the unwanted texts that the rule finds more than in those it does not: "but" does not."""
    elsewhere = whole.unwanted - whole.wrong + whole.others
    here, there = counts.wrong, counts.unwanted - counts.wrong + counts.others
    return elsewhere < _ENOUGH_TO_KNOW_COMMON or _log_odds((here, whole.wrong), (there, elsewhere)) >= SURE


def _suggestion(change: Change, language: str, term: str, counts: Counts, z: float) -> Suggestion:
    return Suggestion(change=change, language=language, term=term, concept=None, counts=counts, z=round(z, 1))


def _log_odds(here: tuple[int, int], there: tuple[int, int]) -> float:
    """How much likelier a term is here than there, in standard errors; each side is (texts with it, texts)."""
    share = (here[0] + there[0]) / max(here[1] + there[1], 1)
    prior, against = max(_PRIOR_TEXTS * share, 0.01), max(_PRIOR_TEXTS * (1 - share), 0.01)
    odds = [log((count + prior) / (whole - count + against)) for count, whole in (here, there)]
    return (odds[0] - odds[1]) / sqrt(1 / (here[0] + prior) + 1 / (there[0] + prior))


def _counts(term: str, texts: _Texts) -> Counts:
    def having(side: Side, found: bool | None = None) -> int:
        return sum(term in terms for terms in texts.sets(side, found))

    return Counts(
        wanted=having(Side.WANTED),
        missed=having(Side.WANTED, found=False),
        unwanted=having(Side.UNWANTED),
        wrong=having(Side.UNWANTED, found=True),
        others=having(Side.OTHER),
    )


def _all_of(texts: _Texts) -> Counts:
    return Counts(
        wanted=len(texts.sets(Side.WANTED)),
        missed=len(texts.sets(Side.WANTED, found=False)),
        unwanted=len(texts.sets(Side.UNWANTED)),
        wrong=len(texts.sets(Side.UNWANTED, found=True)),
        others=len(texts.sets(Side.OTHER)),
    )


def _terms_of(article: Article, printed: dict[str, str]) -> Iterator[str]:
    """Folded words and pairs of words of the headline, the standfirst and the opening; `printed` learns their first spelling."""
    body = (article.body_text or article.summary_text or "")[:OPENING_CHARACTERS]
    for text in (article.headline, article.standfirst or "", body):
        folded = fold(text)
        words = list(_words(folded))
        for number, (word, start, end) in enumerate(words):
            printed.setdefault(word, text[start:end])
            yield word
            if number + 1 < len(words):
                following, _, last = words[number + 1]
                pair = f"{word} {following}"
                # Across a full stop or comma they are no phrase.
                if text[end : words[number + 1][1]].isspace():
                    printed.setdefault(pair, text[start:last])
                    yield pair


def _words(folded: Folded) -> Iterator[tuple[str, int, int]]:
    """Each word with the place where it is printed."""
    at = 1
    for word in folded.text.split():
        start, end = folded.span(at, at + len(word))
        yield word, start, end
        at += len(word) + 1


def _without_parts(suggestions: Iterable[Suggestion]) -> Sequence[Suggestion]:
    """Of a phrase and its words the surest: the others say the same of the same texts."""
    kept: list[Suggestion] = []
    for one in suggestions:
        words = set(fold(one.term).text.split())
        if all(words.isdisjoint(fold(other.term).text.split()) for other in kept):
            kept.append(one)
    return kept
