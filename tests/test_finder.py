"""Short forms of packs in capitals: initials, not the small words of other languages that are spelled the same."""

import pytest

from aggregator.model.topic import Concept, Pack
from tests.test_match import article, match

BODIES = Pack(
    name="bodies",
    concepts=(Concept(id="bodies", forms=("UN", "AU", "CAF", "UNSMIL", "Onu", "ЕС")),),
    exclusions=("UN Street",),
)
HEADLINES = (
    ("UN calls for calm", True, "initials of two letters"),
    ("Un accord est signé", False, "a word that begins a French headline"),
    ("Retour au calme", False, "a French word in the middle"),
    ("Envoys of the AU return", True, "initials in the middle"),
    ("UN ACCORD EST SIGNE", True, "a headline in capitals says nothing of its words"),
    ("un vote on libya sanctions", True, "nor does one without any capital"),
    ("Caf fines club", True, "three letters, of which newspapers print the first large"),
    ("Le caf ferme", False, "three small letters"),
    ("Unsmil moves house", True, "longer initials are words by themselves"),
    ("ONU : réunion à Genève", True, "a form that is not written in capitals is met in any"),
    ("Глава ЕС прибыл", True, "another alphabet"),
    ("Он ес кашу", False, "small letters of another alphabet"),
    ("Fire in UN Street, un accord signé", False, "an exclusion and a small word"),
    ("Un accord de l'UN", True, "the small word does not hide the initials"),
)


@pytest.mark.parametrize(("headline", "expected", "why"), HEADLINES, ids=[why for _, _, why in HEADLINES])
def test_short_initials_of_a_pack_are_met_in_capitals(headline: str, expected: bool, why: str) -> None:
    assert (match("pack:bodies", article(headline), BODIES) is not None) == expected, why


def test_the_evidence_names_the_initials_alone() -> None:
    found = match("pack:bodies", article("Un accord de l'UN"), BODIES)
    assert found is not None
    assert [(one.start, one.end) for one in found.evidence] == [(15, 17)]


def test_a_word_of_a_query_is_met_in_any_case() -> None:
    assert match("UN", article("Un accord est signé"), BODIES) is not None
