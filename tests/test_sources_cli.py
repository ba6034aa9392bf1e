"""`sources`: what is listed, added, removed, asked for, imported and exported; the configuration keeps its comments."""

import json
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.cli.sources import free_id, slug
from aggregator.config import load
from aggregator.model.desk import RequestKind
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import SourceState, Validators
from aggregator.storage import Store
from tests.commands import CONFIG, configure, invoke, run_once, typed
from tests.loopback import Reply, Server, serve
from tests.make import NOW
from tests.program import running

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

FEED = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Zürich  harbour
news</title><id>urn:example:feed</id><updated>2026-01-02T00:00:00Z</updated>{more}
<entry><id>urn:example:1</id><title>A ship</title><updated>2026-01-02T00:00:00Z</updated>
<published>2026-01-01T00:00:00Z</published><link href="https://example.org/1"/></entry>
<entry><id>urn:example:2</id><title>Two ships</title><updated>2026-01-02T00:00:00Z</updated>
<published>2026-01-02T00:00:00Z</published><link href="https://example.org/2"/></entry></feed>
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGGREGATOR_FETCH__HOST_PAUSE", "0s")  # one loopback address is all hosts
    configure(tmp_path)
    return tmp_path


def feed(more: str = "") -> Reply:
    return Reply(FEED.format(more=more).encode(), headers={"Content-Type": "application/atom+xml"})


def text(folder: Path) -> str:
    return (folder / "config.toml").read_text("utf-8")


def added(folder: Path) -> str:
    """What was put before the comment of the topics."""
    before, _, after = CONFIG.partition("# What we publish.")
    assert text(folder).startswith(before)
    assert text(folder).endswith(f"# What we publish.{after}")
    return text(folder)[len(before) : -len(f"# What we publish.{after}")]


def test_every_source_is_listed_before_anything_ran(folder: Path) -> None:
    wire, harbour = invoke(folder, "sources", "list", "--json").objects
    assert set(wire) == {
        "id", "url", "path", "status", "health", "last_poll", "next_poll", "failures", "last_error", "entries", "gaps",
        "notes",
    }  # fmt: skip
    assert (wire["id"], wire["url"], wire["path"], wire["health"]) == ("wire", None, str(folder / "in"), "new")
    assert (harbour["url"], harbour["path"], harbour["entries"]) == ("https://example.org/harbour.xml", None, 0)


def test_the_listing_tells_polls_failures_and_gaps(folder: Path) -> None:
    run_once(folder)
    store = Store(f"sqlite:///{folder / 'store.db'}")
    with store.batch() as batch:
        batch.save_source_state(
            SourceState(source_id="harbour", last_poll_at=NOW, failures=3, last_error="HTTP 404", gaps=1)
        )
        poll = Poll(
            source_id="harbour", started_at=NOW, took=timedelta(0), outcome=Outcome.FAILED, error="HTTP 404", status=404
        )
        batch.add_poll(poll)
    store.close()
    wire, harbour = invoke(folder, "sources", "list", "--json").objects
    assert (wire["health"], wire["entries"], wire["failures"], wire["gaps"]) == ("ok", 2, 0, 0)
    assert (harbour["health"], harbour["failures"], harbour["last_error"]) == ("failing", 3, "HTTP 404")
    assert (harbour["status"], harbour["gaps"]) == (404, 1)
    shown = invoke(folder, "sources", "list").out
    assert "harbour: HTTP 404" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_private_address_is_never_shown(folder: Path) -> None:
    (folder / "config.toml").write_text(CONFIG.replace('tags = ["ports"]', "private = true"), "utf-8")
    for arguments in (("sources", "list"), ("sources", "list", "--json"), ("sources", "export"), ("config", "show")):
        done = invoke(folder, *arguments)
        assert (done.code, "harbour.xml" in done.out + done.err) == (0, False), arguments


def test_a_feed_is_looked_at_and_written_into_the_configuration(folder: Path) -> None:
    with serve({"/feed": feed()}) as server:
        url = server.url("/feed")
        done = invoke(folder, "sources", "add", url, "--tag", "sea", "--language", "de")
    assert (done.code, len(server.requests)) == (0, 1)
    assert " ".join(done.out.split("\n")[1].split()) == "1 Zürich harbour news (atom10) 2 2026-01-02 0 %"
    assert added(folder) == (
        f'[[sources]]\nid = "zurich-harbour-news"\nurl = "{url}"\npublisher = "Zürich harbour news"\n'
        'language = "de"\ntags = ["sea"]\n\n'
    )


