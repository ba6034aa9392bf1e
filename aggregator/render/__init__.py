"""Ledger rows -> bytes of Atom: equal input, equal bytes. A fragment an entry, a document of fragments."""

from aggregator.render.atom import AGG, ATOM, SeenEntry, render_document, seen_entries
from aggregator.render.entry import AlsoIn, Printed, render_entry
from aggregator.render.notice import render_notice
from aggregator.render.rights import Shown, shown

__all__ = [
    "AGG",
    "ATOM",
    "AlsoIn",
    "Printed",
    "SeenEntry",
    "Shown",
    "render_document",
    "render_entry",
    "render_notice",
    "seen_entries",
    "shown",
]
