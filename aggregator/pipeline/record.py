"""One visit -> the store, in one transaction: known keys, the verdict, the ledger's decision, the write (rules R6)."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from aggregator import health, ledger, schedule
from aggregator.dedup import mint, path_key
from aggregator.model.article import Article, Completeness
from aggregator.model.fetch import Fetched, FetchFailed, FetchResult, Hints, Identical, NotModified
from aggregator.model.identity import Relation, Verdict
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import Source, SourceState, Validators
from aggregator.pipeline import moves, push, source_health
from aggregator.pipeline.churn import confirm_held, in_churn, look_for_discontinuity
from aggregator.pipeline.enter import Writing
from aggregator.pipeline.settle import settle
from aggregator.pipeline.withdraw import withdraw
from aggregator.pipeline.works import Works
from aggregator.reading.read import ReadDocument, Reading
from aggregator.storage import Batch

_GONE = 410
# How an entry counts that was not in the source before.
_ARRIVED = ("new", "duplicate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A poll that is over and not yet stored."""

    source: Source
    state: SourceState
    """As it was when the visit began; a source is not visited twice at once."""
    started_at: datetime
    took: timedelta
    result: FetchResult
    reading: Reading | None
    """Set where `result` is `Fetched`."""


@dataclass(slots=True, kw_only=True)
class _Found:
    """What was found in the documents of one visit, gathered while they are stored."""

    counts: Counter[str] = field(default_factory=Counter)
    arrived: list[Article] = field(default_factory=list)
    """Texts of entries that are new in this source, though another may have had them."""
    notes: list[str] = field(default_factory=list)
    """Churn and gaps (rules R19)."""
    gap: str | None = None
    churn: str | None = None
    refusal: str | None = None
    """Why it is not believed that so much is withdrawn."""

    @property
    def known(self) -> int:
        return self.counts["entries"] - len(self.arrived)

    @property
    def dates(self) -> tuple[datetime, ...]:
        """What the new entries claim as their dates."""
        claimed = (article.published or article.updated for article in self.arrived)
        return tuple(date.value for date in claimed if date)


def record(batch: Batch, visit: Visit, works: Works, now: datetime) -> Poll:
    """Store all that came of a visit and give its record."""
    match visit.result:
        case FetchFailed() as failed:
            poll, state = _failed(visit, failed, now)
        case NotModified() as answer:
            poll = _poll(visit, Outcome.UNCHANGED, status=answer.status)
            state = _good(visit.state, now, validators=answer.validators, not_modified_seen=True)
            state = _learned(batch, visit, works, state, hints=answer.hints, now=now)
        case Identical() as answer:
            poll = replace(_poll(visit, Outcome.UNCHANGED, status=answer.status), body_bytes=answer.body_bytes)
            state = _good(visit.state, now, validators=_kept(answer.validators, visit))
            state = _learned(batch, visit, works, state, hints=answer.hints, now=now)
        case Fetched() as fetched:
            poll, state = _fetched(batch, visit, works, fetched, now)
    if poll.outcome is Outcome.UNCHANGED and state.last_error and not visit.source.is_local:
        confirm_held(works.writing(batch, ledger.Occasion(now=now)), visit.source.id)
    state = source_health.notice(batch, works.instance_id, state, now)
    at = _when(batch, visit, works, poll, state, now=now)
    batch.save_source_state(replace(state, next_poll_at=at), known=visit.state.items)
    # A folder is looked at every ten seconds: 8,640 records a day that say nothing.
    if not (visit.source.is_local and poll.outcome is Outcome.UNCHANGED):
        batch.add_poll(poll)
    return poll


def _when(batch: Batch, visit: Visit, works: Works, poll: Poll, state: SourceState, *, now: datetime) -> datetime:
    """When to poll next: by the source's cadence, later while a hub delivers, sooner for a file that was too young."""
    at = schedule.next_poll(visit.source, state, now)
    if push.is_on(works, visit.source):
        _note_hub(batch, visit, now)
        at = push.note_poll(batch, visit.source, poll, before=visit.state, after=state, at=at, now=now)
    young = visit.result.look_again_after if isinstance(visit.result, Fetched) else None
    return min(at, now + young) if young else at


