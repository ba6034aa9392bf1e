"""Copies: signatures, the texts by key, verdicts on two texts, groups; and what people put together or apart."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _article(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "article_signature",
        _article("article_id"),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("vocabulary", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_signature_article_id_article")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_signature")),
    )
    op.create_table(
        "band",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        _article("article_id"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_band_article_id_article")),
        sa.PrimaryKeyConstraint("key", "article_id", name=op.f("pk_band")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "copy_pair",
        _article("one_id"),
        _article("other_id"),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["one_id"], ["article.id"], name=op.f("fk_copy_pair_one_id_article")),
        sa.ForeignKeyConstraint(["other_id"], ["article.id"], name=op.f("fk_copy_pair_other_id_article")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_copy_pair")),
    )
    op.create_index(op.f("ix_copy_pair_other_id"), "copy_pair", ["other_id"], unique=False)
    op.create_table(
        "copy_group",
        _article("article_id"),
        sa.Column("group_uri", sa.String(length=64), nullable=False),
        sa.Column("anchor_uri", sa.String(length=64), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_copy_group_article_id_article")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_copy_group")),
    )
    op.create_index(op.f("ix_copy_group_group_uri"), "copy_group", ["group_uri"], unique=False)
    op.add_column("ledger", sa.Column("copy_of", sa.String(length=64), nullable=True))
    op.add_column("observation", sa.Column("publisher", sa.Text(), nullable=True))
    op.add_column("decision", sa.Column("other_uri", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_decision_other_uri"), "decision", ["other_uri"], unique=False)
