"""Counts over time -> a small chart in text: a bar a line, never wider than asked; plain characters where no terminal is."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

MOST_BARS = 60
_STEPS = (1, 7, 28, 91, 364)
_FULL, _EIGHTHS = "█", " ▏▎▍▌▋▊▉"


def spans(days: Iterable[date], since: date, until: date) -> list[tuple[date, int]]:
    """The first day of each span with how many of the days are in it; a span is a day, or as many as 60 bars ask for."""
    length = (until - since).days + 1
    step = next((step for step in _STEPS if length <= step * MOST_BARS), length // MOST_BARS + 1)
    counts = [0] * -(-length // step)
    for day in days:
        counts[min(max((day - since).days, 0), length - 1) // step] += 1
    return [(since + timedelta(days=number * step), count) for number, count in enumerate(counts)]


def bars(rows: Sequence[tuple[str, int]], *, width: int, plain: bool) -> list[str]:
    """A line a row: its name, its count, and a bar as long as its share of the highest count."""
    most = max((count for _, count in rows), default=0)
    names, numbers = max((len(name) for name, _ in rows), default=0), len(f"{most:,}")
    room = max(width - names - numbers - 4, 1)
    return [
        f"{name:<{names}}  {count:>{numbers},}  {_bar(count, most, room, plain=plain)}".rstrip() for name, count in rows
    ]


def _bar(count: int, most: int, room: int, *, plain: bool) -> str:
    """Never nothing for something."""
    if not count:
        return ""
    if plain:
        return "#" * max(round(room * count / most), 1)
    whole, eighths = divmod(max(round(8 * room * count / most), 1), 8)
    return _FULL * whole + (_EIGHTHS[eighths] if eighths else "")
