"""What the writer asks and does inside one transaction (rules R6). Statements only; the deciding is done by the caller."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model.article import StoredArticle
from aggregator.model.fetch import SkippedDocument
from aggregator.model.identity import Candidate, Fingerprints, Key, Sighting
from aggregator.model.ledger import LedgerRow, RowState, TopicFeedState
from aggregator.model.poll import Poll
from aggregator.model.source import SourceState
from aggregator.model.topic import Grain, IdPolicy, Match
from aggregator.storage import rows
from aggregator.storage.codec import evidence_to_json, plain_json, to_microseconds
from aggregator.storage.tables import (
    ambiguous_url,
    article,
    document,
    entry_id,
    entry_key,
    ledger,
    match,
    observation,
    poll,
    source_state,
    topic_feed,
)

# SQLite allows 32,766 variables a statement, PostgreSQL 65,535; a chunk stays far below both.
_CHUNK = 500
_MAX_CANDIDATES = 50
_READ, _FAILED = "read", "failed"


class Batch:
    """The writer's hand inside one transaction; ended by `Store.batch()`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- sources

    def source_state(self, source_id: str) -> SourceState:
        """What is remembered of the source; an empty state for a new one."""
        row = self._connection.execute(
            select(source_state).where(source_state.c.source_id == source_id),
        ).one_or_none()
        return SourceState(source_id=source_id) if row is None else rows.source_state(row)

    def save_source_state(self, state: SourceState) -> None:
        """Write the state as a whole."""
        self._upsert(source_state, rows.source_state_values(state))

    def add_poll(self, record: Poll) -> None:
        """Append the record of a visit."""
        self._connection.execute(insert(poll).values(rows.poll_values(record)))

    def save_documents(
        self, source_id: str, read: Iterable[str], failed: Iterable[SkippedDocument], now: datetime
    ) -> None:
        """What became of each local document at its last reading."""
        at = to_microseconds(now)
        for key in read:
            self._upsert(document, {"source_id": source_id, "key": key, "status": _READ, "reason": None, "read_at": at})
        for skipped in failed:
            values = {"source_id": source_id, "key": skipped.key, "status": _FAILED, "reason": skipped.reason}
            self._upsert(document, values | {"read_at": at})

    def forget_documents(self, source_id: str, present: Collection[str]) -> None:
        """Drop the notes on documents that are no longer there."""
        query = select(document.c.key).where(document.c.source_id == source_id)
        for gone in set(self._connection.execute(query).scalars()) - set(present):
            self._connection.execute(delete(document).where(document.c.source_id == source_id, document.c.key == gone))

    # -- observations

    def window(self, source_id: str, key: str | None) -> Mapping[tuple[bytes, bytes], int]:
        """The (entry key, text digest) pairs now in the source's window, with their row numbers.

        Of the named document, or of the whole source for None.
        """
        query = select(observation.c.id, observation.c.key, observation.c.text_digest).where(
            observation.c.source_id == source_id, observation.c.left_at.is_(None)
        )
        if key is not None:
            query = query.where(observation.c.document == key)
        return {(bytes(row.key), bytes(row.text_digest)): row.id for row in self._connection.execute(query)}

    def window_documents(self, source_id: str) -> frozenset[str]:
        """Documents of the source that have an observation in the window."""
        query = select(observation.c.document).distinct()
        query = query.where(observation.c.source_id == source_id, observation.c.left_at.is_(None))
        return frozenset(self._connection.execute(query).scalars())

    def observe(self, sighting: Sighting, uri: str, now: datetime) -> None:
        """Record the text under its key; a text that comes back is in the window again (rules R4)."""
        values = {
            "source_id": sighting.source_id,
            "key": sighting.keys[0].digest,
            "text_digest": sighting.fingerprints.text,
            "article_id": self._article_id(uri),
            "document": sighting.document,
            "guid": sighting.guid,
            "link": sighting.link,
            "body_digest": sighting.fingerprints.body,
            "url_digest": sighting.fingerprints.url,
            "repairs": plain_json(sighting.article.repairs),
            "first_seen_at": to_microseconds(now),
            "left_at": None,
        }
        statement = self._insert(observation).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["source_id", "key", "text_digest"],
                set_={"left_at": None, "article_id": values["article_id"], "document": sighting.document},
            )
        )

    def leave(self, observations: Iterable[int], now: datetime) -> None:
        """The entries are no longer in their source's document."""
        for chunk in _chunks(list(observations)):
            self._connection.execute(
                update(observation).where(observation.c.id.in_(chunk)).values(left_at=to_microseconds(now))
            )

    # -- articles

    def candidates(self, sighting: Sighting) -> tuple[Candidate, ...]:
        """The stored articles that the sighting may be, found by its source's keys, its URL and its body."""
        prints = sighting.fingerprints
        via: dict[int, list[str]] = {}
        kinds = {key.digest: key.kind.value for key in sighting.keys}
        query = select(entry_key.c.key, entry_key.c.article_id)
        query = query.where(entry_key.c.source_id == sighting.source_id, entry_key.c.key.in_(kinds))
        for row in self._connection.execute(query):
            via.setdefault(row.article_id, []).append(kinds[bytes(row.key)])
        for name, column, value in (
            ("url", observation.c.url_digest, prints.url),
            ("body", observation.c.body_digest, prints.body),
        ):
            if value is not None:
                number = observation.c.article_id
                query = select(number).distinct().where(column == value).order_by(number).limit(_MAX_CANDIDATES)
                for number in self._connection.execute(query).scalars():
                    via.setdefault(number, []).append(name)
        if not via:
            return ()
        found = self._connection.execute(_candidate_query(sighting.source_id, list(via))).all()
        return tuple(_candidate(row, tuple(via[row.id])) for row in found)

    def uri_is_taken(self, uri: str) -> bool:
        """Whether an article bears the uri."""
        return self._connection.execute(select(exists().where(article.c.uri == uri))).scalar_one()

    def article(self, uri: str) -> StoredArticle:
        """The article of that uri; it must exist."""
        return rows.stored_article(self._connection.execute(select(article).where(article.c.uri == uri)).one())

    def fingerprints(self, uri: str) -> Fingerprints:
        """The fingerprints of the article's present text; it must exist."""
        return rows.fingerprints(self._connection.execute(select(article).where(article.c.uri == uri)).one())

    def add_article(self, stored: StoredArticle, prints: Fingerprints) -> None:
        """Store a new article."""
        self._connection.execute(insert(article).values(rows.article_values(stored, prints)))

    def save_article(self, stored: StoredArticle, prints: Fingerprints) -> None:
        """Replace the text, owner and version of a stored article; its uri and first sight stay."""
        values = rows.article_values(stored, prints)
        self._connection.execute(update(article).where(article.c.uri == stored.uri).values(values))

    def mark_url_ambiguous(self, url_digest: bytes) -> None:
        """The URL stood for two titles."""
        statement = self._insert(ambiguous_url).values(url_digest=url_digest)
        self._connection.execute(statement.on_conflict_do_nothing(index_elements=["url_digest"]))

    def url_is_ambiguous(self, url_digest: bytes) -> bool:
        """Whether the URL ever stood for two titles."""
        query = select(exists().where(ambiguous_url.c.url_digest == url_digest))
        return self._connection.execute(query).scalar_one()

    def bind_keys(self, source_id: str, keys: Iterable[Key], rebind: Sequence[Key], uri: str) -> None:
        """Let the keys name the article; one that names another already keeps doing so unless it is in `rebind`."""
        number = self._article_id(uri)
        again = {key.digest for key in rebind}
        for key in keys:
            values = {"source_id": source_id, "key": key.digest, "kind": key.kind.value, "article_id": number}
            statement = self._insert(entry_key).values(values)
            if key.digest in again:
                statement = statement.on_conflict_do_update(
                    index_elements=["source_id", "key"], set_={"article_id": number}
                )
            else:
                statement = statement.on_conflict_do_nothing(index_elements=["source_id", "key"])
            self._connection.execute(statement)

    def sources_of(self, uri: str) -> tuple[str, ...]:
        """The sources that have shown the article, the first first."""
        query = (
            select(observation.c.source_id)
            .join(article, article.c.id == observation.c.article_id)
            .where(article.c.uri == uri)
            .order_by(observation.c.id)
        )
        return tuple(dict.fromkeys(self._connection.execute(query).scalars()))

    def articles_after(self, uri: str | None, limit: int) -> tuple[StoredArticle, ...]:
        """Articles in the order of storing, after the named one: for going through all in chunks."""
        query = select(article).order_by(article.c.id).limit(limit)
        if uri is not None:
            query = query.where(article.c.id > self._article_id(uri))
        return tuple(rows.stored_article(row) for row in self._connection.execute(query))

    # -- matches and the ledger

    def save_matches(self, uri: str, matches: Iterable[Match], topics: Iterable[str], now: datetime) -> None:
        """Replace what the article matches among the named topics."""
        number = self._article_id(uri)
        self._connection.execute(
            delete(match).where(match.c.article_id == number, match.c.topic_id.in_(list(topics))),
        )
        values = [
            {
                "article_id": number,
                "topic_id": found.topic_id,
                "rule_version": found.rule_version,
                "score": found.score,
                "evidence": evidence_to_json(found.evidence),
                "matched_at": to_microseconds(now),
            }
            for found in matches
        ]
        if values:
            self._connection.execute(insert(match), values)

    def rows_of(self, uri: str) -> tuple[LedgerRow, ...]:
        """The article's entries in every topic feed."""
        query = _ledger_query().where(article.c.uri == uri).order_by(ledger.c.seq)
        return tuple(rows.ledger_row(row) for row in self._connection.execute(query))

    def live_rows(self, topic_id: str, grain: Grain, limit: int) -> tuple[LedgerRow, ...]:
        """The newest live rows of a feed, newest first."""
        query = (
            _ledger_query()
            .where(ledger.c.topic_id == topic_id, ledger.c.grain == grain, ledger.c.state == RowState.LIVE)
            .order_by(ledger.c.first_published_at.desc(), ledger.c.entry_id.desc())
            .limit(limit)
        )
        return tuple(rows.ledger_row(row) for row in self._connection.execute(query))

    def all_rows(self, topic_id: str, grain: Grain) -> tuple[LedgerRow, ...]:
        """Every row of a feed by sequence."""
        query = _ledger_query().where(ledger.c.topic_id == topic_id, ledger.c.grain == grain).order_by(ledger.c.seq)
        return tuple(rows.ledger_row(row) for row in self._connection.execute(query))

    def pending_rows(self) -> tuple[LedgerRow, ...]:
        """Rows whose material change waits for the end of its hour."""
        query = _ledger_query().where(ledger.c.pending_since.is_not(None)).order_by(ledger.c.seq)
        return tuple(rows.ledger_row(row) for row in self._connection.execute(query))

    def add_row(self, row: LedgerRow) -> None:
        """Append a row; it gets the next sequence number."""
        values = rows.ledger_values(row) | {"article_id": self._article_id(row.article_uri)}
        self._connection.execute(insert(ledger).values(values))

    def save_row(self, row: LedgerRow) -> None:
        """Replace what may change of a stored row."""
        self._connection.execute(update(ledger).where(ledger.c.seq == row.seq).values(rows.ledger_values(row)))

    def bound_entry_id(self, uri: str, policy: IdPolicy) -> str | None:
        """The entry id the article has under the policy in every topic, once one is given (rules R20)."""
        query = select(entry_id.c.entry_id).where(entry_id.c.id_policy == policy)
        return self._connection.execute(
            query.where(entry_id.c.article_id == self._article_id(uri))
        ).scalar_one_or_none()

    def entry_id_is_taken(self, value: str) -> bool:
        """Whether an entry of any policy bears the id."""
        return self._connection.execute(select(exists().where(entry_id.c.entry_id == value))).scalar_one()

    def bind_entry_id(self, uri: str, policy: IdPolicy, value: str) -> None:
        """Give the article its entry id under the policy, for ever."""
        values = {"article_id": self._article_id(uri), "id_policy": policy.value, "entry_id": value}
        self._connection.execute(insert(entry_id).values(values))

    def first_guid(self, uri: str) -> str | None:
        """The guid under which the owning source first showed the article, for an id that is preserved."""
        query = (
            select(observation.c.guid)
            .join(article, article.c.id == observation.c.article_id)
            .where(article.c.uri == uri, observation.c.source_id == article.c.owner_source)
            .order_by(observation.c.id)
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def topic_feed(self, topic_id: str, grain: Grain) -> TopicFeedState | None:
        """What is stored of the published feed; None for a new one."""
        query = select(topic_feed).where(topic_feed.c.topic_id == topic_id, topic_feed.c.grain == grain)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else rows.topic_feed(row)

    def topic_feeds(self) -> tuple[TopicFeedState, ...]:
        """Every feed that was ever published, those of removed topics too."""
        return tuple(rows.topic_feed(row) for row in self._connection.execute(select(topic_feed)))

    def save_topic_feed(self, state: TopicFeedState) -> None:
        """Write the state as a whole."""
        self._upsert(topic_feed, rows.topic_feed_values(state))

    # -- inside

    def _article_id(self, uri: str) -> int:
        number: int = self._connection.execute(select(article.c.id).where(article.c.uri == uri)).scalar_one()
        return number

    def _insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT, the one statement in which the dialects differ."""
        return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[self._connection.dialect.name](table)

    def _upsert(self, table: Table, values: rows.Values) -> None:
        names = [column.name for column in table.primary_key]
        statement = self._insert(table).values(values)
        changed = {name: statement.excluded[name] for name in values if name not in names}
        self._connection.execute(statement.on_conflict_do_update(index_elements=names, set_=changed))


def _candidate_query(source_id: str, numbers: list[int]) -> Any:
    in_source = exists().where(and_(observation.c.article_id == article.c.id, observation.c.source_id == source_id))
    is_published = exists().where(and_(ledger.c.article_id == article.c.id, ledger.c.state == RowState.LIVE))
    return select(article, in_source.label("in_source"), is_published.label("is_published")).where(
        article.c.id.in_(numbers)
    )


def _candidate(row: Row[Any], via: tuple[str, ...]) -> Candidate:
    return Candidate(
        stored=rows.stored_article(row),
        fingerprints=rows.fingerprints(row),
        via=via,
        in_source=bool(row.in_source),
        is_published=bool(row.is_published),
    )


def _ledger_query() -> Any:
    return select(ledger, article.c.uri).join(article, article.c.id == ledger.c.article_id)


def _chunks(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[at : at + _CHUNK] for at in range(0, len(numbers), _CHUNK))
