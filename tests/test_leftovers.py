"""A kill reaches what nobody renders any more, and leaves alone what does not print the entry (rules R16, R26)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.fetch import HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.source import Announce
from aggregator.model.topic import Grain, Topic
from aggregator.pipeline import write_pages
from aggregator.pipeline.packing import Packer
from tests.desk import LIMITS, START, Desk, desk
from tests.documents import feed_source, item, rss
from tests.loopback import Reply, serve

pytestmark = pytest.mark.slow

TALKS = Topic(id="talks", title="Talks", query="*", max_per_hour=1000, also=(Grain.STORIES,))
GONE = replace(TALKS, id="gone")
KILLED = re.compile(rb"Item (3|55)\b")
NUMBERS = range(1, 61)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Desk]:
    """Two topics in two grains, each with an archive page."""
    document = rss(*(item(number, at=START - timedelta(minutes=number)) for number in NUMBERS))
    with serve({"/feed": Reply(document)}) as server:
        source = feed_source(server, announce=Announce.ALL)
        with desk(tmp_path, sources=(source,), topics=(TALKS, GONE)) as opened:
            run(opened)
            yield opened


def run(at: Desk) -> None:
    at.now += timedelta(hours=1)
    at.run()
    works = replace(at.works(HttpFetcher(LIMITS)), writes_pages=True)
    write_pages(works, at.now, written=[], heal=True)
    packer = Packer()
    while packer.pack(at.directory, is_wanted=True):
        pass


def kill(at: Desk, *headlines: str) -> None:
    for view in at.articles():
        if view.stored.article.headline in headlines:
            at.decide(Word.KILL, view.stored.uri)


def names(at: Desk) -> set[str]:
    """Of all files but the list of what is published, which may be too short to be packed."""
    found = {str(path.relative_to(at.directory)) for path in at.directory.rglob("*") if path.is_file()}
    return found - {"index.opml.gz"}


def test_no_file_of_a_feed_that_left_prints_what_was_killed_since(at: Desk) -> None:
    before = names(at)
    at.topics = (replace(TALKS, also=()),)
    run(at)
    assert names(at) == before, "until then each keeps its last bytes"
    kill(at, "Item 3", "Item 55")
    run(at)
    left = names(at)
    assert [
        name for name in left if not name.endswith(".gz") and KILLED.search((at.directory / name).read_bytes())
    ] == []
    feeds = {f"{stem}.{form}" for stem in ("talks.stories", "gone", "gone.stories") for form in ("atom", "rss", "json")}
    assert feeds <= before
    assert not feeds & left
    assert "gone.html" in before - left
    assert {f"talks/archive/000001.{form}" for form in ("atom", "rss", "json")} <= left, "rendered anew"
    assert {name for name in left if name.endswith(".gz")} == {
        name for name in before if name.endswith(".gz") and name.removesuffix(".gz") in left
    }


def test_what_only_tells_that_it_was_withdrawn_keeps_its_last_bytes(at: Desk) -> None:
    kill(at, "Item 3", "Item 55")
    run(at)
    before = names(at)
    at.topics = (TALKS,)
    run(at)
    assert names(at) == before
