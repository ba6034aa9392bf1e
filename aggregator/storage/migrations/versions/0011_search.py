"""Search: the index of stems, and which articles it does not hold as they are.

Triggers note every new and every changed text, whoever writes it: what is forgotten must not be found any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# Folded letters and digits are words already; vowel signs of Indic scripts belong to theirs.
_INDEX = (
    "CREATE VIRTUAL TABLE search_index USING fts5(language, headline, text,"
    " tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\")"
)
_NOTE = " ON article BEGIN INSERT OR IGNORE INTO search_due (article_id) VALUES (new.id); END"
_ON_NEW = "CREATE TRIGGER search_due_added AFTER INSERT" + _NOTE
_ON_EDITED = "CREATE TRIGGER search_due_edited AFTER UPDATE OF content" + _NOTE


def upgrade() -> None:
    op.create_table(
        "search_due",
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_search_due_article_id_article")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_search_due")),
    )
    op.execute("INSERT INTO search_due (article_id) SELECT id FROM article")
    op.execute(_INDEX)
    op.execute(_ON_NEW)
    op.execute(_ON_EDITED)
