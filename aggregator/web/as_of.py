"""A topic's feed as it was at an earlier time, as near as the ledger knows: for those who look into it, on this machine only.

The ledger keeps the last text of an entry, and of one that changed after its archive page was full also the text before. So
an entry that was edited since stands there as it is now; the document says of how many that is true. What the desk holds now
is left out, and what was withdrawn stays withdrawn: a kill goes before history (rules R16).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator import ledger
from aggregator.model.ledger import FeedHead, LedgerRow, RowState, Tombstone, TopicFeed
from aggregator.model.topic import Topic
from aggregator.pages import Site
from aggregator.render import render_document
from aggregator.storage import Reader
from aggregator.web.services import Services

_MOST_ROWS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The document; `changed` entries of it stand there as they are now."""

    data: bytes
    changed: int


def instant(text: str) -> datetime | None:
    """The time asked for; UTC where it names no zone, None where it is no time."""
    try:
        # In an address a plus is a space.
        found = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the first day of the year 1 has no time in UTC everywhere
        return None


def feed_as_of(reader: Reader, site: Site, services: Services, topic: Topic, at: datetime) -> AsOf | None:
    """None where the feed did not exist or nothing had gone out yet."""
    state = next((one for one in reader.topic_feeds() if (one.topic_id, one.grain) == (topic.id, topic.grain)), None)
    found = reader.rows_at(topic.id, topic.grain, at, max(topic.limit, _MOST_ROWS))
    if state is None or not found:
        return None
    rows = ledger.live_document([row for row in found if row.state is RowState.LIVE], topic.limit)
    withdrawn = [row for row in found if row.state is RowState.WITHDRAWN]
    known = [row.updated_at for row in rows if row.updated_at <= at] + [
        row.first_published_at for row in (*rows, *withdrawn)
    ]
    head = FeedHead(
        feed_id=state.feed_id,
        title=topic.title,
        subtitle=topic.description,
        author=services.author or site.title,
        language=site.language,
        updated_at=max(known),
        self_url=f"{site.base_url}/feeds/{topic.id}.atom",
        alternate_url=f"{site.base_url}/",
        extensions=services.extensions,
    )
    data = render_document(
        TopicFeed(
            head=head,
            fragments=tuple(_fragment(row, at) for row in rows if row.fragment is not None),
            tombstones=tuple(map(_tombstone, withdrawn)),
        )
    )
    return AsOf(data=data, changed=_changed(rows, at))


def _fragment(row: LedgerRow, at: datetime) -> bytes:
    before = row.archived_fragment if row.updated_at > at else None
    return before or row.fragment or b""


def _changed(rows: Sequence[LedgerRow], at: datetime) -> int:
    return sum(row.updated_at > at and row.archived_fragment is None for row in rows)


def _tombstone(row: LedgerRow) -> Tombstone:
    return Tombstone(entry_id=row.entry_id, withdrawn_at=row.withdrawn_at or row.updated_at)
