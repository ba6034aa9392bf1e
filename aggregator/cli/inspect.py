"""`status`, `seeds list`, `topics why`, `articles export`: the commands that only read."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.app import AsJson, app, clock, configuration, console, print_json, reading
from aggregator.errors import UnknownName

if TYPE_CHECKING:
    from aggregator.config import Configuration
    from aggregator.model.article import Article, StoredArticle
    from aggregator.model.ledger import LedgerRow
    from aggregator.model.topic import Evidence, Match
    from aggregator.storage import ArticleView, DocumentRow, Reader

seeds = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Local documents.")
topics = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Published topics.")
articles = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Stored articles.")
app.add_typer(seeds, name="seeds")
app.add_typer(topics, name="topics")
app.add_typer(articles, name="articles")


@app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Sources, topics and last polls at a glance. Exit 1 when no source works."""
    found = configuration(context)
    with reading(found) as reader:
        sources = _source_rows(found, reader)
        topic_rows = _topic_rows(found, reader)
    if as_json:
        for row in (*sources, *topic_rows):
            print_json(row)
    else:
        _print_status(sources, topic_rows)
    if sources and not any(row["health"] in ("ok", "noted") for row in sources):
        raise typer.Exit(1)


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


@topics.command("why")
def topics_why(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="A topic's id.")],
    article: Annotated[str, typer.Argument(help="A uri, its first 8 digits, a URL, or a seed path.")],
    as_json: AsJson = False,
) -> None:
    """Why an article is in a topic, or is not: terms with offsets, score, rule version, and where its entry stands."""
    found = configuration(context)
    if topic not in {one.id for one in found.topics}:
        known = ", ".join(one.id for one in found.topics)
        raise UnknownName(f"no topic '{topic}'; there are: {known}")
    with reading(found) as reader:
        stored = reader.find_article(article)
        if stored is None:
            raise UnknownName(f"no article '{article}': give a uri, its first 8 digits, a URL, or a seed path")
        match = reader.match_of(stored.uri, topic)
        rows = [row for row in reader.rows_of(stored.uri) if row.topic_id == topic]
    if as_json:
        print_json(_why_as_json(topic, stored, match, rows))
    else:
        _print_why(topic, stored, match, rows)


