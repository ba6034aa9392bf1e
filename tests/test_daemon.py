"""The daemon as it is run: it serves at once, takes a new file, drains on SIGTERM, and loses nothing when it is killed."""

import json
import os
import random
import re
import signal
import sqlite3
import threading
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import feedparser
import pytest

from tests.atom_rules import problems
from tests.documents import item, rss, wire
from tests.loopback import Reply, Request, serve
from tests.program import configure, feed_table, folder_table, free_port, run, running, wait_for

pytestmark = pytest.mark.slow


def test_it_serves_what_lies_in_the_folder_takes_new_files_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(wire(), "utf-8")
    configure(tmp_path, port, folder_table(), feed_table("http://10.255.255.1/never", "blocked"))
    feed = f"http://127.0.0.1:{port}/feeds/all.atom"
    with running(tmp_path, "run") as process:
        wait_for(feed, "Envoys meet in the capital")
        (folder / "b.txt").write_text(wire("A second text arrives"), "utf-8")
        document = wait_for(feed, "A second text arrives")
        assert "A second text arrives" in wait_for(f"http://127.0.0.1:{port}/", "A second text arrives")
        second = run(tmp_path, "once")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    log = (tmp_path / "daemon.log").read_text("utf-8")
    assert (second.code, "another aggregator" in second.err) == (75, True)
    assert problems(document.encode()) == ()
    assert "10.255.255.1" in log
    assert "Traceback" not in log


def test_what_comes_alone_is_published_at_once_and_not_at_the_next_tick(tmp_path: Path) -> None:
    """A second after the poll at most; the tick that a burst waits for comes every two."""
    port = free_port()
    with serve({"/feed": Reply(rss(item(1)))}) as server:
        configure(tmp_path, port, feed_table(server.url("/feed")) + 'interval = "1h"\nmin_interval = "1h"\n')
        with running(tmp_path, "run") as process:
            wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "Item 1")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=40) == 0
    polled = re.search(r"timestamp=(\S+) level=info event=poll", (tmp_path / "daemon.log").read_text("utf-8"))
    assert polled is not None
    written_at = (tmp_path / "feeds" / "all.atom").stat().st_mtime
    assert written_at - datetime.fromisoformat(polled[1]).timestamp() < 1


def test_a_file_that_is_moved_in_is_taken_at_once(tmp_path: Path) -> None:
    """Sooner than at the look that comes every ten seconds."""
    port = free_port()
    (tmp_path / "in").mkdir()
    (tmp_path / "a.txt").write_text(wire(), "utf-8")
    os.utime(tmp_path / "a.txt", (time.time() - 60,) * 2)
    configure(tmp_path, port, folder_table())
    feed = f"http://127.0.0.1:{port}/feeds/all.atom"
    with running(tmp_path, "run") as process:
        wait_for(feed, "<title")
        time.sleep(1)
        (tmp_path / "a.txt").rename(tmp_path / "in" / "a.txt")
        moved_at = time.monotonic()
        wait_for(feed, "Envoys meet in the capital")
        assert time.monotonic() - moved_at < 7
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0


def test_a_file_that_is_still_being_written_is_not_taken(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "in").mkdir()
    configure(tmp_path, port, folder_table())
    with running(tmp_path, "run") as process:
        wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "<title")
        with (tmp_path / "in" / "a.txt").open("w", encoding="utf-8") as file:
            for piece in (wire(), *(f"\nParagraph {number}.\n" for number in range(8))):
                file.write(piece)
                file.flush()
                time.sleep(0.5)
        wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "Envoys meet in the capital")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    (article,) = [json.loads(line) for line in run(tmp_path, "articles", "export").out.splitlines()]
    assert (article["revisions"], article["body_text"].endswith("Paragraph 7.")) == (1, True)
    assert "Traceback" not in (tmp_path / "daemon.log").read_text("utf-8")


def test_sigterm_lets_a_poll_under_way_end(tmp_path: Path) -> None:
    asked = threading.Event()

    def slowly(_: Request) -> Reply:
        asked.set()
        time.sleep(1.5)
        return Reply(rss(item(1)))

    port = free_port()
    with serve(slowly) as server:
        configure(tmp_path, port, feed_table(server.url("/feed")))
        with running(tmp_path, "run") as process:
            assert asked.wait(20)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=40) == 0
    assert "Item 1" in (tmp_path / "feeds" / "all.atom").read_text("utf-8")


def test_a_taken_port_is_told_and_ends_it(tmp_path: Path) -> None:
    with serve({}) as other:
        configure(tmp_path, other.port, folder_table())
        done = run(tmp_path, "run")
    assert done.code == 1
    assert "[web] listen" in done.err
    assert "Traceback" not in done.err


