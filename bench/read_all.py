"""Reads every recorded document through parse and normalise, and holds pruned parsing against whole parsing.

    .venv/bin/python bench/read_all.py DATA

DATA holds `feeds_real/`, `feeds_series/` and `feedvalidator_testcases/`. The first table counts documents, entries, defects and
refusals, and holds the number of entries against the manifests; of the validator's cases, each of which has one thing wrong or
shows one that is right, those of feeds. The next tables say it by format, language and defect. Then each snapshot of a series is
read twice, whole and without the items of the snapshot before it (a single document: without every second item of its own), and
the entries are held against each other. Every headline is looked through for mojibake.
The last line is JSON. Exit 1 on an exception, on a document that is silently empty, on a headline that is mojibake, on a document
that the validator calls right and we refuse, or where pruning changes an entry.
"""

import json
import re
import sys
import tarfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aggregator.dedup import source_uri
from aggregator.errors import AggregatorError
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.model.source import Source, SourceKind
from aggregator.normalise import Context, normalise, origin_of, origin_updated
from aggregator.parse import parse
from aggregator.parse.mojibake import is_scrambled

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://feeds.example.org/feed.xml"
SOURCE = Source(id="bench", kind=SourceKind.FEED, url=URL)
_SHOWN = 12
_OF_FEEDS = ("atom/", "ext/", "rss", "xml/")
"""Folders of the validator's cases; the others are of maps, shops, search and lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A document as it was captured; `items` is what the manifest counts in it."""

    name: str
    body: bytes
    items: int | None
    language: str = "not said"
    is_right: bool = False
    """The validator finds no error in it."""


@dataclass(slots=True)
class Kind:
    """The documents of one format or language."""

    documents: int = 0
    entries: int = 0
    refused: int = 0
    with_defects: int = 0


@dataclass(slots=True)
class Counts:
    """What reading a set gave."""

    documents: int = 0
    entries: int = 0
    seconds: float = 0.0
    defects: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    exceptions: list[str] = field(default_factory=list)
    silently_empty: list[str] = field(default_factory=list)
    other_counts: list[str] = field(default_factory=list)
    mojibake: list[str] = field(default_factory=list)
    refused_though_right: list[str] = field(default_factory=list)
    by_format: dict[str, Kind] = field(default_factory=lambda: defaultdict(Kind))
    by_language: dict[str, Kind] = field(default_factory=lambda: defaultdict(Kind))
    details: Counter[str] = field(default_factory=Counter)
    """Defects by kind and what they say, in documents."""


@dataclass(slots=True)
class Pruning:
    """How pruned parsing did beside whole parsing."""

    documents: int = 0
    pruned: int = 0
    items_left_out: int = 0
    entries: int = 0
    seconds_whole: float = 0.0
    seconds_pruned: float = 0.0
    differences: list[str] = field(default_factory=list)


def real(folder: Path) -> Iterator[Recorded]:
    """The single documents, in the order of the archive."""
    with tarfile.open(folder / "feeds_real.tar.xz") as tar:
        files = {member.name.removeprefix("./"): tar.extractfile(member) for member in tar if member.isfile()}
        bodies = {name: file.read() for name, file in files.items() if file}
    manifest = next(body for name, body in bodies.items() if name.endswith("manifest.jsonl"))
    rows = [json.loads(line) for line in manifest.splitlines()]
    for row in rows:
        body = next(body for name, body in bodies.items() if name.endswith(row["file"]))
        yield Recorded(name=row["file"], body=body, items=row["items"], language=row["lang"] or "not said")


def cases_of_validator(folder: Path) -> Iterator[Recorded]:
    """The cases that are feeds, in the order of the archive."""
    rows = [json.loads(line) for line in (folder / "expectations.jsonl").read_text("utf-8").splitlines()]
    right = {row["file"] for row in rows if row["event"] == "Error" and row["negated"]}
    with tarfile.open(folder / "feedvalidator_testcases.tar.gz") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            file = tar.extractfile(member) if name.endswith(".xml") and name.startswith(_OF_FEEDS) else None
            if file:
                # RSS 1.1 was proposed in 2005 and never used: with prefixes to its elements nobody reads it.
                is_right = name in right and not name.startswith("rss11/")
                yield Recorded(name=name, body=file.read(), items=None, is_right=is_right)


def series(archive: Path, counted: dict[str, int]) -> Iterator[Recorded]:
    """The snapshots of a series, oldest first."""
    with tarfile.open(archive) as tar:
        members = sorted((member for member in tar if member.name.endswith(".xml")), key=lambda member: member.name)
        for member in members:
            file = tar.extractfile(member)
            if file:
                name = Path(member.name).name
                yield Recorded(name=f"{archive.name.split('.')[0]}/{name}", body=file.read(), items=counted.get(name))


def manifest_of_series(folder: Path) -> dict[str, dict[str, int]]:
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    return {row["series"]: {snapshot["file"]: snapshot["items"] for snapshot in row["snaps"]} for row in rows}


