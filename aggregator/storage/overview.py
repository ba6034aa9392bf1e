"""What pages show beside their rows: copies, stories and grounds of many entries at once, counts by day."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, case, func, select

from aggregator.model.article import StoredArticle
from aggregator.model.desk import Word
from aggregator.model.ledger import RowState
from aggregator.model.topic import Grain, Match
from aggregator.storage import rows
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.tables import article, copy_group, decision, ledger, match, poll, story_member

_DAY_US = 86_400_000_000
# Names in one question; SQLite allows 32,766.
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Another article that the page of one tells of, by its name and which text of it that is."""

    uri: str
    version: int
    story: str | None
    """The story that the two are in; None of a copy."""
    why: str
    """What makes them belong together, as it is stored: it changes when that does."""


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


def company_among(connection: Connection, uris: Collection[str]) -> Mapping[str, tuple[Companion, ...]]:
    """Article -> the reports of its story and the texts of its group, itself among both; nothing of those that stand alone."""
    found: dict[str, list[Companion]] = defaultdict(list)
    ordered = sorted(uris)
    for at in range(0, len(ordered), _CHUNK):
        for table, shared in ((story_member, "story_uri"), (copy_group, "group_uri")):
            for row in connection.execute(_companions(table, shared, ordered[at : at + _CHUNK])):
                one = Companion(
                    uri=row.uri,
                    version=row.version,
                    story=row.shared if table is story_member else None,
                    why=f"{row.relation} {row.evidence}",
                )
                found[row.asked].append(one)
    return {uri: tuple(others) for uri, others in found.items()}


def spoken_of(connection: Connection, since: datetime) -> frozenset[str]:
    """The articles on which a decision of the desk was carried out at that moment or after it; of two, both."""
    columns = decision.c.article_uri, decision.c.other_uri
    found = connection.execute(select(*columns).where(decision.c.applied_at >= to_microseconds(since)))
    return frozenset(uri for row in found for uri in row if uri is not None)


def withdrawn_everywhere(connection: Connection) -> frozenset[str]:
    """The articles on which the desk ever said something and of which every entry is withdrawn."""
    spoken = select(decision.c.article_uri).distinct()
    still_there = func.sum(case((ledger.c.state == RowState.WITHDRAWN, 0), else_=1))
    query = select(article.c.uri).join(ledger, ledger.c.article_id == article.c.id).where(article.c.uri.in_(spoken))
    return frozenset(connection.execute(query.group_by(article.c.id).having(still_there == 0)).scalars())


def living_stories(connection: Connection, uris: Collection[str]) -> frozenset[str]:
    """Those of the stories that have two reports or more."""
    found: set[str] = set()
    ordered = sorted(uris)
    uri = story_member.c.story_uri
    for at in range(0, len(ordered), _CHUNK):
        query = select(uri).where(uri.in_(ordered[at : at + _CHUNK])).group_by(uri).having(func.count() > 1)
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def is_erased_since(connection: Connection, since: datetime) -> bool:
    """Whether an article was erased at that moment or after it. Nothing tells any more beside which others it stood."""
    query = select(decision.c.number).where(decision.c.word == Word.ERASE.value)
    query = query.where(decision.c.applied_at >= to_microseconds(since)).limit(1)
    return connection.execute(query).first() is not None


def topics_of(connection: Connection, uris: Collection[str]) -> frozenset[str]:
    """The topics in whose feeds one of the articles is live."""
    query = select(ledger.c.topic_id).distinct().join(article, article.c.id == ledger.c.article_id)
    query = query.where(article.c.uri.in_(sorted(uris)), ledger.c.state == RowState.LIVE)
    return frozenset(connection.execute(query).scalars())


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


def _companions(table: Table, shared: str, uris: Collection[str]) -> Select[Any]:
    """Who shares a story or a group with the articles of these uris, themselves among them."""
    own, named = table.alias("own"), article.alias("named")
    return (
        select(
            named.c.uri.label("asked"),
            article.c.uri,
            article.c.version,
            table.c[shared].label("shared"),
            table.c.relation,
            table.c.evidence,
        )
        .select_from(named)
        .join(own, own.c.article_id == named.c.id)
        .join(table, table.c[shared] == own.c[shared])
        .join(article, article.c.id == table.c.article_id)
        .where(named.c.uri.in_(uris))
        .order_by(article.c.id)
    )
