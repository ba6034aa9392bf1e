"""Which texts are copies of one another, and which are reports of one event."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from aggregator.storage.tables.columns import instant, metadata

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

# What stories compare of an article.
story_text = Table(
    "story_text",
    metadata,
    Column("article_id", ForeignKey("article.id"), primary_key=True),
    instant("at"),
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
