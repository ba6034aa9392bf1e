"""A written form -> the patterns to look for in folded text (`text.fold`).

Folded text has one space before, between and after its words, so that a space in a pattern is the edge of a word.
"""

import re
from dataclasses import dataclass

from aggregator.text import folded

# Scripts written without spaces: Thai, Lao, Burmese, Khmer, kana, Han. Their words have no edges to hold on to.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
_ARABIC_LETTER = re.compile(r"[\u0621-\u064a]")

# What Arabic writes onto the front of a word: and, so, in, for, like, the, and what becomes of them together.
_BEFORE_ANY_WORD = ("و", "ب", "ل", "وب", "ول")
_BEFORE_LONG_WORDS = ("ف", "ك", "فب", "فل", "وك")
_ARTICLE = "ال"
_WITH_ARTICLE = ("ال", "وال", "فال", "بال", "كال", "وبال", "لل", "ولل", "فلل")
_SHORT_WORD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """`text` is what is looked for; `is_open`: a hit goes on to the end of the word it stands in."""

    text: str
    is_open: bool = False


def patterns(form: str) -> tuple[Pattern, ...]:
    """The patterns of a form; one ending in `*` meets every word that begins so. Empty when no letter is left."""
    words = folded(form)
    if not words:
        return ()
    if _UNSPACED.search(words):
        return (Pattern(text=words),)
    is_open = form.rstrip().endswith("*")
    edge = "" if is_open else " "
    return tuple(Pattern(text=f" {variant}{edge}", is_open=is_open) for variant in _with_proclitics(words))


def _with_proclitics(words: str) -> tuple[str, ...]:
    """The words, and if they are Arabic every way in which the first may have a particle or article before it.

    A form written with the article is only met with an article: "السراج" is a name, "سراج" a lamp.
    """
    if not _ARABIC_LETTER.match(words):
        return (words,)
    first = words.split(" ", 1)[0]
    if first.startswith(_ARTICLE) and len(first) > len(_ARTICLE) + 1:
        return _with_article(words.removeprefix(_ARTICLE))
    # فسرت and كسرت are verbs, not Sirte: short words are too often the end of another word.
    before = _BEFORE_ANY_WORD if len(first) <= _SHORT_WORD else (*_BEFORE_ANY_WORD, *_BEFORE_LONG_WORDS)
    return tuple(dict.fromkeys((words, *(particle + words for particle in before), *_with_article(words))))


def _with_article(stem: str) -> tuple[str, ...]:
    """The stem behind the article; three lams in a row are written as two."""
    return tuple((article + stem).replace("للل", "لل", 1) for article in _WITH_ARTICLE)