def test_three_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    """A feed that gains an item with every request; the daemon is killed three times, then runs to the end."""
    seed = int.from_bytes(os.urandom(4), "big")
    chance = random.Random(seed)
    lock = threading.Lock()
    shown = 1
    last = 40

    def growing(_: Request) -> Reply:
        nonlocal shown
        with lock:
            shown = min(shown + 1, last)
            return Reply(rss(*(item(number) for number in range(shown, 0, -1))))

    port = free_port()
    with serve(growing) as server:
        configure(tmp_path, port, *(feed_table(server.url(f"/{name}"), name) for name in ("one", "two", "three")))
        for _ in range(3):
            with running(tmp_path, "run") as process:
                time.sleep(chance.uniform(0.7, 3.0))
                process.kill()
                process.wait()
        with lock:
            shown = last
        run(tmp_path, "once", "--all")
        time.sleep(1.2)
        assert run(tmp_path, "once", "--all").code == 0, f"seed {seed}"
    articles = [json.loads(line) for line in run(tmp_path, "articles", "export").out.splitlines()]
    entries = feedparser.parse((tmp_path / "feeds" / "all.atom").read_bytes()).entries
    assert len(articles) == last, f"seed {seed}"
    assert {article["headline"] for article in articles} == {f"Item {number}" for number in range(1, last + 1)}
    assert all(len(article["observations"]) == 3 for article in articles)
    assert len({entry.id for entry in entries}) == len(entries) == last


def test_a_folder_that_cannot_be_written_stops_nothing_and_is_made_good(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(wire(), "utf-8")
    (tmp_path / "feeds").write_text("a file where the folder should be", "utf-8")
    configure(tmp_path, port, folder_table())
    with running(tmp_path, "run") as process:
        wait_for(f"http://127.0.0.1:{port}/", "Envoys meet in the capital")
        time.sleep(5)
        (tmp_path / "feeds").unlink()
        wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "Envoys meet in the capital")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    told = re.findall("cannot write [^;]+", (tmp_path / "daemon.log").read_text("utf-8"))
    assert told
    assert len(told) == len(set(told)), "once, not at every tick"


def test_a_damaged_row_is_told_once_and_makes_no_tick_render_everything(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(wire(), "utf-8")
    os.utime(tmp_path / "in" / "a.txt", (time.time() - 60,) * 2)
    configure(tmp_path, port, folder_table())
    assert run(tmp_path, "once").code == 0
    with closing(sqlite3.connect(tmp_path / "var" / "aggregator.db", isolation_level=None)) as store:
        store.execute("UPDATE ledger SET updated_at = 'rubbish'")
    with running(tmp_path, "run") as process:
        wait_for(f"http://127.0.0.1:{port}/readyz", "ok")
        listed = tmp_path / "feeds" / "index.opml"
        listed.unlink()
        time.sleep(6)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    assert (tmp_path / "daemon.log").read_text("utf-8").count("cannot write") == 1
    assert not listed.exists(), "written where everything is, at a start"


def test_other_formats_follow_and_the_command_sees_them(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "in").mkdir()
    configure(tmp_path, port, folder_table())
    config = tmp_path / "config.toml"
    config.write_text(
        '[publish]\ncommand = ["cp", "all.json", "../copied.json"]\n' + config.read_text("utf-8"), "utf-8"
    )
    with running(tmp_path, "run") as process:
        wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "</feed>")
        (tmp_path / "in" / "a.txt").write_text(wire(), "utf-8")
        wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "Envoys meet")
        end = time.monotonic() + 30
        while time.monotonic() < end and b"Envoys" not in (tmp_path / "copied.json").read_bytes():
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert b"Envoys meet" in (tmp_path / "copied.json").read_bytes()
    assert b"Envoys meet" in (tmp_path / "feeds" / "all.rss").read_bytes()


def test_a_desk_that_is_never_at_rest_has_its_other_formats_too(tmp_path: Path) -> None:
    shown = 0

    def growing(_: Request) -> Reply:
        nonlocal shown
        shown += 1
        return Reply(rss(*(item(number) for number in range(shown, max(shown - 50, 0), -1))))

    port = free_port()
    with serve(growing) as server:
        sources = (feed_table(server.url(f"/{name}"), name) for name in ("one", "two", "three", "four"))
        configure(tmp_path, port, *sources)
        with running(tmp_path, "run") as process:
            wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "Item 3<")
            for form in ("json", "rss"):
                wait_for(f"http://127.0.0.1:{port}/feeds/all.{form}", "Item 3")
            process.kill()
