"""Hubs hear of every change of our feeds, again until they take it; from there to a subscriber that is another of us (WebSub)."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import feedparser
import httpx
import pytest

from aggregator import websub
from aggregator.fetch import HttpFetcher
from aggregator.model.push import Announcement, HubAccepted, HubAnswer, HubRefused, HubUnanswered, PushState
from aggregator.model.source import Announce, Source, SourceKind
from aggregator.model.topic import Topic
from aggregator.pipeline import publish
from aggregator.pipeline.announce import Announcer
from aggregator.pipeline.push import ask_hubs, heed
from aggregator.web import Heartbeat, Services, Site, create_app
from tests.desk import LIMITS, START, Desk, desk
from tests.documents import folder_source, wire, write
from tests.loopback import Reply, Request, Server, serve
from tests.web_client import Get, asking

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOPIC = Topic(id="talks", title="Talks", query="*", former=("old-talks",))
PUBLIC = "https://feeds.example.org"
OURS = Announcement(hub="https://hub.example/", url=f"{PUBLIC}/feeds/talks.atom")


def told(answers: list[HubAnswer]) -> Announcement:
    """After these answers, one at each time it was due."""
    now, one = START, OURS
    for answer in answers:
        assert websub.is_news(one, b"bytes", now)
        one = websub.after_telling(one, b"bytes", answer, now)
        now = one.due_at or now
    return one


def test_a_hub_that_took_it_is_told_no_more_until_the_bytes_change() -> None:
    one = told([HubAccepted()])
    assert not websub.is_news(one, b"bytes", START)
    assert websub.is_news(one, b"other", START)


@pytest.mark.parametrize(
    ("answers", "wait"),
    [
        ([HubUnanswered(detail="no")], timedelta(seconds=30)),
        ([HubRefused(detail="no")] * 3, timedelta(seconds=120)),
        ([HubUnanswered(detail="no")] * 30, 6 * HOUR),
        ([HubUnanswered(detail="later", retry_after=HOUR)], HOUR),
        ([HubUnanswered(detail="later", retry_after=timedelta(days=30))], 6 * HOUR),
    ],
)
def test_a_hub_that_did_not_is_asked_again_with_growing_waits(answers: list[HubAnswer], wait: timedelta) -> None:
    before, one = told(answers[:-1]), told(answers)
    now = before.due_at or START
    assert one.due_at == now + wait
    assert not websub.is_news(one, b"newer", now + wait - timedelta(seconds=1))
    assert websub.is_news(one, b"newer", now + wait)


def test_a_due_time_that_a_clock_put_far_ahead_counts_as_come() -> None:
    assert websub.is_news(replace(OURS, due_at=START + timedelta(days=300)), b"bytes", START)


ADDRESSES = 6
"""Of the topic and its former id, in three formats."""


@dataclass
class Hub:
    """Verifies and remembers who subscribes; fetches what is published and hands it on."""

    subscriber: Get | None = None
    status: int = 202
    callbacks: dict[str, str] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        if form["hub.mode"] == "publish":
            self.published.append(form["hub.url"])
            return Reply(status=self.status if self.status >= 400 else self.distribute(form["hub.url"]))
        path = urlsplit(form["hub.callback"]).path
        query = {
            "hub.mode": "subscribe",
            "hub.topic": form["hub.topic"],
            "hub.challenge": "c",
            "hub.lease_seconds": "9999",
        }
        assert self.subscriber is not None
        assert self.subscriber(f"{path}?{urlencode(query)}").text == "c"
        self.callbacks[form["hub.topic"]] = path
        return Reply(status=202)

    def distribute(self, url: str) -> int:
        if url in self.callbacks and self.subscriber is not None:
            body = httpx.get(url).content
            assert self.subscriber(self.callbacks[url], "POST", body).status_code == 202
        return 202


@dataclass
class Publisher:
    """A desk with a hub, on a server of its own."""

    at: Desk
    hub: Hub
    hub_server: Server
    announcer: Announcer = field(default_factory=Announcer)
    server: Server | None = None
    results: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        site = Site(
            title="Desk", language="en", base_url=self.base, directory=self.at.directory, topics=(TOPIC,), sources=()
        )
        get = asking(create_app(self.at.store, site, services=Services(hubs=(self.hub_server.url("/"),))))
        given = get(request.target)
        return Reply(given.content, given.status_code, {key: given.headers[key] for key in ("content-type", "link")})

    @property
    def base(self) -> str:
        assert self.server is not None
        return self.server.url("").rstrip("/")

    def tell(self, *hubs: str) -> int:
        """Publish, then one tick of the daemon."""

        async def run() -> int:
            async with HttpFetcher(replace(LIMITS, host_pause=timedelta())) as fetcher:
                works = replace(self.at.works(fetcher), base_url=self.base, hubs=hubs or (self.hub_server.url("/"),))
                publish(works, self.at.now, heal=True)
                with ThreadPoolExecutor(1) as writer:
                    return await self.announcer.tell(works, writer, self.results.append)

        return asyncio.run(run())


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    hub, folder = Hub(), tmp_path / "publisher"
    folder.mkdir()
    write(folder / "in", "a.txt", wire())
    with desk(folder, sources=(folder_source(folder / "in"),), topics=(TOPIC,)) as at, serve(hub) as hub_server:
        at.run()
        made = Publisher(at, hub, hub_server)
        with serve(made.answer) as server:
            made.server = server
            yield made


def test_each_change_is_told_once_under_every_address_of_the_feed(publisher: Publisher) -> None:
    assert [publisher.tell(), publisher.tell()] == [ADDRESSES, 0]
    assert sorted(publisher.hub.published) == sorted(
        f"{publisher.base}/feeds/{name}.{form}" for name in ("talks", "old-talks") for form in ("atom", "rss", "json")
    )
    write(publisher.at.directory.parent / "in", "b.txt", wire("Envoys meet in Sabha", 8))
    publisher.at.run()
    assert [publisher.tell(), publisher.tell()] == [ADDRESSES, 0]


def test_what_was_told_is_remembered_by_another_process(publisher: Publisher) -> None:
    publisher.tell()
    publisher.announcer = Announcer()
    assert publisher.tell() == 0


def test_a_hub_that_fails_is_told_again_when_its_time_has_come(publisher: Publisher) -> None:
    publisher.hub.status = 503
    assert [publisher.tell(), publisher.tell()] == [ADDRESSES, 0]
    publisher.hub.status = 202
    publisher.at.now += MINUTE
    assert [publisher.tell(), publisher.tell()] == [ADDRESSES, 0]
    assert publisher.results == ["unanswered"] * ADDRESSES + ["accepted"] * ADDRESSES


def test_a_hub_that_is_not_there_holds_up_no_other(publisher: Publisher) -> None:
    with serve(Hub()) as gone:
        address = gone.url("/")
    publisher.tell(address, publisher.hub_server.url("/"))
    assert sorted(publisher.results) == ["accepted"] * ADDRESSES + ["unanswered"] * ADDRESSES


def test_a_hub_that_left_the_configuration_is_told_anew_when_it_is_back(publisher: Publisher) -> None:
    publisher.tell()
    with serve(Hub()) as other:
        assert publisher.tell(other.url("/")) == ADDRESSES
    assert publisher.tell() == ADDRESSES


def test_the_feed_names_its_hub_and_itself_in_document_and_header(publisher: Publisher) -> None:
    publisher.tell()
    answer = httpx.get(f"{publisher.base}/feeds/talks.atom")
    hub, own = publisher.hub_server.url("/"), f"{publisher.base}/feeds/talks.atom"
    assert answer.headers["link"] == f'<{own}>; rel="self", <{hub}>; rel="hub"'
    links = {link.rel: link.href for link in feedparser.parse(answer.content).feed.links}
    assert (links["hub"], links["self"]) == (hub, own)


@pytest.mark.slow
def test_a_new_entry_reaches_a_subscriber_through_the_hub(publisher: Publisher, tmp_path: Path) -> None:
    publisher.tell()
    folder = tmp_path / "subscriber"
    folder.mkdir()
    source = Source(id="talks", kind=SourceKind.FEED, url=f"{publisher.base}/feeds/talks.atom", announce=Announce.ALL)
    with desk(folder, sources=(source,), topics=(replace(TOPIC, former=()),)) as at:
        site = Site(
            title="S", language="en", base_url=PUBLIC, directory=at.directory, topics=at.topics, sources=(source,)
        )
        at.base_url = PUBLIC
        at.works(HttpFetcher(LIMITS))  # brings the store up to date
        publisher.hub.subscriber = asking(create_app(at.store, site, Heartbeat(lambda: at.now)))
        at.run()
        assert asyncio.run(ask(at)) == 1
        with at.store.read() as reader:
            assert [one.state for one in reader.subscriptions()] == [PushState.ACTIVE]
        at.now += HOUR
        publisher.at.now += HOUR
        write(publisher.at.directory.parent / "in", "b.txt", wire("Envoys meet in Sabha", 8))
        publisher.at.run()
        publisher.tell()
        assert heed(at.works(HttpFetcher(LIMITS)), at.now) == 1
        at.run()
        assert {view.stored.article.headline for view in at.articles()} >= {"Envoys meet in Sabha"}


async def ask(at: Desk) -> int:
    async with HttpFetcher(LIMITS) as fetcher:
        with ThreadPoolExecutor(1) as writer:
            return await ask_hubs(at.works(fetcher), lambda: "token", writer)
