"""What it costs to publish one new article, by how many topics it touches; CPU time of the process, medians.

    python bench/publish_cost.py [--topics 1000] [--entries 100]

A store of that many topics with that many live entries each. One new article enters some of them, then `publish` writes their
Atom documents as the daemon does (`atom`), and `publish_forms` the other formats in later ticks (`forms`). The floor beside
it joins, digests and writes documents of the same size that lie in memory: what no publisher can do without; `files` is the
part of it that the operating system takes to make, fill and rename the files. Nothing is compressed.

TMPDIR says where. ext4 without a journal looks at every file that was deleted in the last minutes before it makes one
(`recently_deleted` in fs/ext4/ialloc.c), so its part grows with each round, and is larger than `files` shows, which has a folder of its own; a memory file system shows
the program alone.
"""

import argparse
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import aggregator.publish as files
from aggregator.dedup import fingerprints
from aggregator.fetch import Fetcher
from aggregator.model.topic import Topic
from aggregator.pipeline import Works, publish, publish_forms
from aggregator.render import Printed, render_entry
from aggregator.storage import Store
from aggregator.text import bytes_digest
from aggregator.topics.match import compile_topics
from tests.make import article, ledger_row, stored, words

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROUNDS = 3


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--topics", type=int, default=1_000)
    options.add_argument("--entries", type=int, default=100)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), chosen.topics, chosen.entries)
    print(f"{'topics touched':>14} {'atom ms':>9} {'floor ms':>9} {'files ms':>9} {'ratio':>6} {'forms ms':>9}")
    for one in measured:
        ratio = one["atom_ms"] / one["floor_ms"] if one["floor_ms"] else 0.0
        print(
            f"{one['touched']:>14} {one['atom_ms']:>9.1f} {one['floor_ms']:>9.1f} {one['files_ms']:>9.1f} "
            f"{ratio:>6.1f} {one['forms_ms']:>9.1f}"
        )
    print(json.dumps(measured))
    return 0


def measure(folder: Path, topics: int, entries: int) -> list[dict[str, float]]:
    """One line a number of topics touched, 0 among them."""
    works = _works(folder, topics)
    add(works, 0, entries, topics)
    publish(works, NOW, heal=True, compare=False)
    counts = sorted({0, 1, max(topics // 100, 1), max(topics // 10, 1), topics})
    number, measured = entries, []
    for touched in counts:
        atom, forms, floor, written = [], [], [], []
        for _ in range(ROUNDS):
            add(works, number, 1, touched)
            number += 1
            atom.append(_cpu_ms(lambda: publish(works, NOW, forms=False, compare=False)))
            forms.append(_cpu_ms(lambda: publish_forms(works, NOW, at_most=topics)))
            floor.append(_floor(folder, works, touched, digest=True))
            written.append(_floor(folder, works, touched, digest=False))
        median = statistics.median
        measured.append(
            {
                "touched": touched,
                "atom_ms": median(atom),
                "floor_ms": median(floor),
                "files_ms": median(written),
                "forms_ms": median(forms),
            }
        )
    works.store.close()
    return measured


def _works(folder: Path, topics: int) -> Works:
    store = Store(f"sqlite:///{folder}/store.db")
    configured = tuple(
        Topic(id=f"topic-{number}", title=f"Topic {number}", query=f"word{number}") for number in range(topics)
    )
    return Works(
        store=store,
        fetcher=cast("Fetcher", None),  # nothing is fetched
        matcher=compile_topics(configured, ()),
        sources=(),
        topics=configured,
        agencies=(),
        instance_id=store.upgrade(uuid.uuid4(), NOW),
        site_title="Bench",
        site_author="Bench",
        language="en",
        base_url="http://127.0.0.1",
        directory=folder / "feeds",
        clock=lambda: NOW,
    )


def add(works: Works, first: int, count: int, touched: int) -> None:
    """Articles with those numbers, live in the first topics."""
    with works.store.batch() as batch:
        for number in range(first, first + count):
            text = article(url=f"https://example.org/{number}", headline=f"Headline {number}", body_text=words(60))
            uri = f"urn:uuid:00000000-0000-5000-8000-{number:012}"
            batch.add_article(replace(stored(text=text), uri=uri), fingerprints(text))
            at = NOW - timedelta(minutes=1_000_000 - number)
            printed = Printed(
                entry_id=uri, updated_at=at, published=None, published_at=None, first_seen_at=at, site_author="Bench"
            )
            fragment = render_entry(text, printed)
            row = ledger_row(entry_id=uri, article_uri=uri, first_published_at=at, updated_at=at, fragment=fragment)
            for topic in works.topics[:touched]:
                batch.add_row(replace(row, topic_id=topic.id, position=number + 1))


def _floor(folder: Path, works: Works, touched: int, *, digest: bool) -> float:
    """The same documents from their entries in memory, into another folder."""
    documents = [
        (works.directory / f"{topic.id}.atom").read_bytes().split(b"\n<entry") for topic in works.topics[:touched]
    ]

    def write_all() -> None:
        for number, parts in enumerate(documents):
            data = b"\n<entry".join((*parts, str(time.process_time_ns()).encode()))
            if digest:
                bytes_digest(data)
            files.replace(folder / "floor" / f"{number}.atom", data, durable=False)

    return _cpu_ms(write_all)


def _cpu_ms(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1_000


if __name__ == "__main__":
    raise SystemExit(main())
