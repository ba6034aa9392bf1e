"""Answers a second from one process, by wrk: a conditional request, a packed feed and a plain one, beside nginx with the same file.

    .venv/bin/python bench/serving.py [--seconds 5] [--connections 32] [--json FILE]

The program serves a store that it made itself, with one feed of about 60 KB. Beside the answers a second stands the CPU time
of the server's processes for one answer: what the rate would be on a machine that has nothing else to do. wrk needs a core
of its own. What is not installed is left out. Exit 1 where ours gives fewer answers than wanted.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.program import configure, folder_table, free_port, run, running, wait_for

_WANTED = {"conditional": 3000, "packed": 1000, "plain": 700}
_ENTRIES = 40
_TICKS = os.sysconf("SC_CLK_TCK")
_NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_CONF = """{user}daemon off;
pid {folder}/nginx.pid;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    keepalive_requests 1000000000;
    open_file_cache max=100;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        location /feeds/ {{ gzip_static on; gzip_vary on; default_type application/atom+xml; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One server, one kind of request."""

    per_second: float
    cpu_us: float
    errors: int


def _text(number: int) -> str:
    """About 700 characters of which few words repeat, so that packing gains what it gains of a real feed."""
    words = [f"{zlib.crc32(f'{number}/{place}'.encode()):x}" for place in range(80)]
    head = f"Report {number} of the harbour\n\nTRIPOLI, February 28, 2026. /DESK/. "
    return f"{head}The report says {' '.join(words)}.\n"


def _desk(folder: Path, port: int) -> None:
    """A store and its feed, by the program's own hand."""
    texts = folder / "in"
    texts.mkdir()
    for number in range(_ENTRIES):
        path = texts / f"{number}.txt"
        path.write_text(_text(number), "utf-8")
        os.utime(path, (time.time() - 3600,) * 2)
    configure(folder, port, folder_table())
    with (folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write("[publish]\ngzip = true\n")
    done = run(folder, "once", timeout_s=300)
    assert done.code == 0, done.err


@contextmanager
def _nginx(folder: Path, port: int) -> Iterator[int]:
    """The number of an nginx that serves the folder."""
    assert _NGINX is not None
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_CONF.format(folder=folder, port=port, user=user), "utf-8")
    process = subprocess.Popen([_NGINX, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
    try:
        wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "</feed>")
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _cpu_s(pid: int) -> float:
    """Time of the process and of its children that live."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS + sum(_cpu_s(int(child)) for child in children)


def _measure(pid: int, url: str, headers: tuple[str, ...], seconds: int, connections: int) -> Rate:
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        *(part for one in headers for part in ("-H", one)),
        url,
    ]
    before = _cpu_s(pid)
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    used = _cpu_s(pid) - before
    requests = int(re.findall(r"(\d+) requests in", text)[0])
    errors = sum(int(count) for count in re.findall(r"(?:connect|read|write|timeout|responses:) (\d+)", text))
    rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0])
    return Rate(per_second=rate, cpu_us=used / requests * 1e6, errors=errors)


def _kinds(url: str) -> dict[str, tuple[str, ...]]:
    """The headers of each kind of request; the validators are the server's own."""
    with urllib.request.urlopen(url) as answer:
        etag = answer.headers["ETag"]
    return {
        "conditional": (f"If-None-Match: {etag}",),
        "packed": ("Accept-Encoding: gzip",),
        "plain": ("Accept-Encoding: identity",),
    }


def _rates(pid: int, port: int, seconds: int, connections: int) -> dict[str, Rate]:
    url = f"http://127.0.0.1:{port}/feeds/all.atom"
    return {kind: _measure(pid, url, headers, seconds, connections) for kind, headers in _kinds(url).items()}


def _table(results: dict[str, dict[str, Rate]], sizes: tuple[int, int]) -> int:
    """Print the comparison; says how many rates are too low."""
    print(f"One feed of {sizes[0]:,} bytes, {sizes[1]:,} packed; answers a second (CPU of the server for one, us)")
    print(f"{'request':14}{'ours':>20}{'nginx':>20}{'ratio':>8}{'wanted':>8}")
    missed = 0
    for kind, wanted in _WANTED.items():
        ours, other = results["ours"][kind], results.get("nginx", {}).get(kind)
        missed += ours.per_second < wanted or ours.errors > 0
        line = f"{kind:14}{_cell(ours):>20}{_cell(other) if other else '-':>20}"
        line += f"{ours.per_second / other.per_second:8.2f}" if other else f"{'-':>8}"
        print(f"{line}{wanted:8,}" + ("  <-" if ours.per_second < wanted or ours.errors else ""))
    return missed


def _cell(rate: Rate) -> str:
    return f"{rate.per_second:,.0f} ({rate.cpu_us:.0f})"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--connections", type=int, default=32)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    if shutil.which("wrk") is None:
        print("left out: wrk is not installed")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        _desk(folder, port)
        with running(folder, "serve") as process:
            wait_for(f"http://127.0.0.1:{port}/feeds/all.atom", "</feed>")
            results = {"ours": _rates(process.pid, port, given.seconds, given.connections)}
        if _NGINX is None:
            print("nginx is not installed: ours stands alone")
        else:
            port = free_port()
            with _nginx(folder, port) as pid:
                results["nginx"] = _rates(pid, port, given.seconds, given.connections)
        feed = folder / "feeds" / "all.atom"
        sizes = feed.stat().st_size, feed.with_name("all.atom.gz").stat().st_size
    missed = _table(results, sizes)
    if given.json:
        found = {server: {kind: asdict(rate) for kind, rate in rates.items()} for server, rates in results.items()}
        given.json.write_text(json.dumps({"bytes": sizes[0], "packed_bytes": sizes[1], **found}, indent=1) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
