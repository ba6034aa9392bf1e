"""Logs: every line of the program and its libraries, `key=value` on stderr, readable on a terminal."""

import logging
import sys

import structlog


def set_up(*, verbosity: int) -> None:
    """Send the program's log to stderr: -1 warnings, 0 a line a poll, 1 all. Control characters are escaped."""
    level = {-1: logging.WARNING, 0: logging.INFO}.get(verbosity, logging.DEBUG)
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
    ]
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
        if terminal
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.processors.format_exc_info],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _one_line, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("aggregator").setLevel(level)


def _one_line(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A feed's words cannot forge a log line or move the cursor; a trace keeps its lines."""
    return {key: _harmless(value, kept="\n" if key == "exception" else "") for key, value in event.items()}


def _harmless(value: object, *, kept: str) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return "".join(
        character if character.isprintable() or character in kept else repr(character)[1:-1] for character in str(value)
    )
