"""A daemon that runs takes another configuration: whole or not at all, without a restart, and no poll is lost by it."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import feedparser
import pytest

from tests.documents import item, rss, wire
from tests.loopback import Reply, Request, serve
from tests.program import configure, feed_table, folder_table, free_port, run, running, wait_for
from tests.stores import put_empty_store

pytestmark = pytest.mark.slow


class Daemon:
    """A running daemon whose configuration the test changes."""

    def __init__(self, folder: Path, port: int, process: "subprocess.Popen[str]") -> None:
        self.folder, self.port, self.process = folder, port, process
        self.file = folder / "config.toml"

    @property
    def log(self) -> str:
        return (self.folder / "daemon.log").read_text("utf-8")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def change(self, *more: str, old: str = "", new: str = "") -> None:
        """Change the file in one step, as an editor does; the daemon is to notice by itself."""
        text = self.file.read_text("utf-8")
        assert old in text
        beside = self.file.with_name("config.toml.new")
        beside.write_text(text.replace(old, new) + "".join(more), "utf-8")
        beside.replace(self.file)

    def logged(self, words: str, times: int = 1) -> str:
        """The log once it holds the words so often."""
        return self.until(lambda: self.log, lambda log: log.count(words) >= times, words)

    def until(self, ask: Callable[[], str], holds: Callable[[str], bool], what: str) -> str:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if holds(seen := ask()):
                return seen
            time.sleep(0.1)
        raise AssertionError(f"never: {what}: {seen[-3000:]}")

    def status_of(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url(path), timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self) -> str:
        """The log of all of it; nothing in it is a defect."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=40) == 0
        assert "Traceback" not in self.log
        return self.log


@contextmanager
def daemon(folder: Path, *sources: str) -> Iterator[Daemon]:
    """The daemon once it has read what there is."""
    port = free_port()
    configure(folder, port, *sources)
    put_empty_store(folder / "var" / "aggregator.db")
    with running(folder, "run") as process:
        it = Daemon(folder, port, process)
        it.logged("event=ready")
        yield it


def topic(name: str, query: str) -> str:
    return f'[[topics]]\nid = "{name}"\ntitle = "{name.title()}"\nquery = \'{query}\'\n'


def texts(folder: Path) -> None:
    """Two wire texts that are seconds old already."""
    (folder / "in").mkdir()
    for name, headline in (("a.txt", "Envoys meet in the capital"), ("b.txt", "Ships wait outside the harbour")):
        (folder / "in" / name).write_text(wire(headline), "utf-8")
        os.utime(folder / "in" / name, (time.time() - 60,) * 2)


def titles(document: str) -> list[str]:
    return [entry.title for entry in feedparser.parse(document.encode()).entries]


def test_a_new_topic_begins_with_what_is_stored_and_the_others_stay_as_they_are(tmp_path: Path) -> None:
    texts(tmp_path)
    with daemon(tmp_path, folder_table()) as it:
        before = wait_for(it.url("/feeds/all.atom"), "Ships wait")
        it.change(topic("sea", "title:harbour"))
        assert titles(wait_for(it.url("/feeds/sea.atom"), "Ships wait")) == ["Ships wait outside the harbour"]
        wait_for(it.url("/"), "/topics/sea")
        assert wait_for(it.url("/feeds/all.atom"), "Ships wait") == before
        log = it.stop()
    assert "new_topics=sea" in log
    assert log.count("event=ready") == 1


def test_what_an_edited_rule_adds_and_drops_is_logged_before_it_does(tmp_path: Path) -> None:
    texts(tmp_path)
    with daemon(tmp_path, folder_table(), topic("sea", "title:harbour")) as it:
        wait_for(it.url("/feeds/sea.atom"), "Ships wait")
        it.change(old="title:harbour", new="title:envoys")
        it.logged("event=rematched", times=3)  # both topics were new at the start
        log = it.stop()
    told = log.index("topic sea: the edit adds 1, drops 1 of the 2 stored articles")
    assert told < log.rindex("event=rematched")


def test_sighup_reads_it_again_and_says_when_nothing_changed(tmp_path: Path) -> None:
    with daemon(tmp_path, folder_table()) as it:
        it.process.send_signal(signal.SIGHUP)
        it.logged("nothing that can change did")
        it.stop()


def test_one_with_mistakes_is_refused_whole_and_every_mistake_told_with_its_line(tmp_path: Path) -> None:
    texts(tmp_path)
    with daemon(tmp_path, folder_table()) as it:
        wait_for(it.url("/feeds/all.atom"), "Ships wait")
        right = it.file.read_text("utf-8")
        it.change(topic("sea", "title:harbour"), '[[topics]]\nid = "bad"\ntitle = "Bad"\nquery = "("\ncolour = "red"\n')
        log = it.logged("stays in force")
        lines = {line.rpartition(":")[2] for line in re.findall(r"config\.toml:\d+", log)}
        written = it.file.read_text("utf-8").splitlines()
        assert {written[int(line) - 1] for line in lines} == {'query = "("', 'colour = "red"'}
        time.sleep(2)  # ticks go on; the mistakes are not told again
        assert it.log.count("stays in force") == 1
        assert it.status_of("/feeds/sea.atom") == 404
        (tmp_path / "in" / "c.txt").write_text(wire("A third text arrives"), "utf-8")
        wait_for(it.url("/feeds/all.atom"), "A third text arrives")
        it.file.write_text(right + topic("sea", "title:harbour"), "utf-8")
        wait_for(it.url("/feeds/sea.atom"), "Ships wait")
        it.stop()


