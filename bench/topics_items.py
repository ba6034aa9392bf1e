"""The labelled items of Libya diplomacy: what an item is, and which kinds of text among them are easily mistaken."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A headline with a summary, as labelled by reading."""

    id: str
    title: str
    text: str
    language: str
    is_diplomacy: bool
    is_borderline: bool
    is_on_libya: bool
    """Not labelled `other`."""
    in_passing: bool
    """Libya is named in the text alone, or the label says so."""
    kind: str
    """What the label says of an item on Libya that is not diplomacy: `migration`, `culture_sport` ..."""

    @property
    def was_seen(self) -> bool:
        """Whether the errors of its half were read while the rule was made; of the other half only the counts, until the end."""
        return md5(self.id.encode(), usedforsecurity=False).digest()[0] % 2 == 0


def load(path: Path) -> list[Item]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [
        Item(
            id=row["id"],
            title=row["title"],
            text=row["text"] or "",
            language=row["lang"],
            is_diplomacy=row["label"] == "diplomacy",
            is_borderline=row["borderline"],
            is_on_libya=row["label"] != "other",
            in_passing=row["mention"] == "body" or row.get("sub") == "passing",
            kind=row.get("sub") or "",
        )
        for row in rows
    ]


def as_article(title: str, text: str) -> Article:
    return Article(
        headline=title,
        summary_text=text or None,
        completeness=Completeness.EXCERPT,
        publisher=Publisher(source_id="measured", name="Measured"),
        rights=Rights(republish=Republish.EXCERPT),
        origin=OriginSource(),
    )


def load_ours(path: Path) -> list[Item]:
    """The texts of a test's file (`tests/topics/texts`): the class of which the labelled items have none."""
    return [
        Item(
            id=f"ours-{language}-{side}-{number}",
            title=text.split("\n")[0],
            text="\n".join(text.split("\n")[1:]),
            language=language,
            is_diplomacy=side == "match",
            is_borderline=False,
            is_on_libya=side == "match",
            in_passing=False,
            kind="",
        )
        for language, sides in tomllib.loads(path.read_text("utf-8"))["texts"].items()
        for side, texts in sides.items()
        for number, text in enumerate(texts)
    ]


HARD_CLASSES: tuple[tuple[str, str, Callable[[Item], bool]], ...] = (
    ("sports", "pack:sport", lambda item: item.kind == "culture_sport"),
    ("migration", "pack:migration", lambda item: item.kind == "migration"),
    ("passing mention", "", lambda item: item.in_passing),
)
"""Name; the query of which an item is one, or a test of its label."""
