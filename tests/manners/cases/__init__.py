"""Every rule, a file a group, in the order of the table."""

from tests.manners.case import Case
from tests.manners.cases import bounds, cadence, conditional, formats, freshness, hosts, moves, privacy

GROUPS = (
    conditional.group,
    freshness.group,
    cadence.group,
    hosts.group,
    moves.group,
    privacy.group,
    bounds.group,
    formats.group,
)
CASES: tuple[Case, ...] = tuple(case for group in GROUPS for case in group.cases)
