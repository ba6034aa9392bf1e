"""Which addresses are dialled, and that no spelling, redirect or name gets past it."""

import asyncio
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import httpcore
import pytest

from aggregator.fetch import HttpFetcher
from aggregator.fetch.guard import Blocked, Guard, LookUp, NoAddress, is_allowed
from aggregator.fetch.names import Resolver
from aggregator.fetch.stream import Stream, dial
from aggregator.model.fetch import FailureKind, Fetched, FetchFailed, FetchLimits, FetchResult
from aggregator.model.source import Source, SourceKind, Validators
from tests.loopback import Reply, Request, serve

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMITS = FetchLimits(timeout=timedelta(seconds=2), max_body_bytes=1000, concurrency=2, user_agent="test")

PUBLIC = {
    "8.8.8.8": "an ordinary host",
    "93.184.215.14": "another",
    "2606:4700:4700::1111": "an ordinary host over IPv6",
    "::ffff:8.8.8.8": "IPv4-mapped, counts as the IPv4 address",
}
REFUSED = {
    "127.0.0.1": "loopback",
    "127.200.3.4": "all of 127/8 is loopback",
    "0.0.0.0": "this host",
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "192.168.1.1": "private",
    "169.254.169.254": "link-local; cloud metadata lives there",
    "100.64.0.1": "carrier-grade NAT",
    "192.0.0.8": "protocol assignments",
    "192.0.2.1": "documentation",
    "198.18.0.1": "benchmarks",
    "192.88.99.1": "6to4 relay",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "this host",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped loopback",
    "::ffff:10.0.0.1": "IPv4-mapped private",
    "64:ff9b::7f00:1": "NAT64 of 127.0.0.1",
    "64:ff9b::808:808": "NAT64 even of a public address",
    "64:ff9b:1::1": "local NAT64",
    "::ffff:0:7f00:1": "IPv4-translated",
    "0.1.2.3": "all of 0/8 is this network",
    "100.127.255.254": "the end of carrier-grade NAT",
    "fd00:ec2::254": "metadata of a cloud over IPv6",
    "5f00::1": "segment routing",
    "100::1": "discard only",
    "2002:7f00:1::": "6to4 of 127.0.0.1",
    "2001:0:1::1": "Teredo",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "fc00::1": "unique local",
    "fd12:3456::1": "unique local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local with a scope",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
}


@pytest.mark.parametrize("address", PUBLIC, ids=PUBLIC.get)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_outside_the_public_internet_is_refused(address: str) -> None:
    assert not is_allowed(ip_address(address)), REFUSED[address]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "127.0.0.0/8"),
        ("::ffff:10.0.0.1", "10.0.0.0/24"),
        ("fd00::5", "fd00::/8"),
        ("64:ff9b::1", "64:ff9b::/96"),
    ],
)
def test_a_named_network_is_allowed(address: str, network: str) -> None:
    assert is_allowed(ip_address(address), (ip_network(network),))


def test_a_named_network_opens_no_other() -> None:
    assert not is_allowed(ip_address("10.0.1.1"), (ip_network("10.0.0.0/24"), ip_network("fd00::/8")))


def names(*addresses: str) -> LookUp:
    """A resolver that answers the same for every name."""

    async def look_up(host: str, port: int) -> tuple[str, ...]:
        return addresses

    return look_up


def guard(allow: str, *addresses: str) -> Guard:
    return Guard((ip_network(allow),), names(*addresses))


def fetch(url: str) -> FetchResult:
    """One poll with no network allowed beside the public internet."""

    async def poll() -> FetchResult:
        async with HttpFetcher(LIMITS) as fetcher:
            return await fetcher.get(Source(id="s", kind=SourceKind.FEED, url=url), Validators(), NOW)

    return asyncio.run(poll())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0x7f000001",
        "2130706433",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
        "017700000001",
        "127.0.1",
        "LOCALHOST",
        "127。0。0。1",
        "[::1]",
    ],
)
def test_every_spelling_of_loopback_is_blocked_before_a_byte_is_sent(host: str) -> None:
    with serve({"/": Reply(b"secret")}) as server:
        result = fetch(server.url("/", host=host))
        assert isinstance(result, FetchFailed)
        assert result.kind is FailureKind.BLOCKED
        assert "is not on the public internet" in result.detail
        assert "allow_networks" in result.detail
        assert server.requests == []


