"""`init` and `check`: a configuration to begin with, and whether one is right."""

import asyncio
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import aggregator
from aggregator.cli.app import AsJson, app, clock, configuration, open_store, print_json, refuse_changed_grains
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
    """Validate the configuration, every mistake at once with its line, and the topics' examples. Changes nothing."""
    found = configuration(context)
    _compare_with_published(found)
    failed_examples = _failed_examples(found, as_json=as_json)
    if not fetch:
        _tell_right(found, failed_examples, as_json=as_json)
        return
    results = asyncio.run(_try_all(found))
    failed = 0
    for source, result in results:
        is_good, detail = _judge(result)
        failed += not is_good
        if as_json:
            print_json({"source": source.id, "ok": is_good, "detail": detail})
        else:
            typer.echo(f"{'ok    ' if is_good else 'failed'} {source.id}: {detail}")
    if (failed == len(results) and results) or failed_examples:
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


def _compare_with_published(found: "Configuration") -> None:
    """A topic that left the configuration keeps its last bytes for its subscribers (rules R26); one whose grain was
    changed is a mistake.
    """
    store = open_store(found)
    try:
        if not store.is_current():
            return
        refuse_changed_grains(found, store)
        with store.read() as reader:
            published = {state.topic_id for state in reader.topic_feeds()}
    finally:
        store.close()
    for topic_id in sorted(published - {topic.id for topic in found.topics}):
        typer.echo(
            f"warning: topic {topic_id} was published and is no longer configured; its feed keeps its last bytes",
            err=True,
        )


async def _try_all(found: "Configuration") -> list[tuple["Source", "FetchResult"]]:
    from aggregator.fetch import HttpFetcher
    from aggregator.model.source import Validators

    async with HttpFetcher(found.fetch) as fetcher:
        results = await asyncio.gather(*(fetcher.get(source, Validators(), clock()) for source in found.sources))
    return list(zip(found.sources, results, strict=True))


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
