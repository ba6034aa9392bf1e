"""A row + what happened to its article or what the desk said -> the row as it is then (rules R11, R12, R16, R18)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.desk import Standing
from aggregator.ledger.admit import RIGHTS, Occasion, Told, copy_of, state_of
from aggregator.model.article import StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import Republish
from aggregator.model.topic import Topic

UPDATE_INTERVAL = timedelta(hours=1)
"""A second material change within this time of the last waits for its end (rules R12)."""
GOVERNOR_SPAN = timedelta(minutes=60)
TOMBSTONE_SPAN = timedelta(days=30)
_QUEUE_HOURS = 24


def revise(row: LedgerRow, *, material: bytes, now: datetime) -> LedgerRow | None:
    """The row after its article's text changed; None where nothing material did, or another entry tells the text.

    The first change is published at once, a further one within the hour waits for that hour's end.
    """
    if row.state is RowState.WITHDRAWN or row.version or (row.copy_of and row.state is not RowState.HELD):
        return None
    if material == row.digest:
        return replace(row, pending_since=None) if row.pending_since else None
    if row.state in (RowState.HELD, RowState.QUEUED):  # nobody saw it: it begins with the text that it has then
        return replace(row, digest=material, pending_since=None)
    if row.updated_at == row.first_published_at or now - row.updated_at >= UPDATE_INTERVAL:
        return replace(row, digest=material, updated_at=max(now, row.updated_at), pending_since=None)
    return row if row.pending_since else replace(row, pending_since=now)


def is_due(row: LedgerRow, now: datetime) -> bool:
    """Whether a waiting change may go out."""
    return row.pending_since is not None and now - row.updated_at >= UPDATE_INTERVAL


def release(row: LedgerRow, *, material: bytes, now: datetime) -> LedgerRow:
    """The row once its waiting change goes out; unchanged where the text came back to what is published."""
    if material == row.digest:
        return replace(row, pending_since=None)
    return replace(row, digest=material, updated_at=now, pending_since=None)


def under_rights_and_desk(
    row: LedgerRow,
    topic: Topic,
    stored: StoredArticle,
    standing: Standing,
    occasion: Occasion,
    *,
    live_last_hour: int,
    told: Told | None = None,
) -> LedgerRow:
    """The row under the rights that the article has now and under what the desk says of it now (rules R11, R16, R21, R30).

    A kill or a drop withdraws it. No rights, or a hold, take it out of every file; without them it goes the way of a
    new one, an entry that was published before comes back as it was. A pin takes it out of queue and archive, a release
    out of what its source withdrew.
    """
    gone = standing.killed or standing.dropped.get(topic.id)
    if gone:
        return withdraw(row, gone, occasion.now)
    must_wait = stored.article.rights.republish is Republish.NONE or standing.held is not None
    if must_wait:
        reason = RIGHTS if stored.article.rights.republish is Republish.NONE else standing.held or ""
        return replace(row, state=RowState.HELD, reason=reason, pending_since=None, has_tombstone=False, copy_of=None)
    if row.copy_of and row.state is RowState.HELD and topic.id not in standing.pinned:
        return row  # until nothing else tells its text (`freed`)
    is_waiting = row.state in (RowState.QUEUED, RowState.ARCHIVED) or row.unsettled_source is not None
    is_pin_waiting = topic.id in standing.pinned and is_waiting
    is_let_go = row.state is RowState.HELD and row.unsettled_source is None
    if not (is_pin_waiting or is_let_go or row.state is RowState.WITHDRAWN):
        return row
    state, reason = state_of(topic, stored, occasion, standing, live_last_hour=live_last_hour, told=told)
    was_published = row.state is RowState.HELD and row.position is not None
    at = row.first_published_at if was_published else occasion.now
    held_for = None if was_published else copy_of(state, reason, told)
    reason = reason if held_for else standing.released or reason
    return replace(
        row,
        state=RowState.LIVE if was_published else state,
        reason=reason,
        first_published_at=at,
        updated_at=max(row.updated_at, occasion.now),
        withdrawn_at=None,
        has_tombstone=False,
        unsettled_source=None,
        copy_of=held_for,
    )


def confirm(
    row: LedgerRow,
    topic: Topic,
    stored: StoredArticle,
    standing: Standing,
    occasion: Occasion,
    *,
    live_last_hour: int,
    told: Told | None = None,
) -> LedgerRow:
    """A row that waited for its source's ids to settle goes the way of a new one (rules R19); what was withdrawn meanwhile
    stays withdrawn.
    """
    if row.state is RowState.WITHDRAWN:
        return replace(row, unsettled_source=None)
    state, reason = state_of(topic, stored, occasion, standing, live_last_hour=live_last_hour, told=told)
    return replace(
        row,
        copy_of=copy_of(state, reason, told),
        state=state,
        reason=reason,
        first_published_at=occasion.now,
        updated_at=occasion.now,
        unsettled_source=None,
    )


def let_out(
    queue: Iterable[tuple[LedgerRow, datetime]], topic: Topic, *, live_last_hour: int, now: datetime
) -> list[LedgerRow]:
    """Rows of the queue that change now: the oldest effective go live as far as the hour has room, without testing the
    window again; what is longer than a day's worth is archived from its oldest end (rules R18).

    `queue` is (row, effective date).
    """
    waiting = [row for row, _ in sorted(queue, key=lambda pair: (pair[1], pair[0].seq or 0))]
    room = max(topic.max_per_hour - live_last_hour, 0)
    changed = [
        replace(
            row,
            state=RowState.LIVE,
            reason="released from the queue",
            first_published_at=now + timedelta(microseconds=order),
            updated_at=now + timedelta(microseconds=order),
        )
        for order, row in enumerate(waiting[:room])
    ]
    rest = waiting[room:]
    surplus = max(len(rest) - _QUEUE_HOURS * topic.max_per_hour, 0)
    reason = f"the queue was longer than a day of {topic.max_per_hour} entries an hour"
    return changed + [replace(row, state=RowState.ARCHIVED, reason=reason) for row in rest[:surplus]]


def tombstone_is_over(row: LedgerRow, now: datetime) -> bool:
    """Whether the live document need show the tombstone no more."""
    return row.has_tombstone and row.withdrawn_at is not None and now - row.withdrawn_at >= TOMBSTONE_SPAN


def withdraw(row: LedgerRow, reason: str, now: datetime) -> LedgerRow:
    """The row once its entry is gone for good; a tombstone tells it to those who may have seen it."""
    if row.state is RowState.WITHDRAWN:
        return row
    was_published = row.position is not None
    return replace(
        row,
        state=RowState.WITHDRAWN,
        reason=reason,
        pending_since=None,
        withdrawn_at=now,
        has_tombstone=was_published,
        unsettled_source=None,
        copy_of=None,
    )
