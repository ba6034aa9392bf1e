"""A TCP or TLS connection of asyncio, as httpcore reads and writes it.

httpcore's own backend goes through anyio, whose cancel scopes and address races cost a poll a third of its CPU time; here a
poll has one deadline of its own, so the timeouts of single operations, which the interface knows, are not used.
"""

import asyncio
import ssl
from typing import Any, cast

import httpcore

# Above this the peer must wait: what arrives while nobody reads stays bounded.
_HIGH_BYTES = 262_144


class Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection; `allowance` is how many more bytes may be read, None for no limit."""

    def __init__(self) -> None:
        self.allowance: int | None = None
        self._transport: asyncio.Transport
        self._received = bytearray()
        self._is_over = False
        self._is_paused = False
        self._error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _HIGH_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over, self._error = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109
        """What has come, b"" at the end. Raises httpcore.ReadError, and RemoteProtocolError past the allowance."""
        while not self._received:
            if self._error is not None:
                raise httpcore.ReadError(str(self._error)) from self._error
            if self._is_over:
                return b""
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        data = bytes(self._received[:max_bytes])
        del self._received[:max_bytes]
        if self._is_paused and len(self._received) <= _HIGH_BYTES // 2:
            self._is_paused = False
            self._transport.resume_reading()
        if self.allowance is not None:
            self.allowance -= len(data)
            if self.allowance < 0:
                raise httpcore.RemoteProtocolError("more than may be read")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109
        """Without waiting: a request is smaller than any buffer on its way. Raises httpcore.WriteError."""
        if self._is_over or self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        self._transport.write(buffer)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
    ) -> "Stream":
        """Itself, secured. Raises httpcore.ConnectError; its cause is an ssl.SSLError where TLS said no."""
        loop = asyncio.get_running_loop()
        try:
            secure = await loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        except (OSError, ValueError) as error:  # ValueError: a host name that no certificate can name
            raise httpcore.ConnectError(str(error)) from error
        if secure is None:  # the connection was lost while the greeting went on
            raise httpcore.ConnectError("lost during the TLS handshake")
        self._transport = secure
        return self

    async def aclose(self) -> None:
        """At once: nothing of ours is still to be sent, and a peer that never says goodbye would hold a file descriptor."""
        self._transport.abort()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # idle, it holds bytes nobody asked for, or its end
            return self._is_over or bool(self._received)
        return self._transport.get_extra_info(info)


async def dial(address: str, port: int) -> Stream:
    """A connection to the address, which is none that needs a look-up. Raises httpcore.ConnectError."""
    try:
        _, stream = await asyncio.get_running_loop().create_connection(Stream, address, port)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return stream
