"""Real readers subscribe over HTTP: Debian's newsboat and sfeed, to the shipped example and through three rounds of edits."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.program import ROOT, environment, free_port, run, running, wait_for

pytestmark = pytest.mark.newsboat
needs_newsboat = pytest.mark.skipif(
    shutil.which("newsboat") is None, reason="newsboat is not installed (scripts/system-packages)"
)
needs_sfeed = pytest.mark.skipif(
    shutil.which("sfeed_update") is None, reason="sfeed is not installed (scripts/system-packages)"
)


def newsboat(folder: Path, url: str) -> list[tuple[str, str, str, str]]:
    """(guid, title, author, content) of what the reader has after one reload."""
    home = folder / "reader"
    home.mkdir(exist_ok=True)
    (home / "urls").write_text(f"{url}\n", "utf-8")
    (home / "config").write_text("download-retries 1\ndownload-timeout 20\n", "utf-8")
    subprocess.run(
        ["newsboat", "-u", home / "urls", "-C", home / "config", "-c", home / "cache.db", "-x", "reload"],
        env=environment() | {"HOME": str(home), "LC_ALL": "C.UTF-8"},
        check=True,
        capture_output=True,
        timeout=60,
    )
    connection = sqlite3.connect(home / "cache.db")
    try:
        query = "SELECT guid, title, author, content FROM rss_item WHERE deleted = 0 ORDER BY title"
        return list(connection.execute(query))
    finally:
        connection.close()


@needs_newsboat
def test_newsboat_subscribes_and_lists_the_matching_texts_once(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    port = free_port()
    text = (ROOT / "config.toml").read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    local = text.partition("# Public feeds.")[0] + "[[topics]]" + text.partition("[[topics]]")[2]
    (tmp_path / "config.toml").write_text(local, "utf-8")
    for path in (tmp_path / "seeds").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    url = f"http://127.0.0.1:{port}/feeds/libya-diplomacy.atom"
    with running(tmp_path, "run"):
        wait_for(url, "Gammarth")
        first = newsboat(tmp_path, url)
        second = newsboat(tmp_path, url)
    titles = [title for _, title, _, _ in first]
    assert len(titles) == 7
    assert "Political dialogue forum meets near Tunis" in titles
    assert "اختتام ملتقى الحوار السياسي الليبي قرب تونس العاصمة" in titles
    assert not any("football" in title or "Migrants" in title for title in titles)
    assert all(guid.startswith("urn:uuid:") for guid, _, _, _ in first)
    assert all(author == "The desk" for _, _, author, _ in first)
    assert any("MOSCOW, November 25. /DESK/." in content for _, _, _, content in first)
    assert second == first


CONFIG = """
[site]
base_url = "http://127.0.0.1:{port}"
[web]
listen = "127.0.0.1:{port}"
[[sources]]
id = "desk"
path = "in"
announce = "all"
[[topics]]
id = "harbour"
title = "The harbour"
query = "harbour"
"""
DAYS = {"Talks about the harbour begin": 2, "A crane comes back to the harbour": 3, "The harbour pilots go home": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A folder whose texts are published; `url` is the feed that readers subscribe to."""

    folder: Path
    url: str

    def write(self, headline: str, more: str = "") -> None:
        """Write the report or write it again; it is two minutes old, so nobody waits for it to be whole."""
        day = datetime(2026, 3, DAYS[headline], tzinfo=UTC)
        text = f"{headline}\n\nTARBONA, March {day.day}, 2026. /TASS/. The {headline.lower()}, said the council of Tarbona in a short statement to the newspapers on that day. {more}\n"
        path = self.folder / "in" / f"{day.day}.txt"
        path.write_text(text, "utf-8")
        at = (datetime.now(UTC) - timedelta(minutes=2)).timestamp()
        os.utime(path, (at, at))

    def publish(self) -> None:
        assert run(self.folder, "once", "--all").code == 0


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Published]:
    port = free_port()
    (tmp_path / "in").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG.format(port=port), "utf-8")
    found = Published(folder=tmp_path, url=f"http://127.0.0.1:{port}/feeds/harbour.atom")
    first, *_ = DAYS
    found.write(first)
    found.publish()
    with running(tmp_path, "serve"):
        wait_for(found.url, first)
        yield found


def three_rounds(published: Published) -> Iterator[None]:
    """A text; an edit of it and a second; an edit of both and a third."""
    one, two, three = DAYS
    yield
    published.write(one, "Nobody expects an end before Friday.")
    published.write(two)
    published.publish()
    yield
    published.write(one, "They ended on Friday.")
    published.write(two, "It had been in Velmare for repair.")
    published.write(three)
    published.publish()
    yield


def sfeed(folder: Path, url: str) -> list[tuple[str, str, str]]:
    """(day, title, id) of what sfeed has after one update."""
    home = folder / "sfeed"
    home.mkdir(exist_ok=True)
    (home / "sfeedrc").write_text(f'sfeedpath="{home}/feeds"\nfeeds() {{\n\tfeed "harbour" "{url}"\n}}\n', "utf-8")
    subprocess.run(
        ["sfeed_update", home / "sfeedrc"],
        env=environment() | {"HOME": str(home)},
        check=True,
        capture_output=True,
        timeout=60,
    )
    lines = [line.split("\t") for line in (home / "feeds" / "harbour").read_text("utf-8").splitlines()]
    return sorted((f"{datetime.fromtimestamp(int(line[0]), UTC):%Y-%m-%d}", line[1], line[5]) for line in lines)


@needs_newsboat
def test_newsboat_lists_each_entry_once_through_three_rounds(published: Published) -> None:
    seen: dict[str, str] = {}
    for number, _ in enumerate(three_rounds(published), start=1):
        items = newsboat(published.folder, published.url)
        assert sorted(title for _, title, _, _ in items) == sorted(list(DAYS)[:number])
        assert {title: guid for guid, title, _, _ in items if title in seen} == seen
        seen = {title: guid for guid, title, _, _ in items}
    texts = {title: content for _, title, _, content in items}
    # A second change of a text waits for the end of the hour (rules R12).
    assert "Nobody expects an end before Friday." in texts["Talks about the harbour begin"]
    assert "It had been in Velmare for repair." in texts["A crane comes back to the harbour"]
    connection = sqlite3.connect(published.folder / "reader" / "cache.db")
    dates = dict(connection.execute("SELECT title, pubDate FROM rss_item"))
    connection.close()
    assert {title: datetime.fromtimestamp(at, UTC).day for title, at in dates.items()} == DAYS


@needs_sfeed
def test_sfeed_lists_each_entry_once_through_three_rounds(published: Published) -> None:
    for number, _ in enumerate(three_rounds(published), start=1):
        items = sfeed(published.folder, published.url)
        assert [(day, title) for day, title, _ in items] == [
            (f"2026-03-{day:02}", title) for title, day in list(DAYS.items())[:number]
        ]
        assert all(entry_id.startswith("urn:uuid:") for _, _, entry_id in items)
