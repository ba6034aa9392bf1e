"""What a browser makes of every payload: run as it stands it calls, in what we publish it is silent.

A canary on the loopback interface hears each payload by its number. The pages come from the real application, with their
policy; the HTML of the feeds also stands in a page without any, as a careless feed reader would show it. Every element is
pointed at and clicked, since many payloads wait for a hand.
"""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aggregator.model.source import Announce, Republish
from aggregator.model.topic import Grain
from aggregator.web import Site, create_app
from tests.desk import Desk, desk
from tests.documents import feed_source
from tests.hostile import PAYLOADS, encoded
from tests.hostile.allowed import html_of, left_in, left_in_feed
from tests.hostile.carriers import documents, together
from tests.loopback import Reply, Request, Server, serve
from tests.make import topic
from tests.program import environment
from tests.test_chromium import QUIET
from tests.web_client import Get, asking

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed (scripts/system-packages)"),
]

_LONGEST_S = 120
_ARGUMENTS = (
    *(argument for argument in QUIET if argument != "--headless"),
    "--headless=new",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    # Pictures and pages of strangers are not there, and known to be not there at once.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# A link of the web would lead away from the page; every other one is followed, every handler called.
_POKE = """
function poke(page) {
  page.addEventListener("click", event => {
    const link = event.target.closest("a, area");
    if (link && /^(?:https?|mailto|feed):/.test(link.href)) event.preventDefault();
  }, true);
  for (const element of page.querySelectorAll("body, body *")) {
    for (const name of ["mouseover", "pointerenter", "focus", "toggle", "auxclick"]) element.dispatchEvent(new Event(name));
    element.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
  }
}
"""
_RAW = """<!doctype html><title>raw</title><script src="/poke.js"></script><script>
addEventListener("load", () => {
  poke(document);
  document.body.innerHTML = document.body.innerHTML;
  poke(document);
});
</script><body>"""
_CONTROL = """<!doctype html><title>control</title>{frames}
<script>addEventListener("load", () => setTimeout(() => fetch("/done"), 2000));</script>"""
_READER = """<!doctype html><meta charset="utf-8"><title>reader</title><script src="/poke.js"></script>
{articles}
<script>
addEventListener("load", () => {{
  poke(document);
  // Printed and read once more: what changes then is what mutation lives on.
  for (const one of document.querySelectorAll("article")) one.innerHTML = one.innerHTML;
  poke(document);
  fetch("/shown?" + document.querySelectorAll("article").length);
  setTimeout(() => fetch("/done"), 2000);
}});
</script>"""
_WALK = """<!doctype html><title>walk</title><script src="/poke.js"></script><body><script>
const paths = {paths};
async function walk() {{
  const frame = document.body.appendChild(document.createElement("iframe")), page = frame.contentWindow;
  while (paths.length) {{
    const path = paths.pop();
    page.location = path;
    while (page.location.pathname + page.location.search !== path || page.document.readyState !== "complete")
      await new Promise(done => setTimeout(done, 5));
    poke(page.document);
    fetch("/seen?" + path + " " + page.document.querySelectorAll("*").length);
  }}
}}
Promise.all([walk(), walk(), walk(), walk()]).then(() => setTimeout(() => fetch("/done"), 1000));
</script>"""
# The pages let no picture or film of a stranger's be asked for: a server would learn who reads. The browser says so.
_UNFRAMED = "; frame-ancestors 'none'"
_REFUSED_PICTURE = re.compile(r"(?:image|media|img-src|media-src)", re.IGNORECASE)
_REFUSED = re.compile(r"Content Security Policy")


@dataclass(slots=True)
class Stage:
    """A server whose pages the test sets, and what its canary heard."""

    server: Server | None = None
    pages: dict[str, Reply] = field(default_factory=dict)
    get: Get | None = None
    """The application, asked for what is no page of the test's."""
    done: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: Request) -> Reply:
        if request.path == "/done":
            self.done.set()
        if request.path in self.pages:
            return self.pages[request.path]
        if self.get is None or request.path in ("/canary", "/done", "/seen", "/shown"):
            return Reply()
        found = self.get(request.target)
        kept = {name: value for name, value in found.headers.items() if name not in ("content-length", "connection")}
        # A page a frame costs a tenth of a page a window; the rest of the policy stays.
        policy = kept.get("content-security-policy", "")
        return Reply(
            found.content, found.status_code, kept | {"content-security-policy": policy.replace(_UNFRAMED, "")}
        )

    @property
    def at(self) -> str:
        assert self.server is not None
        return self.server.url("")

    def queries(self, path: str) -> list[str]:
        """What came with the requests for the path, in order."""
        assert self.server is not None
        return [one.target.partition("?")[2] for one in self.server.requests if one.path == path]

    def heard(self) -> set[int]:
        """Numbers of the payloads that ran."""
        return {int(query) for query in self.queries("/canary")}


@contextmanager
def staged() -> Iterator[Stage]:
    stage = Stage()
    with serve(stage.answer) as server:
        stage.server = server
        stage.pages["/poke.js"] = Reply(_POKE.encode(), headers={"Content-Type": "text/javascript"})
        yield stage


