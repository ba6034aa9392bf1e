"""One tree of errors; expected outcomes (a 404, a broken feed) are values in `model`, not exceptions.

AggregatorError
├── ConfigError          bad configuration: every mistake at once (exit 78)
├── AlreadyRunning       another process holds the lock of this store (exit 75)
├── StoreError           the store cannot be opened or is of a newer release
├── PublishError         a feed's file cannot be written, or its entries cannot be read
├── QueryError           a topic query that does not parse, with its position
├── NotAFeed             no format recognised in a document
├── NotAList             not a subscription list (OPML)
├── UnreadableDocument   a local document that is not a text we can read
├── UnreadableLabels     a file of labelled texts that cannot be used, with its line
└── UnknownName          a topic, article or source that is not there (exit 2)
"""

from dataclasses import dataclass
from pathlib import Path

DEFECTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What an odd entry can make our code or a library raise: it costs that entry, not its document, that topic, not the others."""


class AggregatorError(Exception):
    """Something went wrong that the user can act on."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMistake:
    """One mistake: `line` is 1-based, None where the mistake has no place in the file (a missing key, the environment)."""

    path: str
    message: str
    line: int | None = None


class ConfigError(AggregatorError):
    """The configuration has mistakes."""

    exit_code = 78

    def __init__(self, file: str, mistakes: tuple[ConfigMistake, ...]) -> None:
        self.file = file
        self.mistakes = mistakes
        super().__init__("\n".join(self.lines()))

    def lines(self) -> tuple[str, ...]:
        """One line a mistake: `config.toml:14: sources[1].url: ...`."""
        return tuple(f"{self.file}{f':{m.line}' if m.line else ''}: {m.path}: {m.message}" for m in self.mistakes)


class AlreadyRunning(AggregatorError):
    """Another aggregator works on this store."""

    exit_code = 75

    def __init__(self, lock: Path) -> None:
        self.lock = lock
        super().__init__(f"another aggregator works on this store (lock {lock.name}); stop it or use --dry-run")


class StoreError(AggregatorError):
    """The store cannot be used."""


class PublishError(AggregatorError):
    """A file of a feed cannot be written; the ledger has it, so the next publication makes it good.

    `is_defect`: nothing but damaged rows is in the way, which no further try mends.
    """

    def __init__(self, file: str, why: str, others: int = 0, *, is_defect: bool = False) -> None:
        self.file = file
        self.is_defect = is_defect
        more = f" (and {others} more)" if others else ""
        advice = (
            "the other feeds are written, this one keeps what it had; run `aggregator db check`"
            if is_defect
            else "check [publish] directory, its permissions and its space"
        )
        super().__init__(f"cannot write {file}: {why}{more}; {advice}")


class QueryError(AggregatorError):
    """A query does not parse; `position` is the 0-based offset of the first character that does not fit."""

    exit_code = 78

    def __init__(self, query: str, position: int, message: str) -> None:
        self.query = query
        self.position = position
        self.message = message
        super().__init__(f"{message} at character {position + 1} of '{query}'")


class NotAFeed(AggregatorError):
    """No feed format is recognised in the document; the message says what it looks like instead."""


class NotAList(AggregatorError):
    """The document is no OPML, or only the beginning of one."""


class UnreadableDocument(AggregatorError):
    """A local document is not a text that can be read; the message says why."""


class UnreadableLabels(AggregatorError):
    """A file of labelled texts cannot be used; `line` is 1-based, None where it is the file itself."""

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        self.path = path
        self.line = line
        self.message = message
        super().__init__(f"{path}{f':{line}' if line else ''}: {message}")


class UnknownName(AggregatorError):
    """No such topic, article or source."""

    exit_code = 2
