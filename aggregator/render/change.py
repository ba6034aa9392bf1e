"""What an edit changed -> an entry of its own, for those whose readers hide updates; the article's rights bound it (rules R21)."""

from collections.abc import Iterable
from dataclasses import replace
from html import escape

from aggregator.model.article import Article
from aggregator.model.story import NoteKind, Passage, PassageKind, Revision
from aggregator.render.entry import Printed, render_entry

_MOST_CHARACTERS = 600
_NAMED = {
    NoteKind.CORRECTION: "Correction",
    NoteKind.RECALL: "Recalled",
    NoteKind.KILL: "Withdrawn",
    NoteKind.WRITES_THROUGH: "Written anew",
}
_MARKS = {PassageKind.SAME: "{}", PassageKind.REMOVED: "<del>{}</del>", PassageKind.ADDED: "<ins>{}</ins>"}
_PLAIN = {PassageKind.SAME: "{}", PassageKind.REMOVED: "[-{}-]", PassageKind.ADDED: "{{+{}+}}"}


def render_change(article: Article, printed: Printed, change: Revision) -> bytes:
    """The entry. It shows the difference in place of the text, and no picture: of a text that may be shown as an excerpt
    only, as plain text up to 600 characters; of one of which only the headline may, nothing but that.
    """
    name = _NAMED[change.note.kind] if change.note else "Changed"
    plain = "\n".join(filter(None, (_as_text(change.headline), _as_text(change.body))))
    html = "".join(f"<p>{line}</p>" for line in map(_as_html, (change.headline, change.body)) if line)
    shown = replace(
        article,
        headline=f"{name}: {article.headline}",
        standfirst=None,
        summary_text=plain if len(plain) <= _MOST_CHARACTERS else f"{plain[: _MOST_CHARACTERS - 1]}…",
        body_html=html or None,
        body_text=plain,
        dateline=None,
        media=(),
    )
    return render_entry(shown, printed)


def _as_html(passages: Iterable[Passage]) -> str:
    return " ".join(_MARKS[one.kind].format(escape(one.text)) for one in passages)


def _as_text(passages: Iterable[Passage]) -> str:
    return " ".join(_PLAIN[one.kind].format(one.text) for one in passages)
