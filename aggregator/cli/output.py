"""What commands print for people: folded lines, tables, spans of time. Nothing is wider than the terminal, 80 in a pipe."""

import textwrap
from collections.abc import Iterable
from datetime import datetime

import typer

from aggregator.cli.app import console


def say(text: str, indent: int = 0, *, hang: int = 4) -> None:
    """A line for people, folded with its continuation set in; words and addresses stay whole."""
    lines = textwrap.wrap(
        text,
        console().width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    typer.echo("\n".join(lines))


def print_table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """The first column is folded where it is too long, the others are short."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(columns):
        table.add_column(name, no_wrap=number > 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def ago(instant: datetime | None, now: datetime) -> str:
    return "never" if instant is None else f"{_span((now - instant).total_seconds())} ago"


def ahead(instant: datetime | None, now: datetime) -> str:
    seconds = (instant - now).total_seconds() if instant else 0
    return f"in {_span(seconds)}" if seconds > 0 else "now"


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if round(seconds / size, 1) >= 1:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(seconds, 0):.0f}s"
