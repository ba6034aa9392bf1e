"""A text and the stories that it may belong to -> the story it joins, or a new one; with the reason.

Precision first: two stories are better than one wrong. What people decided goes before everything that is measured.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import product

from aggregator.dedup.stories.likeness import WINDOW_HOURS, Likeness, Scale, Weighed, is_one_language, readable
from aggregator.model.story import Placement, StoryEvidence, StoryRelation, StorySketch, StoryText

Pair = frozenset[str]
"""The uris of two articles."""

JOIN = 0.26
"""Likeness from which a text belongs to a story. Set on all of the labelled stories, none held out: docs/stories.md."""
MERGE = 0.28
_NEAREST = 0.5
"""Share of the nearest member in the likeness to a story; the rest is the mean of all."""
_NEW_MATTER = 1.2
_EVENT = 2.0
_OF_ONE_SOURCE = 0.8
"""A source tells an event once, then what follows; and what it numbers looks alike: "Wave 10: planning"."""
_MEMBERS = 16
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Fit:
    story: StorySketch
    score: float
    nearest: Likeness
    member: StoryText


def place(
    text: StoryText,
    candidates: Iterable[StorySketch],
    scale: Scale,
    *,
    must_link: AbstractSet[Pair] = frozenset(),
    cannot_link: AbstractSet[Pair] = frozenset(),
) -> Placement:
    """Where the text belongs.

    Candidates are the stories with members inside the window that share a key with the text, those of its copies and of
    the pairs that name it. Their order does not matter. `scale` holds the weights of terms at the text's time.
    """
    allowed = [
        story for story in sorted(candidates, key=lambda one: one.uri) if not _is_apart(text, story, cannot_link)
    ]
    decided = _decided(text, allowed, must_link) or _as_copy(text, allowed)
    if decided is not None:
        return decided
    fits = [fit for story in allowed if (fit := _fit(text, story, scale)) is not None and fit.score > 0]
    best = max(fits, key=lambda fit: (fit.score, fit.story.uri), default=None)
    if best is None or best.score < JOIN:
        return _new(best)
    others = [fit.story for fit in fits if fit is not best and fit.score >= JOIN]
    return Placement(
        story=best.story.uri,
        relation=_relation(text, best),
        score=round(best.score, 3),
        evidence=_evidence("the same event", best),
        merges=_merges(text, best.story, others, scale, cannot_link),
    )


def _is_apart(text: StoryText, story: StorySketch, cannot_link: AbstractSet[Pair]) -> bool:
    return bool(cannot_link) and any(frozenset((text.uri, member.uri)) in cannot_link for member in story.members)


def _decided(text: StoryText, stories: Sequence[StorySketch], must_link: AbstractSet[Pair]) -> Placement | None:
    """The stories of the texts that a person tied to this one."""
    tied = [
        (member, story)
        for story in stories
        for member in story.members
        if must_link and frozenset((text.uri, member.uri)) in must_link
    ]
    if not tied:
        return None
    member, story = tied[0]
    return Placement(
        story=story.uri,
        relation=_by_whom(text, [member]),
        score=1.0,
        evidence=StoryEvidence(reason="merged by the desk", hours=_hours(text, member), nearest=member.uri),
        merges=tuple(dict.fromkeys(other.uri for _, other in tied if other is not story)),
    )


def _as_copy(text: StoryText, stories: Sequence[StorySketch]) -> Placement | None:
    for story in stories:
        for member in story.members:
            if member.uri == text.copies_of:
                relation = text.copy_relation or StoryRelation.COPY
                reason = f"{relation} of a member"
                evidence = StoryEvidence(reason=reason, hours=_hours(text, member), nearest=member.uri)
                return Placement(story=story.uri, relation=relation, score=1.0, evidence=evidence)
    return None


def _new(nearest: _Fit | None) -> Placement:
    """A story of its own; the evidence names what came nearest."""
    if nearest is None:
        evidence = StoryEvidence(reason="nothing like it in the window")
        return Placement(story=None, relation=StoryRelation.INDEPENDENT, score=0.0, evidence=evidence)
    return Placement(
        story=None,
        relation=StoryRelation.INDEPENDENT,
        score=round(nearest.score, 3),
        evidence=_evidence("no story is near enough", nearest),
    )


def _fit(text: StoryText, story: StorySketch, scale: Scale) -> _Fit | None:
    """How well the text fits the story; None where no member is inside the window."""
    near = [member for member in story.members if _hours(text, member) <= WINDOW_HOURS and member.uri != text.uri]
    if not near:
        return None
    near = sorted(near, key=lambda member: (_hours(text, member), member.uri))[:_MEMBERS]
    found = [scale.like(text, member) for member in near]
    at = max(range(len(found)), key=lambda i: (found[i].score, near[i].uri))
    mean = sum(each.score for each in found) / len(found)
    score = _NEAREST * found[at].score + (1 - _NEAREST) * mean
    if score > 0:
        score *= _familiar(scale.weighed(text), [scale.weighed(member) for member in near])
    if all(member.source_id == text.source_id for member in near):
        score *= _OF_ONE_SOURCE
    return _Fit(story, score, found[at], near[at])


def _familiar(one: Weighed, others: Sequence[Weighed]) -> float:
    """Less than 1 where the headline holds what none of several members has: a funeral is another event than the death.

    A paraphrase of an event that ten outlets have told is made of words that one or another of them used.
    """
    comparable = [other for other in others if is_one_language(one, other)]
    if len(comparable) < 2:
        return 1.0
    seen = frozenset().union(*(other.all for other in comparable))
    shares = {term: weight**2 * (_EVENT if term[0] == "=" else 1.0) for term, weight in one.headline.items()}
    new = sum(share for term, share in shares.items() if term not in seen)
    weight_of_story = 1 - 1 / len(comparable)
    return max(0.0, 1 - _NEW_MATTER * new / (sum(shares.values()) or 1.0) * weight_of_story)


def _merges(
    text: StoryText,
    story: StorySketch,
    others: Sequence[StorySketch],
    scale: Scale,
    cannot_link: AbstractSet[Pair],
) -> tuple[str, ...]:
    """Stories that are as like to this one, with the text in it, as a member would have to be."""
    members = (*story.members, text)
    merged: list[str] = []
    for other in others:
        if any(frozenset((one.uri, two.uri)) in cannot_link for one, two in product(members, other.members)):
            continue
        if between(members, other.members, scale) >= MERGE:
            members = (*members, *other.members)
            merged.append(other.uri)
    return tuple(merged)


def between(members: Sequence[StoryText], others: Sequence[StoryText], scale: Scale) -> float:
    """The mean likeness of the members of two stories."""
    return sum(scale.like(one, two).score for one, two in product(members, others)) / (len(members) * len(others))


def _relation(text: StoryText, fit: _Fit) -> StoryRelation:
    member = fit.member
    is_translated = "und" not in {text.features.language, member.features.language} and (
        text.features.language != member.features.language
    )
    if is_translated and text.agency is not None and text.agency == member.agency and not fit.nearest.numbers:
        return StoryRelation.TRANSLATION
    return _by_whom(text, fit.story.members)


def _by_whom(text: StoryText, members: Iterable[StoryText]) -> StoryRelation:
    """A further text by an originator that is there already is no independent report."""
    if any(member.originator == text.originator or member.source_id == text.source_id for member in members):
        return StoryRelation.UPDATE
    return StoryRelation.INDEPENDENT


def _hours(one: StoryText, other: StoryText) -> float:
    return abs((one.at - other.at).total_seconds()) / 3600


def _evidence(reason: str, fit: _Fit) -> StoryEvidence:
    return StoryEvidence(
        reason=reason,
        terms=readable(fit.nearest.shared[:_SHOWN]),
        numbers=fit.nearest.numbers,
        hours=round(fit.nearest.hours, 1),
        nearest=fit.member.uri,
    )
