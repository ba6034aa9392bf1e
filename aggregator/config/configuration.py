"""What leaves this room: the whole configuration as frozen values, everything resolved and checked."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aggregator.config.values import Address, sqlite_path
from aggregator.model.fetch import FetchLimits
from aggregator.model.source import AgencyName, Source
from aggregator.model.topic import Pack, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes, and where readers find it."""

    title: str
    author: str
    language: str
    base_url: str
    """Without a slash at the end."""
    contact: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """`url`: a relative path is resolved already: `sqlite:////absolute/path`."""

    url: str

    @property
    def sqlite_file(self) -> Path | None:
        """The store's file; None for a store that is no file."""
        return sqlite_path(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """`directory`: absolute; it need not exist yet. `command`: the program and its arguments; empty for none."""

    directory: Path
    command: tuple[str, ...] = ()
    pages: bool
    """Whether the pages are written there as files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`listen`: None where nothing is served."""

    listen: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """min_interval <= interval <= max_interval."""

    interval: timedelta
    min_interval: timedelta
    max_interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything a run is given."""

    file: Path
    site: Site
    storage: Storage
    publish: Publish
    web: Web
    fetch: FetchLimits
    defaults: Intervals
    sources: tuple[Source, ...]
    """Those that are enabled, in the order of the file."""
    topics: tuple[Topic, ...]
    agencies: tuple[AgencyName, ...]
    """Those that ship and the user's."""
    packs: tuple[Pack, ...]
    warnings: tuple[str, ...] = ()
    """Odd but valid; each in the form of a mistake: `config.toml:12: sources[1].path: ...`."""
