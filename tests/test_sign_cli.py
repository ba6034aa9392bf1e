"""`topics sign`: an address that the running program answers, and no other."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.commands import typed
from tests.documents import wire
from tests.program import configure, folder_table, free_port, running, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.txt"
    path.write_text(wire(), "utf-8")
    os.utime(path, (path.stat().st_mtime - 3600,) * 2)
    configure(tmp_path, free_port(), folder_table())
    return tmp_path


def test_the_address_is_answered_by_the_program(folder: Path) -> None:
    assert typed(folder, "once").code == 0
    assert typed(folder, "topics", "sign", "envoys", "--dry-run").out == "would make a key and sign: envoys\n"
    first = typed(folder, "topics", "sign", "Envoys OR nothing", "--json").objects
    again = typed(folder, "topics", "sign", "nothing OR envoys", "--json").objects
    assert first == again
    (row,) = first
    assert row["query"] == "envoys OR nothing"
    with running(folder, "serve"):
        assert "Envoys meet in the capital" in wait_for(row["url"], "</feed>")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(row["url"].replace("envoys", "wire"))


def test_a_key_of_the_environment_goes_before_the_one_in_the_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed(folder, "once").code == 0
    stored = typed(folder, "topics", "sign", "envoys").out
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("[fetch]", 'query_key = "env:KEY"\n[fetch]'), "utf-8")
    monkeypatch.setenv("KEY", "k" * 32)
    mine = typed(folder, "topics", "sign", "envoys").out
    assert (mine != stored, mine == typed(folder, "topics", "sign", "envoys").out) == (True, True)
    monkeypatch.setenv("KEY", "short")
    refused = typed(folder, "topics", "sign", "envoys")
    assert (refused.code, "web.query_key" in refused.err) == (78, True)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("envoys AND (", "never closed"),
        ("pack:none", "unknown pack"),
        (" OR ".join(f"w{n:05}" for n in range(300)), "2000"),
    ],
)
def test_what_cannot_be_asked_is_not_signed(folder: Path, query: str, words: str) -> None:
    done = typed(folder, "topics", "sign", query)
    assert (done.code, words in " ".join(done.err.split())) == (2, True)


def test_nothing_is_signed_before_anything_is_stored(folder: Path) -> None:
    done = typed(folder, "topics", "sign", "envoys")
    assert (done.code, "run `aggregator once` first" in done.err) == (1, True)
