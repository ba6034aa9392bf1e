"""Text -> its folded form: what is equal to a reader becomes equal to a comparison, with offsets back to the original."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, sha256
from struct import Struct
from typing import NamedTuple

# Letters that readers of Arabic script take for one another; tatweel (U+0640) and the harakat go as marks.
_ARABIC = {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "ؤ": "و", "ئ": "ي", "ـ": ""}
# Letters that Unicode does not decompose though a reader without the key writes them plainly.
_LATIN = {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "æ": "ae", "œ": "oe", "ı": "i"}
_VARIANTS = _ARABIC | _LATIN
_WORD = re.compile("[^ ]+")
_SPACES = re.compile("  +")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """`text` is lower case words with one space between, before and after."""

    text: str
    original: str

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where each character of `text` came from. The space after the last word, if nothing printed stands for it, is
        put at the end of the original.
        """
        return _offsets(self.original)

    def offset(self, at: int) -> int:
        """`offsets[at]`, for one or a few characters a long text."""
        shifts = _shifts(self.original)
        if shifts is None:
            return self.offsets[at]
        return at - 1 + shifts.by[bisect_right(shifts.starts, at)] if at else 0

    def reach(self, end: int) -> int:
        """How many characters of `text` came from before `end` in the original."""
        return bisect_left(range(len(self.text)), end, key=self.offset)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of folded[start:end]; the edges may be the spaces around a word.

        Marks that folding drops at the end of a word belong to it: the span ends where what follows begins.
        """
        while start < end - 1 and self.text[start] == " ":
            start += 1
        while end > start + 1 and self.text[end - 1] == " ":
            end -= 1
        at_edge = end < len(self.text) and self.text[end] == " "
        return self.offset(start), self.offset(end) if at_edge else self.offset(end - 1) + 1


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    """Letters and digits of the character, folded; a space for punctuation, nothing for a mark or an invisible joiner.

    An apostrophe ends a word: "Libya's" holds the word Libya, "l'Élysée" the word Élysée.
    """
    letters = (_VARIANTS.get(part, part) for part in unicodedata.normalize("NFKD", character).casefold())
    return "".join(_kept(part) for part in letters if part)


def _kept(part: str) -> str:
    if part.isalnum() or _is_vowel_sign(part[0]):
        return part
    return "" if unicodedata.category(part[0]) in ("Mn", "Me", "Cf") else " "


def _is_vowel_sign(mark: str) -> bool:
    """Whether a mark makes another word: vowel signs from Devanagari to Burmese and of Khmer, the voicing of kana.

    Accents, harakat and points only make the same word clearer; a nukta (combining class 7) is left out at will.
    """
    if not unicodedata.category(mark).startswith("M"):
        return False
    is_indic = "\u0900" <= mark < "\u1100" or "\u1780" <= mark < "\u1800"
    return (is_indic and unicodedata.combining(mark) != 7) or unicodedata.combining(mark) == 8


class _Letters(dict[int, str]):
    """What `str.translate` asks; each character is folded once. Letter by letter in Python a text of 2 KB took 0.7 ms."""

    def __missing__(self, code: int) -> str:
        return self.setdefault(code, _fold_character(chr(code)))


_LETTERS = _Letters()


def fold(text: str) -> Folded:
    """Fold for comparison: case, accents, Arabic letter variants and punctuation go; words stay in order.

    NFKD per character, so that every folded character has one place in the original.
    """
    words = folded(text)
    return Folded(text=f" {words} " if words else " ", original=text)


class _Shifts(NamedTuple):
    """How far the letters of a text have moved by folding: from each of `starts` on by the number after the one before."""

    starts: tuple[int, ...]
    by: tuple[int, ...]


# Where every letter became one, only spaces were lost. In a text of 2 KB that is told ten times sooner than the offset of
# each letter.
@lru_cache(maxsize=4)
def _shifts(text: str) -> _Shifts | None:
    """None where a letter became several or none."""
    if not text.isascii() and any(len(_LETTERS[ord(character)]) != 1 for character in set(text)):
        return None
    letters = text.translate(_LETTERS)
    before = len(letters) - len(letters.lstrip(" "))
    starts, by = [], [before]
    for lost in _SPACES.finditer(letters, before):
        shift = by[-1] + lost.end() - lost.start() - 1
        starts.append(lost.end() - shift + 1)
        by.append(shift)
    return _Shifts(tuple(starts), tuple(by))


# Asked for only where a term was found, then for each of its places.
@lru_cache(maxsize=4)
def _offsets(text: str) -> tuple[int, ...]:
    if all(len(_LETTERS[ord(character)]) == 1 for character in set(text)):
        offsets = [0]
        for word in _WORD.finditer(text.translate(_LETTERS)):
            offsets.extend(range(word.start(), word.end() + 1))
        return tuple(offsets)
    return _offsets_letter_by_letter(text)


def _offsets_letter_by_letter(text: str) -> tuple[int, ...]:
    last, offsets = " ", [0]
    for offset, character in enumerate(text):
        for part in _LETTERS[ord(character)]:
            if part == " " and last == " ":
                continue
            last = part
            offsets.append(offset)
    if last != " ":
        offsets.append(len(text))
    return tuple(offsets)


# A text is folded for its fingerprints, its matches, its signature and its name, one after the other; between them come its
# headline and the fields that topics ask for.
@lru_cache(maxsize=16)
def folded(text: str) -> str:
    """The folded words alone, one space between them."""
    return " ".join(text.translate(_LETTERS).split())


_length = Struct(">Q").pack


def digest(*parts: str | bytes) -> bytes:
    """blake2b-16 of the parts; no two different lists of parts give the same input."""
    pieces: list[bytes] = []
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        pieces += (_length(len(data)), data)
    return blake2b(b"".join(pieces), digest_size=16).digest()


def bytes_digest(data: bytes) -> bytes:
    """The first half of SHA-256: what published bytes are known by. Half the CPU of `digest`, as processors have
    instructions for it: 36 against 62 us for 62 KB (EPYC, OpenSSL 3.0).
    """
    return sha256(data, usedforsecurity=False).digest()[:16]


def words_in_order(one: str, other: str, limit: int = 4000) -> float:
    """Share of the shorter text's words that stand in the longer in the same order: 0..1, on folded texts.

    Longest common subsequence by bit vectors (Hyyrö 2004); at most `limit` words of each are compared.
    """
    a, b = one.split()[:limit], other.split()[:limit]
    if not a or not b:
        return 0.0
    positions: dict[str, int] = {}
    for i, word in enumerate(a):
        positions[word] = positions.get(word, 0) | (1 << i)
    mask = (1 << len(a)) - 1
    row = mask
    for word in b:
        matched = row & positions.get(word, 0)
        row = ((row + matched) | (row - matched)) & mask
    common = len(a) - row.bit_count()
    return common / min(len(a), len(b))
