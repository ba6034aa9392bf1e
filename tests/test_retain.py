"""What is kept for a time only: keys of copies go after the window, what an article is known by stays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from aggregator.fetch import HttpFetcher
from aggregator.pipeline import forget_keys
from tests.desk import LIMITS, START, desk
from tests.documents import folder_source, write
from tests.loopback import serve
from tests.test_copies_pipeline import EVERYTHING, HEADLINE, OTHER, REPORT, REWRITE, TASS, Newsroom, Outlets

pytestmark = pytest.mark.slow

PAST_THE_WINDOW = 24 * 33
WITHIN_THE_WINDOW = 24 * 29


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    outlets = Outlets()
    with serve(outlets) as server, desk(tmp_path, sources=(), topics=(EVERYTHING,), agencies=(TASS,)) as at:
        yield Newsroom(at, outlets, server)


def forget(room: Newsroom, *, chunk: int = 100) -> int:
    return forget_keys(room.desk.works(HttpFetcher(LIMITS)), room.desk.now, chunk=chunk)


def rows(room: Newsroom, table: str) -> int:
    engine = create_engine(room.desk.store.url)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return int(found)


@pytest.mark.parametrize(("hours", "forgotten"), [(WITHIN_THE_WINDOW, 0), (PAST_THE_WINDOW, 1)])
def test_keys_go_when_no_new_text_can_be_a_copy(room: Newsroom, hours: float, forgotten: int) -> None:
    room.print("wire", REPORT)
    before = rows(room, "band")
    room.desk.now += timedelta(hours=hours)
    assert forget(room) == forgotten
    assert rows(room, "article_signature") == 1 - forgotten
    assert rows(room, "band") == before * (1 - forgotten)


def test_an_article_without_keys_is_still_known_by_its_own(room: Newsroom) -> None:
    room.print("wire", REPORT)
    room.desk.now += timedelta(hours=PAST_THE_WINDOW)
    assert forget(room) == 1
    room.outlets.print("wire", REPORT.replace("14", "15"), title=HEADLINE, at=START)
    room.run()
    (view,) = room.desk.articles()
    assert view.stored.version == 2
    assert forget(room) == 1  # the edit gave it keys again


def test_a_local_document_is_found_by_its_copy_after_any_time(room: Newsroom, tmp_path: Path) -> None:
    write(tmp_path / "in", "report.txt", f"{HEADLINE}\n\nMOSCOW, November 25. /TASS/. {REPORT}\n")
    room.desk.sources = (folder_source(tmp_path / "in"),)
    room.run()
    written = room.article("folder").stored.effective_at
    room.desk.now += timedelta(hours=PAST_THE_WINDOW)
    assert forget(room) == 0
    room.print("courier", REWRITE, at=written)
    assert room.group("folder") == {"folder", "courier"}


def test_a_group_stays_when_a_member_is_edited_after_the_keys_have_gone(room: Newsroom) -> None:
    room.print("wire", REPORT)
    room.print("courier", REWRITE)
    name, states = room.article("wire").copy_group, room.states()
    room.desk.now += timedelta(hours=PAST_THE_WINDOW)
    assert forget(room) == 2
    room.outlets.print("courier", REWRITE.replace("another blockade", "one more blockade"), title=HEADLINE, at=START)
    room.run()
    assert room.article("courier").stored.version == 2
    assert room.group("wire") == {"wire", "courier"}
    assert (room.article("wire").copy_group, room.states()) == (name, states)


def test_so_many_at_a_time_the_oldest_first(room: Newsroom) -> None:
    for number, source in enumerate(("wire", "museum", "courier", "herald", "gazette", "post")):
        room.print(
            source, OTHER.replace("sea", f"sea {number} of {number * 7}") * (number + 1), title=f"Charts {number}"
        )
    room.desk.now += timedelta(hours=PAST_THE_WINDOW)
    assert [forget(room, chunk=1), forget(room, chunk=1)] == [4, 2]
    assert rows(room, "band") == 0
    assert forget(room) == 0
