"""Where sentences end."""

import pytest

from aggregator.topics.sentences import sentence_ends

CASES = [
    ("One. Two! Three? Four", 4, "the marks that end a sentence"),
    ("He left… Nobody saw", 2, "an ellipsis"),
    ("“Go.” She went", 2, "a quote closes behind the stop"),
    ("The U.N. Security Council met", 1, "letters with stops between"),
    ("So said J. Smith and Gen. Omar", 1, "an initial and a rank"),
    ("It cost 3.5 million", 1, "a number"),
    ("He left (approx. five). Then", 2, "a shortened word in brackets"),
    ("He spoke etc. and left", 1, "a small letter goes on"),
    ("Первое. Второе", 2, "Cyrillic"),
    ("Это т.е. Второе и ген. Иванов", 1, "shortened words in Russian"),
    ("هل انتهى؟ نعم. هذا", 3, "Arabic marks"),
    ("今天。明天！后天", 3, "Chinese marks, no space behind them"),
    ("A headline\n\nA text", 2, "a blank line"),
    ("A line\nthat goes on", 1, "the end of a line is none"),
    ("", 1, "nothing"),
]


@pytest.mark.parametrize(("text", "sentences", "why"), CASES, ids=[why for *_, why in CASES])
def test_a_sentence_ends_where_a_reader_sees_it_end(text: str, sentences: int, why: str) -> None:
    ends = sentence_ends(text)
    assert len(ends) + 1 == sentences, why
    assert list(ends) == sorted(set(ends))


def test_the_end_is_behind_what_ends_it() -> None:
    assert sentence_ends("“Go.” She went") == (5,)
