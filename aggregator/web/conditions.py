"""Request headers -> what the client can take and what it has already (RFC 9110 12.5.3, 13; RFC 3229)."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

_ZERO = re.compile(r"q=0(?:\.0*)?\s*$")


def accepts_gzip(header: str) -> bool:
    """Whether the Accept-Encoding names gzip, or everything, without refusing it."""
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            return _ZERO.search(parameters.strip()) is None
    return False


def wants_delta(header: str) -> bool:
    """Whether the A-IM accepts the manipulation `feed`: the entries that are new or changed, in place of all."""
    parts = (part.partition(";") for part in header.lower().split(","))
    return any(name.strip() == "feed" and _ZERO.search(parameters.strip()) is None for name, _, parameters in parts)


def tags_in(header: str) -> tuple[str, ...]:
    """The entity tags of an If-None-Match, quotes kept, without the mark of weak ones: they are compared weakly."""
    return tuple(tag.strip().removeprefix("W/") for tag in header.split(","))


def is_not_modified(wanted: str | None, since: str | None, etag: str, modified: datetime | None = None) -> bool:
    """RFC 9110 13.2.2: If-None-Match goes before If-Modified-Since, and compares weakly."""
    if wanted is not None:
        tags = tags_in(wanted)
        return etag in tags or "*" in tags
    if since is None or modified is None:
        return False
    try:
        return modified <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
