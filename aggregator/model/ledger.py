"""What goes out, when, and under which id (rules R11)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.article import PartialDate
from aggregator.model.topic import Grain, IdPolicy


class RowState(StrEnum):
    """Where an entry of a topic feed stands."""

    QUEUED = "queued"
    LIVE = "live"
    ARCHIVED = "archived"
    HELD = "held"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One entry of one topic feed; written once, its id and `published` never change."""

    seq: int | None
    """None until stored."""
    topic_id: str
    grain: Grain
    entry_id: str
    id_policy: IdPolicy
    article_uri: str
    state: RowState
    reason: str
    rule_version: str
    first_published_at: datetime
    published: PartialDate | None
    updated_at: datetime
    pending_since: datetime | None
    """A material change waits for the end of its hour (rules R12)."""
    digest: bytes
    """Fingerprint `material` of the text that the fragment shows."""
    fragment: bytes | None
    """The entry as it stands in the document; None while its rights forbid any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFeedState:
    """What is stored of a published feed (rules R23)."""

    topic_id: str
    grain: Grain
    feed_id: str
    id_policy: IdPolicy
    rule_version: str
    """The rule that the stored articles were last matched against (rules R27)."""
    updated_at: datetime
    """Monotone (rules R13)."""
    bytes_digest: bytes | None
    """None: never written."""
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHead:
    """The head of a published document."""

    feed_id: str
    title: str
    subtitle: str | None
    author: str
    language: str
    updated_at: datetime
    """The newest of its entries' updates; never the clock (rules R13)."""
    self_url: str
    alternate_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFeed:
    """What render gets: a head and the fragments of the live rows in order."""

    head: FeedHead
    fragments: tuple[bytes, ...]