@dataclass(frozen=True, kw_only=True)
class Web:
    """A small internet: what names mean at each look-up (the last answer stays), and where its only server sends a client."""

    why: str
    names: Mapping[str, tuple[str, ...]]
    """Addresses of one look-up are separated by spaces."""
    redirects: Mapping[str, str]
    dialled: tuple[str, ...]
    kind: FailureKind | None = FailureKind.BLOCKED
    """None: the document comes."""


PUBLIC_HOST: dict[str, tuple[str, ...]] = {"feeds.example": ("93.184.215.14",)}
WEBS = {
    "public": Web(
        why="the guard is in nobody's way",
        names=PUBLIC_HOST,
        redirects={},
        dialled=("93.184.215.14",),
        kind=None,
    ),
    "private name": Web(
        why="a name of the public DNS may mean any address",
        names={"feeds.example": ("10.1.2.3",)},
        redirects={},
        dialled=(),
    ),
    "metadata": Web(
        why="what a cloud tells its machines", names={"feeds.example": ("169.254.169.254",)}, redirects={}, dialled=()
    ),
    "mapped": Web(
        why="IPv6 has many ways to write an IPv4 address",
        names={"feeds.example": ("::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2001:0:1::1 ::127.0.0.1",)},
        redirects={},
        dialled=(),
    ),
    "mixture": Web(
        why="of a name with both kinds only the public addresses are dialled",
        names={"feeds.example": ("127.0.0.1 10.0.0.1 93.184.215.14 fe80::1",)},
        redirects={},
        dialled=("93.184.215.14",),
        kind=None,
    ),
    "redirect to a private name": Web(
        why="each hop is checked",
        names=PUBLIC_HOST | {"inside.example": ("192.168.1.1",)},
        redirects={"feeds.example": "http://inside.example/"},
        dialled=("93.184.215.14",),
    ),
    "redirect to a literal": Web(
        why="a literal needs no look-up and is checked all the same",
        names=PUBLIC_HOST,
        redirects={"feeds.example": "http://[::ffff:169.254.169.254]/latest/"},
        dialled=("93.184.215.14",),
    ),
    "redirect with a dot": Web(
        why="the dot of the root changes nothing",
        names=PUBLIC_HOST | {"localhost.": ("127.0.0.1",)},
        redirects={"feeds.example": "http://localhost./"},
        dialled=("93.184.215.14",),
    ),
    "rebinding at a redirect": Web(
        why="the second look-up of the same name counts for the second connection",
        names={"feeds.example": ("93.184.215.14", "127.0.0.1")},
        redirects={"feeds.example": "http://feeds.example:8080/"},
        dialled=("93.184.215.14",),
    ),
    "rebinding between check and use": Web(
        why="there is one look-up, and the address that was checked is dialled",
        names={"feeds.example": ("93.184.215.14", "127.0.0.1", "127.0.0.1")},
        redirects={},
        dialled=("93.184.215.14",),
        kind=None,
    ),
    "public through redirects": Web(
        why="hosts of one poll are looked up one by one",
        names=PUBLIC_HOST | {"www.example": ("8.8.8.8",)},
        redirects={"feeds.example": "http://www.example/"},
        dialled=("93.184.215.14", "8.8.8.8"),
        kind=None,
    ),
    "name without address": Web(
        why="an empty answer is no address",
        names={"feeds.example": ("",)},
        redirects={},
        dialled=(),
        kind=FailureKind.UNREACHABLE,
    ),
}


def look_up_in(answers: Mapping[str, tuple[str, ...]]) -> LookUp:
    asked: dict[str, int] = {}

    async def look_up(host: str, port: int) -> list[str]:
        count = asked[host] = asked.get(host, 0) + 1
        return answers[host][min(count, len(answers[host])) - 1].split()

    return look_up


