"""`seeds list` and `seeds date`: local documents, what was read from them, and a date fixed for ever."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.app import AsJson, DryRun, app, clock, configuration, print_json, reading, user_name, writing_beside
from aggregator.cli.article_lines import date_in_words
from aggregator.cli.articles import plain_article
from aggregator.cli.output import say
from aggregator.errors import AggregatorError, UnknownName
from aggregator.model.desk import Decision, Word

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.model.ledger import LedgerRow
    from aggregator.storage import DocumentRow

seeds = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Local documents.")
app.add_typer(seeds, name="seeds")


@seeds.command("list")
def seeds_list(context: typer.Context, as_json: AsJson = False) -> None:
    """Every local document: read or failed and why, its dateline, agency and date with the evidence."""
    found = configuration(context)
    local = [source.id for source in found.sources if source.is_local]
    with reading(found) as reader:
        documents = [(row, reader.rows_of(row.stored.uri) if row.stored else ()) for row in reader.documents(local)]
    if as_json:
        for row, rows in documents:
            print_json(_document_as_json(row, rows))
        return
    for row, rows in documents:
        _print_document(row, rows)
    read = sum(row.status == "read" for row, _ in documents)
    typer.echo(f"{read} documents read, {len(documents) - read} failed")


@seeds.command("date")
def seeds_date(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A document as `seeds list` names it, or its path.")],
    day: Annotated[str, typer.Argument(metavar="DATE", help="The day on which it was written: 2020-11-25.")],
    by: Annotated[str | None, typer.Option("--by", help="Who says so; else your user name.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a few words.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Fix the date of a local document for ever; it beats whatever is read from the text."""
    found = configuration(context)
    written_on = _day(day)
    key = _key(found, file)
    local = [source.id for source in found.sources if source.is_local]
    with reading(found) as reader:
        articles = [row.stored for row in reader.documents(local) if row.key == key and row.stored]
    if not articles:
        raise UnknownName(f"no document '{file}' was read: `aggregator seeds list` names them all")
    if len(articles) > 1:
        raise AggregatorError(f"{key} holds {len(articles)} articles: only a document that is one text has one date")
    stored = articles[0]
    typer.echo(f"{key}: {stored.article.headline}")
    typer.echo(f"    {date_in_words(stored.article)} -> {written_on.isoformat()}")
    if dry_run:
        return
    decision = Decision(
        number=None,
        word=Word.DATE,
        article_uri=stored.uri,
        day=written_on,
        by=by or user_name(),
        reason=reason,
        decided_at=clock(),
    )
    with writing_beside(found) as batch:
        batch.desk.decide(decision)
    say("written down; the running daemon, or else the next run, carries it out")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day; write it as 2020-11-25", param_hint="DATE") from None


def _key(found: "Configuration", file: str) -> str:
    """The document's path inside its source; a path on disk is made one."""
    path = Path(file).absolute()
    for source in found.sources:
        if source.path is None or not path.exists():
            continue
        if path == source.path:
            return path.name
        if path.is_relative_to(source.path):
            return path.relative_to(source.path).as_posix()
    return file


def _document_as_json(row: "DocumentRow", rows: "tuple[LedgerRow, ...]") -> dict[str, Any]:
    article = row.stored.article if row.stored and row.status == "read" else None
    plain = plain_article(article) if article else {}
    return {
        "path": row.key,
        "status": row.status,
        "reason": row.reason,
        "uri": row.stored.uri if row.stored and article else None,
        "headline": plain.get("headline"),
        "standfirst": plain.get("standfirst"),
        "dateline": plain.get("dateline"),
        "agency": plain.get("agency"),
        "date": plain.get("content_created"),
        "language": plain.get("language"),
        "evidence": plain.get("clues", []),
        "source": row.source_id,
        "topics": [{"topic": one.topic_id, "state": one.state.value, "reason": one.reason} for one in rows],
    }


def _print_document(row: "DocumentRow", rows: "tuple[LedgerRow, ...]") -> None:
    if row.status != "read":
        say(f"{row.key}: failed: {row.reason}")
        return
    if row.stored is None:
        say(f"{row.key}: read, no text in it")
        return
    article = row.stored.article
    places = "/".join(place.name for place in article.dateline.places) if article.dateline else ""
    facts = [places, article.agency.name if article.agency else "", date_in_words(article)]
    facts.append(article.language.tag if article.language else "")
    say(f"{row.key}: {article.headline}")
    say(", ".join(fact for fact in facts if fact), 4)
    for clue in article.clues:
        say(f'{clue.kind}: "{clue.quote}" - {clue.says}', 4)
    for one in rows:
        say(f"{one.topic_id}: {one.state.value}: {one.reason}", 4)
