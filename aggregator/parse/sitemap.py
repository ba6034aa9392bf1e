"""A sitemap, plain or of news, or an index of sitemaps -> `ParsedFeed` (https://www.sitemaps.org/protocol.html)."""

import gzip
import html
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html.entities import html5
from io import BytesIO
from itertools import chain, pairwise
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from aggregator.dates import parse_date
from aggregator.errors import NotAFeed
from aggregator.model.fetch import Document
from aggregator.model.parsed import (
    Category,
    Child,
    Defect,
    Entry,
    Link,
    MediaRole,
    OriginSource,
    ParsedFeed,
    Text,
    TextType,
)
from aggregator.parse.bounds import MAX_DATE, MAX_DEPTH, MAX_ENTRIES, MAX_LINKS, fit, fit_origin
from aggregator.parse.encoding import decode
from aggregator.parse.feeds import ManyNew
from aggregator.parse.mojibake import mended
from aggregator.text import digest
from aggregator.urls import absolute

MAX_INFLATED = 10_485_760
"""Bytes of a compressed document once it is unpacked."""
MAX_ELEMENTS = 1_000_000
"""Elements of a document: 50,000 addresses, as many as one may have, with twenty each. Addresses up to there are read."""

_GZIP = b"\x1f\x8b"
# Atomic groups: a comment that may end at any of a thousand "-->" would be tried at each.
_ROOT = re.compile(
    rb"[^<]{0,64}(?>(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*>)\s*)*<(?:[\w-]{1,40}:)?(?:urlset|sitemapindex)[\s>/]",
    re.DOTALL,
)
_SLICE = 1_048_576
_MOST_TEXT = 16_384
# Parts that are kept of an address; its `loc` stands first (the order of the schema), a thousand pictures may follow.
_MOST_PARTS = 4 * MAX_LINKS
# By name and place, whatever the prefix: many declare Google's namespaces under another address, or none.
_GROUPS = frozenset(("url/image", "url/video"))
_TEXTS = frozenset(
    (
        "sitemap/loc",
        "sitemap/lastmod",
        "url/loc",
        "url/lastmod",
        "url/news/publication/name",
        "url/news/publication/language",
        "url/news/publication_date",
        "url/news/title",
        "url/news/keywords",
        "url/news/genres",
        "url/news/stock_tickers",
        "url/image/loc",
        "url/image/caption",
        "url/image/title",
        "url/video/content_loc",
        "url/video/title",
        "url/video/description",
        "url/video/duration",
        "url/video/thumbnail_loc",
    )
)
_PATHS = frozenset(("url", "sitemap", "url/news", "url/news/publication")) | _GROUPS | _TEXTS
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
# Text that needs no escape, or an ampersand that begins nothing that XML knows without a DTD: that of an address which
# forgot to escape it, or "&nbsp;".
_BARE_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|(?P<bare>&)(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)(?P<name>[A-Za-z][A-Za-z0-9]{1,31};)?+",
    re.DOTALL,
)
# So many in 50,000 addresses; each takes 60 bytes while they are escaped.
_MOST_AMPERSANDS = 200_000
_EXTENSION = re.compile(r"\.(?:html?|xhtml|shtml|php|aspx?|jsp|cms|amp)$", re.IGNORECASE)
_WORD_ENDS = re.compile(r"[-_+\s]+")
_NUMBER = re.compile(r"\d+|(?=\D*\d)[0-9A-Za-z]{6,}")
_FEWEST_WORDS = 3
_SECONDS = re.compile("[0-9]{1,7}")

_Address = tuple[tuple[str, str], ...]
"""Places and texts of one `url` or `sitemap` in document order; a group begins with its own place and no text."""


def is_gzip(body: bytes) -> bool:
    """Whether the document itself is compressed, as files named `.xml.gz` are."""
    return body.startswith(_GZIP)


