"""Articles: what they are known by, where they were seen, the texts that they had."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from aggregator.storage.tables.columns import SERIAL, digest, instant, metadata

article = Table(
    "article",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("uri", String(64), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("owner_source", String(64), nullable=False),
    digest("owner_key"),
    Column("owner_priority", Integer, nullable=False),
    instant("first_seen_at"),
    instant("effective_at"),
    Column("effective_basis", String(16), nullable=False),
    digest("text_digest"),
    digest("material_digest"),
    digest("title_digest"),
    digest("body_digest", nullable=True),
    digest("url_digest", nullable=True),
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
    Column("id", SERIAL, primary_key=True),
    Column("source_id", String(64), nullable=False),
    digest("key"),
    digest("text_digest"),
    Column("article_id", ForeignKey("article.id"), nullable=False),
    Column("document", Text, nullable=False),
    Column("guid", Text),
    Column("link", Text),
    digest("body_digest", nullable=True),
    digest("url_digest", nullable=True),
    Column("repairs", Text, nullable=False),
    Column("publisher", Text),
    instant("first_seen_at"),
    instant("left_at", nullable=True),
    UniqueConstraint("source_id", "key", "text_digest"),
    Index(None, "article_id"),
    Index(None, "body_digest"),
    Index(None, "url_digest"),
)

ambiguous_url = Table("ambiguous_url", metadata, Column("url_digest", LargeBinary(16), primary_key=True))

# The texts that an article had before, and what each change was.
revision = Table(
    "revision",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    instant("replaced_at"),
    Column("content", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("is_by_owner", Boolean, nullable=False),
)

# Articles whose words in the search index are not those of their text; triggers write it (migration 0011).
search_due = Table("search_due", metadata, Column("article_id", ForeignKey("article.id"), primary_key=True))
