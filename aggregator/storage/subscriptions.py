"""Subscriptions at hubs, inside one transaction; reached as `Batch.subscriptions`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator.model.push import Invitation, PushState, Subscription
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver, Prepared
from aggregator.storage.tables import source_state, subscription

_INSTANTS = ("offered_at", "changed_at", "due_at", "verified_at", "expires_at", "delivered_at", "invited_at")
_PLAIN = (
    "source_id", "hub", "topic", "is_offered", "attempts", "token", "secret", "callback", "deliveries", "forged", "missed", "detail",
)  # fmt: skip

# Asked at every poll.
_OF = Prepared(
    lambda _: (
        select(subscription).where(subscription.c.source_id == bindparam("source_id")).order_by(subscription.c.number)
    )
)
_ALL = select(subscription).order_by(subscription.c.number)
_BY_TOKEN = select(subscription).where(subscription.c.token == bindparam("token"))
# Asked every second.
_INVITED = (
    select(
        subscription.c.source_id,
        subscription.c.invited_at,
        source_state.c.last_poll_at,
        source_state.c.next_poll_at,
        source_state.c.retry_after_at,
    )
    .join(source_state, source_state.c.source_id == subscription.c.source_id)
    .where(subscription.c.invited_at.is_not(None))
)


def subscriptions(connection: Connection | Driver) -> tuple[Subscription, ...]:
    """Every one, those that are over too, oldest first."""
    return tuple(_subscription(row) for row in connection.execute(_ALL))


def by_token(connection: Connection, token: str) -> Subscription | None:
    """The one whose callback ends in the token."""
    row = connection.execute(_BY_TOKEN, {"token": token}).one_or_none()
    return None if row is None else _subscription(row)


def invitations(connection: Connection | Driver) -> tuple[Invitation, ...]:
    """Sources that a delivery asks to be polled and that have not been polled since."""
    return tuple(
        Invitation(
            source_id=row.source_id,
            invited_at=to_instant(row.invited_at),
            last_poll_at=to_instant(row.last_poll_at),
            next_poll_at=to_instant(row.next_poll_at),
            retry_after_at=to_instant(row.retry_after_at),
        )
        for row in connection.execute(_INVITED)
    )


class Subscriptions:
    """Statements of one table, and the due time of the sources that deliveries are about."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection

    def all(self) -> tuple[Subscription, ...]:
        """Every one, those that are over too, oldest first."""
        return subscriptions(self._connection)

    def of(self, source_id: str) -> tuple[Subscription, ...]:
        """Those of the source, oldest first."""
        return tuple(_subscription(row) for row in self._connection.ask(_OF, {"source_id": source_id}))

    def get(self, number: int) -> Subscription | None:
        """The one of that number, held until the transaction ends: a delivery and the daemon may change it at once."""
        query = select(subscription).where(subscription.c.number == number).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _subscription(row)

    def invitations(self) -> tuple[Invitation, ...]:
        """Sources that a delivery asks to be polled and that have not been polled since."""
        return invitations(self._connection)

    def save(self, changed: Iterable[Subscription]) -> None:
        """Write each as a whole; one without a number is new."""
        for one in changed:
            if one.number is None:
                self._connection.execute(insert(subscription), _values(one))
            else:
                statement = update(subscription).where(subscription.c.number == one.number)
                self._connection.execute(statement.values(_values(one)))

    def forget(self, numbers: Iterable[int]) -> None:
        """Drop the rows."""
        self._connection.execute(delete(subscription).where(subscription.c.number.in_(list(numbers))))

    def poll_at(self, source_id: str, at: datetime) -> None:
        """Move the source's next poll there; nothing else of its state is touched."""
        statement = update(source_state).where(source_state.c.source_id == source_id)
        self._connection.execute(statement.values(next_poll_at=to_microseconds(at)))


def _values(one: Subscription) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in _PLAIN}
    values |= {name: to_microseconds(getattr(one, name)) for name in _INSTANTS}
    return values | {"state": one.state.value}


def _subscription(row: Any) -> Subscription:
    values = {name: getattr(row, name) for name in ("number", *_PLAIN)}
    values["is_offered"] = bool(row.is_offered)  # a prepared statement of SQLite gives 0 or 1
    values |= {name: to_instant(getattr(row, name)) for name in _INSTANTS}
    return Subscription(**values, state=PushState(row.state))
