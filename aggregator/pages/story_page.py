"""The store -> a story's own page: the reports of one event on a time line, and how many of them stand by themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from aggregator.dedup.origin import story_counts
from aggregator.model.article import StoredArticle
from aggregator.model.story import Report, StoryMembership, StoryRelation
from aggregator.pages import facts
from aggregator.pages.absence import hidden, is_listed
from aggregator.pages.facts import Moment
from aggregator.pages.links import TopicLinks, links
from aggregator.pages.site import Site
from aggregator.storage import Reader, StoryRow

MOST_REPORTS = 200
"""On one page; the later ones are counted."""
_SAID = {
    StoryRelation.IDENTICAL: "the same text as by",
    StoryRelation.COPY: "a copy of",
    StoryRelation.EXCERPT: "an excerpt of",
    StoryRelation.TRANSLATION: "a translation of",
    StoryRelation.UPDATE: "another text of",
    StoryRelation.INDEPENDENT: "another text of",
}
_COPIES = (StoryRelation.IDENTICAL, StoryRelation.COPY, StoryRelation.EXCERPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineReport:
    """One report on the time line."""

    path: str | None
    """None where it has no page of its own."""
    headline: str
    language: str | None
    direction: str
    outlet: str
    url: str | None
    agency: str | None
    """Whose text it is, where that is known."""
    date: Moment
    """The best one that is known."""
    first_seen: Moment
    echoes: str | None
    """The originator that was heard before; None of the first report of each, which are the independent ones."""
    relation: str
    """What it is to that one's, in words."""
    grounds: tuple[str, ...]
    """Why it is of the same event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineDay:
    """The reports of one day."""

    name: str
    machine: str
    reports: tuple[TimelineReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """An originator, and the outlets that carry what it says."""

    name: str
    is_agency: bool
    outlets: tuple[str, ...]
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """A story's own page."""

    uri: str
    headline: str
    language: str | None
    direction: str
    first: Moment
    last: Moment
    reports: int
    outlets: int
    independent: int
    days: tuple[TimelineDay, ...]
    more: int
    voices: tuple[Voice, ...]
    topics: tuple[TopicLinks, ...]
    """In whose feeds a report stands."""


@dataclass(frozen=True, slots=True)
class MergedStory:
    """The story was found to be another one."""

    uri: str


def story_page(
    reader: Reader, site: Site, uri: str, kept_back: frozenset[str] | None = None
) -> StoryPage | MergedStory | None:
    """The page of the story of that uri; None where fewer than two reports may be told of.

    `kept_back`: what the desk keeps back, where that is known already.
    """
    into = reader.merged_into(uri)
    if into is not None:
        return MergedStory(into)
    kept_back = hidden(reader) if kept_back is None else kept_back
    rows = [row for row in reader.story(uri) if is_listed(site, row.stored, kept_back)]
    if len(rows) < 2:
        return None
    rows.sort(key=lambda row: (row.stored.effective_at, row.stored.first_seen_at, row.uri))
    shown = {row.uri for row in rows}
    reports = [one for one in reader.reports_of(uri) if one.uri in shown]
    counts = story_counts(uri, reports)
    voices = _voices(reports)
    stored = {row.uri: row.stored for row in rows}
    face = stored.get(reader.representative(uri) or "") or rows[0].stored
    found = rows[:MOST_REPORTS]
    return StoryPage(
        uri=uri,
        headline=face.article.headline,
        language=facts.language(face.article),
        direction=facts.direction(face.article),
        first=facts.best_date(rows[0].stored),
        last=facts.best_date(rows[-1].stored),
        reports=counts.reports,
        outlets=len(counts.outlets),
        independent=counts.independent,
        days=tuple(_days(found, _timeline(site, found, stored, voices, {one.uri: one.group for one in reports}))),
        more=len(rows) - len(found),
        voices=tuple(_voice([row for row in rows if row.uri in uris], reports) for uris in _by_time(rows, voices)),
        topics=_topics(reader, site, [row.uri for row in found]),
    )


def _voices(reports: Iterable[Report]) -> list[frozenset[str]]:
    """The uris by originator: copies of one text are one, and so are all texts of one agency (`dedup.origin`)."""
    found: list[tuple[frozenset[str], frozenset[str]]] = []
    for report in reports:
        marks = frozenset({f"group {report.group}"} | ({f"agency {report.agency}"} if report.agency else set()))
        same = [one for one in found if one[0] & marks]
        found = [one for one in found if one not in same]
        found.append(
            (
                marks.union(*(one[0] for one in same)),
                frozenset({report.uri}).union(*(one[1] for one in same)),
            )
        )
    return [uris for _, uris in found]


