"""Push from end to end: a hub on loopback, the callback of the real application, a real store; only the clock is the test's."""

import asyncio
import hmac
import itertools
import logging
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpcore
import httpx
import pytest
from starlette.applications import Starlette

from aggregator.fetch import HttpFetcher
from aggregator.fetch.head import Head
from aggregator.fetch.hop import Hop
from aggregator.fetch.post import meaning
from aggregator.model.poll import Outcome, Poll
from aggregator.model.push import HubRefused, PushState, Subscription
from aggregator.model.source import Source, SourceKind, SourceState, Validators
from aggregator.pipeline import due, poll
from aggregator.pipeline.push import ask_hubs, heed, is_on, note_hub, note_poll, push_notes
from aggregator.web import Heartbeat, Site, create_app
from aggregator.web.push import push_routes
from tests.desk import LIMITS, START, Desk, desk
from tests.loopback import Reply, Request, Server, serve
from tests.program import configure, feed_table, free_port, running
from tests.web_client import Get, asking

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

BASE = "https://feeds.example.org"
TOPIC = "https://example.org/feed.xml"
SOURCE = Source(id="one", kind=SourceKind.FEED, url=TOPIC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHALLENGE = "c-41<b>&\u00e9"


@dataclass
class Hub:
    """A hub as the recommendation has it: verifies while it is being asked, grants `lease`, answers what the test says."""

    get: Get
    answer: Reply = field(default_factory=lambda: Reply(status=202))
    verifies: bool = True
    lease: str = "864000"
    forms: list[dict[str, str]] = field(default_factory=list)
    verified: list[httpx.Response] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        assert (request.method, request.header("Content-Type")) == ("POST", "application/x-www-form-urlencoded")
        form = dict(parse_qsl(request.body.decode()))
        self.forms.append(form)
        if self.verifies:
            self.verified.append(self.verify(form))
        return self.answer

    def verify(self, form: dict[str, str], **changes: str) -> httpx.Response:
        """Ask the callback whether the request was ours."""
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": CHALLENGE}
        query |= {"hub.lease_seconds": self.lease} | {f"hub.{name}": value for name, value in changes.items()}
        return self.get(f"{path(form)}?{urlencode(query)}")


@dataclass
class Desks:
    """A desk that a hub can reach, and the hub."""

    at: Desk
    hub: Hub
    server: Server
    get: Get
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        return self.server.url("/hub")

    def name_hub(self, url: str | None, topic: str | None = TOPIC) -> None:
        """What a document says is noted."""
        with self.at.store.batch() as batch:
            note_hub(batch, "one", url, topic, self.at.now)

    def ask(self, base_url: str = BASE) -> int:
        """One tick of the daemon."""

        async def run() -> int:
            async with HttpFetcher(LIMITS) as fetcher:
                works = replace(self.at.works(fetcher), base_url=base_url)
                with ThreadPoolExecutor(1) as writer:
                    return await ask_hubs(works, lambda: f"key{next(self.keys)}", writer)

        return asyncio.run(run())

    def heed(self) -> int:
        return heed(self.at.works(HttpFetcher(LIMITS)), self.at.now)

    def subscribe(self) -> Subscription:
        """Active, and secret: as if the hub had been asked over https."""
        self.name_hub(self.url)
        assert self.ask() == 1
        with self.at.store.batch() as batch:
            (made,) = batch.subscriptions.all()
            secret = replace(made, secret="s3cret")
            batch.subscriptions.save((secret,))
        return secret

    def deliver(self, token: str = "key1", body: bytes = b"<feed/>", signature: str | None = None) -> httpx.Response:
        right = f"sha256={hmac.new(b's3cret', body, 'sha256').hexdigest()}"
        return self.get(
            f"/push/{token}", "POST", body, **{"X-Hub-Signature": right if signature is None else signature}
        )

    def poll(self, *, new: int = 0, outcome: Outcome = Outcome.NEW, last: timedelta = HOUR) -> int:
        """A poll that is recorded now, the one before so long ago; gives the wait in hours: one without push."""
        now = self.at.now
        done = Poll(source_id="one", started_at=now - MINUTE, took=MINUTE, outcome=outcome, new=new)
        before = SourceState(source_id="one", last_poll_at=now - last)
        with self.at.store.batch() as batch:
            at = note_poll(batch, SOURCE, done, before=before, after=before, at=now + HOUR, now=now)
            batch.save_source_state(replace(before, last_poll_at=now, next_poll_at=at))
        return round((at - now) / HOUR)

    @property
    def next_poll(self) -> timedelta | None:
        with self.at.store.read() as reader:
            at = reader.source_states()["one"].next_poll_at
        return at - self.at.now if at else None

    @property
    def stored(self) -> tuple[Subscription, ...]:
        with self.at.store.read() as reader:
            return reader.subscriptions()

    @property
    def states(self) -> list[PushState]:
        return [subscription.state for subscription in self.stored]

    def note(self) -> str | None:
        with self.at.store.read() as reader:
            return push_notes(reader, BASE, self.at.now).get("one")


def path(form: dict[str, str]) -> str:
    return urlsplit(form["hub.callback"]).path


def site(at: Desk, base_url: str = BASE) -> Site:
    return Site(
        title="Desk", language="en", base_url=base_url, directory=at.directory, topics=at.topics, sources=at.sources
    )


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    with desk(tmp_path, sources=(SOURCE,), topics=()) as at:
        at.works(HttpFetcher(LIMITS))  # brings the store up to date
        get = asking(create_app(at.store, site(at), Heartbeat(lambda: at.now)))
        hub = Hub(get)
        with serve(hub) as server:
            yield Desks(at, hub, server, get)


def test_a_source_is_subscribed_verified_and_holds_for_its_lease(desks: Desks) -> None:
    desks.name_hub(desks.url)
    assert desks.ask() == 1
    (form,), (answer,) = desks.hub.forms, desks.hub.verified
    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.callback": f"{BASE}/push/key1",
        "hub.lease_seconds": "864000",
    }
    assert (answer.status_code, answer.text) == (200, CHALLENGE)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    (stored,) = desks.stored
    assert (stored.state, stored.expires_at, stored.attempts) == (PushState.ACTIVE, START + 10 * DAY, 0)
    assert (desks.ask(), desks.note()) == (0, None)


