"""The ledger -> the files in `feeds/`: what is due is released, every feed rendered, a file written if its bytes differ."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import aggregator.publish as files
from aggregator import ledger
from aggregator.errors import PublishError
from aggregator.model.ledger import ArchivePage, FeedHead, LedgerRow, Tombstone, TopicFeed, TopicFeedState
from aggregator.model.topic import Topic
from aggregator.pipeline.attend import attend_in
from aggregator.pipeline.enter import release_pending, release_queued
from aggregator.pipeline.feed_state import feed_state
from aggregator.pipeline.record import Visit, record
from aggregator.pipeline.rematch import rematch_in
from aggregator.pipeline.rename import drop_former_files
from aggregator.pipeline.source_health import render_health
from aggregator.pipeline.works import Works
from aggregator.render import SeenEntry, render_document, seen_entries
from aggregator.storage import Batch
from aggregator.text import digest

_LOG = logging.getLogger(__name__)
# Enough for the live document of any limit: it never holds more than 300 or `limit` rows (rules R14).
_MOST_ROWS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """A feed as it now is, and how its document differs from the file that subscribers saw."""

    topic_id: str
    path: Path
    entries: int
    added: tuple[SeenEntry, ...] = ()
    updated: tuple[SeenEntry, ...] = ()
    """Entries that were there with another `updated`."""
    withdrawn: tuple[SeenEntry, ...] = ()
    left: tuple[SeenEntry, ...] = ()
    """Entries that newer ones pushed out; readers keep them."""
    reasons: tuple[tuple[str, str], ...] = ()
    """(entry id, why it stands where it stands) of the added and withdrawn."""
    is_changed: bool = False
    is_written: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rendered:
    """One feed's documents, ready to be written."""

    topic: Topic
    state: TopicFeedState
    rows: tuple[LedgerRow, ...]
    tombstones: tuple[LedgerRow, ...]
    data: bytes
    pages: tuple[tuple[int, bytes], ...]
    """Archive pages whose file is not there or not right: (number, bytes)."""


def publish(works: Works, now: datetime, *, heal: bool = False) -> tuple[FeedChange, ...]:
    """Bring every feed's files up to date. The ledger commits first, so a live document that is lost or torn heals at
    once; with `heal`, as at every start, archive pages are rendered and compared too (rules R24).

    Raises PublishError where a file cannot be written, after all others are.
    """
    with works.store.batch() as batch:
        rendered = tuple(_render_all(batch, works, now, heal=heal))
        for one in rendered:
            batch.save_topic_feed(one.state)
            batch.history.save_pages(_page_states(one, now))
        health = render_health(batch, works, now)
    changes: list[FeedChange] = []
    errors: list[tuple[Path, OSError]] = []
    for one in rendered:
        try:
            changes.append(_write(works, one))
        except OSError as error:
            errors.append((_path(works, one.topic), error))
    try:
        files.write(health.path, health.data)
    except OSError as error:
        errors.append((health.path, error))
    drop_former_files(works)
    if errors:
        path, first = errors[0]
        raise PublishError(str(path), first.strerror or str(first), len(errors) - 1) from first
    return tuple(changes)


def rehearse(works: Works, now: datetime, visits: Iterable[Visit] = ()) -> tuple[FeedChange, ...]:
    """What `publish` would change once edited rules, what the desk decided and the visits were stored: computed in a
    transaction that is rolled back.
    """
    with works.store.rehearse() as batch:
        rematch_in(lambda: nullcontext(batch), works, now)
        attend_in(batch, works, now)
        for one in visits:
            record(batch, one, works, now)
        return tuple(_compare(works, one) for one in _render_all(batch, works, now, heal=False))


def _render_all(batch: Batch, works: Works, now: datetime, *, heal: bool) -> Iterator[_Rendered]:
    release_pending(batch, works.site_author, now)
    for topic in works.topics:
        release_queued(batch, topic, works.site_author, now)
        _end_tombstones(batch, topic, now)
        yield _render(batch, works, topic, now, heal=heal)


def _end_tombstones(batch: Batch, topic: Topic, now: datetime) -> None:
    for row in batch.history.tombstones(topic.id, topic.grain):
        if ledger.tombstone_is_over(row, now):
            batch.save_row(replace(row, has_tombstone=False))


def _render(batch: Batch, works: Works, topic: Topic, now: datetime, *, heal: bool) -> _Rendered:
    before = feed_state(batch, works, topic, now)
    rows = ledger.live_document(batch.live_rows(topic.id, topic.grain, max(topic.limit, _MOST_ROWS)), topic.limit)
    tombstones = batch.history.tombstones(topic.id, topic.grain)
    kills = [row.withdrawn_at for row in tombstones if row.withdrawn_at]
    updated_at = max([before.updated_at, *(row.updated_at for row in rows), *kills])
    full = ledger.full_pages(batch.history.highest_position(topic.id, topic.grain))
    head = replace(_head(works, topic, before.feed_id, updated_at), prev_archive_url=_page_url(works, topic, full))
    data = render_document(
        TopicFeed(
            head=head,
            fragments=tuple(row.fragment for row in rows if row.fragment is not None),
            tombstones=tuple(map(_tombstone, tombstones)),
        )
    )
    state = replace(before, updated_at=updated_at)
    if digest(data) != before.bytes_digest:
        state = replace(state, bytes_digest=digest(data), changed_at=now)
    pages = tuple(_pages(batch, works, topic, before.feed_id, range(1, full + 1), heal=heal))
    return _Rendered(topic=topic, state=state, rows=rows, tombstones=tombstones, data=data, pages=pages)


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
        hubs=works.hubs,
    )


