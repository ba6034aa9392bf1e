"""Privacy and the guard: who asks says who it is and nothing more; what a server says never leads into the user's network."""

from functools import partial

from tests.manners.answers import document, feed, moved, reply
from tests.manners.case import Group
from tests.manners.play import DAY, HOUR, NotApplicable, Play

group = Group("privacy and guard")

_CREDENTIALS = "Credentials are for the origin they were given for, and for no other (RFC 9110 11.5, 15.4)"
_GUARD = "A redirect from outside does not lead to an address inside (OWASP SSRF)"
# What a client may say without telling more of its user than that it reads feeds.
_USUAL = frozenset(
    (
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "if-none-match",
        "if-modified-since",
        "a-im",
        "cache-control",
        "te",
    )
)


@group.case("A poller keeps no cookies: a feed that needs them is a page, and they make users traceable (RFC 6265 7)")
def no_cookie_comes_back(play: Play) -> None:
    cookie = {"Set-Cookie": "id=1234; Path=/; Max-Age=100000"}
    play.route("/target", feed("a", headers=cookie | {"ETag": '"1"'}))
    play.feed(moved("/target", 302, cookie))
    play.until(3)
    assert [ask for ask in play.site.asks if "cookie" in ask.names] == []


@group.case("A poller says not where it comes from (RFC 9110 10.1.3)")
def no_referer_is_sent(play: Play) -> None:
    play.route("/target", feed("a"), host=2)
    play.feed(moved(play.site.url("/target", 2), 302))
    play.until(2)
    assert len(play.asks("/target", 2)) == 2
    assert [ask for ask in play.site.asks if ask.names & {"referer", "origin"}] == []


@group.case("A request holds what the answer depends on and nothing that tells of the user (RFC 9110 17.13)")
def nothing_else_is_said(play: Play) -> None:
    play.feed(feed("a", headers={"ETag": '"1"'}))
    for ask in play.until(2):
        assert ask.names <= _USUAL
        assert ask.method == "GET"


@group.case("The User-Agent names the program, its version and where its makers or users are found (RFC 9110 10.1.5)")
def the_user_agent_is_honest(play: Play) -> None:
    play.feed(feed("a"))
    (ask,) = play.until(1)
    agent = ask.header("User-Agent") or ""
    name, _, rest = agent.partition("/")
    assert name.replace("-", "").isalpha()
    assert rest[:1].isdigit()
    assert "http" in agent or "@" in agent
    assert "Mozilla" not in agent


@group.case("The same name is given to everybody: no second try as somebody else (RFC 9110 10.1.5)")
def who_is_refused_does_not_come_back_as_another(play: Play) -> None:
    play.feed(reply(b"no", {"Content-Type": "text/plain"}, 403))
    play.run(2 * DAY)
    assert len({ask.header("User-Agent") for ask in play.asks()}) == 1
    assert min(play.gaps()) >= HOUR / 4


@group.case("Host names the authority of the URL, the port included (RFC 9110 7.2)")
def the_host_header_is_right(play: Play) -> None:
    play.feed(feed("a"))
    (ask,) = play.until(1)
    assert ask.header("Host") == f"{play.site.host()}:{play.site.ports.plain}"


@group.case("Only compressions are offered whose output can be bounded while it is made (performance of every client)")
def no_brotli_and_no_zstandard_are_offered(play: Play) -> None:
    play.feed(feed("a"))
    (ask,) = play.until(1)
    offered = {part.partition(";")[0].strip() for part in (ask.header("Accept-Encoding") or "").split(",")}
    assert "gzip" in offered
    assert offered <= {"gzip", "x-gzip", "deflate", "identity"}


def _is_not_stored(coding: str, play: Play) -> None:
    play.feed(reply(document("a"), {"Content-Encoding": coding, "ETag": '"1"'}))
    play.until(2)
    assert play.titles() == set()
    assert play.said("If-None-Match") == [None, None]


