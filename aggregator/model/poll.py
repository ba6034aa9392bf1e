"""One visit to one source."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """How a poll ended."""

    NEW = "new"
    """Something was new or edited."""
    KNOWN = "known"
    """The document changed, nothing in it is new."""
    UNCHANGED = "unchanged"
    """304, or the same bytes."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The record of one visit."""

    source_id: str
    started_at: datetime
    took: timedelta
    outcome: Outcome
    status: int | None = None
    error: str | None = None
    """One line, without secrets."""
    body_bytes: int = 0
    entries: int = 0
    new: int = 0
    updated: int = 0
    duplicate: int = 0
    """Entries that are articles other sources had already."""
    known_share: float | None = None
    """Known entries among all of the document; None when nothing was parsed."""
    defects: int = 0
