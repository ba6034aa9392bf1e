"""An article's matches -> its ledger rows, each with its rendered entry: the ledger decides, render renders, the batch writes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator import ledger
from aggregator.model.article import StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.topic import IdPolicy, Match, Topic
from aggregator.normalise import best_claimed
from aggregator.render import Printed, render_entry
from aggregator.storage import Batch

_IN_FILES = (RowState.LIVE, RowState.ARCHIVED, RowState.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One transaction of the writer, what it decides by, and on what occasion."""

    batch: Batch
    topics: tuple[Topic, ...]
    site_author: str
    occasion: ledger.Occasion

    @property
    def now(self) -> datetime:
        return self.occasion.now


def enter(writing: Writing, uri: str, matches: Iterable[Match], material: bytes) -> None:
    """Revise the rows that an article has and admit it where it matches newly; a lost match stays published."""
    batch = writing.batch
    stored = batch.article(uri)
    existing = {(row.topic_id, row.grain): row for row in batch.rows_of(uri)}
    for row in existing.values():
        revised = ledger.revise(row, material=material, now=writing.now)
        if revised is not None:
            _save(batch, row, revised, stored, writing.site_author)
    topics = {topic.id: topic for topic in writing.topics}
    for match in matches:
        topic = topics[match.topic_id]
        if (topic.id, topic.grain) not in existing:
            admit(writing, topic, match, stored, material)


def admit(writing: Writing, topic: Topic, match: Match, stored: StoredArticle, material: bytes) -> None:
    """Append the row of an article that is new to the topic."""
    row = ledger.admit(
        topic,
        match,
        stored,
        entry_id=_entry_id(writing.batch, topic.id_policy, stored),
        published=best_claimed(stored.article, stored.first_seen_at),
        material=material,
        occasion=writing.occasion,
    )
    writing.batch.add_row(_with_fragment(row, stored, writing.site_author))


def release_pending(batch: Batch, site_author: str, now: datetime) -> int:
    """Let changes out whose hour is over (rules R12); says how many."""
    due = [row for row in batch.pending_rows() if ledger.is_due(row, now)]
    for row in due:
        material = batch.fingerprints(row.article_uri).material
        released = ledger.release(row, material=material, now=now)
        _save(batch, row, released, batch.article(row.article_uri), site_author)
    return len(due)


def _save(batch: Batch, before: LedgerRow, after: LedgerRow, stored: StoredArticle, site_author: str) -> None:
    """Store a changed row; its entry is rendered again only when it shows another text."""
    batch.save_row(after if after.digest == before.digest else _with_fragment(after, stored, site_author))


def _with_fragment(row: LedgerRow, stored: StoredArticle, site_author: str) -> LedgerRow:
    if row.state not in _IN_FILES:
        return replace(row, fragment=None)
    printed = Printed(
        entry_id=row.entry_id,
        updated_at=row.updated_at,
        published=row.published,
        published_at=ledger.printed_date(row.published, stored.first_seen_at),
        first_seen_at=stored.first_seen_at,
        site_author=site_author,
    )
    return replace(row, fragment=render_entry(stored.article, printed))


def _entry_id(batch: Batch, policy: IdPolicy, stored: StoredArticle) -> str:
    """One per article and policy, given once and used by every topic (rules R20)."""
    bound = batch.bound_entry_id(stored.uri, policy)
    if bound is not None:
        return bound
    guid = batch.first_guid(stored.uri) if policy is IdPolicy.PRESERVE else None
    is_taken = guid is not None and batch.entry_id_is_taken(guid)
    value = ledger.entry_id(policy, stored, guid, is_taken=is_taken)
    batch.bind_entry_id(stored.uri, policy, value)
    return value
