"""Groups and stories -> pairs drawn by a digest; what a person said of them -> precision, with the interval it leaves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

_SEED = "groups 2"
PAIRS = 200
MOST_COPIES = 100
_RIGHT = {"copy": {"same report"}, "story": {"same report", "same event"}}
_VERDICTS = frozenset({"same report", "same event", "related", "wrong"})
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Read:
    """An article as far as a reader of pairs needs it."""

    name: str
    """The same in every run."""
    source: str
    outlet: str
    """The host of its page, else the source."""
    language: str
    at: datetime
    headline: str
    lead: str


@dataclass(frozen=True, slots=True)
class Group:
    """Articles that were put together, each with why."""

    members: Mapping[str, str]

    @property
    def name(self) -> str:
        return min(self.members)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles that were put together, the smaller name first, so that a pair has one name."""

    one: str
    other: str
    kind: str
    """copy or story."""
    is_of_two_outlets: bool

    @property
    def key(self) -> tuple[str, str, str]:
        return self.one, self.other, self.kind


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was put together; texts by name."""

    texts: Mapping[str, Read]
    copies: Sequence[Group]
    stories: Sequence[Group]

    @property
    def kinds(self) -> tuple[tuple[str, Sequence[Group]], ...]:
        return ("copies", self.copies), ("story", self.stories)

    def draw(self) -> list[Pair]:
        """Two hundred pairs, always the same of the same groups: where a few groups change, so do a few pairs."""
        copies = self._pairs(self.copies, "copy")
        known = {(pair.one, pair.other) for pair in copies}
        stories = [pair for pair in self._pairs(self.stories, "story") if (pair.one, pair.other) not in known]
        first = sorted(copies, key=_drawn)[:MOST_COPIES]
        stories.sort(key=lambda pair: (not pair.is_of_two_outlets, _drawn(pair)))
        return first + stories[: PAIRS - len(first)]

    def _pairs(self, groups: Iterable[Group], kind: str) -> list[Pair]:
        return [
            Pair(one, other, kind, self.texts[one].outlet != self.texts[other].outlet)
            for group in groups
            for one, other in combinations(sorted(group.members), 2)
        ]


def _drawn(pair: Pair) -> bytes:
    return drawn(f"{pair.one} {pair.other}")


def drawn(name: str) -> bytes:
    """The order in which things of these names are drawn."""
    return blake2b(f"{_SEED}\n{name}".encode(), digest_size=8).digest()


def read_verdicts(path: Path) -> dict[tuple[str, str, str], str]:
    """What was said of each pair."""
    found = {}
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        said = json.loads(line)
        if said["verdict"] not in _VERDICTS:
            raise SystemExit(
                f"{path.name}: {said['one']}: unknown verdict {said['verdict']!r}, not of {sorted(_VERDICTS)}"
            )
        found[said["one"], said["other"], said["kind"]] = said["verdict"]
    return found


def scored(pairs: Sequence[Pair], verdicts: Mapping[tuple[str, str, str], str]) -> list[dict[str, Any]]:
    """Precision of the pairs that were read: copies, stories by outlets, and all."""
    parts = {
        "copies": [pair for pair in pairs if pair.kind == "copy"],
        "stories, two outlets": [pair for pair in pairs if pair.kind == "story" and pair.is_of_two_outlets],
        "stories, one outlet": [pair for pair in pairs if pair.kind == "story" and not pair.is_of_two_outlets],
        "stories": [pair for pair in pairs if pair.kind == "story"],
        "all": list(pairs),
    }
    return [_scored(name, part, verdicts) for name, part in parts.items()]


def _scored(name: str, pairs: Sequence[Pair], verdicts: Mapping[tuple[str, str, str], str]) -> dict[str, Any]:
    read = [(pair, verdicts[pair.key]) for pair in pairs if pair.key in verdicts]
    right = sum(verdict in _RIGHT[pair.kind] for pair, verdict in read)
    low, high = wilson(right, len(read))
    return {
        "part": name,
        "drawn": len(pairs),
        "read": len(read),
        "false": len(read) - right,
        "precision": round(right / len(read), 4) if read else None,
        "low": round(low, 4),
        "high": round(high, 4),
    }  # fmt: skip


def wilson(right: int, count: int) -> tuple[float, float]:
    """The interval of a share, 95 % (Wilson 1927): sound for small counts and for shares near 1."""
    if not count:
        return 0.0, 1.0
    share = right / count
    middle = share + _Z**2 / (2 * count)
    spread = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return (middle - spread) / (1 + _Z**2 / count), (middle + spread) / (1 + _Z**2 / count)
