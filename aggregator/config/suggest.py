"""A word that is not known -> the known word that was probably meant, as the end of a message."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str], closeness: float = 0.6) -> str:
    """` (did you mean 'title'?)`, or nothing where no known word is close (difflib's ratio, 0..1)."""
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=closeness)
    return f" (did you mean '{by_folded[close[0]]}'?)" if close else ""
