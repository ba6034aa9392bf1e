"""Rows of the tables <-> values of `model`."""

from typing import Any

from sqlalchemy import Row

from aggregator.model.article import EffectiveBasis, Owner, StoredArticle
from aggregator.model.cadence import Pace, Rhythm
from aggregator.model.copies import CopyRelation, CopyVerdict, Membership
from aggregator.model.health import Coverage, Incident, IncidentKind
from aggregator.model.identity import Fingerprints
from aggregator.model.known_items import KnownItems
from aggregator.model.ledger import LedgerRow, RowState, TopicFeedState
from aggregator.model.poll import Poll
from aggregator.model.source import SourceState, Validators
from aggregator.model.topic import Grain, IdPolicy, Match
from aggregator.storage.codec import (
    COPY_EVIDENCE,
    COVERAGE,
    MOVE,
    PACE,
    RHYTHM,
    article_from_json,
    article_to_json,
    date_from_json,
    date_to_json,
    digests_from_blob,
    digests_to_blob,
    evidence_from_json,
    small_from_json,
    small_to_json,
    to_instant,
    to_microseconds,
)

_NO_PACE, _NO_RHYTHM, _NO_COVERAGE = Pace(), Rhythm(), Coverage()
Values = dict[str, Any]
"""Column name -> value; stays inside storage."""


def source_state_values(state: SourceState) -> Values:
    validators = state.validators
    return {
        "source_id": state.source_id,
        "validators_url": validators.url,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "document_digests": digests_to_blob(validators.digests),
        "next_poll_at": to_microseconds(state.next_poll_at),
        "first_good_poll_at": to_microseconds(state.first_good_poll_at),
        "last_poll_at": to_microseconds(state.last_poll_at),
        "last_good_poll_at": to_microseconds(state.last_good_poll_at),
        "failures": state.failures,
        "last_error": state.last_error,
        "not_modified_seen": state.not_modified_seen,
        "retry_after_at": to_microseconds(state.retry_after_at),
        "raw_digest": validators.raw_digest,
        "fresh_until": to_microseconds(state.fresh_until),
        "pace": small_to_json(PACE, state.pace, _NO_PACE),
        "rhythm": small_to_json(RHYTHM, state.rhythm, _NO_RHYTHM),
        "coverage": small_to_json(COVERAGE, state.coverage, _NO_COVERAGE),
        "location": state.location,
        "stands_for": state.stands_for,
        "moved_at": to_microseconds(state.moved_at),
        "move": None if state.move is None else small_to_json(MOVE, state.move, None),
        "gone_polls": state.gone_polls,
        "gaps": state.gaps,
    }


def source_state(row: Row[Any]) -> SourceState:
    """From a row of `source_state` joined with the source's known items."""
    return SourceState(
        source_id=row.source_id,
        validators=Validators(
            url=row.validators_url,
            etag=row.etag,
            last_modified=row.last_modified,
            digests=digests_from_blob(bytes(row.document_digests)),
            raw_digest=bytes(row.raw_digest) if row.raw_digest else None,
        ),
        next_poll_at=to_instant(row.next_poll_at),
        first_good_poll_at=to_instant(row.first_good_poll_at),
        last_poll_at=to_instant(row.last_poll_at),
        last_good_poll_at=to_instant(row.last_good_poll_at),
        failures=row.failures,
        last_error=row.last_error,
        not_modified_seen=row.not_modified_seen,
        retry_after_at=to_instant(row.retry_after_at),
        items=KnownItems(bytes(row.packed or b"")),
        fresh_until=to_instant(row.fresh_until),
        pace=small_from_json(PACE, row.pace, _NO_PACE),
        rhythm=small_from_json(RHYTHM, row.rhythm, _NO_RHYTHM),
        coverage=small_from_json(COVERAGE, row.coverage, _NO_COVERAGE),
        location=row.location,
        stands_for=row.stands_for,
        moved_at=to_instant(row.moved_at),
        move=small_from_json(MOVE, row.move, None),
        gone_polls=row.gone_polls,
        gaps=row.gaps,
    )


def incident_values(incident: Incident) -> Values:
    """All but its number."""
    return {
        "source_id": incident.source_id,
        "kind": incident.kind.value,
        "entry_id": incident.entry_id,
        "began_at": to_microseconds(incident.began_at),
        "detail": incident.detail,
        "last_new_at": to_microseconds(incident.last_new_at),
        "ended_at": to_microseconds(incident.ended_at),
        "told_at": to_microseconds(incident.told_at),
        "updated_at": to_microseconds(incident.updated_at),
        "group": incident.group,
        "is_changed": incident.is_changed,
        "fragment": incident.fragment,
    }


def incident(row: Row[Any]) -> Incident:
    return Incident(
        number=row.number,
        source_id=row.source_id,
        kind=IncidentKind(row.kind),
        entry_id=row.entry_id,
        began_at=to_instant(row.began_at),
        detail=row.detail,
        last_new_at=to_instant(row.last_new_at),
        ended_at=to_instant(row.ended_at),
        told_at=to_instant(row.told_at),
        updated_at=to_instant(row.updated_at),
        group=row.group,
        is_changed=row.is_changed,
        fragment=bytes(row.fragment) if row.fragment is not None else None,
    )


def article_values(stored: StoredArticle, prints: Fingerprints) -> Values:
    return {
        "uri": stored.uri,
        "version": stored.version,
        "owner_source": stored.owner.source_id,
        "owner_key": stored.owner.key,
        "owner_priority": stored.owner.priority,
        "first_seen_at": to_microseconds(stored.first_seen_at),
        "effective_at": to_microseconds(stored.effective_at),
        "effective_basis": stored.effective_basis.value,
        "text_digest": prints.text,
        "material_digest": prints.material,
        "title_digest": prints.title,
        "body_digest": prints.body,
        "url_digest": prints.url,
        "content": article_to_json(stored.article),
    }


