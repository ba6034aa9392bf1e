"""Rules tried from the command line: on labelled texts, on what is stored, and an edit before it takes effect."""

import json
from pathlib import Path

import pytest

from aggregator.cli.outlook import edit_in_words, warn_of_breadth
from aggregator.config import load
from aggregator.pipeline import Outlook
from tests.commands import configure, invoke, run_once

LABELLED = [
    {"headline": "Talks on Libya", "lang": "en", "topics": ["libya"], "class": "talks"},
    {"headline": "Talks on Libya's league", "lang": "en", "topics": [], "class": "sport"},
    {"headline": "Libye: entretiens au Caire", "lang": "fr", "topics": ["libya"], "id": "f1"},
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has run once; nobody writes into it."""
    folder = tmp_path_factory.mktemp("desk")
    configure(folder)
    run_once(folder)
    labels(folder, *LABELLED)
    return folder


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """A desk whose rule was edited since it ran."""
    file = configure(tmp_path)
    run_once(tmp_path)
    file.write_text(file.read_text("utf-8").replace("libya AND talks", "harvest"), "utf-8")
    return tmp_path


def labels(folder: Path, *lines: object) -> str:
    path = folder / "labelled.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return str(path)


def test_an_evaluation_is_a_table_and_the_errors(desk: Path) -> None:
    shown = invoke(desk, "topics", "evaluate", str(desk / "labelled.jsonl")).out
    table = [line.split() for line in shown.splitlines()]
    assert ["all", "3", "2", "1", "1", "1", "0.500", "0.500", "0.500"] in table
    assert ["fr", "1", "1", "0", "1", "0", "-", "0.000", "0.000"] in table
    assert ["sport", "1", "0", "0", "0", "1", "0.000", "-", "0.000"] in table
    assert "line 2, en  score 6: Talks on Libya's league\n      Talks (headline 0-5)" not in shown
    assert "  line 2, en  score 6: Talks on Libya's league\n      talks (headline 0-5), libya (headline 9-14)" in shown
    assert "  line 3, fr: Libye: entretiens au Caire\n      libya: not in the headline" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_an_evaluation_is_rows_and_errors_for_programs(desk: Path) -> None:
    rows = invoke(desk, "topics", "evaluate", str(desk / "labelled.jsonl"), "--errors", "1", "--json").objects
    groups = {(row["group"], row["name"]): row for row in rows if "group" in row}
    assert groups["all", "all"] == {
        "topic": "libya",
        "group": "all",
        "name": "all",
        "texts": 3,
        "found": 1,
        "missed": 1,
        "wrong": 1,
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
    }
    assert list(groups) == [
        ("all", "all"),
        ("language", "en"),
        ("language", "fr"),
        ("class", "sport"),
        ("class", "talks"),
    ]
    wrong, missed = (row for row in rows if "error" in row)
    assert (wrong["error"], wrong["line"], [one["term"] for one in wrong["evidence"]]) == (
        "wrong",
        2,
        ["talks", "libya"],
    )
    assert (missed["error"], missed["id"]) == ("missed", "f1")
    assert [one["part"] for one in missed["missing"]] == ["libya", "talks"]


@pytest.mark.parametrize(
    ("lines", "options", "code", "says"),
    [
        (['{"headline": "A"}\n'], [], 2, "no line of FILE says whether it belongs to 'libya'"),
        (['{"headline": "A", "label": "x"}\n'], [], 2, "no line of FILE is labelled 'libya'; its labels are: x;"),
        (['{"headline": "A", "label": "x"}\n'], ["--label", "y"], 2, "no line of FILE is labelled 'y'"),
        (["\n", "{"], [], 1, "FILE:2: is no JSON: Expecting property name"),
        (['{"match": true}\n'], [], 1, "FILE:1: has no text"),
        (["\xff"], [], 1, "FILE:1: is not UTF-8"),
        ([], ["--topic", "nothing"], 2, "no topic 'nothing'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, lines: list[str], options: list[str], code: int, says: str
) -> None:
    configure(tmp_path)
    file = tmp_path / "file.jsonl"
    file.write_bytes("".join(lines).encode("latin-1"))
    done = invoke(tmp_path, "topics", "evaluate", str(file), *options)
    assert (done.code, says in done.err.replace(str(file), "FILE")) == (code, True), done.err


def test_a_file_that_names_several_topics_is_asked_of_each(tmp_path: Path) -> None:
    configure(
        tmp_path,
        '[[topics]]\nid = "harvest"\ntitle = "H"\nquery = "dates"\n[[topics]]\nid = "x"\ntitle = "X"\nquery = "x"\n',
    )
    file = labels(
        tmp_path, {"headline": "Dates", "topics": ["harvest"]}, {"headline": "Libya talks", "topics": ["libya"]}
    )
    rows = invoke(tmp_path, "topics", "evaluate", file, "--json").objects
    assert [(row["topic"], row["f1"]) for row in rows if row.get("group") == "all"] == [
        ("libya", 1.0),
        ("harvest", 1.0),
    ]
    unnamed = labels(tmp_path, {"headline": "Dates", "match": True})
    assert "names no configured topic" in invoke(tmp_path, "topics", "evaluate", unnamed).err
    assert invoke(tmp_path, "topics", "evaluate", unnamed, "--topic", "harvest").code == 0


def test_examples_in_a_file_are_tried_line_by_line(tmp_path: Path) -> None:
    configure(tmp_path, 'expect = [{ file = "labelled.jsonl" }, { match = false, file = "none.jsonl" }]\n')
    labels(
        tmp_path, *LABELLED, {"headline": "Libya talks"}, {"headline": "Chess", "topics": ["libya"], "borderline": True}
    )
    done = invoke(tmp_path, "topics", "test")
    assert done.code == 1
    assert done.out.splitlines() == [
        "ok     libya: labelled.jsonl:1 matches",
        "failed libya: labelled.jsonl:2 should not match and does",
        "       headline 0-5: talks",
        "       headline 9-14: libya",
        "failed libya: labelled.jsonl:3 should match and does not",
        "ok     libya: labelled.jsonl:4 matches",
        "failed libya: none.jsonl cannot be used: cannot be read: no such file or",
        "    directory",
        "5 examples, 3 failed",
    ]
    assert invoke(tmp_path, "check").code == 1


def test_the_examples_of_any_file_can_be_tried(desk: Path) -> None:
    file = str(desk / "labelled.jsonl")
    rows = invoke(desk, "topics", "test", "libya", "--file", file, "--json").objects
    assert [(row["file"], row["line"], row["ok"]) for row in rows] == [
        (file, 1, True),
        (file, 2, False),
        (file, 3, False),
    ]
    assert invoke(desk, "topics", "test", "--file", file).code == 2


def test_a_backtest_shows_what_would_have_been_published(desk: Path) -> None:
    head, hit = invoke(desk, "topics", "backtest", "libya", "--since", "2020-11-24", "--json").objects
    assert (head["articles"], head["matches"], head["entries"], head["share"]) == (1, 1, 1, 1.0)
    assert sum(one["matches"] for one in head["volume"]) == 1
    assert (hit["change"], hit["headline"][:12], hit["score"]) == ("matches", "Envoys agree", 6.5)
    shown = invoke(desk, "topics", "backtest", "libya", "--since", "2020-10-01").out
    assert shown.startswith("libya: 1 of 2 articles since 2020-10-01 match (50.0%)\n")
    assert "  1  ####" in shown
    assert "for example 1\n  2020-11-25" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("query", "adds", "drops", "why"),
    [
        ("libya AND talks", [], [], "the same rule"),
        ("harvest", ["Date growers"], ["Envoys agree"], "another one"),
        ("*", ["Date growers"], [], "everything"),
    ],
)
def test_a_backtest_of_another_rule_tells_what_it_adds_and_drops(
    desk: Path, query: str, adds: list[str], drops: list[str], why: str
) -> None:
    arguments = ("topics", "backtest", "libya", "--since", "2020-10-01", "--query", query)
    head, *hits = invoke(desk, *arguments, "--json").objects
    assert (head["adds"], head["drops"]) == (len(adds), len(drops)), why
    assert [hit["headline"][:12] for hit in hits] == adds + drops
    shown = invoke(desk, *arguments).out
    assert f"adds {len(adds) or 'none'}\n" in shown
    assert f"drops {len(drops) or 'none'}\n" in shown


def test_a_backtest_of_nothing_is_one_line(desk: Path) -> None:
    shown = invoke(desk, "topics", "backtest", "libya", "--since", "1d").out
    assert shown.splitlines()[0].startswith("libya: 0 of 0 articles since ")
    assert invoke(desk, "topics", "backtest", "libya", "--query", "(a").code == 2
    assert invoke(desk, "topics", "backtest", "libya", "--since", "soon").code == 2


def test_why_tells_the_parts_of_the_score(desk: Path) -> None:
    (why,) = invoke(desk, "topics", "why", "libya", "talks.txt", "--json").objects
    assert (why["is_current"], why["missing"], why["desk"]) == (True, [], None)
    assert {one["term"]: one["weight"] for one in why["evidence"]} == {"libya": 1.0, "talks": 1.0}
    assert sum(part["points"] for part in why["parts"]) == pytest.approx(why["score"], abs=0.01)
    assert "+3.5  talks: 2 places, the best in headline" in invoke(desk, "topics", "why", "libya", "talks.txt").out


def test_why_not_tells_what_is_missing(desk: Path) -> None:
    shown = invoke(desk, "topics", "why", "libya", "harvest.txt").out
    assert "does not match libya\n    missing libya: not in the headline, the standfirst or the text\n" in shown
    (why,) = invoke(desk, "topics", "why", "libya", "harvest.txt", "--json").objects
    assert (why["matches"], [one["part"] for one in why["missing"]]) == (False, ["libya", "talks"])


def test_why_says_where_the_store_is_behind_the_rule(edited: Path) -> None:
    shown = invoke(edited, "topics", "why", "libya", "talks.txt").out
    assert "changed since: at the next run it does not match\n    missing harvest:" in shown
    shown = invoke(edited, "topics", "why", "libya", "harvest.txt").out
    assert "changed since: at the next run it matches, score 3\n" in shown


@pytest.mark.slow
def test_an_edit_is_told_before_it_takes_effect(edited: Path) -> None:
    told = (
        "topic libya: the edit adds 1, drops 1 of the 2 stored articles; what it adds goes to\n"
        "    the archive, what it drops stays published\n"
    )
    assert " ".join(told.split()) in " ".join(invoke(edited, "check").out.split())
    assert " ".join(told.split()) in " ".join(invoke(edited, "publish", "--dry-run").out.split())
    expected = {"topic": "libya", "rule": "edited", "adds": 1, "drops": 1, "matches": 1, "articles": 2}
    assert invoke(edited, "check", "--json").objects[0] == expected
    assert invoke(edited, "once", "--dry-run", "--json").objects[0] == expected
    run_once(edited)
    assert "edit" not in invoke(edited, "check").out


def test_a_new_topic_is_told_with_what_it_finds(edited: Path) -> None:
    file = edited / "config.toml"
    file.write_text(file.read_text("utf-8") + '[[topics]]\nid = "all"\ntitle = "All"\nquery = "*"\n', "utf-8")
    assert "topic all is new: matches 2 of the 2 stored articles\n" in invoke(edited, "check").out


def outlook(matches: int, articles: int, *, topic: str = "libya", whole: bool = True, edited: bool = False) -> Outlook:
    return Outlook(topic_id=topic, is_new=False, is_edited=edited, matches=matches, articles=articles, is_whole=whole)


BROAD = "which is hardly one topic; `aggregator topics backtest libya` shows them"
NOTHING = "is a term misspelt, or does a part exclude too much? `aggregator topics why libya ARTICLE` says what one of them lacks"


@pytest.mark.parametrize(
    ("one", "warning", "why"),
    [
        (outlook(40, 200), "", "a fifth is not over it"),
        (outlook(412, 1210), f"matches 412 of the 1,210 stored articles (34%), {BROAD}", "too broad"),
        (
            outlook(500, 2000, whole=False),
            f"matches 500 of the newest 2,000 stored articles (25%), {BROAD}",
            "too broad among the newest",
        ),
        (outlook(0, 200), f"matches none of the 200 stored articles: {NOTHING}", "nothing at all"),
        (outlook(0, 199), "", "too few to tell"),
        (outlook(199, 199), "", "the same"),
        (outlook(2000, 2000, topic="all"), "", "everything is meant"),
    ],
)
def test_a_rule_that_finds_too_much_or_nothing_is_told_at_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], one: Outlook, warning: str, why: str
) -> None:
    file = configure(tmp_path, '[[topics]]\nid = "all"\ntitle = "All"\nquery = "*"\n')
    warn_of_breadth(load(file, {}), (one,))
    told = capsys.readouterr().err
    assert told == (f"warning: config.toml:34: topics[0].query: {warning}\n" if warning else ""), why


def test_an_edit_that_changes_nothing_says_so() -> None:
    told = edit_in_words(outlook(3, 2000, whole=False, edited=True))
    assert told == "topic libya: the edit adds none, drops none of the newest 2,000 stored articles"
