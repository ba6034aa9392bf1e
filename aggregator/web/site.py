"""What is known of the daemon: whether it still ticks."""

from collections.abc import Callable
from datetime import datetime, timedelta

# The daemon ticks every second. A tick waits for the writer, and a first rematch of many articles keeps it busy for
# a while; two minutes without one mean that nothing is polled any more.
_RECENT = timedelta(minutes=2)


class Heartbeat:
    """When the daemon last ticked: written by its loop, read by `/readyz`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._last_at: datetime | None = None

    def beat(self) -> None:
        """A tick has come to its end."""
        self._last_at = self.clock()

    def complaint(self) -> str | None:
        """Why the daemon cannot be counted on, None where it can."""
        if self._last_at is None:
            return "starting: no tick yet"
        silent = self.clock() - self._last_at
        return f"no tick for {silent.total_seconds():.0f} s" if silent > _RECENT else None