def _by_time(rows: Sequence[StoryRow], voices: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """The voices by their first reports."""
    at = {row.uri: place for place, row in enumerate(rows)}
    return sorted(voices, key=lambda uris: min(at[uri] for uri in uris))


def _voice(rows: Sequence[StoryRow], reports: Sequence[Report]) -> Voice:
    agency = next((row.stored.article.agency for row in rows if row.stored.article.agency), None)
    name = agency.name if agency else _originator(rows[0].stored)
    uris = {row.uri for row in rows}
    outlets = dict.fromkeys(row.stored.article.publisher.name for row in rows)
    # An outlet that shows another's very text has no article of its own.
    outlets |= dict.fromkeys(one.outlet for one in reports if one.uri in uris and one.outlet)
    return Voice(
        name=name,
        is_agency=agency is not None,
        outlets=tuple(outlet for outlet in outlets if outlet != name),
        reports=len(rows),
    )


def _timeline(
    site: Site,
    rows: Sequence[StoryRow],
    stored: dict[str, StoredArticle],
    voices: Sequence[frozenset[str]],
    groups: dict[str, str],
) -> list[TimelineReport]:
    heard: dict[frozenset[str], StoredArticle] = {}
    found: list[TimelineReport] = []
    for row in rows:
        voice = next((uris for uris in voices if row.uri in uris), frozenset({row.uri}))
        found.append(_report(site, row, stored, heard.setdefault(voice, row.stored), groups))
    return found


def _originator(stored: StoredArticle) -> str:
    article = stored.article
    return article.agency.name if article.agency else article.publisher.name


def _report(
    site: Site, row: StoryRow, stored: dict[str, StoredArticle], first: StoredArticle, groups: dict[str, str]
) -> TimelineReport:
    """`first`: the earliest report by the same originator, which may be this one; `groups`: of copies, by uri."""
    is_first = first.uri == row.uri
    is_copy = groups.get(row.uri, row.uri) == groups.get(first.uri, first.uri)
    article = row.stored.article
    return TimelineReport(
        path=site.places.article_if_any(row.uri),
        headline=article.headline,
        language=facts.language(article),
        direction=facts.direction(article),
        outlet=article.publisher.name,
        url=facts.web_address(article.url),
        agency=article.agency.name if article.agency else None,
        date=facts.best_date(row.stored),
        first_seen=facts.moment(row.stored.first_seen_at),
        echoes=None if is_first else _originator(first),
        # What came in first here has no verdict of its own, whatever its date.
        relation=_SAID[StoryRelation.COPY if is_copy and row.relation not in _COPIES else row.relation],
        grounds=tuple(_grounds(row.membership, stored, is_first=is_first)),
    )


def _grounds(member: StoryMembership, stored: dict[str, StoredArticle], *, is_first: bool) -> Iterable[str]:
    """The evidence in words; what is not told is not named as the nearest either."""
    evidence = member.evidence
    if is_first and member.relation in _COPIES:
        # It came in here after the one that prints it, and was found to be the same text as that.
        yield "others print its text"
        return
    if evidence.terms or evidence.nearest:
        yield f"likeness {member.score:.2f}"
    yield f"both speak of {', '.join(evidence.terms)}" if evidence.terms else evidence.reason
    if evidence.numbers:
        yield f"numbers differ: {', '.join(evidence.numbers)}"
    nearest = stored.get(evidence.nearest or "")
    if nearest is not None:
        apart = f", {evidence.hours:g} h apart" if evidence.hours else ""
        yield f"nearest: “{nearest.article.headline}” ({nearest.article.publisher.name}){apart}"


def _days(rows: Sequence[StoryRow], lines: Sequence[TimelineReport]) -> Iterable[TimelineDay]:
    for day, group in groupby(zip(rows, lines, strict=True), key=lambda pair: pair[0].stored.effective_at.date()):
        yield TimelineDay(
            name=facts.day_name(day), machine=day.isoformat(), reports=tuple(report for _, report in group)
        )


def _topics(reader: Reader, site: Site, uris: Sequence[str]) -> tuple[TopicLinks, ...]:
    told = reader.topics_of(uris)
    return tuple(links(site, topic) for topic in site.topics if topic.id in told)
