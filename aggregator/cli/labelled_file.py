"""A file of labelled texts, JSON Lines -> its texts, line by line; a line that cannot be used is told by its number."""

import json
from collections.abc import Iterator
from pathlib import Path

from aggregator.errors import UnreadableLabels
from aggregator.topics.labels import Labelled, labelled

MAX_LINES = 200_000
MAX_LINE_BYTES = 2 * 2**20


def read_labelled(path: Path) -> Iterator[Labelled]:
    """Its texts in order; blank lines say nothing. Raises UnreadableLabels for the first line that is wrong."""
    try:
        with path.open("rb") as file:
            for number in range(1, MAX_LINES + 2):
                line = file.readline(MAX_LINE_BYTES + 1)
                if not line:
                    return
                if number > MAX_LINES:
                    raise UnreadableLabels(path, number, f"the file has more than {MAX_LINES:,} lines")
                if line.strip():
                    yield _read(path, number, line)
    except OSError as error:
        raise UnreadableLabels(path, None, f"cannot be read: {(error.strerror or 'unknown').lower()}") from error


def _read(path: Path, number: int, line: bytes) -> Labelled:
    if len(line) > MAX_LINE_BYTES:
        raise UnreadableLabels(path, number, f"is longer than {MAX_LINE_BYTES // 2**20} MiB")
    try:
        return labelled(number, json.loads(line.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise UnreadableLabels(path, number, "is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise UnreadableLabels(path, number, f"is no JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise UnreadableLabels(path, number, "is nested too deep") from error
    except ValueError as error:
        raise UnreadableLabels(path, number, str(error)) from error
