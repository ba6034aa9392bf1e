"""What others would do with the same items: a plain boolean query, and BM25 with one text as the query.

BM25 (Robertson and Zaragoza 2009, k1 = 1.2, b = 0.75) over folded words of headline and text. It only ranks, so that a cut is
needed: the one with the best F1 is taken, which no user could know beforehand.
"""

from collections import Counter
from collections.abc import Sequence
from math import log

from aggregator.text import folded

BOOLEAN = "Libya AND (diplomacy OR minister OR talks)"
_K1, _B = 1.2, 0.75


def bm25_scores(query: str, documents: Sequence[str]) -> list[float]:
    """The score of each document against the words of the query, each word once."""
    words = [folded(document).split() for document in documents]
    mean = sum(map(len, words)) / max(len(words), 1)
    spread = Counter(word for document in words for word in set(document))
    worth = {
        word: log(1 + (len(words) - spread[word] + 0.5) / (spread[word] + 0.5))
        for word in set(folded(query).split())
        if word in spread
    }
    return [_score(Counter(document), len(document) / mean, worth) for document in words]


def _score(counts: Counter[str], length: float, worth: dict[str, float]) -> float:
    norm = _K1 * (1 - _B + _B * length)
    return sum(worth[word] * counts[word] * (_K1 + 1) / (counts[word] + norm) for word in worth.keys() & counts.keys())


def best_cut(scores: Sequence[float], wanted: Sequence[bool]) -> list[bool]:
    """Whether each document is above the cut at which F1 is best."""
    ranked = sorted(zip(scores, wanted, strict=True), reverse=True)
    total, hits, best, cut = sum(wanted), 0, 0.0, float("inf")
    for place, (score, is_wanted) in enumerate(ranked, 1):
        hits += is_wanted
        f1 = 2 * hits / (place + total)
        if f1 > best:
            best, cut = f1, score
    return [score >= cut for score in scores]
