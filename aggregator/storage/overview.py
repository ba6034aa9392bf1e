"""What pages show beside their rows: copies and grounds of many entries at once, counts by day."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from aggregator.model.article import StoredArticle
from aggregator.model.ledger import RowState
from aggregator.model.topic import Grain, Match
from aggregator.storage import rows
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.tables import article, copy_group, ledger, match, poll

_DAY_US = 86_400_000_000


def copies_among(connection: Connection, uris: Collection[str]) -> Mapping[str, tuple[StoredArticle, ...]]:
    """Article -> the other articles of its group, the first seen first; nothing of those that stand alone."""
    own, other, named = copy_group.alias("own"), copy_group.alias("other"), article.alias("named")
    query = (
        select(named.c.uri.label("asked"), article)
        .select_from(named)
        .join(own, own.c.article_id == named.c.id)
        .join(other, other.c.group_uri == own.c.group_uri)
        .join(article, article.c.id == other.c.article_id)
        .where(named.c.uri.in_(sorted(uris)), article.c.id != named.c.id)
        .order_by(article.c.id)
    )
    found: dict[str, list[StoredArticle]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.asked].append(rows.stored_article(row))
    return {uri: tuple(copies) for uri, copies in found.items()}


def matches_among(connection: Connection, topic_id: str, uris: Collection[str]) -> Mapping[str, Match]:
    """Article -> why it belongs to the topic."""
    query = select(article.c.uri, match).join(article, article.c.id == match.c.article_id)
    query = query.where(match.c.topic_id == topic_id, article.c.uri.in_(sorted(uris)))
    return {row.uri: rows.match(row) for row in connection.execute(query)}


def entries_by_day(connection: Connection, topic_id: str, grain: Grain, since: datetime) -> Mapping[int, int]:
    """Ordinal of the day in UTC -> how many entries of the feed went out on it and are live."""
    day = _day(ledger.c.first_published_at)
    query = select(day.label("day"), func.count().label("entries")).where(
        ledger.c.topic_id == topic_id,
        ledger.c.grain == grain,
        ledger.c.state == RowState.LIVE,
        ledger.c.first_published_at >= to_microseconds(since),
    )
    return {_ordinal(row.day): row.entries for row in connection.execute(query.group_by(day))}


def new_by_day(connection: Connection, source_ids: Collection[str], since: datetime) -> Mapping[str, Mapping[int, int]]:
    """Source -> ordinal of the day in UTC -> how many new articles its polls brought."""
    day = _day(poll.c.started_at)
    query = select(poll.c.source_id, day.label("day"), func.sum(poll.c.new).label("entries")).where(
        poll.c.source_id.in_(sorted(source_ids)), poll.c.started_at >= to_microseconds(since)
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in connection.execute(query.group_by(poll.c.source_id, day)):
        found[row.source_id][_ordinal(row.day)] = int(row.entries)
    return found


def _day(instant: Any) -> Any:
    """Whole days since 1970, in either database."""
    return (instant - instant % _DAY_US) / _DAY_US


def _ordinal(day: Any) -> int:
    return to_instant(int(day) * _DAY_US).toordinal()