for _coding in ("br", "zstd", "gzip, br", "compress"):
    group.add(
        f"an answer in {_coding} is refused",
        "A content coding that was not offered is an error of the server (RFC 9110 8.4, 12.5.3)",
        partial(_is_not_stored, _coding),
    )


@group.case("What a feed links to is not fetched unasked: images, enclosures, comments, styles, the site")
def addresses_inside_a_feed_are_not_fetched(play: Play) -> None:
    def at(path: str) -> str:
        return play.site.url(path)

    about = (
        f"<image><url>{at('/logo.png')}</url><title>A source</title><link>{at('/home')}</link></image>"
        f'<link rel="icon" href="{at("/icon")}"/><docs>{at("/docs")}</docs>'
        f'<cloud domain="{play.site.host()}" port="{play.site.ports.plain}" path="/cloud" registerProcedure="" protocol="xml-rpc"/>'
        f"<item><title>with links</title><link>{at('/story')}</link><comments>{at('/comments')}</comments>"
        f'<enclosure url="{at("/sound.mp3")}" length="5" type="audio/mpeg"/><source url="{at("/source")}">s</source>'
        f'<description>&lt;img src="{at("/pixel.gif")}"&gt; &lt;iframe src="{at("/frame")}"&gt;&lt;/iframe&gt;</description></item>'
    )
    body = f'<?xml-stylesheet type="text/xsl" href="{at("/style.xsl")}"?>'.encode()
    start, _, rest = document("a", head=about).partition(b"?>")
    play.feed(reply(start + b"?>" + body + rest))
    play.until(3)
    assert {ask.path for ask in play.site.asks} == {"/feed"}
    assert play.titles() == {"a", "with links"}


@group.case("An external entity or DTD is not fetched, and no file is read for it (OWASP XXE)")
def external_entities_are_not_fetched(play: Play) -> None:
    outside = play.site.url("/outside")
    kind = f'<!DOCTYPE rss SYSTEM "{outside}" [<!ENTITY % p SYSTEM "{outside}"> %p; <!ENTITY e SYSTEM "{outside}">]>'
    body = document("a").replace(b"<rss ", kind.encode() + b"<rss ").replace(b"A short text, a.", b"A short text &e;.")
    play.feed(reply(body))
    play.until(2)
    assert {ask.path for ask in play.site.asks} == {"/feed"}


def _play_with_userinfo(play: Play, location: str) -> None:
    play.route("/feed", moved(location, 302))
    play.subscribe(url=play.site.url("/feed", userinfo="maria:open-sesame"))
    play.until(1)


@group.case(_CREDENTIALS)
def credentials_are_sent_to_their_own_origin(play: Play) -> None:
    play.route("/target", feed("a"))
    _play_with_userinfo(play, "/target")
    assert play.said("Authorization") == ["Basic bWFyaWE6b3Blbi1zZXNhbWU="]
    assert play.titles() == {"a"}


@group.case(_CREDENTIALS)
def credentials_do_not_follow_to_another_host(play: Play) -> None:
    play.route("/target", feed("a"), host=2)
    _play_with_userinfo(play, play.site.url("/target", 2))
    assert play.said("Authorization", "/target", 2) == [None]


@group.case(_CREDENTIALS, ours_only="a key of our configuration")
def a_configured_key_does_not_follow_to_another_host(play: Play) -> None:
    play.route("/target", feed("a"), host=2)
    play.route("/feed", moved(play.site.url("/target", 2), 302))
    play.subscribe(authorization="Bearer secret", headers=(("X-Api-Key", "secret"), ("Cookie", "secret")))
    play.until(1)
    assert play.said("Authorization") == ["Bearer secret"]
    (ask,) = play.asks("/target", 2)
    assert [value for _, value in ask.headers if "secret" in value] == []


@group.case(_CREDENTIALS)
def credentials_that_a_server_invents_are_not_used(play: Play) -> None:
    play.route("/target", feed("a"), host=2)
    play.feed(moved(play.site.url("/target", 2, userinfo="admin:admin"), 302))
    play.until(1)
    assert play.said("Authorization", "/target", 2) == [None]
    assert play.titles() == {"a"}


