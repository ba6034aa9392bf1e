"""The `_agg` of JSON Feeds of this program -> what their Atom says in the feed's id, `atom:source` and `agg:relay`."""

from collections.abc import Mapping
from typing import Any

from aggregator.model.namespace import AGG
from aggregator.model.parsed import OriginSource, Relay
from aggregator.parse.bounds import fit_origin
from aggregator.parse.media import MAX_RELAYS, is_name

_FIELD = "_agg"


def is_ours(head: Mapping[str, Any]) -> bool:
    """Whether the feed says that its `_agg` is what we mean by it; anybody may use the name (JSON Feed 1.1, extensions)."""
    return _extension(head).get("about") == AGG


def feed_id(head: Mapping[str, Any]) -> str | None:
    """The id that the feed has in all its formats."""
    found = _extension(head).get("id")
    return found if isinstance(found, str) and is_name(found) else None


def origin(item: Mapping[str, Any]) -> OriginSource | None:
    """The feed that the entry comes from."""
    found = _object(_extension(item).get("source"))
    if not found:
        return None
    return fit_origin(
        OriginSource(
            id=_text(found, "id"),
            title=_text(found, "title"),
            updated=_text(found, "updated"),
            link_self=_text(found, "feed_url"),
            link_alternate=_text(found, "home_page_url"),
            rights=_text(found, "rights"),
        )
    )


def relays(item: Mapping[str, Any]) -> tuple[Relay, ...]:
    """The feeds that republished the entry before its document did."""
    listed = _extension(item).get("relay")
    found = [_object(one) for one in listed[:MAX_RELAYS]] if isinstance(listed, list) else []
    named = [(_text(one, "feed"), _text(one, "entry"), _text(one, "title")) for one in found]
    return tuple(
        Relay(feed=feed, entry=entry, title=title)
        for feed, entry, title in named
        if feed and entry and is_name(feed) and is_name(entry)
    )


def _extension(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(fields.get(_FIELD))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value.strip() or None if isinstance(value, str) else None
