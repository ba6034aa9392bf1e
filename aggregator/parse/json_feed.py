"""A JSON Feed document -> `ParsedFeed`; versions 1 and 1.1 (https://jsonfeed.org/version/1.1) read alike."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from feedparser.urls import resolve_relative_uris

from aggregator.errors import NotAFeed
from aggregator.html import MAX_HTML, with_lazy_images
from aggregator.model.fetch import Document
from aggregator.model.parsed import (
    Category,
    Defect,
    Entry,
    Link,
    MediaRole,
    OriginSource,
    ParsedFeed,
    Person,
    Text,
    TextType,
)
from aggregator.parse import json_chain
from aggregator.parse.bounds import MAX_ENTRIES, MAX_LINKS, MAX_TAGS, fit, fit_origin
from aggregator.parse.encoding import decode
from aggregator.parse.feeds import ManyNew
from aggregator.parse.mojibake import mended
from aggregator.text import digest
from aggregator.urls import absolute, host_of, is_web

MAX_VALUES = 1_000_000
"""Commas and brackets of a document, of which there are as many as values: each may take 250 bytes of memory."""

_BEGINS_LIKE_JSON = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*[{\[]")
_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/([\d.]*)", re.IGNORECASE)
_FORMATS = {"1": "json10", "1.0": "json10", "1.1": "json11"}
_SPACE = re.compile(r"[ \t\n\r\ufeff]*")
# As `encoding` takes them out of the document; here they stand behind an escape, half of a letter too: "\ud83d".
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SECONDS = re.compile(r"\d{1,7}(?:\.\d{1,9})?", re.ASCII)
_WHOLE_NUMBER = re.compile(r"(\d{1,15})(?:\.0{1,20})?", re.ASCII)
# A value that is no whole address, if it is one, and the attributes that hold one. A search that begins with the names takes fifty
# times as long.
_NOT_WHOLE = re.compile(r"=\s*+[\"']?+\s*+(?!https?://|mailto:|tel:)", re.IGNORECASE)
_ADDRESSES = ("action", "background", "cite", "data", "href", "longdesc", "poster", "src")
_MENDED = "a text that is UTF-8 read in another charset was read right"
_SCRAMBLED = "a text looks like UTF-8 that was read in another charset; it is kept as it came"

_Noted = Counter[tuple[str, str]]
"""Kind and detail of what was wrong, and how often."""


def is_json(body: bytes) -> bool:
    """Whether the document begins as only JSON does, whatever its media type says."""
    return _BEGINS_LIKE_JSON.match(body) is not None


def parse_json_feed(
    document: Document, url: str | None, known: frozenset[bytes] = frozenset(), at_most_new: int | None = None
) -> ParsedFeed:
    """The feed in the document; `url` is the base of its relative links.

    Items whose digest is known are not read and stand in `left_out`. Raises ManyNew where more than `at_most_new` are not.
    Raises NotAFeed for JSON that is none. A field of the wrong type counts as absent, an item that is no object is left out;
    both are counted in `defects`, as is the end of a document that breaks off.
    """
    decoded = decode(document.body, document.content_type)
    noted: _Noted = Counter()
    fields = _load(decoded.text, noted)
    head = _Object(fields, noted)
    version = _VERSION.match(head.line("version") or "")
    if version is None:
        raise NotAFeed("JSON, but no JSON Feed: its 'version' names none")
    shared = _shared(head, url)
    taken = _items(head)
    digests = [_digest(item, shared) for item in taken]
    if at_most_new is not None and sum(own not in known for own in digests) > at_most_new:
        raise ManyNew
    entries, items = _entries(zip(taken, digests, strict=True), known, shared, noted)
    origin, language, hub = _head(head, shared), head.line("language"), _hub(head, shared.base)
    if fields.get("expired") is True:
        noted["expired", "the feed says of itself that it is finished: nothing new will come"] += 1
    return ParsedFeed(
        document=document.key,
        head=origin,
        language=language,
        entries=entries,
        defects=(*decoded.defects, *_defects(noted)),
        format=_FORMATS.get(version.group(1), "json"),
        items=items,
        left_out=tuple(own for own in digests if own in known),
        hub=hub,
    )


def _defects(noted: _Noted) -> Iterator[Defect]:
    for (kind, detail), count in noted.items():
        yield Defect(kind=kind, detail=detail, count=count)


def _integer(digits: str) -> int | str:
    """A number of more digits than any size or id has stays as printed; Python needs the square of them and refuses 4,300."""
    return int(digits) if len(digits) < 20 else digits


# Control characters inside a text are forbidden (RFC 8259 7) and common. "NaN" is none of its values: absent.
_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_float=str, parse_constant=lambda _: None)


def _load(text: str, noted: _Noted) -> dict[str, Any]:
    """The fields of the document's object, as far as it goes. Of a name that comes twice the last counts."""
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise NotAFeed(f"JSON of more than {MAX_VALUES} values is refused: no feed has them")
    start = _after_space(text, 0)
    try:
        found, end = _DECODER.raw_decode(text, start)
    except RecursionError:
        raise NotAFeed("JSON nested so deep is refused: no feed is") from None
    except json.JSONDecodeError as error:
        return _beginning(text, start, error, noted)
    if not isinstance(found, dict):
        raise NotAFeed("JSON, but no JSON Feed: it is not an object")
    if _after_space(text, end) < len(text):
        noted["extra", "what stands behind the end of the JSON was left out"] += 1
    return found


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _beginning(text: str, start: int, error: json.JSONDecodeError, noted: _Noted) -> dict[str, Any]:
    """The fields before the error, of `items` those that are whole."""
    fields: dict[str, Any] = {}
    with suppress(json.JSONDecodeError, RecursionError):
        fields.update(_fields(text, start))  # one by one: what came before the error is kept
    where = f"not well-formed JSON at line {error.lineno}, column {error.colno} ({error.msg})"
    if not isinstance(fields.get("items"), list):
        raise NotAFeed(where)
    noted["malformed", f"{where}; {len(fields['items'])} items read"] += 1
    return fields


