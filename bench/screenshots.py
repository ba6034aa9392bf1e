"""Pictures of the pages for the documents: a desk is run through an invented week, then a browser looks at it.

    .venv/bin/python bench/screenshots.py [--into docs/images]

Needs Chromium (scripts/system-packages). Equal pages give equal pictures on one machine; fonts differ between machines.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from demo_week import NOW, OUTLETS, TOPICS, document, sources  # noqa: E402
from starlette.types import ASGIApp, Receive, Scope, Send  # noqa: E402

from aggregator.config import shipped  # noqa: E402
from aggregator.desk.keys import kept  # noqa: E402
from aggregator.model.desk import Word  # noqa: E402
from aggregator.model.source import Source, SourceKind  # noqa: E402
from aggregator.pages import Site  # noqa: E402
from aggregator.pipeline import index_all  # noqa: E402
from aggregator.pipeline.decide import Wish, understand, write_down  # noqa: E402
from aggregator.web import DeskNeeds, Server, Services, create_app, listen  # noqa: E402
from tests.desk import Desk, desk  # noqa: E402
from tests.loopback import Reply, Request, serve  # noqa: E402

DESK, PHONE = (1280, 1000), (390, 844)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    is_dark: bool = False


def main() -> int:
    given = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    given.add_argument("--into", type=Path, default=ROOT / "docs" / "images")
    into: Path = given.parse_args().into
    if shutil.which("chromium") is None:
        print("chromium is not installed: run scripts/system-packages")
        return 1
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as (at, address):
        public = shots(at)
        for shot in public:
            take(Path(folder), shot, address, into / f"{shot.name}.png")
            print(f"{shot.name:16}{into / shot.name}.png")
        decide(at)
        with served(at, as_maria) as address_of_desk:
            for shot in desk_shots(public):
                take(Path(folder), shot, address_of_desk, into / f"{shot.name}.png")
                print(f"{shot.name:16}{into / shot.name}.png")
    return 0


@contextmanager
def site(folder: Path) -> Iterator[tuple[Desk, str]]:
    """The desk after its week, served."""
    clock = [NOW]

    def answer(request: Request) -> Reply:
        name = request.path.strip("/").removesuffix(".xml")
        if name not in {one.id for one in OUTLETS}:
            return Reply(b"", 503)
        return Reply(document(name, clock[0]), headers={"Content-Type": "application/rss+xml"})

    with serve(answer) as feeds:
        broken = Source(id="radio-oasis", kind=SourceKind.FEED, url=feeds.url("/radio.xml"), publisher="Radio Oasis")
        with desk(
            folder,
            sources=(*sources(feeds.url("")), broken),
            topics=TOPICS,
            agencies=shipped.agencies(),
            packs=shipped.packs(),
        ) as at:
            for back in range(150, -1, -6):
                clock[0] = at.now = NOW - timedelta(hours=back)
                at.run()
            index_all(at.store)
            with served(at) as address:
                yield at, address


def decide(at: Desk) -> None:
    """What two people of the desk said."""
    by_headline = {view.stored.article.headline: view.stored.uri for view in at.articles()}
    said = (
        ("anna", Word.NOTE, "Libyan chambers agree", "The mission confirms the nine months by telephone", None),
        ("maria", Word.HOLD, "Ливийские палаты", "Waiting for the ministry's answer", None),
        ("maria", Word.DROP, "Libia, intesa", "A summary of what Courrier has", "sea-and-ports"),
        ("anna", Word.PIN, "Libye : les deux chambres", "Belongs to the vote as well", "elections"),
    )
    with at.store.batch() as batch:
        batch.access.add_token("maria", kept("token"), NOW)
        batch.access.begin_session(1, kept("key"), NOW, NOW + timedelta(hours=12))
    for minute, (by, word, beginning, reason, topic) in enumerate(said):
        article = next(uri for headline, uri in by_headline.items() if headline.startswith(beginning))
        made = Wish(word=word, article=article, by=by, reason=reason, topic_id=topic)
        with at.store.read() as reader:
            meant = understand(reader, at.topics, made)
        with at.store.batch() as batch:
            write_down(batch, meant, NOW - timedelta(minutes=10 - minute))
    at.run()


def as_maria(app: ASGIApp) -> ASGIApp:
    """The application as somebody sees it who is signed in."""

    async def shown(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [*scope.get("headers", []), (b"cookie", b"desk=key")]
        await app({**scope, "headers": headers}, receive, send)

    return shown


@contextmanager
def served(at: Desk, seen: Callable[[ASGIApp], ASGIApp] = lambda app: app) -> Iterator[str]:
    bound = listen("127.0.0.1", 0)
    shown = Site(
        title="Harbour desk",
        language="en",
        base_url="https://feeds.example.org",
        directory=at.directory,
        topics=at.topics,
        sources=tuple(replace(one, url=f"https://{one.id}.example/feed.xml") for one in at.sources),
        clock=lambda: NOW,
    )
    needs = DeskNeeds(clock=lambda: NOW, new_key=lambda: "key")
    server = Server(seen(create_app(at.store, shown, None, Services(desk=needs))))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def shots(at: Desk) -> list[Shot]:
    by_headline = {view.stored.article.headline: view.stored.uri.removeprefix("urn:uuid:") for view in at.articles()}
    article = next(uri for headline, uri in by_headline.items() if headline.startswith("Libyan chambers agree"))
    arabic = next(uri for headline, uri in by_headline.items() if headline.startswith("المجلسان"))
    told = next(view.story for view in at.articles() if view.story and view.stored.uri.endswith(article))
    story = f"/stories/{told.removeprefix('urn:uuid:')}"
    search = "/search?q=elections%20calendar"
    return [
        Shot("front", "/"),
        Shot("front-phone", "/", PHONE),
        Shot("front-dark", "/", is_dark=True),
        Shot("topic", "/topics/libya-diplomacy"),
        Shot("topic-phone", "/topics/libya-diplomacy", PHONE, is_dark=True),
        Shot("article", f"/articles/{article}", (1280, 1500)),
        Shot("article-arabic", f"/articles/{arabic}", PHONE),
        Shot("story", story),
        Shot("story-phone", story, PHONE, is_dark=True),
        Shot("sources", "/sources"),
        Shot("sources-phone", "/sources", PHONE),
        Shot("search", search),
    ]


def desk_shots(public: list[Shot]) -> list[Shot]:
    article = next(shot.path for shot in public if shot.name == "article")
    return [Shot("desk", "/desk"), Shot("desk-article", article, (1280, 1500))]


def take(folder: Path, shot: Shot, address: str, file: Path) -> None:
    """The upper part of the page, as a reader first sees it. Chromium makes no window narrower than 500: a phone's is
    drawn by its device emulation, as a window of that width without a frame.
    """
    width, height = shot.size
    subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
            f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}",
            f"--blink-settings=preferredColorScheme={0 if shot.is_dark else 1}", f"--screenshot={file}", address + shot.path,
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
