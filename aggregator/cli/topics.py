"""`topics list`, `test` and `preview`: what is published, whether a rule does what it should, and what it finds."""

from dataclasses import replace
from datetime import datetime
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
    reading,
    reading_if_any,
    writing_beside,
)
from aggregator.cli.article_lines import short
from aggregator.cli.articles import evidence_as_json, match_of
from aggregator.cli.output import ago, say
from aggregator.cli.status import counts_in_words
from aggregator.errors import QueryError, UnknownName
from aggregator.model.topic import Expectation

if TYPE_CHECKING:
    from aggregator.cli.expectations import Tried
    from aggregator.config import Configuration
    from aggregator.model.topic import Match, Topic
    from aggregator.storage import ArticleView, Reader
    from aggregator.topics.match import Matcher

topics = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Published topics.")
app.add_typer(topics, name="topics")

TopicName = Annotated[str, typer.Argument(metavar="TOPIC", help="A topic's id.")]
_SHOWN = 10


@topics.command("list")
def topics_list(context: typer.Context, as_json: AsJson = False) -> None:
    """Every configured topic: its rule, how many entries stand where, and the address of its feed."""
    found = configuration(context)
    with reading_if_any(found) as reader:
        rows = [_topic_as_json(found, topic, reader) for topic in found.topics]
    for row in rows:
        if as_json:
            print_json(row)
        else:
            updated = f"updated {ago(row['updated'], clock())}" if row["updated"] else "not published yet"
            say(f"{row['id']}: {row['title']}")
            say(f"{counts_in_words(row)}; {updated}", 4)
            say(row["query"], 4)
            for address in (row["feed"], *row["also"]):
                say(address, 4)


