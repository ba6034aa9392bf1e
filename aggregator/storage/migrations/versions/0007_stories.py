"""Stories: what is compared, the articles by key, members, counts of terms; texts that were replaced; entries by version."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _article(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _is_article(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f(f"fk_{table}_article_id_article"))


def upgrade() -> None:
    op.create_table(
        "story_text",
        _article("article_id"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=True),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        _is_article("story_text"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_story_text")),
    )
    op.create_table(
        "story_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        _article("article_id"),
        _is_article("story_key"),
        sa.PrimaryKeyConstraint("key", "article_id", name=op.f("pk_story_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "story",
        sa.Column("uri", sa.String(length=64), nullable=False),
        sa.Column("representative", sa.String(length=64), nullable=False),
        sa.Column("merged_into", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_story")),
    )
    op.create_table(
        "story_member",
        _article("article_id"),
        sa.Column("story_uri", sa.String(length=64), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        _is_article("story_member"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_story_member")),
    )
    op.create_index(op.f("ix_story_member_story_uri"), "story_member", ["story_uri"], unique=False)
    op.create_table(
        "term_count",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_term_count")),
    )
    op.create_table(
        "revision",
        _article("article_id"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("is_by_owner", sa.Boolean(), nullable=False),
        _is_article("revision"),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_revision")),
    )
    op.add_column("topic_feed", sa.Column("is_further", sa.Boolean(), server_default=sa.false(), nullable=False))
    # SQLite changes no constraint in place: the table is copied.
    with op.batch_alter_table("ledger", table_kwargs={"sqlite_autoincrement": True}) as ledger:
        ledger.add_column(sa.Column("version", sa.Integer(), server_default="0", nullable=False))
        ledger.add_column(sa.Column("follows", sa.String(length=64), nullable=True))
        ledger.add_column(sa.Column("news", sa.Text(), nullable=True))
        ledger.drop_constraint("uq_ledger_topic_id_grain_article_id", type_="unique")
        ledger.create_unique_constraint(
            op.f("uq_ledger_topic_id_grain_article_id_version"), ["topic_id", "grain", "article_id", "version"]
        )
