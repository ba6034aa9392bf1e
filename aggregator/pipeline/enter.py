"""An article's matches -> its ledger rows, each with its rendered entry: the ledger decides, render renders, the batch writes."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from aggregator import ledger
from aggregator.dedup import mint
from aggregator.desk import Standing, standing
from aggregator.model.article import StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import AgencyName
from aggregator.model.story import Revision
from aggregator.model.topic import Grain, IdPolicy, Match, Topic
from aggregator.normalise import best_claimed
from aggregator.pipeline.counts import Counts
from aggregator.pipeline.news import News, corrected, edit_in_words, is_development, news
from aggregator.pipeline.telling import (
    BY_STORY,
    TOLD_ONCE,
    also_in,
    parts_of,
    standpoint,
    story_siblings,
    told,
    told_by,
)
from aggregator.render import Printed, render_change, render_entry
from aggregator.storage import Batch
from aggregator.topics.match import Matcher

_IN_FILES = (RowState.LIVE, RowState.ARCHIVED)
_MOST_REPRINTED = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One transaction of the writer, what it decides by, and on what occasion."""

    batch: Batch
    topics: tuple[Topic, ...]
    matcher: Matcher
    agencies: tuple[AgencyName, ...]
    site_author: str
    occasion: ledger.Occasion
    counts: Counts
    legacy: ledger.LegacyIds = field(default_factory=ledger.LegacyIds)
    _order: Iterator[int] = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return self.occasion.now

    def topic(self, topic_id: str) -> Topic | None:
        """The configured topic; None for one that left the configuration."""
        return next((topic for topic in self.topics if topic.id == topic_id), None)

    def feed(self, topic_id: str, grain: Grain) -> Topic | None:
        """The topic as that one of its feeds sees it; None for a feed that left the configuration."""
        topic = self.topic(topic_id)
        return next((one for one in topic.in_grains if one.grain is grain), None) if topic else None

    def next_occasion(self) -> ledger.Occasion:
        """The occasion a microsecond after the last row: what came in one poll keeps its order in the feed."""
        return replace(self.occasion, now=self.now + timedelta(microseconds=next(self._order)))

    def live_last_hour(self, topic: Topic) -> int:
        """The governor's count (rules R18)."""
        return self.batch.history.live_since(topic.id, topic.grain, self.now - ledger.GOVERNOR_SPAN)


def enter(writing: Writing, uri: str, matches: Iterable[Match]) -> None:
    """Revise the rows that an article has and admit it where it matches newly; a lost match stays published."""
    stored = writing.batch.article(uri)
    says = standing(writing.batch.decisions_on(uri))
    rows = writing.batch.rows_of(uri)
    for row in rows:
        revise(writing, row, stored, says)
    existing = {(row.topic_id, row.grain) for row in rows if not row.version}
    for match in matches:
        topic = writing.topic(match.topic_id)
        for feed in topic.in_grains if topic else ():
            if (feed.id, feed.grain) not in existing:
                admit(writing, feed, match, stored, says)


def revise(writing: Writing, row: LedgerRow, stored: StoredArticle, says: Standing) -> None:
    """What a change of text, of rights or of the desk's mind does to a row."""
    ruled = row
    if topic := writing.feed(row.topic_id, row.grain):
        ruled = ledger.under_rights_and_desk(
            row,
            topic,
            stored,
            says,
            writing.next_occasion(),
            live_last_hour=writing.live_last_hour(topic),
            told=told(writing.batch, topic, row.article_uri) if row.state is RowState.HELD else None,
        )
    elif says.killed:
        ruled = ledger.withdraw(row, says.killed, writing.now)  # of a topic that left the configuration, too
    material = writing.batch.fingerprints(row.article_uri).material
    revised = ledger.revise(ruled, material=material, now=writing.now) or ruled
    if revised != row:
        save(writing.batch, row, revised, stored, writing.site_author)


def matched_by_hand(writing: Writing, topic: Topic) -> Match:
    """What stands for a match where the desk pinned the article, whatever the rule says (rules R30)."""
    return Match(topic_id=topic.id, rule_version=writing.matcher.rule_versions[topic.id], score=0.0, evidence=())


