"""WebSub, the subscriber's side (W3C Recommendation 2018): what is said to a hub, what its answers and deliveries mean.

A subscription is a value; each function gives the one after an event. A delivery is an invitation to poll and nothing else: no
byte of it is read as truth, so that a hub can at worst make us ask a source that we ask anyway.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from aggregator.model.push import (
    Announcement,
    Denial,
    HubAccepted,
    HubAnswer,
    HubRefused,
    HubUnanswered,
    Intent,
    Invitation,
    PushState,
    Subscription,
    Verification,
)
from aggregator.model.source import Source
from aggregator.text import digest
from aggregator.urls import is_web

PATH = "/push/"
"""Where callbacks lie below `base_url`; the token follows."""
LEASE = timedelta(days=10)
"""Asked for; what counts is what the hub grants."""
# A hub that grants a minute would be asked every minute, one that grants a year could be dead for most of it
# (Google's hub silently stops delivering: lion-reader issue 1034).
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(hours=1), timedelta(days=30)
_RENEW_AT, _RENEW_SPREAD = 0.8, 0.05
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=10), timedelta(days=1)
# With the waits between them nearly two days.
_MAX_ATTEMPTS = 8
_MAX_FAREWELLS = 3
# A hub that said no, or nothing, is asked again when the document still names it after that time.
_ASK_AGAIN_AFTER = timedelta(days=7)
# A document that names another hub every time would have us ask hubs all day.
_BETWEEN_HUBS = timedelta(days=1)
_REMEMBERED = timedelta(days=30)
_MISSES = 2
_FIRST_ANNOUNCING_WAIT, _LONGEST_ANNOUNCING_WAIT = timedelta(seconds=30), timedelta(hours=6)
_BETWEEN_INVITED_POLLS = timedelta(minutes=1)
_SLOWER = 4
_MAX_URL = 1000
_MAX_CHALLENGE = 4096
_METHODS = ("sha1", "sha256", "sha384", "sha512")
# Names that only mean something on one machine or one network (RFC 6761, 6762, 8375, 9476, ICANN on .internal).
_LOCAL_NAMES = (
    "localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa", "alt", "onion", "test",
    "example", "invalid",
)  # fmt: skip
_OVER = (PushState.LEAVING, PushState.ENDED)


# -- what is said


# The one of the configuration, asked at every poll.
@lru_cache(maxsize=4)
def is_public(base_url: str) -> bool:
    """Whether a hub out there could reach the address: http(s), and a host that is neither this machine nor a local network."""
    if not is_web(base_url):
        return False
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        pass
    labels = host.split(".")
    # A last label of digits is an address in an odd spelling (127.1, 0x7f.1), never a name.
    is_name = len(labels) > 1 and not labels[-1].startswith("0x") and not labels[-1].isdigit()
    return is_name and not any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES)


def callback_url(base_url: str, token: str) -> str:
    """Where the hub reaches us for one subscription."""
    return f"{base_url}{PATH}{token}"


def subscribe_form(subscription: Subscription) -> tuple[tuple[str, str], ...]:
    """The fields of the request to the hub; of the farewell for a subscription that is to be ended."""
    is_leaving = subscription.state in _OVER
    form = [
        ("hub.mode", "unsubscribe" if is_leaving else "subscribe"),
        ("hub.topic", subscription.topic),
        ("hub.callback", subscription.callback or ""),
    ]
    if not is_leaving:
        form.append(("hub.lease_seconds", str(int(LEASE.total_seconds()))))
        if subscription.secret:
            form.append(("hub.secret", subscription.secret))
    return tuple(form)


# -- what is heard


def intent(query: Mapping[str, str]) -> Intent | None:
    """What a GET of the callback wants; None where it is none of WebSub's."""
    mode, topic, challenge = (query.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge"))
    if mode == "denied":
        return Denial(topic=topic, reason=_one_line(query.get("hub.reason", "")))
    if mode not in ("subscribe", "unsubscribe") or not 0 < len(challenge) <= _MAX_CHALLENGE:
        return None
    lease = clamp_lease(query.get("hub.lease_seconds"))
    return Verification(is_leaving=mode == "unsubscribe", topic=topic, challenge=challenge, lease=lease)


def clamp_lease(seconds: str | None) -> timedelta:
    """What the hub grants, within an hour and 30 days; what we asked for where it says nothing that is a number."""
    if seconds is None or not (seconds.isascii() and seconds.isdigit()):
        return LEASE
    if len(seconds) > 9:  # thirty years; int() itself refuses 5,000 digits
        return _LONGEST_LEASE
    return min(max(timedelta(seconds=int(seconds)), _SHORTEST_LEASE), _LONGEST_LEASE)


class Signature:
    """Tells whether a body is signed with the secret (WebSub 8) while it comes in, keeping nothing of it.

    sha1 is heard as well: hubs still use it, and a forged delivery could only make us poll.
    """

    def __init__(self, secret: str | None, header: str | None) -> None:
        self._is_asked = secret is not None
        method, _, claimed = (header or "").strip().partition("=")
        self._claimed = claimed.strip().lower()
        is_known = method.strip().lower() in _METHODS
        self._state = hmac.new(secret.encode(), digestmod=method.strip().lower()) if secret and is_known else None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._state:
            self._state.update(chunk)

    def is_right(self) -> bool:
        """Whether the bytes so far are signed; any are where no secret was agreed on."""
        if not self._is_asked:
            return True
        if self._state is None:
            return False
        return hmac.compare_digest(self._state.hexdigest().encode(), self._claimed.encode("utf-8", "replace"))


def signature_is_right(secret: str | None, header: str | None, body: bytes) -> bool:
    """The same for a body that is there as a whole."""
    signature = Signature(secret, header)
    signature.feed(body)
    return signature.is_right()


# -- the life of a subscription


def offered(
    known: Iterable[Subscription], source_id: str, hub: str | None, topic: str | None, now: datetime
) -> tuple[Subscription, ...]:
    """The source's subscriptions that change because its document names this hub and topic; None for none."""
    known = tuple(known)
    if not (_is_usable(hub) and _is_usable(topic)):
        return tuple(replace(one, is_offered=False) for one in known if one.is_offered)
    assert hub is not None  # noqa: S101  `_is_usable` has looked at both
    assert topic is not None  # noqa: S101
    same = next((one for one in known if (one.hub, one.topic) == (hub, topic)), None)
    if same and same.is_offered:
        return _asked_after_all(same, now)
    if any(timedelta() <= now - one.offered_at < _BETWEEN_HUBS for one in known):
        return ()
    left = tuple(replace(one, is_offered=False) for one in known if one.is_offered)
    if same:
        return (*left, replace(same, is_offered=True, offered_at=now))
    new = Subscription(source_id=source_id, hub=hub, topic=topic, offered_at=now, changed_at=now, due_at=now)
    return (*left, new)


def _asked_after_all(subscription: Subscription, now: datetime) -> tuple[Subscription, ...]:
    is_shut = subscription.state in (PushState.DENIED, PushState.FAILED)
    if is_shut and now - subscription.changed_at >= _ASK_AGAIN_AFTER:
        return (_into(PushState.WANTED, subscription, now, due_at=now),)
    return ()


def wished(subscription: Subscription, *, is_configured: bool, base_url: str, now: datetime) -> Subscription:
    """The subscription as it is meant to be: left where the document or the configuration no longer has it, taken up again
    where both do, asked anew where we moved."""
    is_wished, state = subscription.is_offered and is_configured, subscription.state
    if not is_wished:
        if state in _OVER:
            return subscription
        if state in (PushState.ASKED, PushState.ACTIVE):
            return _into(PushState.LEAVING, subscription, now, due_at=now)
        return _into(PushState.ENDED, subscription, now)
    if state in _OVER:
        return _into(PushState.WANTED, subscription, now, due_at=now)
    has_moved = subscription.token and subscription.callback != callback_url(base_url, subscription.token)
    if has_moved and state in (PushState.ASKED, PushState.ACTIVE):
        return _into(PushState.WANTED, subscription, now, due_at=now)
    return subscription


def is_due(subscription: Subscription, now: datetime) -> bool:
    """Whether the hub is to be asked. A time that a clock put beyond every lease counts as come (rules R29)."""
    at = subscription.due_at
    return at is not None and (at <= now or at > now + _LONGEST_LEASE)


def is_forgotten(subscription: Subscription, now: datetime) -> bool:
    """Whether the row of a subscription that is over has served its time."""
    return subscription.state is PushState.ENDED and now - subscription.changed_at > _REMEMBERED


def asked(subscription: Subscription, base_url: str, new_key: Callable[[], str], now: datetime) -> Subscription:
    """The subscription when the hub is about to be asked: a hub may verify before it answers. Given up after too many times;
    then it is not due any more and nothing is sent."""
    is_leaving = subscription.state in _OVER
    if subscription.attempts >= (_MAX_FAREWELLS if is_leaving else _MAX_ATTEMPTS):
        detail = subscription.detail or "it took the request and never verified it; is base_url reachable from outside?"
        return _into(PushState.ENDED if is_leaving else PushState.FAILED, subscription, now, detail=detail)
    token = subscription.token or new_key()
    # A secret that travels in the clear would be none (WebSub 5.1).
    is_safe = subscription.hub.lower().startswith("https:")
    is_first = subscription.state is PushState.WANTED
    return replace(
        subscription,
        state=PushState.ASKED if is_first else subscription.state,
        changed_at=now if is_first else subscription.changed_at,
        attempts=subscription.attempts + 1,
        due_at=now + _wait(subscription, now),
        token=token,
        secret=subscription.secret or (new_key() if is_safe else None),
        callback=subscription.callback if is_leaving and subscription.callback else callback_url(base_url, token),
    )


def answered(subscription: Subscription, answer: HubAnswer, now: datetime) -> Subscription:
    """The subscription after the hub answered. One that was verified meanwhile stays what it is."""
    if not subscription.attempts:
        return subscription
    match answer:
        case HubAccepted():
            return replace(subscription, detail=None)
        case HubRefused(detail=detail):
            state = PushState.ENDED if subscription.state in _OVER else PushState.DENIED
            return _into(state, subscription, now, detail=detail)
        case HubUnanswered(detail=detail, retry_after=retry_after):
            at = subscription.due_at or now
            return replace(subscription, detail=detail, due_at=max(at, now + (retry_after or timedelta())))


def heard(subscription: Subscription, said: Intent, now: datetime) -> Subscription | None:
    """The subscription after the hub verified or denied it; None where it has no business to."""
    if said.topic != subscription.topic:
        return None
    is_open = subscription.state in (PushState.ASKED, PushState.ACTIVE)
    match said:
        case Denial(reason=reason):
            return _into(PushState.DENIED, subscription, now, detail=reason) if is_open else None
        case Verification(is_leaving=True):
            return _into(PushState.ENDED, subscription, now) if subscription.state in _OVER else None
        case Verification(lease=lease):
            return _verified(subscription, lease, now) if is_open else None


def _verified(subscription: Subscription, lease: timedelta, now: datetime) -> Subscription:
    share = _RENEW_AT + _RENEW_SPREAD * _fraction(subscription, now)
    is_renewal = subscription.holds(now)
    return replace(
        subscription,
        state=PushState.ACTIVE,
        changed_at=subscription.changed_at if is_renewal else now,
        verified_at=subscription.verified_at if is_renewal else now,
        missed=subscription.missed if is_renewal else 0,
        expires_at=now + lease,
        due_at=now + lease * share,
        attempts=0,
        detail=None,
    )


# -- deliveries and polls


def is_over(subscription: Subscription) -> bool:
    """Whether a delivery is to be told that nobody waits for it."""
    return subscription.state in _OVER


def delivered(subscription: Subscription, now: datetime, *, is_genuine: bool) -> Subscription:
    """The subscription after a delivery; one that is not signed as agreed is counted and forgotten."""
    if not is_genuine:
        return replace(subscription, forged=subscription.forged + 1)
    count = subscription.deliveries + 1
    return replace(subscription, deliveries=count, delivered_at=now, invited_at=now, missed=0)


def polled(
    subscription: Subscription, *, found_new: bool, started_at: datetime, last_poll_at: datetime | None, now: datetime
) -> Subscription:
    """The subscription after a poll of its source; `last_poll_at` is when the poll before was stored.

    Only what came wholly after the verification counts as missed. A hub that missed twice is asked for a new subscription: it
    may have lost ours.
    """
    invited_at, delivered_at = subscription.invited_at, subscription.delivered_at
    is_covered = subscription.holds(now) and last_poll_at is not None and subscription.verified_at is not None
    if found_new and is_covered and last_poll_at >= subscription.verified_at:  # type: ignore[operator]  # `is_covered`
        is_announced = invited_at is not None or (delivered_at is not None and delivered_at >= last_poll_at)  # type: ignore[operator]
        missed = 0 if is_announced else subscription.missed + 1
        subscription = replace(subscription, missed=missed)
        if missed == _MISSES:
            subscription = replace(subscription, due_at=now, attempts=0)
    # A delivery during the poll may be about what came after its answer; one in the future is a clock's doing.
    if invited_at is not None and (invited_at <= started_at or invited_at > now):
        subscription = replace(subscription, invited_at=None)
    return subscription


def invited_poll_at(invitation: Invitation, now: datetime) -> datetime | None:
    """When the source is to be polled because of a delivery; None where that is no sooner than it is anyway.

    Sooner than any floor, since the publisher asked for it, but not within a minute of the last poll, and never against a
    Retry-After of the source's own server.
    """
    at = now
    if invitation.last_poll_at:
        at = max(at, min(invitation.last_poll_at, now) + _BETWEEN_INVITED_POLLS)
    if invitation.retry_after_at:
        at = max(at, invitation.retry_after_at)
    return at if invitation.next_poll_at is not None and at < invitation.next_poll_at else None


def slowed(source: Source) -> Source:
    """The source as it is polled while its hub works: as if its usual interval were four times as long.

    What bounds the time between two polls stays in force, `max_interval` and the share of a window that may be new: a hub that
    falls silent must not cost entries.
    """
    return replace(source, interval=min(source.interval, source.max_interval // _SLOWER) * _SLOWER)


def note(subscription: Subscription, now: datetime) -> str | None:
    """What is wrong with the push of a source, in one line for people; None where nothing is."""
    host = urlsplit(subscription.hub).hostname
    if subscription.state is PushState.DENIED:
        return f"no push: the hub {host} refuses ({subscription.detail or 'no reason given'}); polled at the usual pace"
    if subscription.state is PushState.FAILED:
        return f"no push: gave up the hub {host}: {subscription.detail}; polled at the usual pace"
    if subscription.holds(now) and subscription.missed >= _MISSES:
        found = f"the last {subscription.missed} polls with new entries"
        return f"push is broken: the hub {host} announced none of {found}; polled at the usual pace"
    if subscription.forged and subscription.state is PushState.ACTIVE:
        count = "1 delivery" if subscription.forged == 1 else f"{subscription.forged} deliveries"
        return f"push: {count} without the right signature ignored"
    return None


# -- our own feeds


def publish_form(url: str) -> tuple[tuple[str, str], ...]:
    """What a publisher tells a hub: the recommendation leaves it open, hubs take the form of PubSubHubbub 0.4."""
    return (("hub.mode", "publish"), ("hub.url", url), ("hub.topic", url))


def is_news(announcement: Announcement, digest_now: bytes, now: datetime) -> bool:
    """Whether the hub is to be told of these bytes now. A time that a clock put beyond every wait counts as come."""
    at = announcement.due_at
    return announcement.told != digest_now and (at is None or at <= now or at > now + _LONGEST_ANNOUNCING_WAIT)


def after_telling(announcement: Announcement, told: bytes, answer: HubAnswer, now: datetime) -> Announcement:
    """The announcement after the hub answered. It is never given up: a hub that is back hears of the newest bytes only."""
    match answer:
        case HubAccepted():
            return replace(announcement, told=told, told_at=now, attempts=0, due_at=None, detail=None)
        case HubRefused(detail=detail):
            wait = None
        case HubUnanswered(detail=detail, retry_after=wait):
            pass
    attempts = announcement.attempts + 1
    backing_off = min(_FIRST_ANNOUNCING_WAIT * (1 << min(attempts - 1, 16)), _LONGEST_ANNOUNCING_WAIT)
    wait = min(max(backing_off, wait or timedelta()), _LONGEST_ANNOUNCING_WAIT)
    return replace(announcement, attempts=attempts, due_at=now + wait, detail=detail)


def _is_usable(url: str | None) -> bool:
    return url is not None and len(url) <= _MAX_URL and is_web(url) and "@" not in urlsplit(url).netloc


def _into(
    state: PushState,
    subscription: Subscription,
    now: datetime,
    *,
    due_at: datetime | None = None,
    detail: str | None = None,
) -> Subscription:
    return replace(subscription, state=state, changed_at=now, due_at=due_at, attempts=0, detail=detail)


def _wait(subscription: Subscription, now: datetime) -> timedelta:
    """Until the hub is asked again if it stays silent: doubled each time, spread so that many do not come back together."""
    wait = min(_FIRST_WAIT * (1 << min(subscription.attempts, _MAX_ATTEMPTS)), _LONGEST_WAIT)
    return wait * (1 + 0.1 * _fraction(subscription, now))


def _fraction(subscription: Subscription, now: datetime) -> float:
    """-1..1, the same for the same subscription and moment."""
    number = int.from_bytes(digest(subscription.source_id, subscription.hub, now.isoformat())[:4], "big")
    return number / 2**31 - 1


def _one_line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text[:1000])
    return " ".join(printable.split())[:200]
