"""Freshness and back-off: what a server says of its own time is obeyed within bounds, and trouble is answered by patience."""

from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import pairwise

from tests.manners.answers import START, document, failing, feed, hang_up, honest, http_date, in_turn, moved, raw, reply
from tests.manners.case import Group
from tests.manners.play import DAY, FLOOR, HOUR, MINUTE, SLACK, Play
from tests.manners.server import Answer, Ask, Script

group = Group("freshness and back-off")

_SIX_HOURS = str(6 * 3600)
_TWENTY_DIGITS = "99999999999999999999"
# A poller that follows a source's habits may wait longer than its interval, but not as long as six hours at once.
_SOON = 5 * HOUR


def _says(headers: dict[str, str]) -> Script:
    """An honest server that says the headers, with a Date by the simulated clock unless they have one."""

    def script(ask: Ask) -> Answer:
        said = {"Date": http_date(ask.at)} | headers
        return honest(document("a", "b"), lambda _: said)(ask)

    return script


def _is_patient(script: Script, least: timedelta, play: Play) -> None:
    play.feed(script)
    play.until(4)
    assert min(play.gaps()) >= least - SLACK


def _is_not_delayed(script: Script, play: Play) -> None:
    play.feed(script)
    play.until(3)
    assert FLOOR - SLACK <= play.gaps()[0] < _SOON


def _is_asked_again(script: Script, play: Play) -> None:
    play.feed(script)
    play.until(4, within=4 * play.player.longest)
    assert max(play.gaps()) <= play.player.longest + SLACK
    assert min(play.gaps()) >= FLOOR - SLACK


def _expires(at: timedelta, date: timedelta = timedelta(0)) -> Script:
    """Expires so long after the server's own Date; its clock is off by `date`."""

    def script(ask: Ask) -> Answer:
        own = ask.at + date
        return _says({"Date": http_date(own), "Expires": http_date(own + at)})(ask)

    return script


def _about(xml: str) -> Script:
    """An honest server whose document says the XML in its head."""
    return honest(document("a", "b", head=xml))


_LONG = "An answer that is fresh need not be asked for again (RFC 9111 4.2)"
_AGED = "The time an answer spent in caches counts: freshness is max-age less Age (RFC 9111 4.2.3)"
_BROKEN = "A number from outside is clamped before it is used; one that is no number says nothing (RFC 9111 1.2.2)"
_PACE = "A feed says how often to ask (RSS 2.0 ttl, skipHours, skipDays; RSS 1.0 mod_syndication)"

for _name, _script in {
    "max-age of six hours": _says({"Cache-Control": f"public, max-age={_SIX_HOURS}"}),
    "max-age in quotes and capitals": _says({"Cache-Control": f'Max-Age="{_SIX_HOURS}"'}),
    "Expires in six hours": _expires(6 * HOUR),
    "Expires by a clock that is three days slow": _expires(6 * HOUR, -3 * DAY),
}.items():
    group.add(f"{_name} is obeyed", _LONG, partial(_is_patient, _script, 6 * HOUR))

for _name, _headers in {
    "Age takes almost all of max-age": {"Cache-Control": f"max-age={_SIX_HOURS}", "Age": "21000"},
    "Age is above max-age": {"Cache-Control": f"max-age={_SIX_HOURS}", "Age": "90000"},
}.items():
    group.add(f"{_name} and does not delay", _AGED, partial(_is_not_delayed, _says(_headers)))

for _name, _script in {
    "no-cache beside max-age": _says({"Cache-Control": f"no-cache, max-age={_SIX_HOURS}"}),
    "max-age of a minute beside a late Expires": _says(
        {"Cache-Control": "max-age=60", "Expires": http_date(START + 400 * DAY)}
    ),
    "Expires by a clock that is three days fast": _expires(HOUR, 3 * DAY),
}.items():
    group.add(
        f"{_name} does not delay",
        "no-cache forbids reuse, max-age beats Expires, Expires counts from the answer's own Date (RFC 9111 4.2.1, 5.2, 5.3)",
        partial(_is_not_delayed, _script),
    )

