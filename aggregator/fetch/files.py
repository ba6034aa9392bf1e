"""A folder or a file on disk + what is remembered of it -> its documents; nothing is ever written, moved or touched.

A file is taken when it has been left alone for two seconds (rules R33): a younger one may be half written. It is named in
`skipped` meanwhile, so that nobody takes it for deleted.
"""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.fetch.body import too_big
from aggregator.fetch.listing import Candidate, Listing, LocalFile, list_folder, look_at, printable, sidecar_of
from aggregator.model.fetch import (
    Document,
    FailureKind,
    Fetched,
    FetchFailed,
    FetchLimits,
    FetchResult,
    NotModified,
    Sidecar,
    SkippedDocument,
)
from aggregator.model.source import Source, SourceKind, Validators
from aggregator.text import digest

_LOOK_AGAIN_AFTER = timedelta(seconds=1)
_STABLE_AFTER_NS = 2_000_000_000
# A clock that ran ahead must not keep a file out for ever.
_SKEW_NS = 60_000_000_000
# RuntimeError: a circle of links, before Python 3.13; ValueError: a NUL in the path.
_UNUSABLE = (OSError, RuntimeError, ValueError)


def read(source: Source, validators: Validators, limits: FetchLimits, now: datetime) -> FetchResult:
    """Look at the source once. `NotModified` if the listing is the one of the last look and nothing is being written."""
    path = source.path or Path()
    place = f"the {source.kind}" if source.private else printable(str(path))
    look = _folder if source.kind is SourceKind.FOLDER else _single
    listing = look(path, place, limits)
    if isinstance(listing, FetchFailed):
        return listing
    return _compare(listing, validators, limits, now)


def _folder(path: Path, place: str, limits: FetchLimits) -> Listing | FetchFailed:
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            return _failed(f"{place} is not a folder")
        if not os.access(path, os.R_OK | os.X_OK):
            return _failed(f"{place} cannot be read; check its permissions")
        return list_folder(path, limits)
    except _UNUSABLE as error:
        return _missing(place, error)


def _single(path: Path, place: str, limits: FetchLimits) -> Listing | FetchFailed:
    """The one file the user named, whatever its extension and wherever a link leads."""
    try:
        path.stat()
    except _UNUSABLE as error:
        return _missing(place, error)
    file = look_at(path, printable(path.name), limits.max_body_bytes)
    if file.size > limits.max_body_bytes:
        return too_big(limits.max_body_bytes)
    if file.refused:
        return _failed(f"{place}: {file.refused}")
    beside = (path.with_name(path.name + ".toml"), path.with_suffix(".toml"))
    found = [look_at(p, printable(p.name), limits.max_body_bytes) for p in beside if p != path and os.path.lexists(p)]
    sidecar = sidecar_of(file, {each.key: each for each in found})
    if sidecar is not None and sidecar.refused:
        return _failed(f"the sidecar of {place}: {sidecar.refused}")
    return Listing(candidates=(Candidate(file=file, sidecar=sidecar),), skipped=())


def _compare(listing: Listing, validators: Validators, limits: FetchLimits, now: datetime) -> Fetched | NotModified:
    now_ns = int(now.timestamp() * 1_000_000_000)
    is_quiet = not any(_is_young(candidate, now_ns) for candidate in listing.candidates)
    mark = listing.mark()
    if is_quiet and validators.etag == mark:
        return NotModified(validators=validators)
    results = [_document(candidate, limits, now_ns) for candidate in listing.candidates]
    documents = tuple(result for result in results if isinstance(result, Document))
    unread = [result for result in results if isinstance(result, SkippedDocument)]
    return Fetched(
        documents=documents,
        skipped=tuple(sorted((*listing.skipped, *unread), key=lambda skipped: skipped.key)),
        # No mark while a file is missing from the documents: the next look must read again.
        validators=Validators(etag=None if unread else mark, digests=tuple(document.digest for document in documents)),
        body_bytes=sum(len(document.body) for document in documents),
        look_again_after=_LOOK_AGAIN_AFTER if any(each.is_young for each in unread) else None,
    )


def _is_young(candidate: Candidate, now_ns: int) -> bool:
    files = (candidate.file, candidate.sidecar)
    return any(-_SKEW_NS <= now_ns - file.mtime_ns < _STABLE_AFTER_NS for file in files if file is not None)


def _document(candidate: Candidate, limits: FetchLimits, now_ns: int) -> Document | SkippedDocument:
    key = candidate.file.key
    if _is_young(candidate, now_ns):
        return _still_writing(key)
    sidecar = None
    if candidate.sidecar is not None:
        text = _content(candidate.sidecar, key, limits.max_body_bytes)
        if isinstance(text, SkippedDocument):
            return text
        sidecar = Sidecar(name=candidate.sidecar.key.rpartition("/")[2], body=text)
    body = _content(candidate.file, key, limits.max_body_bytes)
    if isinstance(body, SkippedDocument):
        return body
    return Document(
        key=key,
        body=body,
        modified_at=_instant(candidate.file.mtime_ns),
        sidecar=sidecar,
        digest=digest(key, body, sidecar.body if sidecar else b""),
    )


def _content(file: LocalFile, key: str, limit_bytes: int) -> bytes | SkippedDocument:
    """The bytes of a file of the document `key`, as listed; a file that changed since is still being written.

    O_NOFOLLOW and O_NONBLOCK: a link or a pipe put in its place after the listing is neither followed nor waited for.
    """
    try:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            body = stream.read(limit_bytes + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
            status = os.fstat(descriptor)
    except FileNotFoundError:
        return _still_writing(key)  # editors replace a file by removing it first
    except OSError as error:
        return SkippedDocument(key=key, reason=f"cannot be read: {error.strerror}")
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns) or len(body) != file.size:
        return _still_writing(key)
    return body


def _still_writing(key: str) -> SkippedDocument:
    return SkippedDocument(key=key, reason="still being written", is_young=True)


def _instant(mtime_ns: int) -> datetime | None:
    """None for a time that no calendar has (broken file systems)."""
    try:
        return datetime.fromtimestamp(mtime_ns / 1_000_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _missing(place: str, error: Exception) -> FetchFailed:
    if isinstance(error, FileNotFoundError):
        return _failed(f"{place} is not there; check the path of the source")
    return _failed(f"{place} cannot be read: {error.strerror if isinstance(error, OSError) else 'not a usable path'}")


def _failed(detail: str) -> FetchFailed:
    return FetchFailed(kind=FailureKind.FILE, detail=detail)
