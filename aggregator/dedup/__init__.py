"""Which article an entry is: a verdict with its reason (rules R1-R6)."""

from aggregator.dedup.decide import decide
from aggregator.dedup.identity import (
    PROJECT_NAMESPACE,
    document_keys,
    entry_keys,
    fingerprints,
    guid_key,
    mint,
    mint_name,
    offers,
    path_key,
    source_uri,
    story_uri,
)

__all__ = [
    "PROJECT_NAMESPACE",
    "decide",
    "document_keys",
    "entry_keys",
    "fingerprints",
    "guid_key",
    "mint",
    "mint_name",
    "offers",
    "path_key",
    "source_uri",
    "story_uri",
]
