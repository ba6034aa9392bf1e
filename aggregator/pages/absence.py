"""What the desk said and the ledger did -> whether an article may be told of at all."""

from collections import defaultdict
from collections.abc import Collection
from enum import StrEnum

from aggregator.desk import Standing, standing
from aggregator.model.article import StoredArticle
from aggregator.model.desk import Decision
from aggregator.model.ledger import RowState
from aggregator.model.source import Republish
from aggregator.pages.site import Site
from aggregator.storage import Reader


class Absence(StrEnum):
    """Why there is no page for an article."""

    UNKNOWN = "unknown"
    """Nothing of this name, or held by the desk: what is not published yet is not told either."""
    WITHDRAWN = "withdrawn"


def absence(reader: Reader, uri: str) -> Absence | None:
    """Why the stored article of that uri is not told of; None where it is.

    A word of the desk counts from the moment it is said, not only once the feeds are rewritten. Held for its rights an
    article is explained (rules R21); held by the desk it is not shown to anybody yet.
    """
    rows = reader.rows_of(uri)
    is_withdrawn = bool(rows) and all(row.state is RowState.WITHDRAWN for row in rows)
    return _absence(standing(reader.decisions_on(uri)), is_withdrawn=is_withdrawn)


def hidden(reader: Reader) -> frozenset[str]:
    """Every article that is not told of. Only what the desk spoke of can be: nobody else withdraws an article."""
    said: dict[str, list[Decision]] = defaultdict(list)
    for decision in reader.decisions_on_telling():
        said[decision.article_uri].append(decision)
    withdrawn = reader.withdrawn_everywhere()
    kept_back = {uri for uri, words in said.items() if _absence(standing(words), is_withdrawn=False)}
    return withdrawn | kept_back


def is_listed(site: Site, stored: StoredArticle, kept_back: Collection[str]) -> bool:
    """Whether the pages of others may tell of the article: what the desk keeps back is told by none, and what has no rights
    stands in no file (rules R21)."""
    is_in_files = site.places.is_served or stored.article.rights.republish is not Republish.NONE
    return is_in_files and stored.uri not in kept_back


def _absence(desk: Standing, *, is_withdrawn: bool) -> Absence | None:
    if desk.killed is not None or is_withdrawn:
        return Absence.WITHDRAWN
    return Absence.UNKNOWN if desk.held is not None else None
