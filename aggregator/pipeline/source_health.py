"""What a poll did to a source's health -> incidents; incidents -> `feeds/source-health.atom`, rendered as every other feed."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from aggregator import health
from aggregator.ledger import feed_id
from aggregator.model.health import HealthFeedState, Incident, IncidentKind
from aggregator.model.ledger import FeedHead, TopicFeed
from aggregator.model.source import SourceState
from aggregator.model.topic import Grain
from aggregator.pipeline.feeds import ATOM, JSON, RSS
from aggregator.pipeline.works import Works
from aggregator.render import render_document, render_json, render_notice, render_rss
from aggregator.storage import Batch
from aggregator.text import bytes_digest

NAME = "source-health"
_LIMIT = 100
_HOUR = timedelta(hours=1)
# Longer than the longest interval that a configuration has by default: a source not polled since is no witness.
_RECENTLY = timedelta(days=2)


def notice(batch: Batch, instance_id: UUID, state: SourceState, now: datetime) -> SourceState:
    """Write down what began and what ended with a poll; the state with what goes on. Most polls change nothing."""
    turn = health.turn(state, now)
    if not turn.begun and not turn.ended:
        return state
    for begun in turn.begun:
        _begin(batch, instance_id, state, begun, now)
    for kind in turn.ended:
        _end(batch, state.source_id, kind, now)
    going = (kind for kind in state.coverage.open if kind not in turn.ended)
    return replace(state, coverage=replace(state.coverage, open=(*going, *(begun.kind for begun in turn.begun))))


def _begin(batch: Batch, instance_id: UUID, state: SourceState, begun: health.Begun, now: datetime) -> None:
    last = batch.incidents.latest(state.source_id, begun.kind)
    if last and last.ended_at and now - last.ended_at < health.SAME_INCIDENT and not health.ends_silently(begun.kind):
        batch.incidents.save(replace(last, ended_at=None, detail=begun.detail, is_changed=True))
        _touch(batch, last)
        return
    batch.incidents.add(
        Incident(
            source_id=state.source_id,
            kind=begun.kind,
            entry_id=_entry_id(instance_id, state.source_id, begun.kind, now),
            began_at=begun.began_at,
            detail=begun.detail,
            last_new_at=state.coverage.last_new_at,
        )
    )


def _end(batch: Batch, source_id: str, kind: IncidentKind, now: datetime) -> None:
    """Its entry says so; what ended before it was told is not told at all."""
    incident = batch.incidents.latest(source_id, kind)
    if incident is None:
        return
    is_news = not health.ends_silently(kind)
    if is_news and incident.told_at is None:
        batch.incidents.forget(incident.number)
        return
    batch.incidents.save(replace(incident, ended_at=now, is_changed=is_news or incident.is_changed))
    _touch(batch, incident)


def _touch(batch: Batch, member: Incident) -> None:
    """The entry in which it is told changes with it."""
    if member.group is not None:
        batch.incidents.save(replace(batch.incidents.get(member.group), is_changed=True))


def render_health(batch: Batch, works: Works, now: datetime) -> tuple[tuple[Path, bytes], ...]:
    """Tell what waits, render the entries that changed, and give (file, bytes) in each format; to be written when the
    transaction is over.
    """
    _tell(batch, works, now)
    for incident in batch.incidents.changed():
        batch.incidents.save(_rendered(batch, works, incident, now))
    shown = batch.incidents.told(_LIMIT)
    before = batch.incidents.feed()
    times = [incident.updated_at for incident in shown if incident.updated_at]
    updated_at = max([before.updated_at if before else now, *times])
    head = FeedHead(
        feed_id=feed_id(works.instance_id, NAME, Grain.UNIQUE),
        title=f"{works.site_title}: health of the sources",
        subtitle="Sources that fail, fell silent, lost entries or moved; each entry is written once and again when it is over.",
        author=works.site_author,
        language="en",
        updated_at=updated_at,
        self_url=f"{works.base_url}/feeds/{NAME}.atom",
        alternate_url=f"{works.base_url}/sources",
    )
    document = TopicFeed(head=head, fragments=tuple(one.fragment for one in shown if one.fragment))
    data = render_document(document)
    if before is None or before.bytes_digest != bytes_digest(data):
        batch.incidents.save_feed(
            HealthFeedState(updated_at=updated_at, bytes_digest=bytes_digest(data), changed_at=now)
        )
    forms = ((ATOM, data), (RSS, render_rss(document)), (JSON, render_json(document)))
    return tuple((works.directory / f"{NAME}.{form}", written) for form, written in forms)


def _tell(batch: Batch, works: Works, now: datetime) -> None:
    waiting = batch.incidents.waiting()
    if not waiting:
        return
    failing, polled = batch.incidents.failing(now - _RECENTLY)
    told = batch.incidents.told_since(now - _HOUR)
    plan = health.plan(waiting, told_last_hour=told, failing=failing, polled=polled)
    for incident in plan.alone:
        batch.incidents.save(replace(incident, told_at=now, updated_at=now))
    if plan.together:
        collective = _collective(batch, works, now)
        for incident in plan.together:
            batch.incidents.save(replace(incident, told_at=now, group=collective.number, is_changed=False))


def _collective(batch: Batch, works: Works, now: datetime) -> Incident:
    """The entry for many that goes on, else a new one."""
    open_one = batch.incidents.collective(now - health.COLLECTIVE_SPAN)
    if open_one:
        changed = replace(open_one, is_changed=True)
        batch.incidents.save(changed)
        return changed
    return batch.incidents.add(
        Incident(
            source_id=None,
            kind=IncidentKind.MANY,
            entry_id=_entry_id(works.instance_id, "", IncidentKind.MANY, now),
            began_at=now,
            detail="",
            told_at=now,
            updated_at=now,
        )
    )


def _rendered(batch: Batch, works: Works, incident: Incident, now: datetime) -> Incident:
    """The incident with its entry. `updated` moves when it ends; that of an entry for many once an hour at most before."""
    link = f"{works.base_url}/sources"
    if incident.kind is not IncidentKind.MANY:
        moved_at = (
            max(incident.updated_at or now, incident.ended_at or now) if incident.fragment else incident.updated_at
        )
        incident = replace(incident, updated_at=moved_at, is_changed=False)
        source = next((one for one in works.sources if one.id == incident.source_id), None)
        told = health.notice(incident, source, author=works.site_author, link=link)
        return replace(incident, fragment=render_notice(told))
    members = batch.incidents.members(incident.number)
    is_over = all(member.ended_at for member in members)
    began_at = min(member.began_at for member in members)
    is_time = is_over or now - (incident.updated_at or now) >= _HOUR
    incident = replace(
        incident,
        began_at=began_at,
        ended_at=now if is_over else None,
        updated_at=now if is_time else incident.updated_at,
        is_changed=False,
    )
    told = health.collective_notice(incident, members, author=works.site_author, link=link)
    return replace(incident, fragment=render_notice(told))


def _entry_id(instance_id: UUID, source_id: str, kind: IncidentKind, now: datetime) -> str:
    """Permanent: by the instance, the source, what happened and when it was noticed (rules R5)."""
    return uuid5(instance_id, f"{NAME}\n{source_id}\n{kind}\n{now.isoformat()}").urn
