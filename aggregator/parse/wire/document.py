"""A local text document -> its one entry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aggregator.datelines.grammar import match_dateline
from aggregator.datelines.vocabulary import Vocabulary, vocabulary_of
from aggregator.errors import UnreadableDocument
from aggregator.model.fetch import Document
from aggregator.model.parsed import (
    DatelinePrint,
    Declared,
    Entry,
    OriginSource,
    ParsedFeed,
    Person,
    Text,
    TextType,
    WireText,
)
from aggregator.model.source import AgencyName
from aggregator.parse.wire.decoding import read_text
from aggregator.parse.wire.front_matter import over, read_sidecar, split_front_matter
from aggregator.parse.wire.layout import Layout, lay_out, second_text
from aggregator.parse.wire.lines import byline_names, names_no_agency, without_header_marks
from aggregator.text import folded

_MIN_BODY = 80
_MAX_HEADLINE = 200
# With a dateline below it the first paragraph is the headline whatever its length, within reason.
_MAX_HEADLINE_ABOVE_DATELINE = 400
# The dateline is looked for in so many paragraphs after the headline.
_DATELINE_WITHIN = 4
_SENTENCE_END = re.compile(r"(?<![A-Z.])[.。۔]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A text taken apart; `headline` is "" where none is printed."""

    headline: str
    standfirst: str | None = None
    authors: tuple[str, ...] = ()
    dateline: DatelinePrint | None = None
    body: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def parse_wire(document: Document, agencies: tuple[AgencyName, ...]) -> ParsedFeed:
    """The document as a feed of one entry; what is declared of it wins over what is printed in it.

    Raises UnreadableDocument, with the reason, for what is empty, binary, without headline, shorter than 80 characters,
    or more than one article.
    """
    vocabulary = vocabulary_of(agencies)
    front = split_front_matter(read_text(document.body))
    beside, defects = read_sidecar(document.sidecar)
    declared = over(beside, front.declared)
    second = second_text(front.rest, vocabulary)
    if second:
        raise UnreadableDocument(
            f"several articles in one file: line {second} of the text separates two; put each in a file of its own"
        )
    layout = lay_out(front.rest, vocabulary)
    parts = _take_apart(layout, declared, vocabulary)
    _check(parts)
    return ParsedFeed(
        document=document.key,
        head=OriginSource(),
        language=declared.language,
        entries=(_entry(parts, layout, declared),),
        defects=(*front.defects, *defects),
        format="wire",
    )


def _check(parts: _Parts) -> None:
    if not parts.headline:
        raise UnreadableDocument("no headline: begin with a line of at most 200 characters, or declare one")
    length = len("\n\n".join(parts.body))
    if length < _MIN_BODY:
        raise UnreadableDocument(f"the text below the headline has {length} characters, {_MIN_BODY} are wanted")


def _entry(parts: _Parts, layout: Layout, declared: Declared) -> Entry:
    authors = (declared.author,) if declared.author else parts.authors
    return Entry(
        link=declared.url,
        title=_plain(parts.headline, declared),
        summary=_plain(parts.standfirst, declared) if parts.standfirst else None,
        content=_plain("\n\n".join(parts.body), declared),
        authors=tuple(Person(name=name) for name in authors),
        rights=declared.rights,
        language=declared.language,
        wire=WireText(
            dateline=parts.dateline,
            declared=declared,
            timestamp_lines=layout.timestamp_lines,
            dropped_lines=(*layout.dropped_lines, *parts.dropped),
            credit_line=layout.credit_line,
        ),
    )


def _plain(value: str, declared: Declared) -> Text:
    return Text(value=value, type=TextType.PLAIN, language=declared.language)


def _take_apart(layout: Layout, declared: Declared, vocabulary: Vocabulary) -> _Parts:
    parts = _by_dateline(layout, declared, vocabulary) or _without_dateline(layout.paragraphs, declared)
    return replace(
        parts,
        headline=declared.headline or parts.headline,
        standfirst=declared.standfirst or parts.standfirst,
    )


