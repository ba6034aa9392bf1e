"""What is said to a hub and what its words mean; the life of a subscription, event by event."""

import hmac
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import websub
from aggregator.model.push import (
    Denial,
    HubAccepted,
    HubRefused,
    HubUnanswered,
    Invitation,
    PushState,
    Subscription,
    Verification,
)
from aggregator.model.source import Source, SourceKind

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BASE = "https://feeds.example.org"
HUB = "https://hub.example.org/"
TOPIC = "https://example.org/feed.xml"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def wanted(**values: object) -> Subscription:
    usual = Subscription(source_id="one", hub=HUB, topic=TOPIC, offered_at=NOW, changed_at=NOW, due_at=NOW)
    return replace(usual, **values)  # type: ignore[arg-type]


def asked(**values: object) -> Subscription:
    keys = itertools.count(1)
    return websub.asked(wanted(**values), BASE, lambda: f"key{next(keys)}", NOW)


def verification(topic: str = TOPIC, lease: timedelta = 10 * DAY, *, is_leaving: bool = False) -> Verification:
    return Verification(is_leaving=is_leaving, topic=topic, challenge="c", lease=lease)


def active(**values: object) -> Subscription:
    verified = websub.heard(asked(), verification(), NOW)
    assert verified is not None
    return replace(verified, **values)  # type: ignore[arg-type]


PUBLIC = (
    ("https://feeds.example.org", True, "a name"),
    ("http://feeds.example.org:8080/news", True, "plain http and a port"),
    ("https://8.8.8.8", True, "a public address"),
    ("https://[2606:4700::1111]", True, "a public IPv6 address"),
    ("http://127.0.0.1:8080", False, "the default"),
    ("http://localhost:8080", False, "this machine"),
    ("http://desk.localhost", False, "this machine too"),
    ("http://[::1]:8080", False, "this machine in IPv6"),
    ("http://10.1.2.3", False, "a private address"),
    ("http://192.168.1.5:8080", False, "a private address"),
    ("http://100.64.0.1", False, "behind the provider's NAT"),
    ("http://169.254.1.1", False, "link-local"),
    ("http://[fd00::1]", False, "private in IPv6"),
    ("http://0.0.0.0:8080", False, "no address"),
    ("http://desk", False, "a name without a dot is local"),
    ("http://desk.local", False, "multicast names"),
    ("http://desk.local.", False, "the root's dot changes nothing"),
    ("http://desk.LAN", False, "case changes nothing"),
    ("http://news.internal", False, "reserved for private use"),
    ("http://desk.home.arpa", False, "reserved for homes"),
    ("http://127.1", False, "an address in an odd spelling"),
    ("http://2130706433", False, "an address in an odd spelling"),
    ("http://127.0.0.0x1", False, "an address in an odd spelling"),
    ("ftp://feeds.example.org", False, "not the web"),
    ("", False, "nothing"),
)


@pytest.mark.parametrize(("url", "expected", "why"), PUBLIC)
def test_push_is_on_where_a_hub_can_reach_us(url: str, expected: bool, why: str) -> None:
    assert websub.is_public(url) is expected, why


LEASES = (
    (None, websub.LEASE, "silent: what we asked for"),
    ("", websub.LEASE, "empty"),
    ("-5", websub.LEASE, "not a number of seconds"),
    ("1e9", websub.LEASE, "not a number of seconds"),
    ("٣٦٠٠٠", websub.LEASE, "digits, but not HTTP's"),
    ("0", HOUR, "too short: renewing would never end"),
    ("60", HOUR, "too short"),
    ("7200", 2 * HOUR, "as granted"),
    ("31536000", 30 * DAY, "a year: too long to trust"),
    ("9" * 5000, 30 * DAY, "more digits than int() takes"),
)


@pytest.mark.parametrize(("seconds", "expected", "why"), LEASES)
def test_a_lease_is_clamped(seconds: str | None, expected: timedelta, why: str) -> None:
    assert websub.clamp_lease(seconds) == expected, why


@given(st.text())
def test_any_lease_is_within_its_bounds(seconds: str) -> None:
    assert HOUR <= websub.clamp_lease(seconds) <= 30 * DAY


SECRET, BODY = "s3cret", b"<feed/>"


def signed(method: str, secret: str = SECRET, body: bytes = BODY) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


