"""How many articles of late hold a term: counts by the day, so that a term's weight does not hang on the order of arrival.

A day is a table of fixed size: terms that share a slot count together, which makes a rare one a little less rare. Two
weeks take under 2 MB whatever a desk reads.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import log
from zlib import compress, decompress

from aggregator.model.story import StoryFeatures

_SLOTS = 1 << 15
_COUNT = _SLOTS
"""The slot behind the last: articles of the day."""
_KEPT_DAYS = 14
_HALF_LIFE_DAYS = 5.0
# Articles as if seen before, none of which held the term: a desk's first day knows no rare words.
_PRIOR = 60.0
_TYPE = "I"


class Frequencies:
    """Counts of a sliding fortnight."""

    def __init__(self) -> None:
        self._days: dict[int, array[int]] = {}

    def learn(self, found: StoryFeatures, at: datetime) -> None:
        """Count an article's terms on its day."""
        self._add(found, at, 1)

    def unlearn(self, found: StoryFeatures, at: datetime) -> None:
        """Take back what was learned of a text that is no more."""
        if _day(at) in self._days:
            self._add(found, at, -1)

    def _add(self, found: StoryFeatures, at: datetime, number: int) -> None:
        day = _day(at)
        table = self._days.get(day)
        if table is None:
            table = self._days[day] = array(_TYPE, bytes(array(_TYPE).itemsize * (_SLOTS + 1)))
        for term in {*found.headline, *found.background, *found.lead, *found.names}:
            table[_slot(term)] += number
        table[_COUNT] += number

    def forget(self, before: datetime) -> None:
        """Drop the days that no article of the window is weighed by."""
        first = _day(before) - _KEPT_DAYS
        for day in [day for day in self._days if day < first]:
            del self._days[day]

    def weights(self, at: datetime) -> Callable[[str], float]:
        """What gives the weight of a term for an article of that time."""
        day = _day(at)
        near = {
            other: 0.5 ** (abs(other - day) / _HALF_LIFE_DAYS) for other in self._days if abs(other - day) <= _KEPT_DAYS
        }
        return _Weights([(self._days[other], share) for other, share in sorted(near.items())]).__getitem__

    def days(self) -> Mapping[int, bytes]:
        """The tables for the store, by the day."""
        return {day: compress(table.tobytes(), 1) for day, table in self._days.items()}

    @classmethod
    def from_days(cls, days: Iterable[tuple[int, bytes]]) -> "Frequencies":
        """The counts that `days` gave."""
        found = cls()
        for day, data in days:
            found._days[day] = array(_TYPE, decompress(data))
        return found


class _Weights(dict[str, float]):
    """What a term is worth on one day: the rarer, the more. Filled as terms are asked for."""

    def __init__(self, days: list[tuple["array[int]", float]]) -> None:
        super().__init__()
        self._days = days
        self._articles = _PRIOR + sum(table[_COUNT] * share for table, share in days)

    def __missing__(self, term: str) -> float:
        slot = _slot(term)
        count = sum([table[slot] * share for table, share in self._days])
        self[term] = found = log(1 + self._articles / (1 + count))
        return found


def _day(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() // 86400)


@lru_cache(maxsize=1 << 14)
def _slot(term: str) -> int:
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4).digest()) % _SLOTS
