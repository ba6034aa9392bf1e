"""Ids of entries and feeds, and how a date is printed: given once, never derived again (rules R5, R10, R20)."""

import re
from datetime import UTC, datetime, time
from uuid import UUID, uuid5

from aggregator.model.article import PartialDate, Precision, StoredArticle
from aggregator.model.topic import Grain, IdPolicy
from aggregator.urls import is_iri

# An IRI of one letter's scheme is a drive.
_DRIVE = re.compile(r"[A-Za-z]:")


def entry_id(policy: IdPolicy, stored: StoredArticle, guid: str | None, *, is_taken: bool) -> str:
    """An entry's id (rules R20): the origin's where it may be kept, else the article's own."""
    if policy is IdPolicy.PRESERVE and guid and not is_taken and _may_be_kept(guid):
        return guid
    return stored.uri


def feed_id(instance_id: UUID, topic_id: str, grain: Grain) -> str:
    """The permanent id of a published feed (rules R5)."""
    return uuid5(instance_id, f"{topic_id}\n{grain}").urn


def printed_date(date: PartialDate | None, first_seen_at: datetime) -> datetime | None:
    """How a claimed date stands in a feed (rules R10): a day is its noon in UTC, or the moment it was first seen if
    that came earlier on the same day; no reader shows the day before.
    """
    if date is None:
        return None
    if date.precision is not Precision.DAY:
        return date.value
    noon = datetime.combine(date.value.date(), time(12), tzinfo=UTC)
    return first_seen_at if first_seen_at.date() == noon.date() and first_seen_at < noon else noon


def _may_be_kept(guid: str) -> bool:
    """Any absolute IRI (RFC 3987): beside http, `urn:` and `tag:` feeds use `yt:video:...`; a path on a disk is none."""
    return is_iri(guid) and not guid.lower().startswith("file:") and not _DRIVE.match(guid)
