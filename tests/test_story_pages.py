"""The page of a story: every report that may be told of on one time line, who of them speaks for itself, and as a file the same."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import PublishError
from aggregator.fetch import HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.source import Republish
from aggregator.pages import Site
from aggregator.pipeline import attend, publish, write_pages
from aggregator.web.app import create_app
from tests.desk import LIMITS, START, desk
from tests.loopback import serve
from tests.test_page_files import Links
from tests.test_pages import words
from tests.test_stories_pipeline import (
    FERRY,
    FERRY_ELSEWHERE,
    FERRY_TEXT,
    MUSEUM_TEXT,
    TASS,
    TOPIC,
    Newsroom,
    Outlets,
)
from tests.web_client import Get, asking

COURIER = "Ferry sinks off Tarbona: 12 dead"
ARABIC = "غرق عبارة قبالة طربونة ومقتل 12"


@contextmanager
def newsroom(folder: Path) -> Iterator[Newsroom]:
    """Two outlets report one event."""
    outlets = Outlets()
    with serve(outlets) as server, desk(folder, sources=(), topics=(replace(TOPIC, also=()),), agencies=(TASS,)) as at:
        opened = Newsroom(at, outlets, server)
        opened.print("wire", FERRY, f"TARBONA, March 1. /TASS/. {FERRY_TEXT}")
        opened.print("courier", COURIER, FERRY_ELSEWHERE)
        yield opened


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path) as opened:
        yield opened


@pytest.fixture
def get(room: Newsroom) -> Get:
    return asking_in(room)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """One that nobody changes."""
    with newsroom(tmp_path_factory.mktemp("quiet")) as opened:
        yield opened


def asking_in(room: Newsroom) -> Get:
    at = room.desk
    site = Site(title="Desk", language="en", base_url="", directory=at.directory, topics=at.topics, sources=())
    return asking(create_app(at.store, site))


def path_of(room: Newsroom, source_id: str = "wire") -> str:
    """The address of the story of that source's text."""
    story = room.article(source_id).story
    assert story
    return f"/stories/{story.removeprefix('urn:uuid:')}"


def article_path(room: Newsroom, source_id: str) -> str:
    return f"/articles/{room.article(source_id).stored.uri.removeprefix('urn:uuid:')}"


def file_of(room: Newsroom, path: str) -> Path:
    """Where a page lies as a file."""
    kind, name = path.strip("/").split("/")
    return room.desk.directory / kind.replace("articles", "entries") / f"{name}.html"


def written(room: Newsroom, *, heal: bool = False) -> int:
    """Carry out what the desk said, publish, write the pages as a running daemon does; how many files changed."""
    works = replace(room.desk.works(HttpFetcher(LIMITS)), writes_pages=True)
    attend(works, room.desk.now)
    files: list[Path] = []
    publish(works, room.desk.now, written=files)
    return write_pages(works, room.desk.now, written=files, heal=heal)


def test_reports_stand_in_the_order_of_their_time_with_their_grounds(quiet: Newsroom) -> None:
    get = asking_in(quiet)
    page = get(path_of(quiet)).text
    text = words(page).replace(" ;", ";")
    assert "2 reports by 2 outlets, 2 independent." in text
    assert text.index(f"{FERRY} TASS · Wire") < text.index(f"{COURIER} Courier")
    assert "independent the first report of it here; first seen 2026-03-01 13:00 UTC" in text
    assert re.search(
        rf"independent likeness 0\.\d\d; both speak of [^;]*tarbona[^;]*; nearest: “{FERRY}” \(Wire\)", text
    )
    assert f'<a href="{article_path(quiet, "courier")}">{COURIER}</a>' in page
    assert '<time datetime="2026-03-01">Sunday 1 March 2026</time>' in page
    assert '<link rel="alternate" type="application/atom+xml" title="All" href="/feeds/all.atom">' in page


@pytest.mark.slow
def test_what_is_printed_again_is_named_after_who_wrote_it(room: Newsroom, get: Get) -> None:
    room.print("herald", "Ferry sinks off Tarbona, 12 are dead", f"TARBONA, March 1. /TASS/. {FERRY_TEXT} (TASS)")
    page = get(path_of(room)).text
    assert "3 reports by 3 outlets, 2 independent." in words(page)
    (echo,) = re.findall(r'class="echo">.*?</li>', page, re.DOTALL)
    assert re.search("(a copy of|the same text as by) TASS likeness", words(echo))
    assert "TASS agency 2 texts, printed by Wire , Herald" in words(page)
    assert "Courier 1 text" in words(page)


