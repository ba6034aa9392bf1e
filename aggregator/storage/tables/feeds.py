"""Published feeds: what matches, what went out under which id, which files are behind, what our hubs were told."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from aggregator.storage.tables.columns import SERIAL, digest, instant, metadata

match = Table(
    "match",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("topic_id", String(64), primary_key=True),
    Column("rule_version", String(64), nullable=False),
    Column("score", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    instant("matched_at"),
)

entry_id = Table(
    "entry_id",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("id_policy", String(8), primary_key=True),
    Column("entry_id", Text, nullable=False),
    UniqueConstraint("id_policy", "entry_id"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", SERIAL, primary_key=True),
    Column("topic_id", String(64), nullable=False),
    Column("grain", String(16), nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("id_policy", String(8), nullable=False),
    Column("article_id", ForeignKey("article.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule_version", String(64), nullable=False),
    instant("first_published_at"),
    Column("published", Text),
    instant("updated_at"),
    instant("pending_since", nullable=True),
    digest("digest"),
    Column("fragment", LargeBinary),
    Column("position", Integer),
    Column("archived_fragment", LargeBinary),
    instant("withdrawn_at", nullable=True),
    Column("has_tombstone", Boolean, nullable=False, server_default=false()),
    Column("unsettled_source", String(64)),
    Column("copy_of", String(64)),
    # 0 for the entry of the article itself; one more entry for each version of its text that is told by itself.
    Column("version", Integer, nullable=False, server_default="0"),
    Column("follows", String(64)),
    Column("news", Text),
    UniqueConstraint("topic_id", "grain", "article_id", "version"),
    UniqueConstraint("topic_id", "grain", "entry_id"),
    Index(None, "topic_id", "grain", "position", unique=True),
    Index(None, "pending_since"),
    Index(None, "topic_id", "grain", "withdrawn_at"),
    Index(None, "unsettled_source"),
    Index(None, "article_id"),
    Index(None, "topic_id", "grain", "state", "first_published_at"),
    # What the clock alone sets free; of a million rows a handful.
    Index(
        "ix_ledger_queued",
        "topic_id",
        "grain",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "ix_ledger_told_withdrawn",
        "withdrawn_at",
        sqlite_where=text("has_tombstone"),
        postgresql_where=text("has_tombstone"),
    ),
    sqlite_autoincrement=True,
)

# Feeds whose files are behind the ledger: `atom` since a row changed, `forms` since the Atom document did.
feed_due = Table(
    "feed_due",
    metadata,
    Column("topic_id", String(64), primary_key=True),
    Column("grain", String(16), primary_key=True),
    Column("step", String(8), primary_key=True),
    sqlite_with_rowid=False,
)

# The same document in another format, as it was last written; number 0 is the live one.
feed_form = Table(
    "feed_form",
    metadata,
    Column("topic_id", String(64), primary_key=True),
    Column("grain", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("form", String(8), primary_key=True),
    digest("made_of"),
    digest("bytes_digest"),
    instant("changed_at"),
    sqlite_with_rowid=False,
)

topic_feed = Table(
    "topic_feed",
    metadata,
    Column("topic_id", String(64), primary_key=True),
    Column("grain", String(16), primary_key=True),
    Column("feed_id", String(64), nullable=False),
    Column("id_policy", String(8), nullable=False),
    Column("rule_version", String(64), nullable=False),
    instant("updated_at"),
    digest("bytes_digest", nullable=True),
    instant("changed_at", nullable=True),
    instant("closed_at", nullable=True),
    Column("is_further", Boolean, nullable=False, server_default=false()),
)

archive_page = Table(
    "archive_page",
    metadata,
    Column("topic_id", String(64), primary_key=True),
    Column("grain", String(16), primary_key=True),
    Column("number", Integer, primary_key=True),
    digest("bytes_digest"),
    instant("changed_at"),
)

# Which bytes of which of our own feeds each hub was told of (WebSub).
announcement = Table(
    "announcement",
    metadata,
    Column("hub", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    digest("told", nullable=True),
    instant("told_at", nullable=True),
    Column("attempts", Integer, nullable=False),
    instant("due_at", nullable=True),
    Column("detail", Text),
)
