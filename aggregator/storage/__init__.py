"""Tables, migrations and statements: one implementation on SQLAlchemy Core. Storage knows no rules (rules R6)."""

from aggregator.storage.batch import Batch
from aggregator.storage.codec import article_to_plain
from aggregator.storage.reader import (
    ArticleView,
    DocumentRow,
    LedgerView,
    PollRow,
    Reader,
)
from aggregator.storage.store import Store, lock_file

__all__ = [
    "ArticleView",
    "Batch",
    "DocumentRow",
    "LedgerView",
    "PollRow",
    "Reader",
    "Store",
    "article_to_plain",
    "lock_file",
]
