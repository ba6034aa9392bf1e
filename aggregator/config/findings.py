"""What is wrong or odd with a configuration, and pydantic's errors in our words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from pydantic_core import ErrorDetails

from aggregator.config.lines import Place, line_of
from aggregator.config.settings import Settings, Table, is_list, table_of
from aggregator.config.suggest import did_you_mean
from aggregator.errors import ConfigMistake

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_KINDS = (
    (bool, "true or false"), (int, "a number"), (float, "a number"), (str, "a string"), (list, "a list"),
    (dict, "a table"), (date, "a date"), (time, "a time"),
)  # fmt: skip
_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a table",
    "string_type": "a string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to tell the user about one place of the configuration."""

    place: Place
    message: str


def located(finding: Finding, lines: Mapping[Place, int], variables: Mapping[Place, str]) -> ConfigMistake:
    """The finding with its path and line; what an environment variable has set has its name for a path."""
    variable = variables.get(finding.place[:2])
    if variable is not None:
        return ConfigMistake(path=variable, message=finding.message)
    return ConfigMistake(path=path_text(finding.place), message=finding.message, line=line_of(lines, finding.place))


def path_text(place: Place) -> str:
    """`sources[1].url`; a list counts from 0, as TOML tools and Python do."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if _BARE_KEY.fullmatch(step) else json.dumps(step)
            text += f".{key}" if text else key
    return text


def in_our_words(error: ErrorDetails) -> Finding:
    """What pydantic found, without the value, which may be a secret."""
    return Finding(place=error["loc"], message=_message(error))


def _message(error: ErrorDetails) -> str:
    kind, place, context = error["type"], error["loc"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if kind == "value_error":
        return str(context["error"])
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}, not {error['input']}"
    if kind == "less_than_equal":
        return f"must be at most {context['le']}, not {error['input']}"
    if len(place) == 1:
        return _wrong_form(str(place[0]))
    return f"must be {_EXPECTED[kind]}, not {_kind_of(error['input'])}"


def _unknown_key(place: Place) -> str:
    known = tuple(_table_at(place[:-1]).model_fields)
    key = str(place[-1])
    hint = did_you_mean(key, known) or f"; known here: {', '.join(known)}"
    return f"unknown key {key!r}{hint}"


def _wrong_form(section: str) -> str:
    if is_list(Settings.model_fields[section].annotation):
        return f"must be a list of tables: each begins with [[{section}]]"
    return f"must be one table: it begins with [{section}]"


def _table_at(place: Place) -> type[Table]:
    table: type[Table] = Settings
    for step in place:
        if isinstance(step, str):
            table = table_of(table.model_fields[step].annotation) or table
    return table


def _kind_of(value: object) -> str:
    return next(name for kind, name in _KINDS if isinstance(value, kind))
