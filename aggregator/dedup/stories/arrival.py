"""When what was placed is looked at again; and what a member is to the rest of its story once it was moved.

`place` sees what has arrived. A report that comes after later ones, or that joins two stories, may show that they belong
otherwise: then the stories around it are reconsidered, in the order of their time.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

from aggregator.dedup.stories.likeness import Scale
from aggregator.dedup.stories.placing import Pair, place
from aggregator.model.story import Placement, StoryEvidence, StoryRelation, StorySketch, StoryText

_LATE = timedelta(hours=6)
"""Polls bring reports in another order than they were written; only what is later than these is out of order. Set on the
labelled stories: docs/stories.md."""


def should_reconsider(text: StoryText, found: Placement, around: Iterable[StorySketch]) -> bool:
    """Whether the stories around the text are to be looked at all together, now that it was placed."""
    if found.merges:
        return True
    return any(member.at - text.at > _LATE for story in around for member in story.members)


def began(uri: str) -> Placement:
    """Of the report that stood alone until another came."""
    evidence = StoryEvidence(reason="the first report of it here")
    return Placement(story=uri, relation=StoryRelation.INDEPENDENT, score=1.0, evidence=evidence)


def described(
    text: StoryText,
    others: Sequence[StoryText],
    scale: Scale,
    *,
    must_link: AbstractSet[Pair] = frozenset(),
) -> Placement:
    """What the text is to the others of its story."""
    if not others:
        return began(text.uri)
    sketch = StorySketch(uri="", members=tuple(others))
    found = place(text, [sketch], scale, must_link=must_link)
    if found.story is not None:
        return found
    evidence = StoryEvidence(
        reason="with the story as a whole",
        terms=found.evidence.terms,
        hours=found.evidence.hours,
        nearest=found.evidence.nearest,
    )
    return Placement(story="", relation=StoryRelation.INDEPENDENT, score=found.score, evidence=evidence)
