"""What stands for an article after everything the desk said of it."""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from aggregator.desk import NOTHING_SAID, Standing, in_words, standing
from aggregator.model.desk import Decision, Word
from tests.make import NOW, URI


def said(*words: tuple[Word, str | None]) -> tuple[Decision, ...]:
    return tuple(
        Decision(number=number, word=word, article_uri=URI, topic_id=topic, by="maria", decided_at=NOW)
        for number, (word, topic) in enumerate(words, 1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Decisions in order, and what stands after them."""

    why: str
    decisions: tuple[Decision, ...]
    expected: Standing


CASES = (
    Case(why="nothing said", decisions=(), expected=NOTHING_SAID),
    Case(
        why="a hold stands until it is released",
        decisions=said((Word.HOLD, None)),
        expected=Standing(held="held by maria"),
    ),
    Case(
        why="release ends a hold",
        decisions=said((Word.HOLD, None), (Word.RELEASE, None)),
        expected=Standing(released="released by maria"),
    ),
    Case(
        why="a hold after a release holds again",
        decisions=said((Word.HOLD, None), (Word.RELEASE, None), (Word.HOLD, None)),
        expected=Standing(held="held by maria"),
    ),
    Case(
        why="pin ends drop in its topic only",
        decisions=said((Word.DROP, "a"), (Word.DROP, "b"), (Word.PIN, "a")),
        expected=Standing(pinned={"a": "pinned by maria"}, dropped={"b": "dropped by maria"}),
    ),
    Case(
        why="drop ends pin",
        decisions=said((Word.PIN, "a"), (Word.DROP, "a")),
        expected=Standing(dropped={"a": "dropped by maria"}),
    ),
    Case(
        why="a kill is final",
        decisions=said((Word.KILL, None), (Word.RELEASE, None)),
        expected=Standing(killed="killed by maria", released="released by maria"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_the_last_word_on_a_thing_counts(case: Case) -> None:
    assert standing(reversed(case.decisions)) == case.expected


def test_the_last_date_counts() -> None:
    first, second = (
        replace(one, day=date(2020, 1, one.number or 1)) for one in said((Word.DATE, None), (Word.DATE, None))
    )
    assert standing((first, second)).day == date(2020, 1, 2)


def test_a_decision_reads_with_its_reason() -> None:
    (made,) = said((Word.HOLD, None))
    assert in_words(replace(made, reason="waiting for the ministry")) == "held by maria: waiting for the ministry"
