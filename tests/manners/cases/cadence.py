"""Cadence: never too often, never in a burst, more often where more comes; whatever the clock and the process do."""

from collections import Counter
from datetime import datetime
from itertools import pairwise

from tests.manners.answers import START, document, failing, feed, growing, honest, reply
from tests.manners.case import Group
from tests.manners.play import DAY, FLOOR, FLOOR_WITHOUT_VALIDATORS, HOUR, MINUTE, SLACK, Play

group = Group("cadence", is_slow=True)

_MANY = range(1, 21)


def _busiest_second(times: list[datetime]) -> int:
    return max(Counter(at.replace(microsecond=0) for at in times).values())


@group.case("Not more than four conditional requests an hour by default (rule of rachelbythebay and of reddit.com)")
def a_busy_source_with_validators_is_asked_every_15_minutes_at_most(play: Play) -> None:
    play.feed(honest(growing(3 * MINUTE), lambda _: {"Cache-Control": "max-age=60"}))
    play.run(5 * DAY)
    assert len(play.asks()) >= 24
    assert min(play.gaps()) >= FLOOR - SLACK


@group.case("Not more than one unconditional request an hour: each one costs the whole document")
def a_source_without_validators_is_asked_hourly_at_most(play: Play) -> None:
    grows = growing(3 * MINUTE)
    play.feed(lambda ask: reply(grows(ask.at)))
    play.run(5 * DAY)
    assert len(play.asks()) >= 10
    assert min(play.gaps()) >= FLOOR_WITHOUT_VALIDATORS - SLACK


@group.case(
    "A server that gives an ETag and never answers 304 has no usable validators: hourly at most",
)
def validators_that_never_work_do_not_count(play: Play) -> None:
    grows = growing(3 * MINUTE)
    play.feed(lambda ask: reply(grows(ask.at), {"ETag": f'"{ask.nth}"'}))
    play.run(3 * DAY)
    assert min(play.gaps()) >= FLOOR_WITHOUT_VALIDATORS - SLACK


@group.case("A minimum that the user wrote is obeyed as written", ours_only="a key of our configuration")
def a_minimum_that_the_user_wrote_is_obeyed(play: Play) -> None:
    grows = growing(MINUTE)
    play.route("/feed", lambda ask: reply(grows(ask.at)))
    play.subscribe(interval=5 * MINUTE, min_interval=5 * MINUTE, max_interval=10 * MINUTE)
    play.run(6 * HOUR)
    assert min(play.gaps()) >= 5 * MINUTE - SLACK
    assert max(play.gaps()) <= 10 * MINUTE + SLACK


@group.case(
    "An interval that the user wrote does not undercut the polite minimum", ours_only="a key of our configuration"
)
def an_interval_does_not_undercut_the_minimum(play: Play) -> None:
    play.route("/feed", honest(growing(MINUTE)))
    play.subscribe(interval=MINUTE)
    play.run(DAY)
    assert min(play.gaps()) >= FLOOR - SLACK


@group.case("A quiet source is not forgotten: it is asked at least once in the longest interval")
def a_quiet_source_is_asked_every_day(play: Play) -> None:
    play.feed(honest(document("a")))
    play.run(40 * DAY)
    assert max(play.gaps()) <= DAY + SLACK
    assert play.now - play.asks()[-1].at <= DAY + SLACK


@group.case(
    "A source in which nothing happens for weeks is asked less than one that is new (adaptive polling, RFC 5861 spirit)"
)
def a_quiet_source_is_asked_less_and_less(play: Play) -> None:
    play.feed(honest(document("a")))
    play.run(28 * DAY)
    last_week = [ask for ask in play.asks() if ask.at > START + 21 * DAY]
    assert len(last_week) <= 7 * 8


@group.case("Who publishes often is asked more often than who publishes seldom: requests go where they find something")
def a_busy_source_is_asked_more_than_a_quiet_one(play: Play) -> None:
    play.feed(honest(growing(30 * MINUTE)), host=1)
    play.feed(honest(growing(3 * DAY)), host=2)
    play.run(14 * DAY)
    busy, quiet = ([ask for ask in play.asks(host=host) if ask.at > START + 7 * DAY] for host in (1, 2))
    assert len(busy) >= 2 * len(quiet)


