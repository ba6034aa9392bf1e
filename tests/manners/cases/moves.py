"""Moves: a new address is taken over when it is sure, never because somebody redirects for an hour."""

from functools import partial

from tests.manners.answers import START, document, failing, feed, growing, honest, in_turn, moved, reply
from tests.manners.case import Group
from tests.manners.play import DAY, HOUR, NotApplicable, Play
from tests.manners.server import Answer, Script

group = Group("moves", is_slow=True)

_PERMANENT = "301 and 308 say that the address is to be changed (RFC 9110 15.4.2, 15.4.9)"
_CAUTION = "A wrong move loses a source for ever, so it is believed only when it lasts and the feed is the same"
_TEMPORARY = "302, 303 and 307 say to ask the old address again (RFC 9110 15.4.3, 15.4.4, 15.4.8)"
# Long enough for any caution: three polls of a quiet source and a day.
_LONG = 12 * DAY
_NAMES = "its names cannot be given other addresses"


def _target(play: Play, path: str = "/new") -> None:
    play.route(path, honest(growing(6 * HOUR)))


def _is_adopted(play: Play, path: str = "/new") -> bool:
    """The new address is asked by itself at the end."""
    old, new = play.asks(), play.asks(path)
    return bool(new) and len([ask for ask in new if ask.at > old[-1].at]) >= 2


def _adopted(script: Answer | Script, play: Play) -> None:
    _target(play)
    play.feed(script)
    play.run(_LONG)
    assert _is_adopted(play)
    assert len(play.titles()) > 20 + 4 * 10


def _never_adopted(script: Answer | Script, play: Play) -> None:
    _target(play)
    play.feed(script)
    play.run(_LONG)
    assert len(play.asks()) >= 6
    assert not _is_adopted(play)
    assert play.now - play.asks()[-1].at <= 2 * DAY


for _status in (301, 308):
    group.add(f"a {_status} that lasts is adopted", _PERMANENT, partial(_adopted, moved("/new", _status)))
for _status in (302, 303, 307):
    group.add(f"a {_status} is never adopted", _TEMPORARY, partial(_never_adopted, moved("/new", _status)))


@group.case(_PERMANENT)
def two_permanent_redirects_in_a_row_are_adopted(play: Play) -> None:
    play.route("/between", moved("/new", 308))
    _adopted(moved("/between", 301), play)


@group.case(_TEMPORARY)
def a_permanent_redirect_before_a_temporary_one_is_not_adopted(play: Play) -> None:
    play.route("/between", moved("/new", 302))
    _never_adopted(moved("/between", 301), play)


@group.case(_TEMPORARY)
def a_temporary_redirect_before_a_permanent_one_is_not_adopted(play: Play) -> None:
    play.route("/between", moved("/new", 301))
    _never_adopted(moved("/between", 302), play)


@group.case(_CAUTION)
def a_move_is_not_adopted_before_three_polls_and_a_day(play: Play) -> None:
    _target(play)
    play.feed(moved("/new"))
    play.run(_LONG)
    old = play.asks()
    assert len(old) >= 3
    assert old[-1].at - START >= DAY - HOUR
    between = [ask for ask in play.asks("/new") if ask.at <= old[-1].at]
    assert len(between) == len(old)


@group.case(_CAUTION)
def a_move_that_lasts_for_hours_only_is_not_adopted(play: Play) -> None:
    _target(play)
    script = growing(6 * HOUR)
    play.feed(lambda ask: moved("/new") if ask.at < START + 20 * HOUR else honest(script)(ask))
    play.run(_LONG)
    assert not _is_adopted(play)
    assert max(ask.at for ask in play.asks("/new")) < START + 20 * HOUR


@group.case(_CAUTION)
def a_move_to_a_page_is_not_adopted(play: Play) -> None:
    play.route("/parked", reply(b"<html><body>This domain is for sale.</body></html>", {"Content-Type": "text/html"}))
    play.feed(feed("a"), moved("/parked"))
    play.run(_LONG)
    assert len(play.asks()) >= 4
    assert len(play.asks("/parked")) == len(play.asks()) - 1


@group.case(_CAUTION)
def a_move_to_a_feed_of_other_entries_is_not_adopted(play: Play) -> None:
    play.route("/other", honest(document("x", "y", "z")))
    play.feed(feed("a", "b", "c"), moved("/other"))
    play.run(_LONG)
    assert not _is_adopted(play, "/other")
    assert play.now - play.asks()[-1].at <= 2 * DAY


@group.case(_CAUTION)
def a_move_whose_target_changes_is_not_adopted(play: Play) -> None:
    """A redirect that makes a session, say."""
    _target(play)
    play.feed(lambda ask: moved(f"/new?session={ask.nth}"))
    play.run(_LONG)
    assert not _is_adopted(play)


