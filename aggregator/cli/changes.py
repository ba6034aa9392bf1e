"""What subscribers see change, for people and as JSON."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from aggregator.cli.app import print_json

if TYPE_CHECKING:
    from aggregator.pipeline import FeedChange
    from aggregator.render import SeenEntry

_SHOWN = 20


def print_changes(changes: "Iterable[FeedChange]", *, as_json: bool) -> None:
    """A feed a line, then its entries: `+` new, `~` updated, `-` withdrawn; those pushed out by newer ones are counted."""
    for change in changes:
        if as_json:
            print_json(_as_json(change))
        else:
            _print(change)


def _as_json(change: "FeedChange") -> dict[str, Any]:
    reasons = dict(change.reasons)

    def listed(entries: "Iterable[SeenEntry]") -> list[dict[str, Any]]:
        return [
            {"id": entry.id, "title": entry.title, "updated": entry.updated, "reason": reasons.get(entry.id)}
            for entry in entries
        ]

    return {
        "feed": change.topic_id,
        "changed": change.is_changed,
        "written": change.is_written,
        "entries": change.entries,
        "added": listed(change.added),
        "updated": listed(change.updated),
        "withdrawn": listed(change.withdrawn),
        "left": listed(change.left),
    }


def _print(change: "FeedChange") -> None:
    counts = [
        (change.added, "added"),
        (change.updated, "updated"),
        (change.withdrawn, "withdrawn"),
        (change.left, "left"),
    ]
    told = ", ".join(f"{len(entries)} {word}" for entries, word in counts if entries) or "changed in its head only"
    typer.echo(f"{change.path.name}: {change.entries} entries, {told if change.is_changed else 'unchanged'}")
    reasons = dict(change.reasons)
    for sign, entries in (("+", change.added), ("~", change.updated), ("-", change.withdrawn)):
        for entry in entries[:_SHOWN]:
            because = f"  ({reasons[entry.id]})" if entry.id in reasons else ""
            typer.echo(f"  {sign} {entry.title or entry.id}{because}")
        if len(entries) > _SHOWN:
            typer.echo(f"  {sign} ... and {len(entries) - _SHOWN} more")
