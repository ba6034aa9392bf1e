"""The store -> a topic's page: its rule, its week, its entries under their days."""

from dataclasses import dataclass

from aggregator.model.ledger import RowState
from aggregator.model.topic import Topic
from aggregator.pages import facts
from aggregator.pages.absence import hidden
from aggregator.pages.charts import Chart
from aggregator.pages.entries import Day, by_day, entries, told
from aggregator.pages.facts import Moment
from aggregator.pages.front import week_of
from aggregator.pages.links import TopicLinks, links, newest_archive
from aggregator.pages.site import Site
from aggregator.storage import Reader

PAGE_ENTRIES = 50
LISTED = (RowState.LIVE, RowState.ARCHIVED)
"""States whose entries a page lists. What the desk holds or has withdrawn is counted, not shown."""
_ORDER = (*LISTED, *(state for state in RowState if state not in LISTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """How many entries are in a state; `path` lists them, None where no page does."""

    name: str
    count: int
    path: str | None
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """A page of a topic's entries."""

    links: TopicLinks
    query: str
    source_ids: tuple[str, ...]
    updated: Moment
    is_closed: bool
    week: Chart
    state: str
    counts: tuple[StateCount, ...]
    days: tuple[Day, ...]
    number: int
    pages: int
    newer: str | None
    older: str | None
    archive_path: str | None
    """The newest archive document."""


def topic_page(
    reader: Reader, site: Site, topic: Topic, *, state: RowState = RowState.LIVE, number: int = 1
) -> TopicPage | None:
    """The page of that number, from 1 on; None beyond the last one. A page that is a file is the only one of its topic."""
    found = reader.states_of(topic.id, topic.grain)
    pages = max(1, -(-found.get(state, 0) // PAGE_ENTRIES)) if site.places.is_served else 1
    if not 1 <= number <= pages:
        return None
    most = PAGE_ENTRIES if site.places.is_served else topic.limit
    kept_back = hidden(reader)
    views = told(reader.views(topic.id, topic.grain, state, limit=most, offset=(number - 1) * PAGE_ENTRIES), kept_back)
    feed = next((one for one in reader.topic_feeds() if (one.topic_id, one.grain) == (topic.id, topic.grain)), None)
    return TopicPage(
        links=links(site, topic),
        query=topic.query,
        source_ids=topic.sources,
        updated=facts.moment(feed.updated_at if feed else None),
        is_closed=feed is not None and feed.closed_at is not None,
        week=week_of(reader, site, topic, feed),
        state=state.value,
        counts=tuple(
            _count(site, topic, one, found.get(one, 0), state) for one in _ORDER if found.get(one) or one in LISTED
        ),
        days=by_day(views, entries(reader, site, topic, views, kept_back)),
        number=number,
        pages=pages,
        newer=_page_path(site, topic, state, number - 1) if number > 1 else None,
        older=_page_path(site, topic, state, number + 1) if number < pages else None,
        archive_path=newest_archive(site, topic.id),
    )


def _count(site: Site, topic: Topic, state: RowState, count: int, current: RowState) -> StateCount:
    is_listed = site.places.is_served and state in LISTED and (count > 0 or state is RowState.LIVE)
    path = _page_path(site, topic, state, 1) if is_listed else None
    return StateCount(name=state.value, count=count, path=path, is_current=state is current)


def _page_path(site: Site, topic: Topic, state: RowState, number: int) -> str:
    asked = [f"state={state.value}"] if state is not RowState.LIVE else []
    asked += [f"page={number}"] if number > 1 else []
    return site.places.topic(topic.id) + (f"?{'&'.join(asked)}" if asked else "")
