"""The program as a user starts it: `python -m aggregator` in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_START_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An ended run."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """stdout of a run with `--json`."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment() -> dict[str, str]:
    """The test's environment without what would change the program's behaviour, or compile it anew at every start."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"NO_COLOR": "1", "PYTHONWARNINGS": "error::ResourceWarning"}


def run(folder: Path, *arguments: str, timeout_s: float = 60, **variables: str) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", *arguments],
        cwd=folder,
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Done(code=done.returncode, out=done.stdout, err=done.stderr)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A daemon; killed at the end if it still runs."""
    with (folder / "daemon.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", *arguments], cwd=folder, env=environment(), stderr=log, text=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, words: str) -> str:
    """The document at the address once it holds the words."""
    end = time.monotonic() + _START_S
    seen = ""
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                seen = answer.read().decode()
        except OSError as error:
            seen = str(error)
        if words in seen:
            return seen
        time.sleep(0.1)
    raise AssertionError(f"{url} never held '{words}': {seen[:500]}")


def configure(folder: Path, port: int, *sources: str) -> None:
    """A daemon that polls loopback every second, with the topic `all` and the tables of its sources."""
    text = f"""
[site]
base_url = "http://127.0.0.1:{port}"
[web]
listen = "127.0.0.1:{port}"
[fetch]
allow_networks = ["127.0.0.0/8"]
[defaults]
min_interval = "1s"
interval = "1s"
[[agencies]]
id = "desk"
name = "Desk"
forms = ["DESK"]
[[topics]]
id = "all"
title = "All"
query = "*"
max_per_hour = 1000
"""
    (folder / "config.toml").write_text(text + "".join(sources), "utf-8")


def folder_table() -> str:
    """The folder `in` as a source."""
    return '[[sources]]\nid = "wire"\npath = "in"\nannounce = "all"\n'


def feed_table(url: str, name: str = "feed") -> str:
    """A feed as a source."""
    return f'[[sources]]\nid = "{name}"\nurl = "{url}"\nannounce = "all"\n'
