"""Stored articles -> the search index, a chunk a transaction: beside the polls, which do not wait for it."""

from aggregator.search import search_text
from aggregator.storage import Store

CHUNK = 50
"""Some 40 ms of the writer for long texts: a poll that waits meanwhile is not noticed."""


def index_some(store: Store) -> int:
    """Put the next articles whose text is new or edited into the index; how many that were."""
    with store.batch() as batch:
        due = batch.search.due(CHUNK)
        batch.search.put([search_text(one.number, one.stored.article) for one in due])
    return len(due)


def index_all(store: Store) -> int:
    """Bring the index up to date; how many articles that took."""
    count = 0
    while some := index_some(store):
        count += some
    return count
