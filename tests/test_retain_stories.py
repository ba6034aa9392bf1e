"""What stories compare, and texts that were replaced, go after their time; stories, agencies and versions stay."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from aggregator.dedup.origin import story_counts
from aggregator.fetch import HttpFetcher
from aggregator.model.desk import Word
from aggregator.model.topic import Grain
from aggregator.pipeline import forget_stories, forget_texts
from tests.desk import LIMITS, START, desk
from tests.loopback import serve
from tests.test_stories_pipeline import (
    FERRY,
    FERRY_ELSEWHERE,
    FERRY_TEXT,
    MUSEUM_TEXT,
    REPORT,
    REWRITE,
    TASS,
    TOPIC,
    Newsroom,
    Outlets,
    text_of,
)

pytestmark = pytest.mark.slow

ELSEWHERE = "Ferry sinks off Tarbona: 12 dead"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    outlets = Outlets()
    with serve(outlets) as server, desk(tmp_path, sources=(), topics=(TOPIC,), agencies=(TASS,)) as at:
        yield Newsroom(at, outlets, server)


def forget(room: Newsroom, *, days: float = 17.5, chunk: int = 100) -> int:
    room.desk.now += timedelta(days=days)
    return forget_stories(room.desk.works(HttpFetcher(LIMITS)), room.desk.now, chunk=chunk)


def asked(room: Newsroom, query: str) -> list[object]:
    engine = create_engine(room.desk.store.url)
    with engine.connect() as connection:
        found = connection.execute(text(query)).scalars().all()
    engine.dispose()
    return list(found)


def independent(room: Newsroom, source_id: str) -> int:
    story = room.article(source_id).story or ""
    with room.desk.store.read() as reader:
        return story_counts(story, reader.reports_of(story)).independent


def test_keys_and_terms_go_and_members_and_agencies_stay(room: Newsroom) -> None:
    room.print("wire", FERRY, f"TARBONA, March 1. /TASS/. {FERRY_TEXT}")
    room.print("courier", ELSEWHERE, f"TARBONA, March 1. /TASS/. {FERRY_ELSEWHERE}")
    story, counted = room.article("wire").story, independent(room, "wire")
    assert asked(room, "SELECT count(*) FROM story_key") != [0]
    assert forget(room, days=16.9) == 0
    assert forget(room, days=0.6) == 2
    assert asked(room, "SELECT count(*) FROM story_key") == [0]
    assert asked(room, "SELECT DISTINCT length(features) FROM story_text") == [0]
    assert asked(room, "SELECT agency FROM story_text ORDER BY article_id") == ["tass", "tass"]
    assert (room.article("courier").story, independent(room, "courier"), counted) == (story, 1, 1)
    assert forget(room) == 0


def test_the_oldest_go_first_and_are_not_passed_by_again(room: Newsroom) -> None:
    for number, source in enumerate(("one", "two", "three", "four", "five", "six")):
        room.print(source, f"{FERRY} and {number * 7} more", FERRY_TEXT * (number + 1))
    assert [forget(room, chunk=1), forget(room, days=0, chunk=1), forget(room, days=0, chunk=1)] == [4, 2, 0]
    room.print("seven", FERRY, FERRY_TEXT)
    assert [forget(room, days=1), forget(room)] == [0, 1]


def test_an_edit_after_that_leaves_the_story_as_it_is(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", ELSEWHERE, FERRY_ELSEWHERE)
    story = room.article("wire").story
    assert forget(room) == 2
    room.print("courier", ELSEWHERE, f"{FERRY_ELSEWHERE} An inquiry was opened.", at=START)
    assert room.article("courier").stored.version == 2
    assert room.story("wire") == {"wire", "courier"}
    assert room.article("wire").story == story
    assert asked(room, "SELECT count(*) FROM story_key") == [0]


def test_the_desk_still_puts_together_and_apart(room: Newsroom) -> None:
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("courier", ELSEWHERE, FERRY_ELSEWHERE)
    room.print("gazette", "Museum of Velmare opens wing for sea charts", MUSEUM_TEXT)
    assert forget(room) == 3
    wire, courier, gazette = (room.article(name).stored.uri for name in ("wire", "courier", "gazette"))
    room.desk.decide(Word.MERGE, wire, other_uri=gazette)
    room.run()
    assert room.story("gazette") == {"wire", "courier", "gazette"}
    room.desk.decide(Word.SPLIT, wire, other_uri=courier)
    room.run()
    assert room.story("wire") == {"wire", "gazette"}


def test_a_late_copy_joins_the_story_of_its_text(room: Newsroom) -> None:
    room.print("wire", FERRY, REPORT)
    room.print("courier", ELSEWHERE, FERRY_ELSEWHERE)
    assert forget(room) == 2
    room.print("herald", f"{FERRY} again", REWRITE, at=room.desk.now)
    assert room.story("herald") == {"wire", "courier", "herald"}
    (told, *_) = room.entries(Grain.STORIES)
    assert "3 reports" in text_of(told)


def test_a_text_that_was_replaced_goes_after_its_time(room: Newsroom) -> None:
    room.print("museum", "Museum of Velmare opens wing for sea charts", MUSEUM_TEXT)
    room.print("wire", FERRY, FERRY_TEXT)
    room.print("wire", f"{FERRY} at least", FERRY_TEXT, at=START)
    room.desk.now += timedelta(days=60)
    room.print("wire", FERRY.replace("12", "31"), FERRY_TEXT, at=START)
    room.print("courier", "Museum shows charts", MUSEUM_TEXT)
    works = room.desk.works(HttpFetcher(LIMITS))
    assert forget_texts(works, room.desk.now + timedelta(days=29)) == 0
    assert forget_texts(works, room.desk.now + timedelta(days=31)) == 1
    assert asked(room, "SELECT version FROM revision") == [2]
    assert forget_texts(works, room.desk.now + timedelta(days=91), chunk=1) == 1
    assert asked(room, "SELECT version FROM revision") == []
    assert room.article("wire").stored.version == 3