def parsed(recorded: Recorded, known: frozenset[bytes] = frozenset()) -> ParsedFeed:
    return parse(Document(key=recorded.name, body=recorded.body, digest=b""), url=URL, agencies=(), known=known)


def read(recorded: Recorded, counts: Counts) -> ParsedFeed | None:
    """Read the document, whole; None where it is refused."""
    counts.documents += 1
    began = time.process_time()
    try:
        whole = parsed(recorded)
        headlines = _headlines(whole)
    except AggregatorError as refused:
        counts.refusals[str(refused)[:60]] += 1
        counts.by_language[recorded.language].refused += 1
        if recorded.is_right:
            counts.refused_though_right.append(f"{recorded.name}: {refused}"[:150])
        return None
    except Exception as error:  # noqa: BLE001  what this looks for
        counts.exceptions.append(f"{recorded.name}: {type(error).__name__}: {error}"[:200])
        return None
    finally:
        counts.seconds += time.process_time() - began
    _count(recorded, whole, counts)
    counts.mojibake += [f"{recorded.name}: {headline}"[:150] for headline in headlines if is_scrambled(headline)]
    return whole


def _headlines(whole: ParsedFeed) -> list[str]:
    context = Context(
        source=SOURCE,
        parsed=whole,
        origin=origin_of(whole.head, source=SOURCE, source_uri=source_uri(SOURCE.id), site_title="Bench"),
        origin_updated_at=origin_updated(whole.head, whole.entries, source=SOURCE),
        agencies=(),
        modified_at=None,
        now=NOW,
    )
    return [normalise(entry, context).headline for entry in whole.entries]


def _count(recorded: Recorded, whole: ParsedFeed, counts: Counts) -> None:
    counts.entries += len(whole.entries)
    counts.defects.update({defect.kind: 1 for defect in whole.defects})
    counts.details.update({f"{defect.kind}: {_general(defect.detail)}": 1 for defect in whole.defects})
    for kind in (counts.by_format[whole.format], counts.by_language[recorded.language]):
        kind.documents += 1
        kind.entries += len(whole.entries)
        kind.with_defects += bool(whole.defects)
    left_out = sum(defect.count for defect in whole.defects if defect.kind in ("entry", "bound"))
    if recorded.items and not whole.entries and not whole.defects:
        counts.silently_empty.append(recorded.name)
    # Some manifests count a guid that stands twice once.
    possible = (None, len(whole.entries), len({entry.guid for entry in whole.entries}))
    if recorded.items not in possible:
        why = f" ({left_out} told as left out)" if left_out else ""
        counts.other_counts.append(f"{recorded.name}: manifest {recorded.items}, read {len(whole.entries)}{why}")


def _general(detail: str) -> str:
    """What a defect says, without the numbers and names of its document."""
    return re.sub(r"\d+", "N", re.sub(r"'[^']*'", "'…'", detail)).partition(" (")[0][:90]


def prune(recorded: Recorded, whole: ParsedFeed, known: frozenset[bytes], result: Pruning) -> None:
    """Read the document once more without the known items, and compare."""
    began = time.process_time()
    parsed(recorded)
    between = time.process_time()
    part = parsed(recorded, known)
    result.seconds_whole += between - began
    result.seconds_pruned += time.process_time() - between
    result.documents += 1
    if not part.left_out:
        if part != whole:
            result.differences.append(f"{recorded.name}: nothing was left out, and it reads differently")
        return
    result.pruned += 1
    result.items_left_out += len(part.left_out)
    left_out = frozenset(part.left_out)
    fresh = tuple(entry for entry, own in zip(whole.entries, whole.items, strict=True) if own not in left_out)
    result.entries += len(fresh)
    result.differences.extend(f"{recorded.name}: {difference}" for difference in _differences(whole, part, fresh))


def _differences(whole: ParsedFeed, part: ParsedFeed, fresh: tuple[object, ...]) -> Iterator[str]:
    if len(part.entries) != len(fresh):
        yield f"{len(part.entries)} entries, {len(fresh)} wanted"
    for number, (found, wanted) in enumerate(zip(part.entries, fresh, strict=False)):
        if found != wanted:
            yield f"entry {number}: {found!r:.150} instead of {wanted!r:.150}"
    if part.head != whole.head or part.language != whole.language or part.format != whole.format:
        yield "the head differs"
    if part.defects != whole.defects:
        yield "the defects differ"


