"""A feed's head -> the `atom:source` that its entries carry (rules R34)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from aggregator.dates import parse_date
from aggregator.html import plain
from aggregator.model.parsed import Entry, OriginSource
from aggregator.model.source import Source
from aggregator.urls import is_iri, without_credentials


def origin_of(head: OriginSource, *, source: Source, source_uri: str, site_title: str) -> OriginSource:
    """The source's head made complete: an id and a title for certain, links only where they may be shown."""
    fallback = (source.publisher or site_title) if source.is_local else (source.publisher or source.id)
    title = plain(head.title, is_markup=True) if head.title and not source.is_local else ""
    complete = replace(
        head, id=head.id if head.id and is_iri(head.id) and not source.private else source_uri, title=title or fallback
    )
    if source.is_local or source.private:
        return replace(complete, link_self=None, link_alternate=None)
    url = without_credentials(source.url or "")
    return replace(complete, link_self=head.link_self or url)


def origin_updated(head: OriginSource, entries: Iterable[Entry], *, source: Source) -> datetime | None:
    """When the source says it changed: its own date, else its newest entry's; None where it says nothing."""
    own = _instant(head.updated, source)
    if own:
        return own
    dates = [date for entry in entries if (date := _instant(entry.updated or entry.published, source))]
    return max(dates, default=None)


def _instant(printed: str | None, source: Source) -> datetime | None:
    date = parse_date(printed, timezone=source.timezone) if printed else None
    return date.value if date else None