def _fields(text: str, at: int) -> Iterator[tuple[str, Any]]:
    """Each field of the object there; a list is given before it is read, and grows. Raises JSONDecodeError."""
    while text[at : at + 1] in ("{", ","):
        name, at = _DECODER.raw_decode(text, _after_space(text, at + 1))
        at = _after_space(text, at)
        if not isinstance(name, str) or text[at : at + 1] != ":":
            return
        at = _after_space(text, at + 1)
        if text[at : at + 1] == "[":
            values: list[Any] = []
            yield name, values
            at = _read_list(text, at, values)
        else:
            value, at = _DECODER.raw_decode(text, at)
            yield name, value
        at = _after_space(text, at)


def _read_list(text: str, at: int, values: list[Any]) -> int:
    """Where the list that begins there ends, its values put into the list given. Raises JSONDecodeError."""
    first = _after_space(text, at + 1)
    if text.startswith("]", first):
        return first + 1
    while text[at : at + 1] in ("[", ","):
        value, at = _DECODER.raw_decode(text, _after_space(text, at + 1))
        values.append(value)
        at = _after_space(text, at)
    return at + 1


@dataclass(frozen=True, slots=True)
class _Object:
    """An object whose fields are asked for by type; one of another type is noted and counts as absent."""

    fields: Mapping[str, Any]
    noted: _Noted

    def text(self, name: str) -> str | None:
        """The text as printed; a number is text too ("title: 1984" of somebody's front matter)."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            self._wrong(name, "a text")
            return None
        printed, count = _FORBIDDEN.subn("", str(value))
        if count:
            self.noted["characters", "characters that XML forbids were left out"] += count
        return printed if printed and not printed.isspace() else None

    def line(self, name: str) -> str | None:
        """The text without the space around it."""
        text = self.text(name)
        return text.strip() if text else None

    def prose(self, name: str) -> str | None:
        """A text that people read, cut and with its mojibake mended where it is certain."""
        text = self.text(name)
        if text is None:
            return None
        if len(text) > MAX_HTML:
            text = text[:MAX_HTML]
            self.noted["bound", f"a text was cut after {MAX_HTML} characters"] += 1
        meant = mended(text)
        if meant != text:
            self.noted["mojibake", _MENDED if meant else _SCRAMBLED] += 1
        return meant or text

    def several(self, name: str, limit: int) -> list[Any]:
        """The values of a list, at most one more than are kept; a value alone counts as a list of one."""
        value = self.fields.get(name)
        values = value if isinstance(value, list) else [] if value is None else [value]
        return values[: limit + 1]

    def objects(self, name: str, limit: int) -> Iterator["_Object"]:
        """Those of several values that are objects."""
        for value in self.several(name, limit):
            if isinstance(value, dict):
                yield _Object(value, self.noted)
            else:
                self._wrong(name, "an object")

    def whole_number(self, name: str) -> int | None:
        """A size; printed as a text or with a fraction of naught it is one too."""
        number = self._number(name, _WHOLE_NUMBER, "a whole number")
        return int(number.group(1)) if number else None

    def seconds(self, name: str) -> float | None:
        number = self._number(name, _SECONDS, "a number of seconds")
        return float(number.group()) if number else None

    def _number(self, name: str, pattern: re.Pattern[str], wanted: str) -> re.Match[str] | None:
        value = self.fields.get(name)
        number = pattern.fullmatch(str(value)) if isinstance(value, str | int) else None
        if number is None and value is not None:
            self._wrong(name, wanted)
        return number

    def _wrong(self, name: str, wanted: str) -> None:
        self.noted["type", f"'{name}' is not {wanted}: left out"] += 1


def _items(head: _Object) -> list[Any]:
    """The first items, newest on top as in every feed."""
    items = head.fields.get("items")
    if not isinstance(items, list):
        head.noted["type", "'items' is not a list: left out"] += 1
        return []
    beyond = len(items) - MAX_ENTRIES
    if beyond > 0:
        detail = f"more than {MAX_ENTRIES} entries: the first {MAX_ENTRIES} entries were read, {beyond} were left out"
        head.noted["bound", detail] += beyond
    return items[:MAX_ENTRIES]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What the items take from the feed."""

    base: str | None
    """Where relative addresses start."""
    site: str | None
    authors: tuple[Person, ...]
    is_ours: bool
    """A feed of this program, whose items tell their way."""
    digest: bytes
    """Of these and of the feed's language."""


