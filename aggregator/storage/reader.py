"""What commands and pages ask: one consistent view, never a write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, cast, func, or_, select

from aggregator.model.article import Article, StoredArticle
from aggregator.model.identity import Observation
from aggregator.model.ledger import LedgerRow, RowState, TopicFeedState
from aggregator.model.source import SourceState
from aggregator.model.topic import Grain, Match
from aggregator.storage import rows
from aggregator.storage.codec import article_from_json, to_instant
from aggregator.storage.tables import (
    article,
    document,
    ledger,
    match,
    observation,
    poll,
    source_state,
    topic_feed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A local document and what became of it; `stored` is the article it is now."""

    source_id: str
    key: str
    status: str
    reason: str | None
    stored: StoredArticle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A ledger row with the article as it is now."""

    row: LedgerRow
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article with all that hangs on it, for the export."""

    stored: StoredArticle
    observations: tuple[Observation, ...]
    matches: tuple[Match, ...]
    published_in: tuple[str, ...]
    """Topics whose ledger has the article live."""
    texts: int
    """Different texts seen under this identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRow:
    """The last poll of a source, for `status`."""

    source_id: str
    started_at: datetime
    outcome: str
    status: int | None
    error: str | None
    entries: int
    new: int
    defects: int


class Reader:
    """Queries inside one read transaction; ended by `Store.read()`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def source_states(self) -> dict[str, SourceState]:
        """By source id."""
        found = self._connection.execute(select(source_state))
        return {row.source_id: rows.source_state(row) for row in found}

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

    def articles_by_source(self) -> dict[str, int]:
        """How many articles each source has shown."""
        count = func.count(func.distinct(observation.c.article_id))
        found = self._connection.execute(select(observation.c.source_id, count).group_by(observation.c.source_id))
        return {row[0]: row[1] for row in found}

    def row_counts(self) -> dict[tuple[str, str], int]:
        """(topic, state) -> rows."""
        query = select(ledger.c.topic_id, ledger.c.state, func.count()).group_by(ledger.c.topic_id, ledger.c.state)
        return {(row[0], row[1]): row[2] for row in self._connection.execute(query)}

    def topic_feeds(self) -> tuple[TopicFeedState, ...]:
        """Every feed that was ever published, removed topics too."""
        return tuple(rows.topic_feed(row) for row in self._connection.execute(select(topic_feed)))

    def live_views(self, topic_id: str, grain: Grain, limit: int) -> tuple[LedgerView, ...]:
        """The newest live entries of a feed with their articles, newest first."""
        query = (
            select(ledger, article.c.uri, article.c.content)
            .join(article, article.c.id == ledger.c.article_id)
            .where(ledger.c.topic_id == topic_id, ledger.c.grain == grain, ledger.c.state == RowState.LIVE)
            .order_by(ledger.c.first_published_at.desc(), ledger.c.entry_id.desc())
            .limit(limit)
        )
        return tuple(
            LedgerView(row=rows.ledger_row(row), article=article_from_json(row.content))
            for row in self._connection.execute(query)
        )

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

    def articles(self) -> Iterator[ArticleView]:
        """Every article in the order of storing."""
        last_good = {
            row.source_id: row.last_good_poll_at
            for row in self._connection.execute(select(source_state.c.source_id, source_state.c.last_good_poll_at))
        }
        for row in self._connection.execute(select(article).order_by(article.c.id)):
            yield self._view(row, last_good)

    def _view(self, row: Any, last_good: dict[str, int | None]) -> ArticleView:
        seen = self._connection.execute(
            select(observation).where(observation.c.article_id == row.id).order_by(observation.c.id)
        ).all()
        matches = self._connection.execute(select(match).where(match.c.article_id == row.id).order_by(match.c.topic_id))
        live = self._connection.execute(
            select(ledger.c.topic_id)
            .distinct()
            .where(ledger.c.article_id == row.id, ledger.c.state == RowState.LIVE)
            .order_by(ledger.c.topic_id)
        )
        return ArticleView(
            stored=rows.stored_article(row),
            observations=tuple(_observation(one, last_good) for one in seen),
            matches=tuple(rows.match(one) for one in matches),
            published_in=tuple(live.scalars()),
            texts=len({bytes(one.text_digest) for one in seen}),
        )


def _observation(row: Any, last_good: dict[str, int | None]) -> Observation:
    """Until it left, an entry was last seen at its source's last good poll (rules R4)."""
    last_seen = row.left_at if row.left_at is not None else last_good.get(row.source_id) or row.first_seen_at
    return Observation(
        source_id=row.source_id,
        document=row.document,
        guid=row.guid,
        link=row.link,
        first_seen_at=to_instant(row.first_seen_at),
        last_seen_at=to_instant(max(last_seen, row.first_seen_at)),
    )
