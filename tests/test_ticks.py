"""What the daemon does again and again: each job by itself, to its end, whatever becomes of the wall clock."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from aggregator.daemon.ticks import Ticks


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Job:
    """Work that counts itself."""

    takes_s: float = 0.0
    begun: int = 0
    done: int = 0
    most_at_once: int = 0

    async def work(self) -> None:
        self.begun += 1
        self.most_at_once = max(self.most_at_once, self.begun - self.done)
        await asyncio.sleep(self.takes_s)
        self.done += 1


def test_jobs_are_repeated_side_by_side_and_none_beside_itself(caplog: pytest.LogCaptureFixture) -> None:
    quick, slow, late = Job(), Job(takes_s=0.05), Job()

    async def course() -> None:
        ticks = Ticks(now)
        ticks.add("quick", quick.work, 0.01, is_at_once=True)
        ticks.add("slow", slow.work, 0.01, is_at_once=True)
        ticks.add("late", late.work, 60)
        ticks.start()
        await asyncio.sleep(0.17)
        ticks.stop()
        await asyncio.sleep(0.01)
        ticks.end()

    asyncio.run(course())
    assert quick.done > slow.done > 1
    assert slow.most_at_once == 1
    assert late.begun == 0
    assert [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"] == []


def test_a_job_that_fails_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async def course() -> None:
        tries, is_third = 0, asyncio.Event()

        async def broken() -> None:
            nonlocal tries
            tries += 1
            if tries == 3:
                is_third.set()
            raise ValueError("broken")

        ticks = Ticks(now)
        ticks.add("broken", broken, 0.01, is_at_once=True)
        ticks.start()
        await is_third.wait()
        ticks.end()

    asyncio.run(course())
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) >= 2
    assert all("broken" in record.getMessage() and record.exc_info for record in told)


def test_what_is_under_way_at_the_end_is_done_and_nothing_else_begins() -> None:
    slow = Job(takes_s=0.05)

    async def course() -> None:
        ticks = Ticks(now)
        ticks.add("slow", slow.work, 0.01, is_at_once=True)
        ticks.start()
        await asyncio.sleep(0.02)
        ticks.stop()
        await asyncio.sleep(0.1)
        ticks.end()

    asyncio.run(course())
    assert (slow.begun, slow.done) == (1, 1)


def test_what_is_broken_off_at_the_end_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    endless = Job(takes_s=60)

    async def course() -> None:
        ticks = Ticks(now)
        ticks.add("endless", endless.work, 60, is_at_once=True)
        ticks.start()
        await asyncio.sleep(0.05)
        ticks.end()
        await asyncio.sleep(0.01)

    asyncio.run(course())
    assert (endless.begun, endless.done) == (1, 0)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


# A second is what passes between two looks at the clock.
YEARS_S = 50 * 365 * 86_400
STEPS = [("set back by an hour", 3600), ("set back by fifty years", YEARS_S), ("set forward by fifty years", -YEARS_S)]


@pytest.mark.slow
@pytest.mark.parametrize(("why", "ahead_s"), STEPS, ids=[why for why, _ in STEPS])
def test_a_clock_that_is_set_neither_stops_the_ticks_nor_owes_them(why: str, ahead_s: float) -> None:
    """When the clock is set, what is due next lies as far ahead, or behind."""
    del why
    job = Job()

    async def course() -> None:
        ticks = Ticks(now)
        ticks.add("job", job.work, 0.3)
        ticks.start()
        ticks.call_in("job", ahead_s)
        await asyncio.sleep(1.5)
        ticks.end()

    asyncio.run(course())
    assert 1 <= job.done <= 6


def test_a_job_is_called_before_its_time_and_not_once_they_were_stopped() -> None:
    late = Job()

    async def course() -> None:
        ticks = Ticks(now)
        ticks.add("late", late.work, 60)
        ticks.start()
        ticks.call_in("late", 0.0)
        await asyncio.sleep(0.1)
        assert late.done == 1
        ticks.stop()
        ticks.call_in("late", 0.0)
        await asyncio.sleep(0.1)
        ticks.end()
        ticks.call_in("late", 0.0)  # a poll that was under way to the end: there is no such job any more

    asyncio.run(course())
    assert late.done == 1
