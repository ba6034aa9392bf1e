"""Queries in their one canonical text, and its signature."""

import tomllib

import pytest

from aggregator.errors import QueryError
from aggregator.topics.query import parse_query
from aggregator.topics.signed import address, canonical, is_signed, signature
from tests.program import ROOT

KEY = "k" * 32
SAME = [
    ("talks", "  Talks "),
    ("a b", "b AND a"),
    ("a OR b OR c", "(c OR (b OR a)) OR a"),
    ("NOT NOT a", "a"),
    ("(a b OR b a) c", "c AND b AND a"),
    ("(a NEAR/2 b) NEAR/3 C", "A NEAR/2 B NEAR/3 c"),
    ("NOT (a NEAR/2 b) c", "c NOT a NEAR/2 b"),
    ("title:(x OR y)", "title:(Y OR x)"),
    ('"Two Words"', "“two words”"),
]
FORMS = [
    "*",
    "NOT (a OR b)",
    "a AND NOT b",
    "(a OR b) AND (c OR d)",
    "a AND (b OR NOT c)",
    "title:(a AND NOT b)",
    "(title:a)^2",
    "title:(a^2.5)",
    "a^-1 AND b",
    "(a OR b)^3",
    "pre* AND pack:libya",
    "pack:libya/people OR topic:talks",
    "a NEAR/5 b",
    "(a OR b) NEAR/sentence (c NEAR/2 d)",
    "(a NEAR/3 b)^2",
    "atleast:2(a OR b OR c)",
    "minscore:2.5(a OR pack:libya)",
    "lang:ar AND source:one-two",
    "ليبيا AND Россия",
    '“say "no" twice”',
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_query_are_written_the_same(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize("query", FORMS)
def test_what_is_written_is_read_as_the_same_query(query: str) -> None:
    text = canonical(query)
    assert canonical(text) == text
    plain = sorted(query.lower().replace("(", "").replace(")", ""))
    assert sorted(text.lower().replace("(", "").replace(")", "")) == plain


def test_real_rules_survive() -> None:
    config = tomllib.loads((ROOT / "config.toml").read_text("utf-8"))
    rules = [topic["query"] for topic in config["topics"]]
    assert rules
    for rule in rules:
        parse_query(canonical(rule))


def test_what_is_no_query_has_no_canonical_text() -> None:
    with pytest.raises(QueryError):
        canonical("a AND (")


def test_a_signature_is_of_one_query_and_one_key() -> None:
    made = signature(KEY, "a AND b")
    assert is_signed(KEY, "a AND b", made)
    for key, query, claimed in ((KEY, "a AND c", made), ("x" * 32, "a AND b", made), (KEY, "a AND b", made[:-1])):
        assert not is_signed(key, query, claimed)
    assert not is_signed(KEY, "a AND b", "\udcff")


def test_an_address_holds_both() -> None:
    url = address("https://example.org/news", KEY, "a AND b")
    assert url == f"https://example.org/news/q?query=a+AND+b&sig={signature(KEY, 'a AND b')}"
