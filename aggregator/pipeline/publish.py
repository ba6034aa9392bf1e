"""The ledger -> the files in `feeds/`: what the clock sets free goes out, the feeds that it touched are rendered and written.

What a publication costs follows from what changed. A ledger row that is written marks its feed (`storage.feeds`), and the mark
goes once the files are written: a process that is killed, a disk that is full lose nothing. A fault in one feed stays with it.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import aggregator.publish as files
from aggregator import ledger
from aggregator.errors import DEFECTS, PublishError
from aggregator.model.ledger import AddedEntry, FeedForm, Step, Written
from aggregator.pipeline.attend import attend_in, scrub
from aggregator.pipeline.changes import FeedChange, compared
from aggregator.pipeline.documents import OtherForm, Rendered, other_forms, page_forms, render_feed
from aggregator.pipeline.enter import release_pending, release_queued
from aggregator.pipeline.feeds import ATOM, JSON, RSS, Feed, feeds_of
from aggregator.pipeline.leftovers import left_behind, take_away
from aggregator.pipeline.lists import subscription_lists
from aggregator.pipeline.record import Visit, record
from aggregator.pipeline.rematch import rematch_in
from aggregator.pipeline.rename import drop_former_files
from aggregator.pipeline.shelf import MOST_ADDED, FeedName, Grown, Note, grow, laid_out
from aggregator.pipeline.source_health import NAME as HEALTH
from aggregator.pipeline.source_health import render_health
from aggregator.pipeline.works import Works
from aggregator.render import without_extensions
from aggregator.storage import Batch
from aggregator.text import bytes_digest

_LOG = logging.getLogger(__name__)
# Feeds whose documents are held in memory at once, and rendered in one transaction.
_CHUNK = 50
# Of those that only grow one is held at a time; others wait for the lock of the store meanwhile, 60 ms.
_CHUNK_GROWING = 250
_HEALTH = f"{HEALTH}.{ATOM}"


@dataclass(slots=True)
class _Run:
    """One publication under way."""

    works: Works
    now: datetime
    heal: bool
    written: list[Path]
    changes: list[FeedChange] = field(default_factory=list)
    failed: list[tuple[Path, Exception]] = field(default_factory=list)

    def write(self, path: Path, data: bytes) -> bool:
        """Write a file if its bytes differ; says whether they did. What a power cut takes of it the next start writes again."""
        if not files.write(path, data, durable=False):
            return False
        self.written.append(path)
        return True


def publish(
    works: Works,
    now: datetime,
    *,
    heal: bool = False,
    forms: bool = True,
    compare: bool = True,
    written: list[Path] | None = None,
) -> tuple[FeedChange, ...]:
    """Bring the files of every feed that is due up to date, also of one whose file is gone; with `heal`, as at every start,
    of all feeds, archive pages too, however much of them was lost or torn (rules R24).

    Without `forms` the Atom documents alone are written, and `publish_forms` is left to write the others. What subscribers see
    change is told with `compare`. `written` gathers the files that were written.
    Raises PublishError where a feed cannot be written, after all others are.
    """
    run = _Run(works, now, heal, [] if written is None else written)
    with works.store.batch() as batch:
        decided = attend_in(batch, works, now)
        left = left_behind(batch, works) if decided or heal else ()
        _set_free(batch, works, now)
        due = _due(batch, works, Step.ATOM, (ATOM,), everything=heal)
        changed = batch.feeds.changed()
        late = _due(batch, works, Step.FORMS, (RSS, JSON), everything=False) if forms else ()
    growing = () if heal or forms or compare else tuple(feed for feed in due if feed.name not in changed)
    grown = {name for chunk in _chunks(growing, _CHUNK_GROWING) for name in _grow_each(run, chunk)}
    for chunk in _chunks(tuple(feed for feed in due if feed.name not in grown)):
        _publish_chunk(run, chunk, forms=forms, compare=compare)
    done = {feed.name for feed in due}
    _write_forms(run, [feed for feed in late if feed.name not in done])
    _publish_rest(run)
    scrub(works, now)
    run.failed += take_away(works, left)
    drop_former_files(works)
    _complain(run)
    return tuple(run.changes)


def publish_forms(works: Works, now: datetime, *, at_most: int, written: list[Path] | None = None) -> int:
    """Write the formats other than Atom of the feeds whose Atom document went before them, and say how many are left.

    Raises PublishError where a file cannot be written, after all others are.
    """
    run = _Run(works, now, False, [] if written is None else written)
    with works.store.read() as reader:
        if not reader.has_late_forms():
            return 0
    with works.store.batch() as batch:
        late = _due(batch, works, Step.FORMS, (), everything=False)
    _write_forms(run, late[:at_most])
    _complain(run)
    return len(late[at_most:])


def rehearse(works: Works, now: datetime, visits: Iterable[Visit] = ()) -> tuple[FeedChange, ...]:
    """What `publish` would change once edited rules, what the desk decided and the visits were stored: computed in a
    transaction that is rolled back.
    """
    with works.store.rehearse() as batch:
        rematch_in(lambda: nullcontext(batch), works, now)
        attend_in(batch, works, now)
        for one in visits:
            record(batch, one, works, now)
        _set_free(batch, works, now)
        rendered = (render_feed(batch, works, feed, now) for feed in feeds_of(works.topics))
        return tuple(compared(works, one) for one in rendered)


# What is due


def _set_free(batch: Batch, works: Works, now: datetime) -> None:
    """Let out what only waited for the clock: changes whose hour is over, the queue, tombstones that told long enough."""
    for row, let_out in release_pending(batch, works.site_author, now):
        _apart(batch, row.topic_id, let_out)
    queued, told = batch.feeds.queued(), batch.feeds.told_withdrawn(now - ledger.TOMBSTONE_SPAN)
    if not queued and not told:
        return
    feeds = {feed.name: feed for feed in feeds_of(works.topics)}
    for feed in (feed for name, feed in feeds.items() if name in queued):
        _apart(batch, feed.stem, partial(release_queued, batch, feed.topic, works.site_author, now))
    for row in told:
        if (row.topic_id, row.grain) in feeds:
            batch.save_row(replace(row, has_tombstone=False))


def _apart(batch: Batch, name: str, work: Callable[[], object]) -> None:
    """Do it so that a fault in it undoes and stops nothing else."""
    try:
        with batch.part():
            work()
    except DEFECTS as error:
        _LOG.error("what waits in a feed cannot be let out", extra={"feed": name, "error": _reason(error)})


def _due(batch: Batch, works: Works, step: Step, must_exist: tuple[str, ...], *, everything: bool) -> tuple[Feed, ...]:
    """The feeds that are marked, and those of which a file is gone."""
    marked = batch.feeds.due(step)
    # Not `iterdir`: it makes a path of each of thousands of names.
    there = set(os.listdir(works.directory)) if must_exist and works.directory.is_dir() else set()  # noqa: PTH208

    def is_due(feed: Feed) -> bool:
        return everything or feed.name in marked or any(f"{feed.stem}.{form}" not in there for form in must_exist)

    return tuple(filter(is_due, feeds_of(works.topics)))


def _chunks(feeds: tuple[Feed, ...], size: int = _CHUNK) -> Iterator[tuple[Feed, ...]]:
    return (feeds[start : start + size] for start in range(0, len(feeds), size))


# Entries that are new, in the documents that lie there


def _grow_each(run: _Run, feeds: tuple[Feed, ...]) -> set[FeedName]:
    """Put their new entries into the feeds' documents; gives those of which that was all there was to do."""
    known = {feed.name: note for feed in feeds if (note := run.works.shelf.take(feed.name))}
    if not known:
        return set()
    with run.works.store.batch() as batch:
        try:
            written = batch.feeds.written(known)
            added = batch.feeds.added_entries({name: note.layout.position for name, note in known.items()}, MOST_ADDED)
        except DEFECTS:  # a damaged row: rendered whole, its feed alone pays for it
            return set()
        there = [(name, feed) for feed in feeds if (name := feed.name) in written and name in added]
        return {
            name
            for name, feed in there
            if (after := _grown(known[name], written[name], added[name], feed.topic.limit))
            and _put(run, batch, feed, known[name], after)
        }


