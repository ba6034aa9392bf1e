"""What the field makes stories by, said again plainly; each method sees all texts at once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log, sqrt

from near_dup_baselines import Baselines

from aggregator.model.copies import CopyText
from aggregator.model.story import StoryText
from aggregator.text import folded

_WINDOW = timedelta(hours=72)
_TITLES_WINDOW = timedelta(hours=36)
_TITLES = 0.2


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled text."""

    text: StoryText
    copy: CopyText
    cluster: str
    host: str
    language: str


def baselines(items: Sequence[Item]) -> dict[str, dict[str, str]]:
    """Of each method the group of each text: what hangs together by pairs inside the window; titles by their average."""
    methods = Baselines([item.copy for item in items])
    found = {name: _connected(items, says) for name, says in methods.methods.items()}
    found["title TF-IDF 36 h"] = _by_average(items)
    found["all single"] = {item.text.uri: item.text.uri for item in items}
    return found


def _near_pairs(items: Sequence[Item], window: timedelta) -> Iterable[tuple[str, str]]:
    for at, one in enumerate(items):
        for other in items[at + 1 :]:
            if other.text.at - one.text.at > window:
                break
            yield one.text.uri, other.text.uri


def _connected(items: Sequence[Item], says: Callable[[str, str], bool]) -> dict[str, str]:
    labels = {item.text.uri: item.text.uri for item in items}
    for one, other in _near_pairs(items, _WINDOW):
        if labels[one] != labels[other] and says(one, other):
            lost, kept = labels[other], labels[one]
            labels = {uri: kept if label == lost else label for uri, label in labels.items()}
    return labels


def _by_average(items: Sequence[Item]) -> dict[str, str]:
    """The two groups whose members are likest on average are made one, as long as they are like enough."""
    likes = _likes(items)
    groups = {item.text.uri: [item.text.uri] for item in items}
    while True:
        best, kept, lost = max(
            (
                (like / (len(groups[one]) * len(groups[other])), one, other)
                for one, others in likes.items()
                for other, like in others.items()
                if one < other
            ),
            default=(0.0, "", ""),
        )
        if best < _TITLES:
            return {uri: name for name, members in groups.items() for uri in members}
        groups[kept] += groups.pop(lost)
        for other, like in likes.pop(lost).items():
            likes[other].pop(lost)
            if other != kept:
                likes[kept][other] = likes[other][kept] = likes[kept].get(other, 0.0) + like


def _likes(items: Sequence[Item]) -> dict[str, dict[str, float]]:
    """Cosines of weighted title words, for the pairs inside the window."""
    titles = {item.text.uri: folded(item.copy.headline).split() for item in items}
    frequency = Counter(word for words in titles.values() for word in set(words))
    vectors = {uri: _vector(words, frequency, len(titles)) for uri, words in titles.items()}
    likes: dict[str, dict[str, float]] = defaultdict(dict)
    for one, other in _near_pairs(items, _TITLES_WINDOW):
        like = sum(weight * vectors[other].get(word, 0.0) for word, weight in vectors[one].items())
        if like > 0:
            likes[one][other] = likes[other][one] = like
    return likes


def _vector(words: list[str], frequency: Counter[str], texts: int) -> dict[str, float]:
    weights = {word: (1 + log(count)) * log(1 + texts / frequency[word]) for word, count in Counter(words).items()}
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: weight / length for word, weight in weights.items()}
