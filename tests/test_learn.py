"""A model learns what people want, changes a score within the user's bounds, and says so; without bounds there is none."""

import json
import pickle
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.model.topic import Evidence, Learned, Topic
from aggregator.topics.explain import Explainer
from aggregator.topics.learn import FEWEST, Judge, Lesson, Trained, features, model_from_text, model_text, train
from aggregator.topics.match import Matcher, compile_topics
from tests import make
from tests.commands import configure, invoke, run_once

WANTED = make.article(headline="The envoy signs an accord on the port", body_text="")
UNWANTED = make.article(headline="The striker signs for the port city club", body_text="")
TOPIC = make.topic(id="ports", query="minscore:3.5(port)", raise_by=1.0, lower_by=2.0)


def lessons(count: int = FEWEST) -> list[Lesson]:
    wanted = [make.article(headline=f"An envoy and an accord {number}", body_text="") for number in range(count)]
    unwanted = [make.article(headline=f"A striker and a club {number}", body_text="") for number in range(count)]
    return [
        Lesson(features=features(one), is_wanted=is_wanted)
        for pair in zip(wanted, unwanted, strict=True)
        for one, is_wanted in zip(pair, (True, False), strict=True)
    ]


def learned(topic_id: str = "ports", *, raise_by: float = 1.0, lower_by: float = 2.0) -> Learned:
    return model_from_text(model_text(topic_id, train(lessons())), topic_id, raise_by=raise_by, lower_by=lower_by)


def matcher(topic: Topic = TOPIC, **bounds: float) -> Matcher:
    return compile_topics((topic,), (), learned=(learned(topic.id, **bounds),))


def test_a_model_tells_what_is_wanted_from_what_is_not() -> None:
    trained = train(lessons())
    assert (trained.wanted, trained.unwanted, trained.raised, trained.lowered) == (10, 10, 10, 10)
    judge = Judge(learned())
    assert judge.adjustment(WANTED) > 0.3
    assert judge.adjustment(UNWANTED) <= -0.5


def test_equal_texts_give_an_equal_model() -> None:
    assert train(lessons()) == train(lessons())


@pytest.mark.parametrize("seen", [WANTED, UNWANTED, make.article(headline="5", body_text="")])
@pytest.mark.parametrize("bounds", [(0.0, 0.0), (0.2, 0.0), (0.0, 5.0), (100.0, 100.0)])
def test_what_it_adds_stays_within_the_bounds_in_tenths(seen: object, bounds: tuple[float, float]) -> None:
    raise_by, lower_by = bounds
    added = Judge(learned(raise_by=raise_by, lower_by=lower_by)).adjustment(WANTED if seen is WANTED else UNWANTED)
    assert -lower_by <= added <= raise_by
    assert added == round(added, 1)


def test_too_few_texts_teach_nothing() -> None:
    with pytest.raises(
        ValueError, match="there are 9 wanted and 9 unwanted texts to learn from: 10 of each are the least"
    ):
        train(lessons(FEWEST - 1))


def test_a_score_is_changed_and_the_evidence_says_so() -> None:
    (plain,) = compile_topics((replace(TOPIC, query="port"),), ()).match(WANTED, "source")
    (match,) = matcher(replace(TOPIC, query="port")).match(WANTED, "source")
    added = Judge(learned()).adjustment(WANTED)
    assert match.score == pytest.approx(plain.score + added)
    assert match.evidence[-1] == Evidence(term=f"learned {added:+.1f}", field="learned", start=0, end=0, weight=added)
    assert match.evidence[:-1] == plain.evidence
    parts = Explainer(replace(TOPIC, query="port"), (), (), (), (learned(),)).points(WANTED, "source")
    assert [(part.idea, part.points) for part in parts] == [("port", 3.0), ("learned", added)]


@pytest.mark.parametrize(
    ("query", "score_needed", "why"),
    [
        ("minscore:3.2(port)", True, "the whole query"),
        ("minscore:3.2(port) AND NOT harbour", True, "what the query joins"),
        ("minscore:3.2(port) OR harbour", False, "one of several alternatives"),
        ("NOT NOT minscore:3.2(port)", True, "two negations are none"),
        ("atleast:1(minscore:3.2(port) OR harbour)", False, "inside another operator"),
    ],
)
def test_only_the_outermost_minscore_counts_what_was_learned(query: str, score_needed: bool, why: str) -> None:
    topic = replace(TOPIC, query=query)
    assert bool(matcher(topic).match(WANTED, "source")) is score_needed, why
    assert not compile_topics((topic,), ()).match(WANTED, "source")


