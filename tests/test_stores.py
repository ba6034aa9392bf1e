"""The store that tests begin with is what migrations make, statement for statement."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from aggregator.storage import Store
from tests.stores import put_empty_store


def dump(file: Path) -> list[list[str]]:
    """The file's schema and rows: the lines of each statement sorted, as Alembic copies the constraints and indexes of a table in
    any order.
    """
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        return sorted(
            sorted(line.strip(" \t,") for line in statement.splitlines()) for statement in connection.iterdump()
        )


def test_it_is_what_an_upgrade_makes(tmp_path: Path) -> None:
    put_empty_store(tmp_path / "put" / "store.db")
    for name in ("put", "migrated"):
        store = Store(f"sqlite:///{tmp_path / name / 'store.db'}")
        assert store.is_current() is (name == "put")
        assert store.upgrade(UUID(int=7), datetime(2026, 3, 1, tzinfo=UTC)) == UUID(int=7)
        store.close()
    assert dump(tmp_path / "put" / "store.db") == dump(tmp_path / "migrated" / "store.db")


def test_a_store_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"something")
    put_empty_store(tmp_path / "store.db")
    assert (tmp_path / "store.db").read_bytes() == b"something"
