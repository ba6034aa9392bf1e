"""An article before and after an edit -> what the edit changed, whether it matters, and a difference to read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from aggregator.dedup.alignment import Alignment, Words, align, words_of
from aggregator.dedup.differences import differences
from aggregator.dedup.wording import COMMON, DAYS
from aggregator.model.article import Article
from aggregator.model.story import ChangeKind, EditorNote, NoteKind, Passage, PassageKind, Revision
from aggregator.text import folded

_PASSAGE = 8
"""Words from which what is put in or taken out is a passage."""
_AROUND = 6
_MAX_WORDS = 4000
_HEAD = 400
_OTHER = "…"


class _Pattern(NamedTuple):
    kind: NoteKind
    expression: re.Pattern[str]


def _label(*labels: str) -> re.Pattern[str]:
    """Words at the beginning or the end of a headline or a line, set off from it: "CORRECTED-", "(RECTIFICATIF)"."""
    either = "|".join(labels)
    return re.compile(rf"^\W{{0,3}}(?:{either})\s*(?:[:/–—)\]-]|$)|[(\[](?:{either})[)\]]\s*$", re.MULTILINE)


# Labels stand in capitals, or with a colon in Arabic, which has none: "Kill" and "Correction" are words of headlines, too.
_LABELS = (
    _Pattern(
        NoteKind.KILL,
        _label(
            r"(?:BULLETIN|MANDATORY|ADVISORY|STORY|PHOTO)\s+KILL", r"KILL", r"(?:STORY )?(?:WITHDRAWN|WITHDRAWAL)", r"RETRACTION", r"RETRACTED",
            r"ANNULATION", r"DÉPÊCHE ANNULÉE", r"ANNULLAMENTO", r"ANNULLATA?", r"АННУЛИРУЕТСЯ", r"АННУЛИРОВАНО", r"СНЯТО С ЛЕНТЫ", r"إلغاء(?: خبر| الخبر)?", r"سحب(?: خبر| الخبر)",
        ),
    ),
    _Pattern(NoteKind.WRITES_THROUGH, _label(r"(?:\d(?:st|nd|rd|th) )?(?:L[Dd]-?)?\s?(?:WRITE-?THRU|Writethru|WRITETHROUGH)", r"WRITES? THROUGH", r"ANNULE ET REMPLACE", r"ANNULLA E SOSTITUISCE", r"ВЗАМЕН ПЕРЕДАННОГО(?: РАНЕЕ)?", r"يلغي ويحل محل")),
    _Pattern(
        NoteKind.CORRECTION,
        _label(
            r"CORRECT(?:ION|ED|S)(?:[ -](?:OFFICIAL|REFILE|\(OFFICIAL\)))?", r"REFILE", r"CLARIFICATION", r"RECTIFICATIF", r"ERRATUM", r"CORRIGÉ", r"RETTIFICA", r"ERRATA CORRIGE",
            r"ИСПРАВЛЕНИЕ", r"ИСПРАВЛЕННАЯ ВЕРСИЯ", r"ПОВТОР С ИСПРАВЛЕНИЕМ", r"ПОПРАВКА", r"УТОЧНЕНИЕ", r"تصحيح", r"تصويب",
        ),
    ),
)  # fmt: skip
# A recall of cars is news, and so is a journal that withdraws an article: the note says of this text, or of our own, that
# it is not to be used.
_RECALL = re.compile(
    r"\b(?:we|the agency|Reuters|AFP|AP|TASS|dpa|ANSA|EFE|Xinhua)\b (?:(?:is|are|has|have|hereby) )?(?:recall|withdr[ae]w)\w*\b[^.\n]{0,40}\b(?:story|item|report|dispatch|headline|alert|brief)\b"
    r"|^(?:this|our|the (?:above|preceding|previous|earlier)) (?:story|item|report|dispatch|article|alert)\b[^.\n]{0,40}\b(?:recalled|withdrawn)\b"
    r"|\b(?:please )?(?:disregard|do not use) (?:the|this|our) (?:above |preceding |previous |earlier )?(?:story|item|report|dispatch|headline|article|alert)\b"
    r"|^(?:la|cette|notre) dépêche\b[^.\n]{0,40}\b(?:est|a été) (?:annulée|retirée)\b|\bveuillez ne pas (?:utiliser|tenir compte de) (?:la|cette|notre) (?:dépêche|information)\b"
    r"|^(?:la|questa|nostra) notizia\b[^.\n]{0,40}\b(?:è stata|va) (?:annullata|ritirata|considerata nulla)\b|\bsi prega di non (?:utilizzare|tenere conto del)la notizia\b"
    r"|^(?:сообщение|новость|материал)\b[^.\n]{0,40}\b(?:аннулирован|отозван)[оаы]?\b|\bпросьба не использовать (?:сообщение|новость|материал)\b"
    r"|(?:يرجى|نرجو) عدم (?:استخدام|نشر|اعتماد) (?:الخبر|التقرير)|(?:سحبت|تسحب|ألغت) الوكالة[^.\n]{0,40}(?:الخبر|خبرها|التقرير)",
    re.IGNORECASE | re.MULTILINE,
)
# What an outlet writes below or above what it has put right.
_CORRECTED = re.compile(
    r"\b(?:correction|clarification|editor'?s'? note|erratum)\s*[:–—]"
    r"|\b(?:an? )?(?:earlier|previous) versions? of this (?:article|story|report|headline)\b|\bthis (?:article|story|report|headline) (?:has been|was) (?:corrected|amended|updated to correct)\b"
    r"|\b(?:corrects?|corrected|correcting) (?:the )?(?:spelling|name|figure|number|date|day|title|headline|typo|attribution|paragraph|first|second|third)\b|\bwe (?:retract|have retracted)\b"
    r"|\b(?:rectificatif|correction|mise au point)\s*:|\bune version (?:précédente|antérieure) de cet article\b|\bcet article a été (?:corrigé|rectifié|modifié)\b"
    r"|\b(?:rettifica|errata corrige|precisazione)\s*:|\buna versione precedente di questo articolo\b|\b(?:l'|questo )articolo è stato (?:corretto|rettificato)\b"
    r"|\b(?:исправление|поправка|уточнение|опровержение)\s*:|\bв (?:предыдущей|первоначальной|более ранней) версии (?:этого |данного )?(?:материала|статьи|новости|текста)\b|\b(?:в текст|в материал|в новость) внесен[оаы]? (?:исправлени|поправк|уточнени)\w+|\bредакция приносит извинения\b"
    r"|(?:تصحيح|تصويب|توضيح|تنويه)\s*:|(?:نسخة|صيغة) سابقة من (?:هذا|هذه) (?:الخبر|المقال|التقرير|القصة)|تم تصحيح (?:الخبر|هذا الخبر|المقال|التقرير)|نعتذر عن الخطأ",
    re.IGNORECASE,
)


def note_of(headline: str, body: str) -> EditorNote | None:
    """The note that a text bears, the gravest first: withdrawn, recalled, written through, corrected."""
    head = f"{headline}\n{body[:_HEAD]}"
    for kind, expression in _LABELS[:1]:
        found = expression.search(head)
        if found:
            return _note(kind, found)
    recalled = _RECALL.search(head)
    if recalled:
        return _note(NoteKind.RECALL, recalled)
    for kind, expression in _LABELS[1:]:
        found = expression.search(head)
        if found:
            return _note(kind, found)
    corrected = _CORRECTED.search(f"{headline}\n{body}")
    return _note(NoteKind.CORRECTION, corrected) if corrected else None


def _note(kind: NoteKind, found: re.Match[str]) -> EditorNote:
    return EditorNote(kind=kind, quote=" ".join(found[0].split()))


def revise(before: Article, after: Article) -> Revision:
    """What changed from the one text to the other."""
    old, new = words_of(_text(before)), words_of(_text(after))
    old_headline, new_headline = words_of(before.headline), words_of(after.headline)
    alignment = align(old.folded, new.folded)
    facts, headlines = differences(old, new), differences(old_headline, new_headline)
    note = note_of(after.headline, after.body_text)
    if note is not None and note == note_of(before.headline, before.body_text):
        note = None
    numbers = _both(facts.numbers, headlines.numbers)
    names = _both(facts.names, headlines.names)
    negations = _both(facts.negations, headlines.negations)
    found = {
        ChangeKind.HEADLINE: old_headline.folded != new_headline.folded,
        ChangeKind.NUMBERS: bool(numbers),
        ChangeKind.NAMES: bool(names),
        ChangeKind.NEGATION: bool(negations),
        ChangeKind.NOTE: note is not None,
        ChangeKind.ADDED: any(_tells(passage, old) for passage in _passages(alignment, new, is_added=True)),
        ChangeKind.REMOVED: any(True for _ in _passages(alignment, old, is_added=False)),
    }
    kinds = tuple(kind for kind, is_so in found.items() if is_so)
    if not kinds and old.folded != new.folded:
        kinds = (ChangeKind.WORDING,)
    return Revision(
        kinds=kinds,
        numbers=numbers,
        names=names,
        negations=negations,
        note=note,
        headline=difference(before.headline, after.headline),
        body=difference(_text(before), _text(after)),
    )


def _text(article: Article) -> str:
    """The text that is compared; of a headline with a summary the summary."""
    return article.body_text or article.summary_text or article.standfirst or ""


def _both(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _passages(alignment: Alignment, words: Words, *, is_added: bool) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Long runs of words that the other text has nothing in place of: folded and printed."""
    for gap in alignment.gaps:
        here, there = (gap.other, gap.one) if is_added else (gap.one, gap.other)
        length, instead = here.stop - here.start, there.stop - there.start
        if length - instead >= _PASSAGE:
            yield words.folded[here], words.printed[here]


