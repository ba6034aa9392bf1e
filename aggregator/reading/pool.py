"""A fetched document -> its reading, where it costs least: in a thread of this process, or in a process of its own.

A worker process takes 0.3 s of CPU to start, which is 30 documents; a thread holds the interpreter while it parses. So few and
small documents are read here, many or large ones there, where one that takes all the time and memory there is takes them
from nobody else.

No thread can be stopped, so what is read here must be quick by its size: 64 KiB, which four of five real feeds do not reach, and
for which the costliest document that is known takes 0.4 s. A source whose document was slow all the same is read there from
then on: what nobody knows yet can hold up the others once.
"""

import asyncio
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import TypeVar

from aggregator.model.fetch import Fetched
from aggregator.model.identity import Sighting
from aggregator.model.source import Source, SourceState
from aggregator.parse import MOST_NEW, is_gzip
from aggregator.reading import worker
from aggregator.reading.complete import NoText
from aggregator.reading.limits import READING_S, TooCostly, return_memory
from aggregator.reading.read import Desk, Reading

_Result = TypeVar("_Result")

# Documents that are read here before the first worker is started.
_FIRST = 40
# Beyond, a document is read by a worker from the first on.
_SMALL_BYTES = MOST_NEW
# Up to here it is worth a look whether few of its items are new; to tell them apart takes 5 us each.
_LARGE_BYTES = 1_048_576
_SLOW_S = 1.0
"""CPU of one document read here; it is the time for which it may have kept others waiting."""


class Readers:
    """Reads documents for one configuration; the worker processes start when they are first worth it."""

    def __init__(self, workers: int | None = None, first: int = _FIRST, reading_s: float = READING_S) -> None:
        return_memory()
        self._reading_s = reading_s
        self._workers = workers or max((os.cpu_count() or 1) - 1, 1)
        self._left_here = first
        self._pool: ProcessPoolExecutor | None = None
        self._turns = asyncio.Semaphore(2 * self._workers)
        self._alone = asyncio.Lock()
        self._slow: set[str] = set()

    def close(self) -> None:
        """End the workers, if any were started."""
        if self._pool:
            self._pool.shutdown()
            self._pool = None

    async def read(self, source: Source, fetched: Fetched, state: SourceState, desk: Desk, now: datetime) -> Reading:
        """The reading of the documents that are new. Raises TooCostly for one that no worker can read."""
        if self._is_for_here(source, fetched, state):
            return await self._here(source, partial(worker.read_all, source, fetched, state, desk, now))
        if state.items and fetched.body_bytes <= _LARGE_BYTES and source.id not in self._slow:
            few = await self._here(source, partial(worker.read_if_few, source, fetched, state, desk, now))
            if few:
                return few
        return await self._in_worker(desk, partial(worker.work, source, fetched, state, now))

    async def take_text(
        self, source: Source, sighting: Sighting, page: Fetched, desk: Desk, now: datetime
    ) -> Sighting | NoText:
        """The sighting with the text of its page, always by a worker: what a page is made of has no bound that holds for it.
        Raises TooCostly.
        """
        return await self._in_worker(desk, partial(worker.take_text, source, sighting, page, now))

    async def _here(self, source: Source, task: Callable[[], _Result]) -> _Result:
        """In a thread of this process; a source that was slow to read is remembered."""

        def timed() -> tuple[_Result, float]:
            begun = time.thread_time()
            return task(), time.thread_time() - begun

        result, took = await asyncio.to_thread(timed)
        if took > _SLOW_S and not source.is_local:
            self._slow.add(source.id)
        return result

    async def _in_worker(self, desk: Desk, task: Callable[[], _Result]) -> _Result:
        async with self._turns:
            pool = self._pool or self._start(desk)
            try:
                return await _submit(pool, task)
            except BrokenProcessPool:
                if self._pool is pool:
                    self._pool = None
        return await self._alone_in_worker(desk, task)

    def _is_for_here(self, source: Source, fetched: Fetched, state: SourceState) -> bool:
        """Local documents are the user's own, and few change at a time."""
        if source.is_local or all(document.digest in state.validators.digests for document in fetched.documents):
            return True
        is_packed = any(is_gzip(document.body) for document in fetched.documents)
        if fetched.body_bytes > _SMALL_BYTES or is_packed or source.id in self._slow or self._left_here <= 0:
            return False
        self._left_here -= 1
        return True

    def _start(self, desk: Desk) -> ProcessPoolExecutor:
        self._pool = _pool(self._workers, desk, self._reading_s)
        return self._pool

    async def _alone_in_worker(self, desk: Desk, task: Callable[[], _Result]) -> _Result:
        """Once more in a worker of its own: a worker that dies takes along what it and others were reading, and only one
        of these documents is to blame.
        """
        async with self._alone:
            pool = _pool(1, desk, self._reading_s)
            try:
                return await _submit(pool, task)
            except BrokenProcessPool as error:
                raise TooCostly(
                    "the process that read it died of it; report the address if it is a real feed"
                ) from error
            finally:
                pool.shutdown(wait=False)


def _pool(workers: int, desk: Desk, reading_s: float) -> ProcessPoolExecutor:
    # Never by fork: threads and sockets of this process would go along. The server imports once for all workers, which one
    # worker alone does not need: it would be 50 MB more.
    context = multiprocessing.get_context("forkserver" if workers > 1 else "spawn")
    if workers > 1:
        context.set_forkserver_preload([worker.__name__])
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=worker.begin, initargs=(desk, reading_s))
    with _without_main():
        pool.submit(worker.ready)  # the processes start with the first task
    return pool


@contextmanager
def _without_main() -> Iterator[None]:
    """A process that starts here does not import the program's entry again: commands, web and storage, half a second of CPU."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


async def _submit(pool: ProcessPoolExecutor, task: Callable[[], _Result]) -> _Result:
    return await asyncio.get_running_loop().run_in_executor(pool, task)
