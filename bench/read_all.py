"""Reads every recorded document through parse and normalise, and holds pruned parsing against whole parsing.

    .venv/bin/python bench/read_all.py DATA

DATA holds `feeds_real/` and `feeds_series/`. The first table counts documents, entries, defects and refusals, and holds the
number of entries against the manifests. The second reads each snapshot of a series twice, whole and without the items of the
snapshot before it (a single document: without every second item of its own), and holds the entries against each other.
The last line is JSON. Exit 1 on an exception, on a document that is silently empty, or where pruning changes an entry.
"""

import json
import sys
import tarfile
import time
from collections import Counter
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
from aggregator.parse.feeds import parse_feed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://feeds.example.org/feed.xml"
SOURCE = Source(id="bench", kind=SourceKind.FEED, url=URL)
_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A document as it was captured; `items` is what the manifest counts in it."""

    name: str
    body: bytes
    items: int | None


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
        yield Recorded(name=row["file"], body=body, items=row["items"])


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
    return parse_feed(Document(key=recorded.name, body=recorded.body, digest=b""), URL, known)


def read(recorded: Recorded, counts: Counts) -> ParsedFeed | None:
    """Read the document, whole; None where it is refused."""
    counts.documents += 1
    began = time.process_time()
    try:
        whole = parsed(recorded)
        _normalise_all(whole)
    except AggregatorError as refused:
        counts.refusals[str(refused)[:60]] += 1
        return None
    except Exception as error:  # noqa: BLE001  what this looks for
        counts.exceptions.append(f"{recorded.name}: {type(error).__name__}: {error}"[:200])
        return None
    finally:
        counts.seconds += time.process_time() - began
    _count(recorded, whole, counts)
    return whole


def _normalise_all(whole: ParsedFeed) -> None:
    context = Context(
        source=SOURCE,
        parsed=whole,
        origin=origin_of(whole.head, source=SOURCE, source_uri=source_uri(SOURCE.id), site_title="Bench"),
        origin_updated_at=origin_updated(whole.head, whole.entries, source=SOURCE),
        agencies=(),
        modified_at=None,
        now=NOW,
    )
    for entry in whole.entries:
        normalise(entry, context)


def _count(recorded: Recorded, whole: ParsedFeed, counts: Counts) -> None:
    counts.entries += len(whole.entries)
    counts.defects.update({defect.kind: 1 for defect in whole.defects})
    left_out = sum(defect.count for defect in whole.defects if defect.kind in ("entry", "bound"))
    if recorded.items and not whole.entries and not whole.defects:
        counts.silently_empty.append(recorded.name)
    # Some manifests count a guid that stands twice once.
    possible = (None, len(whole.entries), len({entry.guid for entry in whole.entries}))
    if recorded.items not in possible:
        why = f" ({left_out} told as left out)" if left_out else ""
        counts.other_counts.append(f"{recorded.name}: manifest {recorded.items}, read {len(whole.entries)}{why}")


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
    counts = {"feeds_real": Counts(), "feeds_series": Counts()}
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
    return counts, pruning


def _print_counts(counts: dict[str, Counts]) -> None:
    print(
        f"{'set':14}{'documents':>10}{'entries':>9}{'seconds':>9}{'exceptions':>12}{'silently empty':>16}{'other count':>13}"
    )
    for name, one in counts.items():
        print(
            f"{name:14}{one.documents:>10}{one.entries:>9}{one.seconds:>9.1f}{len(one.exceptions):>12}"
            f"{len(one.silently_empty):>16}{len(one.other_counts):>13}"
        )
        _print_all("defects, documents with", [f"{kind}: {count}" for kind, count in one.defects.most_common()])
        _print_all("refused", [f"{count} x {why}" for why, count in one.refusals.most_common()])
        _print_all("exceptions", one.exceptions)
        _print_all("silently empty", one.silently_empty)
        _print_all("another number of entries", one.other_counts)


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
            "pruned": pruning[name].pruned,
            "compared": pruning[name].entries,
            "differences": len(pruning[name].differences),
        }
        for name, one in counts.items()
    }
    print(json.dumps(summary))
    wrong = [row[key] for row in summary.values() for key in ("exceptions", "silently_empty", "differences")]
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
