"""Answers as servers really give them: odd, but a feed stands in them, and who reads it misses nothing."""

import gzip
import zlib
from collections.abc import Mapping
from functools import partial

from tests.manners.answers import RSS, document, feed, head, honest, raw, reply
from tests.manners.case import Group
from tests.manners.play import HOUR, Play
from tests.manners.server import Answer

group = Group("formats")

_BODY = document("read")
_ZIPPED = gzip.compress(_BODY, mtime=0)
_HALF = len(_BODY) // 2
_RAW_DEFLATE = zlib.compress(_BODY, wbits=-15)


def _closed(headers: Mapping[str, str], body: bytes = _BODY, version: str = "1.1") -> Answer:
    return raw(head(200, headers, version), body)


def _coded(coding: str, body: bytes) -> Answer:
    return reply(body, {"Content-Encoding": coding})


def _typed(media_type: str, body: bytes = _BODY) -> Answer:
    return reply(body, {"Content-Type": media_type})


def _chunked(*, extension: bytes = b"", trailer: bytes = b"") -> Answer:
    start = head(200, {"Content-Type": RSS, "Transfer-Encoding": "chunked"})
    parts = (_BODY[:_HALF], _BODY[_HALF:])
    chunks = b"".join(b"%X%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    return raw(start, chunks, b"0\r\n" + trailer + b"\r\n")


_CODING = "The media is what is left when the codings are undone, in each form that servers give them (RFC 9110 8.4)"
_TYPE = "What a document is stands in it; many servers call every feed text/html or nothing (WHATWG MIME Sniffing)"
_FRAME = "Every framing of HTTP/1.0 and 1.1 is read (RFC 9112 6, 7)"
_LENIENT = "A client is lenient where the meaning is plain (RFC 9112 2.2, 3)"

_ANSWERS: dict[str, tuple[str, Answer]] = {
    "gzip": (_CODING, _coded("gzip", _ZIPPED)),
    "x-gzip": (_CODING, _coded("x-gzip", _ZIPPED)),
    "GZIP in capitals": (_CODING, _coded("GZIP", _ZIPPED)),
    "gzip of two members": (_CODING, _coded("gzip", gzip.compress(_BODY[:_HALF]) + gzip.compress(_BODY[_HALF:]))),
    "gzip with zeros behind it": (_CODING, _coded("gzip", _ZIPPED + b"\0" * 64)),
    "deflate with its header": (_CODING, _coded("deflate", zlib.compress(_BODY))),
    "deflate without its header": (_CODING, _coded("deflate", _RAW_DEFLATE)),
    "identity by name": (_CODING, _coded("identity", _BODY)),
    "a feed called text/html": (_TYPE, _typed("text/html; charset=utf-8")),
    "a feed called text/plain": (_TYPE, _typed("text/plain")),
    "a feed called application/octet-stream": (_TYPE, _typed("application/octet-stream")),
    "a feed of a type that is none": (_TYPE, _typed(";;; nonsense")),
    "a feed without a type": (_TYPE, raw(head(200, {"Content-Length": str(len(_BODY))}), _BODY)),
    "a charset that is wrong": (_TYPE, _typed("application/rss+xml; charset=us-ascii")),
    "a charset that does not exist": (_TYPE, _typed("application/rss+xml; charset=klingon")),
    "a mark of byte order": (_TYPE, _typed(RSS, b"\xef\xbb\xbf" + _BODY)),
    "UTF-16": (_TYPE, _typed(RSS, _BODY.decode().replace("UTF-8", "UTF-16").encode("utf-16"))),
    "white space before the declaration": (_TYPE, _typed(RSS, b"\n\r\n  " + _BODY)),
    "HTTP/1.0 that ends with the connection": (_FRAME, _closed({"Content-Type": RSS}, version="1.0")),
    "HTTP/1.1 that ends with the connection": (_FRAME, _closed({"Content-Type": RSS})),
    "chunks": (_FRAME, _chunked()),
    "chunks with extensions and a trailer": (_FRAME, _chunked(extension=b';a="b"', trailer=b"X-Sum: 1\r\n")),
    "an interim answer before the answer": (
        _FRAME,
        raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n", head(200, {"Content-Type": RSS}), _BODY),
    ),
    "a status line without a phrase": (
        _LENIENT,
        raw(b"HTTP/1.1 200\r\nContent-Type: " + RSS.encode() + b"\r\n\r\n", _BODY),
    ),
    "headers in small letters": (_LENIENT, _closed({"content-type": RSS, "content-length": str(len(_BODY))})),
    "two equal lengths": (
        _LENIENT,
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Length: %d\r\n\r\n" % (len(_BODY), len(_BODY)), _BODY),
    ),
    "a header that goes on in the next line": (
        _LENIENT,
        raw(b"HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\nContent-Type: text/xml\r\n\r\n", _BODY),
    ),
    "header values in Latin letters": (_LENIENT, _closed({"Content-Type": RSS, "X-Place": "Z\xfcrich"})),
    "an answer before its time": (_LENIENT, reply(_BODY, {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"})),
}


def _is_read(answer: Answer, play: Play) -> None:
    play.feed(answer)
    play.until(1)
    assert play.titles() == {"read"}


for _name, (_rule, _answer) in _ANSWERS.items():
    group.add(f"{_name} is read", _rule, partial(_is_read, _answer))


@group.case(_TYPE)
def letters_outside_ascii_are_right_whatever_the_header_says(play: Play) -> None:
    play.feed(_typed("application/rss+xml; charset=iso-8859-1", document("Привет")))
    play.until(1)
    assert play.titles() == {"Привет"}


def _comes_back(name: str, play: Play) -> None:
    play.feed(_closed({"Content-Type": RSS, name: '"1"'}))
    play.until(2)
    assert play.said("If-None-Match") == [None, '"1"']


for _name in ("etag", "ETAG", "eTaG"):
    group.add(
        f"the header {_name} is the ETag", "Names of headers have no case (RFC 9110 5.1)", partial(_comes_back, _name)
    )


@group.case("Of two ETags the server meant one; both lines or one of them come back, nothing else (RFC 9110 5.3)")
def two_etags_do_no_harm(play: Play) -> None:
    start = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nETag: "2"\r\nContent-Type: text/xml\r\n\r\n'
    play.feed(raw(start, _BODY))
    play.until(2)
    assert play.said("If-None-Match")[1] in {'"1"', '"2"', '"1", "2"'}
    assert play.titles() == {"read"}


@group.case("A part is not the whole: a 206 to a plain GET is a fault of the server (RFC 9110 15.3.7)")
def a_206_is_not_taken_for_the_whole(play: Play) -> None:
    part = {"Content-Range": f"bytes 0-{len(_BODY) - 1}/9000", "ETag": '"1"'}
    play.feed(reply(_BODY, part, 206))
    play.until(2)
    assert play.said("If-None-Match") == [None, None]


@group.case("An answer without content changes nothing: what was known stays known (RFC 9110 15.3.5)")
def a_204_changes_nothing(play: Play) -> None:
    play.feed(feed("read", headers={"ETag": '"1"'}), raw(head(204, {"ETag": '"2"'})), feed("read", "more"))
    play.until(3)
    assert play.said("If-None-Match")[1:] == ['"1"', '"1"'] or play.said("If-None-Match")[2] is None
    assert play.titles() == {"read", "more"}


@group.case("A gzip file that is not called so is read or refused, and never kept as what it is not (RFC 9110 8.4)")
def gzip_without_a_header_is_read_or_refused(play: Play) -> None:
    play.feed(reply(_ZIPPED, {"Content-Type": "application/x-gzip", "ETag": '"1"'}))
    play.until(2)
    assert play.titles() == {"read"} or play.said("If-None-Match") == [None, None]


@group.case("The same bytes are no news: nothing is stored twice, nothing is asked sooner")
def the_same_document_is_no_news(play: Play) -> None:
    play.feed(feed("a", "b"))
    play.until(4)
    assert play.titles() == {"a", "b"}
    assert min(play.gaps()) >= HOUR * 0.99


@group.case("A change between gzip and plain is none of the document")
def a_change_of_coding_is_no_change(play: Play) -> None:
    play.feed(_coded("gzip", _ZIPPED), reply(_BODY), _coded("deflate", _RAW_DEFLATE), honest(_BODY))
    play.until(5)
    assert play.titles() == {"read"}
