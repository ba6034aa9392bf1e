"""Counts -> the bars of a small chart, and the same in words for those who do not see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

HEIGHT = 40
_STEP = 12
_WIDTH = 9
_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, in units of the chart's own; `is_empty` for a count of none, which is still to be seen."""

    x: int
    y: int
    width: int
    height: int
    is_empty: bool
    tip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A row of bars, the oldest first."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    words: str
    total: int


def week(counts: dict[int, int], last: date, *, what: str, days: int = 7) -> Chart:
    """A bar a day up to the last one; `counts` by `date.toordinal`."""
    dates = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    values = [counts.get(day.toordinal(), 0) for day in dates]
    names = [day.strftime("%a %d %b") for day in dates]
    said = ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True) if value) or "none"
    return bars(values, names, words=f"{what}, last {days} days: {said}")


def bars(values: Sequence[float], names: Sequence[str], *, words: str) -> Chart:
    """The highest value is as high as the chart."""
    highest = max(values, default=0) or 1
    drawn = []
    for at, (value, name) in enumerate(zip(values, names, strict=True)):
        height = max(_LEAST, round(HEIGHT * value / highest)) if value else _LEAST
        drawn.append(
            Bar(
                x=at * _STEP,
                y=HEIGHT - height,
                width=_WIDTH,
                height=height,
                is_empty=not value,
                tip=f"{name}: {value:g}",
            )
        )
    return Chart(
        width=max(1, len(drawn) * _STEP - (_STEP - _WIDTH)),
        height=HEIGHT,
        bars=tuple(drawn),
        words=words,
        total=round(sum(values)),
    )
