"""The statements of the poll path, each built once: to build one anew costs three times what it takes to run it."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table, bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.storage.tables import (
    ambiguous_url,
    article,
    entry_key,
    ledger,
    match,
    observation,
    source_state,
)

_MAX_CANDIDATES = 50


def _in_each_dialect(build: Callable[[Any], Any]) -> Mapping[str, Any]:
    """ON CONFLICT is the one thing in which the dialects differ."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


def upsert(table: Table) -> Mapping[str, Any]:
    """By dialect: write the whole row, whether it is there or not."""

    def build(insert: Any) -> Any:
        statement = insert(table)
        names = [column.name for column in table.primary_key]
        changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in names}
        return statement.on_conflict_do_update(index_elements=names, set_=changed)

    return _in_each_dialect(build)


def _observe(insert: Any) -> Any:
    statement = insert(observation)
    changed = {name: statement.excluded[name] for name in ("left_at", "article_id", "document")}
    return statement.on_conflict_do_update(index_elements=["source_id", "key", "text_digest"], set_=changed)


def _rebind(insert: Any) -> Any:
    statement = insert(entry_key)
    changed = {"article_id": statement.excluded.article_id}
    return statement.on_conflict_do_update(index_elements=["source_id", "key"], set_=changed)


SOURCE_STATE = select(source_state).where(source_state.c.source_id == bindparam("source_id"))
SAVE_SOURCE_STATE = upsert(source_state)

WINDOW = select(observation.c.id, observation.c.key, observation.c.text_digest).where(
    observation.c.source_id == bindparam("source_id"), observation.c.left_at.is_(None)
)
WINDOW_OF_DOCUMENT = WINDOW.where(observation.c.document == bindparam("document"))
OBSERVE = _in_each_dialect(_observe)
LEAVE = update(observation).where(observation.c.id == bindparam("number")).values(left_at=bindparam("at"))

BIND_KEY = _in_each_dialect(lambda insert: insert(entry_key).on_conflict_do_nothing())
REBIND_KEY = _in_each_dialect(_rebind)
KEYS = select(entry_key.c.key, entry_key.c.article_id).where(
    entry_key.c.source_id == bindparam("source_id"), entry_key.c.key.in_(bindparam("keys", expanding=True))
)
KNOWN_URLS = select(observation.c.url_digest).where(observation.c.url_digest.in_(bindparam("digests", expanding=True)))
KNOWN_BODIES = select(observation.c.body_digest).where(
    observation.c.body_digest.in_(bindparam("digests", expanding=True))
)
KNOWN_AMBIGUOUS = select(ambiguous_url.c.url_digest).where(
    ambiguous_url.c.url_digest.in_(bindparam("digests", expanding=True))
)


def _shown_under(column: Any) -> Any:
    number = observation.c.article_id
    query = select(number).distinct().where(column == bindparam("digest"))
    return query.order_by(number).limit(_MAX_CANDIDATES)


BY_URL = _shown_under(observation.c.url_digest)
BY_BODY = _shown_under(observation.c.body_digest)

ARTICLE = select(article).where(article.c.uri == bindparam("uri"))
ARTICLE_NUMBER = select(article.c.id).where(article.c.uri == bindparam("uri"))
TAKEN_URIS = select(article.c.uri).where(article.c.uri.in_(bindparam("uris", expanding=True)))
URI_IS_TAKEN = select(exists().where(article.c.uri == bindparam("uri")))
URL_IS_AMBIGUOUS = select(exists().where(ambiguous_url.c.url_digest == bindparam("url_digest")))
MARK_AMBIGUOUS = _in_each_dialect(lambda insert: insert(ambiguous_url).on_conflict_do_nothing())

DROP_MATCHES = delete(match).where(
    match.c.article_id == bindparam("number"), match.c.topic_id.in_(bindparam("topics", expanding=True))
)
ROWS_OF = (
    select(ledger, article.c.uri)
    .join(article, article.c.id == ledger.c.article_id)
    .where(article.c.uri == bindparam("article_uri"))
    .order_by(ledger.c.seq)
)
