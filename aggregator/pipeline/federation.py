"""An entry that came through other desks' feeds -> our own article, where it went out from here (rules R34, RFC 4287 4.2.11)."""

from aggregator.model.identity import Sighting
from aggregator.storage import Batch


def own_entry(batch: Batch, sighting: Sighting) -> str | None:
    """The uri of the article that we published and now get back; None for what others had before us.

    A feed of ours stands in the chain, and the entry's id there is one that we gave. A feed of ours whose entry we do not
    know, as after the loss of a store, brings news like any other.
    """
    ours = {feed.feed_id for feed in batch.topic_feeds()}
    for relay in sighting.article.relays:
        if relay.feed in ours and (uri := batch.feeds.article_of(relay.entry)):
            return uri
    return None
