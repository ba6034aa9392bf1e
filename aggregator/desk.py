"""Decisions of people -> what stands now for one article: the last word on a thing counts, and beats every rule (rules R30)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from aggregator.model.desk import Decision, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the desk says of an article; each value is the reason as people will read it."""

    killed: str | None = None
    held: str | None = None
    released: str | None = None
    """Set where the last word on holding was to release."""
    pinned: Mapping[str, str] = field(default_factory=dict)
    """By topic."""
    dropped: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None
    """When the text was written."""


NOTHING_SAID = Standing()


def standing(decisions: Iterable[Decision]) -> Standing:
    """What stands after all decisions, oldest first. A kill is final; release ends a hold, pin ends a drop and the reverse."""
    killed = held = released = day = None
    pinned: dict[str, str] = {}
    dropped: dict[str, str] = {}
    for decision in sorted(decisions, key=lambda one: one.number or 0):
        reason = in_words(decision)
        match decision.word:
            case Word.KILL:
                killed = reason
            case Word.HOLD:
                held, released = reason, None
            case Word.RELEASE:
                held, released = None, reason
            case Word.PIN:
                dropped.pop(decision.topic_id or "", None)
                pinned[decision.topic_id or ""] = reason
            case Word.DROP:
                pinned.pop(decision.topic_id or "", None)
                dropped[decision.topic_id or ""] = reason
            case Word.DATE:
                day = decision.day
    return Standing(killed=killed, held=held, released=released, pinned=pinned, dropped=dropped, day=day)


_PAST = {
    Word.PIN: "pinned",
    Word.DROP: "dropped",
    Word.KILL: "killed",
    Word.HOLD: "held",
    Word.RELEASE: "released",
    Word.DATE: "dated",
    Word.MERGE: "put together",
    Word.SPLIT: "put apart",
}


def in_words(decision: Decision) -> str:
    """ "held by maria: waiting for the ministry"."""
    because = f": {decision.reason}" if decision.reason else ""
    return f"{_PAST[decision.word]} by {decision.by}{because}"
