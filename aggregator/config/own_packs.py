"""The folder `packs/` beside the configuration -> the user's term packs beside those that ship, and what is wrong with them."""

import tomllib
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator.config.findings import Finding
from aggregator.model.topic import Pack
from aggregator.topics.packs import pack_from_mapping

FOLDER = "packs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packs:
    """`packs`: those that ship, each as a pack of the user extends it, then the user's others by file name."""

    packs: tuple[Pack, ...]
    findings: tuple[Finding, ...] = ()


def read_packs(folder: Path, shipped: Sequence[Pack]) -> Packs:
    """The packs of all `*.toml` in the folder, if there is one. A file with a mistake is left out and found."""
    own: dict[str, Pack] = {}
    findings: list[Finding] = []
    for file in _files(folder):
        try:
            pack = _read(file, shipped, own)
        except (OSError, ValueError) as error:
            # A mistake in TOML and one in UTF-8 are ValueErrors too.
            findings.append(Finding(place=(f"{FOLDER}/{file.name}",), message=str(error)))
        else:
            own[pack.name] = pack
    packs = tuple(({pack.name: pack for pack in shipped} | own).values())
    return Packs(packs=packs, findings=tuple(findings))


def _read(file: Path, shipped: Sequence[Pack], own: Container[str]) -> Pack:
    pack = pack_from_mapping(tomllib.loads(file.read_text("utf-8")), shipped)
    if pack.name in own:
        raise ValueError(f"name: another file of this folder has a pack '{pack.name}'")
    return pack


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(file for file in folder.iterdir() if file.suffix == ".toml")
