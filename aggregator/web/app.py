"""The routes: `/` tells what is published and how to subscribe, `/feeds/<file>` gives it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.language import is_right_to_left
from aggregator.model.article import Article, PartialDate, Precision
from aggregator.model.source import Republish, Source
from aggregator.model.topic import Topic
from aggregator.storage import LedgerView, Store
from aggregator.urls import without_credentials
from aggregator.web.files import FeedFiles, respond

_ENTRIES_SHOWN = 30
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages show of the configuration."""

    title: str
    language: str
    base_url: str
    directory: Path
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _EntryView:
    headline: str
    url: str | None
    standfirst: str | None
    place: str | None
    agency: str | None
    publisher: str
    date: str
    date_note: str
    language: str | None
    direction: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _TopicView:
    topic: Topic
    feed_path: str
    feed_url: str
    updated: str
    entries: tuple[_EntryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SourceView:
    id: str
    name: str
    url: str | None
    note: str | None
    last_good: str


def create_app(store: Store, site: Site) -> Starlette:
    """The application; it only reads the store."""
    templates = Environment(
        loader=PackageLoader("aggregator.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page, style = templates.get_template("index.html"), templates.get_template("style.css").render()
    files = FeedFiles(site.directory)

    def changed_at() -> dict[bytes, datetime]:
        with store.read() as reader:
            states = reader.topic_feeds()
        return {state.bytes_digest: state.changed_at for state in states if state.bytes_digest and state.changed_at}

    async def index(_request: Request) -> Response:
        topics, sources = await run_in_threadpool(_views, store, site)
        body = page.render(site=site, topics=topics, sources=sources)
        return Response(body, media_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)

    async def feed(request: Request) -> Response:
        prepared = await run_in_threadpool(files.load, request.path_params["name"])
        if prepared is None:
            raise HTTPException(404, "no such feed")
        return respond(request, prepared, await run_in_threadpool(changed_at))

    async def stylesheet(_request: Request) -> Response:
        return Response(style, media_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=3600"})

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(
        routes=[
            Route("/", index),
            Route("/feeds/{name}", feed),
            Route("/style.css", stylesheet),
            Route("/healthz", healthz),
        ]
    )


def _views(store: Store, site: Site) -> tuple[tuple[_TopicView, ...], tuple[_SourceView, ...]]:
    with store.read() as reader:
        states = reader.source_states()
        feeds = {(state.topic_id, state.grain): state.updated_at for state in reader.topic_feeds()}
        topics = tuple(
            _TopicView(
                topic=topic,
                feed_path=f"/feeds/{topic.id}.atom",
                feed_url=f"{site.base_url}/feeds/{topic.id}.atom",
                updated=_minute(feeds.get((topic.id, topic.grain))),
                entries=tuple(_entry(view) for view in reader.live_views(topic.id, topic.grain, _ENTRIES_SHOWN)),
            )
            for topic in site.topics
        )
    sources = []
    for source in site.sources:
        state = states.get(source.id)
        url = None if source.private or not source.url else without_credentials(source.url)
        note = state.last_error if state else "not polled yet"
        last_good = _minute(state.last_good_poll_at if state else None)
        name = source.publisher or source.id
        sources.append(_SourceView(id=source.id, name=name, url=url, note=note, last_good=last_good))
    return topics, tuple(sources)


def _entry(view: LedgerView) -> _EntryView:
    article = view.article
    tag = article.language.tag if article.language else None
    date, note = _date(view.row.published)
    return _EntryView(
        headline=article.headline,
        url=article.url,
        standfirst=_shown_standfirst(article),
        place="/".join(place.name for place in article.dateline.places) if article.dateline else None,
        agency=article.agency.name if article.agency else None,
        publisher=article.publisher.name,
        date=date,
        date_note=note,
        language=tag,
        direction="rtl" if tag and is_right_to_left(tag) else "ltr",
        reason=view.row.reason,
    )


def _shown_standfirst(article: Article) -> str | None:
    return None if article.rights.republish in (Republish.HEADLINE, Republish.NONE) else article.standfirst


def _date(date: PartialDate | None) -> tuple[str, str]:
    if date is None:
        return "", "no date given"
    shown = date.value.date().isoformat() if date.precision is Precision.DAY else _minute(date.value)
    return shown, f"{', '.join(date.inferred)} inferred" if date.inferred else ""


def _minute(instant: datetime | None) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC") if instant else ""
