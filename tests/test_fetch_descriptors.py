"""Open files: raised to what the connections need, never lowered, never above what the system allows."""

import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest

from aggregator.fetch import descriptors


@pytest.fixture(autouse=True)
def limits_as_before() -> Iterator[tuple[int, int]]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield soft, hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_limit_is_raised_to_what_is_needed(limits_as_before: tuple[int, int]) -> None:
    hard = limits_as_before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    assert descriptors.allow(1_000) == 1_000
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (1_512, hard)


def test_a_limit_that_is_enough_stays(limits_as_before: tuple[int, int]) -> None:
    hard = limits_as_before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (900, hard))
    assert descriptors.allow(100) == 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (900, hard)


@pytest.mark.slow
@pytest.mark.parametrize(("held", "expected"), [(2_000, 1_488), (400, 200), (40, 20)])
def test_where_it_cannot_be_raised_there_are_fewer_connections(held: int, expected: int) -> None:
    """In a process of its own: a hard limit that was lowered cannot be raised again."""
    script = (
        "import resource; from aggregator.fetch import descriptors; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({held}, {held})); print(descriptors.allow(5_000))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert int(done.stdout) == expected
