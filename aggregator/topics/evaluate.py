"""Labelled texts + one topic -> how well its rule finds what it is to find: by language, by kind of text, and the errors.

Precision is the share of what was found that belongs; recall the share of what belongs that was found; F1 their harmonic
mean (van Rijsbergen, Information Retrieval, 1979, chapter 7).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from aggregator.model.topic import Match, Pack, Topic, Unmet
from aggregator.topics.explain import Explainer
from aggregator.topics.labels import Labelled
from aggregator.topics.match import compile_topics


@dataclass(slots=True)
class Tally:
    """Counts of texts."""

    found: int = 0
    """Belong, and match."""
    missed: int = 0
    """Belong, and do not match."""
    wrong: int = 0
    """Match, and do not belong."""
    passed: int = 0
    """Neither."""

    def add(self, *, belongs: bool, matches: bool) -> None:
        if belongs:
            self.found += matches
            self.missed += not matches
        else:
            self.wrong += matches
            self.passed += not matches

    @property
    def texts(self) -> int:
        return self.found + self.missed + self.wrong + self.passed

    @property
    def precision(self) -> float | None:
        """None where nothing was found."""
        return _share(self.found, self.found + self.wrong)

    @property
    def recall(self) -> float | None:
        """None where nothing belongs."""
        return _share(self.found, self.found + self.missed)

    @property
    def f1(self) -> float | None:
        """None where nothing belongs and nothing was found."""
        return _share(2 * self.found, 2 * self.found + self.wrong + self.missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A text on which rule and label differ: `match` where the rule took it, else what it lacked."""

    labelled: Labelled
    match: Match | None
    unmet: tuple[Unmet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came of it. Borderline texts are counted apart and are no errors."""

    topic_id: str
    overall: Tally = field(default_factory=Tally)
    by_language: dict[str, Tally] = field(default_factory=dict)
    by_class: dict[str, Tally] = field(default_factory=dict)
    borderline: Tally = field(default_factory=Tally)
    unlabelled: int = 0
    """Lines that say nothing of the topic."""
    wrong: tuple[Error, ...] = ()
    """The surest first: by score."""
    missed: tuple[Error, ...] = ()
    """The nearest first: those that lack the least."""

    def others_pooled(self) -> tuple[str, Tally] | None:
        """All languages but the most frequent together, under its name; None where there are not two others."""
        names = sorted(self.by_language, key=lambda name: (-self.by_language[name].texts, name))
        if len(names) < 3:
            return None
        pooled = Tally()
        for name in names[1:]:
            one = self.by_language[name]
            pooled.found += one.found
            pooled.missed += one.missed
            pooled.wrong += one.wrong
            pooled.passed += one.passed
        return names[0], pooled


def evaluate(
    topic: Topic,
    packs: tuple[Pack, ...],
    others: tuple[Topic, ...],
    texts: Iterable[Labelled],
    *,
    label: str | None = None,
) -> Evaluation:
    """Ask the topic's query of each text. A text says something of the query: the topic's sources do not count.

    Raises QueryError for a query that does not compile.
    """
    asked = replace(topic, sources=())
    matcher = compile_topics((asked,), packs, others)
    explainer = Explainer(asked, packs, others)
    found = Evaluation(topic_id=topic.id)
    wrong: list[Error] = []
    missed: list[Error] = []
    unlabelled = 0
    for one in texts:
        belongs = one.belongs(topic.id, label)
        if belongs is None:
            unlabelled += 1
            continue
        match = next(iter(matcher.match(one.article, one.source_id)), None)
        _count(found, one, belongs=belongs, matches=match is not None)
        if one.is_borderline or belongs is (match is not None):
            continue
        if match:
            wrong.append(Error(labelled=one, match=match))
        else:
            missed.append(Error(labelled=one, match=None, unmet=explainer.unmet(one.article, one.source_id)))
    return replace(
        found,
        unlabelled=unlabelled,
        wrong=tuple(sorted(wrong, key=lambda error: (-_score(error), error.labelled.line))),
        missed=tuple(sorted(missed, key=lambda error: (len(error.unmet), error.labelled.line))),
    )


def _count(found: Evaluation, one: Labelled, *, belongs: bool, matches: bool) -> None:
    if one.is_borderline:
        found.borderline.add(belongs=belongs, matches=matches)
        return
    tallies = [found.overall, found.by_language.setdefault(one.language, Tally())]
    if one.group is not None:
        tallies.append(found.by_class.setdefault(one.group, Tally()))
    for tally in tallies:
        tally.add(belongs=belongs, matches=matches)


def _score(error: Error) -> float:
    return error.match.score if error.match else 0.0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
