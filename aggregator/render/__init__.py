"""Ledger rows -> bytes of Atom, RSS and JSON Feed: equal input, equal bytes. A fragment an entry, a document of fragments."""

from aggregator.render.atom import Added, SeenEntry, head_size, render_document, seen_entries, with_added
from aggregator.render.change import render_change
from aggregator.render.entry import AlsoIn, Printed, render_entry
from aggregator.render.fragment import without_extensions
from aggregator.render.json_topic import render_json
from aggregator.render.namespaces import AGG, ATOM
from aggregator.render.notice import render_notice
from aggregator.render.rights import Shown, shown
from aggregator.render.rss import render_rss

__all__ = [
    "AGG",
    "ATOM",
    "Added",
    "AlsoIn",
    "Printed",
    "SeenEntry",
    "Shown",
    "head_size",
    "render_change",
    "render_document",
    "render_entry",
    "render_json",
    "render_notice",
    "render_rss",
    "seen_entries",
    "shown",
    "with_added",
    "without_extensions",
]
