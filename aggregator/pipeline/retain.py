"""What is kept for a time only -> forgotten; what an article is known by stays (rules R28)."""

import logging
from datetime import datetime, timedelta

from aggregator.pipeline.copies import WINDOW
from aggregator.pipeline.works import Works

_LOG = logging.getLogger(__name__)
_KEYS_KEPT = WINDOW + timedelta(days=2)
"""After the first sight. An entry is dated a day after it at most (rules R9), so what is read today has no copy older than
the window; a day more for clocks."""
_CHUNK = 500
_MOST_CHUNKS = 4
"""A transaction of 50 ms each; other visits are stored between two of them. A desk with a million articles in the window forgets
23 a minute."""


def forget_keys(works: Works, now: datetime, *, chunk: int = _CHUNK) -> int:
    """Take the keys of copies from articles that no new text can be a copy of; says how many, at most four chunks at a time.

    A local document keeps its own: an outlet may bring the dated report years after the file was put there.
    """
    local = [source.id for source in works.sources if source.is_local]
    forgotten = 0
    for _ in range(_MOST_CHUNKS):
        with works.store.batch() as batch:
            found = batch.copies.forget_keys(now - _KEYS_KEPT, kept=local, limit=chunk)
        forgotten += found
        if found < chunk:
            break
    if forgotten:
        _LOG.debug("keys of copies forgotten", extra={"articles": forgotten})
    return forgotten