def test_a_hub_that_verifies_later_is_waited_for(desks: Desks) -> None:
    desks.hub.verifies = False
    desks.name_hub(desks.url)
    desks.ask()
    assert desks.states == [PushState.ASKED]
    assert desks.ask() == 0
    assert desks.hub.verify(desks.hub.forms[0], lease_seconds="60").status_code == 200
    (stored,) = desks.stored
    assert (stored.state, stored.expires_at) == (PushState.ACTIVE, START + HOUR)


def test_what_nobody_asked_for_is_not_confirmed(desks: Desks) -> None:
    desks.hub.verifies = False
    desks.name_hub(desks.url)
    desks.ask()
    (form,) = desks.hub.forms
    cases = {
        "another topic": desks.hub.verify(form, topic="https://example.org/other"),
        "an end that we do not want": desks.hub.verify(form, mode="unsubscribe"),
        "no challenge": desks.hub.verify(form, challenge=""),
        "another token": desks.hub.verify(form | {"hub.callback": f"{BASE}/push/other"}),
        "a token without end": desks.hub.verify(form | {"hub.callback": f"{BASE}/push/{'x' * 5000}"}),
        "nothing of WebSub": desks.get("/push/key1"),
    }
    assert {why: (answer.status_code, "c-41" in answer.text) for why, answer in cases.items()} == dict.fromkeys(
        cases, (404, False)
    )
    assert desks.states == [PushState.ASKED]


def test_a_lease_is_renewed_before_it_ends_under_the_same_callback(desks: Desks) -> None:
    desks.subscribe()
    desks.at.now = START + 7.4 * DAY
    assert desks.ask() == 0
    desks.at.now = START + 8.6 * DAY
    assert desks.ask() == 1
    (stored,) = desks.stored
    assert [form["hub.callback"] for form in desks.hub.forms] == [f"{BASE}/push/key1"] * 2
    assert (stored.state, stored.expires_at) == (PushState.ACTIVE, START + 18.6 * DAY)


def test_a_hub_with_a_fault_is_asked_less_and_less_then_given_up_and_told_of(desks: Desks) -> None:
    desks.hub.verifies, desks.hub.answer = False, Reply(status=500)
    desks.name_hub(desks.url)
    while (due_at := desks.stored[0].due_at) is not None:
        desks.at.now = due_at
        desks.ask()
    assert len(desks.hub.forms) == 8
    assert 1.5 * DAY < desks.at.now - START < 2 * DAY
    assert desks.states == [PushState.FAILED]
    assert desks.note() == "no push: gave up the hub 127.0.0.1: HTTP 500; asked again later; polled at the usual pace"
    desks.hub.verifies, desks.hub.answer = True, Reply(status=202)
    desks.at.now = START + 14 * DAY
    desks.name_hub(desks.url)
    assert desks.ask() == 1
    assert desks.states == [PushState.ACTIVE]


