"""The tree of a query -> the tree of every query that means the same by its form, which `written` gives one text.

Alternatives and conditions stand in order and once, groups that join alike are one, words are in small letters.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from aggregator.topics import nodes as n
from aggregator.topics.written import written


def canonical(query: n.Query) -> n.Query:
    """The tree. Written and parsed again it is the same."""
    match query:
        case n.And(parts=parts) | n.Or(parts=parts):
            kind = type(query)
            by_text = {written(part): part for part in _flat(map(canonical, parts), kind)}
            in_order = tuple(by_text[text] for text in sorted(by_text))
            return in_order[0] if len(in_order) == 1 else kind(parts=in_order)
        case n.Near(left=left, right=right):
            return replace(query, left=canonical(left), right=canonical(right))
        case (
            n.Not(part=part)
            | n.FieldOf(part=part)
            | n.Weighted(part=part)
            | n.AtLeast(part=part)
            | n.MinScore(part=part)
        ):
            return replace(query, part=canonical(part))
        case n.Word(text=text) | n.Prefix(text=text) | n.Phrase(text=text):
            return replace(query, text=text.lower())
    return query


def _flat(parts: Iterable[n.Query], kind: type[n.And] | type[n.Or]) -> Iterator[n.Query]:
    """The parts, those of a group that joins in the same way each by itself."""
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part
