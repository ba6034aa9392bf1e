"""`articles list`, `show` and `export`: what is stored, by topic, source, query and time."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import aggregator
from aggregator.cli.app import AsJson, app, clock, configuration, json_line, print_json, reading
from aggregator.cli.article_lines import minute, print_article, print_text, short
from aggregator.cli.decisions import decision_as_json, decision_in_a_line
from aggregator.cli.output import say
from aggregator.cli.progress import progress
from aggregator.cli.reported import print_replaced, print_story, replaced_as_json, standpoint, story_as_json
from aggregator.errors import AggregatorError, QueryError, UnknownName

if TYPE_CHECKING:
    from aggregator.cli.exchange import Exchange
    from aggregator.config import Configuration
    from aggregator.model.article import Article
    from aggregator.model.copies import Origin
    from aggregator.model.ledger import LedgerRow
    from aggregator.model.search import SearchQuestion
    from aggregator.model.source import Source
    from aggregator.model.topic import Evidence, Match
    from aggregator.storage import ArticleView, CopyRow, Reader
    from aggregator.topics.match import Matcher

articles = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Stored articles.")
app.add_typer(articles, name="articles")

InTopic = Annotated[str | None, typer.Option("--topic", help="Only articles that match this topic.")]
OfSource = Annotated[str | None, typer.Option("--source", help="Only articles that this source showed.")]
Asked = Annotated[str | None, typer.Option("--query", help="Only articles that this query matches, as in a topic.")]
Searched = Annotated[
    str | None,
    typer.Option("--search", help='Only articles with these words in any inflection; "a phrase", -unwanted.'),
]
Since = Annotated[
    str | None, typer.Option("--since", help="Only articles of the last 7d, 12h ..., or since 2026-03-01.")
]


class Format(StrEnum):
    """What an export is written in: our own lines, or a format that others read."""

    JSONL = "jsonl"
    NINJS = "ninjs"
    JSON_FEED = "jsonfeed"


_SCHEMAS = {
    Format.JSONL: "export.schema.json",
    Format.NINJS: "ninjs.schema.json",
    Format.JSON_FEED: "json_feed.schema.json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filter:
    """What is asked for; None asks nothing."""

    topic: str | None
    source: str | None
    query: str | None
    since: str | None
    search: str | None


@articles.command("list")
def articles_list(
    context: typer.Context,
    topic: InTopic = None,
    source: OfSource = None,
    query: Asked = None,
    search: Searched = None,
    since: Since = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Stored articles, newest first by the date that orders feeds."""
    found = configuration(context)
    wanted = _Filter(topic=topic, source=source, query=query, since=since, search=search)
    with reading(found) as reader:
        for view in islice(_matching(found, reader, wanted, newest_first=True), limit):
            if as_json:
                print_json(_in_brief(view))
            else:
                say(f"{minute(view.stored.effective_at)}  {short(view.stored.uri)}  {view.stored.article.headline}")


@articles.command("show")
def articles_show(
    context: typer.Context,
    article: Annotated[str, typer.Argument(help="A uri, its first 8 digits, a URL, or a seed path.")],
    as_json: AsJson = False,
) -> None:
    """Everything that is known of one article: its text, its dates with their basis, where it was seen and published."""
    from aggregator.dedup.origin import originator

    found = configuration(context)
    with reading(found) as reader:
        view = find_article(reader, article, found.sources)
        rows = reader.rows_of(view.stored.uri)
        copies = reader.copies_of(view.stored.uri)
        decisions = reader.decisions_on(view.stored.uri)
        story, members = standpoint(reader, view.story), reader.story_of(view.stored.uri)
        representative = reader.representative(view.story) if view.story else None
        kept = reader.replaced(view.stored.uri)
    origin = originator(view.stored.article, found.agencies)
    if as_json:
        more: dict[str, Any] = {
            "ledger": [_row_as_json(row) for row in rows],
            "copies": [_copy_as_json(one) for one in copies],
            "decisions": [decision_as_json(one) for one in decisions],
        }
        more |= {"reports": story_as_json(story, representative, members)}
        more |= {"replaced": [replaced_as_json(one) for one in kept]}
        print_json(export(view) | more | {"originator": _origin_as_json(origin)})
    else:
        print_article(view, rows, copies, origin)
        for decision in decisions:
            say(decision_in_a_line(decision), 2)
        print_story(story, view.stored.uri, members)
        print_replaced(kept)
        print_text(view.stored.article)


