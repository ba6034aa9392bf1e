"""The language of a text: what is said of it, unless its script says otherwise, else what it looks like."""

import pytest

from aggregator.language import decide, detect, is_right_to_left
from aggregator.model.article import Language, LanguageBasis

TEXTS = {
    "en": "The envoy met the two delegations in the capital on Monday and spoke of a new road.",
    "fr": "L'envoyée a rencontré les deux délégations dans la capitale lundi et parlé d'une nouvelle voie.",
    "it": "L'inviata ha incontrato le due delegazioni nella capitale lunedì e ha parlato di una nuova strada.",
    "ru": "Посланница встретилась с двумя делегациями в столице в понедельник и говорила о новом пути.",
    "ar": "التقت المبعوثة الوفدين في العاصمة يوم الاثنين وتحدثت عن طريق جديد للبلاد",
    "fa": "فرستاده روز دوشنبه در پایتخت با دو هیئت دیدار کرد و از راهی تازه سخن گفت",
    "he": "השליחה נפגשה עם שתי המשלחות בבירה ביום שני ודיברה על דרך חדשה",
    "el": "Η απεσταλμένη συνάντησε τις δύο αντιπροσωπείες στην πρωτεύουσα τη Δευτέρα",
    "ja": "特使は月曜日に首都で二つの代表団と会談し、新しい道について語った。",
}

# Declared, the text's own language, what is believed, why.
REFUTED = (
    ("en", "ar", "ar", "an Arabic text in a feed made from an English template"),
    ("en", "ru", "ru", "a Russian text"),
    ("en-US", "he", "he", "a Hebrew text"),
    ("ar", "en", "en", "a Latin text"),
    ("ru", "ar", "ar", "two scripts, neither Latin"),
    ("fr", "ja", "ja", "kana and characters are one script"),
)
STANDS = (
    ("en", "fr", "one script: the declaration beats the guess"),
    ("fa", "ar", "both are written in Arabic letters"),
    ("uk", "ru", "both are written in Cyrillic letters"),
    ("sr", "it", "Serbian is written in Latin letters too"),
    ("sr", "ru", "and in Cyrillic ones"),
)
TAGS = (
    ("en_us", "en-US", "an underscore"),
    ("EN", "en", "case"),
    (" fr-fr ", "fr-FR", "spaces"),
    ("zh-hant-tw", "zh-Hant-TW", "a script and a region"),
    ("es-419", "es-419", "a region in digits"),
)
NO_TAGS = ("english", "e", "en-", "en--us", "en-us,fr", "en us", "", "-", "français", "en-a")


@pytest.mark.parametrize("tag", TEXTS)
def test_languages_are_known_by_their_texts(tag: str) -> None:
    found = detect(TEXTS[tag])
    assert found is not None
    assert (found.tag, found.basis) == (tag, LanguageBasis.DETECTED)
    assert 0.5 <= found.confidence <= 1


@pytest.mark.parametrize("text", ["", "Talks", "Итоги дня", "12 345 67 89 10 11 12 13 14", "🙂" * 40])
def test_a_text_that_is_too_short_has_no_language(text: str) -> None:
    assert detect(text) is None
    assert decide(text, declared=None, configured=None) is None


@pytest.mark.parametrize(("declared", "text", "expected", "why"), REFUTED)
def test_a_declaration_that_the_script_refutes_does_not_count(
    declared: str, text: str, expected: str, why: str
) -> None:
    found = decide(TEXTS[text], declared=declared, configured=None)
    assert found is not None
    assert (found.tag, found.basis) == (expected, LanguageBasis.DETECTED), why


@pytest.mark.parametrize(("declared", "text", "why"), STANDS)
def test_a_declaration_beats_what_the_text_looks_like(declared: str, text: str, why: str) -> None:
    assert decide(TEXTS[text], declared=declared, configured="de") == Language(
        tag=declared, basis=LanguageBasis.DECLARED
    ), why


def test_the_configuration_speaks_where_the_document_says_nothing() -> None:
    assert decide(TEXTS["en"], declared=None, configured="fr") == Language(tag="fr", basis=LanguageBasis.CONFIG)
    assert decide("Talks", declared="nonsense", configured="fr") == Language(tag="fr", basis=LanguageBasis.CONFIG)


def test_a_few_words_of_another_script_refute_nothing() -> None:
    text = f"{TEXTS['en']} «Новая дорога»"
    assert decide(text, declared="en", configured=None) == Language(tag="en", basis=LanguageBasis.DECLARED)
    assert decide("Итоги", declared="en", configured=None) == Language(tag="en", basis=LanguageBasis.DECLARED)


@pytest.mark.parametrize(("said", "expected", "why"), TAGS)
def test_tags_are_written_as_everyone_writes_them(said: str, expected: str, why: str) -> None:
    found = decide("Talks", declared=said, configured=None)
    assert found is not None
    assert found.tag == expected, why


@pytest.mark.parametrize("said", NO_TAGS)
def test_what_is_no_tag_is_not_said(said: str) -> None:
    assert decide("Talks", declared=said, configured=None) is None


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ar", True),
        ("ar-LY", True),
        ("fa", True),
        ("he", True),
        ("ur-PK", True),
        ("en", False),
        ("ru", False),
        ("arn", False),
    ],
)
def test_the_direction_follows_the_language(tag: str, expected: bool) -> None:
    assert is_right_to_left(tag) is expected