def test_what_is_named_is_taken_and_nothing_is_asked_without_a_check(folder: Path) -> None:
    url = "http://127.0.0.1:9/feed"
    done = invoke(folder, "sources", "add", url, "--no-check", "--id", "one", "--publisher", "One", "--private")
    assert done.code == 0
    assert added(folder) == f'[[sources]]\nid = "one"\nurl = "{url}"\npublisher = "One"\nprivate = true\n\n'


def test_a_dry_run_looks_and_writes_nothing(folder: Path) -> None:
    with serve({"/feed": feed()}) as server:
        done = invoke(folder, "sources", "add", server.url("/feed"), "--dry-run")
    assert (done.code, "would be source zurich-harbour-news" in done.out) == (0, True)
    assert text(folder) == CONFIG


def test_an_address_that_is_there_in_other_letters_is_refused(folder: Path) -> None:
    done = invoke(folder, "sources", "add", "http://EXAMPLE.org:80/harbour.xml?utm_source=x#top")
    assert (done.code, done.err) == (1, "source harbour has this address already; nothing was written\n")
    assert text(folder) == CONFIG


@pytest.mark.parametrize("way", ["its self link", "a redirect", "the address that a subscribed one leads to"])
def test_the_same_feed_under_another_address_is_refused(folder: Path, way: str) -> None:
    def answer(server: Server) -> dict[str, Reply]:
        link = f'<link rel="self" href="{server.url("/known")}"/>' if way == "its self link" else ""
        return {"/known": feed(), "/other": feed(link), "/moved": Reply(status=301, headers={"Location": "/known"})}

    with serve(lambda request: answer(server).get(request.path, Reply(status=404))) as server:
        subscribed, tried = server.url("/known"), server.url("/moved" if way == "a redirect" else "/other")
        if way.startswith("the address"):
            subscribed, tried = server.url("/old"), server.url("/known")
        assert invoke(folder, "sources", "add", subscribed, "--no-check", "--id", "known").code == 0
        run_once(folder)
        store = Store(f"sqlite:///{folder / 'store.db'}")
        with store.batch() as batch:
            state = SourceState(source_id="known", validators=Validators(url=server.url("/known")))
            batch.save_source_state(state)
        store.close()
        before = text(folder)
        done = invoke(folder, "sources", "add", tried)
    assert (done.code, "source known" in done.err) == (1, True)
    assert text(folder) == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/page", "is an HTML page titled 'Port', not a feed, and none was found behind it"),
        ("/gone", "HTTP 410"),
        ("/missing", "--no-check subscribes all the same"),
    ],
)
def test_what_is_no_feed_is_told_and_not_added(folder: Path, path: str, message: str) -> None:
    page = Reply(b"<!doctype html><title>Port</title><p>Ships", headers={"Content-Type": "text/html"})
    with serve({"/page": page, "/gone": Reply(status=410)}) as server:
        done = invoke(folder, "sources", "add", server.url(path))
        assert (done.code, server.url(path) in done.err, message in done.err) == (1, True, True)
        private = invoke(folder, "sources", "add", server.url(path), "--private")
        assert (private.code, path in private.err) == (1, False)
    assert text(folder) == CONFIG


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("feed://example.org/x",), "not an http(s) address"),
        (("https://example.org/x", "--no-check", "--id", "Not one"), "id: must be small letters"),
        (("https://example.org/x", "--no-check", "--id", "wire"), "is the same as that of sources[0]"),
    ],
)
def test_what_the_configuration_would_not_take_is_refused(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = invoke(folder, "sources", "add", *arguments)
    assert done.code in (1, 2, 78)
    assert message in done.err
    assert text(folder) == CONFIG


def test_a_removed_source_leaves_its_history(folder: Path) -> None:
    run_once(folder)
    assert invoke(folder, "sources", "remove", "wire", "--dry-run").code == 0
    assert text(folder) == CONFIG
    assert invoke(folder, "sources", "remove", "wire").code == 0
    assert [source.id for source in load(folder / "config.toml", {}).sources] == ["harbour"]
    assert "# What we write ourselves." in text(folder)
    assert "# What others write." in text(folder)
    assert len(invoke(folder, "articles", "list", "--source", "wire", "--json").objects) == 2
    assert invoke(folder, "sources", "remove", "wire").code == 2


def test_a_source_that_a_topic_names_stays_until_the_topic_lets_go(folder: Path) -> None:
    named = CONFIG.replace('query = "libya', 'sources = ["harbour"]\nquery = "libya')
    (folder / "config.toml").write_text(named, "utf-8")
    done = invoke(folder, "sources", "remove", "harbour")
    assert done.code == 78
    assert "nothing was written" in done.err
    assert "topics[0].sources[0]: 'harbour' is no id or tag" in done.err
    assert text(folder) == named


def test_a_poll_is_asked_for(folder: Path) -> None:
    assert invoke(folder, "sources", "refresh", "wire").code == 1, "nothing is stored yet"
    run_once(folder)
    assert invoke(folder, "sources", "refresh", "--all", "--dry-run").code == 0
    assert invoke(folder, "sources", "refresh", "wire").code == 0
    assert invoke(folder, "sources", "refresh", "nothing").code == 2
    assert invoke(folder, "sources", "refresh").code == 2
    store = Store(f"sqlite:///{folder / 'store.db'}")
    with store.batch() as batch:
        assert [(one.kind, one.argument) for one in batch.open_requests()] == [(RequestKind.REFRESH, "wire")]
    store.close()
    assert invoke(folder, "sources", "refresh", "--all").code == 0


LIST = """<opml version="2.0"><body><outline text="Sea &amp; land">
<outline text="Port" xmlUrl="https://example.org/port"/>
<outline text="Port" xmlUrl="https://example.org/port?page=2"/>
<outline text="Again" xmlUrl="http://www.example.org/harbour.xml"/>
<outline text="Same" xmlUrl="https://example.org/harbour.xml#new"/>
<outline text="Odd" xmlUrl="gopher://example.org/"/>
<outline text="الميناء" xmlUrl="https://mina.example.org/rss"/>
</outline></body></opml>"""


def test_a_list_adds_what_is_not_there_and_says_what_became_of_each(folder: Path) -> None:
    (folder / "list.opml").write_text(LIST, "utf-8")
    file = str(folder / "list.opml")
    dry = invoke(folder, "sources", "import", file, "--dry-run")
    assert (dry.code, text(folder)) == (0, CONFIG)
    assert "4 would be added, 2 left out" in dry.out
    rows = invoke(folder, "sources", "import", file, "--tag", "import", "--json").objects
    assert [(row["id"], row["added"]) for row in rows] == [
        ("port", True),
        ("port-2", True),
        ("again", True),
        ("harbour", False),
        (None, False),
        ("mina-example-org", True),
    ]
    assert rows[3]["reason"] == "subscribed to already as harbour"
    assert rows[4]["reason"].startswith("not an http(s) address")
    port = next(source for source in load(folder / "config.toml", {}).sources if source.id == "port")
    assert (port.publisher, port.tags) == ("Port", ("import", "sea-land"))
    before = text(folder)
    assert "0 added, 6 left out" in invoke(folder, "sources", "import", file).out
    assert text(folder) == before


def test_what_became_of_a_list_is_read_in_80_columns(folder: Path) -> None:
    names = ("harbour", "a-long-way-out/to-the-last-buoy")
    feeds = "".join(f'<outline text="{name} {"and more " * 9}" xmlUrl="https://e.org/{name}"/>' for name in names)
    (folder / "list.opml").write_text(f"<opml><body>{feeds}<outline text='x' xmlUrl='ftp:x'/></body></opml>", "utf-8")
    shown = invoke(folder, "sources", "import", str(folder / "list.opml")).out
    assert "2 added, 1 left out" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_every_source_is_tried_and_told_in_80_columns(folder: Path) -> None:
    sources = '[[sources]]\nid = "{name}"\nurl = "{url}"\n'
    with serve({"/ships": feed(), "/page": Reply(b"<!doctype html><title>A page</title>")}) as server:
        tables = [sources.format(name=name, url=server.url(f"/{name}")) for name in ("ships", "page", "gone")]
        (folder / "config.toml").write_text(CONFIG + "".join(tables), "utf-8")
        assert invoke(folder, "sources", "remove", "harbour").code == 0
        shown = invoke(folder, "check", "--fetch").out
        rows = invoke(folder, "check", "--fetch", "--json").objects
    assert [(row["source"], row["ok"]) for row in rows] == [
        ("wire", True), ("ships", True), ("page", False), ("gone", False),
    ]  # fmt: skip
    assert shown.splitlines()[1] == "ok     ships: 2 entries"
    assert "2 of 4 sources can be read" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_half_a_list_is_refused_whole(folder: Path) -> None:
    (folder / "list.opml").write_text(LIST[: len(LIST) // 2], "utf-8")
    done = invoke(folder, "sources", "import", str(folder / "list.opml"))
    assert (done.code, "not a well-formed OPML document" in done.err) == (1, True)
    assert invoke(folder, "sources", "import", str(folder / "none.opml")).err.endswith("No such file or directory\n")
    assert text(folder) == CONFIG


def test_what_is_exported_is_imported_elsewhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = folder / "out.opml"
    assert "1 sources written" in invoke(folder, "sources", "export", str(file)).out
    assert invoke(folder, "sources", "export").out == file.read_text("utf-8")
    other = tmp_path_factory.mktemp("other")
    configure(other)
    (other / "config.toml").write_text("", "utf-8")
    assert invoke(other, "sources", "import", str(file)).code == 0
    (source,) = load(other / "config.toml", {}).sources
    assert (source.url, source.publisher, source.tags) == (
        "https://example.org/harbour.xml",
        "Harbour news",
        ("ports",),
    )


@pytest.mark.parametrize(
    ("title", "url", "taken", "expected"),
    [
        ("Port news", "https://example.org/", set(), "port-news"),
        ("Port news", "https://example.org/", {"port-news", "port-news-2"}, "port-news-3"),
        ("Über Élan!", "https://example.org/", set(), "uber-elan"),
        ("أخبار", "https://www.akhbar.example/rss", set(), "akhbar-example"),
        (None, "https://example.org/feed", set(), "example-org"),
        ("X", "https://example.org/feed", set(), "example-org"),
        ("word " * 30, "https://example.org/", set(), "word-word-word-word-word-word-word-word-word"),
        ("w" * 90, "https://example.org/", set(), "w" * 48),
    ],
)
def test_an_id_is_made_of_the_title_else_of_the_host(
    title: str | None, url: str, taken: set[str], expected: str
) -> None:
    assert free_id(title, url, taken) == expected


def test_a_slug_of_another_script_is_empty() -> None:
    assert slug("Порт") == ""


def test_the_environment_is_as_the_user_has_it(folder: Path) -> None:
    """What a variable sets is checked with the rest, and never written into the file."""
    os.environ["AGGREGATOR_FETCH__TIMEOUT"] = "7s"
    try:
        assert invoke(folder, "sources", "add", "https://example.org/x", "--no-check").code == 0
        shown = json.loads(invoke(folder, "config", "show", "--json").out)
    finally:
        del os.environ["AGGREGATOR_FETCH__TIMEOUT"]
    assert shown["fetch"]["timeout"] == "7s"
    assert "7s" not in text(folder)


@pytest.mark.slow
def test_what_was_asked_for_is_carried_out_by_the_next_run(folder: Path) -> None:
    with serve({"/feed": feed()}) as server:
        assert typed(folder, "sources", "add", server.url("/feed"), "--id", "ships").code == 0
        assert typed(folder, "sources", "remove", "harbour").code == 0
        assert "2 sources polled, 4 new" in typed(folder, "once").out
        assert "1 sources polled, 0 new" in typed(folder, "once").out, "not due again, but for the folder"
        assert typed(folder, "sources", "refresh", "ships").code == 0
        assert "2 sources polled, 0 new" in typed(folder, "once").out
        assert "1 sources polled, 0 new" in typed(folder, "once").out, "once is enough"
    assert len(server.requests) == 3, "looked at, polled, polled again"


@pytest.mark.slow
def test_what_was_asked_for_is_carried_out_by_the_running_daemon(folder: Path) -> None:
    with serve({"/feed": feed()}) as server:
        assert typed(folder, "sources", "add", server.url("/feed"), "--id", "ships", "--no-check").code == 0
        assert typed(folder, "sources", "remove", "harbour").code == 0
        with running(folder, "run"):
            wait_until(lambda: len(server.requests) == 1, "polled at the start")
            assert typed(folder, "sources", "refresh", "ships").code == 0
            wait_until(lambda: len(server.requests) == 2, "polled again, though it is due in an hour")


def wait_until(is_so: Callable[[], bool], why: str) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end, why
        time.sleep(0.05)


@pytest.mark.slow
def test_a_fixed_date_is_that_of_the_entry(folder: Path) -> None:
    typed(folder, "once")
    assert typed(folder, "seeds", "date", "talks.txt", "2021-02-03").code == 0
    assert typed(folder, "once").code == 0
    (talks, _) = typed(folder, "articles", "list", "--json").objects
    assert (talks["headline"][:6], talks["effective"]) == ("Envoys", "2021-02-03T12:00:00Z")
    assert typed(folder, "db", "check").code == 0
