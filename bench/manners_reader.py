"""lemon24/reader for `manners.py`: a line of JSON in is an order, a line out is its answer; the time is what it is told.

Every setting stays at its default, the scheduler is on. `Reader._now` is where it reads the clock.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from reader import Reader, make_reader


class Peer:
    """One store at a time."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)
        self._options: dict[str, Any] = {}
        self._reader: Reader | None = None

    def open(self, *, store: str, timeout_s: float | None, urls: list[str]) -> None:
        """An empty store with these feeds."""
        if self._reader:
            self._reader.close()
        self._options = {"url": store} | ({"session_timeout": (timeout_s, timeout_s)} if timeout_s else {})
        reader = self._start()
        for url in urls:
            reader.add_feed(url)

    def tick(self, *, now: str) -> None:
        """Update what its own scheduler says is due."""
        self._now = datetime.fromisoformat(now)
        self._started().update_feeds()

    def next(self) -> str | None:
        """When the next feed is due; a feed that was never updated is due since 1970."""
        times = [feed.update_after for feed in self._started().get_feeds(updates_enabled=True)]
        if not times:
            return None
        return min(at or datetime.fromtimestamp(0, UTC) for at in times).isoformat()

    def restart(self) -> None:
        """As a new process on the same store."""
        self._started().close()
        self._start()

    def titles(self) -> list[str]:
        """Of all entries."""
        return [entry.title or "" for entry in self._started().get_entries()]

    def error(self, *, url: str) -> str | None:
        """The last failure of a feed."""
        found = self._started().get_feed(url).last_exception
        return found.value_str if found else None

    def _start(self) -> Reader:
        self._reader = make_reader(**self._options)
        self._reader._now = lambda: self._now  # noqa: SLF001  there is no other way to its clock
        return self._reader

    def _started(self) -> Reader:
        assert self._reader is not None
        return self._reader


def main() -> None:
    logging.disable(logging.CRITICAL)
    peer = Peer()
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    for line in sys.stdin:
        order = json.loads(line)
        try:
            value = getattr(peer, order.pop("order"))(**order)
            answer = {"value": value}
        except Exception as error:  # noqa: BLE001  told to who asked
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