def _grown(note: Note, written: Written, added: Sequence[AddedEntry], limit: int) -> Grown | None:
    """None: the document is to be rendered whole, which also says what is wrong."""
    try:
        return grow(note, written, added, limit)
    except DEFECTS:
        return None


def _put(run: _Run, batch: Batch, feed: Feed, note: Note, after: Grown) -> bool:
    """Write the document; one that cannot be written stays marked, and is rendered whole next time."""
    topic_id, grain = name = feed.name
    try:
        note = _write_grown(run, batch, feed, note, after)
    except OSError as error:
        run.failed.append((note.path, error))
        return True
    run.works.shelf.keep(name, note)
    batch.feeds.clear(topic_id, grain, Step.ADDED)
    entries, is_written = len(note.layout.ages), after.data is not None
    run.changes.append(FeedChange(topic_id=topic_id, path=note.path, entries=entries, is_written=is_written))
    return True


def _write_grown(run: _Run, batch: Batch, feed: Feed, note: Note, after: Grown) -> Note:
    if after.data is None:
        return replace(note, layout=after.layout)
    stamp, digest = files.replace(note.path, after.data, durable=False), bytes_digest(after.data)
    run.written.append(note.path)
    _LOG.info("published", extra={"feed": note.path.name, "entries": len(after.layout.ages)})
    topic_id, grain = feed.name
    batch.feeds.save_written(topic_id, grain, digest, after.updated_at, run.now)
    batch.feeds.mark(topic_id, grain, Step.FORMS)
    return Note(path=note.path, stamp=stamp, digest=digest, layout=after.layout)


# Rendering and writing


