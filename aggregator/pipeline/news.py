"""What an article adds to its story, or an edit to its text -> the words that its own entry tells it in; None for nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from aggregator.dedup.origin import Contribution, independent
from aggregator.dedup.revisions import note_of
from aggregator.dedup.stories import developments
from aggregator.model.article import StoredArticle
from aggregator.model.copies import CopyRelation
from aggregator.model.story import ChangeKind, EditorNote, Report, Revision, StoryRelation
from aggregator.storage import Batch

_SAYS_OTHERS = frozenset({ChangeKind.NUMBERS, ChangeKind.NAMES, ChangeKind.NEGATION, ChangeKind.NOTE})
_RETOLD = (StoryRelation.IDENTICAL, StoryRelation.COPY, StoryRelation.EXCERPT, StoryRelation.TRANSLATION)
_MOST_COMPARED = 48
_MOST_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`follows`: uri of the article whose entry tells what was known."""

    follows: str
    words: str


def news(batch: Batch, stored: StoredArticle, first: str) -> News | None:
    """What the article adds to its story, which the entry of the article `first` tells."""
    members = {one.uri: one for one in batch.stories.memberships(stored.uri)}
    own = members.get(stored.uri)
    if own is None or own.relation in _RETOLD:
        return None
    others = [uri for uri in members if uri != stored.uri][-_MOST_COMPARED:]
    texts = batch.stories.texts([*others, stored.uri])
    text = texts.pop(stored.uri)
    told = batch.stories.reports(own.story)
    new = developments(
        text,
        tuple(texts.values()),
        independent_before=_originators(one for one in told if one.uri != stored.uri),
        independent_after=_originators(told),
    )
    note = note_of(stored.article.headline, stored.article.body_text)
    if note and note.kind.withdraws:
        new = (_note_in_words(note), *new)
    return News(follows=first, words=_shortened("; ".join(new))) if new else None


def corrected(batch: Batch, stored: StoredArticle) -> News | None:
    """The note by which a report of its own corrects or withdraws an earlier one by the same originator."""
    note = note_of(stored.article.headline, stored.article.body_text)
    earlier = _earlier(batch, stored.uri) if note else None
    return News(follows=earlier, words=_shortened(_note_in_words(note))) if note and earlier else None


def is_development(change: Revision) -> bool:
    """Whether an edit says something new of the event: more than a passage put in or taken out, or another headline."""
    return any(kind in _SAYS_OTHERS for kind in change.kinds)


def edit_in_words(change: Revision) -> str:
    """What an edit changed, in one line."""
    parts = [_note_in_words(change.note)] if change.note else []
    named = {"numbers": change.numbers, "names": change.names, "denials": change.negations}
    parts += [f"{name} {', '.join(values)}" for name, values in named.items() if values]
    parts += [_KINDS[kind] for kind in change.kinds if kind in _KINDS]
    return _shortened("; ".join(parts))


_KINDS = {
    ChangeKind.HEADLINE: "another headline",
    ChangeKind.ADDED: "a passage put in",
    ChangeKind.REMOVED: "a passage taken out",
    ChangeKind.WORDING: "other words",
}


def _earlier(batch: Batch, uri: str) -> str | None:
    """The newest report before it by the same originator, or of which it is a later version."""
    for pair in batch.copies.pairs_of([uri]):
        if pair.verdict.relation is not CopyRelation.DIFFERENT:
            return pair.other if pair.one == uri else pair.one
    members = {one.uri: one for one in batch.stories.memberships(uri)}
    if uri not in members or members[uri].relation is not StoryRelation.UPDATE:
        return None
    texts = batch.stories.texts(sorted(members))
    own = texts.pop(uri)
    same = [one.uri for one in texts.values() if one.originator == own.originator or one.source_id == own.source_id]
    return same[-1] if same else None


def _originators(reports: Iterable[Report]) -> int:
    return independent(Contribution(group=one.group, agency=one.agency) for one in reports)


def _note_in_words(note: EditorNote) -> str:
    return f"{note.kind.value}: “{note.quote}”"


def _shortened(words: str) -> str:
    return words if len(words) <= _MOST_CHARACTERS else f"{words[: _MOST_CHARACTERS - 1]}…"
