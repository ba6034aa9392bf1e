"""The query language: what parses to what, and what a mistake says."""

import re
import tomllib
from pathlib import Path

import pytest

from aggregator.errors import QueryError
from aggregator.topics.nodes import (
    FACT_FIELDS,
    NAMES,
    TEXT_FIELDS,
    All,
    And,
    AtLeast,
    FieldOf,
    MinScore,
    Near,
    Not,
    Or,
    PackOf,
    Phrase,
    Prefix,
    Query,
    TopicOf,
    Weighted,
    Word,
    packs_of,
    topics_of,
)
from aggregator.topics.query import parse_query

MISTAKES = tomllib.loads((Path(__file__).parent / "topics" / "mistakes.toml").read_text(encoding="utf-8"))["case"]
A, B, C = Word(text="a"), Word(text="b"), Word(text="c")

TREES: list[tuple[str, Query]] = [
    ("*", All()),
    ("a", A),
    ("a b", And(parts=(A, B))),
    ("a AND b c", And(parts=(A, B, C))),
    ("a OR b c", Or(parts=(A, And(parts=(B, C))))),
    ("a b OR c", Or(parts=(And(parts=(A, B)), C))),
    ("(a OR b) c", And(parts=(Or(parts=(A, B)), C))),
    ("NOT a b", And(parts=(Not(part=A), B))),
    ("a NOT b", And(parts=(A, Not(part=B)))),
    ("a AND NOT b OR c", Or(parts=(And(parts=(A, Not(part=B))), C))),
    ("NOT NOT a", A),
    ("NOT(a)", Not(part=A)),
    ("and or", And(parts=(Word(text="and"), Word(text="or")))),
    ("ANDROID NOTHING", And(parts=(Word(text="ANDROID"), Word(text="NOTHING")))),
    ('"a b"', Phrase(text="a b")),
    ("“a b”", Phrase(text="a b")),
    ('"10:30 (a)"', Phrase(text="10:30 (a)")),
    ("حفتر*", Prefix(text="حفتر")),
    ("Хафтар", Word(text="Хафтар")),
    ("title:a b", And(parts=(FieldOf(name="title", part=A), B))),
    ("title:(a OR b)", FieldOf(name="title", part=Or(parts=(A, B)))),
    ('place:"new york"', FieldOf(name="place", part=Phrase(text="new york"))),
    ("pack:libya", PackOf(name="libya")),
    ("title:(pack:libya a)", FieldOf(name="title", part=And(parts=(PackOf(name="libya"), A)))),
    ("title:pack:libya", FieldOf(name="title", part=PackOf(name="libya"))),
    ("pack:libya/people", PackOf(name="libya", part="people")),
    ("topic:libya-diplomacy", TopicOf(id="libya-diplomacy")),
    ("url:/politics/", FieldOf(name="url", part=Word(text="/politics/"))),
    ("a^3", Weighted(part=A, weight=3.0)),
    ('"a b"^0.5', Weighted(part=Phrase(text="a b"), weight=0.5)),
    ("a*^2", Weighted(part=Prefix(text="a"), weight=2.0)),
    ("a b^-3", And(parts=(A, Weighted(part=B, weight=-3.0)))),
    ("(a OR b)^2 c", And(parts=(Weighted(part=Or(parts=(A, B)), weight=2.0), C))),
    ("title:a^2", Weighted(part=FieldOf(name="title", part=A), weight=2.0)),
    ("pack:libya^2", Weighted(part=PackOf(name="libya"), weight=2.0)),
    ("a NEAR/5 b", Near(left=A, right=B, words=5)),
    ("a NEAR/sentence b", Near(left=A, right=B, words=None)),
    ("a NEAR/5 b NEAR/2 c", Near(left=Near(left=A, right=B, words=5), right=C, words=2)),
    ("a NEAR/5 b c", And(parts=(Near(left=A, right=B, words=5), C))),
    ("NOT a NEAR/5 b", Not(part=Near(left=A, right=B, words=5))),
    ("a NEAR/5 (b OR c)", Near(left=A, right=Or(parts=(B, C)), words=5)),
    ("(a NEAR/5 b)^3", Weighted(part=Near(left=A, right=B, words=5), weight=3.0)),
    ("atleast:2(a OR b OR c)", AtLeast(count=2, part=Or(parts=(A, B, C)))),
    ("atleast:1 (a)", AtLeast(count=1, part=A)),
    ("minscore:4.5(a b)", MinScore(score=4.5, part=And(parts=(A, B)))),
    ("NEARBY atleast", And(parts=(Word(text="NEARBY"), Word(text="atleast")))),
]


