"""`sources list`, `add`, `remove`, `refresh`, `import` and `export`: subscriptions, in config.toml with its comments kept."""

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.app import (
    AsJson,
    DryRun,
    app,
    clock,
    configuration,
    print_json,
    reading_if_any,
    writing_beside,
)
from aggregator.cli.output import ago, ahead, print_table, say
from aggregator.cli.status import notes_by_source
from aggregator.errors import AggregatorError, ConfigError, UnknownName
from aggregator.health import health_of
from aggregator.urls import host_of, normalise

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.config.edit import NewSource
    from aggregator.opml import Subscription
    from aggregator.storage import Reader

sources = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Feeds and folders that are read.")
app.add_typer(sources, name="sources")

Tags = Annotated[list[str] | None, typer.Option("--tag", help="A name that topics may use; can be repeated.")]
_ID_LENGTH = 48
_SHORTEST_ID = 3


@sources.command("list")
def sources_list(context: typer.Context, as_json: AsJson = False) -> None:
    """Every source: how it does, when it was and will be polled, what went wrong."""
    found = configuration(context)
    with reading_if_any(found) as reader:
        rows = source_rows(found, reader)
    if as_json:
        for row in rows:
            print_json(row)
        return
    now = clock()
    print_table(
        ("source", "health", "polled", "next", "entries", "gaps"),
        (
            (
                row["id"],
                row["health"],
                ago(row["last_poll"], now),
                "never" if row["health"] == "gone" else ahead(row["next_poll"], now),
                str(row["entries"]),
                str(row["gaps"]),
            )
            for row in rows
        ),
    )
    for row in rows:
        for note in row["notes"]:
            say(f"{row['id']}: {note}")


