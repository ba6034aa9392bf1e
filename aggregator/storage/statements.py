"""The statements of the poll path, each built once: to build one anew costs three times what it takes to run it."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model.ledger import RowState
from aggregator.storage.driver import Prepared
from aggregator.storage.tables import (
    ambiguous_url,
    archive_page,
    article,
    document,
    entry_id,
    entry_key,
    feed_due,
    feed_form,
    known_items,
    ledger,
    match,
    observation,
    poll,
    source_state,
    topic_feed,
)

_MAX_CANDIDATES = 50


_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _plain(statement: Any) -> Prepared:
    return Prepared(lambda _: statement)


def _on_conflict(build: Callable[[Any], Any], columns: list[str] | None = None) -> Prepared:
    """ON CONFLICT is the one thing in which the dialects differ."""
    return Prepared(lambda dialect: build(_INSERT[dialect]), columns)


def _upsert(table: Table) -> Prepared:
    """Write the whole row, whether it is there or not."""

    def build(insert: Any) -> Any:
        statement = insert(table)
        names = [column.name for column in table.primary_key]
        changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in names}
        return statement.on_conflict_do_update(index_elements=names, set_=changed)

    return _on_conflict(build)


def _insert(table: Table) -> Prepared:
    """Write a new row; a number that the database gives is left to it."""
    return Prepared(lambda _: insert(table), _columns(table))


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.c if column is not table.autoincrement_column]


def _observe(insert: Any) -> Any:
    statement = insert(observation)
    changed = {name: statement.excluded[name] for name in ("left_at", "article_id", "document")}
    return statement.on_conflict_do_update(index_elements=["source_id", "key", "text_digest"], set_=changed)


def _rebind(insert: Any) -> Any:
    statement = insert(entry_key)
    changed = {"article_id": statement.excluded.article_id}
    return statement.on_conflict_do_update(index_elements=["source_id", "key"], set_=changed)


def _among(column: Any, name: str) -> Any:
    return column.in_(bindparam(name, expanding=True))


STATES = select(source_state, known_items.c.packed).outerjoin(
    known_items, known_items.c.source_id == source_state.c.source_id
)
SOURCE_STATE = STATES.where(source_state.c.source_id == bindparam("source_id"))
STATES_OF = STATES.where(_among(source_state.c.source_id, "ids"))
SAVE_KNOWN_ITEMS = _upsert(known_items)
SAVE_SOURCE_STATE = _upsert(source_state)
ADD_POLL = _insert(poll)
SAVE_DOCUMENT = _upsert(document)

_WINDOW = select(observation.c.id, observation.c.key, observation.c.text_digest).where(
    observation.c.source_id == bindparam("source_id"), observation.c.left_at.is_(None)
)
WINDOW = _plain(_WINDOW)
WINDOW_OF_DOCUMENT = _plain(_WINDOW.where(observation.c.document == bindparam("document")))
OBSERVE = _on_conflict(_observe, _columns(observation))
LEAVE = _plain(update(observation).where(observation.c.id == bindparam("number")).values(left_at=bindparam("at")))

BIND_KEY = _on_conflict(lambda insert: insert(entry_key).on_conflict_do_nothing())
REBIND_KEY = _on_conflict(_rebind)
KEYS = _plain(
    select(entry_key.c.key, entry_key.c.article_id).where(
        entry_key.c.source_id == bindparam("source_id"), _among(entry_key.c.key, "keys")
    )
)
KNOWN_URLS = _plain(select(observation.c.url_digest).where(_among(observation.c.url_digest, "digests")))
KNOWN_BODIES = _plain(select(observation.c.body_digest).where(_among(observation.c.body_digest, "digests")))
KNOWN_AMBIGUOUS = _plain(select(ambiguous_url.c.url_digest).where(_among(ambiguous_url.c.url_digest, "digests")))


def _shown_under(column: Any) -> Prepared:
    number = observation.c.article_id
    query = select(number).distinct().where(column == bindparam("digest"))
    return _plain(query.order_by(number).limit(_MAX_CANDIDATES))


BY_URL = _shown_under(observation.c.url_digest)
BY_BODY = _shown_under(observation.c.body_digest)
_IN_SOURCE = exists().where(
    and_(observation.c.article_id == article.c.id, observation.c.source_id == bindparam("source_id"))
)
_IS_PUBLISHED = exists().where(and_(ledger.c.article_id == article.c.id, ledger.c.state == RowState.LIVE.value))
CANDIDATES = _plain(
    select(article, _IN_SOURCE.label("in_source"), _IS_PUBLISHED.label("is_published")).where(
        _among(article.c.id, "numbers")
    )
)

ARTICLE = _plain(select(article).where(article.c.uri == bindparam("uri")))
ARTICLE_NUMBER = _plain(select(article.c.id).where(article.c.uri == bindparam("uri")))
HIGHEST_NUMBER = _plain(select(func.coalesce(func.max(article.c.id), 0).label("number")))
ADD_ARTICLE = Prepared(lambda _: insert(article), is_first=True)
TAKEN_URIS = _plain(select(article.c.uri).where(_among(article.c.uri, "uris")))
URL_IS_AMBIGUOUS = _plain(
    select(ambiguous_url.c.url_digest).where(ambiguous_url.c.url_digest == bindparam("url_digest"))
)
MARK_AMBIGUOUS = _on_conflict(lambda insert: insert(ambiguous_url).on_conflict_do_nothing())

DROP_MATCHES = delete(match).where(match.c.article_id == bindparam("number"), _among(match.c.topic_id, "topics"))
ADD_MATCH = _insert(match)
ENTRY_ID = _plain(
    select(entry_id.c.entry_id).where(
        entry_id.c.id_policy == bindparam("id_policy"), entry_id.c.article_id == bindparam("number")
    )
)
ENTRY_ID_IS_TAKEN = _plain(select(entry_id.c.entry_id).where(entry_id.c.entry_id == bindparam("entry_id")).limit(1))
ARTICLE_OF_ENTRY = _plain(
    select(article.c.uri)
    .join(entry_id, entry_id.c.article_id == article.c.id)
    .where(entry_id.c.entry_id == bindparam("entry_id"))
    .limit(1)
)
BIND_ENTRY_ID = _insert(entry_id)
ADD_ROW = _insert(ledger)
ROWS_OF = (
    select(ledger, article.c.uri)
    .join(article, article.c.id == ledger.c.article_id)
    .where(article.c.uri == bindparam("article_uri"))
    .order_by(ledger.c.seq)
)
ROWS_BY_NUMBER = (
    select(ledger, article.c.uri)
    .join(article, article.c.id == ledger.c.article_id)
    .where(_among(ledger.c.seq, "numbers"))
    .order_by(ledger.c.seq)
)
LIVE_SINCE = _plain(
    select(func.count(ledger.c.position).label("count")).where(
        ledger.c.topic_id == bindparam("topic_id"),
        ledger.c.grain == bindparam("grain"),
        # Named one by one: a range of the index for each, where `!=` would go through the whole feed.
        _among(ledger.c.state, "states"),
        ledger.c.first_published_at > bindparam("since"),
    )
)
HIGHEST_POSITION = _plain(
    select(func.coalesce(func.max(ledger.c.position), 0).label("position")).where(
        ledger.c.topic_id == bindparam("topic_id"), ledger.c.grain == bindparam("grain")
    )
)
UNSETTLED = _plain(select(ledger.c.seq).where(ledger.c.unsettled_source == bindparam("source_id")).limit(1))

MARK_DUE = _on_conflict(lambda insert: insert(feed_due).on_conflict_do_nothing())
CLEAR_DUE = _plain(
    delete(feed_due).where(
        feed_due.c.topic_id == bindparam("topic_id"),
        feed_due.c.grain == bindparam("grain"),
        feed_due.c.step == bindparam("step"),
    )
)
DUE_FEEDS = _plain(select(feed_due.c.topic_id, feed_due.c.grain).where(_among(feed_due.c.step, "steps")))
# In words and not as values, or the index of the few would not be seen to cover the question.
QUEUED_FEEDS = _plain(select(ledger.c.topic_id, ledger.c.grain).distinct().where(text("state = 'queued'")))
TOLD_WITHDRAWN = _plain(select(ledger.c.seq).where(text("has_tombstone"), ledger.c.withdrawn_at <= bindparam("until")))

# A range, because the planner goes through the whole table for `IS NOT NULL`; and sorted afterwards, or it would for the order.
PENDING = _plain(select(ledger.c.seq).where(ledger.c.pending_since > 0))

_OF_FEED = (ledger.c.topic_id == bindparam("topic_id"), ledger.c.grain == bindparam("grain"))
_IN_STATE = (*_OF_FEED, ledger.c.state == bindparam("state"))
NEWEST_LIVE = _plain(select(func.max(ledger.c.first_published_at).label("at")).where(*_IN_STATE))
LIVE_AFTER = _plain(
    select(func.count().label("number")).where(*_IN_STATE, ledger.c.first_published_at > bindparam("after"))
)
LIVE_ENTRIES = _plain(
    select(ledger.c.entry_id, ledger.c.updated_at, ledger.c.reason, ledger.c.fragment, ledger.c.first_published_at)
    .where(*_IN_STATE)
    .order_by(ledger.c.first_published_at.desc(), ledger.c.entry_id.desc())
    .limit(bindparam("limit"))
)
TOMBSTONES = _plain(
    select(ledger.c.entry_id, ledger.c.withdrawn_at, ledger.c.updated_at, ledger.c.reason)
    .where(*_OF_FEED, ledger.c.withdrawn_at.is_not(None), ledger.c.has_tombstone.is_(True))
    .order_by(ledger.c.withdrawn_at.desc(), ledger.c.seq)
)
WITHDRAWN = _plain(
    select(ledger.c.entry_id, article.c.uri)
    .join(article, article.c.id == ledger.c.article_id)
    .where(*_IN_STATE)
    .order_by(ledger.c.seq)
)
TOPIC_FEED = _plain(
    select(topic_feed).where(topic_feed.c.topic_id == bindparam("topic_id"), topic_feed.c.grain == bindparam("grain"))
)
SAVE_TOPIC_FEED = _upsert(topic_feed)


@cache
def added_entries(feeds: int) -> Prepared:
    """Rows behind a position, of that many feeds at once; asking feed by feed costs three times as much."""
    columns = ("topic_id", "grain", "entry_id", "state", "position", "first_published_at", "updated_at", "fragment")
    behind = (
        and_(
            ledger.c.topic_id == bindparam(f"topic_{number}"),
            ledger.c.grain == bindparam(f"grain_{number}"),
            ledger.c.position.between(bindparam(f"first_{number}"), bindparam(f"last_{number}")),
        )
        for number in range(feeds)
    )
    return _plain(select(*(ledger.c[name] for name in columns)).where(or_(*behind)))


WRITTEN = _plain(
    select(
        topic_feed.c.topic_id,
        topic_feed.c.grain,
        topic_feed.c.updated_at,
        topic_feed.c.bytes_digest,
        topic_feed.c.closed_at,
    ).where(_among(topic_feed.c.topic_id, "topics"))
)
SAVE_WRITTEN = _plain(
    update(topic_feed)
    .where(topic_feed.c.topic_id == bindparam("of_topic"), topic_feed.c.grain == bindparam("of_grain"))
    .values(updated_at=bindparam("updated"), bytes_digest=bindparam("written"), changed_at=bindparam("changed"))
)
SAVE_FORM = _upsert(feed_form)
FORMS = _plain(
    select(feed_form).where(feed_form.c.topic_id == bindparam("topic_id"), feed_form.c.grain == bindparam("grain"))
)
PAGES = _plain(
    select(archive_page).where(
        archive_page.c.topic_id == bindparam("topic_id"), archive_page.c.grain == bindparam("grain")
    )
)
FEEDS_WITH = _plain(
    select(ledger.c.topic_id, ledger.c.grain)
    .distinct()
    .where(ledger.c.article_id.in_(bindparam("numbers", expanding=True)))
)
