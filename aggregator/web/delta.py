"""A document and what a client had of it before -> the same document with only the entries that are new or changed.

RFC 3229 with the manipulation `feed`, as feed readers ask for it (feedparser always does). Entries are compared by their
bytes: the ledger keeps every fragment as it was first printed, so an entry with other bytes is another or a changed one.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aggregator.text import digest

_ELEMENT = re.compile(rb"\s*<(entry|item)[\s>].*?</\1>", re.DOTALL)
_DIGEST_BYTES = 8
# A client that was away for longer gets the whole document. With a hundred entries 8 KB a feed.
_MOST_VERSIONS = 10
_MOST_FEEDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """An entry as it stands in the document."""

    start: int
    end: int
    mark: bytes


def parts(suffix: str, data: bytes) -> tuple[_Part, ...]:
    """The entries of an Atom or RSS document, without the space before them kept apart; none for other formats."""
    if suffix not in ("atom", "rss"):
        return ()
    found = _ELEMENT.finditer(data)
    return tuple(_Part(start=one.start(), end=one.end(), mark=_mark(one.group().lstrip())) for one in found)


def marks(suffix: str, data: bytes) -> frozenset[bytes]:
    """What a later document is compared by; empty where the document has no entries or is of no format with any."""
    if suffix == "json":
        return frozenset(_mark(json.dumps(item).encode()) for item in _items(data))
    return frozenset(part.mark for part in parts(suffix, data))


def without(suffix: str, data: bytes, known: frozenset[bytes]) -> bytes:
    """The document without the entries that are known. Its head and what it says of withdrawn entries stay."""
    if suffix == "json":
        document = json.loads(data)
        document["items"] = [item for item in document["items"] if _mark(json.dumps(item).encode()) not in known]
        return json.dumps(document, ensure_ascii=False).encode()
    return b"".join(_kept(data, parts(suffix, data), known))


def _kept(data: bytes, entries: Iterable[_Part], known: frozenset[bytes]) -> Iterator[bytes]:
    at = 0
    for entry in entries:
        if entry.mark in known:
            yield data[at : entry.start]
            at = entry.end
    yield data[at:]


def _items(data: bytes) -> list[object]:
    try:
        document = json.loads(data)
    except ValueError:  # torn, or no JSON at all: it is served as it is
        return []
    items = document.get("items") if isinstance(document, dict) else None
    return items if isinstance(items, list) else []


def _mark(entry: bytes) -> bytes:
    return digest(entry)[:_DIGEST_BYTES]


class Versions:
    """What the last versions of each document held, by entity tag. In memory: after a restart clients get one whole document."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, OrderedDict[str, bytes]] = OrderedDict()

    def note(self, name: str, etag: str, held: frozenset[bytes]) -> None:
        """The document has these entries under that tag, which stands for the bytes before they are packed."""
        versions = self._known.setdefault(name, OrderedDict())
        versions[etag] = b"".join(held)
        versions.move_to_end(etag)
        self._known.move_to_end(name)
        while len(versions) > _MOST_VERSIONS:
            versions.popitem(last=False)
        while len(self._known) > _MOST_FEEDS:
            self._known.popitem(last=False)

    def held(self, name: str, etags: Iterable[str]) -> tuple[str, frozenset[bytes]] | None:
        """The first of the tags that is known, with the entries of that version; None where none is."""
        versions: Mapping[str, bytes] = self._known.get(name, {})
        for etag in etags:
            if (packed := versions.get(etag)) is not None:
                starts = range(0, len(packed), _DIGEST_BYTES)
                return etag, frozenset(packed[at : at + _DIGEST_BYTES] for at in starts)
        return None
