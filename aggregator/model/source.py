"""A configured origin and what is remembered of it between two polls."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from aggregator.model.cadence import Pace, Rhythm
from aggregator.model.health import Coverage
from aggregator.model.known_items import KnownItems


class SourceKind(StrEnum):
    """How a source is read. `FOLDER` and `FILE` are local documents."""

    FEED = "feed"
    FOLDER = "folder"
    FILE = "file"


class Republish(StrEnum):
    """How much of a text may be published again (rules R21)."""

    FULL = "full"
    EXCERPT = "excerpt"
    HEADLINE = "headline"
    NONE = "none"

    @property
    def allows_text(self) -> bool:
        """Whether anything of the text may be shown."""
        return self in (Republish.FULL, Republish.EXCERPT)


class Fulltext(StrEnum):
    """Whether the text of an entry is taken from its page where the source gives an excerpt."""

    OFF = "off"
    AUTO = "auto"


class Announce(StrEnum):
    """Whether documents older than the window are announced (rules R17)."""

    NEW = "new"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyName:
    """A news agency and the forms in which datelines and credits print it."""

    id: str
    name: str
    """For people: "RIA Novosti"."""
    forms: tuple[str, ...]
    """As printed, compared folded; "TASS", "ITAR-TASS", "ТАСС"."""
    republish: Republish | None = None
    """Overrides the right of a feed (not of a local document) for this agency's texts (rules R21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configured origin; exactly one of `url` and `path` is set."""

    id: str
    kind: SourceKind
    url: str | None = None
    path: Path | None = None
    publisher: str | None = None
    language: str | None = None
    """BCP 47, as the user declared it; beats what a document says of itself only where the document says nothing."""
    timezone: str | None = None
    """IANA name, for printed times without a zone."""
    priority: int = 0
    """Which copy represents a group; greater wins."""
    republish: Republish = Republish.EXCERPT
    announce: Announce = Announce.NEW
    fulltext: Fulltext = Fulltext.OFF
    """No effect on local documents, nor where the rights forbid to show more than a headline."""
    ignore: str = ""
    """A query as in a topic: what it meets is stored and belongs to no topic. Empty: nothing."""
    tags: tuple[str, ...] = ()
    private: bool = False
    """The address may hold a secret: it never stands in output, links or logs."""
    headers: tuple[tuple[str, str], ...] = ()
    authorization: str | None = field(default=None, repr=False)
    """The value of the Authorization header, from the environment; never stored or shown."""
    interval: timedelta = timedelta(hours=1)
    min_interval: timedelta = timedelta(minutes=15)
    max_interval: timedelta = timedelta(days=1)
    min_interval_is_chosen: bool = False
    """True when the user wrote `min_interval`; then it is obeyed as written (rules R33)."""

    @property
    def is_local(self) -> bool:
        return self.path is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the last good answer gave, per URL; opaque, sent back byte for byte (RFC 9110 8.8)."""

    url: str | None = None
    """The URL the validators belong to; they are sent to no other."""
    etag: str | None = None
    """As sent, quotes and W/ included."""
    last_modified: str | None = None
    digests: tuple[bytes, ...] = ()
    """Digests of the documents of the last good poll; a document whose digest stands here is unchanged."""
    raw_digest: bytes | None = None
    """blake2b-16 of the answer's bytes as they came over the wire, before decompression; of `url`."""


class Health(StrEnum):
    """How a source does, in one word."""

    NEW = "new"
    """Not polled yet."""
    OK = "ok"
    NOTED = "noted"
    """It works, but something is wrong with what it sends or where it is: a note says what."""
    FAILING = "failing"
    SILENT = "silent"
    """It answers, but what used to come does not come any more."""
    GONE = "gone"
    """It said twice that it is gone for good (410): it is not polled until someone asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a source's permanent redirects lead, while that is not adopted."""

    to: str
    since: datetime
    """The first poll that was led there."""
    polls: int = 1
    """Polls in a row that were."""
    shares: bool = False
    """What was found there first had entries that were known from the old address."""
    is_refused: bool = False
    """Too many sources want to move to the same host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What the store remembers of a source."""

    source_id: str
    validators: Validators = Validators()
    next_poll_at: datetime | None = None
    """None: never polled, due at once."""
    first_good_poll_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_good_poll_at: datetime | None = None
    failures: int = 0
    """Polls in a row that failed."""
    last_error: str | None = None
    not_modified_seen: bool = False
    """The source has answered 304: its validators work (rules R33)."""
    retry_after_at: datetime | None = None
    fresh_until: datetime | None = None
    """Until when the last good answer said that it is fresh (RFC 9111 4.2)."""
    pace: Pace = field(default_factory=Pace)
    rhythm: Rhythm = field(default_factory=Rhythm)
    coverage: Coverage = field(default_factory=Coverage)
    location: str | None = None
    """The address that is polled instead of the configured one, after a permanent move."""
    stands_for: str | None = None
    """The configured address that `location` and `gone_polls` stand for; under another one they mean nothing."""
    moved_at: datetime | None = None
    move: Move | None = None
    gone_polls: int = 0
    """Polls in a row that were answered 410."""
    gaps: int = 0
    """Polls that shared no entry with the one before (rules R19)."""
    items: KnownItems = field(default_factory=KnownItems)
    """The items of the last feed document that was read: a poll reads only those that are new."""

    @property
    def is_gone(self) -> bool:
        """One 410 may be a mistake, a second one confirms it."""
        return self.gone_polls >= 2

    def is_over(self, source: Source) -> bool:
        """Whether the source is gone and not polled: not once the configuration names another address."""
        return self.is_gone and self.stands_for == source.url

    def address(self, source: Source) -> str | None:
        """Where the source is polled: the adopted address while the configuration names the one it stands for."""
        return self.location if self.location and self.stands_for == source.url else source.url
