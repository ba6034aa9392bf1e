"""Changes to the text of config.toml: exactly the source's own table comes and goes, everything else stays to the byte."""

import os
import stat
import tomllib
from pathlib import Path

import pytest

from aggregator.config import load, read_text
from aggregator.config.edit import NewSource, add_sources, remove_source, why_not, write, written_sources
from aggregator.errors import ConfigError, UnknownName

NEW = NewSource(id="new", url="https://example.org/new", publisher='The "New"', tags=("sea", "port"))
TABLE = """[[sources]]
id = "new"
url = "https://example.org/new"
publisher = "The \\"New\\""
tags = ["sea", "port"]
"""
INLINE = '{id = "new", url = "https://example.org/new", publisher = "The \\"New\\"", tags = ["sea", "port"]}'
TWO = """# The desk.
[site]
title = "Desk"  # on the page

# Ours.
[[sources]]
id = "one"   # permanent
url = "https://example.org/one"
rights = { republish = "full" }

# Theirs.
[[sources]]
id = "two"
url = "https://example.org/two"
[sources.headers]
X-Key = "1"

# What comes out.
[[topics]]
id = "all"
title = "All"
query = "*"
"""


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("", TABLE, "an empty file"),
        ("# A comment", f"# A comment\n\n{TABLE}", "no line end at the end"),
        (
            TWO,
            TWO.replace("\n# What", f"\n{TABLE}\n# What"),
            "behind the last source, before the comment of what follows",
        ),
        (
            '[[sources]]\nid = "a"\nurl = "https://example.org/a"\n[[topics]]\n',
            f'[[sources]]\nid = "a"\nurl = "https://example.org/a"\n\n{TABLE}\n[[topics]]\n',
            "no blank line between tables",
        ),
        (
            'sources = [\n  { id = "a", url = "https://example.org/a" }, # ours\n]\n',
            'sources = [\n  { id = "a", url = "https://example.org/a" }, # ours\n  ' + INLINE + ",\n]\n",
            "a list of inline tables",
        ),
    ],
)
def test_a_source_is_added_where_sources_stand(text: str, expected: str, why: str) -> None:
    assert add_sources(text, [NEW]) == expected, why


def test_the_line_ends_of_the_file_are_kept() -> None:
    assert add_sources(TWO.replace("\n", "\r\n"), [NEW]) == add_sources(TWO, [NEW]).replace("\n", "\r\n")


def test_what_is_empty_is_not_written() -> None:
    added = add_sources(
        "", [NewSource(id="a", url="https://example.org/a"), NewSource(id="b", url="https://e.org/", private=True)]
    )
    assert added == (
        '[[sources]]\nid = "a"\nurl = "https://example.org/a"\n\n'
        '[[sources]]\nid = "b"\nurl = "https://e.org/"\nprivate = true\n'
    )


@pytest.mark.parametrize("source_id", ["one", "two"])
def test_a_removed_source_takes_only_its_own_lines(source_id: str) -> None:
    text = remove_source(TWO, source_id)
    before, after = TWO.splitlines(), text.splitlines()
    gone = [line for line in before if line not in after]
    assert [line for line in after if line not in before] == []
    assert [line for line in gone if line.startswith("#")] == []
    wanted = tomllib.loads(TWO)
    wanted["sources"] = [source for source in wanted["sources"] if source["id"] != source_id]
    assert tomllib.loads(text) == wanted


def test_what_was_added_and_removed_leaves_the_same_bytes() -> None:
    assert remove_source(add_sources(TWO, [NEW]), "new") == TWO


def test_the_only_source_can_go() -> None:
    assert remove_source(TABLE + '\n[site]\ntitle = "x"\n', "new") == '[site]\ntitle = "x"\n'


def test_an_item_of_an_inline_list_can_go() -> None:
    text = 'sources = [\n  { id = "a", url = "https://example.org/a" },\n  { id = "b", url = "https://example.org/b" }, # b\n]\n'
    assert remove_source(text, "a") == 'sources = [\n  { id = "b", url = "https://example.org/b" }, # b\n]\n'


