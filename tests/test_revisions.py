"""Revisions: what an edit changed, whether it matters, which notes are notes, and the difference as a person reads it."""

from dataclasses import dataclass

import pytest

from aggregator.dedup.revisions import difference, note_of, readable, revise
from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.story import ChangeKind, NoteKind

BODY = (
    "The harbour office said on Tuesday that 27 people were taken from the ferry after it ran aground. "
    "Captain Omar Selim told reporters that the ship had carried cement and that nobody was hurt."
)


def article(body: str = BODY, headline: str = "Ferry runs aground off the harbour") -> Article:
    return Article(
        headline=headline,
        body_text=body,
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="outlet", name="Outlet"),
        rights=Rights(republish=Republish.FULL),
        origin=OriginSource(title="Outlet"),
    )


@dataclass(frozen=True)
class Case:
    why: str
    after: Article
    kinds: tuple[ChangeKind, ...]
    is_material: bool


CASES = (
    Case("nothing", article(), (), False),
    Case("layout and case only", article(BODY.replace(". ", ".\n\n").replace("The harbour", "THE HARBOUR")), (), False),
    Case("another word", article(BODY.replace("ran aground", "got stuck")), (ChangeKind.WORDING,), False),
    Case("a number", article(BODY.replace("27", "31")), (ChangeKind.NUMBERS,), True),
    Case("a day", article(BODY.replace("Tuesday", "Monday")), (ChangeKind.NUMBERS,), True),
    Case("a name", article(BODY.replace("Omar Selim", "Walid Kamal")), (ChangeKind.NAMES,), True),
    Case("a denial", article(BODY.replace("had carried", "had not carried")), (ChangeKind.NEGATION,), True),
    Case("the headline", article(headline="Ferry freed off the harbour"), (ChangeKind.HEADLINE,), True),
    Case("a comma in the headline", article(headline="Ferry runs aground, off the harbour"), (), False),
    Case(
        "a passage with new facts",
        article(BODY + " A tug from Valletta is to pull the ship free on Friday with 9 divers of Medsea Salvage."),
        (ChangeKind.ADDED,),
        True,
    ),
    Case(
        "a passage without any",
        article(BODY + " Passengers waited on the quay for hours and were later brought to a hotel nearby by bus."),
        (ChangeKind.WORDING,),
        False,
    ),
    Case("a passage less", article(BODY.split(". ", maxsplit=1)[0] + "."), (ChangeKind.REMOVED,), True),
    Case(
        "a correction below",
        article(BODY + "\nCorrection: wrong name."),
        (ChangeKind.NOTE,),
        True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_what_an_edit_changed(case: Case) -> None:
    found = revise(article(), case.after)
    assert found.kinds == case.kinds
    assert found.is_material == case.is_material


def test_changed_facts_are_named() -> None:
    after = article(
        BODY.replace("27", "31").replace("Omar Selim", "Walid Kamal").replace("had carried", "had not carried")
    )
    found = revise(article(), after)
    assert found.numbers == ("27 / 31",)
    assert found.names == ("omar selim / walid kamal",)
    assert found.negations == ("- / not",)


def test_a_note_that_stood_there_before_is_no_change() -> None:
    noted = article(BODY + "\nCorrection: wrong name.")
    assert revise(noted, noted).kinds == ()
    assert revise(noted, noted).note is None


NOTES = (
    ("CORRECTED-Ferry runs aground", "", NoteKind.CORRECTION),
    ("Ferry runs aground (CORRECTED)", "", NoteKind.CORRECTION),
    ("REFILE-Ferry runs aground", "", NoteKind.CORRECTION),
    ("RECTIFICATIF - Le ferry échoué", "", NoteKind.CORRECTION),
    ("RETTIFICA: traghetto incagliato", "", NoteKind.CORRECTION),
    ("ИСПРАВЛЕНИЕ: паром сел на мель", "", NoteKind.CORRECTION),
    ("تصحيح: جنوح عبارة قرب الميناء", "", NoteKind.CORRECTION),
    ("Ferry runs aground", "An earlier version of this story gave a wrong port.", NoteKind.CORRECTION),
    ("Le ferry", "Cet article a été corrigé mardi.", NoteKind.CORRECTION),
    ("Il traghetto", "Una versione precedente di questo articolo indicava un altro porto.", NoteKind.CORRECTION),
    ("Паром", "В предыдущей версии материала порт был назван неверно.", NoteKind.CORRECTION),
    ("العبارة", "تم تصحيح الخبر بعد النشر.", NoteKind.CORRECTION),
    ("WRITETHRU: ferry runs aground", "", NoteKind.WRITES_THROUGH),
    ("Ferry runs aground", "2nd Ld-Writethru\nThe harbour office said", NoteKind.WRITES_THROUGH),
    ("ANNULE ET REMPLACE : le ferry", "", NoteKind.WRITES_THROUGH),
    ("ANNULLA E SOSTITUISCE: traghetto", "", NoteKind.WRITES_THROUGH),
    ("RECALL", "Please disregard our earlier item on the ferry; a new story follows.", NoteKind.RECALL),
    ("Ferry", "The agency is recalling the story on the ferry.", NoteKind.RECALL),
    ("Паром", "Сообщение о пароме аннулировано.", NoteKind.RECALL),
    ("Le ferry", "La dépêche sur le ferry est annulée.", NoteKind.RECALL),
    ("Traghetto", "La notizia sul traghetto è stata annullata.", NoteKind.RECALL),
    ("عبارة", "يرجى عدم استخدام الخبر السابق.", NoteKind.RECALL),
    ("MANDATORY KILL: ferry", "", NoteKind.KILL),
    ("WITHDRAWN: ferry runs aground", "", NoteKind.KILL),
    ("АННУЛИРУЕТСЯ: паром", "", NoteKind.KILL),
)


@pytest.mark.parametrize(("headline", "body", "kind"), NOTES)
def test_notes_are_recognised(headline: str, body: str, kind: NoteKind) -> None:
    found = note_of(headline, body)
    assert found is not None
    assert found.kind is kind
    assert found.quote in " ".join(f"{headline} {body}".split())


NO_NOTES = (
    ("Kill Bill returns to the screen", "", "a film"),
    ("Toyota recalls 40,000 cars over brakes", "The maker will recall cars of two years.", "a recall of cars"),
    ("RECALL: carmaker calls back 40,000 vans", "The brakes may fail.", "a recall of vans in capitals"),
    ("Correction officers strike in three states", "", "prison staff"),
    ("Stocks head for a correction", "Analysts see a correction of ten per cent.", "a market"),
    (
        "Brigade answers the casino",
        "The owners ask the brigade to withdraw its report on the fire.",
        "another's report",
    ),
    ("Journal withdraws study", "The article has been withdrawn by its authors.", "a study"),
    ("Army withdraws from the town", "The withdrawal began at dawn.", "an army"),
    ("Two killed on coast road", "", "deaths"),
)


@pytest.mark.parametrize(("headline", "body", "why"), NO_NOTES, ids=[case[2] for case in NO_NOTES])
def test_words_of_the_news_are_no_notes(headline: str, body: str, why: str) -> None:
    assert note_of(headline, body) is None


@pytest.mark.parametrize(
    ("kind", "withdraws"),
    [(NoteKind.KILL, True), (NoteKind.RECALL, True), (NoteKind.CORRECTION, False), (NoteKind.WRITES_THROUGH, False)],
)
def test_which_notes_withdraw(kind: NoteKind, withdraws: bool) -> None:
    assert kind.withdraws is withdraws


DIFFERENCES = (
    (
        "The toll rose to 27 on Tuesday.",
        "The toll rose to 31 on Tuesday.",
        "The toll rose to [-27-] {+31+} on Tuesday.",
    ),
    ("All is quiet.", "All is quiet.", ""),
    ("All is quiet.", "All is QUIET", ""),
    ("", "A new text.", "{+A new text.+}"),
    ("An old text.", "", "[-An old text.-]"),
    (
        "one two three four five six seven eight nine ten",
        "one two three four five six seven eight nine zero",
        "… four five six seven eight nine [-ten-] {+zero+}",
    ),
)


@pytest.mark.parametrize(("before", "after", "shown"), DIFFERENCES)
def test_a_difference_is_readable(before: str, after: str, shown: str) -> None:
    assert readable(difference(before, after)) == shown