def inflated(body: bytes) -> bytes:
    """The document in a gzip file; of one that breaks off what is there. Raises NotAFeed for one that gives too much."""
    parts, room = [], MAX_INFLATED + 1
    why = ""
    with gzip.GzipFile(fileobj=BytesIO(body)) as file:
        try:
            while room > 0 and (part := file.read1(room)):
                parts.append(part)
                room -= len(part)
        except (EOFError, OSError, zlib.error) as error:
            why = str(error)
    if why and not parts:
        raise NotAFeed(f"a gzip file that cannot be read ({why})")
    if room <= 0:
        raise NotAFeed(f"a gzip file of more than {MAX_INFLATED // 1_048_576} MiB once unpacked is refused")
    return b"".join(parts)


def is_sitemap(body: bytes) -> bool:
    """Whether the root of the document is that of a sitemap or of an index of them."""
    return _ROOT.match(body[:8192].replace(b"\0", b"")) is not None  # the NULs of UTF-16


def parse_sitemap(
    document: Document, url: str | None, known: frozenset[bytes] = frozenset(), at_most_new: int | None = None
) -> ParsedFeed:
    """The newest addresses of the sitemap as entries, or those of an index as `children`; newest first, undated last.

    Addresses whose digest is known are not read and stand in `left_out`. Raises ManyNew where more than `at_most_new` are not.
    Raises NotAFeed for other XML. What stands behind an error is lost: `defects` says so.
    """
    decoded = decode(document.body, document.content_type)
    reader, defects = _read(decoded.text)
    if reader.root not in ("urlset", "sitemapindex"):
        raise NotAFeed(f"XML, but no sitemap: its root is '{reader.root[:40]}'")
    taken, beyond = _newest(reader.addresses)
    defects = (*decoded.defects, *defects, *beyond)
    if reader.root == "sitemapindex":
        children = tuple(child for address in taken if (child := _child(address, url)))
        return ParsedFeed(
            document=document.key, head=OriginSource(), defects=defects, format="sitemapindex", children=children
        )
    digests = tuple(digest(url or "", *chain.from_iterable(address)) for address in taken)
    if at_most_new is not None and sum(own not in known for own in digests) > at_most_new:
        raise ManyNew
    fresh = [(address, own) for address, own in zip(taken, digests, strict=True) if own not in known]
    entries, items, wrong = _entries(fresh, url)
    is_news = any(place.startswith("url/news/") for address in taken for place, _ in address)
    return ParsedFeed(
        document=document.key,
        head=fit_origin(OriginSource(title=_publication(taken))),
        entries=entries,
        defects=(*defects, *wrong),
        format="newssitemap" if is_news else "sitemap",
        items=items,
        left_out=tuple(own for own in digests if own in known),
    )


class _Enough(Exception):
    """As much as is read of a document has been read."""


class _Reader:
    """What expat calls while it reads."""

    def __init__(self) -> None:
        self.root = ""
        self.addresses: list[_Address] = []
        """Those that are complete, in document order."""
        self._elements = 0
        # Of each element that is open the place, None for one that is not read: the names of strangers may be megabytes.
        self._places: list[str | None] = []
        self._address: list[tuple[str, str]] = []
        self._pieces: list[str] | None = None
        self._length = 0

    def start(self, name: str, _: object) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise _Enough
        if len(self._places) >= MAX_DEPTH:
            raise NotAFeed(f"elements nested more than {MAX_DEPTH} deep are refused: no sitemap has them")
        place = self._place(name.rpartition(":")[2])
        self._places.append(place)
        self._pieces = [] if place in _TEXTS else None
        self._length = 0
        if place in ("url", "sitemap"):
            self._address = []
        elif place in _GROUPS:
            self._keep(place, "")

    def _place(self, local: str) -> str | None:
        if not self._places:
            self.root = local
            return ""
        above = self._places[-1]
        place = None if above is None or len(local) > 40 else f"{above}/{local}" if above else local
        return place if place in _PATHS else None

    def text(self, piece: str) -> None:
        if self._pieces is not None and self._length < _MOST_TEXT:
            self._pieces.append(piece)
            self._length += len(piece)

    def end(self, _: str) -> None:
        place = self._places.pop()
        if place and self._pieces is not None:
            printed = " ".join("".join(self._pieces)[:_MOST_TEXT].split())
            if printed:
                self._keep(place, printed)
        self._pieces = None
        if place in ("url", "sitemap"):
            self.addresses.append(tuple(self._address))

    def _keep(self, place: str | None, printed: str) -> None:
        if place and len(self._address) < _MOST_PARTS:
            self._address.append((place, printed))


