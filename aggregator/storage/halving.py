"""Rows that are numbered in the order of storing -> where those that have had their time end, without passing by all of them."""

from collections.abc import Callable


def first_kept(highest: int, passed: Callable[[int], int | None]) -> int:
    """The number from which on nothing has had its time; one more than `highest` where everything has.

    `passed(n)` looks at the first row from n on: its number where that has had its time, else None. What has is older than all
    that has not.
    """
    low, high = 0, highest + 1
    while low < high:
        middle = (low + high) // 2
        number = passed(middle)
        if number is None:
            high = middle
        else:
            low = number + 1
    return low
