"""What every run of the pipe is given; built once by `cli`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from aggregator.dedup.stories import NO_NAMES, PackNames
from aggregator.fetch import Backlog, Fetcher
from aggregator.ledger import LegacyIds, Occasion
from aggregator.model.source import AgencyName, Source
from aggregator.model.topic import Topic
from aggregator.pipeline.counts import Counts
from aggregator.pipeline.enter import Writing
from aggregator.pipeline.shelf import Shelf
from aggregator.reading.pool import Readers
from aggregator.storage import Batch, Store
from aggregator.topics.match import Matcher


@dataclass(slots=True)
class Looked:
    """Until when the pages that are files are known to say what the desk says; None before they were looked at."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """The parts and the configuration as far as the pipe needs them."""

    store: Store
    fetcher: Fetcher
    matcher: Matcher
    sources: tuple[Source, ...]
    topics: tuple[Topic, ...]
    agencies: tuple[AgencyName, ...]
    instance_id: UUID
    site_title: str
    site_author: str
    language: str
    base_url: str
    directory: Path
    """Where published feeds go."""
    command: tuple[str, ...] = ()
    """The user's own, run after files changed."""
    clock: Callable[[], datetime]
    legacy: LegacyIds = field(default_factory=LegacyIds)
    """Entry ids that subscribers of another planet know."""
    hubs: tuple[str, ...] = ()
    """Told of every change of a topic's feed (WebSub)."""
    gzip: bool = False
    """A packed file lies beside each published one."""
    extensions: bool = True
    """Whether Atom and RSS hold elements of vocabularies that validators do not know."""
    writes_pages: bool = False
    """Whether the pages lie there as well."""
    looked: Looked = field(default_factory=Looked)
    page_time: timedelta = timedelta(seconds=20)
    """For the pages of one poll's entries, all together."""
    readers: Readers = field(default_factory=Readers)
    """Whoever builds the works closes them."""
    names: PackNames = NO_NAMES
    """Spellings of names in the term packs, for stories."""
    counts: Counts = field(default_factory=Counts)
    """How rare each term is; the writer's own."""
    backlog: Backlog = field(default_factory=Backlog)
    """The fetcher's: what was fetched and is not read yet."""

    shelf: Shelf = field(default_factory=Shelf)
    """Of documents that were written by these works."""

    def writing(self, batch: Batch, occasion: Occasion) -> Writing:
        """What the writer decides by in that transaction."""
        return Writing(
            batch=batch,
            topics=self.topics,
            matcher=self.matcher,
            agencies=self.agencies,
            site_author=self.site_author,
            occasion=occasion,
            legacy=self.legacy,
            counts=self.counts,
        )
