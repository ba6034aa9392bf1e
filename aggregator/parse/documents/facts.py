"""What a document says of its texts -> `ParsedFeed`: the one place where such a text becomes an entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from aggregator.datelines import match_dateline, vocabulary_of
from aggregator.dates import parse_date
from aggregator.html import clean, plain, to_text
from aggregator.model.fetch import Document
from aggregator.model.parsed import (
    Category,
    DatelinePrint,
    Declared,
    Defect,
    Entry,
    Link,
    OriginSource,
    ParsedFeed,
    Person,
    Text,
    TextType,
    Tombstone,
    WireText,
)
from aggregator.model.source import AgencyName
from aggregator.parse.wire.front_matter import over, read_sidecar
from aggregator.parse.wire.lines import byline_names

_MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One text as its document tells of it; what it does not tell is None."""

    headline: str | None = None
    """One line of plain text, as is `standfirst`."""
    standfirst: str | None = None
    content: Text | None = None
    guid: str | None = None
    """The id that the document gives its text, for good: it is known by it wherever it lies."""
    url: str | None = None
    published: str | None = None
    """As written, as is `updated`."""
    updated: str | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    publisher: str | None = None
    dateline: str | None = None
    """As printed in a field of its own."""
    places: tuple[str, ...] = ()
    """Where it was written, of the dateline or beside it."""
    categories: tuple[Category, ...] = ()
    links: tuple[Link, ...] = ()
    rights: str | None = None
    credit_line: str | None = None
    dropped_lines: tuple[str, ...] = ()


def feed_of(
    document: Document,
    texts: Sequence[Facts],
    agencies: tuple[AgencyName, ...],
    *,
    kind: str,
    defects: Iterable[Defect] = (),
    deleted: tuple[Tombstone, ...] = (),
) -> ParsedFeed:
    """The document with its texts as entries; what a sidecar declares wins over what the document says.

    Of a document of several texts a sidecar can say only what may hold for all of them.
    """
    beside, of_sidecar = read_sidecar(document.sidecar)
    if len(texts) != 1:
        beside = replace(beside, headline=None, standfirst=None, url=None, date=None)
    noted = [*defects, *of_sidecar]
    entries = []
    for text in texts:
        entry, wrong = _entry(text, beside, agencies)
        entries.append(entry)
        noted += wrong
    return ParsedFeed(
        document=document.key,
        head=OriginSource(),
        language=beside.language,
        entries=tuple(entries),
        defects=tuple(noted),
        format=kind,
        deleted=deleted,
    )


def _entry(text: Facts, beside: Declared, agencies: tuple[AgencyName, ...]) -> tuple[Entry, list[Defect]]:
    wrong = [
        Defect(kind="date", detail=f"{name} not understood: '{printed[:60]}'")
        for name, printed in (("published", text.published), ("updated", text.updated))
        if printed and parse_date(printed) is None
    ]
    own = Declared(
        url=text.url,
        date=text.published if text.published and parse_date(text.published) else None,
        language=text.language,
        agency=text.agency,
        publisher=text.publisher,
        rights=text.rights,
    )
    declared = over(beside, own)
    dateline, content = _dateline(text, declared, agencies)
    entry = Entry(
        guid=text.guid,
        link=declared.url,
        title=Text(value=text.headline, type=TextType.PLAIN, language=declared.language) if text.headline else None,
        summary=Text(value=text.standfirst, type=TextType.PLAIN) if text.standfirst else None,
        content=content,
        published=text.published,
        updated=text.updated,
        authors=tuple(Person(name=name) for name in text.authors),
        categories=tuple(dict.fromkeys(text.categories)),
        links=tuple(dict.fromkeys(text.links)),
        rights=declared.rights,
        language=declared.language,
        wire=WireText(
            dateline=dateline, declared=declared, credit_line=text.credit_line, dropped_lines=text.dropped_lines
        ),
    )
    return entry, wrong


def _dateline(
    text: Facts, declared: Declared, agencies: tuple[AgencyName, ...]
) -> tuple[DatelinePrint | None, Text | None]:
    """The dateline, and the text without it where that is plain. Markup keeps the printed form for display."""
    vocabulary = vocabulary_of(agencies)
    if text.dateline:
        known = match_dateline(f"{text.dateline} - ", vocabulary, agency_is_known=True)
        printed = known.printed if known else DatelinePrint(raw=text.dateline)
        return replace(printed, raw=text.dateline, places=printed.places or text.places), text.content
    if text.content is None:
        return None, None
    body = words_of(text.content)
    found = match_dateline(body, vocabulary, agency_is_known=declared.agency is not None)
    if found is None:
        return None, text.content
    if text.content.type is TextType.HTML:
        return found.printed, text.content
    return found.printed, replace(text.content, value=body[found.end :].lstrip())


def words_of(content: Text | None) -> str:
    """The plain text of a content."""
    if content is None:
        return ""
    return content.value.strip() if content.type is TextType.PLAIN else to_text(clean(content.value))


def line_of(markup: str | None) -> str | None:
    """A headline, name or notice as one line of plain text; None where there is no word in it."""
    return (plain(markup, is_markup=True) or None) if markup else None


def names_in(byline: str) -> tuple[str, ...]:
    """The people of a byline: "By Mona Salem and Ali Omar"; a line of another form is one name."""
    line = plain(byline, is_markup=True)[: 5 * _MAX_NAME]
    return byline_names(line) or ((line,) if line else ())


def known_agency(names: Iterable[str | None], agencies: tuple[AgencyName, ...]) -> str | None:
    """The first of the names that is an agency's of the vocabulary."""
    vocabulary = vocabulary_of(agencies)
    ids = {agency.id for agency in agencies}
    return next((name for name in names if name and (vocabulary.whole(name) or name.lower() in ids)), None)
