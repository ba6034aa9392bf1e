"""UTF-8 that somebody read as windows-1252 or windows-1251 and sent on: what was meant, or that something is wrong.

Mended only where it is certain: every character goes back to a byte, the bytes are UTF-8, and what they say is text. One pair alone
proves nothing ("Ã©" is rare, "CAFÉ”" is not), two or a triple do.
"""

import re
import unicodedata

# Where a text is scrambled it is so from the start.
_LOOKED_AT = 500
_TWICE = 2


def _bytes_of(charset: str) -> dict[int, int]:
    """Character -> byte, as browsers read the charset: bytes that it leaves open are C1 controls
    (https://encoding.spec.whatwg.org/#index-windows-1252)."""
    table = {}
    for byte in range(0x80, 0x100):
        try:
            table[ord(bytes([byte]).decode(charset))] = byte
        except UnicodeDecodeError:
            table[byte] = byte
    return table


_TABLES = (_bytes_of("cp1252"), _bytes_of("cp1251"))


def _following(table: dict[int, int]) -> str:
    """A class of the characters that stand for 80..BF, which only follow in UTF-8."""
    return "".join(re.escape(chr(character)) for character, byte in sorted(table.items()) if byte < 0xC0)


# The leads of Latin, Greek, Cyrillic, Hebrew, Arabic and of punctuation; in windows-1251 only the capitals that lead Cyrillic,
# Arabic and Latin, since every small letter would do.
_SUSPECT = re.compile(f"[\u00c2-\u00f4][{_following(_TABLES[0])}]|[ВГРСШЩ][{_following(_TABLES[1])}]|вЂ")


def mended(text: str) -> str | None:
    """What was meant; the text itself where nothing is wrong; None where something is and it is not certain what was meant."""
    if text.isascii() or not _SUSPECT.search(text, 0, _LOOKED_AT):
        return text
    # A space that does not break is of two bytes too, and who trims a text leaves the first of them.
    text = f"{text}\xa0" if text.endswith(("Â", "Ã", "В", "Г")) else text
    for _ in range(_TWICE):
        found = next(filter(None, (_decoded(text, table) for table in _TABLES)), None)
        if found is None:
            break
        text = found.rstrip("\xa0")
    text = text.rstrip("\xa0")
    return None if is_scrambled(text) else text


def is_scrambled(text: str) -> bool:
    """Whether most of what is not ASCII in the beginning of the text comes in the pairs of UTF-8 read wrongly."""
    head = text[:_LOOKED_AT]
    pairs = len(_SUSPECT.findall(head))
    return pairs > 2 and 4 * pairs > sum(character > "\x7f" for character in head)


def _decoded(text: str, table: dict[int, int]) -> str | None:
    """The text read as UTF-8; None where it is none, or too little to be sure."""
    try:
        body = text.translate(table).encode("latin-1")
        meant = body.decode("utf-8")
    except UnicodeError:
        return None
    sequences = [len(character.encode()) for character in meant if character > "\x7f"]
    is_sure = len(sequences) > 1 or max(sequences, default=0) > 2
    return meant if is_sure and all(map(_is_text, meant)) else None


def _is_text(character: str) -> bool:
    return character in "\t\n\r" or unicodedata.category(character) not in ("Cc", "Cn", "Co", "Cs")
