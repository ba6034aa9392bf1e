"""Replays recorded feed histories through the whole pipe over loopback, the clock at each snapshot's time.

    .venv/bin/python bench/replay.py DATA [SERIES ...]

DATA holds `feeds_series/`; without SERIES all are replayed. For each series the table says how many documents and entries
went in and what came out, and holds it against an independent reading of rules R1: every entry that ever appeared is
exactly one article, no entry id stands twice over live and archived rows, none is lost; and every document that was published, in
each format, live and archive, is valid without a warning by the rules in `tests/`. Exit 1 where one does not hold.
"""

import json
import sys
import tarfile
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from threading import Thread

from sqlalchemy import create_engine, text

from aggregator.cli import loop
from aggregator.dates import parse_date
from aggregator.fetch import HttpFetcher
from aggregator.model.fetch import Document, FetchLimits
from aggregator.model.parsed import Entry
from aggregator.model.source import Announce, Source, SourceKind
from aggregator.model.topic import Topic
from aggregator.parse.feeds import parse_feed
from aggregator.pipeline import Works, poll, publish, rematch
from aggregator.storage import Store
from aggregator.text import folded
from aggregator.topics.match import compile_topics
from aggregator.urls import is_home_page, normalise
from tests.validity import faults_of


@dataclass(slots=True)
class Served:
    """What the loopback server gives."""

    body: bytes = b""


