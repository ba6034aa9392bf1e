"""The user's term packs: where they are read from, how one adds to another, what a mistake says."""

from pathlib import Path

import pytest

from aggregator.config import Configuration, load
from aggregator.config.own_packs import read_packs
from aggregator.errors import ConfigError
from aggregator.model.topic import Concept, Pack
from aggregator.topics.packs import pack_from_mapping

BASE = Pack(
    name="coast",
    concepts=(
        Concept(id="tobruk", forms=("Tobruk",), group="ports", elsewhere=("Ohio",)),
        Concept(id="gulf", forms=("Gulf of Sidra",)),
    ),
    exclusions=("Tobruk Street",),
)
CONFIG = """
[[topics]]
id = "ports"
title = "Ports"
query = "{query}"
"""


def configured(folder: Path, query: str, **packs: str) -> Configuration:
    (folder / "packs").mkdir(exist_ok=True)
    for name, text in packs.items():
        (folder / "packs" / f"{name}.toml").write_text(text, encoding="utf-8")
    file = folder / "config.toml"
    file.write_text(CONFIG.format(query=query), encoding="utf-8")
    return load(file, {})


def test_packs_beside_the_configuration_are_known(tmp_path: Path) -> None:
    text = 'name = "islands"\n[concepts.malta]\ngroup = "south"\nen = ["Malta", "Maltese"]\n'
    found = configured(tmp_path, "pack:islands/south pack:libya", islands=text)
    assert found.packs[-1] == Pack(
        name="islands", concepts=(Concept(id="malta", forms=("Malta", "Maltese"), group="south"),)
    )
    assert "libya" in {pack.name for pack in found.packs}


def test_a_pack_that_extends_stands_in_the_place_of_what_ships(tmp_path: Path) -> None:
    text = 'name = "libya"\nextends = "libya"\n[concepts.desk]\nen = ["Ghat"]\n'
    before = {pack.name: pack for pack in configured(tmp_path, "pack:libya").packs}
    after = {pack.name: pack for pack in configured(tmp_path, "pack:libya/desk", mine=text).packs}
    assert list(after) == list(before)
    assert after["libya"].concepts == (*before["libya"].concepts, Concept(id="desk", forms=("Ghat",)))
    assert after["libya"].exclusions == before["libya"].exclusions


def test_an_extension_adds_forms_groups_and_exclusions() -> None:
    data = {
        "name": "my-coast",
        "extends": "coast",
        "exclusions": ["Tobruk Street", "Tobruk Road"],
        "concepts": {
            "gulf": {"group": "waters", "fr": ["golfe de Syrte", "Gulf of Sidra"]},
            "brega": {"en": ["Brega"]},
            "tobruk": {"it": ["Tobruch"], "elsewhere": ["Iowa", "Ohio"]},
        },
    }
    assert pack_from_mapping(data, (BASE,)) == Pack(
        name="my-coast",
        concepts=(
            Concept(id="tobruk", forms=("Tobruk", "Tobruch"), group="ports", elsewhere=("Ohio", "Iowa")),
            Concept(id="gulf", forms=("Gulf of Sidra", "golfe de Syrte"), group="waters"),
            Concept(id="brega", forms=("Brega",)),
        ),
        exclusions=("Tobruk Street", "Tobruk Road"),
    )


GOOD = {"brega": {"en": ["Brega"]}}
MISTAKES: list[tuple[dict[str, object], str]] = [
    (
        {"name": "coast", "concepts": GOOD},
        "name: there is a pack 'coast'; choose another name, or add to it with extends",
    ),
    ({"name": "coast", "extends": "ports", "concepts": GOOD}, "name: there is a pack 'coast'"),
    ({"name": "mine", "extends": "cost", "concepts": GOOD}, "extends: no pack 'cost' (did you mean 'coast'?)"),
    ({"name": "mine", "extends": 3, "concepts": GOOD}, "extends: no pack 3 (known: coast)"),
    ({"name": "mine", "concepts": {"a": {"group": "A b", "en": ["x"]}}}, "concepts.a.group: 'A b' is not a slug"),
    ({"name": "mine", "concepts": {"a": {"group": 3, "en": ["x"]}}}, "concepts.a.group: 3 is not a slug"),
    ({"name": "mine", "concepts": {"a": {"group": "a", "en": ["x"]}}}, "concepts.a.group: 'a' is the id of a concept"),
    (
        {"name": "mine", "extends": "coast", "concepts": {"ports": {"en": ["port"]}}},
        "concepts.tobruk.group: 'ports' is the id of a concept",
    ),
]


@pytest.mark.parametrize(("data", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_in_a_pack_says_what_and_which(data: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared below
        pack_from_mapping(data, (BASE,))
    assert str(caught.value).startswith(message)


def test_every_mistake_of_every_pack_is_told_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(
            tmp_path,
            "pack:islands",
            broken="name = ",
            islands='name = "islands"\n[concepts.malta]\nen = ["*"]\n',
            libya='name = "libya"\n[concepts.x]\nen = ["x"]\n',
        )
    told = [(mistake.path, mistake.message) for mistake in caught.value.mistakes]
    assert [path for path, _ in told] == [
        "topics[0].query",
        '"packs/broken.toml"',
        '"packs/islands.toml"',
        '"packs/libya.toml"',
    ]
    assert told[2][1].startswith("concepts.malta.en[0]: '*' holds no letter")


def test_two_files_cannot_be_one_pack(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text('name = "mine"\n[concepts.x]\nen = ["x"]\n', encoding="utf-8")
    found = read_packs(tmp_path, (BASE,))
    assert [pack.name for pack in found.packs] == ["coast", "mine"]
    (finding,) = found.findings
    assert finding.place == ("packs/two.toml",)
    assert finding.message == "name: another file of this folder has a pack 'mine'"


def test_a_folder_that_is_not_there_holds_no_packs(tmp_path: Path) -> None:
    assert read_packs(tmp_path / "packs", (BASE,)).packs == (BASE,)


def test_circles_and_loose_alternatives_are_told_with_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, "haddad topic:ports")
    (mistake,) = caught.value.mistakes
    assert mistake.path == "topics[0].query"
    assert mistake.message == "topics name one another in a circle: ports -> ports at character 8"
    warnings = configured(tmp_path, "haddad OR NOT port").warnings
    assert any("character 11 holds wherever its term is absent; is AND NOT meant?" in one for one in warnings)
