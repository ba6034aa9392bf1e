"""What is kept for a time only -> forgotten; what an article is known by stays (rules R28)."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.pipeline import stories
from aggregator.pipeline.copies import WINDOW
from aggregator.pipeline.works import Works
from aggregator.storage import Batch

_LOG = logging.getLogger(__name__)
_KEYS_KEPT = WINDOW + timedelta(days=2)
"""After the first sight. An entry is dated a day after it at most (rules R9), so what is read today has no copy older than
the window; a day more for clocks."""
_TEXTS_KEPT = timedelta(days=90)
"""After another took their place; what entries printed of the change stays with them (rules R28)."""
_CHUNK = 500
_MOST_CHUNKS = 4
"""A transaction of 50 ms each; other visits are stored between two of them. A desk with a million articles in the window forgets
23 a minute."""


def forget(works: Works, now: datetime) -> None:
    """Everything that has had its time."""
    forget_keys(works, now)
    forget_stories(works, now)
    forget_texts(works, now)


def forget_keys(works: Works, now: datetime, *, chunk: int = _CHUNK) -> int:
    """Take the keys of copies from articles that no new text can be a copy of; says how many, at most four chunks at a time.

    A local document keeps its own: an outlet may bring the dated report years after the file was put there.
    """
    local = [source.id for source in works.sources if source.is_local]
    return _in_chunks(
        works, "copies", chunk, lambda batch: batch.copies.forget_keys(now - _KEYS_KEPT, kept=local, limit=chunk)
    )


def forget_stories(works: Works, now: datetime, *, chunk: int = _CHUNK) -> int:
    """The same of what stories compare, keys and terms. Which agency wrote what is counted by for ever."""
    return _in_chunks(works, "stories", chunk, lambda batch: batch.stories.forget_keys(now - stories.KEPT, limit=chunk))


def forget_texts(works: Works, now: datetime, *, chunk: int = _CHUNK) -> int:
    """Drop the texts that articles had before. How many there were is known by the article's version."""
    return _in_chunks(
        works, "replaced texts", chunk, lambda batch: batch.revisions.forget(now - _TEXTS_KEPT, limit=chunk)
    )


def _in_chunks(works: Works, what: str, chunk: int, step: Callable[[Batch], int]) -> int:
    forgotten = 0
    for _ in range(_MOST_CHUNKS):
        with works.store.batch() as batch:
            found = step(batch)
        forgotten += found
        if found < chunk:
            break
    if forgotten:
        _LOG.debug("forgotten", extra={"what": what, "count": forgotten})
    return forgotten