def browse(folder: Path, stage: Stage, path: str) -> list[str]:
    """Open the page, wait until it says that it is done; what the console got."""
    stage.done.clear()
    log = folder / "chromium.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["chromium", *_ARGUMENTS, f"--user-data-dir={folder / 'profile'}", stage.at + path],
            env=environment() | {"HOME": str(folder)},
            stdout=output,
            stderr=output,
        )
        try:
            assert stage.done.wait(_LONGEST_S), f"{path} was never done: {log.read_text('utf-8', 'replace')[-2000:]}"
        finally:
            process.terminate()
            process.wait(20)
    return [line for line in log.read_text("utf-8", "replace").splitlines() if "CONSOLE" in line]


def page(body: str, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(encoded(body), headers={"Content-Type": "text/html; charset=utf-8"} | dict(headers or {}))


@dataclass(frozen=True, slots=True)
class Published:
    """Every payload in every carrier, through the whole pipe."""

    stage: Stage
    desk: Desk
    feeds: dict[str, bytes]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("hostile")
    everything = topic(id="all", grain=Grain.ARTICLES, limit=100_000, max_per_hour=100_000)
    with staged() as stage:
        assert stage.server is not None
        found = documents(stage.at)
        stage.pages.update(
            {f"/{name}": Reply(body, headers={"Content-Type": "text/xml"}) for name, body in found.items()}
        )
        sources = tuple(
            feed_source(stage.server, f"/{name}", republish=Republish.FULL, announce=Announce.ALL) for name in found
        )
        with desk(folder, sources=sources, topics=(everything,)) as opened:
            polls, _ = opened.run()
            assert [poll for poll in polls if poll.outcome.value == "failed"] == []
            site = Site(
                title="Desk feeds",
                language="en",
                base_url=stage.at,
                directory=opened.directory,
                topics=opened.topics,
                sources=opened.sources,
            )
            stage.get = asking(create_app(opened.store, site))
            feeds = {path.name: path.read_bytes() for path in opened.directory.rglob("*.atom")}
            yield Published(stage, opened, feeds)


def test_the_payloads_run_where_nothing_is_taken_out(tmp_path: Path) -> None:
    with staged() as stage:
        frames = "".join(f'<iframe src="/raw/{payload.number}"></iframe>' for payload in PAYLOADS)
        stage.pages["/control"] = page(_CONTROL.format(frames=frames))
        stage.pages.update({f"/raw/{payload.number}": page(_RAW + payload.raw(stage.at)) for payload in PAYLOADS})
        browse(tmp_path, stage, "/control")
        silent = [payload for payload in PAYLOADS if payload.fires and payload.number not in stage.heard()]
        assert silent == []


def test_nothing_executable_is_published(published: Published) -> None:
    articles = published.desk.articles()
    seen = {seen.source_id for view in articles for seen in view.observations}
    assert seen == {source.id for source in published.desk.sources}
    assert [what for document in published.feeds.values() for what in left_in_feed(document)] == []
    assert [what for view in articles for what in left_in(view.stored.article.body_html or "")] == []


def test_a_careless_reader_of_our_feeds_runs_nothing(published: Published, tmp_path: Path) -> None:
    stage = published.stage
    shown = [markup for document in published.feeds.values() for markup in html_of(document)]
    articles = "".join(f"<article>{markup}</article>" for markup in shown)
    stage.pages["/reader"] = page(_READER.format(articles=articles))
    browse(tmp_path, stage, "/reader")
    assert stage.queries("/shown")[-1] == str(len(shown))
    assert len(shown) > 5 * len(PAYLOADS)
    assert stage.heard() == set()


def test_our_pages_run_nothing_and_have_nothing_to_refuse_but_pictures(published: Published, tmp_path: Path) -> None:
    stage = published.stage
    paths = _paths(published)
    assert stage.get is not None
    assert _UNFRAMED in stage.get("/").headers["content-security-policy"]
    stage.pages["/walk"] = page(_WALK.format(paths=paths))
    complaints = browse(tmp_path, stage, "/walk")
    assert len(stage.queries("/seen")) == len(paths)
    assert stage.heard() == set()
    assert [line for line in complaints if not (_REFUSED.search(line) and _REFUSED_PICTURE.search(line))] == []


def _paths(published: Published) -> list[str]:
    """Every kind of page, and an article for each payload that has it everywhere."""
    stage = published.stage
    articles = [
        f"/articles/{view.stored.uri.removeprefix('urn:uuid:')}"
        for view in published.desk.articles()
        if any(seen.source_id == "json-all" for seen in view.observations)
    ]
    # A browser that opens a feed reads it as XML, in which scripts run as well.
    stage.pages.update(
        {f"/xml/{name}": Reply(body, headers={"Content-Type": "text/xml"}) for name, body in published.feeds.items()}
    )
    lists = [f"/topics/all?page={number}" for number in range(1, 1 + len(published.desk.articles()) // 50, 3)]
    assert len(articles) == len(together())
    return ["/", "/sources", "/nothing", *lists, *articles, *(f"/xml/{name}" for name in published.feeds)]
