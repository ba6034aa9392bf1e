"""What is wrong with a query, in the words of whoever wrote it: each mistake with its place and, where one is near, a way out."""

import difflib
import re
from collections.abc import Callable, Mapping

from lark import Token

from aggregator.errors import QueryError
from aggregator.text import folded
from aggregator.topics import nodes as n

MAX_DEPTH = 50
MAX_WORDS_APART = 100
MAX_WEIGHT = 100.0
SENTENCE = "sentence"
"""What `NEAR/` takes in place of a number of words."""

_MAX_LEVELS = 200
"""Nodes below one another; parentheses, fields and chains of NEAR each add some."""
_MAX_LINKS = 10
"""NEARs within one another: each looks at all places that those before it have found."""
_COUNTERS = ("atleast", "minscore")
_FIELDS = (*n.TEXT_FIELDS, *n.FACT_FIELDS, *n.NAMES)
_LABELS = {"LPAR": "(", "RPAR": ")", "STAR": "*"}
_TERMS = ("WORD", "PREFIX", "PHRASE")
_OPERATORS = ("AND", "OR", "NOT", "NEAR", "FIELD")
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,3})?")
_SMALL_NEAR = re.compile(r"near/([0-9]+|sentence)", re.IGNORECASE)


def suggestion(name: str, known: tuple[str, ...]) -> str:
    """What the writer of an unknown name may have meant, to end a message with."""
    close = difflib.get_close_matches(name.lower(), known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else f" (known: {', '.join(known) or 'none'})"


def unreadable(character: str) -> str:
    """Why no token begins with the character."""
    match character:
        case "*":
            return "* may only end a word, as in diplom*, or stand alone"
        case '"' | "“":
            return "the quote is never closed"
        case "”":
            return "a closing quote without an opening one"
        case ":":
            return "a colon follows the name of a field, as in title:libya; put text with a colon in quotes"
        case "^":
            return "a weight touches what it weighs, as in libya^3"
    return f"'{character}' is not understood"


def check_tokens(text: str, tokens: tuple[Token, ...]) -> None:
    """Raise QueryError for parentheses without partner and for tokens that mean nothing."""
    _check_parentheses(text, tokens)
    for token in tokens:
        if check := _CHECKS.get(token.type):
            check(text, token)


def check_tree(text: str, query: n.Query) -> None:
    """Raise QueryError for what the grammar lets through and makes no sense."""
    _check_levels(text, query)
    _check_fields(text, query, inside=None)
    _check_weights(text, query, lowered=False)
    for node in n.walk(query):
        if isinstance(node, n.Near):
            _check_near(text, node, node, links=0)
        elif isinstance(node, n.AtLeast):
            _check_alternatives(text, node)


def misplaced(text: str, tokens: tuple[Token, ...], found: Token) -> QueryError:
    """The mistake behind a token, or the end of the query, that cannot stand where it stands."""
    is_end = found.type == "$END"
    before = [token for token in tokens if is_end or _start(token) < _start(found)]
    last = before[-1] if before else None
    if last is not None and last.type in _OPERATORS:
        return QueryError(text, _start(last), f"{last} needs a term after it")
    if last is not None and last.type == "COUNTER":
        return QueryError(text, _start(last), f"{last} needs alternatives after it, as in {last}(a OR b OR c)")
    if last is not None and last.type == "LPAR" and found.type == "RPAR":
        return QueryError(text, _start(last), "there is nothing between the parentheses")
    if found.type in ("AND", "OR", "NEAR"):
        return QueryError(text, _start(found), f"{found} needs a term before it")
    if found.type == "WEIGHT":
        return QueryError(text, _start(found), "one weight is enough")
    return QueryError(text, _start(found), f"{_LABELS.get(found.type, str(found))} cannot stand here")


def _start(token: Token) -> int:
    return token.start_pos or 0


def _check_parentheses(text: str, tokens: tuple[Token, ...]) -> None:
    opened: list[int] = []
    for token in tokens:
        if token.type == "LPAR":
            opened.append(_start(token))
            if len(opened) > MAX_DEPTH:
                raise QueryError(text, _start(token), f"parentheses are nested more than {MAX_DEPTH} deep")
        elif token.type == "RPAR":
            if not opened:
                raise QueryError(text, _start(token), "a closing parenthesis without an opening one")
            opened.pop()
    if opened:
        raise QueryError(text, opened[-1], "the parenthesis is never closed")


def _check_field(text: str, token: Token) -> None:
    name = str(token)[:-1]
    if name not in _FIELDS:
        raise QueryError(text, _start(token), f"unknown field '{name}'{suggestion(name, (*_FIELDS, *_COUNTERS))}")


def _check_counter(text: str, token: Token) -> None:
    name, _, number = token.partition(":")
    if name == "atleast" and not (number.isdecimal() and 0 < int(number) < 1000):
        raise QueryError(text, _start(token), "atleast: takes a number from 1, as in atleast:2(a OR b OR c)")
    if name == "minscore" and not (_NUMBER.fullmatch(number) and float(number) > 0):
        raise QueryError(text, _start(token), "minscore: takes a score above 0, as in minscore:5(a^2 OR b)")


def _check_weight(text: str, token: Token) -> None:
    number = str(token)[1:]
    if not _NUMBER.fullmatch(number) or abs(float(number)) > MAX_WEIGHT:
        message = (
            f"'{token}': a weight is a number from -{MAX_WEIGHT:g} to {MAX_WEIGHT:g}, as in libya^3 or football^-2"
        )
        raise QueryError(text, _start(token), message)


def _check_distance(text: str, token: Token) -> None:
    unit = token.partition("/")[2]
    if unit != SENTENCE and not (unit.isdecimal() and 0 < int(unit) <= MAX_WORDS_APART):
        message = f"NEAR takes a number of words up to {MAX_WORDS_APART}, as in NEAR/5, or NEAR/{SENTENCE}"
        raise QueryError(text, _start(token), f"'{token}': {message}")


def _check_term(text: str, token: Token) -> None:
    place = _start(token)
    if token.type == "PHRASE":
        if "*" in token[1:-1].rstrip()[:-1]:
            raise QueryError(text, place + token.index("*"), '* may only end a phrase, as in "foreign minist*"')
    elif token.startswith("-"):
        raise QueryError(text, place, f"'{token}': exclude a term with NOT {token[1:]}, or put it in quotes")
    elif _SMALL_NEAR.fullmatch(token):
        raise QueryError(text, place, f"'{token}': NEAR is written in capitals; put text with a stroke in quotes")
    if not folded(token):
        raise QueryError(text, place, f"{token} holds no letter or digit to look for")


_CHECKS: Mapping[str, Callable[[str, Token], None]] = {
    "FIELD": _check_field,
    "COUNTER": _check_counter,
    "WEIGHT": _check_weight,
    "NEAR": _check_distance,
} | dict.fromkeys(_TERMS, _check_term)


def _check_levels(text: str, query: n.Query) -> None:
    """Without recursion: it guards everything that goes down the tree."""
    waiting = [(query, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > _MAX_LEVELS:
            raise QueryError(text, getattr(node, "position", 0), "the query is nested too deep; group it otherwise")
        waiting.extend((child, level + 1) for child in n.children(node))


def _check_fields(text: str, query: n.Query, inside: n.FieldOf | None) -> None:
    """A field holds what is looked for in text, never another field, another topic or `*`; a fact holds plain terms."""
    match query:
        case n.FieldOf(name=name) if name in n.NAMES:
            example = "pack:libya" if name == "pack" else "topic:libya-diplomacy"
            raise QueryError(text, query.position, f"{name}: takes one name, as in {example}")
        case n.FieldOf() if inside is not None:
            raise QueryError(text, query.position, f"{query.name}: cannot stand inside {inside.name}:")
        case n.FieldOf(part=part):
            _check_fields(text, part, query)
        case _:
            if inside is not None and (shown := _out_of_place(query, inside.name)):
                raise QueryError(text, getattr(query, "position", 0), f"{shown} cannot stand inside {inside.name}:")
            for child in n.children(query):
                _check_fields(text, child, inside)


def _out_of_place(query: n.Query, field: str) -> str | None:
    """How a node is written that cannot stand in the field."""
    is_fact = field in n.FACT_FIELDS
    match query:
        case n.All():
            return "*"
        case n.TopicOf():
            return "topic:"
        case n.PackOf() if is_fact:
            return "pack:"
        case n.Near() if is_fact:
            return "NEAR"
    return None


def _check_weights(text: str, query: n.Query, *, lowered: bool) -> None:
    """Something is asked for wherever something must hold; what lowers is weighed once."""
    if n.only_lowers(query):
        first = next(node for node in n.walk(query) if isinstance(node, n.Weighted) and node.weight < 0)
        message = "a negative weight only lowers a score: something else must be looked for beside it"
        raise QueryError(text, first.position, message)
    _check_weights_below(text, query, lowered=lowered)


def _check_weights_below(text: str, query: n.Query, *, lowered: bool) -> None:
    match query:
        case n.Weighted(part=n.All()):
            raise QueryError(text, query.position, "* has no place in a text that a weight could count")
        case n.Weighted(weight=weight) if weight < 0 and lowered:
            raise QueryError(text, query.position, "a negative weight inside another one")
        case n.Weighted(part=part, weight=weight):
            _check_weights(text, part, lowered=lowered or weight < 0)
        case n.And(parts=parts) | n.Or(parts=parts):
            for part in parts:
                _check_weights_below(text, part, lowered=lowered)
        case n.FieldOf(part=part):
            _check_weights_below(text, part, lowered=lowered)
        case _:
            for child in n.children(query):
                _check_weights(text, child, lowered=lowered)


def _check_near(text: str, near: n.Near, operand: n.Query, links: int) -> None:
    """NEAR compares places, which only terms, packs and alternatives of them have."""
    match operand:
        case n.Word() | n.Phrase() | n.Prefix() | n.PackOf():
            return
        case n.Near() if links == _MAX_LINKS:
            raise QueryError(text, near.position, f"a chain of more than {_MAX_LINKS} NEARs")
        case n.Near() | n.Or():
            for child in n.children(operand):
                _check_near(text, near, child, links + isinstance(operand, n.Near))
        case n.FieldOf(name=name):
            message = f"put the field before the whole, as in {name}:(a NEAR/5 b)"
            raise QueryError(text, operand.position, message)
        case n.Weighted():
            raise QueryError(text, operand.position, "put the weight behind the whole, as in (a NEAR/5 b)^3")
        case _:
            raise QueryError(text, near.position, "NEAR joins terms, phrases, packs and groups of them with OR")


def _check_alternatives(text: str, node: n.AtLeast) -> None:
    if isinstance(node.part, n.And):
        raise QueryError(text, node.position, f"atleast:{node.count} counts alternatives: join them with OR")
    parts = n.alternatives(node.part)
    for part in parts:
        if n.only_lowers(part):
            raise QueryError(text, node.position, f"atleast:{node.count} counts what is found, not what lowers a score")
    # Whether the concepts of a pack are enough is known with the pack.
    if len(parts) < node.count and not any(map(n.pack_in, parts)):
        raise QueryError(text, node.position, f"atleast:{node.count} has only {len(parts)} alternatives")
