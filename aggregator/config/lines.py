"""TOML text -> the line of every key and table header, because neither tomllib nor pydantic says where a value stood.

The text is known to be valid TOML, so the scanner only has to see where a statement begins and ends.
"""

import re
import tomllib
from collections.abc import Mapping

Place = tuple[str | int, ...]
"""Where a value stands: keys and, in a list, its index from 0: `("sources", 1, "url")`."""

_KEY = r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_STATEMENT = re.compile(rf"[ \t]*(?:(?P<array>\[)?\[[ \t]*(?P<header>{_DOTTED})[ \t]*\]|(?P<key>{_DOTTED})[ \t]*=)")
# Strings and comments whole, so that a bracket or line end inside them is not taken for one of the document. A
# multi-line string may end in up to two quotes of its own: five in a row.
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|\#[^\n]*|[\[\]{}\n]|[^"'\#\[\]{}\n]+''',
    re.DOTALL,
)


def find_lines(text: str) -> dict[Place, int]:
    """The 1-based line of each table header and key. What stands inside an inline value is found at its key."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    line, position = 1, 0
    while position < len(text):
        statement = _STATEMENT.match(text, position)
        if statement and statement["header"]:
            table = _open_table(_parts(statement["header"]), bool(statement["array"]), counts)
            _record(lines, table, line)
            lines[table] = line
        elif statement:
            _record(lines, table + _parts(statement["key"]), line)
        end = _end_of_statement(text, statement.end() if statement else position)
        line += text.count("\n", position, end)
        position = end
    return lines


def line_of(lines: Mapping[Place, int], place: Place) -> int | None:
    """The line of the place, else of the nearest table or key around it."""
    around = (place[:length] for length in range(len(place), 0, -1))
    return next((lines[outer] for outer in around if outer in lines), None)


def _open_table(parts: tuple[str, ...], is_array: bool, counts: dict[Place, int]) -> Place:
    """The place a header opens; a part that names a list of tables means the newest of them."""
    table: Place = ()
    for depth, part in enumerate(parts, start=1):
        table += (part,)
        if is_array and depth == len(parts):
            counts[table] = counts.get(table, 0) + 1
        if table in counts:
            table += (counts[table] - 1,)
    return table


def _record(lines: dict[Place, int], place: Place, line: int) -> None:
    for length in range(1, len(place) + 1):
        lines.setdefault(place[:length], line)


def _parts(dotted: str) -> tuple[str, ...]:
    if '"' not in dotted and "'" not in dotted:
        return tuple(part.strip() for part in dotted.split("."))
    parts: list[str] = []
    nested: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(nested, dict):
        [(part, nested)] = nested.items()
        parts.append(part)
    return tuple(parts)


def _end_of_statement(text: str, position: int) -> int:
    depth = 0
    for token in _TOKEN.finditer(text, position):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[0] == "\n" and depth <= 0:
            return token.end()
    return len(text)