@pytest.mark.slow
def test_every_report_stands_in_its_own_language_and_direction(room: Newsroom, get: Get) -> None:
    room.print(
        "marsa",
        ARABIC,
        "غرقت عبارة كانت تقل عمالا من الجزر قبالة ميناء طربونة صباح الأحد وانتشل خفر السواحل 12 جثة حتى الآن",
    )
    uris = [room.article(name).stored.uri for name in ("wire", "marsa")]
    room.desk.decide(Word.MERGE, uris[0], other_uri=uris[1])
    room.run()
    assert '<li lang="ar" dir="rtl"' in get(path_of(room)).text


def test_the_page_is_reached_from_the_article_and_from_the_topic(quiet: Newsroom) -> None:
    get = asking_in(quiet)
    link = f'<a href="{path_of(quiet)}">'
    assert f"{link}The whole story on a time line</a>" in get(article_path(quiet, "wire")).text
    assert get("/topics/all").text.count(f"{link}2 reports of this event") == 2
    assert link not in get("/").text


def test_pages_of_stories_have_the_policy_and_the_tags_of_all_pages(quiet: Newsroom) -> None:
    get = asking_in(quiet)
    first = get(path_of(quiet))
    assert "default-src 'none'" in first.headers["content-security-policy"]
    assert get(path_of(quiet), if_none_match=first.headers["etag"]).status_code == 304


@pytest.mark.parametrize("path", ["/stories/0", "/stories/00000000-0000-4000-8000-000000000000", "/stories/%3Cb%3E"])
def test_a_story_that_is_not_there_is_not_found(quiet: Newsroom, path: str) -> None:
    answer = asking_in(quiet)(path)
    assert (answer.status_code, "There is no story of this name." in answer.text) == (404, True)


@pytest.mark.parametrize("word", [Word.KILL, Word.HOLD, Word.ERASE])
@pytest.mark.slow
def test_what_the_desk_keeps_back_is_on_no_page_of_a_story(room: Newsroom, get: Get, word: Word) -> None:
    room.print("herald", "Island ferry sinks off Tarbona: 31 dead", f"Nobody at the harbour slept. {FERRY_ELSEWHERE}")
    path = path_of(room)
    assert "Wire" in words(get(path).text)
    room.desk.decide(word, room.article("wire").stored.uri)
    for carried_out in (False, True):
        if carried_out:
            room.run()
        page = words(get(path).text)
        assert (FERRY in page, "Wire" in page, "2 reports by 2 outlets" in page) == (False, False, True)


@pytest.mark.slow
def test_a_story_of_one_report_that_may_be_told_is_none(room: Newsroom, get: Get) -> None:
    path = path_of(room)
    room.desk.decide(Word.HOLD, room.article("courier").stored.uri)
    assert get(path).status_code == 404
    assert path not in get(article_path(room, "wire")).text + get("/topics/all").text
    room.desk.decide(Word.RELEASE, room.article("courier").stored.uri)
    assert get(path).status_code == 200


@pytest.mark.slow
def test_a_story_that_was_merged_leads_to_the_other_one(room: Newsroom, get: Get) -> None:
    room.print("museum", "Museum of Velmare opens wing for sea charts", MUSEUM_TEXT)
    room.print(
        "gallery", "Museum of Velmare opens new wing for its sea charts", f"A keeper of maps spoke. {MUSEUM_TEXT}"
    )
    paths = {path_of(room), path_of(room, "museum")}
    assert len(paths) == 2
    written(room, heal=True)
    uris = [room.article(name).stored.uri for name in ("wire", "museum")]
    room.desk.decide(Word.MERGE, uris[0], other_uri=uris[1])
    room.run()
    (gone,) = paths - {path_of(room)}
    moved = get(gone)
    assert (moved.status_code, moved.headers["location"]) == (301, path_of(room))
    written(room)
    assert f'href="../stories/{file_of(room, path_of(room)).name}">Read on there</a>' in file_of(room, gone).read_text()


@pytest.mark.slow
def test_a_hostile_headline_is_shown_as_the_text_that_it_is(room: Newsroom, get: Get) -> None:
    room.print("wire", "Ferry sinks off Tarbona, &lt;script&gt;12&lt;/script&gt; dead", FERRY_TEXT, at=START)
    page = get(path_of(room)).text
    assert ("&lt;script&gt;12&lt;/script&gt;" in page, "<script" in page) == (True, False)


