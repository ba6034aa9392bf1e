"""Names of the vocabularies that stand in what we publish."""

from aggregator.model.namespace import AGG

__all__ = ["AGG", "ATOM", "CONTENT", "DC", "HISTORY", "MEDIA", "TOMBSTONES", "XML"]

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML = "http://www.w3.org/XML/1998/namespace"
