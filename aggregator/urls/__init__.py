"""URL -> absolute, safe, canonical, without what follows readers."""

from aggregator.urls.address import (
    absolute,
    as_uri,
    has_path,
    host_of,
    is_home_page,
    is_iri,
    is_web,
    normalise,
    path_of,
    without_credentials,
)
from aggregator.urls.tracking import is_beacon, is_decorated, without_tracking

__all__ = [
    "absolute",
    "as_uri",
    "has_path",
    "host_of",
    "is_beacon",
    "is_decorated",
    "is_home_page",
    "is_iri",
    "is_web",
    "normalise",
    "path_of",
    "without_credentials",
    "without_tracking",
]
