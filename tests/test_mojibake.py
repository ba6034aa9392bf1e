"""What UTF-8 that was read in another charset meant, and what is left alone."""

import pytest

from aggregator.parse.mojibake import is_scrambled, mended


def read_as(text: str, charset: str) -> str:
    """The text's UTF-8 as somebody reads it who takes it for that charset; open bytes are controls, as in browsers."""
    return "".join(bytes([byte]).decode(charset, "ignore") or chr(byte) for byte in text.encode())


MEANT = (
    ("Три парома ждут у Триполи", "Cyrillic"),
    ("العبّارات تنتظر في الميناء", "Arabic"),
    ("L’été à la côte — trois bacs", "French with its punctuation"),
    ("Überfahrt fällt aus", "two letters are enough"),
    ("The captain’s log", "and one mark of three bytes"),
)
LEFT = (
    ("The captain's log", "plain ASCII"),
    ("CAFÉ”", "a capital before a quotation mark would be one letter of UTF-8"),
    ("«РОССИЯ» — «СВОЯ»", "so would these"),
    ("Рівне і Сімферополь", "Ukrainian capitals before і"),
    ("SÃO TOMÉ E PRÍNCIPE — À NOITE", "Portuguese in capitals"),
    ("Ã©", "one pair alone"),
    ("l’École “Écume” : trois bacs…", "French as it is"),
)


@pytest.mark.parametrize(("text", "why"), MEANT)
@pytest.mark.parametrize("charset", ["cp1252", "cp1251"])
def test_what_was_meant_is_found(text: str, why: str, charset: str) -> None:
    assert mended(read_as(text, charset)) == text, why


@pytest.mark.parametrize(("text", "why"), MEANT)
def test_what_is_right_is_left_as_it_is(text: str, why: str) -> None:
    assert mended(text) == text, why


@pytest.mark.parametrize(("text", "why"), LEFT)
def test_what_might_be_right_is_left_as_it_is(text: str, why: str) -> None:
    assert mended(text) == text, why


def test_what_was_scrambled_twice_is_found() -> None:
    assert mended(read_as(read_as("Fährüberfahrt", "cp1252"), "cp1252")) == "Fährüberfahrt"


def test_a_space_of_two_bytes_that_was_trimmed_is_seen() -> None:
    assert mended(read_as("Deux bacs à l’arrêt ", "cp1252").rstrip()) == "Deux bacs à l’arrêt"


def test_what_is_scrambled_in_part_is_told_and_kept() -> None:
    half = f"{read_as('Три парома', 'cp1252')} ждут"
    assert mended(half) is None
    assert is_scrambled(half)
    assert not is_scrambled("Три парома ждут")
