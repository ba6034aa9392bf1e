"""CPU per poll over loopback, ours beside lemon24/reader: first poll, 304, identical 200, one new entry.

    .venv/bin/python bench/cost.py [--feeds 500] [--alike] [--reader PYTHON] [--json FILE]

PYTHON is the interpreter of an environment in which `reader` is installed (else the variable READER_PYTHON); without it
ours stands alone. A server in a process of its own, not counted, gives each feed a loopback address of its own, because
one host is asked one request at a time. Each program polls in a process of its own; the CPU time is that of the process
and of its children, from after the imports to the end of the last child. Ours includes storage, sanitising, topics and
the ledger. `--alike` gives all headlines one form, the worst for stories: each is held against many. Exit 1 where a ratio is above the one wanted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

_PATHS = ("first", "304", "identical 200", "one new")
_WANTED = {"first": 0.6, "304": 0.33, "identical 200": 0.1, "one new": 0.2}
_HERE = Path(__file__).parent


def _measure(python: str, program: str, port: int, feeds: int, folder: Path) -> dict[str, dict[str, float]]:
    """What the program says of every path, one process a path over the same store."""
    found = {}
    for path in _PATHS:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/set/{path.replace(' ', '-')}").read()
        command = [python, str(_HERE / f"cost_{program}.py"), str(port), str(feeds), str(folder), path]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[path] = json.loads(done.stdout.splitlines()[-1])
    return found


def _table(results: dict[str, dict[str, dict[str, float]]], feeds: int) -> int:
    """Print the comparison; says how many ratios are too high."""
    print(f"CPU per poll in ms, {feeds} feeds of 20 entries; seconds of the clock in brackets")
    print(f"{'path':16}{'ours':>18}{'reader':>18}{'ratio':>8}{'wanted':>8}")
    missed = 0
    for path in _PATHS:
        ours, reader = results["ours"][path], results.get("reader", {}).get(path)
        line = f"{path:16}{_cell(ours):>18}{_cell(reader) if reader else '-':>18}"
        if reader:
            ratio = ours["cpu_ms"] / reader["cpu_ms"]
            missed += ratio > _WANTED[path]
            line += f"{ratio:8.2f}{_WANTED[path]:8.2f}" + ("  <-" if ratio > _WANTED[path] else "")
        print(line)
    return missed


def _cell(one: dict[str, float]) -> str:
    return f"{one['cpu_ms']:.2f} ({one['wall_s']:.1f})"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--feeds", type=int, default=500)
    arguments.add_argument("--reader", default=os.environ.get("READER_PYTHON"))
    arguments.add_argument("--alike", action="store_true", help="headlines of one form")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    programs = {"ours": sys.executable}
    if given.reader and Path(given.reader).exists():
        programs["reader"] = given.reader
    else:
        print("reader is not here (--reader PYTHON): ours alone")
    results = {}
    for program, python in programs.items():
        command = [sys.executable, str(_HERE / "cost_server.py"), *(["alike"] if given.alike else [])]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            with tempfile.TemporaryDirectory() as folder:
                results[program] = _measure(python, program, port, given.feeds, Path(folder))
        finally:
            server.terminate()
            server.wait()
    missed = _table(results, given.feeds)
    print(json.dumps(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
