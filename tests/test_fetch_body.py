"""Bodies as they arrive: whole, compressed in every way servers do it, cut, damaged, and hostile."""

import gzip
import zlib
from collections.abc import Iterable
from hashlib import blake2b

import pytest

from aggregator.fetch.body import Body, too_big
from aggregator.model.fetch import FailureKind, FetchFailed

TEXT = b"<rss>" + bytes(range(256)) * 40 + b"</rss>"


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def collect(encoding: str, chunks: Iterable[bytes], limit: int = 100_000) -> bytes | FetchFailed:
    body = Body(encoding, limit)
    for chunk in chunks:
        if failed := body.feed(chunk):
            return failed
    return body.finish()


WHOLE = {
    "plain": ("", TEXT),
    "identity": ("identity", TEXT),
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("x-gzip", gzip.compress(TEXT)),
    "gzip in members": ("gzip", gzip.compress(TEXT[:99]) + gzip.compress(b"") + gzip.compress(TEXT[99:])),
    "gzip with padding": ("gzip", gzip.compress(TEXT) + b"\0" * 99 + b"\x1f\x8b"),
    "deflate as the RFC says": ("deflate", zlib.compress(TEXT)),
    "deflate as some servers say": ("deflate", raw_deflate(TEXT)),
    "gzip called deflate": ("deflate", gzip.compress(TEXT)),
}


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_body_is_the_same_however_it_arrives(case: str, size: int) -> None:
    encoding, data = WHOLE[case]
    assert collect(encoding, (data[i : i + size] for i in range(0, len(data), size))) == TEXT


GZIPPED = gzip.compress(TEXT)
BAD = {
    "nothing": ("", b"", FailureKind.PROTOCOL, "the answer is empty"),
    "nothing, gzipped": ("gzip", gzip.compress(b""), FailureKind.PROTOCOL, "the answer is empty"),
    "no gzip at all": ("gzip", b"", FailureKind.PROTOCOL, "the answer is empty"),
    "gzip cut": (
        "gzip",
        GZIPPED[:-100],
        FailureKind.PROTOCOL,
        f"the answer was cut off after {len(GZIPPED) - 100} bytes",
    ),
    "gzip cut in its trailer": ("gzip", GZIPPED[:-1], FailureKind.PROTOCOL, "the answer was cut off"),
    "gzip cut in its header": ("gzip", GZIPPED[:1], FailureKind.PROTOCOL, "the answer was cut off after 1 bytes"),
    "second member cut": ("gzip", GZIPPED + GZIPPED[:-9], FailureKind.PROTOCOL, "the answer was cut off"),
    "deflate cut": ("deflate", raw_deflate(TEXT)[:-9], FailureKind.PROTOCOL, "the answer was cut off"),
    "plain text called gzip": ("gzip", TEXT, FailureKind.PROTOCOL, "damaged or not what its Content-Encoding says"),
    "checksum wrong": ("gzip", GZIPPED[:-8] + bytes(8), FailureKind.PROTOCOL, "damaged"),
    "empty members for ever": ("gzip", gzip.compress(b"") * 3000, FailureKind.PROTOCOL, "more than 1000 parts"),
    "too big": ("", b"x" * 100_001, FailureKind.TOO_BIG, "larger than 100000 bytes; raise [fetch] max_body"),
    "bomb": ("gzip", gzip.compress(bytes(50_000_000)), FailureKind.TOO_BIG, "larger than 100000 bytes"),
    "a header without end": (
        "gzip",
        b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 400_000,
        FailureKind.TOO_BIG,
        "larger than",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_body_is_a_failure_in_words(case: str) -> None:
    encoding, data, kind, words = BAD[case]
    result = collect(encoding, (data[i : i + 65_536] for i in range(0, len(data), 65_536)))
    assert isinstance(result, FetchFailed)
    assert result.kind is kind
    assert words in result.detail


def test_a_bomb_is_never_inflated_past_the_limit() -> None:
    body = Body("gzip", 1000)
    failed = body.feed(gzip.compress(bytes(10_000_000)))
    assert failed is not None
    assert failed.kind is FailureKind.TOO_BIG
    assert len(body._body) == 1001


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    assert collect("gzip", [gzip.compress(b"x" * 1000)], limit=1000) == b"x" * 1000


@pytest.mark.parametrize(
    ("limit", "words"), [(10 * 1_048_576, "10 MiB"), (1_500_000, "1500000 bytes"), (1000, "1000 bytes")]
)
def test_the_limit_is_told_as_it_is_configured(limit: int, words: str) -> None:
    assert words in too_big(limit).detail


OTHER = b"o" * 16


def test_the_bytes_of_the_last_answer_are_known_without_inflating() -> None:
    body = Body("gzip", 100_000, blake2b(GZIPPED, digest_size=16).digest())
    assert body.feed(GZIPPED) is None
    assert body.is_known
    assert len(body._body) == 0


@pytest.mark.parametrize("case", WHOLE)
def test_other_bytes_than_the_last_are_inflated_at_the_end(case: str) -> None:
    encoding, data = WHOLE[case]
    body = Body(encoding, 100_000, OTHER)
    assert body.feed(data) is None
    assert not body.is_known
    assert body.finish() == TEXT


@pytest.mark.parametrize("case", BAD)
def test_the_bounds_hold_where_an_answer_waits_for_its_end(case: str) -> None:
    encoding, data, kind, words = BAD[case]
    body = Body(encoding, 100_000, OTHER)
    chunks = (data[i : i + 65_536] for i in range(0, len(data), 65_536))
    result = next((failed for chunk in chunks if (failed := body.feed(chunk))), None) or body.finish()
    assert isinstance(result, FetchFailed)
    assert result.kind is kind
    assert words in result.detail
    assert len(body._body) <= 100_001


def test_a_document_in_single_bytes_is_not_read_to_its_end() -> None:
    """Each piece costs our CPU the same: 10 MiB of single bytes would keep it busy for minutes."""
    collected = Body("", 10_000_000)
    fed = next(count for count in range(1, 10_000_000) if isinstance(collected.feed(b"x"), FetchFailed))
    assert fed == 21_334
    assert "too many tiny pieces" in str(collected.feed(b"x"))


def test_pieces_of_the_usual_size_may_be_many() -> None:
    collected = Body("", 10_000_000)
    assert [collected.feed(b"<p>a paragraph</p>") for _ in range(100_000)] == [None] * 100_000
