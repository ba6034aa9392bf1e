"""Whose text it is: marks of an agency, how sure they make, and how many originators there are."""

import pytest

from aggregator.dedup.origin import Contribution, independent, originator
from aggregator.model.article import Agency, Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource, Person
from aggregator.model.source import AgencyName, Republish

AGENCIES = (
    AgencyName(id="tass", name="TASS", forms=("ITAR-TASS", "ТАСС")),
    AgencyName(id="reuters", name="Reuters", forms=("Thomson Reuters", "Рейтер", "رويترز")),
    AgencyName(id="ap", name="AP", forms=("Associated Press", "The Associated Press")),
    AgencyName(id="afp", name="AFP", forms=("Agence France-Presse",)),
    AgencyName(id="nova", name="Agenzia Nova", forms=("Nova",)),
    AgencyName(id="ansa", name="ANSA", forms=()),
)
BODY = "The port was closed on Monday after two ships touched in fog.\n\nNobody was hurt, the authority said."
DATELINE = Agency(id="tass", name="TASS", raw="TASS")


def article(
    body: str = BODY,
    *,
    agency: Agency | None = None,
    by: tuple[str, ...] = (),
    credit: str | None = None,
    publisher: str = "Harbour News",
) -> Article:
    return Article(
        headline="Port closed",
        body_text=body,
        completeness=Completeness.FULL,
        agency=agency,
        by=tuple(Person(name=name) for name in by),
        credit_line=credit,
        publisher=Publisher(source_id="harbour", name=publisher),
        rights=Rights(republish=Republish.EXCERPT),
        origin=OriginSource(id="urn:harbour", title="Harbour News"),
    )


@pytest.mark.parametrize(
    ("given", "agency", "why"),
    [
        (article(agency=DATELINE), "tass", "the dateline names it"),
        (article(by=("Reuters",)), "reuters", "the byline is its name"),
        (article(by=("By The Associated Press",)), "ap", "with the words around it"),
        (article(by=("Reuters Staff",)), "reuters", "its staff"),
        (article(by=("Jane Roe, Associated Press",)), "ap", "a writer of its own"),
        (article(by=("AFP News Agency",)), "afp", "called what it is"),
        (article(credit="Reuters"), "reuters", "the credit line"),
        (article(f"{BODY}\n\n© 2026 The Associated Press. All rights reserved."), "ap", "copyright"),
        (article(f"{BODY}\n\nCopyright 2026 AFP"), "afp", "copyright in words"),
        (article(f"{BODY} (ANSA)."), "ansa", "signed in brackets"),
        (article(f"{BODY}\n\nAFP"), "afp", "signed in a line of its own"),
        (article(f"{BODY}\n\nИсточник: ТАСС"), "tass", "a source line in Russian"),
        (article(f"{BODY}\n\nالمصدر: رويترز"), "reuters", "a source line in Arabic"),
        (
            article(f"{BODY} (Reporting by Jane Roe in Tarbona; Editing by John Doe)"),
            "reuters",
            "only one agency signs so",
        ),
        (article(publisher="ITAR-TASS"), "tass", "its own feed"),
        (article(), None, "no mark"),
        (article(f"Interfax and TASS report that the port was closed. {BODY}"), None, "who is cited did not write"),
        (article(by=("Nova",)), None, "a person's name"),
        (article(by=("NOVA",)), "nova", "an agency's short name stands in capitals"),
        (article(f"{BODY} She spoke to the Associated Press (AP) and left."), None, "named within the text"),
    ],
)
def test_the_originator_is_found_by_its_marks(given: Article, agency: str | None, why: str) -> None:
    found = originator(given, AGENCIES)
    assert (found.agency.id if found else None) == agency, why


def test_a_declared_agency_is_certain() -> None:
    found = originator(article(agency=Agency(id="desk", name="Desk")), AGENCIES)
    assert found is not None
    assert (found.agency.id, found.agency.confidence) == ("desk", 1.0)
    assert [clue.kind for clue in found.clues] == ["declared"]


def test_marks_that_agree_make_surer() -> None:
    one = originator(article(by=("AFP",)), AGENCIES)
    both = originator(article(f"{BODY}\n\nAFP", by=("AFP",)), AGENCIES)
    assert one is not None
    assert both is not None
    assert (one.agency.confidence, both.agency.confidence) == (0.85, 0.963)
    assert [(clue.kind, clue.quote, clue.says) for clue in both.clues] == [
        ("byline", "AFP", "AFP"),
        ("sign-off", "AFP", "AFP"),
    ]


def test_two_agencies_make_less_sure_but_not_against_a_dateline() -> None:
    disputed = originator(article(by=("Reuters", "AFP")), AGENCIES)
    assert disputed is not None
    assert disputed.agency.confidence == 0.595
    dated = originator(article(agency=DATELINE, by=("Reuters",)), AGENCIES)
    assert dated is not None
    assert (dated.agency.id, dated.agency.confidence) == ("tass", 0.95)


@pytest.mark.parametrize(
    ("texts", "count", "why"),
    [
        ([], 0, "nobody"),
        ([("a", None), ("b", None)], 2, "two texts of unknown hands"),
        ([("a", None), ("a", None), ("a", "tass")], 1, "copies are one"),
        ([("a", "tass"), ("b", "tass")], 1, "two texts of one agency are one originator"),
        ([("a", "tass"), ("a", None), ("b", "tass"), ("c", "reuters"), ("d", None)], 3, "TASS, Reuters and an outlet"),
        ([("b", "reuters"), ("a", "tass"), ("b", None)], 2, "in any order"),
    ],
)
def test_independent_counts_originators_not_labels(texts: list[tuple[str, str | None]], count: int, why: str) -> None:
    contributions = [Contribution(group=group, agency=agency) for group, agency in texts]
    assert independent(contributions) == count, why
    assert independent(reversed(contributions)) == count
