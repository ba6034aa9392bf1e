"""An outgoing article -> an IPTC ninjs 3.1 item (https://iptc.org/standards/ninjs/), by the standard's own schema.

That schema forbids every name it does not know, so what has no word in it stays behind; docs/schema.md says what.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from aggregator.model.article import Article, Media, PartialDate, Precision
from aggregator.model.parsed import MediaRole
from aggregator.model.source import Republish
from aggregator.render.atom import instant
from aggregator.render.outgoing import Outgoing, PubStatus, Withdrawn, authors, known, media_type, others
from aggregator.urls import is_iri

_STANDARD = {"name": "ninjs", "version": "3.1", "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json"}
_USAGE = {
    Republish.FULL: "The whole text may be published again.",
    Republish.EXCERPT: "An excerpt of the text may be published again, with its link.",
    Republish.HEADLINE: "The headline may be published again, with its link.",
    Republish.NONE: "Nothing of the text may be published again.",
}
_TYPES = {"image": "picture", "audio": "audio", "video": "video", "text": "text"}
_TYPES_OF_ROLES = {MediaRole.THUMBNAIL: "picture", MediaRole.TRANSCRIPT: "text", MediaRole.CHAPTERS: "component"}


def render_ninjs(item: Outgoing | Withdrawn) -> dict[str, Any]:
    """The item as a JSON object; of one that is withdrawn only that it is."""
    if isinstance(item, Withdrawn):
        return _head(item.uri, item.version, item.withdrawn_at, PubStatus.CANCELED)
    return _head(item.stored.uri, item.stored.version, item.version_seen_at, item.status) | _content(item)


def _head(uri: str, version: int, created_at: datetime, status: PubStatus) -> dict[str, Any]:
    return {
        "standard": _STANDARD,
        "uri": uri,
        "type": "text",
        "version": str(version),
        "versionCreated": instant(created_at),
        "pubStatus": status.value,
    }


def _content(outgoing: Outgoing) -> dict[str, Any]:
    article, carried = outgoing.article, outgoing.carried
    return known(
        representationType="full" if carried.is_whole else "partial",
        firstCreated=instant(outgoing.published_at) if outgoing.published_at else None,
        contentCreated=instant(outgoing.created_at) if outgoing.created_at else None,
        edNote=_doubts(outgoing.created),
        language=article.language.tag if article.language else None,
        headlines=_texts("main", article.headline),
        by=", ".join(person.name for person in authors(article)),
        located=", ".join(place.name for place in article.dateline.places) if article.dateline else None,
        descriptions=_texts("summary", carried.excerpt),
        bodies=_texts("main", carried.body, "text/html"),
        infoSources=list(_parties(article)),
        subjects=list(_subjects(outgoing)),
        renditions=[{"name": "web", "href": article.url, "contentType": "text/html"}] if article.url else None,
        associations=[_association(media, number) for number, media in enumerate(carried.media, 1)],
        altIds=[{"role": "guid", "value": guid} for guid in outgoing.guids],
        copyrightNotice=article.rights.notice,
        usageTerms=_USAGE[article.rights.republish],
    )


def _doubts(created: PartialDate | None) -> str | None:
    """What a date-time of the standard cannot say of `contentCreated`."""
    if created is None:
        return None
    doubts = ["known to the day"] if created.precision is Precision.DAY else []
    if created.inferred:
        doubts.append(f"{', '.join(created.inferred)} inferred, confidence {created.confidence:g}")
    return f"contentCreated: {'; '.join(doubts)}" if doubts else None


def _texts(role: str, value: str | None, content_type: str = "text/plain") -> list[dict[str, str]]:
    return [{"role": role, "contentType": content_type, "value": value}] if value else []


def _parties(article: Article) -> Iterator[dict[str, Any]]:
    """Who wrote it, who put it out, through whom it came, who else had a hand in it."""
    publisher, origin = article.publisher, article.origin
    if article.agency:
        yield known(name=article.agency.name, role="originator", literal=article.agency.id)
    yield known(name=publisher.name, role="publisher", uri=publisher.url, literal=publisher.source_id)
    if origin.title and origin.title != publisher.name:
        yield {"name": origin.title, "role": "source"}
    for person in others(article):
        uri = person.uri if person.uri and is_iri(person.uri) else None
        yield known(name=person.name, role=person.role or "contributor", uri=uri)


def _subjects(outgoing: Outgoing) -> Iterator[dict[str, str]]:
    """The source's own tags, then what our rules found; `creator` says which."""
    for category in outgoing.article.categories:
        yield known(name=category.label or category.term, literal=category.term, creator="source")
    for title in outgoing.topics:
        yield {"name": title, "creator": "rule"}


def _association(media: Media, number: int) -> dict[str, Any]:
    kind = _TYPES_OF_ROLES.get(media.role) if media.role else _TYPES.get((media.type or "").partition("/")[0])
    rendition = known(
        name=media.role or "original",
        href=media.url,
        contentType=media_type(media),
        width=media.width or None,
        height=media.height or None,
        sizeInBytes=media.length or None,
        duration=media.duration_s,
    )
    return known(
        name=f"{kind or 'file'} {number}",
        uri=media.url,
        type=kind,
        rel=media.role,
        language=media.language,
        headlines=_texts("main", media.title),
        descriptions=_texts("caption", media.caption),
        by=media.credit,
        renditions=[rendition],
    )
