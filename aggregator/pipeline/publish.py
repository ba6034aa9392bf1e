"""The ledger -> the files in `feeds/`: what is due is released, every feed rendered, a file written if its bytes differ."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import aggregator.publish as files
from aggregator import ledger
from aggregator.model.ledger import FeedHead, LedgerRow, TopicFeed, TopicFeedState
from aggregator.model.topic import Topic
from aggregator.pipeline.enter import release_pending
from aggregator.pipeline.record import Visit, record
from aggregator.pipeline.works import Works
from aggregator.render import render_document
from aggregator.storage import Batch
from aggregator.text import digest

_LOG = logging.getLogger(__name__)
# Enough for the live document of any limit: it never holds more than 300 or `limit` rows (rules R14).
_MOST_ROWS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """A feed as it now is, and how it differs from what subscribers saw."""

    topic_id: str
    path: Path
    entries: int
    added: tuple[LedgerRow, ...] = ()
    """Entries that came since the last change of the file, newest first; not known at a feed's first writing."""
    revised: tuple[LedgerRow, ...] = ()
    is_changed: bool = False
    is_written: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rendered:
    topic: Topic
    state: TopicFeedState
    rows: tuple[LedgerRow, ...]
    data: bytes
    before: TopicFeedState


def publish(works: Works, now: datetime) -> tuple[FeedChange, ...]:
    """Bring every feed's file up to date. The ledger commits first, so files that are lost or torn heal (rules R24).

    Raises OSError where a file cannot be written, after all others are.
    """
    with works.store.batch() as batch:
        rendered = tuple(_render_all(batch, works, now))
        for one in rendered:
            batch.save_topic_feed(one.state)
    changes, errors = [], []
    for one in rendered:
        try:
            changes.append(_write(works, one))
        except OSError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return tuple(changes)


def rehearse(works: Works, now: datetime, visits: Iterable[Visit] = ()) -> tuple[FeedChange, ...]:
    """What `publish` would change once the visits were stored, computed in a transaction that is rolled back."""
    with works.store.rehearse() as batch:
        for one in visits:
            record(batch, one, works, now)
        return tuple(_change(works, one) for one in _render_all(batch, works, now))


def _render_all(batch: Batch, works: Works, now: datetime) -> Iterator[_Rendered]:
    release_pending(batch, works.site_author, now)
    for topic in works.topics:
        before = feed_state(batch, works, topic, now)
        rows = ledger.live_document(batch.live_rows(topic.id, topic.grain, max(topic.limit, _MOST_ROWS)), topic.limit)
        updated_at = max([before.updated_at, *(row.updated_at for row in rows)])
        data = render_document(
            TopicFeed(
                head=_head(works, topic, before.feed_id, updated_at),
                fragments=tuple(row.fragment for row in rows if row.fragment is not None),
            )
        )
        state = replace(before, updated_at=updated_at)
        if digest(data) != before.bytes_digest:
            state = replace(state, bytes_digest=digest(data), changed_at=now)
        yield _Rendered(topic=topic, state=state, rows=rows, data=data, before=before)


def feed_state(batch: Batch, works: Works, topic: Topic, now: datetime) -> TopicFeedState:
    """What is stored of the topic's feed, or the state of a new one: its `updated` is the moment of its creation."""
    stored = batch.topic_feed(topic.id, topic.grain)
    return stored or TopicFeedState(
        topic_id=topic.id,
        grain=topic.grain,
        feed_id=ledger.feed_id(works.instance_id, topic.id, topic.grain),
        id_policy=topic.id_policy,
        rule_version=works.matcher.rule_versions[topic.id],
        updated_at=now,
        bytes_digest=None,
        changed_at=None,
    )


def _head(works: Works, topic: Topic, feed_id: str, updated_at: datetime) -> FeedHead:
    return FeedHead(
        feed_id=feed_id,
        title=topic.title,
        subtitle=topic.description,
        author=works.site_author,
        language=works.language,
        updated_at=updated_at,
        self_url=f"{works.base_url}/feeds/{topic.id}.atom",
        alternate_url=f"{works.base_url}/",
    )


def _path(works: Works, topic: Topic) -> Path:
    return works.directory / f"{topic.id}.atom"


def _write(works: Works, rendered: _Rendered) -> FeedChange:
    path = _path(works, rendered.topic)
    is_written = files.write(path, rendered.data)
    if is_written:
        _LOG.info("published", extra={"feed": path.name, "entries": len(rendered.rows)})
    return replace(_change(works, rendered), is_written=is_written)


def _change(works: Works, rendered: _Rendered) -> FeedChange:
    since = rendered.before.changed_at
    new = [row for row in rendered.rows if since is None or row.first_published_at > since]
    revised = [row for row in rendered.rows if row not in new and since is not None and row.updated_at > since]
    return FeedChange(
        topic_id=rendered.topic.id,
        path=_path(works, rendered.topic),
        entries=len(rendered.rows),
        added=tuple(new),
        revised=tuple(revised),
        is_changed=rendered.state.bytes_digest != rendered.before.bytes_digest,
    )