def test_a_hub_that_asks_for_patience_gets_it(desks: Desks) -> None:
    desks.hub.verifies, desks.hub.answer = False, Reply(status=429, headers={"Retry-After": "7200"})
    desks.name_hub(desks.url)
    desks.ask()
    desks.at.now += 2 * HOUR - MINUTE
    assert desks.ask() == 0
    desks.at.now += 2 * MINUTE
    assert desks.ask() == 1


REFUSALS = (
    (Reply(status=400), "HTTP 400", "the request is not liked"),
    (Reply(status=404), "HTTP 404", "there is no hub"),
    (Reply(status=302, headers={"Location": "/hub"}), "HTTP 302: not an answer of a hub", "would make a GET of it"),
    (Reply(status=308), "127.0.0.1 redirects without saying where", "nowhere"),
    (Reply(status=308, headers={"Location": "/hub"}), "more than 3 redirects", "in a circle"),
    (
        Reply(status=307, headers={"Location": "file:///etc/passwd"}),
        "127.0.0.1 redirects to an address that has the scheme 'file'; only http and https are fetched",
        "not the web",
    ),
)


@pytest.mark.parametrize(("answer", "detail", "why"), REFUSALS)
def test_a_refusal_is_taken_at_its_word(desks: Desks, answer: Reply, detail: str, why: str) -> None:
    desks.hub.verifies, desks.hub.answer = False, answer
    desks.name_hub(desks.url)
    desks.ask()
    assert desks.states == [PushState.DENIED], why
    assert desks.note() == f"no push: the hub 127.0.0.1 refuses ({detail}); polled at the usual pace"


def test_a_redirect_that_keeps_the_method_is_followed(desks: Desks) -> None:
    moved = Reply(status=307, headers={"Location": desks.url})
    with serve({"/old": moved}) as old:
        desks.name_hub(old.url("/old"))
        desks.ask()
    assert len(desks.hub.forms) == 1
    assert desks.states == [PushState.ACTIVE]


DOWNGRADES = (
    (
        "http://hub.example.org/",
        HubRefused(detail="hub.example.org redirects out of https"),
        "the secret would be read",
    ),
    ("https://other.example.org/hub", None, "as safe as before"),
)


@pytest.mark.parametrize(("location", "expected", "why"), DOWNGRADES)
def test_a_form_with_a_secret_never_leaves_https(location: str, expected: HubRefused | None, why: str) -> None:
    url = httpx.URL("https://hub.example.org/hub")
    hop = Hop(source=SOURCE, validators=Validators(), now=START, first_url=url, url=url)
    meant = meaning(Head(httpcore.Response(307, headers=[(b"Location", location.encode())])), hop)
    assert meant == (expected or replace(hop, url=httpx.URL(location))), why


@pytest.mark.parametrize("hub", ["http://10.1.2.3/hub", "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]/"])
def test_a_hub_inside_a_private_network_is_not_asked(desks: Desks, hub: str) -> None:
    desks.name_hub(hub)
    desks.ask()
    (stored,) = desks.stored
    assert stored.state is PushState.ASKED
    assert "is not on the public internet" in (stored.detail or "")


def test_a_denial_ends_it_and_its_reason_is_told_in_one_line(desks: Desks) -> None:
    subscription = desks.subscribe()
    query = {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "too many\nlines\x1b[0m"}
    assert desks.get(f"/push/{subscription.token}?{urlencode(query)}").status_code == 200
    assert desks.states == [PushState.DENIED]
    assert desks.note() == "no push: the hub 127.0.0.1 refuses (too many lines [0m); polled at the usual pace"


def test_a_delivery_makes_the_source_due_now(desks: Desks) -> None:
    desks.subscribe()
    desks.at.now += 2 * HOUR
    desks.poll()
    desks.at.now += 5 * MINUTE
    assert desks.deliver().status_code == 202
    assert desks.heed() == 1
    assert desks.next_poll == timedelta()
    assert desks.heed() == 0
    assert desks.stored[0].deliveries == 1


