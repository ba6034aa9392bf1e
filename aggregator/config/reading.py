"""Text and environment -> the settings that are right and a finding for each that is not."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aggregator.config.findings import Finding, in_our_words
from aggregator.config.lines import Place
from aggregator.config.settings import Settings, is_list, table_of
from aggregator.config.suggest import did_you_mean
from aggregator.errors import ConfigError, ConfigMistake

_PREFIX = "AGGREGATOR_"
_CLOSE_VARIABLE = 0.85  # they share their beginning: all of them are more alike than other words
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_AT_END = " (at end of document)"

Raw = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A configuration as far as it can be read."""

    settings: Settings
    """What is right; the default stands for what is wrong. Lists of tables keep their indices."""
    raw: Raw
    """All that was written, with the environment laid over it."""
    variables: Mapping[Place, str]
    """The environment variable that set a place."""
    findings: tuple[Finding, ...]

    def tables(self, section: str) -> list[Raw]:
        """The tables of a list as written; an empty one for what is no table."""
        written = self.raw.get(section)
        return [item if isinstance(item, dict) else {} for item in written] if isinstance(written, list) else []


def read_text(path: Path, shown: str) -> str:
    """The text of the file. A byte order mark, which editors on Windows write, is left out."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise ConfigError(shown, (ConfigMistake(path="file", message=f"cannot be read: {reason}"),)) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        mistake = ConfigMistake(path="file", message="is not UTF-8; save it in that encoding", line=line)
        raise ConfigError(shown, (mistake,)) from error


def parse(text: str, shown: str) -> Raw:
    """The tables of the file; a syntax error is the only mistake that hides all others."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(shown, (_syntax_mistake(str(error), text),)) from error


def read(written: Raw, environment: Mapping[str, str], folder: Path) -> Reading:
    """Each mistake becomes a finding and leaves its default, so that the checks after this see all the rest."""
    raw = deepcopy(written)
    for section in _single_tables():
        raw.setdefault(section, {})
    variables, findings = _lay_over(raw, environment)
    context = {"folder": folder}
    try:
        settings = Settings.model_validate(raw, context=context)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        findings += [in_our_words(each) for each in errors]
        right = deepcopy(raw)
        for each in errors:
            _take_out(right, each["loc"])
        settings = Settings.model_validate(right, context=context)
    return Reading(settings=settings, raw=raw, variables=variables, findings=tuple(findings))


def _syntax_mistake(message: str, text: str) -> ConfigMistake:
    at = _AT_LINE.search(message)
    line = int(at[1]) if at else text.count("\n") + 1
    column = f" (column {at[2]})" if at else ""
    plain = _AT_LINE.sub("", message).removesuffix(_AT_END)
    return ConfigMistake(path="TOML", message=f"{plain[:1].lower()}{plain[1:]}{column}", line=line)


def _single_tables() -> list[str]:
    return [name for name, field in Settings.model_fields.items() if not is_list(field.annotation)]


def _lay_over(raw: Raw, environment: Mapping[str, str]) -> tuple[dict[Place, str], list[Finding]]:
    """Put `AGGREGATOR_FETCH__TIMEOUT=5s` in the place of `fetch.timeout`."""
    known = {f"{_PREFIX}{section}__{key}".upper(): (section, key) for section, key in _single_keys()}
    variables: dict[Place, str] = {}
    findings: list[Finding] = []
    for name in sorted(environment):
        if not name.startswith(_PREFIX) or "__" not in name:
            continue
        if name not in known:
            hint = did_you_mean(name, known, _CLOSE_VARIABLE)
            message = f"unknown variable{hint}; lists of tables are written in the file only"
            findings.append(Finding(place=(name,), message=message))
            continue
        section, key = known[name]
        table = raw[section]
        if isinstance(table, dict):
            table[key] = _value_of(section, key, environment[name])
            variables[section, key] = name
    return variables, findings


def _single_keys() -> Iterator[tuple[str, str]]:
    for section in _single_tables():
        table = table_of(Settings.model_fields[section].annotation)
        for key in table.model_fields if table else ():
            yield section, key


def _value_of(section: str, key: str, text: str) -> object:
    """The text as TOML would have written the key: a list has commas, a number only digits."""
    table = table_of(Settings.model_fields[section].annotation)
    annotation = table.model_fields[key].annotation if table else str
    if is_list(annotation):
        return [part.strip() for part in text.split(",") if part.strip()]
    return int(text) if annotation is int and re.fullmatch(r"[0-9]{1,9}", text) else text


def _take_out(raw: Raw, place: Place) -> None:
    """Remove the key that is wrong, so that its default holds. What is no table at all becomes an empty one."""
    container: Any = raw
    if len(place) == 1 and place[0] in Settings.model_fields:
        raw[str(place[0])] = [] if is_list(Settings.model_fields[str(place[0])].annotation) else {}
    elif len(place) == 2 and isinstance(place[1], int):
        container[place[0]][place[1]] = {}
    else:
        last = max(depth for depth, step in enumerate(place) if isinstance(step, str))
        for step in place[:last]:
            container = container[step]
        container.pop(place[last], None)  # two items of one list may be wrong
