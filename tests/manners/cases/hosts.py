"""Hosts: many sources of one host are one visitor, who asks one thing after the other and does not slam the door."""

from datetime import timedelta
from itertools import pairwise

from tests.manners.answers import CLOSE, document, head, honest, raw, reply, stream
from tests.manners.case import Group
from tests.manners.play import DAY, Play
from tests.manners.server import Answer, Ask

group = Group("hosts")

_FIVE = [f"/feed-{number}" for number in range(1, 6)]


def _five(play: Play, pause_s: float = 0.0, headers: dict[str, str] | None = None) -> None:
    """Five sources of one host that are due together; each answer takes a while."""
    for path in _FIVE:
        whole = reply(document(path.strip("/")), headers)
        parts = tuple(whole.parts())

        def answer(_: Ask, parts: tuple[bytes | float, ...] = parts, stays: bool = whole.stays) -> Answer:
            return Answer(parts=lambda: (pause_s, *parts), stays=stays)

        play.route(path, answer)
        play.subscribe(path)


@group.case("One request at a time to one host, however many sources it has (politeness of every crawler)")
def a_host_is_asked_one_thing_at_a_time(play: Play) -> None:
    _five(play, 0.1)
    play.run(timedelta(minutes=1))
    assert [len(play.asks(path)) for path in _FIVE] == [1] * 5
    assert play.site.most_busy[play.site.host()] == 1


@group.case("A host is not held by two connections at once (RFC 9112 9.4)")
def a_host_is_held_by_one_connection(play: Play) -> None:
    _five(play, 0.05)
    play.run(timedelta(minutes=1))
    assert play.site.most_connections[play.site.host()] == 1


@group.case("Requests to one host that follow each other use one connection (RFC 9112 9.3)")
def a_connection_is_used_again(play: Play) -> None:
    _five(play)
    play.run(timedelta(minutes=1))
    assert len(play.site.asks) == 5
    assert len({ask.connection for ask in play.site.asks}) == 1


@group.case("A server that closes the connection without a word costs one more connection, no source (RFC 9112 9.3.1)")
def a_connection_that_was_closed_meanwhile_is_opened_again(play: Play) -> None:
    for path in _FIVE:
        body = document(path.strip("/"))
        play.route(path, raw(head(200, {"Content-Length": str(len(body))}), body))
        play.subscribe(path)
    play.run(timedelta(minutes=1))
    assert play.titles() == {path.strip("/") for path in _FIVE}


@group.case("`Connection: close` is obeyed (RFC 9112 9.6)")
def a_close_is_obeyed(play: Play) -> None:
    _five(play, headers=CLOSE)
    play.run(timedelta(minutes=1))
    assert len({ask.connection for ask in play.site.asks}) == 5
    assert play.titles() == {path.strip("/") for path in _FIVE}


@group.case("A pause between two requests to one host (politeness of every crawler)", is_slow=True)
def a_host_has_a_pause_between_two_requests(play: Play) -> None:
    play.limits.host_pause = timedelta(seconds=0.25)
    _five(play)
    play.run(timedelta(minutes=1))
    asks = play.site.asks
    pauses = [later.started_s - (earlier.ended_s or 0.0) for earlier, later in pairwise(asks)]
    assert len(pauses) == 4
    assert min(pauses) >= 0.2


@group.case(
    "The hosts of others do not wait for a slow one",
    ours_only="how a poller uses its own time is its own affair",
    is_slow=True,
)
def a_slow_host_holds_up_no_other(play: Play) -> None:
    play.limits.timeout = timedelta(seconds=3)
    for host in (1, 2, 3):
        body = document("slow")
        play.route("/feed", stream(lambda body=body: (1.0, head(200, CLOSE), body)), host=host)  # type: ignore[misc]
        play.subscribe("/feed", host)
    for host in range(4, 9):
        play.feed(honest(document("quick")), host=host)
    play.run(timedelta(minutes=1))
    begin = min(ask.started_s for ask in play.site.asks)
    quick = [play.asks(host=host)[0] for host in range(4, 9)]
    assert max((ask.ended_s or 0.0) - begin for ask in quick) < 0.9


@group.case("A redirect to the host that is being asked is followed without a second connection at the same time")
def a_redirect_on_one_host_uses_its_turn(play: Play) -> None:
    for path in _FIVE:
        play.route(path, reply(b"", {"Location": f"{path}/target"}, 302))
        play.route(f"{path}/target", reply(document(path.strip("/"))))
        play.subscribe(path)
    play.run(DAY / 24)
    assert play.site.most_busy[play.site.host()] == 1
    assert len(play.titles()) == 5
