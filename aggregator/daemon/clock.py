"""The wall clock held against the monotonic one (rules R29)."""

from collections.abc import Callable
from datetime import datetime, timedelta

# Two ticks that were held up are no jump, and time servers correct seconds.
_LEAST_JUMP = timedelta(seconds=60)


class ClockWatch:
    """Tells when the wall clock jumped; the monotonic one stands still while the machine sleeps."""

    def __init__(self, wall: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._last = wall(), monotonic()

    def jump(self) -> timedelta:
        """By how much the wall clock went further than time itself since the last call; zero where that may be chance."""
        before, self._last = self._last, (self._wall(), self._monotonic())
        jumped = self._last[0] - before[0] - timedelta(seconds=self._last[1] - before[1])
        return jumped if abs(jumped) > _LEAST_JUMP else timedelta(0)
