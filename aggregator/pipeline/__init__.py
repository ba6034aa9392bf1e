"""The order of the stages: the only room in which two of them are named together.

poll: claim -> fetch -> read -> record; publish: ledger -> files; rematch: stored articles against a changed rule;
retain: what is kept for a time only; trial: a changed rule beforehand, to see what it would do.
"""

from aggregator.pipeline.attend import attend
from aggregator.pipeline.changes import FeedChange
from aggregator.pipeline.command import run_command
from aggregator.pipeline.pages import write_pages
from aggregator.pipeline.poll import Agenda, allowed, due, poll, redraw_due, visit
from aggregator.pipeline.publish import publish, publish_forms, rehearse
from aggregator.pipeline.record import Visit
from aggregator.pipeline.rematch import rematch
from aggregator.pipeline.retain import forget, forget_keys, forget_stories, forget_texts
from aggregator.pipeline.search import index_all, index_some
from aggregator.pipeline.trial import Outlook, look_ahead, matches_of
from aggregator.pipeline.works import Works

__all__ = [
    "Agenda",
    "FeedChange",
    "Outlook",
    "Visit",
    "Works",
    "allowed",
    "attend",
    "due",
    "forget",
    "forget_keys",
    "forget_stories",
    "forget_texts",
    "index_all",
    "index_some",
    "look_ahead",
    "matches_of",
    "poll",
    "publish",
    "publish_forms",
    "redraw_due",
    "rehearse",
    "rematch",
    "run_command",
    "visit",
    "write_pages",
]
