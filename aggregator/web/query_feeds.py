"""A signed query -> the feed of what is stored and matches it; who made the address decided, others may read it.

It is a view of the store and writes nothing. An entry that a topic publishes stands here as there, byte for byte; another has
the id that it would have there, and its text as it is now. What is killed, held or without rights is in no feed at all.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid5

from starlette.concurrency import run_in_threadpool

from aggregator import ledger
from aggregator.desk import standing
from aggregator.model.article import StoredArticle
from aggregator.model.ledger import FeedHead, RowState, TopicFeed
from aggregator.model.source import Republish
from aggregator.model.topic import IdPolicy, Topic
from aggregator.normalise import best_claimed
from aggregator.pages import Site
from aggregator.render import Printed, render_document, render_entry
from aggregator.storage import Reader, Store
from aggregator.storage.serving import ArticleMark
from aggregator.topics import signed
from aggregator.topics.match import Matcher, compile_topics
from aggregator.web.files import Answer, answers_of
from aggregator.web.services import Services

_LIMIT = 100
_LOOKED_AT = 3000
"""The newest articles; a feed of older ones would be no feed."""
# So many times the limit are looked at, because copies and what is kept back fall out.
_SPARE = 3
_MAX_AGE = timedelta(minutes=1)
# What is remembered of one takes a megabyte at most; a desk hands out a few.
_MOST_FEEDS = 30
_IN_FILES = (RowState.LIVE, RowState.ARCHIVED)
_NAME = "/q"  # no topic has that name
_TITLE_CHARACTERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFeed:
    """A feed made of a query, until it is made anew."""

    plain: Answer
    packed: Answer | None
    modified_at: datetime


class QueryFeeds:
    """Makes a feed once a minute at most, one at a time, and remembers the last of them."""

    def __init__(self, store: Store, site: Site, services: Services) -> None:
        self._store, self._site, self._services = store, site, services
        self._made: OrderedDict[str, tuple[float, QueryFeed]] = OrderedDict()
        self._matched: dict[str, dict[ArticleMark, bool]] = {}
        self._one_at_a_time = asyncio.Lock()

    def key(self) -> str | None:
        """The key of signatures; None where nobody ever signed a query. May block."""
        if self._services.query_key is not None:
            return self._services.query_key
        with self._store.read() as reader:
            return reader.query_key()

    async def feed(self, query: str, key: str) -> QueryFeed:
        """The feed of the query, whose signature is right. Raises QueryError where it names what is not there any more."""
        name = signed.canonical(query)
        if (known := self._known(name)) is not None:
            return known
        async with self._one_at_a_time:
            if (known := self._known(name)) is not None:
                return known
            made = await run_in_threadpool(self._make, name, key)
            self._made[name] = asyncio.get_running_loop().time(), made
            self._made.move_to_end(name)
            while len(self._made) > _MOST_FEEDS:
                self._matched.pop(self._made.popitem(last=False)[0], None)
            return made

    def _known(self, name: str) -> QueryFeed | None:
        at, made = self._made.get(name, (0.0, None))
        is_fresh = 0 <= asyncio.get_running_loop().time() - at < _MAX_AGE.total_seconds()
        return made if is_fresh else None

    def _make(self, query: str, key: str) -> QueryFeed:
        topic = Topic(id=_NAME, title=query, query=query)
        matcher = compile_topics((topic,), self._services.packs, self._site.topics)
        with self._store.read() as reader:
            fragments = list(self._entries(reader, self._newest(reader, query, matcher)))
            instance_id, made_at = reader.instance()
        head = FeedHead(
            feed_id=uuid5(instance_id, f"query\n{query}").urn,
            title=f"{self._site.title}: {query[:_TITLE_CHARACTERS]}",
            subtitle=None,
            author=self._services.author or self._site.title,
            language=self._site.language,
            updated_at=max((at for at, _ in fragments), default=made_at),
            self_url=signed.address(self._site.base_url, key, query),
            alternate_url=f"{self._site.base_url}/",
            extensions=self._services.extensions,
        )
        data = render_document(TopicFeed(head=head, fragments=tuple(fragment for _, fragment in fragments)))
        modified_at = head.updated_at.replace(microsecond=0)
        plain, packed = answers_of(
            data,
            media_type="application/atom+xml; charset=utf-8",
            modified_at=modified_at,
            max_age=_MAX_AGE,
            more=[(b"link", f'<{head.self_url}>; rel="self"'.encode())],
        )
        return QueryFeed(plain=plain, packed=packed, modified_at=modified_at)

    def _newest(self, reader: Reader, query: str, matcher: Matcher) -> Iterator[StoredArticle]:
        """What matches, of that the newest by first sight. A text that was matched for an earlier feed is not read again."""
        marks = reader.newest_marks(_LOOKED_AT)
        before = self._matched.get(query, {})
        matched = {mark: before[mark] for mark in marks if mark in before}
        by_uri = {mark.uri: mark for mark in marks if mark not in matched}
        for stored in reader.stored_articles(list(by_uri)):
            matched[by_uri[stored.uri]] = bool(matcher.match(stored.article, stored.owner.source_id))
        self._matched[query] = matched
        hits = sorted((mark for mark, is_match in matched.items() if is_match), key=_seen, reverse=True)
        return reader.stored_articles([mark.uri for mark in hits[: _SPARE * _LIMIT]])

    def _entries(self, reader: Reader, found: Iterable[StoredArticle]) -> Iterator[tuple[datetime, bytes]]:
        """(updated, entry) of the newest, by when they were first seen; of copies the first, which a later one never replaces."""
        shown = {stored.uri: stored for stored in found if not _is_kept_back(reader, stored)}
        count = 0
        for stored in sorted(shown.values(), key=_seen, reverse=True):
            copies = (shown.get(copy.stored.uri) for copy in reader.copies_of(stored.uri))
            if any(_seen(copy) < _seen(stored) for copy in copies if copy):
                continue
            yield self._entry(reader, stored)
            count += 1
            if count == _LIMIT:
                return

    def _entry(self, reader: Reader, stored: StoredArticle) -> tuple[datetime, bytes]:
        for row in reader.rows_of(stored.uri):
            if row.id_policy is IdPolicy.MINT and row.state in _IN_FILES and row.fragment and not row.copy_of:
                return row.updated_at, row.fragment
        published = best_claimed(stored.article, stored.first_seen_at)
        printed = Printed(
            entry_id=stored.uri,
            updated_at=stored.first_seen_at,
            published=published,
            published_at=ledger.printed_date(published, stored.first_seen_at),
            first_seen_at=stored.first_seen_at,
            site_author=self._services.author or self._site.title,
        )
        return stored.first_seen_at, render_entry(stored.article, printed)


def _is_kept_back(reader: Reader, stored: StoredArticle) -> bool:
    says = standing(reader.decisions_on(stored.uri))
    return bool(says.killed or says.held) or stored.article.rights.republish is Republish.NONE


def _seen(stored: StoredArticle | ArticleMark) -> tuple[datetime, str]:
    return stored.first_seen_at, stored.uri
