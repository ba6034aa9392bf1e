"""A query's tree -> its text again, with no more parentheses than it needs; what it gives parses to the same tree."""

from aggregator.topics import nodes as n
from aggregator.topics.mistakes import SENTENCE

_EITHER, _BOTH, _NEGATED, _JOINED, _WEIGHTED, _ATOM = range(6)
"""How tightly what stands around a node binds, loosest first (the grammar of `query`)."""


def written(query: n.Query) -> str:
    """The node as one would type it."""
    return _written(query, _EITHER)


def _written(query: n.Query, around: int) -> str:
    text, binds = _text(query)
    return f"({text})" if binds < around else text


def _text(query: n.Query) -> tuple[str, int]:
    """The text without parentheses around it, and how tightly it binds."""
    match query:
        case n.Or(parts=parts):
            return " OR ".join(_written(part, _BOTH) for part in parts), _EITHER
        case n.And(parts=parts):
            return " AND ".join(_written(part, _NEGATED) for part in parts), _BOTH
        case n.Not(part=part):
            return f"NOT {_written(part, _NEGATED)}", _NEGATED
        case n.Near(left=left, right=right, words=words):
            unit = SENTENCE if words is None else words
            return f"{_written(left, _JOINED)} NEAR/{unit} {_written(right, _WEIGHTED)}", _JOINED
        case n.Weighted(part=part, weight=weight):
            return f"{_written(part, _ATOM)}^{weight:g}", _WEIGHTED
    return _atom(query), _ATOM


def _atom(query: n.Query) -> str:
    match query:
        case n.Word(text=text):
            return text
        case n.Prefix(text=text):
            return f"{text}*"
        case n.Phrase(text=text):
            return f"“{text}”" if '"' in text else f'"{text}"'
        case n.PackOf(name=name, part=part):
            return f"pack:{name}/{part}" if part else f"pack:{name}"
        case n.TopicOf(id=topic_id):
            return f"topic:{topic_id}"
        case n.FieldOf(name=name, part=part):
            return f"{name}:{_written(part, _ATOM)}"
        case n.AtLeast(count=count, part=part):
            return f"atleast:{count}({_written(part, _EITHER)})"
        case n.MinScore(score=score, part=part):
            return f"minscore:{score:g}({_written(part, _EITHER)})"
    return "*"