def _note_hub(batch: Batch, visit: Visit, now: datetime) -> None:
    """Which hub a good answer names; what its fields say goes before what its document says (WebSub 4)."""
    if isinstance(visit.result, FetchFailed):
        return
    hints, documents = visit.result.hints, visit.reading.documents if visit.reading else ()
    if documents:
        hub, topic = hints.hub or documents[-1].hub, hints.topic_url or documents[-1].topic_url
        push.note_hub(batch, visit.source.id, hub, topic, now)
    elif hints.hub and hints.topic_url:
        push.note_hub(batch, visit.source.id, hints.hub, hints.topic_url, now)


def _fetched(batch: Batch, visit: Visit, works: Works, fetched: Fetched, now: datetime) -> tuple[Poll, SourceState]:
    before, reading = visit.state, visit.reading
    assert reading is not None  # noqa: S101  `Visit.reading` goes with `Fetched`
    occasion = ledger.Occasion(now=now, is_first_good_poll=before.first_good_poll_at is None)
    found = _Found()
    poll = _read(works.writing(batch, occasion), visit, fetched, reading, found)
    state = _good(
        before,
        now,
        is_whole=fetched.look_again_after is None,
        items=reading.documents[-1].items if reading.documents else before.items,
        validators=_kept(fetched.validators, visit),
    )
    if poll.outcome is not Outcome.UNCHANGED or poll.error:
        state = replace(state, last_error=poll.error)
    news = found if reading.documents else None
    return poll, _learned(batch, visit, works, state, hints=fetched.hints, now=now, found=news)


def _learned(
    batch: Batch,
    visit: Visit,
    works: Works,
    state: SourceState,
    *,
    hints: Hints,
    now: datetime,
    found: _Found | None = None,
) -> SourceState:
    """The state with what an answer teaches of the source: how long it is fresh, its rhythm, its coverage, its place.

    `found` is None where the document was the one that is known. A folder teaches nothing: it is the user's own.
    """
    before = visit.state
    if visit.source.is_local:
        return state
    pace = visit.reading.documents[-1].pace if found and visit.reading else state.pace
    rhythm = schedule.observe(
        state.rhythm,
        polled_at=now,
        previous_poll_at=before.last_good_poll_at,
        new=len(found.arrived) if found else 0,
        known=found.known if found else state.rhythm.window,
        dates=found.dates if found else (),
        is_gap=bool(found and found.gap),
    )
    state = replace(state, fresh_until=now + hints.fresh_for if hints.fresh_for else None, pace=pace, rhythm=rhythm)
    if found:
        state = _covered(state, found, now, is_first=before.first_good_poll_at is None)
    shares = found is None or found.known > 0 or before.first_good_poll_at is None
    return _placed(batch, visit.source, works, state, hints, shares=shares, now=now)


def _covered(state: SourceState, found: _Found, now: datetime, *, is_first: bool) -> SourceState:
    seen = health.Seen(
        new=len(found.arrived),
        undated=len(found.arrived) - len(found.dates),
        full=sum(article.completeness is Completeness.FULL for article in found.arrived),
        dates=found.dates,
    )
    coverage = health.learn(state.coverage, seen, now, is_first=is_first)
    if found.churn and _is_news(coverage.churn_since, now):
        coverage = replace(coverage, churn_since=now, churn_note=found.churn)
    if found.refusal and _is_news(coverage.withdrawal_since, now):
        coverage = replace(coverage, withdrawal_since=now, withdrawal_note=found.refusal)
    if found.gap and _is_news(coverage.gap_since, now):
        coverage = replace(coverage, gap_since=now, gap_note=found.gap)
    return replace(state, gaps=state.gaps + bool(found.gap), coverage=coverage)