SIGNATURES = (
    (SECRET, signed("sha1"), True, "sha1: still what many hubs send"),
    (SECRET, signed("sha256"), True, "sha256"),
    (SECRET, signed("sha384"), True, "sha384"),
    (SECRET, signed("sha512"), True, "sha512"),
    (SECRET, signed("sha256").replace("sha256", "SHA256"), True, "the method in capitals"),
    (SECRET, "sha256=" + signed("sha256").partition("=")[2].upper(), True, "hex in capitals"),
    (SECRET, signed("sha256", secret="other"), False, "another secret"),
    (SECRET, signed("sha256", body=b"<feed />"), False, "another body"),
    (SECRET, signed("md5"), False, "a method that is none of WebSub's"),
    (SECRET, "sha1=" + signed("sha256").partition("=")[2], False, "the wrong method named"),
    (SECRET, signed("sha256")[:-1], False, "cut"),
    (SECRET, "sha256=", False, "empty"),
    (SECRET, "sha256=żółw", False, "not hex"),
    (SECRET, "", False, "empty"),
    (SECRET, None, False, "missing where a secret was agreed on"),
    (None, None, True, "no secret was agreed on"),
    (None, "sha256=00", True, "a signature that nobody asked for"),
)


@pytest.mark.parametrize(("secret", "header", "expected", "why"), SIGNATURES)
def test_a_signature_is_right_or_wrong(secret: str | None, header: str | None, expected: bool, why: str) -> None:
    assert websub.signature_is_right(secret, header, BODY) is expected, why


@given(st.lists(st.binary(max_size=50)))
def test_a_signature_of_parts_is_that_of_the_whole(parts: list[bytes]) -> None:
    signature = websub.Signature(SECRET, signed("sha512", body=b"".join(parts)))
    for part in parts:
        signature.feed(part)
    assert signature.is_right()


def test_the_request_says_what_is_wanted_where_and_for_how_long() -> None:
    assert dict(websub.subscribe_form(asked())) == {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.callback": f"{BASE}/push/key1",
        "hub.lease_seconds": "864000",
        "hub.secret": "key2",
    }


def test_a_secret_never_travels_in_the_clear() -> None:
    subscription = asked(hub="http://hub.example.org/")
    assert subscription.secret is None
    assert "hub.secret" not in dict(websub.subscribe_form(subscription))


def test_a_farewell_names_the_callback_that_the_hub_knows() -> None:
    leaving = websub.wished(active(), is_configured=False, base_url=BASE, now=NOW)
    sent = websub.asked(leaving, "https://elsewhere.example.org", lambda: "new", NOW)
    assert dict(websub.subscribe_form(sent)) == {
        "hub.mode": "unsubscribe",
        "hub.topic": TOPIC,
        "hub.callback": f"{BASE}/push/key1",
    }


def test_keys_stand_in_no_printed_subscription() -> None:
    assert "key1" not in repr(active())
    assert "key2" not in repr(active())


INTENTS: tuple[tuple[dict[str, str], Verification | Denial | None, str], ...] = (
    (
        {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "c", "hub.lease_seconds": "7200"},
        verification(lease=2 * HOUR),
        "a verification",
    ),
    (
        {"hub.mode": "unsubscribe", "hub.topic": TOPIC, "hub.challenge": "c"},
        verification(is_leaving=True),
        "the end is verified too",
    ),
    ({"hub.mode": "denied", "hub.topic": TOPIC}, Denial(topic=TOPIC, reason=""), "a denial without a reason"),
    (
        {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "no\n\x1b[31m more \u202e" + "x" * 900},
        Denial(topic=TOPIC, reason="no [31m more " + "x" * 187),
        "a reason is one short line without control characters",
    ),
    ({"hub.mode": "subscribe", "hub.topic": TOPIC}, None, "no challenge"),
    ({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "c" * 5000}, None, "a challenge without end"),
    ({"hub.mode": "publish", "hub.topic": TOPIC, "hub.challenge": "c"}, None, "not said to a subscriber"),
    ({}, None, "nothing"),
)


@pytest.mark.parametrize(("query", "expected", "why"), INTENTS)
def test_what_a_hub_wants_of_the_callback(query: dict[str, str], expected: object, why: str) -> None:
    assert websub.intent(query) == expected, why


HEARD = (
    (asked(), verification(), PushState.ACTIVE, "asked and verified"),
    (active(), verification(), PushState.ACTIVE, "renewed"),
    (asked(), Denial(topic=TOPIC, reason=""), PushState.DENIED, "refused"),
    (active(), Denial(topic=TOPIC, reason=""), PushState.DENIED, "refused later (WebSub 5.2)"),
    (wanted(state=PushState.LEAVING), verification(is_leaving=True), PushState.ENDED, "left"),
    (wanted(state=PushState.ENDED), verification(is_leaving=True), PushState.ENDED, "left twice"),
    (wanted(), verification(), None, "never asked"),
    (asked(), verification(topic="https://example.org/other"), None, "another topic"),
    (asked(), Denial(topic="https://example.org/other", reason=""), None, "another topic"),
    (active(), verification(is_leaving=True), None, "somebody else wants us to leave"),
    (wanted(state=PushState.LEAVING), verification(), None, "we do not want it any more"),
    (wanted(state=PushState.FAILED), verification(), None, "given up"),
)


