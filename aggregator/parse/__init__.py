"""A document as received -> `ParsedFeed`; a file per family."""

from dataclasses import replace

from aggregator.errors import UnreadableDocument
from aggregator.html import MAX_HTML
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.model.source import AgencyName
from aggregator.parse.bounds import fit
from aggregator.parse.feeds import ManyNew, parse_feed
from aggregator.parse.wire import parse_wire

_WIRE = (".txt", ".md")
_FEED = (".xml", ".rss", ".atom")


def parse(
    document: Document,
    *,
    url: str | None,
    agencies: tuple[AgencyName, ...],
    known: frozenset[bytes] = frozenset(),
    at_most_new: int | None = None,
) -> ParsedFeed:
    """The document's entries; `url` is where it came from on the network, None for a local one.

    Items of a feed whose digest is known are left out where that is safe, and named in `left_out`. Raises ManyNew where more
    than `at_most_new` would be left.
    Raises NotAFeed or UnreadableDocument, whose message says what the document is instead.
    """
    if url is None and document.key.lower().endswith(_WIRE):
        return _within_bounds(parse_wire(_beginning(document), agencies))
    if url is None and not document.key.lower().endswith(_FEED):
        raise UnreadableDocument(f"not a kind of document that is read (it is one of {' '.join(_WIRE + _FEED)})")
    return parse_feed(document, url, known, at_most_new)


def _beginning(document: Document) -> Document:
    """Enough of a text for all that is read of it, whatever its charset; cut before a character of UTF-8, not inside."""
    body, end = document.body, 4 * MAX_HTML
    if len(body) <= end:
        return document
    while body[end] & 0xC0 == 0x80 and end > 4 * MAX_HTML - 4:
        end -= 1
    return replace(document, body=body[:end])


def _within_bounds(parsed: ParsedFeed) -> ParsedFeed:
    entries, too_long = fit(parsed.entries)
    return replace(parsed, entries=entries, defects=(*parsed.defects, *too_long)) if too_long else parsed


__all__ = ["ManyNew", "parse"]
