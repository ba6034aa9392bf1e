"""Files of topics that left the configuration -> those gone that still print a killed or erased entry (rules R16, R26)."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aggregator.model.ledger import RowState
from aggregator.pipeline.works import Works
from aggregator.render import seen_entries
from aggregator.storage import Batch

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """A feed that nobody renders any more, and the ids of entries that it must not print."""

    topic_id: str
    withdrawn: frozenset[str]


def left_behind(batch: Batch, works: Works) -> tuple[LeftBehind, ...]:
    """The feeds of topics that are no longer configured and that have withdrawn entries."""
    configured = {topic.id for topic in works.topics}
    found = []
    for feed in batch.topic_feeds():
        if feed.topic_id in configured:
            continue
        rows = batch.all_rows(feed.topic_id, feed.grain)
        gone = frozenset(row.entry_id for row in rows if row.state is RowState.WITHDRAWN)
        if gone:
            found.append(LeftBehind(topic_id=feed.topic_id, withdrawn=gone))
    return tuple(found)


def take_away(works: Works, left: Iterable[LeftBehind]) -> list[tuple[Path, OSError]]:
    """Delete their files that print such an entry: they can be neither left as they are nor made anew. Gives what failed."""
    errors = []
    for feed in left:
        live = works.directory.glob(f"{feed.topic_id}.*")
        for path in sorted((*live, *(works.directory / feed.topic_id / "archive").glob("*"))):
            try:
                if path.is_file() and _prints(path, feed.withdrawn):
                    path.unlink()
                    _LOG.warning(
                        "deleted: it printed a withdrawn entry, and its topic is gone", extra={"file": path.name}
                    )
            except OSError as error:
                errors.append((path, error))
    return errors


def _prints(path: Path, withdrawn: frozenset[str]) -> bool:
    data = path.read_bytes()
    if path.suffix != ".atom":
        return any(entry_id.encode() in data for entry_id in withdrawn)
    return any(entry.id in withdrawn and not entry.is_withdrawn for entry in seen_entries(data))
