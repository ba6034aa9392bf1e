"""Files of topics' feeds that changed -> the hubs of the configuration told so (WebSub); publishing never waits for it.

A hub is told of what lies in the folder: it fetches at once, so a change that is in the ledger only would be none.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from aggregator import websub
from aggregator.model.push import Announcement, HubAccepted, HubAnswer, HubRefused
from aggregator.pipeline.works import Works
from aggregator.text import bytes_digest

_LOG = logging.getLogger(__name__)
_SUFFIXES = ("atom", "rss", "json")
# A hub told of so many in one go; the fetcher leaves a pause between two. The rest is told in the next.
_AT_ONCE = 20

_News = tuple[Announcement, bytes]


class Announcer:
    """Remembers which file held which bytes, so that one that did not change costs a look at the folder."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], bytes]] = {}

    async def tell(self, works: Works, writer: Executor, on_answer: Callable[[str], None] = lambda _: None) -> int:
        """Tell every hub of what it does not know yet; says how many requests that took. `on_answer` is told how each ended."""
        if not works.hubs:
            return 0
        loop = asyncio.get_running_loop()
        news = await loop.run_in_executor(writer, self._news, works, works.clock())

        async def tell_one(hub: str) -> None:
            for before, told in (one for one in news if one[0].hub == hub):
                answer = await works.fetcher.post(hub, websub.publish_form(before.url), works.clock())
                await loop.run_in_executor(writer, _note, works, before, told, answer)
                on_answer(_name(answer))

        async with asyncio.TaskGroup() as group:
            for hub in works.hubs:
                group.create_task(tell_one(hub))
        return len(news)

    def _news(self, works: Works, now: datetime) -> list[_News]:
        with works.store.read() as reader:
            known = {(one.hub, one.url): one for one in reader.announcements()}
        if {hub for hub, _ in known} - set(works.hubs):
            with works.store.batch() as batch:
                batch.serving.forget_announcements(works.hubs)
        held = list(self._held(works))
        news: list[_News] = []
        for hub in works.hubs:
            about = ((known.get((hub, url), Announcement(hub=hub, url=url)), data) for url, data in held)
            news += [one for one in about if websub.is_news(*one, now)][:_AT_ONCE]
        return news

    def _held(self, works: Works) -> Iterator[tuple[str, bytes]]:
        """(address, digest of the bytes) of every feed of a topic that lies in the folder."""
        for topic in works.topics:
            for path in sorted(works.directory.glob(f"{topic.id}.*")):
                # The default grain and the further ones: `talks.atom`, `talks.stories.rss`.
                if path.suffix.removeprefix(".") in _SUFFIXES and path.is_file():
                    # Who subscribed under a former id knows the feed by that address.
                    for name in (topic.id, *topic.former):
                        yield f"{works.base_url}/feeds/{name}{path.name[len(topic.id) :]}", self._digest(path)

    def _digest(self, path: Path) -> bytes:
        found = path.stat()
        stamp = found.st_mtime_ns, found.st_size
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = stamp, bytes_digest(path.read_bytes())
        return known[1]


def _note(works: Works, before: Announcement, told: bytes, answer: HubAnswer) -> None:
    after = websub.after_telling(before, told, answer, works.clock())
    with works.store.batch() as batch:
        batch.serving.save_announcement(after)
    values = {"hub": urlsplit(after.hub).hostname, "feed": after.url}
    if after.detail is None:
        _LOG.info("hub told", extra=values)
    elif after.attempts == 1:  # once, not at every try
        _LOG.warning("hub not told; tried again later", extra=values | {"note": after.detail})


def _name(answer: HubAnswer) -> str:
    if isinstance(answer, HubAccepted):
        return "accepted"
    return "refused" if isinstance(answer, HubRefused) else "unanswered"