def _by_dateline(layout: Layout, declared: Declared, vocabulary: Vocabulary) -> _Parts | None:
    """The dateline divides the head (headline, standfirst, by-line) from the body."""
    credited = _agency_of(layout.credit_line, vocabulary)
    is_known = bool(declared.agency or credited or any(names_no_agency(line) for line in layout.dropped_lines))
    at = _find_dateline(layout.paragraphs, vocabulary, is_known)
    if at is None:
        return None
    found = match_dateline(layout.paragraphs[at], vocabulary, agency_is_known=is_known)
    if found is None:
        return None
    printed = found.printed
    if credited and not printed.agency_id:
        printed = replace(printed, agency_id=credited.id, agency_raw=layout.credit_line)
    text = layout.paragraphs[at][found.end :].strip()
    rest = layout.paragraphs[at + 1 :]
    head = _head(layout.paragraphs[:at], vocabulary)
    return replace(head, dateline=printed, body=(text, *rest) if text else rest)


def _find_dateline(paragraphs: Sequence[str], vocabulary: Vocabulary, is_known: bool) -> int | None:
    """The paragraph with the dateline. A line that only names the agency is the second best: the dateline may follow it."""
    of_text, second_best = 0, None
    for i, paragraph in enumerate(paragraphs):
        found = match_dateline(paragraph, vocabulary, agency_is_known=is_known)
        if found and (found.end < len(paragraph) or found.printed.places or found.printed.day):
            return i
        second_best = i if found and second_best is None else second_best
        of_text += not _is_credit(paragraph, vocabulary)
        if of_text > _DATELINE_WITHIN:
            break
    return second_best


def _is_credit(paragraph: str, vocabulary: Vocabulary) -> bool:
    return bool(byline_names(paragraph) or vocabulary.whole(without_header_marks(paragraph)))


def _agency_of(credit_line: str | None, vocabulary: Vocabulary) -> AgencyName | None:
    return vocabulary.whole(credit_line) if credit_line else None


def _head(paragraphs: Sequence[str], vocabulary: Vocabulary) -> _Parts:
    """Headline, standfirst and by-line of what stands above the dateline.

    IPTC 7901 ends its headline with "=" and puts keywords above it.
    """
    authors: tuple[str, ...] = ()
    lines: list[str] = []
    dropped: list[str] = []
    for paragraph in paragraphs:
        if names := byline_names(paragraph):
            authors += names
        elif vocabulary.whole(without_header_marks(paragraph)):
            dropped.append(paragraph)
        else:
            lines.append(paragraph)
    at = next((i for i, line in enumerate(lines) if line.endswith("=")), 0)
    dropped += lines[:at]
    lines = [without_header_marks(line) for line in lines[at:]]
    headline = lines[0] if lines and len(lines[0]) <= _MAX_HEADLINE_ABOVE_DATELINE else ""
    return _Parts(
        headline=headline,
        standfirst="\n".join(lines[1:]) or None,
        authors=tuple(dict.fromkeys(authors)),
        dropped=tuple(dropped),
    )


def _without_dateline(paragraphs: Sequence[str], declared: Declared) -> _Parts:
    """A short first paragraph without a full stop is the headline, a second one the standfirst, the rest is body."""
    authors: tuple[str, ...] = ()
    rest = list(paragraphs)
    headline = standfirst = ""
    if rest and _is_heading(rest[0], declared):
        headline = rest.pop(0)
    for _ in range(2):
        if rest and (names := byline_names(rest[0])):
            authors += names
            rest.pop(0)
        elif headline and not standfirst and len(rest) > 1 and _is_short(rest[0]):
            standfirst = rest.pop(0)
    return _Parts(
        headline=without_header_marks(headline), standfirst=standfirst or None, authors=authors, body=tuple(rest)
    )


def _is_heading(paragraph: str, declared: Declared) -> bool:
    if declared.headline:
        return folded(paragraph) == folded(declared.headline)
    return _is_short(paragraph)


def _is_short(paragraph: str) -> bool:
    return len(paragraph) <= _MAX_HEADLINE and not _SENTENCE_END.search(paragraph)
