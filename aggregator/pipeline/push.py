"""Sources whose documents name a hub: subscribed there, polled when it delivers, slower while it does (WebSub).

`record` tells what a poll saw (`note_hub`, `note_poll`), the web takes what hubs say, the daemon asks hubs (`ask_hubs`) and
brings forward what was delivered (`heed`).
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from aggregator import schedule, websub
from aggregator.model.poll import Outcome, Poll
from aggregator.model.push import HubAnswer, PushState, Subscription
from aggregator.model.source import Source, SourceState
from aggregator.pipeline.works import Works
from aggregator.storage import Batch, Reader

_LOG = logging.getLogger(__name__)
# Hubs asked in one go; those of one host one after the other.
_AT_ONCE = 20


def is_on(works: Works, source: Source) -> bool:
    """Whether the source may be subscribed to: hubs can reach us, and its address is no secret that they may not hear."""
    is_open = source.url is not None and not source.private and source.authorization is None
    return is_open and "@" not in urlsplit(source.url or "").netloc and websub.is_public(works.base_url)


def note_hub(batch: Batch, source_id: str, hub: str | None, topic: str | None, now: datetime) -> None:
    """A whole answer named this hub and topic; None for none. A 304 that names none says nothing and is not noted."""
    changed = websub.offered(batch.subscriptions.of(source_id), source_id, hub, topic, now)
    batch.subscriptions.save(changed)


def note_poll(
    batch: Batch, source: Source, poll: Poll, *, before: SourceState, after: SourceState, at: datetime, now: datetime
) -> datetime:
    """What the poll says of the source's push; gives when to poll next, which without push would be `at`."""
    if after.is_gone:
        note_hub(batch, source.id, None, None, now)
    for subscription in batch.subscriptions.of(source.id):
        if subscription.state is not PushState.ACTIVE and subscription.invited_at is None:
            continue
        changed = websub.polled(
            subscription,
            found_new=poll.new + poll.duplicate > 0,
            started_at=poll.started_at,
            last_poll_at=before.last_poll_at,
            now=now,
        )
        if changed != subscription:
            batch.subscriptions.save((changed,))
        # What was announced and is not there yet comes soon: a cache in front of the source may be behind its hub.
        is_vain = subscription.invited_at is not None and poll.outcome in (Outcome.UNCHANGED, Outcome.KNOWN)
        if changed.is_working(now) and poll.outcome is not Outcome.FAILED and not is_vain:
            at = max(at, schedule.next_poll(websub.slowed(source), after, now))
    return at


def heed(works: Works, now: datetime) -> int:
    """Make the sources due that a delivery is about, a minute after their last poll at the soonest; says how many."""
    with works.store.read() as reader:
        if not any(websub.invited_poll_at(one, now) for one in reader.invitations()):
            return 0
    with works.store.batch() as batch:
        sooner = {
            one.source_id: at
            for one in batch.subscriptions.invitations()
            if (at := websub.invited_poll_at(one, now)) is not None
        }
        for source_id, at in sooner.items():
            batch.subscriptions.poll_at(source_id, at)
    return len(sooner)


async def ask_hubs(works: Works, new_key: Callable[[], str], writer: Executor) -> int:
    """Subscribe, renew and unsubscribe where that is due; says how many requests that took.

    `new_key` makes a random token; a stranger who guessed one could make us poll.
    """
    loop = asyncio.get_running_loop()
    take = partial(_take, works, new_key, works.clock())
    by_host: dict[str, list[Subscription]] = {}
    for subscription in await loop.run_in_executor(writer, take):
        by_host.setdefault(urlsplit(subscription.hub).netloc.lower(), []).append(subscription)

    async def ask(queue: list[Subscription]) -> None:
        for subscription in queue:
            answer = await works.fetcher.post(subscription.hub, websub.subscribe_form(subscription), works.clock())
            await loop.run_in_executor(writer, _note_answer, works, subscription, answer)

    async with asyncio.TaskGroup() as group:
        for queue in by_host.values():
            group.create_task(ask(queue))
    return sum(map(len, by_host.values()))


def push_notes(reader: Reader, base_url: str, now: datetime) -> dict[str, str]:
    """What is wrong with the push of sources, a line for people by source id; where nothing is, nothing."""
    if not websub.is_public(base_url):
        return {}
    return {
        subscription.source_id: line
        for subscription in reader.subscriptions()
        if (line := websub.note(subscription, now)) is not None
    }


def _take(works: Works, new_key: Callable[[], str], now: datetime) -> tuple[Subscription, ...]:
    """Bring the subscriptions to what is meant, and give those whose hub is to be asked now, written down as asked: a hub may
    verify before it answers."""
    is_wished = {source.id for source in works.sources if is_on(works, source)}

    def meant(subscription: Subscription) -> Subscription:
        is_configured = subscription.source_id in is_wished
        return websub.wished(subscription, is_configured=is_configured, base_url=works.base_url, now=now)

    with works.store.read() as reader:
        if not any(_is_open(one, meant(one), now) for one in reader.subscriptions()):
            return ()
    with works.store.batch() as batch:
        found = [(one, meant(one)) for one in batch.subscriptions.all()]
        batch.subscriptions.save(after for before, after in found if after != before)
        batch.subscriptions.forget(one.number for one, _ in found if one.number and websub.is_forgotten(one, now))
        due = sorted((one for _, one in found if websub.is_due(one, now)), key=lambda one: one.due_at or now)
        asked = tuple(websub.asked(one, works.base_url, new_key, now) for one in due[:_AT_ONCE])
        batch.subscriptions.save(asked)
    return tuple(one for one in asked if one.due_at is not None)


def _is_open(before: Subscription, after: Subscription, now: datetime) -> bool:
    return after != before or websub.is_due(before, now) or websub.is_forgotten(before, now)


def _note_answer(works: Works, asked: Subscription, answer: HubAnswer) -> None:
    now = works.clock()
    with works.store.batch() as batch:
        subscription = batch.subscriptions.get(asked.number or 0)
        if subscription is None:
            return
        after = websub.answered(subscription, answer, now)
        batch.subscriptions.save((after,))
    values = {"source": after.source_id, "hub": urlsplit(after.hub).hostname, "state": after.state.value}
    _LOG.info("hub asked", extra=values | ({"note": after.detail} if after.detail else {}))
