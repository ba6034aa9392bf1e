"""`kill -9` at twenty random moments of a daemon whose sources grow: nothing is lost, doubled or torn, and no id ever changes."""

import json
import os
import random
import threading
import time
from pathlib import Path

import feedparser
import pytest

from tests.atom_rules import problems
from tests.documents import item, rss, wire
from tests.loopback import Reply, Request, serve
from tests.program import Done, configure, feed_table, folder_table, free_port, run, running

pytestmark = pytest.mark.slow

_KILLS = 20
# Every third is killed while it starts, the others some time after their first poll, however slow the machine is.
_START_S = 1.2
_WORK_S = 1.7
_LAST_ITEM = 60
_FEEDS = ("one", "two", "three")


class Sources:
    """A feed that shows one item more with every request, under three addresses, and a folder that gains files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0
        self.asked = threading.Event()
        self._lock = threading.Lock()
        self._shown = 1
        folder.mkdir()

    def answer(self, _: Request) -> Reply:
        self.asked.set()
        with self._lock:
            self._shown = min(self._shown + 1, _LAST_ITEM)
            return Reply(rss(*(item(number) for number in range(self._shown, 0, -1))))

    def show_all(self) -> None:
        with self._lock:
            self._shown = _LAST_ITEM

    def add_file(self) -> None:
        self.files += 1
        text = wire(f"Report {self.files} of the envoys", 10 + self.files)
        (self.folder / f"report-{self.files}.txt").write_text(text, "utf-8")

    @property
    def headlines(self) -> set[str]:
        items = {f"Item {number}" for number in range(1, _LAST_ITEM + 1)}
        return items | {f"Report {number} of the envoys" for number in range(1, self.files + 1)}


def published(folder: Path) -> dict[str, tuple[str, str]]:
    """Title -> (id, updated) of every entry in the feed, which must be a whole Atom document in which no id stands twice."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted((folder / "feeds").rglob("*.atom")):
        document = path.read_bytes()
        assert problems(document) == (), path.name
        entries = feedparser.parse(document).entries
        assert len({entry.id for entry in entries}) == len(entries), path.name
        assert len({entry.title for entry in entries}) == len(entries), path.name
        if path.name == "all.atom":
            found = {entry.title: (entry.id, entry.updated) for entry in entries}
    return found


def live_and_be_killed(folder: Path, sources: Sources, chance: random.Random, *, is_starting: bool) -> None:
    sources.asked.clear()
    with running(folder, "run") as process:
        assert is_starting or sources.asked.wait(60), (folder / "daemon.log").read_text("utf-8")
        lifetime_s = chance.uniform(0.0, _START_S if is_starting else _WORK_S)
        file_after_s = chance.uniform(0.0, lifetime_s)
        time.sleep(file_after_s)
        sources.add_file()
        time.sleep(lifetime_s - file_after_s)
        assert process.poll() is None, (folder / "daemon.log").read_text("utf-8")
        process.kill()
        process.wait()


def finish(folder: Path) -> Done:
    """Poll until nothing is young or waiting any more."""
    run(folder, "once", "--all")
    time.sleep(2.1)
    run(folder, "once", "--all")
    time.sleep(1.1)
    return run(folder, "once", "--all")


def test_twenty_kills_lose_double_and_tear_nothing(tmp_path: Path) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    chance = random.Random(seed)
    sources = Sources(tmp_path / "in")
    ever: dict[str, tuple[str, str]] = {}
    with serve(sources.answer, host="0.0.0.0") as server:
        addresses = {name: server.url("/feed", host=f"127.0.0.{n}") for n, name in enumerate(_FEEDS, start=2)}
        tables = (feed_table(url, name) for name, url in addresses.items())
        configure(tmp_path, free_port(), folder_table(), *tables)
        for kill in range(1, _KILLS + 1):
            live_and_be_killed(tmp_path, sources, chance, is_starting=kill % 3 == 1)
            now = published(tmp_path)
            assert now.items() >= ever.items(), f"kill {kill}, seed {seed}"
            ever = now
        sources.show_all()
        assert finish(tmp_path).code == 0, f"seed {seed}"
    articles = [json.loads(line) for line in run(tmp_path, "articles", "export").out.splitlines()]
    in_feeds = [article for article in articles if article["headline"].startswith("Item")]
    at_the_end = published(tmp_path)
    assert len(articles) == len(sources.headlines), f"seed {seed}"
    assert {article["headline"] for article in articles} == sources.headlines, f"seed {seed}"
    assert all(len(article["observations"]) == len(_FEEDS) for article in in_feeds), f"seed {seed}"
    assert all(article["revisions"] == 1 for article in articles), f"seed {seed}"
    assert set(at_the_end) == sources.headlines, f"seed {seed}"
    assert at_the_end.items() >= ever.items(), f"seed {seed}"
    assert len(ever) >= _KILLS, f"too little was published before the end to say anything; seed {seed}"
    assert "Traceback" not in (tmp_path / "daemon.log").read_text("utf-8"), f"seed {seed}"
