"""An article's matches -> its ledger rows, each with its rendered entry: the ledger decides, render renders, the batch writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from aggregator import ledger
from aggregator.model.article import StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.topic import IdPolicy, Match, Topic
from aggregator.normalise import best_claimed
from aggregator.render import Printed, render_entry
from aggregator.storage import Batch
from aggregator.topics.match import Matcher

_IN_FILES = (RowState.LIVE, RowState.ARCHIVED, RowState.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One transaction of the writer, what it decides by, and on what occasion."""

    batch: Batch
    topics: tuple[Topic, ...]
    matcher: Matcher
    site_author: str
    occasion: ledger.Occasion
    _order: Iterator[int] = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return self.occasion.now

    def next_occasion(self) -> ledger.Occasion:
        """The occasion a microsecond after the last row: what came in one poll keeps its order in the feed."""
        return replace(self.occasion, now=self.now + timedelta(microseconds=next(self._order)))


def enter(writing: Writing, uri: str, matches: Iterable[Match]) -> None:
    """Revise the rows that an article has and admit it where it matches newly; a lost match stays published."""
    batch = writing.batch
    stored, material = batch.article(uri), batch.fingerprints(uri).material
    existing = {(row.topic_id, row.grain): row for row in batch.rows_of(uri)}
    for row in existing.values():
        _revise(writing, row, stored, material)
    topics = {topic.id: topic for topic in writing.topics}
    for match in matches:
        topic = topics[match.topic_id]
        if (topic.id, topic.grain) not in existing:
            admit(writing, topic, match, stored)


def _revise(writing: Writing, row: LedgerRow, stored: StoredArticle, material: bytes) -> None:
    """What a change of text or rights does to a row; a right that is gone takes the entry out of the file at once."""
    topic = next((topic for topic in writing.topics if topic.id == row.topic_id), None)
    ruled = ledger.hold_or_let_go(row, topic, stored, writing.next_occasion()) if topic else row
    revised = ledger.revise(ruled, material=material, now=writing.now)
    if revised is not None or ruled != row:
        _save(writing.batch, row, revised or ruled, stored, writing.site_author)


def admit(writing: Writing, topic: Topic, match: Match, stored: StoredArticle) -> None:
    """Append the row of an article that is new to the topic."""
    row = ledger.admit(
        topic,
        match,
        stored,
        entry_id=_entry_id(writing.batch, topic.id_policy, stored),
        published=best_claimed(stored.article, stored.first_seen_at),
        material=writing.batch.fingerprints(stored.uri).material,
        occasion=writing.next_occasion(),
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
    """Store a changed row; its entry is rendered again only when it shows another text or may show another part of it."""
    is_the_same = after.digest == before.digest and after.state is before.state
    batch.save_row(after if is_the_same else _with_fragment(after, stored, site_author))


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
