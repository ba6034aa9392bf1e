"""What the pages know of the configuration; given once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aggregator.model.source import Source
from aggregator.model.topic import Topic
from aggregator.pages.places import Places, served


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages show of the configuration."""

    title: str
    language: str
    base_url: str
    directory: Path
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]
    places: Places = field(default_factory=served)
    clock: Callable[[], datetime] | None = None
    """None: a week ends with the newest entry instead of today."""
