"""What is remembered of a subscription at a hub (WebSub), what a hub asks, and what it answers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class PushState(StrEnum):
    """Where a subscription stands."""

    WANTED = "wanted"
    """The hub is known and was not asked yet."""
    ASKED = "asked"
    """The hub was asked and has not verified that it was us."""
    ACTIVE = "active"
    """Verified; it holds until `expires_at`."""
    DENIED = "denied"
    """The hub will not have us."""
    FAILED = "failed"
    """Given up: the hub did not answer, or never verified."""
    LEAVING = "leaving"
    """To be ended at the hub."""
    ENDED = "ended"
    """Over; kept for a while, so that a late delivery is told so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One source's subscription at one hub."""

    number: int | None = None
    """None until stored."""
    source_id: str
    hub: str
    topic: str
    """The URL that the hub knows the document by, as the document says."""
    is_offered: bool = True
    """The source's document names this hub and topic now."""
    offered_at: datetime
    """Since when it does."""
    state: PushState = PushState.WANTED
    changed_at: datetime
    """When `state` last changed."""
    due_at: datetime | None = None
    """When the hub is to be asked next; None: not at all."""
    attempts: int = 0
    """Requests in a row that led to nothing."""
    token: str | None = field(default=None, repr=False)
    """The random part of the callback; None until the hub is first asked."""
    secret: str | None = field(default=None, repr=False)
    """The key of the signatures; None where the hub is not reached by https, or was not asked yet."""
    callback: str | None = field(default=None, repr=False)
    """The callback that the hub was last told."""
    verified_at: datetime | None = None
    """Since when the subscription is active without a break."""
    expires_at: datetime | None = None
    deliveries: int = 0
    delivered_at: datetime | None = None
    forged: int = 0
    """Deliveries without the right signature; they were ignored."""
    invited_at: datetime | None = None
    """A delivery came then, and no poll has begun since."""
    missed: int = 0
    """Polls in a row that found new entries which no delivery had announced."""
    detail: str | None = None
    """Why it does not go on, in one line for people."""

    def holds(self, now: datetime) -> bool:
        """Whether the hub has promised to deliver."""
        return self.state is PushState.ACTIVE and self.expires_at is not None and self.expires_at > now

    def is_working(self, now: datetime) -> bool:
        """Whether push can be relied on: the hub has delivered, and the last poll found nothing that it kept back."""
        return self.holds(now) and self.delivered_at is not None and not self.missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A source that a delivery asks to be polled, and what stands against it."""

    source_id: str
    invited_at: datetime
    last_poll_at: datetime | None
    next_poll_at: datetime | None
    retry_after_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The hub asks whether it was us (WebSub 5.3)."""

    is_leaving: bool
    """It is about the end of a subscription."""
    topic: str
    challenge: str
    lease: timedelta
    """Clamped; what we asked for where the hub says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """The hub says no, now or later (WebSub 5.2); `reason` is printable and short."""

    topic: str
    reason: str


Intent = Verification | Denial


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What one hub knows of one of our own feeds."""

    hub: str
    url: str
    """The feed's own address, as subscribers give it to the hub."""
    told: bytes | None = None
    """Digest of the bytes that the hub was last told of; None: it never was."""
    told_at: datetime | None = None
    attempts: int = 0
    """Requests in a row that the hub did not take."""
    due_at: datetime | None = None
    """Not before then, where the last request failed."""
    detail: str | None = None
    """Why it failed, in one line for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAccepted:
    """The hub took the request; whether it comes to anything is seen when it verifies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRefused:
    """The hub will not take this request, now or later; `detail` is one line for people."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubUnanswered:
    """The hub could not be asked, or not now."""

    detail: str
    retry_after: timedelta | None = None


HubAnswer = HubAccepted | HubRefused | HubUnanswered
