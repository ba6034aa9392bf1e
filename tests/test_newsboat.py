"""A real reader subscribes: Debian's newsboat, over HTTP, to the feed of the shipped example."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.program import ROOT, environment, free_port, running, wait_for

pytestmark = [
    pytest.mark.newsboat,
    pytest.mark.skipif(shutil.which("newsboat") is None, reason="newsboat is not installed (scripts/system-packages)"),
]


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