def _publish_chunk(run: _Run, feeds: tuple[Feed, ...], *, forms: bool, compare: bool) -> None:
    with run.works.store.batch() as batch:
        rendered = list(_render_each(run, batch, feeds, with_forms=forms))
        for one in rendered:
            # With the digest that makes it count as known, or a file that fails now would leave the others behind for good.
            if one.is_changed or run.heal:
                batch.feeds.mark(*one.feed.name, Step.FORMS)
    done: list[tuple[Rendered, list[FeedForm]]] = []
    for one in rendered:
        try:
            change = compared(run.works, one) if compare else FeedChange.of(run.works, one)
            is_written, states = _write(run, one, forms=forms)
        except OSError as error:
            run.failed.append((one.feed.path(run.works, ATOM), error))
            continue
        run.changes.append(replace(change, is_written=is_written))
        _note(run.works, one, is_kept=not compare)
        done.append((one, states))
    with run.works.store.batch() as batch:
        for one, states in done:
            batch.history.save_pages(page.state for page in one.pages)
            batch.feeds.save_forms(states)
            batch.feeds.clear(*one.feed.name, Step.ATOM)
            if forms:
                batch.feeds.clear(*one.feed.name, Step.FORMS)


def _render_each(run: _Run, batch: Batch, feeds: Iterable[Feed], *, with_forms: bool) -> Iterator[Rendered]:
    for feed in feeds:
        try:
            with batch.part():
                rendered = render_feed(batch, run.works, feed, run.now, heal=run.heal, with_forms=with_forms)
        except DEFECTS as error:
            run.failed.append((feed.path(run.works, ATOM), error))
        else:
            yield rendered


def _note(works: Works, rendered: Rendered, *, is_kept: bool) -> None:
    """Remember how the document lies there, in a process that stays, and say where it lacks an entry."""
    name, path = rendered.feed.name, rendered.feed.path(works, ATOM)
    entries = rendered.entries
    if not works.extensions:
        entries = replace(entries, fragments=tuple(one and without_extensions(one) for one in entries.fragments))
    layout, stamp = laid_out(rendered.data, entries, rendered.highest_position), files.stamp_of(path)
    works.shelf.take(name)
    if layout is None and rendered.entries.entry_ids:
        _LOG.error(
            "an entry that is damaged in the store is left out; `aggregator db check` may say more",
            extra={"feed": path.name},
        )
    # What is added to such a document is what is stored of an entry.
    if layout and stamp and is_kept and works.extensions:
        works.shelf.keep(name, Note(path=path, stamp=stamp, digest=rendered.digest, layout=layout))


def _write(run: _Run, rendered: Rendered, *, forms: bool) -> tuple[bool, list[FeedForm]]:
    """Whether the live document was written, and what to store of the other formats. Archive pages first: the live document
    must not link to a page that is not there.
    """
    works, feed = run.works, rendered.feed
    for page in rendered.pages:
        run.write(feed.path(works, ATOM, page.state.number), page.data)
    states = _write_each(run, page_forms(rendered, works, run.now))
    is_written = run.write(feed.path(works, ATOM), rendered.data)
    if is_written:
        _LOG.info("published", extra={"feed": f"{feed.stem}.{ATOM}", "entries": len(rendered.entries.entry_ids)})
    if forms:
        states += _write_each(run, other_forms(rendered, works, run.now))
    return is_written, states


def _write_each(run: _Run, documents: Iterable[OtherForm]) -> list[FeedForm]:
    states = []
    for one in documents:
        run.write(one.path, one.data)
        states.append(one.state)
    return states


def _write_forms(run: _Run, feeds: Iterable[Feed]) -> None:
    """The other formats of feeds whose Atom documents are right."""
    for chunk in _chunks(tuple(feeds)):
        with run.works.store.batch() as batch:
            rendered = list(_render_each(run, batch, chunk, with_forms=True))
        done: list[tuple[Feed, list[FeedForm]]] = []
        for one in rendered:
            try:
                done.append((one.feed, _write_each(run, other_forms(one, run.works, run.now))))
            except OSError as error:
                run.failed.append((one.feed.path(run.works, RSS), error))
        with run.works.store.batch() as batch:
            for feed, states in done:
                batch.feeds.save_forms(states)
                batch.feeds.clear(*feed.name, Step.FORMS)


def _publish_rest(run: _Run) -> None:
    """The feed of the sources' health, and the lists of what is published and read."""
    works = run.works
    with works.store.batch() as batch:
        try:
            with batch.part():
                documents = render_health(batch, works, run.now)
        except DEFECTS as error:
            run.failed.append((works.directory / _HEALTH, error))
            documents = ()
    # Nothing but the configuration changes the lists, and whoever takes another one heals.
    lists = subscription_lists(works) if run.heal else ()
    for path, data in (*documents, *lists):
        try:
            run.write(path, data)
        except OSError as error:
            run.failed.append((path, error))


def _complain(run: _Run) -> None:
    if run.failed:
        # What the user can mend is named first.
        path, first = min(run.failed, key=lambda one: not isinstance(one[1], OSError))
        is_defect = not isinstance(first, OSError)
        raise PublishError(str(path), _reason(first), len(run.failed) - 1, is_defect=is_defect) from first


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
