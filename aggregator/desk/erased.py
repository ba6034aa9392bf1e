"""A stored article -> what is left of it once the desk has erased it: who showed it, and no word of what it said."""

from dataclasses import replace

from aggregator.model.article import Article, Completeness, Publisher, Rights, StoredArticle
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish


def erased(stored: StoredArticle) -> StoredArticle:
    """The article without its text, address, authors and dates as printed. Its uri, and when it was seen, stay (rules R16, R28)."""
    article = stored.article
    nothing = Article(
        headline="",
        completeness=Completeness.HEADLINE,
        publisher=Publisher(source_id=article.publisher.source_id, name=article.publisher.name),
        rights=Rights(republish=Republish.NONE),
        origin=OriginSource(),
        is_local=article.is_local,
    )
    return replace(stored, article=nothing)