def admit(writing: Writing, topic: Topic, match: Match, stored: StoredArticle, says: Standing) -> None:
    """Append the row of an article that is new to the topic, unless the desk wants it nowhere or not here."""
    if says.killed or topic.id in says.dropped:
        return
    if topic.grain is Grain.CORRECTIONS:
        told_before = corrected(writing.batch, stored)
        if told_before:
            admit_version(writing, topic, match, stored, told_before, version=1)
        return
    known, new = told(writing.batch, topic, stored.uri), None
    if known and topic.grain is Grain.DEVELOPMENTS:
        new = news(writing.batch, stored, known.uri)
        known = None if new else known
    row = ledger.admit(
        topic,
        match,
        stored,
        entry_id=_entry_id(writing, topic.id_policy, stored),
        published=best_claimed(stored.article, stored.first_seen_at),
        material=writing.batch.fingerprints(stored.uri).material,
        occasion=writing.next_occasion(),
        standing=says,
        live_last_hour=writing.live_last_hour(topic),
        told=known,
    )
    row = _as_it_was(writing, _with_news(row, new), stored)
    writing.batch.add_row(_in_file(writing.batch, row, stored, writing.site_author))


def admit_version(
    writing: Writing, topic: Topic, match: Match, stored: StoredArticle, new: News, *, version: int
) -> None:
    """Append an entry that tells what became new with that version of the article's text: its id is its own, for good."""
    says = standing(writing.batch.decisions_on(stored.uri))
    if says.killed or topic.id in says.dropped:
        return
    row = ledger.admit(
        topic,
        match,
        stored,
        entry_id=mint(f"{topic.grain}\n{stored.uri}\n{version}"),
        published=None,
        material=writing.batch.fingerprints(stored.uri).material,
        occasion=replace(writing.next_occasion(), is_edit=True),
        standing=says,
        live_last_hour=writing.live_last_hour(topic),
    )
    row = _with_news(replace(row, version=version), new)
    writing.batch.add_row(_in_file(writing.batch, row, stored, writing.site_author))


def tell_edit(writing: Writing, stored: StoredArticle, matches: Iterable[Match], change: Revision) -> None:
    """A material edit of the article is an entry of its own where a topic wants corrections, or developments of a story."""
    new = News(follows=stored.uri, words=edit_in_words(change))
    for match in matches:
        topic = writing.topic(match.topic_id)
        for feed in topic.in_grains if topic else ():
            if feed.grain is Grain.CORRECTIONS or (feed.grain is Grain.DEVELOPMENTS and is_development(change)):
                admit_version(writing, feed, match, stored, new, version=stored.version)


def _with_news(row: LedgerRow, new: News | None) -> LedgerRow:
    if new is None:
        return row
    reason = new.words if row.state is RowState.LIVE else row.reason
    return replace(row, follows=new.follows, news=new.words, reason=reason)


def _as_it_was(writing: Writing, row: LedgerRow, stored: StoredArticle) -> LedgerRow:
    """An entry that keeps the id it had elsewhere keeps its `updated` too: readers take a later one for news."""
    before = writing.legacy.find(stored.article.url, stored.article.headline)
    if before and before.id == row.entry_id and before.updated_at and before.updated_at < row.updated_at:
        return replace(row, updated_at=before.updated_at)
    return row


def retell(writing: Writing, uris: Iterable[str]) -> None:
    """Bring the entries of these articles to what their groups are now: of each group one entry tells the text, the
    others wait or get no more updates, and it says where else the text is (rules R12, R20).
    """
    uris = sorted(uris)
    for topic in writing.topics:
        for feed in topic.in_grains:
            if feed.grain in TOLD_ONCE:
                _retell_in(writing, feed, uris)


def retell_stories(writing: Writing, uris: Collection[str]) -> None:
    """The same where stories may have changed. Entries that only mention how many reports there are keep silent about
    more than two dozen.
    """
    uris = sorted(uris)
    told_in = writing.batch.feeds_with(uris)
    for topic in writing.topics:
        for feed in topic.in_grains:
            is_meant = feed.grain in BY_STORY or (feed.grain is Grain.UNIQUE and len(uris) <= _MOST_REPRINTED)
            if is_meant and (feed.id, feed.grain) in told_in:
                _retell_in(writing, feed, uris)


