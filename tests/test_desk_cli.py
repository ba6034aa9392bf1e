"""`desk …` and `topics close` as a user types them: written down beside a running daemon, carried out by the next run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.storage import lock_file
from tests.commands import typed
from tests.documents import wire, write

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
    assert typed(tmp_path, "once").code == 0
    return tmp_path


def feed(folder: Path) -> str:
    return (folder / "feeds" / "all.atom").read_text("utf-8")


def test_a_kill_is_written_down_beside_a_daemon_and_carried_out_by_the_next_run(folder: Path) -> None:
    with lock_file(folder / "var" / "aggregator.db.lock"):
        said = typed(folder, "desk", "kill", "a.txt", "--by", "maria", "--reason", "a mistake")
        (open_,) = typed(folder, "desk", "log", "--json").objects
    assert (said.code, "Envoys meet in the capital" in said.out) == (0, True)
    assert (open_["word"], open_["by"], open_["reason"], open_["applied_at"]) == ("kill", "maria", "a mistake", None)
    shown = typed(folder, "publish", "--dry-run")
    assert "- Envoys meet in the capital  (killed by maria: a mistake)" in shown.out
    assert "deleted-entry" not in feed(folder)
    done = typed(folder, "once")
    assert "- Envoys meet in the capital  (killed by maria: a mistake)" in done.out
    assert "<entry" not in feed(folder)
    assert "deleted-entry" in feed(folder)
    (closed,) = typed(folder, "desk", "log", "--json").objects
    assert closed["applied_at"] is not None
    assert "killed by maria" in typed(folder, "topics", "why", "all", "a.txt").out


def test_hold_and_release(folder: Path) -> None:
    before = feed(folder)
    typed(folder, "desk", "hold", "a.txt", "--by", "maria")
    typed(folder, "publish")
    assert "<entry" not in feed(folder)
    typed(folder, "desk", "release", "a.txt", "--by", "maria")
    typed(folder, "publish")
    assert feed(folder).count("<entry") == 1
    assert before.split("<entry")[1].split("</id>")[0] == feed(folder).split("<entry")[1].split("</id>")[0]


def test_a_dry_run_writes_nothing_down(folder: Path) -> None:
    done = typed(folder, "desk", "drop", "all", "a.txt", "--dry-run")
    assert (done.code, "would be written down" in done.out) == (0, True)
    assert typed(folder, "desk", "log").out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("kill", "nothing.txt"), "no article 'nothing.txt'"),
        (("pin", "nothing", "a.txt"), "no topic 'nothing'; there are: all"),
    ],
)
def test_an_unknown_name_is_told(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    done = typed(folder, "desk", *arguments)
    assert (done.code, words in done.err) == (2, True)


def test_a_topic_is_closed_only_once_it_left_the_configuration(folder: Path) -> None:
    early = typed(folder, "topics", "close", "all")
    assert (early.code, "is configured" in early.err) == (1, True)
    config = folder / "config.toml"
    config.write_text(CONFIG.partition("[[topics]]")[0], "utf-8")
    assert typed(folder, "topics", "close", "other").code == 2
    assert typed(folder, "topics", "close", "all").code == 0
    before = feed(folder)
    typed(folder, "once")
    assert feed(folder) == before


def test_what_is_merged_is_told_once_and_shown_and_what_is_split_is_told_again(folder: Path) -> None:
    write(folder / "in", "b.txt", wire("Envoys leave without a word to the press", 9))
    assert typed(folder, "once").code == 0
    said = typed(folder, "desk", "merge", "a.txt", "b.txt", "--by", "maria", "--reason", "one meeting")
    assert said.out.startswith("merge: Envoys meet in the capital | Envoys leave without a word to the press")
    assert typed(folder, "once").code == 0
    shown = typed(folder, "articles", "show", "a.txt").out
    assert "Envoys leave without a word to the press" in shown
    assert "put together by the desk" in shown
    (whole,) = typed(folder, "articles", "show", "b.txt", "--json").objects
    (copy,) = whole["copies"]
    assert (copy["headline"], copy["relation"], copy["through"]) == ("Envoys meet in the capital", None, None)
    groups = {one["copy_group"] for one in typed(folder, "articles", "export").objects}
    assert groups == {whole["copy_group"]}
    assert whole["copy_group"] is not None
    assert typed(folder, "desk", "split", "b.txt", "a.txt").code == 0
    assert typed(folder, "once").code == 0
    assert {one["copy_group"] for one in typed(folder, "articles", "export").objects} == {None}
    words = [(one["word"], one["other"] is not None) for one in typed(folder, "desk", "log", "--json").objects]
    assert words == [("merge", True), ("split", True)]
    assert typed(folder, "desk", "merge", "a.txt", "a.txt").code == 1


def test_a_note_stands_on_the_articles_sheet_and_in_no_feed(folder: Path) -> None:
    assert typed(folder, "desk", "note", "a.txt", "asked the <b>ministry</b>", "--by", "maria").code == 0
    before = feed(folder)
    assert typed(folder, "once").code == 0
    assert (feed(folder), "ministry" in feed(folder)) == (before, False)
    assert "noted by maria: asked the <b>ministry</b>" in typed(folder, "articles", "show", "a.txt").out
    (whole,) = typed(folder, "articles", "show", "a.txt", "--json").objects
    assert [(one["word"], one["reason"]) for one in whole["decisions"]] == [("note", "asked the <b>ministry</b>")]
    assert "ministry" not in typed(folder, "articles", "export").out
    assert typed(folder, "desk", "note", "a.txt", "  ").code == 2


def test_an_embargo_is_told_with_its_end(folder: Path) -> None:
    end = datetime.now(UTC) + timedelta(days=2)
    done = typed(folder, "desk", "embargo", "a.txt", f"{end:%Y-%m-%d} 08:00 Africa/Tripoli", "--by", "maria")
    assert (done.code, done.out.startswith("embargo: Envoys meet")) == (0, True)
    assert typed(folder, "publish").code == 0
    assert "<entry" not in feed(folder)
    assert f"embargoed until {end:%Y-%m-%d} 06:00 UTC by maria" in " ".join(
        typed(folder, "topics", "why", "all", "a.txt").out.split()
    )
    (made,) = typed(folder, "desk", "log", "--json").objects
    assert made["until"] == f"{end:%Y-%m-%d}T06:00:00Z"


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2099-03-02T08:00", "has no zone"),
        ("tomorrow", "is no time with its zone"),
        ("2099-03-02 08:00 Africa/Nowhere", "is no time with its zone"),
        ("2001-03-02T08:00Z", "is past"),
    ],
)
def test_an_embargo_needs_a_time_with_a_zone_that_is_to_come(folder: Path, until: str, words: str) -> None:
    done = typed(folder, "desk", "embargo", "a.txt", until)
    assert (done.code, words in " ".join(done.err.split())) == (2, True)
    assert typed(folder, "desk", "log").out == ""


def test_an_erase_leaves_no_word_and_says_which_copies_stay(folder: Path) -> None:
    write(folder / "in", "b.txt", wire("Envoys leave without a word to the press", 9))
    assert typed(folder, "once").code == 0
    typed(folder, "desk", "merge", "a.txt", "b.txt")
    assert typed(folder, "once").code == 0
    shown = typed(folder, "desk", "erase", "a.txt", "--dry-run")
    assert (shown.code, typed(folder, "desk", "log").out.count("erase")) == (0, 0)
    done = typed(folder, "desk", "erase", "a.txt", "--by", "maria", "--reason", "a court said so")
    assert (done.code, done.err.count("stays: urn:uuid:")) == (0, 1)
    assert shown.err == done.err
    assert typed(folder, "once").code == 0
    (whole,) = typed(folder, "articles", "show", "a.txt", "--json").objects
    assert (whole["headline"], whole["body_text"], whole["dateline"]) == ("", "", None)
    said = typed(folder, "articles", "show", "a.txt").out
    assert ("(no headline)" in said, "erased by maria: a court said so" in said) == (True, True)
    assert typed(folder, "desk", "release", "a.txt").err.startswith("it was killed, which is final")
    (item, *_) = typed(folder, "articles", "export", "--format", "ninjs", "--everything").objects
    assert (item["pubStatus"], item.get("headlines")) == ("canceled", None)


def test_the_log_goes_out_and_comes_in_again(folder: Path) -> None:
    typed(folder, "desk", "hold", "a.txt", "--by", "maria")
    typed(folder, "desk", "note", "a.txt", "call again", "--by", "omar")
    assert typed(folder, "desk", "export", "desk.jsonl").out == "2 decisions are written to desk.jsonl\n"
    lines = (folder / "desk.jsonl").read_text("utf-8")
    assert (lines, lines.count("\n")) == (typed(folder, "desk", "export").out, 2)
    again = typed(folder, "desk", "import", "desk.jsonl")
    assert again.out == "0 decisions taken over, 2 known already, 0 of the new wait for their article\n"
    (folder / "var" / "aggregator.db").unlink()
    (folder / "in" / "a.txt").rename(folder / "a.txt")
    assert typed(folder, "once").code == 0
    dry = typed(folder, "desk", "import", "desk.jsonl", "--dry-run")
    assert dry.out.endswith("2 decisions would be taken over, 0 known already, 2 of the new wait for their article\n")
    assert [one["waits"] for one in typed(folder, "desk", "import", "desk.jsonl", "--json").objects] == [True, True]
    assert typed(folder, "desk", "import", "desk.jsonl").out.startswith("0 decisions taken over, 2 known already")
    (folder / "a.txt").rename(folder / "in" / "a.txt")
    assert typed(folder, "once").code == 0
    assert "held by maria" in typed(folder, "topics", "why", "all", "a.txt").out
    assert typed(folder, "desk", "export").out == lines


def test_a_file_with_mistakes_is_refused_whole_with_every_line(folder: Path) -> None:
    typed(folder, "desk", "hold", "a.txt", "--by", "maria")
    good = typed(folder, "desk", "export").out.replace("maria", "omar")
    (folder / "desk.jsonl").write_text(f'{good}{{"word": "hold"}}\n\nnonsense\n', "utf-8")
    done = typed(folder, "desk", "import", "desk.jsonl")
    assert done.code == 1
    assert [line.partition(" ")[0] for line in done.err.splitlines()] == [
        "desk.jsonl:2:",
        "desk.jsonl:2:",
        "desk.jsonl:2:",
        "desk.jsonl:4:",
        "nothing",
    ]
    assert "omar" not in typed(folder, "desk", "log").out
    (folder / "desk.jsonl").write_bytes(b"{}\n\xff")
    assert "desk.jsonl:2: not UTF-8" in typed(folder, "desk", "import", "desk.jsonl").err
    assert "nothing.jsonl cannot be read" in typed(folder, "desk", "import", "nothing.jsonl").err
