"""Ours for `cost.py`: polls every feed once and prints the CPU time of a poll. Arguments: PORT FEEDS FOLDER PATH."""

import json
import resource
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from aggregator.cli import loop
from aggregator.fetch import HttpFetcher
from aggregator.model.fetch import FetchLimits
from aggregator.model.source import Source, SourceKind
from aggregator.model.topic import Topic
from aggregator.pipeline import Works, poll, rematch
from aggregator.storage import Store
from aggregator.topics.match import compile_topics

_HOURS = {"first": 0, "304": 2, "identical 200": 4, "one new": 6}
_EXPECTED = {"first": 20, "304": 0, "identical 200": 0, "one new": 1}
_START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_TOPICS = (
    Topic(id="regattas", title="Regattas", query='regatta OR "sailing race" OR yacht*'),
    Topic(id="envoys", title="Envoys", query='parliament OR ceasefire OR "peace talks" OR envoy'),
    Topic(id="lead", title="Leads", query="lead:(referendum OR inflation)"),
)


def cpu_s() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


async def _poll(works: Works, path: str) -> None:
    with ThreadPoolExecutor(1) as writer:
        done = await poll(works, writer, sources=works.sources)
    failed = [one.error for one in done if one.outcome == "failed"]
    wrong = [one for one in done if one.new != _EXPECTED[path]]
    if failed or wrong:
        sys.exit(f"{path}: {len(failed)} failed, {len(wrong)} unexpected: {(failed or wrong)[0]}")


async def _run(port: int, feeds: int, folder: Path, path: str) -> tuple[float, float]:
    sources = tuple(
        Source(id=f"feed-{n}", kind=SourceKind.FEED, url=f"http://127.0.{n // 250}.{n % 250 + 1}:{port}/{n}")
        for n in range(feeds)
    )
    now = _START + timedelta(hours=_HOURS[path])
    limits = FetchLimits(
        timeout=timedelta(seconds=60),
        max_body_bytes=10 * 2**20,
        concurrency=64,
        allow_networks=(ip_network("127.0.0.0/8"),),
        user_agent="aggregator-bench",
    )
    store = Store(f"sqlite:///{folder / 'ours.db'}")
    async with HttpFetcher(limits) as fetcher:
        works = Works(
            store=store,
            fetcher=fetcher,
            matcher=compile_topics(_TOPICS, ()),
            sources=sources,
            topics=_TOPICS,
            agencies=(),
            instance_id=store.upgrade(uuid.UUID(int=1), now),
            site_title="Bench",
            site_author="Bench",
            language="en",
            base_url="http://127.0.0.1",
            directory=folder / "feeds",
            clock=lambda: now,
        )
        rematch(works, now)
        used, started = cpu_s(), time.perf_counter()
        await _poll(works, path)
        works.readers.close()
    spent = cpu_s() - used, time.perf_counter() - started
    store.close()
    return spent


def main() -> None:
    port, feeds, folder, path = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    spent_s, wall_s = loop.run(_run(port, feeds, folder, path))
    print(json.dumps({"cpu_ms": round(spent_s / feeds * 1000, 3), "wall_s": round(wall_s, 2)}))


if __name__ == "__main__":
    main()
