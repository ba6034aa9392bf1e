"""A rule with the case that tries it, and the register of all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.manners.play import Play


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One rule of good manners; `try_it` raises AssertionError where it is broken."""

    name: str
    group: str
    rule: str
    """What is asked of a poller, with the source: an RFC or a convention by name."""
    try_it: Callable[[Play], None]
    ours_only: str = ""
    """Why the rule cannot be asked of another poller; empty: it can."""
    is_slow: bool = False
    """It waits for real time, plays many polls, or is one of many of a kind: left out of `make check`."""


class Group:
    """The cases of one file; `@group.case(rule)` adds one, named after its function."""

    def __init__(self, name: str, *, is_slow: bool = False) -> None:
        self.name = name
        self.cases: list[Case] = []
        self._is_slow = is_slow

    def case(
        self, rule: str, *, ours_only: str = "", is_slow: bool = False
    ) -> Callable[[Callable[[Play], None]], Callable[[Play], None]]:
        """Register the function as a case of the rule."""

        def register(try_it: Callable[[Play], None]) -> Callable[[Play], None]:
            is_late = is_slow or self._is_slow
            self.add(try_it.__name__, rule, try_it, ours_only=ours_only, is_slow=is_late)
            return try_it

        return register

    def add(
        self, name: str, rule: str, try_it: Callable[[Play], None], *, ours_only: str = "", is_slow: bool = True
    ) -> None:
        """Register a line of a table: many of a kind, which together take long."""
        case = Case(
            name=name.replace("_", " "),
            group=self.name,
            rule=rule,
            try_it=try_it,
            ours_only=ours_only,
            is_slow=is_slow,
        )
        self.cases.append(case)
