"""What `Reader` gives: stored values together with what hangs on them."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.article import Article, StoredArticle
from aggregator.model.copies import CopyVerdict
from aggregator.model.identity import Observation
from aggregator.model.ledger import LedgerRow
from aggregator.model.story import StoryMembership, StoryRelation
from aggregator.model.topic import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A local document and what became of it; `stored` is the article it is now."""

    source_id: str
    key: str
    status: str
    reason: str | None
    stored: StoredArticle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A ledger row with the article as it is now."""

    row: LedgerRow
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article with all that hangs on it, for the export."""

    stored: StoredArticle
    observations: tuple[Observation, ...]
    matches: tuple[Match, ...]
    published_in: tuple[str, ...]
    """Topics whose ledger has the article live."""
    texts: int
    """Different texts seen under this identity."""
    copy_group: str | None = None
    """Equal for near-identical texts; None where it stands alone."""
    story: str | None = None
    """Equal for reports of one event; None where it stands alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    """Another article of a group of copies, and what it is to the one that was asked for."""

    stored: StoredArticle
    verdict: CopyVerdict | None
    """None where a person put them together, or only a third text joins them."""
    through: str | None
    """The text that the verdict holds against, where that is not the one asked for: the group's longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A report of a story, and why it belongs."""

    stored: StoredArticle
    membership: StoryMembership

    @property
    def uri(self) -> str:
        return self.stored.uri

    @property
    def relation(self) -> StoryRelation:
        return self.membership.relation


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRow:
    """The last poll of a source, for `status`."""

    source_id: str
    started_at: datetime
    outcome: str
    status: int | None
    error: str | None
    entries: int
    new: int
    defects: int
