"""The items of an agency's document -> those that are to be read, and why the others are not (IPTC pubStatus, embargo)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aggregator.dates import parse_date
from aggregator.errors import UnreadableDocument
from aggregator.model.fetch import Document
from aggregator.model.parsed import Defect, ParsedFeed, Tombstone
from aggregator.model.source import AgencyName
from aggregator.parse.documents.facts import Facts, feed_of

_CANCELLED = ("canceled", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether an item may be read; `refusal` says why not."""

    refusal: str | None = None
    is_cancelled: bool = False

    @classmethod
    def of(cls, *, kind: str | None, status: str | None, embargoed: str | None, written: str | None) -> "Readiness":
        """By the item's kind and status, each the last word of its code ("stat:usable"), and its embargo.

        An embargo that had ended when the item was written is none. Of any other nobody here knows whether it has ended,
        and a text that goes out too early cannot be called back.
        """
        state = (status or "usable").rpartition(":")[2].lower()
        if state in _CANCELLED:
            return cls(refusal="cancelled by its agency", is_cancelled=True)
        if state != "usable":
            return cls(refusal=f"{state} by its agency")
        what = (kind or "text").rpartition(":")[2].lower()
        if what != "text":
            return cls(refusal=f"an item of the kind '{what[:40]}': only texts are read")
        if embargoed and not _had_ended(embargoed, written):
            return cls(refusal=f"under embargo until {embargoed[:40]}: save it without the embargo when that is over")
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of an agency, and whether it is to be read."""

    facts: Facts
    readiness: Readiness
    tombstone: Tombstone | None = None
    """Set for one that its agency has cancelled."""
    version: int | None = None


def sort_out(
    document: Document,
    items: Sequence[Item],
    agencies: tuple[AgencyName, ...],
    *,
    kind: str,
    defects: Iterable[Defect] = (),
) -> ParsedFeed:
    """The items that may be read as entries, of one item its last version; the others are counted with their reasons.

    Raises UnreadableDocument where nothing is to be read and nothing was cancelled.
    """
    refusals: Counter[str] = Counter()
    deleted = tuple(item.tombstone for item in items if item.tombstone)
    gone = {tombstone.ref for tombstone in deleted}
    kept: dict[str, Item] = {}
    for number, item in enumerate(items):
        refusal = item.readiness.refusal or ("it has neither headline nor text" if _is_empty(item.facts) else None)
        if refusal:
            refusals[refusal] += 1
            continue
        key = item.facts.guid or str(number)
        if key not in gone and (key not in kept or (item.version or 0) >= (kept[key].version or 0)):
            kept[key] = item
    if not kept and not deleted:
        raise UnreadableDocument("; ".join(refusals) or "there is no item in it")
    skipped = [Defect(kind="skipped", detail=why, count=count) for why, count in refusals.items()]
    texts = [item.facts for item in kept.values()]
    return feed_of(document, texts, agencies, kind=kind, defects=(*defects, *skipped), deleted=deleted)


def _is_empty(facts: Facts) -> bool:
    return facts.headline is None and (facts.content is None or not facts.content.value.strip())


def _had_ended(embargoed: str, written: str | None) -> bool:
    end, at = parse_date(embargoed), parse_date(written) if written else None
    return end is not None and at is not None and end.value <= at.value
