"""How often it may be tried to sign in: per address and in all, counted by the minute in memory."""

from collections import Counter
from datetime import datetime, timedelta
from math import ceil

PER_ADDRESS, IN_ALL = 5, 60
_MINUTE = timedelta(minutes=1)


class Attempts:
    """A token is 256 random bits and not found by trying; this keeps those who try anyway from keeping the store busy."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._of: Counter[str] = Counter()

    def begin(self, address: str, now: datetime) -> int | None:
        """Count an attempt. None where it may go on, else the seconds after which one may again."""
        if self._since is None or not timedelta() <= now - self._since < _MINUTE:
            self._since, self._of = now, Counter()
        if self._of[address] >= PER_ADDRESS or self._of.total() >= IN_ALL:
            return max(1, ceil((self._since + _MINUTE - now).total_seconds()))
        self._of[address] += 1
        return None

    def succeeded(self, address: str) -> None:
        """Whoever has a token may come as often as he likes."""
        self._of[address] -= 1
