"""The connection of one transaction: prepared statements go to the driver as text, writes wait for company.

A statement through SQLAlchemy costs 75 us, of which SQLite needs 13 (docs/measurements.md); a first poll of twenty entries has
eighty. So the statements of the poll path are built from the same tables, turned into text once, and sent as it is.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain, repeat
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql import visitors

Values = Mapping[str, Any]

# Both drivers take the values by name.
_DIALECTS: Mapping[str, Callable[[], Any]] = {
    "sqlite": lambda: SQLiteDialect_pysqlite(paramstyle="named"),
    "postgresql": lambda: PGDialect_psycopg(paramstyle="pyformat"),  # type: ignore[no-untyped-call]
}
_MARKS = {"sqlite": ":{}", "postgresql": "%({})s"}
# How SQLAlchemy writes a list whose length is not known yet.
_LIST = re.compile(r"\(__\[POSTCOMPILE_(\w+)\]\)")


class Prepared:
    """A statement by dialect, as text with named values; `lists` of values take any length but none.

    Rows come back as the driver gives them: a boolean column of SQLite is 0 or 1.
    """

    def __init__(
        self, build: Callable[[str], Any], columns: Sequence[str] | None = None, *, is_first: bool = False
    ) -> None:
        """`build` gives the statement in a dialect; `columns` are those that an INSERT writes. `is_first`: other rows that
        wait may point to what it writes.
        """
        self.is_first = is_first
        self._build = cache(build)
        self._columns = columns
        self.text = cache(self._text)
        self.row = cache(self._row)
        self.tables = cache(self._tables)

    def _text(self, dialect: str, lengths: tuple[tuple[str, int], ...] = ()) -> tuple[str, Values]:
        """The text, and the values that stand in the statement itself."""
        compiled = self._build(dialect).compile(dialect=_DIALECTS[dialect](), column_keys=self._columns)
        sizes = dict(lengths)

        def listed(found: re.Match[str]) -> str:
            name = found.group(1)
            return f"({', '.join(map(_MARKS[dialect].format, _named(name, sizes[name])))})"

        constants = {name: value for name, value in compiled.params.items() if value is not None}
        return _LIST.sub(listed, str(compiled)), constants

    def _tables(self, dialect: str) -> frozenset[str]:
        """The tables that it reads or writes."""
        parts = visitors.iterate(self._build(dialect))
        return frozenset(part.name for part in parts if isinstance(part, Table))

    def _row(self, dialect: str) -> Any:
        names = self._build(dialect).selected_columns.keys()
        return NamedTuple("Row", [(name, Any) for name in names])._make


@cache
def _named(name: str, length: int) -> tuple[str, ...]:
    """What the members of a list are called."""
    return tuple(f"{name}_{at}" for at in range(length))


class Driver:
    """What a `Batch` and its parts speak to. Whatever is asked, writes that wait for a table it reads are sent before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor: Any = connection.connection.cursor()
        self._waiting: dict[Prepared, list[Values]] = {}
        self._touched: set[str] = set()
        self.dialect = connection.dialect

    @property
    def waiting(self) -> int:
        """How many rows are not sent yet."""
        return sum(map(len, self._waiting.values()))

    def execute(self, statement: Any, values: Any = None) -> Any:
        """Any statement, through SQLAlchemy."""
        self.send()
        return self._connection.execute(statement, values)

    def ask(self, statement: Prepared, values: Values) -> list[Any]:
        """All rows of a prepared SELECT, columns by name; a list among the values stands for its members."""
        if not self._touched.isdisjoint(statement.tables(self.dialect.name)):
            self.send()
        self._run(statement, values)
        return list(map(statement.row(self.dialect.name), self._cursor.fetchall()))

    def write(self, statement: Prepared, values: Values) -> None:
        """Send a prepared statement now; a list among the values stands for its members."""
        self.send()
        self._run(statement, values)

    def _run(self, statement: Prepared, values: Values) -> None:
        plain: dict[str, Any] = {}
        lengths = []
        for name, value in values.items():
            if isinstance(value, list):
                # As many as a power of two, the last one again and again: the database reads a text of each length anew.
                members = value or [None]  # nothing is IN (NULL)
                length = 1 << (len(members) - 1).bit_length()
                lengths.append((name, length))
                plain.update(zip(_named(name, length), chain(members, repeat(members[-1])), strict=False))
            else:
                plain[name] = value
        text, constants = statement.text(self.dialect.name, tuple(lengths))
        self._cursor.execute(text, {**constants, **plain})

    def write_later(self, statement: Prepared, values: Values) -> None:
        """Send it with others of its kind, before anybody asks for its table."""
        if statement not in self._waiting:
            self._waiting[statement] = []
            self._touched |= statement.tables(self.dialect.name)
        self._waiting[statement].append(values)

    def send(self) -> None:
        """Send what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            self._touched.clear()
            for statement, rows in sorted(waiting.items(), key=lambda kind: not kind[0].is_first):
                self._cursor.executemany(statement.text(self.dialect.name)[0], rows)

    def begin_part(self) -> None:
        """What follows can be undone without the rest; parts do not nest."""
        self.send()
        self._cursor.execute("SAVEPOINT part")

    def end_part(self) -> None:
        """Keep it."""
        self._cursor.execute("RELEASE SAVEPOINT part")

    def undo_part(self) -> None:
        """Undo it."""
        self._waiting.clear()
        self._cursor.execute("ROLLBACK TO SAVEPOINT part")
        self._cursor.execute("RELEASE SAVEPOINT part")
