"""`/feeds/…` over plain ASGI: what is asked for most is answered from prepared bytes, without the framework.

Its routing, request and response objects are most of the cost of a 304 (docs/serving.md).
"""

import asyncio
import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope, Send

from aggregator.web import delta
from aggregator.web.conditions import accepts_gzip, is_not_modified, tags_in, wants_delta
from aggregator.web.files import Answer, FeedFiles, Header, Prepared
from aggregator.web.knowledge import LOOK_S, Knowledge, topic_of

PREFIX = "/feeds/"
REFUSAL = "aggregator.refusal"
"""Where the scope says why no document is given: the framework makes the page."""
_CONDITIONS = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"a-im")
_NO_MORE = {"type": "http.response.body", "body": b""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No document is given."""

    status: int
    detail: str
    location: str | None = None
    """Where it is instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    status: int
    headers: Sequence[Header]
    body: bytes = b""


class Feeds:
    """Answers GET and HEAD of documents; everything else is the framework's."""

    def __init__(self, files: FeedFiles, knowledge: Knowledge, base_url: str) -> None:
        self._files, self._knowledge, self._base_url = files, knowledge, base_url
        self._looked_at = float("-inf")
        self._loading: dict[str, asyncio.Task[Prepared | None]] = {}

    async def answer(self, scope: Scope, send: Send) -> int | None:
        """Answer and give the status; None where it is left to the framework, with the reason in the scope."""
        name = scope["path"][len(PREFIX) :] or "index.html"
        refusal = await self._refusal(name)
        prepared = None if refusal else self._files.ready(name) or await self._load(name)
        if prepared is None:
            scope[REFUSAL] = refusal or Refusal(status=404, detail="There is no feed at this address.")
            return None
        chosen = self._choose(prepared, scope["headers"])
        await send({"type": "http.response.start", "status": chosen.status, "headers": chosen.headers})
        if scope["method"] == "HEAD" or not chosen.body:
            await send(_NO_MORE)
        else:
            await send({"type": "http.response.body", "body": chosen.body})
        return chosen.status

    async def _refusal(self, name: str) -> Refusal | None:
        now = asyncio.get_running_loop().time()
        if not 0 <= now - self._looked_at < LOOK_S:
            self._looked_at = now  # the others go on with what was known
            await run_in_threadpool(self._knowledge.refresh)
        topic_id = topic_of(name)
        if topic_id in self._knowledge.former:
            there = self._knowledge.former[topic_id] + name[len(topic_id) :]
            return Refusal(status=301, detail="This feed has moved.", location=f"{self._base_url}{PREFIX}{there}")
        if topic_id in self._knowledge.closed:
            return Refusal(status=410, detail="This feed is closed.")
        return None

    async def _load(self, name: str) -> Prepared | None:
        """Read the document once for all who ask at that moment."""
        loading = self._loading.get(name)
        if loading is None:
            loading = self._loading[name] = asyncio.get_running_loop().create_task(self._read(name))
            loading.add_done_callback(lambda _: self._loading.pop(name, None))
        return await asyncio.shield(loading)

    async def _read(self, name: str) -> Prepared | None:
        prepared = await run_in_threadpool(self._files.load, name)
        if prepared is not None:
            self._files.keep(prepared)
        return prepared

    def _choose(self, prepared: Prepared, headers: Iterable[Header]) -> _Chosen:
        asked = {name: value.decode("latin-1") for name, value in headers if name in _CONDITIONS}
        answer = prepared.packed if prepared.packed and accepts_gzip(asked.get(b"accept-encoding", "")) else None
        answer = answer or prepared.plain
        wanted = asked.get(b"if-none-match")
        if is_not_modified(wanted, asked.get(b"if-modified-since"), answer.etag, prepared.modified_at):
            return _Chosen(status=304, headers=answer.unchanged)
        if wanted is not None and prepared.marks and wants_delta(asked.get(b"a-im", "")):
            return self._delta(prepared, answer, wanted) or _Chosen(status=200, headers=answer.whole, body=answer.body)
        return _Chosen(status=200, headers=answer.whole, body=answer.body)

    def _delta(self, prepared: Prepared, answer: Answer, wanted: str) -> _Chosen | None:
        """226: only what is new since the version that the client has (RFC 3229); None where that is not known."""
        had = [tag.removesuffix('-gz"') + '"' if tag.endswith('-gz"') else tag for tag in tags_in(wanted)]
        base = self._files.versions.held(prepared.name, had)
        if base is None or base[0] == prepared.plain.etag:
            return None
        etag, known = base
        if etag not in prepared.deltas:
            prepared.deltas[etag] = delta.without(prepared.suffix, prepared.plain.body, known)
        body = prepared.deltas[etag]
        if answer is prepared.packed:
            body = gzip.compress(body, mtime=0)
        return _Chosen(status=226, headers=_delta_headers(answer, body), body=body)


def _delta_headers(answer: Answer, body: bytes) -> list[Header]:
    """The tag is that of the whole document, which the client has from now on (RFC 3229 10.4.1). A cache that does not know
    deltas must not take this for it: `no-store`, which one that does overlooks because of `im` (10.8.3).
    """
    kept = [header for header in answer.whole if header[0] not in (b"content-length", b"cache-control", b"vary")]
    return [
        *kept,
        (b"im", b"feed"),
        (b"cache-control", b"no-store, im"),
        (b"vary", b"Accept-Encoding, A-IM, If-None-Match"),
        (b"content-length", str(len(body)).encode()),
    ]


def links(base_url: str, hubs: Sequence[str], name: str) -> bytes:
    """The Link header of a feed (WebSub 4): its own address, and the hubs that tell of its changes."""
    own = [f'<{base_url}{PREFIX}{name}>; rel="self"']
    if topic_of(name) == "source-health":  # hubs are told of topics only
        hubs = ()
    return ", ".join([*own, *(f'<{hub}>; rel="hub"' for hub in hubs)]).encode()
