"""Values of `model` -> what a column holds, and back: JSON with sorted keys, microseconds, blobs of digests."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, overload

from pydantic import TypeAdapter

from aggregator.model.article import Article, PartialDate
from aggregator.model.cadence import Pace, Rhythm
from aggregator.model.copies import CopyEvidence
from aggregator.model.health import Coverage
from aggregator.model.source import Move
from aggregator.model.story import Revision, StoryEvidence
from aggregator.model.topic import Evidence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DIGEST_BYTES = 16

_ARTICLE = TypeAdapter(Article)
_PARTIAL_DATE = TypeAdapter(PartialDate)
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
_T = TypeVar("_T")
COPY_EVIDENCE = TypeAdapter(CopyEvidence)
STORY_EVIDENCE, REVISION = TypeAdapter(StoryEvidence), TypeAdapter(Revision)
PACE, RHYTHM, COVERAGE, MOVE = TypeAdapter(Pace), TypeAdapter(Rhythm), TypeAdapter(Coverage), TypeAdapter(Move)


@overload
def to_microseconds(instant: datetime) -> int: ...
@overload
def to_microseconds(instant: None) -> None: ...
def to_microseconds(instant: datetime | None) -> int | None:
    """Microseconds since 1970; exact, unlike a float timestamp."""
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


@overload
def to_instant(microseconds: int) -> datetime: ...
@overload
def to_instant(microseconds: None) -> None: ...
def to_instant(microseconds: int | None) -> datetime | None:
    """The aware UTC instant."""
    return None if microseconds is None else _EPOCH + microseconds * _MICROSECOND


def article_to_json(article: Article) -> str:
    """Defaults are left out, so that a new field costs old rows nothing."""
    return _ARTICLE.dump_json(article, exclude_defaults=True).decode()


def article_from_json(text: str) -> Article:
    """The article as it was stored."""
    return _ARTICLE.validate_json(text)


def date_to_json(date: PartialDate | None) -> str | None:
    """None stays None."""
    return None if date is None else _PARTIAL_DATE.dump_json(date).decode()


def date_from_json(text: str | None) -> PartialDate | None:
    """None stays None."""
    return None if text is None else _PARTIAL_DATE.validate_json(text)


def small_to_json(adapter: TypeAdapter[_T], value: _T, usual: _T | None) -> str | None:
    """None for the usual value, which most rows have; fields at their defaults are left out."""
    return None if value == usual else adapter.dump_json(value, exclude_defaults=True).decode()


@overload
def small_from_json(adapter: TypeAdapter[_T], text: str | None, usual: _T) -> _T: ...
@overload
def small_from_json(adapter: TypeAdapter[_T], text: str | None, usual: None) -> _T | None: ...
def small_from_json(adapter: TypeAdapter[_T], text: str | None, usual: _T | None) -> _T | None:
    """The value as it was stored."""
    return usual if text is None else adapter.validate_json(text)


def evidence_to_json(evidence: tuple[Evidence, ...]) -> str:
    """In the order of the match."""
    return _EVIDENCE.dump_json(evidence, exclude_defaults=True).decode()


def evidence_from_json(text: str) -> tuple[Evidence, ...]:
    """In the order of the match."""
    return _EVIDENCE.validate_json(text)


def digests_to_blob(digests: tuple[bytes, ...]) -> bytes:
    """Sixteen bytes each, one after the other."""
    return b"".join(digests)


def digests_from_blob(blob: bytes) -> tuple[bytes, ...]:
    """The digests in order."""
    return tuple(blob[at : at + _DIGEST_BYTES] for at in range(0, len(blob), _DIGEST_BYTES))


def plain_json(value: Any) -> str:
    """Canonical JSON of plain values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def article_to_plain(article: Article) -> dict[str, Any]:
    """Every field as plain values, for the export."""
    plain: dict[str, Any] = _ARTICLE.dump_python(article, mode="json")
    return plain
