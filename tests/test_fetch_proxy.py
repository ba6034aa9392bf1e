"""Polls through an HTTP proxy: it is asked for what may be asked, keeps its credentials, and its failures are told as its own."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from aggregator.model.fetch import FailureKind
from tests.fetching import LIMITS, RSS, a_source, failed, fetched, poll
from tests.loopback import Raw, Reply, Request, Server, serve

LIMITS_BY_DEFAULT = replace(LIMITS, allow_networks=())


def relay(request: Request) -> Reply | Raw:
    """What the proxy of these tests answers itself, for every place on the web."""
    if request.method == "CONNECT":
        return Raw(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    if request.target.endswith("/moved"):
        return Reply(status=301, headers={"Location": "http://127.0.0.1:9/inside"})
    return Reply(RSS, headers={"ETag": '"1"'})


@pytest.fixture
def proxy() -> Iterator[Server]:
    with serve(relay) as server:
        yield server


def test_a_public_address_is_asked_for_through_the_proxy(proxy: Server) -> None:
    limits = replace(LIMITS_BY_DEFAULT, proxy=proxy.url())
    result = fetched(poll(a_source("http://8.8.8.8/feed?a=1"), limits=limits))
    assert (result.documents[0].body, result.url) == (RSS, "http://8.8.8.8/feed?a=1")
    assert result.validators.etag == '"1"'
    request = proxy.requests[0]
    assert (request.target, request.header("Host")) == ("http://8.8.8.8/feed?a=1", "8.8.8.8")
    assert request.header("Proxy-Authorization") is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://169.254.169.254/", "http://[::ffff:10.0.0.1]/", "https://0/"]
)
def test_an_address_inside_is_not_asked_for_through_the_proxy_either(url: str, proxy: Server) -> None:
    result = failed(poll(a_source(url), limits=replace(LIMITS_BY_DEFAULT, proxy=proxy.url())))
    assert result.kind is FailureKind.BLOCKED
    assert proxy.requests == []


def test_a_redirect_to_an_address_inside_is_not_followed(proxy: Server) -> None:
    result = failed(poll(a_source("http://8.8.8.8/moved"), limits=replace(LIMITS_BY_DEFAULT, proxy=proxy.url())))
    assert result.kind is FailureKind.BLOCKED
    assert len(proxy.requests) == 1


def test_a_name_that_only_the_proxy_knows_is_left_to_it(proxy: Server) -> None:
    limits = replace(LIMITS_BY_DEFAULT, proxy=proxy.url())
    assert fetched(poll(a_source("http://no-such-host.invalid/"), limits=limits)).status == 200


def test_the_credentials_of_the_proxy_go_to_the_proxy(proxy: Server) -> None:
    limits = replace(LIMITS_BY_DEFAULT, proxy=proxy.url(userinfo="desk:word"))
    fetched(poll(a_source("http://8.8.8.8/"), limits=limits))
    assert proxy.requests[0].header("Proxy-Authorization") == "Basic ZGVzazp3b3Jk"
    assert "word" not in repr(limits)


def test_a_proxy_that_refuses_is_named(proxy: Server) -> None:
    result = failed(poll(a_source("https://8.8.8.8/"), limits=replace(LIMITS_BY_DEFAULT, proxy=proxy.url())))
    assert (result.kind, result.detail) == (
        FailureKind.UNREACHABLE,
        "the proxy does not lead to 8.8.8.8; check [fetch] proxy",
    )
    assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", "8.8.8.8:443")]


def test_a_proxy_that_is_not_there_is_not_the_fault_of_the_source() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://desk:word@127.0.0.1:{unused.getsockname()[1]}"
        result = failed(poll(a_source("http://8.8.8.8/"), limits=replace(LIMITS_BY_DEFAULT, proxy=address)))
    assert (result.kind, result.detail) == (FailureKind.UNREACHABLE, "the proxy of [fetch] proxy does not answer")
