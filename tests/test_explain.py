"""What an article lacks for a topic, what its score is made of, and what a source ignores."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.model.article import Language, LanguageBasis
from aggregator.model.topic import Concept, Ignore, Pack, Points, Topic, Unmet
from aggregator.topics.explain import Explainer
from aggregator.topics.match import compile_topics
from aggregator.topics.query import parse_query
from aggregator.topics.written import written
from tests import make

CASES = Path(__file__).parent / "topics"
PARSED = [case["query"] for case in tomllib.loads((CASES / "queries.toml").read_text("utf-8"))["case"]]
TOWNS = Pack(
    name="towns",
    concepts=(
        Concept(id="misrata", forms=("Misrata",), group="coast"),
        Concept(id="sabha", forms=("Sabha",)),
    ),
)
SPORT = Topic(id="sport", title="Sport", query="football")
OPENING = "the headline, the standfirst or the first 400 characters of the text"
TEXT = "the headline, the standfirst or the text"
ARTICLE = make.article(
    headline="Envoys meet in Cairo for talks",
    body_text="The talks go on. The port is closed.\n\n"
    + "Nothing else happened on that day. " * 15
    + "Misrata waits.",
    language=Language(tag="en-GB", basis=LanguageBasis.DECLARED),
)


def explainer(query: str, *ignores: Ignore, **changes: object) -> Explainer:
    return Explainer(replace(make.topic(query=query), **changes), (TOWNS,), (SPORT,), ignores)  # type: ignore[arg-type]


@pytest.mark.parametrize("query", PARSED)
def test_a_query_written_again_is_the_same_query(query: str) -> None:
    tree = parse_query(query)
    assert parse_query(written(tree)) == tree


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a (b OR c)", "a AND (b OR c)"),
        ("((a))", "a"),
        ("NOT (a b)^2", "NOT (a AND b)^2"),
        ("a NEAR/3 (b NEAR/3 c)", "a NEAR/3 (b NEAR/3 c)"),
        ("title:(a OR b*)^2.5", "title:(a OR b*)^2.5"),
        ("“a b”", '"a b"'),
        ('“say "yes"”', '“say "yes"”'),
        ("minscore:2(a OR atleast:2(b OR c)) pack:x/y", "minscore:2(a OR atleast:2(b OR c)) AND pack:x/y"),
    ],
)
def test_a_query_is_written_with_the_parentheses_it_needs(query: str, text: str) -> None:
    assert written(parse_query(query)) == text


@pytest.mark.parametrize(
    ("query", "expected", "why"),
    [
        ("cairo AND talks", [], "it matches"),
        ("cairo AND moscow", [("moscow", f"not in {TEXT}")], "only what is not there"),
        ("moscow AND paris", [("moscow", f"not in {TEXT}"), ("paris", f"not in {TEXT}")], "all that is not there"),
        (
            "pack:towns",
            [("pack:towns", f"not in {OPENING}, but elsewhere: Misrata (body 563-570)")],
            "a passing mention",
        ),
        ("title:port", [("title:port", "not in the headline, but elsewhere: port (body 21-25)")], "another field"),
        ("NOT port", [("NOT port", "it is there: port (body 21-25)")], "what excludes it, and where"),
        ("cairo^2 AND moscow^-2 AND paris", [("paris", f"not in {TEXT}")], "what lowers is never asked for"),
        ("moscow OR paris", [("moscow OR paris", "none of the 2 alternatives holds")], "none of them"),
        (
            "moscow OR (cairo AND paris)",
            [
                ("moscow OR cairo AND paris", "none of the 2 alternatives holds"),
                ("paris", f"not in {TEXT} (in the nearest alternative)"),
            ],
            "what the nearest alternative lacks",
        ),
        (
            "atleast:3(cairo OR talks OR moscow)",
            [
                (
                    "atleast:3(cairo OR talks OR moscow)",
                    "2 of the 3 asked for: cairo (headline 15-20), talks (headline 25-30)",
                )
            ],
            "how many there are",
        ),
        (
            "minscore:9(cairo)",
            [("minscore:9(cairo)", "scores 3 of the 9 asked for: cairo (headline 15-20)")],
            "how far it gets",
        ),
        ("minscore:9(moscow)", [("moscow", f"not in {TEXT}")], "a score of nothing"),
        (
            "talks NEAR/1 port",
            [("talks NEAR/1 port", "both stand there, but never so near (1 words on at most)")],
            "too far apart",
        ),
        (
            "envoys NEAR/sentence port",
            [("envoys NEAR/sentence port", "both stand there, but never in one sentence")],
            "another sentence",
        ),
        ("port NEAR/3 moscow", [("moscow", f"not in {TEXT}")], "one of two"),
        ("lang:ar", [("lang:ar", "it is en-GB")], "what it is instead"),
        ("agency:tass", [("agency:tass", "it is not known")], "nothing is known"),
        ("url:/sport/", [("url:/sport/", "not in the address")], "no text at all"),
        ("topic:sport", [("topic:sport", "the rule of 'sport' does not hold, or its sources are others")], "a topic"),
    ],
)
def test_what_is_missing_is_told_by_the_part_of_the_query(
    query: str, expected: list[tuple[str, str]], why: str
) -> None:
    unmet = explainer(query).unmet(ARTICLE, "source")
    assert [(one.part, one.reason) for one in unmet] == expected, why
    matches = compile_topics((make.topic(query=query),), (TOWNS,), (SPORT,)).match(ARTICLE, "source")
    assert bool(matches) is not bool(expected)


def test_a_long_part_is_cut() -> None:
    query = " OR ".join(f"word{number}" for number in range(40))
    (one,) = explainer(query).unmet(ARTICLE, "source")
    assert (len(one.part), one.part[-1]) == (100, "…")


def test_another_source_and_an_ignored_text_are_told_before_words() -> None:
    ignore = Ignore(source_id="source", query="port")
    found = explainer("moscow", ignore, sources=("wire", "desk")).unmet(ARTICLE, "source")
    assert found == (
        Unmet(part="sources", reason="'source' is not among them: wire, desk"),
        Unmet(part="ignore", reason="the source 'source' ignores it by port (body 21-25)"),
        Unmet(part="moscow", reason=f"not in {TEXT}"),
    )


def test_the_parts_of_a_score_add_up_to_it() -> None:
    query = "talks^2 AND port AND lang:en AND nothing^-1 AND (NOT harbour)"
    parts = explainer(query).points(ARTICLE, "source")
    assert parts == (
        Points(idea="talks", place="headline", places=2, weight=2.0, points=7.0),
        Points(idea="port", place="lead", places=1, weight=1.0, points=2.0),
        Points(idea="en", place="lang", places=1, weight=1.0, points=1.0),
        Points(idea="nothing", place="body", places=15, weight=-1.0, points=-2.95),
    )
    (match,) = compile_topics((make.topic(query=query),), ()).match(ARTICLE, "source")
    assert match.score == pytest.approx(sum(part.points for part in parts), abs=0.01)
    assert explainer("moscow").points(ARTICLE, "source") == ()


def ignoring(query: str, topic: Topic | None = None) -> tuple[dict[str, bool], str]:
    """Which sources let the article in, and the version of the rule."""
    one = topic or make.topic(query="cairo")
    matcher = compile_topics((one,), (TOWNS,), ignores=(Ignore(source_id="wire", query=query),) if query else ())
    sources = ("wire", "other")
    return {name: bool(matcher.match(ARTICLE, name)) for name in sources}, matcher.rule_versions[one.id]


@pytest.mark.parametrize(
    ("query", "wire", "why"),
    [
        ("", True, "nothing is ignored"),
        ("port", False, "a word"),
        ("football", True, "a word that is not there"),
        ("*", False, "everything"),
        ("body:(pack:towns)", False, "a pack"),
        ("topic:topic", False, "what a topic finds"),
    ],
)
def test_what_a_source_ignores_belongs_to_no_topic_by_that_source(query: str, wire: bool, why: str) -> None:
    assert ignoring(query)[0] == {"wire": wire, "other": True}, why


def test_what_is_ignored_is_part_of_the_rules_of_the_topics_of_that_source() -> None:
    plain, of_all = ignoring("")[1], ignoring("port")[1]
    assert len({plain, of_all, ignoring("football")[1]}) == 3
    elsewhere = make.topic(query="cairo", sources=("other",))
    assert ignoring("port", elsewhere)[1] == ignoring("", elsewhere)[1]
