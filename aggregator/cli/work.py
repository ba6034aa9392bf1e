"""`once`, `run`, `serve`, `publish`: the commands that work."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli import loop
from aggregator.cli.app import (
    AsJson,
    DryRun,
    app,
    clock,
    configuration,
    is_terminal,
    locked,
    open_store,
    print_json,
    set_up_logs,
    works,
)
from aggregator.cli.changes import print_changes
from aggregator.cli.outlook import print_edits
from aggregator.cli.progress import progress
from aggregator.errors import StoreError

if TYPE_CHECKING:
    import socket

    from aggregator.config import Configuration
    from aggregator.model.poll import Poll
    from aggregator.model.source import Source
    from aggregator.pages import Site
    from aggregator.pipeline import FeedChange, Outlook, Visit, Works
    from aggregator.storage import Store
    from aggregator.telemetry.metrics import Metrics
    from aggregator.web import Heartbeat, Server, Services

# A file that is being written is looked at again after a second, a few times; then the next run takes it (rules R33).
_LOOKS_AT_YOUNG_FILES = 4
_LOOK_AGAIN_S = 1.0


@app.command()
def once(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Poll every source that may be polled now, due or not.")
    ] = False,
    dry_run: DryRun = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 if any source failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Poll what is due, publish, end. Exit 0 when something worked or nothing was due, 1 when nothing worked."""
    found = configuration(context)
    set_up_logs(context, quieter=is_terminal())
    if dry_run:
        _print_rehearsed(loop.run(_rehearse(found, everything=everything)), as_json=as_json)
        return
    with locked(found), _opened(found) as store:
        polls, changes = loop.run(_once(found, store, everything=everything))
    _print_polls(polls, as_json=as_json)
    print_changes(changes, as_json=as_json)
    failed = sum(done.outcome == "failed" for done in polls)
    if (polls and failed == len(polls)) or (strict and failed):
        raise typer.Exit(1)


@app.command()
def run(context: typer.Context) -> None:
    """The daemon: poll, publish and serve until SIGTERM, which lets what is under way end."""
    found = configuration(context)
    set_up_logs(context)
    with locked(found), _opened(found) as store:
        loop.run(_run(found, store))


@app.command()
def serve(context: typer.Context) -> None:
    """Serve the published feeds and the page; poll nothing."""
    found = configuration(context)
    set_up_logs(context)
    with _opened(found) as store:
        if not store.is_current():
            raise StoreError(f"nothing is stored yet for {found.file.name}: run `aggregator once` first")
        loop.run(_serve(found, store))


