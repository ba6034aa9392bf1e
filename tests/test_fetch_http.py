"""Polls over real loopback connections: validators, redirects, credentials, deadlines, and every awkward server."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import pytest

from aggregator.fetch import HttpFetcher
from aggregator.model.fetch import FailureKind, Fetched, FetchResult, NotModified
from aggregator.model.source import Validators
from aggregator.text import digest
from tests.fetching import LIMITS, NOW, QUICK, RSS, a_source, failed, fetched, in_fetcher, poll
from tests.loopback import Raw, Reply, Request, serve

pytestmark = pytest.mark.slow


def test_a_document_comes_with_what_the_server_said_of_it() -> None:
    headers = {"Content-Type": "text/xml; charset=x", "ETag": 'W/"a b"', "Last-Modified": "some day"}
    with serve({"/feed": Reply(RSS, headers=headers)}) as server:
        url = server.url("/feed?a=1")
        result = fetched(poll(a_source(url + "#part")))
        document = result.documents[0]
        assert (document.key, document.body, document.content_type) == (url, RSS, "text/xml; charset=x")
        assert (document.digest, document.modified_at, document.sidecar) == (digest(RSS), None, None)
        assert result.validators == Validators(
            url=url,
            etag='W/"a b"',
            last_modified="some day",
            digests=(document.digest,),
            raw_digest=blake2b(RSS, digest_size=16).digest(),
        )
        assert (result.url, result.status, result.body_bytes, result.look_again_after) == (url, 200, len(RSS), None)


def test_a_request_says_who_asks_and_what_is_read() -> None:
    with serve({"/": Reply(RSS, headers={"Set-Cookie": "a=b"})}) as server:
        source = a_source(
            server.url("/"), headers=(("X-Extra", "é"), ("accept-language", "ar"), ("Range", "bytes=0-1"))
        )
        poll(source)
        poll(source)
        request = server.requests[1]
        assert (request.method, request.target) == ("GET", "/")
        assert request.header("User-Agent") == "aggregator/test (+https://example.org/about)"
        assert request.header("Accept-Encoding") == "gzip, deflate"
        assert (request.header("Accept") or "").startswith("application/atom+xml, application/rss+xml")
        assert request.header("Accept-Language") == "ar"
        assert request.header("X-Extra") == "é".encode().decode("latin-1")
        assert request.header("Host") == f"127.0.0.1:{server.port}"
        absent = ("Cookie", "Range", "If-None-Match", "If-Modified-Since", "Authorization")
        assert [request.header(name) for name in absent] == [None] * 5


def test_a_configured_user_agent_replaces_ours() -> None:
    with serve({"/": Reply(RSS)}) as server:
        poll(a_source(server.url(), headers=(("user-agent", "Other"),)))
        assert [value for name, value in server.requests[0].headers if name.lower() == "user-agent"] == ["Other"]


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [
        ('"plain"', "Wed, 25 Nov 2026 10:00:00 GMT"),
        ('W/"\xe9\xff', "no date"),
        ("no quotes", None),
        (None, "yesterday"),
    ],
    ids=["proper", "latin-1 and unbalanced", "no quotes, no date", "date alone"],
)
def test_validators_go_back_byte_for_byte_and_a_304_keeps_them(etag: str | None, last_modified: str | None) -> None:
    given = {"ETag": etag, "Last-Modified": last_modified}
    headers = {name: value for name, value in given.items() if value is not None}

    def handler(request: Request) -> Reply:
        is_conditional = request.header("If-None-Match") or request.header("If-Modified-Since")
        return Reply(status=304) if is_conditional else Reply(RSS, headers=headers)

    with serve(handler) as server:
        source = a_source(server.url("/feed"))
        stored = fetched(poll(source)).validators
        assert poll(source, stored) == NotModified(validators=stored, status=304)
        assert server.requests[1].header("If-None-Match") == etag
        assert server.requests[1].header("If-Modified-Since") == last_modified


def test_a_304_may_replace_validators() -> None:
    with serve({"/": Reply(status=304, headers={"ETag": '"new"'})}) as server:
        stored = Validators(url=server.url(), etag='"old"', last_modified="then", digests=(b"d",))
        result = poll(a_source(server.url()), stored)
        assert result == NotModified(validators=replace(stored, etag='"new"'), status=304)


def test_validators_are_sent_to_no_other_url() -> None:
    with serve({"/new": Reply(RSS)}) as server:
        poll(a_source(server.url("/new")), Validators(url=server.url("/old"), etag='"old"', last_modified="then"))
        poll(a_source(server.url("/new")), Validators(etag='"of a folder"'))
        assert [request.header("If-None-Match") for request in server.requests] == [None, None]


def test_an_empty_validator_is_none() -> None:
    with serve({"/": Raw(b"HTTP/1.1 200 OK\r\nETag:\r\nLast-Modified: \r\n\r\n" + RSS)}) as server:
        validators = fetched(poll(a_source(server.url()))).validators
        assert (validators.etag, validators.last_modified) == (None, None)


def test_through_a_redirect_the_validators_belong_to_the_target() -> None:
    def handler(request: Request) -> Reply:
        if request.path == "/moved":
            return Reply(status=302, headers={"Location": "/here", "ETag": '"of the redirect"'})
        return (
            Reply(status=304) if request.header("If-None-Match") == '"here"' else Reply(RSS, headers={"ETag": '"here"'})
        )

    with serve(handler) as server:
        source = a_source(server.url("/moved"))
        first = fetched(poll(source))
        assert (first.url, first.documents[0].key) == (server.url("/here"), server.url("/here"))
        assert (first.validators.url, first.validators.etag) == (server.url("/here"), '"here"')
        assert poll(source, first.validators) == NotModified(validators=first.validators, status=304)
        asked = [(request.path, request.header("If-None-Match")) for request in server.requests]
        assert asked == [("/moved", None), ("/here", None), ("/moved", None), ("/here", '"here"')]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/b/c", "c", "?c", "{root}/b/c#part", "/b/\xe9"], ids=str)
def test_a_redirect_is_followed_wherever_it_points(status: int, location: str) -> None:
    with serve(lambda request: Reply(RSS) if request.target != "/b/start" else moved) as server:
        moved = Reply(
            status=status, headers={"Location": location.format(root=server.url("")), "Content-Encoding": "br"}
        )
        fetched(poll(a_source(server.url("/b/start"))))
        expected = {"?c": "/b/start?c", "/b/\xe9": "/b/%C3%A9"}.get(location, "/b/c")
        assert server.requests[1].target == expected


def test_credentials_and_headers_stay_with_their_origin() -> None:
    with serve({"/": Reply(RSS)}) as other:
        away = Reply(status=302, headers={"Location": other.url("/").replace("://", "://user:word@")})
        with serve({"/": Reply(status=307, headers={"Location": "/again"}), "/again": away}) as own:
            headers = (("X-Key", "k"), ("Accept-Language", "ar"))
            result = fetched(poll(a_source(own.url("/"), authorization="Bearer t", headers=headers)))
            assert result.url == other.url("/")
            assert [request.header("Authorization") for request in own.requests] == ["Bearer t", "Bearer t"]
            assert [request.header("X-Key") for request in own.requests] == ["k", "k"]
            assert [other.requests[0].header(name) for name in ("Authorization", "X-Key")] == [None, None]
            assert other.requests[0].header("Accept-Language") == "ar"


def test_a_refusal_after_a_redirect_says_why_credentials_were_missing() -> None:
    with (
        serve({"/": Reply(status=401)}) as other,
        serve({"/": Reply(status=301, headers={"Location": other.url("/")})}) as own,
    ):
        assert "so its credentials were not sent" in failed(poll(a_source(own.url("/"), authorization="x y"))).detail


def test_credentials_in_the_url_are_basic_auth_and_are_shown_nowhere() -> None:
    with serve({"/": Reply(RSS, headers={"ETag": '"1"'})}) as server:
        source = a_source(server.url("/", userinfo="us%40er:p%C3%A9"))
        result = fetched(poll(source))
        assert server.requests[0].header("Authorization") == "Basic dXNAZXI6cMOp"
        assert "us" not in repr(result).replace("status", "").replace("bytes", "")
        assert (result.url, result.validators.url) == (server.url("/"), server.url("/"))
        poll(source, result.validators)
        assert server.requests[1].header("If-None-Match") == '"1"'


def test_configured_authorization_beats_credentials_in_the_url() -> None:
    with serve({"/": Reply(RSS)}) as server:
        poll(a_source(server.url("/", userinfo="a:b"), authorization="Bearer t"))
        assert server.requests[0].header("Authorization") == "Bearer t"


def test_a_private_source_has_its_id_as_the_key() -> None:
    with serve({"/": Reply(RSS)}) as server:
        result = fetched(poll(a_source(server.url("/?token=t"), private=True)))
        assert result.documents[0].key == "a-source"


@dataclass(frozen=True)
class Awkward:
    """A server's answer and what becomes of it."""

    answer: Reply | Raw
    kind: FailureKind
    words: str
    status: int | None = None


