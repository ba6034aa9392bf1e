# ruff: noqa: TRY004 - whatever is wrong with a model's file is one kind of mistake to whoever reads it
"""Texts that people want or do not want in a topic -> a small linear model; a model + an article -> what it adds to a score.

Logistic regression by stochastic gradient descent over hashed words and pairs of words (Weinberger et al., "Feature hashing
for large scale multitask learning", 2009). It decides nothing: what it says is bounded by the user, rounded to a tenth, and
stands in the evidence of the match. Equal texts in equal order give equal models.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, sqrt
from zlib import crc32

from aggregator.model.article import Article
from aggregator.model.topic import Learned
from aggregator.text import fold
from aggregator.topics.reading import OPENING_CHARACTERS

FEWEST = 10
"""Texts of either side, below which there is nothing to learn."""
_BUCKETS = 2**15
_ROUNDS = 20
_RATE = 0.5
_DECAY = 1e-4
_FOLDS = 5
_FORMAT = 1

Features = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A text as the model sees it, and whether people want it."""

    features: Features
    is_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model without the bounds of its use, and how it does on texts that it has not seen: each is held out once of five."""

    bias: float
    weights: tuple[tuple[int, float], ...]
    wanted: int
    unwanted: int
    raised: int
    """Wanted texts, held out, of which it would raise the score."""
    lowered: int
    """Unwanted ones of which it would lower it."""


def features(article: Article) -> Features:
    """The numbers of the words, and pairs of words, of headline, standfirst and opening; each once."""
    body = (article.body_text or article.summary_text or "")[:OPENING_CHARACTERS]
    found: set[int] = set()
    for text in (article.headline, article.standfirst or "", body):
        words = fold(text).text.split()
        for term in (*words, *map(" ".join, pairwise(words))):
            found.add(crc32(term.encode()) % _BUCKETS)
    return tuple(sorted(found))


def train(lessons: Sequence[Lesson]) -> Trained:
    """Raises ValueError where there is too little to learn from."""
    wanted = sum(lesson.is_wanted for lesson in lessons)
    unwanted = len(lessons) - wanted
    if min(wanted, unwanted) < FEWEST:
        raise ValueError(
            f"there are {wanted} wanted and {unwanted} unwanted texts to learn from: {FEWEST} of each are the least"
        )
    raised = lowered = 0
    for fold_number in range(_FOLDS):
        model = _fit([lesson for number, lesson in enumerate(lessons) if number % _FOLDS != fold_number])
        for lesson in lessons[fold_number::_FOLDS]:
            margin = _margin(model, lesson.features)
            raised += lesson.is_wanted and margin > 0
            lowered += not lesson.is_wanted and margin < 0
    bias, weights = _fit(lessons)
    kept = tuple(sorted((number, round(weight, 4)) for number, weight in weights.items() if round(weight, 4)))
    return Trained(bias=round(bias, 4), weights=kept, wanted=wanted, unwanted=unwanted, raised=raised, lowered=lowered)


class Judge:
    """One topic's model, ready to be asked."""

    def __init__(self, learned: Learned) -> None:
        self._learned = learned
        self._model = (learned.bias, dict(learned.weights))

    def adjustment(self, article: Article) -> float:
        """What is added to the score: from -`lower_by` to +`raise_by`, in tenths."""
        likely = _likely(_margin(self._model, features(article)))
        most = self._learned.raise_by if likely > 0.5 else self._learned.lower_by
        return round(most * (2 * likely - 1), 1)


def model_text(topic_id: str, trained: Trained) -> str:
    """The model as its file holds it."""
    plain = {
        "format": _FORMAT,
        "topic": topic_id,
        "wanted": trained.wanted,
        "unwanted": trained.unwanted,
        "bias": trained.bias,
        "weights": dict(trained.weights),
    }
    return json.dumps(plain) + "\n"


def model_from_text(text: str, topic_id: str, *, raise_by: float, lower_by: float) -> Learned:
    """The model of a file under the bounds of the configuration. Raises ValueError for what is no model of that topic."""
    data = json.loads(text)
    if not isinstance(data, Mapping) or data.get("format") != _FORMAT or data.get("topic") != topic_id:
        raise ValueError(f"is no model of '{topic_id}' of this release")
    written = data.get("weights")
    if not isinstance(written, Mapping):
        raise ValueError("has no weights")
    try:
        weights = tuple(sorted((int(number), float(weight)) for number, weight in written.items()))
        bias = float(data["bias"])
    except (KeyError, TypeError) as error:
        raise ValueError("holds what is no number") from error
    return Learned(topic_id=topic_id, raise_by=raise_by, lower_by=lower_by, bias=bias, weights=weights)


Model = tuple[float, Mapping[int, float]]
"""Bias and weights."""


def _fit(lessons: Sequence[Lesson]) -> tuple[float, dict[int, float]]:
    """Both sides weigh the same, however many texts each has."""
    wanted = sum(lesson.is_wanted for lesson in lessons)
    share = {True: len(lessons) / (2 * max(wanted, 1)), False: len(lessons) / (2 * max(len(lessons) - wanted, 1))}
    bias, weights = 0.0, dict[int, float]()
    for round_number in range(_ROUNDS):
        rate = _RATE / (1 + round_number)
        for lesson in _shuffled(lessons, round_number):
            error = lesson.is_wanted - _likely(_margin((bias, weights), lesson.features))
            step = rate * share[lesson.is_wanted] * error
            bias += step
            each = step / sqrt(len(lesson.features) or 1)
            for number in lesson.features:
                weights[number] = weights.get(number, 0.0) * (1 - rate * _DECAY) + each
    return bias, weights


def _shuffled(lessons: Sequence[Lesson], round_number: int) -> Iterable[Lesson]:
    """Another order each round, the same in every run."""
    order = sorted(range(len(lessons)), key=lambda number: crc32(f"{round_number} {number}".encode()))
    return [lessons[number] for number in order]


def _margin(model: Model, found: Features) -> float:
    bias, weights = model
    return bias + sum(weights.get(number, 0.0) for number in found) / sqrt(len(found) or 1)


def _likely(margin: float) -> float:
    return 1 / (1 + exp(-max(min(margin, 30.0), -30.0)))
