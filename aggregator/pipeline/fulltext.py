"""A reading of excerpts -> the reading with the texts of their pages, for a source that is to be completed (`fulltext`).

Pages are fetched for what the store has not seen: new entries, and those whose excerpt was edited. An entry whose page gives
no text keeps its excerpt; one that had a whole text keeps that under its new headline.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.model.article import StoredArticle
from aggregator.model.fetch import Fetched, FetchFailed
from aggregator.model.identity import Fingerprints, Sighting
from aggregator.model.parsed import Defect, Text
from aggregator.model.source import Fulltext, Source, SourceState, Validators
from aggregator.normalise import effective
from aggregator.pipeline.moves import at_its_place
from aggregator.pipeline.works import Works
from aggregator.reading.complete import FROM_PAGE, NoText, PageText, fill, lacks_text
from aggregator.reading.limits import TooCostly
from aggregator.reading.read import Desk, Reading

MOST_PAGES = 10
"""Of one poll. A source that brings more at once keeps the excerpts of the older ones."""
_AT_ONCE = 2
_ACCEPT = ("Accept", "text/html, application/xhtml+xml;q=0.9, */*;q=0.1")
_TOO_LATE = NoText(reason="the time of the poll was over")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excerpt:
    """An entry whose page is to be read; `before` is the whole text that it had, if any."""

    sighting: Sighting
    before: StoredArticle | None


async def with_full_texts(works: Works, source: Source, reading: Reading, desk: Desk, now: datetime) -> Reading:
    """The reading, its new excerpts replaced by the texts of their pages as far as these give one in time."""
    if source.fulltext is Fulltext.OFF or source.is_local or not source.republish.allows_text:
        return reading
    sightings = [one for document in reading.documents for one in document.sightings if lacks_text(one)]
    if not sightings:
        return reading
    excerpts = await asyncio.to_thread(_unseen, works, source, sightings)
    # The newest first; of the same date the one that stands first in the feed.
    excerpts.sort(key=lambda excerpt: effective(excerpt.sighting.article, now)[0], reverse=True)
    outcomes = await _outcomes(works, source, excerpts[:MOST_PAGES], desk, now)
    kept = await asyncio.to_thread(_kept, source, excerpts, outcomes, desk, now)
    filled = {key: outcome for key, outcome in outcomes.items() if isinstance(outcome, Sighting)} | kept
    return _noted(_woven(reading, filled), [one for one in outcomes.values() if isinstance(one, NoText)])


def _unseen(works: Works, source: Source, sightings: Sequence[Sighting]) -> list[_Excerpt]:
    """The excerpts that the writer will not find as they are: neither in the window nor as what is stored of their article."""
    with works.store.read() as reader:
        window = reader.window(source.id)
        new = [one for one in sightings if (_key(one), one.fingerprints.text) not in window]
        named = reader.named(source.id, {key.digest for one in new for key in one.keys})
    found = [(one, _named_by(one, named)) for one in new]
    return [
        _Excerpt(sighting=one, before=_whole_text_of(source, stored))
        for one, stored in found
        if stored is None or stored[1].text != one.fingerprints.text
    ]


_Named = tuple[StoredArticle, Fingerprints]


def _named_by(sighting: Sighting, named: Mapping[bytes, _Named]) -> _Named | None:
    return next((named[key.digest] for key in sighting.keys if key.digest in named), None)


def _whole_text_of(source: Source, known: _Named | None) -> StoredArticle | None:
    """The article, if its text is one that was taken from this source's page."""
    if known is None or known[0].owner.source_id != source.id or FROM_PAGE not in known[0].article.repairs:
        return None
    return known[0]


async def _outcomes(
    works: Works, source: Source, excerpts: Sequence[_Excerpt], desk: Desk, now: datetime
) -> dict[bytes, Sighting | NoText]:
    """What came of each page, by the key of its entry; two under way at a time: one waits for the host's turn while the other
    has it, so that the connection stays open, and no more than two are held in memory.
    """
    lanes = asyncio.Semaphore(_AT_ONCE)
    outcomes: dict[bytes, Sighting | NoText] = {_key(excerpt.sighting): _TOO_LATE for excerpt in excerpts}

    async def take(sighting: Sighting) -> None:
        async with lanes:
            outcomes[_key(sighting)] = await _take_text(works, source, sighting, desk, now)

    with suppress(TimeoutError):
        async with asyncio.timeout(works.page_time.total_seconds()), asyncio.TaskGroup() as group:
            for excerpt in excerpts:
                group.create_task(take(excerpt.sighting))
    return outcomes


async def _take_text(works: Works, source: Source, sighting: Sighting, desk: Desk, now: datetime) -> Sighting | NoText:
    page = await works.fetcher.get(_page_of(source, sighting.article.url), Validators(), now)
    match page:
        case FetchFailed():
            return NoText(reason=page.detail)
        case Fetched():
            try:
                with works.backlog.reading(page.body_bytes):
                    return await works.readers.take_text(source, sighting, page, desk, now)
            except TooCostly as error:
                return NoText(reason=str(error))
        case _:  # nothing was sent that it could be compared with
            return NoText(reason="the server says that the page is known")


def _page_of(source: Source, url: str | None) -> Source:
    """The page as something to fetch: as if the source had moved there, so that its credentials go to its own origin only."""
    there = at_its_place(source, SourceState(source_id=source.id, location=url, stands_for=source.url))
    return replace(there, headers=(*there.headers, _ACCEPT))


def _kept(
    source: Source,
    excerpts: Iterable[_Excerpt],
    outcomes: Mapping[bytes, Sighting | NoText],
    desk: Desk,
    now: datetime,
) -> dict[bytes, Sighting]:
    """Edited excerpts whose page gave nothing, with the whole text that was known: it would else shrink to the excerpt."""
    return {
        _key(excerpt.sighting): fill(excerpt.sighting, _text_of(excerpt.before), source, desk, now)
        for excerpt in excerpts
        if excerpt.before and not isinstance(outcomes.get(_key(excerpt.sighting)), Sighting)
    }


def _text_of(stored: StoredArticle) -> PageText:
    article = stored.article
    return PageText(content=Text(value=article.body_html or ""), headline=article.headline)


def _woven(reading: Reading, filled: Mapping[bytes, Sighting]) -> Reading:
    documents = (
        replace(document, sightings=tuple(filled.get(_key(one), one) for one in document.sightings))
        for document in reading.documents
    )
    return replace(reading, documents=tuple(documents))


def _noted(reading: Reading, failed: Sequence[NoText]) -> Reading:
    """The reading with one line on the pages that gave no text."""
    if not failed:
        return reading
    *others, last = reading.documents
    detail = f"no full text for {len(failed)} new or edited entries, the first: {failed[0].reason}"
    noted = replace(last, defects=(*last.defects, Defect(kind="page", detail=detail, count=len(failed))))
    return replace(reading, documents=(*others, noted))


def _key(sighting: Sighting) -> bytes:
    return sighting.keys[0].digest
