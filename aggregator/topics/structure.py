"""What the form of a query gives away before any text is read: that it must hold for every text, or can hold for none."""

from collections.abc import Iterable, Iterator

from aggregator.topics import nodes as n


def where_always(query: n.Query) -> int | None:
    """The place of what makes the query hold for every text; None if there may be a text for which it does not."""
    match query:
        case n.All():
            return query.position
        case n.Or(parts=parts):
            return _first([*map(where_always, _asked_for(parts)), _complement(parts)])
        case n.And(parts=parts):
            return _all([where_always(part) for part in _asked_for(parts)])
        case n.Not(part=part):
            return where_never(part)
        case n.Weighted(part=part) | n.FieldOf(part=part):
            return where_always(part)
    return None


def where_never(query: n.Query) -> int | None:
    """The place of what keeps the query from holding for any text; None if there may be one."""
    match query:
        case n.And(parts=parts):
            return _first([*map(where_never, _asked_for(parts)), _complement(parts)])
        case n.Or(parts=parts):
            return _all([where_never(part) for part in _asked_for(parts)])
        case n.Not(part=part):
            return query.position if where_always(part) is not None else None
        case n.Weighted(part=part) | n.FieldOf(part=part) | n.AtLeast(part=part) | n.MinScore(part=part):
            return where_never(part)
    return None


def excluding_alternatives(query: n.Query) -> Iterator[int]:
    """The places of alternatives that only exclude: `a OR NOT b` holds for nearly every text and is seldom meant."""
    for node in n.walk(query):
        if isinstance(node, n.Or):
            yield from (part.position for part in node.parts if isinstance(part, n.Not))


def _asked_for(parts: Iterable[n.Query]) -> list[n.Query]:
    return [part for part in parts if not n.only_lowers(part)]


def _complement(parts: tuple[n.Query, ...]) -> int | None:
    """The place of a part that is excluded beside itself."""
    others = set(parts)
    return next((part.position for part in parts if isinstance(part, n.Not) and part.part in others), None)


def _first(places: list[int | None]) -> int | None:
    return next((place for place in places if place is not None), None)


def _all(places: list[int | None]) -> int | None:
    return None if None in places else _first(places)