def retell_group(writing: Writing, uri: str) -> None:
    """The same for the article's group and story, after something happened to one of its entries or texts."""
    members = writing.batch.copies.group_of(uri)
    if members:
        retell(writing, (member.uri for member in members))
    siblings = story_siblings(writing.batch, uri)
    if siblings:
        retell_stories(writing, siblings)


def _retell_in(writing: Writing, feed: Topic, uris: Sequence[str]) -> None:
    parts: dict[str, list[LedgerRow]] = {}
    names = parts_of(writing.batch, feed.grain, uris)
    for row in writing.batch.rows_in(feed.id, feed.grain, sorted(names)):
        if not row.version and row.follows is None:
            parts.setdefault(names[row.article_uri], []).append(row)
    for rows in parts.values():
        _retell(writing, feed, rows)


def _retell(writing: Writing, topic: Topic, rows: list[LedgerRow]) -> None:
    """`rows` are those of one group in the topic's feed, by sequence."""
    first = ledger.teller(rows)
    for place, row in enumerate(rows):
        if first is None and row.copy_of:
            rows[place] = _change(writing, row, _freed(writing, topic, row))
            first = ledger.teller([rows[place]])
    for row in rows:
        if first is None or row.article_uri == first.article_uri:
            after = _freed(writing, topic, row)
        else:
            says = standing(writing.batch.decisions_on(row.article_uri))
            after = ledger.under_teller(row, told_by(writing.batch, first, row.article_uri), says)
        _reprint(writing, _change(writing, row, after))


def _freed(writing: Writing, topic: Topic, row: LedgerRow) -> LedgerRow:
    if row.copy_of is None:
        return row
    stored = writing.batch.article(row.article_uri)
    says = standing(writing.batch.decisions_on(row.article_uri))
    live = writing.live_last_hour(topic)
    after = ledger.freed(row, topic, stored, says, writing.next_occasion(), live_last_hour=live)
    # Edits of its text did not reach it while another entry told it.
    material = writing.batch.fingerprints(row.article_uri).material
    return ledger.revise(after, material=material, now=writing.now) or after


def _change(writing: Writing, before: LedgerRow, after: LedgerRow) -> LedgerRow:
    if after == before:
        return before
    stored = writing.batch.article(before.article_uri)
    return save(writing.batch, before, after, stored, writing.site_author)


def reprint(writing: Writing, uri: str) -> None:
    """Render the article's entries again where what they print beside its words has changed: neither id nor `updated` moves."""
    for row in writing.batch.rows_of(uri):
        _reprint(writing, row)


def _reprint(writing: Writing, row: LedgerRow) -> None:
    batch = writing.batch
    # A text that waits for the end of its hour is not to be seen before (rules R12).
    if row.fragment is None or row.version or row.digest != batch.fingerprints(row.article_uri).material:
        return
    after = _in_file(batch, row, batch.article(row.article_uri), writing.site_author)
    if after.fragment != row.fragment:
        batch.save_row(_with_archived(batch, row, after))


def print_again(writing: Writing, row: LedgerRow) -> LedgerRow:
    """Render an entry again and give its row, also one that was printed for good: what it named is to be named no more."""
    after = _in_file(writing.batch, row, writing.batch.article(row.article_uri), writing.site_author)
    if after.fragment != row.fragment:
        writing.batch.save_row(after)
    return after


def release_pending(batch: Batch, site_author: str, now: datetime) -> Iterator[tuple[LedgerRow, Callable[[], object]]]:
    """The changes whose hour is over (rules R12), each with what lets it out."""
    for row in batch.pending_rows():
        if ledger.is_due(row, now):
            yield row, partial(_release, batch, row, site_author, now)


def _release(batch: Batch, row: LedgerRow, site_author: str, now: datetime) -> None:
    material = batch.fingerprints(row.article_uri).material
    released = ledger.release(row, material=material, now=now)
    save(batch, row, released, batch.article(row.article_uri), site_author)


