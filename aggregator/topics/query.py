"""Query text -> `Query`: what a topic asks for, as a tree of frozen values.

`NOT` binds tightest, then `AND` (also implied between two terms), then `OR`; the three are written in capitals, so
that a lower-case `and` is a word to look for. A field takes a term, a phrase, a prefix, a pack or a group.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from aggregator.errors import QueryError
from aggregator.text import folded

MAX_CHARACTERS = 10_000
MAX_DEPTH = 50

TEXT_FIELDS = ("title", "lead", "body")
FACT_FIELDS = ("source", "lang", "agency", "place", "publisher")
_FIELDS = (*TEXT_FIELDS, *FACT_FIELDS, "pack")
_LABELS = {"LPAR": "(", "RPAR": ")", "STAR": "*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """`*`: every text."""

    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A term as written; punctuation inside it makes it several words in a row."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words in a row, as written between the quotes; a final `*` leaves the end of the last word open."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """The beginning of a word, without its `*`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOf:
    """`pack:name`: any form of any concept of a term pack."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOf:
    """`name:` before a term or group: the part is looked for in that field alone."""

    name: str
    part: "Query"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Holds where the part does not."""

    part: "Query"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All parts hold; two or more."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one part holds; two or more."""

    parts: tuple["Query", ...]


Query = All | Word | Phrase | Prefix | PackOf | FieldOf | Not | And | Or

# The terminals exclude one another, so that one plain lexer serves the check of the tokens and the parser.
# A star must touch a space or parenthesis on its open side: `a*b` and `"a"*` are mistakes, not two terms.
_GRAMMAR = r"""
?start: either
?either: both | either OR both -> either
?both: single | both AND? single -> both
?single: NOT single -> negated
       | atom
?atom: STAR -> everything
     | WORD -> word
     | PREFIX -> prefix
     | PHRASE -> phrase
     | LPAR either RPAR -> group
     | FIELD atom -> fielded

FIELD.4: /[^\s()"“”:*]+:/
PREFIX.3: /[^\s()"“”:*]+\*(?=[\s()]|$)/
AND.2: /AND(?![^\s()"“”])/
OR.2: /OR(?![^\s()"“”])/
NOT.2: /NOT(?![^\s()"“”])/
WORD.1: /[^\s()"“”:*]+/
PHRASE: /"[^"]*"|“[^”]*”/
STAR: /(?<![^\s(])\*(?=[\s()]|$)/
LPAR: "("
RPAR: ")"
%ignore /\s+/
"""


class _Build(Transformer[Token, Query]):
    """Makes the nodes while the parser reduces, bottom up, so that no tree is walked by recursion."""

    def everything(self, children: list[Token]) -> Query:
        return All(position=_start(children[0]))

    def word(self, children: list[Token]) -> Query:
        return Word(text=str(children[0]))

    def prefix(self, children: list[Token]) -> Query:
        return Prefix(text=str(children[0])[:-1])

    def phrase(self, children: list[Token]) -> Query:
        return Phrase(text=str(children[0])[1:-1].strip())

    def group(self, children: tuple[Token, Query, Token]) -> Query:
        return children[1]

    def negated(self, children: tuple[Token, Query]) -> Query:
        _, part = children
        # Two negations are none: a chain of NOTs never becomes a deep tree.
        return part.part if isinstance(part, Not) else Not(part=part)

    def fielded(self, children: tuple[Token, Query]) -> Query:
        mark, part = children
        name = str(mark)[:-1]
        if name == "pack" and isinstance(part, Word):
            return PackOf(name=part.text, position=_start(mark))
        return FieldOf(name=name, part=part, position=_start(mark))

    def both(self, children: list[Query]) -> Query:
        first, last = children[0], children[-1]
        return And(parts=(*(first.parts if isinstance(first, And) else (first,)), last))

    def either(self, children: list[Query]) -> Query:
        first, last = children[0], children[-1]
        return Or(parts=(*(first.parts if isinstance(first, Or) else (first,)), last))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Build(), maybe_placeholders=False)


