"""A desk for tests: the real pipe over a real store and loopback, with a clock under the test's control."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

from aggregator.fetch import HttpFetcher
from aggregator.ledger import LegacyIds
from aggregator.model.desk import Decision, Word
from aggregator.model.fetch import FetchLimits
from aggregator.model.ledger import LedgerRow
from aggregator.model.poll import Poll
from aggregator.model.source import AgencyName, Source
from aggregator.model.topic import Ignore, Pack, Topic
from aggregator.pipeline import FeedChange, Works, attend, poll, publish, rematch
from aggregator.storage import ArticleView, Store
from aggregator.topics.match import compile_topics
from tests.stores import put_empty_store

INSTANCE = UUID("00000000-0000-4000-8000-000000000001")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIMITS = FetchLimits(
    timeout=timedelta(seconds=5),
    max_body_bytes=2**20,
    concurrency=10,
    allow_networks=(ip_network("127.0.0.0/8"),),
    user_agent="aggregator-tests",
)


@dataclass(slots=True)
class Desk:
    """One store, its configuration and the time; `now` is moved by the test."""

    store: Store
    directory: Path
    sources: tuple[Source, ...]
    topics: tuple[Topic, ...]
    agencies: tuple[AgencyName, ...] = ()
    packs: tuple[Pack, ...] = ()
    now: datetime = START
    instance: int = 1
    legacy: LegacyIds = field(default_factory=LegacyIds)
    base_url: str = "http://127.0.0.1:8080"
    extensions: bool = True

    def works(self, fetcher: HttpFetcher) -> Works:
        """The pipe's parts as `cli` would build them."""
        return Works(
            store=self.store,
            fetcher=fetcher,
            matcher=compile_topics(
                self.topics,
                self.packs,
                ignores=tuple(Ignore(source_id=one.id, query=one.ignore) for one in self.sources if one.ignore),
            ),
            sources=self.sources,
            topics=self.topics,
            agencies=self.agencies,
            instance_id=self.store.upgrade(UUID(int=INSTANCE.int + self.instance - 1), self.now),
            site_title="Test desk",
            site_author="The desk",
            language="en",
            base_url=self.base_url,
            directory=self.directory,
            clock=lambda: self.now,
            legacy=self.legacy,
            extensions=self.extensions,
        )

    def run(self) -> tuple[tuple[Poll, ...], tuple[FeedChange, ...]]:
        """Rematch, poll every source, publish: one `once --all` at `now`."""
        return asyncio.run(self._run())

    async def _run(self) -> tuple[tuple[Poll, ...], tuple[FeedChange, ...]]:
        async with HttpFetcher(LIMITS) as fetcher:
            works = self.works(fetcher)
            rematch(works, self.now)
            attend(works, self.now)
            with ThreadPoolExecutor(1) as writer:
                polls = await poll(works, writer, sources=self.sources)
            return polls, publish(works, self.now, heal=True)

    def decide(
        self,
        word: Word,
        article_uri: str,
        *,
        topic_id: str | None = None,
        other_uri: str | None = None,
        day: date | None = None,
        reason: str = "a reason",
    ) -> None:
        """Write a decision down; the next `run` carries it out."""
        made = Decision(
            number=None,
            word=word,
            article_uri=article_uri,
            topic_id=topic_id,
            other_uri=other_uri,
            day=day,
            by="maria",
            reason=reason,
            decided_at=self.now,
        )
        with self.store.batch() as batch:
            batch.desk.decide(made)

    def articles(self) -> tuple[ArticleView, ...]:
        """Every stored article."""
        with self.store.read() as reader:
            return tuple(reader.articles())

    def rows(self) -> tuple[LedgerRow, ...]:
        """Every ledger row of every topic, by sequence."""
        with self.store.batch() as batch:
            found = [row for topic in self.topics for row in batch.all_rows(topic.id, topic.grain)]
        return tuple(found)

    def feed(self, topic_id: str) -> bytes:
        """The published file."""
        return (self.directory / f"{topic_id}.atom").read_bytes()


@contextmanager
def desk(
    folder: Path,
    *,
    sources: tuple[Source, ...],
    topics: tuple[Topic, ...],
    agencies: tuple[AgencyName, ...] = (),
    packs: tuple[Pack, ...] = (),
    now: datetime = START,
    extensions: bool = True,
) -> Iterator[Desk]:
    """A desk whose store and feeds lie in the folder; opened again it goes on."""
    put_empty_store(folder / "store.db")
    store = Store(f"sqlite:///{folder / 'store.db'}")
    try:
        yield Desk(store, folder / "feeds", sources, topics, agencies, packs, now, extensions=extensions)
    finally:
        store.close()
