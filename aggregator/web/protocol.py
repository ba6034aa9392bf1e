"""uvicorn's quick protocol with bounds on what comes before an answer: its parser has none on the length of a head, and waits
for ever for one.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# As much as uvicorn's other protocol takes; no client of feeds sends more than 2 KB.
MAX_HEAD_BYTES = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose head is too long or too slow: nobody who does that waits for an answer."""

    head_s = 10.0
    """From the connection, or from the first byte of a further request, to the end of its head."""
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> Any:
        self._forget_timer()
        return super().on_headers_complete()

    def _expect_head(self) -> None:
        self._forget_timer()
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.head_s, self.transport.abort)

    def _forget_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
