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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision: by whom, when, why. `topic_id` goes with pin and drop, `day` with date."""

    number: int | None
    """None until stored."""
    word: Word
    article_uri: str
    topic_id: str | None = None
    day: date | None = None
    by: str
    reason: str = ""
    decided_at: datetime
    applied_at: datetime | None = None
    """None until the process that publishes has carried it out."""
