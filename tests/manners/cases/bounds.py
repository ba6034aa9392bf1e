"""Bounds: whatever a server sends, it is over soon, it takes little, and no other source notices."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import repeat

from tests.manners.answers import RSS, document, failing, feed, head, raw, reply, stream
from tests.manners.case import Group
from tests.manners.play import FLOOR, HOUR, SLACK, Play
from tests.manners.server import Ask

group = Group("bounds")

# What may be on its way in the buffers of both sides when the poller has had enough.
_BUFFERS = 8 * 1_048_576
_MEBIBYTE = b" " * 1_048_576
_HEAD = head(200, {"Content-Type": RSS})
_OPEN = b"HTTP/1.1 200 OK\r\n"
_BODY = document("spoilt")


def _plays_on(play: Play, parts: Iterable[bytes | float], *, timeout_s: float = 1.0) -> Ask:
    """The answer beside a good source; what came of the first request. The bad one must be asked again, later."""
    play.limits.timeout = timedelta(seconds=timeout_s)
    play.feed(stream(lambda: parts), failing(500))
    play.feed(feed("good"), host=2)
    play.until(2)
    assert "good" in play.titles()
    assert "spoilt" not in play.titles()
    assert play.gaps()[0] >= FLOOR - SLACK
    return play.asks()[0]


def _was_cut(ask: Ask, most_bytes: int = _BUFFERS) -> None:
    assert ask.was_left, "the poller stayed to the end"
    assert ask.sent_bytes <= most_bytes


def _slowly(data: bytes, pause_s: float = 0.2, first: bytes = b"") -> Iterator[bytes | float]:
    yield first
    for byte in data:
        yield bytes((byte,))
        yield pause_s


@group.case("A body that inflates to a hundred times its size and more is refused on the way (zip bombs)")
def a_gzip_bomb_is_refused(play: Play) -> None:
    packer = zlib.compressobj(9, wbits=31)
    start, _, end = _BODY.partition(b"</channel>")
    bomb = b"".join((packer.compress(start), *(packer.compress(_MEBIBYTE) for _ in range(60))))
    bomb += packer.compress(b"</channel>" + end) + packer.flush()
    _plays_on(play, (head(200, {"Content-Encoding": "gzip", "Content-Length": str(len(bomb))}), bomb))


@group.case("A body of thousands of compressed parts costs more than it says and is refused (RFC 1952 2.2)")
def a_bomb_of_empty_gzip_members_is_refused(play: Play) -> None:
    packer = zlib.compressobj(9, wbits=31)
    empty = packer.flush() * 40_000
    body = zlib.compress(_BODY, wbits=31)
    _plays_on(play, (head(200, {"Content-Encoding": "gzip"}), empty, body))


@group.case("A body without an end is left")
def an_endless_body_is_left(play: Play) -> None:
    _was_cut(_plays_on(play, (part for part in (_HEAD, _BODY[:-20], *repeat(_MEBIBYTE, 46)))))


@group.case("A body without an end in chunks is left (RFC 9112 7.1)")
def an_endless_chunked_body_is_left(play: Play) -> None:
    chunk = b"100000\r\n" + _MEBIBYTE + b"\r\n"
    start = head(200, {"Content-Type": RSS, "Transfer-Encoding": "chunked"})
    _was_cut(_plays_on(play, (start, *repeat(chunk, 46))))


@group.case("A body of 200 MB is refused when it is announced or when it is too long, not when it is there")
def a_declared_length_of_200_mb_is_refused(play: Play) -> None:
    _was_cut(_plays_on(play, (head(200, {"Content-Length": "200000000"}), _BODY[:-20], *repeat(_MEBIBYTE, 46))))


@group.case("The whole poll has a deadline; a byte a second never trips the time between two reads", is_slow=True)
def a_body_that_drips_is_left(play: Play) -> None:
    ask = _plays_on(play, _slowly(_BODY, first=_HEAD))
    _was_cut(ask)
    assert ask.took_s < 4


@group.case("The deadline holds for the headers too (slow loris, the other way round)", is_slow=True)
def headers_that_drip_are_left(play: Play) -> None:
    ask = _plays_on(play, _slowly(_HEAD + _BODY))
    _was_cut(ask)
    assert ask.took_s < 4


@group.case("A server that takes the request and says nothing is left", is_slow=True)
def silence_is_left(play: Play) -> None:
    ask = _plays_on(play, (30.0,))
    _was_cut(ask)
    assert ask.took_s < 4


@group.case("Redirects share the deadline of the poll: five slow ones are not five times as long", is_slow=True)
def slow_redirects_share_the_deadline(play: Play) -> None:
    play.limits.timeout = timedelta(seconds=1.0)
    for number in range(5):
        to = {"Location": f"/{number + 1}", "Content-Length": "0", "Connection": "close"}
        play.route(f"/{number}", raw(0.6, head(302, to)))
    play.route("/5", feed("late"))
    play.subscribe("/0")
    play.run(HOUR / 4)
    asks = play.site.asks
    assert (asks[-1].ended_s or 0.0) - asks[0].started_s < 2
    assert "late" not in play.titles()


@group.case("Ten thousand headers are no answer (RFC 9110 5.4)")
def ten_thousand_headers_are_refused(play: Play) -> None:
    lines = b"".join(b"X-Header-%d: some value\r\n" % number for number in range(10_000))
    _plays_on(play, (_OPEN, lines, b"\r\n", _BODY))


@group.case("A header of many megabytes is left while it comes (RFC 9110 5.4)")
def a_huge_header_is_left(play: Play) -> None:
    _was_cut(_plays_on(play, (_OPEN, b"X-Header: ", *repeat(b"x" * 1_048_576, 40), b"\r\n\r\n", _BODY)))


@group.case("Headers without an end are left (RFC 9110 5.4)")
def endless_headers_are_left(play: Play) -> None:
    block = b"X-Header: some value\r\n" * 40_000
    _was_cut(_plays_on(play, (_OPEN, *repeat(block, 46))))


@group.case("Interim answers without an end are left (RFC 9110 15.2)")
def endless_interim_answers_are_left(play: Play) -> None:
    block = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" * 10_000
    ask = _plays_on(play, repeat(block, 80))
    assert ask.was_left
    assert ask.took_s < 4


@group.case("A broken chunk is the end of the answer, and half a document is none (RFC 9112 7.1, 8)")
def a_broken_chunk_is_refused(play: Play) -> None:
    start = head(200, {"Content-Type": RSS, "Transfer-Encoding": "chunked", "ETag": '"1"'})
    half = b"20\r\n" + _BODY[:32] + b"\r\nzz\r\n" + _BODY[32:] + b"\r\n0\r\n\r\n"
    _plays_on(play, (start, half))
    assert play.said("If-None-Match") == [None, None]


@group.case("Chunks without the last one are cut off (RFC 9112 8)")
def chunks_without_an_end_are_cut_off(play: Play) -> None:
    start = head(200, {"Content-Type": RSS, "Transfer-Encoding": "chunked", "ETag": '"1"'})
    play.feed(raw(start, b"%x\r\n%b\r\n" % (len(_BODY), _BODY)), feed("whole"))
    play.until(2)
    assert play.said("If-None-Match") == [None, None]


@group.case("A body that is longer than announced ends where it was said to end (RFC 9112 6.3)")
def a_body_longer_than_announced_is_cut(play: Play) -> None:
    short = head(200, {"Content-Type": RSS, "Content-Length": str(len(_BODY) - 300), "ETag": '"1"'})
    play.feed(raw(short, _BODY), feed("whole", headers={"ETag": '"2"'}))
    play.until(3)
    assert play.said("If-None-Match") == [None, None, '"2"']
    assert "whole" in play.titles()


@group.case("Entities that double and double are refused (billion laughs)")
def a_billion_laughs_are_refused(play: Play) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    kind = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]>'.encode()
    body = document("laughs").replace(b"<rss ", kind + b"<rss ").replace(b"A short text", b"&l11; text")
    play.feed(reply(body))
    play.feed(feed("good"), host=2)
    play.until(2)
    assert "good" in play.titles()


@group.case("Markup that is nested without end is read in linear time or not at all")
def deep_nesting_costs_little(play: Play) -> None:
    body = document("deep").replace(b"A short text", b"&lt;div&gt;" * 30_000)
    play.feed(reply(body))
    play.feed(feed("good"), host=2)
    play.until(2)
    asks = sorted(play.site.asks, key=lambda ask: ask.started_s)
    assert "good" in play.titles()
    assert len(asks) >= 3


@group.case("A name that does not exist is a failure like any other (RFC 6761 6.4)")
def a_name_without_address_backs_off(play: Play) -> None:
    play.feed(reply(b"", {"Location": "http://nowhere.invalid/feed"}, 302))
    play.feed(feed("good"), host=2)
    play.run(96 * HOUR)
    assert "good" in play.titles()
    assert play.gaps()[-1] >= 4 * play.gaps()[0]
