"""Tokens of the desk and their sessions; of both only digests are kept. Reached as `Batch.access`, read by `Reader`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from aggregator.model.access import DeskToken
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver
from aggregator.storage.tables import desk_session, desk_token

_MOST_SESSIONS = 20
"""Of one token: a browser more, and the oldest is signed out."""


class Access:
    """Statements inside one transaction of the writer."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection

    def add_token(self, name: str, digest: bytes, now: datetime) -> None:
        """Give out a token under a name that no other one has."""
        self._connection.execute(insert(desk_token).values(name=name, digest=digest, made_at=to_microseconds(now)))

    def revoke(self, name: str, now: datetime) -> None:
        """End the token of that name, and with it every session that began with it."""
        number = select(desk_token.c.number).where(desk_token.c.name == name).scalar_subquery()
        self._connection.execute(delete(desk_session).where(desk_session.c.token_number == number))
        mine = and_(desk_token.c.name == name, desk_token.c.revoked_at.is_(None))
        self._connection.execute(update(desk_token).where(mine).values(revoked_at=to_microseconds(now)))

    def begin_session(self, token_number: int, digest: bytes, now: datetime, ends_at: datetime) -> None:
        """Keep a session; those that are over go, and of one token's too many the oldest."""
        self._connection.execute(delete(desk_session).where(desk_session.c.ends_at <= to_microseconds(now)))
        newest = (
            select(desk_session.c.digest)
            .where(desk_session.c.token_number == token_number)
            .order_by(desk_session.c.ends_at.desc())
            .limit(_MOST_SESSIONS - 1)
        )
        surplus = and_(desk_session.c.token_number == token_number, desk_session.c.digest.not_in(newest))
        self._connection.execute(delete(desk_session).where(surplus))
        values = {"digest": digest, "token_number": token_number, "ends_at": to_microseconds(ends_at)}
        self._connection.execute(insert(desk_session).values(values))

    def end_session(self, digest: bytes) -> None:
        """Nobody is signed in by it any more."""
        self._connection.execute(delete(desk_session).where(desk_session.c.digest == digest))


def tokens(connection: Connection | Driver, now: datetime) -> tuple[DeskToken, ...]:
    """Every token that was ever given out, by number, with its open sessions."""
    is_open = and_(desk_session.c.token_number == desk_token.c.number, desk_session.c.ends_at > to_microseconds(now))
    query = (
        select(desk_token, func.count(desk_session.c.digest).label("sessions"))
        .outerjoin(desk_session, is_open)
        .group_by(desk_token.c.number)
        .order_by(desk_token.c.number)
    )
    return tuple(
        DeskToken(
            number=row.number,
            name=row.name,
            made_at=to_instant(row.made_at),
            revoked_at=to_instant(row.revoked_at),
            sessions=row.sessions,
        )
        for row in connection.execute(query)
    )


def valid_digests(connection: Connection | Driver) -> Sequence[tuple[int, bytes]]:
    """(number, digest) of the tokens that were not revoked."""
    query = select(desk_token.c.number, desk_token.c.digest).where(desk_token.c.revoked_at.is_(None))
    return [(row.number, bytes(row.digest)) for row in connection.execute(query.order_by(desk_token.c.number))]


def is_any_token(connection: Connection | Driver) -> bool:
    """Whether anybody may sign in."""
    query = select(desk_token.c.number).where(desk_token.c.revoked_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def session_name(connection: Connection | Driver, digest: bytes, now: datetime) -> str | None:
    """Whose session it is; None where it is over, or its token was revoked."""
    query = (
        select(desk_token.c.name)
        .join(desk_session, desk_session.c.token_number == desk_token.c.number)
        .where(
            desk_session.c.digest == digest,
            desk_session.c.ends_at > to_microseconds(now),
            desk_token.c.revoked_at.is_(None),
        )
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found
