"""A mail as saved (`.eml`, RFC 5322 and MIME) -> its one text: a newsletter, or what an agency sends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses

from aggregator.errors import UnreadableDocument
from aggregator.html import plain, printable
from aggregator.model.fetch import Document
from aggregator.model.parsed import Category, Defect, ParsedFeed, Text, TextType
from aggregator.model.source import AgencyName
from aggregator.parse.documents.facts import Facts, feed_of, words_of
from aggregator.parse.documents.markup import body_of
from aggregator.parse.encoding import decode
from aggregator.urls import is_web

MAX_PARTS = 200
"""Parts that are looked at; a newsletter has two, one with many pictures thirty."""
MAX_NESTED = 30
"""Parts of parts. Python's parser compares each line with the boundaries of all that are open."""
MAX_LINES = 300_000
"""Lines of a mail: one of 10 MiB, all of it attachment, has 140,000. The parser takes them one by one."""
_MAX_HEADER = 4_000
_MAX_ADDRESSES = 20

_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_IN_BRACKETS = re.compile(r"<([^<>\s]{1,900})>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
# RFC 3676 4.3. What follows is the sender's card, not the text.
_SIGNATURE = "-- "


class _Bounded(Compat32):
    """The old policy: the new one parses each header by a grammar that took 1.5 s for 10,000 parts, 15 times as long, and
    that goes deeper than Python's stack for a From of 4,000 brackets.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Name and value of a header, cut: the parser searches a Content-Type at every part."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_HEADER]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The texts of a mail, the first of each kind, and how many files came with them."""

    markup: Message | None
    words: Message | None
    attachments: int
    is_cut: bool


def parse_mail(document: Document, agencies: tuple[AgencyName, ...]) -> ParsedFeed:
    """The mail as a feed of one entry, known by its Message-ID. Attachments and forwarded mails are counted, not read.

    Raises UnreadableDocument for what is no mail, has no text, or is built as no mail is.
    """
    message = _message(document.body)
    parts = _parts(message)
    content, dropped = _content(parts)
    subject = _header(message, "subject")
    if not words_of(content):
        more = "; attachments are not read" if parts.attachments else ""
        raise UnreadableDocument(f"the mail has no text{more}")
    sender = _sender(message)
    facts = Facts(
        headline=plain(subject, is_markup=False) or None if subject else None,
        content=content,
        guid=_guid(message),
        url=_page(message),
        published=_header(message, "date"),
        language=_language(message),
        authors=(sender,) if sender else (),
        publisher=_list_name(message) or sender,
        categories=_keywords(message),
        dropped_lines=dropped,
    )
    return feed_of(document, (facts,), agencies, kind="mail", defects=_defects(parts))


def _message(body: bytes) -> Message:
    if len(_BOUNDARY.findall(body)) > MAX_NESTED:
        raise UnreadableDocument(f"a mail with more than {MAX_NESTED} parts of parts is refused")
    if body.count(b"\n") + body.count(b"\r") > 2 * MAX_LINES:
        raise UnreadableDocument(f"a mail of more than {MAX_LINES} lines is refused")
    # Saved from a mailbox it begins with a line that is no header (RFC 4155).
    start = body.find(b"\n") + 1 if body.startswith(b"From ") else 0
    try:
        message = message_from_bytes(body[start:].lstrip(), policy=_Bounded())
    except (RecursionError, ValueError, LookupError) as error:
        raise UnreadableDocument(f"not a mail that can be taken apart: {type(error).__name__}") from error
    if not any(message.get(name) for name in ("from", "date", "subject", "message-id")):
        raise UnreadableDocument("not a mail: it has neither From nor Date nor Subject")
    return message


def _parts(message: Message) -> _Parts:
    markup = words = None
    attachments = seen = 0
    for part in _leaves(message):
        seen += 1
        if seen > MAX_PARTS:
            break
        kind = part.get_content_type()
        is_file = part.get_content_disposition() == "attachment" or kind.startswith("message/")
        if is_file:
            attachments += 1
        elif kind == "text/html" and markup is None:
            markup = part
        elif kind == "text/plain" and words is None:
            words = part
    return _Parts(markup=markup, words=words, attachments=attachments, is_cut=seen > MAX_PARTS)


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in document order; what a forwarded mail holds is not of this one."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inside = part.get_payload() if part.get_content_maintype() == "multipart" else None
        if isinstance(inside, list):
            waiting += [one for one in reversed(inside) if isinstance(one, Message)]
        else:
            yield part


def _content(parts: _Parts) -> tuple[Text | None, tuple[str, ...]]:
    """The markup, else the plain text, and what of the text was left out."""
    if parts.markup is not None:
        markup = body_of(_text(parts.markup))
        content = Text(value=markup)
        if markup and words_of(content):
            return content, ()
    if parts.words is None:
        return None, ()
    lines = _unwrapped(parts.words)
    end = lines.index(_SIGNATURE) if _SIGNATURE in lines else len(lines)
    text = "\n".join(line.rstrip() for line in lines[:end]).strip()
    return Text(value=text, type=TextType.PLAIN), tuple(line for line in lines[end + 1 :] if line.strip())[:20]


def _text(part: Message) -> str:
    """The words of a part, whatever its charset says: the label is wrong often enough."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = part.get_content_charset()
    except (LookupError, ValueError):
        charset = None
    if charset and charset.startswith("iso-2022"):  # seven bits: it would pass for UTF-8
        return payload.decode("iso-2022-jp", "replace")
    return decode(payload, f"text/html; charset={charset}" if charset else None).text


def _unwrapped(part: Message) -> list[str]:
    """The lines; of a text that says so those that flow into the next are joined to it (RFC 3676 4.1)."""
    lines = _text(part).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if str(part.get_param("format") or "").lower() != "flowed":
        return lines
    joined: list[str] = []
    is_open = False
    for line in lines:
        stuffed = line.removeprefix(" ")
        if is_open and stuffed != _SIGNATURE:
            joined[-1] += stuffed
        else:
            joined.append(stuffed)
        is_open = stuffed.endswith(" ") and stuffed != _SIGNATURE
    return joined


def _header(message: Message, name: str) -> str | None:
    """The header's words, whatever they are encoded in; None where there are none."""
    raw = _raw(message, name)
    return (_decoded(raw) or None) if raw else None


def _raw(message: Message, name: str) -> str | None:
    """The header as it stands there, on one line. Bytes beyond ASCII, which no header may have, are taken for UTF-8."""
    value = next((str(value) for key, value in message.raw_items() if key.lower() == name), None)
    if value is None:
        return None
    try:
        value = decode(value.encode("ascii", "surrogateescape"), None).text
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode("utf-8")
    return _FOLD.sub("", value).strip()


def _decoded(raw: str) -> str:
    try:
        pieces = decode_header(raw)
    except HeaderParseError:
        return " ".join(raw.split())
    words = [piece if isinstance(piece, str) else _in_charset(piece, charset) for piece, charset in pieces]
    return " ".join(printable("".join(words)).split())


def _in_charset(piece: bytes, charset: str | None) -> str:
    try:
        return piece.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return piece.decode("utf-8", "replace")


def _sender(message: Message) -> str | None:
    """The name beside the address, else the domain: the address itself is nobody's to publish."""
    raw = _raw(message, "from") or _raw(message, "sender") or ""
    try:
        addresses = getaddresses([raw])[:_MAX_ADDRESSES]
    except RecursionError:  # comments in comments
        return None
    for name, address in addresses:
        shown = plain(_decoded(name), is_markup=False).strip("\"'") or address.rpartition("@")[2]
        if shown:
            return shown
    return None


def _list_name(message: Message) -> str | None:
    """What the list calls itself before its id (RFC 2919 3)."""
    raw = _raw(message, "list-id")
    name = _decoded(raw.partition("<")[0]) if raw and "<" in raw else ""
    return plain(name.strip(" \"'"), is_markup=False) or None


def _guid(message: Message) -> str | None:
    """The Message-ID as an address of its kind (RFC 2392)."""
    found = _IN_BRACKETS.search(_raw(message, "message-id") or "")
    return f"mid:{found.group(1)}" if found else None


def _page(message: Message) -> str | None:
    """Where the mail can be read by everybody (RFC 5064); links in its text may carry the name of the reader."""
    found = _IN_BRACKETS.search(_raw(message, "archived-at") or "")
    return found.group(1) if found and is_web(found.group(1)) else None


def _language(message: Message) -> str | None:
    found = _LANGUAGE.match(_raw(message, "content-language") or "")
    return found.group() if found else None


def _keywords(message: Message) -> tuple[Category, ...]:
    words = (_header(message, "keywords") or "").split(",")
    return tuple(Category(term=word.strip()) for word in words if word.strip())


def _defects(parts: _Parts) -> Iterator[Defect]:
    if parts.attachments:
        yield Defect(kind="attachment", detail="attachments were not read", count=parts.attachments)
    if parts.is_cut:
        yield Defect(kind="bound", detail=f"parts beyond {MAX_PARTS} were not read")
