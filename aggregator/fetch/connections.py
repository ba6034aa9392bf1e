"""A request -> the head of its answer, over a connection that is opened for it or was kept by the host's turn.

No pool of httpcore is asked: one scans all its connections twice a request, so that 100 of them cost 9 ms CPU each. Who may
keep a connection is known here without looking: the turn of its host.
"""

import ssl
from collections.abc import Iterable
from functools import cached_property

import httpcore
import httpx

from aggregator.fetch.guard import Guard
from aggregator.fetch.stream import Stream

# h11 refuses a head above 100 KiB; this ends a server that announces (1xx) without end as well.
_MAX_HEAD_BYTES = 262_144
# The poll has a deadline; httpcore only wants a number where it knows none.
_NO_HURRY_S = 3600.0


class ProxyDown(httpcore.ConnectError):
    """The proxy of the configuration cannot be reached."""


class Connection:
    """An HTTP/1.1 connection to one origin, for one request at a time."""

    def __init__(self, origin: bytes, http: httpcore.AsyncConnectionInterface, stream: Stream | None) -> None:
        self.origin = origin
        self._http = http
        self._stream = stream

    @property
    def is_usable(self) -> bool:
        """Idle, and the server has neither closed it nor sent what nobody asked for."""
        return self._http.is_available() and not self._http.has_expired()

    async def send(self, request: httpcore.Request) -> httpcore.Response:
        """The head of the answer; the caller reads the body and closes it. Raises an error of httpcore."""
        if self._stream is None:
            return await self._http.handle_async_request(request)
        self._stream.allowance = _MAX_HEAD_BYTES
        response = await self._http.handle_async_request(request)
        self._stream.allowance = None
        return response

    async def close(self) -> None:
        await self._http.aclose()


class Connections:
    """Opens connections through the guard; all share one TLS context (18 ms and 685 KB each), made for the first."""

    def __init__(self, guard: Guard, proxy: str | None = None) -> None:
        self._guard = guard
        self._proxy = None if proxy is None else _proxy(proxy, self._context, guard)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    async def open(self, url: httpx.URL, within_s: float) -> Connection:
        """A new connection to the origin. Raises Blocked, NoAddress, ProxyDown, another httpcore error or TimeoutError."""
        host = url.raw_host.decode("ascii")
        origin = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/").origin
        if self._proxy is not None:
            await self._guard.check(host, origin.port)
            return Connection(origin_of(url), self._proxy.create_connection(origin), None)
        stream = await self._guard.connect(host, origin.port, within_s)
        try:
            if url.scheme == "https":
                await stream.start_tls(self._context, host)
            return Connection(origin_of(url), httpcore.AsyncHTTP11Connection(origin, stream), stream)
        except BaseException:  # a cancelled handshake as well: nobody else knows the stream
            await stream.aclose()
            raise


def origin_of(url: httpx.URL) -> bytes:
    """Scheme, host and port, a default port left out."""
    return url.raw_scheme + b"://" + url.netloc


def _proxy(address: str, context: ssl.SSLContext, guard: Guard) -> httpcore.AsyncHTTPProxy:
    """Used to make connections only; requests never wait in it."""
    url = httpx.Proxy(address)
    return httpcore.AsyncHTTPProxy(
        proxy_url=httpcore.URL(
            scheme=url.url.raw_scheme, host=url.url.raw_host, port=url.url.port, target=url.url.raw_path
        ),
        proxy_auth=url.raw_auth,
        ssl_context=context,
        proxy_ssl_context=context if url.url.scheme == "https" else None,
        network_backend=_ProxyBackend(guard),
    )


class _ProxyBackend(httpcore.AsyncNetworkBackend):
    """Dials the proxy itself, wherever it stands: the user named it."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore's
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> Stream:
        try:
            return await self._guard.connect_unguarded(host, port, timeout or _NO_HURRY_S)
        except (httpcore.ConnectError, TimeoutError) as error:
            raise ProxyDown(host) from error