def _is_news(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last >= health.TOGETHER


def _placed(
    batch: Batch, source: Source, works: Works, state: SourceState, hints: Hints, *, shares: bool, now: datetime
) -> SourceState:
    """The state after what redirects said of the source's place."""
    if state.location and state.stands_for != source.url:
        state = moves.returned(state)  # the configuration names another address now
    judged = moves.judge(source, state, hints.moved_to, shares=shares, now=now)
    if judged.move is None or judged.verdict is not moves.Verdict.RIPE:
        return state if state.move == judged.move else replace(state, move=judged.move)
    if moves.is_mass_move(source, judged.move, batch.incidents.movers(), works.sources):
        return replace(state, move=replace(judged.move, is_refused=True))
    return moves.adopted(source, state, judged.move, now)


def _poll(visit: Visit, outcome: Outcome, *, status: int | None = None, error: str | None = None) -> Poll:
    return Poll(
        source_id=visit.source.id,
        started_at=visit.started_at,
        took=visit.took,
        outcome=outcome,
        status=status,
        error=error,
    )


def _failed(visit: Visit, failed: FetchFailed, now: datetime) -> tuple[Poll, SourceState]:
    """What is remembered of the document and its validators stays as it was: nothing was learned of them."""
    before = visit.state
    poll = _poll(visit, Outcome.FAILED, status=failed.status, error=failed.detail)
    state = replace(
        before,
        failures=before.failures + 1,
        last_error=failed.detail,
        last_poll_at=now,
        retry_after_at=now + failed.retry_after if failed.retry_after else None,
        coverage=replace(before.coverage, failing_since=before.coverage.failing_since or now),
    )
    state = _gone(visit.source, state) if failed.status == _GONE else replace(state, gone_polls=0)
    if moves.has_died(visit.source, state):
        state = replace(moves.returned(state), gone_polls=0)
    return poll, state


def _gone(source: Source, state: SourceState) -> SourceState:
    """One more 410; the first where the configuration has named another address since the last."""
    gone_polls = state.gone_polls + 1 if state.stands_for == source.url else 1
    location = state.location if state.stands_for == source.url else None
    return replace(state, gone_polls=gone_polls, location=location, stands_for=source.url)


def _good(state: SourceState, now: datetime, *, is_whole: bool = True, **more: Any) -> SourceState:
    """The state after an answer, and with the fields that are given; what was wrong with a document stays told until another one comes.

    The first good poll of a folder is the one that found no file still being written: a checkout that is a second
    old is the folder's beginning as much as one that is a minute old (rules R17).
    """
    return replace(
        state,
        first_good_poll_at=state.first_good_poll_at or (now if is_whole else None),
        last_poll_at=now,
        last_good_poll_at=now,
        failures=0,
        gone_polls=0,
        last_error=None if state.failures else state.last_error,
        retry_after_at=None,
        coverage=replace(state.coverage, failing_since=None) if state.failures else state.coverage,
        **more,
    )


def _kept(validators: Validators, visit: Visit) -> Validators:
    """Validators of an answer that was not whole would hide the rest of it for ever: only the digests are kept, and of a
    document without an entry, which a server in trouble gives, nothing.
    """
    state, documents = visit.state, visit.reading.documents if visit.reading else ()
    if visit.source.is_local:
        return validators  # a file that is mended has another time, which the listing's mark tells
    if documents and not any(one.sightings or one.known for one in documents):
        return Validators()
    is_cut = any(defect.kind == "malformed" for document in documents for defect in document.defects)
    had_none = state.validators.etag is None and state.validators.last_modified is None
    is_cut_still = not documents and had_none and state.last_error is not None and not state.failures
    if is_cut or is_cut_still:
        return replace(validators, etag=None, last_modified=None)
    return validators


def _read(writing: Writing, visit: Visit, fetched: Fetched, reading: Reading, found: _Found) -> Poll:
    paths = _paths(reading) if visit.source.is_local else frozenset()
    present = frozenset(path_key(path).digest for path in paths)
    for document in reading.documents:
        _record_document(writing, document, visit.source, present, found)
    if visit.source.is_local:
        _record_folder(writing.batch, visit.source, reading, paths, writing.now)
    defects = [defect for document in reading.documents for defect in document.defects]
    failed = [skipped for skipped in reading.failed if not skipped.is_young]
    counts = found.counts
    entries, changed = counts["entries"], counts["new"] + counts["updated"]
    notes = found.notes + [defect.detail for defect in defects] + [f"{one.key}: {one.reason}" for one in failed]
    outcome = Outcome.NEW if changed else Outcome.KNOWN if reading.documents else Outcome.UNCHANGED
    return replace(
        _poll(visit, outcome, status=fetched.status, error=_one_line(notes)),
        body_bytes=fetched.body_bytes,
        entries=entries,
        new=counts["new"],
        updated=counts["updated"],
        duplicate=counts["duplicate"],
        known_share=1 - counts["new"] / entries if entries else None,
        defects=sum(defect.count for defect in defects) + len(failed),
    )


def _one_line(notes: list[str]) -> str | None:
    if not notes:
        return None
    return " ".join(notes[0].split())[:300] + (f" (and {len(notes) - 1} more)" if len(notes) > 1 else "")


def _paths(reading: Reading) -> frozenset[str]:
    """Every file that is there, read now, known or not readable."""
    failed = (skipped.key for skipped in reading.failed)
    return frozenset((*reading.unchanged, *(document.key for document in reading.documents), *failed))


def _record_folder(batch: Batch, source: Source, reading: Reading, paths: frozenset[str], now: datetime) -> None:
    """What became of each file; entries of a file that is gone leave the window and stay what they are (rules R26)."""
    failed = [skipped for skipped in reading.failed if not skipped.is_young]
    batch.documents.save(source.id, [document.key for document in reading.documents], failed, now)
    batch.documents.forget(source.id, paths)
    for gone in batch.documents.in_window(source.id) - paths:
        batch.leave(batch.window(source.id, gone).values(), now)


def _record_document(
    writing: Writing, document: ReadDocument, source: Source, files: frozenset[bytes], found: _Found
) -> None:
    """Store the document's entries. An entry whose text is in the window already costs no write (rules R4)."""
    still = {item.key for item in document.known}
    is_apart = source.is_local or document.is_part
    broken = None if is_apart or still else look_for_discontinuity(writing, source.id, document.sightings)
    if broken:
        found.notes.append(broken.note)
        if broken.is_churn:
            found.churn = broken.note
        else:
            found.gap = broken.note
        writing = in_churn(writing, source.id) if broken.is_churn else writing
    window = writing.batch.window(source.id, document.key if is_apart else None)
    own_keys = files.union(still, (sighting.keys[0].digest for sighting in document.sightings))
    found.counts["entries"] += len(document.sightings) + len(document.known)
    present = {(sighting.keys[0].digest, sighting.fingerprints.text): sighting for sighting in document.sightings}
    unseen = [sighting for pair, sighting in present.items() if pair not in window]
    writing.batch.look_ahead(unseen, [mint(sighting.mint_name) for sighting in unseen])
    for sighting in unseen:
        counted = _counted(settle(writing, sighting, own_keys))
        found.counts[counted] += 1
        if counted in _ARRIVED:
            found.arrived.append(sighting.article)
    gone = [number for pair, number in window.items() if pair not in present and pair[0] not in still]
    writing.batch.leave(gone, writing.now)
    if document.withdrawn:
        found.refusal = withdraw(writing, source.id, document.withdrawn) or found.refusal
        found.notes.extend([found.refusal] if found.refusal else [])
    if not source.is_local and not (broken and broken.is_churn):
        confirm_held(writing, source.id)


def _counted(verdict: Verdict) -> str:
    """How a sighting counts: new, updated, duplicate or known."""
    if verdict.relation is Relation.SAME:
        return "duplicate" if "another source" in verdict.reason else "known"
    return "new" if verdict.relation is Relation.NEW else "updated"
