"""An article -> the terms that tell its event, small enough to lie beside it in the store."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations
from typing import NamedTuple

from aggregator.dates import MONTHS, WEEKDAYS
from aggregator.dedup.signature import UNSPACED, without_tail
from aggregator.dedup.stories.names import LONGEST_FORM, PackNames, skeleton
from aggregator.dedup.stories.numbers import number_term, spelled_term
from aggregator.dedup.stories.stems import stemmer
from aggregator.dedup.stories.vocabulary import EMPTY, EVENTS, PLACES, SCALES, TURNS
from aggregator.model.article import Article
from aggregator.model.story import StoryFeatures
from aggregator.text import folded

VERSION = 2
MAX_BYTES = 600

_MAX_HEADLINE = 18
_MAX_LEAD = 24
_MAX_NAMES = 8
_MAX_KEYS = 12
_KEYED_TERMS = 6
_MAX_TERM = 12
_LEAD_CHARACTERS = 300
_LEAST_BEFORE_A_TURN = 2
_SHORT = 3
# A language's commonest words are most of its headlines; all readers together stay under 30 MB whatever feeds print.
_MOST_REMEMBERED, _MOST_READERS = 1 << 14, 8
_ENDING = 4
_ENDING_ELSEWHERE = 6
# A headline in capitals throughout, or with a capital to each word, does not tell names from words.
_TITLE_CASE = 0.7
# Vowel signs from Devanagari to Burmese and of Khmer are no letters to `re`, and make the word.
_TOKEN = re.compile(
    r"(?<![\w.,])[$€£]?(?P<number>\d+(?:[.,]\d+)*)(?P<half>½|\s1/2)?(?:[\s-]?(?P<unit>(?:[^\W\d_]|[\u0900-\u0963\u0966-\u109f\u1780-\u17d3])+))?"
    r"|(?P<word>(?:[^\W_]|[\u0900-\u0963\u0966-\u109f\u1780-\u17d3])+)"
)
# "U.N.", "U.S.": letters, each with a full stop.
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_ARABIC = re.compile(r"[\u0621-\u064a]")
# And, so, in, for, the: written onto the front of a word.
_CLITICS = re.compile(r"^(?:[وفبلك]?ال|لل|[وفبل])(?=[\u0621-\u064a]{3})")
_SHORT_ENDINGS = frozenset({"", "ي", "يه", "يا", "يين", "يون", "يات", "а", "е", "у", "ом"})


# The places of two terms among those of a headline, the highest in rank first.
_BY_RANK = sorted(combinations(range(_KEYED_TERMS), 2), key=lambda pair: (sum(pair), pair))


class _Token(NamedTuple):
    printed: str
    folded: str
    number: str | None = None


def features(article: Article, names: PackNames) -> StoryFeatures:
    """What of the article tells its event. Pure, and equal in every process.

    `names` fold the spellings of a name to one (`pack_names`).
    """
    language = article.language.tag.split("-")[0].lower() if article.language else "und"
    headline, lead = _with_days(_tokens(article.headline)), _with_days(_tokens(_lead_of(article)))
    reader = _reader(language, names)
    main, background = _turned(headline, reader)
    known = {*main, *background}
    further = [term for term in dict.fromkeys(reader.terms(lead)) if term not in known][:_MAX_LEAD]
    sounds = tuple(dict.fromkeys((*_sounds(headline, reader.empty), *_sounds(lead, reader.empty))))[:_MAX_NAMES]
    found = StoryFeatures(
        version=VERSION, language=language, headline=main, background=background, lead=tuple(further), names=sounds
    )
    return _fitted(replace(found, keys=_keys(found)))


class _Reader:
    """Tokens -> terms, in one language. It remembers words: a desk's headlines use some ten thousand."""

    def __init__(self, language: str, names: PackNames) -> None:
        self._language = language
        self.empty = EMPTY.get(language, EMPTY["en"])
        self.names = names
        self._alone: dict[_Token, tuple[str, ...]] = {}

    def terms(self, tokens: Sequence[_Token]) -> list[str]:
        found: list[str] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.folded in self.names.firsts and not token.number:
                name = self.names.longest([one.folded for one in tokens[at : at + LONGEST_FORM]], 0)
                if name is not None and name[1] > 1:
                    found.append(name[0][:_MAX_TERM])
                    at += name[1]
                    continue
            known = self._alone.get(token)
            found += self._read_alone(token) if known is None else known
            at += 1
        return found

    def _read_alone(self, token: _Token) -> tuple[str, ...]:
        name = None if token.number else self.names.single(token.folded)
        # A country that a pack names as well is a place, in every language the same.
        is_name = name is not None and _place(token) is None
        terms = (name[:_MAX_TERM],) if name is not None and is_name else _terms_of(token, self._language)
        if len(self._alone) >= _MOST_REMEMBERED:
            self._alone.clear()
        self._alone[token] = terms
        return terms


