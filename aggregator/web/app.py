"""The routes: pages for people, feeds for readers, and two answers for those who watch over the service."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from aggregator.errors import StoreError
from aggregator.model.ledger import RowState
from aggregator.pages import (
    LISTED,
    Absence,
    MergedStory,
    Printer,
    SearchAsked,
    Signed,
    Site,
    article_page,
    desk_section,
    front,
    search_page,
    sources_page,
    story_page,
    topic_page,
)
from aggregator.pages.printer import FIXED
from aggregator.storage import Reader, Store
from aggregator.text import digest
from aggregator.web.conditions import is_not_modified
from aggregator.web.desk import desk_routes, place_of
from aggregator.web.door import Door
from aggregator.web.feeds import Feeds, links
from aggregator.web.files import FeedFiles
from aggregator.web.front import Front
from aggregator.web.knowledge import Knowledge
from aggregator.web.push import push_routes
from aggregator.web.safety import DESK_SAFETY, PAGE_SAFETY
from aggregator.web.services import Services
from aggregator.web.serving import serving_routes
from aggregator.web.site import Heartbeat

_HTML = "text/html; charset=utf-8"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
# In our own words: what the framework says of a failure is for developers.
_WORDS = {
    301: ("Moved", "This is at another address now."),
    400: ("Not understood", "The address is not right."),
    403: ("Not for you", "This is not given to everybody."),
    404: ("Not here", "There is no page at this address."),
    405: ("Only for reading", "This address can only be read."),
    408: ("Too slow", "The request took too long to arrive."),
    410: ("Gone", "What was here is gone for good."),
    413: ("Too long", "This is more than is taken here."),
    415: ("Not understood", "A form was expected."),
    429: ("Too often", "Wait a minute."),
    500: ("Something went wrong", "The page could not be made. The log of the service tells why."),
}
_T = TypeVar("_T")


def create_app(
    store: Store, site: Site, heartbeat: Heartbeat | None = None, services: Services | None = None
) -> ASGIApp:
    """The application; but for what hubs deliver and the desk decides it only reads the store. Without a heartbeat (`serve`)
    nobody polls, and readiness is the store's."""
    services = services or Services()
    door = Door(store, site.base_url, services.desk) if services.desk else None
    printer = Printer(site)
    routes = _Routes(store, site, heartbeat, printer, door)
    knowledge = Knowledge(store, site.topics)
    files = FeedFiles(site.directory, knowledge.facts, partial(links, site.base_url, services.hubs))
    app = Starlette(
        routes=[
            Route("/", routes.front),
            Route("/topics/{topic}", routes.topic),
            Route("/articles/{uuid}", routes.article),
            Route("/stories/{uuid}", routes.story),
            Route("/sources", routes.sources),
            *serving_routes(store, site, services),
            Route("/search", routes.search),
            *desk_routes(store, site, printer, door, services.desk),
            Route("/healthz", routes.healthz),
            Route("/readyz", routes.readyz),
            *(Route(f"/{name}", routes.fixed) for name in FIXED),
            *push_routes(store, site.base_url, heartbeat.clock if heartbeat else None),
        ],
        exception_handlers={HTTPException: routes.refused, Exception: routes.failed},
    )
    return Front(Feeds(files, knowledge, site.base_url), app, services.metrics)


