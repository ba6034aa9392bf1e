"""Conditional requests: what a server said of its document comes back to it, byte for byte, to this URL and no other."""

import gzip
from functools import partial

from tests.manners.answers import CLOSE, RSS, document, feed, head, honest, moved, not_modified, raw, reply
from tests.manners.case import Group
from tests.manners.play import FLOOR_WITHOUT_VALIDATORS, SLACK, Play
from tests.manners.server import Answer, Ask

group = Group("conditional requests")

_ETAGS = {
    "strong": '"33a64df5"',
    "weak": 'W/"67ab43"',
    "without quotes": "33a64df5",
    "of one quote": '"33a64df5',
    "with a comma inside": '"a,b", "c"',
    "of empty quotes": '""',
    "with bytes that are no ASCII": '"\xe9\xff\xa0k"',
    "with spaces and a backslash": '"a \\"b\\" c"',
    "of 2,000 characters": f'"{"x" * 2_000}"',
    "with the suffix of a compressing proxy": '"33a64df5-gzip"',
}
_DATES = {
    "in ISO 8601": "2026-03-01T10:00:00Z",
    "in another zone": "Sun, 1 Mar 2026 10:00:00 +0100",
    "of the year 2070": "Sat, 01 Mar 2070 10:00:00 GMT",
    "that is no date": "yesterday",
}
_GOOD, _BAD = {"ETag": '"good"'}, {"ETag": '"bad"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}
_WHOLE = document("first", "second")
_ZIPPED = gzip.compress(_WHOLE, mtime=0)
_SPOILT: dict[str, Answer] = {
    "cut off before its end": raw(head(200, _BAD | {"Content-Length": str(len(_WHOLE))}), _WHOLE[:-200]),
    "empty": reply(b"", _BAD),
    "a page instead of a feed": reply(
        b"<!DOCTYPE html><html><head><title>Log in</title></head><body><p>Log in first.</p></body></html>",
        _BAD | {"Content-Type": "text/html"},
    ),
    "malformed": reply(_WHOLE[: _WHOLE.index(b"second") - 20], _BAD),
    "damaged gzip": reply(_ZIPPED[:60] + b"\0" * 40 + _ZIPPED[100:], _BAD | {"Content-Encoding": "gzip"}),
    "gzip without its end": reply(_ZIPPED[:-30], _BAD | {"Content-Encoding": "gzip"}),
    "an error": reply(b"<html>Sorry.</html>", _BAD | {"Content-Type": "text/html"}, 500),
    "of a kind nobody asked for": reply(_WHOLE, _BAD | {"Content-Encoding": "br"}),
}


def _etag_comes_back(etag: str, play: Play) -> None:
    play.feed(feed(headers={"ETag": etag}), not_modified())
    play.until(3)
    assert play.said("If-None-Match") == [None, etag, etag]


for _name, _etag in _ETAGS.items():
    group.add(
        f"an ETag {_name} comes back as it came",
        "An entity-tag is opaque to the client and goes back unchanged (RFC 9110 8.8.3, 13.1.2)",
        partial(_etag_comes_back, _etag),
    )


def _date_comes_back(date: str, play: Play) -> None:
    play.feed(feed(headers={"Last-Modified": date}), not_modified())
    play.until(3)
    assert play.said("If-Modified-Since") == [None, date, date]


for _name, _date in _DATES.items():
    group.add(
        f"a Last-Modified {_name} comes back as it came",
        "If-Modified-Since repeats the value of Last-Modified; many servers compare text (RFC 9110 13.1.3)",
        partial(_date_comes_back, _date),
    )


@group.case("Both validators of an answer are sent, so that a server may use the one it knows (RFC 9110 13.1.3)")
def both_validators_come_back(play: Play) -> None:
    both = {"ETag": '"1"', "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT"}
    play.feed(feed(headers=both), not_modified())
    (_, asked) = play.until(2)
    assert (asked.header("If-None-Match"), asked.header("If-Modified-Since")) == tuple(both.values())


@group.case("A client sends no validator that it was not given (RFC 9110 13.1)")
def no_validator_is_invented(play: Play) -> None:
    play.feed(feed(headers={"Date": "Mon, 02 Mar 2026 09:07:00 GMT", "ETag": ""}))
    for asked in play.until(3):
        assert not asked.names & {"if-none-match", "if-modified-since", "if-range", "if-match", "range"}


@group.case("A 304 may bring a new ETag, which replaces the stored one (RFC 9110 15.4.5, RFC 9111 4.3.4)")
def a_304_replaces_the_etag(play: Play) -> None:
    play.feed(feed(headers={"ETag": '"1"'}), not_modified(ETag='"2"'), not_modified())
    play.until(4)
    assert play.said("If-None-Match") == [None, '"1"', '"2"', '"2"']


@group.case("A 304 that names no validator leaves the stored ones as they are (RFC 9111 4.3.4)")
def a_304_without_validators_keeps_them(play: Play) -> None:
    date = "Sun, 01 Mar 2026 10:00:00 GMT"
    play.feed(feed(headers={"ETag": '"1"', "Last-Modified": date}), not_modified())
    play.until(4)
    assert play.said("If-None-Match")[1:] == ['"1"'] * 3
    assert play.said("If-Modified-Since")[1:] == [date] * 3


@group.case("A 200 without validators ends the use of the old ones: they belonged to another body (RFC 9110 8.8)")
def validators_that_the_server_drops_are_dropped(play: Play) -> None:
    date = "Sun, 01 Mar 2026 10:00:00 GMT"
    play.feed(feed("a", headers={"ETag": '"1"', "Last-Modified": date}), feed("a", "b"))
    asked = play.until(3)
    assert asked[1].header("If-None-Match") == '"1"'
    assert not asked[2].names & {"if-none-match", "if-modified-since"}


@group.case("Validators of two answers are not mixed: each answer says what is valid for its own body (RFC 9110 8.8)")
def an_etag_goes_when_only_a_date_is_given(play: Play) -> None:
    date = "Mon, 02 Mar 2026 09:00:00 GMT"
    play.feed(feed("a", headers={"ETag": '"1"'}), feed("a", "b", headers={"Last-Modified": date}))
    play.until(3)
    assert play.said("If-None-Match") == [None, '"1"', None]
    assert play.said("If-Modified-Since") == [None, None, date]


@group.case("Validators belong to the URL that gave them: a redirect's target has its own (RFC 9110 8.8)")
def a_redirects_target_has_its_own_validators(play: Play) -> None:
    play.route("/target", honest(document("a")))
    play.feed(moved("/target", 302, {"ETag": '"redirect"'}))
    play.until(3)
    assert play.said("If-None-Match") == [None, None, None]
    assert play.said("If-None-Match", "/target")[1:] == [play.said("If-None-Match", "/target")[-1]] * 2
    assert play.said("If-None-Match", "/target")[-1] is not None


@group.case("Validators are sent to no other URL: another document may bear the same tag (RFC 9110 8.8.3)")
def validators_do_not_follow_to_another_url(play: Play) -> None:
    play.route("/b", feed("b", headers={"ETag": '"b"'}))
    play.route("/a", feed("a", headers={"ETag": '"a"'}))
    play.feed(moved("/a", 302), moved("/b", 302))
    play.until(2)
    assert play.said("If-None-Match", "/b") == [None]


@group.case("A client that was stopped asks on with the validators it had (RFC 9110 13.1)")
def a_restart_keeps_the_validators(play: Play) -> None:
    play.feed(honest(document("a")))
    play.until(2)
    play.restart()
    asked = play.until(3)
    assert asked[2].header("If-None-Match") == asked[1].header("If-None-Match") is not None


def _nothing_is_kept(spoilt: Answer, play: Play) -> None:
    good = feed("first", headers=_GOOD)
    last = reply(_WHOLE, _BAD)

    def knows_it(ask: Ask) -> Answer:
        claims = ask.header("If-None-Match") == '"bad"' or ask.header("If-Modified-Since") == _BAD["Last-Modified"]
        return not_modified() if claims else last

    play.feed(good, spoilt, knows_it)
    asked = play.until(4)
    assert asked[1].header("If-None-Match") == '"good"'
    assert asked[2].header("If-None-Match") in {None, '"good"'}
    assert asked[2].header("If-Modified-Since") is None
    assert {"first", "second"} <= play.titles()


for _name, _spoilt in _SPOILT.items():
    group.add(
        f"nothing is kept from an answer that is {_name}",
        "Validators of a body that was not read whole would hide its entries behind a 304 for ever (RFC 9111 3.3)",
        partial(_nothing_is_kept, _spoilt),
    )


@group.case("A strong ETag that stands for two bodies is no validator; who trusts it misses entries (RFC 9110 8.8.1)")
def an_etag_that_stands_for_two_bodies_is_not_used(play: Play) -> None:
    lying = {"ETag": '"always"'}
    play.feed(feed("a", headers=lying), feed("a", "b", headers=lying), feed("a", "b", "c", headers=lying))
    asked = play.until(3)
    assert asked[2].header("If-None-Match") is None
    assert {"a", "b", "c"} <= play.titles()


@group.case(
    "The newest ETag is sent even if the body did not change: the server has forgotten the others (RFC 9110 8.8.3)"
)
def an_etag_that_changes_at_each_answer_is_followed(play: Play) -> None:
    body = document("a")
    play.feed(lambda ask: reply(body, {"ETag": f'"{ask.nth}"'}))
    play.until(4)
    assert play.said("If-None-Match") == [None, '"0"', '"1"', '"2"']


@group.case(
    "A 304 to an unconditional request is a fault of the server, no sign of validators that work (RFC 9110 15.4.5)"
)
def a_304_to_an_unconditional_request_is_a_fault(play: Play) -> None:
    play.feed(not_modified(), not_modified(ETag='"x"'), feed("a"))
    asked = play.until(4)
    assert [one.header("If-None-Match") for one in asked[:3]] == [None] * 3
    assert min(play.gaps()) >= FLOOR_WITHOUT_VALIDATORS - SLACK
    assert play.titles() == {"a"}


@group.case("A 304 has no body; where one follows all the same it is not taken for the next answer (RFC 9112 6.3)")
def a_304_with_a_body_does_no_harm(play: Play) -> None:
    wrong = raw(head(304, {"Content-Length": "16", "Content-Type": RSS} | CLOSE), b"<rss>nothing</r>")
    play.feed(feed("a", headers={"ETag": '"1"'}), wrong, wrong, feed("a", "b", headers={"ETag": '"2"'}))
    play.until(5)
    assert play.said("If-None-Match") == [None, '"1"', '"1"', '"1"', '"2"']
    assert play.titles() == {"a", "b"}
