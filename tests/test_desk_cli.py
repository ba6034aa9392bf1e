"""`desk …` and `topics close` as a user types them: written down beside a running daemon, carried out by the next run."""

from pathlib import Path

import pytest

from aggregator.storage import lock_file
from tests.documents import wire, write
from tests.program import run

pytestmark = pytest.mark.slow

CONFIG = """
[web]
listen = ""
[[agencies]]
id = "desk"
name = "Desk"
forms = ["DESK"]
[[sources]]
id = "wire"
path = "in"
announce = "all"
[[topics]]
id = "all"
title = "All"
query = "envoys"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A desk whose one text is published."""
    write(tmp_path / "in", "a.txt", wire())
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    assert run(tmp_path, "once").code == 0
    return tmp_path


def feed(folder: Path) -> str:
    return (folder / "feeds" / "all.atom").read_text("utf-8")


def test_a_kill_is_written_down_beside_a_daemon_and_carried_out_by_the_next_run(folder: Path) -> None:
    with lock_file(folder / "var" / "aggregator.db.lock"):
        said = run(folder, "desk", "kill", "a.txt", "--by", "maria", "--reason", "a mistake")
        (open_,) = run(folder, "desk", "log", "--json").objects
    assert (said.code, "Envoys meet in the capital" in said.out) == (0, True)
    assert (open_["word"], open_["by"], open_["reason"], open_["applied_at"]) == ("kill", "maria", "a mistake", None)
    shown = run(folder, "publish", "--dry-run")
    assert "- Envoys meet in the capital  (killed by maria: a mistake)" in shown.out
    assert "deleted-entry" not in feed(folder)
    done = run(folder, "once")
    assert "- Envoys meet in the capital  (killed by maria: a mistake)" in done.out
    assert "<entry" not in feed(folder)
    assert "deleted-entry" in feed(folder)
    (closed,) = run(folder, "desk", "log", "--json").objects
    assert closed["applied_at"] is not None
    assert "killed by maria" in run(folder, "topics", "why", "all", "a.txt").out


def test_hold_and_release(folder: Path) -> None:
    before = feed(folder)
    run(folder, "desk", "hold", "a.txt", "--by", "maria")
    run(folder, "publish")
    assert "<entry" not in feed(folder)
    run(folder, "desk", "release", "a.txt", "--by", "maria")
    run(folder, "publish")
    assert feed(folder).count("<entry") == 1
    assert before.split("<entry")[1].split("</id>")[0] == feed(folder).split("<entry")[1].split("</id>")[0]


def test_a_dry_run_writes_nothing_down(folder: Path) -> None:
    done = run(folder, "desk", "drop", "all", "a.txt", "--dry-run")
    assert (done.code, "would be written down" in done.out) == (0, True)
    assert run(folder, "desk", "log").out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("kill", "nothing.txt"), "no article 'nothing.txt'"),
        (("pin", "nothing", "a.txt"), "no topic 'nothing'; there are: all"),
    ],
)
def test_an_unknown_name_is_told(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run(folder, "desk", *arguments)
    assert (done.code, words in done.err) == (2, True)


def test_a_topic_is_closed_only_once_it_left_the_configuration(folder: Path) -> None:
    early = run(folder, "topics", "close", "all")
    assert (early.code, "is configured" in early.err) == (1, True)
    config = folder / "config.toml"
    config.write_text(CONFIG.partition("[[topics]]")[0], "utf-8")
    assert run(folder, "topics", "close", "other").code == 2
    assert run(folder, "topics", "close", "all").code == 0
    before = feed(folder)
    run(folder, "once")
    assert feed(folder) == before


def test_what_is_merged_is_told_once_and_shown_and_what_is_split_is_told_again(folder: Path) -> None:
    write(folder / "in", "b.txt", wire("Envoys leave without a word to the press", 9))
    assert run(folder, "once").code == 0
    said = run(folder, "desk", "merge", "a.txt", "b.txt", "--by", "maria", "--reason", "one meeting")
    assert said.out.startswith("merge: Envoys meet in the capital | Envoys leave without a word to the press")
    assert run(folder, "once").code == 0
    shown = run(folder, "articles", "show", "a.txt").out
    assert "Envoys leave without a word to the press" in shown
    assert "put together by the desk" in shown
    (whole,) = run(folder, "articles", "show", "b.txt", "--json").objects
    (copy,) = whole["copies"]
    assert (copy["headline"], copy["relation"], copy["through"]) == ("Envoys meet in the capital", None, None)
    groups = {one["copy_group"] for one in run(folder, "articles", "export").objects}
    assert groups == {whole["copy_group"]}
    assert whole["copy_group"] is not None
    assert run(folder, "desk", "split", "b.txt", "a.txt").code == 0
    assert run(folder, "once").code == 0
    assert {one["copy_group"] for one in run(folder, "articles", "export").objects} == {None}
    words = [(one["word"], one["other"] is not None) for one in run(folder, "desk", "log", "--json").objects]
    assert words == [("merge", True), ("split", True)]
    assert run(folder, "desk", "merge", "a.txt", "a.txt").code == 1
