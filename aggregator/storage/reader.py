"""What commands and pages ask: one consistent view, never a write."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, String, bindparam, cast, exists, func, or_, select

from aggregator.model.access import DeskToken
from aggregator.model.article import StoredArticle
from aggregator.model.copies import CopyVerdict
from aggregator.model.desk import Decision
from aggregator.model.health import HealthFeedState
from aggregator.model.identity import Fingerprints
from aggregator.model.ledger import LedgerRow, RowState, Step, TopicFeedState
from aggregator.model.push import Announcement, Invitation, Subscription
from aggregator.model.search import SearchFilter, SearchHits, SearchOrder, SearchQuestion
from aggregator.model.source import SourceState
from aggregator.model.story import Report, StoryMembership
from aggregator.model.topic import Grain, Match
from aggregator.storage import (
    access,
    asked,
    copies,
    integrity,
    overview,
    revisions,
    rows,
    serving,
    statements,
    stories,
    subscriptions,
    whole,
)
from aggregator.storage.codec import article_from_json, to_instant, to_microseconds
from aggregator.storage.desk_book import DeskBook
from aggregator.storage.incidents import feed_state
from aggregator.storage.overview import Companion
from aggregator.storage.revisions import Replaced
from aggregator.storage.search import search
from aggregator.storage.serving import ArticleMark
from aggregator.storage.tables import (
    archive_page,
    article,
    document,
    entry_key,
    feed_due,
    feed_form,
    ledger,
    match,
    observation,
    poll,
    source_state,
    topic_feed,
)
from aggregator.storage.views import ArticleView, CopyRow, DocumentRow, LedgerView, PollRow, StoryRow

# Names in one question; SQLite allows 32,766.
_CHUNK = 500


class Reader:
    """Queries inside one read transaction; ended by `Store.read()`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def source_states(self, source_ids: Sequence[str] | None = None) -> dict[str, SourceState]:
        """By source id; of the named sources, or of all that were ever polled."""
        if source_ids is None:
            found = self._connection.execute(statements.STATES)
            return {row.source_id: rows.source_state(row) for row in found}
        states: dict[str, SourceState] = {}
        for at in range(0, len(source_ids), _CHUNK):
            rows_found = self._connection.execute(statements.STATES_OF, {"ids": list(source_ids[at : at + _CHUNK])})
            states |= {row.source_id: rows.source_state(row) for row in rows_found}
        return states

    def due(self, now: datetime) -> tuple[SourceState, ...]:
        """The sources that are due, longest first, each with what says whether and where it is polled and no more: asked
        every second, so the index answers. One that the store does not know is not among them (`without_state`).
        """
        at, columns = source_state.c.next_poll_at, source_state.c
        query = select(columns.source_id, at, columns.gone_polls, columns.location, columns.stands_for)
        query = query.where(or_(at.is_(None), at <= to_microseconds(now))).order_by(at, columns.source_id)
        return tuple(
            SourceState(
                source_id=row.source_id,
                next_poll_at=to_instant(row.next_poll_at),
                gone_polls=row.gone_polls,
                location=row.location,
                stands_for=row.stands_for,
            )
            for row in self._connection.execute(query)
        )

    def without_state(self, source_ids: Collection[str]) -> frozenset[str]:
        """Those of the sources that were never polled."""
        query = select(source_state.c.source_id).where(source_state.c.source_id.in_(bindparam("ids", expanding=True)))
        asked: list[str] = list(source_ids)
        known: set[str] = set()
        for at in range(0, len(asked), _CHUNK):
            known.update(self._connection.execute(query, {"ids": asked[at : at + _CHUNK]}).scalars())
        return frozenset(asked) - known

    def window(self, source_id: str) -> frozenset[tuple[bytes, bytes]]:
        """The (entry key, text digest) pairs now in the source's window."""
        query = select(observation.c.key, observation.c.text_digest)
        query = query.where(observation.c.source_id == source_id, observation.c.left_at.is_(None))
        return frozenset((bytes(row.key), bytes(row.text_digest)) for row in self._connection.execute(query))

    def named(self, source_id: str, keys: Collection[bytes]) -> dict[bytes, tuple[StoredArticle, Fingerprints]]:
        """The articles that those keys name in the source, by key."""
        query = select(entry_key.c.key, article).join(article, article.c.id == entry_key.c.article_id)
        query = query.where(entry_key.c.source_id == source_id, entry_key.c.key.in_(bindparam("keys", expanding=True)))
        asked = list(keys)
        found: dict[bytes, tuple[StoredArticle, Fingerprints]] = {}
        for at in range(0, len(asked), _CHUNK):
            for row in self._connection.execute(query, {"keys": asked[at : at + _CHUNK]}):
                found[bytes(row.key)] = rows.stored_article(row), rows.fingerprints(row)
        return found

    def health_feed(self) -> HealthFeedState | None:
        """What is stored of `feeds/source-health.atom`; None before it was first published."""
        return feed_state(self._connection)

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Every subscription at a hub, those that are over too, oldest first."""
        return subscriptions.subscriptions(self._connection)

    def subscription(self, token: str) -> Subscription | None:
        """The one whose callback ends in the token."""
        return subscriptions.by_token(self._connection, token)

    def invitations(self) -> tuple[Invitation, ...]:
        """Sources that a delivery asks to be polled and that have not been polled since."""
        return subscriptions.invitations(self._connection)

    def last_polls(self) -> dict[str, PollRow]:
        """The newest poll of each source."""
        newest = select(func.max(poll.c.id)).group_by(poll.c.source_id)
        return {
            row.source_id: PollRow(
                source_id=row.source_id,
                started_at=to_instant(row.started_at),
                outcome=row.outcome,
                status=row.status,
                error=row.error,
                entries=row.entries,
                new=row.new,
                defects=row.defects,
            )
            for row in self._connection.execute(select(poll).where(poll.c.id.in_(newest)))
        }

    def decisions(self) -> tuple[Decision, ...]:
        """The desk's whole log, oldest first."""
        return DeskBook(self._connection).all()

    def decisions_on_telling(self) -> tuple[Decision, ...]:
        """What the desk said on whether articles may be told of at all, oldest first."""
        return DeskBook(self._connection).on_telling()

    def newest_decisions(self, limit: int, offset: int = 0) -> tuple[Decision, ...]:
        """A page of the desk's log, newest first."""
        return DeskBook(self._connection).newest(limit, offset)

    def decision_count(self) -> int:
        """How many decisions there are."""
        return DeskBook(self._connection).count()

    def desk_tokens(self, now: datetime) -> tuple[DeskToken, ...]:
        """Every token of the desk that was ever given out, with its open sessions."""
        return access.tokens(self._connection, now)

    def valid_desk_tokens(self) -> Sequence[tuple[int, bytes]]:
        """(number, digest) of those that were not revoked."""
        return access.valid_digests(self._connection)

    def is_any_desk_token(self) -> bool:
        """Whether anybody may sign in at the desk."""
        return access.is_any_token(self._connection)

    def desk_session(self, digest: bytes, now: datetime) -> str | None:
        """Whose session it is; None where it is over, or its token was revoked."""
        return access.session_name(self._connection, digest, now)

    def has_open_business(self, now: datetime) -> bool:
        """Whether a decision or a request waits to be carried out, or an embargo is over."""
        return DeskBook(self._connection).has_open_business(now)

    def is_to_be_scrubbed(self) -> bool:
        """Whether something was erased that may still be found on the disk."""
        return DeskBook(self._connection).is_to_be_scrubbed()

    def has_late_forms(self) -> bool:
        """Whether a feed was written as Atom and not yet in other formats."""
        query = select(feed_due.c.topic_id).where(feed_due.c.step == Step.FORMS.value).limit(1)
        return self._connection.execute(query).first() is not None

    def articles_by_source(self) -> dict[str, int]:
        """How many articles each source has shown."""
        count = func.count(func.distinct(observation.c.article_id))
        found = self._connection.execute(select(observation.c.source_id, count).group_by(observation.c.source_id))
        return {row[0]: row[1] for row in found}

    def row_counts(self) -> dict[tuple[str, str], int]:
        """(topic, state) -> rows of its feed in the default grain."""
        is_further = exists().where(
            topic_feed.c.topic_id == ledger.c.topic_id, topic_feed.c.grain == ledger.c.grain, topic_feed.c.is_further
        )
        query = select(ledger.c.topic_id, ledger.c.state, func.count()).where(~is_further)
        query = query.group_by(ledger.c.topic_id, ledger.c.state)
        return {(row[0], row[1]): row[2] for row in self._connection.execute(query)}

    def topic_feeds(self) -> tuple[TopicFeedState, ...]:
        """Every feed that was ever published, removed topics too."""
        return tuple(rows.topic_feed(row) for row in self._connection.execute(select(topic_feed)))

    def views(
        self, topic_id: str, grain: Grain, state: RowState, *, limit: int, offset: int = 0
    ) -> tuple[LedgerView, ...]:
        """Entries of a feed in one state with their articles as they are now, newest first; one page of them."""
        # Rows are skipped before any article is joined, so that a late page costs little more than the first.
        newest = (ledger.c.first_published_at.desc(), ledger.c.entry_id.desc())
        page = (
            select(ledger.c.seq)
            .where(ledger.c.topic_id == topic_id, ledger.c.grain == grain, ledger.c.state == state)
            .order_by(*newest)
            .limit(limit)
            .offset(offset)
        )
        query = (
            select(ledger, article.c.uri, article.c.content)
            .join(article, article.c.id == ledger.c.article_id)
            .where(ledger.c.seq.in_(page))
            .order_by(*newest)
        )
        return tuple(
            LedgerView(row=rows.ledger_row(row), article=article_from_json(row.content))
            for row in self._connection.execute(query)
        )

    def states_of(self, topic_id: str, grain: Grain) -> dict[RowState, int]:
        """How many rows of the feed are in each state."""
        query = select(ledger.c.state, func.count()).where(ledger.c.topic_id == topic_id, ledger.c.grain == grain)
        return {RowState(row[0]): row[1] for row in self._connection.execute(query.group_by(ledger.c.state))}

    def documents_changed_at(self, topic_id: str) -> dict[bytes, datetime]:
        """Digest of the bytes of an archive page, or of a document in another format than Atom -> since when they are its bytes."""
        found: dict[bytes, datetime] = {}
        for table in (archive_page, feed_form):
            query = select(table.c.bytes_digest, table.c.changed_at).where(table.c.topic_id == topic_id)
            found |= {bytes(row.bytes_digest): to_instant(row.changed_at) for row in self._connection.execute(query)}
        return found

    def instance(self) -> tuple[UUID, datetime]:
        """The store's id, and when it was made."""
        return serving.instance_of(self._connection)

    def query_key(self) -> str | None:
        """The key of signed query feeds; None before it was made."""
        return serving.query_key(self._connection)

    def announcements(self) -> tuple[Announcement, ...]:
        """What every hub was told of our own feeds."""
        return serving.announcements(self._connection)

    def first_publications(self, topic_id: str, grain: Grain, limit: int) -> tuple[datetime, ...]:
        """When the newest live entries of a feed went out, newest first."""
        return serving.first_publications(self._connection, topic_id, grain, limit)

    def newest_marks(self, limit: int) -> tuple[ArticleMark, ...]:
        """The articles that count from latest, newest first."""
        return serving.newest_marks(self._connection, limit)

    def stored_articles(self, uris: Sequence[str]) -> Iterator[StoredArticle]:
        """The articles of those uris, in no order."""
        return serving.stored_articles(self._connection, uris)

    def rows_at(self, topic_id: str, grain: Grain, at: datetime, limit: int) -> tuple[LedgerRow, ...]:
        """The newest rows of a feed that had gone out by then and are live or withdrawn now, newest first."""
        return serving.rows_at(self._connection, topic_id, grain, at, limit)

    def documents(self, source_ids: Sequence[str]) -> tuple[DocumentRow, ...]:
        """Local documents of the sources by path, with the article that each is now."""
        query = (
            select(document, article)
            .select_from(document)
            .outerjoin(
                observation,
                (observation.c.source_id == document.c.source_id)
                & (observation.c.document == document.c.key)
                & (observation.c.left_at.is_(None)),
            )
            .outerjoin(article, article.c.id == observation.c.article_id)
            .where(document.c.source_id.in_(list(source_ids)))
            .order_by(document.c.source_id, document.c.key, observation.c.id)
        )
        return tuple(
            DocumentRow(
                source_id=row.source_id,
                key=row.key,
                status=row.status,
                reason=row.reason,
                stored=rows.stored_article(row) if row.uri else None,
            )
            for row in self._connection.execute(query)
        )

    def find_article(self, name: str) -> StoredArticle | None:
        """The article named by its uri, the first 8 or more digits of it, its URL, or a seed path (rules R30)."""
        by_path = select(observation.c.article_id).where(
            observation.c.document == name, observation.c.left_at.is_(None)
        )
        by_link = select(observation.c.article_id).where(observation.c.link == name)
        digits = name.removeprefix("urn:uuid:")
        conditions: list[Any] = [article.c.uri == name, article.c.id.in_(by_path), article.c.id.in_(by_link)]
        if len(digits) >= 8 and all(character in "0123456789abcdef-" for character in digits):
            conditions.append(cast(article.c.uri, String).like(f"urn:uuid:{digits}%"))
        row = self._connection.execute(select(article).where(or_(*conditions)).order_by(article.c.id).limit(1)).first()
        return None if row is None else rows.stored_article(row)

    def match_of(self, uri: str, topic_id: str) -> Match | None:
        """Why the article belongs to the topic; None where it does not."""
        query = select(match).join(article, article.c.id == match.c.article_id)
        row = self._connection.execute(query.where(article.c.uri == uri, match.c.topic_id == topic_id)).one_or_none()
        return None if row is None else rows.match(row)

    def rows_of(self, uri: str) -> tuple[LedgerRow, ...]:
        """The article's entries in every topic feed."""
        query = select(ledger, article.c.uri).join(article, article.c.id == ledger.c.article_id)
        found = self._connection.execute(query.where(article.c.uri == uri).order_by(ledger.c.seq))
        return tuple(rows.ledger_row(row) for row in found)

    def article_view(self, uri: str) -> ArticleView | None:
        """The article of that uri with all that hangs on it; None where there is none."""
        return whole.of(self._connection, uri)

    def copies_of(self, uri: str) -> tuple[CopyRow, ...]:
        """The other articles of the article's group, the first seen first; none where it stands alone."""
        members = copies.group_of(self._connection, uri)
        if not members:
            return ()
        uris = [member.uri for member in members]
        found = self._connection.execute(select(article).where(article.c.uri.in_(uris))).all()
        stored = {row.uri: rows.stored_article(row) for row in found}
        number = next(row.id for row in found if row.uri == uri)
        direct: dict[str, CopyVerdict] = {}
        for pair in copies.pairs(self._connection, [number]):
            direct[pair.other if pair.one == uri else pair.one] = pair.verdict
        return tuple(
            CopyRow(
                stored=stored[one.uri],
                verdict=direct.get(one.uri, one.verdict),
                through=one.anchor if one.verdict and one.uri not in direct and one.anchor != uri else None,
            )
            for one in members
            if one.uri != uri
        )

    def copies_among(self, uris: Collection[str]) -> Mapping[str, tuple[StoredArticle, ...]]:
        """Article -> the other articles of its group; nothing of those that stand alone."""
        return overview.copies_among(self._connection, uris)

    def matches_among(self, topic_id: str, uris: Collection[str]) -> Mapping[str, Match]:
        """Article -> why it belongs to the topic."""
        return overview.matches_among(self._connection, topic_id, uris)

    def entries_by_day(self, topic_id: str, grain: Grain, since: datetime) -> Mapping[int, int]:
        """Ordinal of the day in UTC -> how many entries of the feed went out on it and are live."""
        return overview.entries_by_day(self._connection, topic_id, grain, since)

    def new_by_day(self, source_ids: Collection[str], since: datetime) -> Mapping[str, Mapping[int, int]]:
        """Source -> ordinal of the day in UTC -> how many new articles its polls brought."""
        return overview.new_by_day(self._connection, source_ids, since)

    def story_of(self, uri: str) -> tuple[StoryRow, ...]:
        """The reports of the article's story, itself among them, in the order of storing; none where it stands alone."""
        return self._reports(stories.story_of(self._connection, uri))

    def story(self, uri: str) -> tuple[StoryRow, ...]:
        """The reports of the story of that uri, in the order of storing; none where there is no such story, or no longer."""
        return self._reports(stories.members_of(self._connection, uri))

    def merged_into(self, uri: str) -> str | None:
        """The story that took the story of that uri in; None where none did."""
        return stories.merged_into(self._connection, uri)

    def company_among(self, uris: Collection[str]) -> Mapping[str, tuple[Companion, ...]]:
        """Article -> the reports of its story and the texts of its group, itself among both."""
        return overview.company_among(self._connection, uris)

    def withdrawn_everywhere(self) -> frozenset[str]:
        """The articles on which the desk ever said something and of which every entry is withdrawn."""
        return overview.withdrawn_everywhere(self._connection)

    def living_stories(self, uris: Collection[str]) -> frozenset[str]:
        """Those of the stories that have two reports or more."""
        return overview.living_stories(self._connection, uris)

    def topics_of(self, uris: Collection[str]) -> frozenset[str]:
        """The topics in whose feeds one of the articles is live."""
        return overview.topics_of(self._connection, uris)

    def spoken_of(self, since: datetime) -> frozenset[str]:
        """The articles on which a decision of the desk was carried out at that moment or after it; of two, both."""
        return overview.spoken_of(self._connection, since)

    def is_erased_since(self, since: datetime) -> bool:
        """Whether an article was erased at that moment or after it."""
        return overview.is_erased_since(self._connection, since)

    def reports_of(self, uri: str) -> tuple[Report, ...]:
        """The reports of the story by outlet."""
        return stories.reports(self._connection, uri)

    def representative(self, uri: str) -> str | None:
        """The uri of the article that stands for the story."""
        return stories.representative(self._connection, uri)

    def replaced(self, uri: str) -> tuple[Replaced, ...]:
        """The texts that the article had before, oldest first."""
        return revisions.replaced(self._connection, uri)

    def decisions_on(self, uri: str) -> tuple[Decision, ...]:
        """Everything the desk said of the article, oldest first; carried out or not yet."""
        return DeskBook(self._connection).of(uri)

    def articles(
        self,
        *,
        topic_id: str | None = None,
        source_id: str | None = None,
        since: datetime | None = None,
        question: SearchQuestion | None = None,
        newest_first: bool = False,
    ) -> Iterator[ArticleView]:
        """Articles in the order of storing, or by effective date; those that match the topic, that the source has
        shown, that are not older than `since`, that the question finds.
        """
        return whole.matching(
            self._connection,
            topic_id=topic_id,
            source_id=source_id,
            since=since,
            question=question,
            newest_first=newest_first,
        )

    def asked_articles(
        self, *, since: datetime | None = None, limit: int | None = None
    ) -> Iterator[asked.AskedArticle]:
        """Articles to try a rule on, newest first; cheaper than `articles`, which gives all that hangs on each."""
        return asked.newest(self._connection, since, limit)

    def match_counts(self) -> dict[str, int]:
        """By topic id how many articles match, by the rules of the last run."""
        return asked.match_counts(self._connection)

    def article_count(self) -> int:
        """How many articles are stored."""
        return asked.article_count(self._connection)

    def search(
        self, question: SearchQuestion, chosen: SearchFilter, *, order: SearchOrder, limit: int, offset: int = 0
    ) -> SearchHits:
        """One page of the articles that the question finds among those that are chosen."""
        return search(self._connection, question, chosen, order=order, limit=limit, offset=offset)

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the store itself, one line each; none in a sound one."""
        return tuple(integrity.problems(self._connection))

    def _reports(self, members: Sequence[StoryMembership]) -> tuple[StoryRow, ...]:
        stored = {one.uri: one for one in self.stored_articles([member.uri for member in members])}
        return tuple(StoryRow(stored=stored[one.uri], membership=one) for one in members)
