"""The desk's decisions, append-only, inside one transaction; reached as `Batch.desk`."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from aggregator.model.desk import Decision, Word
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver, Prepared
from aggregator.storage.tables import article, decision, request


class DeskBook:
    """Decisions as they were made; only `applied_at` is written later."""

    def __init__(self, connection: Connection | Driver) -> None:
        self._connection = connection

    def decide(self, made: Decision) -> None:
        """Append a decision; the article must exist."""
        number = select(article.c.id).where(article.c.uri == made.article_uri).scalar_subquery()
        self._connection.execute(
            insert(decision).values(
                word=made.word.value,
                article_id=number,
                topic_id=made.topic_id,
                other_uri=made.other_uri,
                day=made.day.isoformat() if made.day else None,
                by=made.by,
                reason=made.reason,
                decided_at=to_microseconds(made.decided_at),
            )
        )

    def of(self, uri: str) -> tuple[Decision, ...]:
        """Everything the desk said of the article, oldest first."""
        return self._find(article.c.uri == uri)

    def on_pairs(self, uris: Collection[str]) -> tuple[Decision, ...]:
        """What people put together or apart of these articles and others, oldest first."""
        if not isinstance(self._connection, Driver):
            return tuple(map(_decision, self._connection.execute(_OF_PAIRS, {"uris": list(uris)})))
        return tuple(map(_decision, self._connection.ask(_ON_PAIRS, {"uris": list(uris)})))

    def open(self) -> tuple[Decision, ...]:
        """Decisions that are not carried out yet, oldest first."""
        return self._find(decision.c.applied_at.is_(None))

    def all(self) -> tuple[Decision, ...]:
        """The whole log, oldest first."""
        return self._find()

    def has_open_business(self) -> bool:
        """Whether a decision or a request of a command waits to be carried out."""
        waiting = select(decision.c.number).where(decision.c.applied_at.is_(None)).limit(1)
        asked = select(request.c.number).where(request.c.done_at.is_(None)).limit(1)
        return any(self._connection.execute(query).first() is not None for query in (waiting, asked))

    def mark_applied(self, numbers: Iterable[int], now: datetime) -> None:
        """The decisions are carried out."""
        self._connection.execute(
            update(decision).where(decision.c.number.in_(list(numbers))).values(applied_at=to_microseconds(now))
        )

    def _find(self, *conditions: object) -> tuple[Decision, ...]:
        found = self._connection.execute(_DECISIONS.where(*conditions).order_by(decision.c.number))  # type: ignore[arg-type]
        return tuple(map(_decision, found))


_DECISIONS = select(decision, article.c.uri).join(article, article.c.id == decision.c.article_id)
# Both sides of "or" are asked of one table, so that each finds its index.
_OF_PAIRS = _DECISIONS.where(
    or_(decision.c.word == Word.MERGE.value, decision.c.word == Word.SPLIT.value),
    or_(
        decision.c.article_id.in_(select(article.c.id).where(article.c.uri.in_(bindparam("uris", expanding=True)))),
        decision.c.other_uri.in_(bindparam("uris", expanding=True)),
    ),
).order_by(decision.c.number)
_ON_PAIRS = Prepared(lambda _: _OF_PAIRS)


def _decision(row: Any) -> Decision:
    return Decision(
        number=row.number,
        word=Word(row.word),
        article_uri=row.uri,
        topic_id=row.topic_id,
        other_uri=row.other_uri,
        day=date.fromisoformat(row.day) if row.day else None,
        by=row.by,
        reason=row.reason,
        decided_at=to_instant(row.decided_at),
        applied_at=to_instant(row.applied_at),
    )
