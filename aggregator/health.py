"""What a source published and how its polls ended -> its health in a word, and what there is to tell of it.

Four things are looked for that a poller alone does not see (product S9): a *gap* (the document shares no entry with the last
one: some were missed), *silence* (what used to come does not come), *churn* (all ids changed) and *decay*
(fewer dates or less text than before).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.model.health import Coverage, Incident, IncidentKind, Notice
from aggregator.model.source import Health, Source, SourceState
from aggregator.urls import without_credentials

# -- what is learned

_DAYS_KEPT = 40
_LEAST_DAYS = 10
_LEAST_QUIET = 2
_RECENT, _BEFORE = 0.1, 0.01
_LEAST_ENTRIES = 30
_MUCH_UNDATED, _MUCH_FULL = 0.5, 0.3

# -- what is told

FAILURES = 3
FAILING_FOR = timedelta(hours=6)
TOGETHER = timedelta(hours=24)
"""Gaps within this time are told once, and so are changes of ids."""
SAME_INCIDENT = timedelta(hours=6)
"""What comes back within this time after it ended is the same incident: a source that flaps has one entry."""
MOST_PER_HOUR = 10
COLLECTIVE_SPAN = timedelta(hours=24)
"""How long an entry for many takes in what comes later."""
MOST_WITHDRAWN = 20
"""What a source may take back within a day; an editor withdraws one report, a broken or stolen feed withdraws all."""
_FEW_WITHDRAWN = 3
_FEW_SOURCES = 4
_NAMED = 50
_INSTANT = (IncidentKind.GAP, IncidentKind.CHURN, IncidentKind.REFUSED, IncidentKind.WITHDRAWAL)
"""Kinds that are over when they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a poll found new in its document."""

    new: int
    """Entries that were not known in this source."""
    undated: int = 0
    full: int = 0
    """Those that came with their whole text."""
    dates: tuple[datetime, ...] = ()
    """The dates they claim."""


def learn(coverage: Coverage, seen: Seen, now: datetime, *, is_first: bool) -> Coverage:
    """What is known after a good poll. At the first one the dates of the entries tell on which days something came."""
    if not seen.new:
        return coverage
    days = (
        {*coverage.days, now.toordinal()} if not is_first else {date.toordinal() for date in seen.dates if date <= now}
    )
    undated, full = seen.undated / seen.new, seen.full / seen.new
    return replace(
        coverage,
        days=tuple(sorted(days)[-_DAYS_KEPT:]),
        last_new_at=max((date for date in seen.dates if date <= now), default=now) if is_first else now,
        entries=coverage.entries + seen.new,
        undated=_towards(coverage.undated, undated, coverage.entries, seen.new, _RECENT),
        undated_before=_towards(coverage.undated_before, undated, coverage.entries, seen.new, _BEFORE),
        full=_towards(coverage.full, full, coverage.entries, seen.new, _RECENT),
        full_before=_towards(coverage.full_before, full, coverage.entries, seen.new, _BEFORE),
    )


def _towards(share: float, seen: float, counted: int, count: int, weight: float) -> float:
    """The share once `count` entries came with the share `seen`: the plain mean at first, then each entry has the weight.

    Rounded, so that the stored text stays short.
    """
    if (counted + count) * weight <= 1 or not counted:
        return round((share * counted + seen * count) / (counted + count), 4)
    return round(seen + (share - seen) * (1 - weight) ** count, 4)


def is_silent(coverage: Coverage, now: datetime) -> bool:
    """Whether what used to come does not come any more, judged by the source's own rhythm.

    Only days count on whose weekday it ever published: a source that rests at weekends is not silent on Sunday. It is
    silent when more of its days have passed without anything new than twice the longest pause but one that it made
    before, and more than two. A source seen to publish on fewer than ten days has no rhythm yet.
    """
    if len(coverage.days) < _LEAST_DAYS or now.toordinal() - coverage.days[-1] <= _LEAST_QUIET + 1:
        return False
    weekdays = {day % 7 for day in coverage.days}
    pauses = sorted(
        _own_days(one, other, weekdays) for one, other in zip(coverage.days, coverage.days[1:], strict=False)
    )
    usual = pauses[-2]
    return _own_days(coverage.days[-1], now.toordinal(), weekdays) - 1 > max(2 * usual, _LEAST_QUIET)


def _own_days(start: int, end: int, weekdays: set[int]) -> int:
    """How many of the source's days lie after the first day, up to the last."""
    weeks, rest = divmod(max(end - start, 0), 7)
    return weeks * len(weekdays) + sum((end - back) % 7 in weekdays for back in range(rest))


def decay(coverage: Coverage) -> str | None:
    """What became worse, None where nothing did: the share of undated entries doubled and is half at least, or the share of
    full texts halved and was 30 % at least. What lasts for about a hundred entries is as before.
    """
    if coverage.entries < _LEAST_ENTRIES:
        return None
    if coverage.undated >= _MUCH_UNDATED and coverage.undated >= 2 * coverage.undated_before:
        return f"{coverage.undated:.0%} of its entries have no date of late, {coverage.undated_before:.0%} before"
    if coverage.full_before >= _MUCH_FULL and 2 * coverage.full <= coverage.full_before:
        return f"{coverage.full:.0%} of its entries have their full text of late, {coverage.full_before:.0%} before"
    return None