@pytest.mark.parametrize(("before", "said", "expected", "why"), HEARD)
def test_only_what_was_asked_for_is_confirmed(
    before: Subscription, said: Verification | Denial, expected: PushState | None, why: str
) -> None:
    after = websub.heard(before, said, NOW)
    assert (after and after.state) == expected, why


def test_a_lease_is_renewed_when_most_of_it_is_over_and_not_by_all_at_once() -> None:
    due = set()
    for number in range(50):
        verified = websub.heard(asked(source_id=f"s{number}"), verification(lease=10 * DAY), NOW)
        assert verified is not None
        assert verified.due_at is not None
        assert NOW + 7.5 * DAY <= verified.due_at <= NOW + 8.5 * DAY
        due.add(verified.due_at)
    assert len(due) > 45


def test_a_renewal_keeps_the_callback_the_secret_and_the_record() -> None:
    before = replace(active(), missed=2, deliveries=7)
    later = NOW + 8 * DAY
    after = websub.heard(websub.asked(before, BASE, lambda: "never", later), verification(), later)
    assert after is not None
    assert (after.token, after.secret, after.deliveries, after.missed) == ("key1", "key2", 7, 2)
    assert (after.verified_at, after.expires_at) == (NOW, later + 10 * DAY)


def test_a_silent_hub_is_asked_less_and_less_and_then_given_up() -> None:
    subscription, waits = wanted(), []
    while subscription.due_at is not None:
        now = subscription.due_at
        subscription = websub.asked(subscription, BASE, lambda: "key", now)
        waits.append((subscription.due_at or now) - now)
    assert len(waits) == 9
    assert all(one * 1.6 < other < one * 2.5 for one, other in itertools.pairwise(waits[:7]))
    assert 9 * MINUTE <= waits[0] <= 11 * MINUTE
    assert subscription.state is PushState.FAILED
    assert "is base_url reachable from outside?" in (websub.note(subscription, NOW) or "")


ANSWERS = (
    (asked(), HubAccepted(), PushState.ASKED, "taken: the verification decides"),
    (asked(), HubRefused(detail="HTTP 400"), PushState.DENIED, "it will never be liked"),
    (asked(), HubUnanswered(detail="HTTP 503"), PushState.ASKED, "asked again"),
    (active(), HubRefused(detail="HTTP 400"), PushState.ACTIVE, "verified before the answer came: that counts"),
    (websub.asked(active(), BASE, lambda: "", NOW), HubRefused(detail="x"), PushState.DENIED, "the renewal is refused"),
    (
        websub.asked(active(), BASE, lambda: "", NOW),
        HubUnanswered(detail="x"),
        PushState.ACTIVE,
        "the lease still runs",
    ),
    (wanted(state=PushState.LEAVING, attempts=1), HubRefused(detail="x"), PushState.ENDED, "it does not know us: gone"),
)


@pytest.mark.parametrize(("before", "answer", "expected", "why"), ANSWERS)
def test_what_an_answer_of_the_hub_leads_to(
    before: Subscription, answer: HubAccepted | HubRefused | HubUnanswered, expected: PushState, why: str
) -> None:
    assert websub.answered(before, answer, NOW).state is expected, why


def test_a_hub_that_asks_for_patience_gets_it() -> None:
    after = websub.answered(asked(), HubUnanswered(detail="HTTP 429", retry_after=3 * HOUR), NOW)
    assert after.due_at == NOW + 3 * HOUR


def test_a_hub_is_noted_once() -> None:
    (new,) = websub.offered((), "one", HUB, TOPIC, NOW)
    assert (new.state, new.due_at, new.token) == (PushState.WANTED, NOW, None)
    assert websub.offered((new,), "one", HUB, TOPIC, NOW + HOUR) == ()


UNUSABLE = (
    (None, TOPIC, "no hub"),
    (HUB, None, "no topic: a subscription needs the self link"),
    ("file:///etc/passwd", TOPIC, "not the web"),
    ("//hub.example.org", TOPIC, "not absolute"),
    ("https://user:pass@hub.example.org/", TOPIC, "credentials of the server's invention"),
    (HUB + "x" * 1000, TOPIC, "too long"),
    (HUB, "https://example.org/\nfeed", "not a URL"),
)


