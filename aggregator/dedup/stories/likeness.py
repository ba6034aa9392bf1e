"""Two texts -> how likely they tell one event: the terms they share by weight, what happens, their numbers, and the time
between them.

What set the constants: docs/stories.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import exp, sqrt

from aggregator.dedup.stories.numbers import amount, is_near
from aggregator.model.story import StoryText

WINDOW_HOURS = 72.0

_FADE_HOURS = 72.0
_BACKGROUND = 0.5
_LEAD = 0.3
_COVERED = 0.35
_OTHER_EVENTS = 0.8
_OTHER_NUMBERS = 0.9
# "Police arrest a man" in Sarpsborg, and in Los Angeles: reports of one event name somebody or some place in common.
_OTHER_NAMES = 0.7
_BRIDGES = 3
# "7 ways to spend the weekend of 4 July", a week later "... of 11 July"; within a day it is the count that rises. What has no
# date of its own is of the moment it was seen in, with all of its source.
_SERIES_HOURS = 20.0
_SERIES_SHARE = 0.6

Weigh = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` is 0..1; `shared` are terms by weight, `numbers` counts that differ."""

    score: float
    shared: tuple[str, ...]
    numbers: tuple[str, ...]
    hours: float


class Weighed:
    """A text with its terms weighed; lengths are 1, so that products are cosines."""

    __slots__ = (
        "_bridges",
        "_weigh",
        "_weights",
        "all",
        "amounts",
        "days",
        "events",
        "has_lead",
        "headline",
        "named",
        "numbers",
        "text",
    )

    def __init__(self, text: StoryText, weigh: Weigh) -> None:
        found = text.features
        headline = {term: weigh(term) for term in found.headline if term[0] != "@"}
        headline |= {term: weigh(term) * _BACKGROUND for term in found.background if term[0] != "@"}
        self._weigh, self._weights = weigh, headline
        self._bridges: dict[str, float] | None = None
        self.text = text
        self.headline = _of_length_one(headline)
        self.all = frozenset((*headline, *found.lead))
        self.has_lead = bool(found.lead)
        self.events = frozenset(term for term in found.headline if term[0] == "=")
        self.numbers = tuple(term for term in headline if term[0] == "#")
        self.amounts = tuple(map(amount, self.numbers))
        self.named = frozenset((*found.names, *(term for term in self.all if term[0] == "+")))
        self.days = frozenset(term for term in (*found.headline, *found.background) if term[0] == "@")

    @property
    def bridges(self) -> dict[str, float]:
        """What means the same in every language; asked for only between two."""
        if self._bridges is None:
            found = self.text.features
            further = {term: self._weigh(term) * _LEAD for term in (*found.lead, *found.names)}
            known = further | self._weights
            self._bridges = _of_length_one({term: weight for term, weight in known.items() if term[0] in "=+#~"})
        return self._bridges


class Scale:
    """Texts weighed once, and pairs compared once, under the weights of one time."""

    def __init__(self, weigh: Weigh) -> None:
        self._weigh = weigh
        self._known: dict[str, Weighed] = {}
        self._compared: dict[tuple[str, str], Likeness] = {}

    def weighed(self, text: StoryText) -> Weighed:
        """The text's weighed terms."""
        found = self._known.get(text.uri)
        if found is None:
            found = self._known[text.uri] = Weighed(text, self._weigh)
        return found

    def like(self, one: StoryText, other: StoryText) -> Likeness:
        """The likeness of the two; the same for both orders."""
        pair = (one.uri, other.uri) if one.uri < other.uri else (other.uri, one.uri)
        found = self._compared.get(pair)
        if found is None:
            found = self._compared[pair] = likeness(self.weighed(one), self.weighed(other))
        return found


def likeness(one: Weighed, other: Weighed) -> Likeness:
    """The same for both orders; 0 for texts that the window parts."""
    hours = abs((one.text.at - other.text.at).total_seconds()) / 3600
    if hours > WINDOW_HOURS or one.text.features.version != other.text.features.version:
        return Likeness(0.0, (), (), hours)
    score, shared = _within(one, other) if is_one_language(one, other) else _across(one, other)
    if not score:
        return Likeness(0.0, shared, (), hours)
    if not one.events <= other.all and not other.events <= one.all:
        # Each tells what the other does not: found, and buried.
        score *= _OTHER_EVENTS
    numbers = _differing(one, other)
    if one.text.source_id == other.text.source_id:
        is_series = _is_series(one, other, hours)
    else:
        is_series = bool(numbers) and _is_form(one, other, shared)
    if is_series:
        return Likeness(0.0, shared, numbers, hours)
    if numbers:
        score *= _OTHER_NUMBERS
    return Likeness(score * exp(-hours / _FADE_HOURS), shared, numbers, hours)


