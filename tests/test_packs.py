"""Pack data: what is checked, and what the shipped packs meet."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.topic import Concept, Pack, Topic
from aggregator.text import folded
from aggregator.topics.match import Matcher, compile_topics
from aggregator.topics.packs import pack_from_mapping
from tests.program import ROOT

CASES = Path(__file__).parent / "topics" / "packs"
TEXTS = Path(__file__).parent / "topics" / "texts"
LANGUAGES = ("en", "ar", "ru", "fr", "it")


def shipped() -> dict[str, dict[str, Any]]:
    """The data of the packs by name."""
    folder = resources.files("aggregator.topics") / "packs"
    read = (tomllib.loads(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml"))
    return {data["name"]: data for data in read}


DATA = shipped()
SHIPPED = tuple(pack_from_mapping(data) for data in DATA.values())
TOPICS: list[dict[str, Any]] = tomllib.loads((ROOT / "config.toml").read_text("utf-8"))["topics"]
SHOWCASE = {topic["id"]: topic["query"] for topic in TOPICS}


TOLD = (
    (ROOT / "docs" / "topics.md")
    .read_text("utf-8")
    .split("### Those that ship")[1]
    .split("\n## ")[0]
    .split("Your own")[0]
)


def parts_told() -> list[tuple[str, str]]:
    """The packs with the parts that the documents say can be asked for."""
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| `([a-z -]+)` \|$", TOLD, re.MULTILINE)
    return [(name, part) for name, parts in rows for part in parts.split()]


@cache
def matcher_of(query: str) -> Matcher:
    return compile_topics((Topic(id="shipped", title="Shipped", query=query),), SHIPPED)


def is_met(query: str, headline: str, body: str = "") -> bool:
    article = Article(
        headline=headline,
        body_text=body,
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="desk", name="Desk"),
        rights=Rights(republish=Republish.FULL),
        origin=OriginSource(),
    )
    return bool(matcher_of(query).match(article, "desk"))


def cases() -> Iterator[tuple[str, dict[str, object]]]:
    for path in sorted(CASES.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in data["case"]:
            yield data.get("query") or SHOWCASE[data["topic"]], case


def texts() -> Iterator[tuple[str, str, str, list[str]]]:
    """Topic, language, "match" or "other", texts whose first line is the headline."""
    for path in sorted(TEXTS.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for language, sides in data["texts"].items():
            for side, found in sides.items():
                yield data["topic"], language, side, found


@pytest.mark.parametrize(("query", "case"), list(cases()), ids=[str(case["why"]) for _, case in cases()])
def test_the_shipped_packs_meet_what_they_should(query: str, case: dict[str, object]) -> None:
    assert is_met(query, str(case["headline"]), str(case.get("body", ""))) == case["match"]


@pytest.mark.parametrize(
    ("topic", "language", "side", "found"), list(texts()), ids=["-".join(one[:3]) for one in texts()]
)
def test_a_shipped_topic_takes_what_is_its_own_and_leaves_the_rest(
    topic: str, language: str, side: str, found: list[str]
) -> None:
    wrong = [text for text in found if is_met(SHOWCASE[topic], *text.split("\n", 1)) != (side == "match")]
    assert found
    assert wrong == []


def test_the_packs_that_the_documents_name_ship() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \|", TOLD, re.MULTILINE)
    assert sorted(told) == sorted(DATA)


@pytest.mark.parametrize(("name", "part"), parts_told(), ids=str)
def test_a_part_that_the_documents_name_can_be_asked_for(name: str, part: str) -> None:
    pack = next(pack for pack in SHIPPED if pack.name == name)
    assert part in {value for concept in pack.concepts for value in (concept.id, concept.group)}


@pytest.mark.parametrize("name", sorted(DATA))
def test_a_shipped_pack_says_where_its_forms_come_from_and_speaks_five_languages(name: str) -> None:
    data = DATA[name]
    assert len(data["description"]) > 20
    assert len(data["sources"]) > 20
    spoken = {key for concept in data["concepts"].values() for key, value in concept.items() if isinstance(value, list)}
    assert set(LANGUAGES) <= spoken
    assert all(concept.get("label") for concept in data["concepts"].values())


@pytest.mark.parametrize("group", ["people", "places", "bodies", "missions", "process", "country"])
def test_the_pack_libya_can_be_asked_for_by_part(group: str) -> None:
    asked = {
        "people": "Hifter in Rome",
        "places": "Calm in Tobruk",
        "bodies": "High Council of State meets",
        "missions": "UNSMIL moves house",
        "process": "Back to Skhirat",
        "country": "Libyans vote",
    }
    assert [part for part, headline in asked.items() if is_met(f"pack:libya/{group}", headline)] == [group]


@pytest.mark.parametrize("topic", TOPICS, ids=[topic["id"] for topic in TOPICS])
def test_the_examples_of_the_showcase_hold(topic: dict[str, Any]) -> None:
    examples = [one for one in topic["expect"] if "text" in one]
    assert {one["match"] for one in examples} == {True, False}
    assert [
        one["text"] for one in examples if is_met(topic["query"], *one["text"].split("\n", 1)) != one["match"]
    ] == []


@pytest.mark.parametrize("name", ["starter", "demo"])
def test_a_first_configuration_has_the_rule_of_the_showcase(name: str) -> None:
    first = tomllib.loads((ROOT / "aggregator" / "cli" / f"{name}.toml").read_text("utf-8"))
    assert {topic["id"]: topic["query"] for topic in first["topics"]} == {
        "libya-diplomacy": SHOWCASE["libya-diplomacy"]
    }


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