def series(archive: Path) -> list[tuple[datetime, bytes]]:
    """(time of the snapshot, document), oldest first."""
    found = []
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None and member.name.endswith(".xml"):
                stamp = Path(member.name).stem.split("_", 1)[1].rstrip("Z")
                found.append((datetime.strptime(stamp, "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC), file.read()))
    return sorted(found, key=lambda one: one[0])


class Reference:
    """Rules R1 said again, plainly and apart from the program: a dictionary from key to article number."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], int] = {}
        self.last: list[tuple[str | None, str, datetime | None]] = []
        """Page, folded title and date of each article as last seen."""
        self.entries = 0

    def see(self, body: bytes, url: str) -> None:
        """Count one document."""
        offered = [self._offered(entry) for entry in parse_feed(Document(key="", body=body, digest=b""), url).entries]
        titles: dict[tuple[str, str], set[str]] = {}
        for words, keys, _ in offered:
            for key in keys:
                titles.setdefault(key, set()).add(words)
        seen: set[tuple[str, str]] = set()
        for words, keys, facts in offered:
            unique = [key for key in keys if len(titles[key]) == 1]
            if unique[0] not in seen:
                seen.add(unique[0])
                self.entries += 1
                self._count(words, unique, facts)

    def _offered(self, entry: Entry) -> tuple[str, list[tuple[str, str]], tuple[str | None, datetime | None]]:
        title = entry.title.value if entry.title else ""
        body = entry.content or entry.summary
        text_of = body.value if body else ""
        printed = entry.published or entry.updated
        named = f"{title}|{printed}|{entry.link}" + ("" if title or printed or entry.link else text_of)
        link = None if entry.link and is_home_page(entry.link) else entry.link
        keys = [("guid", entry.guid), ("link", link), ("digest", named)]
        date = parse_date(entry.published) if entry.published else None
        facts = (normalise(entry.link), date.value if date else None)
        return folded(title) or folded(text_of), [(kind, value) for kind, value in keys if value], facts

    def _count(self, words: str, keys: list[tuple[str, str]], facts: tuple[str | None, datetime | None]) -> None:
        page, date = facts
        number = None
        for key in keys:
            found = self.known.get(key)
            if found is None:
                continue
            old_page, old_words, old_date = self.last[found]
            later = date is not None and old_date is not None and date > old_date
            if key[0] == "guid" and old_page != page and old_words != words and later:
                del self.known[key]
                continue
            number = found
            break
        if number is None:
            number = len(self.last)
            self.last.append((page, words, date))
        for key in keys:
            self.known.setdefault(key, number)
        self.last[number] = (page, words, date)


_BASE_URL = "http://127.0.0.1"


def _is_invalid(path: Path, folder: Path, now: datetime) -> bool:
    """Whether a validator would find fault with the file at its address; it is told which."""
    found = faults_of(path, folder=folder, base_url=_BASE_URL, now=now)
    for one in found[:3]:
        print(f"{path.name}: {one}", file=sys.stderr)
    return bool(found)


@contextmanager
def _serving(served: Served) -> Iterator[str]:
    """The address that always answers what is served at that moment."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/feed.xml"
    finally:
        server.shutdown()
        server.server_close()


async def replay(snapshots: list[tuple[datetime, bytes]], folder: Path) -> dict[str, int]:
    """Counts of one series."""
    served, reference = Served(), Reference()
    database = f"sqlite:///{folder}/store.db"
    with _serving(served) as url:
        counts = await _replayed(snapshots, folder, Store(database), (served, url, reference))
    counts |= _counted(database)
    counts["entries"] = reference.entries
    counts["expected"] = len(reference.last)
    return counts


async def _replayed(
    snapshots: list[tuple[datetime, bytes]], folder: Path, store: Store, place: tuple[Served, str, Reference]
) -> dict[str, int]:
    """Poll and publish at the time of each snapshot, and hold every written document against the rules."""
    served, url, reference = place
    source = Source(id="series", kind=SourceKind.FEED, url=url, announce=Announce.NEW)
    topic = Topic(id="all", title="All", query="*", window=timedelta(hours=72), max_per_hour=1_000_000)
    now = snapshots[0][0]
    limits = FetchLimits(
        timeout=timedelta(seconds=20),
        max_body_bytes=20 * 2**20,
        concurrency=10,
        allow_networks=(ip_network("127.0.0.0/8"),),
        user_agent="aggregator-bench",
    )
    counts = {"documents": 0, "new": 0, "updated": 0, "failed": 0, "repeated_ids": 0, "checked": 0, "invalid": 0}
    async with HttpFetcher(limits) as fetcher:
        works = Works(
            store=store,
            fetcher=fetcher,
            matcher=compile_topics((topic,), ()),
            sources=(source,),
            topics=(topic,),
            agencies=(),
            instance_id=store.upgrade(uuid.uuid4(), now),
            site_title="Bench",
            site_author="Bench",
            language="en",
            base_url=_BASE_URL,
            directory=folder / "feeds",
            clock=lambda: now,
        )
        rematch(works, now)
        with ThreadPoolExecutor(1) as writer:
            for now, body in snapshots:
                served.body = body
                (done,) = await poll(works, writer, sources=[source])
                written: list[Path] = []
                publish(works, now, written=written)
                counts["checked"] += len(written)
                counts["invalid"] += sum(_is_invalid(path, works.directory, now) for path in written)
                reference.see(body, url)
                counts["documents"] += 1
                counts["new"] += done.new
                counts["updated"] += done.updated
                counts["failed"] += done.outcome == "failed"
    store.close()
    return counts


def _counted(database: str) -> dict[str, int]:
    """What is in the store."""
    engine = create_engine(database)
    with engine.connect() as connection:

        def one(query: str) -> int:
            return int(connection.execute(text(query)).scalar_one())

        counts = {
            "articles": one("SELECT count(*) FROM article"),
            "rows": one("SELECT count(*) FROM ledger"),
            "live": one("SELECT count(*) FROM ledger WHERE state='live'"),
            "archived": one("SELECT count(*) FROM ledger WHERE state='archived'"),
            "repeated_ids": one("SELECT count(*) - count(DISTINCT entry_id) FROM ledger"),
            "lost": one("SELECT count(*) FROM article WHERE id NOT IN (SELECT article_id FROM ledger)"),
        }
    engine.dispose()
    return counts


def main() -> int:
    if len(sys.argv) < 2 or not (folder := Path(sys.argv[1]) / "feeds_series").is_dir():
        print("no feeds_series here: give the folder that holds it")
        return 0
    names = sys.argv[2:] or sorted(path.name.removesuffix(".tar.xz") for path in folder.glob("*.tar.xz"))
    columns = (
        "documents",
        "entries",
        "expected",
        "articles",
        "updated",
        "live",
        "archived",
        "repeated_ids",
        "lost",
        "failed",
        "checked",
        "invalid",
    )
    print(f"{'series':28}" + "".join(f"{column:>13}" for column in columns))
    rows, wrong = [], 0
    for name in names:
        with tempfile.TemporaryDirectory() as temporary:
            counts = loop.run(replay(series(folder / f"{name}.tar.xz"), Path(temporary)))
        is_right = (
            counts["expected"] == counts["articles"] == counts["rows"]
            and not counts["repeated_ids"]
            and not counts["lost"]
            and not counts["invalid"]
        )
        wrong += not is_right
        rows.append({"series": name, **counts, "right": is_right})
        print(f"{name:28}" + "".join(f"{counts[column]:>13}" for column in columns) + ("" if is_right else "  <-"))
    print(json.dumps(rows))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
