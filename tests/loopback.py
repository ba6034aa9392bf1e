"""A real HTTP server on the loopback interface for tests: proper answers, and every improper one as raw bytes and pauses.

    with serve({"/feed.xml": Reply(b"<rss/>", headers={"ETag": '"1"'})}) as server:
        fetch(server.url("/feed.xml"))
        assert server.requests[0].header("If-None-Match") is None

Instead of the mapping a function `Request -> Reply | Raw` may answer. One connection carries one request, unless the server is
to `keep_alive`. At the end of the block every connection and thread is gone, and an exception of the function is raised.
"""

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came."""

    method: str
    target: str
    """Path and query."""
    headers: tuple[tuple[str, str], ...]
    """In order, each byte one character (latin-1)."""
    body: bytes = b""
    peer: int = 0
    """The client's port: equal for all requests of one connection."""
    at: float = 0.0
    """When it had come, in seconds of the monotonic clock."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The first value, case of the name ignored."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Reply:
    """A proper answer; Content-Length and, where the connection ends, `Connection: close` are added, values sent as latin-1."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[bytes | float, ...]:
        return self.wire(stays_open=False)

    def wire(self, stays_open: bool) -> tuple[bytes | float, ...]:
        """The bytes to send: head and body."""
        phrase = next((each.phrase for each in HTTPStatus if each == self.status), "Unknown")
        ending = {} if stays_open else {"Connection": "close"}
        headers = {"Content-Length": str(len(self.body))} | ending | dict(self.headers)
        lines = (f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", "")
        return "\r\n".join(lines).encode("latin-1"), self.body


class Raw:
    """An answer byte for byte: bytes are sent, a number is a pause in seconds; then the connection is closed."""

    def __init__(self, *parts: bytes | float) -> None:
        self.parts = parts


Handler = Callable[[Request], Reply | Raw]


class Server(socketserver.ThreadingTCPServer):
    """What `serve` gives: `url(path)`, `port` and the `requests` so far."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, handler: Handler, host: str, tls: ssl.SSLContext | None, keep_alive: bool) -> None:
        self.requests: list[Request] = []
        self.errors: list[Exception] = []
        self.handler = handler
        self.closing = threading.Event()
        self.tls = tls
        self.keep_alive = keep_alive
        self.host = host
        self.connections: set[socket.socket] = set()
        super().__init__((host, 0), _Connection)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str = "/", host: str | None = None, userinfo: str = "") -> str:
        """The address of the path; `host` may be another spelling of the same machine, `userinfo` is `user:password`."""
        scheme = "https" if self.tls else "http"
        credentials = f"{userinfo}@" if userinfo else ""
        return f"{scheme}://{credentials}{host or self.host}:{self.port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is normal here; the default prints a trace."""

    def close(self) -> None:
        """Stop pauses and connections, then wait for the threads."""
        self.closing.set()
        self.shutdown()
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # closed by its own thread meanwhile
                continue
        self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        connection: socket.socket = self.request
        self.server.connections.add(connection)
        try:
            if self.server.tls is not None:
                with self.server.tls.wrap_socket(connection, server_side=True) as secure:
                    self._answer(secure)
            else:
                self._answer(connection)
        except OSError:  # the client has gone, or does not trust the certificate
            pass
        finally:
            self.server.connections.discard(connection)

    def _answer(self, connection: socket.socket) -> None:
        while self._answer_one(connection):
            pass

    def _answer_one(self, connection: socket.socket) -> bool:
        """Whether the connection may carry another request."""
        request = _receive(connection, int(self.client_address[1]))
        if request is None:
            return False
        self.server.requests.append(request)
        try:
            answer = self.server.handler(request)
        except Exception as error:  # noqa: BLE001  raised again at the end of the block
            self.server.errors.append(error)
            return False
        stays_open = self.server.keep_alive and isinstance(answer, Reply) and request.header("Connection") != "close"
        for part in answer.wire(stays_open) if isinstance(answer, Reply) else answer.parts:
            if self.server.closing.is_set():
                return False
            if isinstance(part, bytes):
                connection.sendall(part)
            else:
                self.server.closing.wait(part)
        return stays_open


def _receive(connection: socket.socket, peer: int) -> Request | None:
    """None when the client closed without asking, or speaks TLS to a plain server."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65_536)
        if not received:
            return None
        if received[0] == 0x16:  # a TLS greeting on the plain port: what web servers do then
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return None
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    method, target, _ = first.split(" ", 2)
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    while len(body) < length and (received := connection.recv(65_536)):
        body += received
    return Request(method=method, target=target, headers=headers, body=body, peer=peer, at=time.monotonic())


@contextmanager
def serve(
    answers: Handler | Mapping[str, Reply | Raw],
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    keep_alive: bool = False,
) -> Iterator[Server]:
    """Run a server for the block. With a mapping the path decides, an unknown one gets 404."""
    handler = answers if callable(answers) else lambda request: answers.get(request.path, Reply(status=404))
    server = Server(handler, host, tls, keep_alive)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="loopback")
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
    if server.errors:
        raise server.errors[0]