# By language and the identity of the names, which the reader holds, so that no other object gets it.
_READERS: dict[tuple[str, int], _Reader] = {}


def _reader(language: str, names: PackNames) -> _Reader:
    found = _READERS.get((language, id(names)))
    if found is None:
        if len(_READERS) >= _MOST_READERS:
            _READERS.clear()
        found = _READERS[language, id(names)] = _Reader(language, names)
    return found


def _terms_of(token: _Token, language: str) -> tuple[str, ...]:
    """Of a word or number by itself."""
    if token.number is not None:
        return (token.number,)
    if UNSPACED.search(token.folded):
        # Without spaces, two characters in a row stand for a word.
        return tuple(token.folded[at : at + 2] for at in range(max(1, len(token.folded) - 1)))
    place = _place(token)
    if place is not None:
        return (f"+{place}",)
    if len(token.folded) <= 1 or token.folded in EMPTY.get(language, EMPTY["en"]):
        return ()
    events, stem = EVENTS.get(language, EVENTS["en"]), stemmer(language)(token.folded)
    event = events.get(token.folded) or events.get(stem)
    return (f"={event}" if event else stem[:_MAX_TERM],)


@lru_cache(maxsize=1 << 14)
def _place(token: _Token) -> str | None:
    """The country or capital; of two or three letters only in capitals ("US", "UN")."""
    word = token.folded
    return _begins_as_place(word, token.printed) or (
        _begins_as_place(bare, token.printed) if (bare := _CLITICS.sub("", word)) != word else None
    )


def _begins_as_place(word: str, printed: str) -> str | None:
    for beginning, name in PLACES.get(word[:2], ()):
        if not word.startswith(beginning):
            continue
        if len(beginning) <= _SHORT and beginning.isascii():
            if word == beginning and printed.isupper():
                return name
        elif _may_end(word[len(beginning) :], beginning):
            return name
    return None


def _may_end(ending: str, beginning: str) -> bool:
    """Whether a place's beginning may end so: "Libyan", not "malicious"; "ливийского"; مصري, not مصرف."""
    if len(beginning) <= _SHORT:
        return ending in _SHORT_ENDINGS
    return len(ending) <= (min(_ENDING, len(beginning) - 2) if beginning.isascii() else _ENDING_ELSEWHERE)


def _tokens(text: str) -> list[_Token]:
    plain = _DOTTED.sub(_without_dots, text) if "." in text else text
    found: list[_Token] = []
    for number, half, unit, word in _TOKEN.findall(plain):
        if word:
            found += _words(word)
            continue
        folded_unit = folded(unit) if unit else ""
        term = number_term(number, half=bool(half), unit=folded_unit)
        if term is not None:
            found.append(_Token(printed=number, folded=number, number=term))
        if unit and folded_unit not in SCALES:
            found += _words(unit)
    return found


def _without_dots(found: re.Match[str]) -> str:
    return found[0].replace(".", "")


def _with_days(tokens: list[_Token]) -> list[_Token]:
    """A printed day is one term, `@0721`, whatever its order and its weekday: it tells the edition, not the event."""
    if not any(token.folded in MONTHS for token in tokens):
        return tokens
    found: list[_Token] = []
    at = 0
    while at < len(tokens):
        day = _day(tokens[at], tokens[at + 1]) if at + 1 < len(tokens) else None
        found.append(day or tokens[at])
        at += 2 if day else 1
    near = {place + step for place, token in enumerate(found) if _is_day(token) for step in (-1, 1)}
    return [token for place, token in enumerate(found) if place not in near or token.folded not in WEEKDAYS]


def _day(one: _Token, other: _Token) -> _Token | None:
    """The day that a month beside a number up to 31 is."""
    for month, number in ((one, other), (other, one)):
        name = MONTHS.get(month.folded)
        if name and number.printed.isdecimal() and number.number and 1 <= (day := int(number.printed)) <= 31:
            return _Token(printed=f"{one.printed} {other.printed}", folded="", number=f"@{name:02}{day:02}")
    return None


def _is_day(token: _Token) -> bool:
    return token.number is not None and token.number[0] == "@"


