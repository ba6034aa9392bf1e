"""A chart of counts: as many bars as a screen holds, never wider than asked."""

from datetime import date, timedelta

import pytest

from aggregator.cli.chart import MOST_BARS, bars, spans

FIRST = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("days", "bars_shown", "second"),
    [(1, 1, None), (30, 30, date(2026, 1, 2)), (60, 60, date(2026, 1, 2)), (61, 9, date(2026, 1, 8)),
     (420, 60, date(2026, 1, 8)), (421, 16, date(2026, 1, 29)), (30_000, 60, None)],
)  # fmt: skip
def test_a_bar_is_a_day_or_as_many_as_the_screen_asks_for(days: int, bars_shown: int, second: date | None) -> None:
    shown = spans([FIRST, FIRST + timedelta(days=days - 1)], FIRST, FIRST + timedelta(days=days - 1))
    assert len(shown) == bars_shown <= MOST_BARS
    assert sum(count for _, count in shown) == 2
    if second:
        assert shown[1][0] == second


def test_what_lies_outside_counts_at_the_end() -> None:
    assert spans([FIRST - timedelta(days=3), FIRST + timedelta(days=9)], FIRST, FIRST + timedelta(days=1)) == [
        (FIRST, 1),
        (FIRST + timedelta(days=1), 1),
    ]


def test_bars_are_as_long_as_their_counts() -> None:
    rows = [("a", 0), ("b", 1), ("c", 50), ("d", 1000)]
    assert bars(rows, width=20, plain=True) == [
        "a      0",
        "b      1  #",
        "c     50  #",
        "d  1,000  ##########",
    ]
    drawn = bars(rows, width=20, plain=False)
    assert drawn[1:] == ["b      1  ▏", "c     50  ▌", "d  1,000  ██████████"]
    assert max(map(len, drawn)) == 20
    assert bars([], width=20, plain=True) == []
