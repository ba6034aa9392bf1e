"""`desk pin/drop/kill/erase/hold/release/embargo/note/merge/split/log` and `topics close`: what people decide, written down and carried out by whoever publishes."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from aggregator.cli.app import AsJson, DryRun, app, clock, configuration, print_json, reading, user_name, writing_beside
from aggregator.cli.decisions import decision_as_json
from aggregator.cli.topics import topics
from aggregator.desk.lines import MOST_CHARACTERS, one_line
from aggregator.errors import AggregatorError, UnknownName
from aggregator.model.desk import Decision, RequestKind, Word

desk = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Editorial decisions; append-only.")
app.add_typer(desk, name="desk")

_ZONED = "write 2026-03-02T08:00+02:00, 2026-03-02T06:00Z or '2026-03-02 08:00 Africa/Tripoli'"
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
    """End a hold, an embargo, or what the source withdrew: the entry goes out under the id it always had."""
    _decide(context, Word.RELEASE, article, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def embargo(
    context: typer.Context,
    article: ArticleName,
    until: Annotated[
        str, typer.Argument(help="A time with its zone: 2026-03-02T08:00+02:00, or '2026-03-02 08:00 Africa/Tripoli'.")
    ],
    by: By = None,
    reason: Reason = "",
    dry_run: DryRun = False,
) -> None:
    """Keep the article out of every feed until that time; a hold or a release that is said later counts instead."""
    ends_at = embargo_end(until, clock())
    _decide(context, Word.EMBARGO, article, until=ends_at, by=by, reason=reason, dry_run=dry_run)


@desk.command()
def note(
    context: typer.Context,
    article: ArticleName,
    text: Annotated[str, typer.Argument(help="What colleagues should know of it; it stands in no feed.")],
    by: By = None,
    dry_run: DryRun = False,
) -> None:
    """Leave a remark: `articles show` and the article's page show it, feeds do not."""
    if not text.strip():
        raise typer.BadParameter("a note needs a text", param_hint="TEXT")
    _decide(context, Word.NOTE, article, by=by, reason=text, dry_run=dry_run)


@desk.command()
def erase(
    context: typer.Context, article: ArticleName, by: By = None, reason: Reason = "", dry_run: DryRun = False
) -> None:
    """Withdraw the article everywhere and forget its text for good: in the store, in feeds and archives, on pages.

    Copies by other outlets are articles of their own and stay; so does your own file, where it came from a folder.
    """
    _decide(context, Word.ERASE, article, by=by, reason=reason, dry_run=dry_run)


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
            print_json(decision_as_json(one))
        else:
            target = " ".join(filter(None, (one.topic_id, one.article_uri, one.other_uri)))
            waiting = "" if one.applied_at else "  (not carried out yet)"
            typer.echo(f"{_minute(one.decided_at)}  {one.word.value} {target} {_by_whom(one)}{waiting}")


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
    until: datetime | None = None,
) -> None:
    from aggregator.pipeline.decide import Wish, understand, write_down

    found = configuration(context)
    wish = Wish(
        word=word,
        article=name,
        by=_one_line("--by", by or "") or user_name(),
        reason=_one_line("TEXT" if word is Word.NOTE else "--reason", reason),
        topic_id=topic,
        other=other,
        until=until,
    )
    with reading(found) as reader:
        meant = understand(reader, found.topics, wish)
        copies = reader.copies_of(meant.stored.uri) if word is Word.ERASE else ()
    if not dry_run:
        with writing_beside(found) as batch:
            write_down(batch, meant, clock())
    where = f" in {topic}" if topic else ""
    names = " | ".join(one.article.headline for one in (meant.stored, meant.other) if one)
    would = "would be written down" if dry_run else "written down; the running daemon or the next run carries it out"
    typer.echo(f"{word.value}{where}: {names}\n{would}")
    if meant.is_in_vain:
        typer.echo("it was killed, which is final: a release does not bring it back", err=True)
    for copy in copies:
        typer.echo(f"stays: {copy.stored.uri}  {copy.stored.article.publisher.name}, a copy of the same text", err=True)


def embargo_end(text: str, now: datetime) -> datetime:
    """The moment: ISO 8601 with an offset or `Z`, or without one before the name of a zone. It has to be still to come."""
    from zoneinfo import ZoneInfo

    printed, _, zone = text.strip().rpartition(" ") if "/" in text else (text.strip(), "", "")
    try:
        instant = datetime.fromisoformat(printed)
        instant = instant.replace(tzinfo=ZoneInfo(zone)) if zone and instant.tzinfo is None else instant
    except (ValueError, OSError, KeyError):
        raise typer.BadParameter(f"'{text}' is no time with its zone: {_ZONED}", param_hint="UNTIL") from None
    if instant.tzinfo is None:
        raise typer.BadParameter(f"'{text}' has no zone: {_ZONED}", param_hint="UNTIL")
    instant = instant.astimezone(UTC)
    if instant <= now:
        message = f"'{text}' is past: name a time to come, or say `desk release`"
        raise typer.BadParameter(message, param_hint="UNTIL")
    return instant


def _one_line(name: str, text: str) -> str:
    """What people typed as one line, short enough to stand on a page."""
    line = one_line(text)
    if len(line) > MOST_CHARACTERS:
        raise typer.BadParameter(f"it has {len(line)} characters; at most {MOST_CHARACTERS} are kept", param_hint=name)
    return line


def _by_whom(one: Decision) -> str:
    until = f"until {one.until:%Y-%m-%dT%H:%M:%SZ} " if one.until else ""
    return f"{until}by {one.by}" + (f": {one.reason}" if one.reason else "")


def _minute(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M")
