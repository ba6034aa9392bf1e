"""What is published and what is read -> the subscription lists beside the feeds (OPML)."""

from pathlib import Path

from aggregator.opml import Subscription, write_opml
from aggregator.pipeline.feeds import feeds_of
from aggregator.pipeline.source_health import NAME as HEALTH
from aggregator.pipeline.works import Works
from aggregator.urls import without_credentials


def subscription_lists(works: Works) -> tuple[tuple[Path, bytes], ...]:
    """(file, bytes): `index.opml` names every feed that is published, `sources.opml` every source that is not private. Local
    folders and files are nobody else's to subscribe to.
    """
    return (
        (works.directory / "index.opml", write_opml(works.site_title, _published(works))),
        (works.directory / "sources.opml", write_opml(f"{works.site_title}: sources", _read(works))),
    )


def _published(works: Works) -> tuple[Subscription, ...]:
    page = f"{works.base_url}/"
    feeds = [
        Subscription(url=feed.url(works), title=feed.topic.title, page_url=page, language=works.language)
        for feed in feeds_of(works.topics)
    ]
    health = f"{works.site_title}: health of the sources"
    return (
        *feeds,
        Subscription(
            url=f"{works.base_url}/feeds/{HEALTH}.atom", title=health, page_url=f"{page}sources", language="en"
        ),
    )


def _read(works: Works) -> tuple[Subscription, ...]:
    return tuple(
        Subscription(
            url=without_credentials(source.url),
            title=source.publisher or source.id,
            language=source.language,
            categories=source.tags,
        )
        for source in works.sources
        if source.url and not source.is_local and not source.private
    )
