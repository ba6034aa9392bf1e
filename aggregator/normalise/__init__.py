"""`Entry` + `Source` + now -> `Article`: one schema for whatever a source says, every repair listed."""

from aggregator.normalise.article import Context, normalise
from aggregator.normalise.effective import best_claimed, effective
from aggregator.normalise.origin import origin_of, origin_updated

__all__ = ["Context", "best_claimed", "effective", "normalise", "origin_of", "origin_updated"]
