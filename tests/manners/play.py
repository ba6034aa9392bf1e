"""One case under way: a site, a simulated clock and a player, driven as a daemon drives itself.

    play.route("/feed", feed("a", headers={"ETag": '"1"'}))
    play.subscribe()
    play.until(3)
    assert play.said("If-None-Match") == [None, '"1"', '"1"']

The clock jumps from one due time to the next, so that a month takes as many steps as there are polls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from tests.manners.answers import START, in_turn
from tests.manners.server import Answer, Ask, Script, Site

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
FLOOR, FLOOR_WITHOUT_VALIDATORS = timedelta(minutes=15), timedelta(hours=1)
SLACK = timedelta(seconds=1)
"""Pollers count in whole seconds or minutes."""
# A poller that is due again and again at once would never let the clock go on.
_STORM = 3_000


class NotApplicable(Exception):
    """The case asks for what this player does not have, or cannot be observed in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A source as the user configures it; what is None stays at the player's default."""

    name: str
    url: str
    interval: timedelta | None = None
    min_interval: timedelta | None = None
    max_interval: timedelta | None = None
    authorization: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Nothing but an address is configured."""
        asked = (self.interval, self.min_interval, self.max_interval, self.authorization)
        return not self.headers and all(one is None for one in asked)


@dataclass(slots=True, kw_only=True)
class Limits:
    """What the user configures for all sources; None: the player's default."""

    timeout: timedelta | None = None
    host_pause: timedelta | None = None
    allow_network: str = "127.0.0.0/8"
    """Empty: nothing but the public internet, as with the default configuration."""
    names: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    """Host names under the case's control: the addresses of each look-up, the last for ever."""
    behind: str = ""
    """Where all connections lead when `names` are given, whatever address was dialled."""
    ports: Mapping[int, int] = field(default_factory=dict)
    """And to which port, for each of the web's own."""


class Player(Protocol):
    """A poller under test. Polls happen in `tick` only; between two ticks nothing is asked."""

    longest: timedelta
    """The longest time between two polls of a source that works."""

    def open(self, limits: Limits, subscriptions: Sequence[Subscription], now: datetime) -> None:
        """Start with an empty store. Raises NotApplicable."""
        ...

    def tick(self, now: datetime) -> None:
        """Poll all that is due now, and wait for the end of it."""
        ...

    def next_at(self) -> datetime | None:
        """When the next source is due; None if none ever is."""
        ...

    def step_clock(self, before: datetime, after: datetime) -> None:
        """The wall clock is set from `before` to `after` while the process runs. Raises NotApplicable."""
        ...

    def restart(self, now: datetime) -> None:
        """End the process and start it again on the same store."""
        ...

    def titles(self) -> list[str]:
        """The title of each entry that is stored."""
        ...

    def error(self, name: str) -> str | None:
        """What is told of the last failure of a source."""
        ...

    def dialled(self) -> list[str]:
        """The addresses that were dialled while names are under the case's control. Raises NotApplicable."""
        ...


