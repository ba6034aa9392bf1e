"""A feed's head and its entries' fragments -> an Atom 1.0 document (RFC 4287)."""

from datetime import datetime

from feedgen.feed import FeedGenerator

from aggregator.html import printable
from aggregator.model.ledger import TopicFeed

ATOM = "http://www.w3.org/2005/Atom"
AGG = "urn:uuid:0f8a4a55-6f0c-4d5e-9f64-0a3c5b7d2e91"
"""The namespace of our own elements; documented in docs/atom.md, never changed (rules R34)."""


def instant(value: datetime) -> str:
    """RFC 3339 in UTC with `Z`, whole seconds."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def render_document(feed: TopicFeed) -> bytes:
    """The whole document. The head comes from feedgen, the entries are the stored fragments, byte for byte."""
    head = feed.head
    generator = FeedGenerator()
    generator.id(head.feed_id)
    generator.title(printable(head.title))
    generator.updated(head.updated_at.replace(microsecond=0))
    if head.subtitle:
        generator.subtitle(printable(head.subtitle))
    generator.author({"name": printable(head.author)})
    generator.link(rel="self", type="application/atom+xml", href=head.self_url)
    generator.link(rel="alternate", type="text/html", href=head.alternate_url)
    generator.language(head.language)
    generator.generator("aggregator")
    document: bytes = generator.atom_str()
    opened, closing, _ = document.rpartition(b"</feed>")
    updated = instant(head.updated_at)
    opened = opened.replace(f"<updated>{updated[:-1]}+00:00<".encode(), f"<updated>{updated}<".encode())
    return b"".join((opened, *(b"\n" + fragment for fragment in feed.fragments), b"\n", closing, b"\n"))
