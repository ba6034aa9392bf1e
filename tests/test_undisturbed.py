"""The guard of the tests itself: it sees what a test leaves behind, and a command leaves nothing."""

import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import configure, invoke
from tests.undisturbed import logging_put_back, surroundings

CHANGES: dict[str, Callable[[pytest.MonkeyPatch, Path], object]] = {
    "environment": lambda patch, folder: patch.setenv("AGGREGATOR_FETCH__TIMEOUT", "7s"),
    "working directory": lambda patch, folder: patch.chdir(folder),
    "logging": lambda patch, folder: logging.getLogger("aggregator").setLevel("CRITICAL"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = surroundings()
    with logging_put_back():
        CHANGES[name](monkeypatch, tmp_path)
        after = surroundings()
    assert [each for each, value in before.items() if after[each] != value] == [name]


def test_a_signal_handler_and_a_mask_are_seen() -> None:
    before = surroundings()
    mask, handler = os.umask(0o027), signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    after = surroundings()
    os.umask(mask)
    signal.signal(signal.SIGUSR1, handler)
    assert [each for each, value in before.items() if after[each] != value] == ["signal handlers", "mask of new files"]


def test_a_command_that_logs_leaves_logging_as_it_was(tmp_path: Path) -> None:
    configure(tmp_path)
    before = surroundings()
    assert invoke(tmp_path, "publish").code == 0
    assert surroundings() == before
