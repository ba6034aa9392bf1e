"""The walk of docs/topics.md: a pack for another country, made of the page's own blocks by its own commands."""

import re
import tomllib
from pathlib import Path

import pytest
import tomlkit

from tests.commands import invoke
from tests.program import ROOT

WALK = (
    (ROOT / "docs" / "topics.md")
    .read_text("utf-8")
    .split("## A pack for another country in an hour")[1]
    .split("\n## ")[0]
)
BLOCKS = dict(re.findall(r"```toml\n# ([^\n]+)\n(.*?)```", WALK, re.DOTALL))
COMMANDS = [
    [line.removeprefix("$ aggregator ").split() for line in block.splitlines()]
    for block in re.findall(r"```console\n(.*?)```", WALK, re.DOTALL)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "sudan.toml").write_text(BLOCKS["packs/sudan.toml"], "utf-8")
    (tmp_path / "config.toml").write_text(BLOCKS["config.toml"], "utf-8")
    return tmp_path


def change(file: Path, changed: str) -> None:
    """What a reader does with the block of changes: the forms are added where they belong."""
    pack = tomlkit.parse(file.read_text("utf-8"))
    news = tomllib.loads(changed)
    pack["exclusions"] = news["exclusions"]
    for concept, more in news["concepts"].items():
        for key, forms in more.items():
            pack["concepts"][concept].setdefault(key, []).extend(forms)
    file.write_text(tomlkit.dumps(pack), "utf-8")


@pytest.mark.slow
def test_the_walk_goes_as_the_page_says(folder: Path) -> None:
    first, second = COMMANDS
    assert first == second == [["check"], ["topics", "test", "sudan-diplomacy"]]
    before = [invoke(folder, *command) for command in first]
    assert [done.code for done in before] == [1, 1]
    assert before[1].out.endswith("11 examples, 4 failed\n")
    change(folder / "packs" / "sudan.toml", BLOCKS["packs/sudan.toml, changed"])
    after = [invoke(folder, *command) for command in second]
    assert [done.code for done in after] == [0, 0]
    assert after[1].out.endswith("11 examples, 0 failed\n")


@pytest.mark.slow
def test_the_walk_fails_where_the_page_says(folder: Path) -> None:
    failed = [row for row in invoke(folder, "topics", "test", "--json").objects if not row["ok"]]
    assert [row["text"].split()[0] for row in failed] == ["Burhan", "South", "Южный", "RSF"]
