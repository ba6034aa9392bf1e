"""An index of sitemaps that was read -> the sitemaps it names, fetched and read within the same poll.

Nothing else that stands in a document is ever fetched unasked. An index is subscribed to for what it names; even so only its
newest sitemaps are asked for, of its own host, and none again whose printed date is the one of the last time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.model.fetch import Fetched, FetchFailed, SkippedDocument
from aggregator.model.known_items import KnownItems
from aggregator.model.parsed import Child
from aggregator.model.source import Source, SourceState, Validators
from aggregator.pipeline.moves import at_its_place
from aggregator.pipeline.works import Works
from aggregator.reading.limits import TooCostly
from aggregator.reading.read import Desk, ReadDocument, Reading
from aggregator.text import digest
from aggregator.urls import host_of

MOST_CHILDREN = 5
"""Of one index, the newest; a site may name hundreds, a month each back to its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What came of one child."""

    digests: tuple[bytes, ...] = ()
    """What is to be remembered of it."""
    documents: tuple[ReadDocument, ...] = ()
    failed: tuple[SkippedDocument, ...] = ()
    body_bytes: int = 0
    is_settled: bool = False
    """Nothing need be asked of it again before the index names another date for it."""


async def with_children(asking: "Asking", index: Fetched, reading: Reading) -> tuple[Fetched, Reading]:
    """The index and its reading with the entries of its newest sitemaps in its place; what is no index stays as it is."""
    children = [child for document in reading.documents for child in document.children]
    if not children:
        return index, reading
    hosts = {host_of(index.url or ""), host_of(asking.state.address(asking.source) or "")}
    newest = [child for child in children if host_of(child.url) in hosts][:MOST_CHILDREN]
    # One after the other: one body at a time is in memory, and the host gives turns in this order anyway.
    found = [await asking.read(child) for child in newest]
    return _with_bounds_of(index, found), _joined(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The poll within which the children of an index are asked for."""

    works: Works
    source: Source
    state: SourceState
    desk: Desk
    now: datetime

    async def read(self, child: Child) -> _Read:
        """Fetch and read the child, if the index says that it changed or says nothing of that."""
        seen = digest("child", child.url, child.modified or "")
        if child.modified and seen in self.state.validators.digests:
            return _Read(digests=(seen,), is_settled=True)
        key = digest(child.url).hex() if self.source.private else child.url
        result = await self.works.fetcher.get(_place_of(self.source, child), Validators(), self.now)
        if isinstance(result, FetchFailed):
            return _Read(failed=(SkippedDocument(key=key, reason=result.detail),))
        if not isinstance(result, Fetched):
            return _Read()
        # Without the memory of items, which holds those of one document.
        state = replace(self.state, items=KnownItems())
        try:
            with self.works.backlog.reading(result.body_bytes):
                reading = await self.works.readers.read(self.source, result, state, self.desk, self.now)
        except TooCostly as error:
            failed = SkippedDocument(key=key, reason=str(error))
            return _Read(digests=(seen,), failed=(failed,), is_settled=child.modified is not None)
        return _Read(
            digests=(seen, *result.validators.digests),
            documents=tuple(_as_part(document, key) for document in reading.documents),
            failed=tuple(replace(skipped, key=key) for skipped in reading.failed),
            body_bytes=result.body_bytes,
            is_settled=child.modified is not None,
        )


def _place_of(source: Source, child: Child) -> Source:
    """The child as something to fetch: as if the source had moved there, so that its credentials go to its own origin only."""
    return at_its_place(source, SourceState(source_id=source.id, location=child.url, stands_for=source.url))


def _as_part(document: ReadDocument, key: str) -> ReadDocument:
    """The document with entries of its own: they leave its window when it shows them no more, whatever its sisters show."""
    sightings = tuple(replace(sighting, document=key) for sighting in document.sightings)
    return replace(document, key=key, sightings=sightings, items=KnownItems(), children=(), is_part=True)


def _joined(found: Sequence[_Read]) -> Reading:
    """The oldest first, as entries are stored."""
    documents = tuple(document for one in reversed(found) for document in one.documents)
    return Reading(documents=documents, failed=tuple(skipped for one in found for skipped in one.failed), unchanged=())


def _with_bounds_of(index: Fetched, found: Sequence[_Read]) -> Fetched:
    """The index with what is remembered of its children. While one of them may change or come without a word of the index,
    the index has to come whole every time, or nobody would know whom to ask.
    """
    validators = replace(index.validators, digests=tuple(one for each in found for one in each.digests))
    if not all(one.is_settled for one in found):
        validators = replace(validators, etag=None, last_modified=None, raw_digest=None)
    body_bytes = index.body_bytes + sum(one.body_bytes for one in found)
    return replace(index, validators=validators, body_bytes=body_bytes)
