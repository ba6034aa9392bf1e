"""What the web offers beside pages and files, and what that needs of the configuration; given once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aggregator.model.topic import Pack
from aggregator.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskNeeds:
    """What signing in at the desk needs from outside: the time, and keys that nobody guesses."""

    clock: Callable[[], datetime]
    new_key: Callable[[], str]
    """256 random bits, as letters that a cookie may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Left out, nothing of it is offered."""

    hubs: tuple[str, ...] = ()
    """Named in the headers of feeds (WebSub)."""
    author: str = ""
    """Of query feeds."""
    extensions: bool = True
    """Whether query feeds hold elements of vocabularies that validators do not know."""
    packs: tuple[Pack, ...] = ()
    """For the queries of query feeds."""
    query_key: str | None = None
    """Signs them; None: the one in the store, if one was made."""
    metrics: Metrics | None = None
    desk: DeskNeeds | None = None
    """For decisions on pages, by whoever has a token."""
