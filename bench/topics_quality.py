"""Labelled items -> precision, recall and F1 of the shipped Libya diplomacy topic, as a table and as JSON.

    python bench/topics_quality.py DATA

DATA is the folder that holds `topics/libya_diplomacy.jsonl` (title, text, label, borderline), or that file itself.
"""

import json
import sys
import tomllib
from collections import Counter
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.topic import Pack, Topic
from aggregator.topics.match import Matcher, compile_topics
from aggregator.topics.packs import pack_from_mapping

QUERIES = (
    "pack:libya AND pack:diplomacy",
    "title:(pack:libya) AND pack:diplomacy",
    "title:(pack:libya) AND title:(pack:diplomacy)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well a query finds the items labelled diplomacy; borderline items are counted apart."""

    query: str
    items: int
    found: int
    precision: float
    recall: float
    f1: float
    borderline_matched: int


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python bench/topics_quality.py DATA", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    path = path / "topics" / "libya_diplomacy.jsonl" if path.is_dir() else path
    if not path.is_file():
        print(f"no labelled items at {path}: nothing to measure")
        return 0
    items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    results = [measure(query, items) for query in QUERIES]
    print_table(results)
    print(json.dumps([asdict(result) for result in results]))
    return 0


def measure(query: str, items: list[dict[str, str]]) -> Quality:
    """Run the real matcher over the items."""
    matcher = compile_topics((Topic(id="measured", title="Measured", query=query),), shipped_packs())
    counts: Counter[tuple[bool, bool]] = Counter()
    borderline = 0
    for item in items:
        is_met = is_matched(matcher, item)
        if item["borderline"]:
            borderline += is_met
        else:
            counts[item["label"] == "diplomacy", is_met] += 1
    found, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    return Quality(
        query=query,
        items=counts.total(),
        found=found,
        precision=round(found / max(found + wrong, 1), 3),
        recall=round(found / max(found + missed, 1), 3),
        f1=round(2 * found / max(2 * found + wrong + missed, 1), 3),
        borderline_matched=borderline,
    )


def is_matched(matcher: Matcher, item: dict[str, str]) -> bool:
    article = Article(
        headline=item["title"],
        summary_text=item["text"] or None,
        completeness=Completeness.EXCERPT,
        publisher=Publisher(source_id="measured", name="Measured"),
        rights=Rights(republish=Republish.EXCERPT),
        origin=OriginSource(),
    )
    return bool(matcher.match(article, "measured"))


def shipped_packs() -> tuple[Pack, ...]:
    folder = resources.files("aggregator.topics") / "packs"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(pack_from_mapping(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files)


def print_table(results: list[Quality]) -> None:
    print(f"{'query':<48} {'items':>6} {'found':>6} {'P':>6} {'R':>6} {'F1':>6} {'borderline':>11}")
    for one in results:
        print(
            f"{one.query:<48} {one.items:>6} {one.found:>6} {one.precision:>6.3f} {one.recall:>6.3f} {one.f1:>6.3f}"
            f" {one.borderline_matched:>11}"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
