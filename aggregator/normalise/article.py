"""One entry -> one article: text, dates, people, language, rights; unknown stays None."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator import language
from aggregator.datelines import match_dateline, vocabulary_of
from aggregator.dates import parse_date
from aggregator.html import clean, from_text, plain, printable, to_text, with_addresses, without_pixels
from aggregator.model.article import (
    Agency,
    Article,
    Clue,
    Completeness,
    Dateline,
    Media,
    PartialDate,
    Place,
    Precision,
    Publisher,
    Rights,
)
from aggregator.model.parsed import (
    Category,
    DatelinePrint,
    Declared,
    Entry,
    Link,
    OriginSource,
    ParsedFeed,
    Person,
    Relay,
    Text,
    TextType,
    WireText,
)
from aggregator.model.source import AgencyName, Republish, Source
from aggregator.normalise.year import infer_date
from aggregator.text import folded
from aggregator.urls import is_beacon, is_decorated, is_iri, is_web, without_tracking
from aggregator.urls import normalise as normalise_url

_MAX_HEADLINE = 500
_MAX_NAME = 200
_MAX_NOTICE = 1000
# A feed's only text counts as the whole article from here on; teasers are shorter (rules R3 need the difference).
_FULL_TEXT_CHARACTERS = 1500
_MAX_STANDFIRST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the entries of one document share."""

    source: Source
    parsed: ParsedFeed
    origin: OriginSource
    """Complete (`origin_of`)."""
    origin_updated_at: datetime | None
    agencies: tuple[AgencyName, ...]
    modified_at: datetime | None
    """The file's time; None for feeds and where it is that of an unpacking (rules R7)."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    html: str | None
    text: str
    standfirst: str | None
    summary_text: str | None
    completeness: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dates:
    content_created: PartialDate | None
    published: PartialDate | None
    updated: PartialDate | None
    clues: tuple[Clue, ...] = ()
    repairs: tuple[str, ...] = ()


def normalise(entry: Entry, context: Context) -> Article:
    """The article that an entry is. Equal input gives an equal article; the clock enters as `context.now`."""
    wire = entry.wire or WireText()
    declared = wire.declared
    body = _wire_body(entry, declared) if entry.wire else _body(entry)
    headline, repairs = _headline(entry, declared, body)
    if not entry.wire:
        printed, body = _printed_dateline(body, context)
        wire = WireText(dateline=printed)
    elif wire.dateline and body.text.startswith(wire.dateline.raw):
        body = replace(body, text=body.text[len(wire.dateline.raw) :].lstrip())
    dates = _wire_dates(entry, wire, body.text, context) if entry.wire else _dates(entry, context)
    agency = _agency(wire, context.agencies)
    url = entry.link if is_web(entry.link) else None
    return Article(
        url=url,
        normalized_url=normalise_url(url),
        headline=headline,
        standfirst=body.standfirst,
        summary_text=body.summary_text,
        body_html=body.html,
        body_text=body.text,
        completeness=body.completeness,
        by=tuple(_people(entry, declared)),
        dateline=_dateline(wire, dates.content_created),
        agency=agency,
        publisher=_publisher(context, declared),
        credit_line=_shortened(wire.credit_line, _MAX_NOTICE) if wire.credit_line else None,
        content_created=dates.content_created,
        published=dates.published,
        updated=dates.updated,
        language=language.decide(
            f"{headline}\n{body.text}",
            declared=declared.language or entry.language or context.parsed.language,
            configured=context.source.language,
        ),
        categories=tuple(_categories(entry)),
        media=tuple(_media(entry)),
        rights=_rights(entry, declared, agency, context),
        origin=_origin(entry, context),
        origin_updated_at=_nested_updated(entry, context),
        relays=_relays(entry, context),
        is_local=context.source.is_local,
        announce=context.source.announce,
        clues=dates.clues,
        repairs=(*repairs, *dates.repairs),
    )


def _text_of(text: Text) -> tuple[str, str]:
    """(sanitised HTML, plain text)."""
    if text.type is TextType.PLAIN:
        value = printable(text.value).strip()
        return from_text(value), value
    markup = clean(text.value)
    if "<img" in markup:
        markup = without_pixels(markup, is_beacon)
    if is_decorated(markup):
        markup = with_addresses(markup, without_tracking)
    return markup, to_text(markup)


def _body(entry: Entry) -> _Body:
    """A feed's text. The one text of an RSS item is its summary and its body alike."""
    if entry.tells_copies:
        entry = _without_copies_line(entry)
    summary_markup, summary = _text_of(entry.summary) if entry.summary else ("", None)
    chosen = entry.content or entry.summary
    if chosen is None:
        return _Body(html=None, text="", standfirst=None, summary_text=None, completeness=Completeness.HEADLINE)
    # Not twice where the summary is all there is: to sanitise is the dearest step.
    markup, text = _text_of(chosen) if entry.content else (summary_markup, summary or "")
    is_full = entry.content is not None or len(text) > _FULL_TEXT_CHARACTERS
    completeness = Completeness.HEADLINE if not text else Completeness.FULL if is_full else Completeness.EXCERPT
    standfirst = None
    if entry.content and summary and len(summary) <= _MAX_STANDFIRST and not _begins_with(text, summary):
        standfirst = " ".join(summary.split())
    return _Body(html=markup or None, text=text, standfirst=standfirst, summary_text=summary, completeness=completeness)


