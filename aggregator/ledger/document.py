"""Rows -> which of them stand in which document (rules R14, R15). The clock has no say: equal rows give equal documents."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from aggregator.model.ledger import LedgerRow, RowState

PAGE_ROWS = 50
RECENT_SPAN = timedelta(hours=48)
_MOST_ROWS = 300


def live_document(rows: Iterable[LedgerRow], limit: int) -> tuple[LedgerRow, ...]:
    """The rows of the live document, newest first (rules R14)."""
    live = sorted(
        (row for row in rows if row.state is RowState.LIVE),
        key=lambda row: (row.first_published_at, row.entry_id),
        reverse=True,
    )
    recent = sum(row.first_published_at > recent_after(live[0].first_published_at) for row in live)
    return tuple(live[: live_count(recent, limit)])


def live_count(recent: int, limit: int) -> int:
    """How many rows the live document may hold, `recent` of which are of its last 48 h: these or `limit`, never over 300 or
    `limit` (rules R14).
    """
    return min(max(limit, recent), max(limit, _MOST_ROWS))


def recent_after(newest: datetime) -> datetime:
    """What was first published later is of the document's last 48 h, which the newest row ends and not the clock: equal rows
    give an equal document.
    """
    return newest - RECENT_SPAN


def full_pages(highest_position: int) -> int:
    """How many archive pages are full."""
    return highest_position // PAGE_ROWS


def page_positions(number: int) -> tuple[int, int]:
    """First and last position of the archive page, counted from 1."""
    return (number - 1) * PAGE_ROWS + 1, number * PAGE_ROWS


def page_of(position: int) -> int:
    """The archive page on which the row of that position stands."""
    return (position - 1) // PAGE_ROWS + 1


def stands_in_archive(row: LedgerRow) -> bool:
    """Whether the row's entry is shown on its page: not once it was withdrawn or is held."""
    return row.state in (RowState.LIVE, RowState.ARCHIVED)