@pytest.mark.parametrize(("hub", "topic", "why"), UNUSABLE)
def test_what_is_no_hub_is_not_noted_and_ends_the_one_before(hub: str | None, topic: str | None, why: str) -> None:
    assert websub.offered((), "one", hub, topic, NOW) == (), why
    assert websub.offered((active(),), "one", hub, topic, NOW) == (replace(active(), is_offered=False),), why


def test_another_hub_takes_the_place_of_the_first_but_only_once_a_day() -> None:
    other = "https://other.example.org/"
    assert websub.offered((active(),), "one", other, TOPIC, NOW + 23 * HOUR) == ()
    left, new = websub.offered((active(),), "one", other, TOPIC, NOW + 25 * HOUR)
    assert (left.hub, left.is_offered, new.hub, new.is_offered) == (HUB, False, other, True)
    assert websub.offered((new, left), "one", HUB, TOPIC, NOW + 26 * HOUR) == ()
    gone, back = websub.offered((new, left), "one", HUB, TOPIC, NOW + 50 * HOUR)
    assert (gone.hub, gone.is_offered, back) == (other, False, replace(active(), offered_at=NOW + 50 * HOUR))


@pytest.mark.parametrize("state", [PushState.DENIED, PushState.FAILED])
def test_a_hub_that_said_no_is_asked_again_after_a_week(state: PushState) -> None:
    shut = wanted(state=state, due_at=None, attempts=8, detail="x")
    assert websub.offered((shut,), "one", HUB, TOPIC, NOW + 6 * DAY) == ()
    (again,) = websub.offered((shut,), "one", HUB, TOPIC, NOW + 7 * DAY)
    assert (again.state, again.attempts, again.due_at) == (PushState.WANTED, 0, NOW + 7 * DAY)


WISHES = (
    (active(), True, BASE, PushState.ACTIVE, "as it is meant to be"),
    (active(), False, BASE, PushState.LEAVING, "the source left the configuration"),
    (active(is_offered=False), True, BASE, PushState.LEAVING, "the document names the hub no more"),
    (asked(), False, BASE, PushState.LEAVING, "the hub may verify yet"),
    (wanted(), False, BASE, PushState.ENDED, "the hub knows nothing of it"),
    (wanted(state=PushState.DENIED), False, BASE, PushState.ENDED, "the hub knows nothing of it"),
    (wanted(state=PushState.LEAVING), False, BASE, PushState.LEAVING, "on its way out"),
    (wanted(state=PushState.LEAVING), True, BASE, PushState.WANTED, "the source is back"),
    (wanted(state=PushState.ENDED), True, BASE, PushState.WANTED, "the source is back"),
    (active(), True, "https://new.example.org", PushState.WANTED, "we moved: the hub is told"),
    (wanted(), True, "https://new.example.org", PushState.WANTED, "nothing to tell"),
)


@pytest.mark.parametrize(("before", "is_configured", "base_url", "expected", "why"), WISHES)
def test_a_subscription_follows_the_document_and_the_configuration(
    before: Subscription, is_configured: bool, base_url: str, expected: PushState, why: str
) -> None:
    after = websub.wished(before, is_configured=is_configured, base_url=base_url, now=NOW)
    assert after.state is expected, why


def test_a_clock_that_stepped_back_does_not_put_a_renewal_off_for_ever() -> None:
    assert websub.is_due(wanted(due_at=NOW + 400 * DAY), NOW)
    assert not websub.is_due(wanted(due_at=NOW + 8 * DAY), NOW)
    assert not websub.is_due(wanted(due_at=None), NOW)


def poll(subscription: Subscription, hours: float, *, found_new: bool = True) -> Subscription:
    """A poll so many hours after the start, an hour after the one before."""
    now = NOW + hours * HOUR
    return websub.polled(subscription, found_new=found_new, started_at=now - MINUTE, last_poll_at=now - HOUR, now=now)


def test_push_works_once_it_has_delivered() -> None:
    assert not active().is_working(NOW)
    after = websub.delivered(active(), NOW, is_genuine=True)
    assert after.is_working(NOW)
    assert not after.is_working(NOW + 10 * DAY)


