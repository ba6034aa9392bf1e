"""Agencies that came, changed or went: local documents are read again, and what reads the same is no edit."""

from datetime import timedelta
from pathlib import Path

from aggregator.model.source import AgencyName
from tests.desk import Desk, desk
from tests.documents import folder_source, wire, write

NOVA = AgencyName(id="nova", name="Nova", forms=("NOVA",))
TEXT = wire().replace("/DESK/", "/NOVA/")


def texts(at: Desk) -> list[tuple[str, str | None, int]]:
    """How each text begins, its agency and its version, after one more run an hour later."""
    at.now += timedelta(hours=1)
    at.run()
    stored = [view.stored for view in at.articles()]
    return [
        ((one.article.body_text or "")[:7], one.article.agency.id if one.article.agency else None, one.version)
        for one in stored
    ]


def test_a_new_agency_makes_a_revision_of_what_was_read_without_it(tmp_path: Path) -> None:
    write(tmp_path / "in", "a.txt", TEXT)
    with desk(tmp_path, sources=(folder_source(tmp_path / "in"),), topics=()) as at:
        assert texts(at) == [("TRIPOLI", None, 1)]
        at.agencies = (NOVA,)
        assert texts(at) == [("Envoys ", "nova", 2)]
        assert texts(at) == [("Envoys ", "nova", 2)]


def test_a_text_of_another_agency_stays_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "in", "a.txt", TEXT)
    with desk(tmp_path, sources=(folder_source(tmp_path / "in"),), topics=(), agencies=(NOVA,)) as at:
        before = texts(at)
        at.agencies = (NOVA, AgencyName(id="quay", name="Quay", forms=("QUAY",)))
        assert texts(at) == before
        assert [len(view.observations) for view in at.articles()] == [1]


def test_with_the_same_agencies_nothing_is_read_again(tmp_path: Path) -> None:
    write(tmp_path / "in", "a.txt", TEXT)
    with desk(tmp_path, sources=(folder_source(tmp_path / "in"),), topics=(), agencies=(NOVA,)) as at:
        at.run()
        (again,), _ = at.run()
        assert (again.outcome.value, again.body_bytes) == ("unchanged", 0)
