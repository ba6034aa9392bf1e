"""What hubs say to us (WebSub): they ask whether we subscribed, refuse us, and deliver. Only the fact of a delivery is used."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator import websub
from aggregator.model.push import Intent, Subscription, Verification
from aggregator.storage import Store

_LOG = logging.getLogger(__name__)
# A delivery holds what a feed holds; nothing of it is kept, it is only run through the signature.
_MAX_BODY_BYTES = 10 * 2**20
_MAX_BODY_S = 10.0
_PER_MINUTE = 30
_MINUTE = timedelta(minutes=1)
_TOKEN_LENGTH = 100
# The challenge is somebody else's text on our address: no browser may take it for a page.
_SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
}


def push_routes(
    store: Store, base_url: str, clock: Callable[[], datetime] | None, *, body_s: float = _MAX_BODY_S
) -> tuple[Route, ...]:
    """The callback; none where no hub can reach `base_url`, or where no daemon runs that would do anything about it.

    A delivery has `body_s` seconds to arrive.
    """
    if clock is None or not websub.is_public(base_url):
        return ()
    callback = _Callback(store, clock, body_s)
    return (Route(f"{websub.PATH}{{token}}", callback.answer, methods=["GET", "POST"]),)


class _Callback:
    """Answers under the random path of each subscription."""

    def __init__(self, store: Store, clock: Callable[[], datetime], body_s: float) -> None:
        self._store, self._clock, self._body_s = store, clock, body_s
        self._recent: dict[int, tuple[datetime, int]] = {}

    async def answer(self, request: Request) -> Response:
        token = request.path_params["token"]
        subscription = await run_in_threadpool(self._find, token) if len(token) <= _TOKEN_LENGTH else None
        if subscription is None:
            return _say(404, "no such subscription")
        if request.method == "POST":
            return await self._receive(request, subscription)
        return await self._verify(request, subscription)

    async def _verify(self, request: Request, subscription: Subscription) -> Response:
        said = websub.intent(request.query_params)
        if said is None or not await run_in_threadpool(self._note_intent, subscription, said):
            return _say(404, "not asked for")
        return _say(200, said.challenge if isinstance(said, Verification) else "")

    async def _receive(self, request: Request, subscription: Subscription) -> Response:
        """2xx for whatever is signed and whatever is not: a hub learns nothing, nor does who poses as one (WebSub 8)."""
        if websub.is_over(subscription):
            return _say(410, "the subscription is over")
        if self._is_too_much(subscription):
            return _say(429, "too many deliveries", {"Retry-After": "60"})
        signature = websub.Signature(subscription.secret, request.headers.get("x-hub-signature"))
        try:
            async with asyncio.timeout(self._body_s):
                is_whole = await _read(request, signature)
        except TimeoutError:
            return _say(408, "too slow")
        except ClientDisconnect:
            return _say(400, "cut off")
        if not is_whole:
            return _say(413, "too large")
        await run_in_threadpool(self._note_delivery, subscription, is_genuine=signature.is_right())
        return _say(202, "")

    def _is_too_much(self, subscription: Subscription) -> bool:
        """Whether this one is over the limit. Only subscriptions that exist are counted, so the counts are few."""
        now, number = self._clock(), subscription.number or 0
        since, count = self._recent.get(number, (now, 0))
        if not timedelta() <= now - since < _MINUTE:
            since, count = now, 0
        self._recent[number] = (since, count + 1)
        return count >= _PER_MINUTE

    def _find(self, token: str) -> Subscription | None:
        with self._store.read() as reader:
            return reader.subscription(token)

    def _note_intent(self, subscription: Subscription, said: Intent) -> bool:
        with self._store.batch() as batch:
            current = batch.subscriptions.get(subscription.number or 0)
            after = websub.heard(current, said, self._clock()) if current else None
            if after is None:
                return False
            batch.subscriptions.save((after,))
        _LOG.info("hub said", extra={"source": after.source_id, "state": after.state.value})
        return True

    def _note_delivery(self, subscription: Subscription, *, is_genuine: bool) -> None:
        with self._store.batch() as batch:
            current = batch.subscriptions.get(subscription.number or 0)
            if current:
                batch.subscriptions.save((websub.delivered(current, self._clock(), is_genuine=is_genuine),))
        _LOG.info("hub delivered", extra={"source": subscription.source_id, "genuine": is_genuine})


async def _read(request: Request, signature: websub.Signature) -> bool:
    """Run the body through the signature; False where it is too large."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MAX_BODY_BYTES:
            return False
        signature.feed(chunk)
    return True


def _say(status: int, text: str, more: dict[str, str] | None = None) -> Response:
    """Where something is refused the connection ends: the rest of its body is not waited for."""
    ending = {"Connection": "close"} if status >= 400 else {}
    return PlainTextResponse(text, status, headers=_SAFETY | ending | (more or {}))
