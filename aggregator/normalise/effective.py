"""Claimed dates -> the one that orders and tests windows (rules R9), and the one that is published (rules R12)."""

from datetime import datetime, timedelta

from aggregator.model.article import Article, EffectiveBasis, PartialDate, Precision

_MIN_CONFIDENCE = 0.5
_EXACT = (Precision.SECOND, Precision.MINUTE, Precision.DAY)


def effective(article: Article, first_seen_at: datetime) -> tuple[datetime, EffectiveBasis]:
    """The ordering date and which one it is; `first_seen_at` where nothing usable is claimed. Never printed."""
    claimed = _claimed(article)
    if claimed is None:
        return first_seen_at, EffectiveBasis.FIRST_SEEN
    date, basis = claimed
    if date.value > first_seen_at + timedelta(days=1):
        return first_seen_at, EffectiveBasis.FIRST_SEEN
    return date.value, basis


def best_claimed(article: Article, first_seen_at: datetime) -> PartialDate | None:
    """The date an entry prints as `published`: claimed and believable, else absent; never the time of reading."""
    claimed = _claimed(article)
    if claimed is None or claimed[0].value > first_seen_at + timedelta(days=1):
        return None
    return claimed[0]


def _claimed(article: Article) -> tuple[PartialDate, EffectiveBasis] | None:
    dates = (
        (article.published, EffectiveBasis.PUBLISHED),
        (article.updated, EffectiveBasis.UPDATED),
        (article.content_created, EffectiveBasis.CONTENT_CREATED),
    )
    return next(
        (
            (date, basis)
            for date, basis in dates
            if date and date.confidence >= _MIN_CONFIDENCE and date.precision in _EXACT
        ),
        None,
    )
