"""`config.toml` and the environment -> sources, topics, agencies, packs and limits, or every mistake at once.

findings of one table: `settings`, in our words through `findings`, with their lines from `lines`;
findings of the term packs beside it: `own_packs`;
findings between tables: `checks`; what leaves the room: `configuration`, made by `build`.
Beside the way: `show` and `schema` for people and editors, `edit` for commands that change the file.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aggregator.config import build, shipped
from aggregator.config.checks import Surroundings, mistakes, warnings
from aggregator.config.configuration import Configuration, Intervals, Publish, Site, Storage, Web, Websub
from aggregator.config.findings import Finding, located
from aggregator.config.lines import Place, find_lines
from aggregator.config.models import model_file, read_models
from aggregator.config.own_packs import FOLDER, read_packs
from aggregator.config.reading import Reading, parse, read, read_text
from aggregator.config.settings import documented_keys
from aggregator.config.show import effective
from aggregator.config.values import Address
from aggregator.errors import ConfigError, ConfigMistake

__all__ = [
    "Address",
    "Configuration",
    "Intervals",
    "Publish",
    "Site",
    "Storage",
    "Web",
    "Websub",
    "documented_keys",
    "effective",
    "find",
    "load",
    "load_text",
    "located_in",
    "model_file",
    "read_text",
]

_NAME = "config.toml"
_VARIABLE = "AGGREGATOR_CONFIG"
_SYSTEM_FOLDER = Path("/etc/aggregator")


def find(
    explicit: Path | None,
    environment: Mapping[str, str],
    working_directory: Path,
    *,
    system_folder: Path = _SYSTEM_FOLDER,
) -> Path:
    """The configuration to use: the one named, else by `AGGREGATOR_CONFIG`, else the first in the usual places.

    A file that is named must be there. Given `Path()` for a working directory, the path stays relative to it.
    """
    named = explicit or (Path(environment[_VARIABLE]) if environment.get(_VARIABLE) else None)
    places = [named] if named else [Path(_NAME), *_user_file(environment), system_folder / _NAME]
    for place in places:
        if (path := working_directory / place).is_file():
            return path
    looked = ", ".join(str(place) for place in places)
    message = f"not found; looked at {looked}. `aggregator init` writes one, --config or {_VARIABLE} names one"
    raise ConfigError(_NAME, (ConfigMistake(path="file", message=message),))


def load(path: Path, environment: Mapping[str, str]) -> Configuration:
    """The configuration. Raises ConfigError with every mistake, sorted by line."""
    return load_text(read_text(path, str(path)), path, environment)


def load_text(text: str, path: Path, environment: Mapping[str, str]) -> Configuration:
    """The configuration that the text would be if it stood in that file: for trying a change before it is written.

    Raises ConfigError with every mistake, sorted by line.
    """
    shown = str(path)
    file = path.absolute()
    reading = read(parse(text, shown), environment, file.parent)
    packs = read_packs(file.parent / FOLDER, shipped.packs())
    around = Surroundings(environment=environment, agencies=shipped.agencies(), packs=packs.packs)
    if wrong := [*reading.findings, *packs.findings, *mistakes(reading, around)]:
        raise ConfigError(shown, _in_order(wrong, reading, text))
    found = _built(reading, around, file)
    models = read_models(found.models, found.topics)
    # A warning has the form of a mistake but stops nothing.
    odd = ConfigError(shown, _in_order([*warnings(reading), *models.findings], reading, text)).lines()
    return replace(found, learned=models.models, warnings=odd)


def located_in(path: Path, findings: Sequence[tuple[Place, str]]) -> tuple[str, ...]:
    """What others than this room found odd with a configuration, in the form of its warnings: `config.toml:12: ...`."""
    if not findings:
        return ()
    lines = find_lines(read_text(path, path.name))
    told = (located(Finding(place=place, message=message), lines, {}) for place, message in findings)
    return ConfigError(path.name, tuple(told)).lines()


def _in_order(findings: Sequence[Finding], reading: Reading, text: str) -> tuple[ConfigMistake, ...]:
    """Sorted by line; what has none comes last."""
    lines = find_lines(text) if findings else {}
    found = (located(finding, lines, reading.variables) for finding in findings)
    return tuple(sorted(found, key=lambda mistake: mistake.line or math.inf))


def _user_file(environment: Mapping[str, str]) -> list[Path]:
    """XDG Base Directory 0.8: a relative XDG_CONFIG_HOME counts as not set. None where there is no home."""
    folder = Path(environment.get("XDG_CONFIG_HOME", ""))
    home = Path(environment.get("HOME", ""))
    candidates = (folder, home / ".config")
    return [base / "aggregator" / _NAME for base in candidates if base.is_absolute()][:1]


def _built(reading: Reading, around: Surroundings, file: Path) -> Configuration:
    settings = reading.settings
    enabled = (table for table in settings.sources if table.enabled)
    return Configuration(
        file=file,
        site=build.site(settings.site, settings.web.listen),
        storage=Storage(url=settings.storage.url),
        publish=Publish(
            directory=settings.publish.directory,
            command=tuple(settings.publish.command),
            gzip=settings.publish.gzip,
            extensions=settings.publish.extensions,
            pages=settings.publish.pages,
        ),
        web=build.web(settings.web, around.environment),
        websub=Websub(hubs=tuple(dict.fromkeys(settings.websub.hubs))),
        fetch=build.fetch_limits(settings.fetch, settings.site.contact),
        defaults=build.intervals(settings.defaults, settings.defaults),
        sources=tuple(build.source(table, settings.defaults, around.environment) for table in enabled),
        topics=tuple(build.topic(table, settings.sources) for table in settings.topics),
        agencies=build.agencies(settings.agencies, around.agencies),
        packs=around.packs,
    )
