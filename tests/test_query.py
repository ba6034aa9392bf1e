"""The query language: what parses to what, and what a mistake says."""

import tomllib
from pathlib import Path

import pytest

from aggregator.errors import QueryError
from aggregator.topics.query import (
    All,
    And,
    FieldOf,
    Not,
    Or,
    PackOf,
    Phrase,
    Prefix,
    Query,
    Word,
    packs_of,
    parse_query,
)

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


def test_a_long_chain_of_negations_is_no_deep_tree() -> None:
    assert parse_query("NOT " * 2001 + "a") == Not(part=A)


def test_packs_are_named_once_in_order_of_appearance() -> None:
    query = parse_query("pack:two (a OR NOT pack:one) title:(pack:two OR pack:three)")
    assert packs_of(query) == ("two", "one", "three")
    assert packs_of(parse_query("a OR *")) == ()


def test_the_place_of_a_pack_is_kept_for_messages() -> None:
    query = parse_query("a pack:libya")
    assert isinstance(query, And)
    pack = query.parts[1]
    assert isinstance(pack, PackOf)
    assert pack.position == 2