def _shared(head: _Object, url: str | None) -> _Shared:
    base = url or absolute(None, head.line("feed_url"))
    fields = {name: head.fields.get(name) for name in ("language", "authors", "author", "home_page_url")}
    return _Shared(
        base=base,
        site=absolute(base, head.line("home_page_url")),
        authors=_people(head),
        is_ours=json_chain.is_ours(head.fields),
        digest=digest(base or "", _canonical(fields)),
    )


def _digest(item: Any, shared: _Shared) -> bytes:
    """blake2b-16 of the item and of all that it inherits; empty for one that is nested too deep to be printed again."""
    printed = _canonical(item)
    return blake2b(printed, digest_size=16, key=shared.digest).digest() if printed else b""


def _canonical(value: Any) -> bytes:
    """The value in the one form that equal values share."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
    except RecursionError:
        return b""


def _entries(
    items: Iterator[tuple[Any, bytes]],
    known: frozenset[bytes],
    shared: _Shared,
    noted: _Noted,
) -> tuple[tuple[Entry, ...], tuple[bytes, ...]]:
    """The entries of the items that are not known, and beside each the digest to know it by: none where something was
    wrong with it, so that this is told at every poll.
    """
    entries, digests = [], []
    for item, own in items:
        if own in known:
            continue
        wrong: _Noted = Counter()
        entry = _entry(_Object(item, wrong), shared) if isinstance(item, dict) else None
        if entry:
            (entry,), too_long = fit((entry,))
            wrong |= Counter({(defect.kind, defect.detail): defect.count for defect in too_long})
            entries.append(entry)
            digests.append(b"" if wrong else own)
        else:
            why = "nothing in it" if isinstance(item, dict) else "not an object"
            wrong["entry", f"entry left out: {why}"] += 1
        noted.update(wrong)
    return tuple(entries), tuple(digests)


def _entry(item: _Object, shared: _Shared) -> Entry | None:
    guid, base = _id(item), shared.base
    link = absolute(base, item.line("url")) or (guid if is_web(guid) else None)
    title, summary = item.prose("title"), item.prose("summary")
    entry = Entry(
        guid=guid,
        link=link,
        title=Text(value=title.strip(), type=TextType.PLAIN) if title else None,
        summary=_plain_or_markup(summary.strip()) if summary else None,
        content=_content(item, _page(link, shared)),
        published=item.line("date_published"),
        updated=item.line("date_modified"),
        authors=_people(item) or shared.authors,
        categories=_tags(item),
        links=tuple(dict.fromkeys((*_related(item, base, link), *_pictures(item, base), *_attachments(item, base)))),
        language=item.line("language"),
        origin=json_chain.origin(item.fields) if shared.is_ours else None,
        relays=json_chain.relays(item.fields) if shared.is_ours else (),
    )
    return entry if entry.guid or entry.link or entry.title or entry.summary or entry.content else None


def _page(link: str | None, shared: _Shared) -> str | None:
    """Where the relative links of a text start: on the item's own page, if that is one of the feed's site."""
    if link and shared.site and host_of(link) != host_of(shared.site):
        return shared.site
    return link or shared.site or shared.base


def _id(item: _Object) -> str | None:
    """Whatever is not a text is made one (JSON Feed 1.1, items)."""
    value = item.fields.get("id")
    return str(value).lower() if isinstance(value, bool) else item.line("id")


def _content(item: _Object, page: str | None) -> Text | None:
    """The markup, else the plain text; a reader shows one of them."""
    markup = item.prose("content_html")
    if markup is None:
        text = item.prose("content_text")
        return Text(value=text, type=TextType.PLAIN) if text else None
    markup = with_lazy_images(markup)
    if page and _has_relative(markup):
        markup = str(resolve_relative_uris(markup, page, "utf-8", "text/html"))
    return Text(value=markup, type=TextType.HTML)


def _has_relative(markup: str) -> bool:
    before = (markup[max(found.start() - 20, 0) : found.start()] for found in _NOT_WHOLE.finditer(markup))
    return any(text.rstrip().lower().endswith(_ADDRESSES) for text in before)


def _plain_or_markup(text: str) -> Text:
    """A summary is plain text; bridges from other formats write markup all the same."""
    return Text(value=text, type=TextType.HTML if "</" in text else TextType.PLAIN)


def _people(owner: _Object) -> tuple[Person, ...]:
    """`authors`, else the `author` of version 1."""
    for name in ("authors", "author"):
        people = [person for value in owner.several(name, MAX_TAGS) if (person := _person(owner, name, value))]
        if people:
            return tuple(dict.fromkeys(people))
    return ()


def _person(owner: _Object, name: str, value: Any) -> Person | None:
    """A person by name; without one by address, as readers show it."""
    if not isinstance(value, dict):
        printed = _Object({name: value}, owner.noted).line(name)
        return Person(name=printed) if printed else None
    fields = _Object(value, owner.noted)
    printed, url = fields.line("name"), fields.line("url")
    email = url.removeprefix("mailto:").partition("?")[0] if url and url.startswith("mailto:") else None
    uri = url if is_web(url) else None
    shown = printed or email or uri
    return Person(name=shown, uri=uri, email=email or None) if shown else None


def _tags(item: _Object) -> tuple[Category, ...]:
    terms = (_Object({"tags": value}, item.noted).line("tags") for value in item.several("tags", MAX_TAGS))
    return tuple(dict.fromkeys(Category(term=term) for term in terms if term))


def _related(item: _Object, base: str | None, link: str | None) -> Iterator[Link]:
    """The page elsewhere that the item is about."""
    href = absolute(base, item.line("external_url"))
    if href and href != link:
        yield Link(href=href, rel="related")


def _pictures(item: _Object, base: str | None) -> Iterator[Link]:
    """The picture that stands for the item, and the one that stands over its text."""
    for name, role in (("image", MediaRole.THUMBNAIL), ("banner_image", None)):
        href = absolute(base, item.line(name))
        if href:
            yield Link(href=href, rel="enclosure", type="image/*", role=role)


def _attachments(item: _Object, base: str | None) -> Iterator[Link]:
    for attachment in item.objects("attachments", MAX_LINKS):
        href = absolute(base, attachment.line("url"))
        if href:
            yield Link(
                href=href,
                rel="enclosure",
                type=attachment.line("mime_type"),
                title=attachment.line("title"),
                length=attachment.whole_number("size_in_bytes"),
                duration_s=attachment.seconds("duration_in_seconds"),
            )


def _head(head: _Object, shared: _Shared) -> OriginSource:
    authors = shared.authors
    own_url = absolute(shared.base, head.line("feed_url"))
    return fit_origin(
        OriginSource(
            id=(json_chain.feed_id(head.fields) if shared.is_ours else None)
            or own_url,  # "serves as the unique identifier for the feed" (JSON Feed 1.1, top-level)
            title=head.line("title"),
            link_self=own_url,
            link_alternate=shared.site,
            author=authors[0] if authors else None,
            more_authors=authors[1:],
        )
    )


def _hub(head: _Object, base: str | None) -> str | None:
    hubs = head.objects("hubs", MAX_LINKS)
    return next((absolute(base, hub.line("url")) for hub in hubs if (hub.line("type") or "").lower() == "websub"), None)
