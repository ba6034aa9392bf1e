"""What is known of a source's coverage - does it publish, is anything missed, is it as good as before - and what is told of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncidentKind(StrEnum):
    """What can happen to a source that its readers should know."""

    FAILING = "failing"
    GONE = "gone"
    """It answered 410 twice: it is not polled any more."""
    SILENT = "silent"
    GAP = "gap"
    """Entries came and went between two polls: some were missed."""
    CHURN = "churn"
    """The ids of all its entries changed; those that are known by title were bound to their articles (rules R19)."""
    MOVED = "moved"
    REFUSED = "refused"
    """It wants to move where too many others want to move as well."""
    DECAY = "decay"
    """It gives fewer dates or less text than before."""
    WITHDRAWAL = "withdrawal"
    """It takes back more at once than is believed: nothing was withdrawn."""
    MANY = "many"
    """Many incidents in one entry: a network that is down is one piece of news, not five hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a source was seen to publish; small, stored whole with its state."""

    days: tuple[int, ...] = ()
    """Ordinals (`date.toordinal`, UTC) of the last days on which something new came, ascending."""
    last_new_at: datetime | None = None
    """When something new was last seen."""
    entries: int = 0
    """New entries counted so far in the shares below."""
    undated: float = 0.0
    """Share of entries without a date, of late; the last ten count most."""
    undated_before: float = 0.0
    """The same over the last hundred."""
    full: float = 0.0
    """Share of entries with their full text, of late."""
    full_before: float = 0.0
    failing_since: datetime | None = None
    """The first failure in the present row of them."""
    gap_since: datetime | None = None
    """The first gap of those that are told together."""
    gap_note: str | None = None
    churn_since: datetime | None = None
    churn_note: str | None = None
    """The same of changed ids."""
    withdrawal_since: datetime | None = None
    """The first refused withdrawal of those that are told together."""
    withdrawal_note: str | None = None
    open: tuple[IncidentKind, ...] = ()
    """Incidents that have begun and not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that happened to a source: one entry of `feeds/source-health.atom`, written once and again when it ends."""

    number: int | None = None
    """None until stored."""
    source_id: str | None
    """None for one that stands for many."""
    kind: IncidentKind
    entry_id: str
    began_at: datetime
    detail: str
    """One line for people; of a private source it is not published."""
    last_new_at: datetime | None = None
    """When the source last had something new, as it began."""
    ended_at: datetime | None = None
    told_at: datetime | None = None
    """When it was published; None while it waits."""
    updated_at: datetime | None = None
    """The entry's `updated`: it was told, then it ended."""
    group: int | None = None
    """Number of the incident in whose entry it is told."""
    is_changed: bool = True
    """Its entry is to be rendered."""
    fragment: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an entry of the health feed says."""

    entry_id: str
    title: str
    lines: tuple[str, ...]
    """Plain text, a paragraph each."""
    kind: IncidentKind
    published_at: datetime
    updated_at: datetime
    author: str
    link: str
    """The page of sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFeedState:
    """What is stored of the published health feed (rules R13, R23)."""

    updated_at: datetime
    bytes_digest: bytes
    changed_at: datetime
