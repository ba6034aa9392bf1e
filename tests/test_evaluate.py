"""Labelled texts: what a line says, how the figures come about, and which errors come first."""

from typing import Any

import pytest

from aggregator.topics.evaluate import Evaluation, Tally, evaluate
from aggregator.topics.labels import labelled
from tests import make

TOPIC = make.topic(id="talks", query="libya AND (talks OR envoy*)")


def line(**data: Any) -> dict[str, Any]:
    return {"headline": "Talks on Libya", "lang": "en"} | data


def evaluated(*lines: dict[str, Any], label: str | None = None) -> Evaluation:
    texts = [labelled(number, data) for number, data in enumerate(lines, 1)]
    return evaluate(TOPIC, (), (), texts, label=label)


@pytest.mark.parametrize(
    ("data", "headline", "body", "why"),
    [
        ({"headline": "One", "body": "Two"}, "One", "Two", "our words"),
        ({"title": "One", "text": "Two"}, "One", "Two", "others'"),
        ({"headline": "One", "body_text": "Two"}, "One", "Two", "an export's"),
        ({"text": "One\nTwo\nThree"}, "One", "Two\nThree", "a text begins with its headline"),
        ({"title": "One", "text": ""}, "One", "", "a headline alone"),
    ],
)
def test_a_text_is_taken_from_the_keys_that_hold_one(data: dict[str, Any], headline: str, body: str, why: str) -> None:
    article = labelled(1, data).article
    assert (article.headline, article.body_text) == (headline, body), why


@pytest.mark.parametrize(
    ("data", "label", "belongs", "why"),
    [
        ({"match": True}, None, True, "a word on the topic that is asked for"),
        ({"match": False}, None, False, "the same"),
        ({"topics": ["talks", "sport"]}, None, True, "named among others"),
        ({"topics": []}, None, False, "of no topic"),
        ({"topics": [{"topic": "talks", "score": 3}]}, None, True, "as an export has it"),
        ({"label": "talks"}, None, True, "the topic's id"),
        ({"label": "other"}, None, False, "another label"),
        ({"label": "diplomacy"}, "diplomacy", True, "the label that was named"),
        ({"label": "other", "match": True}, None, True, "a match goes before a label"),
        ({"label": "other", "match": True}, "other", True, "unless one was named"),
        ({}, None, None, "nothing is said"),
    ],
)
def test_a_line_says_whether_its_text_belongs(
    data: dict[str, Any], label: str | None, belongs: bool | None, why: str
) -> None:
    assert labelled(1, line(**data)).belongs("talks", label) is belongs, why


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "is no object"),
        ({"match": True}, "has no text: it needs a headline or a text"),
        (line(match="yes"), "match: must be true or false"),
        (line(topics="talks"), "topics: must be a list of ids of topics"),
        (line(topics=[1]), "topics: must be a list of ids of topics"),
        (line(headline=3), "headline: must be a text"),
        (line(tags="a"), "tags: must be a list of texts"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(data: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        labelled(1, data)


def test_facts_and_fields_of_a_line_can_be_asked_for() -> None:
    data = line(
        url="https://example.org/sport/", tags=["Sport"], authors=["Nadia Ferri"], source="wire", publisher="Post"
    )
    topic = make.topic(id="all", query="url:/sport/ tag:sport author:ferri source:wire publisher:post lang:en")
    assert evaluate(topic, (), (), [labelled(1, data | {"match": True})]).overall.found == 1


def test_the_language_is_told_or_detected() -> None:
    said = labelled(1, line(lang="ar-LY", headline="محادثات ليبيا"))
    found = labelled(1, {"text": "Переговоры по Ливии прошли в Каире, сообщило министерство"})
    assert (said.language, found.language, labelled(1, {"text": "5"}).language) == ("ar", "ru", "?")


def test_precision_and_recall_are_counted_by_language_and_class() -> None:
    done = evaluated(
        line(match=True, **{"class": "talks"}),
        line(match=True, headline="An envoy speaks", **{"class": "talks"}),
        line(match=False, headline="Talks on Libya's football", **{"class": "sport"}),
        line(match=False, headline="A match", **{"class": "sport"}),
        line(match=True, headline="Libya: переговоры", lang="ru"),
        line(match=True, lang="fr", borderline=True),
        {"headline": "Unlabelled", "lang": "en"},
    )
    assert done.overall == Tally(found=1, missed=2, wrong=1, passed=1)
    assert done.overall.precision == 0.5
    assert done.overall.recall == pytest.approx(1 / 3)
    assert done.overall.f1 == pytest.approx(0.4)
    assert done.by_language == {"en": Tally(found=1, missed=1, wrong=1, passed=1), "ru": Tally(missed=1)}
    assert done.by_class == {"talks": Tally(found=1, missed=1), "sport": Tally(wrong=1, passed=1)}
    assert (done.borderline, done.unlabelled) == (Tally(found=1), 1)


def test_figures_that_say_nothing_are_absent() -> None:
    nothing = Tally(passed=5)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.texts) == (None, None, None, 5)


def test_languages_but_the_most_frequent_are_pooled() -> None:
    done = evaluated(
        *(line(match=True) for _ in range(3)),
        line(match=True, lang="fr"),
        line(match=False, lang="it"),
        line(match=True, headline="Entretiens", lang="fr"),
    )
    assert done.others_pooled() == ("en", Tally(found=1, missed=1, wrong=1))
    assert evaluated(line(match=True), line(match=True, lang="fr")).others_pooled() is None


def test_errors_come_with_their_grounds_the_worst_first() -> None:
    done = evaluated(
        line(match=False, headline="A port", body="Talks on Libya"),
        line(match=False, headline="Talks on Libya"),
        line(match=True, headline="A storm"),
        line(match=True, headline="A storm in Libya"),
    )
    assert [error.labelled.line for error in done.wrong] == [2, 1]
    assert {one.term for error in done.wrong[:1] if error.match for one in error.match.evidence} == {"libya", "talks"}
    assert [error.labelled.line for error in done.missed] == [4, 3]
    assert [one.part for one in done.missed[0].unmet] == ["talks OR envoy*"]
