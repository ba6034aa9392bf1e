"""An address that somebody typed -> the feeds at it or behind it, each looked at once; nothing is stored.

The address itself, then what its page declares and links to, then what the pages behind those links do, at last the usual
places. Everything goes through the fetcher: its guard, its bounds, one request a host at a time.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.dedup import entry_keys
from aggregator.discovery import (
    MAX_PAGE,
    FoundLink,
    Via,
    addresses,
    candidates,
    is_other_spelling,
    share_entries,
    usual_places,
)
from aggregator.errors import NotAFeed, UnreadableDocument
from aggregator.fetch import Fetcher
from aggregator.html import plain
from aggregator.language import decide
from aggregator.model.article import Article, Completeness
from aggregator.model.fetch import Fetched, FetchFailed
from aggregator.model.source import Source, SourceKind, Validators
from aggregator.parse import parse
from aggregator.reading.read import Desk, read
from aggregator.urls import normalise

MAX_LOOKS = 12
"""Addresses that are asked beside the one that was typed."""
_AT_ONCE = 3
_PAGES_BEHIND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was looked at."""

    url: str
    """Under which it was asked for."""
    via: Via
    title: str | None
    format: str
    """`rss20`, `atom10` ..."""
    entries: int
    full_texts: int
    """Entries that hold their whole text, not the beginning of it."""
    newest_at: datetime | None
    language: str | None
    """Of most entries."""
    landed_url: str | None
    """Where redirects led."""
    own_url: str | None
    """What it calls its own address; nobody has looked there yet."""
    keys: frozenset[bytes]
    """The keys under which the store would know its entries."""
    is_of_comments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A place that promised a feed and holds none, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found, likeliest first."""

    feeds: tuple[Found, ...]
    left_out: tuple[LeftOut, ...] = ()
    not_asked: int = 0
    """Further links that look like feeds; a page is not crawled."""
    page: str | None = None
    """What the address is, where it is no feed itself: "an HTML page titled 'Port', not a feed"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document that is no feed; there may be some behind it."""

    url: str
    body: bytes
    """As much of it as is searched for links."""
    content_type: str | None
    what_it_is: str
    """In the words of the parser: "an HTML page titled 'Port', not a feed"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Looks at addresses that are not subscribed to."""

    fetcher: Fetcher
    desk: Desk
    now: datetime
    private: bool = False
    """The addresses are secrets: no message names them."""
    on_look: Callable[[str], None] = lambda _: None
    """Told each address before it is asked."""

    async def look(self, link: FoundLink) -> Found | Page | FetchFailed:
        """Ask one address and read what it gives."""
        self.on_look(link.url)
        source = Source(id="new", kind=SourceKind.FEED, url=link.url, private=self.private)
        result = await self.fetcher.get(source, Validators(), self.now)
        if not isinstance(result, Fetched):
            # An answer to a question without validators is a document or a failure.
            assert isinstance(result, FetchFailed)  # noqa: S101
            return result
        try:
            return await asyncio.to_thread(_read, link, source, result, self.desk, self.now)
        except (NotAFeed, UnreadableDocument) as error:
            document = result.documents[0]
            return Page(
                url=result.url or link.url,
                body=document.body[:MAX_PAGE],
                content_type=document.content_type,
                what_it_is=str(error),
            )


async def discover(looker: Looker, typed: str) -> Discovery | FetchFailed:
    """The feeds at the address or behind its page; the failure where the address itself gives nothing."""
    search = _Search(looker)
    first = await search.begin(addresses(typed))
    if isinstance(first, FetchFailed):
        return first
    if isinstance(first, Page):
        await search.ask(_behind(first))
        if not search.feeds:
            await search.ask(link for page in search.pages[:_PAGES_BEHIND] for link in _behind(page))
        if not search.feeds:
            await search.guess(usual_places(first.url))
    return Discovery(
        feeds=tuple(search.feeds),
        left_out=tuple(search.left_out),
        not_asked=search.not_asked,
        page=first.what_it_is if isinstance(first, Page) else None,
    )


async def at_its_own_address(looker: Looker, feed: Found) -> Found | None:
    """The feed under a better address than the one it was found at; None where there is none.

    Better is the same address better written, and the one that it calls its own if that gives a feed with the same entries.
    """
    landed, own = feed.landed_url, feed.own_url
    better = replace(feed, url=landed) if landed and is_other_spelling(landed, feed.url) else None
    here = better.url if better else feed.url
    is_elsewhere = normalise(own) not in (normalise(here), normalise(landed), None)
    if own and (is_elsewhere or is_other_spelling(own, here)):
        looked = await looker.look(FoundLink(url=own, via=feed.via))
        if isinstance(looked, Found) and share_entries(feed.keys, looked.keys):
            return looked
    return better


def _behind(page: Page) -> tuple[FoundLink, ...]:
    return candidates(page.body, page.content_type, page.url)


class _Search:
    """What one search has found, and how many addresses it may still ask."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker
        self._asked: set[str | None] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self.feeds: list[Found] = []
        self.left_out: list[LeftOut] = []
        self.pages: list[Page] = []
        self.not_asked = 0

    async def begin(self, urls: Iterable[str]) -> Found | Page | FetchFailed:
        """What the first of these addresses gives that anybody answers for; a status other than 200 is an answer.

        That TLS failed before is told with what is left out: somebody may have broken it.
        """
        failures = []
        for url in urls:
            link = FoundLink(url=url, via=Via.GIVEN)
            looked = await self._looker.look(link)
            if isinstance(looked, FetchFailed) and looked.status is None:
                failures.append(looked)
                self._take(link, looked)
                continue
            if isinstance(looked, Found):
                self._take(link, looked)
            return looked
        return failures[0]

    async def ask(self, links: Iterable[FoundLink]) -> None:
        """Look at each that was not asked yet, a few at once, as far as looks are left."""
        fresh = {normalise(link.url): link for link in links if normalise(link.url) not in self._asked}
        wanted = dict(list(fresh.items())[: MAX_LOOKS - len(self._asked)])
        self.not_asked += len(fresh) - len(wanted)
        self._asked.update(wanted)
        looked = await asyncio.gather(*(self._look(link) for link in wanted.values()))
        for link, one in zip(wanted.values(), looked, strict=True):
            self._take(link, one)

    async def guess(self, links: Iterable[FoundLink]) -> None:
        """Look at one after the other until one is a feed; that most of them are not there is no news."""
        for link in links:
            if self.feeds or len(self._asked) >= MAX_LOOKS:
                return
            if normalise(link.url) not in self._asked:
                self._asked.add(normalise(link.url))
                looked = await self._look(link)
                if isinstance(looked, Found):
                    self._take(link, looked)

    async def _look(self, link: FoundLink) -> Found | Page | FetchFailed:
        async with self._turns:
            return await self._looker.look(link)

    def _take(self, link: FoundLink, looked: Found | Page | FetchFailed) -> None:
        match looked:
            case Found():
                twin = next((one for one in self.feeds if _is_twin(one, looked)), None)
                if twin is None:
                    self.feeds.append(looked)
                else:
                    self.left_out.append(LeftOut(url=link.url, reason=f"the same entries as {twin.url}"))
            case Page():
                self.pages.append(looked)
                self.left_out.append(LeftOut(url=link.url, reason=looked.what_it_is))
            case FetchFailed():
                self.left_out.append(LeftOut(url=link.url, reason=looked.detail))


