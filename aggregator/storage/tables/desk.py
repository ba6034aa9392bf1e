"""What people decide and ask for, and who may."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, Text

from aggregator.storage.tables.columns import SERIAL, instant, metadata

decision = Table(
    "decision",
    metadata,
    Column("number", SERIAL, primary_key=True),
    Column("word", String(16), nullable=False),
    # No reference: what another desk decided waits for its article (docs/decisions.md).
    Column("article_uri", String(64), nullable=False),
    Column("topic_id", String(64)),
    Column("other_uri", String(64)),
    Column("day", String(10)),
    instant("until", nullable=True),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    instant("decided_at"),
    instant("applied_at", nullable=True),
    Index(None, "article_uri"),
    Index(None, "other_uri"),
    sqlite_autoincrement=True,
)

# Who may work at the desk on pages. A name is given once for ever: it stands under what was decided.
desk_token = Table(
    "desk_token",
    metadata,
    Column("number", SERIAL, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    instant("made_at"),
    instant("revoked_at", nullable=True),
    sqlite_autoincrement=True,
)

desk_session = Table(
    "desk_session",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("token_number", ForeignKey("desk_token.number"), nullable=False, index=True),
    instant("ends_at"),
)

# What a command asks of the process that holds the lock: poll a source now, close a feed (rules R25).
request = Table(
    "request",
    metadata,
    Column("number", SERIAL, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("argument", Text, nullable=False),
    instant("asked_at"),
    instant("done_at", nullable=True),
    sqlite_autoincrement=True,
)
