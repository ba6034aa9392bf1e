"""Two texts -> their words put side by side: which are the same in the same order, and what stands between those.

Longest common subsequence by bit vectors (Hyyrö 2004), walked back from its end.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from aggregator.dedup.signature import MAX_WORDS, UNSPACED, comparable, is_unspaced, without_tail
from aggregator.dedup.wording import NUMBERS
from aggregator.text import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text's words folded, small numbers as digits; and as printed, for their capitals."""

    folded: tuple[str, ...]
    printed: tuple[str, ...]
    text: str

    @property
    def openers(self) -> list[str]:
        """Folded words whose capital may be that of a sentence's beginning, as often as it is."""
        return [folded(word) for word in _OPENER.findall(self.text)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What stands in the one text and what in the other between two words that both have: ends excluded."""

    one: slice
    other: slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """`matches` are places (in the one, in the other), ascending."""

    matches: tuple[tuple[int, int], ...]
    gaps: tuple[Gap, ...]


# A sentence's first word before a small one: "Nobody was hurt", not "Ilse Brandt said".
_OPENER = re.compile(r"(?:^|[.!?…][\"”»)\]]*\s|\n)[^\w\n]*(\w+)[^\w\n]+(?=[^\W\d_A-ZА-ЯЁ])")


class _Printed(dict[int, str]):
    """What `str.translate` asks: the character as printed where folding keeps something of it, so that the words are as
    many as the folded ones.
    """

    def __missing__(self, code: int) -> str:
        kept = folded(f"a{chr(code)}a")[1:-1]
        return self.setdefault(code, kept if not kept.strip() or " " in kept else chr(code))


_PRINTED = _Printed()


# A text is compared with all of its candidates, one after the other.
@lru_cache(maxsize=16)
def words_of(text: str) -> Words:
    """The words of a text that are compared."""
    words = comparable(text)
    printed = without_tail(text).translate(_PRINTED)
    if is_unspaced(words):
        printed = UNSPACED.sub(r" \1 ", printed)
    cut = words.split()[:MAX_WORDS]
    return Words(folded=tuple(map(NUMBERS.get, cut, cut)), printed=tuple(printed.split()[:MAX_WORDS]), text=text)


def align(one: Sequence[str], other: Sequence[str]) -> Alignment:
    """The words side by side."""
    matches = tuple(_matches(one, other))
    return Alignment(matches=matches, gaps=tuple(_gaps(matches, len(one), len(other))))


def _matches(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """What is equal at both ends costs little; most copies differ in little."""
    shortest = min(len(one), len(other))
    start = _equal(zip(one, other, strict=False), shortest)
    tail = _equal(zip(reversed(one), reversed(other), strict=False), shortest - start)
    ends = len(one) - tail, len(other) - tail
    between = _subsequence(one[start : ends[0]], other[start : ends[1]])
    return [
        *zip(range(start), range(start), strict=True),
        *((start + i, start + j) for i, j in between),
        *zip(range(ends[0], len(one)), range(ends[1], len(other)), strict=True),
    ]


def _equal(pairs: Iterator[tuple[str, str]], most: int) -> int:
    """How many pairs are of one word each before the first that is not."""
    return next((at for at, (one, other) in enumerate(islice(pairs, most)) if one != other), most)


def _subsequence(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """In each row a bit of 0 says that one word more is common up to this place of the one and this word of the other."""
    positions: dict[str, int] = {}
    bits = [1 << i for i in range(len(one))]
    for word, bit in zip(one, bits, strict=True):
        positions[word] = positions.get(word, 0) | bit
    row = mask = (1 << len(one)) - 1
    rows = [mask]
    for word in other:
        if word in positions:  # else the row stays as it is
            matched = row & positions[word]
            row = ((row + matched) | (row - matched)) & mask
        rows.append(row)
    found: list[tuple[int, int]] = []
    i, j = len(one) - 1, len(other)
    while i >= 0 and j > 0:
        if rows[j] & bits[i]:
            i -= 1
            continue
        j -= 1
        if rows[j] & bits[i]:
            found.append((i, j))
            i -= 1
    found.reverse()
    return found


def _gaps(matches: Sequence[tuple[int, int]], one_length: int, other_length: int) -> Iterator[Gap]:
    before_one, before_other = 0, 0
    for i, j in (*matches, (one_length, other_length)):
        if i > before_one or j > before_other:
            yield Gap(one=slice(before_one, i), other=slice(before_other, j))
        before_one, before_other = i + 1, j + 1
