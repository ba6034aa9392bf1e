"""What the daemon does again and again, by APScheduler, under a wall clock that may be set: the scheduler knows no other.

Set back by an hour it would rest for an hour, and after a jump forward it would list every tick that was missed, one by one: a
thousand million where a machine starts in 1970 and learns the time later (rules R29).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

_LOOK_S = 1.0
# How far behind its time a tick may be set without a look at the clock.
_SLACK = timedelta(seconds=1)


class _Every(BaseTrigger):
    """So long after the last time, and never in the past: what was missed is not made up for."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        following = (previous or now) + self.interval
        return following if following > now else now + self.interval


class Ticks:
    """Jobs side by side; a job never overlaps itself. `clock` gives the wall's time; other work than a tick's goes on when they end."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._looking: asyncio.Task[None] | None = None
        self._is_over = False

    def add(self, name: str, work: Callable[[], Awaitable[None]], every_s: float, *, is_at_once: bool = False) -> None:
        """Do the work so often once they start, first after that time or at once."""
        at: dict[str, Any] = {"next_run_time": self._clock()} if is_at_once else {}
        trigger = _Every(timedelta(seconds=every_s))

        is_under_way = False

        async def tick() -> None:
            nonlocal is_under_way
            if is_under_way:
                return
            is_under_way = True
            try:
                with suppress(asyncio.CancelledError):  # by `end`; the scheduler would log it as a failure
                    await work()
            finally:
                is_under_way = False

        # Two, or the scheduler warned of each call that finds the last one under way: on a busy machine one a second.
        self._scheduler.add_job(tick, trigger, id=name, name=name, max_instances=2, misfire_grace_time=None, **at)

    def call_in(self, name: str, seconds: float) -> None:
        """Call the job so soon; from then on it goes by its interval again. Nothing once they were stopped."""
        if not self._is_over:
            self._scheduler.modify_job(name, next_run_time=self._clock() + timedelta(seconds=seconds))

    def start(self) -> None:
        """Begin, in the running loop."""
        self._scheduler.start()
        self._looking = asyncio.create_task(self._look_at_clock())

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on to its end."""
        self._is_over = True
        self._scheduler.pause()

    def end(self) -> None:
        """Wait for nothing any more."""
        self._is_over = True
        if self._looking:
            self._looking.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _look_at_clock(self) -> None:
        """Call again what a clock that was set back put off: nothing is ever due later than its interval from now."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now = self._clock()
            for job in self._scheduler.get_jobs():
                if job.next_run_time - now > job.trigger.interval + _SLACK:
                    job.modify(next_run_time=now)
