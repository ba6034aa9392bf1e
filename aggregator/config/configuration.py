"""What leaves this room: the whole configuration as frozen values, everything resolved and checked."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aggregator.config.models import FOLDER
from aggregator.config.values import Address, sqlite_path
from aggregator.model.fetch import FetchLimits
from aggregator.model.source import AgencyName, Source
from aggregator.model.topic import Ignore, Learned, Pack, Topic


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
    gzip: bool = False
    """Packed files lie beside the feeds."""
    extensions: bool = True
    """Whether Atom and RSS hold elements of vocabularies that validators do not know."""
    pages: bool = False
    """Whether the pages are written there as files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`listen`: None where nothing is served."""

    listen: Address | None
    query_key: str | None = field(default=None, repr=False)
    """Signs query feeds; None: the one in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Websub:
    """`hubs`: told of every change of a topic's feed."""

    hubs: tuple[str, ...] = ()


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
    websub: Websub
    fetch: FetchLimits
    defaults: Intervals
    sources: tuple[Source, ...]
    """Those that are enabled, in the order of the file."""
    topics: tuple[Topic, ...]
    agencies: tuple[AgencyName, ...]
    """Those that ship and the user's."""
    packs: tuple[Pack, ...]
    learned: tuple[Learned, ...] = ()
    """Trained models of the topics whose `learn` lets them have a say."""
    warnings: tuple[str, ...] = ()
    """Odd but valid; each in the form of a mistake: `config.toml:12: sources[1].path: ...`."""

    @property
    def models(self) -> Path:
        """The folder of trained models: beside the store, or where a store would be."""
        store = self.storage.sqlite_file
        return (store.parent if store else self.file.parent / "var") / FOLDER

    @property
    def ignores(self) -> tuple[Ignore, ...]:
        """What sources ignore, as the matcher asks for it."""
        return tuple(Ignore(source_id=source.id, query=source.ignore) for source in self.sources if source.ignore)
