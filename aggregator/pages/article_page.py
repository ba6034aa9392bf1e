"""The store -> what an article's own page shows: its text as its rights allow, and all that we believe of it with the grounds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aggregator.dedup.copies import in_words
from aggregator.dedup.revisions import difference
from aggregator.model.article import Article, Clue, EffectiveBasis, PartialDate, StoredArticle
from aggregator.model.desk import Decision, Word
from aggregator.model.identity import Observation
from aggregator.model.ledger import LedgerRow
from aggregator.model.source import Republish
from aggregator.model.story import Passage as Difference
from aggregator.model.topic import Evidence, Match
from aggregator.pages import facts
from aggregator.pages.absence import Absence, absence, hidden, is_listed
from aggregator.pages.facts import Moment
from aggregator.pages.links import TopicLinks, links
from aggregator.pages.marks import Passage, passages
from aggregator.pages.site import Site
from aggregator.pages.story_section import Edit, StorySection, edits, story_section
from aggregator.render import shown
from aggregator.storage import ArticleView, Reader
from aggregator.text import folded

_MOST_OBSERVATIONS = 100
_MOST_NOTES = 100
_MOST_PASSAGES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """One date of the article."""

    name: str
    date: Moment
    original: str | None = None
    facts: tuple[str, ...] = ()
    """Precision, zone, confidence, what was inferred, other years that fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRow:
    """Where the article was seen."""

    source: str
    document: str | None
    """The path of a local document."""
    url: str | None
    first_seen: Moment
    last_seen: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Where a copy differs from the article, with a few words around it; `added` is the copy's."""

    field: str
    passages: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLine:
    """Another article with the same text."""

    path: str | None
    """None where it has no page of its own."""
    headline: str
    direction: str
    outlet: str
    url: str | None
    relation: str
    grounds: str
    first_seen: Moment
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSection:
    """A topic that the article belongs to, and the words that say so."""

    topic_id: str
    links: TopicLinks | None
    """None where the topic is no longer configured."""
    score: str
    rule_version: str
    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry of the article in a topic feed."""

    topic_id: str
    links: TopicLinks | None
    state: str
    reason: str
    entry_id: str
    first_published: Moment
    updated: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """What the desk remarked."""

    text: str
    by: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """An article's own page."""

    uri: str
    headline: str
    standfirst: str | None
    dateline: str | None
    agency: str | None
    publisher: str
    publisher_url: str | None
    date: Moment
    """The best one that is known."""
    authors: tuple[str, ...]
    credit_line: str | None
    notice: str | None
    url: str | None
    language: str | None
    language_note: str
    direction: str
    content: str | None
    """HTML that was sanitised when it came in; the one value of a page that is not escaped again."""
    excerpt: str | None
    right: str
    dates: tuple[DateRow, ...]
    clues: tuple[Clue, ...]
    observations: tuple[ObservationRow, ...]
    more_observations: int
    copies: tuple[CopyLine, ...]
    outlets: int
    """That print the text, this one among them."""
    notes: tuple[NoteRow, ...]
    story: StorySection | None
    """The other reports of the event; None where there are none."""
    edits: tuple[Edit, ...]
    matches: tuple[MatchSection, ...]
    entries: tuple[EntryRow, ...]
    version: int
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What hangs on the article beside its matches and entries."""

    copies: tuple[CopyLine, ...]
    notes: tuple[NoteRow, ...]
    story: StorySection | None
    edits: tuple[Edit, ...]


def article_page(reader: Reader, site: Site, uri: str, *, is_for_desk: bool = False) -> ArticlePage | Absence:
    """The page of the article with that uri, or why there is none. The desk sees what it keeps back itself."""
    view = reader.article_view(uri)
    if view is None:
        return Absence.UNKNOWN
    gone = absence(reader, uri)
    if gone and not is_for_desk:
        return gone
    kept_back = hidden(reader)
    told = Told(
        copies=tuple(_copies(reader, site, view, kept_back)),
        notes=tuple(_notes(reader.decisions_on(uri))),
        story=story_section(reader, site, view, kept_back),
        edits=edits(reader, view),
    )
    return _page(site, view, reader.rows_of(uri), told)


def _copies(reader: Reader, site: Site, view: ArticleView, kept_back: frozenset[str]) -> Iterator[CopyLine]:
    """The other texts of its group, without what the desk keeps back."""
    for one in reader.copies_of(view.stored.uri):
        if not is_listed(site, one.stored, kept_back):
            continue
        article = one.stored.article
        through = " (against the longest of them)" if one.through else ""
        yield CopyLine(
            path=site.places.article(one.stored.uri) if site.places.is_served else None,
            headline=article.headline,
            direction=facts.direction(article),
            outlet=article.publisher.name,
            url=facts.web_address(article.url),
            relation=one.verdict.relation.value if one.verdict else "put together by the desk",
            grounds=in_words(one.verdict) + through if one.verdict else "",
            first_seen=facts.moment(one.stored.first_seen_at),
            changes=_changes(view.stored.article, article),
        )


def _changes(article: Article, copy: Article) -> tuple[Change, ...]:
    """What the copy says in other words, where both may be shown whole; of the headlines, which always may."""
    texts = [("headline", article.headline, copy.headline)]
    if article.rights.republish is copy.rights.republish is Republish.FULL:
        texts.append(("text", article.body_text, copy.body_text))
    return tuple(
        Change(field=field, passages=difference(ours, theirs)[:_MOST_PASSAGES])
        for field, ours, theirs in texts
        if folded(ours) != folded(theirs)
    )


def _notes(decisions: Iterable[Decision]) -> Iterator[NoteRow]:
    """The newest of them, the oldest first."""
    notes = [one for one in decisions if one.word is Word.NOTE]
    for one in notes[-_MOST_NOTES:]:
        yield NoteRow(text=one.reason, by=one.by, at=facts.moment(one.decided_at))


def _page(site: Site, view: ArticleView, rows: tuple[LedgerRow, ...], told: Told) -> ArticlePage:
    article = view.stored.article
    text = shown(article)
    topics = {topic.id: links(site, topic) for topic in site.topics}
    return ArticlePage(
        uri=view.stored.uri,
        headline=article.headline,
        standfirst=article.standfirst if text.content and article.rights.republish is Republish.FULL else None,
        dateline=article.dateline.raw if article.dateline else None,
        agency=article.agency.name if article.agency else None,
        publisher=article.publisher.name,
        publisher_url=facts.web_address(article.publisher.url),
        date=facts.best_date(view.stored),
        authors=tuple(person.name for person in article.by),
        credit_line=article.credit_line,
        notice=article.rights.notice,
        url=facts.web_address(article.url),
        language=facts.language(article),
        language_note=_language_note(article),
        direction=facts.direction(article),
        content=text.content,
        excerpt=None if text.content else text.summary,
        right=article.rights.republish.value,
        dates=_dates(view.stored),
        clues=article.clues,
        observations=tuple(_observation(site, seen) for seen in view.observations[:_MOST_OBSERVATIONS]),
        more_observations=max(0, len(view.observations) - _MOST_OBSERVATIONS),
        copies=told.copies,
        notes=told.notes,
        outlets=len({article.publisher.name, *(one.outlet for one in told.copies)}),
        story=told.story,
        edits=told.edits,
        matches=tuple(_match(article, match, topics.get(match.topic_id)) for match in view.matches),
        entries=tuple(_entry(row, topics.get(row.topic_id)) for row in rows),
        version=view.stored.version,
        texts=view.texts,
    )


def _language_note(article: Article) -> str:
    language = article.language
    if language is None:
        return "unknown"
    return f"{language.tag}, {language.basis.value}" + _confidence(language.confidence)


def _dates(stored: StoredArticle) -> tuple[DateRow, ...]:
    article = stored.article
    effective = _effective_basis(stored.effective_basis)
    return (
        _date("Published, as claimed", article.published),
        _date("Updated, as claimed", article.updated),
        _date("Written", article.content_created),
        DateRow(name="Effective", date=facts.best_date(stored), facts=(effective,)),
        DateRow(name="First seen", date=facts.moment(stored.first_seen_at), facts=("when it came in here",)),
    )


def _effective_basis(basis: EffectiveBasis) -> str:
    names = {"published": "published, as claimed", "updated": "updated, as claimed", "content_created": "written"}
    return f"the date it is ordered by: {names.get(basis.value, 'first seen, as no other is believable')}"


def _date(name: str, date: PartialDate | None) -> DateRow:
    if date is None:
        return DateRow(name=name, date=Moment())
    known = [f"known to the {date.precision.value}"]
    known += [f"zone: {date.basis.value.replace('_', ' ')}"] if date.precision.value in ("minute", "second") else []
    known += [facts.name_of_inferred(date.inferred)] if date.inferred else []
    known += [f"confidence {date.confidence:g}"]
    known += ["shown, but not used"] if date.confidence < 0.5 else []
    known += [f"years that fit: {', '.join(map(str, date.candidates))}"] if date.candidates else []
    return DateRow(name=name, date=facts.printed(date), original=date.original, facts=tuple(known))


def _observation(site: Site, seen: Observation) -> ObservationRow:
    source = next((one for one in site.sources if one.id == seen.source_id), None)
    # A feed's document is its address, which may be private; a path tells people which file it was.
    is_told = source is not None and source.is_local and not source.private
    return ObservationRow(
        source=seen.source_id,
        document=seen.document if is_told else None,
        url=facts.web_address(seen.link),
        first_seen=facts.moment(seen.first_seen_at),
        last_seen=facts.moment(seen.last_seen_at),
    )


def _match(article: Article, match: Match, found: TopicLinks | None) -> MatchSection:
    return MatchSection(
        topic_id=match.topic_id,
        links=found,
        score=f"{match.score:g}",
        rule_version=match.rule_version[:12],
        passages=passages(article, match.evidence),
        evidence=match.evidence,
    )


def _entry(row: LedgerRow, found: TopicLinks | None) -> EntryRow:
    return EntryRow(
        topic_id=row.topic_id,
        links=found,
        state=row.state.value,
        reason=row.reason,
        entry_id=row.entry_id,
        first_published=facts.moment(row.first_published_at),
        updated=facts.moment(row.updated_at),
    )


def _confidence(confidence: float) -> str:
    return "" if confidence >= 1 else f", confidence {confidence:g}"
