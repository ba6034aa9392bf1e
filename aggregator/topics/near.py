"""Where parts of a rule stand close to one another: within some words, in either order, or in one sentence."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from aggregator.topics.reading import Reading, Text
from aggregator.topics.rules import AnyOf, Beside, Rule, Some

MAX_PLACES = 1000
"""Of one operand in one text, the earliest; a text that repeats a word more often says nothing new."""


class Found(NamedTuple):
    """A place in folded text, and the number of the term that stands there."""

    start: int
    end: int
    number: int


Company = tuple[Found, ...]
"""What was found together, in the order of the text."""


def companies(rule: Rule, text: Text, reading: Reading) -> list[Company]:
    """Where in the text the rule's words stand, in order; for `Beside` those that have company."""
    found: list[Company] = []
    match rule:
        case AnyOf(terms, scope):
            found = [(one,) for one in _places(terms, scope, text, reading)]
        case Some(parts):
            found = [company for part in parts for company in companies(part, text, reading)]
        case Beside(left, right, words):
            one = companies(left, text, reading)
            other = companies(right, text, reading) if one else []
            found = _in_one_sentence(one, other, text) if words is None else _within(one, other, text, words)
    return sorted(found)[:MAX_PLACES]


def _places(terms: frozenset[int], scope: str, text: Text, reading: Reading) -> Iterator[Found]:
    for part in reading.parts[scope]:
        if part.text is text:
            reach = part.reach()
            for number in terms & text.terms:
                for start, end in text.hits[number][:MAX_PLACES]:
                    if end <= reach:
                        yield Found(start, end, number)


def _within(left: list[Company], right: list[Company], text: Text, words: int) -> list[Company]:
    """Each with its nearest neighbours of the other side, where these are near enough."""
    pairs = [*_neighbours(left, right, text, words), *_neighbours(right, left, text, words)]
    return list({tuple(sorted(one + other)) for one, other in pairs if _is_apart(one, other)})


def _neighbours(
    ones: list[Company], others: list[Company], text: Text, words: int
) -> Iterator[tuple[Company, Company]]:
    """A chain goes on from any of the words that it has found; two words in a row share the space between them."""
    members = [(found, other) for other in others for found in other]
    by_start, by_end = sorted(members), sorted(members, key=lambda member: member[0].end)
    starts, ends = [found.start for found, _ in by_start], [found.end for found, _ in by_end]
    for one in ones:
        for found in one:
            after = bisect_left(starts, found.end - 1)
            if after < len(starts) and text.words_between(found.end, starts[after]) <= words:
                yield one, by_start[after][1]
            before = bisect_right(ends, found.start + 1) - 1
            if before >= 0 and text.words_between(ends[before], found.start) <= words:
                yield one, by_end[before][1]


def _is_apart(one: Company, other: Company) -> bool:
    """Whether none of the words are counted twice."""
    return {found.start for found in one}.isdisjoint([found.start for found in other])


def _in_one_sentence(left: list[Company], right: list[Company], text: Text) -> list[Company]:
    """All that was found in a sentence, if it holds both sides in two places."""
    ours, theirs = _by_sentence(left, text), _by_sentence(right, text)
    return [
        tuple(sorted(ours[number] | theirs[number]))
        for number in ours.keys() & theirs.keys()
        if _is_before(ours[number], theirs[number]) or _is_before(theirs[number], ours[number])
    ]


def _is_before(ours: set[Found], theirs: set[Found]) -> bool:
    return min(found.end for found in ours) - 1 <= max(found.start for found in theirs)


def _by_sentence(companies_: list[Company], text: Text) -> dict[int, set[Found]]:
    """What was found in each sentence; company that reaches over two is in neither."""
    sentences: dict[int, set[Found]] = {}
    for company in companies_:
        numbers = {text.sentence((found.start, found.end)) for found in company}
        if len(numbers) == 1:
            sentences.setdefault(numbers.pop(), set()).update(company)
    return sentences