def test_a_second_delivery_waits_a_minute_after_the_poll(desks: Desks) -> None:
    desks.subscribe()
    desks.at.now += 2 * HOUR
    desks.deliver()
    desks.poll()
    desks.at.now += timedelta(seconds=10)
    desks.deliver()
    desks.heed()
    assert desks.next_poll == timedelta(seconds=50)


FORGED = ("sha256=" + "0" * 64, "sha1=00", "md5=00", "none", " ")


@pytest.mark.parametrize("signature", FORGED)
def test_a_delivery_without_the_right_signature_is_answered_alike_and_ignored(desks: Desks, signature: str) -> None:
    desks.subscribe()
    desks.at.now += 2 * HOUR
    desks.poll()
    desks.at.now += 5 * MINUTE
    wrong, right = desks.deliver(signature=signature), desks.deliver()
    assert (wrong.status_code, wrong.content, wrong.headers) == (right.status_code, right.content, right.headers)
    (stored,) = desks.stored
    assert (stored.deliveries, stored.forged) == (1, 1)
    assert desks.note() == "push: 1 delivery without the right signature ignored"


def test_a_forged_delivery_alone_polls_nothing(desks: Desks) -> None:
    desks.subscribe()
    desks.at.now += 2 * HOUR
    desks.poll()
    desks.deliver(signature="sha256=00")
    assert (desks.heed(), desks.next_poll) == (0, HOUR)


def test_nothing_of_a_delivery_reaches_the_log(desks: Desks, caplog: pytest.LogCaptureFixture) -> None:
    desks.subscribe()
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        desks.deliver(body=b"<title>loud words</title>", signature="sha256=\x1b[31mcrimson")
        desks.deliver(token="loud-token")
    said = [
        record.getMessage() + str(record.__dict__) for record in caplog.records if record.name.startswith("aggregator")
    ]
    assert len(said) == 1
    assert not any(word in line for line in said for word in ("loud", "crimson", "key1", "s3cret"))


def test_deliveries_are_counted_and_too_many_are_put_off(desks: Desks) -> None:
    desks.subscribe()
    statuses = [desks.deliver().status_code for _ in range(31)]
    assert statuses == [202] * 30 + [429]
    desks.at.now += MINUTE
    assert desks.deliver().status_code == 202


def test_a_body_without_end_is_cut_off(desks: Desks) -> None:
    desks.subscribe()
    assert desks.deliver(body=b"x" * (10 * 2**20 + 1)).status_code == 413
    assert desks.deliver(body=b"x" * 2**20).status_code == 202
    assert desks.stored[0].deliveries == 1


def test_a_body_that_never_comes_is_not_waited_for(desks: Desks) -> None:
    desks.subscribe()
    app = Starlette(routes=push_routes(desks.at.store, BASE, lambda: desks.at.now, body_s=0.05))

    async def slowly() -> AsyncIterator[bytes]:
        yield b"<feed"
        await asyncio.sleep(30)

    async def deliver() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.post("/push/key1", content=slowly())

    answer = asyncio.run(asyncio.wait_for(deliver(), 5))
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert desks.stored[0].deliveries == 0


def test_a_source_that_leaves_the_configuration_leaves_its_hub(desks: Desks) -> None:
    desks.subscribe()
    desks.at.sources = ()
    desks.hub.verifies = False
    assert desks.ask() == 1
    assert desks.hub.forms[-1] == {"hub.mode": "unsubscribe", "hub.topic": TOPIC, "hub.callback": f"{BASE}/push/key1"}
    assert desks.deliver().status_code == 410
    assert desks.hub.verify(desks.hub.forms[-1]).text == CHALLENGE
    assert desks.states == [PushState.ENDED]
    assert desks.deliver().status_code == 410
    desks.at.now += 31 * DAY
    desks.ask()
    assert desks.stored == ()
    assert desks.deliver().status_code == 404


def test_a_source_that_comes_back_is_subscribed_again(desks: Desks) -> None:
    desks.subscribe()
    desks.at.sources = ()
    desks.ask()
    desks.at.sources = (SOURCE,)
    assert desks.ask() == 1
    assert desks.hub.forms[-1]["hub.mode"] == "subscribe"
    assert desks.states == [PushState.ACTIVE]


def test_another_hub_is_subscribed_and_the_first_is_left(desks: Desks) -> None:
    desks.subscribe()
    desks.at.now += 2 * DAY
    desks.name_hub(desks.url + "?new")
    assert desks.ask() == 2
    assert [(form["hub.mode"], form["hub.callback"]) for form in desks.hub.forms[1:]] == [
        ("unsubscribe", f"{BASE}/push/key1"),
        ("subscribe", f"{BASE}/push/key2"),
    ]
    assert desks.states == [PushState.ENDED, PushState.ACTIVE]


