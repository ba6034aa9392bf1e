"""Decisions of people -> what stands for an article; and decisions <-> lines of a file that git keeps."""

from aggregator.desk.erased import erased
from aggregator.desk.standing import EMBARGO_OVER, NOTHING_SAID, Standing, end_of_embargo, in_order, in_words, standing

__all__ = [
    "EMBARGO_OVER",
    "NOTHING_SAID",
    "Standing",
    "end_of_embargo",
    "erased",
    "in_order",
    "in_words",
    "standing",
]
