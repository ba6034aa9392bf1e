"""A simulated month of polling recorded feed histories, the clock under control, ours beside a poller at a fixed interval.

    .venv/bin/python bench/month.py DATA [SERIES ...] [--interval 60] [--undated] [--unconfirmed] [--json FILE]

DATA holds `feeds_series/`. No network and no store: a source is a stream of entries with the times at which they came out,
of which its document shows the newest N (the median size of the recorded documents); it answers 304 if none came since.

How a record becomes a month. Between two snapshots that share an entry the record is complete: what came is in the second.
Of a snapshot that shares none with the one before, and of the first, the newer half by date is taken as complete from the
oldest of these dates on. An entry came out at its printed date if that lies between the two snapshots, else somewhere
between them, drawn by digest. The month, from a Monday on, runs over the record again and again in whole weeks, or in
whole days where the record has no week; an hour that was not recorded is filled with a recorded one of the same weekday
and clock hour, else of the same clock hour, drawn by digest. The 30 days before it give the first document.

Ours starts without knowledge and is driven as the daemon drives it: `schedule.next_poll` and `schedule.observe` after each
poll, configuration as it comes. The fixed poller asks every source at one interval, each at a phase of its own. Both keep
the `ttl` of the document and the floor of 15 minutes: a source is taken to have answered 304 before the month. With
--unconfirmed both ask it hourly at most until it does, which one that has news every hour never can.

Ours is held against the fixed poller thrice: with an interval that takes as many requests in total, with one that gives
the same median delay, and, as the hardest, with an interval of its own for every source that takes as many requests there.
The last leaves nothing to win but the choice of the moment.

The delay is from publication to sight, over all entries of all sources that came out within the month; an entry that is
gone before it is seen counts as an infinite delay. Silent: missed, though the next document held a known entry, so that no
gap was reported. Sources are split in two by the digest of their name: the constants of the model were chosen on one half.
Exit 1 where the target is missed (at equal requests half the median delay, or at equal delay half the requests) or an
entry was missed silently.
"""

import argparse
import json
import math
import sys
import tarfile
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from statistics import median

from lxml import etree

from aggregator import schedule
from aggregator.dates import parse_date
from aggregator.model.cadence import Pace
from aggregator.model.source import Source, SourceKind, SourceState
from aggregator.parse.pace import pace_of

_START = datetime(2026, 6, 1, tzinfo=UTC)
_MONTH, _HOUR, _DAY = timedelta(days=30), timedelta(hours=1), timedelta(days=1)
_WEEK = 7 * 24
_AFTERWARDS = timedelta(days=3)
"""Polls after the month see its last entries; they are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A source as it is simulated: when its entries come out, in order, how many its document shows, what that asks for."""

    name: str
    came_at: tuple[datetime, ...]
    window: int
    pace: Pace = field(default_factory=Pace)

    @property
    def is_for_choosing(self) -> bool:
        """Whether constants may be chosen by it."""
        return _drawn(self.name) < 0.5


