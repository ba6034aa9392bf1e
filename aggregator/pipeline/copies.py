"""A new or edited text -> the texts that it is a copy of, and the groups that follow: judged by `dedup`, kept by `storage`."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.dedup.copies import copy_text, is_worth_judging, judge
from aggregator.dedup.groups import Pair, group
from aggregator.dedup.signature import share_words
from aggregator.dedup.signature import signature as signature_of
from aggregator.desk import in_order
from aggregator.model.article import StoredArticle
from aggregator.model.copies import CopyGroup, CopyVerdict, GroupText, JudgedPair, Membership, Sharing, Signature
from aggregator.model.desk import Decision, Word
from aggregator.pipeline.complete import agency_of, possible_days
from aggregator.pipeline.enter import Writing
from aggregator.storage import Batch, Window

_LOG = logging.getLogger(__name__)
WINDOW = timedelta(days=30)
"""Texts that were written further apart are not compared."""
_MOST_CANDIDATES = 64
_MOST_DIFFERENT = 16
"""Other outlets' texts that share a key and are no copies; the likeliest come first, and a verdict costs half a millisecond."""
_MOST_TOGETHER = 300
"""Texts that hang together by copies; more are the work of a machine, and grouping costs the square of them."""


def find_copies(writing: Writing, uri: str, signature: Signature | None, *, is_new: bool) -> frozenset[str]:
    """Look up and judge what the article's present text is a copy of, and group anew. Gives the articles of which the
    group may have changed, with the article itself; empty where it has and had no copies.
    """
    copies = writing.batch.copies
    stored = writing.batch.article(uri)
    likely = _likely(stored, signature, copies.sharing(signature, _window(stored))) if signature else ()
    copies.sign(stored, signature, is_new=is_new)
    before = () if is_new else copies.pairs_of([uri])
    if before:  # a late edit: what its copies were found by may have had its time
        likely = (*sorted(copies.without_keys(_ends(before) - {uri})), *likely)
    found = _judged(writing, stored, likely)
    if not before and not found:
        return frozenset()
    copies.replace_pairs(uri, found, is_new=is_new)
    return regroup(writing, {uri, *_ends(before), *_ends(found)})


def regroup(writing: Writing, uris: Iterable[str]) -> frozenset[str]:
    """Group these articles, and all that hang together with them, by the verdicts as they are now."""
    batch = writing.batch
    hanging = _hanging_together(batch, uris)
    if hanging is None:
        _LOG.warning("too many copies to group", extra={"article": min(uris), "most": _MOST_TOGETHER})
        return frozenset()
    uris, pairs, decisions = hanging
    texts = batch.copies.texts(uris)
    together, apart = decided(decisions)
    counted = (_counted(batch, text) for text, _ in texts.values())
    groups = group(counted, pairs, together=together, apart=apart)
    first = {uri: place for place, uri in enumerate(texts)}
    batch.copies.save_memberships(uris, (member for one in groups for member in _members(one, first)))
    return frozenset(uris)


def _counted(batch: Batch, text: GroupText) -> GroupText:
    """With its number of words also where the keys have had their time."""
    if text.words:
        return text
    found = signature_of(batch.article(text.uri).article.body_text)
    return replace(text, words=found.words) if found else text


def _window(stored: StoredArticle) -> Window | None:
    """None for a text whose year is not known: what it is a copy of tells it."""
    if stored.article.content_created and stored.article.content_created.candidates:
        return None
    return Window(since=stored.effective_at - WINDOW, until=stored.effective_at + WINDOW)


def _likely(stored: StoredArticle, signature: Signature, sharing: Sequence[Sharing]) -> tuple[str, ...]:
    """What is worth loading. The source's own texts are: their headlines decide."""
    return tuple(
        other.uri
        for other in sharing
        if other.uri != stored.uri
        and (other.source_id == stored.owner.source_id or share_words(signature.vocabulary, other.vocabulary))
    )


