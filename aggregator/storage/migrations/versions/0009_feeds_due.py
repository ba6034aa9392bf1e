"""Feeds whose files are behind the ledger, their other formats, and what the clock alone sets free."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "feed_due",
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("grain", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "grain", "step", name=op.f("pk_feed_due")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feed_form",
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("grain", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("made_of", sa.LargeBinary(length=16), nullable=False),
        sa.Column("bytes_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "grain", "number", "form", name=op.f("pk_feed_form")),
        sqlite_with_rowid=False,
    )
    queued, told = sa.text("state = 'queued'"), sa.text("has_tombstone")
    op.create_index("ix_ledger_queued", "ledger", ["topic_id", "grain"], sqlite_where=queued, postgresql_where=queued)
    op.create_index("ix_ledger_told_withdrawn", "ledger", ["withdrawn_at"], sqlite_where=told, postgresql_where=told)
