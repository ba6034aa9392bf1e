"""What people asked for beside a running daemon -> done: decisions of the desk, polls now, feeds closed (rules R25, R30)."""

import logging
from dataclasses import replace
from datetime import datetime

from aggregator import ledger
from aggregator.desk import end_of_embargo, standing
from aggregator.model.desk import Decision, Request, RequestKind, Word
from aggregator.pipeline.copies import regroup
from aggregator.pipeline.enter import Writing, admit, matched_by_hand, retell, retell_group, retell_stories, revise
from aggregator.pipeline.erase import erase
from aggregator.pipeline.settle import dated
from aggregator.pipeline.stories import carry_out, choose_again, place_again
from aggregator.pipeline.works import Works
from aggregator.storage import Batch

_LOG = logging.getLogger(__name__)
_ON_STANDING = (Word.KILL, Word.ERASE, Word.WITHDRAW, Word.RELEASE)
"""Words after which another article may have to stand for the story, or one may again."""


def attend(works: Works, now: datetime) -> int:
    """Carry out what is open, in the order in which it was asked; says how much that was."""
    with works.store.read() as reader:
        if not reader.has_open_business(now):
            return 0
    with works.store.batch() as batch:
        return attend_in(batch, works, now)


def attend_in(batch: Batch, works: Works, now: datetime) -> int:
    """The same inside a transaction that is open already. What was erased is to be scrubbed once it is over."""
    writing = works.writing(batch, ledger.Occasion(now=now))
    for embargo in batch.desk.ending_embargoes(now):
        batch.desk.decide(end_of_embargo(embargo))
    decisions = batch.desk.open()
    for decision in decisions:
        _carry_out(writing, decision)
    batch.desk.mark_applied([decision.number for decision in decisions if decision.number], now)
    requests = [request for request in batch.open_requests() if request.kind is not RequestKind.SCRUB]
    for request in requests:
        _fulfil(batch, request, now)
        batch.mark_done(request.number, now)
    return len(decisions) + len(requests)


def scrub(works: Works, now: datetime) -> None:
    """Overwrite on the disk what was erased; where a reader holds an older view of it, at the next publication."""
    with works.store.read() as reader:
        if not reader.is_to_be_scrubbed():
            return
    if not works.store.scrub():
        _LOG.warning("what was erased is not overwritten yet: another process reads the store; tried again")
        return
    with works.store.batch() as batch:
        for request in batch.open_requests():
            if request.kind is RequestKind.SCRUB:
                batch.mark_done(request.number, now)
                _LOG.info("scrubbed", extra={"article": request.argument})


def _carry_out(writing: Writing, decision: Decision) -> None:
    """Bring the article's rows to what stands after the decision."""
    batch = writing.batch
    if decision.word is Word.DATE:
        _fix_date(writing, decision)
    if decision.word in (Word.MERGE, Word.SPLIT):
        other = decision.other_uri or decision.article_uri
        retell(writing, regroup(writing, {decision.article_uri, other}))
        retell_stories(writing, carry_out(writing, decision.word, decision.article_uri, other))
    elif decision.word in _ON_STANDING:
        choose_again(batch, decision.article_uri)
    if decision.word is not Word.NOTE:
        _settle_rows(writing, decision)
    elif batch.desk.is_erased(decision.article_uri):
        batch.desk.forget_notes(decision.article_uri)
    if decision.word is Word.ERASE:
        erase(writing, decision.article_uri)
        batch.ask(RequestKind.SCRUB, decision.article_uri, writing.now)
    _LOG.info(
        "decided",
        extra={"word": decision.word.value, "article": decision.article_uri, "topic": decision.topic_id or ""},
    )


def _settle_rows(writing: Writing, decision: Decision) -> None:
    batch = writing.batch
    stored = batch.article(decision.article_uri)
    says = standing(batch.desk.of(stored.uri))
    rows = batch.rows_of(stored.uri)
    for row in rows:
        revise(writing, row, stored, says)
    topic = writing.topic(decision.topic_id or "")
    if decision.word is Word.PIN and topic:
        pinned = matched_by_hand(writing, topic)
        entered = {(row.topic_id, row.grain) for row in rows}
        for feed in topic.in_grains:
            if (feed.id, feed.grain) not in entered:
                admit(writing, feed, pinned, stored, says)
    retell_group(writing, stored.uri)


def _fix_date(writing: Writing, decision: Decision) -> None:
    """The day of writing is what a person says it is, now and after every edit."""
    batch = writing.batch
    if batch.desk.is_erased(decision.article_uri):
        return
    after = dated(batch.article(decision.article_uri), decision)
    batch.save_article(after, batch.fingerprints(after.uri))
    retell_stories(writing, place_again(writing, after))


def _fulfil(batch: Batch, request: Request, now: datetime) -> None:
    if request.kind is RequestKind.REFRESH:
        state = batch.source_state(request.argument)
        # A source that is gone gets one more poll: a single 410 ends it again.
        batch.save_source_state(replace(state, next_poll_at=now, gone_polls=min(state.gone_polls, 1)))
    elif request.kind is RequestKind.CLOSE:
        for feed in batch.topic_feeds():
            if feed.topic_id == request.argument:
                batch.save_topic_feed(replace(feed, closed_at=now))
    _LOG.info("attended", extra={"request": request.kind.value, "argument": request.argument})
