"""The outermost application: documents by the quick way, all else by the framework; every answer is counted."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.telemetry.metrics import Metrics
from aggregator.web.feeds import PREFIX, Feeds

_READING = ("GET", "HEAD")


class Front:
    """What the server is given."""

    def __init__(self, feeds: Feeds, app: ASGIApp, metrics: Metrics | None) -> None:
        self._feeds, self._app, self._metrics = feeds, app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`?at=` asks for no document that lies in the folder, but for one made of the ledger."""
        is_document = scope["type"] == "http" and scope["path"].startswith(PREFIX) and scope["method"] in _READING
        if is_document and not scope["query_string"].startswith(b"at="):
            status = await self._feeds.answer(scope, send)
            if status is not None:
                self._count("feeds", status)
                return
        await self._app(scope, receive, self._counting(send))

    def _counting(self, send: Send) -> Send:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count("other", message["status"])
            await send(message)

        return counting

    def _count(self, kind: str, status: int) -> None:
        if self._metrics:
            self._metrics.answered(kind, status)
