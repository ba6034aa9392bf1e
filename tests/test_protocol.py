"""What comes before an answer is bounded: the length of a head and the time it takes."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from aggregator.web import Server, listen
from aggregator.web.protocol import MAX_HEAD_BYTES, BoundedProtocol


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """`ok` to everything, once it has come."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Impatient(BoundedProtocol):
    """Waits for a tenth of a second."""

    head_s = 0.1


@contextmanager
def serving(protocol: Any = BoundedProtocol) -> Iterator[int]:
    """The port of a server that runs for the block."""
    with listen("127.0.0.1", 0) as bound:
        server = Server(app)
        server.config.http_protocol_class = protocol
        server.config.http = protocol
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])))
        thread.start()
        try:
            yield int(bound.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side ends."""
    try:
        return b"".join(iter(lambda: connection.recv(65_536), b""))
    except ConnectionError:
        return b""


def is_cut(connection: socket.socket, parts: Iterator[bytes]) -> bool:
    """Whether the other side ends the connection before all is sent, or without a word after it."""
    try:
        for part in parts:
            connection.sendall(part)
    except ConnectionError:
        return True
    return received(connection) == b""


def test_requests_of_one_connection_are_answered_one_after_the_other() -> None:
    with serving() as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2 + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert received(connection).count(b"HTTP/1.1 200 OK") == 3


def test_a_body_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    """Linux delays an acknowledgement by 40 ms; ten answers one after the other would take nearly half a second."""
    with serving() as port, socket.create_connection(("127.0.0.1", port)) as connection:
        times = []
        for _ in range(10):
            asked_at = time.monotonic()
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while not answer.endswith(b"ok"):
                answer += connection.recv(4096)
            times.append(time.monotonic() - asked_at)
    assert sorted(times)[2] < 0.03


@pytest.mark.parametrize("line", [b"GET /", b"GET / HTTP/1.1\r\nCookie: "])
def test_a_head_without_end_is_cut(line: bytes) -> None:
    pieces = (line, *(b"x" * 8192 for _ in range(4 * MAX_HEAD_BYTES // 8192)))
    with serving() as port, socket.create_connection(("127.0.0.1", port)) as connection:
        assert is_cut(connection, iter(pieces))


def test_a_long_body_is_no_long_head() -> None:
    head = f"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: {2 * MAX_HEAD_BYTES}\r\n\r\n".encode()
    with serving() as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head + b"x" * (2 * MAX_HEAD_BYTES))
        assert received(connection).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\n\r\nGET / "])
def test_who_asks_nothing_or_half_a_question_is_let_go(sent: bytes) -> None:
    with serving(Impatient) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(5)
        connection.sendall(sent)
        assert received(connection).count(b"200 OK") == sent.count(b"\r\n\r\n")