@articles.command("export")
def articles_export(
    context: typer.Context,
    topic: Annotated[str | None, typer.Option("--topic", help="Only articles that match this topic.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only articles that this source showed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write JSON Lines to stdout, one article an object."""
    del as_json  # it is JSON either way
    found = configuration(context)
    with reading(found) as reader:
        for view in reader.articles():
            in_topic = topic is None or any(match.topic_id == topic for match in view.matches)
            in_source = source is None or any(seen.source_id == source for seen in view.observations)
            if in_topic and in_source:
                print_json(_export(view))


def _source_rows(found: "Configuration", reader: "Reader") -> list[dict[str, Any]]:
    states, counts, polls = reader.source_states(), reader.articles_by_source(), reader.last_polls()
    rows = []
    for source in found.sources:
        state, poll = states.get(source.id), polls.get(source.id)
        if state is None or state.last_poll_at is None:
            health = "new"
        elif state.failures:
            health = "failing"
        else:
            health = "noted" if state.last_error else "ok"
        rows.append(
            {
                "source": source.id,
                "health": health,
                "last_poll": state.last_poll_at if state else None,
                "last_good_poll": state.last_good_poll_at if state else None,
                "next_poll": state.next_poll_at if state else None,
                "failures": state.failures if state else 0,
                "articles": counts.get(source.id, 0),
                "outcome": poll.outcome if poll else None,
                "note": state.last_error if state else None,
            }
        )
    return rows


def _topic_rows(found: "Configuration", reader: "Reader") -> list[dict[str, Any]]:
    counts = reader.row_counts()
    updated = {(feed.topic_id, feed.grain): feed.updated_at for feed in reader.topic_feeds()}
    return [
        {
            "topic": topic.id,
            "live": counts.get((topic.id, "live"), 0),
            "queued": counts.get((topic.id, "queued"), 0),
            "archived": counts.get((topic.id, "archived"), 0),
            "held": counts.get((topic.id, "held"), 0),
            "updated": updated.get((topic.id, topic.grain)),
        }
        for topic in found.topics
    ]


def _print_status(sources: list[dict[str, Any]], topic_rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    now = clock()
    table = Table("source", "health", "polled", "next", "articles", box=None, pad_edge=False)
    for row in sources:
        polled, following = _ago(row["last_poll"], now), _ahead(row["next_poll"], now)
        table.add_row(row["source"], row["health"], polled, following, str(row["articles"]))
    output = console()
    output.print(table)
    notes = [row for row in sources if row["note"]]
    if notes:
        typer.echo("")
    for row in notes:
        typer.echo(f"{row['source']}: {row['note']}")
    typer.echo("")
    for row in topic_rows:
        counts = ", ".join(
            f"{row[name]} {name}" for name in ("live", "queued", "archived", "held") if row[name] or name == "live"
        )
        typer.echo(f"topic {row['topic']}: {counts}")


def _ago(instant: datetime | None, now: datetime) -> str:
    return "never" if instant is None else f"{_span((now - instant).total_seconds())} ago"


def _ahead(instant: datetime | None, now: datetime) -> str:
    seconds = (instant - now).total_seconds() if instant else 0
    return f"in {_span(seconds)}" if seconds > 0 else "now"


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if round(seconds / size, 1) >= 1:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(seconds, 0):.0f}s"


def _document_as_json(row: "DocumentRow", rows: "tuple[LedgerRow, ...]") -> dict[str, Any]:
    article = row.stored.article if row.stored and row.status == "read" else None
    plain = _plain_article(article) if article else {}
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
    if row.status != "read" or row.stored is None:
        typer.echo(f"{row.key}: failed: {row.reason}")
        return
    article = row.stored.article
    places = "/".join(place.name for place in article.dateline.places) if article.dateline else ""
    facts = [places, article.agency.name if article.agency else "", _date_in_words(article)]
    facts.append(article.language.tag if article.language else "")
    typer.echo(f"{row.key}: {article.headline}")
    typer.echo(f"    {', '.join(fact for fact in facts if fact)}")
    for clue in article.clues:
        typer.echo(f'    {clue.kind}: "{clue.quote}" - {clue.says}')
    for one in rows:
        typer.echo(f"    {one.topic_id}: {one.state.value}: {one.reason}")


def _date_in_words(article: "Article") -> str:
    date = article.content_created
    if date is None:
        return "no date"
    inferred = f" ({', '.join(date.inferred)} inferred, confidence {date.confidence:g})" if date.inferred else ""
    return f"{date.value.date().isoformat()}{inferred}"


def _why_as_json(topic: str, stored: "StoredArticle", match: "Match | None", rows: "list[LedgerRow]") -> dict[str, Any]:
    row = rows[0] if rows else None
    return {
        "topic": topic,
        "uri": stored.uri,
        "headline": stored.article.headline,
        "matches": match is not None,
        "score": match.score if match else None,
        "rule_version": match.rule_version if match else None,
        "evidence": [_evidence_as_json(one) for one in match.evidence] if match else [],
        "state": row.state.value if row else None,
        "reason": row.reason if row else None,
    }


def _evidence_as_json(one: "Evidence") -> dict[str, Any]:
    return {"term": one.term, "field": one.field, "start": one.start, "end": one.end, "concept": one.concept}


def _print_why(topic: str, stored: "StoredArticle", match: "Match | None", rows: "list[LedgerRow]") -> None:
    typer.echo(f"{stored.uri}  {stored.article.headline}")
    if match is None:
        typer.echo(f"does not match {topic}")
    else:
        typer.echo(f"matches {topic}: score {match.score:g}, rule {match.rule_version[:12]}")
        for one in match.evidence:
            concept = f"  [{one.concept}]" if one.concept else ""
            typer.echo(f"    {one.field} {one.start}-{one.end}: {one.term}{concept}")
    for row in rows:
        typer.echo(f"entry {row.entry_id}: {row.state.value}: {row.reason}")


def _export(view: "ArticleView") -> dict[str, Any]:
    """One article as `interface.md` says; keys that later work fills are null."""
    stored = view.stored
    return {
        "uri": stored.uri,
        "version": stored.version,
        **_plain_article(stored.article),
        "first_seen": stored.first_seen_at,
        "effective": stored.effective_at,
        "effective_basis": stored.effective_basis.value,
        "observations": [
            {
                "source": seen.source_id,
                "guid": seen.guid,
                "link": seen.link,
                "first_seen": seen.first_seen_at,
                "last_seen": seen.last_seen_at,
            }
            for seen in view.observations
        ],
        "copy_group": None,
        "story": None,
        "topics": [
            {
                "topic": match.topic_id,
                "score": match.score,
                "published": match.topic_id in view.published_in,
                "evidence": [_evidence_as_json(one) for one in match.evidence],
            }
            for match in view.matches
        ],
        "revisions": view.texts,
    }


def _plain_article(article: "Article") -> dict[str, Any]:
    """The article's fields as plain values, the language flat as the schema has it."""
    from aggregator.storage import article_to_plain

    plain = article_to_plain(article)
    language = plain.pop("language")
    plain["language"] = language["tag"] if language else None
    plain["language_basis"] = language["basis"] if language else None
    plain["language_confidence"] = language["confidence"] if language else None
    plain["content_completeness"] = plain.pop("completeness")
    return plain
