"""This program as a player: the real pipe over a real store, with the decisions of the daemon at simulated times."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from aggregator.config import load_text
from aggregator.fetch import HttpFetcher
from aggregator.fetch.stream import Stream, dial
from aggregator.model.fetch import FetchLimits
from aggregator.model.source import Source, SourceKind
from aggregator.pipeline import Works, due, poll, redraw_due
from aggregator.reading.pool import Readers
from aggregator.storage import Store
from tests.desk import Desk
from tests.manners.play import Limits, Subscription
from tests.stores import put_empty_store

_CONFIGURATION = """
[site]
contact = "https://example.org/about"
[[sources]]
id = "one"
url = "https://example.org/feed"
[[topics]]
id = "all"
title = "All"
query = "*"
"""
# Small, so that what breaks it is cut soon.
_MAX_BODY = 1_048_576
_TIMEOUT = timedelta(seconds=5)
# No document of a case is worth a worker process.
_ALL_HERE = 1_000_000


class Network:
    """Names under a test's control, and a public internet that is one loopback address."""

    def __init__(self, limits: Limits) -> None:
        self._names = {name: list(answers) for name, answers in limits.names.items()}
        self._behind, self._ports = limits.behind, limits.ports
        self.dialled: list[str] = []

    async def look_up(self, host: str, _: int) -> Sequence[str]:
        """Each time the next answer, the last for ever."""
        answers = self._names.get(host)
        if answers is None:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def dial(self, address: str, port: int) -> Stream:
        """Whatever address is meant, the case's server answers."""
        self.dialled.append(address)
        return await dial(self._behind, self._ports.get(port, port))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    """What lives from a start to a stop."""

    desk: Desk
    fetcher: HttpFetcher
    works: Works


class Ours:
    """The player; `close` it. `folder` holds its store."""

    longest = timedelta(days=1)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runner = asyncio.Runner()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="manners-writer")
        self._limits = shipped_limits()
        self._sources: tuple[Source, ...] = ()
        self._network: Network | None = None
        self._running: _Process | None = None

    def open(self, limits: Limits, subscriptions: Sequence[Subscription], now: datetime) -> None:
        self._limits = replace(
            shipped_limits(),
            timeout=limits.timeout or _TIMEOUT,
            max_body_bytes=_MAX_BODY,
            host_pause=limits.host_pause or timedelta(0),
            allow_networks=(ip_network(limits.allow_network),) if limits.allow_network else (),
        )
        self._network = Network(limits) if limits.names else None
        self._sources = tuple(_source(one) for one in subscriptions)
        self._start(now)

    def tick(self, now: datetime) -> None:
        self._runner.run(self._tick(now))

    def next_at(self) -> datetime | None:
        desk = self._process.desk
        with desk.store.read() as reader:
            states = reader.source_states()
        waiting = [states.get(source.id) for source in self._sources]
        times = [state.next_poll_at if state else None for state in waiting if not (state and state.is_gone)]
        return min((at or desk.now for at in times), default=None)

    def step_clock(self, before: datetime, after: datetime) -> None:
        """What the daemon does when its watch says so."""
        self._process.desk.now = after
        redraw_due(self._process.works, after, jumped=after - before)

    def restart(self, now: datetime) -> None:
        self._stop()
        self._start(now)

    def titles(self) -> list[str]:
        return [view.stored.article.headline for view in self._process.desk.articles()]

    def error(self, name: str) -> str | None:
        with self._process.desk.store.read() as reader:
            return reader.source_states()[name].last_error

    def dialled(self) -> list[str]:
        return list(self._network.dialled) if self._network else []

    def close(self) -> None:
        """End everything."""
        if self._running:
            self._stop()
        self._runner.close()
        self._writer.shutdown()

    @property
    def _process(self) -> _Process:
        assert self._running is not None, "not opened"
        return self._running

    def _start(self, now: datetime) -> None:
        file = self._folder / "store.db"
        put_empty_store(file)
        desk = Desk(Store(f"sqlite:///{file}"), self._folder / "feeds", self._sources, (), now=now)
        network = self._network
        if network:
            fetcher = HttpFetcher(self._limits, look_up=network.look_up, dial=network.dial)
        else:
            fetcher = HttpFetcher(self._limits)
        self._runner.run(fetcher.__aenter__())
        works = replace(desk.works(fetcher), readers=Readers(first=_ALL_HERE))
        self._running = _Process(desk=desk, fetcher=fetcher, works=works)
        redraw_due(works, now, jumped=timedelta(0))

    def _stop(self) -> None:
        self._process.works.readers.close()
        self._runner.run(self._process.fetcher.__aexit__(None, None, None))
        self._process.desk.store.close()
        self._running = None

    async def _tick(self, now: datetime) -> None:
        """What the daemon's dispatch does."""
        process = self._process
        process.desk.now = now
        waiting = await asyncio.get_running_loop().run_in_executor(self._writer, due, process.works, now)
        await poll(process.works, self._writer, sources=waiting)


@cache
def shipped_limits() -> FetchLimits:
    """The limits of a configuration that says nothing of them."""
    return load_text(_CONFIGURATION, Path("config.toml"), {}).fetch


def _source(one: Subscription) -> Source:
    source = Source(
        id=one.name, kind=SourceKind.FEED, url=one.url, headers=one.headers, authorization=one.authorization
    )
    return replace(
        source,
        interval=one.interval or source.interval,
        min_interval=one.min_interval or source.min_interval,
        max_interval=one.max_interval or source.max_interval,
        min_interval_is_chosen=one.min_interval is not None,
    )
