"""Decisions name their article by its uri, so that one may wait for an article that is not stored yet; embargoes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    # Made anew: SQLite drops no column that a constraint names, and Alembic's copy of a table forgets AUTOINCREMENT.
    op.drop_index(op.f("ix_decision_article_id"), table_name="decision")
    op.drop_index(op.f("ix_decision_other_uri"), table_name="decision")
    op.rename_table("decision", "decision_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE decision_before RENAME CONSTRAINT pk_decision TO pk_decision_before")
    op.create_table(
        "decision",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("article_uri", sa.String(length=64), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=True),
        sa.Column("other_uri", sa.String(length=64), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_decision")),
        sqlite_autoincrement=True,
    )
    op.execute(
        """
        INSERT INTO decision (number, word, article_uri, topic_id, other_uri, day, "by", reason, decided_at, applied_at)
        SELECT number, word, (SELECT uri FROM article WHERE article.id = article_id), topic_id, other_uri, day, "by", reason,
               decided_at, applied_at
        FROM decision_before ORDER BY number
        """
    )
    op.drop_table("decision_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval(pg_get_serial_sequence('decision', 'number'), max(number)) FROM decision")
    op.create_index(op.f("ix_decision_article_uri"), "decision", ["article_uri"], unique=False)
    op.create_index(op.f("ix_decision_other_uri"), "decision", ["other_uri"], unique=False)