def test_a_source_that_is_gone_leaves_its_hub(desks: Desks) -> None:
    desks.subscribe()
    gone = SourceState(source_id="one", gone_polls=2)
    done = Poll(source_id="one", started_at=START, took=MINUTE, outcome=Outcome.FAILED)
    with desks.at.store.batch() as batch:
        note_poll(batch, SOURCE, done, before=gone, after=gone, at=START + DAY, now=START)
    desks.ask()
    assert desks.hub.forms[-1]["hub.mode"] == "unsubscribe"


def test_when_we_move_the_hub_is_told_the_new_address(desks: Desks) -> None:
    desks.subscribe()
    assert desks.ask("https://new.example.org") == 1
    assert desks.hub.forms[-1]["hub.callback"] == "https://new.example.org/push/key1"
    assert desks.states == [PushState.ACTIVE]


def test_polls_go_slower_while_the_hub_delivers_and_at_the_usual_pace_when_it_falls_silent(desks: Desks) -> None:
    desks.subscribe()
    desks.at.now += 2 * HOUR
    assert desks.poll() == 1
    desks.at.now += HOUR
    desks.deliver()
    desks.at.now += 2 * MINUTE
    assert desks.poll(new=1) == 4
    desks.at.now += 4 * HOUR
    assert desks.poll(outcome=Outcome.UNCHANGED, last=4 * HOUR) == 4
    desks.at.now += 4 * HOUR
    assert (desks.poll(new=2, last=4 * HOUR), desks.note()) == (1, None)
    desks.at.now += HOUR
    assert desks.poll(new=1) == 1
    assert desks.note() == (
        "push is broken: the hub 127.0.0.1 announced none of the last 2 polls with new entries; polled at the usual pace"
    )
    assert desks.ask() == 1
    assert "push is broken" in (desks.note() or "")
    desks.deliver()
    desks.at.now += 2 * MINUTE
    assert (desks.poll(new=1), desks.note()) == (4, None)


def test_a_delivery_ahead_of_its_entry_keeps_the_usual_pace(desks: Desks) -> None:
    desks.subscribe()
    desks.at.now += 2 * HOUR
    desks.deliver()
    desks.at.now += 2 * MINUTE
    assert desks.poll(outcome=Outcome.UNCHANGED) == 1


def test_a_failed_poll_is_not_put_off(desks: Desks) -> None:
    desks.subscribe()
    desks.deliver()
    desks.at.now += 2 * HOUR
    assert desks.poll(outcome=Outcome.FAILED) == 1


OPEN = (
    (SOURCE, BASE, True, "a feed, and we are public"),
    (SOURCE, "http://127.0.0.1:8080", False, "no hub can reach us"),
    (replace(SOURCE, private=True), BASE, False, "its address is a secret, which the hub would hear"),
    (replace(SOURCE, authorization="Bearer x"), BASE, False, "the hub could not read it"),
    (replace(SOURCE, url="https://me:pw@example.org/feed"), BASE, False, "credentials in the address"),
    (Source(id="f", kind=SourceKind.FOLDER, path=Path("in")), BASE, False, "a folder"),
)


@pytest.mark.parametrize(("source", "base_url", "expected", "why"), OPEN)
def test_which_sources_are_subscribed_to(desks: Desks, source: Source, base_url: str, expected: bool, why: str) -> None:
    works = replace(desks.at.works(HttpFetcher(LIMITS)), base_url=base_url)
    assert is_on(works, source) is expected, why


def test_without_a_public_address_or_a_daemon_there_is_no_callback(desks: Desks) -> None:
    desks.subscribe()
    at = desks.at
    for app in (
        create_app(at.store, site(at, "http://127.0.0.1:8080"), Heartbeat(lambda: at.now)),
        create_app(at.store, site(at)),
    ):
        answer = asking(app)("/push/key1", "POST", b"<feed/>")
        assert answer.status_code == 404
    assert desks.stored[0].deliveries == 0
    with at.store.read() as reader:
        assert push_notes(reader, "http://127.0.0.1:8080", at.now) == {}