@group.case(_CREDENTIALS, ours_only="what a poller tells of a failure has no common place")
def credentials_stand_in_no_error(play: Play) -> None:
    _play_with_userinfo(play, "http://127.0.0.1:1/")
    assert play.error()
    assert "sesame" not in play.error()
    assert "maria" not in play.error()


def _is_refused(host: str, play: Play) -> None:
    """The case's own addresses are allowed as if they were public; the rest of the machine is the user's network."""
    play.limits.allow_network = play.site.network
    inside = play.site.stray(host)
    for name in ("127.0.0.1", "0.0.0.0", "::1"):
        play.route(f"/~{play.site.number}/secret", feed("secret"), host=name)
    play.feed(moved(inside, 302))
    play.until(2)
    assert [ask for ask in play.site.asks if ask.path != "/feed"] == []
    assert play.error()


for _name, _host in {
    "a loopback address": "127.0.0.1",
    "the address of nobody": "0.0.0.0",
    "a loopback address of IPv6": "[::1]",
    "an IPv4 address in IPv6": "[::ffff:127.0.0.1]",
    "an IPv4 address in IPv6 in hexadecimal": "[::ffff:7f00:1]",
    "an address as one number": "2130706433",
    "an address in hexadecimal": "0x7f000001",
    "an address in octal": "0177.0.0.1",
    "an address of two parts": "127.1",
    "a name for this machine": "localhost",
}.items():
    group.add(
        f"a redirect to {_name} is refused",
        _GUARD,
        partial(_is_refused, _host),
        ours_only="it has no list of networks that may be fetched, so its own server would be refused too",
    )


def _is_not_dialled(address: str, play: Play) -> None:
    play.feed(moved(f"http://{address}/latest/meta-data/", 302))
    play.until(2)
    assert "public internet" in play.error()


for _name, _address in {
    "the metadata of a cloud": "169.254.169.254",
    "the metadata of a cloud in IPv6": "[fd00:ec2::254]",
    "a private network of ten": "10.0.0.1",
    "a private network of 192": "192.168.1.1",
    "a private network of 172": "172.16.0.1",
    "a carrier's inside": "100.64.0.1",
    "a unique local address": "[fd12:3456::1]",
    "a link-local address": "[fe80::1]",
    "a multicast address": "224.0.0.1",
    "everybody": "255.255.255.255",
    "NAT64 of a private address": "[64:ff9b::a00:1]",
    "6to4 of a private address": "[2002:a00:1::1]",
    "Teredo": "[2001:0:a00:1::1]",
}.items():
    group.add(
        f"a redirect to {_name} is not dialled",
        _GUARD,
        partial(_is_not_dialled, _address),
        ours_only="whether somebody else's program dials an address that is not here cannot be seen",
    )


_NAMES = "its names cannot be given other addresses"
_PUBLIC, _OTHER_PUBLIC = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
_REBOUND = "The address that was checked is the one that is dialled, at each request anew (DNS rebinding)"


def _name_is_not_dialled(addresses: tuple[str, ...], play: Play) -> None:
    play.name("inside.example", addresses)
    play.feed_at("inside.example", feed("secret"))
    play.run(DAY)
    assert play.player.dialled() == []
    assert play.titles() == set()
    assert "public internet" in play.error()


for _name, _addresses in {
    "this machine": ("127.0.0.1", "::1"),
    "this machine in IPv6 clothes": ("::ffff:127.0.0.1",),
    "a private network": ("10.1.2.3", "192.168.0.1", "172.31.255.255"),
    "the metadata of a cloud": ("169.254.169.254",),
    "the metadata of a cloud in IPv6 clothes": ("::ffff:169.254.169.254", "fd00:ec2::254"),
    "the metadata of a cloud by NAT64": ("64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe"),
    "a private network by 6to4 and Teredo": ("2002:a00:1::1", "2001:0:a00:1::1"),
    "a private network in IPv4-compatible form": ("::10.0.0.1",),
    "a carrier's inside": ("100.127.255.254",),
    "no host": ("0.0.0.0", "::", "255.255.255.255", "224.0.0.251", "ff02::1", "240.0.0.1"),
}.items():
    group.add(
        f"a name that means {_name} is not dialled", _GUARD, partial(_name_is_not_dialled, _addresses), ours_only=_NAMES
    )


