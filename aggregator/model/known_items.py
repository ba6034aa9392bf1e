"""What a poll remembers of the items of a document, so that the next one reads only those that are new."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import Struct

from aggregator.model.slots import quickly_pickled

# Digest, key, date in microseconds since 1970, and at most four offers: guid, link, digest, URL.
_ITEM = Struct(">16s16sq32s")
_OFFER_BYTES = 8
_UNDATED = -(2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@quickly_pickled
@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item that need not be read again, and what reading the rest of its document must know of it."""

    digest: bytes
    """blake2b-16 of its text and of what it inherits."""
    key: bytes
    """The own key of its entry (rules R1)."""
    offers: tuple[bytes, ...]
    """Eight bytes of the digest of each value its entry may be known by: an entry that offers none of another's is told
    apart from it without being looked at."""
    dated_at: datetime | None
    """What its entry prints as its date (rules R34)."""


@dataclass(frozen=True, slots=True)
class KnownItems:
    """The items of a document in order, in records of one length: most polls carry them along and never look inside."""

    packed: bytes = b""

    @classmethod
    def of(cls, items: Iterable[KnownItem]) -> "KnownItems":
        """Offers beyond the fourth are dropped; entries have no more."""
        return cls(b"".join(map(_pack, items)))

    def __iter__(self) -> Iterator[KnownItem]:
        return map(_unpack, _ITEM.iter_unpack(self.packed))

    def __len__(self) -> int:
        return len(self.packed) // _ITEM.size


def _pack(item: KnownItem) -> bytes:
    dated_at = _UNDATED if item.dated_at is None else (item.dated_at - _EPOCH) // _MICROSECOND
    return _ITEM.pack(item.digest, item.key, dated_at, b"".join(item.offers))


def _unpack(record: tuple[bytes, bytes, int, bytes]) -> KnownItem:
    digest, key, dated_at, offers = record
    pieces = (offers[at : at + _OFFER_BYTES] for at in range(0, len(offers), _OFFER_BYTES))
    return KnownItem(
        digest=digest,
        key=key,
        offers=tuple(piece for piece in pieces if any(piece)),
        dated_at=None if dated_at == _UNDATED else _EPOCH + dated_at * _MICROSECOND,
    )
