"""A local document and an outlet's copy of it -> the document with its address and its exact date; its id stays."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.dedup import fingerprints
from aggregator.dedup.origin import originator
from aggregator.desk import standing
from aggregator.model.article import Article, PartialDate, Precision
from aggregator.model.copies import CopyRelation, CopyVerdict
from aggregator.normalise import effective
from aggregator.pipeline.enter import Writing, reprint

_WHOLE_TEXT = 48
"""Words from which nearly all of them tell a text by themselves (rules R2)."""
_SHARED = 0.9
_DATES_AGREE = timedelta(days=3)
"""Between a dateline's day and the moment at which an outlet prints: zones, and a night or two."""
_SAME = (CopyRelation.IDENTICAL, CopyRelation.COPY)
_EXACT = (Precision.MINUTE, Precision.SECOND)


def complete_from_copies(writing: Writing, uri: str) -> None:
    """Complete what is local of the article and its copies; the outlet that was seen first counts."""
    batch = writing.batch
    for pair in sorted(batch.copies.pairs_of([uri]), key=lambda one: (one.one, one.other)):
        one, other = batch.article(pair.one).article, batch.article(pair.other).article
        if one.is_local is other.is_local or not _is_same_report(writing, pair.verdict, one, other):
            continue
        complete(writing, pair.one if one.is_local else pair.other, other if one.is_local else one)


def complete(writing: Writing, uri: str, outlet: Article) -> None:
    """Give the stored document what it lacks of the address and date of the outlet's copy."""
    stored = writing.batch.article(uri)
    local = stored.article
    if not local.is_local or outlet.is_local or outlet.url is None or not _agree(local, outlet.published):
        return
    says = standing(writing.batch.decisions_on(uri))
    completed = local
    if local.url is None:
        completed = replace(completed, url=outlet.url, normalized_url=outlet.normalized_url)
    if _is_exact(outlet.published) and not _is_exact(local.published) and says.day is None:
        completed = replace(completed, published=outlet.published)
    if completed == local:
        return
    effective_at, basis = effective(completed, stored.first_seen_at)
    after = replace(stored, article=completed, effective_at=effective_at, effective_basis=basis)
    writing.batch.save_article(after, fingerprints(completed))
    reprint(writing, uri)


def possible_days(article: Article) -> Iterator[datetime]:
    """The day on which a text was written, in each year that it may be of."""
    created = article.content_created
    if created is None:
        return
    yield created.value
    for year in created.candidates:
        try:
            yield created.value.replace(year=year)
        except ValueError:  # 29 February: only leap years fit, but who writes candidates need not know
            continue


def agency_of(writing: Writing, article: Article) -> str | None:
    """The id of the agency that the text comes from, where its marks make that probable."""
    origin = originator(article, writing.agencies)
    return origin.agency.id if origin else None


def _is_same_report(writing: Writing, verdict: CopyVerdict, one: Article, other: Article) -> bool:
    agencies = agency_of(writing, one), agency_of(writing, other)
    if None not in agencies:
        return agencies[0] == agencies[1] and verdict.relation in _SAME
    evidence = verdict.evidence
    is_version = verdict.relation is CopyRelation.UPDATE
    return not is_version and evidence.words >= _WHOLE_TEXT and evidence.shared >= _SHARED


def _is_exact(date: PartialDate | None) -> bool:
    return date is not None and date.precision in _EXACT and not date.inferred


def _agree(local: Article, published: PartialDate | None) -> bool:
    """Whether the outlet's date is that of the dateline, in one of the years that fit."""
    days = list(possible_days(local))
    return published is None or not days or any(abs(day - published.value) <= _DATES_AGREE for day in days)
