"""Visits that are over -> the store, many in one transaction: a commit each costs more than most visits have to say."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from aggregator.model.poll import Poll
from aggregator.pipeline.record import Visit, record
from aggregator.pipeline.rename import follow_renames
from aggregator.pipeline.works import Works

_LONGEST_S = 0.25
# Visits and their new entries; others wait meanwhile for the lock of the store.
_FULL = 200

_Waiting = tuple[Visit, asyncio.Future[Poll]]


class Writer:
    """Stores the visits of one round. It waits for company, but never for itself: the last visit of a round goes at once.

    `works` are those the visits were read by. They are stored by `in_force`, asked at that moment: after a reload what is on
    its way must not miss a rule that everything stored was matched by.
    """

    def __init__(
        self, works: Works, executor: Executor, expected: int, in_force: Callable[[], Works] | None = None
    ) -> None:
        self._works = works
        self._in_force = in_force or (lambda: works)
        self._executor = executor
        self._expected = expected
        self._waiting: list[_Waiting] = []
        self._weight = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writes: set[asyncio.Task[None]] = set()

    async def store(self, visit: Visit) -> Poll:
        """The record of the visit, once it is stored. Raises what its own storing raises."""
        stored: asyncio.Future[Poll] = asyncio.get_running_loop().create_future()
        self._waiting.append((visit, stored))
        self._weight += _weight(visit)
        self._expected -= 1
        if self._expected <= 0 or self._weight >= _FULL:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LONGEST_S, self._flush)
        return await stored

    def _flush(self) -> None:
        if self._timer:
            self._timer.cancel()
        batch, self._waiting, self._weight, self._timer = self._waiting, [], 0, None
        if batch:
            write = asyncio.get_running_loop().create_task(self._write(batch))
            self._writes.add(write)
            write.add_done_callback(self._writes.discard)

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        """Where the transaction fails, each visit is tried in one of its own: one defect costs one visit."""
        together = await self._try([visit for visit, _ in batch])
        outcomes: Sequence[Poll | BaseException]
        if isinstance(together, BaseException) and len(batch) > 1:
            alone = [await self._try([visit]) for visit, _ in batch]
            outcomes = [one if isinstance(one, BaseException) else one[0] for one in alone]
        else:
            outcomes = [together] * len(batch) if isinstance(together, BaseException) else together
        for (_, stored), outcome in zip(batch, outcomes, strict=True):
            if stored.done():
                continue  # nobody waits any more: the round was cancelled
            if isinstance(outcome, BaseException):
                stored.set_exception(outcome)
            else:
                stored.set_result(outcome)

    async def _try(self, visits: Sequence[Visit]) -> list[Poll] | BaseException:
        write = asyncio.get_running_loop().run_in_executor(self._executor, self._store, visits)
        (outcome,) = await asyncio.gather(write, return_exceptions=True)
        return outcome

    def _store(self, visits: Sequence[Visit]) -> list[Poll]:
        works = self._in_force()
        if works.matcher is not self._works.matcher:
            visits = [_matched(visit, works) for visit in visits]
        with works.store.batch() as batch:
            # Just after a reload this may come before the rematch: an entry under the new id would bar the old history from it.
            follow_renames(batch, works.topics)
            return [record(batch, visit, works, works.clock()) for visit in visits]


def _matched(visit: Visit, works: Works) -> Visit:
    """The visit with what its entries match by other rules than those they were read by."""
    if visit.reading is None:
        return visit
    documents = tuple(
        replace(
            document,
            sightings=tuple(
                replace(one, matches=works.matcher.match(one.article, one.source_id)) for one in document.sightings
            ),
        )
        for document in visit.reading.documents
    )
    return replace(visit, reading=replace(visit.reading, documents=documents))


def _weight(visit: Visit) -> int:
    documents = visit.reading.documents if visit.reading else ()
    return 2 + sum(len(document.sightings) for document in documents)
