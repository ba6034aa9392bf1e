"""A fetched document -> the sightings that go to the writer: parse, normalise, keys, matches; pure, no store."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.dedup import document_keys, entry_keys, fingerprints, guid_key, mint_name, offers, source_uri
from aggregator.dedup.identity import EntryKeys
from aggregator.dedup.origin import originator
from aggregator.dedup.signature import signature
from aggregator.dedup.stories import NO_NAMES, PackNames, features
from aggregator.errors import DEFECTS, NotAFeed, UnreadableDocument
from aggregator.model.article import Article
from aggregator.model.cadence import Pace
from aggregator.model.fetch import Document, Fetched, SkippedDocument
from aggregator.model.identity import Sighting
from aggregator.model.known_items import KnownItem, KnownItems
from aggregator.model.parsed import Child, Defect, OriginSource, ParsedFeed
from aggregator.model.source import AgencyName, Source
from aggregator.model.story import StoryFeatures
from aggregator.normalise import Context, effective, normalise, origin_of, origin_updated
from aggregator.parse import parse
from aggregator.topics.match import Blame, Matcher

# A checkout or an archive writes its files within moments; a desk saves one at a time.
_UNPACKING = timedelta(seconds=60)
_UNPACKED_TOGETHER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """One document that was parsed, its entries ready for the writer, oldest first."""

    key: str
    sightings: tuple[Sighting, ...]
    defects: tuple[Defect, ...]
    known: tuple[KnownItem, ...] = ()
    """Items of a feed that were not read, because the last poll did; their entries are still in the document."""
    items: KnownItems = field(default_factory=KnownItems)
    """What the next poll need not read."""
    pace: Pace = field(default_factory=Pace)
    """What the document asks of those who poll it."""
    hub: str | None = None
    topic_url: str | None = None
    """The hub that the document names, and the address under which the hub knows it (WebSub 4)."""
    children: tuple[Child, ...] = ()
    """What an index names, newest first."""
    withdrawn: tuple[bytes, ...] = ()
    """Keys of entries that it says are withdrawn and does not show."""
    is_part: bool = False
    """Its entries are its own, apart from those of the source's other documents: of a sitemap that an index named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of all documents of one fetch; documents whose digest was known are not in it."""

    documents: tuple[ReadDocument, ...]
    failed: tuple[SkippedDocument, ...]
    unchanged: tuple[str, ...]
    """Keys of the documents that were known by their digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The part of the configuration that reading needs; small and picklable."""

    agencies: tuple[AgencyName, ...]
    matcher: Matcher
    site_title: str
    names: PackNames = NO_NAMES
    """Spellings of names, for stories."""


def read(
    source: Source,
    fetched: Fetched,
    known: frozenset[bytes],
    desk: Desk,
    now: datetime,
    *,
    items: Iterable[KnownItem] = (),
    at_most_new: int | None = None,
) -> Reading:
    """Read the documents whose digest is not known. One that cannot be read is listed, the others stay.

    Of a feed only what `items` does not hold is read, where the result is the same entry by entry. Raises ManyNew, before
    anything is parsed, where those are more than `at_most_new`.
    """
    documents, failed, unchanged = [], list(fetched.skipped), []
    times = _times(fetched.documents)
    for document in fetched.documents:
        if document.digest in known:
            unchanged.append(document.key)
            continue
        try:
            parsed, left_out = _parse_new(document, fetched.url, () if source.is_local else items, desk, at_most_new)
        except (NotAFeed, UnreadableDocument) as error:
            failed.append(SkippedDocument(key=document.key, reason=str(error)))
            continue
        modified_at = times.get(document.key)
        documents.append(_read(source, parsed, desk, now, modified_at=modified_at, left_out=left_out))
    # Oldest first: what comes in one poll stands in the feed in the order of its dates.
    documents.sort(key=lambda document: _oldest(document, now))
    return Reading(documents=tuple(documents), failed=tuple(failed), unchanged=tuple(unchanged))


def _oldest(document: ReadDocument, now: datetime) -> datetime:
    return effective(document.sightings[0].article, now)[0] if document.sightings else now


def _parse_new(
    document: Document,
    url: str | None,
    items: Iterable[KnownItem],
    desk: Desk,
    at_most_new: int | None,
) -> tuple[ParsedFeed, tuple[KnownItem, ...]]:
    """The document's entries, and the items that were left out of them."""
    memory = {item.digest: item for item in items}
    parsed = parse(document, url=url, agencies=desk.agencies, known=frozenset(memory), at_most_new=at_most_new)
    known = tuple(memory[one] for one in parsed.left_out)
    if known and _touch(known, parsed, memory):
        return parse(document, url=url, agencies=desk.agencies), ()
    return parsed, known


def _touch(known: tuple[KnownItem, ...], parsed: ParsedFeed, memory: Mapping[bytes, KnownItem]) -> bool:
    """Whether a key of an entry that was not read may depend on one that came or went: what is unique is decided by the
    whole document (rules R1).
    """
    kept = {offer for item in known for offer in item.offers}
    left_out = set(parsed.left_out)
    gone = (offer for item in memory.values() if item.digest not in left_out for offer in item.offers)
    came = (offer for entry in parsed.entries for offer in offers(entry))
    return not kept.isdisjoint(gone) or not kept.isdisjoint(came)


