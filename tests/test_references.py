"""Queries that name packs and other topics, and queries whose form gives them away: what holds, and what a mistake says."""

import pickle
from dataclasses import replace

import pytest

from aggregator.errors import QueryError
from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.topic import Concept, Pack, Topic
from aggregator.topics.match import Matcher, compile_topics
from aggregator.topics.query import parse_query
from aggregator.topics.references import MAX_LEVELS, find_mistakes
from aggregator.topics.structure import excluding_alternatives

COAST = Pack(
    name="coast",
    concepts=(
        Concept(id="tobruk", forms=("Tobruk",), group="ports"),
        Concept(id="sirte", forms=("Sirte", "Syrte"), group="ports"),
        Concept(id="mayors", forms=("mayor of Sirte", "Haddad"), group="people"),
        Concept(id="sea", forms=("gulf",)),
    ),
    exclusions=("Tobruk street",),
)


def article(headline: str, body: str = "") -> Article:
    return Article(
        headline=headline,
        body_text=body,
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="desk", name="Desk"),
        rights=Rights(republish=Republish.FULL),
        origin=OriginSource(),
    )


def topics(**queries: str) -> tuple[Topic, ...]:
    return tuple(Topic(id=topic_id, title=topic_id, query=query) for topic_id, query in queries.items())


def matched(matcher: Matcher, headline: str, source_id: str = "desk") -> list[str]:
    return [match.topic_id for match in matcher.match(article(headline), source_id)]


PARTS = [
    ("pack:coast/ports", "Calm in Syrte", True, "a concept of the group"),
    ("pack:coast/ports", "Haddad speaks", False, "one of another group"),
    ("pack:coast/ports", "Calm in the gulf", False, "one of no group"),
    ("pack:coast/sea", "Calm in the gulf", True, "a concept by its id"),
    ("pack:coast/sirte", "Calm in Tobruk", False, "another concept"),
    ("pack:coast/ports", "A house in Tobruk Street", False, "the exclusions of the pack bind its parts"),
    ("pack:coast NOT pack:coast/people", "The mayor of Sirte", False, "two parts are asked apart"),
    ("title:(pack:coast/ports)", "Calm in Sirte", True, "in a field"),
]


@pytest.mark.parametrize(("query", "headline", "holds", "why"), PARTS, ids=[why for *_, why in PARTS])
def test_a_part_of_a_pack_is_a_group_or_a_concept(query: str, headline: str, holds: bool, why: str) -> None:
    matcher = compile_topics(topics(one=query), (COAST,))
    assert matched(matcher, headline) == (["one"] if holds else []), why


def test_a_topic_holds_where_the_topic_it_names_holds() -> None:
    matcher = compile_topics(topics(both="topic:ports topic:talks", ports="sirte OR tobruk", talks="talks"), ())
    assert matched(matcher, "Talks in Sirte") == ["both", "ports", "talks"]
    assert matched(matcher, "Talks in Rome") == ["talks"]
    assert matched(compile_topics(topics(rest="NOT topic:talks", talks="talks"), ()), "Calm in Rome") == ["rest"]


def test_what_another_topic_finds_is_evidence_and_counts() -> None:
    matcher = compile_topics(topics(both="topic:ports^2 envoy", ports="sirte^3 OR tobruk"), ())
    both, ports = matcher.match(article("Envoy in Sirte"), "desk")
    assert [(one.term, one.weight) for one in both.evidence] == [("envoy", 1.0), ("sirte", 6.0)]
    assert (both.score, ports.score) == (21.0, 9.0)


def test_a_topic_of_some_sources_has_members_from_these_alone() -> None:
    ports = Topic(id="ports", title="Ports", query="sirte", sources=("desk",))
    matcher = compile_topics((*topics(all="topic:ports"), ports), ())
    assert matched(matcher, "Calm in Sirte", "desk") == ["all", "ports"]
    assert matched(matcher, "Calm in Sirte", "wire") == []


def test_other_topics_can_be_named_without_being_matched() -> None:
    others = topics(ports="sirte", talks="cairo")
    tried = topics(talks="talks topic:ports")
    matcher = pickle.loads(pickle.dumps(compile_topics(tried, (), others)))
    assert matched(matcher, "Talks in Sirte") == ["talks"]
    assert matched(matcher, "Cairo, Sirte") == []
    assert list(matcher.rule_versions) == ["talks"]


def test_topics_that_name_one_another_twice_at_each_level_are_asked_once() -> None:
    queries = {f"t{level}": f"topic:t{level - 1} OR topic:t{level - 1}^2" for level in range(1, MAX_LEVELS)}
    matcher = compile_topics(topics(t0="sirte", **queries), ())
    last = matcher.match(article("Calm in Sirte"), "desk")[-1]
    assert last.topic_id == f"t{MAX_LEVELS - 1}"
    assert last.score == 3.0 * 2 ** (MAX_LEVELS - 1)


def version(packs: tuple[Pack, ...] = (COAST,), **queries: str) -> str:
    return compile_topics(topics(**queries), packs).rule_versions["one"]


def test_the_rule_version_is_of_the_topics_that_are_named() -> None:
    first = version(one="topic:two a", two="topic:three", three="b")
    assert version(one="topic:two a", two="topic:three", three="c") != first, "at whatever depth"
    assert version(one="topic:two a", two="topic:three", three="b", four="d") == first
    assert version(one="a", two="b") == version(one="a", two="c")


