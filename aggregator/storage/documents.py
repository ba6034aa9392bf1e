"""What became of each local document, inside one transaction: read or not and why, and which are in their source's window."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, select

from aggregator.model.fetch import SkippedDocument
from aggregator.storage import statements
from aggregator.storage.codec import to_microseconds
from aggregator.storage.driver import Driver
from aggregator.storage.tables import document, observation

_READ, _FAILED = "read", "failed"


class Documents:
    """Statements of one source's folder; reached as `Batch.documents`."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection

    def save(self, source_id: str, read: Iterable[str], failed: Iterable[SkippedDocument], now: datetime) -> None:
        """What became of each at its last reading."""
        at = to_microseconds(now)
        outcomes: list[tuple[str, str, str | None]] = [(key, _READ, None) for key in read]
        outcomes += [(skipped.key, _FAILED, skipped.reason) for skipped in failed]
        for key, status, reason in outcomes:
            values = {"source_id": source_id, "key": key, "status": status, "reason": reason, "read_at": at}
            self._connection.write_later(statements.SAVE_DOCUMENT, values)

    def forget(self, source_id: str, present: Collection[str]) -> None:
        """Drop the notes on those that are no longer there."""
        query = select(document.c.key).where(document.c.source_id == source_id)
        for gone in set(self._connection.execute(query).scalars()) - set(present):
            self._connection.execute(delete(document).where(document.c.source_id == source_id, document.c.key == gone))

    def in_window(self, source_id: str) -> frozenset[str]:
        """Those that have an observation in the window."""
        query = select(observation.c.document).distinct()
        query = query.where(observation.c.source_id == source_id, observation.c.left_at.is_(None))
        return frozenset(self._connection.execute(query).scalars())
