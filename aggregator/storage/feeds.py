"""What the writer asks of published feeds: which are behind the ledger, what their documents show, what was written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from aggregator.model.ledger import (
    AddedEntry,
    FeedForm,
    LedgerRow,
    LiveEntries,
    RowState,
    Step,
    TakenBack,
    Written,
)
from aggregator.model.topic import Grain
from aggregator.storage import rows, statements
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.driver import Driver

FeedName = tuple[str, Grain]
"""(topic, grain)."""
# Numbers in one question; SQLite allows 32,766.
_CHUNK = 500
# Feeds that are asked about in one statement; each of the three is made once.
_TOGETHER = (50, 8, 1)
_POSITION = attrgetter("position")
# A document that is rendered whole has its new entries too.
_WITHIN = {Step.ATOM: (Step.ATOM, Step.ADDED), Step.ADDED: (Step.ADDED,), Step.FORMS: (Step.FORMS,)}


class Feeds:
    """Statements of whole feeds, reached as `Batch.feeds`; each costs the feeds that are due, not those that are there."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection
        self._marked: set[tuple[str, str, Step]] = set()

    # -- what is due

    def mark(self, topic_id: str, grain: Grain, step: Step = Step.ATOM) -> None:
        """The files of the feed are behind, from this step on."""
        name = (topic_id, grain.value, step)
        if name not in self._marked:
            self._marked.add(name)
            self._connection.write_later(statements.MARK_DUE, _name(topic_id, grain) | {"step": step.value})

    def clear(self, topic_id: str, grain: Grain, step: Step) -> None:
        """The files are right again as far as the step goes."""
        for done in _WITHIN[step]:
            self._marked.discard((topic_id, grain.value, done))
            self._connection.write_later(statements.CLEAR_DUE, _name(topic_id, grain) | {"step": done.value})

    def forget_marks(self) -> None:
        """What was marked may have been undone."""
        self._marked.clear()

    def due(self, step: Step) -> frozenset[FeedName]:
        """The feeds whose files are behind."""
        steps = [within.value for within in _WITHIN[step]]
        return _names(self._connection.ask(statements.DUE_FEEDS, {"steps": steps}))

    def changed(self) -> frozenset[FeedName]:
        """The feeds whose Atom documents lack more than new entries."""
        return _names(self._connection.ask(statements.DUE_FEEDS, {"steps": [Step.ATOM.value]}))

    def queued(self) -> frozenset[FeedName]:
        """The feeds in which an entry waits its turn."""
        return _names(self._connection.ask(statements.QUEUED_FEEDS, {}))

    def told_withdrawn(self, until: datetime) -> tuple[LedgerRow, ...]:
        """Rows withdrawn until then whose tombstone live documents still show."""
        found = self._connection.ask(statements.TOLD_WITHDRAWN, {"until": to_microseconds(until)})
        return self.rows(sorted(row.seq for row in found))

    def rows(self, numbers: Sequence[int]) -> tuple[LedgerRow, ...]:
        """The rows of those numbers, which rise, in that order: an article that a thousand feeds have changes a thousand."""
        return tuple(
            rows.ledger_row(row)
            for start in range(0, len(numbers), _CHUNK)
            for row in self._connection.execute(
                statements.ROWS_BY_NUMBER, {"numbers": list(numbers[start : start + _CHUNK])}
            )
        )

    # -- what a document shows

    def newest_live(self, topic_id: str, grain: Grain) -> datetime | None:
        """When the newest live entry was first published; None where there is none."""
        where = _name(topic_id, grain) | {"state": RowState.LIVE.value}
        at: int | None = self._connection.ask(statements.NEWEST_LIVE, where)[0].at
        return None if at is None else to_instant(at)

    def live_after(self, topic_id: str, grain: Grain, after: datetime) -> int:
        """How many live entries were first published later."""
        where = _name(topic_id, grain) | {"state": RowState.LIVE.value, "after": to_microseconds(after)}
        return int(self._connection.ask(statements.LIVE_AFTER, where)[0].number)

    def live_entries(self, topic_id: str, grain: Grain, limit: int) -> LiveEntries:
        """The newest live entries, newest first."""
        where = _name(topic_id, grain) | {"state": RowState.LIVE.value, "limit": limit}
        found = self._connection.ask(statements.LIVE_ENTRIES, where)
        if not found:
            return LiveEntries()
        entry_ids, updated, reasons, fragments, first_published = zip(*found, strict=True)
        return LiveEntries(
            entry_ids=entry_ids,
            updated_at=to_instant(max(updated)),
            reasons=reasons,
            fragments=fragments,
            first_published_us=first_published,
        )

    def added_entries(self, behind: Mapping[FeedName, int], limit: int) -> dict[FeedName, list[AddedEntry]]:
        """The first entries of each feed behind its position, in order."""
        waiting, found = list(behind.items()), list[Any]()
        for size in _TOGETHER:
            while len(waiting) >= size:
                asked, waiting = waiting[:size], waiting[size:]
                where: dict[str, object] = {}
                for number, ((topic_id, grain), position) in enumerate(asked):
                    where[f"topic_{number}"], where[f"grain_{number}"] = topic_id, grain.value
                    where[f"first_{number}"], where[f"last_{number}"] = position + 1, position + limit
                found += self._connection.ask(statements.added_entries(size), where)
        added: dict[FeedName, list[AddedEntry]] = {}
        for row in sorted(found, key=_POSITION):
            added.setdefault((row.topic_id, Grain(row.grain)), []).append(_added(row))
        return added

    def tombstones(self, topic_id: str, grain: Grain) -> tuple[TakenBack, ...]:
        """Withdrawn entries that the live document still tells of, newest first."""
        return tuple(
            TakenBack(entry_id=row.entry_id, withdrawn_at=to_instant(row.withdrawn_at), reason=row.reason)
            for row in self._connection.ask(statements.TOMBSTONES, _name(topic_id, grain))
        )

    def withdrawn(self, topic_id: str, grain: Grain) -> Mapping[str, str]:
        """Entry id -> article, of all that was ever withdrawn and is still."""
        where = _name(topic_id, grain) | {"state": RowState.WITHDRAWN.value}
        return {row.entry_id: row.uri for row in self._connection.ask(statements.WITHDRAWN, where)}

    def article_of(self, entry: str) -> str | None:
        """The uri of the article that bears this entry id under whatever policy."""
        found = self._connection.ask(statements.ARTICLE_OF_ENTRY, {"entry_id": entry})
        return str(found[0].uri) if found else None

    # -- what was written

    def written(self, names: Iterable[FeedName]) -> dict[FeedName, Written]:
        """What is stored of these feeds' documents."""
        found = self._connection.ask(statements.WRITTEN, {"topics": sorted({topic_id for topic_id, _ in names})})
        return {
            (row.topic_id, Grain(row.grain)): Written(
                updated_at=to_instant(row.updated_at),
                bytes_digest=bytes(row.bytes_digest) if row.bytes_digest else None,
                is_closed=row.closed_at is not None,
            )
            for row in found
        }

    def save_written(
        self, topic_id: str, grain: Grain, bytes_digest: bytes, updated_at: datetime, now: datetime
    ) -> None:
        """The feed's document holds other bytes from now on."""
        values = {
            "of_topic": topic_id,
            "of_grain": grain.value,
            "updated": to_microseconds(updated_at),
            "written": bytes_digest,
            "changed": to_microseconds(now),
        }
        self._connection.write_later(statements.SAVE_WRITTEN, values)

    def forms(self, topic_id: str, grain: Grain) -> dict[tuple[int, str], FeedForm]:
        """What is stored of the feed's documents in other formats, by (page, format)."""
        return {
            (row.number, row.form): FeedForm(
                topic_id=row.topic_id,
                grain=Grain(row.grain),
                number=row.number,
                form=row.form,
                made_of=bytes(row.made_of),
                bytes_digest=bytes(row.bytes_digest),
                changed_at=to_instant(row.changed_at),
            )
            for row in self._connection.ask(statements.FORMS, _name(topic_id, grain))
        }

    def save_forms(self, forms: Iterable[FeedForm]) -> None:
        """Write what is new or changed of them."""
        for form in forms:
            values = {
                **_name(form.topic_id, form.grain),
                "number": form.number,
                "form": form.form,
                "made_of": form.made_of,
                "bytes_digest": form.bytes_digest,
                "changed_at": to_microseconds(form.changed_at),
            }
            self._connection.write_later(statements.SAVE_FORM, values)


def _added(row: Any) -> AddedEntry:
    return AddedEntry(
        entry_id=row.entry_id,
        is_live=row.state == RowState.LIVE.value,
        position=row.position,
        first_published_us=row.first_published_at,
        updated_at=to_instant(row.updated_at),
        fragment=row.fragment,
    )


def _name(topic_id: str, grain: Grain) -> dict[str, object]:
    return {"topic_id": topic_id, "grain": grain.value}


def _names(found: Iterable[object]) -> frozenset[FeedName]:
    return frozenset((row.topic_id, Grain(row.grain)) for row in found)  # type: ignore[attr-defined]