@group.case(_CAUTION)
def an_adopted_address_that_dies_leads_back_to_the_old_one(play: Play) -> None:
    died = START + 8 * DAY
    play.route("/new", lambda ask: failing(404) if ask.at >= died else honest(growing(6 * HOUR))(ask))
    play.feed(lambda ask: moved("/new") if ask.at < died else feed("after the return"))
    play.run(_LONG + 10 * DAY)
    assert [ask for ask in play.asks("/new") if ask.at >= died], "never adopted"
    assert "after the return" in play.titles()


@group.case("Sources of six hosts that all move to one host are a captive portal or a parked hoster, not six moves")
def mass_moves_to_one_host_are_refused(play: Play) -> None:
    hosts = range(1, 7)
    for host in hosts:
        play.route(f"/new-{host}", honest(document(f"a-{host}", f"b-{host}")), host=99)
        play.feed(moved(play.site.url(f"/new-{host}", 99)), host=host)
    play.run(30 * DAY)
    for host in hosts:
        assert play.now - play.asks(host=host)[-1].at <= 2 * DAY, "the old address is not asked any more"


@group.case("The address in Location may be relative to the one that was asked (RFC 9110 10.2.2)")
def a_relative_location_is_resolved(play: Play) -> None:
    play.route("/a/b/feed", moved("../../new", 302))
    _target(play)
    play.subscribe("/a/b/feed")
    play.until(2, "/a/b/feed")
    assert len(play.asks("/new")) == 2


@group.case("A fragment is for the client alone and never sent (RFC 9110 7.1)")
def a_fragment_in_a_location_is_not_sent(play: Play) -> None:
    _target(play)
    play.feed(moved("/new#part", 302))
    play.until(2)
    assert [ask.target for ask in play.asks("/new")] == ["/new", "/new"]


@group.case("A Location in Latin letters or UTF-8 is followed as it was meant: servers write it so (WHATWG Fetch)")
def a_location_that_is_no_ascii_is_followed(play: Play) -> None:
    play.route("/n%C3%A9w", feed("a"))
    play.feed(moved("/n\xc3\xa9w", 302))
    play.until(1)
    assert play.titles() == {"a"}


@group.case("A circle of redirects ends (RFC 9110 15.4)")
def a_circle_of_redirects_ends(play: Play) -> None:
    play.route("/b", moved("/feed", 301))
    play.feed(moved("/b", 301))
    play.run(HOUR / 4)
    assert len(play.site.asks) <= 40


@group.case("A chain of redirects has an end, at twenty at the latest (WHATWG Fetch)")
def a_long_chain_of_redirects_ends(play: Play) -> None:
    for number in range(60):
        play.route(f"/{number}", moved(f"/{number + 1}", 302))
    play.feed(moved("/0", 302))
    play.run(HOUR / 4)
    assert len(play.site.asks) <= 21


@group.case("A redirect whose target fails is a failure of the source: both are asked less and less")
def a_redirect_to_a_dead_target_backs_off(play: Play) -> None:
    play.feed(moved("/dead", 301))
    play.run(4 * DAY)
    gaps = play.gaps()
    assert gaps[-1] >= 4 * gaps[0]
    assert not [ask for ask in play.asks("/dead") if ask.at > play.asks()[-1].at]


@group.case("An adopted address is asked with its own validators, and nothing else of it changes (RFC 9110 8.8)")
def an_adopted_address_goes_on_conditionally(play: Play) -> None:
    play.route("/new", honest(document("a", "b")))
    play.feed(in_turn(moved("/new")))
    play.run(_LONG)
    assert _is_adopted(play)
    assert None not in play.said("If-None-Match", "/new")[1:]
    assert play.titles() == {"a", "b"}


def _secure(play: Play) -> None:
    if play.site.ports.known is None:
        raise NotApplicable("no openssl on this machine to make a certificate with")
    play.name("secure.example", ("93.184.215.14",))


@group.case(
    "A move to the same address by https is one that the certificate vouches for (RFC 6797 spirit)", ours_only=_NAMES
)
def a_move_to_https_is_adopted(play: Play) -> None:
    _secure(play)
    body = honest(document("a", "b"))
    play.route("/feed", lambda ask: body(ask) if ask.is_secure else moved("https://secure.example/feed"))
    play.subscribe(url="http://secure.example/feed")
    play.run(_LONG)
    plain, secure = ([ask for ask in play.asks() if ask.is_secure is wanted] for wanted in (False, True))
    assert [ask for ask in secure if ask.at > plain[-1].at + DAY]
    assert play.titles() == {"a", "b"}


@group.case(
    "A move from https to http is followed but never adopted: it takes away what protects the source", ours_only=_NAMES
)
def a_move_from_https_to_http_is_not_adopted(play: Play) -> None:
    _secure(play)
    body = honest(document("a", "b"))
    play.route("/feed", lambda ask: moved("http://secure.example/feed") if ask.is_secure else body(ask))
    play.subscribe(url="https://secure.example/feed")
    play.run(_LONG)
    assert play.now - [ask for ask in play.asks() if ask.is_secure][-1].at <= 2 * DAY
