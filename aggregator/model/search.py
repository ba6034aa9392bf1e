"""Search over stored articles: what is asked, what lies in the index, what was found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.article import StoredArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTerm:
    """A word or a phrase as it may stand in the index; any of the readings will do."""

    readings: tuple[tuple[str, ...], ...]
    """Stems in order, one reading a language: the question does not say in which it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuestion:
    """What is looked for: every one of `wanted`, none of `unwanted`."""

    wanted: tuple[SearchTerm, ...]
    """Never empty."""
    unwanted: tuple[SearchTerm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchText:
    """What the index holds of an article: its words as stems, one space between them."""

    number: int
    """Of the article in the store."""
    language: str
    """Primary subtag; empty where unknown."""
    headline: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDue:
    """An article whose words in the index are not those of its text."""

    number: int
    stored: StoredArticle


class SearchOrder(StrEnum):
    """In which order articles are found."""

    BEST = "best"
    """Those that speak most of what is asked, the headline counting for more."""
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Which articles are looked at; None asks nothing."""

    topic_id: str | None = None
    source_id: str | None = None
    language: str | None = None
    """Primary subtag."""
    since: datetime | None = None
    without: frozenset[str] = frozenset()
    """Uris of articles that are not to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHits:
    """One page of what was found."""

    total: int
    """Counted up to one more than `MOST_COUNTED` of storage."""
    found: tuple[StoredArticle, ...]