def _read_sets(folder: Path) -> tuple[dict[str, Counts], dict[str, Pruning]]:
    counts = {"feeds_real": Counts(), "feeds_series": Counts(), "validator": Counts()}
    pruning = {"feeds_real": Pruning(), "feeds_series": Pruning()}
    for recorded in real(folder / "feeds_real"):
        whole = read(recorded, counts["feeds_real"])
        if whole and whole.items:
            prune(recorded, whole, frozenset(whole.items[::2]), pruning["feeds_real"])
    counted = manifest_of_series(folder / "feeds_series")
    for archive in sorted((folder / "feeds_series").glob("*.tar.xz")):
        known: frozenset[bytes] = frozenset()
        for recorded in series(archive, counted.get(archive.name.split(".")[0], {})):
            whole = read(recorded, counts["feeds_series"])
            if whole and known:
                prune(recorded, whole, known, pruning["feeds_series"])
            known = frozenset(whole.items) if whole else frozenset()
    if (folder / "feedvalidator_testcases").is_dir():
        for recorded in cases_of_validator(folder / "feedvalidator_testcases"):
            read(recorded, counts["validator"])
    return counts, pruning


def _print_counts(counts: dict[str, Counts]) -> None:
    print(
        f"{'set':14}{'documents':>10}{'entries':>9}{'seconds':>9}{'exceptions':>12}{'silently empty':>16}{'other count':>13}"
        f"{'mojibake':>10}"
    )
    for name, one in counts.items():
        print(
            f"{name:14}{one.documents:>10}{one.entries:>9}{one.seconds:>9.1f}{len(one.exceptions):>12}"
            f"{len(one.silently_empty):>16}{len(one.other_counts):>13}{len(one.mojibake):>10}"
        )
        _print_all("defects, documents with", [f"{kind}: {count}" for kind, count in one.defects.most_common()])
        _print_all("refused", [f"{count} x {why}" for why, count in one.refusals.most_common()])
        _print_all("exceptions", one.exceptions)
        _print_all("silently empty", one.silently_empty)
        _print_all("another number of entries", one.other_counts)
        _print_all("headlines that are mojibake", one.mojibake)
        _print_all("refused, though the validator finds no error", one.refused_though_right)


def _print_kinds(title: str, kinds: list[dict[str, Kind]]) -> None:
    names = sorted({name for one in kinds for name in one}, key=lambda name: -sum(one[name].documents for one in kinds))
    print(f"\n{title:14}{'documents':>10}{'entries':>9}{'with defects':>14}{'refused':>9}")
    for name in names:
        sums = [
            sum(getattr(one[name], what) for one in kinds)
            for what in ("documents", "entries", "with_defects", "refused")
        ]
        print(f"{name[:13]:14}{sums[0]:>10}{sums[1]:>9}{sums[2]:>14}{sums[3]:>9}")


def _print_details(counts: dict[str, Counts]) -> None:
    print(f"\n{'defect, documents with':96}{''.join(f'{name:>14}' for name in counts)}")
    total = sum((one.details for one in counts.values()), Counter[str]())
    for detail, _ in total.most_common(40):
        print(f"{detail:96}{''.join(f'{one.details[detail]:>14}' for one in counts.values())}")


def _print_pruning(pruning: dict[str, Pruning]) -> None:
    print(
        f"\n{'pruning':14}{'documents':>10}{'pruned':>8}{'left out':>10}{'compared':>10}{'whole s':>9}{'pruned s':>10}{'different':>11}"
    )
    for name, one in pruning.items():
        print(
            f"{name:14}{one.documents:>10}{one.pruned:>8}{one.items_left_out:>10}{one.entries:>10}{one.seconds_whole:>9.1f}"
            f"{one.seconds_pruned:>10.1f}{len(one.differences):>11}"
        )
        _print_all("differences", one.differences)


def _print_all(title: str, lines: list[str]) -> None:
    if lines:
        print(f"  {title}:")
    for line in lines[:_SHOWN]:
        print(f"    {line}")
    if len(lines) > _SHOWN:
        print(f"    and {len(lines) - _SHOWN} more")


def main() -> int:
    if len(sys.argv) < 2 or not (folder := Path(sys.argv[1]) / "feeds_real").is_dir():
        print("no feeds_real here: give the folder that holds it and feeds_series")
        return 0
    counts, pruning = _read_sets(folder.parent)
    _print_counts(counts)
    _print_kinds("format", [one.by_format for one in counts.values()])
    _print_kinds("language", [counts["feeds_real"].by_language])
    _print_details(counts)
    _print_pruning(pruning)
    summary = {
        name: {
            "documents": one.documents,
            "entries": one.entries,
            "defects": dict(one.defects),
            "refused": sum(one.refusals.values()),
            "exceptions": len(one.exceptions),
            "silently_empty": len(one.silently_empty),
            "other_counts": len(one.other_counts),
            "mojibake": len(one.mojibake),
            "refused_though_right": len(one.refused_though_right),
            "pruned": pruning[name].pruned if name in pruning else 0,
            "compared": pruning[name].entries if name in pruning else 0,
            "differences": len(pruning[name].differences) if name in pruning else 0,
        }
        for name, one in counts.items()
    }
    print(json.dumps(summary))
    keys = ("exceptions", "silently_empty", "differences", "mojibake", "refused_though_right")
    wrong = [row[key] for row in summary.values() for key in keys]
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
