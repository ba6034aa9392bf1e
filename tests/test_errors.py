"""One tree of errors: what a command exits with, and what its user reads."""

from pathlib import Path

import pytest

from aggregator import errors
from aggregator.errors import AggregatorError, AlreadyRunning, ConfigError, ConfigMistake, QueryError

TREE = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, AggregatorError)}


def test_the_tree_is_drawn_in_full() -> None:
    assert errors.__doc__ is not None
    drawn = {line.strip("├└─ ").split()[0] for line in errors.__doc__.splitlines() if line.startswith(("├", "└"))}
    assert drawn == {error.__name__ for error in TREE - {AggregatorError}}


def test_every_error_says_what_it_is() -> None:
    assert [error.__name__ for error in TREE if not error.__doc__] == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("AggregatorError", 1),
        ("AlreadyRunning", 75),
        ("ConfigError", 78),
        ("NotAFeed", 1),
        ("QueryError", 78),
        ("StoreError", 1),
        ("UnknownName", 2),
        ("UnreadableDocument", 1),
    ],
)
def test_a_command_ends_with(name: str, code: int) -> None:
    assert {error.__name__: error.exit_code for error in TREE}[name] == code


def test_every_mistake_stands_on_a_line_with_its_place() -> None:
    mistakes = (
        ConfigMistake(path="topics[2].rules", message="unknown field", line=14),
        ConfigMistake(path="sources", message="missing"),
    )
    error = ConfigError("config.toml", mistakes)
    assert str(error) == "config.toml:14: topics[2].rules: unknown field\nconfig.toml: sources: missing"
    assert error.mistakes == mistakes


def test_a_query_error_counts_characters_from_one() -> None:
    error = QueryError("libya AND", 9, "a term is missing")
    assert str(error) == "a term is missing at character 10 of 'libya AND'"
    assert error.position == 9


def test_a_lock_is_named_without_its_folder() -> None:
    error = AlreadyRunning(Path("/home/desk/var/aggregator.db.lock"))
    assert str(error) == "another aggregator works on this store (lock aggregator.db.lock); stop it or use --dry-run"
