"""What subscribers see in twelve readers while a desk lives: nothing twice, nothing lost (`bench/readers.py` plays it longer)."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.program import ROOT
from tests.publishing import HAPPENINGS, run_course
from tests.readers import Printed, Reader, readers

TABLE = (ROOT / "docs" / "compatibility.md").read_text("utf-8")
ENTRY = Printed(
    id="urn:uuid:1", link="https://desk.example/1", title="Talks", text="Talks begin.", updated="2026-03-01"
)
LATER = Printed(id="urn:uuid:1", link="https://desk.example/1", title="Talks", text="Talks end.", updated="2026-03-02")
AS_PAGE = Printed(id="https://desk.example/1", title="Talks", text="Talks begin.", updated="2026-03-01")
AS_PAGE_LATER = Printed(id="https://desk.example/1", title="Talks", text="Talks end.", updated="2026-03-02")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_no_reader_shows_anything_twice_or_loses_anything(seed: int, tmp_path: Path) -> None:
    outcomes, course = run_course(seed, 120, tmp_path)
    for one in outcomes:
        assert (one.twice, one.lost, one.unread_again) == (0, 0, 0), one
        assert one.most_at_once <= 12 or one.every > timedelta(0), one
        assert one.shown > 100
    assert len(course.kinds) > len(HAPPENINGS) * 0.8


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.name)
def test_an_update_is_no_new_entry_where_the_id_is_a_urn(reader: Reader) -> None:
    assert [item.id for item in reader.poll([ENTRY])] == [ENTRY.id]
    assert reader.poll([LATER]) == []
    assert len(reader.items) == 1


def test_the_models_differ_where_the_readers_do() -> None:
    """Without this the suite could not fail: an id that is an address, an id twice, a first version for ever."""
    again = {reader.name for reader in readers() if reader.poll([AS_PAGE]) and reader.poll([AS_PAGE_LATER])}
    assert again == {"yarr"}
    twice = {reader.name for reader in readers() if reader.poll([ENTRY, LATER]) and reader.poll([LATER])}
    assert twice == {"Feeder"}
    first = {
        reader.name
        for reader in readers()
        if reader.poll([ENTRY]) and not reader.poll([LATER]) and reader.items[ENTRY.id].shown == ENTRY
    }
    assert first == {"CommaFeed", "Thunderbird"}
    many = [Printed(id=f"urn:uuid:{number}") for number in range(400)]
    assert [reader.name for reader in readers() if len(reader.poll(many)) < 400] == ["Feedbin"]


def test_the_published_table_names_every_reader_that_is_modelled() -> None:
    for reader in readers():
        assert f"| {reader.name} |" in TABLE