def stored_article(row: Row[Any]) -> StoredArticle:
    return StoredArticle(
        uri=row.uri,
        version=row.version,
        first_seen_at=to_instant(row.first_seen_at),
        effective_at=to_instant(row.effective_at),
        effective_basis=EffectiveBasis(row.effective_basis),
        article=article_from_json(row.content),
        owner=Owner(source_id=row.owner_source, key=bytes(row.owner_key), priority=row.owner_priority),
    )


def fingerprints(row: Row[Any]) -> Fingerprints:
    return Fingerprints(
        text=bytes(row.text_digest),
        material=bytes(row.material_digest),
        title=bytes(row.title_digest),
        body=bytes(row.body_digest) if row.body_digest else None,
        url=bytes(row.url_digest) if row.url_digest else None,
    )


def match(row: Row[Any]) -> Match:
    return Match(
        topic_id=row.topic_id,
        rule_version=row.rule_version,
        score=row.score,
        evidence=evidence_from_json(row.evidence),
    )


def ledger_values(row: LedgerRow) -> Values:
    """All but `seq` and the article's number."""
    return {
        "topic_id": row.topic_id,
        "grain": row.grain.value,
        "entry_id": row.entry_id,
        "id_policy": row.id_policy.value,
        "state": row.state.value,
        "reason": row.reason,
        "rule_version": row.rule_version,
        "first_published_at": to_microseconds(row.first_published_at),
        "published": date_to_json(row.published),
        "updated_at": to_microseconds(row.updated_at),
        "pending_since": to_microseconds(row.pending_since),
        "digest": row.digest,
        "fragment": row.fragment,
        "position": row.position,
        "archived_fragment": row.archived_fragment,
        "withdrawn_at": to_microseconds(row.withdrawn_at),
        "has_tombstone": row.has_tombstone,
        "unsettled_source": row.unsettled_source,
        "copy_of": row.copy_of,
        "version": row.version,
        "follows": row.follows,
        "news": row.news,
    }


def ledger_row(row: Row[Any]) -> LedgerRow:
    """From a ledger row joined with its article's `uri`."""
    return LedgerRow(
        seq=row.seq,
        topic_id=row.topic_id,
        grain=Grain(row.grain),
        entry_id=row.entry_id,
        id_policy=IdPolicy(row.id_policy),
        article_uri=row.uri,
        state=RowState(row.state),
        reason=row.reason,
        rule_version=row.rule_version,
        first_published_at=to_instant(row.first_published_at),
        published=date_from_json(row.published),
        updated_at=to_instant(row.updated_at),
        pending_since=to_instant(row.pending_since),
        digest=bytes(row.digest),
        fragment=bytes(row.fragment) if row.fragment is not None else None,
        position=row.position,
        archived_fragment=bytes(row.archived_fragment) if row.archived_fragment is not None else None,
        withdrawn_at=to_instant(row.withdrawn_at),
        has_tombstone=row.has_tombstone,
        unsettled_source=row.unsettled_source,
        copy_of=row.copy_of,
        version=row.version,
        follows=row.follows,
        news=row.news,
    )


def verdict_values(verdict: CopyVerdict | None) -> Values:
    """Columns without a value for no verdict."""
    if verdict is None:
        return {"relation": None, "score": None, "evidence": None}
    return {
        "relation": verdict.relation.value,
        "score": verdict.score,
        "evidence": small_to_json(COPY_EVIDENCE, verdict.evidence, None),
    }


def verdict(row: Row[Any]) -> CopyVerdict:
    """Of a row whose `relation` is set."""
    evidence = COPY_EVIDENCE.validate_json(row.evidence)
    return CopyVerdict(relation=CopyRelation(row.relation), score=row.score, evidence=evidence)


def membership(row: Row[Any]) -> Membership:
    """From a row of `copy_group` joined with its article's `uri`."""
    return Membership(
        uri=row.uri,
        group=row.group_uri,
        anchor=row.anchor_uri,
        verdict=None if row.relation is None else verdict(row),
    )


def topic_feed_values(state: TopicFeedState) -> Values:
    return {
        "topic_id": state.topic_id,
        "grain": state.grain.value,
        "feed_id": state.feed_id,
        "id_policy": state.id_policy.value,
        "rule_version": state.rule_version,
        "updated_at": to_microseconds(state.updated_at),
        "bytes_digest": state.bytes_digest,
        "changed_at": to_microseconds(state.changed_at),
        "closed_at": to_microseconds(state.closed_at),
        "is_further": state.is_further,
    }


def topic_feed(row: Row[Any]) -> TopicFeedState:
    return TopicFeedState(
        topic_id=row.topic_id,
        grain=Grain(row.grain),
        feed_id=row.feed_id,
        id_policy=IdPolicy(row.id_policy),
        rule_version=row.rule_version,
        updated_at=to_instant(row.updated_at),
        bytes_digest=bytes(row.bytes_digest) if row.bytes_digest else None,
        changed_at=to_instant(row.changed_at),
        closed_at=to_instant(row.closed_at),
        is_further=bool(row.is_further),
    )


def poll_values(poll: Poll) -> Values:
    return {
        "source_id": poll.source_id,
        "started_at": to_microseconds(poll.started_at),
        "took_us": int(poll.took.total_seconds() * 1_000_000),
        "outcome": poll.outcome.value,
        "status": poll.status,
        "error": poll.error,
        "body_bytes": poll.body_bytes,
        "entries": poll.entries,
        "new": poll.new,
        "updated": poll.updated,
        "duplicate": poll.duplicate,
        "known_share": poll.known_share,
        "defects": poll.defects,
    }
