"""A course of publishing by lot, replayed through the rules of twelve readers: nothing twice, no flood, nothing lost.

A step is something that happens to a desk: outlets publish, edit, copy one another, change their ids, break; people decide;
rules change; the program restarts. After each the feed is what it is, and every reader polls it. A report is known by a
made-up name in its headline that nothing changes, so what a reader shows is held against what the outlets wrote.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from aggregator.model.desk import Word
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import Source
from aggregator.model.topic import Topic
from aggregator.storage import Store
from tests.atom_rules import problems
from tests.desk import START, Desk, desk
from tests.documents import feed_source, rss
from tests.loopback import Reply, Request, serve
from tests.readers import Item, Printed, Reader, printed, readers

LOOKED_AT = 25
RULES = ("*", "* NOT theatre", "* NOT lighthouse")
SUBJECTS = ("harbour", "bridge", "railway", "market", "lighthouse", "theatre")
SYLLABLES = ("ba", "do", "fi", "ka", "lo", "mu", "ne", "po", "ri", "su", "ta", "ve")
FILLERS = (
    "The debate took longer than planned because two members asked for the figures of last year.",
    "Shopkeepers near the square had collected signatures and handed them over before the session.",
    "A first plan was withdrawn in spring after the engineers found water under the foundations.",
    "The mayor spoke of a compromise that nobody likes and everybody can live with.",
    "Work is to begin when the frost is over and to last until the feast of the fishermen.",
    "The opposition wants to have the costs examined by somebody from outside the town.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as its outlet prints it."""

    name: str
    headline: str
    text: str
    at: datetime
    guid: str
    link: str


@dataclass(slots=True)
class Outlet:
    """A site with one way to name its entries."""

    name: str
    has_guid: bool
    has_link: bool
    reports: list[Report] = field(default_factory=list)
    hidden: list[Report] = field(default_factory=list)
    host: str = ""
    ids: int = 0
    is_broken: bool = False

    def document(self) -> bytes:
        return rss(*map(self._item, self.reports[-15:]), title=self.name)

    def _item(self, report: Report) -> str:
        parts = [f"<title>{escape(report.headline)}</title><description>{escape(report.text)}</description>"]
        if self.has_guid:
            parts.append(f'<guid isPermaLink="false">{self.ids}:{report.guid}</guid>')
        if self.has_link:
            parts.append(f"<link>https://{self.host or self.name}.example/{report.link}</link>")
        return f"<item>{''.join(parts)}<pubDate>{report.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"


class World:
    """Outlets, and what happens to them by lot."""

    def __init__(self, seed: int) -> None:
        self.lot = random.Random(seed)
        self.outlets = [
            Outlet("courier", has_guid=True, has_link=True),
            Outlet("herald", has_guid=False, has_link=True),
            Outlet("bulletin", has_guid=False, has_link=False),
            Outlet("wire", has_guid=True, has_link=False),
        ]
        self.names: Counter[str] = Counter()

    def __call__(self, request: Request) -> Reply:
        outlet = next(one for one in self.outlets if one.name == request.path.strip("/"))
        return Reply(b"", status=500) if outlet.is_broken else Reply(outlet.document())

    def outlet(self) -> Outlet:
        return self.lot.choice(self.outlets)

    def name(self) -> str:
        while True:
            name = "".join(self.lot.choices(SYLLABLES, k=5)).capitalize()
            if name not in self.names:
                self.names[name] += 1
                return name

    def publish(self, now: datetime, outlet: Outlet, count: int = 1) -> None:
        for _ in range(count):
            name, subject = self.name(), self.lot.choice(SUBJECTS)
            sentences = self.lot.sample(FILLERS, k=3)
            outlet.reports.append(
                Report(
                    name=name,
                    headline=f"{name} council votes on the {subject}",
                    text=f"The council of {name} voted to repair the {subject}, said {self.name()}. {' '.join(sentences)}",
                    at=now - timedelta(minutes=self.lot.randint(1, 50)),
                    guid=name.lower(),
                    link=f"{name.lower()}.html",
                )
            )

    def edit(self, change: Callable[[Report], Report], *, outlet: Outlet | None = None) -> None:
        outlet = outlet or self.outlet()
        at = self.lot.randrange(len(outlet.reports))
        outlet.reports[at] = change(outlet.reports[at])

    def copy(self, now: datetime) -> None:
        one, other = self.lot.sample(self.outlets, k=2)
        report = self.lot.choice(one.reports[-15:])
        if report.name not in {known.name for known in (*other.reports, *other.hidden)}:
            other.reports.append(replace(report, at=now - timedelta(minutes=5)))


