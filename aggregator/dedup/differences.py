"""Two texts side by side -> what is shared, and by which facts they differ: numbers, days, names, denials."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import compress, pairwise
from operator import itemgetter

from aggregator.dedup.alignment import Alignment, Gap, Words, align
from aggregator.dedup.wording import COMMON, DAYS, MONTHS, NEGATIONS, WEEKDAYS

# A passage put in place of another is another passage, not a changed fact.
_LONGEST_SWAP = 12
_LONGEST_DENIAL = 4
_SPELLING = 0.75
_OPENING = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What of the shorter text stands nowhere in the longer."""

    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """The shorter text is the one."""

    words: int
    shared: float
    of_longer: float
    opening: float
    """Share of the first words of the shorter that stand in the longer."""
    starts_at: int
    """Where in the longer the opening of the shorter stands; its length where it does not."""
    numbers: tuple[str, ...]
    """Distinct changes of numbers and days in the same place."""
    all_numbers: int
    """Places of the shorter that hold numbers."""
    lost_numbers: Lost
    names: tuple[str, ...]
    """Distinct names in place of others, neither of which stands anywhere in the other text."""
    lost_names: Lost
    negations: tuple[str, ...]
    """Places where only one of the two denies."""
    denies_in_opening: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Swap:
    """A few words in place of others; of the shorter text the left."""

    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Denial:
    gap: Gap
    swap: _Swap

    def says(self) -> str:
        return f"{' '.join(self.swap.left) or '-'} / {' '.join(self.swap.right) or '-'}"


def differences(shorter: Words, longer: Words) -> Differences:
    """What two texts share and by what they differ."""
    alignment = align(shorter.folded, longer.folded)
    swaps = tuple(_swaps(alignment, shorter, longer))
    names, in_longer = _names(shorter, longer), frozenset(longer.folded)
    lost = frozenset(name for name in names if not _is_spelt_in(name, in_longer))
    are_numbers = tuple(map(str.isdigit, shorter.folded))
    numbers = list(compress(shorter.folded, are_numbers))
    denials = tuple(_denials(alignment, shorter, longer))
    matched, words = len(alignment.matches), len(shorter.folded)
    opening = [j for i, j in alignment.matches if i < _OPENING]
    return Differences(
        words=words,
        shared=matched / max(1, words),
        of_longer=matched / max(1, len(longer.folded)),
        opening=len(opening) / max(1, min(_OPENING, words)),
        starts_at=opening[len(opening) // 2] if opening else len(longer.folded),
        numbers=_distinct(_number_change(swap) for swap in swaps),
        all_numbers=_runs(are_numbers) if numbers else 0,
        lost_numbers=_lost(sum(word not in in_longer for word in numbers), len(numbers)),
        names=_distinct(_name_changes(swaps, lost, shorter, longer)),
        lost_names=_lost(len(lost), len(names)),
        negations=_distinct(denial.says() for denial in denials),
        denies_in_opening=any(denial.gap.one.start < _OPENING for denial in denials),
    )


def _lost(count: int, of_all: int) -> Lost:
    return Lost(count=count, share=count / max(1, of_all))


def _swaps(alignment: Alignment, one: Words, other: Words) -> Iterator[_Swap]:
    for gap in alignment.gaps:
        left, right = one.folded[gap.one], other.folded[gap.other]
        if left and right and len(left) <= _LONGEST_SWAP and len(right) <= _LONGEST_SWAP:
            yield _Swap(left=left, right=right)


def _distinct(changes: Iterator[str | None]) -> tuple[str, ...]:
    """Each change once: a toll stands in the headline, the opening and further down."""
    return tuple(dict.fromkeys(change for change in changes if change))


def _number_change(swap: _Swap) -> str | None:
    for is_fact in (str.isdigit, MONTHS.__contains__, WEEKDAYS.__contains__):
        left, right = [word for word in swap.left if is_fact(word)], [word for word in swap.right if is_fact(word)]
        # Not where one side only says more: "in March" and "on 4 March".
        if left and right and not (set(left) <= set(right) or set(right) <= set(left)):
            return f"{' '.join(left)} / {' '.join(right)}"
    return None


def _runs(are_numbers: tuple[bool, ...]) -> int:
    """Places that hold numbers; "2,480,000" is one, though folding makes three words of it."""
    return sum(is_one and not before for before, is_one in pairwise((False, *are_numbers)))


def _names(one: Words, other: Words) -> frozenset[str]:
    """Words of the one printed with a capital here and in small letters nowhere, and not only where a sentence begins."""
    begin_large = map(str.isupper, map(itemgetter(0), one.printed))
    large = list(compress(zip(one.folded, one.printed, strict=True), begin_large))
    if not large:
        return frozenset()
    printed = {*one.printed, *other.printed}
    capitals = Counter(folded for folded, word in large if len(word) > 1 and word.lower() not in printed)
    capitals.subtract(one.openers)
    return frozenset(word for word, count in capitals.items() if count > 0) - DAYS - COMMON


def _is_spelt_in(name: str, words: Collection[str]) -> bool:
    """Whether the name stands there, perhaps with an ending or a slip: "Braodcasting", "Ливии" beside "Ливия"."""
    return name in words or any(_is_spelling(name, word) for word in words if word[0] == name[0])


def _is_spelling(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 3 or min(len(one), len(other)) < 4:
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= _SPELLING and matcher.ratio() >= _SPELLING


def _name_changes(swaps: tuple[_Swap, ...], lost: frozenset[str], shorter: Words, longer: Words) -> Iterator[str]:
    """Names in place of others, neither of which stands anywhere in the other text."""
    swaps = tuple(swap for swap in swaps if not lost.isdisjoint(swap.left))
    if not swaps:
        return
    names, in_shorter = _names(longer, shorter), frozenset(shorter.folded)
    for swap in swaps:
        left = [word for word in swap.left if word in lost]
        right = [word for word in swap.right if word in names and not _is_spelt_in(word, in_shorter)]
        if right:
            yield f"{' '.join(left)} / {' '.join(right)}"


def _denials(alignment: Alignment, one: Words, other: Words) -> Iterator[_Denial]:
    """Places of a few words where only one of the two denies; a sentence more that denies something changes nothing."""
    for gap in alignment.gaps:
        left, right = one.folded[gap.one], other.folded[gap.other]
        if max(len(left), len(right)) > _LONGEST_DENIAL:
            continue
        if NEGATIONS.isdisjoint(left) != NEGATIONS.isdisjoint(right):
            yield _Denial(gap=gap, swap=_Swap(left=left, right=right))
