"""The head of an answer -> what it means: a document to read, nothing new, another place to ask, or a failure in words."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from aggregator.fetch.body import ENCODINGS
from aggregator.fetch.hop import BadUrl, Hop, parse_url, without_credentials
from aggregator.model.fetch import FailureKind, FetchFailed, NotModified
from aggregator.model.source import Validators

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MAX_RETRY_AFTER = timedelta(days=30)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A 200 whose body can be read."""

    encoding: str
    content_type: str | None
    etag: str | None
    last_modified: str | None

    def validators(self, hop: Hop, digests: tuple[bytes, ...], raw_digest: bytes) -> Validators:
        """To be sent back to this URL only."""
        return Validators(
            url=str(without_credentials(hop.url)),
            etag=self.etag,
            last_modified=self.last_modified,
            digests=digests,
            raw_digest=raw_digest,
        )


def interpret(response: httpx.Response, hop: Hop) -> Readable | Redirect | NotModified | FetchFailed:
    """Decide by status and headers alone; the body is not touched."""
    if response.status_code == 200:
        return _readable(response)
    if response.status_code == 304:
        return _not_modified(response, hop)
    if response.status_code in _REDIRECTS:
        return _redirect(response, hop)
    return _http_failure(response, hop)


def _readable(response: httpx.Response) -> Readable | FetchFailed:
    encodings = (part.strip().lower() for part in (_header(response, b"content-encoding") or "").split(","))
    encoding = ", ".join(part for part in encodings if part not in ("", "identity"))
    if encoding not in ENCODINGS:
        shown = "".join(c for c in encoding[:40] if c.isascii() and c.isprintable())
        return FetchFailed(
            kind=FailureKind.PROTOCOL, detail=f"the answer has an encoding that was not asked for ({shown})", status=200
        )
    return Readable(
        encoding=encoding,
        content_type=_header(response, b"content-type"),
        etag=_header(response, b"etag"),
        last_modified=_header(response, b"last-modified"),
    )


def _not_modified(response: httpx.Response, hop: Hop) -> NotModified | FetchFailed:
    if not hop.is_conditional:
        detail = "the server says 'not modified' though it was not asked for a change"
        return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail, status=304)
    stored = hop.validators
    kept = replace(
        stored,
        etag=_header(response, b"etag") or stored.etag,
        last_modified=_header(response, b"last-modified") or stored.last_modified,
    )
    return NotModified(validators=kept, status=304)


def _redirect(response: httpx.Response, hop: Hop) -> Redirect | FetchFailed:
    def failed(detail: str) -> FetchFailed:
        return FetchFailed(kind=FailureKind.REDIRECT, detail=detail, status=response.status_code)

    location = _location(response)
    if not location:
        return failed(f"{hop.place} redirects without saying where")
    try:
        target = parse_url(location, base=hop.url)
    except BadUrl as error:
        return failed(f"{hop.place} redirects to an address that {error}")
    # Credentials in a redirect are the server's invention, not the user's.
    return Redirect(url=without_credentials(target))


def _http_failure(response: httpx.Response, hop: Hop) -> FetchFailed:
    status = response.status_code
    retry_after = _header(response, b"retry-after") if status in (429, 503) else None
    return FetchFailed(
        kind=FailureKind.HTTP,
        detail=f"HTTP {_status_line(status)}: {_advice(status, hop)}",
        status=status,
        retry_after=None if retry_after is None else parse_retry_after(retry_after, hop.now),
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


def parse_retry_after(value: str, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date (RFC 9110 10.2.3), clamped to 0..30 days; None for anything else."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        # Nine digits are more than 30 days; int() itself refuses 5,000 of them.
        seconds = int(value) if len(value) < 9 else None
        return _MAX_RETRY_AFTER if seconds is None else min(timedelta(seconds=seconds), _MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(value)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)  # "-0000" comes back naive
        return min(max(at - now, timedelta()), _MAX_RETRY_AFTER)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _header(response: httpx.Response, name: bytes) -> str | None:
    """The first value as the bytes came, one character each; None when absent or empty."""
    for key, value in response.headers.raw:
        if key.lower() == name and value:
            return value.decode("latin-1")
    return None


def _location(response: httpx.Response) -> str | None:
    """Servers write UTF-8 or Latin-1 where the RFC wants percent signs."""
    location = _header(response, b"location")
    if location is None:
        return None
    try:
        return location.encode("latin-1").decode()
    except UnicodeDecodeError:
        return location
