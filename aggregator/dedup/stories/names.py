"""Names in any script -> one form: their consonants, by sound; and the spellings that the term packs know of one name.

حفتر, Хафтар, Haftar and Hifter are one man. A skeleton is wrong too often to be believed by itself ("Biden" and "Bodin"
have one), so it only counts between two languages, beside other terms.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aggregator.dedup.stories.vocabulary import BODIES
from aggregator.model.topic import Pack
from aggregator.text import folded

_SHORTEST = 3
LONGEST_FORM = 4
"""Words of a name; a longer form is an expression."""
_ARABIC = re.compile(r"[\u0621-\u064a]")
_ARTICLE = re.compile(r"^(?:[وفبلك]?ال)(?=\w{3})")

# Letters as they sound in names; what is left out is a vowel, or is heard as one or not at all.
_CYRILLIC = {
    "б": "p", "в": "f", "г": "k", "д": "d", "ж": "s", "з": "s", "к": "k", "л": "l", "м": "m", "н": "n", "п": "p",
    "р": "r", "с": "s", "т": "t", "ф": "f", "ц": "s", "ч": "s", "ш": "s", "щ": "s", "ґ": "k",
}  # fmt: skip
_ARABIC_LETTERS = {
    "ب": "p", "ت": "t", "ث": "t", "ج": "s", "د": "d", "ذ": "d", "ر": "r", "ز": "s", "س": "s", "ش": "s", "ص": "s",
    "ض": "d", "ط": "t", "ظ": "s", "غ": "k", "ف": "f", "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "پ": "p",
    "چ": "s", "گ": "k", "ڤ": "f",
}  # fmt: skip
_LATIN = {
    "b": "p", "c": "k", "d": "d", "f": "f", "g": "k", "j": "s", "k": "k", "l": "l", "m": "m", "n": "n", "p": "p",
    "q": "k", "r": "r", "s": "s", "t": "t", "v": "f", "x": "ks", "z": "s",
}  # fmt: skip
_SOUNDS = str.maketrans({
    **dict.fromkeys("aeiouywh" + "аеёиоуыэюяйьъх" + "اويهحعءخ", ""),
    **_CYRILLIC,
    **_ARABIC_LETTERS,
    **_LATIN,
})  # fmt: skip
# Groups of letters that stand for one sound; before the single ones.
_GROUPS = (
    ("tsch", "s"), ("sch", "s"), ("tch", "s"), ("дж", "s"), ("dj", "s"), ("sh", "s"), ("zh", "s"), ("kh", "h"),
    ("gh", "g"), ("th", "t"), ("dh", "d"), ("ph", "f"), ("ts", "s"), ("tz", "s"), ("ck", "k"), ("ch", "s"),
)  # fmt: skip


def skeleton(name: str) -> str:
    """The consonants of a folded word by sound, doubled ones once; `""` where too few are left to tell a name by."""
    word = _ARTICLE.sub("", name) if _ARABIC.match(name) else name
    for letters, sound in _GROUPS:
        word = word.replace(letters, sound)
    sounds: list[str] = []
    for sound in word.translate(_SOUNDS):
        if not sounds or sounds[-1] != sound:
            sounds.append(sound)
    return "".join(sounds) if len(sounds) >= _SHORTEST else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackNames:
    """Spellings of names -> one of them."""

    exact: Mapping[tuple[str, ...], str]
    """Folded words -> the name."""
    open: Mapping[str, str]
    """Beginnings of one word that any ending may follow -> the name."""
    firsts: frozenset[str]
    """First words of names of several words."""
    beginnings: frozenset[str]
    """The first four letters of the open ones: most words need not be tried at every length."""

    def single(self, word: str) -> str | None:
        """The name that a word is a form of."""
        found = self.exact.get((word,))
        if found is not None or not self.open or word[:4] not in self.beginnings:
            return found
        return next((self.open[word[:end]] for end in range(len(word), 3, -1) if word[:end] in self.open), None)

    def longest(self, words: Sequence[str], at: int) -> tuple[str, int] | None:
        """The name that begins here, and how many words it takes; the longest there is."""
        if words[at] in self.firsts:
            for length in range(min(LONGEST_FORM, len(words) - at), 1, -1):
                found = self.exact.get(tuple(words[at : at + length]))
                if found is not None:
                    return found, length
        single = self.single(words[at])
        return None if single is None else (single, 1)


def pack_names(packs: Iterable[Pack]) -> PackNames:
    """The names in the packs. Of a concept those forms are one name that sound alike: a concept may hold many cities.

    Forms without a capital, and Arabic ones of concepts that have no capitals at all, are words, not names.
    """
    exact: dict[tuple[str, ...], str] = dict(BODIES)
    opened: dict[str, str] = {}
    for pack in packs:
        for concept in pack.concepts:
            for name, forms in _spellings(concept.forms):
                for form in forms:
                    words = tuple(folded(form).split())
                    if form.endswith("*") and len(words) == 1 and len(words[0]) > 3:
                        opened.setdefault(words[0], name)
                    exact.setdefault(words, name)
    firsts = frozenset(words[0] for words in exact if len(words) > 1)
    beginnings = frozenset(word[:4] for word in opened)
    return PackNames(exact=exact, open=opened, firsts=firsts, beginnings=beginnings)


NO_NAMES = pack_names(())
"""What is known without a pack: bodies."""


def _spellings(forms: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The forms that sound alike, under the first of them."""
    names = [form for form in forms if _is_name(form)]
    if not any(form[0].isupper() for form in names):
        return
    alike: dict[str, list[str]] = {}
    for form in names:
        sound = "".join(map(skeleton, folded(form).split()))
        if sound:
            alike.setdefault(sound, []).append(form)
    for group in alike.values():
        if len(group) > 1:
            yield folded(group[0]).replace(" ", "-"), group


def _is_name(form: str) -> bool:
    words = form.rstrip("*").split()
    return 0 < len(words) <= LONGEST_FORM and all(
        word[0].isupper() or _ARABIC.match(word) is not None for word in words
    )