def _judged(writing: Writing, stored: StoredArticle, others: Sequence[str]) -> tuple[JudgedPair, ...]:
    """The verdicts by which the article is a copy of those, the likeliest first."""
    found: list[JudgedPair] = []
    different = 0
    for uri in others[:_MOST_CANDIDATES]:
        if different == _MOST_DIFFERENT:
            break
        other = writing.batch.article(uri)
        dates = _nearest(stored, other)
        if abs(dates[0] - dates[1]) > WINDOW:
            continue
        verdict = _judge(writing, (stored, other), dates)
        if verdict and verdict.is_copy:
            found.append(JudgedPair(one=stored.uri, other=uri, verdict=verdict))
        elif verdict:
            different += other.owner.source_id != stored.owner.source_id
    return tuple(found)


def _judge(
    writing: Writing, articles: tuple[StoredArticle, StoredArticle], dates: tuple[datetime, datetime]
) -> CopyVerdict | None:
    """None where it needs no verdict to say that they are no copies."""
    one, other = (copy_text(stored, None) for stored in articles)
    if one.url == other.url and not _is_a_page(writing.batch, one.uri):
        one, other = replace(one, url=None), replace(other, url=None)
    if not is_worth_judging(one, other):
        return None
    one, other = replace(one, effective_at=dates[0]), replace(other, effective_at=dates[1])
    if one.source_id != other.source_id:  # a source is one originator whatever agencies it prints
        agencies = (agency_of(writing, stored.article) for stored in articles)
        one, other = replace(one, agency=next(agencies)), replace(other, agency=next(agencies))
    return judge(one, other)


def _is_a_page(batch: Batch, uri: str) -> bool:
    """Whether the article's address is its own: no home page, and never under two titles (rules R2)."""
    url = batch.fingerprints(uri).url
    return url is not None and not batch.url_is_ambiguous(url)


def _nearest(one: StoredArticle, other: StoredArticle) -> tuple[datetime, datetime]:
    """The dates of the two that lie nearest to one another: of a dateline without a year each year that fits is one."""
    pairs = ((first, second) for first in _dates(one) for second in _dates(other))
    return min(pairs, key=lambda pair: (abs(pair[0] - pair[1]), pair))


def _dates(stored: StoredArticle) -> Iterator[datetime]:
    yield stored.effective_at
    yield from possible_days(stored.article)


def _ends(pairs: Iterable[JudgedPair]) -> frozenset[str]:
    return frozenset(uri for pair in pairs for uri in (pair.one, pair.other))


def _hanging_together(
    batch: Batch, uris: Iterable[str]
) -> tuple[frozenset[str], tuple[JudgedPair, ...], tuple[Decision, ...]] | None:
    """All articles that lead to one another by verdicts and decisions, with those; None where there are too many."""
    seen: set[str] = set()
    fresh = frozenset(uris)
    pairs: dict[Pair, JudgedPair] = {}
    decisions: dict[int | None, Decision] = {}
    while fresh:
        seen |= fresh
        if len(seen) > _MOST_TOGETHER:
            return None
        judged, decided = batch.copies.pairs_of(fresh), batch.desk.on_pairs(fresh)
        pairs.update((frozenset((pair.one, pair.other)), pair) for pair in judged)
        decisions.update((decision.number, decision) for decision in decided)
        named = {uri for one in decided if one.word is Word.MERGE for uri in (one.article_uri, one.other_uri or "")}
        fresh = (_ends(judged) | named) - seen - {""}
    return frozenset(seen), tuple(pairs.values()), tuple(decisions.values())


def decided(decisions: Iterable[Decision]) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """(put together, put apart) by people; of two words on one pair the last counts."""
    last: dict[Pair, Word] = {}
    for decision in in_order(decisions):
        if decision.other_uri:
            last[frozenset((decision.article_uri, decision.other_uri))] = decision.word
    together = frozenset(pair for pair, word in last.items() if word is Word.MERGE)
    return together, frozenset(last) - together


def _members(one: CopyGroup, first: dict[str, int]) -> Iterator[Membership]:
    """The group is named by the member that was stored first, so that its name does not change as it grows."""
    name = min(one.uris, key=first.__getitem__)
    yield Membership(uri=one.anchor, group=name, anchor=one.anchor, verdict=None)
    for member in one.members:
        yield Membership(uri=member.uri, group=name, anchor=one.anchor, verdict=member.verdict)
