"""Serving: the key of signed query feeds, and what hubs were told of our own feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("instance", sa.Column("query_key", sa.String(length=64), nullable=True))
    op.create_table(
        "announcement",
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("told", sa.LargeBinary(length=16), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("hub", "url", name=op.f("pk_announcement")),
    )