@pytest.mark.parametrize("case", WEBS)
def test_nothing_but_public_addresses_is_dialled(case: str) -> None:
    web, dialled = WEBS[case], []

    def handler(request: Request) -> Reply:
        target = web.redirects.get(request.header("Host") or "")
        return Reply(status=302, headers={"Location": target}) if target else Reply(b"a document")

    with serve(handler) as server:

        async def dial_here(address: str, port: int) -> Stream:
            dialled.append(address)
            return await dial("127.0.0.1", server.port)

        async def poll() -> FetchResult:
            async with HttpFetcher(LIMITS, look_up=look_up_in(web.names), dial=dial_here) as fetcher:
                source = Source(id="s", kind=SourceKind.FEED, url="http://feeds.example/")
                return await fetcher.get(source, Validators(), NOW)

        result = asyncio.run(poll())
    assert tuple(dialled) == web.dialled, web.why
    assert (result.kind if isinstance(result, FetchFailed) else None) == web.kind, web.why
    assert isinstance(result, Fetched) == (web.kind is None)


@pytest.mark.parametrize("host", ["0177.0.0.1", "１２７.0.0.1", "[::1%25lo]", "[127.0.0.1]"])
def test_a_spelling_that_is_no_url_is_not_asked_for(host: str) -> None:
    with serve({"/": Reply(b"secret")}) as server:
        assert isinstance(fetch(server.url("/", host=host)), FetchFailed)
        assert server.requests == []


def test_a_connection_is_dialled_by_the_guard_and_nobody_else() -> None:
    """With no way to dial there is no way out: nothing below opens a connection of its own."""

    async def refuse(address: str, port: int) -> Stream:
        raise httpcore.ConnectError("no network")

    with serve({"/": Reply(b"secret")}) as server:

        async def poll() -> FetchResult:
            async with HttpFetcher(LIMITS, look_up=names("8.8.8.8"), dial=refuse) as fetcher:
                return await fetcher.get(
                    Source(id="s", kind=SourceKind.FEED, url=server.url(host="localhost")), Validators(), NOW
                )

        assert isinstance(asyncio.run(poll()), FetchFailed)
        assert server.requests == []


def test_the_threads_that_look_up_names_end_with_the_fetcher() -> None:
    assert isinstance(fetch("http://localhost:9/"), FetchFailed)
    resolvers = [thread for thread in threading.enumerate() if thread.name.startswith("resolver")]
    for thread in resolvers:
        thread.join(timeout=2)
    assert [thread for thread in resolvers if thread.is_alive()] == []


async def connect(checked: Guard, host: str, port: int) -> None:
    stream = await checked.connect(host, port, within_s=2)
    await stream.aclose()


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "no-such-host.invalid"])
def test_a_name_without_address_is_no_crash(host: str) -> None:
    with closing(Resolver()) as resolver, pytest.raises(NoAddress):
        asyncio.run(connect(Guard((), resolver), host, 80))


def test_of_several_addresses_those_not_allowed_are_left_out() -> None:
    with serve({}, host="127.0.0.2") as server:
        asyncio.run(connect(guard("127.0.0.2/32", "10.0.0.1", "127.0.0.1", "127.0.0.2"), "many", server.port))


def test_of_several_addresses_the_next_is_tried_when_one_is_dead() -> None:
    with serve({}, host="127.0.0.3") as server:
        asyncio.run(connect(guard("127.0.0.0/8", "127.0.0.4", "127.0.0.3"), "many", server.port))


def test_an_address_that_swallows_everything_leaves_time_for_the_next() -> None:
    with serve({}, host="127.0.0.6") as server, ExitStack() as stack:
        address = ("127.0.0.5", server.port)
        silent = stack.enter_context(socket.create_server(address, backlog=0))
        for _ in range(3):  # a full queue: the kernel drops further greetings
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)

        async def dial() -> None:
            async with asyncio.timeout(0.5):
                stream = await guard("127.0.0.0/8", "127.0.0.5", "127.0.0.6").connect("many", server.port, within_s=0.6)
                await stream.aclose()

        asyncio.run(dial())
        assert silent.getsockname() == address


def test_a_name_with_only_private_addresses_is_blocked() -> None:
    with pytest.raises(Blocked):
        asyncio.run(connect(guard("127.0.0.2/32", "10.0.0.1", "::1"), "many", 80))


def test_the_last_dead_address_is_the_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(httpcore.ConnectError):
            asyncio.run(connect(guard("127.0.0.0/8", "127.0.0.1"), "many", unused.getsockname()[1]))
