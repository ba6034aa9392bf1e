"""An article that the desk erased -> no word of it in the store, nor in what the entries of its copies and of its story print
(rules R16).
"""

from collections.abc import Collection
from dataclasses import replace

from aggregator import ledger
from aggregator.desk import erased
from aggregator.model.ledger import LedgerRow
from aggregator.pipeline.copies import regroup
from aggregator.pipeline.enter import Writing, print_again, retell, retell_stories, save
from aggregator.pipeline.telling import story_siblings


def erase(writing: Writing, uri: str) -> None:
    """Empty the article, whose own entries are withdrawn already. Its identity stays, so that it never comes back."""
    batch = writing.batch
    members = {uri, *(member.uri for member in batch.copies.group_of(uri))}
    siblings = story_siblings(batch, uri) - {uri}
    batch.save_article(erased(batch.article(uri)), batch.fingerprints(uri))
    batch.copies.sign(batch.article(uri), None, is_new=False)
    batch.copies.replace_pairs(uri, (), is_new=False)
    batch.stories.forget(uri)
    batch.desk.erase(uri)
    batch.stories.leave(uri)
    for row in batch.rows_of(uri):
        batch.save_row(replace(row, fragment=None, archived_fragment=None))
    if len(members) > 1:
        retell(writing, regroup(writing, members))
    if siblings:
        retell_stories(writing, siblings)
    _print_others_anew(writing, (members | siblings) - {uri})


def _print_others_anew(writing: Writing, uris: Collection[str]) -> None:
    """Their entries named the erased one and its address: also those that wait for the end of an hour, those that were printed
    for good, and those that an archive page shows as they were (rules R12, R15).
    """
    for uri in sorted(uris):
        for row in writing.batch.rows_of(uri):
            _print_anew(writing, row)


def _print_anew(writing: Writing, row: LedgerRow) -> None:
    batch = writing.batch
    if row.pending_since:
        material = batch.fingerprints(row.article_uri).material
        changed = ledger.release(row, material=material, now=writing.now)
        row = save(batch, row, changed, batch.article(row.article_uri), writing.site_author)
    row = print_again(writing, row)
    if row.position is not None and row.fragment is not None:
        batch.history.forget_page(row.topic_id, row.grain, ledger.page_of(row.position))
        batch.save_row(replace(row, archived_fragment=None))
