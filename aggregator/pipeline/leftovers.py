"""Files of feeds that left the configuration -> those gone that still print a killed or erased entry (rules R16, R26)."""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from aggregator.pipeline.feeds import ATOM, JSON, RSS, feeds_of
from aggregator.pipeline.works import Works
from aggregator.render import seen_entries
from aggregator.storage import Batch

_LOG = logging.getLogger(__name__)
_PAGE = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """A feed that nobody renders any more, and what it must not print."""

    stem: str
    """What its files are called."""
    entry_ids: frozenset[str]
    article_uris: frozenset[str]
    """Of the same entries: pages know them by these."""


def left_behind(batch: Batch, works: Works) -> tuple[LeftBehind, ...]:
    """The feeds of topics, and of further grains, that are no longer configured and that have withdrawn entries."""
    configured = {feed.name for feed in feeds_of(works.topics)}
    found = []
    for feed in batch.topic_feeds():
        if (feed.topic_id, feed.grain) in configured:
            continue
        gone = batch.feeds.withdrawn(feed.topic_id, feed.grain)
        if gone:
            found.append(LeftBehind(stem=feed.stem, entry_ids=frozenset(gone), article_uris=frozenset(gone.values())))
    return tuple(found)


def take_away(works: Works, left: Iterable[LeftBehind]) -> list[tuple[Path, OSError]]:
    """Delete their files that print such an entry: they can be neither left as they are nor made anew. Gives what failed.
    Packed files go with theirs (`packing`).
    """
    errors = []
    for feed in left:
        for path in _files(works.directory, feed.stem):
            try:
                if path.is_file() and _prints(path, feed):
                    path.unlink()
                    _LOG.warning(
                        "deleted: it printed a withdrawn entry, and its feed is gone", extra={"file": path.name}
                    )
            except OSError as error:
                errors.append((path, error))
    return errors


def _files(directory: Path, stem: str) -> Iterator[Path]:
    yield from (directory / f"{stem}.{form}" for form in (ATOM, RSS, JSON, _PAGE))
    yield from sorted((directory / stem / "archive").glob("*"))


def _prints(path: Path, feed: LeftBehind) -> bool:
    """Whether one of the entries stands there; that it was withdrawn may."""
    data = path.read_bytes()
    match path.suffix.removeprefix("."):
        case "atom":
            return any(entry.id in feed.entry_ids and not entry.is_withdrawn for entry in seen_entries(data))
        case "rss":
            return any(f">{escape(one, quote=False)}</guid>".encode() in data for one in feed.entry_ids)
        case "json":
            return any(f'"id": {json.dumps(one, ensure_ascii=False)}'.encode() in data for one in feed.entry_ids)
        case "html":
            return any(f"entries/{one.removeprefix('urn:uuid:')}.html".encode() in data for one in feed.article_uris)
    return False
