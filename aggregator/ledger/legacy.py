"""The entries of another planet's feed -> the ids under which its subscribers know what we publish now (product S1).

A desk that moves here gives its old document: an article that stood in it goes out under the id it had there, so that readers
which know the entry see nothing new.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.text import folded
from aggregator.urls import has_path, is_iri, normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyEntry:
    """An entry as it stood in the old document."""

    id: str
    link: str | None
    title: str
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LegacyIds:
    """The entries by what an article of ours is known by."""

    by_url: dict[str, LegacyEntry] = field(default_factory=dict)
    by_title: dict[str, LegacyEntry] = field(default_factory=dict)

    def find(self, url: str | None, headline: str) -> LegacyEntry | None:
        """By the page; where that is not among them, by a headline that only one of them has."""
        key = normalise(url)
        return (self.by_url.get(key) if key else None) or self.by_title.get(folded(headline))


def legacy_ids(entries: Iterable[LegacyEntry]) -> LegacyIds:
    """What can be told apart: an id is an IRI; an address or a headline that two of them share names neither."""
    usable = list({entry.id: entry for entry in entries if is_iri(entry.id)}.values())
    urls = [(url, entry) for entry in usable if (url := normalise(entry.link)) and has_path(url)]
    titles = [(title, entry) for entry in usable if (title := folded(entry.title))]
    return LegacyIds(_once(urls), _once(titles))


def _once(named: list[tuple[str, LegacyEntry]]) -> dict[str, LegacyEntry]:
    counts = Counter(name for name, _ in named)
    return {name: entry for name, entry in named if counts[name] == 1}
