"""`init` and `check`: a configuration to begin with, and whether one is right."""

import asyncio
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import aggregator
from aggregator.cli import loop
from aggregator.cli.app import AsJson, app, clock, configuration, open_store, print_json, refuse_changed_grains
from aggregator.cli.outlook import print_edits, warn_of_breadth
from aggregator.cli.output import say
from aggregator.cli.progress import progress
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.model.fetch import FetchResult
    from aggregator.model.source import Source


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Where to write; made if it is not there.")] = Path(),
    demo: Annotated[
        bool, typer.Option("--demo", help="Wire texts on disk instead of feeds: needs no network.")
    ] = False,
) -> None:
    """Write a commented config.toml (and with --demo the wire texts it reads). Never overwrites a file."""
    config = directory / "config.toml"
    if config.exists():
        raise AggregatorError(f"{config} is there already: remove it, or choose another folder")
    directory.mkdir(parents=True, exist_ok=True)
    if demo:
        _copy(_shipped_seeds(), directory / "seeds")
    starter = resources.files(aggregator) / "cli" / ("demo.toml" if demo else "starter.toml")
    config.write_text(starter.read_text("utf-8"), "utf-8")
    typer.echo(f"wrote {config}")
    typer.echo(f"next: cd {directory} && aggregator run" if directory != Path() else "next: aggregator run")


@app.command()
def check(
    context: typer.Context,
    fetch: Annotated[bool, typer.Option("--fetch", help="Also try every source once; nothing is stored.")] = False,
    as_json: AsJson = False,
) -> None:
    """Validate the configuration, every mistake at once with its line, and the topics' examples; tell what edited rules would
    add and drop. Changes nothing.
    """
    found = configuration(context)
    _compare_with_published(found, as_json=as_json)
    failed_examples = _failed_examples(found, as_json=as_json)
    if not fetch:
        _tell_right(found, failed_examples, as_json=as_json)
        return
    tried = loop.run(_try_all(found))
    for one in tried:
        if as_json:
            print_json({"source": one.source_id, "ok": one.is_good, "detail": one.detail})
        else:
            say(f"{'ok    ' if one.is_good else 'failed'} {one.source_id}: {one.detail}", hang=7)
    works = sum(one.is_good for one in tried)
    if not as_json:
        typer.echo(f"{works} of {len(tried)} sources can be read")
    if (tried and not works) or failed_examples:
        raise typer.Exit(1)


def _failed_examples(found: "Configuration", *, as_json: bool) -> int:
    """Tell the examples of topics that fail; nothing is loaded for a configuration without any."""
    if not any(topic.expect for topic in found.topics):
        return 0
    from aggregator.cli.expectations import try_all
    from aggregator.cli.topics import say_tried, tried_as_json

    failed = [one for one in try_all(found, found.topics, clock()) if not one.holds]
    for one in failed:
        if as_json:
            print_json(tried_as_json(one))
        else:
            say_tried(one)
    return len(failed)


def _tell_right(found: "Configuration", failed_examples: int, *, as_json: bool) -> None:
    counts = {"sources": len(found.sources), "topics": len(found.topics)}
    if as_json:
        print_json({"config": str(found.file), "ok": not failed_examples} | counts)
    elif not failed_examples:
        typer.echo(f"{found.file.name} is right: {len(found.sources)} sources, {len(found.topics)} topics")
    if failed_examples:
        raise typer.Exit(1)


def _compare_with_published(found: "Configuration", *, as_json: bool) -> None:
    """A topic that left the configuration keeps its last bytes for its subscribers (rules R26); one whose grain was
    changed is a mistake. A rule that was edited is tried on what is stored, before it takes effect.
    """
    from aggregator.pipeline import look_ahead
    from aggregator.topics.match import compile_topics

    store = open_store(found)
    try:
        if not store.is_current():
            return
        refuse_changed_grains(found, store)
        with store.read() as reader:
            feeds = reader.topic_feeds()
            matcher = compile_topics(found.topics, found.packs, ignores=found.ignores, learned=found.learned)
            outlooks = look_ahead(reader, found.topics, matcher)
    finally:
        store.close()
    configured = {(feed.id, feed.grain) for topic in found.topics for feed in topic.in_grains}
    for feed in feeds:
        if feed.is_further and (feed.topic_id, feed.grain) not in configured and not feed.closed_at:
            name = f"{feed.topic_id}.{feed.grain}"
            typer.echo(
                f"warning: feed {name} was published and is not in `also` any more; it keeps its last bytes", err=True
            )
    published = {feed.topic_id for feed in feeds if not feed.is_further}
    for topic_id in sorted(published - {topic.id for topic in found.topics}):
        typer.echo(
            f"warning: topic {topic_id} was published and is no longer configured; its feed keeps its last bytes",
            err=True,
        )
    print_edits(outlooks, as_json=as_json)
    warn_of_breadth(found, outlooks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """What one look at a source told."""

    source_id: str
    is_good: bool
    detail: str


async def _try_all(found: "Configuration") -> list[_Tried]:
    """In the order of the configuration. Each document is judged and let go as it comes: together they may be 10 MiB each."""
    from aggregator.fetch import HttpFetcher
    from aggregator.model.source import Validators

    with progress("trying", len(found.sources)) as tell:

        async def try_one(source: "Source") -> _Tried:
            is_good, detail = _judge(await fetcher.get(source, Validators(), clock()))
            tell(source.id)
            return _Tried(source_id=source.id, is_good=is_good, detail=detail)

        async with HttpFetcher(found.fetch) as fetcher:
            return await asyncio.gather(*map(try_one, found.sources))


def _judge(result: "FetchResult") -> tuple[bool, str]:
    from aggregator.errors import NotAFeed, UnreadableDocument
    from aggregator.model.fetch import Fetched, FetchFailed
    from aggregator.parse import parse

    if isinstance(result, FetchFailed):
        return False, result.detail
    if not isinstance(result, Fetched):
        return True, "not modified"
    entries, notes = 0, []
    for document in result.documents:
        try:
            entries += len(parse(document, url=result.url, agencies=()).entries)
        except (NotAFeed, UnreadableDocument) as error:
            notes.append(f"{document.key}: {error}")
    if notes and not entries:
        return False, notes[0]
    return True, f"{entries} entries" + (f"; {notes[0]}" if notes else "")


def _shipped_seeds() -> Traversable:
    """The wire texts: inside the wheel, or beside the package in a checkout."""
    inside = resources.files(aggregator) / "seeds"
    if inside.is_dir():
        return inside
    return Path(str(aggregator.__file__)).parent.parent / "seeds"


def _copy(folder: Traversable, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for item in folder.iterdir():
        if item.is_file() and not (target / item.name).exists():
            (target / item.name).write_bytes(item.read_bytes())
