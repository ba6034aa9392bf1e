"""A topic -> every address under which it is read: its page, its feeds, and the ways into a feed reader."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from aggregator.model.topic import Topic
from aggregator.pages.site import Site
from aggregator.urls import is_web
from aggregator.websub import is_public

# In the order in which they are offered; Atom is the reference, the others are made from it.
_FORMATS = (
    ("atom", "Atom", "application/atom+xml"),
    ("rss", "RSS", "application/rss+xml"),
    ("json", "JSON Feed", "application/feed+json"),
)
# Readers on the web that take an address to subscribe to; each as its own help pages give it (seen 2026-11).
_READERS = (
    ("Feedly", "https://feedly.com/i/subscription/feed%2F{url}"),
    ("Inoreader", "https://www.inoreader.com/?add_feed={url}"),
    ("NewsBlur", "https://www.newsblur.com/?url={url}"),
    ("The Old Reader", "https://theoldreader.com/feeds/subscribe?url={url}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A published document of a topic."""

    name: str
    path: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLink:
    """A feed reader that subscribes at a click."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """How one feed is subscribed to."""

    title: str
    url: str
    """The whole address, for people to copy."""
    app_url: str | None
    """Opens the reader that is installed (the `feed:` scheme); None where the address is no web address."""
    feeds: tuple[FeedLink, ...]
    """The Atom document first."""
    readers: tuple[ReaderLink, ...]
    """None where the address is of this machine or network: they could not reach it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLinks:
    """Where a topic is found."""

    id: str
    title: str
    description: str | None
    path: str
    feed_path: str
    subscription: Subscription


def links(site: Site, topic: Topic) -> TopicLinks:
    """The addresses of the topic's page and feeds."""
    found = subscription(site, topic.id, topic.title)
    return TopicLinks(
        id=topic.id,
        title=topic.title,
        description=topic.description,
        path=site.places.topic(topic.id),
        feed_path=found.feeds[0].path,
        subscription=found,
    )


def subscription(site: Site, name: str, title: str) -> Subscription:
    """Of the feed of that name, in every format."""
    url = f"{site.base_url}/feeds/{name}.atom"
    return Subscription(
        title=title,
        url=url,
        app_url=f"feed:{url}" if is_web(url) else None,
        feeds=tuple(
            FeedLink(name=label, path=site.places.feed(f"{name}.{ending}"), type=media_type)
            for ending, label, media_type in _FORMATS
        ),
        readers=tuple(
            ReaderLink(name=reader, url=address.format(url=quote(url, safe="")))
            for reader, address in (_READERS if is_public(site.base_url) else ())
        ),
    )


def subscription_list(site: Site) -> str | None:
    """The OPML document of all feeds, where it is published."""
    return site.places.feed("index.opml") if (site.directory / "index.opml").is_file() else None


def newest_archive(site: Site, topic_id: str) -> str | None:
    """The newest page of the topic's archive, which links to those before it."""
    folder = Path(topic_id) / "archive"
    pages = sorted(path.name for path in (site.directory / folder).glob("[0-9]*.atom"))
    return site.places.feed(f"{topic_id}/archive/{pages[-1]}") if pages else None