def _is_twin(one: Found, other: Found) -> bool:
    """The same document under two names, or the same entries in two formats."""
    if one.landed_url is not None and normalise(one.landed_url) == normalise(other.landed_url):
        return True
    return bool(one.keys) and one.keys == other.keys


def _read(link: FoundLink, source: Source, fetched: Fetched, desk: Desk, now: datetime) -> Found:
    """Raises NotAFeed or UnreadableDocument."""
    parsed = parse(fetched.documents[0], url=fetched.url, agencies=desk.agencies)
    reading = read(source, fetched, frozenset(), desk, now)
    articles = [sighting.article for document in reading.documents for sighting in document.sightings]
    title = plain(parsed.head.title or "", is_markup=True)
    return Found(
        url=link.url,
        via=link.via,
        title=title or link.title,
        format=parsed.format,
        entries=len(parsed.entries),
        full_texts=sum(article.completeness is Completeness.FULL for article in articles),
        newest_at=max((article.published.value for article in articles if article.published), default=None),
        language=_language(articles) or parsed.language,
        landed_url=fetched.url,
        own_url=parsed.head.link_self,
        keys=frozenset(found.keys[0].digest for found in entry_keys(parsed.entries)),
        is_of_comments=link.is_of_comments,
    )


def _language(articles: Sequence[Article]) -> str | None:
    """The language of most entries; of all headlines together, where each text is too short to tell."""
    tags = Counter(article.language.tag for article in articles if article.language)
    if tags:
        return tags.most_common(1)[0][0]
    together = decide("\n".join(article.headline for article in articles), declared=None, configured=None)
    return together.tag if together else None
