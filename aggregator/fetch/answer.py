"""The head of an answer -> what it means: a document to read, nothing new, another place to ask, or a failure in words."""

from dataclasses import dataclass, replace
from http import HTTPStatus

import httpx

from aggregator.fetch.body import ENCODINGS
from aggregator.fetch.freshness import fresh_for, retry_after
from aggregator.fetch.head import Head
from aggregator.fetch.hop import BadUrl, Hop, parse_url, without_credentials
from aggregator.fetch.links import targets
from aggregator.model.fetch import FailureKind, FetchFailed, Hints, NotModified
from aggregator.model.source import Validators

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))
# Real answers have ten to forty; a browser's server stops at about a hundred.
_MAX_FIELDS = 500
# Most servers refuse a request whose head is above 8 KiB: a validator that long would be the end of the source.
_MAX_VALIDATOR = 4_096
_ADVICE = {
    401: "the server asks for credentials; set auth of the source",
    403: "the server does not let us in",
    404: "there is no document at this URL; check it",
    407: "a proxy asks for credentials",
    410: "the document is gone for ever; remove the source",
    429: "we asked too often; asked again later",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Ask there instead."""

    url: httpx.URL
    is_permanent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A 200 whose body can be read."""

    encoding: str
    content_type: str | None
    etag: str | None
    last_modified: str | None
    hints: Hints

    def validators(self, hop: Hop, digests: tuple[bytes, ...], raw_digest: bytes) -> Validators:
        """To be sent back to this URL only; none where they were seen to lie."""
        lie = self._has_old_tag(hop) and digests != hop.validators.digests
        return Validators(
            url=str(without_credentials(hop.url)),
            etag=None if lie else self.etag,
            last_modified=None if lie else self.last_modified,
            digests=digests,
            raw_digest=raw_digest,
        )

    def _has_old_tag(self, hop: Hop) -> bool:
        """Whether this should have been a 304: the strong tag that was sent, which promises the same bytes (RFC 9110 8.8.1)."""
        if self.etag is None or self.etag.startswith("W/") or not hop.validators.digests:
            return False
        return hop.is_conditional and self.etag == hop.validators.etag


def interpret(head: Head, hop: Hop) -> Readable | Redirect | NotModified | FetchFailed:
    """Decide by status and fields alone; the body is not touched."""
    if head.field_count > _MAX_FIELDS:
        detail = f"{hop.place} answers with {head.field_count} header fields; more than {_MAX_FIELDS} are not read"
        return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail, status=head.status)
    if head.status == 200:
        return _readable(head, hop)
    if head.status == 304:
        return _not_modified(head, hop)
    if head.status in _REDIRECTS:
        return _redirect(head, hop)
    return _http_failure(head, hop)


def _readable(head: Head, hop: Hop) -> Readable | FetchFailed:
    encodings = (part.strip().lower() for part in (head.first(b"content-encoding") or "").split(","))
    encoding = ", ".join(part for part in encodings if part not in ("", "identity"))
    if encoding not in ENCODINGS:
        shown = "".join(c for c in encoding[:40] if c.isascii() and c.isprintable())
        return FetchFailed(
            kind=FailureKind.PROTOCOL, detail=f"the answer has an encoding that was not asked for ({shown})", status=200
        )
    return Readable(
        encoding=encoding,
        content_type=head.first(b"content-type"),
        etag=_validator(head, b"etag"),
        last_modified=_validator(head, b"last-modified"),
        hints=_hints(head, hop),
    )


def _not_modified(head: Head, hop: Hop) -> NotModified | FetchFailed:
    if not hop.is_conditional:
        detail = "the server says 'not modified' though it was not asked for a change"
        return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail, status=304)
    stored = hop.validators
    etag, last_modified = _validator(head, b"etag"), _validator(head, b"last-modified")
    if etag or last_modified:
        stored = replace(stored, etag=etag or stored.etag, last_modified=last_modified or stored.last_modified)
    return NotModified(validators=stored, status=304, hints=_hints(head, hop))


def _validator(head: Head, name: bytes) -> str | None:
    value = head.first(name)
    return value if value is not None and len(value) <= _MAX_VALIDATOR else None


def _hints(head: Head, hop: Hop) -> Hints:
    links = targets(head.joined(b"link"))
    return Hints(
        fresh_for=fresh_for(
            head.joined(b"cache-control"),
            head.first(b"age"),
            head.first(b"expires"),
            head.first(b"date"),
            hop.now,
        ),
        moved_to=str(hop.url) if hop.is_redirect and hop.is_permanent else None,
        hub=_absolute(links.get("hub"), hop),
        topic_url=_absolute(links.get("self"), hop),
    )


def _absolute(target: str | None, hop: Hop) -> str | None:
    """The URL on the web that a link leads to; None where it is none."""
    if not target:
        return None
    try:
        return str(parse_url(_utf8_or_latin1(target), base=hop.url))
    except BadUrl:
        return None


def _redirect(head: Head, hop: Hop) -> Redirect | FetchFailed:
    def failed(detail: str) -> FetchFailed:
        return FetchFailed(kind=FailureKind.REDIRECT, detail=detail, status=head.status)

    location = head.first(b"location")
    if not location:
        return failed(f"{hop.place} redirects without saying where")
    try:
        target = parse_url(_utf8_or_latin1(location), base=hop.url)
    except BadUrl as error:
        return failed(f"{hop.place} redirects to an address that {error}")
    # Credentials in a redirect are the server's invention, not the user's.
    return Redirect(url=without_credentials(target), is_permanent=_is_lasting(head, hop, target))


def _is_lasting(head: Head, hop: Hop, target: httpx.URL) -> bool:
    """Whether the move may be adopted. Out of https it is followed but never adopted: anybody on the way could give the order
    from then on.
    """
    return head.status in _PERMANENT and not (hop.url.scheme == "https" and target.scheme == "http")


def _http_failure(head: Head, hop: Hop) -> FetchFailed:
    status = head.status
    asked = head.first(b"retry-after") if status in (429, 503) else None
    return FetchFailed(
        kind=FailureKind.HTTP,
        detail=f"HTTP {_status_line(status)}: {_advice(status, hop)}",
        status=status,
        retry_after=None if asked is None else retry_after(asked, head.first(b"date"), hop.now),
    )


def _status_line(status: int) -> str:
    """The registered phrase; the server's own words are not repeated."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _advice(status: int, hop: Hop) -> str:
    if status in (401, 403) and not hop.is_own_origin and (hop.source.authorization or hop.first_url.userinfo):
        return "the redirect leaves the source's own address, so its credentials were not sent; set the new URL"
    if status in _ADVICE:
        return _ADVICE[status]
    if status >= 500:
        return "the server has a fault; asked again later"
    return "not the whole document" if status < 300 else "the server gives no document"


def _utf8_or_latin1(address: str) -> str:
    """Servers write UTF-8 or Latin-1 where the RFC wants percent signs."""
    try:
        return address.encode("latin-1").decode()
    except UnicodeDecodeError:
        return address