def is_believable(withdrawn: int, *, today: int, live: int, of_live: int) -> bool:
    """Whether a source is believed that takes back so many articles, after `today` others within a day: not more than twenty,
    nor, where they are more than three, more than half of what it has live.
    """
    is_half = of_live > _FEW_WITHDRAWN and 2 * of_live > live
    return withdrawn + today <= MOST_WITHDRAWN and not is_half


# -- for people


def health_of(state: SourceState | None) -> Health:
    """How the source did at its last poll; `state` is None for one that the store does not know."""
    if state is None or state.last_poll_at is None:
        return Health.NEW
    if state.is_gone:
        return Health.GONE
    if state.failures:
        return Health.FAILING
    if _was_silent(state):
        return Health.SILENT
    return Health.NOTED if notes(state) else Health.OK


def _was_silent(state: SourceState) -> bool:
    """As of the last good poll: that nobody polls is no silence of the source."""
    return state.last_good_poll_at is not None and is_silent(state.coverage, state.last_good_poll_at)


def notes(state: SourceState | None, *, is_private: bool = False) -> tuple[str, ...]:
    """What is to be said of the source, one line each, the weightiest first. Where a private one moved to is not said."""
    if state is None:
        return ()
    found = []
    if state.is_gone:
        found.append("gone (410): it is not polled any more; `aggregator sources refresh` tries it once more")
    if state.last_error and not state.is_gone:
        found.append(state.last_error)
    if not state.failures and _was_silent(state):
        found.append(f"silent: nothing new since {_day(state.coverage)}")
    if state.location:
        found.append(f"moved to {_shown(state.location, is_private)}; update config.toml")
    if state.move and state.move.is_refused:
        found.append(f"wants to move to {_shown(state.move.to, is_private)}, where too many want to move: refused")
    if worse := decay(state.coverage):
        found.append(worse)
    return tuple(found)


def _shown(address: str, is_private: bool) -> str:
    return "an address that is as private as the old one" if is_private else without_credentials(address)


def _day(coverage: Coverage) -> str:
    return f"{coverage.last_new_at:%Y-%m-%d}" if coverage.last_new_at else "long ago"


def instant(value: datetime | None) -> str:
    """To the minute, in UTC."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else "unknown"


# -- incidents


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Something that has begun and is to be told."""

    kind: IncidentKind
    began_at: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a poll changed: what began, and which incidents ended."""

    begun: tuple[Begun, ...] = ()
    ended: tuple[IncidentKind, ...] = ()


def turn(state: SourceState, now: datetime) -> Turn:
    """What began and what ended with the poll after which the source is in this state; `coverage.open` goes on.

    A failed poll shows nothing of what a source publishes: it begins and ends none of that.
    """
    there = _failing(state, now) if state.failures else _showing(state, now)
    before, kinds = state.coverage.open, {one.kind for one in there}
    return Turn(
        begun=tuple(one for one in there if one.kind not in before),
        ended=() if state.failures else tuple(kind for kind in before if kind not in kinds),
    )


def _failing(state: SourceState, now: datetime) -> list[Begun]:
    since, detail = state.coverage.failing_since or now, state.last_error or "no answer"
    if state.is_gone:
        return [Begun(kind=IncidentKind.GONE, began_at=now, detail=detail)]
    if state.failures >= FAILURES or (state.failures > 1 and now - since >= FAILING_FOR):
        return [Begun(kind=IncidentKind.FAILING, began_at=since, detail=detail)]
    return []


def _showing(state: SourceState, now: datetime) -> list[Begun]:
    """What a source that answers shows."""
    coverage, found = state.coverage, []
    if is_silent(coverage, now):
        found.append(Begun(kind=IncidentKind.SILENT, began_at=coverage.last_new_at or now, detail="nothing new came"))
    if coverage.gap_since and now - coverage.gap_since < TOGETHER:
        found.append(Begun(kind=IncidentKind.GAP, began_at=coverage.gap_since, detail=coverage.gap_note or ""))
    if coverage.churn_since and now - coverage.churn_since < TOGETHER:
        found.append(Begun(kind=IncidentKind.CHURN, began_at=coverage.churn_since, detail=coverage.churn_note or ""))
    if coverage.withdrawal_since and now - coverage.withdrawal_since < TOGETHER:
        detail = coverage.withdrawal_note or ""
        found.append(Begun(kind=IncidentKind.WITHDRAWAL, began_at=coverage.withdrawal_since, detail=detail))
    if state.location:
        detail = f"it is read at {without_credentials(state.location)}; update config.toml"
        found.append(Begun(kind=IncidentKind.MOVED, began_at=state.moved_at or now, detail=detail))
    if state.move and state.move.is_refused:
        detail = f"to {without_credentials(state.move.to)}, where too many sources want to move"
        found.append(Begun(kind=IncidentKind.REFUSED, began_at=state.move.since, detail=detail))
    if worse := decay(coverage):
        found.append(Begun(kind=IncidentKind.DECAY, began_at=now, detail=worse))
    return found


def ends_silently(kind: IncidentKind) -> bool:
    """Whether the end of such an incident is no news."""
    return kind in _INSTANT


# -- what is published


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is told now: each in an entry of its own, or all in one."""

    alone: tuple[Incident, ...] = ()
    together: tuple[Incident, ...] = ()


