"""The desk's decisions, append-only, inside one transaction; reached as `Batch.desk`."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, insert, or_, select, update

from aggregator.model.desk import Decision, RequestKind, Word
from aggregator.model.ledger import RowState
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver, Prepared
from aggregator.storage.erasing import forget, forget_notes
from aggregator.storage.tables import article, decision, entry_key, ledger, request

_CHUNK = 500

_OTHER = article.alias("other")
_IS_KNOWN = and_(
    exists().where(article.c.uri == decision.c.article_uri),
    or_(decision.c.other_uri.is_(None), exists().where(_OTHER.c.uri == decision.c.other_uri)),
)
"""What it speaks of is stored; a decision that came with a file of another desk may have to wait for that."""
_LATER = decision.alias("later")
_IS_EMBARGO = and_(
    decision.c.word == Word.EMBARGO.value,
    ~exists().where(
        _LATER.c.article_uri == decision.c.article_uri,
        _LATER.c.word.in_([Word.HOLD.value, Word.EMBARGO.value, Word.RELEASE.value]),
        or_(
            _LATER.c.decided_at > decision.c.decided_at,
            and_(_LATER.c.decided_at == decision.c.decided_at, _LATER.c.number > decision.c.number),
        ),
    ),
)
"""It stands: no later word on holding, its own end among them, has come."""


_ON_TELLING = [word.value for word in (Word.HOLD, Word.EMBARGO, Word.RELEASE, Word.KILL, Word.ERASE, Word.WITHDRAW)]


class DeskBook:
    """Decisions as they were made; only `applied_at` is written later."""

    def __init__(self, connection: Connection | Driver) -> None:
        self._connection = connection
        # What this transaction knows without asking; both are small, and asked for every entry that is not known.
        self._awaited: set[str] | None = None
        self._erased: set[str] | None = None

    def decide(self, made: Decision) -> None:
        """Append a decision."""
        self._connection.execute(
            insert(decision).values(
                word=made.word.value,
                article_uri=made.article_uri,
                topic_id=made.topic_id,
                other_uri=made.other_uri,
                day=made.day.isoformat() if made.day else None,
                until=to_microseconds(made.until),
                by=made.by,
                reason=made.reason,
                decided_at=to_microseconds(made.decided_at),
            )
        )
        self._awaited = self._erased = None

    def of(self, uri: str) -> tuple[Decision, ...]:
        """Everything the desk said of the article, oldest first."""
        return self._find(decision.c.article_uri == uri)

    def on_pairs(self, uris: Collection[str]) -> tuple[Decision, ...]:
        """What people put together or apart of these articles and others that are stored, oldest first."""
        if not isinstance(self._connection, Driver):
            return tuple(map(_decision, self._connection.execute(_OF_PAIRS, {"uris": list(uris)})))
        return tuple(map(_decision, self._connection.ask(_ON_PAIRS, {"uris": list(uris)})))

    def open(self) -> tuple[Decision, ...]:
        """Decisions that can be carried out and are not yet, oldest first."""
        return self._find(decision.c.applied_at.is_(None), _IS_KNOWN)

    def ever_pinned(self, topic_id: str) -> tuple[str, ...]:
        """The stored articles that somebody pinned to the topic, whatever was said later, in the order of storing."""
        pinned = decision.c.word == Word.PIN.value, decision.c.topic_id == topic_id
        found = select(article.c.uri).where(article.c.uri.in_(select(decision.c.article_uri).where(*pinned)))
        return tuple(self._connection.execute(found.order_by(article.c.id)).scalars())

    def ending_embargoes(self, now: datetime) -> tuple[Decision, ...]:
        """Embargoes that stand and whose time has come."""
        return self._find(_IS_EMBARGO, decision.c.until <= to_microseconds(now), _IS_KNOWN)

    def all(self) -> tuple[Decision, ...]:
        """The whole log, oldest first."""
        return self._find()

    def on_telling(self) -> tuple[Decision, ...]:
        """What was said on whether articles may be told of at all, oldest first: a small part of a long log."""
        return self._find(decision.c.word.in_(_ON_TELLING))

    def newest(self, limit: int, offset: int = 0) -> tuple[Decision, ...]:
        """A page of the log, newest first."""
        newest = (decision.c.decided_at.desc(), decision.c.number.desc())
        query = select(decision).order_by(*newest).limit(limit).offset(offset)
        return tuple(map(_decision, self._connection.execute(query)))

    def count(self) -> int:
        """How many decisions there are."""
        return self._connection.execute(select(func.count()).select_from(decision)).scalar_one()

    def is_awaited(self, uri: str) -> bool:
        """Whether something was decided of the article before it came."""
        if self._awaited is None:
            query = select(decision.c.article_uri).distinct().where(decision.c.applied_at.is_(None))
            self._awaited = set(self._connection.execute(query).scalars())
        return uri in self._awaited

    def is_erased(self, uri: str) -> bool:
        """Whether nothing of the article is to be kept, be it carried out or not."""
        if self._erased is None:
            query = select(decision.c.article_uri).distinct().where(decision.c.word == Word.ERASE.value)
            self._erased = set(self._connection.execute(query).scalars())
        return uri in self._erased

    def erase(self, uri: str) -> None:
        """Nothing is left of the article's words beside its own row, which the caller empties."""
        forget(self._connection, uri)

    def forget_notes(self, uri: str) -> None:
        """What a file of another desk brings of notes on an article that is erased is not kept either."""
        forget_notes(self._connection, uri)

    def has_open_business(self, now: datetime) -> bool:
        """Whether a decision or a request of a command waits to be carried out, or an embargo is over."""
        is_due = and_(_IS_EMBARGO, decision.c.until <= to_microseconds(now))
        waiting = select(decision.c.number).where(_IS_KNOWN, or_(decision.c.applied_at.is_(None), is_due)).limit(1)
        asked = select(request.c.number).where(request.c.done_at.is_(None), request.c.kind != RequestKind.SCRUB.value)
        return any(self._connection.execute(query).first() is not None for query in (waiting, asked.limit(1)))

    def is_to_be_scrubbed(self) -> bool:
        """Whether something was erased that may still be found on the disk."""
        query = select(request.c.number).where(request.c.done_at.is_(None), request.c.kind == RequestKind.SCRUB.value)
        return self._connection.execute(query.limit(1)).first() is not None

    def said_since(self, by: str, word: Word, since: datetime) -> int:
        """How often somebody has said that word after that moment."""
        query = select(func.count()).where(decision.c.word == word.value, decision.c.by == by)
        return self._connection.execute(query.where(decision.c.decided_at > to_microseconds(since))).scalar_one()

    def named(self, source_id: str, keys: Collection[bytes]) -> tuple[str, ...]:
        """The articles that the source calls by these keys, in the order of storing."""
        numbers: set[int] = set()
        listed = list(keys)
        for at in range(0, len(listed), _CHUNK):
            query = select(entry_key.c.article_id).where(entry_key.c.source_id == source_id)
            found = self._connection.execute(query.where(entry_key.c.key.in_(listed[at : at + _CHUNK])))
            numbers.update(found.scalars())
        uris: list[str] = []
        ordered = sorted(numbers)
        for at in range(0, len(ordered), _CHUNK):
            query = select(article.c.uri).where(article.c.id.in_(ordered[at : at + _CHUNK]))
            uris.extend(self._connection.execute(query.order_by(article.c.id)).scalars())
        return tuple(uris)

    def live_of(self, source_id: str) -> frozenset[str]:
        """The articles with the source's text that stand live in a feed."""
        query = select(article.c.uri).distinct().join(ledger, ledger.c.article_id == article.c.id)
        query = query.where(article.c.owner_source == source_id, ledger.c.state == RowState.LIVE)
        return frozenset(self._connection.execute(query).scalars())

    def mark_applied(self, numbers: Iterable[int], now: datetime) -> None:
        """The decisions are carried out."""
        self._connection.execute(
            update(decision).where(decision.c.number.in_(list(numbers))).values(applied_at=to_microseconds(now))
        )

    def _find(self, *conditions: Any) -> tuple[Decision, ...]:
        query = select(decision).where(*conditions).order_by(decision.c.decided_at, decision.c.number)
        return tuple(map(_decision, self._connection.execute(query)))


# Both sides of "or" find an index.
_OF_PAIRS = (
    select(decision)
    .where(
        or_(decision.c.word == Word.MERGE.value, decision.c.word == Word.SPLIT.value),
        _IS_KNOWN,
        or_(
            decision.c.article_uri.in_(bindparam("uris", expanding=True)),
            decision.c.other_uri.in_(bindparam("uris", expanding=True)),
        ),
    )
    .order_by(decision.c.decided_at, decision.c.number)
)
_ON_PAIRS = Prepared(lambda _: _OF_PAIRS)


def _decision(row: Any) -> Decision:
    return Decision(
        number=row.number,
        word=Word(row.word),
        article_uri=row.article_uri,
        topic_id=row.topic_id,
        other_uri=row.other_uri,
        day=date.fromisoformat(row.day) if row.day else None,
        until=to_instant(row.until),
        by=row.by,
        reason=row.reason,
        decided_at=to_instant(row.decided_at),
        applied_at=to_instant(row.applied_at),
    )
