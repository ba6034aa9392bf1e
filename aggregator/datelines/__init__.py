"""The first paragraph of a text + the agencies that there are -> the dateline printed there, or None."""

from aggregator.datelines.grammar import FoundDateline, match_dateline
from aggregator.datelines.vocabulary import WORD, Vocabulary, vocabulary_of

__all__ = ["WORD", "FoundDateline", "Vocabulary", "match_dateline", "vocabulary_of"]
