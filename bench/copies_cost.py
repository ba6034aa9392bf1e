"""CPU of finding copies per new article, by the number of articles in the window, beside nh3 and Aho-Corasick.

    .venv/bin/python bench/copies_cost.py [--sizes 10000,100000,1000000] [--articles 4000] [--json FILE]

A new article of 2 KB is signed, its keys are looked up in a table of keys in SQLite and written to it, 20 articles a
transaction; candidates are loaded and judged. One in ten is a copy of a stored one. Texts are of our own making: words by
a Zipf law. The ratio is to sanitising the same article and matching it against 5,000 terms. The cost is that of the middle
round of five.

Keys are random, so each new row of a large B-tree dirties a page of its own, and the log copies whole pages. Hence new keys
go to a small table in memory, with the article's keys in one row of the file, from which it is made again after a start;
each batch carries a slice of the key space over, rows that lie side by side in the large table. Memory is that table and
the pages that the system keeps of the mapped file. Exit 1 where the ratio is above 2 at the largest window, or its cost
more than 1.2 times that of the smallest.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from statistics import median
from struct import pack

import ahocorasick_rs
import nh3

from aggregator.dedup.copies import judge
from aggregator.dedup.signature import signature
from aggregator.model.copies import CopyText, Signature
from aggregator.text import folded

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA mmap_size=268435456;
PRAGMA temp_store=MEMORY;
CREATE TABLE signature (article INTEGER PRIMARY KEY, keys BLOB NOT NULL);
CREATE TEMP TABLE recent (key INTEGER NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (key, article)) WITHOUT ROWID;
CREATE TABLE band (key INTEGER NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (key, article)) WITHOUT ROWID;
CREATE TABLE text (article INTEGER PRIMARY KEY, source TEXT NOT NULL, headline TEXT NOT NULL, body TEXT NOT NULL);
"""
_FOUND = "SELECT article FROM band WHERE key IN ({0}) UNION ALL SELECT article FROM recent WHERE key IN ({0}) LIMIT 65"
_SLICE = "SELECT key, article FROM recent WHERE key >= ? ORDER BY key LIMIT ?"
_REST = "SELECT key, article FROM recent WHERE key = ? AND article > ?"
_RECENT = 300_000
"""Rows: 50,000 articles, 10 MB."""
_BATCH = 20
_ROUNDS = 5
_WORDS = 300
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


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


