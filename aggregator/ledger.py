"""What goes out, when, under which id: a match and the rows so far -> the row to write (rules R11-R14, R17, R20-R22)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid5

from aggregator.model.article import EffectiveBasis, PartialDate, Precision, StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import Announce, Republish
from aggregator.model.topic import Grain, IdPolicy, Match, Topic
from aggregator.urls import is_web

UPDATE_INTERVAL = timedelta(hours=1)
"""A second material change within this time of the last waits for its end (rules R12)."""
_MIN_SPAN = timedelta(hours=48)
_MOST_ROWS = 300
# RFC 3987 2.2, as far as a text can be told from one; a scheme of one letter is a drive.
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[^\s\x00-\x20\x7f-\x9f<>\"{}|\\^`]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a match is looked at now."""

    now: datetime
    is_first_good_poll: bool = False
    is_new_topic: bool = False
    """The topic's first publication takes stored articles inside its window."""
    is_surplus: bool = False
    """Beyond what a new topic's first publication takes."""
    is_rule_edit: bool = False


def admit(
    topic: Topic,
    match: Match,
    stored: StoredArticle,
    *,
    entry_id: str,
    published: PartialDate | None,
    material: bytes,
    occasion: Occasion,
) -> LedgerRow:
    """The row of an article that is new to the topic; every match gets one, with its reason."""
    state, reason = _state(topic, stored, occasion)
    return LedgerRow(
        seq=None,
        topic_id=topic.id,
        grain=topic.grain,
        entry_id=entry_id,
        id_policy=topic.id_policy,
        article_uri=stored.uri,
        state=state,
        reason=reason,
        rule_version=match.rule_version,
        first_published_at=occasion.now,
        published=published,
        updated_at=occasion.now,
        pending_since=None,
        digest=material,
        fragment=None,
    )


def revise(row: LedgerRow, *, material: bytes, now: datetime) -> LedgerRow | None:
    """The row after its article's text changed; None where nothing material did.

    The first change is published at once, a further one within the hour waits for that hour's end.
    """
    if row.state is RowState.WITHDRAWN:
        return None
    if material == row.digest:
        return replace(row, pending_since=None) if row.pending_since else None
    if row.state is RowState.HELD:
        return replace(row, digest=material)
    if row.updated_at == row.first_published_at or now - row.updated_at >= UPDATE_INTERVAL:
        return replace(row, digest=material, updated_at=max(now, row.updated_at), pending_since=None)
    return row if row.pending_since else replace(row, pending_since=now)


def hold_or_let_go(row: LedgerRow, topic: Topic, stored: StoredArticle, occasion: Occasion) -> LedgerRow:
    """The row under the rights that the article now has: none takes it out of every file, any other lets a held one go
    the way of a new one (rules R11, R21).
    """
    may_stand = stored.article.rights.republish is not Republish.NONE
    if may_stand == (row.state is not RowState.HELD) or row.state is RowState.WITHDRAWN:
        return row
    state, reason = _state(topic, stored, occasion)
    if state is RowState.HELD:
        return replace(row, state=state, reason=reason, pending_since=None)
    return replace(row, state=state, reason=reason, first_published_at=occasion.now, updated_at=occasion.now)


def is_due(row: LedgerRow, now: datetime) -> bool:
    """Whether a waiting change may go out."""
    return row.pending_since is not None and now - row.updated_at >= UPDATE_INTERVAL


def release(row: LedgerRow, *, material: bytes, now: datetime) -> LedgerRow:
    """The row once its waiting change goes out; unchanged where the text came back to what is published."""
    if material == row.digest:
        return replace(row, pending_since=None)
    return replace(row, digest=material, updated_at=now, pending_since=None)


def live_document(rows: Iterable[LedgerRow], limit: int) -> tuple[LedgerRow, ...]:
    """The rows of the live document, newest first (rules R14): `limit`, or all of the last 48 h before the newest row,
    never over 300 or `limit`. The clock has no say: equal rows give an equal document.
    """
    live = sorted(
        (row for row in rows if row.state is RowState.LIVE),
        key=lambda row: (row.first_published_at, row.entry_id),
        reverse=True,
    )
    if not live:
        return ()
    recent = sum(row.first_published_at > live[0].first_published_at - _MIN_SPAN for row in live)
    return tuple(live[: min(max(limit, recent), max(limit, _MOST_ROWS))])


def entry_id(policy: IdPolicy, stored: StoredArticle, guid: str | None, *, is_taken: bool) -> str:
    """An entry's id (rules R20): the origin's where it may be kept, else the article's own."""
    if policy is IdPolicy.PRESERVE and guid and not is_taken and _is_absolute_iri(guid):
        return guid
    return stored.uri


def feed_id(instance_id: UUID, topic_id: str, grain: Grain) -> str:
    """The permanent id of a published feed (rules R5)."""
    return uuid5(instance_id, f"{topic_id}\n{grain}").urn


def printed_date(date: PartialDate | None, first_seen_at: datetime) -> datetime | None:
    """How a claimed date stands in a feed (rules R10): a day is its noon in UTC, or the moment it was first seen if
    that came earlier on the same day; no reader shows the day before.
    """
    if date is None:
        return None
    if date.precision is not Precision.DAY:
        return date.value
    noon = datetime.combine(date.value.date(), time(12), tzinfo=UTC)
    return first_seen_at if first_seen_at.date() == noon.date() and first_seen_at < noon else noon


def _state(topic: Topic, stored: StoredArticle, occasion: Occasion) -> tuple[RowState, str]:
    article = stored.article
    if article.rights.republish is Republish.NONE:
        return RowState.HELD, "its rights are none: matched, in no file"
    if occasion.is_rule_edit:
        return RowState.ARCHIVED, "matched only since the topic's rule was edited"
    if occasion.is_surplus:
        return RowState.ARCHIVED, "stored before the topic was made, and not among the newest"
    if article.announce is Announce.ALL:
        return RowState.LIVE, 'its source announces all (announce = "all")'
    if occasion.is_first_good_poll and stored.effective_basis is EffectiveBasis.FIRST_SEEN:
        return RowState.ARCHIVED, 'undated at its source\'s first poll; set announce = "all"'
    reference = occasion.now if occasion.is_new_topic else stored.first_seen_at
    if reference - stored.effective_at > topic.window:
        return RowState.ARCHIVED, f'older than the window of {_hours(topic.window)}; set announce = "all"'
    return RowState.LIVE, f"within the window of {_hours(topic.window)}"


def _hours(window: timedelta) -> str:
    hours, rest = divmod(int(window.total_seconds()), 3600)
    return f"{hours}h" if not rest else f"{int(window.total_seconds())}s"


def _is_absolute_iri(value: str) -> bool:
    """Any scheme (RFC 3987): beside http, `urn:` and `tag:` feeds use `yt:video:...` or `oai:...`; a path on somebody's
    disk is none of them.
    """
    scheme = value.partition(":")[0].lower()
    if scheme == "file" or not _IRI.fullmatch(value):
        return False
    return is_web(value) if scheme in ("http", "https") else True
