"""Sources and their polls: their state, their documents, what hubs said of them, what is told of their health."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table, Text

from aggregator.storage.tables.columns import SERIAL, digest, instant, metadata

instance = Table(
    "instance",
    metadata,
    Column("id", String(36), primary_key=True),
    instant("created_at"),
    Column("query_key", String(64)),
)

source_state = Table(
    "source_state",
    metadata,
    Column("source_id", String(64), primary_key=True),
    Column("validators_url", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("document_digests", LargeBinary, nullable=False),
    instant("next_poll_at", nullable=True),
    instant("first_good_poll_at", nullable=True),
    instant("last_poll_at", nullable=True),
    instant("last_good_poll_at", nullable=True),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    Column("not_modified_seen", Boolean, nullable=False),
    instant("retry_after_at", nullable=True),
    digest("raw_digest", nullable=True),
    instant("fresh_until", nullable=True),
    Column("pace", Text),
    Column("rhythm", Text),
    Column("coverage", Text),
    Column("location", Text),
    Column("stands_for", Text),
    instant("moved_at", nullable=True),
    Column("move", Text),
    Column("gone_polls", Integer, nullable=False, server_default="0"),
    Column("gaps", Integer, nullable=False, server_default="0"),
    Index(None, "next_poll_at"),
)

# Apart from the state, which every poll writes: twenty items are 1.6 KB.
known_items = Table(
    "known_items",
    metadata,
    Column("source_id", String(64), primary_key=True),
    Column("packed", LargeBinary, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("source_id", String(64), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("status", String(8), nullable=False),
    Column("reason", Text),
    instant("read_at"),
)

poll = Table(
    "poll",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("source_id", String(64), nullable=False),
    instant("started_at"),
    Column("took_us", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("body_bytes", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("duplicate", Integer, nullable=False),
    Column("known_share", Float),
    Column("defects", Integer, nullable=False),
    Index(None, "source_id", "started_at"),
)

# What hubs were asked for and what they delivered (WebSub).
subscription = Table(
    "subscription",
    metadata,
    Column("number", SERIAL, primary_key=True),
    Column("source_id", String(64), nullable=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("is_offered", Boolean, nullable=False),
    instant("offered_at"),
    Column("state", String(8), nullable=False),
    instant("changed_at"),
    instant("due_at", nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("token", String(64), unique=True),
    Column("secret", String(64)),
    Column("callback", Text),
    instant("verified_at", nullable=True),
    instant("expires_at", nullable=True),
    Column("deliveries", BigInteger, nullable=False),
    instant("delivered_at", nullable=True),
    Column("forged", BigInteger, nullable=False),
    instant("invited_at", nullable=True),
    Column("missed", Integer, nullable=False),
    Column("detail", Text),
    Index(None, "source_id"),
    Index(None, "invited_at"),
    sqlite_autoincrement=True,
)

# One row an entry of feeds/source-health.atom; no article stands behind it, so the ledger cannot hold it.
incident = Table(
    "incident",
    metadata,
    Column("number", SERIAL, primary_key=True),
    Column("source_id", String(64)),
    Column("kind", String(16), nullable=False),
    Column("entry_id", String(64), nullable=False, unique=True),
    instant("began_at"),
    Column("detail", Text, nullable=False),
    instant("last_new_at", nullable=True),
    instant("ended_at", nullable=True),
    instant("told_at", nullable=True),
    instant("updated_at", nullable=True),
    Column("group", BigInteger),
    Column("is_changed", Boolean, nullable=False),
    Column("fragment", LargeBinary),
    Index(None, "source_id", "kind"),
    Index(None, "told_at"),
    Index(None, "is_changed"),
    Index(None, "group"),
    sqlite_autoincrement=True,
)

# One row: there is one such feed.
health_feed = Table(
    "health_feed",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    instant("updated_at"),
    digest("bytes_digest"),
    instant("changed_at"),
)