def test_the_rule_version_is_of_the_parts_of_packs_that_are_named() -> None:
    people = Concept(id="mayors", forms=("Haddad", "Bashir"), group="people")
    grown = Pack(name="coast", concepts=(*COAST.concepts[:2], people, COAST.concepts[3]), exclusions=COAST.exclusions)
    assert version((grown,), one="pack:coast/ports") == version(one="pack:coast/ports")
    assert version((grown,), one="pack:coast/people") != version(one="pack:coast/people")
    assert version(one="pack:coast/ports") != version(one="pack:coast")


def test_the_rule_version_is_of_the_namesakes_and_of_what_may_stand_beside_them() -> None:
    apart = Concept(id="tobruk", forms=("Tobruk",), group="ports", elsewhere=("Ohio",))
    coast = replace(COAST, concepts=(apart, *COAST.concepts[1:]))
    people = Concept(id="mayors", forms=("Haddad", "Bashir"), group="people")
    grown = replace(coast, concepts=(*coast.concepts[:2], people, coast.concepts[3]))
    assert version((coast,), one="pack:coast/ports") != version(one="pack:coast/ports")
    assert version((grown,), one="pack:coast/ports") != version((coast,), one="pack:coast/ports")
    assert version((grown,), one="pack:coast/sea") == version((coast,), one="pack:coast/sea")


MISTAKES: list[tuple[dict[str, str], list[tuple[int, int, str]], str]] = [
    ({"a": "b OR pack:cost"}, [(0, 5, "unknown pack 'cost' (did you mean 'coast'?)")], "a pack"),
    (
        {"a": "pack:coast/port"},
        [(0, 0, "pack 'coast' has no group or concept 'port' (did you mean 'ports'?)")],
        "a part",
    ),
    ({"a": "b topic:c", "port": "x"}, [(0, 2, "unknown topic 'c' (known: a, port)")], "a topic"),
    ({"a": "topic:prot", "port": "x"}, [(0, 0, "unknown topic 'prot' (did you mean 'port'?)")], "a topic, near one"),
    ({"a": "b topic:a"}, [(0, 2, "topics name one another in a circle: a -> a")], "a topic that names itself"),
    (
        {"a": "x topic:b", "b": "y OR topic:c", "c": "topic:a"},
        [(0, 2, "topics name one another in a circle: a -> b -> c -> a")],
        "a circle is told once, at its first topic, in the order of the naming",
    ),
    (
        {"a": "topic:b", "b": "topic:a", "c": "topic:d", "d": "topic:c"},
        [(0, 0, "in a circle: a -> b -> a"), (2, 0, "in a circle: c -> d -> c")],
        "two circles are two mistakes",
    ),
    ({"a": "(", "b": "topic:a"}, [(0, 0, "the parenthesis is never closed")], "one mistake does not become two"),
    ({"a": "b OR *"}, [(0, 5, "hold for every text (write * alone")], "an alternative that is everything"),
    ({"a": "b OR NOT b"}, [(0, 5, "hold for every text")], "a term or its absence"),
    ({"a": "(* OR b) (c OR * d^-1)"}, [(0, 1, "hold for every text")], "everything in every part"),
    ({"a": "NOT (b NOT b)"}, [(0, 7, "hold for every text")], "the absence of what cannot be"),
    ({"a": "b c NOT b"}, [(0, 4, "keeps the query from holding for any text")], "a term and its absence"),
    ({"a": "b NOT *"}, [(0, 2, "keeps the query from holding for any text")], "the absence of everything"),
    ({"a": "NOT b (c NOT c OR d NOT d)"}, [(0, 9, "from holding for any text")], "alternatives that cannot be"),
    ({"a": "minscore:2(b NOT b)"}, [(0, 13, "from holding for any text")], "a score of what cannot be"),
]


@pytest.mark.parametrize(("queries", "expected", "why"), MISTAKES, ids=[why for *_, why in MISTAKES])
def test_a_mistake_between_topics_is_told_where_it_is(
    queries: dict[str, str], expected: list[tuple[int, int, str]], why: str
) -> None:
    found = list(find_mistakes(list(queries.items()), (COAST,)))
    assert [(one.index, one.error.position) for one in found] == [(index, place) for index, place, _ in expected], why
    for one, (_, _, message) in zip(found, expected, strict=True):
        assert message in one.error.message
    with pytest.raises(QueryError) as caught:
        compile_topics(topics(**queries), (COAST,))
    assert caught.value.message == found[0].error.message


SOUND = ["*", "b OR c NOT b", "* NOT b", "NOT b", "b (* OR c^2)", "topic:a OR b", "b OR title:(NOT b)", "b NOT b^2 c"]


@pytest.mark.parametrize("query", SOUND)
def test_what_may_be_meant_is_no_mistake(query: str) -> None:
    assert list(find_mistakes([("one", query), ("a", "x")], ())) == []


def test_topics_name_one_another_at_most_twenty_deep() -> None:
    queries = {f"t{level}": f"topic:t{level - 1}" for level in range(1, MAX_LEVELS + 5)}
    assert compile_topics(topics(t0="x", **dict(list(queries.items())[: MAX_LEVELS - 1])), ()) is not None
    (found,) = find_mistakes([("t0", "x"), *queries.items()], ())
    assert found.index == MAX_LEVELS
    assert "more than 20 deep" in found.error.message


def test_an_alternative_that_only_excludes_is_odd() -> None:
    assert list(excluding_alternatives(parse_query("a OR NOT b"))) == [5]
    assert list(excluding_alternatives(parse_query("a (NOT b OR c) NOT d"))) == [3]
    assert list(excluding_alternatives(parse_query("NOT b a"))) == []
