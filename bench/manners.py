"""Good manners as a table: every rule of `tests/manners` tried, a line a group, beside lemon24/reader where it is.

    .venv/bin/python bench/manners.py [--reader PYTHON] [--json FILE] [--group NAME] [--rules]

PYTHON is the interpreter of an environment in which `reader` is installed (else the variable READER_PYTHON); it is played
on the same server by the same clock, its scheduler on, all settings at their defaults. A case that asks for what only one
of the two has is not applicable to the other and counts for nobody. Exit 1 where ours breaks a rule.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from queue import SimpleQueue

from tests.manners.cases import CASES, GROUPS
from tests.manners.ours import Ours
from tests.manners.play import Limits, NotApplicable, Player, Subscription
from tests.manners.score import Mark, OpenPlayer, Result, score, serving
from tests.stores import empty_store

_HERE = Path(__file__).parent
# One update of a poller without a deadline of its own; the server ends every answer sooner.
_STEP_S = 30.0
_SIDE_BY_SIDE = 6
_WIDTH = 25


class Peer:
    """lemon24/reader as a player: its process does what it is told, a line of JSON at a time, and is used for many cases."""

    # Its own bound for what a server asks for (31 days), and the hour to which it rounds up.
    longest = timedelta(days=31, hours=1)

    def __init__(self, python: str, folder: Path) -> None:
        self._folder = folder
        self._stores = count(1)
        self._urls: dict[str, str] = {}
        self._process = subprocess.Popen(
            [python, str(_HERE / "manners_reader.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def open(self, limits: Limits, subscriptions: Sequence[Subscription], now: datetime) -> None:  # noqa: ARG002  its clock is told at each tick
        """A new store. Raises NotApplicable for what it cannot be told."""
        if any(one.min_interval or one.authorization or one.headers for one in subscriptions):
            raise NotApplicable("it has no such setting")
        self._urls = {one.name: one.url for one in subscriptions}
        self._tell(
            "open",
            store=str(self._folder / f"{next(self._stores)}.sqlite"),
            timeout_s=limits.timeout.total_seconds() if limits.timeout else None,
            urls=list(self._urls.values()),
        )

    def tick(self, now: datetime) -> None:
        self._tell("tick", now=now.isoformat())

    def next_at(self) -> datetime | None:
        found = self._tell("next")
        # A feed that was never asked is due at once.
        return datetime.fromisoformat(str(found)) if found else None

    def step_clock(self, before: datetime, after: datetime) -> None:
        """It reads the clock at each update and knows of no other time."""

    def restart(self, now: datetime) -> None:  # noqa: ARG002
        self._tell("restart")

    def titles(self) -> list[str]:
        found = self._tell("titles")
        assert isinstance(found, list)
        return found

    def error(self, name: str) -> str | None:
        found = self._tell("error", url=self._urls[name])
        return None if found is None else str(found)

    def dialled(self) -> list[str]:
        raise NotApplicable("its names cannot be given other addresses")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _tell(self, order: str, **values: object) -> object:
        """The process's answer; it is killed where it takes too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watch = threading.Timer(_STEP_S, self._process.kill)
        watch.start()
        try:
            with suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps({"order": order} | values) + "\n")
                self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise TimeoutError(f"no end within {_STEP_S:g} s")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]


def _peers(python: str, folder: Path) -> tuple[OpenPlayer, Callable[[], None]]:
    """How to get a peer for one case, and how to end them all."""
    idle: SimpleQueue[Peer] = SimpleQueue()
    numbers = count(1)

    @contextmanager
    def open_player() -> Iterator[Player]:
        if idle.empty():
            own = folder / f"peer-{next(numbers)}"
            own.mkdir()
            peer = Peer(python, own)
        else:
            peer = idle.get()
        try:
            yield peer
        finally:
            if peer.is_alive:
                idle.put(peer)
            else:
                peer.close()

    def close_all() -> None:
        while not idle.empty():
            idle.get().close()

    return open_player, close_all


@contextmanager
def _ours() -> Iterator[Player]:
    with tempfile.TemporaryDirectory(prefix="manners-") as folder, closing(Ours(Path(folder))) as player:
        yield player


