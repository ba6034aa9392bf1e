"""The order of the stages: the only room in which two of them are named together.

poll: claim -> fetch -> read -> record; publish: ledger -> files; rematch: stored articles against a changed rule.
"""

from aggregator.pipeline.attend import attend
from aggregator.pipeline.packing import publish_and_pack
from aggregator.pipeline.poll import Agenda, allowed, due, poll, redraw_due, visit
from aggregator.pipeline.publish import FeedChange, publish, rehearse
from aggregator.pipeline.record import Visit
from aggregator.pipeline.rematch import rematch
from aggregator.pipeline.works import Works

__all__ = [
    "Agenda",
    "FeedChange",
    "Visit",
    "Works",
    "allowed",
    "attend",
    "due",
    "poll",
    "publish",
    "publish_and_pack",
    "redraw_due",
    "rehearse",
    "rematch",
    "visit",
]