@app.command()
def publish(context: typer.Context, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Write every feed whose bytes changed; with --dry-run show what subscribers would see change."""
    found = configuration(context)
    set_up_logs(context, quieter=is_terminal())
    if dry_run:
        _print_rehearsed(loop.run(_rehearse(found, everything=None)), as_json=as_json)
        return
    with locked(found), _opened(found) as store:
        print_changes(loop.run(_publish(found, store)), as_json=as_json)


@contextmanager
def _opened(found: "Configuration") -> "Iterator[Store]":
    store = open_store(found)
    try:
        yield store
    finally:
        store.close()


async def _once(
    found: "Configuration", store: "Store", *, everything: bool
) -> "tuple[tuple[Poll, ...], tuple[FeedChange, ...]]":
    from aggregator.pipeline import attend, forget, index_all, poll, rematch

    async with works(found, store) as parts:
        rematch(parts, clock())
        attend(parts, clock())
        sources = _claimed(parts, everything=everything)
        with ThreadPoolExecutor(1) as writer, progress("polling", len(sources)) as tell:
            first = await poll(parts, writer, sources=sources, on_poll=lambda done: tell(done.source_id))
            polls = {done.source_id: done for done in first}
            for _ in range(_LOOKS_AT_YOUNG_FILES):
                if not (young := _young(parts)):
                    break
                await asyncio.sleep(_LOOK_AGAIN_S)
                polls |= {done.source_id: done for done in await poll(parts, writer, sources=young)}
        forget(parts, clock())
        changes = await _published(parts)
        index_all(store)
        return tuple(polls.values()), changes


def _claimed(parts: "Works", *, everything: bool) -> "tuple[Source, ...]":
    """What is due, or all that may be polled; folders and files at every run (rules R33)."""
    from aggregator.pipeline import allowed, due

    now = clock()
    wanted = {source.id for source in (allowed if everything else due)(parts, now)}
    return tuple(source for source in parts.sources if source.is_local or source.id in wanted)


def _young(parts: "Works") -> "tuple[Source, ...]":
    """Local sources in which a file was too young to be taken."""
    from datetime import timedelta

    from aggregator.pipeline import due

    return tuple(source for source in due(parts, clock() + timedelta(seconds=_LOOK_AGAIN_S)) if source.is_local)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rehearsed:
    """What edited rules find among the stored articles, and what subscribers would see change."""

    outlooks: "tuple[Outlook, ...]"
    changes: "tuple[FeedChange, ...]"


def _print_rehearsed(found: _Rehearsed, *, as_json: bool) -> None:
    print_edits(found.outlooks, as_json=as_json)
    print_changes(found.changes, as_json=as_json)


async def _rehearse(found: "Configuration", *, everything: bool | None) -> _Rehearsed:
    """What would be published now; after the polls that are due (False), all (True) or none (None). Nothing is kept:
    where no store is yet, a passing one is used.
    """
    import tempfile

    from aggregator.pipeline import look_ahead, rehearse, visit
    from aggregator.storage import Store

    store = open_store(found)
    with tempfile.TemporaryDirectory() as folder:
        if not store.is_current():
            store.close()
            store = Store(f"sqlite:///{Path(folder)}/rehearsal.db")
        try:
            async with works(found, store) as parts:
                with store.read() as reader:
                    outlooks = look_ahead(reader, parts.topics, parts.matcher)
                visits: tuple[Visit, ...] = ()
                if everything is not None:
                    visits = await visit(parts, _claimed(parts, everything=everything))
                return _Rehearsed(outlooks=outlooks, changes=rehearse(parts, clock(), visits))
        finally:
            store.close()


async def _publish(found: "Configuration", store: "Store") -> "tuple[FeedChange, ...]":
    from aggregator.pipeline import attend, rematch

    async with works(found, store) as parts:
        rematch(parts, clock())
        attend(parts, clock())
        return await _published(parts)


async def _published(parts: "Works") -> "tuple[FeedChange, ...]":
    """Every feed written where it differs, and the user's command run if any file did."""
    from aggregator.pipeline import publish as publish_feeds
    from aggregator.pipeline import run_command, write_pages
    from aggregator.pipeline.packing import Packer

    written: list[Path] = []
    try:
        changes = publish_feeds(parts, clock(), heal=True, written=written)
        write_pages(parts, clock(), written=written, heal=True)
        Packer().pack(parts.directory, is_wanted=parts.gzip)
        return changes
    finally:
        if parts.command and written:
            await run_command(parts.command, parts.directory)


async def _run(found: "Configuration", store: "Store") -> None:
    from aggregator.cli.installed import Installed
    from aggregator.daemon import Daemon
    from aggregator.telemetry.metrics import Metrics
    from aggregator.web import Heartbeat

    heartbeat, metrics = Heartbeat(clock), Metrics()
    async with works(found, store) as parts:
        with _listening(found, store, metrics, heartbeat) as (server, sockets):
            installed = Installed(found, parts, lambda now: _show(server, now, store, metrics, heartbeat))
            try:
                await Daemon(parts, installed, server, sockets, heartbeat, metrics=metrics).run()
            finally:
                await installed.close()


async def _serve(found: "Configuration", store: "Store") -> None:
    from aggregator.daemon import serve_until_stopped
    from aggregator.telemetry.metrics import Metrics

    with _listening(found, store, Metrics()) as (server, sockets):
        if server is None:
            raise StoreError('nothing to serve: [web] listen is ""')
        await serve_until_stopped(server, sockets)


@contextmanager
def _listening(
    found: "Configuration", store: "Store", metrics: "Metrics", heartbeat: "Heartbeat | None" = None
) -> "Iterator[tuple[Server | None, list[socket.socket]]]":
    """The web server on its bound socket; none where the configuration says so. Who serves alone has no heartbeat."""
    from aggregator.web import Server, create_app, listen

    address = found.web.listen
    if address is None:
        yield None, []
        return
    bound = listen(address.host, address.port)
    typer.echo(f"serving on http://{address.host}:{address.port}/", err=True)
    with bound:
        yield Server(create_app(store, _site(found), heartbeat, _services(found, metrics))), [bound]


def _show(
    server: "Server | None", found: "Configuration", store: "Store", metrics: "Metrics", heartbeat: "Heartbeat"
) -> None:
    from aggregator.web import create_app

    if server:
        server.show(create_app(store, _site(found), heartbeat, _services(found, metrics)))


def _services(found: "Configuration", metrics: "Metrics") -> "Services":
    import secrets

    from aggregator.web import DeskNeeds, Services

    return Services(
        extensions=found.publish.extensions,
        hubs=found.websub.hubs,
        author=found.site.author,
        packs=found.packs,
        query_key=found.web.query_key,
        metrics=metrics,
        desk=DeskNeeds(clock=clock, new_key=lambda: secrets.token_urlsafe(32)),
    )


def _site(found: "Configuration") -> "Site":
    from aggregator.pages import Site

    return Site(
        title=found.site.title,
        language=found.site.language,
        base_url=found.site.base_url,
        directory=found.publish.directory,
        topics=found.topics,
        sources=found.sources,
        clock=clock,
    )


def _print_polls(polls: "tuple[Poll, ...]", *, as_json: bool) -> None:
    if as_json:
        for done in polls:
            print_json(
                {
                    "poll": done.source_id,
                    "outcome": done.outcome.value,
                    "status": done.status,
                    "entries": done.entries,
                    "new": done.new,
                    "updated": done.updated,
                    "duplicate": done.duplicate,
                    "error": done.error,
                }
            )
        return
    failed = [done for done in polls if done.outcome == "failed"]
    new, updated = sum(done.new for done in polls), sum(done.updated for done in polls)
    typer.echo(f"{len(polls)} sources polled, {new} new articles, {updated} updated")
    if failed:
        typer.echo(f"{len(failed)} could not be read and are tried again later:")
    for done in failed:
        typer.echo(f"  {done.source_id}: {done.error}")