class _Progress:
    """A line that goes on while the cases are played, on a terminal only."""

    def __init__(self, who: str, total: int) -> None:
        self._who, self._total, self._done, self._broken = who, total, 0, 0
        self._lock = threading.Lock()

    def __call__(self, result: Result) -> None:
        with self._lock:
            self._done += 1
            self._broken += result.mark is Mark.FAILED
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{self._who}: {self._done} of {self._total} rules, {self._broken} broken ")
                sys.stderr.write("\n" if self._done == self._total else "")
                sys.stderr.flush()


def _table(results: dict[str, list[Result]]) -> None:
    programs = list(results)
    print(f"{'group':{_WIDTH}}" + "".join(f"{program:>12}" for program in programs))
    for name in [*(group.name for group in GROUPS), "all"]:
        cells = [_share([one for one in results[program] if name in (one.case.group, "all")]) for program in programs]
        if any(cells):
            print(f"{name:{_WIDTH}}" + "".join(f"{cell or '-':>12}" for cell in cells))
    print(f"{'':{_WIDTH}}" + "".join(f"{_percent(results[program]):>12}" for program in programs))
    for program in programs:
        broken = [one for one in results[program] if one.mark is Mark.FAILED]
        if broken:
            print(f"\nbroken by {program}:")
        for one in broken:
            print(f"  {one.case.group}: {one.case.name}")
            if program == "ours":
                print(f"    {one.case.rule}\n    {one.why}")


def _share(results: list[Result]) -> str:
    """`passed/applicable`."""
    counted = [one for one in results if one.mark is not Mark.NOT_APPLICABLE]
    return f"{sum(one.mark is Mark.PASSED for one in counted)}/{len(counted)}" if counted else ""


def _percent(results: list[Result]) -> str:
    counted = [one for one in results if one.mark is not Mark.NOT_APPLICABLE]
    passed = sum(one.mark is Mark.PASSED for one in counted)
    # Rounded down: 100 % is said of all rules only.
    return f"{100 * passed // len(counted)} %" if counted else "-"


def _as_json(results: dict[str, list[Result]]) -> dict[str, object]:
    return {
        program: {
            "passed": sum(one.mark is Mark.PASSED for one in found),
            "applicable": sum(one.mark is not Mark.NOT_APPLICABLE for one in found),
            "broken": [
                {"group": one.case.group, "rule": one.case.name, "why": one.why}
                for one in found
                if one.mark is Mark.FAILED
            ],
        }
        for program, found in results.items()
    }


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--reader", default=os.environ.get("READER_PYTHON"))
    arguments.add_argument("--json", type=Path)
    arguments.add_argument("--group", choices=[group.name for group in GROUPS])
    arguments.add_argument("--rules", action="store_true", help="print the rules with their sources, try nothing")
    return arguments.parse_args()


def main() -> int:
    given = _arguments()
    cases = [case for case in CASES if given.group in (None, case.group)]
    if given.rules:
        for case in cases:
            print(f"{case.group}: {case.name}\n    {case.rule}")
        return 0
    # Every failure of a source is logged; here they are what is wanted.
    logging.disable(logging.CRITICAL)
    empty_store()  # before there are threads
    results: dict[str, list[Result]] = {}
    with tempfile.TemporaryDirectory(prefix="manners-") as folder, serving(Path(folder)) as server:
        started = time.monotonic()
        progress = _Progress("ours", len(cases))
        results["ours"] = score(
            server, _ours, is_ours=True, side_by_side=_SIDE_BY_SIDE, on_result=progress, cases=cases
        )
        print(f"{len(cases)} rules in {time.monotonic() - started:.0f} s; passed of those that apply")
        if given.reader and Path(given.reader).exists():
            open_player, close_all = _peers(given.reader, Path(folder))
            progress = _Progress("reader", len(cases))
            results["reader"] = score(
                server, open_player, is_ours=False, side_by_side=_SIDE_BY_SIDE, on_result=progress, cases=cases
            )
            close_all()
        else:
            print("reader is not here (--reader PYTHON): ours alone")
    _table(results)
    print(json.dumps(_as_json(results)))
    if given.json:
        given.json.write_text(json.dumps(_as_json(results), indent=1))
    return 1 if any(one.mark is Mark.FAILED for one in results["ours"]) else 0


if __name__ == "__main__":
    sys.exit(main())
