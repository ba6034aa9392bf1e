"""A language -> what takes the endings off its words (Snowball)."""

from collections.abc import Callable

from Stemmer import Stemmer

LANGUAGES = ("en", "fr", "it", "ru", "ar")
"""Those with a vocabulary of events, in its order."""

_ALGORITHMS = {
    "en": "english", "fr": "french", "it": "italian", "ru": "russian", "ar": "arabic", "es": "spanish", "de": "german",
    "pt": "portuguese", "nl": "dutch", "pl": "polish", "tr": "turkish",
}  # fmt: skip


def stemmer(language: str) -> Callable[[str], str]:
    """What stems a folded word; the word itself in other languages.

    A stemmer is not to be used by two threads, so each use has its own; making one takes less than a microsecond.
    """
    algorithm = _ALGORITHMS.get(language)
    if algorithm is None:
        return str
    stem: Callable[[str], str] = Stemmer(algorithm).stemWord
    return stem
