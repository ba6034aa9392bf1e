"""Tables, migrations and statements: one implementation on SQLAlchemy Core. Storage knows no rules (rules R6)."""

from aggregator.storage.asked import AskedArticle
from aggregator.storage.batch import Batch
from aggregator.storage.codec import article_to_plain
from aggregator.storage.copies import Window
from aggregator.storage.overview import Companion
from aggregator.storage.reader import Reader
from aggregator.storage.revisions import Replaced
from aggregator.storage.store import Store, lock_file
from aggregator.storage.views import ArticleView, CopyRow, DocumentRow, LedgerView, PollRow, StoryRow

__all__ = [
    "ArticleView",
    "AskedArticle",
    "Batch",
    "Companion",
    "CopyRow",
    "DocumentRow",
    "LedgerView",
    "PollRow",
    "Reader",
    "Replaced",
    "Store",
    "StoryRow",
    "Window",
    "article_to_plain",
    "lock_file",
]
