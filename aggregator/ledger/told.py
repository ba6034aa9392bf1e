"""The rows that copies of one text have in one feed -> which of them tells it, and what becomes of the others (rules R12, R20)."""

from collections.abc import Iterable
from dataclasses import replace

from aggregator.desk import Standing
from aggregator.ledger.admit import RIGHTS, Occasion, Told, state_of
from aggregator.model.article import StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.topic import Topic

_ORDER = (RowState.LIVE, RowState.ARCHIVED, RowState.QUEUED, RowState.HELD)


def teller(rows: Iterable[LedgerRow]) -> LedgerRow | None:
    """The entry that stands for all: one that subscribers have, the first published of them; None where nothing is told."""
    telling = [row for row in rows if tells(row)]
    return min(telling, key=lambda row: (_ORDER.index(row.state), row.first_published_at, row.seq or 0), default=None)


def tells(row: LedgerRow) -> bool:
    """Whether the entry tells its text, now or in its turn. What the desk holds is not to come out by a copy of it; what
    has no rights, or waits for its source's ids to settle, may never come out at all.
    """
    if row.state is RowState.HELD:
        return row.copy_of is None and row.unsettled_source is None and row.reason != RIGHTS
    return row.state is not RowState.WITHDRAWN


def under_teller(row: LedgerRow, told: Told, standing: Standing) -> LedgerRow:
    """The row of a copy beside the entry that tells its text. What was published stays and gets no more updates."""
    if row.topic_id in standing.pinned and row.state is not RowState.HELD:
        return row
    if row.state in (RowState.LIVE, RowState.ARCHIVED):
        return replace(row, copy_of=told.uri, pending_since=None)
    if row.state is RowState.QUEUED or (row.state is RowState.HELD and row.copy_of):
        return replace(row, state=RowState.HELD, reason=told.reason, copy_of=told.uri)
    return row


def freed(
    row: LedgerRow, topic: Topic, stored: StoredArticle, standing: Standing, occasion: Occasion, *, live_last_hour: int
) -> LedgerRow:
    """The row of what is a copy of nothing that is told. One that waited goes the way of a new one, its window tested
    as of now: after a month it is no news.
    """
    if row.copy_of is None:
        return row
    if row.state is not RowState.HELD:
        return replace(row, copy_of=None)
    occasion = replace(occasion, is_freed=True)
    state, reason = state_of(topic, stored, occasion, standing, live_last_hour=live_last_hour)
    return replace(
        row, state=state, reason=reason, copy_of=None, first_published_at=occasion.now, updated_at=occasion.now
    )
