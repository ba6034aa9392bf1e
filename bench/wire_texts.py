"""Wire texts with what is printed in them -> headline, place, agency and day as read, the years that were known, the traps.

    python bench/wire_texts.py DATA

DATA holds `wire_texts/`: `expected.jsonl` (file, title, dateline_city, date, dateline_date, agency; null = not in the text) and the texts. Each is
read as a file of a folder would be, without a time of its own. The traps are ours, `tests/wire/`: texts that look as if they had a
dateline, and have none.
"""

import json
import re
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aggregator.config.shipped import agencies
from aggregator.model.article import Article
from aggregator.model.fetch import Document, Fetched
from aggregator.model.source import Announce, Republish, Source, SourceKind, Validators
from aggregator.reading.read import Desk, read
from aggregator.text import digest, folded
from aggregator.topics.match import compile_topics

FIELDS = ("headline", "place", "agency", "day")
_BELIEVED = 0.5
"""From this confidence on a date is used (rules R8)."""
_NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
_TRAPS = Path(__file__).parents[1] / "tests" / "wire"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A text as it was read, beside what stands in it; `right` says which fields agree."""

    file: str
    right: dict[str, bool]
    seen: dict[str, str]
    wanted: dict[str, str]
    year: str
    """`right`, `wrong` or `unknown`; `wrong` is worse: it would be published."""
    year_is_printed: bool
    """So that rule R7 can know it."""

    @property
    def is_right(self) -> bool:
        return all(self.right.values())


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python bench/wire_texts.py DATA", file=sys.stderr)
        return 2
    folder = Path(arguments[0]) / "wire_texts"
    if not (folder / "expected.jsonl").is_file():
        print(f"no wire texts in {folder}: nothing to measure")
        return 0
    lines = (folder / "expected.jsonl").read_text("utf-8").splitlines()
    found = [compare(folder, json.loads(line)) for line in lines if line]
    caught, traps = traps_caught()
    print_table(found, caught, traps)
    print(json.dumps(summary(found, caught, traps), ensure_ascii=False))
    return 0 if not caught else 1


def compare(folder: Path, expected: dict[str, Any]) -> Found:
    """Read one text and hold each field against what a person read in it."""
    article = article_of(folder / expected["file"])
    dateline = article.dateline if article else None
    created = article.content_created if article else None
    city = expected["dateline_city"] or ""
    wanted = {
        "headline": expected["title"],
        "place": city,
        "agency": expected["agency"] or "",
        "day": wanted_day(expected),
    }
    seen = {
        "headline": article.headline if article else "",
        "place": dateline.places[0].name if dateline and dateline.places else "",
        "agency": article.agency.name if article and article.agency else "",
        "day": f"{created.value:%m-%d}" if created and created.precision.value in ("day", "minute", "second") else "",
    }
    right = {name: folded(seen[name]) == folded(wanted[name]) for name in FIELDS}
    right["agency"] = is_agency(article, wanted["agency"])
    right["headline"] = right["headline"] or not wanted["headline"]  # a text without one is called by its first words
    year = year_of(expected)
    is_known = created is not None and created.confidence >= _BELIEVED
    told = "unknown" if not is_known else "right" if created and created.value.year == year else "wrong"
    return Found(
        file=Path(expected["file"]).name,
        right=right,
        seen=seen,
        wanted=wanted,
        year=told,
        year_is_printed=bool(expected["year_in_text"]),
    )


def article_of(path: Path) -> Article | None:
    """The text as a folder's file; None where it could not be read."""
    source = Source(
        id="wire", kind=SourceKind.FOLDER, path=path.parent, republish=Republish.FULL, announce=Announce.ALL
    )
    document = Document(key=path.name, body=path.read_bytes(), digest=digest(path.read_bytes()))
    fetched = Fetched(documents=(document,), validators=Validators(), url=None, body_bytes=len(document.body))
    desk = Desk(agencies=agencies(), matcher=compile_topics((), ()), site_title="Measured")
    reading = read(source, fetched, frozenset(), desk, _NOW)
    sightings = [sighting for one in reading.documents for sighting in one.sightings]
    return sightings[0].article if sightings else None


def is_agency(article: Article | None, wanted: str) -> bool:
    """By any of its names; of two that share a credit either is right."""
    if article is None or article.agency is None or not wanted:
        return not wanted and (article is None or article.agency is None)
    known = next((one for one in agencies() if one.id == article.agency.id), None)
    names = {folded(name) for name in (article.agency.name, *(known.forms if known else ()))}
    return any(folded(part) in names for part in (wanted, *wanted.split("/")))


def wanted_day(expected: dict[str, Any]) -> str:
    """Month and day as they are printed; "" where none is."""
    printed = expected["dateline_date"]
    if not printed:
        return ""
    if expected["date"]:
        return f"{date.fromisoformat(expected['date']):%m-%d}"
    month, day = re.fullmatch(r"([A-Z][a-z]{2})[a-z]*\.? (\d+)", printed).groups()  # type: ignore[union-attr]
    return f"{_MONTHS.index(month.lower()) + 1:02}-{int(day):02}"


def year_of(expected: dict[str, Any]) -> int | None:
    """The year in which it was written, where a person found it out."""
    if expected["date"]:
        return date.fromisoformat(expected["date"]).year
    noted = re.search(r"\b(?:19|20)\d\d\b", expected["note"]) if expected["dateline_date"] else None
    return int(noted[0]) if noted else None


def traps_caught() -> tuple[list[str], int]:
    """The traps in which a dateline was seen, and how many there are."""
    cases = [
        path for path in sorted(_TRAPS.glob("*.json")) if json.loads(path.read_text("utf-8")).get("dateline", 0) is None
    ]
    caught = []
    for case in cases:
        article = article_of(case.with_suffix(".txt"))
        if article is not None and article.dateline is not None:
            caught.append(f"{case.stem}: {article.dateline.raw}")
    return caught, len(cases)


def print_table(found: list[Found], caught: list[str], traps: int) -> None:
    print(f"{'field':<10} {'right':>6} {'of':>4}")
    for name in FIELDS:
        print(f"{name:<10} {sum(one.right[name] for one in found):>6} {len(found):>4}")
    print(f"{'all':<10} {sum(one.is_right for one in found):>6} {len(found):>4}")
    years = [one.year for one in found]
    printed = [one.year for one in found if one.year_is_printed]
    print(f"years that the text names: {printed.count('right')} of {len(printed)} right")
    print(f"years: {years.count('right')} right, {years.count('wrong')} wrong, {years.count('unknown')} left open")
    print(f"traps: {len(caught)} of {traps} taken for a dateline")
    for one in found:
        for name in FIELDS:
            if not one.right[name]:
                print(f"  {one.file}: {name}: read '{one.seen[name]}', printed '{one.wanted[name]}'")
        if one.year == "wrong" or (one.year_is_printed and one.year != "right"):
            print(f"  {one.file}: its year: {one.year}")
    for line in caught:
        print(f"  trap {line}")


def summary(found: list[Found], caught: list[str], traps: int) -> dict[str, Any]:
    years = [one.year for one in found]
    return {
        "texts": len(found),
        "all": sum(one.is_right for one in found),
        **{name: sum(one.right[name] for one in found) for name in FIELDS},
        "years": {name: years.count(name) for name in ("right", "wrong", "unknown")},
        "years_printed": sum(one.year_is_printed for one in found),
        "years_printed_right": sum(one.year_is_printed and one.year == "right" for one in found),
        "traps": traps,
        "traps_caught": len(caught),
        "misses": [one.file for one in found if not one.is_right],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
