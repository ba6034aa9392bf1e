"""`sources list`, `add`, `remove`, `refresh`, `import` and `export`: subscriptions, in config.toml with its comments kept."""

import asyncio
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
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
from aggregator.errors import AggregatorError, ConfigError, NotAFeed, UnknownName, UnreadableDocument
from aggregator.model.source import health_of
from aggregator.urls import host_of, normalise

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.config.edit import NewSource
    from aggregator.model.fetch import Fetched
    from aggregator.opml import Subscription
    from aggregator.storage import Reader

sources = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Feeds and folders that are read.")
app.add_typer(sources, name="sources")

Tags = Annotated[list[str] | None, typer.Option("--tag", help="A name that topics may use; can be repeated.")]
_ID_LENGTH = 48
_SHORTEST_ID = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at a feed told."""

    title: str | None
    format: str
    entries: int
    newest: str | None
    addresses: tuple[str | None, ...]
    """Where it came from in the end, and what it calls its own address."""


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
                ahead(row["next_poll"], now),
                str(row["entries"]),
                str(row["gaps"]),
            )
            for row in rows
        ),
    )
    for row in rows:
        if row["last_error"]:
            say(f"{row['id']}: {row['last_error']}")


@sources.command("add")
def sources_add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The address of a feed.")],
    source_id: Annotated[str | None, typer.Option("--id", help="Permanent; else made of the feed's title.")] = None,
    publisher: Annotated[str | None, typer.Option("--publisher", help="Else the feed's title.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Where the feed does not say: en, ar ...")] = None,
    tag: Tags = None,
    private: Annotated[bool, typer.Option("--private", help="The address is a secret: it is never shown.")] = False,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Look at the feed once before.")] = True,
    dry_run: DryRun = False,
) -> None:
    """Subscribe to a feed: look at it once, write it into the configuration. The next start polls it."""
    from aggregator.config import read_text
    from aggregator.config.edit import NewSource, why_not, written_sources

    found = configuration(context)
    text = read_text(found.file, found.file.name)
    known = _known_addresses(found, text)
    if holder := known.get(normalise(url)):
        raise AggregatorError(f"source {holder} has this address already; nothing was written")
    if problem := why_not(NewSource(id="new", url=url)):
        raise typer.BadParameter(problem.removeprefix("url: "), param_hint="URL")
    seen = asyncio.run(look(found, url, private=private)) if check else None
    if seen:
        _tell(seen)
        for address in seen.addresses:
            if holder := known.get(normalise(address)):
                message = f"by its own address it is the feed of source {holder}; --no-check subscribes all the same"
                raise AggregatorError(message)
    new = NewSource(
        id=source_id or free_id(seen.title if seen else None, url, {one.id for one in written_sources(text)}),
        url=url,
        publisher=publisher or (seen.title if seen else None),
        language=language,
        tags=tuple(tag or ()),
        private=private,
    )
    if problem := why_not(new):
        raise AggregatorError(f"cannot be added: {problem}")
    _add(found, text, [new], dry_run=dry_run)
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
    from aggregator.opml import read_opml

    found = configuration(context)
    text = read_text(found.file, found.file.name)
    new, rows = chosen(read_opml(_read_bytes(file)), found, text, tuple(tag or ()))
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
    gaps = reader.gaps() if reader else {}
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
                "next_poll": state.next_poll_at if state else None,
                "failures": state.failures if state else 0,
                "last_error": state.last_error if state else None,
                "entries": counts.get(source.id, 0),
                "gaps": gaps.get(source.id, 0),
            }
        )
    return rows


async def look(found: "Configuration", url: str, *, private: bool = False) -> Seen:
    """One fetch of a feed that is not subscribed to. Raises AggregatorError saying what it is instead."""
    from aggregator.fetch import HttpFetcher
    from aggregator.model.fetch import Fetched
    from aggregator.model.source import Source, SourceKind, Validators

    source = Source(id="new", kind=SourceKind.FEED, url=url, private=private)
    async with HttpFetcher(found.fetch) as fetcher:
        result = await fetcher.get(source, Validators(), clock())
    shown = "the address" if private else url
    if not isinstance(result, Fetched):
        detail = getattr(result, "detail", "it says that nothing changed")
        raise AggregatorError(f"{shown} cannot be read: {detail}; --no-check subscribes all the same")
    try:
        return _seen(found, source.id, result)
    except (NotAFeed, UnreadableDocument) as error:
        raise AggregatorError(f"{shown} is not a feed: {error}; give the address of the feed itself") from error


def _seen(found: "Configuration", source_id: str, fetched: "Fetched") -> Seen:
    from aggregator.model.source import Source, SourceKind
    from aggregator.parse import parse
    from aggregator.reading.read import Desk, read
    from aggregator.topics.match import compile_topics

    parsed = parse(fetched.documents[0], url=fetched.url, agencies=found.agencies)
    desk = Desk(agencies=found.agencies, matcher=compile_topics((), ()), site_title=found.site.title)
    source = Source(id=source_id, kind=SourceKind.FEED, url=fetched.url)
    reading = read(source, fetched, frozenset(), desk, clock())
    dates = [
        sighting.article.published.value
        for document in reading.documents
        for sighting in document.sightings
        if sighting.article.published
    ]
    title = " ".join((parsed.head.title or "").split())
    return Seen(
        title=title or None,
        format=parsed.format,
        entries=len(parsed.entries),
        newest=max(dates).date().isoformat() if dates else None,
        addresses=(fetched.url, parsed.head.link_self),
    )


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


def _tell(seen: Seen) -> None:
    newest = f", the newest of {seen.newest}" if seen.newest else ""
    say(f"{seen.title or 'a feed without a title'} ({seen.format}): {seen.entries} entries{newest}")


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


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise AggregatorError(f"{file} cannot be read: {error.strerror}") from error
