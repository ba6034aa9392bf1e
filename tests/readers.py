"""What twelve readers do with a feed: their rules of identity as models, said again in our words from reading their code.

A model is given the entries of a document, one poll after the other, and keeps what its user would see. Where a reader has
a switch, the model is what it does as delivered. The table with the places in their code: docs/compatibility.md.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """An entry as a document shows it; empty where the document has nothing."""

    id: str
    link: str = ""
    title: str = ""
    text: str = ""
    published: str = ""
    updated: str = ""


@dataclass(slots=True)
class Item:
    """What the user has of an entry."""

    id: str
    shown: Printed
    times_unread: int = 1
    times_changed: int = 0


def printed(document: bytes) -> list[Printed]:
    """The entries of an Atom document in its order."""
    return [
        Printed(
            id=entry.findtext(f"{_ATOM}id", ""),
            link=next((link.get("href", "") for link in entry.iterfind(f"{_ATOM}link")), ""),
            title=entry.findtext(f"{_ATOM}title", ""),
            text=entry.findtext(f"{_ATOM}content", "") or entry.findtext(f"{_ATOM}summary", ""),
            published=entry.findtext(f"{_ATOM}published", ""),
            updated=entry.findtext(f"{_ATOM}updated", ""),
        )
        for entry in etree.fromstring(document).iterfind(f"{_ATOM}entry")
    ]


@dataclass(slots=True)
class Reader:
    """One subscription in one reader."""

    name: str
    key: Callable[[Printed], Hashable]
    """By what it knows an entry again."""
    keeps_first: bool = False
    """The text that came first stays for ever."""
    is_unread_again: Callable[[Printed, Printed], bool] = lambda _old, _new: False
    """Whether another text is put before the user as if it were new."""
    looks_at: int | None = None
    """Entries of a document that it looks at, from the top."""
    most_changes: int | None = None
    """Changes of an entry's text that it takes while `updated` stays."""
    keys_by_text_where_ids_repeat: bool = False
    items: dict[Hashable, Item] = field(default_factory=dict)

    def poll(self, entries: Sequence[Printed]) -> list[Item]:
        """What the user sees as new."""
        new = []
        for key, entry in self._keyed(entries[: self.looks_at]):
            item = self.items.get(key)
            if item is None:
                new.append(Item(id=entry.id, shown=entry))
                self.items[key] = new[-1]
            elif entry != item.shown and not self.keeps_first:
                self._change(item, entry)
        return new

    def _keyed(self, entries: Sequence[Printed]) -> Iterable[tuple[Hashable, Printed]]:
        """Each key once; the first entry of a document that has it counts."""
        counts = Counter(entry.id for entry in entries)
        by_text = self.keys_by_text_where_ids_repeat and any(count > 1 for count in counts.values())
        found: dict[Hashable, Printed] = {}
        for entry in entries:
            found.setdefault((entry.id, entry.text, entry.title) if by_text else self.key(entry), entry)
        return found.items()

    def _change(self, item: Item, entry: Printed) -> None:
        is_silent = entry.updated == item.shown.updated
        if is_silent and self.most_changes is not None and item.times_changed >= self.most_changes:
            return
        item.times_changed += 1
        item.times_unread += self.is_unread_again(item.shown, entry)
        item.shown = entry


def _id_or_link(entry: Printed) -> Hashable:
    return entry.id or entry.link


def _yarr(entry: Printed) -> Hashable:
    """Ids that are addresses get the time of the change as a part."""
    return f"{entry.id}::{entry.updated}" if entry.id.startswith(("http://", "https://")) else _id_or_link(entry)


def _newsboat(entry: Printed) -> Hashable:
    if entry.id:
        return entry.id
    return f"{entry.link}{entry.published}" if entry.link and entry.published else entry.link or entry.title


def readers() -> list[Reader]:
    """A fresh subscription in each."""
    return [
        Reader("Miniflux", _id_or_link),
        Reader("FreshRSS", _id_or_link),
        Reader("Tiny Tiny RSS", _id_or_link),
        Reader("CommaFeed", _id_or_link, keeps_first=True),
        Reader("yarr", _yarr),
        Reader("Feedbin", _id_or_link, looks_at=300),
        Reader("NetNewsWire", _id_or_link),
        Reader("Thunderbird", _id_or_link, keeps_first=True),
        Reader("newsboat", _newsboat),
        Reader("Feeder", _id_or_link, keys_by_text_where_ids_repeat=True),
        Reader("lemon24/reader", _id_or_link, most_changes=24),
        Reader("Feedly", _id_or_link),
    ]
