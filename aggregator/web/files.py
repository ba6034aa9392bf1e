"""What lies in `feeds/` -> documents ready to be sent: bytes, packed bytes, validators and whole lists of headers (rules R23)."""

import gzip
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from aggregator.text import bytes_digest
from aggregator.web import delta
from aggregator.web.safety import PAGE_SAFETY

_FOLDER = r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)?"
_NAME = re.compile(rf"(?:{_FOLDER}/){{0,2}}[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)?\.(?P<suffix>[a-z]+)", re.ASCII)
_LONGEST_NAME = 200
_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
    "opml": "text/x-opml; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
FEED_SUFFIXES = ("atom", "rss", "json")
_MIN_GZIP_BYTES = 600
# A thousand topics in three formats are more than should lie in memory; what is asked for does.
_MOST_BYTES = 64 * 2**20
# An archive page changes only by a kill (rules R15, R16); a day is how long a cache may go on showing what was withdrawn.
_ARCHIVE_AGE = timedelta(days=1)

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What only the store knows of a document."""

    modified_at: datetime | None
    """Since when these are its bytes; None where the store does not know them."""
    max_age: timedelta
    """How long a cache may keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One form of a document: as it is, or packed."""

    etag: str
    body: bytes
    whole: list[Header]
    """The headers of a 200."""
    unchanged: list[Header]
    """The headers of a 304."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document, read and packed once for all who ask until its file changes."""

    name: str
    suffix: str
    stamp: tuple[int, int, int]
    modified_at: datetime
    plain: Answer
    packed: Answer | None
    """None where packing gains nothing."""
    marks: frozenset[bytes] = frozenset()
    """Of the entries, for those who want only the new ones; empty where that is not offered."""
    deltas: dict[str, bytes] = field(default_factory=dict)
    """What is new since a version, by its tag; as many as versions are known."""

    @property
    def size(self) -> int:
        return len(self.plain.body) + (len(self.packed.body) if self.packed else 0)


class FeedFiles:
    """The folder of published feeds. `facts` tells what the store knows of the bytes (name, digest); it may block."""

    def __init__(self, directory: Path, facts: Callable[[str, bytes], Facts], links: Callable[[str], bytes]) -> None:
        self._directory = directory
        self._root = str(directory)
        self._facts = facts
        self._links = links
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()
        self._bytes = 0
        self.versions = delta.Versions()

    def ready(self, name: str) -> Prepared | None:
        """The document if it is prepared and its file is still the one it was made of: one look at the disk."""
        known = self._prepared.get(name)
        if known is None:
            return None
        try:
            found = os.lstat(f"{self._root}/{name}")
        except OSError:
            return None
        if _stamp(found) != known.stamp:
            return None
        self._prepared.move_to_end(name)
        return known

    def load(self, name: str) -> Prepared | None:
        """The document made ready; None where there is none that is published. Blocking."""
        match = _NAME.fullmatch(name) if len(name) <= _LONGEST_NAME else None
        if match is None or match["suffix"] not in _TYPES or name.startswith("."):
            return None
        path = self._directory / name
        try:
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode) or _leads_away(self._directory, name):
                return None
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return self._prepare(name, match["suffix"], data, found)

    def keep(self, prepared: Prepared) -> None:
        """Hold the document for the next who asks; of those that were asked for longest ago some are let go."""
        if (before := self._prepared.pop(prepared.name, None)) is not None:
            self._bytes -= before.size
        self._prepared[prepared.name] = prepared
        self._bytes += prepared.size
        if prepared.marks:
            self.versions.note(prepared.name, prepared.plain.etag, prepared.marks)
        while self._bytes > _MOST_BYTES and len(self._prepared) > 1:
            _, gone = self._prepared.popitem(last=False)
            self._bytes -= gone.size

    def _prepare(self, name: str, suffix: str, data: bytes, found: os.stat_result) -> Prepared:
        facts = self._facts(name, bytes_digest(data))
        is_archived = "/archive/" in name
        is_feed = suffix in FEED_SUFFIXES
        modified_at = (facts.modified_at or datetime.fromtimestamp(found.st_mtime, UTC)).replace(microsecond=0)
        answers = answers_of(
            data,
            media_type=_TYPES[suffix],
            modified_at=modified_at,
            max_age=_ARCHIVE_AGE if is_archived else facts.max_age,
            more=[(b"link", self._links(name))] if is_feed and not is_archived else _page_headers(suffix),
        )
        return Prepared(
            name=name,
            suffix=suffix,
            stamp=_stamp(found),
            modified_at=modified_at,
            plain=answers[0],
            packed=answers[1],
            marks=delta.marks(suffix, data) if is_feed and not is_archived else frozenset(),
        )


def answers_of(
    data: bytes, *, media_type: str, modified_at: datetime, max_age: timedelta, more: Iterable[Header] = ()
) -> tuple[Answer, Answer | None]:
    """The document as it is and packed, each with a strong tag of its own."""
    etag = bytes_digest(data).hex()
    shared = [
        (b"content-type", media_type.encode()),
        (b"last-modified", format_datetime(modified_at, usegmt=True).encode()),
        (b"cache-control", f"public, max-age={int(max_age.total_seconds())}".encode()),
        (b"vary", b"Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    plain = _answer(f'"{etag}"', data, shared)
    if len(data) < _MIN_GZIP_BYTES:
        return plain, None
    return plain, _answer(f'"{etag}-gz"', gzip.compress(data, mtime=0), [*shared, (b"content-encoding", b"gzip")])


def _answer(etag: str, body: bytes, shared: list[Header]) -> Answer:
    own = (b"etag", etag.encode())
    # RFC 9110 15.4.5: of a 304 only what a cache needs to go on.
    without_body = [header for header in shared if header[0] not in (b"content-type", b"content-encoding", b"link")]
    length = (b"content-length", str(len(body)).encode())
    return Answer(etag=etag, body=body, whole=[*shared, own, length], unchanged=[*without_body, own])


def _page_headers(suffix: str) -> list[Header]:
    """A page that was written as a file is as harmless as one that is made here."""
    if suffix != "html":
        return []
    own = {name.lower(): value for name, value in PAGE_SAFETY.items()} | {"x-content-type-options": None}
    return [(name.encode(), value.encode()) for name, value in own.items() if value]


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _leads_away(directory: Path, name: str) -> bool:
    """Whether a folder on the way is a link."""
    folders = name.split("/")[:-1]
    return any((directory / "/".join(folders[: place + 1])).is_symlink() for place in range(len(folders)))