def test_a_configuration_that_is_written_in_pieces_is_taken_when_it_is_whole(tmp_path: Path) -> None:
    texts(tmp_path)
    with daemon(tmp_path, folder_table()) as it:
        wait_for(it.url("/feeds/all.atom"), "Ships wait")
        whole = it.file.read_text("utf-8") + topic("sea", "title:harbour")
        with it.file.open("w", encoding="utf-8") as file:
            for piece in (whole[:150], whole[150:250], whole[250:]):
                file.write(piece)
                file.flush()
                time.sleep(0.5)
        wait_for(it.url("/feeds/sea.atom"), "Ships wait")
        log = it.stop()
    assert log.count("event=reloaded") == 1
    assert "config.toml:" not in log


def test_what_only_a_restart_can_change_is_told_and_the_rest_is_taken(tmp_path: Path) -> None:
    texts(tmp_path)
    with daemon(tmp_path, folder_table()) as it:
        wait_for(it.url("/feeds/all.atom"), "Ships wait")
        it.change(
            topic("sea", "title:harbour"),
            '[storage]\nurl = "sqlite:///other.db"\n',
            old=f'"127.0.0.1:{it.port}"',
            new='"127.0.0.1:1"',
        )
        wait_for(it.url("/feeds/sea.atom"), "Ships wait")
        log = it.stop()
    assert log.count("storage.url and web.listen changed: that takes effect when the daemon is started again") == 1
    assert not (tmp_path / "other.db").exists()


def test_a_changed_pack_is_taken_too(tmp_path: Path) -> None:
    texts(tmp_path)
    pack = 'name = "sea"\n[concepts.quay]\nen = ["WORD"]\n'
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "sea.toml").write_text(pack.replace("WORD", "quay"), "utf-8")
    with daemon(tmp_path, folder_table(), topic("sea", "pack:sea")) as it:
        wait_for(it.url("/feeds/all.atom"), "Ships wait")
        (tmp_path / "packs" / "sea.toml").write_text(pack.replace("WORD", "harbour"), "utf-8")
        it.logged("event=rematched topic=sea matches=1 gained=1")
        it.stop()


def test_sources_come_and_go(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        return Reply(rss(item(1 if request.path == "/one" else 2)))

    with serve(answer) as server:
        one, two = feed_table(server.url("/one"), "one"), feed_table(server.url("/two"), "two")
        with daemon(tmp_path, one) as it:
            wait_for(it.url("/feeds/all.atom"), "Item 1")
            it.change(two, old=one)
            document = wait_for(it.url("/feeds/all.atom"), "Item 2")
            asked = len([request for request in server.requests if request.path == "/one"])
            time.sleep(2.5)
            assert len([request for request in server.requests if request.path == "/one"]) == asked
            log = it.stop()
    assert set(titles(document)) == {"Item 1", "Item 2"}
    assert ("new_sources=two" in log, "gone_sources=one" in log) == (True, True)


def test_a_source_whose_address_was_mended_is_asked_at_once(tmp_path: Path) -> None:
    with serve({"/right": Reply(rss(item(1)))}) as server:
        table = feed_table(server.url("/wrong")) + 'interval = "1h"\nmin_interval = "1h"\n'
        with daemon(tmp_path, table) as it:
            it.logged("outcome=failed")
            it.change(old="/wrong", new="/right")
            wait_for(it.url("/feeds/all.atom"), "Item 1")
            it.stop()


def test_a_poll_under_way_is_not_lost_and_goes_by_the_new_rules(tmp_path: Path) -> None:
    asked, reloaded = threading.Event(), threading.Event()

    def slowly(_: Request) -> Reply:
        asked.set()
        assert reloaded.wait(20)
        return Reply(rss(item(1, title="Ships wait outside the harbour")))

    with serve(slowly) as server, daemon(tmp_path, feed_table(server.url("/feed"))) as it:
        assert asked.wait(20)
        # Other limits too: the fetcher that waits for the answer is replaced meanwhile.
        it.change(topic("sea", "title:harbour"), old="[fetch]", new="[fetch]\nconcurrency = 7\nhost_pause = '2s'")
        it.logged("event=reloaded")
        wait_for(it.url("/feeds/sea.atom"), "<title")
        reloaded.set()
        assert titles(wait_for(it.url("/feeds/sea.atom"), "Ships wait")) == ["Ships wait outside the harbour"]
        wait_for(it.url("/feeds/all.atom"), "Ships wait")
        it.stop()
    shown = [json.loads(line) for line in run(tmp_path, "articles", "export").out.splitlines()]
    assert [len(article["observations"]) for article in shown] == [1]


def test_another_folder_for_the_feeds_is_filled_and_served(tmp_path: Path) -> None:
    texts(tmp_path)
    with daemon(tmp_path, folder_table()) as it:
        before = wait_for(it.url("/feeds/all.atom"), "Ships wait")
        it.change(old="[web]", new='[publish]\ndirectory = "elsewhere"\n[web]')
        it.until(lambda: str((tmp_path / "elsewhere" / "all.atom").exists()), lambda seen: seen == "True", "the file")
        assert wait_for(it.url("/feeds/all.atom"), "Ships wait") == before
        it.stop()
    assert (tmp_path / "elsewhere" / "all.atom").read_text("utf-8") == before
