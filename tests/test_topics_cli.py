"""`topics`: what is published, whether the examples of a rule hold, and what another rule would change."""

import os
from pathlib import Path

import pytest

from aggregator.cli.expectations import try_all
from aggregator.config import load
from tests.commands import configure, invoke, run_once
from tests.make import NOW

EXPECT = """
expect = [
    {{ match = {match}, {example} }},
]
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has run once; nobody writes into it."""
    folder = tmp_path_factory.mktemp("desk")
    configure(folder)
    run_once(folder)
    return folder


def expecting(folder: Path, match: str, example: str) -> None:
    configure(folder, EXPECT.format(match=match, example=example))


def test_every_topic_is_listed_with_its_rule_its_entries_and_its_address(desk: Path) -> None:
    (row,) = invoke(desk, "topics", "list", "--json").objects
    assert row == {
        "id": "libya",
        "title": "Talks on Libya",
        "query": "libya AND talks",
        "live": 1,
        "queued": 0,
        "archived": 0,
        "held": 0,
        "updated": "2026-03-01T12:00:00Z",
        "feed": "http://127.0.0.1:8080/feeds/libya.atom",
        "also": [],
    }
    shown = invoke(desk, "topics", "list").out
    assert "libya: Talks on Libya\n    1 live; updated" in shown


def test_a_topic_is_listed_before_anything_ran(tmp_path: Path) -> None:
    configure(tmp_path)
    (row,) = invoke(tmp_path, "topics", "list", "--json").objects
    assert (row["live"], row["updated"]) == (0, None)
    assert "not published yet" in invoke(tmp_path, "topics", "list").out


@pytest.mark.parametrize(
    ("match", "example", "holds", "why"),
    [
        ("true", 'seed = "talks.txt"', True, "a document of a local source"),
        ("false", 'seed = "talks.txt"', False, "it matches and should not"),
        ("false", 'seed = "harvest.txt"', True, "it does not match and should not"),
        ("true", 'seed = "harvest.txt"', False, "it does not match and should"),
        ("true", 'seed = "in/talks.txt"', True, "a path relative to the configuration"),
        ("true", 'seed = "none.txt"', False, "it is not there"),
        ("false", 'seed = "none.txt"', False, "what is not there says nothing"),
        ("false", 'seed = "short.txt"', False, "nor what cannot be read"),
        ("true", 'text = "Talks on Libya go on"', True, "one line is a headline"),
        ("true", 'text = "A day in Cairo\\nThe talks on Libya go on."', True, "the rest is the body"),
        ("false", 'text = "Talks on trade"', True, "half of the rule"),
    ],
)
def test_an_example_holds_or_fails(tmp_path: Path, match: str, example: str, holds: bool, why: str) -> None:
    expecting(tmp_path, match, example)
    (tmp_path / "in" / "short.txt").write_text("Too short", "utf-8")
    found = load(tmp_path / "config.toml", {})
    (tried,) = try_all(found, found.topics, NOW)
    assert tried.holds is holds, why


def test_an_example_saved_a_moment_ago_is_read(tmp_path: Path) -> None:
    expecting(tmp_path, "true", 'seed = "talks.txt"')
    os.utime(tmp_path / "in" / "talks.txt", (NOW.timestamp(), NOW.timestamp()))
    found = load(tmp_path / "config.toml", {})
    assert try_all(found, found.topics, NOW)[0].holds


def test_an_example_counts_for_a_topic_of_other_sources(tmp_path: Path) -> None:
    file = configure(tmp_path, 'sources = ["harbour"]\n' + EXPECT.format(match="true", example='seed = "talks.txt"'))
    found = load(file, {})
    assert found.topics[0].sources == ("harbour",)
    assert try_all(found, found.topics, NOW)[0].holds


