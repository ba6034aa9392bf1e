"""The documents of another planet that the configuration names -> the entry ids that its subscribers know."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from aggregator.config import Configuration
from aggregator.dates import parse_date
from aggregator.errors import ConfigError, ConfigMistake, NotAFeed, UnreadableDocument
from aggregator.html import plain
from aggregator.ledger import LegacyEntry, LegacyIds, legacy_ids
from aggregator.model.fetch import Document
from aggregator.model.parsed import Entry, TextType
from aggregator.parse import parse
from aggregator.text import digest

_MAX_BYTES = 64 * 2**20


def read_legacy_ids(found: Configuration) -> LegacyIds:
    """Those of every topic's `legacy_ids`. Raises ConfigError with each file that cannot be read."""
    entries: list[LegacyEntry] = []
    mistakes = []
    for number, topic in enumerate(found.topics):
        if topic.legacy_ids is None:
            continue
        try:
            entries += _entries(topic.legacy_ids)
        except (OSError, NotAFeed, UnreadableDocument) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            message = f"{topic.legacy_ids}: {reason}; it is to be the old feed's document, saved to a file"
            mistakes.append(ConfigMistake(path=f"topics[{number}].legacy_ids", message=message))
    if mistakes:
        raise ConfigError(found.file.name, tuple(mistakes))
    return legacy_ids(entries)


def _entries(path: Path) -> Iterator[LegacyEntry]:
    with path.open("rb") as file:
        body = file.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise UnreadableDocument(f"larger than {_MAX_BYTES // 2**20} MiB")
    document = Document(key=path.name, body=body, digest=digest(body))
    # As if it came from the network: by its content, whatever the file is called.
    for entry in parse(document, url="", agencies=()).entries:
        if entry.guid:
            yield LegacyEntry(id=entry.guid, link=entry.link, title=_title(entry), updated_at=_updated(entry))


def _title(entry: Entry) -> str:
    return plain(entry.title.value, is_markup=entry.title.type is TextType.HTML) if entry.title else ""


def _updated(entry: Entry) -> datetime | None:
    printed = entry.updated or entry.published
    date = parse_date(printed) if printed else None
    return date.value if date else None
