"""Which addresses are dialled, and that no spelling, redirect or name gets past it."""

import asyncio
import socket
import threading
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import httpcore
import httpx
import pytest

from aggregator.fetch import HttpFetcher
from aggregator.fetch.guard import Blocked, GuardBackend, LookUp, NoAddress, is_allowed
from aggregator.fetch.names import Resolver
from aggregator.fetch.pools import GuardTransport
from aggregator.model.fetch import FailureKind, FetchFailed, FetchLimits, FetchResult
from aggregator.model.source import Source, SourceKind, Validators
from tests.loopback import Reply, serve

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

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


def guard(allow: str, *addresses: str) -> GuardBackend:
    return GuardBackend((ip_network(allow),), names(*addresses))


def fetch(url: str) -> FetchResult:
    """One poll with no network allowed beside the public internet."""
    limits = FetchLimits(timeout=timedelta(seconds=2), max_body_bytes=1000, concurrency=2, user_agent="test")

    async def poll() -> FetchResult:
        async with HttpFetcher(limits) as fetcher:
            return await fetcher.get(Source(id="s", kind=SourceKind.FEED, url=url), Validators(), NOW)

    return asyncio.run(poll())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0", "[::ffff:127.0.0.1]"]
)
def test_every_spelling_of_loopback_is_blocked_before_a_byte_is_sent(host: str) -> None:
    with serve({"/": Reply(b"secret")}) as server:
        result = fetch(server.url("/", host=host))
        assert isinstance(result, FetchFailed)
        assert result.kind is FailureKind.BLOCKED
        assert "is not on the public internet" in result.detail
        assert "allow_networks" in result.detail
        assert server.requests == []


def test_the_private_attribute_of_httpx_still_decides_who_dials() -> None:
    """`AsyncHTTPTransport._pool._network_backend` is private: if httpx moves it, this fails and the guard would be void."""
    plain = httpx.AsyncHTTPTransport()
    assert isinstance(plain._pool, httpcore.AsyncConnectionPool)
    assert isinstance(plain._pool._network_backend, httpcore.AsyncNetworkBackend)

    async def dial() -> httpx.Response:
        transport = GuardTransport(httpx.create_ssl_context(), GuardBackend((), names()))
        return await transport.handle_async_request(httpx.Request("GET", "http://127.0.0.1:9/"))

    with pytest.raises(httpx.ConnectError) as caught:
        asyncio.run(dial())
    assert isinstance(caught.value.__cause__, Blocked)


def test_the_threads_that_look_up_names_end_with_the_fetcher() -> None:
    assert isinstance(fetch("http://localhost:9/"), FetchFailed)
    resolvers = [thread for thread in threading.enumerate() if thread.name.startswith("resolver")]
    for thread in resolvers:
        thread.join(timeout=2)
    assert [thread for thread in resolvers if thread.is_alive()] == []


async def connect(backend: GuardBackend, host: str, port: int) -> None:
    stream = await backend.connect_tcp(host, port, timeout=2)
    await stream.aclose()


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "no-such-host.invalid"])
def test_a_name_without_address_is_no_crash(host: str) -> None:
    with closing(Resolver()) as resolver, pytest.raises(NoAddress):
        asyncio.run(connect(GuardBackend((), resolver), host, 80))


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
                stream = await guard("127.0.0.0/8", "127.0.0.5", "127.0.0.6").connect_tcp(
                    "many", server.port, timeout=0.6
                )
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
