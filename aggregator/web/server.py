"""uvicorn inside our own loop: the daemon owns the signals and the end."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.errors import AggregatorError
from aggregator.web.protocol import BoundedProtocol


class ListenError(AggregatorError):
    """The address to listen on cannot be had."""


class _Front:
    """Passes every request to the application that is shown at that moment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Server(uvicorn.Server):
    """Serves until `should_exit` is set; leaves signals alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._front = _Front(app)
        super().__init__(
            uvicorn.Config(
                self._front,
                http=BoundedProtocol,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=5,
                timeout_keep_alive=5,
                limit_concurrency=500,
            )
        )

    def show(self, app: ASGIApp) -> None:
        """Serve this application from the next request on; those under way end with the one before."""
        self._front.app = app

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn would take SIGTERM and raise it again after; the daemon drains instead."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises ListenError, which says what to do, where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off where a socket says that it is TCP, and only there. With it a head waits 40 ms for its
    # body: 680 answers a second in place of 10,000.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
        bound.set_inheritable(True)
    except OSError as error:
        bound.close()
        raise ListenError(
            f'cannot listen on {host}:{port}: {error.strerror}; choose another address in [web] listen, or "" for none'
        ) from error
    return bound
