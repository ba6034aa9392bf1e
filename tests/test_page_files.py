"""The pages as files: complete, linked by relative addresses, written only where something changed, gone with a kill."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator.errors import PublishError
from aggregator.fetch import HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.topic import Grain
from aggregator.pipeline import attend, publish, write_pages
from tests.desk import LIMITS, Desk, desk
from tests.documents import folder_source, wire, write
from tests.make import topic

pytestmark = pytest.mark.slow

TOPICS = (topic(id="talks", title="Talks"), topic(id="all", title="All <of> it"))


class Links(HTMLParser):
    """Where a page leads, and what it loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src", "action") and value]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Desk]:
    for number in (1, 2):
        write(tmp_path / "in", f"{number}.txt", wire(f"Envoys meet for round {number}", number))
    with desk(tmp_path, sources=(folder_source(tmp_path / "in"),), topics=TOPICS) as opened:
        opened.run()
        yield opened


def written(at: Desk, *, heal: bool = False) -> int:
    """Carry out what the desk said, publish, write the pages; how many files changed."""
    works = replace(at.works(HttpFetcher(LIMITS)), writes_pages=True)
    attend(works, at.now)
    files: list[Path] = []
    publish(works, at.now, written=files)
    return write_pages(works, at.now, written=files, heal=heal)


def names(at: Desk) -> list[str]:
    return sorted(str(path.relative_to(at.directory)) for path in at.directory.rglob("*") if path.is_file())


def entry_of(at: Desk, headline: str) -> Path:
    (uri,) = [one.stored.uri for one in at.articles() if one.stored.article.headline == headline]
    return at.directory / "entries" / f"{uri.removeprefix('urn:uuid:')}.html"


def test_every_page_is_there_and_every_relative_link_leads_to_a_file(at: Desk) -> None:
    written(at, heal=True)
    entries = [entry_of(at, f"Envoys meet for round {number}") for number in (1, 2)]
    pages = ["index.html", "sources.html", "talks.html", "all.html"]
    feeds = [f"{name}.{ending}" for name in ("all", "talks", "source-health") for ending in ("atom", "rss", "json")]
    fixed = ["style.css", "icon.svg", "index.opml", "sources.opml", *feeds]
    assert names(at) == sorted([*pages, *fixed, *(f"entries/{path.name}" for path in entries)])
    for path in at.directory.rglob("*.html"):
        for link in Links(path.read_text("utf-8")).found:
            target = urlsplit(link)
            assert target.scheme in ("", "http", "https", "feed"), link
            if not target.scheme and target.path:
                assert not target.path.startswith("/"), link
                assert (path.parent / target.path).resolve().is_file(), (path.name, link)


def test_other_reports_of_a_story_are_named_with_no_address_that_only_a_server_has(at: Desk) -> None:
    one, other = (view.stored.uri for view in at.articles())
    at.decide(Word.MERGE, one, other_uri=other)
    written(at, heal=True)
    page = entry_of(at, "Envoys meet for round 1").read_text("utf-8")
    assert "Why it is the same event" in page
    assert "Envoys meet for round 2" in page
    assert [link for link in Links(page).found if link.startswith("/")] == []


def test_a_file_brings_its_own_policy_and_no_form(at: Desk) -> None:
    written(at, heal=True)
    for path in at.directory.rglob("*.html"):
        page = path.read_text("utf-8")
        assert "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self';" in page
        assert not re.search("<form|<script|style=|/desk", page)


def test_equal_pages_are_written_once(at: Desk) -> None:
    assert written(at, heal=True) == 8
    assert (written(at, heal=True), written(at)) == (0, 0)


def test_one_new_entry_makes_its_page_and_the_lists_anew(at: Desk, tmp_path: Path) -> None:
    written(at, heal=True)
    before = {path: path.stat().st_mtime_ns for path in (at.directory / "entries").iterdir()}
    text = "Two dredgers began to clear the basin of Derna on Saturday; the harbour master expects the work to last a month."
    write(tmp_path / "in", "3.txt", f"Dredgers reach Derna\n\nDERNA, February 28, 2026. /DESK/. {text}\n")
    at.now += timedelta(minutes=1)
    _, changes = at.run()
    works = replace(at.works(HttpFetcher(LIMITS)), writes_pages=True)
    assert write_pages(works, at.now, written=[]) == 0
    files = [change.path for change in changes]
    # Its own, two topics, the front, the sources.
    assert write_pages(works, at.now, written=files) == 5
    assert len(files) == 7
    assert entry_of(at, "Dredgers reach Derna").exists()
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "Dredgers" in (at.directory / "index.html").read_text("utf-8")


def test_a_deleted_or_torn_page_heals_at_the_next_start(at: Desk) -> None:
    written(at, heal=True)
    entry = entry_of(at, "Envoys meet for round 1")
    whole = entry.read_bytes()
    entry.write_bytes(whole[:2000])
    (at.directory / "talks.html").unlink()
    assert written(at, heal=True) == 2
    assert entry.read_bytes() == whole


def test_a_killed_article_says_so_in_its_place_and_nothing_else(at: Desk) -> None:
    written(at, heal=True)
    entry = entry_of(at, "Envoys meet for round 1")
    at.decide(Word.KILL, f"urn:uuid:{entry.stem}")
    written(at)
    assert "This article was withdrawn." in entry.read_text("utf-8")
    assert [path.name for path in at.directory.rglob("*.html") if "round 1" in path.read_text("utf-8")] == []


def test_a_kill_reaches_the_page_of_an_article_that_no_topic_publishes_any_more(at: Desk) -> None:
    written(at, heal=True)
    entry = entry_of(at, "Envoys meet for round 1")
    at.topics = (topic(id="sea", title="Sea", query="sea"),)
    at.run()
    written(at, heal=True)
    assert "round 1" in entry.read_text("utf-8"), "what was published stays"
    at.decide(Word.KILL, f"urn:uuid:{entry.stem}")
    written(at)
    assert "This article was withdrawn." in entry.read_text("utf-8")


def test_a_killed_article_leaves_the_pages_of_its_copies_and_of_its_story(at: Desk) -> None:
    at.topics = (topic(id="each", title="Each", grain=Grain.ARTICLES),)
    at.run()
    one, other = (view.stored.uri for view in at.articles())
    at.decide(Word.MERGE, one, other_uri=other)
    written(at, heal=True)
    assert "round 1" in entry_of(at, "Envoys meet for round 2").read_text("utf-8")
    at.decide(Word.KILL, f"urn:uuid:{entry_of(at, 'Envoys meet for round 1').stem}")
    written(at)
    assert "round 1" not in entry_of(at, "Envoys meet for round 2").read_text("utf-8")


def test_what_the_desk_holds_is_taken_away_and_comes_back(at: Desk) -> None:
    written(at, heal=True)
    entry = entry_of(at, "Envoys meet for round 1")
    at.decide(Word.HOLD, f"urn:uuid:{entry.stem}")
    written(at)
    held = entry.exists()
    at.decide(Word.RELEASE, f"urn:uuid:{entry.stem}")
    written(at)
    assert (held, entry.exists()) == (False, True)


def test_a_new_day_makes_the_charts_anew(at: Desk) -> None:
    written(at, heal=True)
    at.now += timedelta(days=1)
    assert written(at) > 0
    assert "Mon 02 Mar" in (at.directory / "index.html").read_text("utf-8")


def test_a_page_that_cannot_be_written_is_told(at: Desk) -> None:
    (at.directory / "talks.html").mkdir()
    with pytest.raises(PublishError, match=r"talks\.html"):
        written(at, heal=True)
