"""The ledger over time, inside one transaction: the governor's count, the queue, positions, archive pages, tombstones."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model.ledger import ArchivePage, LedgerRow, RowState
from aggregator.model.topic import Grain
from aggregator.storage import rows, statements
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver
from aggregator.storage.tables import archive_page, article, ledger, observation


class History:
    """Statements of one feed, named by topic and grain; reached as `Batch.history`."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection
        # What this transaction has asked before, by feed; each of its new rows asks again.
        self._live: dict[tuple[str, str], tuple[int, int]] = {}
        self._highest: dict[tuple[str, str], int] = {}

    def note_added(self, row: LedgerRow) -> None:
        """The row was appended in this transaction."""
        feed = row.topic_id, row.grain.value
        if row.position is not None and feed in self._highest:
            self._highest[feed] = max(self._highest[feed], row.position)
        # What stands in no file was never made live: a copy of what is told, a text without rights.
        if feed in self._live and row.state.value in _MADE_LIVE and row.position is not None:
            since, count = self._live[feed]
            self._live[feed] = since, count + (to_microseconds(row.first_published_at) > since)

    def forget(self) -> None:
        """A row was changed in this transaction: ask again."""
        self._live.clear()
        self._highest.clear()

    def live_since(self, topic_id: str, grain: Grain, since: datetime) -> int:
        """How many of the feed's rows were made live after that moment, whatever became of them."""
        feed, moment = (topic_id, grain.value), to_microseconds(since)
        if self._live.get(feed, (None, 0))[0] != moment:
            where = {"topic_id": topic_id, "grain": grain.value, "states": _MADE_LIVE, "since": moment}
            ((count,),) = self._connection.ask(statements.LIVE_SINCE, where)
            self._live[feed] = moment, int(count)
        return self._live[feed][1]

    def next_position(self, topic_id: str, grain: Grain) -> int:
        """The place of the next row that enters a file."""
        return self.highest_position(topic_id, grain) + 1

    def highest_position(self, topic_id: str, grain: Grain) -> int:
        """0 for a feed that never had an entry."""
        feed = topic_id, grain.value
        if feed not in self._highest:
            ((position,),) = self._connection.ask(
                statements.HIGHEST_POSITION, {"topic_id": topic_id, "grain": grain.value}
            )
            self._highest[feed] = int(position)
        return self._highest[feed]

    def queue(self, topic_id: str, grain: Grain) -> tuple[tuple[LedgerRow, datetime], ...]:
        """(row, the article's effective date) of every row that waits its turn."""
        query = _rows(article.c.effective_at).where(*_of(topic_id, grain), ledger.c.state == RowState.QUEUED)
        found = self._connection.execute(query.order_by(ledger.c.seq))
        return tuple((rows.ledger_row(row), to_instant(row.effective_at)) for row in found)

    def page_rows(self, topic_id: str, grain: Grain, first: int, last: int) -> tuple[LedgerRow, ...]:
        """The rows of those positions, in order."""
        query = _rows().where(*_of(topic_id, grain), ledger.c.position.between(first, last))
        return tuple(rows.ledger_row(row) for row in self._connection.execute(query.order_by(ledger.c.position)))

    def unsettled(self, source_id: str) -> tuple[LedgerRow, ...]:
        """Rows that wait for the source's ids to settle and whose entry it still shows. Asked at every poll."""
        if not self._connection.ask(statements.UNSETTLED, {"source_id": source_id}):
            return ()
        found = self._connection.execute(_UNSETTLED, {"source_id": source_id})
        return tuple(rows.ledger_row(row) for row in found)

    def pages(self, topic_id: str, grain: Grain) -> dict[int, ArchivePage]:
        """What is stored of the feed's archive pages, by number."""
        return {
            row.number: ArchivePage(
                topic_id=row.topic_id,
                grain=Grain(row.grain),
                number=row.number,
                bytes_digest=bytes(row.bytes_digest),
                changed_at=to_instant(row.changed_at),
            )
            for row in self._connection.ask(statements.PAGES, {"topic_id": topic_id, "grain": grain.value})
        }

    def forget_page(self, topic_id: str, grain: Grain, number: int) -> None:
        """What the page's file should hold has changed: it is to be rendered again."""
        self._connection.execute(
            delete(archive_page).where(
                archive_page.c.topic_id == topic_id, archive_page.c.grain == grain, archive_page.c.number == number
            )
        )

    def save_pages(self, pages: Iterable[ArchivePage]) -> None:
        """Write what is new or changed of archive pages."""
        insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[self._connection.dialect.name]
        for page in pages:
            values = {
                "topic_id": page.topic_id,
                "grain": page.grain.value,
                "number": page.number,
                "bytes_digest": page.bytes_digest,
                "changed_at": to_microseconds(page.changed_at),
            }
            changed = {name: values[name] for name in ("bytes_digest", "changed_at")}
            statement = insert(archive_page).values(values)
            names = ["topic_id", "grain", "number"]
            self._connection.execute(statement.on_conflict_do_update(index_elements=names, set_=changed))


_MADE_LIVE = [RowState.LIVE.value, RowState.HELD.value, RowState.WITHDRAWN.value]


def _of(topic_id: str, grain: Grain) -> tuple[Any, Any]:
    return ledger.c.topic_id == topic_id, ledger.c.grain == grain


def _rows(*more: Any) -> Any:
    return select(ledger, article.c.uri, *more).join(article, article.c.id == ledger.c.article_id)


_UNSETTLED = (
    _rows()
    .join(observation, observation.c.article_id == ledger.c.article_id)
    .where(
        ledger.c.unsettled_source == bindparam("source_id"),
        observation.c.source_id == bindparam("source_id"),
        observation.c.left_at.is_(None),
    )
    .order_by(ledger.c.seq)
)
