"""The event loop of every command: libuv's, under which a poll costs a third less CPU than under Python's own (docs/measurements.md)."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """What `main` gives; the loop is closed after it, like `asyncio.run`."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)


def _new_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":  # libuv's is not built for it
        return asyncio.new_event_loop()
    import uvloop  # here, because most commands need no loop

    return uvloop.new_event_loop()
