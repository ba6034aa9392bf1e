"""Labelled items -> how well the shipped topic Libya diplomacy finds them, beside plain queries, as tables and as JSON.

    python bench/topics_quality.py DATA

DATA is the folder that holds `topics/libya_diplomacy.jsonl` (title, text, label, borderline) and whatever else the baselines and
the check on noise read, or that file itself. The topic is that of `config.toml`. Items labelled borderline count apart.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import topics_noise
from topics_baselines import BOOLEAN, best_cut, bm25_scores
from topics_items import HARD_CLASSES, Item, as_article, load, load_ours

from aggregator.config import load as load_configuration
from aggregator.model.topic import Match, Pack, Topic
from aggregator.topics.match import Matcher, compile_topics

TOPIC = "libya-diplomacy"
PLAIN = "pack:libya AND pack:diplomacy"
ERRORS = 10
OURS = Path(__file__).parent.parent / "tests" / "topics" / "texts" / "lebanese_tripoli.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well the items labelled diplomacy are found; `wanted` is their number, `borderline` those found among the doubtful."""

    what: str
    items: int
    wanted: int
    found: int
    wrong: int
    precision: float
    recall: float
    f1: float
    borderline: int = 0


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python bench/topics_quality.py DATA", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    path = folder / "topics" / "libya_diplomacy.jsonl" if folder.is_dir() else folder
    if not path.is_file():
        print(f"no labelled items at {path}: nothing to measure")
        return 0
    bench = Bench(load(path))
    results = bench.tell(folder / "wire_texts" / "libya-russia.txt")
    noise = path.parent / topics_noise.FILE
    counted = topics_noise.tell(noise, bench.matcher) if noise.is_file() else None
    print(json.dumps({"quality": [asdict(result) for result in results], "noise": counted}))
    return 0


class Bench:
    """The items with the answer of the shipped topic to each."""

    def __init__(self, items: list[Item]) -> None:
        configuration = load_configuration(Path(__file__).parent.parent / "config.toml", {})
        query = next(topic.query for topic in configuration.topics if topic.id == TOPIC)
        self.packs = configuration.packs
        self.items = items
        self.matcher = compiled(query, self.packs)
        self.matches = [match(self.matcher, item) for item in items]

    def tell(self, seed: Path) -> list[Quality]:
        """Print and return every table."""
        rules = [
            self.measured("shipped topic"),
            self.measured("shipped topic, the half whose errors were read first", lambda item: item.was_seen),
            self.measured("shipped topic, the half whose errors were read last", lambda item: not item.was_seen),
            measured(PLAIN, self.items, self._answers(PLAIN)),
            measured(f"baseline: {BOOLEAN}", self.items, self._answers(BOOLEAN)),
            *self._bm25(seed),
        ]
        print_table("rule", rules)
        by_language = list(self._by_language())
        print_table("language", by_language)
        hard = list(self._hard_classes())
        print_table("hard class", hard)
        self._tell_errors()
        return [*rules, *by_language, *hard]

    def measured(self, what: str, of: Callable[[Item], bool] = lambda _: True) -> Quality:
        chosen = [(item, found is not None) for item, found in zip(self.items, self.matches, strict=True) if of(item)]
        return measured(what, [item for item, _ in chosen], [found for _, found in chosen])

    def _answers(self, query: str) -> list[bool]:
        matcher = compiled(query, self.packs)
        return [match(matcher, item) is not None for item in self.items]

    def _bm25(self, seed: Path) -> Iterator[Quality]:
        """The cut is chosen on the items that count, then asked of all."""
        if not seed.is_file():
            return
        scores = bm25_scores(seed.read_text("utf-8"), [f"{item.title}\n{item.text}" for item in self.items])
        certain = [
            (score, item.is_diplomacy) for score, item in zip(scores, self.items, strict=True) if not item.is_borderline
        ]
        kept = best_cut([score for score, _ in certain], [wanted for _, wanted in certain])
        cut = min(score for (score, _), is_kept in zip(certain, kept, strict=True) if is_kept)
        yield measured("baseline: BM25, the seed text as query", self.items, [score >= cut for score in scores])

    def _by_language(self) -> Iterator[Quality]:
        for language in sorted({item.language for item in self.items}):
            yield self.measured(language, partial(_speaks, language))
        yield self.measured("all but English", lambda item: item.language != "en")

    def _hard_classes(self) -> Iterator[Quality]:
        """Where nothing is wanted, only the wrong ones tell anything."""
        for name, query, is_labelled in HARD_CLASSES:
            yield self.measured(name, partial(_is_of_either, self._about(query) if query else set(), is_labelled))
        diplomacy = self._about("pack:diplomacy")
        yield self.measured("other countries' diplomacy", lambda item: item.id in diplomacy and not item.is_on_libya)
        ours = load_ours(OURS)
        answers = [match(self.matcher, item) is not None for item in ours]
        yield measured("Lebanese Tripoli (none among the items: texts of ours)", ours, answers)

    def _about(self, query: str) -> set[str]:
        return {item.id for item, answer in zip(self.items, self._answers(query), strict=True) if answer}

    def _tell_errors(self) -> None:
        """What is published wrongly by falling score, then what is missed, each with the terms that speak for and against it."""
        certain = [
            (item, found) for item, found in zip(self.items, self.matches, strict=True) if not item.is_borderline
        ]
        wrong = [(found.score, item, found) for item, found in certain if found and not item.is_diplomacy]
        missed = [item for item, found in certain if item.is_diplomacy and not found]
        print(f"\nthe {ERRORS} worst of {len(wrong) + len(missed)} errors")
        ranked = sorted(wrong, key=lambda one: (-one[0], one[1].id))
        for score, item, found in ranked[:ERRORS]:
            print(f"  wrong  {item.id} {item.language} score {score:g}: {item.title}\n         for it: {terms(found)}")
        everything = compiled(f"* ({' OR '.join(f'pack:{pack.name}' for pack in self.packs)})", self.packs)
        for item in missed[: max(ERRORS - len(wrong), 0)]:
            there = match(everything, item)
            print(
                f"  missed {item.id} {item.language}: {item.title}\n         has: {terms(there) if there else 'no term'}"
            )


