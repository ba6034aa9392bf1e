"""A text -> the stems under which it is found; a question -> what is looked up; both -> the places to mark.

A word is stemmed by its script, of Latin letters in the language of its text. A question says nothing of its language, so its
words are read in each.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from aggregator.dedup.signature import UNSPACED, is_unspaced
from aggregator.dedup.stories.stems import stemmer
from aggregator.errors import QueryError
from aggregator.model.article import Article
from aggregator.model.search import SearchQuestion, SearchTerm, SearchText
from aggregator.text import fold, folded

MOST_CHARACTERS = 200
"""Of a question; a sentence is shorter."""
MOST_TERMS = 12
_MOST_WORDS = 8
"""Of a phrase."""
_LONGEST_WORD = 40
# Some 15,000 words: longer texts are documents, and what they are about stands in their beginning.
_MOST_TEXT = 100_000
# The first also stands for languages without a stemmer and for texts too short to tell: equal words stay equal.
_LATIN = ("en", "fr", "it", "es", "de", "pt", "nl", "pl", "tr")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')

# Light10 (Larkey, Ballesteros, Connell 2007), on folded letters, with a final alef: "Syria" and "Syrian" are one. A waw
# alone is taken off long words only, since many short ones begin with it: "minister".
_ARABIC_FRONT = re.compile("^(?:و?(?:ال|بال|كال|فال)|لل|و(?=.{4}))(?=.{3})")
_ARABIC_BACK = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ا", "ي")
_LEAST_STEM = 3


def search_text(number: int, article: Article) -> SearchText:
    """What the index is to hold of the article."""
    language = language_of(article)
    below = "\n".join(filter(None, (article.standfirst, article.summary_text, article.body_text)))
    return SearchText(
        number=number,
        language=language,
        headline=" ".join(_stems(article.headline, language)),
        text=" ".join(_stems(below[:_MOST_TEXT], language)),
    )


def language_of(article: Article) -> str:
    """The primary subtag by which its words are stemmed; empty where unknown."""
    return article.language.tag.split("-")[0].lower() if article.language else ""


def read_question(question: str) -> SearchQuestion:
    """Words that must all occur, "phrases" of words in a row, and with a minus in front what must not occur.

    Raises QueryError where nothing is asked, or more than anybody would read.
    """
    if len(question) > MOST_CHARACTERS:
        raise QueryError(question[:30] + "…", MOST_CHARACTERS, f"a search has at most {MOST_CHARACTERS} characters")
    wanted: list[SearchTerm] = []
    unwanted: list[SearchTerm] = []
    for part in _PART.finditer(question):
        words = folded(part["phrase"] or part["word"] or "").split()
        if len(words) > _MOST_WORDS:
            raise QueryError(question, part.start(), f"a phrase has at most {_MOST_WORDS} words")
        if words:
            (unwanted if part["minus"] else wanted).append(_term(words))
    if not wanted:
        raise QueryError(question, 0, "say at least one word to look for")
    if len(wanted) + len(unwanted) > MOST_TERMS:
        raise QueryError(question, 0, f"a search has at most {MOST_TERMS} words and phrases")
    return SearchQuestion(wanted=tuple(wanted), unwanted=tuple(unwanted))


def places(text: str, language: str, question: SearchQuestion) -> list[tuple[int, int]]:
    """Where the question's words stand in the text: spans of characters, in order."""
    found = fold(text)
    stems: list[str] = []
    spans: list[tuple[int, int]] = []
    at = 1
    for word in found.text.split():
        pieces = _pieces(word)
        stems += [_stem(piece, language) for piece, _ in pieces]
        spans += [(at + offset, at + offset + len(piece)) for piece, offset in pieces]
        at += len(word) + 1
    marked: set[int] = set()
    for term in question.wanted:
        for reading in term.readings:
            marked.update(_occurrences(stems, reading))
    return [found.span(*spans[place]) for place in sorted(marked)]


def _occurrences(stems: list[str], reading: tuple[str, ...]) -> Iterator[int]:
    """Places of every stem of the reading where it stands in a row."""
    for start, stem in enumerate(stems):
        if stem == reading[0] and tuple(stems[start : start + len(reading)]) == reading:
            yield from range(start, start + len(reading))


def _term(words: list[str]) -> SearchTerm:
    """The words in a row, as texts in every language would have them."""
    pieces = [piece for word in words for piece, _ in _pieces(word)]
    readings = (tuple(_stem(piece, language) for piece in pieces) for language in _LATIN)
    return SearchTerm(readings=tuple(dict.fromkeys(readings)))


def _stems(text: str, language: str) -> Iterator[str]:
    for word in folded(text).split():
        for piece, _ in _pieces(word):
            yield _stem(piece, language)


def _pieces(word: str) -> list[tuple[str, int]]:
    """(what is stemmed, where it begins): the word, or of a script without spaces every two characters in a row."""
    if not is_unspaced(word) or len(word) == 1:
        return [(word, 0)]
    if not UNSPACED.fullmatch(word[0]):
        # A number or a Latin name that is written onto the words behind it.
        end = next(at for at, character in enumerate(word) if UNSPACED.fullmatch(character))
        return [(word[:end], 0), *((piece, end + at) for piece, at in _pieces(word[end:]))]
    return [(word[at : at + 2], at) for at in range(len(word) - 1)]


# A desk's languages repeat their words: a text of 400 words has about 30 that the last thousand texts had not.
@lru_cache(maxsize=50_000)
def _stem(word: str, language: str) -> str:
    """By its script, and where that is of many languages by that of the text."""
    word = word[:_LONGEST_WORD]
    if _ARABIC.search(word):
        return _arabic(word)
    if _CYRILLIC.search(word):
        return stemmer("ru")(word)
    return stemmer(language if language in _LATIN else _LATIN[0])(word)


def _arabic(word: str) -> str:
    stem = _ARABIC_FRONT.sub("", word)
    for ending in _ARABIC_BACK:
        if stem.endswith(ending) and len(stem) - len(ending) >= _LEAST_STEM:
            stem = stem.removesuffix(ending)
    return stem
