"""A topic + what is stored of its feed -> the state of the feed, new or going on."""

from dataclasses import replace
from datetime import datetime

from aggregator import ledger
from aggregator.model.ledger import TopicFeedState
from aggregator.model.topic import Topic
from aggregator.pipeline.works import Works
from aggregator.storage import Batch


def feed_state(batch: Batch, works: Works, topic: Topic, now: datetime) -> TopicFeedState:
    """What is stored of the topic's feed, or the state of a new one: its `updated` is the moment of its creation."""
    stored = batch.topic_feed(topic.id, topic.grain)
    # A topic that is configured again is no longer closed.
    return (
        replace(stored, closed_at=None)
        if stored
        else TopicFeedState(
            topic_id=topic.id,
            grain=topic.grain,
            feed_id=_feed_id(works, topic),
            id_policy=topic.id_policy,
            rule_version=works.matcher.rule_versions[topic.id],
            updated_at=now,
            bytes_digest=None,
            changed_at=None,
            is_further=topic.is_further,
        )
    )


def _feed_id(works: Works, topic: Topic) -> str:
    """The id that subscribers know it by already, where they come from another planet."""
    return topic.feed_id or ledger.feed_id(works.instance_id, topic.id, topic.grain)
