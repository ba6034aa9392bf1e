"""The store -> the front page: every topic with its last week and its newest headlines."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from aggregator.model.ledger import RowState, TopicFeedState
from aggregator.model.topic import Topic
from aggregator.pages import charts, facts
from aggregator.pages.absence import hidden
from aggregator.pages.charts import Chart
from aggregator.pages.entries import EntryView, entries, told
from aggregator.pages.facts import Moment
from aggregator.pages.links import TopicLinks, links, subscription_list
from aggregator.pages.site import Site
from aggregator.storage import Reader

_NEWEST = 4
"""Entries of a topic on the front page."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSection:
    """A topic on the front page."""

    links: TopicLinks
    updated: Moment
    entries: tuple[EntryView, ...]
    week: Chart
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPage:
    """The front page."""

    sections: tuple[TopicSection, ...]
    list_path: str | None
    """OPML of every feed; None where it is not published."""


def front(reader: Reader, site: Site) -> FrontPage:
    """Every topic with its newest entries."""
    feeds = {(state.topic_id, state.grain): state for state in reader.topic_feeds()}
    kept_back = hidden(reader)
    sections = tuple(
        _section(reader, site, topic, feeds.get((topic.id, topic.grain)), kept_back) for topic in site.topics
    )
    return FrontPage(sections=sections, list_path=subscription_list(site))


def _section(
    reader: Reader, site: Site, topic: Topic, feed: TopicFeedState | None, kept_back: Collection[str]
) -> TopicSection:
    views = told(reader.views(topic.id, topic.grain, RowState.LIVE, limit=_NEWEST), kept_back)
    return TopicSection(
        links=links(site, topic),
        updated=facts.moment(feed.updated_at if feed else None),
        entries=entries(reader, site, topic, views, kept_back),
        week=week_of(reader, site, topic, feed),
        is_closed=feed is not None and feed.closed_at is not None,
    )


def week_of(reader: Reader, site: Site, topic: Topic, feed: TopicFeedState | None) -> Chart:
    """How many entries went out on each of the last seven days."""
    last = last_day(site, feed.updated_at if feed else None)
    since = datetime.combine(last, time(), UTC) - WEEK + timedelta(days=1)
    counts = reader.entries_by_day(topic.id, topic.grain, since)
    return charts.week(dict(counts), last, what="Entries a day")


def last_day(site: Site, newest: datetime | None) -> date:
    """Today; where nobody tells the time, the day of the newest."""
    now = site.clock() if site.clock else newest
    return (now or datetime(1970, 1, 1, tzinfo=UTC)).astimezone(UTC).date()
