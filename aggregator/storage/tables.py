"""The schema, dialect-neutral. Instants are integer microseconds since 1970 UTC, so that prepared text needs no types."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives a row number only to INTEGER primary keys.
_Serial = BigInteger().with_variant(Integer(), "sqlite")


def _digest(name: str, *, nullable: bool = False) -> Column[bytes]:
    """blake2b-16."""
    return Column(name, LargeBinary(16), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


instance = Table(
    "instance",
    metadata,
    Column("id", String(36), primary_key=True),
    _instant("created_at"),
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
    _instant("next_poll_at", nullable=True),
    _instant("first_good_poll_at", nullable=True),
    _instant("last_poll_at", nullable=True),
    _instant("last_good_poll_at", nullable=True),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    Column("not_modified_seen", Boolean, nullable=False),
    _instant("retry_after_at", nullable=True),
    _digest("raw_digest", nullable=True),
    _instant("fresh_until", nullable=True),
    Column("pace", Text),
    Column("rhythm", Text),
    Column("coverage", Text),
    Column("location", Text),
    Column("stands_for", Text),
    _instant("moved_at", nullable=True),
    Column("move", Text),
    Column("gone_polls", Integer, nullable=False, server_default="0"),
    Column("gaps", Integer, nullable=False, server_default="0"),
    Index(None, "next_poll_at"),
)

# One row an entry of feeds/source-health.atom; no article stands behind it, so the ledger cannot hold it.
incident = Table(
    "incident",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("source_id", String(64)),
    Column("kind", String(16), nullable=False),
    Column("entry_id", String(64), nullable=False, unique=True),
    _instant("began_at"),
    Column("detail", Text, nullable=False),
    _instant("last_new_at", nullable=True),
    _instant("ended_at", nullable=True),
    _instant("told_at", nullable=True),
    _instant("updated_at", nullable=True),
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
    _instant("updated_at"),
    _digest("bytes_digest"),
    _instant("changed_at"),
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
    _instant("read_at"),
)

article = Table(
    "article",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("uri", String(64), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("owner_source", String(64), nullable=False),
    _digest("owner_key"),
    Column("owner_priority", Integer, nullable=False),
    _instant("first_seen_at"),
    _instant("effective_at"),
    Column("effective_basis", String(16), nullable=False),
    _digest("text_digest"),
    _digest("material_digest"),
    _digest("title_digest"),
    _digest("body_digest", nullable=True),
    _digest("url_digest", nullable=True),
    Column("content", Text, nullable=False),
    Index(None, "effective_at"),
)

# The poll path asks by source first: neighbouring rows, not a random tree over all sources (docs/decisions.md).
entry_key = Table(
    "entry_key",
    metadata,
    Column("source_id", String(64), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("article_id", ForeignKey("article.id"), nullable=False),
)

observation = Table(
    "observation",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("source_id", String(64), nullable=False),
    _digest("key"),
    _digest("text_digest"),
    Column("article_id", ForeignKey("article.id"), nullable=False),
    Column("document", Text, nullable=False),
    Column("guid", Text),
    Column("link", Text),
    _digest("body_digest", nullable=True),
    _digest("url_digest", nullable=True),
    Column("repairs", Text, nullable=False),
    Column("publisher", Text),
    _instant("first_seen_at"),
    _instant("left_at", nullable=True),
    UniqueConstraint("source_id", "key", "text_digest"),
    Index(None, "article_id"),
    Index(None, "body_digest"),
    Index(None, "url_digest"),
)

ambiguous_url = Table("ambiguous_url", metadata, Column("url_digest", LargeBinary(16), primary_key=True))

match = Table(
    "match",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("topic_id", String(64), primary_key=True),
    Column("rule_version", String(64), nullable=False),
    Column("score", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    _instant("matched_at"),
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
    Column("seq", _Serial, primary_key=True),
    Column("topic_id", String(64), nullable=False),
    Column("grain", String(16), nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("id_policy", String(8), nullable=False),
    Column("article_id", ForeignKey("article.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule_version", String(64), nullable=False),
    _instant("first_published_at"),
    Column("published", Text),
    _instant("updated_at"),
    _instant("pending_since", nullable=True),
    _digest("digest"),
    Column("fragment", LargeBinary),
    Column("position", Integer),
    Column("archived_fragment", LargeBinary),
    _instant("withdrawn_at", nullable=True),
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
    _digest("made_of"),
    _digest("bytes_digest"),
    _instant("changed_at"),
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
    _instant("updated_at"),
    _digest("bytes_digest", nullable=True),
    _instant("changed_at", nullable=True),
    _instant("closed_at", nullable=True),
    Column("is_further", Boolean, nullable=False, server_default=false()),
)

archive_page = Table(
    "archive_page",
    metadata,
    Column("topic_id", String(64), primary_key=True),
    Column("grain", String(16), primary_key=True),
    Column("number", Integer, primary_key=True),
    _digest("bytes_digest"),
    _instant("changed_at"),
)

decision = Table(
    "decision",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("word", String(16), nullable=False),
    # No reference: what another desk decided waits for its article (docs/decisions.md).
    Column("article_uri", String(64), nullable=False),
    Column("topic_id", String(64)),
    Column("other_uri", String(64)),
    Column("day", String(10)),
    _instant("until", nullable=True),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _instant("decided_at"),
    _instant("applied_at", nullable=True),
    Index(None, "article_uri"),
    Index(None, "other_uri"),
    sqlite_autoincrement=True,
)

# Who may work at the desk on pages. A name is given once for ever: it stands under what was decided.
desk_token = Table(
    "desk_token",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    _instant("made_at"),
    _instant("revoked_at", nullable=True),
    sqlite_autoincrement=True,
)

desk_session = Table(
    "desk_session",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("token_number", ForeignKey("desk_token.number"), nullable=False, index=True),
    _instant("ends_at"),
)

# The keys of a text in one piece, so that those of an edited one can be taken back.
article_signature = Table(
    "article_signature",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("keys", LargeBinary, nullable=False),
    Column("words", Integer, nullable=False),
    Column("vocabulary", LargeBinary, nullable=False),
)

# Key -> the texts that have it: the newest of them are neighbouring rows, read from the end.
band = Table(
    "band",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    sqlite_with_rowid=False,
)

# Verdicts by which two texts are copies; `one_id` is the smaller number.
copy_pair = Table(
    "copy_pair",
    metadata,
    Column("one_id", ForeignKey("article.id"), primary_key=True),
    Column("other_id", ForeignKey("article.id"), primary_key=True),
    Column("relation", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    Index(None, "other_id"),
)

copy_group = Table(
    "copy_group",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("group_uri", String(64), nullable=False),
    Column("anchor_uri", String(64), nullable=False),
    Column("relation", String(16)),
    Column("score", Float),
    Column("evidence", Text),
    Index(None, "group_uri"),
)

# Articles whose words in the search index are not those of their text; triggers write it (migration 0011).
search_due = Table("search_due", metadata, Column("article_id", ForeignKey("article.id"), primary_key=True))

# What stories compare of an article.
story_text = Table(
    "story_text",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    _instant("at"),
    Column("agency", String(64)),
    Column("features", LargeBinary, nullable=False),
)

# Key -> the articles that have it, as for copies.
story_key = Table(
    "story_key",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    sqlite_with_rowid=False,
)

# Stories of two articles or more. One that is `merged_into` another keeps its row: its uri leads there.
story = Table(
    "story",
    metadata,
    Column("uri", String(64), primary_key=True),
    Column("representative", String(64), nullable=False),
    Column("merged_into", String(64)),
)

story_member = Table(
    "story_member",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("story_uri", String(64), nullable=False),
    Column("relation", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    Index(None, "story_uri"),
)

# How many articles of a day hold a term, as of the article `through`: what came later is counted from `story_text`.
term_count = Table(
    "term_count",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("through", BigInteger, nullable=False),
    Column("counts", LargeBinary, nullable=False),
)

# The texts that an article had before, and what each change was.
revision = Table(
    "revision",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _instant("replaced_at"),
    Column("content", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("is_by_owner", Boolean, nullable=False),
)

# What a command asks of the process that holds the lock: poll a source now, close a feed (rules R25).
request = Table(
    "request",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("argument", Text, nullable=False),
    _instant("asked_at"),
    _instant("done_at", nullable=True),
    sqlite_autoincrement=True,
)

poll = Table(
    "poll",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("source_id", String(64), nullable=False),
    _instant("started_at"),
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
    Column("number", _Serial, primary_key=True),
    Column("source_id", String(64), nullable=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("is_offered", Boolean, nullable=False),
    _instant("offered_at"),
    Column("state", String(8), nullable=False),
    _instant("changed_at"),
    _instant("due_at", nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("token", String(64), unique=True),
    Column("secret", String(64)),
    Column("callback", Text),
    _instant("verified_at", nullable=True),
    _instant("expires_at", nullable=True),
    Column("deliveries", BigInteger, nullable=False),
    _instant("delivered_at", nullable=True),
    Column("forged", BigInteger, nullable=False),
    _instant("invited_at", nullable=True),
    Column("missed", Integer, nullable=False),
    Column("detail", Text),
    Index(None, "source_id"),
    Index(None, "invited_at"),
    sqlite_autoincrement=True,
)

# Which bytes of which of our own feeds each hub was told of (WebSub).
announcement = Table(
    "announcement",
    metadata,
    Column("hub", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    _digest("told", nullable=True),
    _instant("told_at", nullable=True),
    Column("attempts", Integer, nullable=False),
    _instant("due_at", nullable=True),
    Column("detail", Text),
)