def _read(text: str) -> tuple[_Reader, tuple[Defect, ...]]:
    """What the document holds before its end or the first error, and that error."""
    reader, error = _attempt(text)
    noted: tuple[Defect, ...] = ()
    if error and 0 < text.count("&") <= _MOST_AMPERSANDS:
        text, count = _escaped(text)
        if count:
            reader, error = _attempt(text)
            detail = "ampersands that are not escaped were read as they stand"
            noted = (Defect(kind="characters", detail=detail, count=count),)
    return reader, (*noted, *_malformed(reader, error))


def _escaped(text: str) -> tuple[str, int]:
    """The text with its bare ampersands escaped and the names of HTML's characters replaced by them, and how many."""
    count = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal count
        if not match["bare"]:
            return match.group()
        count += 1
        name = match["name"] or ""
        return html.escape(html5.get(name, f"&{name}"), quote=False)

    return _BARE_AMPERSAND.sub(replaced, text), count


def _attempt(text: str) -> tuple[_Reader, expat.ExpatError | _Enough | None]:
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        for at in range(0, len(text), _SLICE):
            parser.Parse(text[at : at + _SLICE].encode("utf-8", "replace"), False)
        parser.Parse(b"", True)
    except (expat.ExpatError, _Enough) as error:
        return reader, error
    return reader, None


def _malformed(reader: _Reader, error: expat.ExpatError | _Enough | None) -> Iterator[Defect]:
    read = len(reader.addresses)
    if isinstance(error, _Enough):
        yield Defect(kind="bound", detail=f"more than {MAX_ELEMENTS} elements: the first {read} addresses were read")
    elif error:
        message = expat.ErrorString(error.code)
        yield Defect(
            kind="malformed", detail=f"not well-formed at line {error.lineno} ({message}); {read} addresses read"
        )


def _newest(addresses: list[_Address]) -> tuple[list[_Address], tuple[Defect, ...]]:
    """The newest, in order; a sitemap may hold all that a site ever published, in any order."""
    ordered = sorted(addresses, key=_dated_at, reverse=True)
    beyond = len(ordered) - MAX_ENTRIES
    if beyond <= 0:
        return ordered, ()
    detail = f"more than {MAX_ENTRIES} addresses: the newest {MAX_ENTRIES} were read, {beyond} were left out"
    return ordered[:MAX_ENTRIES], (Defect(kind="bound", detail=detail, count=beyond),)


_UNDATED = datetime.min.replace(tzinfo=UTC)


def _dated_at(address: _Address) -> datetime:
    """When it was published, else modified; for the order only: without a zone it counts as UTC."""
    printed = _first(address, "url/news/publication_date", "url/lastmod", "sitemap/lastmod")
    if printed is None or len(printed) > MAX_DATE:
        return _UNDATED
    try:
        date = datetime.fromisoformat(printed)  # a fortieth of the time, and what nearly all print
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        found = parse_date(printed)
        return found.value if found else _UNDATED


def _first(address: _Address, *places: str) -> str | None:
    """The text at the first of these places that has one."""
    return next((printed for wanted in places for place, printed in address if place == wanted), None)


def _child(address: _Address, base: str | None) -> Child | None:
    url = absolute(base, _first(address, "sitemap/loc"))
    modified = _first(address, "sitemap/lastmod")
    return Child(url=url, modified=modified[:MAX_DATE] if modified else None) if url else None


def _publication(addresses: Iterable[_Address]) -> str | None:
    """The name of the publication, if all are of one."""
    names = {printed for address in addresses for place, printed in address if place == "url/news/publication/name"}
    return names.pop() if len(names) == 1 else None


