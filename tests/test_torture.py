"""Hostile and broken documents against the real program, all in one run: each is told in one clear line, disturbs no other source,
and the run needs neither long nor much memory.
"""

import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import feedparser
import pytest

from tests.atom_rules import problems
from tests.documents import item, rss, wire
from tests.loopback import Raw, Reply, serve
from tests.program import environment, run

pytestmark = pytest.mark.slow

_TIMEOUT_S = 5
# The sum of the deadlines is not waited for: each source has a host of its own, and hosts are asked side by side.
_LONGEST_S = 40
_MEMORY_KIB = 300 * 1024

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n"
_MIB = b"\0" * 1_048_576


def bomb(encoding: str) -> Raw:
    """400 MiB in 400 KB: one compressed mebibyte of zeros, said 400 times."""
    deflater = zlib.compressobj(9, wbits=-15)
    first = deflater.compress(_MIB) + deflater.flush(zlib.Z_FULL_FLUSH)
    again = deflater.compress(_MIB) + deflater.flush(zlib.Z_FULL_FLUSH)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" if encoding == "gzip" else b""
    return Raw(_OK + f"Content-Encoding: {encoding}\r\n\r\n".encode(), head, first, *[again] * 399)


def slowly(part: bytes, pause_s: float, count: int) -> Iterator[bytes | float]:
    for _ in range(count):
        yield part
        yield pause_s


def trouble(inside: str) -> bytes:
    """A feed with one good item and one with the trouble in it."""
    return rss(item(1), f"<item><title>Trouble</title><link>https://example.org/t</link>{inside}</item>")


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 12))
    return f'<!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]>'.encode() + trouble("<description>&l11;</description>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A source that gives trouble."""

    answer: Reply | Raw
    told: str
    """What `status` must say."""
    is_read: bool = False
    """Whether the good item beside the trouble is read all the same."""


def cases() -> dict[str, Case]:
    big = "larger than 10 MiB"
    late = f"within {_TIMEOUT_S} s"
    entries = b"".join(b"<item><title>Many %d</title></item>" % number for number in range(100_000))
    return {
        "gzip-bomb": Case(answer=bomb("gzip"), told=big),
        "deflate-bomb": Case(answer=bomb("deflate"), told=big),
        "endless-body": Case(answer=Raw(_OK + b"\r\n<rss>", *slowly(b"<!-- on -->", 0.05, 2_000)), told=late),
        "body-of-200-mb": Case(answer=Raw(_OK + b"\r\n<rss>", *[b" " * 1_048_576] * 200), told=big),
        "promise-of-200-mb": Case(
            answer=Raw(_OK + b"Content-Length: 200000000\r\n\r\n", b"<rss>"), told="cut off after 5 bytes"
        ),
        "byte-a-second": Case(answer=Raw(_OK + b"\r\n", *slowly(b"<", 1.0, 60)), told=late),
        "silence": Case(answer=Raw(60.0), told=late),
        "ten-thousand-headers": Case(
            answer=Raw(
                _OK, b"".join(b"X-%d: %s\r\n" % (number, b"a" * 40) for number in range(10_000)) + b"\r\n", rss(item(1))
            ),
            told="headers",
        ),
        "endless-header": Case(answer=Raw(_OK + b"X-Long: ", *[b"a" * 65_536] * 100), told="headers"),
        "billion-laughs": Case(answer=Reply(laughs()), told="DOCTYPE with an internal subset is refused"),
        "nested-xml": Case(answer=Reply(trouble("<a>" * 100_000 + "</a>" * 100_000)), told="more than 200 deep"),
        "nested-html": Case(
            answer=Reply(trouble(f"<description><![CDATA[{'<div>' * 100_000}]]></description>")),
            told="a text was cut after 262144 characters",
            is_read=True,
        ),
        "long-author": Case(
            answer=Reply(trouble(f"<author>a@{'a.' * 16_000}!</author>")),
            told="an author was cut after 1000 characters",
            is_read=True,
        ),
        "hundred-thousand-items": Case(
            answer=Reply(rss(item(1)).replace(b"</channel>", entries + b"</channel>")),
            told="more than 2000 entries: the first 2000 entries were read, 98001 were left out",
            is_read=True,
        ),
        "item-of-9-mb": Case(
            answer=Reply(trouble(f"<description>{'word ' * 1_800_000}</description>")),
            told="a text was cut after 262144 characters",
            is_read=True,
        ),
        "huge-cdata": Case(
            answer=Reply(trouble(f"<description><![CDATA[{'word ' * 1_000_000}</description>")),
            told="not well-formed",
            is_read=True,
        ),
        "tiny-entities": Case(
            answer=Reply(trouble(f"<description>{'&amp;lt;' * 400_000}</description>")),
            told="a text was cut after 262144 characters",
            is_read=True,
        ),
        "tiny-entities-unknown": Case(
            answer=Reply(trouble(f"<description>{'&x;' * 300_000}</description>")), told="not well-formed", is_read=True
        ),
        "never-closed": Case(answer=Reply(trouble("<a" * 1_000_000)), told="more than 50000 elements without an end"),
        "half-a-million-elements": Case(
            answer=Reply(trouble("<x/>" * 500_000)),
            told="more than 200000 elements: the first 1 entries were read, 1 were left out",
            is_read=True,
        ),
        "garbage": Case(answer=Reply(bytes(range(128, 256)) * 8_000), told="not a feed"),
        "nuls": Case(answer=Reply(b"\0" * 5_000_000), told="an empty document"),
        "attributes": Case(
            answer=Reply(trouble("<x " + " ".join(f"a{number}='1'" for number in range(50_000)) + "/>")),
            told="the attributes of an element with more than 100 were left out",
            is_read=True,
        ),
    }


CASES = cases()


@dataclass(slots=True)
class Watch:
    """The memory of a process and its children while it runs."""

    process: "subprocess.Popen[str]"
    highest_kib: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def sample(self) -> None:
        """Until the end is told."""
        while not self._ended.wait(0.03):
            self.highest_kib = max(self.highest_kib, sum(map(_pss_kib, _tree(self.process.pid))))

    def end(self) -> None:
        self._ended.set()


@contextmanager
def watched(process: "subprocess.Popen[str]") -> Iterator[Watch]:
    watch = Watch(process)
    thread = threading.Thread(target=watch.sample)
    thread.start()
    try:
        yield watch
    finally:
        watch.end()
        thread.join()


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text("ascii").split()
        ]
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield from _tree(child)


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """The one run over all cases."""

    code: int
    log: str
    took_s: float
    highest_kib: int
    notes: dict[str, str | None]
    articles: dict[str, set[str]]
    """Headlines by source."""
    feed: bytes


