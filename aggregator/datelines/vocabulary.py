"""The names of news agencies, found in folded words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.model.source import AgencyName
from aggregator.text import folded

WORD = re.compile(r"[^\W_](?:[\w'’.&-]*[^\W_])?")
"""A word as printed; "INTERFAX.RU" and "ITAR-TASS" are one."""
_LONGEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`forms`: folded form -> agency."""

    forms: dict[str, AgencyName]
    first_words: frozenset[str]
    """Of the forms: nearly every text begins with another word."""

    def whole(self, printed: str) -> AgencyName | None:
        """The agency whose name this is, and nothing beside it."""
        return self.forms.get(folded(printed))

    def at(self, words: Sequence[str]) -> tuple[AgencyName, int] | None:
        """The longest name at the beginning of the words, and of how many words it is."""
        if not words or folded(words[0]).partition(" ")[0] not in self.first_words:
            return None
        for count in range(min(_LONGEST, len(words)), 0, -1):
            agency = self.forms.get(folded(" ".join(words[:count])))
            if agency:
                return agency, count
        return None

    def ends(self, words: Sequence[str]) -> bool:
        """Whether the last words are an agency's name."""
        return any(folded(" ".join(words[-count:])) in self.forms for count in range(1, min(_LONGEST, len(words)) + 1))


@lru_cache(maxsize=16)
def vocabulary_of(agencies: tuple[AgencyName, ...]) -> Vocabulary:
    """The first agency that claims a form has it: the user's own stand before those that ship."""
    forms: dict[str, AgencyName] = {}
    for agency in agencies:
        for form in (*agency.forms, agency.name):
            forms.setdefault(folded(form), agency)
    forms.pop("", None)
    return Vocabulary(forms=forms, first_words=frozenset(form.partition(" ")[0] for form in forms))
