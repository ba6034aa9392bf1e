"""What goes out, when, under which id: a match and the rows so far -> the row to write. Written once, never recomputed."""

from aggregator.ledger.admit import Occasion, Told, admit
from aggregator.ledger.change import (
    GOVERNOR_SPAN,
    TOMBSTONE_SPAN,
    UPDATE_INTERVAL,
    confirm,
    is_due,
    let_out,
    release,
    revise,
    tombstone_is_over,
    under_rights_and_desk,
    withdraw,
)
from aggregator.ledger.document import (
    RECENT_SPAN,
    full_pages,
    live_count,
    live_document,
    page_of,
    page_positions,
    recent_after,
    stands_in_archive,
)
from aggregator.ledger.ids import entry_id, feed_id, printed_date
from aggregator.ledger.legacy import LegacyEntry, LegacyIds, legacy_ids
from aggregator.ledger.told import freed, teller, tells, under_teller

__all__ = [
    "GOVERNOR_SPAN",
    "RECENT_SPAN",
    "TOMBSTONE_SPAN",
    "UPDATE_INTERVAL",
    "LegacyEntry",
    "LegacyIds",
    "Occasion",
    "Told",
    "admit",
    "confirm",
    "entry_id",
    "feed_id",
    "freed",
    "full_pages",
    "is_due",
    "legacy_ids",
    "let_out",
    "live_count",
    "live_document",
    "page_of",
    "page_positions",
    "printed_date",
    "recent_after",
    "release",
    "revise",
    "stands_in_archive",
    "teller",
    "tells",
    "tombstone_is_over",
    "under_rights_and_desk",
    "under_teller",
    "withdraw",
]
