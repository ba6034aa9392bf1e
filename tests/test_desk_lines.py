"""Decisions as lines of a file: equal decisions give an equal file, and every mistake of one is told with its line."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from aggregator.desk.lines import from_lines, identity, to_lines
from aggregator.model.desk import Decision, Word
from tests.make import NOW, URI

OTHER = URI[:-1] + "2"
KILL = Decision(number=1, word=Word.KILL, article_uri=URI, by="maria", reason="wrong person", decided_at=NOW)
LATER = NOW + timedelta(hours=1)
ALL = (
    KILL,
    replace(KILL, number=2, word=Word.PIN, topic_id="libya-diplomacy", reason="", decided_at=LATER),
    replace(KILL, number=3, word=Word.EMBARGO, until=LATER, applied_at=NOW),
    replace(KILL, number=4, word=Word.MERGE, other_uri=OTHER, by="\u0645\u0631\u064a\u0645"),
    replace(KILL, number=5, word=Word.DATE, day=date(2020, 11, 25)),
    replace(KILL, number=6, word=Word.NOTE, reason="asked the ministry; no answer"),
)


def line(**changes: object) -> str:
    plain: dict[str, object] = {"word": "kill", "article": URI, "by": "maria", "decided_at": "2026-03-01T12:00:00Z"}
    return json.dumps({key: value for key, value in (plain | changes).items() if value != "left out"})


def test_what_is_written_is_read_again() -> None:
    read = from_lines(to_lines(ALL))
    assert read.mistakes == ()
    assert {decision for _, decision in read.decisions} == {identity(one) for one in ALL}


def test_equal_decisions_give_an_equal_file_whatever_their_numbers() -> None:
    renumbered = [replace(one, number=number, applied_at=LATER) for number, one in enumerate(reversed(ALL), 40)]
    lines = list(to_lines(ALL))
    assert lines == list(to_lines(renumbered))
    assert lines[-1] == (
        f'{{"word": "pin", "article": "{URI}", "topic": "libya-diplomacy", "by": "maria", "decided_at": "2026-03-01T13:00:00Z"}}\n'
    )


def test_a_line_that_stands_twice_is_one_decision_and_blank_lines_are_none() -> None:
    read = from_lines(["", line(), "  ", line()])
    assert [(number, one.word) for number, one in read.decisions] == [(2, Word.KILL)]


def test_a_time_in_another_zone_is_the_same_decision() -> None:
    ((_, one),) = from_lines([line(decided_at="2026-03-01T14:00:00+02:00")]).decisions
    assert one.decided_at == NOW
    assert one.decided_at.utcoffset() == timedelta(0)


MISTAKES = {
    "not json": ("kill it", "not JSON"),
    "deep": ("[" * 100_000, "not JSON"),
    "no object": ("[1]", "not an object"),
    "unknown key": (line(headline="x"), "unknown key 'headline'; there are: word, article"),
    "missing": (line(by="left out"), "'by' is missing"),
    "unknown word": (line(word="murder"), "'word' is \"murder\": one of pin, drop, kill"),
    "digits of a uri": (line(article=URI[9:17]), "'article' is \"00000000\": the uri of an article"),
    "a number": (line(by=7), "'by' is 7: one line"),
    "no zone": (line(decided_at="2026-03-01T12:00:00"), "a time with its zone"),
    "far away": (line(decided_at="0001-01-01T00:00:00+14:00"), "a time with its zone"),
    "no topic": (line(word="pin"), "'pin' needs 'topic'"),
    "topic too many": (line(topic="libya"), "'kill' takes no 'topic'"),
    "topic is a path": (line(word="pin", topic="../x"), "'topic' is \"../x\": a topic's id"),
    "itself": (line(word="merge", other=URI), "'other' is the article itself"),
    "no day": (line(word="date", day="25 November"), "a day such as"),
    "control": (line(reason="a\u0000b"), "'reason' is"),
    "lone surrogate": (line().replace("maria", "\\ud800"), "'by' is"),
    "two lines": (line(reason="a\nb"), "'reason' is"),
    "a book": (line(reason="a" * 2001), "at most 2000 characters"),
    "silent note": (line(word="note"), "'note' needs its text as 'reason'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str) -> None:
    wrong, words = MISTAKES[name]
    read = from_lines([line(), wrong])
    (mistake,) = read.mistakes
    assert (mistake.line, words in mistake.message) == (2, True), mistake


def test_every_mistake_is_told_at_once() -> None:
    read = from_lines([line(word="murder", by=7), "", line(decided_at="left out")])
    assert [one.line for one in read.mistakes] == [1, 1, 3]