def plan(waiting: Sequence[Incident], *, told_last_hour: int, failing: int, polled: int) -> Plan:
    """How what waits is told, so that the feed floods nobody: at most ten new entries an hour, what is more in one entry.

    Where most of the sources fail the cause is on our side: they are told in one entry from the first on.
    """
    is_widespread = polled >= _FEW_SOURCES and 2 * failing > polled
    shared = [one for one in waiting if is_widespread and one.kind is IncidentKind.FAILING]
    rest = [one for one in waiting if one not in shared]
    room = max(MOST_PER_HOUR - told_last_hour, 0)
    if len(rest) > room:
        shared, rest = [*shared, *rest], []
    return Plan(alone=tuple(rest), together=tuple(shared))


def notice(incident: Incident, source: Source | None, *, author: str, link: str) -> Notice:
    """The entry of one incident. Of a source that is private, or left the configuration, only its id is told."""
    is_public = source is not None and not source.private
    name = (source.publisher or source.id) if source and is_public else (incident.source_id or "")
    lines = [*_lines(incident), *([f"Source: {incident.source_id}."] if name != incident.source_id else [])]
    if incident.detail and is_public:
        lines.insert(0, _sentence(incident.detail))
    return _notice(incident, f"{name}: {_title(incident)}", tuple(lines), author=author, link=link)


def collective_notice(incident: Incident, members: Iterable[Incident], *, author: str, link: str) -> Notice:
    """The entry that stands for many: the ids of those it goes on with, and of those it ended for."""
    members = tuple(members)
    going = [one for one in members if one.ended_at is None]
    over = len(members) - len(going)
    title = f"{len(members)} sources at once: {_kinds(members)} since {instant(incident.began_at)}"
    if not going:
        title = f"{len(members)} sources at once: over since {instant(incident.ended_at)}"
    elif over:
        title += f"; over for {over}"
    lines = [f"{name}: {', '.join(_ids(found))}." for name, found in (("Goes on", going),) if found]
    if over:
        lines.append(f"Over: {', '.join(_ids([one for one in members if one.ended_at]))}.")
    lines.append("Where most sources fail at once, look at the network of the machine that polls.")
    return _notice(incident, title, tuple(lines), author=author, link=link)


def _notice(incident: Incident, title: str, lines: tuple[str, ...], *, author: str, link: str) -> Notice:
    told_at = incident.told_at or incident.began_at
    return Notice(
        entry_id=incident.entry_id,
        title=title,
        lines=lines,
        kind=incident.kind,
        published_at=told_at,
        updated_at=incident.updated_at or told_at,
        author=author,
        link=link,
    )


def _title(incident: Incident) -> str:
    span = f"{instant(incident.began_at)} to {instant(incident.ended_at)}"
    over = {
        IncidentKind.FAILING: f"works again (failed {span})",
        IncidentKind.GONE: f"is back (gone {span})",
        IncidentKind.SILENT: f"publishes again (silent {span})",
        IncidentKind.MOVED: "is read at its configured address again",
        IncidentKind.DECAY: f"is as it was (worse {span})",
    }
    going = {
        IncidentKind.FAILING: f"fails since {instant(incident.began_at)}",
        IncidentKind.GONE: "is gone and not polled any more",
        IncidentKind.SILENT: f"is silent since {instant(incident.began_at)}",
        IncidentKind.GAP: "entries were missed",
        IncidentKind.CHURN: "changed the ids of its entries",
        IncidentKind.MOVED: "has moved",
        IncidentKind.REFUSED: "its move is refused",
        IncidentKind.DECAY: "gives less than before",
        IncidentKind.WITHDRAWAL: "what it takes back is not believed",
    }
    return over[incident.kind] if incident.ended_at and incident.kind in over else going[incident.kind]


def _lines(incident: Incident) -> list[str]:
    last = f"Last new entry {instant(incident.last_new_at)}." if incident.last_new_at else "It never had an entry."
    return [f"Since {instant(incident.began_at)}. {last}"]


def _sentence(text: str) -> str:
    """With a capital, with a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _kinds(members: Sequence[Incident]) -> str:
    return ", ".join(dict.fromkeys(one.kind.value for one in members))


def _ids(members: Sequence[Incident]) -> list[str]:
    ids = sorted({one.source_id or "" for one in members})
    return ids[:_NAMED] + ([f"and {len(ids) - _NAMED} more"] if len(ids) > _NAMED else [])
