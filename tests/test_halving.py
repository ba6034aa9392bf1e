"""Where rows that have had their time end is found in a few looks, gaps in the numbers included."""

from collections.abc import Sequence

import pytest

from aggregator.storage.halving import first_kept


@pytest.mark.parametrize(
    ("gone", "kept", "expected"),
    [
        ((), (), 0),
        ((), (4, 9), 0),
        ((4, 9), (), 10),
        ((4, 9), (12, 30), 10),
        ((1,), (2,), 2),
        (range(1, 700), range(900, 1000), 700),
    ],
)
def test_the_first_that_is_kept(gone: Sequence[int], kept: Sequence[int], expected: int) -> None:
    numbers, looks = [*gone, *kept], []

    def passed(number: int) -> int | None:
        looks.append(number)
        first = next((one for one in numbers if one >= number), None)
        return first if first in gone else None

    assert first_kept(max(numbers, default=0), passed) == expected
    assert len(looks) <= 11
