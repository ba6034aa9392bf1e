"""What the field tells copies by, said again plainly: two by titles, two by words."""

from collections import Counter
from collections.abc import Iterable
from math import log, sqrt

from rensa import RMinHash

from aggregator.model.copies import CopyText
from aggregator.text import folded

_SLOTS = 128


class Baselines:
    """Each method says whether two texts of one set are copies."""

    def __init__(self, texts: Iterable[CopyText]) -> None:
        self._words = {text.uri: folded(f"{text.headline} {text.body}").split() for text in texts}
        self._titles = {text.uri: folded(text.headline) for text in texts}
        frequency = Counter(word for words in self._words.values() for word in set(words))
        self._vectors = {uri: _vector(words, frequency, len(self._words)) for uri, words in self._words.items()}
        self._digests = {uri: _digest(words) for uri, words in self._words.items()}
        self._trigrams = {uri: _trigrams(title) for uri, title in self._titles.items()}
        self.methods = {
            "title trigram .75": self.title_trigram,
            "title overlap .6": self.title_overlap,
            "MinHash .5": self.minhash,
            "TF-IDF .3": self.tf_idf,
        }

    def title_trigram(self, one: str, other: str) -> bool:
        """tt-rss: PostgreSQL's similarity of titles, shared trigrams by all."""
        left, right = self._trigrams[one], self._trigrams[other]
        return bool(left and right) and len(left & right) / len(left | right) >= 0.75

    def title_overlap(self, one: str, other: str) -> bool:
        """NewsBlur: shared words by those of the shorter title."""
        left, right = set(self._titles[one].split()), set(self._titles[other].split())
        return bool(left and right) and len(left & right) / min(len(left), len(right)) >= 0.6

    def minhash(self, one: str, other: str) -> bool:
        """Three-word sequences, 128 slots, half of them equal."""
        left, right = self._digests[one], self._digests[other]
        return bool(left and right) and sum(map(int.__eq__, left, right)) >= _SLOTS / 2

    def tf_idf(self, one: str, other: str) -> bool:
        """Cosine of weighted words, headline and text."""
        left, right = self._vectors[one], self._vectors[other]
        if len(left) > len(right):
            left, right = right, left
        return sum(weight * right[word] for word, weight in left.items() if word in right) >= 0.3


def _vector(words: list[str], frequency: Counter[str], texts: int) -> dict[str, float]:
    weights = {word: (1 + log(count)) * log(1 + texts / frequency[word]) for word, count in Counter(words).items()}
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: weight / length for word, weight in weights.items()}


def _digest(words: list[str]) -> list[int]:
    if len(words) < 3:
        return []
    sketch = RMinHash(num_perm=_SLOTS, seed=1)
    sketch.update([" ".join(three) for three in zip(words, words[1:], words[2:], strict=False)])
    return list(sketch.digest())


def _trigrams(title: str) -> frozenset[str]:
    return frozenset(f"  {word} "[at : at + 3] for word in title.split() for at in range(len(word) + 1))
