"""The bytes of an answer as they arrive -> its body, never larger than the limit: decompression stops at it.

httpx would inflate first and count later (632 bytes can become 400 MiB), therefore the raw bytes are inflated here.
"""

import zlib
from hashlib import blake2b

from aggregator.model.fetch import FailureKind, FetchFailed

_GZIP = b"\x1f\x8b"
# What compression may add to bytes that do not compress, and room for headers.
_OVERHEAD_BYTES = 65_536
# bgzip makes a member per 64 KiB; thousands of empty ones are no document but an attack on the CPU.
_MAX_MEMBERS = 1_000
# A chunk costs the same however small it is: a server that sends each byte in one of its own takes our CPU, not its own.
_FREE_PIECES, _LEAST_PIECE_BYTES = 20_000, 16
_WBITS_ZLIB, _WBITS_RAW, _WBITS_GZIP = 15, -15, 31

ENCODINGS = frozenset(("", "identity", "gzip", "x-gzip", "deflate"))
"""What `Content-Encoding` may say; gzip and deflate are asked for."""


class Body:
    """Collects one answer. Feed it every chunk, then `finish`; a failure is final.

    `received` is the number of bytes that came over the wire. Where `known` is the digest of an earlier answer's bytes,
    nothing is inflated before `finish`: an answer that `is_known` need not be.
    """

    def __init__(self, encoding: str, limit_bytes: int, known: bytes | None = None) -> None:
        self.received = 0
        self._pieces = 0
        self._known = known
        self._waiting: list[bytes] = []
        self._state = blake2b(digest_size=16)
        self._encoding = encoding
        self._limit_bytes = limit_bytes
        self._body = bytearray()
        self._held = b""
        self._inflater: zlib._Decompress | None = None
        self._members = 0
        self._is_padding = False

    def feed(self, raw: bytes) -> FetchFailed | None:
        """Take a chunk; the failure if the answer cannot be used any more."""
        self.received += len(raw)
        self._pieces += 1
        if self._pieces > _FREE_PIECES + self.received // _LEAST_PIECE_BYTES:
            return _failed("the answer comes in too many tiny pieces")
        self._state.update(raw)
        if self._known is None:
            return self._take(raw)
        self._waiting.append(raw)
        return too_big(self._limit_bytes) if self.received > self._limit_bytes + _OVERHEAD_BYTES else None

    @property
    def raw_digest(self) -> bytes:
        """blake2b-16 of the bytes as they came."""
        return self._state.digest()

    @property
    def is_known(self) -> bool:
        """Whether these are the bytes of the earlier answer; asked when the last chunk is fed."""
        return self.raw_digest == self._known

    def _take(self, raw: bytes) -> FetchFailed | None:
        if self._encoding in ("", "identity"):
            self._body += raw
        else:
            try:
                self._inflate(self._held + raw)
            except zlib.error:
                return _failed("the compressed answer is damaged or not what its Content-Encoding says")
        if self._members > _MAX_MEMBERS:
            return _failed(f"the compressed answer has more than {_MAX_MEMBERS} parts")
        if len(self._body) > self._limit_bytes or self.received > self._limit_bytes + _OVERHEAD_BYTES:
            return too_big(self._limit_bytes)
        return None

    def finish(self) -> bytes | FetchFailed:
        """The whole body. An end inside the compressed data is a failure: half a document is none."""
        for raw in self._waiting:
            if failed := self._take(raw):
                return failed
        compressed = self._encoding not in ("", "identity")
        if compressed and self.received and (self._inflater is not None or not self._members):
            return self.cut_off()
        if not self._body:
            return _failed("the answer is empty")
        return bytes(self._body)

    def cut_off(self) -> FetchFailed:
        """What to say when the connection ended too early."""
        return _failed(f"the answer was cut off after {self.received} bytes")

    def _inflate(self, data: bytes) -> None:
        """Inflate until the data is used up or the limit is passed by one byte. Raises zlib.error."""
        self._held = b""
        while data and len(self._body) <= self._limit_bytes and self._members <= _MAX_MEMBERS:
            if self._inflater is None:
                if len(data) < 2:
                    self._held = data
                    return
                self._is_padding |= bool(self._members) and not data.startswith(_GZIP)
                if self._is_padding:  # after the last member, ignored as gzip itself does
                    return
                self._inflater = zlib.decompressobj(self._window(data))
            self._body += self._inflater.decompress(data, self._limit_bytes - len(self._body) + 1)
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                data = self._inflater.unused_data
                self._inflater = None
                self._members += 1

    def _window(self, data: bytes) -> int:
        """The container by its first two bytes: many servers mean raw deflate by `deflate` (RFC 9110 8.4.1.2)."""
        if data.startswith(_GZIP) or self._encoding != "deflate":
            return _WBITS_GZIP
        is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0  # RFC 1950 2.2
        return _WBITS_ZLIB if is_zlib else _WBITS_RAW


def too_big(limit_bytes: int) -> FetchFailed:
    """The failure of a document over the limit."""
    mebibytes, rest = divmod(limit_bytes, 1_048_576)
    size = f"{limit_bytes} bytes" if rest or not mebibytes else f"{mebibytes} MiB"
    return FetchFailed(
        kind=FailureKind.TOO_BIG,
        detail=f"the document is larger than {size}; raise [fetch] max_body if it is meant to be read",
    )


def _failed(detail: str) -> FetchFailed:
    return FetchFailed(kind=FailureKind.PROTOCOL, detail=detail)
