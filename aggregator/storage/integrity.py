"""The store against its own promises: what no constraint of the schema can hold, each breach one line for people."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, select
from sqlalchemy.exc import DBAPIError

from aggregator.model.ledger import RowState
from aggregator.storage.tables import article, entry_id, ledger, observation, topic_feed

_AT_MOST = 20
"""Of one kind: the first lines tell what is wrong, a thousand more would not help."""


def problems(connection: Connection) -> Iterator[str]:
    """Every breach found; reads the whole store. A damaged file is told first, as all else may follow from it."""
    try:
        if connection.dialect.name == "sqlite":
            yield from _damage(connection)
        for query, sentence in _BREACHES:
            for row in connection.execute(query.limit(_AT_MOST)).mappings():
                yield sentence.format(**row)
    except DBAPIError as error:
        connection.rollback()  # a damaged file refuses even the end of a reading transaction
        yield f"the store cannot be read to its end: {error.orig}; restore a backup"


def _damage(connection: Connection) -> Iterator[str]:
    for line in connection.exec_driver_sql(f"PRAGMA integrity_check({_AT_MOST})").scalars():
        if line != "ok":
            yield f"the file is damaged: {line}; restore a backup"
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    for table, number, parent, _ in orphans[:_AT_MOST]:
        yield f"{table} row {number} belongs to a row of {parent} that is not there"


def _without_article() -> Select[Any]:
    missing = ~exists().where(article.c.id == ledger.c.article_id)
    return select(ledger.c.seq, ledger.c.topic_id).where(missing).order_by(ledger.c.seq)


def _without_observation() -> Select[Any]:
    missing = ~exists().where(observation.c.article_id == article.c.id)
    return select(article.c.uri).where(missing).order_by(article.c.id)


def _shared_ids() -> Select[Any]:
    """An id stands for one article under every policy (rules R20); the schema holds it within one only."""
    articles = func.count(func.distinct(entry_id.c.article_id))
    query = select(entry_id.c.entry_id, articles.label("articles")).group_by(entry_id.c.entry_id)
    return query.having(articles > 1).order_by(entry_id.c.entry_id)


def _unbound_ids() -> Select[Any]:
    bound = exists().where(
        entry_id.c.article_id == ledger.c.article_id,
        entry_id.c.id_policy == ledger.c.id_policy,
        entry_id.c.entry_id == ledger.c.entry_id,
    )
    return select(ledger.c.seq, ledger.c.topic_id, ledger.c.entry_id).where(~bound).order_by(ledger.c.seq)


def _holes() -> Select[Any]:
    """Positions are 1, 2, 3 ...: fifty make a page, so a hole would shift every page behind it (rules R15)."""
    highest, count = func.max(ledger.c.position), func.count(ledger.c.position)
    query = select(ledger.c.topic_id, ledger.c.grain, highest.label("highest"), count.label("placed"))
    return query.group_by(ledger.c.topic_id, ledger.c.grain).having(highest != count)


def _live_without_fragment() -> Select[Any]:
    return (
        select(ledger.c.seq, ledger.c.topic_id, ledger.c.entry_id)
        .where(ledger.c.state == RowState.LIVE, ledger.c.fragment.is_(None))
        .order_by(ledger.c.seq)
    )


def _without_feed() -> Select[Any]:
    feed = and_(topic_feed.c.topic_id == ledger.c.topic_id, topic_feed.c.grain == ledger.c.grain)
    return select(ledger.c.topic_id, ledger.c.grain).where(~exists().where(feed)).distinct()


_BREACHES = (
    (_without_article(), "ledger row {seq} of {topic_id} has no article"),
    (_without_observation(), "article {uri} was seen in no source"),
    (_shared_ids(), "entry id {entry_id} stands for {articles} articles"),
    (_unbound_ids(), "ledger row {seq} of {topic_id}: entry id {entry_id} is not the one bound to its article"),
    (_holes(), "{topic_id} ({grain}): positions go up to {highest}, but {placed} rows have one"),
    (_live_without_fragment(), "ledger row {seq} of {topic_id}: entry {entry_id} is live and has no fragment"),
    (_without_feed(), "{topic_id} ({grain}) has ledger rows and no feed"),
)