@topics.command("test")
def topics_test(
    context: typer.Context,
    topic: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="A topic's id; else all.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Labelled texts, instead of what `expect` names; needs a TOPIC.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try the examples that the topics' `expect` names, or those of a file. Exit 1 when one of them fails."""
    from aggregator.cli.expectations import try_all

    found = configuration(context)
    wanted = found.topics if topic is None else (find_topic(found, topic),)
    if file is not None:
        if topic is None:
            raise typer.BadParameter("say which topic it is for: topics test TOPIC --file ...", param_hint="--file")
        wanted = (replace(wanted[0], expect=(Expectation(matches=True, file=str(file.absolute())),)),)
    tried = try_all(found, wanted, clock())
    for one in tried:
        if as_json:
            print_json(tried_as_json(one))
        else:
            say_tried(one)
    failed = sum(not one.holds for one in tried)
    if not as_json:
        typer.echo(f"{len(tried)} examples, {failed} failed" if tried else "no topic has an `expect`")
    if failed:
        raise typer.Exit(1)


@topics.command("preview")
def topics_preview(
    context: typer.Context,
    topic: TopicName,
    query: Annotated[str | None, typer.Option("--query", help="A changed rule: what it would add and drop.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the topic's rule matches among the stored articles; with --query what another rule would change."""
    found = configuration(context)
    tried = find_topic(found, topic)
    matcher = compiled(found, tried if query is None else replace(tried, query=query))
    with reading(found) as reader:
        groups = _compared(reader, topic, matcher) if query is not None else {"matches": _matches(reader, matcher)}
    for change, hits in groups.items():
        if as_json:
            for view, match in hits:
                print_json(_hit_as_json(topic, change, view, match))
            continue
        typer.echo(f"{change} {len(hits)}")
        for view, match in hits[:_SHOWN]:
            words = ", ".join(dict.fromkeys(one.term for one in match.evidence))
            say(f"{_day(view.stored.effective_at)}  {short(view.stored.uri)}  {view.stored.article.headline}", 2)
            say(words, 14)
        if len(hits) > _SHOWN:
            typer.echo(f"  ... and {len(hits) - _SHOWN} older")


@topics.command("sign")
def topics_sign(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A rule as in a topic's `query`.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """The address of the feed of any query over what is stored; whoever has the address can read it."""
    import secrets

    from aggregator.topics import signed

    found = configuration(context)
    name = _signable(found, query)
    key = found.web.query_key
    if key is None and not dry_run:
        with writing_beside(found) as batch:
            key = batch.serving.query_key(secrets.token_urlsafe(32))
    address = signed.address(found.site.base_url, key, name) if key else None
    if as_json:
        print_json({"query": name, "url": address})
    else:
        typer.echo(address or f"would make a key and sign: {name}")


def _signable(found: "Configuration", query: str) -> str:
    """The query in its canonical form. Raises a usage error where it cannot be asked."""
    from aggregator.model.topic import Topic
    from aggregator.topics import signed

    compiled(found, Topic(id="/q", title="/q", query=query), "QUERY")
    name = signed.canonical(query)
    if len(name) > signed.MAX_CHARACTERS:
        message = (
            f"has {len(name)} characters; an address takes {signed.MAX_CHARACTERS}: make it a topic or a term pack"
        )
        raise typer.BadParameter(message, param_hint="QUERY")
    return name


def find_topic(found: "Configuration", topic_id: str) -> "Topic":
    """The configured topic. Raises UnknownName."""
    for topic in found.topics:
        if topic.id == topic_id:
            return topic
    raise UnknownName(f"no topic '{topic_id}'; there are: {', '.join(one.id for one in found.topics)}")


def say_tried(one: "Tried") -> None:
    """One expectation as a line, a failed one with its evidence."""
    if one.holds:
        say(f"ok     {one.topic_id}: {one.name} {'matches' if one.match else 'does not match'}")
        return
    if one.problem:
        say(f"failed {one.topic_id}: {one.name} {one.problem}")
        return
    wanted = "should match and does not" if one.expectation.matches else "should not match and does"
    say(f"failed {one.topic_id}: {one.name} {wanted}")
    if one.match:
        for found in one.match.evidence:
            say(f"{found.field} {found.start}-{found.end}: {found.term}", 7)


def _topic_as_json(found: "Configuration", topic: "Topic", reader: "Reader | None") -> dict[str, Any]:
    counts = reader.row_counts() if reader else {}
    feeds = reader.topic_feeds() if reader else ()
    updated = [feed.updated_at for feed in feeds if (feed.topic_id, feed.grain) == (topic.id, topic.grain)]
    return {
        "id": topic.id,
        "title": topic.title,
        "query": topic.query,
        **{state: counts.get((topic.id, state), 0) for state in ("live", "queued", "archived", "held")},
        "updated": updated[0] if updated else None,
        "feed": f"{found.site.base_url}/feeds/{topic.id}.atom",
        "also": [f"{found.site.base_url}/feeds/{one.stem}.atom" for one in topic.in_grains[1:]],
    }


def compiled(found: "Configuration", topic: "Topic", hint: str = "--query") -> "Matcher":
    """The matcher of one topic, whose query may have been typed by hand, among those of the configuration."""
    from aggregator.topics.match import compile_topics

    try:
        return compile_topics((topic,), found.packs, found.topics, found.ignores, found.learned)
    except QueryError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def _matches(reader: "Reader", matcher: "Matcher") -> "list[tuple[ArticleView, Match]]":
    views = reader.articles(newest_first=True)
    return [(view, match) for view in views if (match := match_of(matcher, view))]


def _compared(reader: "Reader", topic_id: str, matcher: "Matcher") -> "dict[str, list[tuple[ArticleView, Match]]]":
    """Against the stored matches: those of the rule that was in force at the last run."""
    adds, drops = [], []
    for view in reader.articles(newest_first=True):
        match = match_of(matcher, view)
        stored = next((one for one in view.matches if one.topic_id == topic_id), None)
        if match and not stored:
            adds.append((view, match))
        elif stored and not match:
            drops.append((view, stored))
    return {"adds": adds, "drops": drops}


def _hit_as_json(topic_id: str, change: str, view: "ArticleView", match: "Match") -> dict[str, Any]:
    return {
        "topic": topic_id,
        "change": change,
        "uri": view.stored.uri,
        "headline": view.stored.article.headline,
        "effective": view.stored.effective_at,
        "score": match.score,
        "evidence": [evidence_as_json(one) for one in match.evidence],
    }


def tried_as_json(one: "Tried") -> dict[str, Any]:
    return {
        "topic": one.topic_id,
        "seed": one.expectation.seed,
        "text": one.expectation.text,
        "file": one.expectation.file,
        "line": one.line,
        "expected": one.expectation.matches,
        "matches": one.match is not None,
        "ok": one.holds,
        "problem": one.problem,
        "headline": one.headline,
        "evidence": [evidence_as_json(found) for found in one.match.evidence] if one.match else [],
    }


def _day(instant: datetime) -> str:
    return instant.date().isoformat()
