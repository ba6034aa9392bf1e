"""The desk on pages: tokens that people are given, and the sessions that begin with them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "desk_token",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_desk_token")),
        sa.UniqueConstraint("name", name=op.f("uq_desk_token_name")),
        sa.UniqueConstraint("digest", name=op.f("uq_desk_token_digest")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "desk_session",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_number"], ["desk_token.number"], name=op.f("fk_desk_session_token_number_desk_token")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_desk_session")),
    )
    op.create_index(op.f("ix_desk_session_token_number"), "desk_session", ["token_number"])