def _without_copies_line(entry: Entry) -> Entry:
    """The entry without the line that another aggregator added (`render.entry`): it is no part of the text, and ours would be
    added to it.
    """

    def cut(text: Text | None) -> Text | None:
        begin = text.value.rfind("Also in: ") if text else -1
        if text is None or begin < 0:
            return text
        return replace(text, value=re.sub(r"(?:<p\b[^<>]*>|(?:<br\s*/?>|\s)+)$", "", text.value[:begin]))

    return replace(entry, summary=cut(entry.summary), content=cut(entry.content))


def _printed_dateline(body: _Body, context: Context) -> tuple[DatelinePrint | None, _Body]:
    """The dateline that an outlet left at the head of an agency's text; the text for matching begins behind it."""
    found = match_dateline(body.text, vocabulary_of(context.agencies))
    if found is None:
        return None, body
    return found.printed, replace(body, text=body.text[found.end :].lstrip())


def _begins_with(text: str, summary: str) -> bool:
    """A teaser cut from the text itself tells nothing new under the headline."""
    start = folded(summary)[: max(len(summary) - 20, 20)]
    return folded(text[: len(summary) + 200]).startswith(start)


def _wire_body(entry: Entry, declared: Declared) -> _Body:
    markup, text = _text_of(entry.content) if entry.content else ("", "")
    standfirst = declared.standfirst or (entry.summary.value if entry.summary else None)
    return _Body(
        html=markup or None,
        text=text,
        standfirst=_shortened(plain(standfirst, is_markup=False), _MAX_NOTICE) if standfirst else None,
        summary_text=None,
        completeness=Completeness.FULL,
    )


def _headline(entry: Entry, declared: Declared, body: _Body) -> tuple[str, tuple[str, ...]]:
    title = entry.title
    headline = declared.headline or (
        plain(title.value, is_markup=title.type is TextType.HTML) if title and title.value else ""
    )
    if len(headline) > _MAX_HEADLINE:
        return _shortened(headline, _MAX_HEADLINE), (f"headline of {len(headline)} characters cut",)
    if headline:
        return headline, ()
    start = " ".join(body.text.split())
    if start:
        return (start if len(start) <= 100 else start[:100].rsplit(" ", 1)[0] + "…"), ("headline made of the text",)
    return entry.link or "Untitled", ("no headline and no text",)


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _dates(entry: Entry, context: Context) -> _Dates:
    repairs = []
    dates: list[PartialDate | None] = []
    for name, printed in (("published", entry.published), ("updated", entry.updated)):
        date = parse_date(printed, timezone=context.source.timezone) if printed else None
        if printed and date is None:
            repairs.append(f"{name} not understood: '{printed[:60]}'")
        dates.append(date)
    return _Dates(content_created=None, published=dates[0], updated=dates[1], repairs=tuple(repairs))


def _wire_dates(entry: Entry, wire: WireText, text: str, context: Context) -> _Dates:
    """Declared beats a printed time stamp beats the dateline with its inferred year; the file's time is no evidence."""
    zone = context.source.timezone
    declared = parse_date(wire.declared.date, timezone=zone) if wire.declared.date else None
    stamps = tuple(date for line in wire.timestamp_lines if (date := parse_date(line, timezone=zone)))
    inferred = infer_date(
        dateline=wire.dateline,
        text=text,
        declared=declared,
        timestamp_dates=stamps,
        file_name=context.parsed.document,
        modified_at=context.modified_at,
        now=context.now,
    )
    created = inferred.date
    published = created if created and created.confidence >= 0.5 else None
    updated = parse_date(entry.updated, timezone=zone) if entry.updated else None
    return _Dates(content_created=created, published=published, updated=updated, clues=inferred.clues)


def _dateline(wire: WireText, date: PartialDate | None) -> Dateline | None:
    if wire.dateline is None:
        return None
    places = tuple(Place(name=_in_running_case(place)) for place in wire.dateline.places)
    has_day = wire.dateline.day is not None and date is not None and date.precision is Precision.DAY
    return Dateline(raw=wire.dateline.raw, places=places, date=date if has_day else None)


def _in_running_case(place: str) -> str:
    """ "MOSCOW" -> "Moscow", "Buenos Aires" as it stands; particles of Romance names keep their small letters."""
    if not place.isupper():
        return place
    return " ".join(
        word.lower() if index and word.lower() in ("de", "del", "la", "el", "di", "da") else word.title()
        for index, word in enumerate(place.split())
    )


