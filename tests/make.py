"""Values of `model` for tests, complete and alike: name only what the test is about, the rest is a plain article."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aggregator.dedup import fingerprints
from aggregator.model.article import (
    Article,
    Completeness,
    EffectiveBasis,
    Owner,
    PartialDate,
    Precision,
    Publisher,
    Rights,
    StoredArticle,
    ZoneBasis,
)
from aggregator.model.identity import Candidate, Key, KeyKind, Sighting
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.parsed import Entry, OriginSource, Text
from aggregator.model.source import Republish, Source, SourceKind
from aggregator.model.topic import Grain, IdPolicy, Topic
from aggregator.text import digest
from aggregator.urls import normalise

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URI = "urn:uuid:00000000-0000-5000-8000-000000000001"


def words(count: int, word: str = "word") -> str:
    """A text of that many different words."""
    return " ".join(f"{word}{number}" for number in range(count))


def date(value: datetime, precision: Precision = Precision.SECOND) -> PartialDate:
    """A claimed date that is certain."""
    return PartialDate(value=value, precision=precision, original=value.isoformat(), basis=ZoneBasis.EXPLICIT)


def key(kind: KeyKind, value: str) -> Key:
    """The key as `dedup` makes it."""
    return Key(kind=kind, value=value, digest=digest(kind.value, value))


def entry(title: str | None = "A headline", text: str | None = "A short text.", **changes: Any) -> Entry:
    """An entry as published; None leaves the title or the text out."""
    plain = Entry(
        title=None if title is None else Text(value=title), content=None if text is None else Text(value=text)
    )
    return replace(plain, **changes)


def article(**changes: Any) -> Article:
    """A full text of a feed; `normalized_url` follows `url` unless it is named."""
    plain = Article(
        url="https://example.org/page",
        headline="A headline",
        body_html="<p>A short text.</p>",
        body_text="A short text.",
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="source", name="A publisher"),
        rights=Rights(republish=Republish.EXCERPT),
        origin=OriginSource(id="urn:example:source", title="A source"),
    )
    if "body_text" in changes:
        changes = {"body_html": f"<p>{changes['body_text']}</p>"} | changes
    changed = replace(plain, **changes)
    return changed if "normalized_url" in changes else replace(changed, normalized_url=normalise(changed.url))


def stored(*, text: Article | None = None, key: Key | None = None, **changes: Any) -> StoredArticle:
    """An article in the store, first seen at `NOW`; `key` is the one its text came under, with the source `source`."""
    plain = StoredArticle(
        uri=URI,
        version=1,
        first_seen_at=NOW,
        effective_at=NOW,
        effective_basis=EffectiveBasis.FIRST_SEEN,
        article=text or article(),
        owner=Owner(source_id="source", key=(key or GUID).digest, priority=0),
    )
    return replace(plain, **changes)


def sighting(*, text: Article | None = None, **changes: Any) -> Sighting:
    """An entry on its way to the writer, from the source `source` under one guid; prints follow the text."""
    seen = text or article()
    plain = Sighting(
        source_id="source",
        priority=0,
        document="",
        keys=(GUID,),
        url_is_ambiguous=False,
        guid=GUID.value,
        link=seen.url,
        article=seen,
        fingerprints=fingerprints(seen),
        matches=(),
        mint_name="source\nguid:a",
    )
    return replace(plain, **changes)


def candidate(via: str, *, of: StoredArticle | None = None, **changes: Any) -> Candidate:
    """A stored article found in those ways, a word each; prints follow its text."""
    found = of or stored()
    return replace(Candidate(stored=found, fingerprints=fingerprints(found.article), via=tuple(via.split())), **changes)


def topic(**changes: Any) -> Topic:
    """A topic that everything belongs to."""
    return replace(Topic(id="topic", title="A topic", query="*"), **changes)


def source(**changes: Any) -> Source:
    """A feed with the intervals that stand as defaults."""
    return replace(Source(id="source", kind=SourceKind.FEED, url="https://example.org/feed"), **changes)


def ledger_row(**changes: Any) -> LedgerRow:
    """A live entry, first published at `NOW` and not changed since."""
    plain = LedgerRow(
        seq=None,
        topic_id="topic",
        grain=Grain.UNIQUE,
        entry_id=URI,
        id_policy=IdPolicy.MINT,
        article_uri=URI,
        state=RowState.LIVE,
        reason="within the window of 72h",
        rule_version="1",
        first_published_at=NOW,
        published=None,
        updated_at=NOW,
        pending_since=None,
        digest=digest("material"),
        fragment=b"<entry/>",
    )
    return replace(plain, **changes)


GUID = key(KeyKind.GUID, "a")
"""The key that articles and sightings have by default."""
