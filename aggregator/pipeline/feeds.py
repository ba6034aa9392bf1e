"""The configured topics -> their published feeds: under which names, addresses and heads they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator.model.ledger import FeedHead
from aggregator.model.topic import Grain, Topic
from aggregator.pipeline.works import Works

ATOM, RSS, JSON = "atom", "rss", "json"
"""What every document is written as; the others say the same as the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One published feed. Its topic is seen in the feed's own grain."""

    topic: Topic
    stem: str
    """`libya`, or `libya.articles` for a further grain."""

    @property
    def name(self) -> tuple[str, Grain]:
        """(topic, grain), by which the store knows it."""
        return self.topic.id, self.topic.grain

    def path(self, works: Works, form: str, number: int = 0) -> Path:
        """The file of the live document, or of an archive page."""
        if number:
            return works.directory / self.stem / "archive" / f"{number:06}.{form}"
        return works.directory / f"{self.stem}.{form}"

    def url(self, works: Works, number: int = 0) -> str:
        """The address of the same in Atom; render knows what it is in other formats."""
        return f"{works.base_url}/feeds/{self.stem}{f'/archive/{number:06}' if number else ''}.{ATOM}"

    def head(self, works: Works, feed_id: str, updated_at: datetime) -> FeedHead:
        """Of the live document."""
        return FeedHead(
            feed_id=feed_id,
            title=self.topic.title,
            subtitle=self.topic.description,
            author=works.site_author,
            language=works.language,
            updated_at=updated_at,
            self_url=self.url(works),
            alternate_url=f"{works.base_url}/",
            hubs=works.hubs,
            extensions=works.extensions,
        )


def feeds_of(topics: Iterable[Topic]) -> tuple[Feed, ...]:
    """Every feed of the topics, in their order."""
    return tuple(Feed(topic=one, stem=one.stem) for topic in topics for one in topic.in_grains)
