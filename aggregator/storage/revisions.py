"""The texts that an article had before, inside one transaction; reached as `Batch.revisions`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from aggregator.model.article import Article, StoredArticle
from aggregator.model.story import Revision
from aggregator.storage.codec import (
    REVISION,
    article_from_json,
    article_to_json,
    small_to_json,
    to_instant,
    to_microseconds,
)
from aggregator.storage.driver import Driver, Prepared
from aggregator.storage.halving import first_kept
from aggregator.storage.tables import article, revision

_KEPT = 20
"""Texts of an article, the newest: a live page is edited all day."""

_HIGHEST = Prepared(lambda _: select(func.max(article.c.id).label("number")))
_FROM = Prepared(
    lambda _: (
        select(article.c.id, article.c.first_seen_at)
        .where(article.c.id >= bindparam("first"))
        .order_by(article.c.id)
        .limit(1)
    )
)
_REPLACED_BEFORE = Prepared(
    lambda _: (
        select(revision.c.article_id, revision.c.version)
        .where(revision.c.article_id < bindparam("number"), revision.c.replaced_at < bindparam("before"))
        .limit(bindparam("most"))
    )
)
_DROP = Prepared(
    lambda _: delete(revision).where(
        revision.c.article_id == bindparam("number"), revision.c.version == bindparam("version")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A text that another took the place of."""

    version: int
    """Of the text that was replaced; the first is 1."""
    replaced_at: datetime
    article: Article
    change: Revision
    """What the next text changed."""
    is_by_owner: bool
    """It is an edit; else a more complete text of another source took its place (rules R3)."""


class Revisions:
    """Statements only; what changed is told by the caller."""

    def __init__(self, connection: Driver, number_of: Callable[[str], int]) -> None:
        self._connection = connection
        self._number_of = number_of

    def keep(self, before: StoredArticle, change: Revision, now: datetime, *, is_by_owner: bool) -> None:
        """Keep the text that is about to be replaced; the oldest beyond twenty go."""
        number = self._number_of(before.uri)
        self._connection.execute(
            delete(revision).where(
                revision.c.article_id == number,
                (revision.c.version <= before.version - _KEPT) | (revision.c.version == before.version),
            )
        )
        self._connection.execute(
            insert(revision).values(
                article_id=number,
                version=before.version,
                replaced_at=to_microseconds(now),
                content=article_to_json(before.article),
                change=small_to_json(REVISION, change, None),
                is_by_owner=is_by_owner,
            )
        )

    def forget(self, before: datetime, *, limit: int) -> int:
        """Drop texts that were replaced before that moment, at most so many; says how many."""
        moment = to_microseconds(before)

        def seen_before(number: int) -> int | None:
            found = self._connection.ask(_FROM, {"first": number})
            return found[0].id if found and found[0].first_seen_at < moment else None

        ((highest,),) = self._connection.ask(_HIGHEST, {})
        # A text is replaced after its article was first seen: of younger articles there is none, and of older ones few are left.
        where = {"number": first_kept(highest or 0, seen_before), "before": moment, "most": limit}
        found = self._connection.ask(_REPLACED_BEFORE, where)
        for row in found:
            self._connection.write_later(_DROP, {"number": row.article_id, "version": row.version})
        self._connection.send()
        return len(found)

    def replaced(self, uri: str, version: int) -> Replaced | None:
        """The text of that version; None where it is kept no more."""
        return next((one for one in replaced(self._connection, uri) if one.version == version), None)


def replaced(connection: Connection | Driver, uri: str) -> tuple[Replaced, ...]:
    """The texts that the article had before, oldest first."""
    query = select(revision).join(article, article.c.id == revision.c.article_id).where(article.c.uri == uri)
    return tuple(_replaced(row) for row in connection.execute(query.order_by(revision.c.version)))


def _replaced(row: Any) -> Replaced:
    return Replaced(
        version=row.version,
        replaced_at=to_instant(row.replaced_at),
        article=article_from_json(row.content),
        change=REVISION.validate_json(row.change),
        is_by_owner=bool(row.is_by_owner),
    )
