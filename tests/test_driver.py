"""Prepared statements as text: values by name, lists of any length, writes that wait for company."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, create_engine, insert, select

from aggregator.storage import statements
from aggregator.storage.driver import Driver, Prepared

THINGS = Table("thing", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text))
ADD = Prepared(lambda _: insert(THINGS))
OTHERS = Table("other", THINGS.metadata, Column("id", Integer, primary_key=True))
OTHER_IDS = Prepared(lambda _: select(OTHERS.c.id))
NAMES = Prepared(lambda _: select(THINGS.c.name).where(THINGS.c.id.in_(bindparam("ids", expanding=True))))
FIRST = Prepared(lambda _: select(THINGS.c.id).where(THINGS.c.name != "b").order_by(THINGS.c.id).limit(1))


@pytest.fixture
def driver() -> Iterator[Driver]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        THINGS.metadata.create_all(connection)
        yield Driver(connection)
    engine.dispose()


def test_a_list_of_any_length_stands_for_its_members(driver: Driver) -> None:
    for number, name in enumerate("abc"):
        driver.write(ADD, {"id": number, "name": name})
    for ids, names in (([0], ["a"]), ([0, 2], ["a", "c"]), ([2, 1, 7], ["b", "c"])):
        assert sorted(row.name for row in driver.ask(NAMES, {"ids": ids})) == names


def test_an_insert_that_names_its_columns_writes_what_it_is_given(driver: Driver) -> None:
    driver.write(Prepared(lambda _: insert(THINGS), ["id", "name"]), {"id": 7, "name": "g"})
    assert [row.name for row in driver.ask(NAMES, {"ids": [7]})] == ["g"]


def test_values_of_the_statement_itself_are_sent_with_it(driver: Driver) -> None:
    driver.write(ADD, {"id": 4, "name": "b"})
    driver.write(ADD, {"id": 5, "name": "c"})
    assert [row.id for row in driver.ask(FIRST, {})] == [5]


def test_whoever_asks_sees_what_waited(driver: Driver) -> None:
    driver.write_later(ADD, {"id": 1, "name": "a"})
    assert [row.name for row in driver.ask(NAMES, {"ids": [1]})] == ["a"]
    driver.write_later(ADD, {"id": 2, "name": "b"})
    assert driver.execute(select(THINGS.c.name).where(THINGS.c.id == 2)).scalar_one() == "b"
    driver.write_later(ADD, {"id": 3, "name": "c"})
    driver.write(ADD, {"id": 4, "name": "d"})
    assert len(driver.ask(NAMES, {"ids": [1, 2, 3, 4]})) == 4


def test_a_question_about_another_table_sends_nothing(driver: Driver) -> None:
    driver.write_later(ADD, {"id": 1, "name": "a"})
    assert driver.ask(OTHER_IDS, {}) == []
    assert driver.waiting == 1
    both = Prepared(lambda _: select(THINGS.c.id).where(THINGS.c.id.in_(select(OTHERS.c.id))))
    assert driver.ask(both, {}) == []
    assert driver.waiting == 0


@pytest.mark.parametrize("name", [name for name, value in vars(statements).items() if isinstance(value, Prepared)])
def test_every_prepared_statement_has_a_text_in_both_dialects(name: str) -> None:
    prepared = getattr(statements, name)
    lengths = tuple((one, 2) for one in ("keys", "digests", "numbers", "uris", "states", "steps", "topics"))
    for dialect, mark in (("sqlite", ":"), ("postgresql", "%(")):
        text, _ = prepared.text(dialect, lengths)
        assert "POSTCOMPILE" not in text
        assert mark in text or name in ("HIGHEST_NUMBER", "QUEUED_FEEDS")
