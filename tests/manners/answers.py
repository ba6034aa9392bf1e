"""What the server says: feeds in our own words, proper answers, and every improper one."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from zlib import crc32

from tests.manners.server import Answer, Ask, Script

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When every case begins: a Monday, and a full hour, so that who polls by the clock loses nothing by it."""
RSS = "application/rss+xml"
CLOSE = {"Connection": "close"}


def document(*titles: str, head: str = "", at: datetime = START - timedelta(hours=1)) -> bytes:
    """RSS with an item for each title; `head` is more XML of the channel. Equal titles are equal items."""
    items = "".join(
        f'<item><guid isPermaLink="false">tag:example.org,2026:{title}</guid><title>{title}</title>'
        f"<link>https://example.org/{title}</link><description>A short text, {title}.</description>"
        f"<pubDate>{format_datetime(at, usegmt=True)}</pubDate></item>"
        for title in titles or ("first",)
    )
    about = f"<title>A source</title><link>https://example.org/</link><description>News</description>{head}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        f"<channel>{about}{items}</channel></rss>"
    ).encode()


def head(status: int, headers: Mapping[str, str], version: str = "1.1") -> bytes:
    """Status line and headers; values are latin-1, so that any byte can be said."""
    phrase = next((each.phrase for each in HTTPStatus if each == status), "Unknown")
    lines = (f"HTTP/{version} {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", "")
    return "\r\n".join(lines).encode("latin-1")


def reply(body: bytes = b"", headers: Mapping[str, str] | None = None, status: int = 200) -> Answer:
    """A proper answer, after which the connection stays open unless `Connection: close` is among the headers."""
    framing = {} if status == 304 else {"Content-Type": RSS, "Content-Length": str(len(body))}
    said = framing | dict(headers or {})
    whole = head(status, said) + body
    return Answer(parts=lambda: (whole,), stays=said.get("Connection") != "close")


def feed(*titles: str, headers: Mapping[str, str] | None = None, about: str = "") -> Answer:
    """A 200 with the document of the titles."""
    return reply(document(*titles, head=about), headers)


def raw(*parts: bytes | float) -> Answer:
    """An answer byte for byte; then the connection is closed."""
    return Answer(parts=lambda: parts)


def stream(parts: Callable[[], Iterable[bytes | float]]) -> Answer:
    """An answer that is made while it is sent; then the connection is closed."""
    return Answer(parts=parts)


def not_modified(**headers: str) -> Answer:
    """A 304; `last_modified` becomes Last-Modified."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    whole = head(304, said)
    return Answer(parts=lambda: (whole,), stays=True)


def moved(location: str, status: int = 301, headers: Mapping[str, str] | None = None) -> Answer:
    """A redirect; the location may hold any byte."""
    return reply(b"", {"Location": location} | dict(headers or {}), status)


def failing(status: int, headers: Mapping[str, str] | None = None) -> Answer:
    """An error page."""
    return reply(b"<html><body>Sorry.</body></html>", {"Content-Type": "text/html"} | dict(headers or {}), status)


def hang_up() -> Answer:
    """The connection is closed without a word."""
    return raw()


def in_turn(*answers: Answer | Script) -> Script:
    """The n-th request gets the n-th answer, further ones the last."""

    def script(ask: Ask) -> Answer:
        chosen = answers[min(ask.nth, len(answers) - 1)]
        return chosen if isinstance(chosen, Answer) else chosen(ask)

    return script


def honest(
    answer: Callable[[datetime], bytes] | bytes, headers: Callable[[bytes], Mapping[str, str]] | None = None
) -> Script:
    """A server as it should be: a strong ETag of the bytes, and 304 to who has them."""

    def script(ask: Ask) -> Answer:
        body = answer if isinstance(answer, bytes) else answer(ask.at)
        said = {"ETag": f'"{hash_of(body)}"'} | dict(headers(body) if headers else {})
        if ask.header("If-None-Match") == said["ETag"]:
            return reply(b"", said, 304)
        return reply(body, said)

    return script


def growing(every: timedelta, window: int = 20, about: str = "") -> Callable[[datetime], bytes]:
    """A feed that has a new item in every such time; `window` items are shown."""

    def at(now: datetime) -> bytes:
        newest = int((now - START) / every) + window
        return document(*(f"item-{number}" for number in range(newest, newest - window, -1)), head=about)

    return at


def http_date(at: datetime) -> str:
    """As headers print it."""
    return format_datetime(at, usegmt=True)


def hash_of(body: bytes) -> str:
    """Short, and the same in every process."""
    return f"{crc32(body):08x}"
