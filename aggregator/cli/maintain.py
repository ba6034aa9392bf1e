"""`config show`, `config schema`, `db upgrade` and `db check`: what keeps an installation in order."""

import json
import os
from typing import TYPE_CHECKING

import typer

from aggregator.cli.app import AsJson, DryRun, app, clock, configuration, locked, open_store, print_json, reading
from aggregator.cli.output import say

if TYPE_CHECKING:
    from aggregator.storage import Store

config = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The configuration as it is understood.")
database = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The store.")
app.add_typer(config, name="config")
app.add_typer(database, name="db")


@config.command("show")
def config_show(context: typer.Context, as_json: AsJson = False) -> None:
    """The configuration with every default filled in, as TOML; secrets and private addresses are hidden."""
    from aggregator.config.show import effective, effective_toml

    found = configuration(context)
    if as_json:
        print_json(effective(found.file, os.environ))
    else:
        typer.echo(effective_toml(found.file, os.environ), nl=False)


@config.command("schema")
def config_schema() -> None:
    """A JSON Schema of config.toml, for editors: its first line names it as `#:schema ./config.schema.json`."""
    from aggregator.config.schema import schema

    typer.echo(json.dumps(schema(), indent=2, ensure_ascii=False))


@database.command("upgrade")
def db_upgrade(context: typer.Context, dry_run: DryRun = False) -> None:
    """Bring the store to this release; `once` and `run` do it by themselves."""
    import uuid

    from aggregator.storage.store import HEAD

    found = configuration(context)
    store = open_store(found)
    try:
        before = _version(store)
        if before == HEAD:
            typer.echo(f"nothing to do: the store is at migration {HEAD}")
        elif dry_run:
            typer.echo(f"would go from migration {before or 'none'} to {HEAD}")
        else:
            with locked(found):
                store.upgrade(uuid.uuid4(), clock())
            typer.echo(f"from migration {before or 'none'} to {HEAD}")
    finally:
        store.close()


def _version(store: "Store") -> str | None:
    """Asking a store that is not there would make an empty file of it."""
    from pathlib import Path

    database = store.url.database
    is_file = store.url.get_backend_name() == "sqlite" and database
    return None if is_file and not Path(database or "").exists() else store.version()


@database.command("check")
def db_check(context: typer.Context, as_json: AsJson = False) -> None:
    """Hold the store against its own promises: integrity, references, ids, positions. Exit 1 with a line for each breach."""
    found = configuration(context)
    with reading(found) as reader:
        problems = reader.problems()
    for problem in problems:
        if as_json:
            print_json({"problem": problem})
        else:
            say(problem)
    if problems:
        raise typer.Exit(1)
    if not as_json:
        typer.echo("the store is sound")
