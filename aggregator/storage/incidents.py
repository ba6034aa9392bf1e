"""What happened to sources and what the health feed says of it, inside one transaction; reached as `Batch.incidents`."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model.health import HealthFeedState, Incident, IncidentKind
from aggregator.model.source import SourceState
from aggregator.storage import rows, statements
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver
from aggregator.storage.tables import health_feed, incident, source_state

_THE_FEED = 1


class Incidents:
    """Statements of the health feed, and of the moves that are judged together."""

    def __init__(self, connection: Connection | Driver) -> None:
        self._connection = connection

    def add(self, begun: Incident) -> Incident:
        """Store a new one; it gets its number."""
        added = self._connection.execute(insert(incident), rows.incident_values(begun))
        assert added.inserted_primary_key is not None  # noqa: S101  one row was inserted
        return replace(begun, number=added.inserted_primary_key[0])

    def save(self, changed: Incident) -> None:
        """Replace all of it."""
        statement = update(incident).where(incident.c.number == changed.number)
        self._connection.execute(statement.values(rows.incident_values(changed)))

    def forget(self, number: int | None) -> None:
        """Drop one that ended before it was told."""
        self._connection.execute(delete(incident).where(incident.c.number == number))

    def latest(self, source_id: str, kind: IncidentKind) -> Incident | None:
        """The last of that kind in the source."""
        query = select(incident).where(incident.c.source_id == source_id, incident.c.kind == kind)
        row = self._connection.execute(query.order_by(incident.c.number.desc()).limit(1)).first()
        return None if row is None else rows.incident(row)

    def get(self, number: int) -> Incident:
        """The one of that number; it must exist."""
        return rows.incident(self._connection.execute(select(incident).where(incident.c.number == number)).one())

    def waiting(self) -> tuple[Incident, ...]:
        """Those that are not told yet, oldest first."""
        return self._find(incident.c.told_at.is_(None))

    def changed(self) -> tuple[Incident, ...]:
        """Those whose own entry is to be rendered."""
        return self._find(incident.c.is_changed.is_(True), incident.c.told_at.is_not(None), incident.c.group.is_(None))

    def members(self, number: int | None) -> tuple[Incident, ...]:
        """Those that are told in the entry of that one."""
        return self._find(incident.c.group == number)

    def told(self, limit: int) -> tuple[Incident, ...]:
        """Those that have an entry of their own, the newest first."""
        query = select(incident).where(incident.c.fragment.is_not(None))
        query = query.order_by(incident.c.told_at.desc(), incident.c.number.desc()).limit(limit)
        return tuple(rows.incident(row) for row in self._connection.execute(query))

    def told_since(self, since: datetime) -> int:
        """How many entries were added after that moment."""
        query = select(func.count()).where(incident.c.told_at > to_microseconds(since), incident.c.group.is_(None))
        return self._connection.execute(query).scalar_one()

    def collective(self, since: datetime) -> Incident | None:
        """The newest entry for many that goes on and was begun after that moment."""
        found = self._find(
            incident.c.kind == IncidentKind.MANY,
            incident.c.ended_at.is_(None),
            incident.c.told_at > to_microseconds(since),
        )
        return found[-1] if found else None

    def failing(self, since: datetime) -> tuple[int, int]:
        """(sources that fail, all) of those that were polled after that moment."""
        is_failing = case((source_state.c.failures > 0, 1), else_=0)
        query = select(func.coalesce(func.sum(is_failing), 0), func.count())
        row = self._connection.execute(query.where(source_state.c.last_poll_at > to_microseconds(since))).one()
        return int(row[0]), int(row[1])

    def movers(self) -> tuple[SourceState, ...]:
        """Sources that were moved or are about to be: few, so they are read whole."""
        query = statements.STATES.where(source_state.c.location.is_not(None) | source_state.c.move.is_not(None))
        return tuple(
            rows.source_state(row) for row in self._connection.execute(query.order_by(source_state.c.source_id))
        )

    def feed(self) -> HealthFeedState | None:
        """What is stored of the published document; None before the first."""
        return feed_state(self._connection)

    def save_feed(self, state: HealthFeedState) -> None:
        """Write it as a whole."""
        make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[self._connection.dialect.name]
        values = {
            "updated_at": to_microseconds(state.updated_at),
            "bytes_digest": state.bytes_digest,
            "changed_at": to_microseconds(state.changed_at),
        }
        statement = make(health_feed).values(values | {"number": _THE_FEED})
        self._connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=values))

    def _find(self, *conditions: Any) -> tuple[Incident, ...]:
        query = select(incident).where(*conditions).order_by(incident.c.number)
        return tuple(rows.incident(row) for row in self._connection.execute(query))


def feed_state(connection: Connection | Driver) -> HealthFeedState | None:
    """The one row, for readers too."""
    row = connection.execute(select(health_feed)).one_or_none()
    if row is None:
        return None
    return HealthFeedState(
        updated_at=to_instant(row.updated_at),
        bytes_digest=bytes(row.bytes_digest),
        changed_at=to_instant(row.changed_at),
    )