def _read(
    source: Source,
    parsed: ParsedFeed,
    desk: Desk,
    now: datetime,
    *,
    modified_at: datetime | None,
    left_out: tuple[KnownItem, ...],
) -> ReadDocument:
    origin = origin_of(parsed.head, source=source, source_uri=source_uri(source.id), site_title=desk.site_title)
    context = Context(
        source=source,
        parsed=parsed,
        origin=origin,
        origin_updated_at=_origin_updated(source, parsed, left_out),
        agencies=desk.agencies,
        modified_at=modified_at,
        now=now,
    )
    sightings, defects, items = [], list(parsed.defects), list(left_out)
    own_items = dict(zip(map(id, parsed.entries), parsed.items, strict=False))
    shown = entry_keys(parsed.entries)

    def blame(topic_id: str, error: Exception) -> None:
        detail = f"topic {topic_id} could not be asked of an entry: {type(error).__name__}: {error}"[:200]
        defects.append(Defect(kind="topic", detail=detail))

    for found in shown:
        try:
            sightings.append(_sight(found, context, desk, blame))
            if own := own_items.get(id(found.entry)):
                items.append(_remember(own, found, source))
        except DEFECTS as error:
            defects.append(Defect(kind="entry", detail=f"entry left out: {type(error).__name__}: {error}"[:200]))
    sightings.sort(key=lambda sighting: effective(sighting.article, now)[0])
    return ReadDocument(
        key=parsed.document,
        sightings=tuple(sightings),
        defects=tuple(defects),
        known=left_out,
        items=KnownItems() if source.is_local else KnownItems.of(items),
        pace=parsed.pace,
        hub=parsed.hub,
        topic_url=parsed.head.link_self,
        children=parsed.children,
        withdrawn=_withdrawn(parsed, _offered(shown).union(_offered(left_out))),
    )


def _offered(shown: Iterable[EntryKeys | KnownItem]) -> set[bytes]:
    return {offer for one in shown for offer in one.offers}


def _withdrawn(parsed: ParsedFeed, offered: AbstractSet[bytes]) -> tuple[bytes, ...]:
    """An entry that stands in the document beside its own tombstone is there: of the two that loses least (RFC 6721 calls a
    tombstone advisory).
    """
    keys = (guid_key(one.ref).digest for one in parsed.deleted)
    return tuple(dict.fromkeys(key for key in keys if key[:8] not in offered))


def _origin_updated(source: Source, parsed: ParsedFeed, left_out: tuple[KnownItem, ...]) -> datetime | None:
    """When the source says it changed, entries that were not read included."""
    own = origin_updated(parsed.head, (), source=source)
    if own:
        return own
    newest = origin_updated(parsed.head, parsed.entries, source=source)
    return max((date for date in (newest, *(item.dated_at for item in left_out)) if date), default=None)


def _remember(own: bytes, found: EntryKeys, source: Source) -> KnownItem:
    return KnownItem(
        digest=own,
        key=found.keys[0].digest,
        offers=found.offers,
        dated_at=origin_updated(OriginSource(), (found.entry,), source=source),
    )


def _sight(found: EntryKeys, context: Context, desk: Desk, blame: Blame) -> Sighting:
    entry, source = found.entry, context.source
    article = normalise(entry, context)
    prints = fingerprints(article)
    keys = document_keys(context.parsed.document, prints.text) if _is_known_by_its_path(context.parsed) else found.keys
    return Sighting(
        source_id=source.id,
        priority=source.priority,
        document=context.parsed.document if source.is_local else "",
        keys=keys,
        url_is_ambiguous=found.url_is_ambiguous,
        guid=entry.guid,
        link=entry.link,
        article=article,
        fingerprints=prints,
        matches=desk.matcher.match(article, source.id, blame),
        mint_name=mint_name(source.id, keys, article),
        signature=signature(article.body_text),
        event=event_of(article, desk),
        agency=agency_of(article, desk),
    )


def event_of(article: Article, desk: Desk) -> StoryFeatures | None:
    """What tells the article's event; a text without a word in its headline tells none."""
    found = features(article, desk.names)
    return found if found.keys else None


def agency_of(article: Article, desk: Desk) -> str | None:
    """The id of the agency that the text comes from, where its marks make that probable."""
    origin = originator(article, desk.agencies)
    return origin.agency.id if origin else None


def _is_known_by_its_path(parsed: ParsedFeed) -> bool:
    """Whether the document is one local text without an id of its own. With one it is that text under any path, and the next
    version, in a file of its own, is its revision; of several texts in one file each needs a key.
    """
    return len(parsed.entries) == 1 and parsed.entries[0].wire is not None and parsed.entries[0].guid is None


def _times(documents: Iterable[Document]) -> dict[str, datetime | None]:
    """The files' times, None where many files share one: that is the time of an unpacking (rules R7)."""
    dated = [(document.key, document.modified_at) for document in documents if document.modified_at]
    stamps = sorted(modified_at for _, modified_at in dated)

    def together(at: datetime) -> int:
        return bisect_right(stamps, at + _UNPACKING) - bisect_left(stamps, at - _UNPACKING)

    return {key: None if together(at) >= _UNPACKED_TOGETHER else at for key, at in dated}
