"""The documents tell all that there is: every key, command, route and option; and what they name exists."""

import json
import re
from pathlib import Path

import pytest
import typer.main

from aggregator.cli.app import app
from aggregator.config import documented_keys
from aggregator.render import AGG, render_json, render_rss
from tests.program import ROOT
from tests.test_forms import EXAMPLE

DOCS = ROOT / "docs"


def commands() -> list[tuple[str, list[str]]]:
    """("topics why", ["--json"]) for every command."""
    found = []

    def walk(group: object, path: tuple[str, ...]) -> None:
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            if hasattr(command, "commands"):
                walk(command, (*path, name))
            else:
                options = [option for one in command.params for option in one.opts if option.startswith("--")]
                found.append((" ".join((*path, name)), [option for option in options if option != "--help"]))

    walk(typer.main.get_command(app), ())
    return found


def told_in(readme: str) -> set[str]:
    """The commands that the README names; `aggregator desk pin/drop` names two."""
    found: set[str] = set()
    for group, words in re.findall(
        r"`aggregator ((?:seeds |topics |articles |sources |config |db |desk token |desk )?)([\w/-]+)", readme
    ):
        found.update(group + word for word in words.split("/"))
    return found


@pytest.mark.parametrize("key", documented_keys())
def test_every_key_is_documented(key: str) -> None:
    assert f"`{key}`" in (DOCS / "configuration.md").read_text("utf-8")


@pytest.mark.parametrize(("command", "options"), commands())
def test_every_command_and_option_is_documented(command: str, options: list[str]) -> None:
    readme, page = (ROOT / "README.md").read_text("utf-8"), (DOCS / "commands.md").read_text("utf-8")
    assert command in told_in(readme)
    (row,) = re.findall(rf"^\|.* ?`{command}[ `].*$", page, re.MULTILINE)
    assert [option for option in options if f"`{option}" not in row] == []


@pytest.mark.parametrize(
    "route",
    [
        "/",
        "/topics/<id>",
        "/articles/<uuid>",
        "/stories/<uuid>",
        "/sources",
        "/search",
        "/desk",
        "/desk/sign-in",
        "/desk/decide",
        "/desk/sign-out",
        "/push/<token>",
        "/feeds/<topic>.atom",
        "/feeds/<topic>/archive/<NNNNNN>.atom",
        "/feeds/<file>",
        "/q",
        "/metrics",
        "/robots.txt",
        "/healthz",
        "/readyz",
    ],
)
def test_every_route_is_documented(route: str) -> None:
    assert f"| `{route}` |" in (DOCS / "commands.md").read_text("utf-8")


def test_the_extension_is_documented_element_by_element() -> None:
    page = (DOCS / "atom.md").read_text("utf-8")
    source = "".join((ROOT / "aggregator" / "render" / f"{name}.py").read_text("utf-8") for name in ("entry", "rss"))
    assert AGG in page
    names = set(re.findall(r'(?:add\(\s*|_Element\()"(\w+)"|\{AGG\}\}\}(\w+)"', source))
    assert {"copy", "relay", "origin", "dateline"} <= {name for pair in names for name in pair}
    for name in filter(None, (name for pair in names for name in pair)):
        assert f"`agg:{name}`" in page or name in _OF_RSS


_OF_RSS = ("title", "link", "description", "language", "lastBuildDate", "generator", "docs")


def examples() -> dict[str, str]:
    """The documents that docs/feeds.md shows, by language of the block."""
    return dict(re.findall(r"```(xml|json)\n(.*?)```", (DOCS / "feeds.md").read_text("utf-8"), re.DOTALL))


def test_the_examples_of_the_formats_are_what_is_written() -> None:
    assert examples()["xml"].encode() == render_rss(EXAMPLE)
    assert examples()["json"].encode() == render_json(EXAMPLE)


@pytest.mark.parametrize("member", sorted(json.loads(render_json(EXAMPLE))["items"][0]["_agg"]))
def test_every_member_of_our_json_extension_is_documented(member: str) -> None:
    page = (DOCS / "feeds.md").read_text("utf-8")
    assert f"`{member}`" in page


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]), ids=lambda p: p.name
)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_lock_holds_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index-url" not in lock