@dataclass(slots=True)
class Watch:
    """What one reader was shown, held against what it should be shown."""

    reader: Reader
    every: timedelta
    """How often it polls."""
    last: datetime | None = None
    names: dict[str, str] = field(default_factory=dict)
    """The id under which each report was shown."""
    most_at_once: int = 0

    def poll(self, entries: list[Printed], now: datetime, is_known_copy: Callable[[str, str], bool]) -> None:
        if self.last and now - self.last < self.every:
            return
        new = self.reader.poll(entries)
        self.most_at_once = max(self.most_at_once, len(new) if self.last else 0)
        self.last = now
        for item in new:
            name = name_of(item)
            before = self.names.setdefault(name, item.id)
            assert before == item.id or is_known_copy(before, item.id), f"{self.reader.name} shows {name} twice"

    def ids(self) -> list[str]:
        return [item.id for item in self.reader.items.values()]


def name_of(item: Item) -> str:
    found = re.match(r"\w+", item.shown.title)
    assert found, item.shown.title
    return found[0].capitalize()


class Course:
    """One desk through its steps."""

    def __init__(self, at: Desk, world: World, folder: Path) -> None:
        self.at, self.world, self.folder = at, world, folder
        self.kinds: Counter[str] = Counter()
        self.stood: dict[str, list[tuple[datetime, datetime]]] = {}
        """From when to when each entry stood in the document."""
        self.last: set[str] = set()

    def step(self) -> None:
        """Something happens; then the desk polls and publishes."""
        happens = self.world.lot.choices(list(HAPPENINGS), weights=[weight for weight, _ in HAPPENINGS.values()])[0]
        self.kinds[happens] += 1
        HAPPENINGS[happens][1](self)
        self.at.now += timedelta(minutes=self.world.lot.choice((7, 20, 61, 200)))
        self.at.run()
        for outlet in self.world.outlets:
            outlet.is_broken = False

    def look(self, entries: list[Printed], rows: dict[str, LedgerRow]) -> None:
        """Take down what stands in the document. What newer ones push out stood there for two days (rules R14)."""
        present = {entry.id for entry in entries}
        for entry_id in present:
            spans = self.stood.setdefault(entry_id, [])
            since = spans.pop()[0] if entry_id in self.last else self.at.now
            spans.append((since, self.at.now))
        for gone in self.last - present:
            since, until = self.stood[gone][0][0], self.stood[gone][-1][1]
            is_withdrawn = rows[gone].state is not RowState.LIVE
            assert is_withdrawn or until - since >= timedelta(hours=44), f"{gone} went too soon"
        self.last = present

    def shown_for(self, time: timedelta, *, until: datetime) -> set[str]:
        """Entries that stood in the document so long that whoever polls within it must have seen them."""
        return {
            entry_id
            for entry_id, spans in self.stood.items()
            if any(min(end, until) - start >= time for start, end in spans)
        }

    def decide(self, *words: Word) -> None:
        rows = [row for row in self.at.rows() if row.state in (RowState.LIVE, RowState.HELD, RowState.ARCHIVED)]
        row, word = self.world.lot.choice(rows), self.world.lot.choice(words)
        self.at.decide(word, row.article_uri, topic_id="all" if word in (Word.PIN, Word.DROP) else None)

    def restart(self) -> None:
        self.at.store.close()
        self.at.store = Store(f"sqlite:///{self.folder / 'store.db'}")

    def lose_files(self) -> None:
        for path in (self.folder / "feeds").glob("*.atom"):
            path.unlink()

    def rule(self) -> None:
        (topic,) = self.at.topics
        self.at.topics = (replace(topic, query=self.world.lot.choice(RULES)),)


def _hide(course: Course) -> None:
    outlet = course.world.outlet()
    if len(outlet.reports) > 8:
        outlet.hidden.append(outlet.reports.pop(course.world.lot.randrange(len(outlet.reports))))


def _return(course: Course) -> None:
    outlet = course.world.outlet()
    if outlet.hidden:
        outlet.reports.append(outlet.hidden.pop())


def _break(course: Course) -> None:
    outlet = course.world.outlet()
    outlet.is_broken = True


def _change_ids(course: Course) -> None:
    course.world.outlet().ids += 1


