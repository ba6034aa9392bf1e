"""Texts in groups as labelled and as found -> how well the two agree: B-cubed, pairs, adjusted Rand index."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import comb


@dataclass(frozen=True, slots=True)
class Agreement:
    """Each 0..1, the index -1..1."""

    b_precision: float
    b_recall: float
    b_f1: float
    precision: float
    recall: float
    f1: float
    ari: float


def agreement(labelled: Mapping[str, str], found: Mapping[str, str]) -> Agreement:
    """By the labels of each text; `found` may hold more texts than are asked about.

    B-cubed: Bagga and Baldwin 1998; the index: Hubert and Arabie 1985.
    """
    gold, made = Counter(labelled.values()), Counter(found[uri] for uri in labelled)
    both = Counter((label, found[uri]) for uri, label in labelled.items())
    count = len(labelled)
    b_precision = sum(n * n / made[label] for (_, label), n in both.items()) / count
    b_recall = sum(n * n / gold[label] for (label, _), n in both.items()) / count
    right, said, wanted = (sum(comb(n, 2) for n in counter.values()) for counter in (both, made, gold))
    precision, recall = right / said if said else 1.0, right / wanted if wanted else 1.0
    expected = said * wanted / comb(count, 2) if count > 1 else 0.0
    spread = (said + wanted) / 2 - expected
    ari = (right - expected) / spread if spread else 1.0
    values = (b_precision, b_recall, f1_of(b_precision, b_recall), precision, recall, f1_of(precision, recall), ari)
    return Agreement(*(round(value, 4) for value in values))


def f1_of(precision: float, recall: float) -> float:
    """Their harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def connected(uris: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The group of each text: what hangs together by the pairs is one."""
    above = {uri: uri for uri in uris}

    def top(uri: str) -> str:
        while above[uri] != uri:
            above[uri] = uri = above[above[uri]]
        return uri

    for one, other in pairs:
        above[top(other)] = top(one)
    return {uri: top(uri) for uri in above}