@dataclass(slots=True)
class Play:
    """What a case is given."""

    site: Site
    player: Player
    clock: list[datetime] = field(default_factory=lambda: [START])
    limits: Limits = field(default_factory=Limits)
    subscriptions: list[Subscription] = field(default_factory=list)
    is_open: bool = False
    ticks: int = 0

    @property
    def now(self) -> datetime:
        return self.clock[0]

    def route(self, path: str, *answers: Answer | Script, host: int | str = 1) -> None:
        """What is answered at the path: one after the other, the last for ever."""
        name = self.site.host(host) if isinstance(host, int) else host
        self.site.routes[name, path] = in_turn(*answers)

    def subscribe(
        self,
        path: str = "/feed",
        host: int = 1,
        *,
        url: str | None = None,
        interval: timedelta | None = None,
        min_interval: timedelta | None = None,
        max_interval: timedelta | None = None,
        authorization: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> str:
        """A source at the path; its name."""
        name = f"source-{len(self.subscriptions) + 1}"
        self.subscriptions.append(
            Subscription(
                name=name,
                url=url or self.site.url(path, host),
                interval=interval,
                min_interval=min_interval,
                max_interval=max_interval,
                authorization=authorization,
                headers=headers,
            )
        )
        return name

    def name(self, name: str, *look_ups: Sequence[str]) -> None:
        """Give a host name these addresses; from then on only such names exist and nothing inside may be asked."""
        self.limits.allow_network = ""
        self.limits.behind = self.site.host()
        self.limits.names = {**self.limits.names, name: look_ups}
        known = self.site.ports.known
        self.limits.ports = {80: self.site.ports.plain} | ({} if known is None else {443: known})

    def feed(self, *answers: Answer | Script, host: int = 1, path: str = "/feed") -> str:
        """A source that answers so."""
        self.route(path, *answers, host=host)
        return self.subscribe(path, host)

    def feed_at(self, name: str, *answers: Answer | Script) -> str:
        """A source of a host name that answers so."""
        self.route("/feed", *answers)
        return self.subscribe(url=self.site.url("/feed", name))

    def run(self, span: timedelta) -> None:
        """Let the time pass; all that becomes due meanwhile is polled."""
        end = self.now + span
        while (at := self._next()) is not None and at <= end:
            self._tick(at)
        self.clock[0] = max(self.now, end)

    def until(self, count: int, path: str = "/feed", host: int | str = 1, within: timedelta = 30 * DAY) -> list[Ask]:
        """Let the time pass until the path was asked so often; fails the case when it is not."""
        end = self.now + within
        while len(self.asks(path, host)) < count:
            at = self._next()
            asked = len(self.asks(path, host))
            assert (at or end + SECOND) <= end, f"{path} was asked {asked} times within {within}, not {count}"
            self._tick(at or end)
        return self.asks(path, host)

    def restart(self) -> None:
        """The process ends and starts again; nothing else happens."""
        self.player.restart(self.now)

    def step_clock(self, by: timedelta) -> None:
        """Somebody sets the clock."""
        before = self.now
        self.clock[0] = before + by
        self.player.step_clock(before, self.now)

    def asks(self, path: str = "/feed", host: int | str = 1) -> list[Ask]:
        """The requests for the path, in order."""
        name = self.site.host(host) if isinstance(host, int) else host
        return [ask for ask in self.site.asks if (ask.host, ask.path) == (name, path)]

    def said(self, header: str, path: str = "/feed", host: int = 1) -> list[str | None]:
        """The value of the header in each request for the path."""
        return [ask.header(header) for ask in self.asks(path, host)]

    def gaps(self, path: str = "/feed", host: int = 1) -> list[timedelta]:
        """The simulated time between each request for the path and the next."""
        times = [ask.at for ask in self.asks(path, host)]
        return [later - earlier for earlier, later in pairwise(times)]

    def titles(self) -> set[str]:
        """Of all entries that are stored. No two entries of a case have one title, so none may be stored twice."""
        found = self.player.titles()
        assert len(found) == len(set(found)), f"{len(found) - len(set(found))} entries are stored twice"
        return set(found)

    def error(self, name: str = "source-1") -> str:
        """What is told of the last failure of a source; empty if there was none."""
        return self.player.error(name) or ""

    def _next(self) -> datetime | None:
        if not self.is_open:
            self.player.open(self.limits, self.subscriptions, self.now)
            self.is_open = True
        return self.player.next_at()

    def _tick(self, at: datetime) -> None:
        self.ticks += 1
        assert self.ticks < _STORM, f"due {_STORM} times until {self.now}: a storm"
        # What is due at once after a poll waits for the next tick of a daemon, a second later.
        is_due_again = at <= self.now and bool(self.site.asks)
        self.clock[0] = self.now + SECOND if is_due_again else max(self.now, at)
        self.player.tick(self.now)
        self.site.settle()
