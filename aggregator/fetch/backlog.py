"""Documents on their way from the network to those who read them: how much memory they may take together.

Fetching is quicker than reading, so that what waits to be read is bounded by nothing else: not by the slots of requests,
which end with the answer.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

LIMIT_BYTES = 67_108_864
USUAL_BYTES = 262_144
"""What a request is expected to bring: more than nine in ten feeds, and 250 requests at once fit into the limit."""
CONDITIONAL_BYTES = 65_536
"""The same of a request with validators: most are answered without a document, and 1,000 at once fit into the limit. Were each
a usual one, a desk of slow servers would wait for four rounds of them.
"""


class Backlog:
    """The memory that is taken: the documents that wait or are being read, and for each request under way what is expected.

    A request is sent only while all of that, with what it is to bring, is within the limit. So more is in memory only by
    as much as the documents of requests under way are larger than expected; nothing is asked for then until so much was read.
    Nobody waits here while he holds something that others wait for: reading needs no room.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._used_bytes = 0
        self._queue = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def request(self, expected_bytes: int = USUAL_BYTES) -> AsyncIterator[None]:
        """Wait for so much room, in order of arrival, and keep it for the block."""
        async with self._queue:
            while self._used_bytes and self._used_bytes + expected_bytes > self._limit_bytes:
                self._freed.clear()
                await self._freed.wait()
            self._take(expected_bytes)
        try:
            yield
        finally:
            self._give_back(expected_bytes)

    @contextmanager
    def reading(self, size_bytes: int) -> Iterator[None]:
        """The document is in memory until the block ends; to be entered as soon as it was fetched. Never waits."""
        self._take(size_bytes)
        try:
            yield
        finally:
            self._give_back(size_bytes)

    def _take(self, size_bytes: int) -> None:
        self._used_bytes += size_bytes

    def _give_back(self, size_bytes: int) -> None:
        self._used_bytes -= size_bytes
        self._freed.set()
