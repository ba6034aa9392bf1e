"""Rows of a topic feed -> the lines of a list of entries, with who else has them and why they are there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from aggregator.model.article import StoredArticle
from aggregator.model.topic import Match, Topic
from aggregator.pages import facts
from aggregator.pages.facts import Moment
from aggregator.pages.marks import opening
from aggregator.pages.site import Site
from aggregator.storage import Companion, LedgerView, Reader

_MOST_OUTLETS = 5
_MOST_GROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletView:
    """Who else prints the text."""

    name: str
    path: str | None
    """The copy's own page; None where no page stands at any web server."""
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLink:
    """The page of the event that the entry reports."""

    path: str
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One line of a list of entries."""

    uri: str
    headline: str
    path: str
    url: str | None
    lead: str | None
    """The standfirst, else the beginning of the text, as far as its rights allow."""
    place: str | None
    agency: str | None
    publisher: str
    date: Moment
    date_note: str
    first_out: Moment
    language: str | None
    direction: str
    reason: str
    grounds: tuple[str, ...]
    """The ideas of the rule that the text speaks of."""
    outlets: tuple[OutletView, ...]
    more_outlets: int
    story: StoryLink | None
    """None where nobody else reports it, or no page of it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The entries that went out on one day."""

    name: str
    machine: str
    entries: tuple[EntryView, ...]


def told(views: Iterable[LedgerView], kept_back: Collection[str]) -> list[LedgerView]:
    """The rows without those of which the desk has just said that they are not to be told of."""
    return [view for view in views if view.row.article_uri not in kept_back]


def entries(
    reader: Reader, site: Site, topic: Topic, views: Sequence[LedgerView], kept_back: Collection[str]
) -> tuple[EntryView, ...]:
    """The lines of these rows, in their order."""
    uris = [view.row.article_uri for view in views]
    copies = reader.copies_among(uris) if uris else {}
    company = reader.company_among(uris)
    matches = reader.matches_among(topic.id, uris) if uris else {}
    return tuple(
        _entry(
            site,
            view,
            [one for one in copies.get(view.row.article_uri, ()) if one.uri not in kept_back],
            matches.get(view.row.article_uri),
            _story(site, company.get(view.row.article_uri, ()), kept_back),
        )
        for view in views
    )


def by_day(views: Sequence[LedgerView], lines: Sequence[EntryView]) -> tuple[Day, ...]:
    """The lines of the rows under the days on which they went out."""
    pairs = zip(views, lines, strict=True)
    return tuple(
        Day(name=facts.day_name(day), machine=day.isoformat(), entries=tuple(line for _, line in group))
        for day, group in groupby(pairs, key=lambda pair: pair[0].row.first_published_at.date())
    )


def grounds(match: Match | None) -> tuple[str, ...]:
    """The ideas that met the rule as people read them: `haftar`, not `pack:libya/haftar`; each once."""
    if match is None:
        return ()
    named = (
        one.concept.rpartition("/")[2].replace("-", " ") if one.concept else one.term.strip('"*')
        for one in match.evidence
    )
    return tuple(name for name in dict.fromkeys(named) if name)[:_MOST_GROUNDS]


def _entry(
    site: Site, view: LedgerView, copies: Sequence[StoredArticle], match: Match | None, story: StoryLink | None
) -> EntryView:
    article, row = view.article, view.row
    outlets = tuple(_outlets(site, article.publisher.name, copies))
    return EntryView(
        uri=row.article_uri,
        headline=article.headline,
        path=site.places.article(row.article_uri),
        url=facts.web_address(article.url),
        lead=opening(article),
        place=facts.places(article),
        agency=article.agency.name if article.agency else None,
        publisher=article.publisher.name,
        date=facts.printed(row.published),
        date_note=facts.name_of_inferred(row.published.inferred) if row.published else "no date given",
        first_out=facts.moment(row.first_published_at),
        language=facts.language(article),
        direction=facts.direction(article),
        reason=row.reason,
        grounds=grounds(match),
        outlets=outlets[:_MOST_OUTLETS],
        more_outlets=max(0, len(outlets) - _MOST_OUTLETS),
        story=story,
    )


def _story(site: Site, company: Iterable[Companion], kept_back: Collection[str]) -> StoryLink | None:
    reports = [one.story for one in company if one.story and one.uri not in kept_back]
    path = site.places.story_if_any(reports[0]) if len(reports) > 1 else None
    return StoryLink(path=path, reports=len(reports)) if path else None


def _outlets(site: Site, publisher: str, copies: Sequence[StoredArticle]) -> Iterable[OutletView]:
    """Each outlet once, by the first text that it printed."""
    told = {publisher}
    for one in copies:
        name = one.article.publisher.name
        if name not in told:
            told.add(name)
            path = site.places.article(one.uri) if site.places.is_served else None
            yield OutletView(name=name, path=path, url=facts.web_address(one.article.url))
