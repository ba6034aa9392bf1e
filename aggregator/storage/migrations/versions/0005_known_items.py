"""What is remembered of a document's items in a table of its own: most polls do not change it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "known_items",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_known_items")),
    )
    op.execute(
        "INSERT INTO known_items (source_id, packed) "
        "SELECT source_id, item_digests FROM source_state WHERE item_digests IS NOT NULL"
    )
    op.drop_column("source_state", "item_digests")
