"""Topics that are new or whose rule changed -> the stored articles matched again, in chunks (rules R17, R27)."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

from aggregator import ledger
from aggregator.desk import standing
from aggregator.model.article import StoredArticle
from aggregator.model.topic import Match, Topic
from aggregator.pipeline.enter import admit
from aggregator.pipeline.feed_state import feed_state
from aggregator.pipeline.settle import matches_of
from aggregator.pipeline.works import Works
from aggregator.storage import Batch

Batches = Callable[[], AbstractContextManager[Batch]]
_LOG = logging.getLogger(__name__)
_CHUNK = 200
_FIRST_ENTRIES = 100
"""A new topic's first publication takes at most this many stored articles, the newest."""


def rematch(works: Works, now: datetime) -> int:
    """Match the stored articles against every topic that is new or edited; says how many entries were gained.

    What an edited rule gains is archived whatever its age; what it loses stays published. A topic that left the
    configuration is matched again as an edited one if it comes back.
    """
    return rematch_in(works.store.batch, works, now)


def rematch_in(batches: Batches, works: Works, now: datetime) -> int:
    """The same in transactions that the caller gives: one a chunk, or one for all in a rehearsal."""
    with batches() as batch:
        stored = {(state.topic_id, state.grain): state for state in batch.topic_feeds()}
        configured = {topic.id for topic in works.topics}
        for state in stored.values():
            if state.topic_id not in configured and state.rule_version:
                batch.save_topic_feed(replace(state, rule_version=""))
    gained = 0
    for topic in works.topics:
        known = stored.get((topic.id, topic.grain))
        if known is None or known.rule_version != works.matcher.rule_versions[topic.id]:
            gained += _rematch_one(batches, works, topic, now, is_new=known is None)
    return gained


def _rematch_one(batches: Batches, works: Works, topic: Topic, now: datetime, *, is_new: bool) -> int:
    found = _go_through(batches, works, topic, now)
    with batches() as batch:
        gained = _enter(batch, works, topic, found, is_new=is_new, now=now)
        state = feed_state(batch, works, topic, now)
        batch.save_topic_feed(replace(state, rule_version=works.matcher.rule_versions[topic.id]))
    _LOG.info("rematched", extra={"topic": topic.id, "matches": len(found), "gained": gained})
    return gained


def _go_through(batches: Batches, works: Works, topic: Topic, now: datetime) -> list[tuple[StoredArticle, Match]]:
    """Match every stored article, a chunk a transaction, so that polls are not held up."""
    found: list[tuple[StoredArticle, Match]] = []
    after: str | None = None
    while True:
        with batches() as batch:
            writing = works.writing(batch, ledger.Occasion(now=now))
            chunk = batch.articles_after(after, _CHUNK)
            for stored in chunk:
                matches = [match for match in matches_of(writing, stored) if match.topic_id == topic.id]
                batch.save_matches(stored.uri, matches, [topic.id], now)
                found.extend((stored, match) for match in matches)
        if not chunk:
            return found
        after = chunk[-1].uri


def _enter(
    batch: Batch, works: Works, topic: Topic, found: list[tuple[StoredArticle, Match]], *, is_new: bool, now: datetime
) -> int:
    """Rows for the matches that have none, oldest first so that the newest stands first in the feed."""
    fresh = [
        (stored, match)
        for stored, match in found
        if not any(row.topic_id == topic.id and row.grain is topic.grain for row in batch.rows_of(stored.uri))
    ]
    fresh.sort(key=lambda pair: (pair[0].effective_at, pair[0].first_seen_at, pair[0].uri))
    surplus = max(len(fresh) - _FIRST_ENTRIES, 0)
    writing = works.writing(batch, ledger.Occasion(now=now, is_new_topic=is_new, is_rule_edit=not is_new))
    beyond = replace(writing, occasion=replace(writing.occasion, is_surplus=True))
    for position, (stored, match) in enumerate(fresh):
        says = standing(batch.desk.of(stored.uri))
        admit(beyond if is_new and position < surplus else writing, topic, match, stored, says)
    return len(fresh)
