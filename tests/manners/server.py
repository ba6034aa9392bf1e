"""A web server on every loopback address, which answers each case by a script of its own and writes down what it was asked.

All of 127.0.0.0/8 is this machine on Linux: a case has 254 addresses of its own, so no case meets another's requests. At an
address that no case owns (`[::1]`, `0.0.0.0`) the case is found by the first part of the path, `/~N/`.
"""

import asyncio
import ssl
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

_CHUNK = 65_536
_MAX_HEAD = 1_048_576
_BACKLOG = 512
_IDLE_S = 15.0
# A script that never ends is ended: a poller without a bound must fail its case, not the machine.
_LONGEST_ANSWER_S = 12.0
_MOST_BYTES = 48 * 1_048_576


@dataclass(slots=True, kw_only=True)
class Ask:
    """A request as it came, and how its answer went."""

    at: datetime
    """By the simulated clock."""
    host: str
    """The address that was dialled."""
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    """In order, each byte one character (latin-1)."""
    connection: int
    """Requests on one connection have one number."""
    is_secure: bool = False
    """It came over TLS."""
    started_s: float
    """Seconds of the real clock."""
    nth: int = 0
    """How often this path of this host was asked before."""
    ended_s: float | None = None
    sent_bytes: int = 0
    was_left: bool = False
    """The poller went before the answer was over."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def took_s(self) -> float:
        return (self.ended_s or time.monotonic()) - self.started_s

    def header(self, name: str) -> str | None:
        """The first value, case of the name ignored."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def names(self) -> frozenset[str]:
        """The names of all headers, in lower case."""
        return frozenset(key.lower() for key, _ in self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent: bytes as they are, a number is a pause in seconds. The connection stays open if `stays`."""

    parts: Callable[[], Iterable[bytes | float]]
    stays: bool = False


Script = Callable[[Ask], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the server listens on every address; None where there was no certificate."""

    plain: int
    known: int | None = None
    """TLS, with a certificate for `secure.example` that clients of a test trust."""
    unknown: int | None = None
    """TLS, with a certificate that nobody vouches for."""


@dataclass(slots=True)
class Site:
    """The part of the web that one case owns."""

    number: int
    ports: Ports
    clock: Callable[[], datetime]
    routes: dict[tuple[str, str], Script] = field(default_factory=dict)
    asks: list[Ask] = field(default_factory=list)
    busy: Counter[str] = field(default_factory=Counter)
    """Requests of each host that are being answered now."""
    most_busy: Counter[str] = field(default_factory=Counter)
    connections: Counter[str] = field(default_factory=Counter)
    """Open connections to each host."""
    most_connections: Counter[str] = field(default_factory=Counter)
    errors: list[Exception] = field(default_factory=list)
    answering: threading.Condition = field(default_factory=threading.Condition)

    def host(self, number: int = 1) -> str:
        """The number-th address of this case, from 1 to 254."""
        return f"127.{1 + self.number // 250}.{self.number % 250}.{number}"

    @property
    def network(self) -> str:
        """All addresses of this case, and no others."""
        return f"{self.host(0)}/24"

    def url(self, path: str = "/feed", host: int | str = 1, *, userinfo: str = "") -> str:
        """The address of a path; `host` is a number of this case's, or any spelling of another address."""
        name = self.host(host) if isinstance(host, int) else host
        return f"http://{f'{userinfo}@' if userinfo else ''}{name}:{self.ports.plain}{path}"

    def stray(self, host: str, path: str = "/secret") -> str:
        """The address of a path at a host that no case owns."""
        return self.url(f"/~{self.number}{path}", host)

    def settle(self, timeout_s: float = 3.0) -> None:
        """Wait until nothing is being answered any more: a poller knows of its end sooner than the server."""
        with self.answering:
            self.answering.wait_for(lambda: not +self.busy, timeout_s)


class Server:
    """The server in a thread of its own; `with Server() as server`. Serves sites until the end of the block."""

    def __init__(self, known: ssl.SSLContext | None = None, unknown: ssl.SSLContext | None = None) -> None:
        self.ports = Ports(plain=0)
        self._known, self._unknown = known, unknown
        self._sites: dict[int, Site] = {}
        self._asked: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._servers: list[asyncio.Server] = []
        self._connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="manners-server")

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def site(self, number: int, clock: Callable[[], datetime]) -> Iterator[Site]:
        """A site for the block; an exception of one of its scripts is raised at the end."""
        found = Site(number, self.ports, clock)
        self._sites[number] = found
        self._asked.pop(number, None)
        try:
            yield found
        finally:
            del self._sites[number]
        if found.errors:
            raise found.errors[0]

    async def _start(self) -> None:
        plain = await self._listen("0.0.0.0", 0)
        with suppress(OSError):  # a machine without IPv6 has nobody at [::1], which is what the case wants
            await self._listen("::1", plain)
        known, unknown = [
            await self._listen("0.0.0.0", 0, context) if context else None for context in (self._known, self._unknown)
        ]
        self.ports = Ports(plain=plain, known=known, unknown=unknown)

    async def _listen(self, address: str, port: int, context: ssl.SSLContext | None = None) -> int:
        server = await asyncio.start_server(
            self._connected, address, port, ssl=context, backlog=_BACKLOG, limit=_MAX_HEAD
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number, host = self._connections, str(writer.get_extra_info("sockname")[0])
        site = self._find(host, "")
        if site:
            site.connections[host] += 1
            site.most_connections[host] = max(site.most_connections[host], site.connections[host])
        try:
            while await self._serve_one(reader, writer, host, number):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the poller has gone, or said nothing
        finally:
            if site:
                site.connections[host] -= 1
            writer.close()

    async def _serve_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, connection: int
    ) -> bool:
        """Answer one request; whether another may come on the connection."""
        async with asyncio.timeout(_IDLE_S):
            head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ", 2)
        site = self._find(host, target)
        if site is None:
            return False
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        ask = Ask(
            at=site.clock(),
            host=host,
            method=method,
            target=target,
            headers=headers,
            connection=connection,
            is_secure=writer.get_extra_info("sslcontext") is not None,
            started_s=time.monotonic(),
        )
        asked = self._asked[site.number]
        ask.nth = asked[host, ask.path]
        asked[host, ask.path] += 1
        site.asks.append(ask)
        return await self._answer(reader, writer, site, ask)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Site, ask: Ask) -> bool:
        site.busy[ask.host] += 1
        site.most_busy[ask.host] = max(site.most_busy[ask.host], site.busy[ask.host])
        try:
            script = site.routes.get((ask.host, ask.path))
            answer = script(ask) if script else NOT_FOUND
            async with asyncio.timeout(_LONGEST_ANSWER_S):
                await _send(reader, writer, answer, ask)
            return answer.stays and ask.header("Connection") != "close"
        except (OSError, TimeoutError):
            ask.was_left = ask.sent_bytes <= _MOST_BYTES and ask.took_s < _LONGEST_ANSWER_S
            return False
        except Exception as error:  # noqa: BLE001  a mistake in a script: raised at the end of the case
            site.errors.append(error)
            return False
        finally:
            ask.ended_s = time.monotonic()
            with site.answering:
                site.busy[ask.host] -= 1
                site.answering.notify_all()

    def _find(self, host: str, target: str) -> Site | None:
        if host.startswith("127.") and not host.startswith("127.0."):
            _, high, low, _ = map(int, host.split("."))
            return self._sites.get((high - 1) * 250 + low)
        marked = target.split("/")[1] if target.startswith("/~") else ""
        return self._sites.get(int(marked[1:])) if marked[1:].isdigit() else None


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, ask: Ask) -> None:
    """Send the parts, each byte counted; raises OSError once the poller has gone."""
    for part in answer.parts():
        if isinstance(part, float):
            await _pause(reader, part)
            continue
        for start in range(0, len(part), _CHUNK):
            if ask.sent_bytes > _MOST_BYTES:
                raise TimeoutError
            chunk = part[start : start + _CHUNK]
            writer.write(chunk)
            ask.sent_bytes += len(chunk)
            await writer.drain()
            if writer.transport.is_closing():
                raise ConnectionResetError


async def _pause(reader: asyncio.StreamReader, seconds: float) -> None:
    """Wait; a poller that hangs up meanwhile is noticed."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, 0.05))
        if reader.at_eof():
            raise ConnectionResetError


NOT_FOUND = Answer(
    parts=lambda: (b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot here\n",)
)