for _name, _headers in {
    "max-age of 20 digits": {"Cache-Control": f"max-age={_TWENTY_DIGITS}"},
    "max-age of 5,000 digits": {"Cache-Control": f"max-age={'9' * 5_000}"},
    "a negative max-age": {"Cache-Control": "max-age=-100"},
    "a max-age that is no number": {"Cache-Control": "max-age=soon, , =, max-age"},
    "an Age of 20 digits": {"Cache-Control": "max-age=3600", "Age": _TWENTY_DIGITS},
    "Expires: 0": {"Expires": "0"},
    "Expires: -1": {"Expires": "-1"},
    "Expires in the year 9999": {"Expires": "Fri, 31 Dec 9999 23:59:59 GMT"},
    "Expires in the year 99999": {"Expires": "Fri, 31 Dec 99999 23:59:59 GMT"},
}.items():
    group.add(f"{_name} neither stops nor hurries", _BROKEN, partial(_is_asked_again, _says(_headers)))

for _name, _xml in {
    "ttl of six hours": "<ttl>360</ttl>",
    "four updates a day": "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
}.items():
    group.add(f"{_name} is obeyed", _PACE, partial(_is_patient, _about(_xml), 6 * HOUR))

for _name, _xml in {
    "ttl of 0": "<ttl>0</ttl>",
    "ttl of 20 digits": f"<ttl>{_TWENTY_DIGITS}</ttl>",
    "a negative ttl": "<ttl>-60</ttl>",
    "ttl in words": "<ttl>sixty</ttl>",
    "no updates a day": "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
    "an unknown period": f"<sy:updatePeriod>never</sy:updatePeriod><sy:updateFrequency>{_TWENTY_DIGITS}</sy:updateFrequency>",
    "skipHours of all hours": f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(24))}</skipHours>",
    "skipDays of all days": "<skipDays>"
    + "".join(f"<day>{day}day</day>" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"))
    + "</skipDays>",
}.items():
    group.add(f"{_name} neither stops nor hurries", _PACE, partial(_is_asked_again, _about(_xml)))


@group.case("In the hours that a feed names nothing new comes, so nobody asks (RSS 2.0 skipHours, in GMT)")
def skipped_hours_are_skipped(play: Play) -> None:
    hours = range(10, 18)
    play.feed(_about(f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in hours)}</skipHours>"))
    play.run(5 * DAY)
    assert len(play.asks()) >= 5
    assert [ask.at for ask in play.asks() if ask.at.hour in hours] == []


@group.case("On the days that a feed names nothing new comes, so nobody asks (RSS 2.0 skipDays)")
def skipped_days_are_skipped(play: Play) -> None:
    play.route("/feed", _about("<skipDays><day>Wednesday</day><day>Saturday</day></skipDays>"))
    play.subscribe(max_interval=3 * DAY)
    play.run(14 * DAY)
    days = Counter(ask.at.strftime("%a") for ask in play.asks())
    assert len(play.asks()) >= 10
    assert (days["Wed"], days["Sat"]) == (0, 0)


_WAIT = "Retry-After says when to come back, in seconds or as a date, on 429 and 503 (RFC 9110 10.2.3, RFC 6585 4)"


def _waits_five_hours(script: Script, play: Play) -> None:
    play.feed(script)
    play.until(2)
    assert 5 * HOUR - SLACK <= play.gaps()[0] <= DAY


for _status in (429, 503):
    for _name, _value in {"in seconds": str(5 * 3600), "as a date": http_date(START + 5 * HOUR)}.items():
        group.add(
            f"Retry-After {_name} on {_status} is obeyed",
            _WAIT,
            partial(
                _waits_five_hours,
                in_turn(failing(_status, {"Retry-After": _value, "Date": http_date(START)}), _says({})),
            ),
        )


