"""What a test shares with every later one of its process: logging, folder, environment, signals, mask of new files."""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

# pytest's own, another value in each phase of a test.
_OF_PYTEST = "PYTEST_CURRENT_TEST"
# Those that a program of ours would handle; all sixty are a quarter of a millisecond, twice a test.
_SIGNALS = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGPROF,
    signal.SIGALRM,
    signal.SIGCHLD,
    signal.SIGUSR1,
)


@contextmanager
def logging_put_back() -> Iterator[None]:
    """Run a block that sets up the program's log; afterwards handlers and levels are those of before."""
    root, ours = logging.getLogger(), logging.getLogger("aggregator")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


def surroundings() -> dict[str, object]:
    """The state of the process by name; equal before and after a test that cleans up behind itself."""
    root, ours = logging.getLogger(), logging.getLogger("aggregator")
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "logging": (tuple(root.handlers), root.level, tuple(ours.handlers), ours.level, ours.propagate, ours.disabled),
        "working directory": os.getcwd(),  # noqa: PTH109  a string: this runs twice a test
        "environment": os.environ.copy() | {_OF_PYTEST: ""},
        "signal handlers": tuple(map(signal.getsignal, _SIGNALS)),
        "mask of new files": mask,
    }