@pytest.mark.slow
def test_as_files_every_link_of_a_story_leads_to_a_file(room: Newsroom) -> None:
    written(room, heal=True)
    story = file_of(room, path_of(room))
    pages = [story, file_of(room, article_path(room, "wire")), room.desk.directory / "all.html"]
    for page in pages:
        for link in Links(page.read_text("utf-8")).found:
            if not re.match("https?:|#|feed:", link):
                assert (page.parent / link.partition("?")[0].partition("#")[0]).is_file(), (page.name, link)
    assert f"../entries/{file_of(room, article_path(room, 'wire')).name}" in story.read_text("utf-8")
    assert all(f"stories/{story.name}" in page.read_text("utf-8") for page in pages[1:])
    assert "form-action 'none'" in story.read_text("utf-8")
    assert (written(room, heal=True), written(room)) == (0, 0)


@pytest.mark.slow
def test_a_new_report_makes_the_file_of_its_story_anew(room: Newsroom) -> None:
    written(room, heal=True)
    room.outlets.feeds.clear()
    room.desk.sources = ()
    before = file_of(room, path_of(room)).read_text("utf-8")
    room.print("herald", "Island ferry sinks off Tarbona: 31 dead", f"Nobody at the harbour slept. {FERRY_ELSEWHERE}")
    works = replace(room.desk.works(HttpFetcher(LIMITS)), writes_pages=True)
    write_pages(works, room.desk.now, written=[room.desk.directory / "all.atom"])
    after = file_of(room, path_of(room)).read_text("utf-8")
    assert ("31 dead" in before, "31 dead" in after) == (False, True)
    assert "31 dead" in file_of(room, article_path(room, "wire")).read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("word", [Word.KILL, Word.HOLD, Word.ERASE])
def test_what_the_desk_keeps_back_leaves_every_file(room: Newsroom, word: Word) -> None:
    """Also where no feed has it: its story and the others of it are in other topics."""
    room.print("herald", "Island ferry sinks off Tarbona: 31 dead", f"Nobody at the harbour slept. {FERRY_ELSEWHERE}")
    room.desk.topics = (replace(TOPIC, id="rest", query="publisher:Courier OR publisher:Herald", also=()),)
    room.run()
    written(room, heal=True)
    told = [path for path in room.desk.directory.rglob("*.html") if FERRY in path.read_text("utf-8")]
    story = file_of(room, path_of(room))
    assert story in told
    room.desk.decide(word, room.article("wire").stored.uri)
    room.desk.now += timedelta(seconds=2)
    written(room)
    assert [path for path in told if FERRY in path.read_text("utf-8")] == []
    assert "2 reports by 2 outlets" in words(story.read_text("utf-8"))


@pytest.mark.slow
def test_a_page_beside_a_killed_article_that_cannot_be_written_is_tried_again(room: Newsroom) -> None:
    room.print("herald", "Island ferry sinks off Tarbona: 31 dead", f"Nobody at the harbour slept. {FERRY_ELSEWHERE}")
    works = replace(room.desk.works(HttpFetcher(LIMITS)), writes_pages=True)
    write_pages(works, room.desk.now, written=[], heal=True)
    story = file_of(room, path_of(room))
    room.desk.decide(Word.KILL, room.article("wire").stored.uri)
    room.desk.now += timedelta(seconds=2)
    attend(works, room.desk.now)
    story.unlink()
    story.mkdir()
    with pytest.raises(PublishError, match=story.name):
        write_pages(works, room.desk.now, written=[])
    story.rmdir()
    room.desk.now += timedelta(hours=2)
    assert write_pages(works, room.desk.now, written=[]) > 0
    assert FERRY not in story.read_text("utf-8")
    assert write_pages(works, room.desk.now + timedelta(seconds=2), written=[]) == 0


@pytest.mark.slow
def test_what_has_no_rights_is_in_no_file(room: Newsroom, get: Get) -> None:
    room.desk.sources = tuple(
        replace(one, republish=Republish.NONE) if one.id == "wire" else one for one in room.desk.sources
    )
    room.print("wire", "Ferry sinks off Tarbona, 13 dead", FERRY_TEXT, at=START)
    room.print("herald", "Island ferry sinks off Tarbona: 31 dead", f"Nobody at the harbour slept. {FERRY_ELSEWHERE}")
    written(room, heal=True)
    assert "13 dead" in get(path_of(room)).text
    assert file_of(room, path_of(room)).exists()
    assert [path for path in room.desk.directory.rglob("stories/*") if "13 dead" in path.read_text("utf-8")] == []
    assert "13 dead" not in file_of(room, article_path(room, "courier")).read_text("utf-8")
