"""`desk pin/drop/kill/hold/release/merge/split/log` and `topics close`: what people decide, written down and carried out by whoever publishes."""

from datetime import datetime
from typing import Annotated

import typer

from aggregator.cli.app import AsJson, DryRun, app, clock, configuration, print_json, reading, user_name, writing_beside
from aggregator.cli.articles import find_article
from aggregator.cli.topics import find_topic, topics
from aggregator.errors import AggregatorError, UnknownName
from aggregator.model.desk import Decision, RequestKind, Word

desk = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Editorial decisions; append-only.")
app.add_typer(desk, name="desk")

Topic = Annotated[str, typer.Argument(help="A topic's id.")]
ArticleName = Annotated[str, typer.Argument(help="A uri, its first 8 digits, a URL, or a seed path.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; else the user's name.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a few words; readers of the log see it.")]


@desk.command()
def pin(
    context: typer.Context,
    topic: Topic,
    article: ArticleName,
    by: By = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """The article belongs to the topic whatever the rule says; it goes out at once."""
    _decide(context, Word.PIN, article, topic=topic, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def drop(
    context: typer.Context,
    topic: Topic,
    article: ArticleName,
    by: By = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """The article does not belong to the topic whatever the rule says; a published entry is withdrawn there."""
    _decide(context, Word.DROP, article, topic=topic, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def kill(
    context: typer.Context, article: ArticleName, by: By = None, reason: Reason = "", dry_run: DryRun = False
) -> None:
    """Withdraw the article everywhere, for good: tombstones in feeds and archive, 410 on its page."""
    _decide(context, Word.KILL, article, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def hold(
    context: typer.Context, article: ArticleName, by: By = None, reason: Reason = "", dry_run: DryRun = False
) -> None:
    """Keep the article out of every feed until it is released."""
    _decide(context, Word.HOLD, article, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def release(
    context: typer.Context, article: ArticleName, by: By = None, reason: Reason = "", dry_run: DryRun = False
) -> None:
    """End a hold: the entry goes out under the id it always had."""
    _decide(context, Word.RELEASE, article, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def merge(
    context: typer.Context,
    article: ArticleName,
    other: ArticleName,
    by: By = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """The two are one text whatever their words say: a feed that tells a text once tells the first."""
    _decide(context, Word.MERGE, article, other=other, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def split(
    context: typer.Context,
    article: ArticleName,
    other: ArticleName,
    by: By = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """Neither is a copy of the other whatever their words say: each has an entry of its own."""
    _decide(context, Word.SPLIT, article, other=other, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def log(context: typer.Context, as_json: AsJson = False) -> None:
    """Every decision, oldest first."""
    found = configuration(context)
    with reading(found) as reader:
        decisions = reader.decisions()
    for one in decisions:
        if as_json:
            print_json(_as_json(one))
        else:
            target = " ".join(filter(None, (one.topic_id, one.article_uri, one.other_uri)))
            because = f": {one.reason}" if one.reason else ""
            waiting = "" if one.applied_at else "  (not carried out yet)"
            typer.echo(f"{_minute(one.decided_at)}  {one.word.value} {target} by {one.by}{because}{waiting}")


@topics.command("close")
def topics_close(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="A topic that left the configuration.")],
    dry_run: DryRun = False,
) -> None:
    """Let the feed of a topic that left the configuration answer 410 Gone."""
    found = configuration(context)
    if topic in {one.id for one in found.topics}:
        raise AggregatorError(f"topic {topic} is configured: take its table out of {found.file.name} first")
    with reading(found) as reader:
        published = {feed.topic_id for feed in reader.topic_feeds()}
    if topic not in published:
        raise UnknownName(f"no topic '{topic}' was ever published; there are: {', '.join(sorted(published))}")
    if not dry_run:
        with writing_beside(found) as batch:
            batch.ask(RequestKind.CLOSE, topic, clock())
    typer.echo(f"{topic} {'would be' if dry_run else 'is'} closed by the next run")


def _decide(
    context: typer.Context,
    word: Word,
    name: str,
    *,
    by: str | None,
    reason: str,
    dry_run: bool,
    topic: str | None = None,
    other: str | None = None,
) -> None:
    found = configuration(context)
    if topic is not None:
        find_topic(found, topic)
    with reading(found) as reader:
        stored = find_article(reader, name).stored
        second = None if other is None else find_article(reader, other).stored
    if second and second.uri == stored.uri:
        raise AggregatorError(f"{name} and {other} are one article: {stored.article.headline}")
    made = Decision(
        number=None,
        word=word,
        article_uri=stored.uri,
        topic_id=topic,
        other_uri=second.uri if second else None,
        by=by or user_name(),
        reason=" ".join(reason.split()),
        decided_at=clock(),
    )
    if not dry_run:
        with writing_beside(found) as batch:
            batch.desk.decide(made)
    where = f" in {topic}" if topic else ""
    names = f"{stored.article.headline} | {second.article.headline}" if second else stored.article.headline
    would = "would be written down" if dry_run else "written down; the running daemon or the next run carries it out"
    typer.echo(f"{word.value}{where}: {names}\n{would}")


def _as_json(one: Decision) -> dict[str, object]:
    return {
        "number": one.number,
        "word": one.word.value,
        "article": one.article_uri,
        "topic": one.topic_id,
        "other": one.other_uri,
        "day": one.day.isoformat() if one.day else None,
        "by": one.by,
        "reason": one.reason,
        "decided_at": one.decided_at,
        "applied_at": one.applied_at,
    }


def _minute(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M")
