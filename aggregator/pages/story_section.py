"""The store -> what an article's page says of its story and of the texts that it had before."""

from collections.abc import Collection
from dataclasses import dataclass

from aggregator.dedup.origin import story_counts
from aggregator.model.article import Article
from aggregator.model.source import Republish
from aggregator.model.story import Passage
from aggregator.pages import facts
from aggregator.pages.absence import is_listed
from aggregator.pages.facts import Moment
from aggregator.pages.site import Site
from aggregator.storage import ArticleView, Reader, Replaced, StoryRow

_MOST_REPORTS = 50
_MOST_EDITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """Another report of the event."""

    path: str | None
    """None where it has no page of its own."""
    headline: str
    direction: str
    outlet: str
    url: str | None
    relation: str
    grounds: str
    first_seen: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySection:
    """The article's story as its page tells it."""

    path: str | None
    """The story's own page; None where it is not there."""
    reports: int
    outlets: int
    independent: int
    lines: tuple[ReportLine, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit changed, as far as the article's rights let the text be shown."""

    at: Moment
    is_material: bool
    kinds: str
    headline: tuple[Passage, ...]
    body: tuple[Passage, ...]


def story_section(reader: Reader, site: Site, view: ArticleView, kept_back: Collection[str]) -> StorySection | None:
    """The other reports, the first first, without what is not told; None where there are none."""
    if view.story is None:
        return None
    own = view.stored.uri
    rows = [row for row in reader.story_of(own) if row.uri == own or is_listed(site, row.stored, kept_back)]
    if len(rows) < 2:
        return None
    uris = {row.uri for row in rows}
    counts = story_counts(view.story, (one for one in reader.reports_of(view.story) if one.uri in uris))
    others = [row for row in rows if row.uri != own]
    return StorySection(
        path=site.places.story_if_any(view.story),
        reports=counts.reports,
        outlets=len(counts.outlets),
        independent=counts.independent,
        lines=tuple(_line(site, row) for row in others[:_MOST_REPORTS]),
        more=max(0, len(others) - _MOST_REPORTS),
    )


def _line(site: Site, row: StoryRow) -> ReportLine:
    article, evidence = row.stored.article, row.membership.evidence
    grounds = ", ".join(evidence.terms) or evidence.reason
    return ReportLine(
        path=site.places.article_if_any(row.uri),
        headline=article.headline,
        direction=facts.direction(article),
        outlet=article.publisher.name,
        url=facts.web_address(article.url),
        relation=row.relation.value,
        grounds=f"likeness {row.membership.score:.2f}: {grounds}",
        first_seen=facts.moment(row.stored.first_seen_at),
    )


def edits(reader: Reader, view: ArticleView) -> tuple[Edit, ...]:
    """What became of the text, the newest edit first."""
    kept = [one for one in reader.replaced(view.stored.uri) if one.is_by_owner]
    return tuple(_edit(view.stored.article, one) for one in reversed(kept[-_MOST_EDITS:]))


def _edit(article: Article, one: Replaced) -> Edit:
    # Of a text that may be shown as an excerpt the words around a change are none (rules R21).
    is_shown = article.rights.republish is Republish.FULL
    return Edit(
        at=facts.moment(one.replaced_at),
        is_material=one.change.is_material,
        kinds=", ".join(kind.value for kind in one.change.kinds) or "layout",
        headline=one.change.headline,
        body=one.change.body if is_shown else (),
    )
