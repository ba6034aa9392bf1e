"""The store -> the desk's own page: what it holds now, and every decision with its author, time and reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from aggregator.desk import Standing, in_order, in_words, standing
from aggregator.model.article import StoredArticle
from aggregator.model.desk import Decision, Word
from aggregator.pages import facts
from aggregator.pages.facts import Moment
from aggregator.pages.site import Site
from aggregator.storage import Reader

PAGE_DECISIONS = 50
_MOST_HELD = 100
_REVERSE = {
    Word.PIN: Word.DROP,
    Word.DROP: Word.PIN,
    Word.MERGE: Word.SPLIT,
    Word.SPLIT: Word.MERGE,
    Word.HOLD: Word.RELEASE,
    Word.EMBARGO: Word.RELEASE,
    Word.WITHDRAW: Word.RELEASE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An article as a line of the desk names it."""

    uri: str
    headline: str
    """Empty where it was erased, or is not stored yet."""
    language: str | None
    direction: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLine:
    """A decision, and the word that would undo it."""

    word: str
    article: Named
    other: Named | None
    topic_id: str | None
    by: str
    reason: str
    until: Moment
    at: Moment
    is_carried_out: bool
    undo: str | None
    """None where nothing undoes it, or it does not stand any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    """An article that is kept back now."""

    article: Named
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPage:
    """The desk's own page."""

    held: tuple[HeldLine, ...]
    more_held: int
    decisions: tuple[DecisionLine, ...]
    total: int
    number: int
    pages: int
    newer: str | None
    older: str | None


def desk_page(reader: Reader, site: Site, number: int = 1) -> DeskPage | None:
    """The page of that number, from 1 on; None beyond the last one."""
    total = reader.decision_count()
    pages = max(1, -(-total // PAGE_DECISIONS))
    if not 1 <= number <= pages:
        return None
    found = reader.newest_decisions(PAGE_DECISIONS, (number - 1) * PAGE_DECISIONS)
    held = _held(reader.decisions_on_telling()) if number == 1 else []
    uris = {uri for one in found for uri in (one.article_uri, one.other_uri) if uri}
    stored = {one.uri: one for one in reader.stored_articles([*uris, *(uri for uri, _ in held[:_MOST_HELD])])}
    return DeskPage(
        held=tuple(HeldLine(article=_named(site, uri, stored), why=why) for uri, why in held[:_MOST_HELD]),
        more_held=max(0, len(held) - _MOST_HELD),
        decisions=tuple(_lines(reader, site, found, stored)),
        total=total,
        number=number,
        pages=pages,
        newer=_page_path(number - 1) if number > 1 else None,
        older=_page_path(number + 1) if number < pages else None,
    )


def _held(decisions: Iterable[Decision]) -> list[tuple[str, str]]:
    """(uri, why) of what the desk holds, that held last first."""
    by_article = sorted(decisions, key=lambda one: one.article_uri)
    found = []
    for uri, group in groupby(by_article, key=lambda one: one.article_uri):
        said = list(group)
        says = standing(said)
        if says.held is not None and says.killed is None:
            found.append((max(one.decided_at for one in said), uri, says.held))
    return [(uri, why) for _, uri, why in sorted(found, reverse=True)]


def _lines(
    reader: Reader, site: Site, found: Iterable[Decision], stored: dict[str, StoredArticle]
) -> Iterator[DecisionLine]:
    for one in found:
        yield DecisionLine(
            word=one.word.value,
            article=_named(site, one.article_uri, stored),
            other=_named(site, one.other_uri, stored) if one.other_uri else None,
            topic_id=one.topic_id,
            by=one.by,
            reason=one.reason,
            until=facts.moment(one.until),
            at=facts.moment(one.decided_at),
            is_carried_out=one.applied_at is not None,
            undo=_undo(reader, site, one) if one.article_uri in stored else None,
        )


def _undo(reader: Reader, site: Site, one: Decision) -> str | None:
    """The word that undoes the decision, as long as it stands."""
    reverse = _REVERSE.get(one.word)
    if reverse is None or (one.topic_id and one.topic_id not in {topic.id for topic in site.topics}):
        return None
    said = reader.decisions_on(one.article_uri)
    if one.other_uri:
        pair = {one.article_uri, one.other_uri}
        both = [*said, *reader.decisions_on(one.other_uri)]
        on_pair = [two for two in in_order(both) if two.other_uri and {two.article_uri, two.other_uri} == pair]
        stands = on_pair[-1].number == one.number
    else:
        stands = in_words(one) in _standing_words(standing(said), one.topic_id or "")
    return reverse.value if stands else None


def _standing_words(says: Standing, topic_id: str) -> tuple[str | None, ...]:
    return says.held, says.killed, says.pinned.get(topic_id), says.dropped.get(topic_id)


def _named(site: Site, uri: str, stored: dict[str, StoredArticle]) -> Named:
    one = stored.get(uri)
    return Named(
        uri=uri,
        headline=one.article.headline if one else "",
        language=facts.language(one.article) if one else None,
        direction=facts.direction(one.article) if one else "auto",
        path=site.places.article(uri),
    )


def _page_path(number: int) -> str:
    return "/desk" + (f"?page={number}" if number > 1 else "")