@group.case(_GUARD, ours_only=_NAMES)
def of_a_name_with_both_kinds_only_public_addresses_are_dialled(play: Play) -> None:
    play.name("both.example", ("10.0.0.1", _OTHER_PUBLIC, "127.0.0.1", _PUBLIC))
    play.feed_at("both.example", feed("a"))
    play.until(3)
    assert set(play.player.dialled()) <= {_PUBLIC, _OTHER_PUBLIC}
    assert play.titles() == {"a"}


@group.case(_REBOUND, ours_only=_NAMES)
def a_name_that_changes_to_a_private_address_is_not_dialled(play: Play) -> None:
    play.name("turning.example", (_PUBLIC,), ("127.0.0.1",), (_PUBLIC,), ("10.0.0.1",))
    play.feed_at("turning.example", feed("a"))
    play.run(5 * DAY)
    assert play.player.dialled() == [_PUBLIC, _PUBLIC]
    assert len(play.asks()) == 2


@group.case(_REBOUND, ours_only=_NAMES)
def a_redirect_to_a_name_inside_is_not_dialled(play: Play) -> None:
    play.name("outside.example", (_PUBLIC,))
    play.name("inside.example", ("192.168.1.1",))
    play.route("/target", feed("secret"))
    play.feed_at("outside.example", moved(play.site.url("/target", "inside.example")))
    play.until(3)
    assert set(play.player.dialled()) == {_PUBLIC}
    assert play.asks("/target") == []
    assert "public internet" in play.error()


@group.case(_REBOUND, ours_only=_NAMES)
def a_redirect_back_to_the_same_name_is_checked_again(play: Play) -> None:
    play.name("turning.example", (_PUBLIC,), ("169.254.169.254",))
    play.route("/target", feed("secret"))
    play.feed_at("turning.example", moved("/target", 302, {"Connection": "close"}))
    play.run(DAY)
    assert set(play.player.dialled()) == {_PUBLIC}
    assert play.titles() == set()


def _is_no_place(location: str, play: Play) -> None:
    play.feed(moved(location, 302))
    play.until(2)
    assert play.titles() == set()
    assert {ask.path for ask in play.site.asks} == {"/feed"}


for _location in (
    "file:///etc/hostname",
    "ftp://127.0.0.1/feed",
    "javascript:alert(1)",
    "data:text/xml,<rss/>",
    "http://",
    "//",
):
    group.add(
        f"a redirect to {_location} is refused",
        "Only http and https are followed (WHATWG Fetch, HTTP-redirect fetch)",
        partial(_is_no_place, _location),
    )


def _unknown(play: Play, path: str) -> str:
    if play.site.ports.unknown is None:
        raise NotApplicable("no openssl on this machine to make a certificate with")
    return f"https://{play.site.host()}:{play.site.ports.unknown}{path}"


@group.case("A certificate that nobody vouches for is refused before anything is asked (RFC 9110 4.3.4)")
def an_unknown_certificate_is_refused(play: Play) -> None:
    play.route("/feed", feed("a"))
    play.subscribe(url=_unknown(play, "/feed"))
    play.run(5 * HOUR)
    assert play.site.asks == []


@group.case("A redirect to an unknown certificate is refused too (RFC 9110 4.3.4)")
def a_redirect_to_an_unknown_certificate_is_refused(play: Play) -> None:
    play.route("/target", feed("a"))
    play.feed(moved(_unknown(play, "/target")))
    play.until(2)
    assert play.asks("/target") == []