def _page_url(works: Works, topic: Topic, number: int) -> str | None:
    """None for the page before the first."""
    return f"{works.base_url}/feeds/{topic.id}/archive/{number:06}.atom" if number else None


def _pages(
    batch: Batch, works: Works, topic: Topic, feed_id: str, numbers: range, *, heal: bool
) -> Iterator[tuple[int, bytes]]:
    """Full pages that are new or were changed by a kill; with `heal` those whose file is lost or not right as well."""
    stored = batch.history.pages(topic.id, topic.grain)
    for number in numbers:
        known = stored.get(number)
        if known is not None and not heal:
            continue
        rows = batch.history.page_rows(topic.id, topic.grain, *ledger.page_positions(number))
        data = _render_page(works, topic, feed_id, number, rows)
        if known is None or known.bytes_digest != digest(data) or not _page_path(works, topic, number).exists():
            yield number, data


def _render_page(works: Works, topic: Topic, feed_id: str, number: int, rows: tuple[LedgerRow, ...]) -> bytes:
    withdrawn = [row for row in rows if row.withdrawn_at]
    # The page's own time: of its rows as the page shows them and of its kills, never of a later edit.
    times = [row.first_published_at for row in rows] + [row.withdrawn_at for row in withdrawn if row.withdrawn_at]
    head = _head(works, topic, feed_id, max(times))
    shown = (row.archived_fragment or row.fragment for row in rows if ledger.stands_in_archive(row))
    return render_document(
        TopicFeed(
            head=replace(
                head,
                self_url=_page_url(works, topic, number) or "",
                current_url=head.self_url,
                hubs=(),
                prev_archive_url=_page_url(works, topic, number - 1),
            ),
            fragments=tuple(fragment for fragment in shown if fragment),
            tombstones=tuple(map(_tombstone, withdrawn)),
        )
    )


def _tombstone(row: LedgerRow) -> Tombstone:
    return Tombstone(entry_id=row.entry_id, withdrawn_at=row.withdrawn_at or row.updated_at)


def _page_states(rendered: _Rendered, now: datetime) -> Iterator[ArchivePage]:
    for number, data in rendered.pages:
        yield ArchivePage(
            topic_id=rendered.topic.id,
            grain=rendered.topic.grain,
            number=number,
            bytes_digest=digest(data),
            changed_at=now,
        )


def _path(works: Works, topic: Topic) -> Path:
    return works.directory / f"{topic.id}.atom"


def _page_path(works: Works, topic: Topic, number: int) -> Path:
    return works.directory / topic.id / "archive" / f"{number:06}.atom"


def _write(works: Works, rendered: _Rendered) -> FeedChange:
    """Archive pages first: the live document must not link to a page that is not there."""
    change = _compare(works, rendered)
    for number, data in rendered.pages:
        files.write(_page_path(works, rendered.topic, number), data)
    is_written = files.write(change.path, rendered.data)
    if is_written:
        _LOG.info("published", extra={"feed": change.path.name, "entries": change.entries})
    return replace(change, is_written=is_written)


def _compare(works: Works, rendered: _Rendered) -> FeedChange:
    """The document beside the file that is there now, which is what subscribers saw."""
    path = _path(works, rendered.topic)
    change = FeedChange(topic_id=rendered.topic.id, path=path, entries=len(rendered.rows))
    before = path.read_bytes() if path.is_file() else b""
    if before == rendered.data:
        return change
    old, new = _by_id(before), _by_id(rendered.data)
    gone = [entry for key, entry in new.items() if entry.is_withdrawn and not (key in old and old[key].is_withdrawn)]
    added = [entry for key, entry in new.items() if not entry.is_withdrawn and key not in old]
    told = {entry.id for entry in (*added, *gone)}
    return replace(
        change,
        added=tuple(added),
        updated=tuple(
            entry
            for key, entry in new.items()
            if not entry.is_withdrawn and key in old and old[key].updated != entry.updated
        ),
        withdrawn=tuple(replace(entry, title=old[entry.id].title if entry.id in old else "") for entry in gone),
        left=tuple(entry for key, entry in old.items() if key not in new and not entry.is_withdrawn),
        reasons=tuple(
            (row.entry_id, row.reason) for row in (*rendered.rows, *rendered.tombstones) if row.entry_id in told
        ),
        is_changed=True,
    )


def _by_id(document: bytes) -> dict[str, SeenEntry]:
    return {entry.id: entry for entry in seen_entries(document)} if document else {}