def release_queued(batch: Batch, topic: Topic, site_author: str, now: datetime) -> None:
    """Let the queue out as far as the hour has room (rules R18)."""
    queue = batch.history.queue(topic.id, topic.grain)
    if not queue:
        return
    live = batch.history.live_since(topic.id, topic.grain, now - ledger.GOVERNOR_SPAN)
    before = {row.seq: row for row, _ in queue}
    for row in ledger.let_out(queue, topic, live_last_hour=live, now=now):
        save(batch, before[row.seq], row, batch.article(row.article_uri), site_author)


def save(batch: Batch, before: LedgerRow, after: LedgerRow, stored: StoredArticle, site_author: str) -> LedgerRow:
    """Store a changed row and give it. Its entry is rendered again only when it shows another text or stands where it did not; what
    a full archive page shows of it stays as it was (rules R15).
    """
    if after.digest == before.digest and after.state is before.state:
        batch.save_row(after)
        return after
    if before.position is not None and after.state is not before.state:
        batch.history.forget_page(before.topic_id, before.grain, ledger.page_of(before.position))
    after = _with_archived(batch, before, _in_file(batch, after, stored, site_author))
    batch.save_row(after)
    return after


def _with_archived(batch: Batch, before: LedgerRow, after: LedgerRow) -> LedgerRow:
    """The row with what its archive page shows of it, where that page was full before the entry changed (rules R15). Of what
    is withdrawn a page shows nothing, and nothing is kept.
    """
    if after.state is RowState.WITHDRAWN:
        return after
    if after.position is not None and after.archived_fragment is None and after.fragment != before.fragment:
        highest = batch.history.highest_position(after.topic_id, after.grain)
        if before.fragment and ledger.page_of(after.position) <= ledger.full_pages(highest):
            return replace(after, archived_fragment=before.fragment)
    return after


def _in_file(batch: Batch, row: LedgerRow, stored: StoredArticle, site_author: str) -> LedgerRow:
    """The row with its entry rendered and its place in the feed's history, if it stands in a file."""
    if row.state not in _IN_FILES:
        # A withdrawn text is in no file; one that is held may come back and is rendered then.
        return replace(row, fragment=None, archived_fragment=None)
    position = row.position or batch.history.next_position(row.topic_id, row.grain)
    group, also = also_in(batch, row)
    leads_to = row.copy_of or row.follows
    printed = Printed(
        entry_id=row.entry_id,
        updated_at=row.updated_at,
        published=row.published,
        published_at=ledger.printed_date(row.published, stored.first_seen_at),
        first_seen_at=stored.first_seen_at,
        site_author=site_author,
        group=group,
        also=also,
        related=_address(batch, leads_to) if leads_to else None,
        story=standpoint(batch, row),
        news=row.news,
        follows=row.follows,
    )
    replaced = batch.revisions.replaced(stored.uri, row.version - 1) if row.version > 1 else None
    if replaced:
        fragment = render_change(stored.article, printed, replaced.change)
    else:
        fragment = render_entry(stored.article, printed)
    return replace(row, position=position, fragment=fragment)


def _address(batch: Batch, uri: str) -> str:
    """Where the entry that tells the text leads, or its name."""
    return batch.article(uri).article.url or uri


def _entry_id(writing: Writing, policy: IdPolicy, stored: StoredArticle) -> str:
    """One per article and policy, given once and used by every topic (rules R20)."""
    batch = writing.batch
    bound = batch.bound_entry_id(stored.uri, policy)
    if bound is not None:
        return bound
    known = writing.legacy.find(stored.article.url, stored.article.headline)
    if known and not batch.entry_id_is_taken(known.id):
        batch.bind_entry_id(stored.uri, policy, known.id)
        return known.id
    guid = batch.first_guid(stored.uri) if policy is IdPolicy.PRESERVE else None
    is_taken = guid is not None and batch.entry_id_is_taken(guid)
    value = ledger.entry_id(policy, stored, guid, is_taken=is_taken)
    batch.bind_entry_id(stored.uri, policy, value)
    return value
