"""An article -> the agency that its text comes from, by the marks that it bears; and how many originators texts have.

The marks are a dateline, a byline, a credit line and a sign-off. "TASS reports that" is none: who is cited did not write.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aggregator.datelines import Vocabulary, vocabulary_of
from aggregator.model.article import Agency, Article, Clue
from aggregator.model.copies import Origin
from aggregator.model.source import AgencyName
from aggregator.model.story import Report, Standpoint

# How sure a mark makes us. A dateline names who filed the text. An outlet puts an agency's name in a byline also over its
# own rewriting. A name at the end may be that of the picture's agency.
_DECLARED, _DATELINE, _COPYRIGHT, _BYLINE, _CREDIT, _OUTLET, _SIGN_OFF, _DESK = (
    1.0,
    0.95,
    0.9,
    0.85,
    0.8,
    0.8,
    0.75,
    0.7,
)
_DISPUTED = 0.7
_ENOUGH = 0.5

_TAIL = 400
_MAX_LINE = 60
_SHORT_FORM = 4
_BY = re.compile(r"^(?:by|from|par|avec|di|de|con|от|из|по материалам|عن|من)\s+(?:the\s+)?", re.IGNORECASE)
_STAFF = re.compile(
    r"[\s,]+(?:staff(?:\s+writers?)?|news\s+agency|newswire|wires?|correspondents?|reporters?|editors?)$", re.IGNORECASE
)
_BETWEEN_NAMES = re.compile(r"\s*(?:[/|,;&·•+]|\s(?:and|et|e|и|with|for|via)\s|\s[-–—]\s)\s*", re.IGNORECASE)
_COPYRIGHT_LINE = re.compile(
    r"(?:©|\(c\)|copyright)\s*(?:©|\(c\))?\s*(?:\d{4}[,\s]*)?(?:by\s+)?(?:the\s+)?([^.\n]{2,60})", re.IGNORECASE
)
_SOURCE_LINE = re.compile(r"(?:source|fonte|источник|المصدر|quelle|fuente)\s*[:：]\s*([^.\n]{2,60})", re.IGNORECASE)
_LAST_BRACKETS = re.compile(r"[(/]([^()/\n]{2,60})[)/]\W*$")
_REUTERS_DESK = re.compile(r"\((?:additional\s+)?reporting\s+by\b[^()]{3,300}\bediting\s+by\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    agency: AgencyName
    raw: str | None
    kind: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a text adds to a story: a copy group, and the agency where it is known."""

    group: str
    """Id of its copy group, else its own uri."""
    agency: str | None


def originator(article: Article, agencies: tuple[AgencyName, ...]) -> Origin | None:
    """The agency that the text comes from, with its marks; None where they do not make it probable.

    Marks that agree make surer; where another agency is named as well, only a dateline or a declaration stands undisputed.
    """
    marks = list(_marks(article, agencies))
    weights: dict[str, float] = {}
    for mark in marks:
        weights[mark.agency.id] = 1 - (1 - weights.get(mark.agency.id, 0.0)) * (1 - mark.weight)
    if not weights:
        return None
    best = max(weights, key=lambda agency_id: (weights[agency_id], agency_id))
    own = [mark for mark in marks if mark.agency.id == best]
    is_disputed = len(weights) > 1 and max(mark.weight for mark in own) < _DATELINE
    confidence = round(weights[best] * (_DISPUTED if is_disputed else 1.0), 3)
    if confidence < _ENOUGH:
        return None
    first = max(own, key=lambda mark: mark.weight)
    return Origin(
        agency=Agency(id=best, name=first.agency.name, raw=first.raw, confidence=confidence),
        clues=tuple(Clue(kind=mark.kind, quote=mark.raw or mark.agency.name, says=mark.agency.name) for mark in marks),
    )


def independent(contributions: Iterable[Contribution]) -> int:
    """How many originators there are: copies of one text are one, and so are all texts of one agency."""
    kin: dict[str, str] = {}

    def root(name: str) -> str:
        while kin.setdefault(name, name) != name:
            name = kin[name]
        return name

    for one in contributions:
        group = root(f"group {one.group}")
        if one.agency:
            kin[group] = root(f"agency {one.agency}")
    return len({root(name) for name in list(kin)})


def story_counts(story: str, reports: Iterable[Report]) -> Standpoint:
    """How many articles report the story, in which outlets, and how many of them by themselves."""
    reports = list(reports)
    return Standpoint(
        story=story,
        reports=len({one.uri for one in reports}),
        outlets=tuple(dict.fromkeys(" ".join(one.outlet.split()) for one in reports if one.outlet)),
        independent=independent(Contribution(group=one.group, agency=one.agency) for one in reports),
    )


def _marks(article: Article, agencies: tuple[AgencyName, ...]) -> Iterator[_Mark]:
    vocabulary = vocabulary_of(agencies)
    if article.agency:
        known = next((agency for agency in agencies if agency.id == article.agency.id), None)
        named = known or AgencyName(id=article.agency.id, name=article.agency.name, forms=())
        kind, weight = ("dateline", _DATELINE) if article.agency.raw else ("declared", _DECLARED)
        yield _Mark(agency=named, raw=article.agency.raw, kind=kind, weight=weight)
    for person in article.by:
        yield from _named(person.name, vocabulary, "byline", _BYLINE)
    if article.credit_line:
        yield from _named(article.credit_line, vocabulary, "credit line", _CREDIT)
        yield from _signed(article.credit_line, vocabulary, agencies)
    yield from _signed(article.body_text[-_TAIL:], vocabulary, agencies)
    yield from _named(article.publisher.name, vocabulary, "outlet", _OUTLET)


def _signed(tail: str, vocabulary: Vocabulary, agencies: tuple[AgencyName, ...]) -> Iterator[_Mark]:
    """What stands at the end of a text."""
    for expression, kind, weight in (
        (_COPYRIGHT_LINE, "copyright", _COPYRIGHT),
        (_SOURCE_LINE, "source line", _SIGN_OFF),
        (_LAST_BRACKETS, "sign-off", _SIGN_OFF),
    ):
        for found in expression.finditer(tail):
            yield from _named(found[1], vocabulary, kind, weight)
    lines = tail.rstrip(" \n.*-").splitlines()
    if len(lines) > 1 and len(lines[-1]) <= _MAX_LINE:
        yield from _named(lines[-1], vocabulary, "sign-off", _SIGN_OFF)
    desk = _REUTERS_DESK.search(tail)
    reuters = next((agency for agency in agencies if agency.id == "reuters"), None)
    if desk and reuters:
        yield _Mark(agency=reuters, raw=desk[0], kind="sign-off", weight=_DESK)


def _named(printed: str, vocabulary: Vocabulary, kind: str, weight: float) -> Iterator[_Mark]:
    """The agencies in a line of names: "By Jane Roe, Associated Press", "Reuters / AFP"."""
    for part in _BETWEEN_NAMES.split(printed):
        name = _STAFF.sub("", _BY.sub("", part.strip(" .*()[]\n"))).strip()
        agency = vocabulary.whole(name)
        # "Nova" and "Ria" are people, "NOVA" and "RIA" are agencies.
        if agency and (len(name) > _SHORT_FORM or name == name.upper()):
            yield _Mark(agency=agency, raw=name, kind=kind, weight=weight)
