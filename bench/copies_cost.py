"""CPU of finding copies per new article, by the number of articles in the window, beside nh3 and Aho-Corasick.

    .venv/bin/python bench/copies_cost.py [--sizes 10000,100000,1000000] [--articles 4000] [--json FILE]

The store is a real one: its articles, signatures and keys are written in bulk, then new articles of 2 KB are signed, looked up,
judged, grouped and written by the code of the poll path, 20 a transaction. One in ten is a copy of a stored one. Texts are of
our own making: words by a Zipf law. What it costs to write the articles themselves is not counted: every second transaction
leaves the copies out, and its price is taken from that of the others. The ratio is to sanitising the same article and matching
it against 5,000 terms. The cost is that of the middle round of five. Exit 1 where the ratio is above 2 at the largest window,
its cost more than 1.2 times that of the smallest, or the process has grown by more than 100 bytes an article.
"""

import argparse
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from statistics import median
from struct import pack
from uuid import UUID

import ahocorasick_rs
import nh3

from aggregator.dedup import fingerprints
from aggregator.dedup.signature import signature
from aggregator.ledger import Occasion
from aggregator.model.article import (
    Article,
    Completeness,
    EffectiveBasis,
    Owner,
    Publisher,
    Rights,
    StoredArticle,
)
from aggregator.model.copies import Signature
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.pipeline.copies import find_copies
from aggregator.pipeline.counts import Counts
from aggregator.pipeline.enter import Writing
from aggregator.storage import Batch, Store
from aggregator.storage.codec import to_microseconds
from aggregator.text import folded
from aggregator.topics.match import compile_topics

_BATCH = 20
_ROUNDS = 5
_WORDS = 300
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_STEPS = ("sign", "find and group", "write")


class Writer:
    """Makes texts of words that are as frequent as words are."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = ["".join(self._random.choices("etaoinshrdlucm", k=2 + rank % 9)) for rank in range(20_000)]
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))

    def text(self, words: int = _WORDS) -> str:
        total = self._weights[-1]
        return " ".join(self._words[bisect(self._weights, self._random.random() * total)] for _ in range(words))

    def edited(self, text: str) -> str:
        words = text.split()
        return " ".join(word for place, word in enumerate(words) if place % 25 != 3)

    def terms(self, count: int) -> list[str]:
        return self._words[-count:]

    def keys(self, like: tuple[int, ...]) -> Iterator[int]:
        """Keys as a stranger has: the least of as many values as there are sequences."""
        for key in like:
            sequences = 20 if key >> 32 & 0xFF < 3 else _WORDS
            yield key >> 32 << 32 | min(int(self._random.expovariate(sequences) * 2**32), 2**32 - 1)


class Window:
    """A store with so many articles in the window; the first of them have texts, the others only what a stranger is found by."""

    def __init__(self, path: Path, size: int, writer: Writer, texts: list[str]) -> None:
        self.store = Store(f"sqlite:///{path}")
        self.store.upgrade(UUID(int=1), _NOW)
        self._matcher = compile_topics((), ())
        self._number = 0
        for at in range(0, len(texts), 100):
            with self.store.batch() as batch:
                for text in texts[at : at + 100]:
                    self._find(batch, self._add(batch, text), _signed(text))
        self._fill(path, size, writer, [_signed(text) for text in texts])
        self._number = size

    def _fill(self, path: Path, size: int, writer: Writer, like: list[Signature]) -> None:
        numbers = range(self._number + 1, size + 1)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO article VALUES (?, ?, 1, 'stranger', ?, 0, ?, ?, 'published', ?, ?, ?, NULL, NULL, '{}')",
            (_row(number) for number in numbers),
        )
        keys = [tuple(writer.keys(like[0].keys)) for _ in numbers]
        signatures = zip(numbers, keys, strict=True)
        connection.executemany(
            "INSERT INTO article_signature VALUES (?, ?, 300, ?)",
            ((number, pack("<6q", *own), like[number % len(like)].vocabulary) for number, own in signatures),
        )
        rows = sorted((key, number) for number, own in zip(numbers, keys, strict=True) for key in own)
        connection.executemany("INSERT INTO band VALUES (?, ?)", rows)
        connection.execute("COMMIT")
        connection.close()

    def run(self, bodies: list[str]) -> dict[str, float]:
        """Microseconds of CPU an article by step; of every second transaction, the others tell what a transaction costs."""
        spent = dict.fromkeys(_STEPS, 0.0)
        for start in range(0, len(bodies), 2 * _BATCH):
            half = start + _BATCH
            self._transaction(bodies[start:half], spent)
            spent["write"] -= self._transaction(bodies[half : half + _BATCH], None)
        return {name: took / (len(bodies) / 2) * 1e6 for name, took in spent.items()}

    def _transaction(self, bodies: list[str], spent: dict[str, float] | None) -> float:
        """What sending and committing took; `spent` is added to, None leaves copies out."""
        with self.store.batch() as batch:
            uris = [self._add(batch, body) for body in bodies]
            batch.send()
            signed, began = [], time.process_time()
            if spent:
                for body in bodies:
                    folded(body)  # The matcher and the fingerprints have folded it already.
                    before = time.process_time()
                    signed.append(_signed(body))
                    spent["sign"] += time.process_time() - before
                began = time.process_time()
                batch.copies.look_ahead(key for one in signed for key in one.keys)
                for uri, one in zip(uris, signed, strict=True):
                    self._find(batch, uri, one)
                spent["find and group"] += time.process_time() - began
                began = time.process_time()
        took = time.process_time() - began
        if spent:
            spent["write"] += took
        return took

    def _add(self, batch: Batch, body: str) -> str:
        self._number += 1
        article = Article(
            headline=f"Of {' '.join(body.split()[:6])}",
            body_text=body,
            completeness=Completeness.FULL,
            publisher=Publisher(source_id="bench", name="Bench"),
            rights=Rights(republish=Republish.EXCERPT),
            origin=OriginSource(id="urn:bench", title="Bench"),
        )
        uri = f"urn:uuid:{UUID(int=self._number)}"
        stored = StoredArticle(
            uri=uri,
            version=1,
            first_seen_at=_NOW,
            effective_at=_NOW,
            effective_basis=EffectiveBasis.PUBLISHED,
            article=article,
            # Two outlets: copies within one are told by their headlines.
            owner=Owner(source_id=f"bench-{self._number % 2}", key=bytes(16), priority=0),
        )
        batch.add_article(stored, fingerprints(article))
        return uri

    def _find(self, batch: Batch, uri: str, signed: Signature) -> None:
        writing = Writing(
            batch=batch,
            topics=(),
            matcher=self._matcher,
            agencies=(),
            site_author="Bench",
            occasion=Occasion(now=_NOW),
            counts=Counts(),
        )
        find_copies(writing, uri, signed, is_new=True)


def _row(number: int) -> tuple[object, ...]:
    """A stranger's, with digests as random as real ones."""
    uri = f"urn:uuid:{UUID(bytes=blake2b(number.to_bytes(8, 'big'), digest_size=16).digest())}"
    seen = to_microseconds(_NOW - timedelta(days=30) + timedelta(seconds=2 * number))
    return number, uri, bytes(16), seen, to_microseconds(_NOW), bytes(16), bytes(16), bytes(16)


