"""One store: a writer's engine, a readers' engine, migrations, and the file that locks it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import DBAPIError

from aggregator.errors import AlreadyRunning, StoreError
from aggregator.storage.batch import Batch
from aggregator.storage.codec import to_microseconds
from aggregator.storage.erasing import scrub
from aggregator.storage.reader import Reader
from aggregator.storage.tables import instance

HEAD = "0012"
"""The newest migration; a test holds it against the scripts, so that a start need not import Alembic."""


class Store:
    """The durable store behind one URL. `batch()` is for one writer at a time; `read()` may run beside it."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self._writer = _engine(url, begin="BEGIN IMMEDIATE")
        self._readers = _engine(url, begin="BEGIN")

    def close(self) -> None:
        """Close every connection; the store can be opened again."""
        self._writer.dispose()
        self._readers.dispose()

    def upgrade(self, instance_id: UUID, now: datetime) -> UUID:
        """Bring the schema to this release and give the instance id: the stored one, else the one handed in.

        Raises StoreError for a store that a newer release has written.
        """
        if self.url.get_backend_name() == "sqlite" and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        version = self.version()
        if version is None or version < HEAD:
            self._migrate()
        elif version > HEAD:
            raise StoreError(f"the store is at migration {version}, this release knows {HEAD}: upgrade aggregator")
        with self._writer.begin() as connection:
            stored = connection.execute(select(instance.c.id)).scalar_one_or_none()
            if stored is None:
                connection.execute(
                    instance.insert().values(id=str(instance_id), created_at=to_microseconds(now)),
                )
            return UUID(stored) if stored else instance_id

    def version(self) -> str | None:
        """The migration the store is at; None for an empty one."""
        try:
            with self._readers.connect() as connection:
                if not inspect(connection).has_table("alembic_version"):
                    return None
                found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
                return None if found is None else str(found)
        except DBAPIError as error:
            raise StoreError(
                f"{self.url.render_as_string(hide_password=True)} cannot be opened: {error.orig}"
            ) from error

    def is_current(self) -> bool:
        """Whether the store is there and needs no migration: what a command that only reads asks first."""
        database = self.url.database
        if self.url.get_backend_name() == "sqlite" and database and not Path(database).exists():
            return False
        return self.version() == HEAD

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """One transaction of the writer: all of it is stored, or after an exception none."""
        with self._writer.begin() as connection:
            batch = Batch(connection)
            yield batch
            batch.send()
        batch.is_stored = True

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """One consistent view."""
        with self._readers.begin() as connection:
            yield Reader(connection)

    @contextmanager
    def rehearse(self) -> Iterator[Batch]:
        """A batch that is rolled back at the end: what `--dry-run` shows really was computed."""
        with self._writer.connect() as connection, connection.begin() as transaction:
            try:
                yield Batch(connection)
            finally:
                transaction.rollback()

    def scrub(self) -> bool:
        """Overwrite what was deleted, outside every transaction; takes as long as a copy of the store. False: try again later."""
        return scrub(self._writer)

    def _migrate(self) -> None:
        from alembic import command  # noqa: PLC0415  Alembic costs 0.3 s to import; a start without migration skips it
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", "aggregator.storage:migrations")
        with self._writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold the store for polling and publishing (rules R25); the kernel lets go when the process ends, however it ends.

    Raises AlreadyRunning.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(path) from error
        yield
    finally:
        os.close(descriptor)


def _engine(url: str, *, begin: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def _connected(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # transactions begin where we say, not at the first write
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "wal_autocheckpoint=4000",
            "cache_size=-8000",
            "busy_timeout=10000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # Readers must not ask for the write lock, the writer must have it before it decides (rules R6).
        connection.exec_driver_sql(begin)

    return engine
