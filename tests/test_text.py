"""Folding: what is equal to a reader, and where it stands in the original."""

import pytest

from aggregator.text import digest, fold, folded, words_in_order

EQUAL = [
    ("Libya’s", "libya s", "an apostrophe ends a word"),
    ("  Al-Sarraj,\tTRIPOLI! ", "al sarraj tripoli", "case and punctuation go, one space stays"),
    ("Élysée", "elysee", "accents go"),
    ("E\u0301lyse\u0301e", "elysee", "composed or not"),
    ("Łódź Ærø Straße", "lodz aero strasse", "letters that Unicode does not decompose"),
    ("ﬁnal ①", "final 1", "compatibility forms"),
    ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth", "invisible joiners"),
    ("Ёлкин Йод", "елкин иод", "Russian letters with marks"),
    ("أحمد إسراء آمال", "احمد اسراء امال", "alef with anything on it"),
    ("القَذَّافِيّ", "القذافي", "harakat"),
    ("ليـــبيا", "ليبيا", "tatweel"),
    ("مصراتة", "مصراته", "ta marbuta"),
    ("موسى", "موسي", "alef maqsura"),
    ("ﻟﻴﺒﻴﺎ", "ليبيا", "presentation forms"),
    ("کی", "كي", "Persian kaf and ya"),
    ("λόγος ΛΟΓΟΣ", "λογοσ λογοσ", "the final sigma"),
    ("", "", "nothing"),
    ("?!…", "", "punctuation alone"),
]


@pytest.mark.parametrize(("text", "expected", "why"), EQUAL, ids=[why for _, _, why in EQUAL])
def test_what_readers_take_for_equal_is_equal(text: str, expected: str, why: str) -> None:
    assert folded(text) == expected, why


@pytest.mark.parametrize(
    ("one", "other"),
    [("की", "का"), ("ลิ", "ลา"), ("ကို", "ကာ"), ("てんき", "でんき")],
    ids=["hindi", "thai", "burmese", "kana"],
)
def test_vowel_signs_and_voicing_make_another_word(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert " " not in folded(one)


@pytest.mark.parametrize("text", [text for text, _, _ in EQUAL])
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_folded_words_have_a_space_on_both_sides() -> None:
    assert fold("Libya, today").text == " libya today "
    assert fold("").text == " "


def test_every_folded_character_has_a_place_in_the_original() -> None:
    for text, _, _ in EQUAL:
        result = fold(text)
        assert len(result.offsets) == len(result.text)
        assert list(result.offsets) == sorted(result.offsets)
        assert all(0 <= offset <= len(text) for offset in result.offsets)


SPACED = ["", "  two  ", "a,  b.\n\nc", "... a", "a", "عن  ليبيا", "é — è", "½ a", "a\u200bb  c"]


@pytest.mark.parametrize("text", [*SPACED, *[text for text, _, _ in EQUAL]])
def test_the_place_of_one_character_is_that_among_all(text: str) -> None:
    result = fold(text)
    assert tuple(result.offset(at) for at in range(len(result.text))) == result.offsets
    for end in range(len(text) + 1):
        assert result.reach(end) == sum(offset < end for offset in result.offsets)


SPANS = [
    ("On Libya’s coast", " libya ", "Libya", "the word without its genitive"),
    ("ﬁnal “Straße” here", " strasse ", "Straße", "letters that become two"),
    ("في القَذَّافِيُّ الآن", " القذافي ", "القَذَّافِيُّ", "marks inside and at the end belong to the word"),
    ("the end: Élysée", " elysee ", "Élysée", "the last word"),
    ("the end: Khafta\u0301r\u0301", " khaftar ", "Khafta\u0301r\u0301", "the last word with a mark at its end"),
    ("a — (Al-Sarraj)!", " al sarraj ", "Al-Sarraj", "punctuation between words, none around"),
    ("Haftarists rally", " haftar", "Haftar", "a part of a word"),
]


@pytest.mark.parametrize(("text", "hit", "printed", "why"), SPANS, ids=[why for *_, why in SPANS])
def test_a_span_is_the_printed_words(text: str, hit: str, printed: str, why: str) -> None:
    result = fold(text)
    at = result.text.index(hit)
    start, end = result.span(at, at + len(hit))
    assert text[start:end] == printed, why


def test_a_digest_tells_lists_apart_that_join_to_the_same_text() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest(b"a")
    assert len(digest()) == 16


def test_words_in_order_is_the_share_of_the_shorter_text() -> None:
    assert words_in_order("a b c d", "x a y b c z d") == 1.0
    assert words_in_order("a b c d", "d c b a") == 0.25
    assert words_in_order("a b", "a c") == 0.5
    assert words_in_order("", "a") == 0.0
