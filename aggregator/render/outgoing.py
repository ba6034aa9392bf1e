"""An article and its right of republication -> what of it goes to others in an exchange format (rules R21)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from aggregator.html import to_text
from aggregator.model.article import Article, Completeness, Media, PartialDate, StoredArticle
from aggregator.model.parsed import Person
from aggregator.model.source import Republish
from aggregator.render.rights import shown

# Whoever is named in another role did something else to the text.
_AUTHORS = (None, "author", "correspondent", "host")


class PubStatus(StrEnum):
    """What may be done with an item (IPTC pubStatus)."""

    USABLE = "usable"
    WITHHELD = "withheld"
    """The desk holds it."""
    CANCELED = "canceled"
    """The desk killed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What of a text goes."""

    excerpt: str | None
    """Plain text that stands before the body or in its place."""
    body: str | None
    """HTML, as far as the source gave it; None where no more than an excerpt may go."""
    is_whole: bool
    media: tuple[Media, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An article on its way to others."""

    stored: StoredArticle
    carried: Carried
    status: PubStatus = PubStatus.USABLE
    """Any other goes to nobody but the desk itself."""
    published_at: datetime | None = None
    """The claimed date as it stands in feeds (rules R10, R12)."""
    created: PartialDate | None = None
    """When the text was written, where that is believable and known to the day."""
    created_at: datetime | None = None
    """`created` as it stands in feeds."""
    updated_at: datetime | None = None
    """The last change that the source claims, as it stands in feeds."""
    version_seen_at: datetime
    """When this version was first seen."""
    guids: tuple[str, ...] = ()
    """Its names in the sources that are not private."""
    topics: tuple[str, ...] = ()
    """Titles of the topics that publish it."""

    @property
    def article(self) -> Article:
        return self.stored.article


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An article that the desk killed, as others hear of it: that it is withdrawn, and no more."""

    uri: str
    version: int
    withdrawn_at: datetime


def carried(article: Article, granted: Republish) -> Carried:
    """What goes by this right; the article's own, or `full` for the desk itself. A right to the headline has no pictures."""
    visible = shown(replace(article, rights=replace(article.rights, republish=granted)))
    body = visible.content if granted is Republish.FULL else None
    # An excerpt of a text without a page is content in a feed, because Atom wants some.
    excerpt = visible.summary or (to_text(visible.content) if visible.content and body is None else None)
    return Carried(
        excerpt=excerpt,
        body=body,
        is_whole=body is not None and article.completeness is Completeness.FULL,
        media=article.media if granted in (Republish.FULL, Republish.EXCERPT) else (),
    )


def authors(article: Article) -> Iterator[Person]:
    """Who wrote it."""
    return (person for person in article.by if person.role in _AUTHORS and person.name.strip())


def others(article: Article) -> Iterator[Person]:
    """Who is named for something else: contributors, guests."""
    return (person for person in article.by if person.role not in _AUTHORS and person.name.strip())


def media_type(media: Media) -> str | None:
    """The media type where it is one: sources also say "audio" and `image/*`."""
    main, _, name = (media.type or "").partition("/")
    return media.type if main and name.strip("*") else None


def known(**fields: Any) -> dict[str, Any]:
    """The fields without those that are unknown or empty: the formats want them absent."""
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