def _signed(body: str) -> Signature:
    found = signature(body)
    assert found is not None
    return found


def yardstick(bodies: list[str], terms: list[str]) -> float:
    """CPU seconds an article of nh3 and Aho-Corasick."""
    matcher = ahocorasick_rs.AhoCorasick(terms)
    pages = [_page(body) for body in bodies]
    texts = [folded(body) for body in bodies]

    def once() -> None:
        for page, text in zip(pages, texts, strict=True):
            nh3.clean(page)
            matcher.find_matches_as_indexes(text)

    return _cpu(once) / len(bodies)


def _page(body: str) -> str:
    """Markup as feeds have it: paragraphs, links, a picture."""
    words = body.split()
    parts = (" ".join(words[at : at + 40]) for at in range(0, len(words), 40))
    link = '<a href="https://news.example.org/2026/11/a-report?from=feed" class="link" target="_blank">more</a>'
    picture = '<img src="https://news.example.org/picture.jpg" alt="A picture" width="640" height="480">'
    return picture + "".join(f'<p class="text"><em>{part[:20]}</em>{part[20:]} {link}</p>' for part in parts)


def _cpu(work: Callable[[], object]) -> float:
    took = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return median(took)


def _measure(size: int, articles: int, writer: Writer, stored: list[str]) -> dict[str, float]:
    """Microseconds an article, the store's size and how far the process has grown while it worked."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "window.db"
        window = Window(path, size, writer, stored)
        bodies = [writer.edited(stored[at // 10]) if at % 10 == 0 else writer.text() for at in range(articles)]
        before, part = _resident_bytes(), articles // _ROUNDS
        rounds = [window.run(bodies[at : at + part]) for at in range(0, part * _ROUNDS, part)]
        grown = _resident_bytes() - before
        steps = sorted(rounds, key=lambda one: sum(one.values()))[_ROUNDS // 2]
        copies = _count(path, "copy_pair")
        window.store.close()
        megabytes = path.stat().st_size / 1e6
    return {
        "window": size,
        "us": sum(steps.values()),
        "megabytes": megabytes,
        "grown": grown,
        "copies": copies,
        **steps,
    }


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def _count(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(count)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", default="10000,100000,1000000")
    arguments.add_argument("--articles", type=int, default=4000)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    writer = Writer(1)
    stored = [writer.text() for _ in range(given.articles // 10)]
    print(
        f"{'window':>10}{'us':>8}{'ratio':>8}" + "".join(f"{name:>16}" for name in _STEPS) + f"{'MB':>8}{'copies':>8}"
    )
    results = []
    for size in sizes:
        # Beside each window anew: what else the machine does concerns both.
        wanted = yardstick(stored[:100], writer.terms(5000)) * 1e6
        found = _measure(size, given.articles, writer, stored)
        found |= {"yardstick": wanted, "ratio": found["us"] / wanted}
        results.append(found)
        by_step = "".join(f"{found[name]:16.0f}" for name in _STEPS)
        sizes_of = f"{found['megabytes']:8.0f}{found['copies']:8.0f}"
        print(f"{size:>10}{found['us']:8.0f}{found['ratio']:8.2f}{by_step}{sizes_of}", flush=True)
    print(json.dumps(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))
    first, last = results[0], results[-1]
    growth, each = last["us"] / first["us"], last["grown"] / last["window"]
    print(f"growth {growth:.2f}; memory {each:.0f} bytes an article")
    return 1 if growth > 1.2 or last["ratio"] > 2 or each > 100 else 0


if __name__ == "__main__":
    sys.exit(main())
