"""A configuration that is read again while the daemon runs: what `cli` has to give for it, and what is told of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aggregator.pipeline import Works

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What the configuration comes to now."""

    works: Works
    """The parts to go on with; the ones in force themselves where nothing changed."""
    notes: tuple[str, ...]
    """What was changed and has to wait for a restart, and what is odd but valid, a line each."""
    show: Callable[[], None]
    """Let the web server show it."""
    let_go: Callable[[], Awaitable[None]]
    """Close what only the parts before it use; to be called when nobody does any more."""


class Configured(Protocol):
    """The configuration in force."""

    @property
    def file(self) -> Path:
        """Where it stands."""
        ...

    @property
    def packs(self) -> Path:
        """The folder of what is read with it; it need not be there."""
        ...

    def renew(self) -> Renewal:
        """Read it again; blocking, for a thread. What it gives counts as in force from now on.

        Raises ConfigError with every mistake; then nothing has changed.
        """
        ...


def shortened(names: Sequence[str]) -> str:
    """The first few names for a line of the log, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def compared(before: Works, after: Works) -> dict[str, object]:
    """What a reload changed, for the log."""
    values: dict[str, object] = {"sources": len(after.sources), "topics": len(after.topics)}
    for kind in ("sources", "topics"):
        old = {one.id: one for one in getattr(before, kind)}
        new = {one.id: one for one in getattr(after, kind)}
        came, went = new.keys() - old.keys(), old.keys() - new.keys()
        changed = [name for name in new.keys() & old.keys() if new[name] != old[name]]
        for what, names in (("new", came), ("changed", changed), ("gone", went)):
            if names:
                values[f"{what}_{kind}"] = shortened(sorted(names))
    return values
