"""The routes beside pages and documents: why a document is not given, a feed at an earlier time, query feeds, metrics, robots."""

from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import QueryError
from aggregator.pages import Site
from aggregator.storage import Reader, Store
from aggregator.telemetry.metrics import CONTENT_TYPE, Gauge
from aggregator.topics import signed
from aggregator.web.as_of import feed_as_of, instant
from aggregator.web.conditions import accepts_gzip, is_not_modified
from aggregator.web.feeds import REFUSAL, Refusal
from aggregator.web.here import is_from_here
from aggregator.web.query_feeds import QueryFeeds
from aggregator.web.services import Services

_MOVED_AGE = "public, max-age=86400"
# What is made for the one who asks is no matter for a search engine.
_ROBOTS = b"User-agent: *\nDisallow: /q\nDisallow: /push/\nDisallow: /search\nDisallow: /metrics\n"
_DAY = "public, max-age=86400"
_T = TypeVar("_T")


def serving_routes(store: Store, site: Site, services: Services) -> tuple[Route, ...]:
    """Those of them that the services have something for."""
    routes = _Serving(store, site, services)
    metrics = (Route("/metrics", routes.metrics),) if services.metrics else ()
    return (
        Route("/feeds/{name}", routes.document),
        Route("/feeds/{name:path}", routes.refused),
        Route(signed.PATH, routes.query),
        Route("/robots.txt", routes.robots),
        *metrics,
    )


class _Serving:
    """What each of these addresses answers."""

    def __init__(self, store: Store, site: Site, services: Services) -> None:
        self._store, self._site, self._services = store, site, services
        self._topics = {topic.id: topic for topic in site.topics}
        self._queries = QueryFeeds(store, site, services)

    async def document(self, request: Request) -> Response:
        """A document that is not given as it lies in the folder."""
        if REFUSAL in request.scope or "at" not in request.query_params:
            return await self.refused(request)
        if not is_from_here(request.scope, request.headers):
            raise HTTPException(403, "Feeds as they were are shown on the machine itself only.")
        name, suffix = request.path_params["name"].rpartition(".")[::2]
        topic, at = self._topics.get(name), instant(request.query_params["at"])
        if topic is None or suffix != "atom":
            raise HTTPException(404, "There is no feed of a topic at this address.")
        if at is None:
            raise HTTPException(400, "at= takes a time such as 2026-03-01T12:00:00Z.")
        made = await self._ask(lambda reader: feed_as_of(reader, self._site, self._services, topic, at))
        if made is None:
            raise HTTPException(404, "Nothing had gone out by then.")
        headers = {"Cache-Control": "no-store", "Aggregator-Changed-Since": str(made.changed)}
        return Response(made.data, headers=headers, media_type="application/atom+xml; charset=utf-8")

    async def refused(self, request: Request) -> Response:
        """Why the folder gives nothing at this address."""
        refusal: Refusal = request.scope.get(REFUSAL) or Refusal(status=404, detail="There is no feed at this address.")
        headers = {"Location": refusal.location, "Cache-Control": _MOVED_AGE} if refusal.location else None
        raise HTTPException(refusal.status, refusal.detail, headers)

    async def query(self, request: Request) -> Response:
        """The feed of a query whose signature is right. It is looked at before anything else, and says nothing of why it is not."""
        query, claimed = request.query_params.get("query", ""), request.query_params.get("sig", "")
        key = await run_in_threadpool(self._queries.key) if 0 < len(query) <= signed.MAX_CHARACTERS else None
        if key is None or not signed.is_signed(key, query, claimed):
            raise HTTPException(403, "This query is not signed; `aggregator topics sign` makes an address.")
        try:
            feed = await self._queries.feed(query, key)
        except QueryError:
            raise HTTPException(410, "This query names what is not there any more.") from None
        headers = request.headers
        packed = feed.packed if accepts_gzip(headers.get("accept-encoding", "")) else None
        answer = packed or feed.plain
        wanted, since = headers.get("if-none-match"), headers.get("if-modified-since")
        if is_not_modified(wanted, since, answer.etag, feed.modified_at):
            return _raw(304, answer.unchanged, b"")
        return _raw(200, answer.whole, answer.body)

    async def robots(self, _request: Request) -> Response:
        return Response(_ROBOTS, headers={"Cache-Control": _DAY}, media_type="text/plain; charset=utf-8")

    async def metrics(self, request: Request) -> Response:
        if not is_from_here(request.scope, request.headers) or self._services.metrics is None:
            raise HTTPException(403, "Metrics are shown on the machine itself only.")
        gauges = await self._ask(_gauges)
        data = self._services.metrics.exposition(gauges)
        return Response(data, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE})

    async def _ask(self, question: Callable[[Reader], _T]) -> _T:
        def ask() -> _T:
            with self._store.read() as reader:
                return question(reader)

        return await run_in_threadpool(ask)


def _raw(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Response:
    response = PlainTextResponse(body, status)
    response.raw_headers = headers
    return response


def _gauges(reader: Reader) -> tuple[Gauge, ...]:
    """How things stand: few series, however many sources and topics there are."""
    states: dict[str, float] = {}
    for (_, state), count in reader.row_counts().items():
        states[state] = states.get(state, 0) + count
    sources = reader.source_states().values()
    failing = sum(source.failures > 0 for source in sources)
    return (
        Gauge(name="aggregator_entries", help="Entries of all feeds by state.", label="state", values=states),
        Gauge(
            name="aggregator_sources",
            help="Sources that were ever polled.",
            label="state",
            values={"failing": failing, "working": len(sources) - failing},
        ),
    )