def test_a_lowered_score_keeps_a_text_out_and_why_says_so() -> None:
    topic = replace(TOPIC, query="minscore:3(port)")
    assert compile_topics((topic,), ()).match(UNWANTED, "source")
    assert matcher(topic).match(UNWANTED, "source") == ()
    (one,) = Explainer(topic, (), (), (), (learned(),)).unmet(UNWANTED, "source")
    added = Judge(learned()).adjustment(UNWANTED)
    assert one.reason == f"scores {3 + added:g} of the 3 asked for: port (headline 26-30), learned {added:+.1f}"


def test_a_rule_without_minscore_finds_what_it_found() -> None:
    topic = replace(TOPIC, query="port")
    assert [bool(matcher(topic).match(one, "source")) for one in (WANTED, UNWANTED)] == [True, True]


def test_model_and_bounds_are_part_of_the_version() -> None:
    versions = {
        compile_topics((TOPIC,), ()).rule_versions["ports"],
        matcher().rule_versions["ports"],
        matcher(raise_by=2.0).rule_versions["ports"],
    }
    assert len(versions) == 3


def test_a_matcher_takes_its_models_along() -> None:
    copied: Matcher = pickle.loads(pickle.dumps(matcher()))
    assert copied.match(WANTED, "source") == matcher().match(WANTED, "source") != ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "is no model of 'ports' of this release"),
        ('{"format": 2, "topic": "ports"}', "is no model of 'ports' of this release"),
        ('{"format": 1, "topic": "sport"}', "is no model of 'ports' of this release"),
        ('{"format": 1, "topic": "ports"}', "has no weights"),
        ('{"format": 1, "topic": "ports", "weights": {"1": null}, "bias": 0}', "holds what is no number"),
        ('{"format": 1, "topic": "ports", "weights": {}}', "holds what is no number"),
        ("{", "Expecting property name"),
    ],
)
def test_what_is_no_model_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        model_from_text(text, "ports", raise_by=1, lower_by=1)


def labelled(folder: Path, count: int) -> str:
    lines = [{"headline": f"Talks on Libya: envoys {number}", "lang": "en", "match": True} for number in range(count)]
    lines += [
        {"headline": f"Libya talks of football {number}", "lang": "en", "match": False} for number in range(count)
    ]
    file = folder / "labelled.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return str(file)


def test_learning_writes_a_model_that_counts_once_it_has_bounds(tmp_path: Path) -> None:
    file = configure(tmp_path)
    run_once(tmp_path)
    arguments = ("topics", "learn", "libya", "--labels", labelled(tmp_path, 12))
    assert invoke(tmp_path, *arguments, "--dry-run", "--json").objects[0]["written"] is False
    assert not (tmp_path / "learned").exists()
    shown = " ".join(invoke(tmp_path, *arguments).out.split())
    assert "would raise 100% of those wanted and lower 100% of those that are not wrote" in shown
    assert "it has no effect until the topic says how far it may go" in shown
    assert load(file, {}).learned == ()
    file.write_text(file.read_text("utf-8") + "learn = { raise_by = 5, lower_by = 1 }\n", "utf-8")
    (model,) = load(file, {}).learned
    assert (model.topic_id, model.raise_by, model.lower_by) == ("libya", 5.0, 1.0)
    assert "the edit adds none, drops none" in invoke(tmp_path, "check").out
    assert any(
        part["idea"] == "learned"
        for part in invoke(tmp_path, "topics", "why", "libya", "talks.txt", "--json").objects[0]["parts"]
    )


def test_bounds_without_a_model_that_can_be_used_are_warned_of(tmp_path: Path) -> None:
    file = configure(tmp_path, "learn = { raise_by = 1 }\n")
    (warning,) = load(file, {}).warnings
    assert warning == f"{file}:35: topics[0].learn: has no effect yet: `aggregator topics learn libya` trains the model"
    (tmp_path / "learned").mkdir()
    (tmp_path / "learned" / "libya.json").write_text("[]", "utf-8")
    (warning,) = load(file, {}).warnings
    assert warning.endswith("libya.json is no model of 'libya' of this release")


def test_there_is_too_little_to_learn_from(tmp_path: Path) -> None:
    configure(tmp_path)
    done = invoke(tmp_path, "topics", "learn", "libya", "--labels", labelled(tmp_path, 9))
    assert (done.code, "there are 9 wanted and 9 unwanted texts" in done.err) == (1, True)


def test_nothing_is_learned_by_default() -> None:
    schema = json.loads((Path(__file__).parent.parent / "config.schema.json").read_text("utf-8"))
    learn = schema["$defs"]["LearnTable"]["properties"]
    assert {name: key["default"] for name, key in learn.items()} == {"raise_by": 0.0, "lower_by": 0.0}
    full = tomllib.loads((Path(__file__).parent / "config" / "full.toml").read_text("utf-8"))
    assert set(full["topics"][0]["learn"]) == set(learn)
    assert isinstance(train(lessons()), Trained)