@lru_cache(maxsize=1 << 14)
def _words(printed: str) -> tuple[_Token, ...]:
    return tuple(_Token(printed=printed, folded=word, number=spelled_term(word)) for word in folded(printed).split())


def _turned(headline: Sequence[_Token], reader: _Reader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Terms before and behind the headline's turn; the turn is where what went before is told, not what is new."""
    for at, token in enumerate(headline):
        if token.folded in TURNS:
            main = tuple(dict.fromkeys(reader.terms(headline[:at])))
            if len(main) >= _LEAST_BEFORE_A_TURN:
                rest = [term for term in dict.fromkeys(reader.terms(headline[at + 1 :])) if term not in main]
                return main[:_MAX_HEADLINE], tuple(rest)[: max(0, _MAX_HEADLINE - len(main))]
    return tuple(dict.fromkeys(reader.terms(headline)))[:_MAX_HEADLINE], ()


def _lead_of(article: Article) -> str:
    lead = article.standfirst or article.summary_text or article.body_text
    return without_tail(lead)[:_LEAD_CHARACTERS]


def _sounds(tokens: Sequence[_Token], empty: frozenset[str]) -> Iterator[str]:
    """Names by their consonants: words with a capital inside a sentence, all words where the script has none."""
    words = [token for token in tokens if token.number is None]
    capitals = sum(token.printed[0].isupper() for token in words)
    if words and capitals / len(words) > _TITLE_CASE:
        return
    for at, token in enumerate(words):
        is_name = (token.printed[0].isupper() and at > 0) or _ARABIC.match(token.printed) is not None
        if is_name and token.folded not in empty and (sound := _sound(token)):
            yield sound


@lru_cache(maxsize=1 << 14)
def _sound(token: _Token) -> str:
    """Of a name that is no place's; empty where too little of it is heard."""
    sound = skeleton(token.folded) if _place(token) is None else ""
    return f"~{sound[:_MAX_TERM]}" if sound else ""


def _keys(found: StoryFeatures) -> tuple[int, ...]:
    """Two terms of the headline together: one alone ("+libya") would find hundreds of a desk's articles.

    What happened first, then where and how many: these are the same in every wording and language.
    """
    telling = (term for term in (*found.headline, *found.background) if term[0] != "@")
    ranked = sorted(telling, key=_rank)[:_KEYED_TERMS]
    pairs = [pair for pair in _BY_RANK if pair[1] < len(ranked) and _tells(ranked[pair[0]], ranked[pair[1]])]
    return tuple(_key(*sorted((ranked[one], ranked[other]))) for one, other in pairs[:_MAX_KEYS])


def _tells(one: str, other: str) -> bool:
    """Whether two terms may tell an event: not "story 17", nor two numbers, but "17 killed" and "17 in Libya"."""
    kinds = {one[0], other[0]}
    return "#" not in kinds or not kinds.isdisjoint("=+")


def _rank(term: str) -> tuple[int, int, str]:
    return {"=": 0, "#": 1, "+": 1}.get(term[0], 2), -len(term), term


def _key(one: str, other: str) -> int:
    data = f"{VERSION} {one} {other}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest()) >> 1


def packed(found: StoryFeatures) -> bytes:
    """The features as bytes, for the store."""
    parts = ("\t".join(part) for part in (found.headline, found.background, found.lead, found.names))
    text = "\n".join((str(found.version), found.language, *parts))
    keys = b"".join(key.to_bytes(8) for key in found.keys)
    return len(found.keys).to_bytes(1) + keys + text.encode("utf-8", "surrogatepass")


# A report is held against the reports of three days: the same ones are read from the store again and again.
@lru_cache(maxsize=1 << 11)
def unpacked(data: bytes) -> StoryFeatures:
    """The features that `packed` wrote."""
    count, rest = data[0], data[1:]
    keys = tuple(int.from_bytes(rest[at : at + 8]) for at in range(0, count * 8, 8))
    version, language, *parts = rest[count * 8 :].decode("utf-8", "surrogatepass").split("\n")
    headline, background, lead, names = (tuple(part.split("\t")) if part else () for part in parts)
    return StoryFeatures(
        version=int(version),
        language=language,
        headline=headline,
        background=background,
        lead=lead,
        names=names,
        keys=keys,
    )


def _fitted(found: StoryFeatures) -> StoryFeatures:
    """The features with as much of the lead as the store has room for."""
    while len(packed(found)) > MAX_BYTES and found.lead:
        found = replace(found, lead=found.lead[:-1])
    return found
