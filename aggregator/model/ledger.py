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
    position: int | None = None
    """1, 2, 3 ... in the order in which the rows of this feed went live or to the archive: fifty make an archive page
    (rules R15). None while the row was in no file."""
    archived_fragment: bytes | None = None
    """The entry as its archive page shows it, where the text changed after the page was full."""
    withdrawn_at: datetime | None = None
    has_tombstone: bool = False
    """The live document still shows the tombstone (30 days, rules R16)."""
    unsettled_source: str | None = None
    """Held until this source shows the entry again under the same key (rules R19)."""
    copy_of: str | None = None
    """The article whose entry tells the same text: a row that is held for it stands in no file, one that was published
    before that was known gets no more updates (rules R20)."""
    version: int = 0
    """0: the article's own entry. Else the entry tells what became new with this version of its text, for good."""
    follows: str | None = None
    """The article whose entry tells what this one goes on from."""
    news: str | None = None
    """What is new, as the entry says it."""


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
    closed_at: datetime | None = None
    """`topics close`: the feed answers 410 (rules R26)."""
    is_further: bool = False
    """A further grain of its topic: its files bear the grain's name."""

    @property
    def stem(self) -> str:
        """What its files are called, as `Topic.stem`."""
        return f"{self.topic_id}.{self.grain}" if self.is_further else self.topic_id


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
    prev_archive_url: str | None = None
    """The archive page before this document (RFC 5005 4)."""
    next_archive_url: str | None = None
    """Set for the first archive page, which has none before it: the page behind it, which may not be full yet."""
    extensions: bool = True
    """Whether the XML documents hold our own elements, and what was withdrawn: vocabularies that validators do not know."""
    hubs: tuple[str, ...] = ()
    """Who tells subscribers of changes (WebSub)."""
    current_url: str | None = None
    """Set for an archive page: the document that people subscribe to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An entry that was withdrawn (RFC 6721)."""

    entry_id: str
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFeed:
    """What render gets: a head, the fragments of the rows in order, and the tombstones of those withdrawn."""

    head: FeedHead
    fragments: tuple[bytes, ...]
    tombstones: tuple[Tombstone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    """What is stored of an archive page: which bytes its file holds."""

    topic_id: str
    grain: Grain
    number: int
    bytes_digest: bytes
    changed_at: datetime


class Step(StrEnum):
    """What of a feed's files is behind."""

    ATOM = "atom"
    """The Atom document, behind the ledger."""
    ADDED = "added"
    """The same, by new rows alone: what stands in the document is as it should be."""
    FORMS = "forms"
    """The other formats, behind the Atom document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEntries:
    """Live rows as far as a document needs them, column by column: a feed has a hundred, and a thousand feeds may be due."""

    entry_ids: tuple[str, ...] = ()
    updated_at: datetime | None = None
    """The newest of theirs."""
    reasons: tuple[str, ...] = ()
    fragments: tuple[bytes | None, ...] = ()
    first_published_us: tuple[int, ...] = ()
    """Microseconds since 1970, to be compared only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedEntry:
    """A row as far as a document needs it that lacks no more than the newest rows."""

    entry_id: str
    is_live: bool
    position: int
    first_published_us: int
    """Microseconds since 1970, to be compared only."""
    updated_at: datetime
    fragment: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is stored of a published document, as far as the next one depends on it."""

    updated_at: datetime
    bytes_digest: bytes | None
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A withdrawn row whose tombstone the live document still shows."""

    entry_id: str
    withdrawn_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedForm:
    """What is stored of a feed's document in another format."""

    topic_id: str
    grain: Grain
    number: int
    """Of the archive page; 0 for the live document."""
    form: str
    made_of: bytes
    """Digest of the Atom document that it says the same as."""
    bytes_digest: bytes
    changed_at: datetime
