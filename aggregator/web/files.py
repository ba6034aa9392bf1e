"""What lies in `feeds/` -> responses: strong ETag over the very bytes sent, 304, gzip, HEAD (rules R23)."""

import gzip
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from aggregator.text import digest

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_LIVE = re.compile(rf"{_SLUG}\.atom", re.ASCII)
_ARCHIVED = re.compile(rf"{_SLUG}/archive/[0-9]{{6}}\.atom", re.ASCII)
_ATOM = "application/atom+xml; charset=utf-8"
_MIN_GZIP_BYTES = 600
# Subscribers ask hourly or less; a minute spares the ones that ask in bursts.
_CACHE_CONTROL = "public, max-age=60"
# An archive page changes only by a kill (rules R15, R16); a day is how long a cache may go on showing what was withdrawn.
_ARCHIVE_CACHE_CONTROL = "public, max-age=86400"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    stamp: tuple[int, int]
    data: bytes
    packed: bytes
    etag: str
    digest: bytes
    modified_at: datetime
    """The file's time, where the store does not know the bytes."""
    cache_control: str


class FeedFiles:
    """The folder of published feeds. A live document is read and packed once a change; archive pages are many, long cached
    by those who asked, and read each time.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._prepared: dict[str, _Prepared] = {}

    def load(self, name: str) -> _Prepared | None:
        """`<topic>.atom` or `<topic>/archive/<NNNNNN>.atom`; None where there is none that is published. Blocking."""
        is_archived = _ARCHIVED.fullmatch(name) is not None
        if not is_archived and not _LIVE.fullmatch(name):
            return None
        path = self._directory / name
        try:
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode) or (is_archived and self._leads_away(path)):
                return None
            known = self._prepared.get(name)
            if known and known.stamp == (found.st_mtime_ns, found.st_size):
                return known
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        prepared = _prepare(data, found, _ARCHIVE_CACHE_CONTROL if is_archived else _CACHE_CONTROL)
        if not is_archived:
            self._prepared[name] = prepared
        return prepared

    def _leads_away(self, path: Path) -> bool:
        """Whether a folder on the way is a link."""
        return path.parent.is_symlink() or path.parent.parent.is_symlink()


def _prepare(data: bytes, found: os.stat_result, cache_control: str) -> _Prepared:
    return _Prepared(
        stamp=(found.st_mtime_ns, found.st_size),
        data=data,
        packed=gzip.compress(data, mtime=0) if len(data) >= _MIN_GZIP_BYTES else b"",
        etag=digest(data).hex(),
        digest=digest(data),
        modified_at=datetime.fromtimestamp(int(found.st_mtime), UTC),
        cache_control=cache_control,
    )


def respond(request: Request, prepared: _Prepared, changed_at: Mapping[bytes, datetime]) -> Response:
    """200 or 304. `changed_at` says since when the store knows these bytes: Last-Modified is that, not the file's time."""
    packed = bool(prepared.packed) and _accepts_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{prepared.etag}-gz"' if packed else f'"{prepared.etag}"'
    modified = changed_at.get(prepared.digest, prepared.modified_at).replace(microsecond=0)
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Cache-Control": prepared.cache_control,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if is_not_modified(request.headers, etag, modified):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(prepared.packed if packed else prepared.data, headers=headers, media_type=_ATOM)


def _accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            return re.search(r"q=0(?:\.0*)?\s*$", parameters.strip()) is None
    return False


def is_not_modified(headers: Mapping[str, str], etag: str, modified: datetime | None = None) -> bool:
    """RFC 9110 13.2.2: If-None-Match goes before If-Modified-Since, and compares weakly."""
    wanted = headers.get("if-none-match")
    if wanted is not None:
        tags = [tag.strip().removeprefix("W/") for tag in wanted.split(",")]
        return "*" in tags or etag in tags
    since = headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return modified <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
