"""What stands for an article after everything the desk said of it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from aggregator.desk import NOTHING_SAID, Standing, end_of_embargo, erased, in_words, standing
from aggregator.model.desk import Decision, Word
from aggregator.model.source import Republish
from tests.make import NOW, URI, article, stored


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
    Case(
        why="an erase is a kill of which no word is kept",
        decisions=said((Word.ERASE, None), (Word.RELEASE, None)),
        expected=Standing(killed="erased by maria", is_erased=True, released="released by maria"),
    ),
    Case(
        why="what its source withdrew is gone until the desk releases it",
        decisions=said((Word.WITHDRAW, None)),
        expected=Standing(killed="withdrawn by maria"),
    ),
    Case(
        why="a release undoes what the source withdrew",
        decisions=said((Word.WITHDRAW, None), (Word.RELEASE, None)),
        expected=Standing(released="released by maria"),
    ),
    Case(
        why="a note changes nothing",
        decisions=said((Word.HOLD, None), (Word.NOTE, None)),
        expected=Standing(held="held by maria"),
    ),
    Case(
        why="a hold ends an embargo: nothing releases it by itself any more",
        decisions=said((Word.EMBARGO, None), (Word.HOLD, None)),
        expected=Standing(held="held by maria"),
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


def test_what_was_said_later_counts_whatever_this_store_heard_last() -> None:
    (hold, release) = said((Word.HOLD, None), (Word.RELEASE, None))
    brought = replace(release, decided_at=hold.decided_at - timedelta(hours=1))
    assert standing((hold, brought)).held == "held by maria"


def test_an_embargo_holds_and_its_end_is_the_same_release_in_every_store() -> None:
    (made,) = said((Word.EMBARGO, None))
    until = NOW + timedelta(hours=3)
    made = replace(made, until=until, reason="agreed with the ministry")
    found = standing((made,))
    assert (found.held, found.embargo) == (
        "embargoed until 2026-03-01 15:00 UTC by maria: agreed with the ministry",
        made,
    )
    end = end_of_embargo(made)
    assert (end.word, end.by, end.decided_at) == (Word.RELEASE, "embargo", until)
    assert end == end_of_embargo(replace(made, number=77, applied_at=NOW))
    assert standing((made, end)).held is None


def test_nothing_of_an_erased_article_is_left_but_who_showed_it_and_when() -> None:
    before = stored(
        text=article(headline="Secret", body_text="Secret words.", summary_text="Secret", url="https://x.test/secret")
    )
    after = erased(before)
    assert "ecret" not in repr(after)
    assert (after.uri, after.first_seen_at, after.owner) == (before.uri, before.first_seen_at, before.owner)
    assert after.article.publisher.name == before.article.publisher.name
    assert after.article.rights.republish is Republish.NONE


def test_a_decision_reads_with_its_reason() -> None:
    (made,) = said((Word.HOLD, None))
    assert in_words(replace(made, reason="waiting for the ministry")) == "held by maria: waiting for the ministry"
