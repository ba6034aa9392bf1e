"""The store -> what the front page, a topic's page and the page of sources show."""

from dataclasses import dataclass

from aggregator.health import health_of, notes
from aggregator.model.ledger import RowState
from aggregator.model.source import Source, SourceState
from aggregator.model.topic import Topic
from aggregator.storage import LedgerView, Reader
from aggregator.urls import without_credentials
from aggregator.web import facts
from aggregator.web.facts import Moment
from aggregator.web.marks import shown_standfirst
from aggregator.web.site import Site

_NEWEST = 10
"""Entries of a topic on the front page."""
PAGE_ENTRIES = 50
LISTED = (RowState.LIVE, RowState.ARCHIVED)
"""States whose entries a page lists. What the desk holds or has withdrawn is counted, not shown."""
_ORDER = (*LISTED, *(state for state in RowState if state not in LISTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLinks:
    """Where a topic is found."""

    id: str
    title: str
    description: str | None
    path: str
    feed_path: str
    feed_url: str
    """The whole address, for people to copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One line of a list of entries."""

    headline: str
    path: str
    url: str | None
    standfirst: str | None
    place: str | None
    agency: str | None
    publisher: str
    date: Moment
    date_note: str
    language: str | None
    direction: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSection:
    """A topic on the front page."""

    links: TopicLinks
    updated: Moment
    entries: tuple[EntryView, ...]
    is_closed: bool


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
    state: str
    counts: tuple[StateCount, ...]
    entries: tuple[EntryView, ...]
    number: int
    pages: int
    newer: str | None
    older: str | None


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


def links(site: Site, topic: Topic) -> TopicLinks:
    """The addresses of the topic's page and feed."""
    return TopicLinks(
        id=topic.id,
        title=topic.title,
        description=topic.description,
        path=f"/topics/{topic.id}",
        feed_path=f"/feeds/{topic.id}.atom",
        feed_url=f"{site.base_url}/feeds/{topic.id}.atom",
    )


def front(reader: Reader, site: Site) -> tuple[TopicSection, ...]:
    """Every topic with its newest entries."""
    feeds = {(state.topic_id, state.grain): state for state in reader.topic_feeds()}
    sections = []
    for topic in site.topics:
        feed = feeds.get((topic.id, topic.grain))
        views = reader.views(topic.id, topic.grain, RowState.LIVE, limit=_NEWEST)
        sections.append(
            TopicSection(
                links=links(site, topic),
                updated=facts.moment(feed.updated_at if feed else None),
                entries=tuple(_entry(view) for view in views),
                is_closed=feed is not None and feed.closed_at is not None,
            )
        )
    return tuple(sections)


def topic_page(reader: Reader, site: Site, topic: Topic, *, state: RowState, number: int) -> TopicPage | None:
    """The page of that number, from 1 on; None beyond the last one."""
    found = reader.states_of(topic.id, topic.grain)
    pages = max(1, -(-found.get(state, 0) // PAGE_ENTRIES))
    if not 1 <= number <= pages:
        return None
    offset = (number - 1) * PAGE_ENTRIES
    views = reader.views(topic.id, topic.grain, state, limit=PAGE_ENTRIES, offset=offset)
    feed = next((one for one in reader.topic_feeds() if (one.topic_id, one.grain) == (topic.id, topic.grain)), None)
    return TopicPage(
        links=links(site, topic),
        query=topic.query,
        source_ids=topic.sources,
        updated=facts.moment(feed.updated_at if feed else None),
        is_closed=feed is not None and feed.closed_at is not None,
        state=state.value,
        counts=tuple(_count(topic, one, found.get(one, 0), state) for one in _ORDER if found.get(one) or one in LISTED),
        entries=tuple(_entry(view) for view in views),
        number=number,
        pages=pages,
        newer=_page_path(topic, state, number - 1) if number > 1 else None,
        older=_page_path(topic, state, number + 1) if number < pages else None,
    )


def source_rows(reader: Reader, site: Site) -> tuple[SourceRow, ...]:
    """Every configured source; a private one without its address and without what its server said."""
    states, counts = reader.source_states(), reader.articles_by_source()
    return tuple(_source(source, states.get(source.id), counts.get(source.id, 0)) for source in site.sources)


def _count(topic: Topic, state: RowState, count: int, current: RowState) -> StateCount:
    is_listed = state in LISTED and (count > 0 or state is RowState.LIVE)
    path = _page_path(topic, state, 1) if is_listed else None
    return StateCount(name=state.value, count=count, path=path, is_current=state is current)


def _page_path(topic: Topic, state: RowState, number: int) -> str:
    asked = [f"state={state.value}"] if state is not RowState.LIVE else []
    asked += [f"page={number}"] if number > 1 else []
    return f"/topics/{topic.id}" + (f"?{'&'.join(asked)}" if asked else "")


def _entry(view: LedgerView) -> EntryView:
    article = view.article
    return EntryView(
        headline=article.headline,
        path=facts.page_of(view.row.article_uri),
        url=facts.web_address(article.url),
        standfirst=shown_standfirst(article),
        place=facts.places(article),
        agency=article.agency.name if article.agency else None,
        publisher=article.publisher.name,
        date=facts.printed(view.row.published),
        date_note=facts.name_of_inferred(view.row.published.inferred) if view.row.published else "no date given",
        language=facts.language(article),
        direction=facts.direction(article),
        reason=view.row.reason,
    )


def _source(source: Source, state: SourceState | None, articles: int) -> SourceRow:
    url = None if source.private or not source.url else facts.web_address(without_credentials(source.url))
    return SourceRow(
        id=source.id,
        name=source.publisher or source.id,
        url=url,
        health=health_of(state),
        last_good=facts.moment(state.last_good_poll_at if state else None),
        next=facts.moment(state.next_poll_at if state and not state.is_gone else None),
        is_polled=state is None or not state.is_gone,
        articles=articles,
        gaps=state.gaps if state else 0,
        notes=_notes(source, state),
    )


def _notes(source: Source, state: SourceState | None) -> tuple[str, ...]:
    """What there is to say of it. The words of a private source may name where it lies."""
    found = notes(state)
    return ("aggregator status tells why",) if found and source.private else found