def parse_query(text: str) -> Query:
    """The query as a tree. Raises QueryError with the place of the first mistake.

    At most 10,000 characters and parentheses 50 deep.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(text, MAX_CHARACTERS, f"the query is longer than {MAX_CHARACTERS} characters")
    tokens = _tokens(text)
    if not tokens:
        raise QueryError(text, 0, "the query is empty (write * for everything)")
    _check_parentheses(text, tokens)
    _check_terms(text, tokens)
    try:
        # Lark calls the result a Tree; with a transformer inside the parser it is what the transformer made.
        query = cast("Query", _parser().parse(text))
    except UnexpectedToken as error:
        raise _misplaced(text, tokens, error.token) from None
    _check_fields(text, query, inside=None)
    return query


def packs_of(query: Query) -> tuple[str, ...]:
    """The packs a query names, each once, in order of appearance."""
    return tuple(dict.fromkeys(node.name for node in walk(query) if isinstance(node, PackOf)))


def walk(query: Query) -> Iterator[Query]:
    """The node and all below it, in the order written."""
    yield query
    match query:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from walk(part)
        case Not(part=part) | FieldOf(part=part):
            yield from walk(part)


def suggestion(name: str, known: tuple[str, ...]) -> str:
    """What the writer of an unknown name may have meant, to end a message with."""
    close = difflib.get_close_matches(name.lower(), known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else f" (known: {', '.join(known) or 'none'})"


def _start(token: Token) -> int:
    return token.start_pos or 0


def _tokens(text: str) -> tuple[Token, ...]:
    try:
        return tuple(_parser().lex(text))
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        raise QueryError(text, place, _unreadable(text[place])) from None


def _unreadable(character: str) -> str:
    match character:
        case "*":
            return "* may only end a word, as in diplom*, or stand alone"
        case '"' | "“":
            return "the quote is never closed"
        case "”":
            return "a closing quote without an opening one"
        case ":":
            return "a colon follows the name of a field, as in title:libya; put text with a colon in quotes"
    return f"'{character}' is not understood"


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


def _check_terms(text: str, tokens: tuple[Token, ...]) -> None:
    for token in tokens:
        place = _start(token)
        if token.type == "FIELD" and token[:-1] not in _FIELDS:
            raise QueryError(text, place, f"unknown field '{token[:-1]}'{suggestion(token[:-1], _FIELDS)}")
        if token.type not in ("WORD", "PREFIX", "PHRASE"):
            continue
        if token.type != "PHRASE" and token.startswith("-"):
            raise QueryError(text, place, f"'{token}': exclude a term with NOT {token[1:]}, or put it in quotes")
        if token.type == "PHRASE" and "*" in token[1:-1].rstrip()[:-1]:
            raise QueryError(text, place + token.index("*"), '* may only end a phrase, as in "foreign minist*"')
        if not folded(token):
            raise QueryError(text, place, f"{token} holds no letter or digit to look for")


def _misplaced(text: str, tokens: tuple[Token, ...], found: Token) -> QueryError:
    """The mistake behind a token, or the end of the query, that cannot stand where it stands."""
    is_end = found.type == "$END"
    before = [token for token in tokens if is_end or _start(token) < _start(found)]
    last = before[-1] if before else None
    if last is not None and last.type in ("AND", "OR", "NOT", "FIELD"):
        return QueryError(text, _start(last), f"{last} needs a term after it")
    if last is not None and last.type == "LPAR" and found.type == "RPAR":
        return QueryError(text, _start(last), "there is nothing between the parentheses")
    if found.type in ("AND", "OR"):
        return QueryError(text, _start(found), f"{found} needs a term before it")
    return QueryError(text, _start(found), f"{_LABELS.get(found.type, str(found))} cannot stand here")


def _check_fields(text: str, query: Query, inside: FieldOf | None) -> None:
    """A field holds plain terms (a text field also packs), never another field and never `*`."""
    match query:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                _check_fields(text, part, inside)
        case Not(part=part):
            _check_fields(text, part, inside)
        case FieldOf(name="pack"):
            raise QueryError(text, query.position, "pack: takes one name, as in pack:libya")
        case FieldOf() if inside is not None:
            raise QueryError(text, query.position, f"{query.name}: cannot stand inside {inside.name}:")
        case FieldOf(part=part):
            _check_fields(text, part, query)
        case All() if inside is not None:
            raise QueryError(text, query.position, f"* cannot stand inside {inside.name}:")
        case PackOf() if inside is not None and inside.name in FACT_FIELDS:
            raise QueryError(text, query.position, f"pack: cannot stand inside {inside.name}:")
