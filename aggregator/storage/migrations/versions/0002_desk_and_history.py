"""Decisions of the desk, archive pages, requests, tombstones, and what a poll remembers of its last document."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("source_state") as table:
        table.add_column(sa.Column("raw_digest", sa.LargeBinary(length=16)))
        table.add_column(sa.Column("item_digests", sa.LargeBinary()))
    with op.batch_alter_table("topic_feed") as table:
        table.add_column(sa.Column("closed_at", sa.BigInteger()))
    # Plain columns: a batch would copy the table and forget AUTOINCREMENT.
    op.add_column("ledger", sa.Column("position", sa.Integer()))
    op.add_column("ledger", sa.Column("archived_fragment", sa.LargeBinary()))
    op.add_column("ledger", sa.Column("withdrawn_at", sa.BigInteger()))
    op.add_column("ledger", sa.Column("has_tombstone", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("ledger", sa.Column("unsettled_source", sa.String(length=64)))
    # Rows that stand in a file already keep the order in which they came.
    op.execute(
        """
        UPDATE ledger SET position = (
            SELECT count(*) FROM ledger AS other
            WHERE other.topic_id = ledger.topic_id AND other.grain = ledger.grain
              AND other.state IN ('live', 'archived') AND other.seq <= ledger.seq
        ) WHERE state IN ('live', 'archived')
        """
    )
    op.create_index(op.f("ix_ledger_topic_id_grain_position"), "ledger", ["topic_id", "grain", "position"], unique=True)
    op.create_index(op.f("ix_ledger_pending_since"), "ledger", ["pending_since"], unique=False)
    op.create_index(
        op.f("ix_ledger_topic_id_grain_withdrawn_at"), "ledger", ["topic_id", "grain", "withdrawn_at"], unique=False
    )
    op.create_index(op.f("ix_ledger_unsettled_source"), "ledger", ["unsettled_source"], unique=False)
    op.create_table(
        "archive_page",
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("grain", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("bytes_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "grain", "number", name=op.f("pk_archive_page")),
    )
    op.create_table(
        "decision",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_decision_article_id_article")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_decision")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_decision_article_id"), "decision", ["article_id"], unique=False)
    op.create_table(
        "request",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("argument", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_request")),
        sqlite_autoincrement=True,
    )
