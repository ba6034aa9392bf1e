"""Judged pairs -> groups of copies; a function of the set of pairs, so the order in which texts arrive does not show.

A group is a longest text with all that is a copy of it: being a copy of a copy makes no member, or an excerpt that stands
in two reports would make one of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from aggregator.model.copies import CopyGroup, CopyMember, CopyVerdict, GroupText, JudgedPair

Pair = frozenset[str]
"""The uris of two articles."""


def group(
    texts: Iterable[GroupText],
    pairs: Iterable[JudgedPair],
    *,
    together: AbstractSet[Pair] = frozenset(),
    apart: AbstractSet[Pair] = frozenset(),
) -> tuple[CopyGroup, ...]:
    """The groups of two and more, by their anchors' uris.

    `pairs` must hold every verdict on two of the texts; `together` and `apart` are what people decided, and go before it.
    """
    ordered = sorted(texts, key=lambda text: (-text.words, text.effective_at, text.uri))
    verdicts = {frozenset((pair.one, pair.other)): pair.verdict for pair in pairs if pair.verdict.is_copy}
    gathered = _gather([text.uri for text in ordered], verdicts, apart)
    joined = _join(gathered, {text.uri: place for place, text in enumerate(ordered)}, together)
    groups = (_group(anchor, members, verdicts) for anchor, members in joined.items() if members)
    return tuple(sorted(groups, key=lambda one: one.anchor))


def _gather(
    uris: Sequence[str], verdicts: Mapping[Pair, CopyVerdict], apart: AbstractSet[Pair]
) -> dict[str, list[str]]:
    """Each text to the anchor that it is nearest to, else an anchor itself."""
    groups: dict[str, list[str]] = {}
    for uri in uris:
        near = [
            (verdicts[pair].score, anchor)
            for anchor, members in groups.items()
            if (pair := frozenset((uri, anchor))) in verdicts
            and not any(frozenset((uri, other)) in apart for other in (anchor, *members))
        ]
        if near:
            # The first of equals: `groups` stands in the order of `uris`.
            best = max(score for score, _ in near)
            groups[next(anchor for score, anchor in near if score == best)].append(uri)
        else:
            groups[uri] = []
    return groups


def _join(groups: dict[str, list[str]], places: Mapping[str, int], together: AbstractSet[Pair]) -> dict[str, list[str]]:
    """The groups with those made one that people put together; the longest anchor stays."""
    anchor_of = {uri: anchor for anchor, members in groups.items() for uri in (anchor, *members)}
    for pair in sorted(together, key=sorted):
        anchors = sorted({anchor_of[uri] for uri in pair if uri in anchor_of}, key=places.__getitem__)
        for gone in anchors[1:]:
            moved = [gone, *groups.pop(gone)]
            groups[anchors[0]].extend(moved)
            anchor_of.update(dict.fromkeys(moved, anchors[0]))
    return groups


def _group(anchor: str, uris: Iterable[str], verdicts: Mapping[Pair, CopyVerdict]) -> CopyGroup:
    members = (CopyMember(uri=uri, verdict=verdicts.get(frozenset((anchor, uri)))) for uri in sorted(uris))
    return CopyGroup(anchor=anchor, members=tuple(members))
