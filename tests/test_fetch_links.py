"""`Link` fields: relations and their targets, however they are written."""

import time
from dataclasses import dataclass

import pytest

from aggregator.fetch.links import targets


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field and what it says."""

    why: str
    field: str
    expected: dict[str, str]


FIELDS = [
    Field(why="absent", field="", expected={}),
    Field(why="plain", field="<https://hub.example/>; rel=hub", expected={"hub": "https://hub.example/"}),
    Field(
        why="several in one field",
        field='<https://hub.example/>; rel="hub", </feed>; rel="self"',
        expected={"hub": "https://hub.example/", "self": "/feed"},
    ),
    Field(why="several relations of one target", field='<a>; rel="hub  Self"', expected={"hub": "a", "self": "a"}),
    Field(why="the first target of a relation counts", field="<a>; rel=hub, <b>; rel=hub", expected={"hub": "a"}),
    Field(why="names and relations know no case", field="<a>; REL=HUB", expected={"hub": "a"}),
    Field(why="a comma in a target", field="<a,b;c>; rel=hub, <d>; rel=self", expected={"hub": "a,b;c", "self": "d"}),
    Field(
        why="a comma, a bracket and a semicolon in quotes",
        field='<a>; title="x, <y>; rel=self"; rel=hub, <b>; rel=self',
        expected={"hub": "a", "self": "b"},
    ),
    Field(why="an escaped quote", field='<a>; title="x\\", \\"y"; rel=hub', expected={"hub": "a"}),
    Field(why="parameters before and without a value", field="<a>;crossorigin ; rel = hub;x=", expected={"hub": "a"}),
    Field(why="of two rel the first counts", field="<a>; rel=hub; rel=self", expected={"hub": "a"}),
    Field(why="about another page", field='<a>; rel=hub; anchor="/other", <b>; rel=self', expected={"self": "b"}),
    Field(why="no relation", field="<a>, <b>; title=hub", expected={}),
    Field(why="space within the brackets", field="< /a >;rel=hub", expected={"hub": "/a"}),
    Field(why="a target without end", field="<a; rel=hub", expected={}),
    Field(why="a quote without end", field='<a>; rel=hub; title="x, <b>; rel=self', expected={"hub": "a", "self": "b"}),
    Field(why="no brackets", field="https://hub.example/; rel=hub", expected={}),
    Field(why="an empty target is the page itself", field="<>; rel=self", expected={"self": ""}),
]


@pytest.mark.parametrize("case", FIELDS, ids=lambda case: case.why)
def test_links_are_read_as_they_are_meant(case: Field) -> None:
    assert targets(case.field) == case.expected


LONG = [('<a>"', '\\"<a>', 5_000), ("", "<", 25_000), ("", "<a>;", 6_000), ("", '<a>;rel="', 2_500)]


@pytest.mark.parametrize(("begin", "part", "times"), LONG)
def test_a_field_costs_by_its_length(begin: str, part: str, times: int) -> None:
    """Four times as long, what costs the square of it takes sixteen times as long."""
    short, long = (min(_seconds(begin + part * count) for _ in range(5)) for count in (times, 4 * times))
    assert long < 9 * short


def _seconds(text: str) -> float:
    started = time.process_time()
    targets(text)
    return time.process_time() - started
