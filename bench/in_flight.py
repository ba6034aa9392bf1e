"""CPU per poll and memory with 1,000 slow servers' answers awaited at once, beside 50 at a time.

    .venv/bin/python bench/in_flight.py [--sources 1000] [--delay 2.5] [--json FILE]

A server in a process of its own, not counted, has a loopback address for each source and says 304 after the delay; behind
50 at a time after half a second, because waiting costs nothing but time. Each way of polling runs in a process of its own,
in which the fetcher alone works; memory is the proportional share (PSS) above that of the idle fetcher. Exit 1 where a poll
among many costs more than half as much again as among few, or the memory is above the one wanted.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from aggregator.cli import loop
from aggregator.fetch import HttpFetcher, descriptors
from aggregator.model.fetch import FetchLimits, NotModified
from aggregator.model.source import Source, SourceKind, Validators

_FEW, _FEW_DELAY_S = 50, 0.5
_WANTED_RATIO, _WANTED_MIB = 1.5, 64.0
_ETAG = '"one"'
_ANSWER = f"HTTP/1.1 304 Not Modified\r\nETag: {_ETAG}\r\nConnection: close\r\n\r\n".encode()

Found = dict[str, float]


def _limits(concurrency: int) -> FetchLimits:
    return FetchLimits(
        timeout=timedelta(seconds=60),
        max_body_bytes=10 * 2**20,
        concurrency=concurrency,
        allow_networks=(ip_network("127.0.0.0/8"),),
        user_agent="aggregator-bench",
    )


def _pss_mib() -> float:
    """Of this process; the parts of memory that it shares count by their share."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


async def _watch_memory(seen: list[float]) -> None:
    while True:
        seen.append(_pss_mib())
        await asyncio.sleep(0.5)


async def _poll(port: int, count: int, concurrency: int, delay_s: float) -> Found:
    urls = [f"http://127.1.{n // 250}.{n % 250 + 1}:{port}/{delay_s}" for n in range(count + 1)]
    sources = [Source(id=f"s-{n}", kind=SourceKind.FEED, url=url) for n, url in enumerate(urls)]
    now = datetime.now(UTC)
    async with HttpFetcher(_limits(concurrency)) as fetcher:
        # The first poll pays for what is imported late.
        await fetcher.get(sources.pop(), Validators(url=urls.pop(), etag=_ETAG), now)
        before_mib, seen = _pss_mib(), [0.0]
        watching = asyncio.create_task(_watch_memory(seen))
        used_s, started = time.process_time(), time.perf_counter()
        results = await asyncio.gather(
            *(fetcher.get(source, Validators(url=source.url, etag=_ETAG), now) for source in sources)
        )
        used_s, wall_s = time.process_time() - used_s, time.perf_counter() - started
        watching.cancel()
    wrong = [result for result in results if not isinstance(result, NotModified)]
    if wrong:
        sys.exit(f"{len(wrong)} polls failed: {wrong[0]}")
    return {
        "cpu_ms": round(used_s / count * 1000, 3),
        "growth_mib": round(max(seen) - before_mib, 1),
        "wall_s": round(wall_s, 1),
    }


async def _serve() -> None:
    """Answers after as many seconds as the path says; `/most` is the greatest number that waited at once, then forgotten."""
    waiting, most = 0, 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal waiting, most
        waiting += 1
        try:
            target = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode().strip("/")
            if target == "most":
                writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{most}".encode())
                most = 0
                return
            most = max(most, waiting)
            await asyncio.sleep(float(target))
            writer.write(_ANSWER)
        finally:
            waiting -= 1
            writer.close()

    # All of 127.0.0.0/8 is this machine on Linux.
    server = await asyncio.start_server(connected, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _most_at_once(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /most HTTP/1.1\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return int(answer.rpartition(b"\r\n")[2])


def _measure(port: int, count: int, concurrency: int, delay_s: float) -> Found:
    command = [sys.executable, __file__, "poll", str(port), str(count), str(concurrency), str(delay_s)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found | {"at_once": loop.run(_most_at_once(port))}


def _table(results: dict[str, Found]) -> int:
    """Print the comparison; says how many figures are too high."""
    print(f"{'polled':16}{'at once':>10}{'CPU ms a poll':>16}{'memory MiB':>14}{'seconds':>10}")
    for name, one in results.items():
        print(
            f"{name:16}{one['at_once']:>10.0f}{one['cpu_ms']:>16.2f}{one['growth_mib']:>+14.1f}{one['wall_s']:>10.1f}"
        )
    many, few = results.values()
    ratio = many["cpu_ms"] / few["cpu_ms"]
    print(f"a poll among many costs {ratio:.2f} of one among few (wanted {_WANTED_RATIO}, memory {_WANTED_MIB:g} MiB)")
    return (ratio > _WANTED_RATIO) + (many["growth_mib"] > _WANTED_MIB)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sources", type=int, default=1_000)
    arguments.add_argument("--delay", type=float, default=2.5)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        results = {
            "all at once": _measure(port, given.sources, given.sources, given.delay),
            f"{_FEW} at a time": _measure(port, given.sources, _FEW, _FEW_DELAY_S),
        }
    finally:
        server.terminate()
        server.wait()
    missed = _table(results)
    print(json.dumps(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 1 if missed else 0


def _worker(what: str, arguments: list[str]) -> None:
    if what == "serve":
        descriptors.allow(10_000)
        loop.run(_serve())
    else:
        port, count, concurrency, delay_s = arguments
        print(json.dumps(loop.run(_poll(int(port), int(count), int(concurrency), float(delay_s)))))


if __name__ == "__main__":
    if sys.argv[1:2] in (["serve"], ["poll"]):
        _worker(sys.argv[1], sys.argv[2:])
    else:
        sys.exit(main())
