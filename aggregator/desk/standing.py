"""Decisions of people -> what stands now for one article: the last word on a thing counts, and beats every rule (rules R30)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from aggregator.model.desk import Decision, Word

EMBARGO_OVER = "embargo"
"""Who releases an article when its embargo ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the desk says of an article; each value is the reason as people will read it."""

    killed: str | None = None
    """By the desk for good, or by its source until a release."""
    is_erased: bool = False
    held: str | None = None
    embargo: Decision | None = None
    """The embargo by which it is held."""
    released: str | None = None
    """Set where the last word on holding was to release."""
    pinned: Mapping[str, str] = field(default_factory=dict)
    """By topic."""
    dropped: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None
    """When the text was written."""


NOTHING_SAID = Standing()


@dataclass(slots=True, kw_only=True)
class _Holding:
    """The words that end one another: hold, embargo, a source's withdrawal, release."""

    withdrawn: str | None = None
    held: str | None = None
    embargo: Decision | None = None
    released: str | None = None

    def hear(self, decision: Decision) -> None:
        reason = in_words(decision)
        match decision.word:
            case Word.HOLD:
                self.held, self.embargo, self.released = reason, None, None
            case Word.EMBARGO:
                self.held, self.embargo, self.released = reason, decision, None
            case Word.RELEASE:
                self.withdrawn, self.held, self.embargo, self.released = None, None, None, reason
            case Word.WITHDRAW:
                self.withdrawn, self.released = reason, None


def standing(decisions: Iterable[Decision]) -> Standing:
    """What stands after all decisions. A kill is final; release ends a hold, an embargo and what the source withdrew; pin
    ends a drop and the reverse.
    """
    killed = day = None
    is_erased = False
    holding = _Holding()
    pinned: dict[str, str] = {}
    dropped: dict[str, str] = {}
    for decision in in_order(decisions):
        match decision.word:
            case Word.KILL | Word.ERASE:
                killed, is_erased = in_words(decision), is_erased or decision.word is Word.ERASE
            case Word.PIN:
                dropped.pop(decision.topic_id or "", None)
                pinned[decision.topic_id or ""] = in_words(decision)
            case Word.DROP:
                pinned.pop(decision.topic_id or "", None)
                dropped[decision.topic_id or ""] = in_words(decision)
            case Word.DATE:
                day = decision.day
            case _:
                holding.hear(decision)
    return Standing(
        killed=killed or holding.withdrawn,
        is_erased=is_erased,
        held=holding.held,
        embargo=holding.embargo,
        released=holding.released,
        pinned=pinned,
        dropped=dropped,
        day=day,
    )


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """By when they were made, not by when this store heard of them: a file of another desk may bring older ones later."""
    return sorted(decisions, key=lambda one: (one.decided_at, one.number or 0))


def end_of_embargo(embargo: Decision) -> Decision:
    """The release that the embargo asked for. Made of the embargo alone, so that two stores make the same one."""
    until = embargo.until or embargo.decided_at
    return Decision(
        number=None,
        word=Word.RELEASE,
        article_uri=embargo.article_uri,
        by=EMBARGO_OVER,
        reason=f"its time came, {_moment(until)}, as {embargo.by} said",
        decided_at=max(until, embargo.decided_at),
    )


_PAST = {
    Word.PIN: "pinned",
    Word.DROP: "dropped",
    Word.KILL: "killed",
    Word.HOLD: "held",
    Word.RELEASE: "released",
    Word.DATE: "dated",
    Word.MERGE: "put together",
    Word.SPLIT: "put apart",
    Word.EMBARGO: "embargoed",
    Word.NOTE: "noted",
    Word.ERASE: "erased",
    Word.WITHDRAW: "withdrawn",
}


def in_words(decision: Decision) -> str:
    """ "held by maria: waiting for the ministry"."""
    because = f": {decision.reason}" if decision.reason else ""
    until = f" until {_moment(decision.until)}" if decision.until else ""
    return f"{_PAST[decision.word]}{until} by {decision.by}{because}"


def _moment(instant: datetime) -> str:
    """To the second where it is not a whole minute."""
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant.second == 0 else f"{instant:%Y-%m-%d %H:%M:%S} UTC"
