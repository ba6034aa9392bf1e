"""Printed text -> where its sentences end: at a blank line, or at a full stop, question or exclamation mark that ends one."""

import re

_END = re.compile(r"[.!?…؟۔]+[\"'»”’)\]]*(?=\s)|[。！？]|\n[^\S\n]*\n")
_WORD_BEFORE = re.compile(r"[^\s(\"'«“‘\[]*\Z")
_NEXT = re.compile(r"\s*(\S?)")
_LONGEST_WORD = 40

# Written with a full stop in the middle of a sentence, in the languages of the shipped packs.
_SHORTENED = frozenset(
    (
        *(
            "mr",
            "mrs",
            "ms",
            "dr",
            "prof",
            "gen",
            "lt",
            "col",
            "maj",
            "capt",
            "sgt",
            "brig",
            "adm",
            "sen",
            "rep",
            "gov",
            "amb",
        ),
        *(
            "jr",
            "sr",
            "vs",
            "approx",
            "inc",
            "ltd",
            "jan",
            "feb",
            "mar",
            "apr",
            "aug",
            "sep",
            "sept",
            "oct",
            "nov",
            "dec",
        ),
        *("mme", "mlle", "mm", "sig", "dott", "avv", "им", "гг", "руб", "млн", "млрд", "тыс", "ген"),
    )
)


def sentence_ends(text: str) -> tuple[int, ...]:
    """Offsets behind what ends each sentence, in order; the end of the text is not among them."""
    return tuple(found.end() for found in _END.finditer(text) if _is_end(text, found))


def _is_end(text: str, found: re.Match[str]) -> bool:
    if found[0] != ".":
        return True
    before = _WORD_BEFORE.search(text[max(found.start() - _LONGEST_WORD, 0) : found.start()])
    word = before[0] if before else ""
    # An initial, "U.N.", "т.е.": the stop belongs to the word.
    if (len(word) == 1 and word.isalpha()) or "." in word or word.casefold() in _SHORTENED:
        return False
    following = _NEXT.match(text, found.end())
    return not (following and following[1].islower())