def _is_not_lost(value: str, longest: timedelta, play: Play) -> None:
    play.feed(failing(429, {"Retry-After": value}), failing(503, {"Retry-After": value}), feed("a"))
    play.until(3, within=100 * DAY)
    assert min(play.gaps()) >= FLOOR - SLACK
    assert max(play.gaps()) <= longest
    assert play.titles() == {"a"}


for _name, _value, _longest in (
    ("of 20 digits", _TWENTY_DIGITS, 35 * DAY),
    ("in the year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", 35 * DAY),
    ("of 5,000 digits", "9" * 5_000, 35 * DAY),
    ("that is negative", "-5", DAY),
    ("that is zero", "0", DAY),
    ("in the past", http_date(START - DAY), DAY),
    ("in words", "soon", DAY),
):
    group.add(
        f"a Retry-After {_name} neither stops nor hurries",
        "A server may ask for patience, not for ever; a delay that is none leaves the usual back-off (RFC 9110 10.2.3)",
        partial(_is_not_lost, _value, _longest),
    )


@group.case(
    "All who were sent away until one moment do not come back in that one moment: a random spread (RFC 6585 4)",
    is_slow=True,
)
def sources_that_were_sent_away_together_come_back_apart(play: Play) -> None:
    for host in range(1, 21):
        play.feed(failing(503, {"Retry-After": "7200"}), _says({}), host=host)
    play.run(DAY)
    again = [play.asks(host=host)[1].at for host in range(1, 21)]
    assert min(again) >= START + 2 * HOUR - SLACK
    assert len({at.replace(second=0) for at in again}) >= 8


def _waits_longer_and_longer(answer: Answer | Script, play: Play) -> None:
    play.feed(answer)
    play.run(4 * DAY)
    gaps = play.gaps()
    assert len(gaps) >= 4
    assert gaps[0] >= FLOOR - SLACK
    assert max(gaps) <= DAY + SLACK
    assert gaps[-1] >= 4 * gaps[0]
    assert all(later >= 0.8 * earlier for earlier, later in pairwise(gaps))


_BACK_OFF = "Who fails again and again is asked less and less often (RFC 9110 15.5, 15.6; politeness of every crawler)"

for _name, _answer in {
    "401": failing(401, {"WWW-Authenticate": 'Basic realm="a"'}),
    "403": failing(403),
    "404": failing(404),
    "429 without Retry-After": failing(429),
    "451": failing(451),
    "500": failing(500),
    "502": failing(502),
    "503 without Retry-After": failing(503),
    "hanging up": hang_up(),
    "garbage instead of HTTP": raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n"),
    "a page instead of a feed": reply(b"<html><body>Nothing here.</body></html>", {"Content-Type": "text/html"}),
    "a redirect to itself": moved("/feed", 302),
    "a redirect to nowhere": reply(b"", {}, 302),
    "an empty answer": reply(b""),
}.items():
    group.add(f"{_name} again and again is asked less and less", _BACK_OFF, partial(_waits_longer_and_longer, _answer))


@group.case("A source that answers again is asked as before: old failures do not count (politeness, and news in time)")
def an_answer_ends_the_back_off(play: Play) -> None:
    play.feed(*[failing(500)] * 6, _says({}))
    play.until(8)
    assert play.gaps()[6] < _SOON


@group.case("One 410 may be a slip: the source is asked once more, and goes on when it answers (RFC 9110 15.5.11)")
def one_410_does_not_end_a_source(play: Play) -> None:
    play.feed(feed("a"), failing(410), feed("a", "b"), failing(410), feed("a", "b", "c"))
    play.until(7)
    assert play.titles() == {"a", "b", "c"}


@group.case("A source that is gone is left alone: 410, confirmed once, ends polling (RFC 9110 15.5.11)")
def a_410_that_is_confirmed_ends_polling(play: Play) -> None:
    play.feed(feed("a"), failing(410))
    play.run(60 * DAY)
    assert len(play.asks()) == 3
    assert play.gaps()[1] >= MINUTE
