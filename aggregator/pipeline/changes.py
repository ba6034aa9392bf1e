"""A rendered feed beside the file that is there -> what its subscribers see change."""

from dataclasses import dataclass, replace
from pathlib import Path

from aggregator.pipeline.documents import Rendered
from aggregator.pipeline.feeds import ATOM
from aggregator.pipeline.works import Works
from aggregator.render import SeenEntry, seen_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """A feed as it now is, and how its document differs from the file that subscribers saw."""

    topic_id: str
    path: Path
    entries: int
    added: tuple[SeenEntry, ...] = ()
    updated: tuple[SeenEntry, ...] = ()
    """Entries that were there with another `updated`."""
    withdrawn: tuple[SeenEntry, ...] = ()
    left: tuple[SeenEntry, ...] = ()
    """Entries that newer ones pushed out; readers keep them."""
    reasons: tuple[tuple[str, str], ...] = ()
    """(entry id, why it stands where it stands) of the added and withdrawn."""
    is_changed: bool = False
    is_written: bool = False

    @classmethod
    def of(cls, works: Works, rendered: Rendered) -> "FeedChange":
        """The feed as it now is, held against nothing."""
        path = rendered.feed.path(works, ATOM)
        return cls(topic_id=rendered.feed.topic.id, path=path, entries=len(rendered.entries.entry_ids))


def compared(works: Works, rendered: Rendered) -> FeedChange:
    """The document beside the file that is there now, which is what subscribers saw."""
    change = FeedChange.of(works, rendered)
    before = change.path.read_bytes() if change.path.is_file() else b""
    if before == rendered.data:
        return change
    old, new = _by_id(before), _by_id(rendered.data)
    gone = [entry for key, entry in new.items() if entry.is_withdrawn and not (key in old and old[key].is_withdrawn)]
    added = [entry for key, entry in new.items() if not entry.is_withdrawn and key not in old]
    told = {entry.id for entry in (*added, *gone)}
    reasons = list(zip(rendered.entries.entry_ids, rendered.entries.reasons, strict=True))
    reasons += [(row.entry_id, row.reason) for row in rendered.tombstones]
    return replace(
        change,
        added=tuple(added),
        updated=tuple(
            entry
            for key, entry in new.items()
            if not entry.is_withdrawn and key in old and old[key].updated != entry.updated
        ),
        withdrawn=tuple(replace(entry, title=old[entry.id].title if entry.id in old else "") for entry in gone),
        left=tuple(entry for key, entry in old.items() if key not in new and not entry.is_withdrawn),
        reasons=tuple((entry_id, reason) for entry_id, reason in reasons if entry_id in told),
        is_changed=True,
    )


def _by_id(document: bytes) -> dict[str, SeenEntry]:
    return {entry.id: entry for entry in seen_entries(document)} if document else {}