def _move(course: Course) -> None:
    outlet = course.world.outlet()
    outlet.host = f"{outlet.name}-{course.world.lot.randint(1, 9)}"


def _shout(report: Report) -> Report:
    is_loud = report.headline.isupper()
    return replace(report, headline=report.headline.capitalize() if is_loud else report.headline.upper())


# What happens, how often, and how.
HAPPENINGS: dict[str, tuple[int, Callable[[Course], None]]] = {
    "a report": (30, lambda course: course.world.publish(course.at.now, course.world.outlet())),
    "some reports": (10, lambda course: course.world.publish(course.at.now, course.world.outlet(), 4)),
    "a burst": (2, lambda course: course.world.publish(course.at.now, course.world.outlet(), 15)),
    "nothing": (5, lambda _: None),
    "a fact is edited": (
        10,
        lambda course: course.world.edit(lambda one: replace(one, text=f"{one.text} Update {course.world.name()}.")),
    ),
    "a space is edited": (5, lambda course: course.world.edit(lambda one: replace(one, text=f"{one.text}  "))),
    "a headline is put in capitals": (3, lambda course: course.world.edit(_shout, outlet=course.world.outlets[0])),
    "a date moves": (
        4,
        lambda course: course.world.edit(
            lambda one: replace(one, at=one.at + timedelta(minutes=30)), outlet=course.world.outlets[0]
        ),
    ),
    "a copy": (10, lambda course: course.world.copy(course.at.now)),
    "a report leaves": (4, _hide),
    "a report returns": (4, _return),
    "an outlet breaks": (4, _break),
    "all ids change": (2, _change_ids),
    "an outlet moves": (2, _move),
    "a decision": (6, lambda course: course.decide(Word.KILL, Word.DROP, Word.PIN)),
    "a hold or a release": (4, lambda course: course.decide(Word.HOLD, Word.RELEASE)),
    "another rule": (2, Course.rule),
    "a restart": (3, Course.restart),
    "files are lost": (2, Course.lose_files),
}


@contextmanager
def desk_with(world: World, folder: Path) -> Iterator[Desk]:
    with serve(world) as server:
        sources: tuple[Source, ...] = tuple(feed_source(server, f"/{outlet.name}") for outlet in world.outlets)
        topic = Topic(id="all", title="All", query="*", max_per_hour=12, limit=60)
        with desk(folder, sources=sources, topics=(topic,)) as at:
            yield at


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a course came to for one reader."""

    reader: str
    every: timedelta
    entries: int
    """Entries that stood in the feed so long that it had to see them, or that it saw."""
    shown: int
    twice: int
    lost: int
    most_at_once: int
    """New entries at one poll."""
    unread_again: int


def run_course(seed: int, steps: int, folder: Path) -> tuple[list[Outcome], Course]:
    """Play the course; raises AssertionError where a document is not valid, a report is shown twice, or an entry goes
    before its time.
    """
    world = World(seed)
    watches = [Watch(reader, every) for every in (timedelta(0), timedelta(hours=20)) for reader in readers()]
    with desk_with(world, folder) as at:
        for outlet in world.outlets:
            world.publish(at.now, outlet, 8)
        course = Course(at, world, folder)
        at.run()
        for number in range(steps):
            _look(course, watches, is_checked=number % LOOKED_AT == 0)
            course.step()
        return [_outcome(watch, course) for watch in watches], course


def _look(course: Course, watches: list[Watch], *, is_checked: bool) -> None:
    document = course.at.feed("all")
    assert not is_checked or problems(document) == ()
    entries = printed(document)
    rows = {row.entry_id: row for row in course.at.rows()}

    def may_be_told_again(before: str, now: str) -> bool:
        """The entry that told the report was taken away, or a person wants the copy told as well."""
        return rows[before].state is not RowState.LIVE or "pinned" in rows[now].reason

    for watch in watches:
        watch.poll(entries, course.at.now, may_be_told_again)
    course.look(entries, rows)


def _outcome(watch: Watch, course: Course) -> Outcome:
    ids = watch.ids()
    due = course.shown_for(timedelta(hours=24), until=watch.last or START)
    return Outcome(
        reader=watch.reader.name,
        every=watch.every,
        entries=len(due | set(ids)),
        shown=len(set(ids)),
        twice=len(ids) - len(set(ids)),
        lost=len(due - set(ids)),
        most_at_once=watch.most_at_once,
        unread_again=sum(item.times_unread - 1 for item in watch.reader.items.values()),
    )