@pytest.mark.parametrize(("text", "tree"), TREES, ids=[text for text, _ in TREES])
def test_a_query_parses_to_its_tree(text: str, tree: Query) -> None:
    assert parse_query(text) == tree


@pytest.mark.parametrize("case", MISTAKES, ids=[case["why"] for case in MISTAKES])
def test_a_mistake_is_shown_where_it_is(case: dict[str, object]) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(str(case["query"]))
    assert caught.value.position == case["position"]
    assert str(case["says"]) in caught.value.message
    assert caught.value.query == case["query"]


DOCUMENTED = (Path(__file__).parents[1] / "docs" / "topics.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (`.+?) \|", DOCUMENTED, re.MULTILINE)[:23]))
EXAMPLES += re.findall(r"^ {4}(minscore:.+)$", DOCUMENTED, re.MULTILINE)


@pytest.mark.parametrize("query", EXAMPLES)
def test_every_documented_example_parses(query: str) -> None:
    assert parse_query(f"b {query}" if query == "a^-3" else query) is not None


def test_every_field_is_documented_with_an_example() -> None:
    used = {name for example in EXAMPLES for name in re.findall(r"([a-z]+):", example)}
    assert used == {*TEXT_FIELDS, *FACT_FIELDS, *NAMES, "atleast", "minscore"}
    grammar = DOCUMENTED.split("```ebnf")[1].split("```")[0]
    assert set(re.findall(r'"([a-z]+)(?::?)"', grammar)) == used | {"sentence"}


def test_a_query_has_at_most_ten_thousand_characters() -> None:
    assert isinstance(parse_query("a " * 5000), And)
    with pytest.raises(QueryError, match="longer than 10000 characters") as caught:
        parse_query("a" * 10_001)
    assert caught.value.position == 10_000


def test_parentheses_are_at_most_fifty_deep() -> None:
    assert parse_query("(" * 50 + "a" + ")" * 50) == A
    with pytest.raises(QueryError, match="more than 50 deep") as caught:
        parse_query("(" * 51 + "a" + ")" * 51)
    assert caught.value.position == 50


def test_a_chain_of_nearness_has_at_most_ten_links() -> None:
    assert isinstance(parse_query("a" + " NEAR/2 a" * 10), Near)
    with pytest.raises(QueryError, match="a chain of more than 10 NEARs"):
        parse_query("a" + " NEAR/2 a" * 11)
    with pytest.raises(QueryError, match="nested too deep"):
        parse_query("a" + " NEAR/2 a" * 900)


def test_a_long_chain_of_negations_is_no_deep_tree() -> None:
    assert parse_query("NOT " * 2001 + "a") == Not(part=A)


def test_packs_are_named_once_in_order_of_appearance() -> None:
    query = parse_query("pack:two (a OR NOT pack:one) title:(pack:two OR pack:three)")
    assert [pack.name for pack in packs_of(query)] == ["two", "one", "three"]
    assert packs_of(parse_query("a OR *")) == ()


def test_topics_are_named_once_in_order_of_appearance() -> None:
    query = parse_query("topic:two (a OR NOT topic:one) topic:two")
    assert [topic.id for topic in topics_of(query)] == ["two", "one"]


def test_the_parts_of_one_pack_are_several_things() -> None:
    query = parse_query("pack:libya/people OR pack:libya OR pack:libya/people")
    assert [pack.part for pack in packs_of(query)] == ["people", None]


def test_the_place_of_a_pack_is_kept_for_messages() -> None:
    query = parse_query("a pack:libya")
    assert isinstance(query, And)
    pack = query.parts[1]
    assert isinstance(pack, PackOf)
    assert pack.position == 2
