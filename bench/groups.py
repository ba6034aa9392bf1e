"""All recorded feed histories through one store, in the order of their time -> the copies and stories found, and pairs of them read.

    .venv/bin/python bench/groups.py DATA [SERIES ...] [--store FILE] [--unread] [--json FILE]

DATA holds `feeds_series/`; without SERIES all are replayed, over loopback, the clock at each snapshot's time. Printed are
counts of groups and stories by size, language and number of outlets, and twenty of them with their evidence, drawn by a
digest. Then 200 pairs are drawn that the program put together: copies first, a hundred at most, then reports of one story,
those of two outlets before those of one. What a person said of each stands in `groups_read.jsonl`, by names of the two that
are the same in every run; the table gives how many were merged wrongly, with the interval (Wilson, 95 %) that the sample leaves. A pair of a story is
right if both tell one event; a further event of one matter is a false merge.

The store is kept in FILE and read from there the next time. `--unread` prints the texts of drawn pairs of which nothing is
said yet. Exit 1 where copies were merged wrongly.
"""

import argparse
import json
import re
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from typing import Any

from groups_read import Found, Group, Pair, Read, drawn, read_verdicts, scored
from replay import series
from sqlalchemy import Row, create_engine, text

from aggregator.cli import loop
from aggregator.config.shipped import agencies, packs
from aggregator.dedup.stories import pack_names
from aggregator.fetch import HttpFetcher
from aggregator.model.fetch import FetchLimits
from aggregator.model.source import Announce, Source, SourceKind
from aggregator.pipeline import Works, forget, poll
from aggregator.storage import Store
from aggregator.storage.codec import article_from_json, to_instant
from aggregator.topics.match import compile_topics
from aggregator.urls import host_of

_VERDICTS = Path(__file__).with_name("groups_read.jsonl")
_SHOWN = 20
_SHOWN_MEMBERS = 8
_LIMITS = FetchLimits(
    timeout=timedelta(seconds=20),
    max_body_bytes=20 * 2**20,
    concurrency=10,
    allow_networks=(ip_network("127.0.0.0/8"),),
    user_agent="aggregator-bench",
)


