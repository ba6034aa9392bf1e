"""What a local document declares of itself: front matter above the text and the sidecar beside it -> `Declared`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from aggregator.dates import parse_date
from aggregator.model.fetch import Sidecar
from aggregator.model.parsed import Declared, Defect
from aggregator.model.source import Republish
from aggregator.urls import is_web

# Written key -> field of `Declared`.
_KEYS = {
    "url": "url",
    "link": "url",
    "date": "date",
    "published": "date",
    "language": "language",
    "lang": "language",
    "rights": "rights",
    "notice": "rights",
    "republish": "republish",
    "headline": "headline",
    "title": "headline",
    "standfirst": "standfirst",
    "summary": "standfirst",
    "agency": "agency",
    "publisher": "publisher",
    "source": "publisher",
    "author": "author",
}
_FENCES = {"---": "---", "+++": "+++"}
_LINE = re.compile(r"(?P<key>[A-Za-z][A-Za-z_-]{0,30})\s*[:=]\s*(?P<value>.*)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_MAX_LINES = 60
_MAX_VALUE = 2000
_RIGHTS = frozenset(right.value for right in Republish)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """`rest` is the text below the block; all of it where there is no block."""

    declared: Declared
    rest: str
    defects: tuple[Defect, ...] = ()


def split_front_matter(text: str) -> FrontMatter:
    """The declarations above the text: fenced by `---` or `+++`, as TOML or `key: value`, or bare lines before a blank one.

    A bare block needs two known keys, or one whose value can be nothing else: "Language: a bridge" is a headline.
    """
    lines = text.lstrip("\n").split("\n")
    fence = _FENCES.get(lines[0].strip())
    if fence:
        end = next((i for i, line in enumerate(lines[1:_MAX_LINES], 1) if line.strip() == fence), None)
        if end and (values := _fenced(lines[1:end])):
            declared, defects = _declare(values, "front matter")
            return FrontMatter(declared=declared, rest="\n".join(lines[end + 1 :]), defects=defects)
    end = next((i for i, line in enumerate(lines[:_MAX_LINES]) if not line.strip()), 0)
    values = _pairs(lines[:end])
    if values and _is_surely_meant(values):
        declared, defects = _declare(values, "front matter")
        return FrontMatter(declared=declared, rest="\n".join(lines[end + 1 :]), defects=defects)
    return FrontMatter(declared=Declared(), rest=text)


def read_sidecar(sidecar: Sidecar | None) -> tuple[Declared, tuple[Defect, ...]]:
    """What the `NAME.toml` beside the document declares; one that cannot be read is a defect, not an error."""
    if sidecar is None:
        return Declared(), ()
    try:
        values = tomllib.loads(sidecar.body.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Declared(), (Defect(kind="sidecar", detail=f"{sidecar.name} is not TOML: {error}"[:200]),)
    return _declare(values, sidecar.name)


def over(winner: Declared, other: Declared) -> Declared:
    """Both together; where both speak, `winner` does."""
    missing = {name: getattr(other, name) for name in set(_KEYS.values()) if getattr(winner, name) is None}
    return replace(winner, **missing)


def _fenced(lines: list[str]) -> Mapping[str, object] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return _pairs(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _pairs(lines: Iterable[str]) -> dict[str, object] | None:
    """Lines of `key: value`; None where one of them is anything else."""
    pairs: dict[str, object] = {}
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        if not found:
            return None
        pairs[found["key"]] = found["value"].strip().strip("\"'")
    return pairs


def _is_surely_meant(values: Mapping[str, object]) -> bool:
    known = [(_KEYS[key.lower()], str(value)) for key, value in values.items() if key.lower() in _KEYS]
    return len(known) >= 2 or any(
        name in ("url", "date", "language") and _refusal(name, value) is None for name, value in known
    )


def _declare(values: Mapping[str, object], where: str) -> tuple[Declared, tuple[Defect, ...]]:
    fields: dict[str, str] = {}
    defects: list[Defect] = []
    for key, value in _flat(values):
        name = _KEYS.get(key.lower())
        written = _written(value)
        if name is None:
            reason: str | None = "unknown key"
        elif written is None:
            reason = "a text is wanted"
        else:
            reason = _refusal(name, written)
        if reason:
            defects.append(Defect(kind="declared", detail=f"{where}: {key}: {reason}"[:200]))
        elif name and written:
            fields["republish" if name == "rights" and written in _RIGHTS else name] = written
    return Declared(**fields), tuple(defects)


def _flat(values: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    """`rights = { republish = "excerpt", notice = "..." }` is written as in the configuration."""
    for key, value in values.items():
        if key.lower() == "rights" and isinstance(value, Mapping):
            yield from value.items()
        else:
            yield key, value


def _written(value: object) -> str | None:
    """The value as text; TOML has dates and numbers of its own."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return " ".join(str(value).split())[:_MAX_VALUE]
    return None


def _refusal(name: str, value: str) -> str | None:
    """Why the value cannot be taken, or None."""
    if name == "url" and value and not is_web(value):
        return f"'{value[:80]}' is not an http or https address"
    if name == "date" and value and parse_date(value) is None:
        return f"'{value[:80]}' is not a date (write 2020-11-25, 2020-11-25T10:00:00Z or 2020)"
    if name == "language" and value and not _LANGUAGE.fullmatch(value):
        return f"'{value[:80]}' is not a language tag (write en, ar or pt-BR)"
    if name == "republish" and value and value not in _RIGHTS:
        return f"'{value[:80]}' is not one of {', '.join(sorted(_RIGHTS))}"
    return None
