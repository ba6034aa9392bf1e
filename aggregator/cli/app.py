"""The command line's root: global options, and what the commands share."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator import __version__
from aggregator.errors import ConfigError, ConfigMistake, StoreError

if TYPE_CHECKING:
    from uuid import UUID

    from rich.console import Console

    from aggregator.config import Configuration
    from aggregator.fetch import Backlog, Fetcher
    from aggregator.pipeline import Works
    from aggregator.reading.pool import Readers
    from aggregator.storage import Batch, Reader, Store
    from aggregator.topics.match import Matcher

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Polls feeds, reads wire texts, and publishes topic feeds that any feed reader subscribes to.",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The global options."""

    config: Path | None
    verbosity: int


def clock() -> datetime:
    """The one clock: everything below is given the time."""
    return datetime.now(UTC)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aggregator {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="The configuration; else AGGREGATOR_CONFIG, ./config.toml, XDG, /etc."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Warnings only.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Everything.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """Polls feeds, reads wire texts, and publishes topic feeds that any feed reader subscribes to."""
    del version
    context.obj = Options(config=config, verbosity=1 if verbose else -1 if quiet else 0)


def configuration(context: typer.Context) -> "Configuration":
    """The configuration of this run; its warnings go to stderr. Raises ConfigError."""
    from aggregator.config import find, load

    given: Options = context.obj
    found = load(find(given.config, os.environ, Path()), os.environ)
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
    return found


def set_up_logs(context: typer.Context, *, quieter: bool = False) -> None:
    """Logs to stderr; `quieter` where progress on a terminal tells the same."""
    from aggregator.telemetry import set_up

    given: Options = context.obj
    set_up(verbosity=min(given.verbosity, -1 if quieter else given.verbosity))


def user_name() -> str:
    """Who decides, where nobody says."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for the user's number, as in a container
        return "desk"


def is_terminal() -> bool:
    """Whether a person is watching."""
    return sys.stderr.isatty()


def shows_blocks() -> bool:
    """Whether stdout is a terminal that can show block characters."""
    return sys.stdout.isatty() and sys.stdout.encoding.lower().startswith("utf")


def console() -> "Console":
    """Tables for people on stdout; 80 columns where the width is not known."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 80)


def print_json(value: Mapping[str, Any]) -> None:
    """One object a line."""
    sys.stdout.write(json_line(value))


def json_line(value: Mapping[str, Any]) -> str:
    """The object as a line of JSON Lines; instants in UTC with a `Z`."""
    return json.dumps(value, ensure_ascii=False, sort_keys=False, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def open_store(found: "Configuration") -> "Store":
    """The store of the configuration, as it is."""
    from aggregator.storage import Store

    return Store(found.storage.url)


@contextmanager
def reading_if_any(found: "Configuration") -> Iterator["Reader | None"]:
    """Like `reading`; None where nothing was ever run, for listings of what is configured."""
    store = open_store(found)
    try:
        if not store.is_current():
            yield None
            return
        with store.read() as reader:
            yield reader
    finally:
        store.close()


@contextmanager
def reading(found: "Configuration") -> Iterator["Reader"]:
    """One view of the store for a command that only reads. Raises StoreError where nothing was ever run."""
    store = open_store(found)
    try:
        if not store.is_current():
            raise StoreError(f"nothing is stored yet for {found.file.name}: run `aggregator once` first")
        with store.read() as reader:
            yield reader
    finally:
        store.close()


@contextmanager
def writing_beside(found: "Configuration") -> Iterator["Batch"]:
    """One short transaction for what a command leaves to the process that polls and publishes (rules R25)."""
    store = open_store(found)
    try:
        if not store.is_current():
            raise StoreError(f"nothing is stored yet for {found.file.name}: run `aggregator once` first")
        with store.batch() as batch:
            yield batch
    finally:
        store.close()


@contextmanager
def locked(found: "Configuration") -> Iterator[None]:
    """The lock of the store for polling and publishing (rules R25). Raises AlreadyRunning."""
    from aggregator.storage import lock_file

    file = found.storage.sqlite_file
    if file is None:
        yield
        return
    with lock_file(file.with_name(file.name + ".lock")):
        yield


def refuse_changed_grains(found: "Configuration", store: "Store") -> None:
    """A published feed keeps its grain and with it its ids, under a new id too, and its own id (rules R26). Raises ConfigError."""
    with store.read() as reader:
        feeds = [feed for feed in reader.topic_feeds() if feed.bytes_digest and not feed.is_further]
    published = {feed.topic_id: feed.grain for feed in feeds}
    ids = {(feed.topic_id, feed.grain): feed.feed_id for feed in feeds}
    for topic in found.topics:
        before = next((published[name] for name in topic.former if name in published), topic.grain)
        published.setdefault(topic.id, before)
    mistakes = tuple(
        ConfigMistake(
            path=f"topics[{number}].grain",
            message=f"'{topic.id}' is published with grain '{published[topic.id]}', which fixes the ids of its entries; "
            f"for '{topic.grain}' make a topic with another id",
        )
        for number, topic in enumerate(found.topics)
        if published.get(topic.id, topic.grain) != topic.grain
    )
    mistakes += tuple(
        ConfigMistake(
            path=f"topics[{number}].feed_id",
            message=f"'{topic.id}' is published as '{ids[topic.id, topic.grain]}', and readers know it by that; take the key "
            "out, or make a topic with another id",
        )
        for number, topic in enumerate(found.topics)
        if topic.feed_id and ids.get((topic.id, topic.grain), topic.feed_id) != topic.feed_id
    )
    if mistakes:
        raise ConfigError(found.file.name, mistakes)


def assembled(
    found: "Configuration",
    *,
    store: "Store",
    fetcher: "Fetcher",
    backlog: "Backlog",
    matcher: "Matcher",
    instance_id: "UUID",
    readers: "Readers",
) -> "Works":
    """The parts, with the configuration as far as the pipe needs it."""
    from aggregator.cli.legacy import read_legacy_ids
    from aggregator.dedup.stories import pack_names
    from aggregator.pipeline import Works

    return Works(
        store=store,
        fetcher=fetcher,
        matcher=matcher,
        sources=found.sources,
        topics=found.topics,
        agencies=found.agencies,
        instance_id=instance_id,
        site_title=found.site.title,
        site_author=found.site.author,
        language=found.site.language,
        base_url=found.site.base_url,
        directory=found.publish.directory,
        command=found.publish.command,
        legacy=read_legacy_ids(found),
        hubs=found.websub.hubs,
        gzip=found.publish.gzip,
        names=pack_names(found.packs),
        clock=clock,
        writes_pages=found.publish.pages,
        extensions=found.publish.extensions,
        page_time=found.fetch.timeout,
        readers=readers,
        backlog=backlog,
    )


@asynccontextmanager
async def works(found: "Configuration", store: "Store") -> AsyncIterator["Works"]:
    """The composition root: store brought up to date, matcher compiled, fetcher open, everything handed down."""
    import uuid

    from aggregator.fetch import Backlog, HttpFetcher
    from aggregator.reading.pool import Readers
    from aggregator.topics.match import compile_topics

    matcher = compile_topics(found.topics, found.packs, ignores=found.ignores, learned=found.learned)
    instance_id = store.upgrade(uuid.uuid4(), clock())
    refuse_changed_grains(found, store)
    backlog = Backlog()
    async with HttpFetcher(found.fetch, backlog=backlog) as fetcher:
        parts = assembled(
            found,
            store=store,
            fetcher=fetcher,
            backlog=backlog,
            matcher=matcher,
            instance_id=instance_id,
            readers=Readers(),
        )
        try:
            yield parts
        finally:
            parts.readers.close()
