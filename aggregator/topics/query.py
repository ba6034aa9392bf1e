"""Query text -> the tree of `nodes`, or the place of the first mistake.

`NEAR` joins two terms and binds tightest, then `NOT`, then `AND` (also implied between two terms), then `OR`; the four are
written in capitals, so that a lower-case `and` is a word to look for. A field takes a term, a phrase, a prefix, a pack
or a group; a weight stands behind any of these.
"""

from functools import lru_cache
from typing import cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from aggregator.errors import QueryError
from aggregator.topics import mistakes
from aggregator.topics import nodes as n

MAX_CHARACTERS = 10_000

# The terminals exclude one another, so that one plain lexer serves the check of the tokens and the parser.
# A star must touch a space or parenthesis on its open side: `a*b` and `"a"*` are mistakes, not two terms.
# A weight must touch what it weighs.
_GRAMMAR = r"""
?start: either
?either: both | either OR both -> either
?both: single | both AND? single -> both
?single: NOT single -> negated
       | joined
?joined: weighted
       | joined NEAR weighted -> near
?weighted: atom
         | atom WEIGHT -> weighted
?atom: STAR -> everything
     | WORD -> word
     | PREFIX -> prefix
     | PHRASE -> phrase
     | LPAR either RPAR -> group
     | FIELD atom -> fielded
     | COUNTER LPAR either RPAR -> counted

COUNTER.5: /(atleast|minscore):[^\s()"“”:*^]*/
FIELD.4: /[^\s()"“”:*^]+:/
PREFIX.3: /[^\s()"“”:*^]+\*(?=[\s()^]|$)/
AND.2: /AND(?![^\s()"“”])/
OR.2: /OR(?![^\s()"“”])/
NOT.2: /NOT(?![^\s()"“”])/
NEAR.2: /NEAR(\/[^\s()"“”:*^]*)?(?![^\s()"“”])/
WORD.1: /[^\s()"“”:*^]+/
WEIGHT: /(?<=[^\s(])\^[^\s()"“”:*^]*/
PHRASE: /"[^"]*"|“[^”]*”/
STAR: /(?<![^\s(])\*(?=[\s()^]|$)/
LPAR: "("
RPAR: ")"
%ignore /\s+/
"""


class _Build(Transformer[Token, n.Query]):
    """Makes the nodes while the parser reduces, bottom up, so that no tree is walked by recursion."""

    def everything(self, children: list[Token]) -> n.Query:
        return n.All(position=_start(children[0]))

    def word(self, children: list[Token]) -> n.Query:
        return n.Word(text=str(children[0]))

    def prefix(self, children: list[Token]) -> n.Query:
        return n.Prefix(text=str(children[0])[:-1])

    def phrase(self, children: list[Token]) -> n.Query:
        return n.Phrase(text=str(children[0])[1:-1].strip())

    def group(self, children: tuple[Token, n.Query, Token]) -> n.Query:
        return children[1]

    def weighted(self, children: tuple[n.Query, Token]) -> n.Query:
        part, mark = children
        return n.Weighted(part=part, weight=float(mark[1:]), position=_start(mark))

    def near(self, children: tuple[n.Query, Token, n.Query]) -> n.Query:
        left, mark, right = children
        unit = mark.partition("/")[2]
        words = None if unit == mistakes.SENTENCE else int(unit)
        return n.Near(left=left, right=right, words=words, position=_start(mark))

    def counted(self, children: tuple[Token, Token, n.Query, Token]) -> n.Query:
        mark, _, part, _ = children
        name, _, number = mark.partition(":")
        if name == "atleast":
            return n.AtLeast(count=int(number), part=part, position=_start(mark))
        return n.MinScore(score=float(number), part=part, position=_start(mark))

    def negated(self, children: tuple[Token, n.Query]) -> n.Query:
        mark, part = children
        # Two negations are none: a chain of NOTs never becomes a deep tree.
        return part.part if isinstance(part, n.Not) else n.Not(part=part, position=_start(mark))

    def fielded(self, children: tuple[Token, n.Query]) -> n.Query:
        mark, part = children
        name = str(mark)[:-1]
        if name == "pack" and isinstance(part, n.Word):
            pack, _, inside = part.text.partition("/")
            return n.PackOf(name=pack, part=inside or None, position=_start(mark))
        if name == "topic" and isinstance(part, n.Word):
            return n.TopicOf(id=part.text, position=_start(mark))
        return n.FieldOf(name=name, part=part, position=_start(mark))

    def both(self, children: list[n.Query]) -> n.Query:
        first, last = children[0], children[-1]
        return n.And(parts=(*(first.parts if isinstance(first, n.And) else (first,)), last))

    def either(self, children: list[n.Query]) -> n.Query:
        first, last = children[0], children[-1]
        return n.Or(parts=(*(first.parts if isinstance(first, n.Or) else (first,)), last))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Build(), maybe_placeholders=False)


def parse_query(text: str) -> n.Query:
    """The query as a tree. Raises QueryError with the place of the first mistake.

    At most 10,000 characters and parentheses 50 deep.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(text, MAX_CHARACTERS, f"the query is longer than {MAX_CHARACTERS} characters")
    tokens = _tokens(text)
    if not tokens:
        raise QueryError(text, 0, "the query is empty (write * for everything)")
    mistakes.check_tokens(text, tokens)
    try:
        query = _tree(tokens)
    except UnexpectedToken as error:
        raise mistakes.misplaced(text, tokens, error.token) from None
    mistakes.check_tree(text, query)
    return query


def _tree(tokens: tuple[Token, ...]) -> n.Query:
    """Fed with the tokens that were checked: reading the text twice was a third of the time of a start."""
    parser = _parser().parse_interactive()
    for token in tokens:
        parser.feed_token(token)
    # Lark calls the result a Tree; with a transformer inside the parser it is what the transformer made.
    return cast("n.Query", parser.feed_token(Token.new_borrow_pos("$END", "", tokens[-1])))


def _start(token: Token) -> int:
    return token.start_pos or 0


def _tokens(text: str) -> tuple[Token, ...]:
    try:
        return tuple(_parser().lex(text))
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        raise QueryError(text, place, mistakes.unreadable(text[place])) from None
