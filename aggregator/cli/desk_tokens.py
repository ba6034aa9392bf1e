"""`desk token add/list/revoke`: who may sign in at the desk on pages."""

from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.app import AsJson, DryRun, clock, configuration, print_json, reading, writing_beside
from aggregator.cli.desk import desk
from aggregator.desk import EMBARGO_OVER
from aggregator.desk.lines import one_line
from aggregator.errors import AggregatorError, UnknownName

if TYPE_CHECKING:
    from aggregator.model.access import DeskToken
    from aggregator.storage import Reader

token = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who may sign in at the desk on pages.")
desk.add_typer(token, name="token")

_MOST_CHARACTERS = 64
Name = Annotated[str, typer.Argument(help="Who has it; it stands under what is decided with it.")]


@token.command("add")
def token_add(context: typer.Context, name: Name, as_json: AsJson = False, dry_run: DryRun = False) -> None:
    """Make a token and print it, this once: the store keeps a digest of it only. The first one opens /desk."""
    import secrets

    from aggregator.desk.keys import PREFIX, kept

    found, name = configuration(context), _name(name)
    with reading(found) as reader:
        known = {one.name for one in reader.desk_tokens(clock())}
    if name in known:
        raise AggregatorError(f"there was a token '{name}' before, and a name is given once: take another")
    if dry_run:
        typer.echo(f"a token for {name} would be made")
        return
    made, now = PREFIX + secrets.token_urlsafe(32), clock()
    with writing_beside(found) as batch:
        batch.access.add_token(name, kept(made), now)
    if as_json:
        print_json({"name": name, "token": made, "made_at": now})
        return
    typer.echo(made)
    typer.echo(f"for {name}; it is shown this once. Sign in at {found.site.base_url}/desk", err=True)


@token.command("list")
def token_list(context: typer.Context, as_json: AsJson = False) -> None:
    """Every token that was ever made, by name."""
    with reading(configuration(context)) as reader:
        tokens = reader.desk_tokens(clock())
    for one in tokens:
        if as_json:
            print_json(
                {"name": one.name, "made_at": one.made_at, "revoked_at": one.revoked_at, "sessions": one.sessions}
            )
        else:
            state = f"revoked {one.revoked_at:%Y-%m-%d %H:%M}" if one.revoked_at else f"{one.sessions} signed in"
            typer.echo(f"{one.made_at:%Y-%m-%d %H:%M}  {one.name}  ({state})")


@token.command("revoke")
def token_revoke(context: typer.Context, name: Name, dry_run: DryRun = False) -> None:
    """End a token, and at once everything that is signed in with it."""
    found = configuration(context)
    with reading(found) as reader:
        one = _known(reader, name)
    if one.revoked_at is not None:
        typer.echo(f"{one.name} was revoked {one.revoked_at:%Y-%m-%d %H:%M}")
        return
    if not dry_run:
        with writing_beside(found) as batch:
            batch.access.revoke(one.name, clock())
    typer.echo(f"{one.name} {'would be' if dry_run else 'is'} revoked; signed in with it: {one.sessions}")


def _known(reader: "Reader", name: str) -> "DeskToken":
    tokens = reader.desk_tokens(clock())
    for one in tokens:
        if one.name == name:
            return one
    raise UnknownName(f"no token '{name}'; there are: {', '.join(one.name for one in tokens) or 'none'}")


def _name(typed: str) -> str:
    """As it will stand under decisions. Not that of an author who is none of people."""
    name = one_line(typed)
    if not 0 < len(name) <= _MOST_CHARACTERS:
        raise typer.BadParameter(f"it has {len(name)} characters, of 1 to {_MOST_CHARACTERS}", param_hint="NAME")
    if name == EMBARGO_OVER or name.startswith("source "):
        raise typer.BadParameter(f"'{name}' signs what the program decides by itself", param_hint="NAME")
    return name