class _Routes:
    """What each address answers; blocking work is done in threads."""

    def __init__(
        self, store: Store, site: Site, heartbeat: Heartbeat | None, printer: Printer, door: Door | None
    ) -> None:
        self._store, self._site, self._heartbeat = store, site, heartbeat
        self._topics = {topic.id: topic for topic in site.topics}
        self._former = {name: topic.id for topic in site.topics for name in topic.former}
        self._printer, self._door = printer, door

    async def front(self, request: Request) -> Response:
        page = await self._ask(lambda reader: front(reader, self._site))
        return self._page(request, "front.html", await self._signed(request), page=page)

    async def topic(self, request: Request) -> Response:
        name = request.path_params["topic"]
        if name in self._former:
            there = f"{self._site.base_url}/topics/{self._former[name]}"
            raise HTTPException(301, "This topic has moved.", {"Location": there, "Cache-Control": "max-age=86400"})
        topic = self._topics.get(name)
        if topic is None:
            raise HTTPException(404, "There is no topic of this name.")
        state, number = _asked(request.query_params)
        page = await self._ask(lambda reader: topic_page(reader, self._site, topic, state=state, number=number))
        if page is None:
            raise HTTPException(404, "The list of entries ends before this page.")
        return self._page(request, "topic.html", await self._signed(request), page=page)

    async def article(self, request: Request) -> Response:
        name = request.path_params["uuid"]
        if not _UUID.fullmatch(name):
            raise HTTPException(404, "There is no article of this name.")
        uri, signed = f"urn:uuid:{name}", await self._signed(request)
        page = await self._ask(lambda reader: article_page(reader, self._site, uri, is_for_desk=signed is not None))
        if page is Absence.UNKNOWN:
            raise HTTPException(404, "There is no article of this name.")
        if page is Absence.WITHDRAWN:
            raise HTTPException(410, "This article was withdrawn.")
        if signed is None:
            return self._page(request, "article.html", page=page)
        desk = await self._ask(lambda reader: desk_section(reader, self._site, uri))
        return self._page(request, "article.html", signed, page=page, desk=desk)

    async def story(self, request: Request) -> Response:
        name = request.path_params["uuid"]
        if not _UUID.fullmatch(name):
            raise HTTPException(404, "There is no story of this name.")
        page = await self._ask(lambda reader: story_page(reader, self._site, f"urn:uuid:{name}"))
        if page is None:
            raise HTTPException(404, "There is no story of this name.")
        if isinstance(page, MergedStory):
            raise HTTPException(
                301, "This story is told with another one.", {"Location": self._site.places.story(page.uri)}
            )
        return self._page(request, "story.html", await self._signed(request), page=page)

    async def sources(self, request: Request) -> Response:
        number = _page_number(request.query_params)
        page = await self._ask(lambda reader: sources_page(reader, self._site, number))
        if page is None:
            raise HTTPException(404, "The list of sources ends before this page.")
        return self._page(request, "sources.html", await self._signed(request), page=page)

    async def search(self, request: Request) -> Response:
        asked = _searched(request.query_params)
        page = await self._ask(lambda reader: search_page(reader, self._site, asked))
        if page is None:
            raise HTTPException(404, "There is no such list of articles.")
        return self._page(request, "search.html", await self._signed(request), page=page)

    async def fixed(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
        return Response(self._printer.fixed[name], headers=headers, media_type=FIXED[name])

    async def healthz(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        complaint = self._heartbeat.complaint() if self._heartbeat else None
        complaint = await run_in_threadpool(self._store_complaint) or complaint
        text, status = ("ok\n", 200) if complaint is None else (f"{complaint}\n", 503)
        return PlainTextResponse(text, status, headers={"Cache-Control": "no-store"})

    async def refused(self, request: Request, error: Exception) -> Response:
        """The page of a 404, 405 or 410."""
        if not isinstance(error, HTTPException):
            raise error
        return self._error(request, error.status_code, error.detail, error.headers)

    async def failed(self, request: Request, _error: Exception) -> Response:
        """The page of a 500; the server logs the error itself."""
        return self._error(request, 500, "", None)

    def _store_complaint(self) -> str | None:
        try:
            return None if self._store.is_current() else "the database is not there or not of this release"
        except StoreError:
            return "the database does not answer"

    async def _ask(self, question: Callable[[Reader], _T]) -> _T:
        def ask() -> _T:
            with self._store.read() as reader:
                return question(reader)

        return await run_in_threadpool(ask)

    async def _signed(self, request: Request) -> Signed | None:
        """Who of the desk looks at the page; None for everybody else."""
        return await self._door.signed(request, place_of(request)) if self._door else None

    def _page(self, request: Request, template: str, signed: Signed | None = None, **values: object) -> Response:
        """200, or 304 where the reader has this very page. What the desk sees is kept nowhere."""
        if signed:
            body = self._printer.page(template, signed=signed, **values)
            return Response(body, headers=DESK_SAFETY, media_type=_HTML)
        body = self._printer.page(template, **values)
        headers = PAGE_SAFETY | {"ETag": f'"{digest(body).hex()}"', "Cache-Control": "no-cache"}
        if is_not_modified(request.headers.get("if-none-match"), None, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=_HTML)

    def _error(self, _request: Request, status: int, detail: str, more: Mapping[str, str] | None) -> Response:
        title, words = _WORDS.get(status, (HTTPStatus(status).phrase, ""))
        said = detail if detail and detail != HTTPStatus(status).phrase else words
        body = self._printer.page("error.html", title=title, words=said)
        headers = PAGE_SAFETY | {"Cache-Control": "no-cache"} | dict(more or {})
        return Response(body, status, headers=headers, media_type=_HTML)


def _asked(query: Mapping[str, str]) -> tuple[RowState, int]:
    """Which entries are asked for; what makes no sense is no page."""
    state = query.get("state", RowState.LIVE.value)
    if state not in LISTED:
        raise HTTPException(404, "There is no such list of entries.")
    return RowState(state), _page_number(query)


def _page_number(query: Mapping[str, str]) -> int:
    page = query.get("page", "1")
    if not _PAGE_NUMBER.fullmatch(page):
        raise HTTPException(404, "There is no such page of this list.")
    return int(page)


def _searched(query: Mapping[str, str]) -> SearchAsked:
    return SearchAsked(
        question=query.get("q", ""),
        topic=query.get("topic", ""),
        source=query.get("source", ""),
        language=query.get("language", ""),
        since=query.get("since", ""),
        order=query.get("order", ""),
        number=_page_number(query),
    )
