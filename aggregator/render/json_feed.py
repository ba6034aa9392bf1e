"""Outgoing articles -> a JSON Feed 1.1 document (https://jsonfeed.org/version/1.1), piece by piece, never whole in memory."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aggregator.model.article import Article, Media
from aggregator.model.parsed import MediaRole
from aggregator.render.atom import instant
from aggregator.render.outgoing import Outgoing, authors, known, media_type
from aggregator.urls import is_web

_VERSION = "https://jsonfeed.org/version/1.1"
# RFC 2046 4.5.1: the format wants a type, and this is the one for what nobody knows.
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFeedHead:
    """What stands above the items."""

    title: str
    description: str | None
    home_page_url: str
    author: str
    language: str


def render_json_feed(head: JsonFeedHead, items: Iterable[Outgoing]) -> Iterator[str]:
    """The document in pieces, an item a line; each item is asked for when the one before it is given."""
    fields = known(
        version=_VERSION,
        title=head.title,
        description=head.description,
        home_page_url=head.home_page_url,
        authors=[{"name": head.author}],
        language=head.language,
    )
    yield _json(fields)[:-1] + ', "items": ['
    separator = "\n"
    for item in items:
        yield separator + _json(render_json_item(item))
        separator = ",\n"
    yield "\n]}\n"


def render_json_item(outgoing: Outgoing) -> dict[str, Any]:
    """An item as a JSON object."""
    article, carried = outgoing.article, outgoing.carried
    # Every item must have one content or the other; where no body goes, what does go stands for it.
    content = {} if carried.body else {"content_text": carried.excerpt or article.headline or article.url or ""}
    return (
        known(
            id=outgoing.stored.uri,
            url=article.url,
            title=article.headline,
            summary=carried.excerpt,
            content_html=carried.body,
            image=_image(carried.media),
            date_published=instant(outgoing.published_at) if outgoing.published_at else None,
            date_modified=instant(outgoing.updated_at) if outgoing.updated_at else None,
            authors=_authors(article),
            tags=list(dict.fromkeys(category.label or category.term for category in article.categories)),
            language=article.language.tag if article.language else None,
            attachments=[_attachment(media) for media in carried.media if media.role is not MediaRole.THUMBNAIL],
        )
        | content
    )


def _authors(article: Article) -> list[dict[str, Any]]:
    """The byline, else the publisher (rules R22)."""
    publisher = article.publisher
    people = [
        known(name=person.name, url=person.uri if person.uri and is_web(person.uri) else None)
        for person in authors(article)
    ]
    return people or [known(name=publisher.name, url=publisher.url)]


def _image(media: tuple[Media, ...]) -> str | None:
    """The picture that stands for the entry, else its first."""
    pictures = [one for one in media if one.role is None and (one.type or "").startswith("image/")]
    thumbnails = [one for one in media if one.role is MediaRole.THUMBNAIL]
    return next((one.url for one in (*thumbnails, *pictures)), None)


def _attachment(media: Media) -> dict[str, Any]:
    return known(
        url=media.url,
        mime_type=media_type(media) or _UNKNOWN_TYPE,
        title=media.title or media.caption or media.role,
        size_in_bytes=media.length or None,
        duration_in_seconds=media.duration_s,
    )


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False)
