"""What the process has done and how things stand -> the text that Prometheus reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, generate_latest

from aggregator.model.poll import Poll

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A value of the moment, for each value of its label."""

    name: str
    help: str
    label: str
    values: Mapping[str, float]


class Metrics:
    """What one process has done since its start, in the names of Prometheus; given to whoever does it.

    A registry of its own: nothing is shared with other users of the library in the process.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._polls = Counter("aggregator_polls", "Polls by outcome.", ["outcome"], registry=registry)
        self._articles = Counter(
            "aggregator_articles", "Articles by what became of them.", ["change"], registry=registry
        )
        self._published = Counter(
            "aggregator_published_documents", "Documents of feeds that were written anew.", registry=registry
        )
        self._poll_s = Counter("aggregator_poll_seconds", "Time of polls, the waiting included.", registry=registry)
        self._answers = Counter(
            "aggregator_http_answers", "Answers of the web server.", ["kind", "status"], registry=registry
        )
        self._announced = Counter(
            "aggregator_hub_announcements", "Changes told to hubs, by how that ended.", ["result"], registry=registry
        )

    def polled(self, poll: Poll) -> None:
        """A poll is over and stored."""
        self._polls.labels(poll.outcome.value).inc()
        self._poll_s.inc(poll.took.total_seconds())
        for change, count in (("new", poll.new), ("updated", poll.updated), ("duplicate", poll.duplicate)):
            self._articles.labels(change).inc(count)

    def published(self, documents: int) -> None:
        """So many files hold other bytes than before."""
        self._published.inc(documents)

    def answered(self, kind: str, status: int) -> None:
        """The web server answered; `kind` is `feeds` or `other`."""
        self._answers.labels(kind, str(status)).inc()

    def announced(self, result: str) -> None:
        """A hub was told of a change: `accepted`, `refused` or `unanswered`."""
        self._announced.labels(result).inc()

    def exposition(self, gauges: Iterable[Gauge]) -> bytes:
        """Everything as Prometheus reads it, with these values of the moment."""
        passing = CollectorRegistry()
        for gauge in gauges:
            family = prometheus_client.Gauge(gauge.name, gauge.help, [gauge.label], registry=passing)
            for value, number in gauge.values.items():
                family.labels(value).set(number)
        return generate_latest(self._registry) + generate_latest(passing)
