"""A feed's head and its stored Atom entries -> a JSON Feed 1.1 document (https://jsonfeed.org/version/1.1).

What the format has no word for stands in `_agg`, a custom object as its section "Extensions" asks for; docs/feeds.md tells it
member by member.
"""

import json
from functools import lru_cache
from typing import Any

from aggregator.model.ledger import TopicFeed
from aggregator.render.atom import instant
from aggregator.render.fragment import EntryParts, Extension, Name, Origin, is_whole, read_entry
from aggregator.render.namespaces import AGG
from aggregator.render.outgoing import known
from aggregator.render.plain import shown_text
from aggregator.urls import as_uri, is_web

_VERSION = "https://jsonfeed.org/version/1.1"
_UNKNOWN_TYPE = "application/octet-stream"
_KEPT_ITEMS = 4_096
# Of these an entry has any number.
_LISTED = ("located", "copy", "relay")


def render_json(feed: TopicFeed) -> bytes:
    """The whole document, an item a line; equal input, equal bytes. What is stored of an entry and is no entry is left out.

    `next_url` is the archive page before this document, as RFC 5005's prev-archive is: the format says that the next items
    are mostly older ones, and allows that some come twice.
    """
    head = feed.head
    current = in_json(head.current_url) if head.current_url else None
    deleted = [{"ref": one.entry_id, "when": instant(one.withdrawn_at)} for one in feed.tombstones]
    fields = known(
        version=_VERSION,
        title=shown_text(head.title),
        home_page_url=as_uri(head.alternate_url),
        feed_url=in_json(head.self_url),
        description=shown_text(head.subtitle) if head.subtitle else None,
        next_url=in_json(head.prev_archive_url) if head.prev_archive_url else None,
        authors=[{"name": shown_text(head.author)}],
        language=head.language,
        _agg=known(
            about=AGG,
            id=head.feed_id,
            updated=instant(head.updated_at),
            archive=True if current else None,
            current=current,
            deleted=deleted,
        ),
    )
    items = [item for fragment in feed.fragments if is_whole(fragment) and (item := _item(fragment))]
    opened = _json(fields)[:-1] + b', "items": ['
    return opened + b",".join(b"\n" + item for item in items) + b"\n]}\n"


def in_json(url: str) -> str:
    """The address of the same document in this format."""
    return as_uri(url.removesuffix(".atom") + ".json")


@lru_cache(maxsize=_KEPT_ITEMS)
def _item(fragment: bytes) -> bytes:
    """The entry as an item; empty for bytes that are no entry."""
    try:
        entry = read_entry(fragment)
    except ValueError:
        return b""
    return _json(_fields(entry))


def _fields(entry: EntryParts) -> dict[str, Any]:
    pictures = [link["href"] for link in entry.enclosures if link.get("type", "").startswith("image/")]
    image = next((one["url"] for one in entry.thumbnails), None) or next(iter(pictures), None)
    # One content or the other must be there; where no body goes, what does go stands for it.
    content = {} if entry.content else {"content_text": entry.summary or entry.title}
    return (
        known(
            id=entry.id,
            url=as_uri(entry.page) if entry.page else None,
            title=entry.title,
            summary=entry.summary,
            content_html=entry.content,
            image=as_uri(image) if image else None,
            date_published=entry.published,
            date_modified=entry.updated,
            authors=[_person(person) for person in entry.authors],
            tags=list(dict.fromkeys(one.get("label") or one["term"] for one in entry.categories)),
            language=entry.language,
            attachments=[_attachment(link) for link in entry.enclosures],
            _agg=_extension(entry),
        )
        | content
    )


def _person(person: Name) -> dict[str, Any]:
    return known(name=person.name, url=person.uri if person.uri and is_web(person.uri) else None)


def _attachment(link: dict[str, str]) -> dict[str, Any]:
    kind = link.get("type")
    return known(
        url=as_uri(link["href"]),
        mime_type=kind if kind and "*" not in kind else _UNKNOWN_TYPE,
        title=link.get("title"),
        size_in_bytes=int(link["length"]) if link.get("length") else None,
    )


def _extension(entry: EntryParts) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    for one in entry.extensions:
        values.setdefault(one.name, []).append(_value(one))
    named = {name: found if name in _LISTED or len(found) > 1 else found[0] for name, found in values.items()}
    return known(
        source=_source(entry.origin) if entry.origin else None,
        contributors=[_person(person) for person in entry.contributors],
        categories=[dict(one) for one in entry.categories if one.get("scheme")],
        links=[dict(one) for one in entry.other_links],
        thumbnails=[dict(one) for one in entry.thumbnails],
        rights=entry.rights,
        **named,
    )


def _value(one: Extension) -> str | dict[str, str]:
    """A text alone where there are no attributes."""
    attributes = dict(one.attributes)
    return known(text=one.text, **attributes) if attributes else one.text or ""


def _source(origin: Origin) -> dict[str, Any]:
    return known(
        id=origin.id,
        title=origin.title,
        updated=origin.updated,
        feed_url=origin.link_self,
        home_page_url=origin.link_alternate,
        rights=origin.rights,
        authors=[_person(person) for person in origin.authors],
    )


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
