"""Reports of one event, across outlets and languages: what is compared of an article, and where it belongs."""

from aggregator.dedup.stories.frequencies import Frequencies, Weights
from aggregator.dedup.stories.likeness import WINDOW_HOURS, Scale
from aggregator.dedup.stories.names import PackNames, pack_names
from aggregator.dedup.stories.placing import place
from aggregator.dedup.stories.regrouping import reconsider
from aggregator.dedup.stories.representative import represent
from aggregator.dedup.stories.terms import VERSION, features, packed, unpacked

__all__ = [
    "VERSION",
    "WINDOW_HOURS",
    "Frequencies",
    "PackNames",
    "Scale",
    "Weights",
    "features",
    "pack_names",
    "packed",
    "place",
    "reconsider",
    "represent",
    "unpacked",
]
