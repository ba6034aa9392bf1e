"""The Atom documents that lie in the folder, as this process wrote them -> what new entries make of them, for the cost of the new
ones: the others are neither read from the store nor rendered.

A note on a document holds good as long as the store knows the same bytes of it, the file is the very one that was written, and
the new rows follow on the last that it shows. Else, and for any other change, the document is rendered whole.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aggregator.publish as files
from aggregator import ledger
from aggregator.model.ledger import AddedEntry, LiveEntries, Written
from aggregator.model.topic import Grain
from aggregator.render import Added, head_size, with_added

FeedName = tuple[str, Grain]

# A note is 1.5 KB for a hundred entries.
_MOST_NOTES = 20_000
# Where so many are new, rendering is as cheap.
MOST_ADDED = 100
_RECENT_US = ledger.RECENT_SPAN // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which entries stand in a document, and where."""

    head: int
    """Bytes before the first entry."""
    ages: "array[int]"
    """Microseconds of first publication, negative: the newest first, in rising order."""
    sizes: "array[int]"
    """Bytes of each entry, with the line end behind it."""
    newest_id: str
    position: int
    """Of the feed's last row, shown or in the archive only."""

    def follow(self, added: Sequence[AddedEntry]) -> bool:
        """Whether the rows are those behind the last, and newer than what is shown."""
        if not added or len(added) >= MOST_ADDED or added[0].position != self.position + 1:
            return False
        # A full archive page is to be written, and the document leads to it.
        if ledger.full_pages(added[-1].position) != ledger.full_pages(self.position):
            return False
        newest = -self.ages[0], self.newest_id
        return all(_key(one) > newest and one.fragment for one in added if one.is_live)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A document that lies in its file."""

    path: Path
    stamp: files.Stamp
    digest: bytes
    layout: Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What a document is with its new rows."""

    layout: Layout
    data: bytes | None
    """None: they are of the archive only, the document is what it was."""
    updated_at: datetime


class Shelf:
    """Notes on the live documents, by feed; of the writer's thread."""

    def __init__(self) -> None:
        self._notes: dict[FeedName, Note] = {}

    def take(self, name: FeedName) -> Note | None:
        """What is known of the feed's document; until the note is put back the document is to be rendered whole."""
        return self._notes.pop(name, None)

    def keep(self, name: FeedName, note: Note) -> None:
        """The document lies there so."""
        if len(self._notes) < _MOST_NOTES:
            self._notes[name] = note


def laid_out(document: bytes, entries: LiveEntries, position: int) -> Layout | None:
    """How a document that was rendered whole is laid out; None for one without entries, or one that lacks an entry that is
    torn.
    """
    head = head_size(document)
    fragments = [fragment for fragment in entries.fragments if fragment]
    is_whole = document.startswith(b"\n".join((*fragments, b"")), head)
    if not head or len(fragments) != len(entries.entry_ids) or not is_whole:
        return None
    return Layout(
        head=head,
        ages=array("q", (-at for at in entries.first_published_us)),
        sizes=array("Q", (len(fragment) + 1 for fragment in fragments)),
        newest_id=entries.entry_ids[0],
        position=position,
    )


def grow(note: Note, written: Written, added: Sequence[AddedEntry], limit: int) -> Grown | None:
    """The document with these rows; None where it has to be rendered whole."""
    layout = note.layout
    if written.is_closed or written.bytes_digest != note.digest or not layout.follow(added):
        return None
    live = sorted((one for one in added if one.is_live), key=_key, reverse=True)
    if not live:
        after = _with_first(layout, (), added[-1].position, len(layout.ages))
        return Grown(layout=after, data=None, updated_at=written.updated_at)
    before = files.read(note.path, note.stamp)
    if before is None:
        return None
    after = _with_first(layout, live, added[-1].position, limit)
    shown = live[: len(after.ages)]
    updated_at = max(written.updated_at, *(one.updated_at for one in shown))
    change = Added(
        fragments=tuple(one.fragment for one in shown if one.fragment),
        updated_at=updated_at,
        updated_before=written.updated_at,
        head=layout.head,
        kept=sum(after.sizes[len(shown) :]),
        entries=sum(layout.sizes),
    )
    data = with_added(before, change)
    return Grown(layout=after, data=data, updated_at=updated_at) if data else None


def _with_first(layout: Layout, live: Sequence[AddedEntry], position: int, limit: int) -> Layout:
    """With the new entries, newest first, and without those that leave for them (rules R14)."""
    ages = array("q", (-one.first_published_us for one in live)) + layout.ages
    sizes = array("Q", (len(one.fragment or b"") + 1 for one in live)) + layout.sizes
    count = ledger.live_count(bisect_left(ages, ages[0] + _RECENT_US), limit)
    return Layout(
        head=layout.head,
        ages=ages[:count],
        sizes=sizes[:count],
        newest_id=live[0].entry_id if live else layout.newest_id,
        position=position,
    )


def _key(one: AddedEntry) -> tuple[int, str]:
    return one.first_published_us, one.entry_id