def _tells(passage: tuple[Sequence[str], Sequence[str]], old: Words) -> bool:
    """Whether a passage holds a number or a name that the text had not: more than two, or a word at the beginning of a
    sentence would do.
    """
    known = frozenset(old.folded)
    new = [(word, printed) for word, printed in zip(*passage, strict=True) if word not in known]
    if any(word.isdigit() for word, _ in new):
        return True
    names = {word for word, printed in new[1:] if printed[0].isupper() and word not in DAYS and word not in COMMON}
    return len(names) > 1


def difference(before: str, after: str) -> tuple[Passage, ...]:
    """What was taken out and put in, word by word as printed, with a few words around it; nothing where nothing was."""
    old, new = before.split()[:_MAX_WORDS], after.split()[:_MAX_WORDS]
    alignment = align([folded(word) or word for word in old], [folded(word) or word for word in new])
    if not alignment.gaps:
        return ()
    passages: list[Passage] = []
    at = 0
    for gap in alignment.gaps:
        passages += _kept(old[at : gap.one.start], is_first=at == 0 and not passages, is_last=False)
        passages += _words(PassageKind.REMOVED, old[gap.one])
        passages += _words(PassageKind.ADDED, new[gap.other])
        at = gap.one.stop
    passages += _kept(old[at:], is_first=False, is_last=True)
    return tuple(passages)


def _words(kind: PassageKind, words: Sequence[str]) -> Iterator[Passage]:
    if words:
        yield Passage(kind=kind, text=" ".join(words))


def _kept(words: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Passage]:
    """What stayed, as far as it stands next to what did not."""
    begin, end = ([] if is_first else words[:_AROUND]), ([] if is_last else words[-_AROUND:])
    if len(words) <= len(begin) + len(end):
        yield from _words(PassageKind.SAME, words)
    else:
        yield Passage(kind=PassageKind.SAME, text=" ".join((*begin, _OTHER, *end)))


def readable(passages: Iterable[Passage]) -> str:
    """The difference on one line: "the toll rose to [-27-] {+55+} on Tuesday"."""
    marks = {PassageKind.SAME: "{}", PassageKind.REMOVED: "[-{}-]", PassageKind.ADDED: "{{+{}+}}"}
    return " ".join(marks[passage.kind].format(passage.text) for passage in passages)
