"""The members of a story -> the one that stands for it."""

from collections.abc import Iterable

from aggregator.model.story import StoryMember


def represent(members: Iterable[StoryMember], current: str | None) -> str | None:
    """The uri of the member that is shown: the one that is shown already, as long as it is a member and not withdrawn.

    Else the greatest priority, then the most complete text, then an original before its copies, then the earliest. None
    where all are withdrawn. A better copy improves the content elsewhere (rules R3); it never takes this place.
    """
    standing = [member for member in members if not member.is_withdrawn]
    if any(member.uri == current for member in standing):
        return current
    return min(standing, key=_order).uri if standing else None


def _order(member: StoryMember) -> tuple[int, int, bool, float, str]:
    return (
        -member.priority,
        -member.completeness.rank,
        not member.is_original,
        member.at.timestamp(),
        member.uri,
    )
