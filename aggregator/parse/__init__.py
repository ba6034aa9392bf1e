"""A document as received -> `ParsedFeed`; a file per family."""

from aggregator.errors import UnreadableDocument
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.model.source import AgencyName
from aggregator.parse.feeds import parse_feed
from aggregator.parse.wire import parse_wire

_WIRE = (".txt", ".md")
_FEED = (".xml", ".rss", ".atom")


def parse(document: Document, *, url: str | None, agencies: tuple[AgencyName, ...]) -> ParsedFeed:
    """The document's entries; `url` is where it came from on the network, None for a local one.

    Raises NotAFeed or UnreadableDocument, whose message says what the document is instead.
    """
    if url is None and document.key.lower().endswith(_WIRE):
        return parse_wire(document, agencies)
    if url is None and not document.key.lower().endswith(_FEED):
        raise UnreadableDocument(f"not a kind of document that is read (it is one of {' '.join(_WIRE + _FEED)})")
    return parse_feed(document, url)


__all__ = ["parse"]