def test_a_comment_sign_inside_a_text_is_no_comment() -> None:
    text = '[[sources]]\nid = "a"\npublisher = """\n# not a comment\n"""\n# Topics.\n[[topics]]\nid = "t"\n'
    assert remove_source(text, "a") == '# Topics.\n[[topics]]\nid = "t"\n'


def test_an_unknown_source_is_told() -> None:
    with pytest.raises(UnknownName, match="no source 'three'"):
        remove_source(TWO, "three")


def test_a_layout_that_cannot_be_cut_safely_is_left_to_a_person() -> None:
    """`[sources.headers]` behind the topics belongs to the last source: cutting that source would give it to another."""
    text = TWO.replace('[sources.headers]\nX-Key = "1"\n', "") + '\n[sources.headers]\nX-Key = "1"\n'
    assert tomllib.loads(text)["sources"][1]["headers"] == {"X-Key": "1"}
    with pytest.raises(ConfigError, match="edit it by hand"):
        remove_source(text, "two")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (NEW, None),
        (NewSource(id="Not a slug", url="https://example.org/"), "id: must be small letters"),
        (NewSource(id="a", url="feed://example.org/"), "url: not an http(s) address"),
        (NewSource(id="a", url="https://reader:k3y@example.org/"), "url: holds a user name or password"),
        (NewSource(id="a", url="https://example.org/", publisher="a\x00b"), "publisher: holds a control character"),
        (NewSource(id="a", url="https://example.org/", language="english!"), "language: must be a language tag"),
    ],
)
def test_a_source_that_no_configuration_takes_is_refused_in_its_words(source: NewSource, expected: str | None) -> None:
    told = why_not(source)
    assert told is None if expected is None else str(told).startswith(expected)
    assert "k3y" not in str(told)


def test_the_written_sources_are_those_of_the_file_disabled_ones_too() -> None:
    text = TWO.replace('id = "two"', 'id = "two"\nenabled = false\nprivate = true')
    assert [(one.id, one.url, one.private) for one in written_sources(text)] == [
        ("one", "https://example.org/one", False),
        ("two", "https://example.org/two", True),
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TWO, "utf-8")
    return path


def test_a_change_is_written_as_a_whole_with_the_mode_of_the_file(file: Path) -> None:
    file.chmod(0o640)
    found = write(file, TWO, add_sources(TWO, [NEW]), {})
    assert [source.id for source in found.sources] == ["one", "two", "new"]
    assert load(file, {}).sources == found.sources
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(file.parent) == ["config.toml"]  # noqa: PTH208


def test_a_change_that_makes_a_mistake_is_not_written(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources\[2\].url: is the same as that of sources\[0\]"):
        write(file, TWO, add_sources(TWO, [NewSource(id="again", url="https://example.org/one")]), {})
    assert file.read_text("utf-8") == TWO


def test_a_file_that_somebody_changed_meanwhile_is_not_overwritten(file: Path) -> None:
    file.write_text(f"{TWO}# changed\n", "utf-8")
    with pytest.raises(ConfigError, match="changed by somebody else"):
        write(file, TWO, add_sources(TWO, [NEW]), {})
    assert file.read_text("utf-8") == f"{TWO}# changed\n"


def test_a_byte_order_mark_and_a_link_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text(f"\ufeff{TWO}", "utf-8")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    write(link, read_text(link, "config.toml"), add_sources(TWO, [NEW]), {})
    assert link.is_symlink()
    assert real.read_bytes().startswith(b"\xef\xbb\xbf# The desk.")
    assert [source.id for source in load(link, {}).sources] == ["one", "two", "new"]


def test_thousands_of_sources_are_no_matter() -> None:
    many = "".join(f'[[sources]]\nid = "s{n}"\nurl = "https://example.org/{n}"\n\n' for n in range(3000))
    text = remove_source(add_sources(many, [NEW]), "s1500")
    assert [one.id for one in written_sources(text)] == [f"s{n}" for n in range(3000) if n != 1500] + ["new"]
