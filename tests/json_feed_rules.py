"""A JSON Feed document -> what in it breaks version 1.1 (jsonfeed.org/version/1.1), written from the specification.

`problems` are broken musts; `advice` is what it recommends or calls deprecated, and HTML that needs repair or is not safe.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests.atom_rules import _DATE, _LANGUAGE, _MEDIA_TYPE, _is_control, _is_iri
from tests.html_rules import faults

_Check = Callable[[Any, str], Iterator[str]]


def problems(document: bytes) -> tuple[str, ...]:
    """What must not be so; empty for a valid document."""
    try:
        feed = json.loads(document.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_json)
    except ValueError as error:
        return (f"not JSON in UTF-8: {error}",)
    if not isinstance(feed, dict):
        return ("not an object",)
    found = tuple(_object(feed, "feed", _FEED, ("version", "title", "items")))
    is_circle = feed.get("next_url") is not None and feed["next_url"] == feed.get("feed_url")
    return (*found, "feed.next_url: the same as feed_url") if is_circle else found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 8259 4: readers differ in which of two members with one name they take."""
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise ValueError(f"{count} members named {name}")
    return dict(pairs)


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def advice(document: bytes) -> tuple[str, ...]:
    """What should be otherwise though it is no mistake."""
    feed = json.loads(document)
    found = [f"feed: no {name}" for name in ("home_page_url", "feed_url", "language") if name not in feed]
    found += [
        f"{name}: deprecated" for name in ("author",) if name in feed or any(name in one for one in feed["items"])
    ]
    for number, item in enumerate(feed["items"]):
        found += [
            f"items[{number}]: {member} is {item[member]}, before 1990"
            for member in ("date_published", "date_modified")
            if item.get(member, "2") < "1990"
        ]
        markup = faults(item.get("content_html", ""))
        found += [f"items[{number}].content_html: {why} [{name}]" for name, why in markup]
    return tuple(found)


def _object(value: Any, place: str, known: dict[str, _Check], required: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: not an object"
        return
    yield from (f"{place}: no {name}" for name in required if name not in value)
    for name, inner in value.items():
        if name.startswith("_"):
            if not isinstance(inner, dict):
                yield f"{place}.{name}: an extension is an object"
            if "." in name:
                yield f"{place}.{name}: a name of an extension has no dot"
        elif name not in known:
            yield f"{place}.{name}: no such member"
        else:
            yield from known[name](inner, f"{place}.{name}")


def _items(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{place}: not an array"
        return
    ids = Counter(one.get("id") for one in value if isinstance(one, dict))
    yield from (f"{place}: {count} items have the id {name}" for name, count in ids.items() if count > 1)
    for number, one in enumerate(value):
        yield from _object(one, f"{place}[{number}]", _ITEM, ("id",))
        if isinstance(one, dict) and not {"content_html", "content_text"} & one.keys():
            yield f"{place}[{number}]: neither content_html nor content_text"


def _string(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield f"{place}: {value!r} is no text"
    elif any(map(_is_control, value)):
        yield f"{place}: a control character"


def _url(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not _is_iri(value, is_absolute=True) or not value.isascii():
        yield f"{place}: {value!r} is no URL"


def _date(value: Any, place: str) -> Iterator[str]:
    try:
        is_date = isinstance(value, str) and bool(_DATE.fullmatch(value)) and bool(datetime.fromisoformat(value))
    except ValueError:
        is_date = False
    if not is_date:
        yield f"{place}: {value!r} is no RFC 3339 date-time"


def _language(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        yield f"{place}: {value!r} is no language"


def _number(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        yield f"{place}: {value!r} is no number"


def _octets(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        yield f"{place}: {value!r} is no number of octets"


def _version(value: Any, place: str) -> Iterator[str]:
    if value != "https://jsonfeed.org/version/1.1":
        yield f"{place}: {value!r}"


def _type(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not _MEDIA_TYPE.fullmatch(value):
        yield f"{place}: {value!r} is no media type"


def _list_of(check: _Check) -> _Check:
    def each(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place}: not an array"
            return
        for number, one in enumerate(value):
            yield from check(one, f"{place}[{number}]")

    return each


def _author(value: Any, place: str) -> Iterator[str]:
    yield from _object(value, place, {"name": _string, "url": _url, "avatar": _url})
    if isinstance(value, dict) and not value.keys() & {"name", "url", "avatar"}:
        yield f"{place}: an author without a member"


def _attachment(value: Any, place: str) -> Iterator[str]:
    known: dict[str, _Check] = {
        "url": _url, "mime_type": _type, "title": _string, "size_in_bytes": _octets, "duration_in_seconds": _number,
    }  # fmt: skip
    yield from _object(value, place, known, ("url", "mime_type"))


def _hub(value: Any, place: str) -> Iterator[str]:
    yield from _object(value, place, {"type": _string, "url": _url}, ("type", "url"))


def _expired(value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{place}: {value!r} is neither true nor false"


_FEED: dict[str, _Check] = {
    "version": _version, "title": _string, "home_page_url": _url, "feed_url": _url, "description": _string,
    "user_comment": _string, "next_url": _url, "icon": _url, "favicon": _url, "authors": _list_of(_author),
    "author": _author, "language": _language, "expired": _expired, "hubs": _list_of(_hub),
    "items": _items,
}  # fmt: skip
_ITEM: dict[str, _Check] = {
    "id": _string, "url": _url, "external_url": _url, "title": _string, "content_html": _string, "content_text": _string,
    "summary": _string, "image": _url, "banner_image": _url, "date_published": _date, "date_modified": _date,
    "authors": _list_of(_author), "author": _author, "tags": _list_of(_string), "language": _language,
    "attachments": _list_of(_attachment),
}  # fmt: skip
