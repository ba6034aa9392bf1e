"""What is told of a source's health -> the `<entry>` of an Atom document as bytes."""

from html import escape

from feedgen.entry import FeedEntry
from lxml import etree

from aggregator.model.health import Notice
from aggregator.render.plain import declare, label, shown_text


def render_notice(notice: Notice) -> bytes:
    """The entry, as `render_entry` makes them: without a namespace declaration for Atom, equal bytes for an equal notice."""
    entry = FeedEntry()
    entry.id(notice.entry_id)
    entry.title(shown_text(notice.title))
    entry.published(notice.published_at.replace(microsecond=0))
    entry.updated(notice.updated_at.replace(microsecond=0))
    entry.author({"name": label(notice.author)})
    entry.link(rel="alternate", type="text/html", href=notice.link)
    entry.category({"term": notice.kind.value})
    entry.content("".join(f"<p>{escape(shown_text(line), quote=False)}</p>" for line in notice.lines), type="html")
    element = entry.atom_entry()
    for name in ("updated", "published"):
        for child in element.findall(name):
            child.text = (child.text or "").replace("+00:00", "Z")
    declare(element)
    return bytes(etree.tostring(element, encoding="utf-8"))
