"""Folded text -> the places of every term that any topic looks for, in one pass (Aho-Corasick)."""

from bisect import bisect_right
from itertools import accumulate

import ahocorasick_rs

from aggregator.text import Folded
from aggregator.topics.reading import Place
from aggregator.topics.vocabulary import Term, Vocabulary

_SHORT_FORM = (2, 3)
"""Letters of a form that stands for itself only in capitals: UN and AU are French words, US an English one."""


class Finder:
    """The patterns of a vocabulary that is complete."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._packs = tuple(term.pack for term in vocabulary.numbers)
        self._exclusions = vocabulary.exclusions
        self._capitals = frozenset([number for term, number in vocabulary.numbers.items() if _is_in_capitals(term)])
        self._meanings = tuple((pattern.is_open, tuple(numbers)) for pattern, numbers in vocabulary.patterns.items())
        self._automaton = ahocorasick_rs.AhoCorasick([pattern.text for pattern in vocabulary.patterns])

    def find(self, text: Folded) -> dict[int, list[Place]]:
        """The places of each term by its number, in the order of their ends; none that lies in an exclusion of its pack."""
        found: dict[int, list[Place]] = {}
        folded = text.text
        for pattern, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            is_open, numbers = self._meanings[pattern]
            place = (start, folded.index(" ", end) + 1 if is_open else end)
            for number in numbers:
                if number in found:
                    found[number].append(place)
                else:
                    found[number] = [place]
        if found and not self._capitals.isdisjoint(found) and not text.original.islower():
            self._drop_small(text, found)
        if found and not self._exclusions.keys().isdisjoint(found):
            return self._without_excluded(found)
        return found

    def _drop_small(self, text: Folded, found: dict[int, list[Place]]) -> None:
        """Take back the words that only sound like a form in capitals, in a text that does print capitals."""
        for number in self._capitals & found.keys():
            kept = [place for place in found[number] if _is_printed_in_capitals(text, place)]
            if kept:
                found[number] = kept
            else:
                del found[number]

    def _without_excluded(self, found: dict[int, list[Place]]) -> dict[int, list[Place]]:
        areas: dict[str, list[Place]] = {}
        for number in self._exclusions.keys() & found.keys():
            areas.setdefault(self._exclusions[number], []).extend(found[number])
        covers = {pack: _Cover(places) for pack, places in areas.items()}
        kept: dict[int, list[Place]] = {}
        for number, places in found.items():
            cover = covers.get(self._packs[number] or "")
            left = places if cover is None else [place for place in places if not cover.holds(place)]
            if left and number not in self._exclusions:
                kept[number] = left
        return kept


def _is_in_capitals(term: Term) -> bool:
    """A word of a query is met in any case, as its author may have typed it in any."""
    return term.pack is not None and len(term.text) in _SHORT_FORM and term.text.isalpha() and term.text.isupper()


def _is_printed_in_capitals(text: Folded, place: Place) -> bool:
    """Of three letters the first is enough, as newspapers write Caf and Nato; of two it is any word that begins a sentence."""
    start, end = text.span(*place)
    printed = text.original[start:end].strip()
    return printed.isupper() or (len(printed) > min(_SHORT_FORM) and not printed.islower())


class _Cover:
    """Areas of a text, asked whether one of them holds a place; a search by halves, as a hostile text has thousands."""

    def __init__(self, areas: list[Place]) -> None:
        areas.sort()
        self._starts = [start for start, _ in areas]
        self._reach = list(accumulate((end for _, end in areas), max))

    def holds(self, place: Place) -> bool:
        before = bisect_right(self._starts, place[0])
        return before > 0 and self._reach[before - 1] >= place[1]
