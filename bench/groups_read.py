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

    uri: str
    source: str
    outlet: str
    """The host of its page, else the source."""
    language: str
    at: datetime
    headline: str
    lead: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles that were put together; `one` has the smaller uri, so that a pair has one name."""

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
    """Everything that was put together."""

    texts: Mapping[str, Read]
    copies: Mapping[str, list[str]]
    stories: Mapping[str, list[str]]
    why: Mapping[tuple[str, str], str]
    """By (group, article)."""

    def draw(self) -> list[Pair]:
        """Two hundred pairs, always the same of the same groups: where a few groups change, so do a few pairs."""
        copies = self._pairs(self.copies, "copy", set())
        stories = self._pairs(self.stories, "story", {(pair.one, pair.other) for pair in copies})
        drawn = sorted(copies, key=_drawn)[:MOST_COPIES]
        stories.sort(key=lambda pair: (not pair.is_of_two_outlets, _drawn(pair)))
        return drawn + stories[: PAIRS - len(drawn)]

    def _pairs(self, homes: Mapping[str, list[str]], kind: str, known: set[tuple[str, str]]) -> list[Pair]:
        found = {pair for members in homes.values() for pair in combinations(sorted(members), 2)} - known
        return [
            Pair(one, other, kind, self.texts[one].outlet != self.texts[other].outlet) for one, other in sorted(found)
        ]


def sample(names: Iterable[str], count: int) -> Sequence[str]:
    """So many of them, by a digest."""
    return sorted(names, key=_digest)[:count]


def _drawn(pair: Pair) -> bytes:
    return _digest(f"{pair.one}\n{pair.other}")


def _digest(name: str) -> bytes:
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
        "precision": round(right / len(read), 4) if read else 0.0,
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
