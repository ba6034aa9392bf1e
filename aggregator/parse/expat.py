"""The XML parser that feedparser is given: Python's own expat driver, which then reports a text as one piece, not by lines."""

from xml.sax.expatreader import ExpatParser


class BufferedParser(ExpatParser):
    """`xml.sax` has no option for it: each line, entity and edge of a buffer was a call into feedparser."""

    def reset(self) -> None:
        """Begin a document."""
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]  # typeshed does not know it
