"""Some stories looked at all together -> which of them are one, and which members belong elsewhere.

`place` sees what has arrived so far. Here the members are placed again in the order of their time, as if they had come so:
the result is a function of the members and of people's decisions, not of the order of arrival.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

from aggregator.dedup.stories.likeness import Scale
from aggregator.dedup.stories.placing import Pair, place
from aggregator.model.story import Regrouping, StorySketch, StoryText

Group = list[StoryText]


def reconsider(
    stories: Iterable[StorySketch],
    scale: Scale,
    *,
    must_link: AbstractSet[Pair] = frozenset(),
    cannot_link: AbstractSet[Pair] = frozenset(),
) -> tuple[Regrouping, ...]:
    """What changes; stories that stay as they are do not appear.

    The sketches hold all their members. No uri is made here: a group keeps that of the story it has most members of.
    """
    before = {story.uri: story.members for story in sorted(stories, key=lambda one: one.uri)}
    texts = sorted(chain.from_iterable(before.values()), key=lambda text: (text.at, text.uri))
    groups = _replayed(texts, scale, must_link, cannot_link)
    home = {text.uri: uri for uri, members in before.items() for text in members}
    kept = _kept(groups, home, tuple(before))
    gone = _gone(groups, home, kept)
    return tuple(_changes(before, groups, kept, gone))


def _replayed(
    texts: Sequence[StoryText], scale: Scale, must_link: AbstractSet[Pair], cannot_link: AbstractSet[Pair]
) -> list[Group]:
    """The texts, in the order of their time, each placed among those before it."""
    groups: dict[str, Group] = {}
    for text in texts:
        sketches = [StorySketch(uri=uri, members=tuple(members)) for uri, members in groups.items()]
        found = place(text, sketches, scale, must_link=must_link, cannot_link=cannot_link)
        if found.story is None:
            groups[text.uri] = [text]
            continue
        groups[found.story].append(text)
        for other in found.merges:
            groups[found.story] += groups.pop(other)
    return [sorted(members, key=lambda text: (text.at, text.uri)) for members in groups.values()]


def _kept(groups: Sequence[Group], home: Mapping[str, str], uris: Sequence[str]) -> dict[int, str]:
    """For each group the uri that it keeps, where there is one: the group with most of a story's members has its uri, of
    two stories in one group the one that gave more, then the one that began first.
    """
    claims = [
        (-count, at, uri)
        for at, members in enumerate(groups)
        for uri, count in Counter(home[text.uri] for text in members).items()
    ]
    begins = {uri: at for at, uri in reversed(list(enumerate(_by_first(groups, home))))}
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for _, at, uri in sorted(claims, key=lambda claim: (claim[0], begins.get(claim[2], len(uris)), claim[1])):
        if at not in kept and uri not in taken:
            kept[at] = uri
            taken.add(uri)
    return kept


def _by_first(groups: Sequence[Group], home: Mapping[str, str]) -> Iterator[str]:
    """Stories by their first members."""
    texts = sorted(chain.from_iterable(groups), key=lambda text: (text.at, text.uri))
    return iter(dict.fromkeys(home[text.uri] for text in texts))


def _gone(groups: Sequence[Group], home: Mapping[str, str], kept: Mapping[int, str]) -> dict[str, int]:
    """Stories whose uri no group keeps, and the group with most of their members."""
    shares = Counter((home[text.uri], at) for at, members in enumerate(groups) for text in members)
    lost = {uri for uri, _ in shares} - set(kept.values())
    return {
        uri: min((at for other, at in shares if other == uri), key=lambda at: (-shares[uri, at], at)) for uri in lost
    }


def _changes(
    before: Mapping[str, Sequence[StoryText]], groups: Sequence[Group], kept: Mapping[int, str], gone: Mapping[str, int]
) -> Iterator[Regrouping]:
    for at, members in enumerate(groups):
        uri = kept.get(at)
        merged = tuple(sorted(lost for lost, into in gone.items() if into == at))
        uris = tuple(text.uri for text in members)
        if merged or uri is None or set(uris) != {text.uri for text in before[uri]}:
            yield Regrouping(story=uri, members=uris, gone=merged)
