"""`sources add`: an address, a page or a bare host becomes a source, after what is there was found and shown."""

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregator.config import load
from tests.commands import CONFIG, configure, invoke
from tests.desk import desk
from tests.documents import item, rss
from tests.loopback import Raw, Reply, Request, Server, serve
from tests.program import Done, environment, run

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

HTML = {"Content-Type": "text/html; charset=utf-8"}
RSS = {"Content-Type": "application/rss+xml"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGGREGATOR_FETCH__HOST_PAUSE", "0s")
    configure(tmp_path)
    return tmp_path


def page(body: str) -> Reply:
    return Reply(f"<!doctype html><title>Port</title>{body}".encode(), headers=HTML)


def declared(*paths: str) -> Reply:
    return page("".join(f'<link rel="alternate" type="application/rss+xml" href="{path}">' for path in paths))


def feed(title: str, *numbers: int, link: str = "", language: str = "") -> Reply:
    head = link + (f"<language>{language}</language>" if language else "")
    document = rss(*(item(number) for number in numbers), title=title)
    return Reply(document.replace(b"<channel>", b"<channel>" + head.encode()), headers=RSS)


def self_link(url: str) -> str:
    return f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{url}"/>'


def urls(folder: Path) -> list[str | None]:
    """What was written beside the two sources that are there."""
    return [source.url for source in load(folder / "config.toml", {}).sources][2:]


@contextmanager
def serving(answer: Callable[[Server, str], Reply]) -> Iterator[Server]:
    """A server whose documents name its own address."""
    with serve(lambda request: answer(server, request.path)) as server:
        yield server


def paths(server: Server) -> list[str]:
    return [request.path for request in server.requests]


@pytest.mark.parametrize(
    ("answers", "asked", "written", "why"),
    [
        (
            {"/news": declared("/rss.xml"), "/rss.xml": feed("Port", 1, 2)},
            ["/news", "/rss.xml"],
            "/rss.xml",
            "the page declares it",
        ),
        (
            {"/news": page('<a href="/export/1">RSS</a>'), "/export/1": feed("Port", 1)},
            ["/news", "/export/1"],
            "/export/1",
            "the page links to it and says what it is",
        ),
        (
            {"/news": page("Ships"), "/rss": feed("Port", 1), "/feed": page("not here")},
            ["/news", "/news/feed", "/news/rss", "/feed", "/rss"],
            "/rss",
            "the page says nothing: the usual places, one after the other until one is a feed",
        ),
        (
            {"/news": page('<a href="/about/rss">RSS</a>'), "/about/rss": declared("/1.xml"), "/1.xml": feed("Port", 1)},
            ["/news", "/about/rss", "/1.xml"],
            "/1.xml",
            "the page leads to a page about feeds",
        ),
        (
            {"/news": Reply(status=302, headers={"Location": "/en/news/"}), "/en/news/": declared("rss.xml"),
             "/en/news/rss.xml": feed("Port", 1)},
            ["/news", "/en/news/", "/en/news/rss.xml"],
            "/en/news/rss.xml",
            "addresses of a page belong to where redirects led",
        ),
        (
            {"/news": declared("/old.xml"), "/old.xml": Reply(status=301, headers={"Location": "/new.xml"}),
             "/new.xml": feed("Port", 1)},
            ["/news", "/old.xml", "/new.xml"],
            "/old.xml",
            "a redirect is followed; whether the feed has moved is for its polls to see",
        ),
        (
            {"/news": declared("/rss.xml", "/comments.xml"), "/rss.xml": feed("Port", 1), "/comments.xml": feed("Said", 2)},
            ["/news", "/comments.xml", "/rss.xml"],
            "/rss.xml",
            "a feed of comments is shown and is not meant",
        ),
        (
            {"/news": declared("/rss.xml", "/atom.xml"), "/rss.xml": feed("Port", 1), "/atom.xml": feed("Port", 1)},
            ["/news", "/atom.xml", "/rss.xml"],
            "/rss.xml",
            "the same entries twice are one feed",
        ),
    ],
)  # fmt: skip
def test_the_feed_behind_a_page_becomes_a_source(
    folder: Path, answers: Mapping[str, Reply], asked: list[str], written: str, why: str
) -> None:
    with serve(answers) as server:
        done = invoke(folder, "sources", "add", server.url("/news"))
    assert (done.code, urls(folder)) == (0, [server.url(written)]), (why, done)
    # Candidates are asked side by side.
    assert paths(server)[:1] == asked[:1]
    assert sorted(paths(server)) == sorted(asked), why
    assert 'id = "port"' in (folder / "config.toml").read_text("utf-8")
    assert "# What we publish." in (folder / "config.toml").read_text("utf-8"), "comments are kept"


def test_a_bare_host_is_asked_over_tls_then_plainly(folder: Path) -> None:
    with serve({"/": declared("/rss.xml"), "/rss.xml": feed("Port", 1)}) as server:
        done = invoke(folder, "sources", "add", f"127.0.0.1:{server.port}")
    assert (done.code, urls(folder)) == (0, [server.url("/rss.xml")])
    assert paths(server) == ["/", "/rss.xml"], "the greeting over TLS was no request"
    assert f"left out https://127.0.0.1:{server.port}: no secure connection" in done.out, "that TLS failed is told"


THREE = {
    "/": declared("/world.xml", "/sport.xml", "/arts.xml"),
    "/world.xml": feed("The world and everything that is in it, from all continents", 1, 2),
    "/sport.xml": feed("Sport", 3, language="de"),
    "/arts.xml": feed("Arts"),
}


def test_of_several_feeds_none_is_taken_unasked(folder: Path) -> None:
    with serve(THREE) as server:
        done = invoke(folder, "sources", "add", server.url("/"))
    assert (done.code, done.err) == (1, "which of the 3 feeds? nothing was written: say --pick NUMBER\n")
    assert (folder / "config.toml").read_text("utf-8") == CONFIG
    assert max(map(len, done.out.splitlines())) <= 80
    for line in ("2 Sport (rss20) 1 2026-03-01 de 0 %", f"2 {server.url('/sport.xml')}", "3 Arts (rss20) 0"):
        assert line in [" ".join(one.split())[: len(line)] for one in done.out.splitlines()]


def test_a_feed_is_taken_by_its_number(folder: Path) -> None:
    with serve(THREE) as server:
        wrong = invoke(folder, "sources", "add", server.url("/"), "--pick", "4")
        assert (wrong.code, "they are 1 to 3" in wrong.err) == (1, True)
        assert invoke(folder, "sources", "add", server.url("/"), "--pick", "2", "--dry-run").code == 0
        assert urls(folder) == []
        assert invoke(folder, "sources", "add", server.url("/"), "--pick", "2").code == 0
    assert urls(folder) == [server.url("/sport.xml")]


def test_a_list_writes_nothing(folder: Path) -> None:
    with serve(THREE) as server:
        assert invoke(folder, "sources", "add", server.url("/"), "--list").code == 0
        rows = invoke(folder, "sources", "add", server.url("/"), "--list", "--json").objects
        refused = invoke(folder, "sources", "add", server.url("/"), "--list", "--no-check")
    assert refused.code == 2
    assert urls(folder) == []
    assert [(row["url"], row["entries"], row["added"], row["id"]) for row in rows] == [
        (server.url("/world.xml"), 2, False, None),
        (server.url("/sport.xml"), 1, False, None),
        (server.url("/arts.xml"), 0, False, None),
    ]
    assert rows[1] == {
        "url": server.url("/sport.xml"), "id": None, "added": False, "reason": None, "title": "Sport", "format": "rss20",
        "entries": 1, "full_texts": 0, "newest": "2026-03-01T11:00:00Z", "language": "de", "via": "link",
    }  # fmt: skip


def test_a_program_is_told_what_was_added_and_what_was_left_out(folder: Path) -> None:
    answers = {
        "/": declared("/rss.xml", "/gone.xml", "/feed.json"),
        "/rss.xml": feed("Port", 1),
        "/feed.json": Reply(b'{"version": 3, "items": []}'),
    }
    with serve(answers) as server:
        shown = invoke(folder, "sources", "add", server.url("/"), "--list").out
        rows = invoke(folder, "sources", "add", server.url("/"), "--json").objects
    told = [(row["url"], row["id"], row["added"], row["reason"]) for row in rows]
    assert told == [
        (server.url("/rss.xml"), "port", True, None),
        (server.url("/gone.xml"), None, False, "HTTP 404 Not Found: there is no document at this URL; check it"),
        (server.url("/feed.json"), None, False, "JSON, but no JSON Feed: its 'version' names none"),
    ]
    assert f"left out {server.url('/feed.json')}: JSON, but no JSON Feed: its 'version'" in shown


def test_a_program_is_told_of_an_address_that_nobody_looked_at(folder: Path) -> None:
    (row,) = invoke(folder, "sources", "add", "port.example", "--no-check", "--json").objects
    assert (row["url"], row["id"], row["added"]) == ("https://port.example", "port-example", True)
    assert (row["reason"], row["title"], row["via"]) == (None, None, None)
    assert urls(folder) == ["https://port.example"]


def test_a_page_is_not_crawled(folder: Path) -> None:
    names = [f"/rss/{number}.xml" for number in range(25)]
    with serve({"/": declared(*names), names[0]: feed("Port", 1)}) as server:
        done = invoke(folder, "sources", "add", server.url("/"))
    assert (done.code, len(server.requests)) == (0, 13)
    assert "13 further links look like feeds" in done.out


def test_what_is_not_public_is_refused_at_the_address_and_behind_it(folder: Path) -> None:
    for address in ("http://10.1.2.3/feed", "169.254.169.254", "http://[::ffff:10.1.2.3]/"):
        done = invoke(folder, "sources", "add", address)
        assert (done.code, "allow_networks" in done.err) == (1, True), done.err
    with serve({"/": declared("http://10.1.2.3/feed", "http://192.168.0.1/rss")}) as server:
        done = invoke(folder, "sources", "add", server.url("/"))
    assert (done.code, done.err.count("allow_networks")) == (1, 2)
    assert urls(folder) == []


def endless(_: Request) -> Raw:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 209715200\r\n\r\n"
    return Raw(head, *[b"<p>ships" * 131_072] * 200)


def test_a_page_beyond_the_bound_is_left_where_it_is(folder: Path) -> None:
    started = time.monotonic()
    with serve(endless) as server:
        done = invoke(folder, "sources", "add", server.url("/"))
    assert (done.code, "is larger than 10 MiB" in done.err) == (1, True)
    assert time.monotonic() - started < 10


def test_a_private_page_is_named_nowhere(folder: Path) -> None:
    with serve({"/k3y": declared("/k3y/rss", "/k3y/none"), "/k3y/rss": feed("Port", 1)}) as server:
        done = invoke(folder, "sources", "add", server.url("/k3y"), "--private")
        rows = invoke(folder, "sources", "add", server.url("/k3y"), "--private", "--list", "--json")
        lost = invoke(folder, "sources", "add", server.url("/k3y/gone"), "--private")
    assert (done.code, rows.code, lost.code) == (0, 0, 1)
    assert "k3y" not in done.out + done.err + rows.out + rows.err + lost.out + lost.err
    assert urls(folder) == [server.url("/k3y/rss")]


def known_by_its_entries(server: Server, path: str) -> Reply:
    del server
    return {
        "/known": feed("Port", 1, 2, 3, 4),
        "/mirror": feed("The port", 2, 3, 4, 5),
        "/half": feed("Half", 1, 2, 3, 7, 8, 9, 10),
        "/few": feed("Few", 1, 2),
        "/page": declared("/mirror"),
        "/both": declared("/mirror", "/few"),
    }.get(path, Reply(status=404))


@pytest.mark.parametrize(
    ("path", "code", "why"),
    [
        ("/mirror", 1, "three of four entries are those of the source"),
        ("/page", 1, "behind a page as well"),
        ("/half", 0, "less than half are"),
        ("/few", 0, "two prove nothing"),
        ("/both", 1, "a page of two feeds is not narrowed down by what is subscribed to"),
    ],
)
def test_a_subscribed_feed_is_known_by_its_entries(folder: Path, path: str, code: int, why: str) -> None:
    with serving(known_by_its_entries) as server:
        assert invoke(folder, "sources", "add", server.url("/known"), "--id", "known").code == 0
        found = load(folder / "config.toml", {})
        known = tuple(source for source in found.sources if source.id == "known")
        with desk(folder, sources=known, topics=()) as work:
            work.run()
        done = invoke(folder, "sources", "add", server.url(path))
        assert done.code == code, (why, done)
        if path == "/mirror":
            told = "by its entries it is the feed of source known; --no-check subscribes all the same\n"
            assert done.err == told
            assert f"1 {server.url('/mirror')} (is source known)" in done.out
            (row,) = invoke(folder, "sources", "add", server.url(path), "--list", "--json").objects
            assert (row["id"], row["reason"]) == ("known", "subscribed to already as known")
            assert invoke(folder, "sources", "add", server.url(path), "--no-check").code == 0
            assert urls(folder)[1:] == [server.url("/mirror")]


def with_self_links(server: Server, path: str) -> Reply:
    return {
        "/rss": feed("Port", 1, 2, 3, link=self_link(server.url("/rss"))),
        "/session": feed("Port", 1, 2, 3, link=self_link(server.url("/session"))),
        "/copy": feed("Port", 1, 2, 3, link=self_link(server.url("/rss"))),
        "/template": feed("Port", 7, 8, 9, link=self_link(server.url("/rss"))),
        "/staging": feed("Port", 1, 2, 3, link=self_link("http://10.1.2.3/rss")),
    }.get(path, Reply(status=404))


@pytest.mark.parametrize(
    ("path", "written", "asked", "note"),
    [
        ("/rss", "/rss", 1, ""),
        ("/session?utm_source=x", "/session", 2, ""),
        ("/copy", "/copy", 2, "the same entries are at URL/rss, which the feed calls its own address\n"),
        ("/template", "/template", 2, ""),
        ("/staging", "/staging", 1, ""),
    ],
)
def test_the_address_that_a_feed_calls_its_own_is_believed_once_it_gives_the_same_entries(
    folder: Path, path: str, written: str, asked: int, note: str
) -> None:
    with serving(with_self_links) as server:
        done = invoke(folder, "sources", "add", server.url(path))
    assert (done.code, urls(folder), len(server.requests)) == (0, [server.url(written)], asked)
    assert done.err == note.replace("URL", server.url("").rstrip("/"))


def test_the_language_is_told_by_all_headlines_where_each_is_too_short(folder: Path) -> None:
    titles = ("Ein Schiff kommt an", "Der Hafen bleibt zu", "Die Kräne stehen still", "Neue Kaimauer fertig")
    document = rss(*(item(number, title=title, text="") for number, title in enumerate(titles)), title="Hafen")
    with serve({"/rss": Reply(document, headers=RSS)}) as server:
        (row,) = invoke(folder, "sources", "add", server.url("/rss"), "--list", "--json").objects
    assert row["language"] == "de"


def at_a_terminal(folder: Path, answers: bytes, *arguments: str) -> Done:
    """Run the program with a terminal of 80 columns on which somebody has typed already; `out` is the screen."""
    ours, theirs = pty.openpty()
    variables = environment() | {"AGGREGATOR_FETCH__HOST_PAUSE": "0s", "COLUMNS": "80", "TERM": "xterm"}
    command = [sys.executable, "-m", "aggregator", *arguments]
    with subprocess.Popen(command, cwd=folder, env=variables, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, answers)
        shown = b""
        try:
            while part := os.read(ours, 65_536):
                shown += part
        except OSError:  # Linux says so when the last end of a terminal is closed
            pass
        code = process.wait(timeout=60)
    os.close(ours)
    return Done(code=code, out=shown.decode(errors="replace").replace("\r\n", "\n"), err="")


@pytest.mark.slow
def test_somebody_at_a_terminal_is_asked(folder: Path) -> None:
    with serve(THREE) as server:
        done = at_a_terminal(folder, b"7\n3\n", "sources", "add", server.url("/"))
        assert (done.code, urls(folder)) == (0, [server.url("/arts.xml")]), done.out
        assert done.out.count("Which one (0 for none) [1]") == 2, "7 is no feed of them"
        assert "looking" in done.out, "progress is shown"
        refused = at_a_terminal(folder, b"0\n", "sources", "add", server.url("/"))
    assert (refused.code, len(urls(folder))) == (1, 1)


@pytest.mark.slow
def test_a_feed_may_be_taken_at_the_address_that_it_calls_its_own(folder: Path) -> None:
    with serving(with_self_links) as server:
        assert at_a_terminal(folder, b"\n", "sources", "add", server.url("/copy")).code == 0
        assert urls(folder) == [server.url("/rss")]


@pytest.mark.slow
def test_the_program_finds_shows_and_writes(folder: Path) -> None:
    with serve(THREE) as server:
        several = run(folder, "sources", "add", f"127.0.0.1:{server.port}", AGGREGATOR_FETCH__HOST_PAUSE="0s")
        one = run(folder, "sources", "add", server.url("/sport.xml"), "--json")
    assert (several.code, several.err) == (1, "which of the 3 feeds? nothing was written: say --pick NUMBER\n")
    assert [(row["id"], row["added"]) for row in one.objects] == [("sport", True)]
    assert urls(folder) == [server.url("/sport.xml")]
