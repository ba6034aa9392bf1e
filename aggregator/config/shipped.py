"""The data files of the package -> the agencies and term packs that ship.

They cannot change while the program runs, so each is read once.
"""

import tomllib
from functools import lru_cache
from importlib.resources import files

from aggregator.model.source import AgencyName
from aggregator.model.topic import Pack
from aggregator.topics.packs import pack_from_mapping

# Addressed from the root package: asking for a room's own files would import the room and its libraries.
_ROOT = files("aggregator")


@lru_cache(maxsize=1)
def agencies() -> tuple[AgencyName, ...]:
    """In the order of the file."""
    listed = tomllib.loads((_ROOT / "datelines" / "agencies.toml").read_text("utf-8"))["agencies"]
    return tuple(AgencyName(id=item["id"], name=item["name"], forms=tuple(item["forms"])) for item in listed)


@lru_cache(maxsize=1)
def packs() -> tuple[Pack, ...]:
    """Sorted by file name."""
    found = sorted((_ROOT / "topics" / "packs").iterdir(), key=lambda file: file.name)
    texts = (file.read_text("utf-8") for file in found if file.name.endswith(".toml"))
    return tuple(pack_from_mapping(tomllib.loads(text)) for text in texts)
