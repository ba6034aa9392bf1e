"""The feeds that a reload brings -> what is published until their first entries are found among the stored ones."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from aggregator.model.topic import Grain, Topic

FeedName = tuple[str, Grain]


def coming(before: Iterable[Topic], after: Iterable[Topic]) -> frozenset[FeedName]:
    """The feeds that are new: those of new topics, and new grains of the others."""
    return _names(after) - _names(before)


def begun(topics: Iterable[Topic], not_yet: Collection[FeedName]) -> tuple[Topic, ...]:
    """The topics without these feeds. Published before it was filled, a feed would count as filled once the process is killed."""
    return tuple(
        replace(topic, also=tuple(grain for grain in topic.also if (topic.id, grain) not in not_yet))
        for topic in topics
        if (topic.id, topic.grain) not in not_yet
    )


def _names(topics: Iterable[Topic]) -> frozenset[FeedName]:
    return frozenset((feed.id, feed.grain) for topic in topics for feed in topic.in_grains)
