"""A source, what is remembered of it and how the poll ended -> when to poll next; and what a poll teaches of a source.

The learned interval weighs requests against waiting. The next poll is due when the entries that are expected to have come
by then have together waited as long as those of the usual source do that is polled every `interval`. At an even rate the
interval so goes with the inverse root of the rate, which for a given number of requests keeps the waiting of all entries
of all sources shortest; at an uneven rate the polls go to the hours in which something comes.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aggregator.model.cadence import Pace, Rhythm
from aggregator.model.source import Source, SourceState
from aggregator.text import digest

LOCAL_INTERVAL = timedelta(seconds=10)
"""How often folders and files are looked at by the daemon (rules R33)."""
_WITH_VALIDATORS = timedelta(minutes=15)
_WITHOUT_VALIDATORS = timedelta(hours=1)
_MOST_DOUBLINGS = 6
# A hundred years: from any real now a date that a calendar can hold.
_LONGEST = timedelta(days=36_500)
_SPREAD = 0.1
_LEAST_SPREAD = timedelta(minutes=1)
_HOUR, _WEEK = timedelta(hours=1), timedelta(days=7)

# The usual source, for which `interval` is meant: a dozen entries a day.
_USUAL_RATE = 12 / 24
# What a source is believed to do before it was watched: how many hours of watching the usual rate is worth, and how many
# entries it is worth that an hour of the day, a weekday, the last hours are like all others.
_HOURS_BELIEVED = 6.0
_BELIEF_IN_HOUR = 1.0
_BELIEF_IN_DAY = 4.0
_BELIEF_IN_RECENT = 4.0
# After these hours what was seen counts half.
_MEMORY = 24 * 60.0
_DENSEST = 24 * 7.0
_RECENT = 8.0
_LONGEST_WATCH = timedelta(days=28)
_MOST_ENTRIES = 2_000
# How much of the window may be new at the next poll, as far as that can be foretold.
_SHARE = 1 / 3


def next_poll(source: Source, state: SourceState, now: datetime) -> datetime:
    """Return when to poll next. Never sooner than the source's floor nor than what the server asked for, never later
    than `max_interval` or that. `state` is the one after the poll. The spread comes from a digest, so that two
    sources that failed together do not come back together (CommaFeed issue 2181).
    """
    if source.is_local:
        return now + LOCAL_INTERVAL
    longest, least = min(source.max_interval, _LONGEST), floor(source, state)
    fraction = _fraction(source.id, now)
    wait = min(_learned(source, state.rhythm, now), longest)
    if state.failures:
        doublings = min(state.failures - 1, _MOST_DOUBLINGS)
        wait = max(wait, min(min(source.interval, longest) * (1 << doublings), longest))
    asked = _asked(state, now, longest, fraction)
    at = now + max(wait * (1 + _SPREAD * fraction), asked, least)
    at = _after_skipped(state.pace, at, now + longest, fraction)
    if at > now + longest:
        # At the longest interval the spread turns back, so that sources that are down for days stay apart too.
        at = now + longest * (1 - _SPREAD * abs(fraction))
    # The floor is spread too, later only: what was polled together would otherwise stay together for ever.
    least = min(least * (1 + _SPREAD * abs(fraction)), max(least, longest))
    return max(at, now + least, _after_retry(state, now, fraction))


def earliest_poll(source: Source, state: SourceState) -> datetime:
    """The first moment at which a poll is allowed: a local source always, a server when its time has passed."""
    if source.is_local or state.last_poll_at is None:
        return datetime.min.replace(tzinfo=UTC)
    at = state.last_poll_at + floor(source, state)
    return max(at, state.retry_after_at) if state.retry_after_at else at


def floor(source: Source, state: SourceState) -> timedelta:
    """The least time between two polls: what the user wrote, else by whether validators work (rules R33)."""
    least = min(source.min_interval, _LONGEST)
    if source.min_interval_is_chosen:
        return least
    return max(least, _WITH_VALIDATORS if state.not_modified_seen else _WITHOUT_VALIDATORS)


def redraw(source: Source, state: SourceState, now: datetime, jumped: timedelta) -> datetime | None:
    """The `next_poll_at` that the source gets when the wall clock has jumped (rules R29); None leaves it as it is.

    `jumped` is by how much the wall clock went further than the monotonic one since both were last looked at, negative
    after a jump back; zero at start, when it shows only in a last poll that lies in the future. After a jump forward
    sources that are overdue are spread over their interval; after a jump back those are drawn again that are due later
    than after the longest interval. The last poll and what a server asked for then move with the clock.
    """
    at = state.next_poll_at
    if at is None:
        return None
    if source.is_local:
        return now if at > now + LOCAL_INTERVAL else None
    longest = min(source.max_interval, _LONGEST)
    if not jumped and state.last_poll_at and state.last_poll_at > now:
        jumped = now - state.last_poll_at
    is_overdue = jumped > timedelta(0) and at <= now
    is_asked_for = not jumped and state.retry_after_at is not None and at >= state.retry_after_at
    is_too_late = jumped <= timedelta(0) and at > now + max(longest, floor(source, state)) and not is_asked_for
    if not (is_overdue or is_too_late):
        return None
    drawn = now + min(source.interval, longest) * ((1 + _fraction(source.id, now)) / 2)
    return max(drawn, earliest_poll(source, _moved(state, jumped)))


def _moved(state: SourceState, by: timedelta) -> SourceState:
    """The state with its past on the clock as it is now."""
    last, retry_after = state.last_poll_at, state.retry_after_at
    return replace(
        state,
        last_poll_at=last + by if last else None,
        retry_after_at=retry_after + by if retry_after else None,
    )


def observe(
    rhythm: Rhythm,
    *,
    polled_at: datetime,
    previous_poll_at: datetime | None,
    new: int,
    known: int,
    dates: tuple[datetime, ...],
    is_gap: bool,
) -> Rhythm:
    """The rhythm after a good poll that found `new` entries beside `known` ones; `dates` are those that the new ones
    claim. `previous_poll_at` is the good poll before; None at the first, whose window tells of the time before it.
    """
    window = _window(rhythm.window, new + known)
    dates = tuple(sorted(at.astimezone(UTC) for at in dates if at <= polled_at))[-_MOST_ENTRIES:]
    since = previous_poll_at
    if since is None or (is_gap and dates):
        # Some keep old entries on top: only of the newer half is it certain that none between is missing.
        newer = dates[len(dates) // 2 :]
        since = max(newer[0], since or newer[0]) if newer else polled_at
    since = max(since, polled_at - _LONGEST_WATCH)
    if since >= polled_at:
        return replace(rhythm, window=window)
    inside = [at for at in dates if at > since]
    undated = max(min(new, _MOST_ENTRIES) - len(inside), 0) if since == previous_poll_at else 0
    hours = (polled_at - since) / _HOUR
    densest = max(_densest(inside), undated / max(hours, 1), rhythm.densest * 0.5 ** (hours / _DENSEST))
    if is_gap:
        densest = max(densest, 2 * new / max(hours, 1))
    rhythm = replace(rhythm, window=window, densest=round(min(densest, 2 * window), 5))
    return _watched(rhythm, since, polled_at, inside, undated, is_recent=previous_poll_at is not None)


def _densest(dates: list[datetime]) -> int:
    """The most of them within an hour."""
    return max((bisect_right(dates, at + _HOUR) - number for number, at in enumerate(dates)), default=0)


def _fraction(source_id: str, now: datetime) -> float:
    """-1..1, the same for the same source and moment."""
    number = int.from_bytes(digest(source_id, now.isoformat())[:4], "big")
    return number / 2**31 - 1


def _asked(state: SourceState, now: datetime, longest: timedelta, fraction: float) -> timedelta:
    """How long the last good answer and its document ask to be left alone, and a little longer."""
    fresh_for = state.fresh_until - now if state.fresh_until else timedelta(0)
    asked = max(fresh_for, state.pace.interval or timedelta(0), timedelta(0))
    if asked > longest:
        return longest * (1 - _SPREAD * abs(fraction))
    return asked + min(asked * _SPREAD, longest - asked) * abs(fraction)


def _after_retry(state: SourceState, now: datetime, fraction: float) -> datetime:
    """When the server may be asked again, and a little later: others were told the same moment."""
    if state.retry_after_at is None or state.retry_after_at <= now:
        return now
    spread = max((state.retry_after_at - now) * _SPREAD, _LEAST_SPREAD)
    return state.retry_after_at + spread * abs(fraction)


def _after_skipped(pace: Pace, at: datetime, latest: datetime, fraction: float) -> datetime:
    """The moment itself, or if nothing comes then by what the document says, one soon after that time ends."""
    moved = at
    while moved < min(latest, at + _WEEK) and _is_skipped(pace, moved):
        moved = moved.replace(minute=0, second=0, microsecond=0) + _HOUR
    return moved + min((moved - at) * _SPREAD, max(latest - moved, timedelta(0))) * abs(fraction)


def _is_skipped(pace: Pace, at: datetime) -> bool:
    return at.hour in pace.skip_hours or at.weekday() in pace.skip_days


def _learned(source: Source, rhythm: Rhythm, now: datetime) -> timedelta:
    """How long to wait by what the source was seen to do; `interval` while nothing was seen.

    Never longer than the densest hour that was seen would need, lasting on, to fill the window.
    """
    densest = rhythm.window / rhythm.densest * _HOUR if rhythm.densest else _LONGEST
    return min(_worth_it(source, rhythm, now), densest)


def _worth_it(source: Source, rhythm: Rhythm, now: datetime) -> timedelta:
    """How long to wait until enough has come to be worth a poll, or a third of the window."""
    interval = min(source.interval, source.max_interval, _LONGEST)
    enough = _USUAL_RATE * (interval / _HOUR) ** 2 / 2
    most = _SHARE * rhythm.window or math.inf
    mean, factor = _mean(rhythm), _recent_factor(rhythm)
    elapsed = came = waited = 0.0
    for piece in _pieces(now, min(_WEEK, max(source.max_interval, _HOUR)) / _HOUR):
        rate = _rate(rhythm, mean, piece) * factor
        step = min(_until(enough - waited, came, rate), (most - came) / rate)
        if step <= piece.hours:
            return (elapsed + step) * _HOUR
        waited += (came + rate * piece.hours / 2) * piece.hours
        came += rate * piece.hours
        elapsed += piece.hours
    rate = came / elapsed
    return min(elapsed + min(_until(enough - waited, came, rate), (most - came) / rate), _LONGEST / _HOUR) * _HOUR


def _until(left: float, came: float, rate: float) -> float:
    """After how many hours entries have waited `left` hours more, together: `came` are there, `rate` an hour come."""
    return (math.sqrt(came**2 + 2 * rate * left) - came) / rate


class _Piece(NamedTuple):
    """A part of one hour."""

    hour: int
    day: int
    hours: float


def _pieces(start: datetime, hours: float) -> Iterator[_Piece]:
    """The time from the start on, cut at each full hour."""
    hour, day = start.hour, start.weekday()
    piece = 1 - (start.minute * 60 + start.second + start.microsecond / 1e6) / 3600
    while hours > 0:
        yield _Piece(hour, day, min(piece, hours))
        hours -= piece
        piece, hour = 1.0, hour + 1
        if hour == 24:
            hour, day = 0, (day + 1) % 7


def _mean(rhythm: Rhythm) -> float:
    """Entries an hour, over all that was watched."""
    return (sum(rhythm.days) + _USUAL_RATE * _HOURS_BELIEVED) / (sum(rhythm.days_watched) + _HOURS_BELIEVED)


def _rate(rhythm: Rhythm, mean: float, piece: _Piece) -> float:
    """Entries an hour at that hour of the day and on that weekday."""
    hour, day = piece.hour, piece.day
    by_hour = _against(_around(rhythm.hours, hour), _around(rhythm.hours_watched, hour) * mean, _BELIEF_IN_HOUR)
    return mean * by_hour * _against(rhythm.days[day], rhythm.days_watched[day] * mean, _BELIEF_IN_DAY)


def _around(hours: tuple[float, ...], hour: int) -> float:
    """The value of an hour of the day, smoothed by its neighbours."""
    return hours[hour] / 2 + (hours[hour - 1] + hours[(hour + 1) % 24]) / 4


def _against(came: float, expected: float, belief: float) -> float:
    """How many times what was expected came; near 1 while little was expected."""
    return (came + belief) / (expected + belief)


def _recent_factor(rhythm: Rhythm) -> float:
    """How many times its usual rate a source has of late; a silence that is no chance counts from its beginning."""
    expected = max(rhythm.recent_expected, rhythm.silence - _BELIEF_IN_RECENT)
    return _against(rhythm.recent, expected, _BELIEF_IN_RECENT)


def _window(before: int, now: int) -> int:
    """The size of the document, one that shrinks by and by: a server may send a cut one now and then."""
    return now if now >= before else (before + now) // 2 if now else before


def _watched(
    rhythm: Rhythm, since: datetime, until: datetime, dates: list[datetime], undated: int, *, is_recent: bool
) -> Rhythm:
    """The rhythm after that time too: `dates` are those of the entries that came in it, beside `undated` ones."""
    span = (until - since) / _HOUR
    mean, fading = _mean(rhythm), 0.5 ** (span / _MEMORY)
    hours, hours_watched, days, days_watched = (
        [value * fading for value in values]
        for values in (rhythm.hours, rhythm.hours_watched, rhythm.days, rhythm.days_watched)
    )
    expected = 0.0
    for piece in _pieces(since, span):
        hours_watched[piece.hour] += piece.hours
        days_watched[piece.day] += piece.hours
        if undated:
            hours[piece.hour] += undated * piece.hours / span
            days[piece.day] += undated * piece.hours / span
        if is_recent:
            expected += _rate(rhythm, mean, piece) * piece.hours
    for at in dates:
        hours[at.hour] += 1
        days[at.weekday()] += 1
    fading = 0.5 ** (span / _RECENT) if is_recent else 0.0
    came = len(dates) + undated if is_recent else 0
    return replace(
        rhythm,
        hours=_rounded(hours),
        hours_watched=_rounded(hours_watched),
        days=_rounded(days),
        days_watched=_rounded(days_watched),
        recent=round(rhythm.recent * fading + came, 5),
        recent_expected=round(rhythm.recent_expected * fading + expected, 5),
        silence=0.0 if came else round(rhythm.silence + expected, 5),
    )


def _rounded(values: list[float]) -> tuple[float, ...]:
    """Short enough to store."""
    return tuple([round(value, 5) for value in values])
