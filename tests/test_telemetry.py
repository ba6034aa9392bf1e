"""Log lines: one a record, `key=value`, whatever a feed's words hold; traces stay whole."""

import io
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import pytest

from aggregator.telemetry import set_up
from tests.undisturbed import logging_put_back

FORGED = "a\nlevel=error event=forged\r\x1b[2J\x1b]0;title\x07 b\u2028c\u202ed"
LOG = logging.getLogger("aggregator.test")


@contextmanager
def log(*, verbosity: int = 0) -> Iterator[io.StringIO]:
    """The log of the program into a pipe, as every command sets it up; taken back at the end."""
    stream = io.StringIO()
    with logging_put_back(), redirect_stderr(stream):
        set_up(verbosity=verbosity)
        yield stream


def test_a_record_is_one_line_of_keys_and_values() -> None:
    with log() as lines:
        LOG.info("poll", extra={"source": "un-news", "new": 3, "took_ms": 12.5, "note": None})
    (line,) = lines.getvalue().splitlines()
    timestamp, rest = line.split(" ", 1)
    assert timestamp.startswith("timestamp=20")
    assert timestamp.endswith("Z")
    assert rest == "level=info event=poll source=un-news new=3 took_ms=12.5 note="


@pytest.mark.parametrize(
    "value",
    [FORGED, ValueError(FORGED), [FORGED], FORGED.encode()],
    ids=["text", "exception", "list", "bytes"],
)
def test_a_value_of_a_stranger_stays_on_its_line_and_moves_no_cursor(value: object) -> None:
    with log() as lines:
        LOG.info("poll", extra={"note": value})
    written = lines.getvalue()
    assert written.count("\n") == 1
    assert written.endswith("\n")
    assert written[:-1].isprintable()
    assert "forged" in written


def test_a_message_of_a_stranger_stays_on_its_line() -> None:
    with log() as lines:
        logging.getLogger("some.library").warning("cannot read %s", FORGED)
    written = lines.getvalue()
    assert written.count("\n") == 1
    assert written[:-1].isprintable()
    assert 'event="cannot read a' in written


def test_letters_of_every_script_stay_readable() -> None:
    with log() as lines:
        LOG.info("poll", extra={"note": "ليبيا, Ливия, Élysée"})
    assert 'note="ليبيا, Ливия, Élysée"' in lines.getvalue()


def raise_from_deep_inside() -> None:
    raise ValueError(FORGED)


def test_an_exception_keeps_its_trace_on_one_line() -> None:
    with log() as lines:
        try:
            raise_from_deep_inside()
        except ValueError:
            LOG.exception("poll failed")
    written = lines.getvalue()
    assert written.count("\n") == 1
    assert written[:-1].isprintable()
    assert "level=error" in written
    assert "Traceback (most recent call last):" in written
    assert "in raise_from_deep_inside" in written
    assert "ValueError: a" in written


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [(-1, ["warning"]), (0, ["info", "warning"]), (1, ["debug", "info", "warning"])],
)
def test_verbosity_is_of_the_program_and_not_of_libraries(verbosity: int, shown: list[str]) -> None:
    with log(verbosity=verbosity) as lines:
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            LOG.log(level, "ours")
            logging.getLogger("some.library").log(level, "theirs")
    written = lines.getvalue().splitlines()
    assert [line.split()[1].removeprefix("level=") for line in written if "ours" in line] == shown
    assert [line.split()[1] for line in written if "theirs" in line] == ["level=warning"]


def test_setting_up_twice_logs_once() -> None:
    with log() as lines:
        set_up(verbosity=0)
        LOG.info("once")
    assert lines.getvalue().count("event=once") == 1


ON_A_TERMINAL = f"""
import logging
from aggregator.telemetry import set_up
from tests.undisturbed import logging_put_back
set_up(verbosity=0)
log = logging.getLogger("aggregator.test")
log.info("poll", extra={{"note": {FORGED!r}}})
try:
    raise ValueError({FORGED!r})
except ValueError:
    log.exception("failed")
"""


def test_on_a_terminal_a_trace_has_its_lines_and_nothing_moves_the_cursor() -> None:
    controller, terminal = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", ON_A_TERMINAL], stderr=terminal, check=True, timeout=30)
        written = os.read(controller, 65_536).decode()
    finally:
        os.close(terminal)
        os.close(controller)
    lines = written.split("\r\n")
    assert all(line.isprintable() for line in lines)
    assert "poll" in lines[0]
    assert "\\x1b[2J" in lines[0]
    assert "Traceback (most recent call last):" in lines
    assert "level=error event=forged" in lines[0]