class Bands:
    """The keys of the articles in the window."""

    def __init__(self, path: Path, size: int, writer: Writer, stored: list[str]) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.executescript(_SCHEMA)
        self._at = 0
        self._queries: dict[int, str] = {}
        signed = [_signed(body).keys for body in stored]
        strangers = ((key, article) for article in range(len(stored), size) for key in writer.keys(signed[0]))
        rows = sorted([*strangers, *((key, article) for article, keys in enumerate(signed) for key in keys)])
        # As many as there will be in steady work, from all of the key space.
        recent = set(rows[:: max(1, len(rows) // min(_RECENT, len(rows) // 2))])
        with self.connection:
            self.connection.execute("BEGIN")
            self.connection.executemany("INSERT INTO band VALUES (?, ?)", (row for row in rows if row not in recent))
            self.connection.executemany("INSERT INTO recent VALUES (?, ?)", sorted(recent))
            texts = [(article, body) for article, body in enumerate(stored)]
            self.connection.executemany("INSERT INTO text VALUES (?, 'stored', 'A headline', ?)", texts)
        self._recent = len(recent)

    def find(self, keys: tuple[int, ...]) -> list[tuple[int]]:
        """Articles that share a key, each as often as it does."""
        marks = ",".join("?" * len(keys))
        query = self._queries.setdefault(len(keys), _FOUND.format(marks))
        return self.connection.execute(query, (*keys, *keys)).fetchall()

    def write(self, batch: list[tuple[int, tuple[int, ...]]]) -> None:
        """Keep the articles' keys, and carry as many of the older ones over."""
        packed = ((article, pack(f"<{len(keys)}q", *keys)) for article, keys in batch)
        self.connection.executemany("INSERT INTO signature VALUES (?, ?)", packed)
        rows = sorted((key, article) for article, keys in batch for key in keys)
        self.connection.executemany("INSERT OR IGNORE INTO recent VALUES (?, ?)", rows)
        self._recent += len(rows)
        moved = self.connection.execute(_SLICE, (self._at, len(rows))).fetchall()
        if moved:
            last = moved[-1][0]
            moved = [*moved, *self.connection.execute(_REST, (last, moved[-1][1]))]
            self.connection.executemany("INSERT OR IGNORE INTO band VALUES (?, ?)", moved)
            self.connection.execute("DELETE FROM recent WHERE key BETWEEN ? AND ?", (moved[0][0], last))
        self._at = moved[-1][0] + 1 if moved else 0


def _signed(body: str) -> Signature:
    found = signature(body)
    assert found is not None
    return found


def run(bands: Bands, bodies: list[str], first: int) -> tuple[dict[str, float], int]:
    """(microseconds of CPU an article by step, copies found)."""
    steps = {"sign": 0.0, "look up": 0.0, "judge": 0.0, "write": 0.0}
    copies = 0
    for start in range(0, len(bodies), _BATCH):
        bands.connection.execute("BEGIN IMMEDIATE")
        batch: list[tuple[int, tuple[int, ...]]] = []
        for article, body in enumerate(bodies[start : start + _BATCH], start=first + start):
            folded(body)  # The matcher and the fingerprints have folded it already.
            began = time.process_time()
            keys = _signed(body).keys
            signing = time.process_time()
            found = bands.find(keys)
            looked = time.process_time()
            copies += sum(_is_copy(bands.connection, body, *one) for one in set(found))
            judged = time.process_time()
            batch.append((article, keys))
            for name, took in (("sign", signing - began), ("look up", looked - signing), ("judge", judged - looked)):
                steps[name] += took
        began = time.process_time()
        bands.write(batch)
        bands.connection.execute("COMMIT")
        steps["write"] += time.process_time() - began
    return {name: took / len(bodies) * 1e6 for name, took in steps.items()}, copies


def _is_copy(connection: sqlite3.Connection, body: str, article: int) -> bool:
    row = connection.execute("SELECT source, headline, body FROM text WHERE article = ?", (article,)).fetchone()
    if row is None:
        return False
    stored = CopyText(uri="stored", source_id=row[0], headline=row[1], body=row[2], effective_at=_NOW)
    new = CopyText(uri="new", source_id="new", headline="A headline", body=body, effective_at=_NOW)
    return judge(stored, new).is_copy


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


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", default="10000,100000,1000000")
    arguments.add_argument("--articles", type=int, default=4000)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    writer = Writer(1)
    stored = [writer.text() for _ in range(given.articles // 10)]
    wanted = yardstick(stored[:100], writer.terms(5000))
    print(f"nh3 and Aho-Corasick: {wanted * 1e6:.0f} us an article")
    print(f"{'window':>10}{'us':>8}{'ratio':>8}{'sign':>8}{'look up':>9}{'judge':>8}{'write':>8}{'MB':>8}{'copies':>8}")
    results = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bands.db"
            bands = Bands(path, size, writer, stored)
            bodies = [
                writer.edited(stored[place // 10]) if place % 10 == 0 else writer.text()
                for place in range(given.articles)
            ]
            part = len(bodies) // _ROUNDS
            rounds = [run(bands, bodies[at : at + part], size + at) for at in range(0, part * _ROUNDS, part)]
            steps, _ = sorted(rounds, key=lambda one: sum(one[0].values()))[_ROUNDS // 2]
            copies = sum(found for _, found in rounds)
            bands.connection.close()
            megabytes = path.stat().st_size / 1e6
        cost = sum(steps.values())
        found = {"window": size, "us": cost, "ratio": cost / wanted / 1e6, "megabytes": megabytes, "copies": copies}
        results.append(found | steps)
        by_step = f"{steps['sign']:8.0f}{steps['look up']:9.0f}{steps['judge']:8.0f}{steps['write']:8.0f}"
        print(f"{size:>10}{cost:8.0f}{found['ratio']:8.2f}{by_step}{megabytes:8.0f}{copies:8}")
    print(json.dumps(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))
    growth = results[-1]["us"] / results[0]["us"]
    print(f"growth {growth:.2f}")
    return 1 if growth > 1.2 or results[-1]["ratio"] > 2 else 0


if __name__ == "__main__":
    sys.exit(main())
