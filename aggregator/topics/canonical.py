"""The tree of a query -> the one text that stands for it: queries that mean the same by their form are written the same.

Alternatives and conditions stand in order and once, words in small letters, every group in its parentheses.
"""

from collections.abc import Iterator

from aggregator.topics import nodes as n
from aggregator.topics.mistakes import SENTENCE

_GROUPED = (n.And, n.Or, n.Not, n.Near, n.Weighted)


def canonical(query: n.Query) -> str:
    """The text; parsed again it is the same query, its parts in order."""
    match query:
        case n.And():
            return " AND ".join(sorted({_in_and(part) for part in _flat(query)}))
        case n.Or():
            return " OR ".join(sorted({canonical(part) for part in _flat(query)}))
        case n.Not(part=part):
            return f"NOT {_atom(part)}"
        case n.Near(left=left, right=right, words=words):
            return f"{_atom(left)} NEAR/{SENTENCE if words is None else words} {_atom(right)}"
        case n.Weighted(part=part, weight=weight):
            return f"{_atom(part)}^{weight:g}"
        case n.AtLeast(count=count, part=part):
            return f"atleast:{count}({canonical(part)})"
        case n.MinScore(score=score, part=part):
            return f"minscore:{score:g}({canonical(part)})"
        case n.FieldOf(name=name, part=part):
            return f"{name}:{_atom(part)}"
    return _named(query)


def _named(query: n.Query) -> str:
    match query:
        case n.PackOf(name=name, part=part):
            return f"pack:{name}/{part}" if part else f"pack:{name}"
        case n.TopicOf(id=topic_id):
            return f"topic:{topic_id}"
        case n.Word(text=text):
            return text.lower()
        case n.Prefix(text=text):
            return f"{text.lower()}*"
        case n.Phrase(text=text):
            return f"“{text.lower()}”" if '"' in text else f'"{text.lower()}"'
    return "*"


def _atom(query: n.Query) -> str:
    return f"({canonical(query)})" if isinstance(query, _GROUPED) else canonical(query)


def _flat(query: n.And | n.Or) -> Iterator[n.Query]:
    """The parts, those of a group that joins in the same way each by itself."""
    for part in query.parts:
        if isinstance(part, n.And | n.Or) and type(part) is type(query):
            yield from _flat(part)
        else:
            yield part


def _in_and(query: n.Query) -> str:
    return f"({canonical(query)})" if isinstance(query, n.Or) else canonical(query)
