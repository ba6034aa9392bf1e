"""Topics that are new or whose rule changed -> the stored articles matched again, in chunks (rules R17, R27)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator import ledger
from aggregator.desk import standing
from aggregator.model.topic import Grain, Topic
from aggregator.pipeline.enter import Writing, admit, matched_by_hand
from aggregator.pipeline.feed_state import feed_state
from aggregator.pipeline.rename import follow_renames
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
    return sum(steps(batches, works, now))


def steps(batches: Batches, works: Works, now: datetime) -> Iterator[int]:
    """The same a chunk at a time, for a writer that has other work between two of them: each step is one transaction and says
    how many entries it gained. What is stored between two steps must be matched by the rules of the same `works`.
    """
    changed = _changed(batches, works)
    if not changed:
        return
    found: dict[str, list[tuple[datetime, datetime, str]]] = {topic.id: [] for topic, _ in changed}
    yield from _go_through(batches, works, found, now)
    for topic, is_new in changed:
        gained = 0
        for entered in _enter(batches, works, topic, sorted(found[topic.id]), is_new=is_new, now=now):
            gained += entered
            yield entered
        _LOG.info("rematched", extra={"topic": topic.id, "matches": len(found[topic.id]), "gained": gained})


def _changed(batches: Batches, works: Works) -> list[tuple[Topic, bool]]:
    """The feeds that are to be filled or matched again, as topics in their grains, and whether each is new."""
    with batches() as batch:
        follow_renames(batch, works.topics)
        stored = {(state.topic_id, state.grain): state for state in batch.topic_feeds()}
        feeds = [feed for topic in works.topics for feed in topic.in_grains]
        configured = {(feed.id, feed.grain) for feed in feeds}
        for name, state in stored.items():
            if name not in configured and state.rule_version:
                batch.save_topic_feed(replace(state, rule_version=""))
    known = [(feed, stored.get((feed.id, feed.grain))) for feed in feeds]
    return [
        (topic, state is None)
        for topic, state in known
        if state is None or state.rule_version != works.matcher.rule_versions[topic.id]
    ]


def _go_through(
    batches: Batches, works: Works, found: dict[str, list[tuple[datetime, datetime, str]]], now: datetime
) -> Iterator[int]:
    """Match every stored article against the topics of `found`, and note there which it is: when it counts from, its uri."""
    after: str | None = None
    while True:
        with batches() as batch:
            writing = works.writing(batch, ledger.Occasion(now=now))
            chunk = batch.articles_after(after, _CHUNK)
            for stored in chunk:
                matches = [match for match in matches_of(writing, stored) if match.topic_id in found]
                batch.save_matches(stored.uri, matches, found, now)
                for match in matches:
                    found[match.topic_id].append((stored.effective_at, stored.first_seen_at, stored.uri))
        if not chunk:
            return
        after = chunk[-1].uri
        yield 0


def _enter(
    batches: Batches,
    works: Works,
    topic: Topic,
    found: list[tuple[datetime, datetime, str]],
    *,
    is_new: bool,
    now: datetime,
) -> Iterator[int]:
    """Rows for the matches that have none, oldest first so that the newest stands first in the feed; then the rule counts as
    matched. A topic that is interrupted before goes on from there, still as a new one if it was new.
    """
    with batches() as batch:
        # What was corrected before anybody asked for corrections is no news.
        is_of_edits = topic.grain is Grain.CORRECTIONS
        fresh = [] if is_of_edits else [uri for _, _, uri in found if not _has_row(batch, uri, topic)]
        pinned = [] if is_of_edits else batch.desk.ever_pinned(topic.id)
    surplus = max(len(fresh) - _FIRST_ENTRIES, 0)
    fresh = list(dict.fromkeys((*fresh, *pinned)))
    for start in range(0, len(fresh), _CHUNK):
        with batches() as batch:
            # Each entry a microsecond after the one before, across chunks too: they keep their order in the feed.
            at = now + timedelta(microseconds=start)
            writing = works.writing(batch, ledger.Occasion(now=at, is_new_topic=is_new, is_rule_edit=not is_new))
            beyond = replace(writing, occasion=replace(writing.occasion, is_surplus=True))
            gained = 0
            for position, uri in enumerate(fresh[start : start + _CHUNK], start):
                gained += _enter_one(beyond if is_new and position < surplus else writing, topic, uri)
        yield gained
    with batches() as batch:
        state = feed_state(batch, works, topic, now)
        batch.save_topic_feed(replace(state, rule_version=works.matcher.rule_versions[topic.id]))


def _enter_one(writing: Writing, topic: Topic, uri: str) -> int:
    """Whether the article gained a row. It is asked again: a poll may have stored another text, or a row, since."""
    stored = writing.batch.article(uri)
    says = standing(writing.batch.desk.of(uri))
    match = next((match for match in matches_of(writing, stored) if match.topic_id == topic.id), None)
    if match is None and topic.id in says.pinned:
        match = matched_by_hand(writing, topic)
    if match is None or _has_row(writing.batch, uri, topic):
        return 0
    admit(writing, topic, match, stored, says)
    return 1


def _has_row(batch: Batch, uri: str, topic: Topic) -> bool:
    return any(row.topic_id == topic.id and row.grain is topic.grain and not row.version for row in batch.rows_of(uri))
