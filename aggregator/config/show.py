"""A configuration -> what it comes to, every default filled in, as TOML would write it; secrets and private addresses hidden."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import tomlkit
from pydantic.fields import FieldInfo

from aggregator.config import build
from aggregator.config.configuration import Intervals, Site
from aggregator.config.reading import parse, read, read_text
from aggregator.config.settings import Settings, SiteTable, SourceTable, Table
from aggregator.config.units import duration_text, size, size_text
from aggregator.config.values import Address

HIDDEN = "…"
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")

Plain = dict[str, object]


def effective(path: Path, environment: Mapping[str, str]) -> Plain:
    """Tables and lists of plain values; keys without a value are left out. The file must be right: `load` says so.

    `auth` shows the name of its variable; the values of headers are hidden, and so is all that a private address may hold.
    """
    text = read_text(path, str(path))
    settings = read(parse(text, str(path)), environment, path.absolute().parent).settings
    shown = _table(settings)
    site = _table(settings.site) | _fields(build.site(settings.site, settings.web.listen))
    shown["site"] = {name: site[name] for name in SiteTable.model_fields if name in site}
    shown["sources"] = [_source(source, settings) for source in settings.sources]
    return shown


def effective_toml(path: Path, environment: Mapping[str, str]) -> str:
    """The same as a file that could be read again, but for what is hidden."""
    return tomlkit.dumps(effective(path, environment))


def _source(source: SourceTable, settings: Settings) -> Plain:
    """With what it has from `[defaults]` and from its kind."""
    republish = source.rights.republish or build.default_right(source)
    return (
        _table(source)
        | {"rights": {"republish": republish.value}}
        | _fields(build.intervals(source, settings.defaults))
    )


def _fields(value: Site | Intervals) -> Plain:
    return {name: plain(getattr(value, name)) for name in value.__slots__ if getattr(value, name) is not None}


def _table(table: Table) -> Plain:
    shown: Plain = {}
    for name in type(table).model_fields:
        value = _value(table, name, getattr(table, name))
        if value is not None:
            shown[name] = value
    if shown.get("private") and "url" in shown:
        shown["url"] = HIDDEN
    return shown


def _value(table: Table, name: str, value: object) -> object:
    """None for what has no value."""
    if name in ("auth", "query_key") and value is not None:
        return f"env:{value}"
    if name == "headers" and isinstance(value, dict):
        return dict.fromkeys(value, HIDDEN) or None  # even an empty one is a mistake at a path
    if name == "listen" and value is None:
        return ""
    if isinstance(value, int) and is_size(type(table).model_fields[name]):
        return size_text(value)
    return plain(value)


def is_size(field: FieldInfo) -> bool:
    """A number of bytes that is written as `10 MiB`."""
    return any(getattr(part, "func", None) is size for part in field.metadata)


def plain(value: object) -> object:
    """A value as it is written in the file."""
    match value:
        case Table():
            return _table(value)
        case list():
            return [plain(item) for item in value]
        case timedelta():
            return duration_text(value)
        case Enum():
            return value.value
        case Address():
            return f"[{value.host}]:{value.port}" if ":" in value.host else f"{value.host}:{value.port}"
        case Path() | IPv4Network() | IPv6Network():
            return str(value)
        case str():
            return _CREDENTIALS.sub(f"{HIDDEN}@", value)
        case _:
            return value
