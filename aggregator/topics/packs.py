# ruff: noqa: TRY004 - whatever is wrong with the data is one kind of mistake to whoever reads the file
"""The data of a term pack (parsed TOML) -> `Pack`. Reading the files is `config`'s.

name = "libya"
description = "..."
sources = "where the forms come from"
exclusions = ["Tripoli, Lebanon"]

[concepts.haftar]
label = "Haftar family"
en = ["Haftar", "Hifter"]
ar = ["حفتر"]
"""

import re
from collections.abc import Iterator, Mapping

from aggregator.model.topic import Concept, Pack
from aggregator.topics.patterns import patterns

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PACK_KEYS = ("name", "description", "sources", "exclusions", "concepts")


def pack_from_mapping(data: Mapping[str, object]) -> Pack:
    """The pack of parsed TOML; the languages of a concept are joined in the order written.

    Raises ValueError that says which entry is wrong and why.
    """
    name = data.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name: {name!r} is not a slug such as 'libya'")
    for key in data:
        if key not in _PACK_KEYS:
            raise ValueError(f"{key}: unknown key (known: {', '.join(_PACK_KEYS)})")
    for key in ("description", "sources"):
        if not isinstance(data.get(key, ""), str):
            raise ValueError(f"{key}: must be a text")
    concepts = data.get("concepts")
    if not isinstance(concepts, Mapping) or not concepts:
        raise ValueError("concepts: a pack needs at least one [concepts.<id>]")
    return Pack(
        name=name,
        concepts=tuple(_concept(str(key), value) for key, value in concepts.items()),
        exclusions=tuple(_forms("exclusions", data.get("exclusions", []))),
    )


def _concept(concept_id: str, data: object) -> Concept:
    path = f"concepts.{concept_id}"
    if not _NAME.fullmatch(concept_id):
        raise ValueError(f"{path}: '{concept_id}' is not a slug such as 'security-council'")
    if not isinstance(data, Mapping):
        raise ValueError(f"{path}: must be a table")
    if not isinstance(data.get("label", ""), str):
        raise ValueError(f"{path}.label: must be a text")
    forms: list[str] = []
    for key, value in data.items():
        if key == "label":
            continue
        if not _LANGUAGE.fullmatch(str(key)):
            raise ValueError(f"{path}.{key}: unknown key (label, or a language such as en, ar, ru)")
        forms.extend(_forms(f"{path}.{key}", value))
    if not forms:
        raise ValueError(f"{path}: has no forms")
    return Concept(id=concept_id, forms=tuple(dict.fromkeys(forms)))


def _forms(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, list):
        raise ValueError(f"{path}: must be a list of texts")
    for index, form in enumerate(value):
        if not isinstance(form, str) or not patterns(form):
            raise ValueError(f"{path}[{index}]: {form!r} holds no letter or digit to look for")
        if "*" in form.rstrip()[:-1]:
            raise ValueError(f"{path}[{index}]: '{form}': * may only end a form")
        yield form