def test_one_hub_is_asked_one_thing_at_a_time(desks: Desks) -> None:
    sources = tuple(replace(SOURCE, id=f"s{number}") for number in range(25))
    desks.at.sources = sources
    with desks.at.store.batch() as batch:
        for source in sources:
            note_hub(batch, source.id, desks.url, f"{TOPIC}?{source.id}", START)
    assert [desks.ask(), desks.ask(), desks.ask()] == [20, 5, 0]
    assert set(desks.states) == {PushState.ACTIVE}
    assert len({form["hub.callback"] for form in desks.hub.forms}) == 25


def atom(server: Server, *numbers: int) -> bytes:
    """A document that names the hub and itself, as publishers do."""
    entries = "".join(
        f"<entry><id>tag:example.org,2026:{number}</id><title>Entry {number}</title><updated>2026-03-01T11:00:00Z</updated>"
        f'<link href="https://example.org/{number}"/><summary>Text {number}.</summary></entry>'
        for number in numbers
    )
    links = f'<link rel="hub" href="{server.url("/hub")}"/><link rel="self" href="{server.url("/feed")}"/>'
    head = f"<id>tag:example.org,2026:feed</id><title>A source</title><updated>2026-03-01T11:00:00Z</updated>{links}"
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'.encode()


def test_from_the_document_that_names_a_hub_to_the_entry_that_it_announces(tmp_path: Path) -> None:
    shown: list[int] = [1]

    def handler(request: Request) -> Reply:
        return hub(request) if request.path == "/hub" else Reply(atom(server, *shown))

    with serve(handler) as server:
        source = Source(id="one", kind=SourceKind.FEED, url=server.url("/feed"))
        with desk(tmp_path, sources=(source,), topics=()) as at:
            at.works(HttpFetcher(LIMITS))
            get = asking(create_app(at.store, site(at), Heartbeat(lambda: at.now)))
            hub = Hub(get)
            keys = itertools.count(1)

            async def tick() -> list[tuple[int, Outcome]]:
                async with HttpFetcher(LIMITS) as fetcher:
                    works = replace(at.works(fetcher), base_url=BASE)
                    with ThreadPoolExecutor(1) as writer:
                        heed(works, at.now)
                        polls = await poll(works, writer, sources=due(works, at.now))
                        await ask_hubs(works, lambda: f"key{next(keys)}", writer)
                        return [(done.new, done.outcome) for done in polls]

            assert asyncio.run(tick()) == [(1, Outcome.NEW)]
            assert [form["hub.topic"] for form in hub.forms] == [server.url("/feed")]
            at.now += 20 * MINUTE
            assert asyncio.run(tick()) == []
            shown.append(2)
            assert get("/push/key1", "POST", b"anything").status_code == 202
            assert asyncio.run(tick()) == [(1, Outcome.NEW)]
            assert asyncio.run(tick()) == []
            with at.store.read() as reader:
                (stored,) = reader.subscriptions()
                assert len(tuple(reader.articles())) == 2
    assert (stored.state, stored.invited_at, stored.is_working(at.now)) == (PushState.ACTIVE, None, True)


@pytest.mark.slow
def test_the_daemon_subscribes_answers_the_hub_and_takes_what_it_delivers(tmp_path: Path) -> None:
    port, forms = free_port(), list[dict[str, str]]()
    heard = threading.Event()

    def here(form: dict[str, str], query: str = "") -> str:
        return f"http://127.0.0.1:{port}{path(form)}{query}"

    def handler(request: Request) -> Reply:
        if request.path != "/hub":
            return Reply(atom(server, 1))
        form = dict(parse_qsl(request.body.decode()))
        query = {name: form[name] for name in ("hub.mode", "hub.topic", "hub.lease_seconds")} | {"hub.challenge": "c"}
        assert httpx.get(here(form, f"?{urlencode(query)}")).text == "c"
        forms.append(form)
        heard.set()
        return Reply(status=202)

    with serve(handler) as server:
        configure(tmp_path, port, feed_table(server.url("/feed")))
        config = tmp_path / "config.toml"
        text = config.read_text("utf-8").replace(f'base_url = "http://127.0.0.1:{port}"', f'base_url = "{BASE}"')
        config.write_text(text, "utf-8")
        with running(tmp_path, "run") as process:
            assert heard.wait(40)
            delivered = httpx.post(here(forms[0]), content=b"<feed/>")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=40) == 0
    log = (tmp_path / "daemon.log").read_text("utf-8")
    assert delivered.status_code == 202
    assert "hub delivered" in log
    assert "Traceback" not in log
    assert path(forms[0]).removeprefix("/push/") not in log
