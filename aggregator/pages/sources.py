"""The store -> the page of sources: how each does, how it used to publish, what was missed."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from aggregator.health import health_of, notes
from aggregator.model.cadence import Rhythm
from aggregator.model.source import Source, SourceState
from aggregator.pages import charts, facts
from aggregator.pages.charts import Chart
from aggregator.pages.facts import Moment
from aggregator.pages.front import last_day
from aggregator.pages.links import Subscription, subscription
from aggregator.pages.site import Site
from aggregator.storage import Reader
from aggregator.urls import without_credentials

PAGE_SOURCES = 100
_DAYS = 14
_HEALTH_FEED = "source-health"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source as the public may see it."""

    id: str
    name: str
    url: str | None
    health: str
    last_good: Moment
    next: Moment
    is_polled: bool
    """False for a source that is gone."""
    articles: int
    gaps: int
    notes: tuple[str, ...]
    days: Chart
    hours: Chart | None
    """None while too little was seen of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage:
    """A page of sources."""

    rows: tuple[SourceRow, ...]
    counts: tuple[tuple[str, int], ...]
    """How many of all sources are in each state of health."""
    number: int
    pages: int
    newer: str | None
    older: str | None
    health_feed: Subscription
    updated: Moment
    """Of that feed."""


def sources_page(reader: Reader, site: Site, number: int = 1) -> SourcesPage | None:
    """Configured sources in their order; a private one without its address and without what its server said. None beyond
    the last page; a page that is a file holds them all.
    """
    most = PAGE_SOURCES if site.places.is_served else max(1, len(site.sources))
    pages = max(1, -(-len(site.sources) // most))
    if not 1 <= number <= pages:
        return None
    states, counts = reader.source_states(), reader.articles_by_source()
    polled = [state.last_poll_at for state in states.values() if state.last_poll_at]
    last = last_day(site, max(polled, default=None))
    shown = site.sources[(number - 1) * most : number * most]
    since = datetime.combine(last, time(), UTC) - timedelta(days=_DAYS - 1)
    new = reader.new_by_day([source.id for source in shown], since)
    path, feed = site.places.sources(), reader.health_feed()
    health: dict[str, int] = {}
    for source in site.sources:
        word = health_of(states.get(source.id)).value
        health[word] = health.get(word, 0) + 1
    return SourcesPage(
        rows=tuple(
            _source(
                source,
                states.get(source.id),
                counts.get(source.id, 0),
                charts.week(dict(new.get(source.id, {})), last, what="New articles a day", days=_DAYS),
            )
            for source in shown
        ),
        counts=tuple(health.items()),
        number=number,
        pages=pages,
        newer=f"{path}?page={number - 1}" if number > 1 else None,
        older=f"{path}?page={number + 1}" if number < pages else None,
        health_feed=subscription(site, _HEALTH_FEED, "Health of the sources"),
        updated=facts.moment(feed.updated_at if feed else None),
    )


def _source(source: Source, state: SourceState | None, articles: int, days: Chart) -> SourceRow:
    url = None if source.private or not source.url else facts.web_address(without_credentials(source.url))
    return SourceRow(
        id=source.id,
        name=source.publisher or source.id,
        url=url,
        health=health_of(state).value,
        last_good=facts.moment(state.last_good_poll_at if state else None),
        next=facts.moment(state.next_poll_at if state and not state.is_gone else None),
        is_polled=state is None or not state.is_gone,
        articles=articles,
        gaps=state.gaps if state else 0,
        notes=_notes(source, state),
        days=days,
        hours=_hours(state.rhythm) if state else None,
    )


def _hours(rhythm: Rhythm) -> Chart | None:
    """How many entries an hour of the day usually brings, UTC."""
    rates = [
        round(count / watched, 2) if watched else 0.0
        for count, watched in zip(rhythm.hours, rhythm.hours_watched, strict=True)
    ]
    if not any(rates):
        return None
    names = [f"{hour:02}:00 UTC" for hour in range(24)]
    busiest = sorted(range(24), key=lambda hour: -rates[hour])[:3]
    said = ", ".join(f"{names[hour]} ({rates[hour]:g} an hour)" for hour in sorted(busiest) if rates[hour])
    return charts.bars(rates, names, words=f"Usual hours of the day; most at {said}")


def _notes(source: Source, state: SourceState | None) -> tuple[str, ...]:
    """What there is to say of it. The words of a private source may name where it lies."""
    found = notes(state)
    return ("aggregator status tells why",) if found and source.private else found
