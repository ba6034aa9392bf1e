"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "ambiguous_url",
        sa.Column("url_digest", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("url_digest", name=op.f("pk_ambiguous_url")),
    )
    op.create_table(
        "article",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uri", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_source", sa.String(length=64), nullable=False),
        sa.Column("owner_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("owner_priority", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("effective_basis", sa.String(length=16), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("material_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("title_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("url_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("uri", name=op.f("uq_article_uri")),
    )
    op.create_index(op.f("ix_article_effective_at"), "article", ["effective_at"], unique=False)
    op.create_table(
        "document",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_document")),
    )
    op.create_table(
        "instance",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "poll",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("took_us", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("body_bytes", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("known_share", sa.Float(), nullable=True),
        sa.Column("defects", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
    )
    op.create_index(op.f("ix_poll_source_id_started_at"), "poll", ["source_id", "started_at"], unique=False)
    op.create_table(
        "source_state",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("validators_url", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("document_digests", sa.LargeBinary(), nullable=False),
        sa.Column("next_poll_at", sa.BigInteger(), nullable=True),
        sa.Column("first_good_poll_at", sa.BigInteger(), nullable=True),
        sa.Column("last_poll_at", sa.BigInteger(), nullable=True),
        sa.Column("last_good_poll_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("not_modified_seen", sa.Boolean(), nullable=False),
        sa.Column("retry_after_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_state")),
    )
    op.create_table(
        "topic_feed",
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("grain", sa.String(length=16), nullable=False),
        sa.Column("feed_id", sa.String(length=64), nullable=False),
        sa.Column("id_policy", sa.String(length=8), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("bytes_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("topic_id", "grain", name=op.f("pk_topic_feed")),
    )
    op.create_table(
        "entry_id",
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id_policy", sa.String(length=8), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_entry_id_article_id_article")),
        sa.PrimaryKeyConstraint("article_id", "id_policy", name=op.f("pk_entry_id")),
        sa.UniqueConstraint("id_policy", "entry_id", name=op.f("uq_entry_id_id_policy_entry_id")),
    )
    op.create_table(
        "entry_key",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_entry_key_article_id_article")),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_entry_key")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("grain", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("id_policy", sa.String(length=8), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("first_published_at", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("pending_since", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("fragment", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_ledger_article_id_article")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
        sa.UniqueConstraint("topic_id", "grain", "article_id", name=op.f("uq_ledger_topic_id_grain_article_id")),
        sa.UniqueConstraint("topic_id", "grain", "entry_id", name=op.f("uq_ledger_topic_id_grain_entry_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ledger_article_id"), "ledger", ["article_id"], unique=False)
    op.create_index(
        op.f("ix_ledger_topic_id_grain_state_first_published_at"),
        "ledger",
        ["topic_id", "grain", "state", "first_published_at"],
        unique=False,
    )
    op.create_table(
        "match",
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("matched_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_match_article_id_article")),
        sa.PrimaryKeyConstraint("article_id", "topic_id", name=op.f("pk_match")),
    )
    op.create_table(
        "observation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("body_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("url_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("repairs", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_observation_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
        sa.UniqueConstraint("source_id", "key", "text_digest", name=op.f("uq_observation_source_id_key_text_digest")),
    )
    op.create_index(op.f("ix_observation_article_id"), "observation", ["article_id"], unique=False)
    op.create_index(op.f("ix_observation_body_digest"), "observation", ["body_digest"], unique=False)
    op.create_index(op.f("ix_observation_url_digest"), "observation", ["url_digest"], unique=False)
