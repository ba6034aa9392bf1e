"""Terms proposed from what people want and do not want, each with the counts that speak for it."""

import json
from pathlib import Path

import pytest

from aggregator.model.article import Language, LanguageBasis
from aggregator.model.topic import Concept, Pack
from aggregator.topics.suggest import Change, Counts, Side, Suggester, Suggestion
from tests import make
from tests.commands import configure, invoke, run_once

PORTS = Pack(name="ports", concepts=(Concept(id="ports", forms=("port", "harbour*")),))
TOPIC = make.topic(id="ports", query="pack:ports OR quay")
NOISE = ("Rain over the hills", "The council met again", "A school opens", "The choir sings in the hall")


def suggested(*texts: tuple[Side, str], language: str = "en", most: int = 10) -> list[Suggestion]:
    """The texts are headlines; the same noise beside them each time."""
    suggester = Suggester(TOPIC, (PORTS,))
    tag = Language(tag=language, basis=LanguageBasis.DECLARED)
    for side, headline in (*texts, *((Side.OTHER, one) for one in NOISE * 10)):
        article = make.article(headline=headline, body_text="", language=tag)
        suggester.add(article, side, suggester.match(article, ("source",)))
    return list(suggester.suggestions(most).found)


def terms(found: list[Suggestion], change: Change) -> list[str]:
    return [one.term for one in found if one.change is change]


MISSED = [
    (Side.WANTED, "The pilot boat leaves Tobruk"),
    (Side.WANTED, "A new pilot boat arrives"),
    (Side.WANTED, "Pilot boat for the port"),
    (Side.WANTED, "Ferry to the port"),
]


def test_what_missed_texts_share_is_to_be_added_as_it_is_printed() -> None:
    found = suggested(*MISSED)
    assert terms(found, Change.ADD) == ["pilot boat"]
    assert found[0].counts == Counts(wanted=3, missed=2)
    assert (found[0].language, found[0].concept, found[0].z > 1.96) == ("en", None, True)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (MISSED[2:], "the rule misses nothing"),
        (MISSED[:1], "one text shows nothing"),
        ([(Side.WANTED, "Rain"), (Side.WANTED, "Rain")], "as common elsewhere"),
        ([(Side.WANTED, "A harbourmaster"), (Side.WANTED, "The harbourmaster")], "a term of the pack finds it"),
        ([(Side.WANTED, "Of 12"), (Side.WANTED, "In 12")], "a number"),
    ],
)
def test_nothing_is_added_where(texts: list[tuple[Side, str]], why: str) -> None:
    assert terms(suggested(*texts), Change.ADD) == [], why


def test_a_common_word_is_no_edge_of_a_phrase() -> None:
    texts = [(Side.WANTED, "The lighthouse of Ras"), (Side.WANTED, "The lighthouse at sea")]
    assert terms(suggested(*texts), Change.ADD) == ["lighthouse"]


def test_what_stands_in_unwanted_texts_that_are_found_is_to_be_excluded() -> None:
    wrong = [(Side.UNWANTED, f"A glass of port wine {number}") for number in "abcdef"]
    right = [(Side.WANTED, f"Ship {number} in the port") for number in "abcdef"]
    found = suggested(*wrong, *right)
    assert terms(found, Change.EXCLUDE) == ["glass", "wine"]
    assert terms(found, Change.ADD) == []


def test_a_term_of_the_rule_that_finds_what_is_unwanted_is_to_be_dropped_with_its_concept() -> None:
    wrong = [(Side.UNWANTED, f"Harbouring doubts {number}") for number in "abcdef"]
    right = [(Side.WANTED, f"Ship {number} in the port") for number in "abcdef"]
    found = suggested(*wrong, *right)
    (drop,) = [one for one in found if one.change is Change.DROP]
    assert (drop.term, drop.concept, drop.counts) == ("harbour*", "ports/ports", Counts(unwanted=6, wrong=6))


def test_each_language_is_looked_at_by_itself() -> None:
    texts = [(Side.WANTED, "Лоцманский катер вышел"), (Side.WANTED, "Новый лоцманский катер")]
    found = suggested(*texts, language="ru")
    assert [(one.language, one.term) for one in found] == [("ru", "Лоцманский катер")]


def test_at_most_so_many_are_told() -> None:
    names = ("Tobruk", "Derna", "Zuwara", "Sirte")
    texts = [(Side.WANTED, name) for name in names for _ in range(3)]
    assert len(terms(suggested(*texts, most=2), Change.ADD)) == 2


def test_suggestions_are_printed_with_lines_to_paste(tmp_path: Path) -> None:
    configure(tmp_path)
    lines = [{"headline": f"Delegates meet {name} again", "lang": "en", "match": True} for name in "abc"]
    lines += [{"headline": f"Nothing of note {name}", "lang": "en", "match": False} for name in "abcdefgh"]
    file = tmp_path / "labelled.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    shown = invoke(tmp_path, "topics", "suggest", "libya", "--labels", str(file)).out.splitlines()
    assert shown[0] == "libya, en: 3 wanted (3 missed), 8 unwanted (0 found), 0 others"
    assert shown[1].startswith('  add      "Delegates meet": in 3 of 3 wanted (3 missed), 0 of 8 unwanted; z ')
    assert shown[-2:] == [
        '  in a pack:   en = ["Delegates meet", "again"]',
        '  in a query:  ("Delegates meet" OR again)',
    ]
    (row, _) = invoke(tmp_path, "topics", "suggest", "libya", "--labels", str(file), "--json").objects
    assert (row["change"], row["term"], row["missed"], row["of_unwanted"]) == ("add", "Delegates meet", 3, 8)


def test_the_decisions_of_the_desk_are_counted(tmp_path: Path) -> None:
    configure(tmp_path)
    done = invoke(tmp_path, "topics", "suggest", "libya")
    assert (done.code, "nobody has said anything of 'libya' yet" in done.err) == (1, True)
    run_once(tmp_path)
    for arguments in (("pin", "libya", "harvest.txt"), ("drop", "libya", "talks.txt")):
        assert invoke(tmp_path, "desk", *arguments).code == 0
    shown = invoke(tmp_path, "topics", "suggest", "libya").out
    assert "libya, en: 1 wanted (1 missed), 1 unwanted (1 found), 0 others\n  nothing stands out\n" in shown
