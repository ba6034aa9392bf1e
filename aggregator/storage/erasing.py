"""What the tables beside `article` hold of a text that the desk has erased -> gone; and what was deleted -> overwritten on the disk.

A table that is to hold words of an article, its address or its names has to be emptied here: the test of `desk erase` looks for
them in the bytes of the file.
"""

from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from aggregator.model.ledger import RowState
from aggregator.storage.driver import Driver
from aggregator.storage.search import strike_out
from aggregator.storage.tables import article, ledger, match, observation, revision, story_key, story_text

_PATIENCE_MS = 1000
"""How long the writer waits for readers to end; it does nothing else meanwhile."""
_UNNAMED = "copy of a text that the desk erased: told once"


def forget(connection: Connection | Driver, uri: str) -> None:
    """Drop its words in the search index and in its story, its earlier texts, why it matched and under which names it was seen, and its headline from the reasons of its copies.

    The digests stay, by which it is known when it comes again; so does the path of a local document, which is the user's name
    for it.
    """
    number = select(article.c.id).where(article.c.uri == uri).scalar_subquery()
    connection.execute(delete(match).where(match.c.article_id == number))
    strike_out(connection, number)
    for table in (story_key, story_text, revision):
        connection.execute(delete(table).where(table.c.article_id == number))
    names: dict[str, Any] = {"guid": None, "link": None, "publisher": None, "repairs": "[]"}
    connection.execute(update(observation).where(observation.c.article_id == number).values(names))
    held = update(ledger).where(ledger.c.copy_of == uri, ledger.c.state == RowState.HELD)
    connection.execute(held.values(reason=_UNNAMED))


def scrub(engine: Engine) -> bool:
    """Write the store anew without what was deleted or replaced in it; False where a reader kept an older view of it.

    SQLite leaves deleted text in free pages and in its write-ahead log, PostgreSQL in dead rows.
    """
    connection = engine.raw_connection()
    connection.detach()  # its settings end with it
    try:
        cursor = connection.cursor()
        if engine.dialect.name != "sqlite":
            connection.autocommit = True  # type: ignore[attr-defined]  # psycopg's: no VACUUM inside a transaction
            cursor.execute("VACUUM FULL")
            return True
        cursor.execute("VACUUM")
        cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        ((is_busy, _, _),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not is_busy
    finally:
        connection.close()
