"""The numbers of a headline -> terms that are equal for equal amounts: "2.5 tonnes", "2½", "$4bn" and "4 billion"."""

import re

from aggregator.dedup.stories.vocabulary import SCALES, SPELLED

_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
# Two counts of one thing: 61, and "more than 60".
_NEAR = 0.15
_YEAR = range(1900, 2100)


def number_term(digits: str, *, half: bool = False, unit: str | None = None) -> str | None:
    """The term of a number; None for a year, which tells no event, and for what is no number."""
    value = _value(digits)
    if value is None:
        return None
    scale = SCALES.get(unit or "", 1)
    if scale == 1 and not half and value in _YEAR and value.is_integer():
        return None
    return f"#{(value + half / 2) * scale:.15g}"


def spelled_term(word: str) -> str | None:
    """The term of a number in letters."""
    value = SPELLED.get(word)
    return None if value is None else f"#{value}"


def _value(digits: str) -> float | None:
    if _THOUSANDS.fullmatch(digits):
        return float(re.sub(r"[.,]", "", digits))
    plain = digits.replace(",", ".")
    return float(plain) if plain.count(".") <= 1 and len(plain) <= 15 else None


def amount(term: str) -> float:
    """The number that a term stands for."""
    return float(term[1:])


def is_near(one: float, other: float) -> bool:
    """Whether two amounts may count one thing."""
    return abs(one - other) <= _NEAR * max(one, other)