@group.case("No double fetch after a restart: what is due is remembered, not begun anew (rule of rachelbythebay)")
def a_restart_causes_no_early_request(play: Play) -> None:
    play.feed(honest(document("a")))
    play.until(2)
    for _ in range(5):
        play.run(5 * MINUTE)
        play.restart()
    play.run(DAY)
    assert min(play.gaps()) >= FLOOR - SLACK
    assert play.gaps()[1] >= 25 * MINUTE


@group.case("A restart does not forget that a server asked for patience (RFC 9110 10.2.3)")
def a_restart_does_not_forget_retry_after(play: Play) -> None:
    play.feed(failing(429, {"Retry-After": str(20 * 3600)}), feed("a"))
    play.until(1)
    play.run(MINUTE)
    play.restart()
    play.until(2)
    assert play.gaps()[0] >= 20 * HOUR - SLACK


@group.case("A restart does not begin the back-off anew")
def a_restart_does_not_end_the_back_off(play: Play) -> None:
    play.feed(failing(500))
    play.until(6)
    before = play.gaps()[-1]
    play.restart()
    play.until(8)
    assert min(play.gaps()[-2:]) >= 0.8 * before


@group.case("Sources that were added together are not asked together for ever: their times are spread")
def sources_drift_apart(play: Play) -> None:
    for host in _MANY:
        play.feed(honest(document("a")), host=host)
    play.run(DAY)
    second = [play.asks(host=host)[1].at for host in _MANY]
    assert _busiest_second(second) <= 3
    assert max(second) - min(second) >= 5 * MINUTE


@group.case("Sources that failed together do not come back together (equal back-off makes bursts)")
def sources_that_failed_together_come_back_apart(play: Play) -> None:
    for host in _MANY:
        play.feed(failing(502), host=host)
    play.run(DAY)
    second = [play.asks(host=host)[1].at for host in _MANY]
    assert _busiest_second(second) <= 3


def _watched(play: Play) -> None:
    for host in _MANY:
        play.feed(honest(document("a")), host=host)
    play.run(DAY)


def _since(play: Play, asked: dict[int, int], host: int) -> list[datetime]:
    return [ask.at for ask in play.asks(host=host)[asked[host] :]]


@group.case("A clock that is set back by days stalls nobody: a due time that is too far off is drawn anew")
def a_clock_set_back_does_not_stall(play: Play) -> None:
    _watched(play)
    asked = {host: len(play.asks(host=host)) for host in _MANY}
    play.step_clock(-3 * DAY)
    begin = play.now
    play.run(DAY + HOUR)
    for host in _MANY:
        times = _since(play, asked, host)
        assert times, "asked no more within a day"
        assert times[0] - begin <= DAY + SLACK


@group.case("A clock that is set back causes no storm either: nobody is asked twice within the minimum")
def a_clock_set_back_does_not_storm(play: Play) -> None:
    _watched(play)
    asked = {host: len(play.asks(host=host)) for host in _MANY}
    play.step_clock(-3 * DAY)
    play.run(2 * DAY)
    times = {host: _since(play, asked, host) for host in _MANY}
    for each in times.values():
        assert all(later - earlier >= FLOOR - SLACK for earlier, later in pairwise(each))
    assert _busiest_second([at for each in times.values() for at in each]) <= 3


@group.case("A clock that is set forward makes all sources overdue at once; they are spread, not asked in one burst")
def a_clock_set_forward_does_not_storm(play: Play) -> None:
    _watched(play)
    asked = {host: len(play.asks(host=host)) for host in _MANY}
    play.step_clock(3 * DAY)
    play.run(DAY + HOUR)
    first = [_since(play, asked, host)[0] for host in _MANY]
    assert len({at.replace(second=0) for at in first}) >= 10
    assert max(first) - min(first) >= 10 * MINUTE


@group.case("A process that was stopped for three days asks nobody twice when it comes back")
def coming_back_after_days_is_one_request_each(play: Play) -> None:
    _watched(play)
    asked = {host: len(play.asks(host=host)) for host in _MANY}
    play.clock[0] += 3 * DAY
    play.restart()
    play.run(20 * MINUTE)
    assert max(len(_since(play, asked, host)) for host in _MANY) <= 2
    for host in _MANY:
        times = _since(play, asked, host)
        assert all(later - earlier >= FLOOR - SLACK for earlier, later in pairwise(times))
