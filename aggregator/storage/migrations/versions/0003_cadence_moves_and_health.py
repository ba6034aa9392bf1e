"""What a source asks for and was seen to do, where it moved, and what is told of its health."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for column in (
        sa.Column("fresh_until", sa.BigInteger()),
        sa.Column("pace", sa.Text()),
        sa.Column("rhythm", sa.Text()),
        sa.Column("coverage", sa.Text()),
        sa.Column("location", sa.Text()),
        sa.Column("stands_for", sa.Text()),
        sa.Column("moved_at", sa.BigInteger()),
        sa.Column("move", sa.Text()),
        sa.Column("gone_polls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gaps", sa.Integer(), server_default="0", nullable=False),
    ):
        op.add_column("source_state", column)
    op.create_index(op.f("ix_source_state_next_poll_at"), "source_state", ["next_poll_at"], unique=False)
    # Until now gaps were counted from the notes of the polls.
    op.execute(
        """
        UPDATE source_state SET gaps = (
            SELECT count(*) FROM poll WHERE poll.source_id = source_state.source_id AND poll.error LIKE 'gap:%'
        )
        """
    )
    op.create_table(
        "incident",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("last_new_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("group", sa.BigInteger(), nullable=True),
        sa.Column("is_changed", sa.Boolean(), nullable=False),
        sa.Column("fragment", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_incident")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_incident_entry_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incident_source_id_kind"), "incident", ["source_id", "kind"], unique=False)
    op.create_index(op.f("ix_incident_told_at"), "incident", ["told_at"], unique=False)
    op.create_index(op.f("ix_incident_is_changed"), "incident", ["is_changed"], unique=False)
    op.create_index(op.f("ix_incident_group"), "incident", ["group"], unique=False)
    op.create_table(
        "health_feed",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("bytes_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_health_feed")),
    )