@sources.command("add")
def sources_add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The address of a feed, of a page that leads to one, or a bare host.")],
    source_id: Annotated[str | None, typer.Option("--id", help="Permanent; else made of the feed's title.")] = None,
    publisher: Annotated[str | None, typer.Option("--publisher", help="Else the feed's title.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Where the feed does not say: en, ar ...")] = None,
    tag: Tags = None,
    private: Annotated[bool, typer.Option("--private", help="The address is a secret: it is never shown.")] = False,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Look at the feed once before.")] = True,
    pick: Annotated[
        int | None, typer.Option("--pick", min=1, help="The number of the feed, where several are.")
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Show the feeds that are there; write nothing.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Subscribe to a feed: find it, show what it holds, write it into the configuration. The next start polls it."""
    from aggregator.cli.found import Choice, choose, search
    from aggregator.config import read_text
    from aggregator.config.edit import NewSource, why_not, written_sources
    from aggregator.discovery import addresses

    if not check and (only_list or pick):
        raise typer.BadParameter("nothing is looked at with --no-check", param_hint="--list, --pick")
    found = configuration(context)
    text = read_text(found.file, found.file.name)
    address, known = addresses(url)[0], _known_addresses(found, text)
    if problem := why_not(NewSource(id="new", url=address)):
        raise typer.BadParameter(problem.removeprefix("url: "), param_hint="URL")
    if only_list:
        search(found, url, known, private=private).print(as_json=as_json)
        return
    if holder := known.get(normalise(address)):
        raise AggregatorError(f"source {holder} has this address already; nothing was written")
    choice = Choice(url=address)
    if check:
        choice = choose(found, search(found, url, known, private=private), pick, as_json=as_json)
    new = NewSource(
        id=source_id or free_id(choice.title, choice.url, {one.id for one in written_sources(text)}),
        url=choice.url,
        publisher=publisher or choice.title,
        language=language,
        tags=tuple(tag or ()),
        private=private,
    )
    if problem := why_not(new):
        raise AggregatorError(f"cannot be added: {problem}")
    _add(found, text, [new], dry_run=dry_run)
    if as_json:
        for row in choice.rows(new):
            print_json(row)
    else:
        typer.echo(f"{'would be' if dry_run else 'is'} source {new.id} of {found.file.name}")


@sources.command("remove")
def sources_remove(
    context: typer.Context,
    source_id: Annotated[str, typer.Argument(metavar="ID", help="A source's id.")],
    dry_run: DryRun = False,
) -> None:
    """Unsubscribe: polling stops, articles and entries stay; the history returns with the id."""
    from aggregator.config import read_text
    from aggregator.config.edit import remove_source

    found = configuration(context)
    text = read_text(found.file, found.file.name)
    _write(found, text, remove_source(text, source_id), dry_run=dry_run)
    typer.echo(f"source {source_id} {'would be' if dry_run else 'is'} out of {found.file.name}; its articles stay")


@sources.command("refresh")
def sources_refresh(
    context: typer.Context,
    source_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="A source's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every source.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Ask for a poll now; the running daemon carries it out at once, else the next run."""
    from aggregator.model.desk import RequestKind

    found = configuration(context)
    known = [source.id for source in found.sources]
    if (source_id is None) is not everything:
        raise typer.BadParameter("name a source, or say --all", param_hint="ID")
    if source_id is not None and source_id not in known:
        raise UnknownName(f"no source '{source_id}': `aggregator sources list` names them all")
    wanted = known if source_id is None else [source_id]
    if not dry_run:
        now = clock()
        with writing_beside(found) as batch:
            for one in wanted:
                batch.ask(RequestKind.REFRESH, one, now)
    what = wanted[0] if len(wanted) == 1 else f"{len(wanted)} sources"
    typer.echo(f"{what} {'would be' if dry_run else 'will be'} polled by the running daemon, or else the next run")


@sources.command("import")
def sources_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="What another reader exported.")],
    tag: Tags = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Add the feeds of an OPML list that are not there yet; folders become tags. Says what became of each."""
    from aggregator.config import read_text
    from aggregator.opml import MAX_LIST, read_opml

    found = configuration(context)
    text = read_text(found.file, found.file.name)
    new, rows = chosen(read_opml(_beginning(file, MAX_LIST + 1)), found, text, tuple(tag or ()))
    if new:
        _add(found, text, new, dry_run=dry_run)
    for row in rows:
        if as_json:
            print_json(row)
        else:
            say(f"added {row['id']}: {row['url']}" if row["added"] else f"left out {row['url']}: {row['reason']}")
    if not as_json:
        typer.echo(f"{len(new)} {'would be added' if dry_run else 'added'}, {len(rows) - len(new)} left out")


@sources.command("export")
def sources_export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Else stdout.")] = None,
) -> None:
    """Write the feeds that are not private as OPML, which every reader imports."""
    from aggregator.opml import Subscription, write_opml

    found = configuration(context)
    public = [source for source in found.sources if source.url and not source.private]
    document = write_opml(
        found.site.title,
        (
            Subscription(
                url=source.url or "",
                title=source.publisher or source.id,
                language=source.language,
                categories=source.tags,
            )
            for source in public
        ),
    )
    if file is None:
        typer.echo(document.decode(), nl=False)
        return
    try:
        file.write_bytes(document)
    except OSError as error:
        raise AggregatorError(f"{file} cannot be written: {error.strerror}") from error
    typer.echo(f"{len(public)} sources written to {file}")


def source_rows(found: "Configuration", reader: "Reader | None") -> list[dict[str, Any]]:
    """What `sources list --json` prints. A private address is left out."""
    states = reader.source_states() if reader else {}
    counts = reader.articles_by_source() if reader else {}
    polls = reader.last_polls() if reader else {}
    told = notes_by_source(found, reader, states)
    rows = []
    for source in found.sources:
        state, poll = states.get(source.id), polls.get(source.id)
        rows.append(
            {
                "id": source.id,
                "url": None if source.private else source.url,
                "path": str(source.path) if source.path else None,
                "status": poll.status if poll else None,
                "health": health_of(state).value,
                "last_poll": state.last_poll_at if state else None,
                "next_poll": state.next_poll_at if state and not state.is_gone else None,
                "failures": state.failures if state else 0,
                "last_error": state.last_error if state else None,
                "notes": told[source.id],
                "entries": counts.get(source.id, 0),
                "gaps": state.gaps if state else 0,
            }
        )
    return rows


def chosen(
    subscriptions: "Iterable[Subscription]", found: "Configuration", text: str, tags: tuple[str, ...]
) -> "tuple[list[NewSource], list[dict[str, Any]]]":
    """The sources to add, and what became of each subscription: `{url, id, added, reason}`."""
    from aggregator.config.edit import NewSource, why_not, written_sources

    known = _known_addresses(found, text)
    taken = {one.id for one in written_sources(text)}
    new, rows = [], []
    for one in subscriptions:
        address = normalise(one.url)
        folders = (slug(name) for name in one.categories)
        source = NewSource(
            id=free_id(one.title, one.url, taken),
            url=one.url,
            publisher=one.title,
            tags=tuple(dict.fromkeys((*tags, *(name for name in folders if name)))),
        )
        problem = why_not(source)
        if address in known:
            reason: str | None = f"subscribed to already as {known[address]}"
        else:
            reason = problem.removeprefix("url: ") if problem else None
        rows.append(
            {"url": one.url, "id": known.get(address) if reason else source.id, "added": not reason, "reason": reason}
        )
        if not reason:
            new.append(source)
            taken.add(source.id)
            known[address] = source.id
    return new, rows


def free_id(title: str | None, url: str, taken: set[str]) -> str:
    """A slug of the title, else of the host; numbered where it is taken."""
    stem = slug(title or "")
    if len(stem) < _SHORTEST_ID:
        stem = slug(host_of(url).removeprefix("www.")) or "feed"
    number = 1
    while (name := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return name


def slug(name: str) -> str:
    """Latin letters and digits of the name; empty for a name in another script."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    while len(words) > 1 and len("-".join(words)) > _ID_LENGTH:
        words.pop()
    return "-".join(words)[:_ID_LENGTH]


def _known_addresses(found: "Configuration", text: str) -> dict[str | None, str]:
    """Canonical address -> source: as written, and where redirects led at the last good poll."""
    from aggregator.config.edit import written_sources

    with reading_if_any(found) as reader:
        states = reader.source_states() if reader else {}
    known: dict[str | None, str] = {}
    for source in written_sources(text):
        state = states.get(source.id)
        for address in (normalise(source.url), normalise(state.validators.url) if state else None):
            if address:
                known.setdefault(address, source.id)
    return known


def _add(found: "Configuration", text: str, new: "list[NewSource]", *, dry_run: bool) -> None:
    from aggregator.config.edit import add_sources

    _write(found, text, add_sources(text, new), dry_run=dry_run)


def _write(found: "Configuration", before: str, after: str, *, dry_run: bool) -> None:
    """Checked like any configuration; a dry run is checked as well. The mistakes are those that the change would make."""
    from aggregator.config import load_text
    from aggregator.config.edit import write

    try:
        if dry_run:
            load_text(after, found.file, os.environ)
        else:
            write(found.file, before, after, os.environ)
    except ConfigError:
        typer.echo("nothing was written; with this change the configuration would be wrong:", err=True)
        raise


def _beginning(file: Path, size: int) -> bytes:
    """As much of the file as tells whether it is too large."""
    try:
        with file.open("rb") as opened:
            return opened.read(size)
    except OSError as error:
        raise AggregatorError(f"{file} cannot be read: {error.strerror}") from error
