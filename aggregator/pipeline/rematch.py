"""Topics that are new or whose rule changed -> the stored articles matched again, in chunks (rules R17, R27)."""

import logging
from dataclasses import replace
from datetime import datetime

from aggregator import ledger
from aggregator.model.article import StoredArticle
from aggregator.model.topic import Match, Topic
from aggregator.pipeline.enter import Writing, admit
from aggregator.pipeline.publish import feed_state
from aggregator.pipeline.works import Works
from aggregator.storage import Batch

_LOG = logging.getLogger(__name__)
_CHUNK = 200
_FIRST_ENTRIES = 100
"""A new topic's first publication takes at most this many stored articles, the newest."""


def rematch(works: Works, now: datetime) -> int:
    """Match the stored articles against every topic that is new or edited; says how many entries were gained.

    What an edited rule gains is archived whatever its age; what it loses stays published.
    """
    gained = 0
    for topic in works.topics:
        with works.store.batch() as batch:
            stored = batch.topic_feed(topic.id, topic.grain)
        version = works.matcher.rule_versions[topic.id]
        if stored is not None and stored.rule_version == version:
            continue
        found = _go_through(works, topic, now)
        with works.store.batch() as batch:
            gained += _enter(batch, works, topic, found, is_new=stored is None, now=now)
            batch.save_topic_feed(replace(feed_state(batch, works, topic, now), rule_version=version))
        _LOG.info("rematched", extra={"topic": topic.id, "matches": len(found), "new_topic": stored is None})
    return gained


def _go_through(works: Works, topic: Topic, now: datetime) -> list[tuple[StoredArticle, Match]]:
    """Match every stored article, a chunk a transaction, so that polls are not held up."""
    found: list[tuple[StoredArticle, Match]] = []
    after: str | None = None
    while True:
        with works.store.batch() as batch:
            chunk = batch.articles_after(after, _CHUNK)
            for stored, source_id in chunk:
                matches = [one for one in works.matcher.match(stored.article, source_id) if one.topic_id == topic.id]
                batch.save_matches(stored.uri, matches, [topic.id], now)
                found.extend((stored, match) for match in matches)
        if not chunk:
            return found
        after = chunk[-1][0].uri


def _enter(
    batch: Batch, works: Works, topic: Topic, found: list[tuple[StoredArticle, Match]], *, is_new: bool, now: datetime
) -> int:
    """Rows for the matches that have none, oldest first so that the newest stands first in the feed."""
    fresh = [
        (stored, match)
        for stored, match in found
        if not any(row.topic_id == topic.id and row.grain is topic.grain for row in batch.rows_of(stored.uri))
    ]
    fresh.sort(key=lambda pair: (pair[0].effective_at, pair[0].uri))
    surplus = max(len(fresh) - _FIRST_ENTRIES, 0)
    for position, (stored, match) in enumerate(fresh):
        occasion = ledger.Occasion(
            now=now, is_new_topic=is_new and position >= surplus, is_rule_edit=not is_new or position < surplus
        )
        material = batch.fingerprints(stored.uri).material
        writing = Writing(batch=batch, topics=works.topics, site_author=works.site_author, occasion=occasion)
        admit(writing, topic, match, stored, material)
    return len(fresh)