def _speaks(language: str, item: Item) -> bool:
    return item.language == language


def _is_of_either(about: set[str], is_labelled: Callable[[Item], bool], item: Item) -> bool:
    return item.id in about or is_labelled(item)


def compiled(query: str, packs: tuple[Pack, ...]) -> Matcher:
    return compile_topics((Topic(id="measured", title="Measured", query=query),), packs)


def match(matcher: Matcher, item: Item) -> Match | None:
    return next(iter(matcher.match(as_article(item.title, item.text), "measured")), None)


def terms(found: Match) -> str:
    """The concepts that were found, with the term and the field of the first place of each."""
    places = {
        one.concept or one.term: f"{one.concept or 'term'} '{one.term}' ({one.field})" for one in found.evidence[::-1]
    }
    return ", ".join(list(places.values())[::-1]) or "no term"


def measured(what: str, items: Sequence[Item], answers: Sequence[bool]) -> Quality:
    certain = [
        (item.is_diplomacy, answer) for item, answer in zip(items, answers, strict=True) if not item.is_borderline
    ]
    found, wrong, missed = certain.count((True, True)), certain.count((False, True)), certain.count((True, False))
    return Quality(
        what=what,
        items=len(certain),
        wanted=found + missed,
        found=found,
        wrong=wrong,
        precision=round(found / max(found + wrong, 1), 3),
        recall=round(found / max(found + missed, 1), 3),
        f1=round(2 * found / max(2 * found + wrong + missed, 1), 3),
        borderline=sum(answer for item, answer in zip(items, answers, strict=True) if item.is_borderline),
    )


def print_table(head: str, results: list[Quality]) -> None:
    print(
        f"\n{head:<62} {'items':>6} {'wanted':>7} {'found':>6} {'wrong':>6} {'P':>6} {'R':>6} {'F1':>6} {'borderline':>11}"
    )
    for one in results:
        shares = (
            f"{one.precision:>6.3f} {one.recall:>6.3f} {one.f1:>6.3f}" if one.wanted else f"{'-':>6} {'-':>6} {'-':>6}"
        )
        print(
            f"{one.what:<62} {one.items:>6} {one.wanted:>7} {one.found:>6} {one.wrong:>6} {shares} {one.borderline:>11}"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
