"""A document as received -> `ParsedFeed`; a file per family."""

import re
from collections.abc import Callable
from dataclasses import replace

from aggregator.errors import UnreadableDocument
from aggregator.html import MAX_HTML
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.model.source import AgencyName
from aggregator.parse.bounds import fit
from aggregator.parse.documents import is_newsml, parse_mail, parse_newsml, parse_ninjs, parse_page
from aggregator.parse.feeds import MOST_NEW, ManyNew, parse_feed
from aggregator.parse.json_feed import is_json, parse_json_feed
from aggregator.parse.sitemap import inflated, is_gzip, is_sitemap, parse_sitemap
from aggregator.parse.wire import parse_wire

_WIRE = (".txt", ".md")
_PAGE = (".html", ".htm", ".xhtml")
_MAIL = (".eml",)
_FEED = (".xml", ".rss", ".atom", ".json")
_READ = (*_WIRE, *_PAGE, *_MAIL, *_FEED)
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org', re.IGNORECASE)

_Local = Callable[[Document, tuple[AgencyName, ...]], ParsedFeed]


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
    local = _parser_of(document) if url is None else None
    if local:
        return _within_bounds(local(document, agencies))
    return _parse_by_content(document, url, known, at_most_new)


def _parser_of(document: Document) -> _Local | None:
    """What reads a local document, by its name and, where two kinds share one, by how it begins; None for a feed.

    Raises UnreadableDocument.
    """
    name = document.key.lower()
    if not name.endswith(_READ):
        raise UnreadableDocument(f"not a kind of document that is read (it is one of {' '.join(_READ)})")
    if name.endswith(_WIRE):
        return _parse_beginning
    if name.endswith(_PAGE):
        return parse_page
    if name.endswith(_MAIL):
        return parse_mail
    if name.endswith(".json"):
        return None if _JSON_FEED.search(document.body) else parse_ninjs
    return parse_newsml if is_newsml(document.body) else None


def _parse_beginning(document: Document, agencies: tuple[AgencyName, ...]) -> ParsedFeed:
    return parse_wire(_beginning(document), agencies)


def _parse_by_content(
    document: Document, url: str | None, known: frozenset[bytes], at_most_new: int | None
) -> ParsedFeed:
    """What begins as JSON or as a sitemap is read as one, all else as a feed: media types and names lie."""
    if at_most_new is not None and _is_read_whole(document):
        raise ManyNew
    if is_gzip(document.body):
        document = replace(document, body=inflated(document.body))
    if is_json(document.body):
        return parse_json_feed(document, url, known, at_most_new)
    if is_sitemap(document.body):
        return parse_sitemap(document, url, known, at_most_new)
    return parse_feed(document, url, known, at_most_new)


def _is_read_whole(document: Document) -> bool:
    """What is unpacked, or loaded before its items are told apart, costs by all that it holds; what is small costs little."""
    body = document.body
    return is_gzip(body) or (len(body) > MOST_NEW and (is_json(body) or is_sitemap(body)))


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


__all__ = ["MOST_NEW", "ManyNew", "is_gzip", "parse"]