@dataclass(slots=True, kw_only=True)
class Run:
    """What became of polling one stream for a month."""

    name: str
    polls: int = 0
    unchanged: int = 0
    missed: int = 0
    silent: int = 0
    gaps: int = 0
    delays_h: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a poll of a stream finds."""

    new: Sequence[datetime]
    known: int
    missed: int
    is_gap: bool
    is_unchanged: bool


def _drawn(*parts: str) -> float:
    """0..1, by digest."""
    return int.from_bytes(blake2b("\n".join(parts).encode(), digest_size=4).digest(), "big") / 2**32


def read_stream(archive: Path) -> Stream | None:
    """The stream of a recorded series; None where nothing can be read of it."""
    documents = _documents(archive)
    snapshots = [(at, entries) for at, entries in ((at, dict(_entries(body))) for at, body in documents) if entries]
    if not snapshots:
        return None
    complete, came = _record(snapshots)
    window = round(median(len(entries) for _, entries in snapshots))
    return Stream(
        name=archive.name.removesuffix(".tar.xz"),
        came_at=_month(complete, came),
        window=window,
        pace=pace_of(documents[-1][1].decode("utf-8", "replace")),
    )


def _documents(archive: Path) -> list[tuple[datetime, bytes]]:
    """(time, document), oldest first."""
    found = []
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None and member.name.endswith(".xml"):
                stamp = Path(member.name).stem.split("_", 1)[1].rstrip("Z")
                at = datetime.strptime(stamp, "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC)
                found.append((at, file.read()))
    return sorted(found, key=lambda one: one[0])


def _entries(document: bytes) -> Iterable[tuple[str, datetime | None]]:
    """(key, printed date) of each entry."""
    root = etree.fromstring(document, etree.XMLParser(recover=True, huge_tree=True, resolve_entities=False))
    for entry in root.iter("{*}item", "{*}entry") if root is not None else ():
        texts = {etree.QName(child).localname: child.text or child.get("href") for child in entry.iterchildren("{*}*")}
        key = texts.get("guid") or texts.get("id") or texts.get("link") or texts.get("title")
        printed = texts.get("pubDate") or texts.get("published") or texts.get("date") or texts.get("updated")
        date = parse_date(printed) if printed else None
        if key:
            yield key, date.value if date else None


def _record(
    snapshots: Sequence[tuple[datetime, dict[str, datetime | None]]],
) -> tuple[list[tuple[datetime, datetime]], list[datetime]]:
    """(the times of which all is known, when entries came out in them)."""
    complete, came, seen = [], [], set[str]()
    before: datetime | None = None
    for at, entries in snapshots:
        fresh = {key: date for key, date in entries.items() if key not in seen}
        overlaps = len(fresh) < len(entries)
        since = before
        if before is None or not overlaps:
            dates = sorted(date for date in fresh.values() if date and date <= at)
            newer = dates[len(dates) // 2 :]
            since = max(newer[0], before or newer[0], at - timedelta(days=28)) if newer else None
        if since is not None and since < at:
            complete.append((since, at))
            for key, date in fresh.items():
                if date and since < date <= at:
                    came.append(date)
                elif before is not None and overlaps:
                    came.append(since + (at - since) * _drawn(key))
        seen.update(entries)
        before = at
    return complete, sorted(came)


def _month(complete: Sequence[tuple[datetime, datetime]], came: Sequence[datetime]) -> tuple[datetime, ...]:
    """The stream from 30 days before the month to some days after it, hour by hour from the record."""
    recorded = _whole_hours(complete)
    if not recorded:
        return ()
    span = int((recorded[-1] - recorded[0]) / _HOUR) + 1
    period = timedelta(hours=span // _WEEK * _WEEK or max(span // 24, 1) * 24)
    # The first hour of the record with the month's clock, and its weekday where a week is recorded.
    beginning = _START - _MONTH
    first = recorded[0] + (beginning - recorded[0]) % timedelta(hours=_WEEK if span >= _WEEK else 24)
    known, stream = set(recorded), []
    for number in range(int((2 * _MONTH + _AFTERWARDS) / _HOUR)):
        hour = beginning + number * _HOUR
        wanted = recorded[0] + (first - recorded[0] + number * _HOUR) % period
        source = wanted if wanted in known else _like(recorded, hour)
        entries = came[bisect_left(came, source) : bisect_left(came, source + _HOUR)]
        stream += [hour + (at - source) for at in entries]
    return tuple(stream)


def _like(recorded: Sequence[datetime], hour: datetime) -> datetime:
    """One of the recorded hours that are most like the hour, drawn by digest."""
    same_clock = [at for at in recorded if at.hour == hour.hour]
    same_day = [at for at in same_clock if at.weekday() == hour.weekday()]
    candidates = same_day or same_clock or recorded
    return candidates[int(_drawn(hour.isoformat()) * len(candidates))]


def _whole_hours(complete: Sequence[tuple[datetime, datetime]]) -> list[datetime]:
    """The full hours of which all is known."""
    minutes: dict[datetime, float] = {}
    for since, until in complete:
        at = since
        while at < until:
            hour = at.replace(minute=0, second=0, microsecond=0)
            end = min(hour + _HOUR, until)
            minutes[hour] = minutes.get(hour, 0) + (end - at) / timedelta(minutes=1)
            at = end
    return sorted(hour for hour, known in minutes.items() if known > 59)


def simulate(stream: Stream, decide: Callable[[datetime, Seen], datetime], first_at: datetime) -> Run:
    """Poll the stream from `first_at` on; `decide` says when next."""
    run, now, last, seen_until = Run(name=stream.name), first_at, -1, 0
    while now < _START + _MONTH + _AFTERWARDS:
        here = bisect_right(stream.came_at, now)
        oldest = max(here - stream.window, 0)
        missed = max(oldest - seen_until, 0) if last >= 0 else 0
        known = max(min(seen_until, here) - oldest, 0)
        new = stream.came_at[max(seen_until, oldest) : here]
        seen = Seen(
            new=new,
            known=known,
            missed=missed,
            is_gap=last >= 0 and bool(new) and not known,
            is_unchanged=here == last,
        )
        _count(run, stream, seen, now, seen_until)
        last, seen_until = here, here
        now = decide(now, seen)
    return run


def _count(run: Run, stream: Stream, seen: Seen, now: datetime, seen_until: int) -> None:
    if now < _START + _MONTH:
        run.polls += 1
        run.unchanged += seen.is_unchanged
        run.gaps += seen.is_gap
    gone = stream.came_at[seen_until : seen_until + seen.missed]
    lost = sum(_START <= at < _START + _MONTH for at in gone)
    run.missed += lost
    run.silent += 0 if seen.is_gap else lost
    run.delays_h += [math.inf] * lost
    run.delays_h += [(now - at) / _HOUR for at in seen.new if _START <= at < _START + _MONTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What both pollers find."""

    source: Source
    is_dated: bool = True
    is_confirmed: bool = True
    """Every source has answered 304 before."""

    def state(self, stream: Stream) -> SourceState:
        return SourceState(source_id=stream.name, pace=stream.pace, not_modified_seen=self.is_confirmed)


