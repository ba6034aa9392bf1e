"""Commands inside the test's own process, and a small desk for them: two wire texts, one of which its topic matches."""

import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path

from typer.testing import CliRunner

from aggregator.cli import main
from aggregator.cli.app import app
from aggregator.config import load
from aggregator.errors import AggregatorError
from tests.desk import desk
from tests.program import Done
from tests.undisturbed import logging_put_back

TALKS = """Envoys agree on a date for talks on Libya, minister says

CAIRO, November 25, 2020. /DESK/. The foreign minister of Egypt told his Libyan counterpart that the talks would resume.

The delegations are to meet in Cairo, the ministry said on the same day, with the United Nations mission at the table.
"""
HARVEST = """Date growers expect a good harvest

MURZUQ, October 3, 2020. /DESK/. Growers in the oases of the south expect more dates than in the two years before.

Prices on the markets have not moved yet, the chamber of agriculture said, and the roads to the coast are open again.
"""
CONFIG = """# A desk for tests.
[storage]
url = "sqlite:///store.db"

[web]
listen = ""

[fetch]
allow_networks = ["127.0.0.0/8"]

[[agencies]]
id = "desk"
name = "Desk"
forms = ["DESK"]

# What we write ourselves.
[[sources]]
id = "wire"
path = "in"
publisher = "The desk"
announce = "all"

# What others write.
[[sources]]
id = "harbour"
url = "https://example.org/harbour.xml"
publisher = "Harbour news"
tags = ["ports"]

# What we publish.
[[topics]]
id = "libya"
title = "Talks on Libya"
query = "libya AND talks"
"""


def invoke(folder: Path, *arguments: str) -> Done:
    """Run a command on the folder's configuration; an error of ours becomes its message and exit code, as in `main`."""
    with logging_put_back():  # the runner closes the stream that `run` and `once` log to
        result = CliRunner().invoke(app, ["--config", str(folder / "config.toml"), *arguments])
    if isinstance(result.exception, AggregatorError):
        return Done(code=result.exception.exit_code, out=result.stdout, err=f"{result.stderr}{result.exception}\n")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(code=result.exit_code, out=result.stdout, err=result.stderr)


def typed(folder: Path, *arguments: str) -> Done:
    """Run a command as a user types it in the folder: like `program.run`, without the second that a new interpreter takes."""
    out, err = (TextIOWrapper(BytesIO(), "utf-8", newline="", write_through=True) for _ in range(2))
    argv, hook = sys.argv, sys.excepthook  # typer sets a hook of its own
    sys.argv = ["aggregator", *arguments]
    try:
        with chdir(folder), logging_put_back(), redirect_stdout(out), redirect_stderr(err):
            main()
        code: object = 0
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv, sys.excepthook = argv, hook
    assert isinstance(code, int)
    return Done(code=code, out=_written(out), err=_written(err))


def _written(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def configure(folder: Path, more: str = "") -> Path:
    """The desk's configuration and texts; nothing is stored yet. Gives the configuration's file."""
    (folder / "in").mkdir()
    for name, text in (("talks.txt", TALKS), ("harvest.txt", HARVEST)):
        path = folder / "in" / name
        path.write_text(text, "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    file = folder / "config.toml"
    file.write_text(CONFIG + more, "utf-8")
    return file


def run_once(folder: Path) -> None:
    """Poll the local sources of the folder's configuration and publish."""
    found = load(folder / "config.toml", {})
    local = tuple(source for source in found.sources if source.is_local)
    with desk(folder, sources=local, topics=found.topics, agencies=found.agencies, packs=found.packs) as work:
        work.run()
