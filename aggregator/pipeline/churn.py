"""A document in which no entry is known -> churn, a gap, or neither (rules R19): were the ids changed, or was news missed?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aggregator.desk import standing
from aggregator.ledger import confirm
from aggregator.model.article import Article
from aggregator.model.identity import Sighting
from aggregator.pipeline.enter import Writing, retell_group, save
from aggregator.pipeline.telling import told
from aggregator.storage import Batch
from aggregator.text import folded
from aggregator.urls import path_of

_MIN_ENTRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Discontinuity:
    """What a document without a known key is; `note` is one line for `status`."""

    is_churn: bool
    note: str


def look_for_discontinuity(writing: Writing, source_id: str, sightings: Sequence[Sighting]) -> Discontinuity | None:
    """None where an entry is known, the document is small, or the source is new.

    In churn the entries that are the same by title with date or path are bound to their articles at once.
    """
    if len(sightings) < _MIN_ENTRIES or writing.occasion.is_first_good_poll:
        return None
    keys = {key.digest for sighting in sightings for key in sighting.keys}
    if writing.batch.known_keys(source_id, keys):
        return None
    rebound = _known_by_title(writing.batch, source_id, sightings)
    if not rebound:
        note = f"gap: none of the {len(sightings)} entries was there at the last poll; some may have been missed"
        return Discontinuity(is_churn=False, note=note)
    if 2 * len(rebound) < len(sightings):
        return None
    for sighting, uri in rebound:
        writing.batch.bind_keys(source_id, sighting.keys, sighting.keys, uri)
    held = len(sightings) - len(rebound)
    note = f"the ids of all {len(sightings)} entries changed: {len(rebound)} bound to known articles, {held} held"
    return Discontinuity(is_churn=True, note=note)


def confirm_held(writing: Writing, source_id: str) -> None:
    """Let go what an earlier churn held, now that a poll shows it again under the same key: also one that found the
    document unchanged. To be called once the entries that left have left.
    """
    for row in writing.batch.history.unsettled(source_id):
        topic = writing.feed(row.topic_id, row.grain)
        if topic is None:
            continue
        stored = writing.batch.article(row.article_uri)
        says = standing(writing.batch.desk.of(stored.uri))
        live = writing.live_last_hour(topic)
        known = told(writing.batch, topic, stored.uri)
        confirmed = confirm(row, topic, stored, says, writing.next_occasion(), live_last_hour=live, told=known)
        save(writing.batch, row, confirmed, stored, writing.site_author)
        retell_group(writing, stored.uri)


def in_churn(writing: Writing, source_id: str) -> Writing:
    """The same writing, in which what is new waits for the source's ids to settle."""
    return replace(writing, occasion=replace(writing.occasion, unsettled_source=source_id))


def _known_by_title(batch: Batch, source_id: str, sightings: Sequence[Sighting]) -> list[tuple[Sighting, str]]:
    """Sightings with the article that each is, by equal title and equal date, path or text (rules R2)."""
    known: dict[bytes, list[tuple[str, Article]]] = {}
    for stored in batch.same_titles(source_id, {sighting.fingerprints.title for sighting in sightings}):
        known.setdefault(batch.fingerprints(stored.uri).title, []).append((stored.uri, stored.article))
    found = []
    for sighting in sightings:
        same = [
            uri
            for uri, article in known.get(sighting.fingerprints.title, ())
            if batch.desk.is_erased(uri) or _agree(article, sighting.article)
        ]
        if len(same) == 1:
            found.append((sighting, same[0]))
    return found


def _agree(one: Article, other: Article) -> bool:
    same_date = (
        one.published is not None and other.published is not None and one.published.value == other.published.value
    )
    paths = path_of(one.url), path_of(other.url)
    # A source that moves house may date everything anew as well.
    same_text = folded(one.body_text) == folded(other.body_text) != ""
    return same_date or same_text or (paths[0] == paths[1] and paths[0] not in ("", "/"))