def ours(stream: Stream, terms: Terms) -> Run:
    """As the daemon does it."""
    source, state = replace(terms.source, id=stream.name), terms.state(stream)

    def decide(now: datetime, seen: Seen) -> datetime:
        nonlocal state
        rhythm = schedule.observe(
            state.rhythm,
            polled_at=now,
            previous_poll_at=state.last_good_poll_at,
            new=len(seen.new),
            known=0 if seen.is_unchanged else seen.known,
            dates=tuple(seen.new) if terms.is_dated else (),
            is_gap=seen.is_gap,
        )
        confirmed = state.not_modified_seen or seen.is_unchanged
        state = replace(state, rhythm=rhythm, last_poll_at=now, last_good_poll_at=now, not_modified_seen=confirmed)
        return schedule.next_poll(source, state, now)

    return simulate(stream, decide, _START)


def fixed(stream: Stream, terms: Terms, interval: timedelta) -> Run:
    """Every `interval`, as far as the floors and the document allow."""
    state = terms.state(stream)

    def decide(now: datetime, seen: Seen) -> datetime:
        nonlocal state
        if seen.is_unchanged:
            state = replace(state, not_modified_seen=True)
        return now + max(interval, schedule.floor(terms.source, state), stream.pace.interval or interval)

    return simulate(stream, decide, _START + interval * _drawn(stream.name))


