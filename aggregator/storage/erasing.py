"""What the tables beside `article` hold of a text that the desk has erased -> gone; and what was deleted -> overwritten on the disk.

A table that is to hold words of an article, its address or its names has to be emptied here: `tests/test_erasing.py` wants every
column of text told, and looks for the words of an erased article in all of them.
"""

from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from aggregator.model.desk import Word
from aggregator.model.ledger import RowState
from aggregator.model.story import StoryEvidence
from aggregator.storage.codec import STORY_EVIDENCE, small_to_json
from aggregator.storage.driver import Driver
from aggregator.storage.search import strike_out
from aggregator.storage.tables import (
    article,
    decision,
    ledger,
    match,
    observation,
    revision,
    story_key,
    story_member,
    story_text,
)

_PATIENCE_MS = 1000
"""How long the writer waits for readers to end; it does nothing else meanwhile."""
_UNNAMED = "copy of a text that the desk erased: told once"
_NO_NOTE = "erased with its article"


def forget(connection: Connection | Driver, uri: str) -> None:
    """Drop its words in the search index and in its story, its earlier texts, why it matched and under which names it was seen,
    what its entries told as news, what colleagues noted of it, and its headline from the reasons of its copies.

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
    connection.execute(update(ledger).where(ledger.c.article_id == number).values(news=None))
    forget_notes(connection, uri)
    _forget_likeness(connection, uri, number)
    held = update(ledger).where(ledger.c.copy_of == uri, ledger.c.state == RowState.HELD)
    connection.execute(held.values(reason=_UNNAMED))


def forget_notes(connection: Connection | Driver, uri: str) -> None:
    """What colleagues noted of the article; that somebody noted something stays."""
    noted = update(decision).where(decision.c.article_uri == uri, decision.c.word == Word.NOTE)
    connection.execute(noted.values(reason=_NO_NOTE))


def _forget_likeness(connection: Connection | Driver, uri: str, number: Any) -> None:
    """What ties others of its story to it are its numbers and words as well. It leaves the story."""
    story = select(story_member.c.story_uri).where(story_member.c.article_id == number).scalar_subquery()
    for row in connection.execute(select(story_member).where(story_member.c.story_uri == story)).all():
        evidence = STORY_EVIDENCE.validate_json(row.evidence)
        if evidence.nearest == uri:
            bare = small_to_json(STORY_EVIDENCE, StoryEvidence(reason=evidence.reason, hours=evidence.hours), None)
            tied = update(story_member).where(story_member.c.article_id == row.article_id)
            connection.execute(tied.values(evidence=bare))
    connection.execute(delete(story_member).where(story_member.c.article_id == number))


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
