"""How many articles of late hold a term: kept in memory by the writer, stored now and then, and exact whatever happens between.

What was counted since it was last stored is counted again from the articles themselves. A transaction that was undone takes
the counts in memory with it.
"""

from datetime import datetime, timedelta

from aggregator.dedup.stories import Frequencies
from aggregator.model.story import StoryText
from aggregator.storage import Batch

_STORED_EACH = 1_000
"""Articles. To store the counts takes 5 ms, to count so many again at a start 30 ms."""
_LATE = timedelta(days=17)
"""What is older when it is first seen is weighed by nobody's day, but for its own; it counts in no table."""


class Counts:
    """Of one writer."""

    def __init__(self) -> None:
        self._found = Frequencies()
        self._batch: Batch | None = None
        self._through = 0
        self._uncounted = 0

    def of(self, batch: Batch) -> Frequencies:
        """The counts as this transaction sees them."""
        if batch is not self._batch:
            if self._batch is None or not self._batch.is_stored:
                self._load(batch)
            self._batch = batch
        return self._found

    def learn(self, batch: Batch, text: StoryText, first_seen_at: datetime, before: StoryText | None) -> None:
        """Count an article that is new, or has another text than `before`."""
        found = self.of(batch)
        if before is None:
            self._count(found, text, first_seen_at)
        elif batch.stories.number_of(text.uri) > self._through:
            # Read back from the store it would be counted by its present text.
            if not _is_late(before, first_seen_at):
                found.unlearn(before.features, before.at)
            self._count(found, text, first_seen_at, is_again=True)
        if self._uncounted >= _STORED_EACH:
            self._store(batch, text.uri, first_seen_at)

    def _count(self, found: Frequencies, text: StoryText, first_seen_at: datetime, *, is_again: bool = False) -> None:
        if not _is_late(text, first_seen_at):
            found.learn(text.features, text.at)
        self._uncounted += not is_again

    def _store(self, batch: Batch, uri: str, now: datetime) -> None:
        self._found.forget(now - timedelta(days=3))
        batch.stories.save_counts(self._found.days(), uri)
        self._through, self._uncounted = batch.stories.number_of(uri), 0

    def _load(self, batch: Batch) -> None:
        self._through, days = batch.stories.counts()
        self._found = Frequencies.from_days(days.items())
        later = batch.stories.stored_after(self._through)
        for text, first_seen_at in later:
            if not _is_late(text, first_seen_at):
                self._found.learn(text.features, text.at)
        self._uncounted = len(later)


def _is_late(text: StoryText, first_seen_at: datetime) -> bool:
    return first_seen_at - text.at > _LATE