def test_an_example_knows_its_language_and_agency(tmp_path: Path) -> None:
    file = configure(tmp_path, EXPECT.format(match="true", example='seed = "talks.txt"'))
    file.write_text(
        file.read_text("utf-8").replace("libya AND talks", "agency:desk lang:en place:cairo source:wire"), "utf-8"
    )
    found = load(file, {})
    assert try_all(found, found.topics, NOW)[0].holds


def test_a_failed_example_is_told_with_its_evidence_and_exit_1(tmp_path: Path) -> None:
    expecting(tmp_path, "false", 'seed = "talks.txt"')
    done = invoke(tmp_path, "topics", "test")
    assert done.code == 1
    assert "failed libya: talks.txt should not match and does" in done.out
    assert "headline 36-41: libya" in done.out
    assert "1 examples, 1 failed" in done.out
    (row,) = invoke(tmp_path, "topics", "test", "libya", "--json").objects
    assert (row["ok"], row["expected"], row["matches"], row["problem"]) == (False, False, True, None)
    assert {one["term"] for one in row["evidence"]} == {"libya", "talks"}


def test_check_tries_the_examples_too(tmp_path: Path) -> None:
    expecting(tmp_path, "true", 'seed = "harvest.txt"')
    done = invoke(tmp_path, "check")
    assert (done.code, done.out) == (1, "failed libya: harvest.txt should match and does not\n")
    assert invoke(tmp_path, "check", "--json").objects[-1]["ok"] is False
    file = tmp_path / "config.toml"
    file.write_text(file.read_text("utf-8").replace("harvest.txt", "talks.txt"), "utf-8")
    done = invoke(tmp_path, "check")
    assert (done.code, "is right" in done.out) == (0, True)
    assert invoke(tmp_path, "topics", "test").out.endswith("1 examples, 0 failed\n")


def test_topics_without_examples_pass(desk: Path) -> None:
    done = invoke(desk, "topics", "test")
    assert (done.code, done.out) == (0, "no topic has an `expect`\n")
    assert invoke(desk, "topics", "test", "nothing").code == 2


def test_a_preview_shows_what_the_rule_finds_in_the_store(desk: Path) -> None:
    (row,) = invoke(desk, "topics", "preview", "libya", "--json").objects
    assert (row["change"], row["headline"][:12]) == ("matches", "Envoys agree")
    assert {one["term"] for one in row["evidence"]} == {"libya", "talks"}
    assert invoke(desk, "topics", "preview", "libya").out.startswith("matches 1\n  2020-11-25")


@pytest.mark.parametrize(
    ("query", "expected", "why"),
    [
        ("libya AND talks", [], "the same rule"),
        ('"more dates"', [("adds", "Date growers expect"), ("drops", "Envoys agree on a d")], "another one"),
        ("*", [("adds", "Date growers expect")], "everything"),
        ("libya AND trade", [("drops", "Envoys agree on a d")], "a narrower one"),
    ],
)
def test_a_preview_of_another_rule_tells_what_comes_and_goes(
    desk: Path, query: str, expected: list[tuple[str, str]], why: str
) -> None:
    rows = invoke(desk, "topics", "preview", "libya", "--query", query, "--json").objects
    assert [(row["change"], row["headline"][:19]) for row in rows] == expected, why


def test_a_preview_of_a_rule_that_does_not_parse_is_wrong_usage(desk: Path) -> None:
    done = invoke(desk, "topics", "preview", "libya", "--query", "(libya")
    assert (done.code, "never closed" in done.err) == (2, True)
    assert invoke(desk, "topics", "preview", "nothing").code == 2


def test_why_tells_the_words_and_where_the_entry_stands(desk: Path) -> None:
    (why,) = invoke(desk, "topics", "why", "libya", "talks.txt", "--json").objects
    assert (why["matches"], why["state"]) == (True, "live")
    shown = invoke(desk, "topics", "why", "libya", "talks.txt").out
    assert "headline 36-41: libya" in shown
    assert "does not match libya" in invoke(desk, "topics", "why", "libya", "harvest.txt").out
    assert invoke(desk, "topics", "why", "libya", "none.txt").code == 2