OK = b"HTTP/1.1 200 OK\r\n"
PROTOCOL, HTTP, REDIRECT, TOO_BIG = FailureKind.PROTOCOL, FailureKind.HTTP, FailureKind.REDIRECT, FailureKind.TOO_BIG


def to(location: str) -> Reply:
    return Reply(status=302, headers={"Location": location})


AWKWARD = {
    "not found": Awkward(Reply(b"<html>", status=404), HTTP, "HTTP 404 Not Found: there is no document", 404),
    "gone": Awkward(Reply(status=410), HTTP, "HTTP 410 Gone: the document is gone for ever; remove", 410),
    "unauthorised": Awkward(Reply(status=401), HTTP, "HTTP 401 Unauthorized: the server asks for credentials", 401),
    "forbidden": Awkward(Reply(status=403), HTTP, "HTTP 403 Forbidden", 403),
    "fault": Awkward(Reply(status=500), HTTP, "HTTP 500 Internal Server Error: the server has a fault", 500),
    "a status nobody registered": Awkward(Reply(status=599), HTTP, "HTTP 599: the server has a fault", 599),
    "the server's words are not repeated": Awkward(Raw(b"HTTP/1.1 404 pw=1\r\n\r\n"), HTTP, "HTTP 404 Not Found", 404),
    "no content": Awkward(Reply(status=204), HTTP, "HTTP 204 No Content: not the whole document", 204),
    "a part": Awkward(Reply(RSS, status=206), HTTP, "HTTP 206 Partial Content: not the whole document", 206),
    "several choices": Awkward(Reply(status=300, headers={"Location": "/b"}), HTTP, "HTTP 300 Multiple Choices", 300),
    "switching protocols": Awkward(Raw(b"HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n"), PROTOCOL, "is not proper HTTP"),
    "304 unasked": Awkward(Reply(status=304), PROTOCOL, "'not modified' though it was not asked", 304),
    "empty": Awkward(Reply(b""), PROTOCOL, "the answer is empty", 200),
    "shorter than told": Awkward(
        Reply(b"x" * 50, headers={"Content-Length": "80", "ETag": '"1"'}), PROTOCOL, "cut off after 50 bytes", 200
    ),
    "chunks cut": Awkward(
        Raw(OK, b"Transfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n"), PROTOCOL, "cut off after 5 bytes", 200
    ),
    "gzip cut": Awkward(
        Reply(gzip.compress(RSS)[:-9], headers={"Content-Encoding": "gzip"}),
        PROTOCOL,
        "the answer was cut off after",
        200,
    ),
    "gzip that is none": Awkward(Reply(RSS, headers={"Content-Encoding": "gzip"}), PROTOCOL, "damaged", 200),
    "brotli": Awkward(Reply(RSS, headers={"Content-Encoding": "br"}), PROTOCOL, "not asked for (br)", 200),
    "twice gzip": Awkward(Reply(RSS, headers={"Content-Encoding": "gzip, gzip"}), PROTOCOL, "(gzip, gzip)", 200),
    "too big": Awkward(Reply(b"x" * 10_001), TOO_BIG, "larger than 10000 bytes; raise [fetch] max_body", 200),
    "bomb": Awkward(
        Reply(gzip.compress(bytes(5_000_000)), headers={"Content-Encoding": "gzip"}), TOO_BIG, "larger than 10000", 200
    ),
    "without end": Awkward(Raw(OK, b"\r\n", *[b"x" * 9_000] * 3, 60.0), TOO_BIG, "larger than 10000 bytes", 200),
    "no HTTP": Awkward(Raw(b"220 mail.example ESMTP\r\n"), PROTOCOL, "is not proper HTTP"),
    "no answer": Awkward(Raw(), PROTOCOL, "is not proper HTTP"),
    "cut in the headers": Awkward(Raw(b"HTTP/1.1 200 OK\r\nETag: "), PROTOCOL, "is not proper HTTP"),
    "header too long": Awkward(
        Raw(OK, b"X: " + b"x" * 200_000, b"\r\n\r\n", RSS), PROTOCOL, "its headers are too long"
    ),
    "headers without end": Awkward(
        Raw(OK, *[b"X: " + b"x" * 9_000 + b"\r\n"] * 99), PROTOCOL, "its headers are too long"
    ),
    "a header line of a mebibyte": Awkward(
        Raw(OK, b"X: " + b"x" * 2**20, b"\r\n\r\n", RSS), PROTOCOL, "its headers are too long"
    ),
    "10,000 headers": Awkward(
        Raw(OK, b"X: y\r\n" * 10_000, b"\r\n", RSS), PROTOCOL, "10000 header fields; more than 500 are not read", 200
    ),
    "10,000 longer headers": Awkward(
        Raw(OK, b"X-Some-Field: some value\r\n" * 10_000, b"\r\n", RSS), PROTOCOL, "its headers are too long"
    ),
    "nothing but announcements": Awkward(
        Raw(b"HTTP/1.1 102 Wait\r\n\r\n" * 50_000), PROTOCOL, "its headers are too long"
    ),
    "trailers without end": Awkward(
        Raw(OK, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", *[b"X: " + b"x" * 9_000 + b"\r\n"] * 99),
        PROTOCOL,
        "cut off after 1 bytes",
        200,
    ),
    "a chunk header without end": Awkward(
        Raw(OK, b"Transfer-Encoding: chunked\r\n\r\n1;", *[b"x" * 9_000] * 99), PROTOCOL, "cut off after 0 bytes", 200
    ),
    "zstd": Awkward(Reply(RSS, headers={"Content-Encoding": "zstd"}), PROTOCOL, "not asked for (zstd)", 200),
    "too busy": Awkward(Reply(status=429), HTTP, "HTTP 429 Too Many Requests: we asked too often", 429),
    "away": Awkward(Reply(status=503), HTTP, "HTTP 503 Service Unavailable: the server has a fault", 503),
    "two lengths": Awkward(
        Raw(OK, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>"), PROTOCOL, "not proper HTTP"
    ),
    "a length of thousands of digits": Awkward(
        Raw(OK, b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"), PROTOCOL, "not proper HTTP"
    ),
    "garbled chunks": Awkward(
        Raw(OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<rss>"), PROTOCOL, "cut off after 0", 200
    ),
    "a folded header with a control": Awkward(Raw(OK, b"X: a\x00b\r\n\r\n", RSS), PROTOCOL, "is not proper HTTP"),
    "a circle": Awkward(to("/"), REDIRECT, "the redirects run in a circle"),
    "no location": Awkward(Reply(status=301), REDIRECT, "redirects without saying where", 301),
    "to a file": Awkward(to("file:///etc/passwd"), REDIRECT, "an address that has the scheme 'file'; only http", 302),
    "to a script": Awkward(to("javascript:alert(1)"), REDIRECT, "the scheme 'javascript'", 302),
    "to no host": Awkward(to("https:///x"), REDIRECT, "an address that names no host", 302),
    "to an impossible port": Awkward(to("http://h:99999/"), REDIRECT, "no possible port", 302),
    "garbled location": Awkward(to("http://[::1"), REDIRECT, "an address that is not a URL", 302),
    "location in broken punycode": Awkward(
        to("http://xn--zz\xff.example/"), REDIRECT, "an address that is not a URL", 302
    ),
    "location too long": Awkward(to("/" + "x" * 70_000), REDIRECT, "an address that is not a URL", 302),
    "to a private address": Awkward(
        to("http://10.0.0.1/x"), FailureKind.BLOCKED, "the redirect target 10.0.0.1 is not on the public internet"
    ),
}


@pytest.mark.parametrize("case", AWKWARD)
def test_an_awkward_answer_is_a_failure_in_words(case: str) -> None:
    expected = AWKWARD[case]
    with serve({"/": expected.answer}) as server:
        result = failed(poll(a_source(server.url())))
        assert result.kind is expected.kind, result
        assert expected.words in result.detail
        assert "\n" not in result.detail
        assert result.status == expected.status


@pytest.mark.parametrize("case", [*AWKWARD, "blocked", "refused", "slow"])
def test_a_failure_of_a_private_source_names_no_address(case: str) -> None:
    answer = AWKWARD[case].answer if case in AWKWARD else Raw(5.0)
    limits = {"blocked": replace(LIMITS, allow_networks=()), "slow": QUICK}.get(case, LIMITS)
    with serve({"/": answer}) as server:
        url = server.url("/", userinfo="user:word") + "?token=t"
        if case != "refused":
            detail = failed(poll(a_source(url, private=True), limits=limits)).detail
    if case == "refused":
        detail = failed(poll(a_source(url, private=True))).detail
    assert not [secret for secret in ("127.0.0.1", "10.0.0.1", "user", "word", "token", "http:") if secret in detail]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "the source has an address that has the scheme ''"),
        ("ftp://example.org/feed", "the scheme 'ftp'; only http and https are fetched"),
        ("http://a\x00b/", "is not a URL"),
        ("http:///feed", "names no host"),
        (
            "http://no-such-host.invalid/",
            "the name of no-such-host.invalid has no address; check the URL and the network",
        ),
        ("http://" + "a" * 70 + ".example/", "has no address"),
        ("http://127.0.0.1:0/", "127.0.0.1"),
    ],
)
def test_a_source_that_cannot_be_reached_says_so(url: str, words: str) -> None:
    result = failed(poll(a_source(url)))
    assert result.kind is FailureKind.UNREACHABLE
    assert words in result.detail


def test_a_closed_port_refuses_the_connection() -> None:
    with serve({}) as server:
        url = server.url()
    result = failed(poll(a_source(url)))
    assert (result.kind, result.detail) == (
        FailureKind.UNREACHABLE,
        "127.0.0.1 refuses the connection; asked again later",
    )


@pytest.mark.parametrize("headers", [(("X-Key", "a\r\nHost: b"),), (("X Key", "a"),)], ids=["line break", "bad name"])
def test_a_configured_header_cannot_break_the_request(headers: tuple[tuple[str, str], ...]) -> None:
    with serve({}) as server:
        result = failed(poll(a_source(server.url(), headers=headers)))
        assert result.kind is FailureKind.PROTOCOL
        assert "a configured header or credential has characters" in result.detail
        assert server.requests == []


def test_redirects_end() -> None:
    def handler(request: Request) -> Reply:
        return to(f"/{int(request.path[1:]) + 1}")

    with serve(handler) as server:
        result = failed(poll(a_source(server.url("/0")), limits=replace(LIMITS, max_redirects=3)))
        assert (result.kind, result.detail) == (REDIRECT, "more than 3 redirects; check the URL")
        assert [request.path for request in server.requests] == ["/0", "/1", "/2", "/3"]


SLOW = {
    "silence": Raw(9.0),
    "slow headers": Raw(OK, *(part for _ in range(99) for part in (b"X: y\r\n", 0.05))),
    "slow body": Raw(OK, b"\r\n", *(part for _ in range(99) for part in (b"x", 0.05))),
    "announcements for ever": Raw(*(part for _ in range(99) for part in (b"HTTP/1.1 102 Wait\r\n\r\n", 0.05))),
}


@pytest.mark.parametrize("case", SLOW)
def test_the_deadline_is_of_the_whole_poll(case: str) -> None:
    with serve({"/": SLOW[case]}) as server:
        result = failed(poll(a_source(server.url()), limits=QUICK))
        assert result.kind is FailureKind.TIMEOUT
        assert result.detail == "no complete answer from 127.0.0.1 within 0.3 s; asked again later"


def test_the_deadline_spans_redirects() -> None:
    def handler(request: Request) -> Raw:
        return Raw(0.12, f"HTTP/1.1 302 Found\r\nLocation: {request.path}x\r\n\r\n".encode())

    with serve(handler) as server:
        assert failed(poll(a_source(server.url("/")), limits=QUICK)).kind is FailureKind.TIMEOUT
        assert len(server.requests) == 3


def test_one_request_a_host_at_a_time_and_waiting_costs_no_time_of_the_poll() -> None:
    busy, most = [0], [0]
    guard = threading.Lock()

    def handler(request: Request) -> Raw:
        with guard:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        threading.Event().wait(0.1)
        with guard:
            busy[0] -= 1
        return Raw(OK, b"\r\n", RSS)

    with serve(handler) as server:
        source = a_source(server.url())

        async def work(fetcher: HttpFetcher) -> list[FetchResult]:
            return list(await asyncio.gather(*(fetcher.get(source, Validators(), NOW) for _ in range(6))))

        results = in_fetcher(work, replace(QUICK, concurrency=2))
        assert [type(result) for result in results] == [Fetched] * 6
        assert most == [1]


def test_a_busy_host_does_not_take_the_slots_of_others() -> None:
    with serve({"/": Raw(0.4, OK, b"\r\n", RSS)}, host="127.0.0.2") as slow, serve({"/": Reply(RSS)}) as quick:

        async def work(fetcher: HttpFetcher) -> list[FetchResult]:
            waiting = [asyncio.create_task(fetcher.get(a_source(slow.url()), Validators(), NOW)) for _ in range(3)]
            await asyncio.sleep(0.1)
            async with asyncio.timeout(0.25):
                result = await fetcher.get(a_source(quick.url()), Validators(), NOW)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return [result]

        assert isinstance(in_fetcher(work, replace(LIMITS, concurrency=2))[0], Fetched)


def test_two_sources_that_redirect_to_each_others_hosts_do_not_block() -> None:
    with (
        serve({"/": Reply(RSS)}, host="127.0.0.2") as two,
        serve({"/": Reply(RSS)}, host="127.0.0.3") as three,
        serve({"/a": to(three.url("/"))}, host="127.0.0.2") as first,
        serve({"/b": to(two.url("/"))}, host="127.0.0.3") as second,
    ):
        urls = [first.url("/a"), second.url("/b")] * 3

        async def work(fetcher: HttpFetcher) -> list[FetchResult]:
            return list(await asyncio.gather(*(fetcher.get(a_source(url), Validators(), NOW) for url in urls)))

        assert [type(result) for result in in_fetcher(work)] == [Fetched] * 6


@pytest.mark.parametrize(
    ("status", "expected"), [(429, timedelta(hours=1)), (503, timedelta(hours=1)), (404, None), (500, None)]
)
def test_retry_after_counts_on_429_and_503(status: int, expected: timedelta | None) -> None:
    with serve({"/": Reply(status=status, headers={"Retry-After": "3600"})}) as server:
        assert failed(poll(a_source(server.url()))).retry_after == expected


def test_https_to_a_server_without_tls_is_unreachable() -> None:
    with serve({}) as server:
        result = failed(poll(a_source(server.url().replace("http:", "https:"))))
        assert result.kind is FailureKind.UNREACHABLE
        assert "no secure connection to 127.0.0.1; is it https?" in result.detail


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")


def certificate(folder: Path, subject: str) -> ssl.SSLContext:
    """A server's context with a certificate of its own making, which lies in `cert.pem`."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=secret.example"
    )
    files = ("-addext", f"subjectAltName={subject}", "-keyout", folder / "pair.pem", "-out", folder / "cert.pem")
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "pair.pem")
    return context


@needs_openssl
@pytest.mark.parametrize("private", [False, True])
def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path, private: bool) -> None:
    with serve({"/": Reply(RSS)}, tls=certificate(tmp_path, "DNS:secret.example")) as server:
        result = failed(poll(a_source(server.url(), private=private)))
        assert result.kind is FailureKind.UNREACHABLE
        words = "the certificate of the server is not valid" if private else "127.0.0.1 is not valid (self"
        assert words in result.detail
        assert server.requests == []


@needs_openssl
def test_over_tls_connections_are_handed_on_and_names_are_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with (
        serve({"/": Reply(RSS * 9_000)}, tls=context, keep_alive=True) as server,
        serve({"/": Reply(RSS)}, tls=context, host="127.0.0.2") as other,
    ):
        urls = [server.url(), server.url(), other.url()]

        async def work(fetcher: HttpFetcher) -> list[FetchResult]:
            return list(await asyncio.gather(*(fetcher.get(a_source(url), Validators(), NOW) for url in urls)))

        first, second, third = in_fetcher(work, replace(LIMITS, max_body_bytes=1_000_000))
        assert [fetched(one).documents[0].body for one in (first, second)] == [RSS * 9_000] * 2
        assert len({request.peer for request in server.requests}) == 1
        assert "the certificate of 127.0.0.2 is not valid" in failed(third).detail


@needs_openssl
def test_a_move_into_https_may_be_adopted_and_one_out_of_it_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with serve({"/": Reply(RSS)}) as plain, serve({"/": Reply(RSS)}, tls=context) as end:
        upgraded = Reply(status=301, headers={"Location": end.url()})
        with serve({"/": upgraded}) as start:
            assert fetched(poll(a_source(start.url()))).hints.moved_to == end.url()
        moved = Reply(status=301, headers={"Location": plain.url()})
        with serve({"/": moved}, tls=context) as secure:
            upgrade = Reply(status=301, headers={"Location": secure.url()})
            with serve({"/": upgrade}) as start:
                down, up_and_down = (fetched(poll(a_source(one.url()))) for one in (secure, start))
                assert (down.url, down.hints.moved_to) == (plain.url(), None)
                assert (up_and_down.url, up_and_down.hints.moved_to) == (plain.url(), None)
