"""A feed's rows -> its documents, ready to be written: the live one and the archive pages that are new or not right."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from aggregator import ledger
from aggregator.model.ledger import (
    ArchivePage,
    FeedForm,
    LedgerRow,
    LiveEntries,
    TakenBack,
    Tombstone,
    TopicFeed,
    TopicFeedState,
)
from aggregator.pipeline.feed_state import feed_state
from aggregator.pipeline.feeds import JSON, RSS, Feed
from aggregator.pipeline.works import Works
from aggregator.render import render_document, render_json, render_rss
from aggregator.storage import Batch
from aggregator.text import bytes_digest, digest

_RENDERED: Mapping[str, Callable[[TopicFeed], bytes]] = {RSS: render_rss, JSON: render_json}
# Part of what a document in another format is made of: to be raised when these formats are written another way, so that files
# of an earlier release are written again.
_EDITION = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An archive page whose files are to be written."""

    state: ArchivePage
    document: TopicFeed
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherForm:
    """A document in another format than Atom, to be written."""

    path: Path
    data: bytes
    state: FeedForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One feed's documents."""

    feed: Feed
    state: TopicFeedState
    entries: LiveEntries
    tombstones: tuple[TakenBack, ...]
    document: TopicFeed
    data: bytes
    digest: bytes
    """Of `data`."""
    highest_position: int
    is_changed: bool
    """The bytes are not those that were last written."""
    pages: tuple[Page, ...]
    forms: Mapping[tuple[int, str], FeedForm]
    """What was last written in other formats."""


def render_feed(
    batch: Batch, works: Works, feed: Feed, now: datetime, *, heal: bool = False, with_forms: bool = False
) -> Rendered:
    """Render the feed as its rows are now and store its state; with `heal` every archive page, else those that are new or
    were changed by a kill; `with_forms` where the live document is to be written in other formats as well.
    """
    topic, (topic_id, grain) = feed.topic, feed.name
    before = feed_state(batch, works, topic, now)
    newest = batch.feeds.newest_live(topic_id, grain)
    recent = batch.feeds.live_after(topic_id, grain, ledger.recent_after(newest)) if newest else 0
    entries = batch.feeds.live_entries(topic_id, grain, ledger.live_count(recent, topic.limit))
    tombstones = batch.feeds.tombstones(topic_id, grain)
    updated_at = max(before.updated_at, entries.updated_at or before.updated_at)
    updated_at = max([updated_at, *(one.withdrawn_at for one in tombstones)])
    highest = batch.history.highest_position(topic_id, grain)
    full = ledger.full_pages(highest)
    document = TopicFeed(
        head=replace(feed.head(works, before.feed_id, updated_at), prev_archive_url=_page_url(feed, works, full)),
        fragments=tuple(filter(None, entries.fragments)),
        tombstones=tuple(Tombstone(entry_id=one.entry_id, withdrawn_at=one.withdrawn_at) for one in tombstones),
    )
    data = render_document(document)
    written = bytes_digest(data)
    is_changed = written != before.bytes_digest
    state = replace(before, updated_at=updated_at)
    if is_changed:
        state = replace(state, bytes_digest=written, changed_at=now)
    batch.save_topic_feed(state)
    pages = tuple(_pages(batch, works, feed, state, full=full, now=now, heal=heal)) if full else ()
    return Rendered(
        feed=feed,
        state=state,
        entries=entries,
        tombstones=tombstones,
        document=document,
        data=data,
        digest=written,
        highest_position=highest,
        is_changed=is_changed,
        pages=pages,
        forms=batch.feeds.forms(topic_id, grain) if pages or with_forms else {},
    )


def _page_url(feed: Feed, works: Works, number: int) -> str | None:
    """None for the page before the first."""
    return feed.url(works, number) if number else None


def _pages(
    batch: Batch, works: Works, feed: Feed, state: TopicFeedState, *, full: int, now: datetime, heal: bool
) -> Iterator[Page]:
    stored = batch.history.pages(*feed.name)
    for number in range(1, full + 1):
        known = stored.get(number)
        if known is not None and not heal:
            continue
        document = _page(batch, works, feed, state.feed_id, number)
        data = render_document(document)
        written = bytes_digest(data)
        is_known = known is not None and known.bytes_digest == written
        changed_at = known.changed_at if known is not None and is_known else now
        topic_id, grain = feed.name
        page = ArchivePage(topic_id=topic_id, grain=grain, number=number, bytes_digest=written, changed_at=changed_at)
        yield Page(state=page, document=document, data=data)


def _page(batch: Batch, works: Works, feed: Feed, feed_id: str, number: int) -> TopicFeed:
    rows = batch.history.page_rows(*feed.name, *ledger.page_positions(number))
    withdrawn = [row for row in rows if row.withdrawn_at]
    # The page's own time: of its rows as the page shows them and of its kills, never of a later edit.
    times = [row.first_published_at for row in rows] + [row.withdrawn_at for row in withdrawn if row.withdrawn_at]
    head = feed.head(works, feed_id, max(times))
    shown = (row.archived_fragment or row.fragment for row in rows if ledger.stands_in_archive(row))
    return TopicFeed(
        head=replace(
            head,
            self_url=feed.url(works, number),
            current_url=head.self_url,
            hubs=(),
            prev_archive_url=_page_url(feed, works, number - 1),
            # An archive document that leads to no other is called incomplete; the second page's address is known for good.
            next_archive_url=feed.url(works, 2) if number == 1 else None,
        ),
        fragments=tuple(fragment for fragment in shown if fragment),
        tombstones=tuple(map(_tombstone, withdrawn)),
    )


def _tombstone(row: LedgerRow) -> Tombstone:
    return Tombstone(entry_id=row.entry_id, withdrawn_at=row.withdrawn_at or row.updated_at)


def other_forms(rendered: Rendered, works: Works, now: datetime) -> Iterator[OtherForm]:
    """The live document in each other format in which it does not say what the Atom document says, or in which its file is
    not as it was written.
    """
    yield from _in_other_forms(rendered, works, number=0, document=rendered.document, same=rendered.digest, now=now)


def page_forms(rendered: Rendered, works: Works, now: datetime) -> Iterator[OtherForm]:
    """The same of its archive pages."""
    for page in rendered.pages:
        yield from _in_other_forms(
            rendered,
            works,
            number=page.state.number,
            document=page.document,
            same=page.state.bytes_digest,
            now=now,
        )


def _in_other_forms(
    rendered: Rendered, works: Works, *, number: int, document: TopicFeed, same: bytes, now: datetime
) -> Iterator[OtherForm]:
    """`same`: digest of the Atom document that says the same."""
    made_of = digest(same, _EDITION if works.extensions else f"{_EDITION} without extensions")
    for form, render in _RENDERED.items():
        path, known = rendered.feed.path(works, form, number), rendered.forms.get((number, form))
        if known is None or known.made_of != made_of or not _holds(path, known.bytes_digest):
            written = render(document)
            bytes_known_by = bytes_digest(written)
            is_same = known is not None and known.bytes_digest == bytes_known_by
            topic_id, grain = rendered.feed.name
            state = FeedForm(
                topic_id=topic_id,
                grain=grain,
                number=number,
                form=form,
                made_of=made_of,
                bytes_digest=bytes_known_by,
                changed_at=known.changed_at if known is not None and is_same else now,
            )
            yield OtherForm(path=path, data=written, state=state)


def _holds(path: Path, written: bytes) -> bool:
    try:
        return bytes_digest(path.read_bytes()) == written
    except OSError:  # gone or not readable: it is written again, or that says what is wrong
        return False
