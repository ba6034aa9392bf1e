"""What serving asks and writes: renamed topics, what hubs were told, the key of query feeds, a feed at an earlier time."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model.article import StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.push import Announcement
from aggregator.model.topic import Grain
from aggregator.storage import rows
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver
from aggregator.storage.tables import announcement, article, instance, ledger, match, metadata, topic_feed

# Names in one question; SQLite allows 32,766.
_CHUNK = 500
_INSTANTS = ("told_at", "due_at")
_PLAIN = ("hub", "url", "told", "attempts", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleMark:
    """An article by its name alone, and which text of it that is."""

    uri: str
    version: int
    first_seen_at: datetime


class Serving:
    """Statements inside one transaction of the writer; reached as `Batch.serving`."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection

    def has_topic(self, topic_id: str) -> bool:
        """Whether anything was ever published, or matched for publishing, under that id."""
        for table in (topic_feed, ledger):
            found = self._connection.execute(select(table.c.topic_id).where(table.c.topic_id == topic_id).limit(1))
            if found.first() is not None:
                return True
        return False

    def rename_topic(self, former: str, topic_id: str) -> None:
        """Let everything that is stored under the former id go on under the new one, which must have nothing published yet.

        The feeds' own ids, the ids of their entries and their dates stay. What archive pages hold is forgotten, because they
        name their own address: they are written anew.
        """
        # A first rematch that was broken off may have left some.
        self._connection.execute(delete(match).where(match.c.topic_id == topic_id))
        pages = metadata.tables["archive_page"]
        self._connection.execute(delete(pages).where(pages.c.topic_id.in_([former, topic_id])))
        for table in metadata.sorted_tables:
            if "topic_id" in table.c:
                self._connection.execute(update(table).where(table.c.topic_id == former).values(topic_id=topic_id))

    def announcements(self) -> tuple[Announcement, ...]:
        """What every hub was ever told."""
        return announcements(self._connection)

    def save_announcement(self, made: Announcement) -> None:
        """Write it as a whole."""
        insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[self._connection.dialect.name]
        values = {name: getattr(made, name) for name in _PLAIN}
        values |= {name: to_microseconds(getattr(made, name)) for name in _INSTANTS}
        changed = {name: value for name, value in values.items() if name not in ("hub", "url")}
        statement = insert(announcement).values(values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["hub", "url"], set_=changed))

    def forget_announcements(self, hubs: Collection[str]) -> None:
        """Drop what is known of all hubs but these: one that comes back is told anew."""
        self._connection.execute(delete(announcement).where(announcement.c.hub.not_in(list(hubs))))

    def query_key(self, new_key: str) -> str:
        """The key of query feeds: the stored one, else this one from now on."""
        stored = query_key(self._connection)
        if stored is None:
            self._connection.execute(update(instance).values(query_key=new_key))
        return stored or new_key


def announcements(connection: Connection | Driver) -> tuple[Announcement, ...]:
    """What every hub was ever told."""
    found = connection.execute(select(announcement).order_by(announcement.c.hub, announcement.c.url))
    return tuple(
        Announcement(
            hub=row.hub,
            url=row.url,
            told=bytes(row.told) if row.told is not None else None,
            told_at=to_instant(row.told_at),
            attempts=row.attempts,
            due_at=to_instant(row.due_at),
            detail=row.detail,
        )
        for row in found
    )


def query_key(connection: Connection | Driver) -> str | None:
    """The key of query feeds; None before it was made."""
    found = connection.execute(select(instance.c.query_key)).scalar_one_or_none()
    return None if found is None else str(found)


def instance_of(connection: Connection) -> tuple[UUID, datetime]:
    """The store's id, and when it was made."""
    row = connection.execute(select(instance.c.id, instance.c.created_at)).one()
    return UUID(row.id), to_instant(row.created_at)


def first_publications(connection: Connection, topic_id: str, grain: Grain, limit: int) -> tuple[datetime, ...]:
    """When the newest live entries of a feed went out, newest first."""
    at = ledger.c.first_published_at
    query = select(at).where(ledger.c.topic_id == topic_id, ledger.c.grain == grain, ledger.c.state == RowState.LIVE)
    return tuple(to_instant(row[0]) for row in connection.execute(query.order_by(at.desc()).limit(limit)))


def rows_at(connection: Connection, topic_id: str, grain: Grain, at: datetime, limit: int) -> tuple[LedgerRow, ...]:
    """The newest rows of a feed that had gone out by then and are live or withdrawn now, newest first."""
    moment = to_microseconds(at)
    query = (
        select(ledger, article.c.uri)
        .join(article, article.c.id == ledger.c.article_id)
        .where(
            ledger.c.topic_id == topic_id,
            ledger.c.grain == grain,
            ledger.c.first_published_at <= moment,
            ledger.c.position.is_not(None),
            or_(ledger.c.state == RowState.LIVE, ledger.c.state == RowState.WITHDRAWN),
        )
        .order_by(ledger.c.first_published_at.desc(), ledger.c.entry_id.desc())
        .limit(limit)
    )
    return tuple(rows.ledger_row(row) for row in connection.execute(query))


def newest_marks(connection: Connection, limit: int) -> tuple[ArticleMark, ...]:
    """The articles that count from latest, newest first."""
    columns = article.c.uri, article.c.version, article.c.first_seen_at
    query = select(*columns).order_by(article.c.effective_at.desc(), article.c.id.desc()).limit(limit)
    return tuple(
        ArticleMark(uri=row.uri, version=row.version, first_seen_at=to_instant(row.first_seen_at))
        for row in connection.execute(query)
    )


def stored_articles(connection: Connection, uris: Sequence[str]) -> Iterator[StoredArticle]:
    """The articles of those uris, in no order."""
    for start in range(0, len(uris), _CHUNK):
        query = select(article).where(article.c.uri.in_(uris[start : start + _CHUNK]))
        for row in connection.execute(query):
            yield rows.stored_article(row)