def quantile(values: Iterable[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Several runs together."""

    polls: int
    unchanged: float
    median_h: float
    p95_h: float
    mean_h: float
    by_source_h: float
    """The median over the sources of their median delay: a quiet source weighs as much as a busy one."""
    missed: int
    silent: int
    gaps: int
    entries: int


def total(runs: Sequence[Run]) -> Total:
    delays = [delay for run in runs for delay in run.delays_h]
    polls = sum(run.polls for run in runs)
    met = [delay for delay in delays if delay < math.inf]
    return Total(
        polls=polls,
        unchanged=sum(run.unchanged for run in runs) / max(polls, 1),
        median_h=quantile(delays, 0.5),
        p95_h=quantile(delays, 0.95),
        mean_h=sum(met) / max(len(met), 1),
        by_source_h=quantile([quantile(run.delays_h, 0.5) for run in runs if run.delays_h], 0.5),
        missed=sum(run.missed for run in runs),
        silent=sum(run.silent for run in runs),
        gaps=sum(run.gaps for run in runs),
        entries=len(delays),
    )


def least(measure: Callable[[timedelta], float], wanted: float) -> timedelta:
    """The shortest interval, to a hundredth, whose measure falls to what is wanted."""
    low, high = timedelta(minutes=1), timedelta(days=40)
    while high / low > 1.01:
        middle = low * math.sqrt(high / low)
        low, high = (low, middle) if measure(middle) <= wanted else (middle, high)
    return high


def compare(streams: Sequence[Stream], terms: Terms) -> tuple[list[Run], dict[str, Total]]:
    """Our runs, and the totals of ours and of the three fixed pollers."""
    runs = [ours(stream, terms) for stream in streams]
    own = total(runs)

    def all_fixed(interval: timedelta) -> Total:
        return total([fixed(stream, terms, interval) for stream in streams])

    equal_requests = least(lambda interval: all_fixed(interval).polls, own.polls)
    # Polled more seldom the delay grows: the longest interval that keeps ours.
    equal_delay = least(lambda interval: -all_fixed(interval).median_h, -own.median_h)
    each = [_as_often(stream, terms, run.polls) for stream, run in zip(streams, runs, strict=True)]
    return runs, {
        "ours": own,
        "fixed, equal requests": all_fixed(equal_requests),
        "fixed, equal delay": all_fixed(equal_delay),
        "fixed, own intervals": total(each),
    }


def _as_often(stream: Stream, terms: Terms, polls: int) -> Run:
    """The fixed poller with an interval for this stream alone."""
    return fixed(stream, terms, least(lambda interval: fixed(stream, terms, interval).polls, polls))


def print_runs(runs: Sequence[Run]) -> None:
    print(f"{'source':30}{'entries':>8}{'polls/d':>8}{'304':>6}{'median':>9}{'p95':>9}{'missed':>8}{'silent':>7}")
    for run in runs:
        print(
            f"{run.name:30}{len(run.delays_h):8}{run.polls / 30:8.1f}{run.unchanged / max(run.polls, 1):6.0%}"
            f"{_minutes(quantile(run.delays_h, 0.5))}{_minutes(quantile(run.delays_h, 0.95))}{run.missed:8}{run.silent:7}"
        )


def print_totals(title: str, totals: dict[str, Total], sources: int) -> None:
    print(f"\n{title}: {sources} sources, {totals['ours'].entries} entries in 30 days")
    print(
        f"{'':24}{'polls/d':>8}{'304':>6}{'median':>9}{'p95':>9}{'mean':>9}{'a source':>10}{'missed':>8}{'silent':>7}{'gaps':>6}"
    )
    for name, one in totals.items():
        print(
            f"{name:24}{one.polls / 30 / sources:8.1f}{one.unchanged:6.0%}{_minutes(one.median_h)}{_minutes(one.p95_h)}"
            f"{_minutes(one.mean_h)} {_minutes(one.by_source_h)}{one.missed:8}{one.silent:7}{one.gaps:6}"
        )
    delay, requests = ratios(totals)
    print(
        f"delay at equal requests {delay:.2f}, requests at equal delay {requests:.2f} of the fixed poller's (wanted: 0.50)"
    )


def ratios(totals: dict[str, Total]) -> tuple[float, float]:
    """(our median delay by the fixed poller's at equal requests, our requests by the fixed poller's at equal delay)."""
    return (
        totals["ours"].median_h / totals["fixed, equal requests"].median_h,
        totals["ours"].polls / totals["fixed, equal delay"].polls,
    )


def _minutes(hours: float) -> str:
    return f"{hours * 60:7.0f} m" if math.isfinite(hours) else f"{'-' if math.isnan(hours) else 'never':>9}"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("series", nargs="*")
    arguments.add_argument("--interval", type=float, default=60, help="minutes, before adaptation")
    arguments.add_argument("--undated", action="store_true", help="no entry has a date")
    arguments.add_argument("--unconfirmed", action="store_true", help="no source has answered 304 before")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    archives = sorted((given.data / "feeds_series").glob("*.tar.xz"))
    if not archives:
        print(f"no recorded histories here: {given.data / 'feeds_series'} (DATA=...); nothing is measured")
        return 0
    wanted = [one for one in archives if not given.series or one.name.removesuffix(".tar.xz") in given.series]
    streams = [stream for stream in map(read_stream, wanted) if stream]
    source = Source(
        id="source", kind=SourceKind.FEED, url="https://example.org/feed", interval=timedelta(minutes=given.interval)
    )
    terms = Terms(source=source, is_dated=not given.undated, is_confirmed=not given.unconfirmed)
    halves = {
        "chosen by": [stream for stream in streams if stream.is_for_choosing],
        "not chosen by": [stream for stream in streams if not stream.is_for_choosing],
        "all": streams,
    }
    results = {}
    for title, part in halves.items():
        if part:
            runs, totals = compare(part, terms)
            results[title] = totals
            if title == "all":
                print_runs(runs)
    for title, totals in results.items():
        print_totals(title, totals, len(halves[title]))
    found = {title: {name: asdict(one) for name, one in totals.items()} for title, totals in results.items()}
    print(json.dumps(found))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    good = all(min(ratios(totals)) <= 0.5 and not totals["ours"].silent for totals in results.values())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
