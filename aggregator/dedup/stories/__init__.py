"""Reports of one event, across outlets and languages: what is compared of an article, and where it belongs."""

from aggregator.dedup.stories.arrival import began, described, should_reconsider
from aggregator.dedup.stories.developments import developments
from aggregator.dedup.stories.frequencies import Frequencies
from aggregator.dedup.stories.likeness import WINDOW_HOURS, Scale
from aggregator.dedup.stories.names import NO_NAMES, PackNames, pack_names
from aggregator.dedup.stories.placing import Pair, place
from aggregator.dedup.stories.regrouping import reconsider
from aggregator.dedup.stories.representative import represent
from aggregator.dedup.stories.terms import VERSION, features, packed, unpacked

__all__ = [
    "NO_NAMES",
    "VERSION",
    "WINDOW_HOURS",
    "Frequencies",
    "PackNames",
    "Pair",
    "Scale",
    "began",
    "described",
    "developments",
    "features",
    "pack_names",
    "packed",
    "place",
    "reconsider",
    "represent",
    "should_reconsider",
    "unpacked",
]
