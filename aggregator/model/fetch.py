"""The outcomes of one fetch, as values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from aggregator.model.source import Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """Bounds of one fetch; defaults stand in `config`."""

    timeout: timedelta
    """The whole poll: names, connect, redirects and body."""
    max_body_bytes: int
    """After decompression."""
    concurrency: int
    per_host: int = 1
    """Polls of one host at once."""
    host_pause: timedelta = timedelta(0)
    """Between the end of one request to a host and the next to it; a redirect within a poll and a host goes at once."""
    proxy: str | None = field(default=None, repr=False)
    """URL of an HTTP proxy, perhaps with its credentials; None: direct."""
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks outside the public internet that may be fetched."""
    user_agent: str
    max_redirects: int = 5
    max_documents: int = 10_000
    """Files read from one folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """The `NAME.toml` beside a local document, as read."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as received."""

    key: str
    """The URL it was got from, or for a local document its path relative to the source, with `/`."""
    body: bytes
    content_type: str | None = None
    """As the server said."""
    modified_at: datetime | None = None
    """The file's time; None for the network."""
    sidecar: Sidecar | None = None
    digest: bytes
    """blake2b-16 of key, body and sidecar for local documents, of the body otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedDocument:
    """A local document that was not taken, and why."""

    key: str
    reason: str
    is_young: bool = False
    """Still being written: neither failed nor gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What an answer says beside its document."""

    fresh_for: timedelta | None = None
    """How long the server calls the answer fresh (RFC 9111 4.2): `max-age` less `Age`, else `Expires` less `Date`; clamped to
    0..30 days. None where it says nothing, or that it is never fresh."""
    moved_to: str | None = None
    """Where redirects led, without credentials, that were all permanent (301, 308) and none left https for http; None where
    there was none or one may not be adopted. A private source's holds its secret."""
    hub: str | None = None
    """The first `Link: rel=hub` (WebSub 4), an absolute URL."""
    topic_url: str | None = None
    """The first `Link: rel=self`, absolute; under it the hub knows the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A 200, or a folder that was read."""

    documents: tuple[Document, ...]
    skipped: tuple[SkippedDocument, ...] = ()
    validators: Validators
    """What this answer said; `digests` are those of `documents`."""
    url: str | None = None
    """Where the document came from in the end, after redirects; the base of its relative links."""
    status: int | None = None
    body_bytes: int = 0
    hints: Hints = Hints()
    look_again_after: timedelta | None = None
    """A file was too young to be taken; look again after this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304, or a folder in which no file changed."""

    validators: Validators
    """The stored ones, with what the 304 itself replaced."""
    status: int | None = None
    hints: Hints = Hints()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identical:
    """A 200 whose bytes are, as they came, those of the last good answer: nothing was unpacked."""

    validators: Validators
    """What this answer said, with the stored digests."""
    status: int | None = None
    body_bytes: int = 0
    """As they came, compressed or not."""
    hints: Hints = Hints()


class FailureKind(StrEnum):
    """Why a fetch failed, in the words of `status`."""

    BLOCKED = "blocked"
    """The address is not on the public internet and no `allow_networks` names it."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TOO_BIG = "too-big"
    REDIRECT = "redirect"
    HTTP = "http"
    """A status other than 200 and 304."""
    PROTOCOL = "protocol"
    """The answer breaks HTTP, or its encoding is none that was asked for."""
    FILE = "file"
    """A local path that is not there, not readable, or leaves its folder."""
    NOT_A_FEED = "not-a-feed"
    TOO_COSTLY = "too-costly"
    """Reading the document takes more time or memory than a document may."""
    INTERNAL = "internal"
    """A defect of this program; the log has the trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """Nothing usable came; `detail` is one line for people, without secrets."""

    kind: FailureKind
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    """What the server asked for on 429 or 503, clamped to 0..30 days."""


FetchResult = Fetched | Identical | NotModified | FetchFailed