def test_a_hub_that_falls_silent_is_noticed_at_once_told_of_after_two_polls_and_asked_anew() -> None:
    working = poll(websub.delivered(active(), NOW, is_genuine=True), 0.5)
    once = poll(working, 3)
    twice = poll(once, 4)
    assert working.is_working(NOW + HOUR)
    assert (once.missed, once.is_working(NOW + 3 * HOUR), websub.note(once, NOW + 3 * HOUR)) == (1, False, None)
    assert (twice.missed, twice.due_at) == (2, NOW + 4 * HOUR)
    assert websub.note(twice, NOW + 4 * HOUR) == (
        "push is broken: the hub hub.example.org announced none of the last 2 polls with new entries; "
        "polled at the usual pace"
    )
    healed = websub.delivered(twice, NOW + 5 * HOUR, is_genuine=True)
    assert (healed.missed, healed.is_working(NOW + 5 * HOUR), websub.note(healed, NOW + 5 * HOUR)) == (0, True, None)


def test_a_poll_that_finds_nothing_says_nothing_of_the_hub() -> None:
    assert poll(poll(active(missed=1), 3), 4, found_new=False).missed == 2
    assert poll(active(missed=1), 3, found_new=False).missed == 1


def test_what_came_before_the_verification_is_no_miss() -> None:
    assert poll(active(), 0.5).missed == 0
    assert poll(active(), 1.5).missed == 1


def test_an_entry_that_was_announced_is_no_miss_whenever_it_is_found() -> None:
    invited = websub.delivered(active(missed=1), NOW + 2 * HOUR, is_genuine=True)
    assert poll(invited, 2.1).missed == 0
    seen = poll(invited, 2.1, found_new=False)
    assert (seen.invited_at, poll(seen, 2.9).missed) == (None, 0)


def test_a_delivery_during_a_poll_calls_for_another() -> None:
    during = websub.delivered(active(), NOW + 2 * HOUR - timedelta(seconds=30), is_genuine=True)
    assert poll(during, 2).invited_at == during.invited_at
    assert poll(during, 3).invited_at is None


def test_a_delivery_from_the_future_is_a_clocks_doing() -> None:
    assert poll(active(invited_at=NOW + 9 * DAY), 2).invited_at is None


def test_an_unsigned_delivery_is_counted_and_invites_nobody() -> None:
    after = websub.delivered(active(), NOW, is_genuine=False)
    assert after == replace(active(), forged=1)
    assert websub.note(after, NOW) == "push: 1 delivery without the right signature ignored"


INVITATIONS = (
    (
        Invitation(source_id="one", invited_at=NOW, last_poll_at=None, next_poll_at=NOW + HOUR, retry_after_at=None),
        NOW,
        "now",
    ),
    (
        Invitation(
            source_id="one", invited_at=NOW, last_poll_at=NOW - HOUR, next_poll_at=NOW + HOUR, retry_after_at=None
        ),
        NOW,
        "sooner than any floor",
    ),
    (
        Invitation(
            source_id="one",
            invited_at=NOW,
            last_poll_at=NOW - 0.5 * MINUTE,
            next_poll_at=NOW + HOUR,
            retry_after_at=None,
        ),
        NOW + 0.5 * MINUTE,
        "once a minute",
    ),
    (
        Invitation(
            source_id="one", invited_at=NOW, last_poll_at=NOW + 9 * DAY, next_poll_at=NOW + HOUR, retry_after_at=None
        ),
        NOW + MINUTE,
        "the last poll lies in the future: the clock stepped back",
    ),
    (
        Invitation(
            source_id="one",
            invited_at=NOW,
            last_poll_at=NOW - HOUR,
            next_poll_at=NOW + DAY,
            retry_after_at=NOW + 3 * HOUR,
        ),
        NOW + 3 * HOUR,
        "the source's own server asked for patience",
    ),
    (
        Invitation(
            source_id="one", invited_at=NOW, last_poll_at=NOW - HOUR, next_poll_at=NOW - MINUTE, retry_after_at=None
        ),
        None,
        "due already",
    ),
)


@pytest.mark.parametrize(("invitation", "expected", "why"), INVITATIONS)
def test_when_a_source_is_polled_because_of_a_delivery(
    invitation: Invitation, expected: datetime | None, why: str
) -> None:
    assert websub.invited_poll_at(invitation, NOW) == expected, why


PACES = (
    (HOUR, DAY, 4 * HOUR, "four times as long"),
    (12 * HOUR, DAY, DAY, "never longer than the longest"),
    (2 * DAY, DAY, DAY, "an interval above the longest"),
    (timedelta.max, timedelta.max, timedelta.max, "no interval is too long to reckon with"),
)


@pytest.mark.parametrize(("interval", "longest", "expected", "why"), PACES)
def test_polling_slows_down_while_push_works(
    interval: timedelta, longest: timedelta, expected: timedelta, why: str
) -> None:
    source = Source(id="one", kind=SourceKind.FEED, url=TOPIC, interval=interval, max_interval=longest)
    assert abs(websub.slowed(source).interval - expected) < timedelta(seconds=1), why