def _configuration(addresses: dict[str, str]) -> str:
    head = f"""
[web]
listen = ""
[fetch]
allow_networks = ["127.0.0.0/8"]
timeout = "{_TIMEOUT_S}s"
[[topics]]
id = "all"
title = "All"
query = "*"
max_per_hour = 100000
[[sources]]
id = "wire"
path = "in"
announce = "all"
"""
    return head + "".join(
        f'[[sources]]\nid = "{name}"\nurl = "{url}"\n{_announce(name)}' for name, url in addresses.items()
    )


def _announce(name: str) -> str:
    """The good source's old item is to be seen in the feed; two thousand of a hostile one would push it out."""
    return 'announce = "all"\n' if name == "good" else ""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One `once` over every case, each at an address of its own, a good feed and a folder beside them."""
    folder = tmp_path_factory.mktemp("torture")
    (folder / "in").mkdir()
    (folder / "in" / "good.txt").write_text(wire(), "utf-8")
    (folder / "in" / "long.txt").write_text(wire("A line without end") + "on and " * 700_000, "utf-8")
    (folder / "in" / "nuls.txt").write_bytes(b"\0" * 5_000_000)
    answers: dict[str, Reply | Raw] = {name: case.answer for name, case in CASES.items()}
    answers["good"] = Reply(rss(item(7_000, title="The good source is read")))
    with ExitStack() as stack:
        addresses = {}
        for number, (name, answer) in enumerate(answers.items(), start=10):
            server = stack.enter_context(serve({"/feed": answer}, host=f"127.0.0.{number}"))
            addresses[name] = server.url("/feed")
        (folder / "config.toml").write_text(_configuration(addresses), "utf-8")
        began = time.monotonic()
        command = [sys.executable, "-m", "aggregator", "once", "--all"]
        with (folder / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=log, stderr=log, text=True)
            try:
                with watched(process) as watch:
                    code = process.wait(timeout=2 * _LONGEST_S)
            finally:
                process.kill()
        took_s = time.monotonic() - began
    rows = [row for row in run(folder, "status", "--json").objects if "source" in row]
    articles: dict[str, set[str]] = {}
    for article in run(folder, "articles", "export").objects:
        for seen in article["observations"]:
            articles.setdefault(seen["source"], set()).add(article["headline"])
    published = folder / "feeds" / "all.atom"
    return Ran(
        code=code,
        log=(folder / "log").read_text("utf-8"),
        took_s=took_s,
        highest_kib=watch.highest_kib,
        notes={row["source"]: row["note"] for row in rows},
        articles=articles,
        feed=published.read_bytes() if published.exists() else b"",
    )


@pytest.mark.parametrize("name", CASES)
def test_each_is_told_in_one_clear_line(ran: Ran, name: str) -> None:
    note = ran.notes[name]
    assert note is not None
    assert CASES[name].told in note
    assert "\n" not in note
    assert len(note) <= 350


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.is_read])
def test_what_stands_beside_the_trouble_is_read(ran: Ran, name: str) -> None:
    assert "Item 1" in ran.articles[name]


def test_other_sources_are_read_in_the_same_run(ran: Ran) -> None:
    assert ran.articles["good"] == {"The good source is read"}
    assert ran.articles["wire"] == {"Envoys meet in the capital", "A line without end"}
    assert ran.notes["good"] is None
    assert "nuls.txt" in str(ran.notes["wire"]) or "a text was cut" in str(ran.notes["wire"])


def test_the_run_ends_soon_and_without_a_defect_of_its_own(ran: Ran) -> None:
    assert ran.code == 0, ran.log
    assert ran.took_s < _LONGEST_S
    assert "Traceback" not in ran.log
    assert "internal error" not in ran.log


def test_the_feed_is_whole(ran: Ran) -> None:
    assert problems(ran.feed) == ()
    titles = {entry.title for entry in feedparser.parse(ran.feed).entries}
    assert {"The good source is read", "Envoys meet in the capital"} <= titles


def test_memory_stays_within_the_bound(ran: Ran) -> None:
    """Proportional set size of the process and its children, pages that they share counted once."""
    assert 0 < ran.highest_kib <= _MEMORY_KIB, f"{ran.highest_kib / 1024:.0f} MiB"
