"""The XML parser that feedparser is given: Python's own expat driver, which then reports a text as one piece, not by lines,
and a plain element by its name alone.
"""

from typing import Any, Protocol
from xml.sax.expatreader import ExpatParser


class PlainHandler(Protocol):
    """What is told of elements without namespace and attributes."""

    def start_plain(self, name: str) -> None: ...

    def end_plain(self, name: str) -> None: ...


class BufferedParser(ExpatParser):
    """`xml.sax` has no option for it: each line, entity and edge of a buffer was a call into feedparser.

    Most elements of a feed have no namespace and no attribute. They go to `plain` by their name: to say by empty lists that
    there is nothing more took a third of the time of reading one.
    """

    def __init__(self, plain: PlainHandler) -> None:
        self._plain = plain
        super().__init__(namespaceHandling=True)

    def reset(self) -> None:
        """Begin a document."""
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]  # typeshed does not know it

    def start_element_ns(self, name: str, attrs: Any) -> None:
        """What expat calls; a namespace stands before the name, with a space between."""
        if attrs or " " in name:
            super().start_element_ns(name, attrs)
        else:
            self._plain.start_plain(name)

    def end_element_ns(self, name: str) -> None:
        """What expat calls."""
        if " " in name:
            super().end_element_ns(name)
        else:
            self._plain.end_plain(name)
