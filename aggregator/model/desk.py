"""Decisions of people, append-only; they beat rules (rules R30)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Word(StrEnum):
    """What a desk can say of an article."""

    PIN = "pin"
    """Belongs to the topic whatever the rule says."""
    DROP = "drop"
    """Does not belong to the topic whatever the rule says."""
    KILL = "kill"
    """Withdrawn everywhere."""
    HOLD = "hold"
    """Not published until it is released."""
    RELEASE = "release"
    DATE = "date"
    """Was written on that day."""
    MERGE = "merge"
    """Is one text with the other article, whatever their words say."""
    SPLIT = "split"
    """Is no copy of the other article, whatever their words say."""
    EMBARGO = "embargo"
    """Not published until a moment, which releases it unless a later word says otherwise."""
    NOTE = "note"
    """A remark for the desk, which changes nothing; its text is the reason."""
    ERASE = "erase"
    """Withdrawn everywhere, and nothing of its text is kept."""
    WITHDRAW = "withdraw"
    """Its own source takes it back (RFC 6721): as a kill, but a release undoes it. No command of the desk says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision: by whom, when, why. `topic_id` goes with pin and drop, `day` with date, `other_uri` with merge and split,
    `until` with embargo. The article may be one that is not stored yet: the decision waits for it.
    """

    number: int | None
    """None until stored."""
    word: Word
    article_uri: str
    topic_id: str | None = None
    other_uri: str | None = None
    day: date | None = None
    until: datetime | None = None
    by: str
    reason: str = ""
    decided_at: datetime
    applied_at: datetime | None = None
    """None until the process that publishes has carried it out."""


class RequestKind(StrEnum):
    """What a command asks of the process that polls and publishes (rules R25)."""

    REFRESH = "refresh"
    """Poll the source now."""
    CLOSE = "close"
    """Let the feed of a topic that left the configuration answer 410."""
    SCRUB = "scrub"
    """Overwrite on the disk what was erased; left by the carrying out of an erase, not by a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `argument` is a source's or a topic's id."""

    number: int
    kind: RequestKind
    argument: str
    asked_at: datetime
