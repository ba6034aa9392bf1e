"""How far a long command is, for somebody who watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aggregator.cli.app import is_terminal


@contextmanager
def progress(doing: str, total: int | None) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal, nothing in a pipe; call what it gives with each name. None: nobody knows how many there will be."""
    if not is_terminal() or total == 0:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    name = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), name)
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=total)
        yield lambda done: shown.update(task, advance=1, description=done)