def is_one_language(one: Weighed, other: Weighed) -> bool:
    """Whether words can be compared; a text whose language is unknown is compared with all."""
    left, right = one.text.features.language, other.text.features.language
    return left == right or "und" in {left, right}


def _within(one: Weighed, other: Weighed) -> tuple[float, tuple[str, ...]]:
    score, shared = _cosine(one.headline, other.headline)
    covered = max(_coverage(one, other), _coverage(other, one))
    if covered > score:
        score += (covered - score) * _COVERED
    if one.named and other.named and one.named.isdisjoint(other.named):
        score *= _OTHER_NAMES
    return score, shared


def _coverage(one: Weighed, other: Weighed) -> float:
    """How much of the one's headline stands in the other's headline and lead."""
    if not other.has_lead:
        return 0.0
    return sum(weight * weight for term, weight in one.headline.items() if term in other.all)


def _across(one: Weighed, other: Weighed) -> tuple[float, tuple[str, ...]]:
    """Only what means the same in both languages is compared: several terms of more than one kind, and among them a number
    or a name, because "killed" and "Libya" are in many reports of a day.
    """
    score, shared = _cosine(one.bridges, other.bridges)
    kinds = {term[0] for term in shared}
    if len(shared) < _BRIDGES or len(kinds) < 2 or kinds.isdisjoint("#~"):
        return 0.0, shared
    return score, shared


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[float, tuple[str, ...]]:
    products = {term: weight * other[term] for term, weight in one.items() if term in other}
    return sum(products.values()), tuple(sorted(products, key=lambda term: (-products[term], term)))


def _of_length_one(weights: Mapping[str, float]) -> dict[str, float]:
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {term: weight / length for term, weight in weights.items()} if length else {}


def _is_form(one: Weighed, other: Weighed, shared: Iterable[str]) -> bool:
    """Whether two outlets' headlines differ in nothing but numbers and say nothing that happened: "Results of round 17", and of
    round 3. Of what happened two outlets count differently.
    """
    return not any(term[0] == "=" for term in shared) and _has_same_words(one, other) and _has_other_numbers(one, other)


def _is_series(one: Weighed, other: Weighed, hours: float) -> bool:
    """Whether a source gives each of its days, weeks, rounds the same headline: with other numbers or another day in it, or
    word for word ("War in the Middle East: latest developments").
    """
    if not _has_same_words(one, other):
        return False
    if one.days and other.days and one.days.isdisjoint(other.days):
        return True
    is_next = hours >= _SERIES_HOURS
    if one.headline.keys() == other.headline.keys():
        return is_next
    return _has_other_numbers(one, other) and (is_next or hours == 0)


def _has_same_words(one: Weighed, other: Weighed) -> bool:
    words, others = ({term for term in found.headline if term[0] != "#"} for found in (one, other))
    return len(words & others) >= _SERIES_SHARE * len(words | others)


def _has_other_numbers(one: Weighed, other: Weighed) -> bool:
    """Whether each has a number that the other has not."""
    return not (set(one.numbers) <= set(other.numbers) or set(other.numbers) <= set(one.numbers))


def _differing(one: Weighed, other: Weighed) -> tuple[str, ...]:
    """The first numbers of two headlines of which none are the same or nearly."""
    if not one.amounts or not other.amounts:
        return ()
    if any(is_near(left, right) for left in one.amounts for right in other.amounts):
        return ()
    return (f"{one.numbers[0][1:]} / {other.numbers[0][1:]}",)


def readable(terms: Iterable[str]) -> tuple[str, ...]:
    """Terms as a person reads them; of a name that is told by its consonants, that it is one."""
    return tuple(
        f"a name like {term[1:]}" if term[0] == "~" else term[1:] if term[0] in "=+#" else term for term in terms
    )
