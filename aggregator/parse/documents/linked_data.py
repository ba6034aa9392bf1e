"""The `application/ld+json` of a page -> the article that it describes (https://schema.org/Article)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aggregator.html import printable

_MAX_CHARACTERS = 262_144
_MAX_OBJECTS = 2_000
_KINDS = ("Article", "BlogPosting", "Report", "LiveBlogPosting", "PressRelease")

_Object = Mapping[str, Any]


def article_in(scripts: Iterable[str]) -> "LinkedArticle":
    """The first article that is described; an empty one where there is none."""
    for script in scripts:
        for found in _objects(_load(script)):
            if any(kind.endswith(_KINDS) for kind in _texts(found.get("@type"))):
                return LinkedArticle(found)
    return LinkedArticle({})


class LinkedArticle:
    """Answers by the names of schema.org; a value of an unexpected type counts as absent."""

    def __init__(self, fields: _Object) -> None:
        self._fields = fields

    def text(self, name: str) -> str | None:
        """The first text under the name."""
        return next(iter(self.texts(name)), None)

    def texts(self, name: str) -> list[str]:
        """All texts under the name; of objects their names, else their addresses."""
        return list(_texts(self._fields.get(name)))


def _load(script: str) -> Any:
    """The value, or None for what is no JSON. Some pages frame it as CDATA or end it with a semicolon."""
    text = script.strip().removeprefix("<![CDATA[").removesuffix("]]>").strip().removesuffix(";")
    if len(text) > _MAX_CHARACTERS:
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _objects(value: Any) -> Iterator[_Object]:
    """The objects of a document in their order: it may be a list, or a graph of many."""
    waiting, seen = [value], 0
    while waiting and seen < _MAX_OBJECTS:
        one = waiting.pop(0)
        seen += 1
        if isinstance(one, list):
            waiting[:0] = one[:_MAX_OBJECTS]
        elif isinstance(one, dict):
            yield one
            waiting[:0] = [one[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in one]


def _texts(value: Any) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    for one in values[:100]:
        named = (one.get("name") or one.get("url") or one.get("@id")) if isinstance(one, dict) else one
        if isinstance(named, str) and (text := printable(named).strip()):
            yield text
