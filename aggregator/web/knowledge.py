"""What the store says of published documents: which feeds are closed, since when the bytes are what they are, how often they
change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from aggregator.model.topic import Topic
from aggregator.storage import Store
from aggregator.web.files import Facts

# Closing a feed shows within this time; a question a second costs nothing beside thousands of requests.
LOOK_S = 1.0
_TIMES = 20
_SHARE = 10
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(minutes=15)


class Knowledge:
    """Of all feeds; `refresh` is called about once a second, `facts` once for each document that changed. Both block."""

    def __init__(self, store: Store, topics: Iterable[Topic]) -> None:
        self._store = store
        self._topics = {topic.id: topic for topic in topics}
        self.former = {name: topic.id for topic in self._topics.values() for name in topic.former}
        """Earlier ids of topics -> the ids of today."""
        self.closed: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Ask again which feeds are closed."""
        with self._store.read() as reader:
            self.closed = frozenset(state.topic_id for state in reader.topic_feeds() if state.closed_at)

    def facts(self, name: str, digest: bytes) -> Facts:
        """What is known of the document of that name under `feeds/`, whose bytes have the digest."""
        topic_id = topic_of(name)
        topic = self._topics.get(topic_id)
        with self._store.read() as reader:
            changed = {state.bytes_digest: state.changed_at for state in reader.topic_feeds() if state.bytes_digest}
            changed |= reader.documents_changed_at(topic_id)
            if health := reader.health_feed():
                changed[health.bytes_digest] = health.changed_at
            grain = topic.grain if topic else None
            times = reader.first_publications(topic_id, grain, _TIMES) if grain else ()
        return Facts(modified_at=changed.get(digest), max_age=max_age(times))


def topic_of(name: str) -> str:
    """The id of the topic whose document it would be."""
    return name.partition("/")[0].partition(".")[0]


def max_age(times: Sequence[datetime]) -> timedelta:
    """How long a cache may keep a feed whose newest entries went out at these times: a tenth of the mean time between two,
    from one minute to fifteen. One minute where too little is known.
    """
    if len(times) < 2:
        return _SHORTEST
    mean = (max(times) - min(times)) / (len(times) - 1)
    return min(max(mean / _SHARE, _SHORTEST), _LONGEST)
