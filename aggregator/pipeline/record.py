"""One visit -> the store, in one transaction: known keys, the verdict, the ledger's decision, the write (rules R6)."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator import ledger, schedule
from aggregator.dedup import mint, path_key
from aggregator.model.fetch import Fetched, FetchFailed, FetchResult, Identical, NotModified
from aggregator.model.identity import Relation, Verdict
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import Source, SourceState, Validators
from aggregator.pipeline.churn import confirm_held, in_churn, look_for_discontinuity
from aggregator.pipeline.enter import Writing
from aggregator.pipeline.settle import settle
from aggregator.pipeline.works import Works
from aggregator.reading.read import ReadDocument, Reading
from aggregator.storage import Batch


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


def record(batch: Batch, visit: Visit, works: Works, now: datetime) -> Poll:
    """Store all that came of a visit and give its record."""
    state = visit.state
    match visit.result:
        case FetchFailed() as failed:
            poll, state = _failed(visit, failed, state, now)
        case NotModified() as answer:
            poll = _poll(visit, Outcome.UNCHANGED, status=answer.status)
            state = replace(_good(state, now), validators=answer.validators, not_modified_seen=True)
        case Identical() as answer:
            poll = replace(_poll(visit, Outcome.UNCHANGED, status=answer.status), body_bytes=answer.body_bytes)
            state = replace(_good(state, now), validators=_kept(answer.validators, visit, state))
        case Fetched() as fetched:
            occasion = ledger.Occasion(now=now, is_first_good_poll=state.first_good_poll_at is None)
            poll = _read(works.writing(batch, occasion), visit, fetched)
            is_whole = fetched.look_again_after is None
            items = visit.reading.documents[-1].items if visit.reading and visit.reading.documents else state.items
            state = replace(
                _good(state, now, is_whole=is_whole), items=items, validators=_kept(fetched.validators, visit, state)
            )
            if poll.outcome is not Outcome.UNCHANGED or poll.error:
                state = replace(state, last_error=poll.error)
    if poll.outcome is Outcome.UNCHANGED and state.last_error and not visit.source.is_local:
        confirm_held(works.writing(batch, ledger.Occasion(now=now)), visit.source.id)
    at = schedule.next_poll(visit.source, state, now)
    if isinstance(visit.result, Fetched) and visit.result.look_again_after:
        at = min(at, now + visit.result.look_again_after)
    batch.save_source_state(replace(state, next_poll_at=at))
    # A folder is looked at every ten seconds: 8,640 records a day that say nothing.
    if not (visit.source.is_local and poll.outcome is Outcome.UNCHANGED):
        batch.add_poll(poll)
    return poll


def _poll(visit: Visit, outcome: Outcome, *, status: int | None = None, error: str | None = None) -> Poll:
    return Poll(
        source_id=visit.source.id,
        started_at=visit.started_at,
        took=visit.took,
        outcome=outcome,
        status=status,
        error=error,
    )


def _failed(visit: Visit, failed: FetchFailed, state: SourceState, now: datetime) -> tuple[Poll, SourceState]:
    poll = _poll(visit, Outcome.FAILED, status=failed.status, error=failed.detail)
    retry_at = now + failed.retry_after if failed.retry_after else None
    state = replace(
        state, failures=state.failures + 1, last_error=failed.detail, last_poll_at=now, retry_after_at=retry_at
    )
    return poll, state


def _good(state: SourceState, now: datetime, *, is_whole: bool = True) -> SourceState:
    """The state after an answer; what was wrong with a document stays told until another one comes.

    The first good poll of a folder is the one that found no file still being written: a checkout that is a second
    old is the folder's beginning as much as one that is a minute old (rules R17).
    """
    return replace(
        state,
        first_good_poll_at=state.first_good_poll_at or (now if is_whole else None),
        last_poll_at=now,
        last_good_poll_at=now,
        failures=0,
        last_error=None if state.failures else state.last_error,
        retry_after_at=None,
    )


def _kept(validators: Validators, visit: Visit, state: SourceState) -> Validators:
    """Validators of an answer that was not whole would hide the rest of it for ever: only the digests are kept."""
    documents = visit.reading.documents if visit.reading else ()
    is_cut = any(defect.kind == "malformed" for document in documents for defect in document.defects)
    had_none = state.validators.etag is None and state.validators.last_modified is None
    is_cut_still = not documents and had_none and state.last_error is not None and not state.failures
    if is_cut or is_cut_still:
        return replace(validators, etag=None, last_modified=None)
    return validators


def _read(writing: Writing, visit: Visit, fetched: Fetched) -> Poll:
    reading = visit.reading
    assert reading is not None  # noqa: S101  `Visit.reading` goes with `Fetched`
    paths = _paths(reading) if visit.source.is_local else frozenset()
    present = frozenset(path_key(path).digest for path in paths)
    counts: Counter[str] = Counter()
    breaks: list[str] = []
    for document in reading.documents:
        counts += _record_document(writing, document, visit.source, present, breaks)
    if visit.source.is_local:
        _record_folder(writing.batch, visit.source, reading, paths, writing.now)
    defects = [defect for document in reading.documents for defect in document.defects]
    failed = [skipped for skipped in reading.failed if not skipped.is_young]
    entries, changed = counts["entries"], counts["new"] + counts["updated"]
    notes = breaks + [defect.detail for defect in defects] + [f"{skipped.key}: {skipped.reason}" for skipped in failed]
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
    batch.save_documents(source.id, [document.key for document in reading.documents], failed, now)
    batch.forget_documents(source.id, paths)
    for gone in batch.window_documents(source.id) - paths:
        batch.leave(batch.window(source.id, gone).values(), now)


def _record_document(
    writing: Writing, document: ReadDocument, source: Source, files: frozenset[bytes], breaks: list[str]
) -> Counter[str]:
    """Store the document's entries. An entry whose text is in the window already costs no write (rules R4).

    `breaks` is told of churn and gaps (rules R19).
    """
    still = {item.key for item in document.known}
    found = None if source.is_local or still else look_for_discontinuity(writing, source.id, document.sightings)
    if found:
        breaks.append(found.note)
        writing = in_churn(writing, source.id) if found.is_churn else writing
    window = writing.batch.window(source.id, document.key if source.is_local else None)
    own_keys = files.union(still, (sighting.keys[0].digest for sighting in document.sightings))
    counts = Counter(entries=len(document.sightings) + len(document.known))
    present = {(sighting.keys[0].digest, sighting.fingerprints.text): sighting for sighting in document.sightings}
    unseen = [sighting for pair, sighting in present.items() if pair not in window]
    writing.batch.look_ahead(unseen, [mint(sighting.mint_name) for sighting in unseen])
    for sighting in unseen:
        counts[_counted(settle(writing, sighting, own_keys))] += 1
    gone = [number for pair, number in window.items() if pair not in present and pair[0] not in still]
    writing.batch.leave(gone, writing.now)
    if not source.is_local and not (found and found.is_churn):
        confirm_held(writing, source.id)
    return counts


def _counted(verdict: Verdict) -> str:
    """How a sighting counts: new, updated, duplicate or known."""
    if verdict.relation is Relation.SAME:
        return "duplicate" if "another source" in verdict.reason else "known"
    return "new" if verdict.relation is Relation.NEW else "updated"
