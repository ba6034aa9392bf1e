"""Pack data: what is checked, and what the shipped packs meet."""

import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.topic import Concept, Pack, Topic
from aggregator.text import folded
from aggregator.topics.match import compile_topics
from aggregator.topics.packs import pack_from_mapping

CASES = Path(__file__).parent / "topics" / "packs"


def shipped() -> tuple[Pack, ...]:
    folder = resources.files("aggregator.topics") / "packs"
    return tuple(
        pack_from_mapping(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    )


SHIPPED = shipped()


def cases() -> Iterator[tuple[str, dict[str, object]]]:
    for path in sorted(CASES.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in data["case"]:
            yield data["query"], case


@pytest.mark.parametrize(("query", "case"), list(cases()), ids=[str(case["why"]) for _, case in cases()])
def test_the_shipped_packs_meet_what_they_should(query: str, case: dict[str, object]) -> None:
    matcher = compile_topics((Topic(id="shipped", title="Shipped", query=query),), SHIPPED)
    article = Article(
        headline=str(case["headline"]),
        body_text=str(case.get("body", "")),
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="desk", name="Desk"),
        rights=Rights(republish=Republish.FULL),
        origin=OriginSource(),
    )
    matches = matcher.match(article, "desk")
    assert bool(matches) == case["match"], matches


def test_the_packs_libya_and_diplomacy_ship() -> None:
    assert {pack.name for pack in SHIPPED} == {"libya", "diplomacy"}


@pytest.mark.parametrize("pack", SHIPPED, ids=[pack.name for pack in SHIPPED])
def test_no_form_of_a_shipped_pack_belongs_to_two_concepts(pack: Pack) -> None:
    seen: dict[tuple[str, bool], str] = {}
    for concept in pack.concepts:
        for form in concept.forms:
            assert seen.setdefault((folded(form), form.endswith("*")), concept.id) == concept.id, form


def test_the_forms_of_all_languages_are_one_list() -> None:
    pack = pack_from_mapping(
        {
            "name": "north-sea",
            "description": "A sea",
            "sources": "an atlas",
            "exclusions": ["North Sea Road"],
            "concepts": {
                "sea": {"label": "The sea", "en": ["North Sea"], "fr": ["mer du Nord", "North Sea"]},
                "fishery": {"en": ["trawl*"]},
            },
        }
    )
    assert pack == Pack(
        name="north-sea",
        concepts=(
            Concept(id="sea", forms=("North Sea", "mer du Nord")),
            Concept(id="fishery", forms=("trawl*",)),
        ),
        exclusions=("North Sea Road",),
    )


GOOD = {"sea": {"en": ["North Sea"]}}
MISTAKES: list[tuple[dict[str, object], str]] = [
    ({"concepts": GOOD}, "name: None is not a slug"),
    ({"name": "North Sea", "concepts": GOOD}, "name: 'North Sea' is not a slug"),
    ({"name": "sea", "concept": GOOD}, "concept: unknown key (known: name, description"),
    ({"name": "sea", "description": 3, "concepts": GOOD}, "description: must be a text"),
    ({"name": "sea"}, "concepts: a pack needs at least one"),
    ({"name": "sea", "concepts": {}}, "concepts: a pack needs at least one"),
    ({"name": "sea", "concepts": {"A b": {"en": ["x"]}}}, "concepts.A b: 'A b' is not a slug"),
    ({"name": "sea", "concepts": {"sea": ["x"]}}, "concepts.sea: must be a table"),
    ({"name": "sea", "concepts": {"sea": {"label": "Sea"}}}, "concepts.sea: has no forms"),
    ({"name": "sea", "concepts": {"sea": {"label": 1, "en": ["x"]}}}, "concepts.sea.label: must be a text"),
    ({"name": "sea", "concepts": {"sea": {"english": ["x"]}}}, "concepts.sea.english: unknown key"),
    ({"name": "sea", "concepts": {"sea": {"en": "x"}}}, "concepts.sea.en: must be a list"),
    ({"name": "sea", "concepts": {"sea": {"en": ["x", "…"]}}}, "concepts.sea.en[1]: '…' holds no letter"),
    ({"name": "sea", "concepts": {"sea": {"en": ["x", 5]}}}, "concepts.sea.en[1]: 5 holds no letter"),
    ({"name": "sea", "concepts": {"sea": {"en": ["a*b"]}}}, "concepts.sea.en[0]: 'a*b': * may only end a form"),
    ({"name": "sea", "concepts": GOOD, "exclusions": "x"}, "exclusions: must be a list"),
    ({"name": "sea", "concepts": {"sea": {"en": ["x"], "elsewhere": "y"}}}, "concepts.sea.elsewhere: must be a list"),
    ({"name": "sea", "concepts": {"sea": {"elsewhere": ["y"]}}}, "concepts.sea: has no forms"),
]


@pytest.mark.parametrize(("data", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_in_a_pack_says_what_and_which(data: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared below
        pack_from_mapping(data)
    assert str(caught.value).startswith(message)
