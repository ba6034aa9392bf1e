"""`desk export` and `desk import`: the desk's decisions as a file that git keeps, and back into this or another store."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.app import AsJson, DryRun, configuration, print_json, reading, writing_beside
from aggregator.cli.decisions import decision_as_json
from aggregator.cli.desk import desk
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.desk.lines import Read
    from aggregator.model.desk import Decision

_MOST_BYTES = 64 * 1024 * 1024
_MOST_MISTAKES = 100


@desk.command("export")
def desk_export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The file to write; else stdout.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Write every decision as JSON Lines, oldest first; equal decisions give an equal file, so that git shows what was added."""
    from aggregator.desk.lines import to_lines

    found = configuration(context)
    with reading(found) as reader:
        lines = list(to_lines(reader.decisions()))
    if file is None:
        sys.stdout.writelines(lines)
        return
    if not dry_run:
        _replace(file, "".join(lines))
    typer.echo(f"{len(lines)} decisions {'would be' if dry_run else 'are'} written to {file}")


@desk.command("import")
def desk_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON Lines as `desk export` writes them; - is stdin.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take over the decisions of a file that are not known yet; with a mistake in it, none.

    A decision on an article that is not stored waits for it and is carried out when it comes.
    """
    found = configuration(context)
    read = _read(file)
    _refuse_mistakes(file, read)
    new, waiting = _new(found, read)
    if new and not dry_run:
        with writing_beside(found) as batch:
            for decision in new.values():
                batch.desk.decide(decision)
    if as_json:
        for line, decision in new.items():
            print_json({"line": line, **decision_as_json(decision), "waits": line in waiting})
        return
    for line in sorted(waiting):
        typer.echo(f"{file}:{line}: no article {waiting[line]} is stored yet: the decision waits for it")
    known = len(read.decisions) - len(new)
    would = "would be " if dry_run else ""
    typer.echo(
        f"{len(new)} decisions {would}taken over, {known} known already, {len(waiting)} of the new wait for their article"
    )


def _new(found: "Configuration", read: "Read") -> "tuple[dict[int, Decision], dict[int, str]]":
    """What the store does not have, by line, and of that the articles it waits for."""
    from aggregator.desk.lines import identity

    new, waiting = {}, {}
    with reading(found) as reader:
        known = {identity(decision) for decision in reader.decisions()}
        for line, decision in read.decisions:
            if decision in known:
                continue
            new[line] = decision
            named = [uri for uri in (decision.article_uri, decision.other_uri) if uri]
            missing = next((uri for uri in named if reader.find_article(uri) is None), None)
            if missing:
                waiting[line] = missing
    return new, waiting


def _read(file: Path) -> "Read":
    from aggregator.desk.lines import from_lines

    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise AggregatorError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise AggregatorError(f"{file} is larger than {_MOST_BYTES // 1024**2} MiB: import it in parts")
    try:
        return from_lines(data.decode("utf-8-sig").split("\n"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise AggregatorError(f"{file}:{line}: not UTF-8") from error


def _refuse_mistakes(file: Path, read: "Read") -> None:
    """All of them at once. Raises AggregatorError."""
    if not read.mistakes:
        return
    lines = [f"{file}:{one.line}: {one.message}" for one in read.mistakes[:_MOST_MISTAKES]]
    if more := len(read.mistakes) - len(lines):
        lines.append(f"and {more} more mistakes")
    raise AggregatorError("\n".join([*lines, "nothing was taken over"]))


def _replace(path: Path, text: str) -> None:
    """The file as a whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        raise AggregatorError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