@articles.command("export")
def articles_export(
    context: typer.Context,
    topic: InTopic = None,
    source: OfSource = None,
    query: Asked = None,
    search: Searched = None,
    since: Since = None,
    written_as: Annotated[
        Format, typer.Option("--format", help="JSON Lines with all we know, or for others: ninjs lines, a JSON Feed.")
    ] = Format.JSONL,
    everything: Annotated[
        bool, typer.Option("--everything", help="ninjs and jsonfeed whatever the rights, for your own use only.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", help="Write this file instead of stdout.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the format's JSON Schema instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write articles in the order of storing: JSON Lines, one article an object, unless another format is asked for.

    What goes to others as ninjs or JSON Feed is bounded by each article's right of republication.
    """
    del as_json  # it is JSON either way
    if schema:
        typer.echo(export_schema(written_as), nl=False)
        return
    from aggregator.cli.exchange import Exchange

    found = configuration(context)
    wanted = _Filter(topic=topic, source=source, query=query, since=since, search=search)
    with reading(found) as reader:
        exchange = Exchange(found, reader, topic_id=topic, everything=everything)
        if output is None:
            for piece in _pieces(exchange, written_as, _matching(found, reader, wanted, newest_first=False)):
                sys.stdout.write(piece)
        else:
            try:
                with progress("exported", None) as tell:
                    views = _matching(found, reader, wanted, newest_first=False, tell=tell)
                    _write(output, _pieces(exchange, written_as, views))
            except OSError as error:
                raise AggregatorError(f"{output} cannot be written: {error.strerror}") from error
            typer.echo(f"{exchange.written} articles written to {output}")
    if left_out := exchange.left_out():
        typer.echo(left_out, err=True)


def export_schema(written_as: Format = Format.JSONL) -> str:
    """The JSON Schema that ships with the package: of a line, or of a whole JSON Feed."""
    return (resources.files(aggregator) / "cli" / _SCHEMAS[written_as]).read_text("utf-8")


def _pieces(exchange: "Exchange", written_as: Format, views: "Iterator[ArticleView]") -> Iterator[str]:
    """The export piece by piece, so that it is never whole in memory."""
    from aggregator.render.json_feed import render_json_feed
    from aggregator.render.ninjs import render_ninjs

    match written_as:
        case Format.JSONL:
            return (json_line(export(view)) for view in exchange.counted(views))
        case Format.NINJS:
            return (json_line(render_ninjs(item)) for item in exchange.counted(exchange.with_withdrawn(views)))
        case Format.JSON_FEED:
            return render_json_feed(exchange.head(), exchange.counted(exchange.outgoing(views)))


def find_article(reader: "Reader", name: str, sources: "Iterable[Source]" = ()) -> "ArticleView":
    """The article of that name with all that hangs on it; of a file in a folder of the sources also by its path as the shell
    completes it. Raises UnknownName.
    """
    stored = reader.find_article(name) or reader.find_article(_key_of_file(name, sources))
    view = reader.article_view(stored.uri) if stored else None
    if view is None:
        raise UnknownName(f"no article '{name}': give a uri, its first 8 digits, a URL, or a seed path")
    return view


def _key_of_file(name: str, sources: "Iterable[Source]") -> str:
    """What its source calls the file; the name itself where no source has it."""
    path = Path(name).resolve()
    for folder in (source.path.resolve() for source in sources if source.path):
        if path.is_relative_to(folder):
            return path.name if path == folder else path.relative_to(folder).as_posix()
    return name


def one_topic_matcher(query: str, found: "Configuration") -> "Matcher":
    """The matcher of a query typed by hand, under the topic id `query`."""
    from aggregator.model.topic import Topic
    from aggregator.topics.match import compile_topics

    try:
        return compile_topics((Topic(id="query", title="query", query=query),), found.packs, found.topics)
    except QueryError as error:
        raise typer.BadParameter(str(error), param_hint="--query") from error


def match_of(matcher: "Matcher", view: "ArticleView") -> "Match | None":
    """Why the matcher's only topic holds for the article, in whatever source it was seen."""
    for source_id in dict.fromkeys(seen.source_id for seen in view.observations):
        for match in matcher.match(view.stored.article, source_id):
            return match
    return None


def since_instant(text: str, now: datetime) -> datetime:
    """`7d` before now, or the day or instant itself."""
    from aggregator.config.units import duration

    try:
        return now - duration(text)
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        message = f"'{text}' is neither a duration such as 7d nor a day such as 2026-03-01"
        raise typer.BadParameter(message, param_hint="--since") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _matching(
    found: "Configuration",
    reader: "Reader",
    wanted: _Filter,
    *,
    newest_first: bool,
    tell: Callable[[str], None] = lambda _: None,
) -> "Iterator[ArticleView]":
    """One after the other as they are asked for; `tell` hears the headline of each that is looked at."""
    _refuse_unknown(found, reader, wanted)
    matcher = None if wanted.query is None else one_topic_matcher(wanted.query, found)
    since = None if wanted.since is None else since_instant(wanted.since, clock())
    views = reader.articles(
        topic_id=wanted.topic,
        source_id=wanted.source,
        since=since,
        question=_question(wanted.search),
        newest_first=newest_first,
    )

    def matches(view: "ArticleView") -> bool:
        tell(view.stored.article.headline)
        return matcher is None or match_of(matcher, view) is not None

    return filter(matches, views)


def _question(words: str | None) -> "SearchQuestion | None":
    if words is None:
        return None
    from aggregator.search import read_question

    try:
        return read_question(words)
    except QueryError as error:
        raise typer.BadParameter(error.message, param_hint="--search") from error


def _refuse_unknown(found: "Configuration", reader: "Reader", wanted: _Filter) -> None:
    """What left the configuration keeps its history and may be asked for (rules R26)."""
    if wanted.topic is not None:
        topics = {topic.id for topic in found.topics} | {feed.topic_id for feed in reader.topic_feeds()}
        if wanted.topic not in topics:
            raise UnknownName(f"no topic '{wanted.topic}'; there are: {', '.join(sorted(topics))}")
    if wanted.source is not None:
        sources = {source.id for source in found.sources} | set(reader.source_states())
        if wanted.source not in sources:
            raise UnknownName(f"no source '{wanted.source}': `aggregator sources list` names them all")


def _write(path: Path, pieces: Iterator[str]) -> None:
    """The file as a whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def export(view: "ArticleView") -> dict[str, Any]:
    """One article as the export's schema says; keys that later work fills are null."""
    stored = view.stored
    return {
        "uri": stored.uri,
        "version": stored.version,
        **plain_article(stored.article),
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
        "copy_group": view.copy_group,
        "story": view.story,
        "topics": [
            {
                "topic": match.topic_id,
                "score": match.score,
                "published": match.topic_id in view.published_in,
                "evidence": [evidence_as_json(one) for one in match.evidence],
            }
            for match in view.matches
        ],
        "revisions": view.texts,
    }


def plain_article(article: "Article") -> dict[str, Any]:
    """The article's fields as plain values, the language flat as the schema has it."""
    from aggregator.language import is_right_to_left
    from aggregator.storage import article_to_plain

    plain = article_to_plain(article)
    language = plain.pop("language")
    plain["language"] = language["tag"] if language else None
    plain["language_basis"] = language["basis"] if language else None
    plain["language_confidence"] = language["confidence"] if language else None
    plain["direction"] = ("rtl" if is_right_to_left(language["tag"]) else "ltr") if language else None
    plain["content_completeness"] = plain.pop("completeness")
    return plain


def evidence_as_json(one: "Evidence") -> dict[str, Any]:
    return {
        "term": one.term,
        "field": one.field,
        "start": one.start,
        "end": one.end,
        "concept": one.concept,
        "weight": one.weight,
    }


def _in_brief(view: "ArticleView") -> dict[str, Any]:
    article = view.stored.article
    return {
        "uri": view.stored.uri,
        "headline": article.headline,
        "url": article.url,
        "publisher": article.publisher.name,
        "language": article.language.tag if article.language else None,
        "effective": view.stored.effective_at,
        "effective_basis": view.stored.effective_basis.value,
        "first_seen": view.stored.first_seen_at,
        "sources": list(dict.fromkeys(seen.source_id for seen in view.observations)),
        "topics": [match.topic_id for match in view.matches],
    }


def _row_as_json(row: "LedgerRow") -> dict[str, Any]:
    return {
        "topic": row.topic_id,
        "grain": row.grain.value,
        "entry": row.entry_id,
        "state": row.state.value,
        "reason": row.reason,
        "first_published": row.first_published_at,
        "updated": row.updated_at,
    }


def _copy_as_json(one: "CopyRow") -> dict[str, Any]:
    verdict = one.verdict
    evidence = verdict.evidence if verdict else None
    return {
        "uri": one.stored.uri,
        "headline": one.stored.article.headline,
        "publisher": one.stored.article.publisher.name,
        "url": one.stored.article.url,
        "first_seen": one.stored.first_seen_at,
        "relation": verdict.relation.value if verdict else None,
        "score": verdict.score if verdict else None,
        "reason": evidence.reason if evidence else None,
        "words": evidence.words if evidence else None,
        "numbers": list(evidence.numbers) if evidence else [],
        "names": list(evidence.names) if evidence else [],
        "negations": list(evidence.negations) if evidence else [],
        "through": one.through,
    }


def _origin_as_json(origin: "Origin | None") -> dict[str, Any] | None:
    if origin is None:
        return None
    clues = [{"kind": clue.kind, "quote": clue.quote, "says": clue.says} for clue in origin.clues]
    return {"id": origin.agency.id, "name": origin.agency.name, "confidence": origin.agency.confidence, "clues": clues}