def _agency(wire: WireText, agencies: tuple[AgencyName, ...]) -> Agency | None:
    if wire.declared.agency:
        wanted = folded(wire.declared.agency)
        for agency in agencies:
            if wanted in (folded(agency.id), folded(agency.name), *map(folded, agency.forms)):
                return Agency(id=agency.id, name=agency.name)
        return Agency(id=wanted.replace(" ", "-")[:_MAX_NAME], name=wire.declared.agency[:_MAX_NAME])
    if wire.dateline and wire.dateline.agency_id:
        known = {agency.id: agency.name for agency in agencies}
        return Agency(
            id=wire.dateline.agency_id,
            name=known.get(wire.dateline.agency_id, wire.dateline.agency_id),
            raw=wire.dateline.agency_raw,
        )
    return None


def _publisher(context: Context, declared: Declared) -> Publisher:
    name = declared.publisher or context.source.publisher or context.origin.title or context.source.id
    return Publisher(source_id=context.source.id, name=name[:_MAX_NAME], url=context.origin.link_alternate)


def _people(entry: Entry, declared: Declared) -> Iterator[Person]:
    if declared.author:
        yield Person(name=plain(declared.author, is_markup=False)[:_MAX_NAME])
        return
    for person in entry.authors:
        name = plain(person.name, is_markup=True)[:_MAX_NAME]
        if name:
            yield Person(name=name, uri=person.uri, role=person.role)
    if entry.wire and entry.wire.dateline and entry.wire.dateline.correspondent:
        yield Person(name=entry.wire.dateline.correspondent, role="correspondent")


def _categories(entry: Entry) -> Iterator[Category]:
    for category in entry.categories:
        term = plain(category.term, is_markup=True)[:_MAX_NAME]
        if term:
            label = plain(category.label, is_markup=True)[:_MAX_NAME] if category.label else None
            yield Category(term=term, scheme=category.scheme, label=label)


def _media(entry: Entry) -> Iterator[Media]:
    """The entry's files, each address once: feeds name one picture as an enclosure, as media and as the entry's image."""
    by_address: dict[str, Media] = {}
    for link in entry.links:
        if link.rel != "enclosure" or not is_web(link.href):
            continue
        media = _medium(link)
        address = normalise_url(link.href) or link.href
        before = by_address.get(address)
        by_address[address] = _merged(before, media) if before else media
    yield from by_address.values()


def _medium(link: Link) -> Media:
    if not (link.title or link.caption or link.credit):
        title = caption = credit = None
    else:
        title, caption, credit = (
            _shortened(plain(text, is_markup=True), _MAX_NOTICE) or None if text else None
            for text in (link.title, link.caption, link.credit)
        )
    return Media(
        url=link.href,
        type=link.type,
        length=link.length,
        title=title,
        role=link.role,
        width=link.width,
        height=link.height,
        duration_s=link.duration_s,
        caption=caption,
        credit=credit,
        language=link.language,
    )


def _merged(first: Media, second: Media) -> Media:
    """The first with what only the second says; it is the thing itself if either is."""
    role = first.role if first.role == second.role or second.role is not None else None
    known = {name: value for name in _MEDIA_FIELDS if (value := getattr(first, name)) is not None}
    return replace(second, **known, url=first.url, role=role)


_MEDIA_FIELDS = ("type", "length", "title", "width", "height", "duration_s", "caption", "credit", "language")


def _rights(entry: Entry, declared: Declared, agency: Agency | None, context: Context) -> Rights:
    """The source's right; for feeds an agency's own word goes before it (rules R21)."""
    republish = context.source.republish
    if declared.republish in {right.value for right in Republish}:
        republish = Republish(str(declared.republish))
    elif agency and not context.source.is_local:
        overrides = {known.id: known.republish for known in context.agencies}
        republish = overrides.get(agency.id) or republish
    notice = declared.rights or entry.rights or context.origin.rights
    return Rights(
        republish=republish, notice=_shortened(plain(notice, is_markup=True), _MAX_NOTICE) if notice else None
    )


def _origin(entry: Entry, context: Context) -> OriginSource:
    """The entry's own source, so that the innermost origin survives; completed as RFC 4287 4.2.11 asks."""
    nested = entry.origin
    if nested is None:
        return context.origin
    return replace(
        nested,
        id=nested.id
        if nested.id and is_iri(nested.id)
        else nested.link_self or nested.link_alternate or context.origin.id,
        title=(plain(nested.title, is_markup=True)[:_MAX_NAME] if nested.title else "") or context.origin.title,
    )


def _relays(entry: Entry, context: Context) -> tuple[Relay, ...]:
    """The chain of those who republished the entry, with the feed that we have it from: whoever names another source is one
    of them. A private source is named nowhere.
    """
    hop, is_named = context.origin.id, not (context.source.private or context.source.is_local)
    if entry.origin and is_named and hop and entry.guid and is_iri(entry.guid) and hop != entry.origin.id:
        last = Relay(feed=hop, entry=entry.guid, title=context.origin.title)
        return (*entry.relays, last) if last not in entry.relays else entry.relays
    return entry.relays


def _nested_updated(entry: Entry, context: Context) -> datetime | None:
    if entry.origin is None:
        return context.origin_updated_at
    date = parse_date(entry.origin.updated) if entry.origin.updated else None
    return date.value if date else context.origin_updated_at