class _Outlets:
    """A loopback server of which each series is one path."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = bodies[self.path]
                self.send_response(200)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{name}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


async def fill(store: Store, archives: Sequence[Path]) -> Counter[str]:
    """Poll every snapshot of the series, the oldest of all first."""
    outlets, counts = _Outlets(), Counter[str]()
    names = [archive.name.removesuffix(".tar.xz") for archive in archives]
    sources = {name: _source(name, outlets.url(name)) for name in names}
    snapshots = sorted(
        (at, name, body) for name, archive in zip(names, archives, strict=True) for at, body in series(archive)
    )
    now = snapshots[0][0]
    async with HttpFetcher(_LIMITS) as fetcher:
        works = Works(
            store=store,
            fetcher=fetcher,
            matcher=compile_topics((), ()),
            sources=tuple(sources.values()),
            topics=(),
            agencies=agencies(),
            instance_id=store.upgrade(uuid.uuid4(), now),
            site_title="Bench",
            site_author="Bench",
            language="en",
            base_url="http://127.0.0.1",
            directory=Path(),
            names=pack_names(packs()),
            clock=lambda: now,
        )
        with ThreadPoolExecutor(1) as writer:
            for at, name, body in snapshots:
                now, outlets.bodies[f"/{name}"] = at, body
                (done,) = await poll(works, writer, sources=[sources[name]])
                counts["snapshots"] += 1
                counts["failed"] += done.outcome == "failed"
                forget(works, now)
    outlets.close()
    return counts


def _source(name: str, url: str) -> Source:
    return Source(id=name.replace("_", "-"), kind=SourceKind.FEED, url=url, announce=Announce.NEW)


def found_in(url: str) -> Found:
    """What the program put together, and the texts."""
    engine = create_engine(url)
    with engine.connect() as connection:

        def ask(query: str) -> Sequence[Row[Any]]:
            return connection.execute(text(query)).all()

        texts = {row.id: _read(row) for row in ask("SELECT id, owner_source, effective_at, content FROM article")}
        copies = ask("SELECT article_id, group_uri AS home, relation, evidence FROM copy_group ORDER BY article_id")
        stories = ask("SELECT article_id, story_uri AS home, relation, evidence FROM story_member ORDER BY article_id")
    engine.dispose()
    return Found(
        texts={read.name: read for read in texts.values()},
        copies=_by_home(copies, texts),
        stories=_by_home(stories, texts),
    )


def _read(row: Any) -> Read:
    article, at = article_from_json(row.content), to_instant(row.effective_at)
    # The port of the loopback server stands in addresses that a feed gives relative to its own; uris are made of it.
    url = re.sub(r"^http://127\.0\.0\.1:\d+", "", article.url or "")
    name = "\n".join((row.owner_source, url, at.isoformat(), article.headline, article.body_text))
    return Read(
        name=blake2b(name.encode(), digest_size=6).hexdigest(),
        source=row.owner_source,
        outlet=(host_of(url) or row.owner_source).removeprefix("www."),
        language=article.language.tag.split("-")[0] if article.language else "und",
        at=at,
        headline=article.headline,
        lead=(article.standfirst or article.summary_text or article.body_text)[:400],
    )


def _by_home(rows: Iterable[Any], texts: Mapping[int, Read]) -> list[Group]:
    homes: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        homes[row.home][texts[row.article_id].name] = _in_words(row.relation, row.evidence)
    return [Group(members) for members in homes.values() if len(members) > 1]


def _in_words(relation: str | None, evidence: str | None) -> str:
    if not evidence:
        return "the anchor" if relation is None else relation
    said = json.loads(evidence)
    terms = ", ".join(said.get("terms", ()))
    share = f", {said['shared']:.0%} of {said['words']} words" if said.get("shared") else ""
    return f"{relation}: {said['reason']}{share}" + (f" ({terms})" if terms else "")


def print_counts(found: Found) -> dict[str, Any]:
    """Groups and stories by size, language and outlets."""
    figures: dict[str, Any] = {"articles": len(found.texts)}
    for name, groups in (("groups of copies", found.copies), ("stories", found.stories)):
        members = [[found.texts[one] for one in group.members] for group in groups]
        sizes = Counter(map(len, members))
        languages = Counter("+".join(sorted({read.language for read in reads})) for reads in members)
        outlets = Counter(len({read.outlet for read in reads}) for reads in members)
        count = sum(map(len, members))
        print(f"{name}: {len(groups)}, with {count} of {len(found.texts)} articles")
        for what, counted in (("members", sizes), ("outlets", outlets)):
            print(f"  by {what}: " + ", ".join(f"{key}: {count}" for key, count in sorted(counted.items())))
        print("  by language: " + ", ".join(f"{key}: {count}" for key, count in languages.most_common()))
        figures[name] = {
            "count": len(groups), "members": count, "sizes": sizes, "outlets": outlets, "languages": languages,
        }  # fmt: skip
    return figures


def print_groups(found: Found) -> None:
    """Twenty of them, drawn by a digest, each member with why it is there."""
    kinds = {group.name: (kind, group) for kind, groups in found.kinds for group in groups}
    for name in sorted(kinds, key=drawn)[:_SHOWN]:
        kind, group = kinds[name]
        print(f"{kind} {name} ({len(group.members)})")
        for member, why in list(group.members.items())[:_SHOWN_MEMBERS]:
            read = found.texts[member]
            print(f"  {read.at:%Y-%m-%d %H:%M} {read.outlet[:24]:24} {read.headline[:80]}")
            print(f"  {'':41} {why[:110]}")


def print_pairs(pairs: Iterable[Pair], found: Found) -> None:
    """The texts of pairs that nobody has read yet, for the one who is to read them."""
    for pair in pairs:
        print(json.dumps({"one": pair.one, "other": pair.other, "kind": pair.kind, "verdict": "", "reason": ""}))
        for name in (pair.one, pair.other):
            read = found.texts[name]
            print(f"    {read.at:%Y-%m-%d %H:%M} {read.source} {read.outlet}\n      {read.headline}\n      {read.lead}")


def print_scores(scores: Iterable[dict[str, Any]]) -> None:
    """How many of the pairs that were read are right."""
    print(f"{'pairs read':34}{'drawn':>7}{'read':>7}{'false':>7}{'precision':>11}   95 %")
    for one in scores:
        found = f"{one['precision']:11.3f}   {one['low']:.3f} to {one['high']:.3f}" if one["read"] else f"{'-':>11}"
        print(f"  {one['part']:32}{one['drawn']:7}{one['read']:7}{one['false']:7}{found}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("series", nargs="*")
    arguments.add_argument("--store", type=Path)
    arguments.add_argument("--unread", action="store_true")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    folder = given.data / "feeds_series"
    if not folder.is_dir():
        print(f"no recorded feeds at {folder}: nothing to group")
        return 0
    archives = [folder / f"{name}.tar.xz" for name in given.series] or sorted(folder.glob("*.tar.xz"))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        path = given.store or Path(temporary) / "store.db"
        is_there = path.is_file()
        url = f"sqlite:///{path.resolve()}"
        if not is_there:
            store = Store(url)
            counts = loop.run(fill(store, archives))
            store.close()
            print(f"{counts['snapshots']} snapshots of {len(archives)} series, {counts['failed']} failed")
        found = found_in(url)
    figures = print_counts(found)
    pairs = found.draw()
    verdicts = read_verdicts(_VERDICTS)
    if given.unread:
        print_pairs((pair for pair in pairs if pair.key not in verdicts), found)
        return 0
    print_groups(found)
    figures["read"] = scored(pairs, verdicts)
    print_scores(figures["read"])
    print(f"{time.perf_counter() - started:.0f} s")
    written = json.dumps(figures)
    print(written)
    if given.json:
        given.json.write_text(written)
    return 1 if any(one["part"] == "copies" and one["false"] for one in figures["read"]) else 0


if __name__ == "__main__":
    sys.exit(main())
