"""What the web offers beside pages and files, and what that needs of the configuration; given once."""

from dataclasses import dataclass

from aggregator.model.topic import Pack
from aggregator.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Left out, nothing of it is offered."""

    hubs: tuple[str, ...] = ()
    """Named in the headers of feeds (WebSub)."""
    author: str = ""
    """Of query feeds."""
    packs: tuple[Pack, ...] = ()
    """For the queries of query feeds."""
    query_key: str | None = None
    """Signs them; None: the one in the store, if one was made."""
    metrics: Metrics | None = None
