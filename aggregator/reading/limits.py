"""What a process that reads strangers' documents may use: seconds of CPU a document, memory in all.

The bounds of `parse` and `html` hold what is known to be costly; these hold what is not known yet. Both act on the process
that calls them, so they belong into a worker, never into the daemon.
"""

import ctypes
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from aggregator.errors import UnreadableDocument

READING_S = 10.0
"""CPU seconds for one document. The slowest of 175 real feeds needs 0.4 (1,554 entries), the slowest hostile one that is known 5."""
_M_MMAP_THRESHOLD = -3  # malloc.h
_GRACE_S = 5
"""After the timer the kernel waits so long before it kills: a library that does not come back to Python sees no timer."""
_MEMORY_BYTES = 512 * 1024 * 1024
"""What a worker may take beyond what it has at its start; feedparser needs about ten times the document."""


class TooCostly(UnreadableDocument):
    """The document takes more time or memory to read than a document may."""


def return_memory() -> None:
    """Let every block of 256 KiB and more go back to the system when it is freed; does nothing without glibc.

    glibc raises this threshold to the size of what is freed, up to 32 MiB: after a few documents of 10 MB such blocks come
    from the heap and stay there (50 MiB in a run over twenty large documents).
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 262_144)


def limit_worker() -> None:
    """Bound the memory of this process, for good; the initializer of a pool. Past it Python raises MemoryError."""
    return_memory()
    statm = Path("/proc/self/statm")
    if not statm.exists():  # not Linux: the mapped size is not known, and macOS ignores the limit
        return
    mapped = int(statm.read_text("ascii").split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = mapped + _MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


@contextmanager
def limited(seconds: float = READING_S) -> Iterator[None]:
    """Raise TooCostly in the block when it has used so much CPU, or ran out of memory.

    Main thread only, where signals arrive and where a pool runs its tasks. If the block is inside a library that does not
    look at signals, the kernel kills the process a few seconds later, and the pool reports a broken worker.
    """
    previous = signal.signal(signal.SIGPROF, _out_of_time(seconds))
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_backstop(seconds, hard), hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except MemoryError as error:
        raise TooCostly(
            "reading it takes more memory than a document may; report the address if it is a real feed"
        ) from error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _out_of_time(seconds: float) -> Callable[[int, FrameType | None], None]:
    def raise_it(_: int, __: FrameType | None) -> None:
        raise TooCostly(
            f"reading it takes more than {seconds:g} s of CPU, more than a document may; report the address if it is a real feed"
        )

    return raise_it


def _backstop(seconds: float, hard: int) -> int:
    """RLIMIT_CPU counts the whole life of the process, in whole seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    wanted = int(used.ru_utime + used.ru_stime + seconds) + _GRACE_S
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
