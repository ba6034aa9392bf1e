"""What every test run shares: where everything is installed, a skipped test is a failure; no test disturbs a later one."""

import asyncio
import gc
import sys
from collections.abc import Generator, Iterator

import pytest

from tests.undisturbed import logging_put_back, surroundings


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--no-skips`, for machines on which `scripts/system-packages` has run."""
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where none is allowed."""
    report = yield
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report


def pytest_configure() -> None:
    """Every test runs on the loop that the commands run on."""
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def pytest_collection_finish() -> None:
    """Modules and collected tests stay to the end: no need to look through them for garbage with every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _undisturbed() -> Iterator[None]:
    """Name the test that leaves its process changed, not the later one that fails of it in some orders."""
    before = surroundings()
    with logging_put_back():
        yield
        after = surroundings()
    left = [name for name, value in before.items() if after[name] != value]
    assert not left, f"the test leaves behind what it changed: {', '.join(left)}"