def _entries(
    addresses: Iterable[tuple[_Address, bytes]], base: str | None
) -> tuple[tuple[Entry, ...], tuple[bytes, ...], tuple[Defect, ...]]:
    """The entries, beside each the digest to know it by (none where it had to be cut), and what was wrong with them."""
    entries, digests = [], []
    wrong: Counter[tuple[str, str]] = Counter()
    for address, own in addresses:
        link = absolute(base, _first(address, "url/loc"))
        if link is None:
            wrong["entry", "entry left out: no address"] += 1
            continue
        (entry,), too_long = fit((_entry(address, link, base),))
        entries.append(entry)
        digests.append(b"" if too_long else own)
        wrong.update({(defect.kind, defect.detail): defect.count for defect in too_long})
    defects = (Defect(kind=kind, detail=detail, count=count) for (kind, detail), count in wrong.items())
    return tuple(entries), tuple(digests), tuple(defects)


def _entry(address: _Address, link: str, base: str | None) -> Entry:
    printed = _first(address, "url/news/title", "url/video/title")
    title = (mended(printed) or printed) if printed else words_of(link)
    description = _first(address, "url/video/description")
    return Entry(
        guid=link,
        link=link,
        title=Text(value=title, type=TextType.PLAIN) if title else None,
        summary=Text(value=description, type=TextType.PLAIN) if description else None,
        published=_first(address, "url/news/publication_date"),
        updated=_first(address, "url/lastmod"),
        categories=_categories(address),
        links=tuple(dict.fromkeys(_media(address, base))),
        language=_first(address, "url/news/publication/language"),
    )


def _categories(address: _Address) -> tuple[Category, ...]:
    """Keywords, genres and tickers, each separated by commas; the latter two are vocabularies of Google's."""
    found = []
    for name, scheme in (
        ("keywords", None),
        ("genres", f"{_NEWS}#genres"),
        ("stock_tickers", f"{_NEWS}#stock_tickers"),
    ):
        terms = (_first(address, f"url/news/{name}") or "").split(",")
        found += [Category(term=term.strip(), scheme=scheme) for term in terms if term.strip()]
    return tuple(dict.fromkeys(found))


def _media(address: _Address, base: str | None) -> Iterator[Link]:
    """The pictures and films of the page."""
    for group in _groups(address):
        picture = absolute(base, _first(group, "url/image/loc"))
        if picture:
            title, caption = _first(group, "url/image/title"), _first(group, "url/image/caption")
            yield Link(href=picture, rel="enclosure", type="image/*", title=title, caption=caption)
        film = absolute(base, _first(group, "url/video/content_loc"))
        if film:
            title, duration = _first(group, "url/video/title"), _first(group, "url/video/duration") or ""
            duration_s = float(duration) if _SECONDS.fullmatch(duration) else None
            yield Link(href=film, rel="enclosure", type="video/*", title=title, duration_s=duration_s)
        thumbnail = absolute(base, _first(group, "url/video/thumbnail_loc"))
        if thumbnail:
            yield Link(href=thumbnail, rel="enclosure", type="image/*", role=MediaRole.THUMBNAIL)


def _groups(address: _Address) -> Iterator[_Address]:
    """The parts of each picture and film."""
    starts = [at for at, (place, _) in enumerate(address) if place in _GROUPS]
    for start, end in pairwise((*starts, len(address))):
        yield address[start:end]


def words_of(link: str) -> str | None:
    """The words in the last part of an address's path: "/2026/envoys-meet-in-rome-81724.html" -> "Envoys meet in rome".

    None where it holds fewer than three: "/about-us", "/story/81724". Numbers around the words are no part of them.
    """
    name = _EXTENSION.sub("", unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2]))
    words = [word for word in _WORD_ENDS.split(name) if word]
    while words and _NUMBER.fullmatch(words[0]):
        words.pop(0)
    while words and _NUMBER.fullmatch(words[-1]):
        words.pop()
    if sum(any(map(str.isalpha, word)) for word in words) < _FEWEST_WORDS or not " ".join(words).isprintable():
        return None
    text = " ".join(words)
    return text[0].upper() + text[1:]
