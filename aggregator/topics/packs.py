# ruff: noqa: TRY004 - whatever is wrong with the data is one kind of mistake to whoever reads the file
"""The data of a term pack (parsed TOML) -> `Pack`. Reading the files is `config`'s.

name = "libya"
description = "..."
sources = "where the forms come from"
extends = "..."                           # another pack, which this one adds to
exclusions = ["Tripoli, Lebanon"]

[concepts.haftar]
label = "Haftar family"
group = "people"
en = ["Haftar", "Hifter"]
ar = ["حفتر"]

[concepts.tripoli]
elsewhere = ["Lebanon"]                   # where the text begins with one of these, and with nothing else of the pack
en = ["Tripoli"]
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from aggregator.model.topic import Concept, Pack
from aggregator.topics.mistakes import suggestion
from aggregator.topics.patterns import patterns

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CONCEPT_KEYS = ("label", "group", "elsewhere")
_PACK_KEYS = ("name", "description", "sources", "extends", "exclusions", "concepts")


def pack_from_mapping(data: Mapping[str, object], known: Sequence[Pack] = ()) -> Pack:
    """The pack of parsed TOML; the languages of a concept are joined in the order written.

    `known`: the packs that it may extend. It then holds all of theirs: forms of a concept that is there are added to it.
    It may keep the name of the pack it extends, to stand in its place, and no other known name.
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
    pack = Pack(
        name=name,
        concepts=tuple(_concept(str(key), value) for key, value in concepts.items()),
        exclusions=tuple(_forms("exclusions", data.get("exclusions", []))),
    )
    pack = _extended(pack, data.get("extends"), {one.name: one for one in known})
    _check_groups(pack)
    return pack


def _extended(pack: Pack, extends: object, known: Mapping[str, Pack]) -> Pack:
    """The pack with all that the one has that it extends, if it extends one."""
    if pack.name in known and extends != pack.name:
        message = (
            f"name: there is a pack '{pack.name}'; choose another name, or add to it with extends = \"{pack.name}\""
        )
        raise ValueError(message)
    if extends is None:
        return pack
    if not isinstance(extends, str) or extends not in known:
        raise ValueError(f"extends: no pack {extends!r}{suggestion(str(extends), tuple(known))}")
    base = known[extends]
    own = {concept.id: concept for concept in pack.concepts}
    concepts = {concept.id: _joined(concept, own.get(concept.id)) for concept in base.concepts}
    return replace(
        pack,
        concepts=tuple((concepts | {key: one for key, one in own.items() if key not in concepts}).values()),
        exclusions=tuple(dict.fromkeys(base.exclusions + pack.exclusions)),
    )


def _joined(concept: Concept, more: Concept | None) -> Concept:
    if more is None:
        return concept
    forms = tuple(dict.fromkeys(concept.forms + more.forms))
    elsewhere = tuple(dict.fromkeys(concept.elsewhere + more.elsewhere))
    return replace(concept, forms=forms, group=more.group or concept.group, elsewhere=elsewhere)


def _check_groups(pack: Pack) -> None:
    """`pack:libya/people` names one thing."""
    ids = {concept.id for concept in pack.concepts}
    for concept in pack.concepts:
        if concept.group in ids:
            raise ValueError(f"concepts.{concept.id}.group: '{concept.group}' is the id of a concept")


def _concept(concept_id: str, data: object) -> Concept:
    path = f"concepts.{concept_id}"
    if not _NAME.fullmatch(concept_id):
        raise ValueError(f"{path}: '{concept_id}' is not a slug such as 'security-council'")
    if not isinstance(data, Mapping):
        raise ValueError(f"{path}: must be a table")
    if not isinstance(data.get("label", ""), str):
        raise ValueError(f"{path}.label: must be a text")
    group = data.get("group")
    if group is not None and not (isinstance(group, str) and _NAME.fullmatch(group)):
        raise ValueError(f"{path}.group: {group!r} is not a slug such as 'people'")
    forms: list[str] = []
    for key, value in data.items():
        if key in _CONCEPT_KEYS:
            continue
        if not _LANGUAGE.fullmatch(str(key)):
            raise ValueError(f"{path}.{key}: unknown key (label, group, elsewhere, or a language such as en, ar, ru)")
        forms.extend(_forms(f"{path}.{key}", value))
    if not forms:
        raise ValueError(f"{path}: has no forms")
    elsewhere = _forms(f"{path}.elsewhere", data.get("elsewhere", []))
    return Concept(
        id=concept_id,
        forms=tuple(dict.fromkeys(forms)),
        group=group,
        elsewhere=tuple(dict.fromkeys(elsewhere)),
    )


def _forms(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, list):
        raise ValueError(f"{path}: must be a list of texts")
    for index, form in enumerate(value):
        if not isinstance(form, str) or not patterns(form):
            raise ValueError(f"{path}[{index}]: {form!r} holds no letter or digit to look for")
        if "*" in form.rstrip()[:-1]:
            raise ValueError(f"{path}[{index}]: '{form}': * may only end a form")
        yield form
