"""A report and those that its story has already -> what is new in it: a number, a place, somebody, a second originator.

Only the headline counts: whatever else a text holds that others have not is how it was written, not what happened. Another
wording of a number ("12", "a dozen", "more than 11") is no news, nor is a name that only the opening mentions.
"""

from collections.abc import Iterable, Sequence

from aggregator.dedup.stories.likeness import readable
from aggregator.dedup.stories.names import skeleton
from aggregator.dedup.stories.numbers import amount, is_near
from aggregator.model.story import StoryText


def developments(
    text: StoryText, told: Sequence[StoryText], *, independent_before: int, independent_after: int
) -> tuple[str, ...]:
    """What is new, each in words; nothing where the story is told already.

    The numbers of originators are those of the story without the text and with it: the second one confirms.
    """
    known = frozenset(term for one in told for term in _all(one))
    new = [*_numbers(text, told), *_new_places(text, known), *_new_names(text, known)]
    if independent_before == 1 and independent_after > 1:
        new.append("reported by a second originator")
    return tuple(new)


def _all(one: StoryText) -> Iterable[str]:
    found = one.features
    return (*found.headline, *found.background, *found.lead, *found.names)


def _numbers(text: StoryText, told: Sequence[StoryText]) -> Iterable[str]:
    known = [term for one in told for term in _all(one) if term[0] == "#"]
    for term in text.features.headline:
        if term[0] == "#" and not any(is_near(amount(term), amount(other)) for other in known):
            yield f"number {readable([term])[0]}"


def _new_places(text: StoryText, known: frozenset[str]) -> Iterable[str]:
    return (f"place {readable([term])[0]}" for term in text.features.headline if term[0] == "+" and term not in known)


def _new_names(text: StoryText, known: frozenset[str]) -> Iterable[str]:
    """Names of the headline by their sound, as another script or case may print them."""
    sounds = {name[1:] for name in text.features.names}
    for term in text.features.headline:
        if term[0] in "=+#~@" or term in known:
            continue
        sound = skeleton(term)
        # The headline's words have lost their endings, the sounds have not.
        heard = [name for name in sounds if sound and name.startswith(sound)]
        if heard and not any(f"~{name}" in known for name in heard):
            yield f"name {term}"
