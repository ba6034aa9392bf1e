"""A parsed document -> articles -> the Atom document that holds them, without a store: what `normalise` and `render` make."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.dedup import source_uri
from aggregator.model.article import Article
from aggregator.model.ledger import FeedHead, TopicFeed
from aggregator.model.parsed import ParsedFeed
from aggregator.model.source import AgencyName, Republish, Source
from aggregator.normalise import Context, best_claimed, normalise, origin_of, origin_updated
from aggregator.render import Printed, render_document, render_entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_HEAD = FeedHead(
    feed_id="urn:uuid:11111111-2222-5333-8444-555555555555",
    title="All",
    subtitle=None,
    author="The desk",
    language="en",
    updated_at=NOW,
    self_url="https://desk.example/feeds/all.atom",
    alternate_url="https://desk.example/topics/all",
)


def articles_of(parsed: ParsedFeed, source: Source, agencies: tuple[AgencyName, ...] = ()) -> tuple[Article, ...]:
    """The articles that the document's entries are."""
    context = Context(
        source=source,
        parsed=parsed,
        origin=origin_of(parsed.head, source=source, source_uri=source_uri(source.id), site_title="Desk"),
        origin_updated_at=origin_updated(parsed.head, parsed.entries, source=source),
        agencies=agencies,
        modified_at=None,
        now=NOW,
    )
    return tuple(normalise(entry, context) for entry in parsed.entries)


def feed_of(articles: Iterable[Article]) -> bytes:
    """A document with two entries an article: with its text, and with an excerpt of it."""
    return render_document(topic_feed_of(articles))


def topic_feed_of(articles: Iterable[Article]) -> TopicFeed:
    """The same before it is written in a format."""
    return TopicFeed(head=_HEAD, fragments=tuple(_fragments(articles)))


def _fragments(articles: Iterable[Article]) -> Iterator[bytes]:
    for number, article in enumerate(articles):
        for republish, kind in ((Republish.FULL, "5"), (Republish.EXCERPT, "4")):
            claimed = best_claimed(article, NOW)
            printed = Printed(
                entry_id=f"urn:uuid:00000000-0000-{kind}000-8000-{number:012}",
                updated_at=NOW,
                published=claimed,
                published_at=claimed.value if claimed else None,
                first_seen_at=NOW,
                site_author="The desk",
            )
            yield render_entry(replace(article, rights=replace(article.rights, republish=republish)), printed)
