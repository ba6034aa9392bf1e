"""The text of `config.toml` + a change to its sources -> the text after it, comments and layout kept; and the careful write.

Tables are found by their lines and cut out or added as text; tomlkit writes the values and changes inline lists. As an
editor of whole tables it gives a comment to the table above it: removing a source would take the comment that
introduces the next one.
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from pydantic import ValidationError
from tomlkit.items import Array

from aggregator.config import load_text
from aggregator.config.configuration import Configuration
from aggregator.config.findings import in_our_words
from aggregator.config.lines import Place, find_lines
from aggregator.config.reading import Raw, read_text
from aggregator.config.settings import SourceTable
from aggregator.errors import ConfigError, ConfigMistake, UnknownName

_SECTION = "sources"
_MARK = b"\xef\xbb\xbf"
_BLANK_OR_COMMENT = re.compile(r"\s*(?:#.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """A feed to be added; what is None or empty is not written."""

    id: str
    url: str
    publisher: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSource:
    """A `[[sources]]` table of the file, enabled or not."""

    id: str
    url: str | None
    private: bool


def written_sources(text: str) -> tuple[WrittenSource, ...]:
    """The sources as they stand in a text that is right."""
    return tuple(
        WrittenSource(id=table["id"], url=table.get("url"), private=table.get("private", False))
        for table in tomllib.loads(text).get(_SECTION, ())
    )


def why_not(source: NewSource) -> str | None:
    """Why the source cannot be added as it is: `url: not an http(s) address: …`; None where it can."""
    try:
        SourceTable.model_validate(_values(source))
    except ValidationError as error:
        finding = in_our_words(error.errors(include_url=False)[0])
        return f"{finding.place[0]}: {finding.message}"
    return None


def add_sources(text: str, sources: Sequence[NewSource]) -> str:
    """The text with a table for each source behind the last source's; where there is none, at the end."""
    before = tomllib.loads(text)
    expected = deepcopy(before)
    expected.setdefault(_SECTION, []).extend(_values(source) for source in sources)
    if _is_inline(text, before):
        document = tomlkit.parse(text)
        array = document[_SECTION]
        assert isinstance(array, Array)  # noqa: S101  a list of inline tables is one
        for source in sources:
            inline = tomlkit.inline_table()
            inline.update(_values(source))
            array.append(inline)
        return _checked(tomlkit.dumps(document), expected)
    lines = _lines(text)
    tables = [tomlkit.dumps({_SECTION: [_values(source)]}).strip() for source in sources]
    end = _end_of_last(text, before, lines)
    block = "".join(f"\n{table}\n" for table in tables)
    if end == 0:
        block = block.lstrip("\n")
    if end < len(lines) and lines[end].strip():
        block += "\n"
    newline = "\r\n" if "\r\n" in text else "\n"
    return _checked("".join([*lines[:end], block.replace("\n", newline), *lines[end:]]), expected)


def remove_source(text: str, source_id: str) -> str:
    """The text without the source's table; the comments above it and those of other tables stay. Raises UnknownName."""
    before = tomllib.loads(text)
    tables = before.get(_SECTION, [])
    index = next((number for number, table in enumerate(tables) if table.get("id") == source_id), None)
    if index is None:
        raise UnknownName(f"no source '{source_id}' in the configuration")
    expected = deepcopy(before)
    del expected[_SECTION][index]
    if _is_inline(text, before):
        document = tomlkit.parse(text)
        array = document[_SECTION]
        assert isinstance(array, Array)  # noqa: S101
        array.pop(index)
        return _checked(tomlkit.dumps(document), expected)
    if not expected[_SECTION]:
        del expected[_SECTION]
    lines = _lines(text)
    start, end = _span(find_lines(text), index, lines)
    if start == 0 or not lines[start - 1].strip():  # one gap, not two
        while end < len(lines) and not lines[end].strip():
            end += 1
    return _checked("".join(lines[:start] + lines[end:]), expected)


def write(path: Path, before: str, after: str, environment: Mapping[str, str]) -> Configuration:
    """Replace the file as a whole, once the new text has passed every check; the configuration that it is now.

    Raises ConfigError with all mistakes, or where somebody else changed the file since `before` was read.
    """
    found = load_text(after, path, environment)
    if read_text(path, str(path)) != before:
        message = "was changed by somebody else meanwhile; nothing was written: try again"
        raise ConfigError(str(path), (ConfigMistake(path="file", message=message),))
    target = path.resolve()  # a link stays a link
    mark = _MARK if target.read_bytes().startswith(_MARK) else b""
    try:
        _replace(target, mark + after.encode())
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise ConfigError(str(path), (ConfigMistake(path="file", message=f"cannot be written: {reason}"),)) from error
    return found


def _replace(target: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, target.stat().st_mode & 0o777)
            os.fsync(descriptor)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _values(source: NewSource) -> Raw:
    values: Raw = {"id": source.id, "url": source.url, "publisher": source.publisher, "language": source.language}
    values |= {"tags": list(source.tags), "private": source.private}
    return {key: value for key, value in values.items() if value}


def _is_inline(text: str, data: Raw) -> bool:
    """`sources = [ { … } ]` instead of `[[sources]]`."""
    return _SECTION in data and (_SECTION, 0) not in find_lines(text)


def _lines(text: str) -> list[str]:
    """With their ends; the last one has one too."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\r\n" if "\r\n" in text else "\n"
    return lines


def _end_of_last(text: str, data: Raw, lines: list[str]) -> int:
    """How many lines stand before the place for a new table."""
    tables = data.get(_SECTION)
    if not isinstance(tables, list):
        return len(lines)
    return _span(find_lines(text), len(tables) - 1, lines)[1]


def _span(places: Mapping[Place, int], index: int, lines: list[str]) -> tuple[int, int]:
    """The lines of a table as a slice. Blank lines and comments at its end belong to what follows."""
    own = (_SECTION, index)
    start = places[own] - 1
    later = [line - 1 for place, line in places.items() if line - 1 > start and place[:2] != own]
    end = min(later, default=len(lines))
    while end > start and _BLANK_OR_COMMENT.fullmatch(lines[end - 1]):
        end -= 1
    return start, end


def _checked(text: str, expected: Raw) -> str:
    """The text, if it means exactly what was wanted: no layout that we did not think of may cost a setting."""
    try:
        is_right = tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        message = "its layout cannot be changed by a command; please edit it by hand"
        raise ConfigError("config.toml", (ConfigMistake(path=_SECTION, message=message),))
    return text
