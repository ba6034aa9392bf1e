"""Stored articles as far as a rule is asked of them: the text, where it was seen, what matched; a chunk at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from aggregator.model.article import StoredArticle
from aggregator.storage import rows
from aggregator.storage.codec import to_microseconds
from aggregator.storage.tables import article, copy_group, match, observation

_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedArticle:
    """A stored article, to try a rule on."""

    stored: StoredArticle
    source_ids: tuple[str, ...]
    """Where it was seen, the first first."""
    topics: frozenset[str]
    """Whose stored match it has: by the rules of the last run."""
    copy_group: str | None
    """Equal for near-identical texts; None where it stands alone."""


def newest(connection: Connection, since: datetime | None, limit: int | None) -> Iterator[AskedArticle]:
    """Newest first by the date that orders feeds; those not older than `since`, at most `limit`."""
    query = select(article.c.id).order_by(article.c.effective_at.desc(), article.c.id.desc())
    if since is not None:
        query = query.where(article.c.effective_at >= to_microseconds(since))
    # The numbers first: articles come a chunk at a time, however many there are.
    numbers = connection.execute(query.limit(limit) if limit is not None else query).scalars().all()
    for at in range(0, len(numbers), _CHUNK):
        yield from _of_numbers(connection, numbers[at : at + _CHUNK])


def match_counts(connection: Connection) -> dict[str, int]:
    """By topic id how many articles have a stored match."""
    found = connection.execute(select(match.c.topic_id, func.count()).group_by(match.c.topic_id))
    return {row[0]: row[1] for row in found}


def article_count(connection: Connection) -> int:
    """How many articles are stored."""
    return connection.execute(select(func.count()).select_from(article)).scalar_one()


def _of_numbers(connection: Connection, numbers: Sequence[int]) -> Iterator[AskedArticle]:
    found = {row.id: row for row in connection.execute(select(article).where(article.c.id.in_(numbers)))}
    sources: dict[int, dict[str, None]] = {}
    seen = select(observation.c.article_id, observation.c.source_id).where(observation.c.article_id.in_(numbers))
    for number, source_id in connection.execute(seen.order_by(observation.c.id)):
        sources.setdefault(number, {})[source_id] = None
    topics: dict[int, set[str]] = {}
    for number, topic_id in connection.execute(
        select(match.c.article_id, match.c.topic_id).where(match.c.article_id.in_(numbers))
    ):
        topics.setdefault(number, set()).add(topic_id)
    grouped = select(copy_group.c.article_id, copy_group.c.group_uri).where(copy_group.c.article_id.in_(numbers))
    groups = {row.article_id: row.group_uri for row in connection.execute(grouped)}
    for number in numbers:
        yield AskedArticle(
            stored=rows.stored_article(found[number]),
            source_ids=tuple(sources.get(number, ())),
            topics=frozenset(topics.get(number, ())),
            copy_group=groups.get(number),
        )
