"""What a reading process does; imports no more than reading needs, since each process imports it anew."""

import logging
from datetime import datetime

from aggregator.model.fetch import Fetched
from aggregator.model.identity import Sighting
from aggregator.model.source import Source, SourceState
from aggregator.parse import ManyNew
from aggregator.reading.complete import NoText, complete
from aggregator.reading.limits import limit_worker, limited
from aggregator.reading.read import Desk, Reading, read

# So few new items of a known feed are read sooner than they are sent anywhere.
_FEW_ITEMS = 3
# What a worker is given once, at its start: a compiled matcher is too large to be sent with every document.
_desk: list[Desk] = []
_reading_s: list[float] = []


def begin(desk: Desk, reading_s: float) -> None:
    """The initializer of a process; `reading_s` is the CPU that one document may take."""
    _desk.append(desk)
    _reading_s.append(reading_s)
    # What libraries say of strangers' documents would stand unformatted on the terminal.
    logging.disable(logging.CRITICAL)
    limit_worker()


def ready() -> None:
    """The first task: nothing but a started process."""


def work(source: Source, fetched: Fetched, state: SourceState, now: datetime) -> Reading:
    """Read the documents within the limits of a process. Raises TooCostly."""
    with limited(_reading_s[0]):
        return read_all(source, fetched, state, _desk[0], now)


def take_text(source: Source, sighting: Sighting, page: Fetched, now: datetime) -> Sighting | NoText:
    """Take the entry's text from its page within the limits of a process. Raises TooCostly."""
    with limited(_reading_s[0]):
        return complete(sighting, page, source, _desk[0], now)


def read_all(source: Source, fetched: Fetched, state: SourceState, desk: Desk, now: datetime) -> Reading:
    """Read the documents as far as they are new."""
    return read(source, fetched, frozenset(state.validators.digests), desk, now, items=state.items)


def read_if_few(source: Source, fetched: Fetched, state: SourceState, desk: Desk, now: datetime) -> Reading | None:
    """None where so many items are new that a process is to read them."""
    known = frozenset(state.validators.digests)
    try:
        return read(source, fetched, known, desk, now, items=state.items, at_most_new=_FEW_ITEMS)
    except ManyNew:
        return None
