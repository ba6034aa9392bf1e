"""A document's text -> what feedparser makes of it, within bounds: what no feed has is cut or refused before it costs its square.

The bounds that need no parser stand elsewhere: the size of a document in `fetch`, the DOCTYPE in `encoding`, the nesting of
markup in `html`; the time of a worker in `pipeline`.
"""

import html.entities
import re
import xml.sax
import xml.sax.xmlreader
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

import feedparser.api
import feedparser.mixin
import feedparser.namespaces._base

from aggregator.errors import NotAFeed
from aggregator.html import MAX_HTML
from aggregator.model.parsed import Category, Defect, Entry, Link, OriginSource, Person, Text
from aggregator.parse.expat import BufferedParser
from aggregator.parse.media import NAMESPACES, MediaElements

MAX_DEPTH = 200
"""Elements inside each other. Among 4,700 real and test documents the deepest has 12."""
MAX_OPEN = 50_000
"""Elements that have no end yet, in a document that is not well-formed: people forget ends, but not so many; each takes
300 bytes and more."""
MAX_ENTRIES = 2_000
"""Entries of a document, the first ones: feeds put the newest on top. feedparser needs a second for 10,000."""
MAX_ELEMENTS = 200_000
"""Elements of a document; feedparser needs 20 us for each and more. Entries up to there are read."""
MAX_ATTRIBUTES = 100
"""Attributes of an element; feedparser looks each one up in the list of all (100,000: minutes)."""
MAX_NAMESPACES = 200
"""Declared namespaces; feedparser goes through all of them at every element of an unknown one."""
MAX_TAGS = 100
"""Categories or authors of an entry; feedparser compares a category with all before it (10,000: 2 s)."""
MAX_LINKS = 50
"""Links of an entry."""
MAX_MALFORMED = 2_097_152
"""Characters of a document that is not well-formed XML; feedparser's loose parser needs 1.4 s
for a million of them, of hostile ones 7 s."""
MAX_URL = 4_096
"""Characters of an address or id; a longer one is left out, since a part of it would name something else."""
MAX_LINE = 4_096
"""Characters of a title, notice or other text of one line."""
MAX_NAME = 1_000
"""Characters of a person or category. Some feeds print forty authors in one element."""
MAX_DATE = 200
"""Characters of a printed date."""

_SLICE = 65_536
# An address inside a printed author. Tried once a word: without the look-behind a long word costs its square.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[a-zA-Z]{2,63}")
# What feedparser raises over elements in odd places: a link inside an image inside an entry, a chapter outside any.
_CONFUSED = (AttributeError, LookupError, TypeError, ValueError)
_WHOLE = re.compile(r"https?://[^/]", re.IGNORECASE)
_ENDED_REFERENCE = re.compile(r"&(\w{1,40});")
_NOT_AN_ENTRY = r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
_ENTRY_START = re.compile(rf"{_NOT_AN_ENTRY}|<(?:\w+:)?(item|entry)\b", re.DOTALL | re.IGNORECASE)


# feedparser joins the base to itself at every element, a quarter of its time. Kept is the last pair only: a base may be long.
feedparser.mixin.make_safe_absolute_uri = lru_cache(maxsize=1)(feedparser.mixin.make_safe_absolute_uri)


def _no_date(_printed: str) -> None:
    """What is printed is kept and read by `dates`. feedparser tries a dozen forms, and makes the year 1793 of Unix seconds."""


feedparser.namespaces._base._parse_date = _no_date  # noqa: SLF001  the one place that it is asked at


class _Parameters(feedparser.FeedParserDict):
    """What is known of a text: strings and flags under names that have no second one, asked ten times an element, copied
    deeply twice an entry.
    """

    get = dict.get
    __getitem__ = dict.__getitem__
    __setitem__ = dict.__setitem__
    __contains__ = dict.__contains__

    def __deepcopy__(self, memo: Any) -> feedparser.FeedParserDict:
        return feedparser.FeedParserDict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """What feedparser found; its dictionaries hold whatever the document held."""

    feed: Any
    entries: list[Any]
    version: str
    text: str
    """The part of the text that was read."""
    is_whole: bool
    """Whether all of its entries were."""
    error: Exception | None
    """Why the document is not well-formed XML."""
    defects: tuple[Defect, ...]


class _Enough(Exception):
    """As much as is read of a document has been read; the message says of what."""


class _Bounds(MediaElements):
    """What both parsers of feedparser count while they read. They call back by name: the names are feedparser's."""

    namespaces = NAMESPACES
    _matchnamespaces = {uri.lower(): prefix for uri, prefix in NAMESPACES.items()}  # noqa: RUF012  feedparser's, never changed

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.resolve_relative_uris = False
        self.sanitize_html = False  # it is no boundary and slow: `html.clean` is
        self.cut: Counter[str] = Counter()
        self.contentparams: Any = _Parameters()
        self._elements = 0

    def unknown_starttag(self, tag: str, attributes: Any) -> None:
        """Every element comes through here, known ones too."""
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            if self.inentry:  # type: ignore[attr-defined]
                self.entries.pop()  # type: ignore[attr-defined]
            raise _Enough(f"more than {MAX_ELEMENTS} elements")
        super().unknown_starttag(tag, attributes)  # type: ignore[misc]

    def track_namespace(self, prefix: Any, uri: Any) -> None:
        if len(self.namespaces_in_use) < MAX_NAMESPACES:  # type: ignore[attr-defined]
            super().track_namespace(prefix, uri)  # type: ignore[misc]
        else:
            self.cut[f"namespaces beyond {MAX_NAMESPACES} were left out"] += 1

    def push_content(self, *arguments: Any) -> None:
        super().push_content(*arguments)  # type: ignore[misc]
        self.contentparams = _Parameters(self.contentparams)

    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        """The text of an element that ends, cut before feedparser searches it for links and entities."""
        stack = self.elementstack  # type: ignore[attr-defined]
        if stack and stack[-1][0] == element:
            pieces = stack[-1][2]
            if sum(map(len, pieces)) > MAX_HTML:
                stack[-1][2] = [_beginning(pieces)]
                self.cut[f"a text was cut after {MAX_HTML} characters"] += 1
        if element != "title" or not self.inentry:  # type: ignore[attr-defined]
            return super().pop(element, strip_whitespace)
        return self._pop_title(strip_whitespace)

    def _pop_title(self, strip_whitespace: int) -> Any:
        """feedparser keeps the title that stands nearest to the entry, and beside it the detail of the last: of a picture's."""
        entry = self.entries[-1]  # type: ignore[attr-defined]
        before = dict.get(entry, "title_detail")
        title = super().pop("title", strip_whitespace)
        if before is not None and dict.get(entry, "title") != title:
            entry["title_detail"] = before
        return title

    def _start_item(self, attributes: Any) -> None:
        if len(self.entries) >= MAX_ENTRIES:  # type: ignore[attr-defined]
            raise _Enough(f"more than {MAX_ENTRIES} entries")
        self._scopes.clear()
        super()._start_item(attributes)  # type: ignore[misc]

    _start_entry = _start_item

    def _start_link(self, attributes: Any) -> None:
        if attributes.get("rel", "alternate") not in ("alternate", "self"):
            attributes.setdefault("type", "")  # feedparser would call a film without a type a page
        super()._start_link(attributes)  # type: ignore[misc]

    def resolve_uri(self, uri: str) -> str:
        """Joined to its base; a whole address stays as it is, since ids are compared letter by letter (RFC 4287 4.2.6.1)."""
        return uri if _WHOLE.match(uri) else str(super().resolve_uri(uri))  # type: ignore[misc]

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        if len(self._get_context().get("tags", ())) < MAX_TAGS:
            super()._add_tag(term, scheme, label)  # type: ignore[misc]
        else:
            self.cut[f"categories beyond {MAX_TAGS} were left out"] += 1

    def _sync_author_detail(self, key: str = "author") -> None:
        """Name and address of a printed author; feedparser's own pattern needs 6 s for a name of 32 KB.

        It also ends a domain after four letters: "desk@paper.press" was cut, its rest became the name.
        """
        context = self._get_context()
        detail = context.get(f"{key}s", [feedparser.FeedParserDict()])[-1]
        printed = context.get(key)
        if detail or not isinstance(printed, str):
            super()._sync_author_detail(key)  # type: ignore[misc]
            return
        if len(printed) > MAX_NAME:
            printed = context[key] = printed[:MAX_NAME]
            self.cut[f"an author was cut after {MAX_NAME} characters"] += 1
        email = _EMAIL.search(printed)
        name = _without_address(printed, email.group()) if email else printed
        found = {"name": name} if name else {}
        if email:
            found["email"] = email.group()
        if found:
            context.setdefault(f"{key}_detail", detail)
            detail.update(found)


def _nothing(_parser: _Bounds, _attributes: Any) -> None:
    """An element under a name that feedparser keeps lists and details of its own under: it would take their place."""


for _name in (
    "authors", "contributors", "enclosures", "links", "author_detail", "contributor_detail", "generator_detail", "info_detail",
    "publisher_detail", "rights_detail", "subtitle_detail", "summary_detail", "title_detail", "deleted_found", "media_found",
    "media_scope", "people_found", "relays_found", "copies_found",
):  # fmt: skip
    setattr(_Bounds, f"_start_{_name}", _nothing)


_NO_ATTRIBUTES = xml.sax.xmlreader.AttributesNSImpl({}, {})
# What does not end an unclosed picture or input of a channel.
_OF_TEXT_INPUT = frozenset(("title", "link", "description", "name"))
_OF_IMAGE = frozenset(("title", "link", "description", "url", "href", "width", "height"))


class _Strict(_Bounds, feedparser.api.StrictFeedParser):
    """For well-formed XML."""

    def startElementNS(self, name: Any, qname: Any, attributes: Any) -> None:  # noqa: N802  SAX's name
        if self.depth >= MAX_DEPTH:
            raise NotAFeed(f"elements nested more than {MAX_DEPTH} deep are refused: no feed has them")
        if len(attributes) > MAX_ATTRIBUTES:
            self.cut[f"the attributes of an element with more than {MAX_ATTRIBUTES} were left out"] += 1
            attributes = xml.sax.xmlreader.AttributesNSImpl({}, {})
        super().startElementNS(name, qname, attributes)

    def start_plain(self, name: str) -> None:
        """An element without namespace and attributes: neither base, language nor names change.

        Not inside the markup of an entry, and not the first, which makes the base of the document whole.
        """
        tag = name.lower()
        if self.incontent or self.decls or not 0 < self.depth < MAX_DEPTH or self._elements >= MAX_ELEMENTS:
            self.startElementNS((None, name), None, _NO_ATTRIBUTES)
            return
        self._elements += 1
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        if tag not in _OF_TEXT_INPUT:
            self.intextinput = 0
        if tag not in _OF_IMAGE:
            self.inimage = 0
        try:
            getattr(self, f"_start_{tag}")({})
        except AttributeError:
            self.push(tag, 1)

    def end_plain(self, name: str) -> None:
        """The end of such an element."""
        self.unknown_endtag(name.lower())


class _Loose(_Bounds, feedparser.api.LooseFeedParser):
    """For everything else; it takes anything for a feed."""

    _ended: frozenset[str] | None = None
    """Names of references that the document ends with a semicolon; sgmllib does not tell."""

    def unknown_starttag(self, tag: str, attributes: Any) -> None:
        if len(self.elementstack) >= MAX_OPEN:
            raise NotAFeed(f"more than {MAX_OPEN} elements without an end are refused: no feed has them")
        super().unknown_starttag(tag, attributes)

    def handle_entityref(self, name: str) -> None:
        """A name that HTML does not know is no entity but an address that forgot to escape: "?v=1&list=2"."""
        if name in html.entities.name2codepoint or name == "apos" or not self.elementstack:
            super().handle_entityref(name)
            return
        if self._ended is None:
            self._ended = frozenset(_ENDED_REFERENCE.findall(self.rawdata))
        self.elementstack[-1][2].append(f"&{name};" if name in self._ended else f"&{name}")


def read_feed(text: str, base: str | None) -> RawFeed:
    """The feed in the text, which has neither XML declaration nor DOCTYPE; `base` is where relative links start.

    Raises NotAFeed where elements are nested or left open beyond reason.
    """
    parser, error = _Strict(base or "", None, "utf-8"), None
    try:
        enough = _read_strictly(parser, text)
    except xml.sax.SAXException as malformed:
        error = parser.exc or malformed
        parser = _Loose(base or "", None, "utf-8")
        if len(text) > MAX_MALFORMED:
            text = text[:MAX_MALFORMED]
            parser.cut[f"the document is not well-formed and longer than {MAX_MALFORMED} characters: cut there"] += 1
        enough = _read_loosely(parser, text)
    defects = [Defect(kind="bound", detail=detail, count=count) for detail, count in parser.cut.items()]
    if enough:
        defects.append(_left_out(enough, text, len(parser.entries)))
    return RawFeed(
        feed=parser.feeddata,
        entries=parser.entries,
        version=parser.version,
        text=text,
        is_whole=enough is None,
        error=error,
        defects=tuple(defects),
    )


def _read_strictly(parser: _Strict, text: str) -> str | None:
    """Of what there is more than is read, None if all was. Raises SAXException."""
    # The choice of feedparser looks for libxml2 on the disk at every document.
    reader = BufferedParser(parser)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    try:
        for at in range(0, len(text), _SLICE):
            # pyexpat reads a str as UTF-8; in slices, or the whole document would be there twice more.
            reader.feed(text[at : at + _SLICE])
        reader.close()
    except _Enough as enough:
        return str(enough)
    except _CONFUSED as error:
        return _given_up(parser, error)
    return None


def _read_loosely(parser: _Loose, text: str) -> str | None:
    try:
        parser.feed(text)
    except _Enough as enough:
        return str(enough)
    except _CONFUSED as error:
        return _given_up(parser, error)
    return None


def _given_up(parser: _Bounds, error: Exception) -> str:
    """What was read before it stays, but for the entry in which it happened."""
    if parser.inentry:  # type: ignore[attr-defined]
        parser.entries.pop()  # type: ignore[attr-defined]
    return f"elements stand where the parser does not expect them ({type(error).__name__})"


def _beginning(pieces: Iterable[str | bytes]) -> str:
    """As much of the text as is kept; a long one is not put together first."""
    kept, length = [], 0
    for piece in pieces:
        kept.append(piece.decode() if isinstance(piece, bytes) else piece)
        length += len(kept[-1])
        if length >= MAX_HTML:
            break
    return "".join(kept)[:MAX_HTML]


def _without_address(printed: str, email: str) -> str:
    name = printed.replace(email, "").replace("()", "").replace("<>", "").replace("&lt;&gt;", "").strip()
    return name.removeprefix("(").removesuffix(")").strip()


def _left_out(enough: str, text: str, read: int) -> Defect:
    count = sum(1 for start in _ENTRY_START.finditer(text) if start.group(1)) - read
    detail = f"{enough}: the first {read} entries were read, {count} were left out"
    return Defect(kind="bound", detail=detail, count=max(count, 1))


def fit(entries: Iterable[Entry]) -> tuple[tuple[Entry, ...], tuple[Defect, ...]]:
    """The entries with every field within its bound, and what was done to them."""
    fitted: list[Entry] = []
    changes: Counter[str] = Counter()
    for entry in entries:
        fitted.append(_fit_entry(entry))
        if fitted[-1] is not entry:
            changes.update(_CHANGES[name] for name in _CHANGES if getattr(fitted[-1], name) != getattr(entry, name))
    return tuple(fitted), tuple(Defect(kind="bound", detail=what, count=count) for what, count in changes.items())


_CHANGES = {
    "guid": f"a guid of more than {MAX_URL} characters was left out",
    "link": f"a link of more than {MAX_URL} characters was left out",
    "title": f"a title was cut after {MAX_LINE} characters",
    "summary": f"a summary was cut after {MAX_HTML} characters",
    "content": f"a text was cut after {MAX_HTML} characters",
    "published": f"a date was cut after {MAX_DATE} characters",
    "updated": f"a date was cut after {MAX_DATE} characters",
    "authors": f"authors were cut to {MAX_TAGS} of {MAX_NAME} characters",
    "categories": f"categories were cut to {MAX_TAGS} of {MAX_NAME} characters",
    "links": f"links were cut to {MAX_LINKS} of {MAX_URL} characters",
    "rights": f"a notice was cut after {MAX_LINE} characters",
    "language": f"a language was cut after {MAX_NAME} characters",
    "origin": "the source that an entry names was cut",
}


def _fit_entry(entry: Entry) -> Entry:
    return _with(
        entry,
        guid=_short(entry.guid),
        link=_short(entry.link),
        title=_cut_text(entry.title, MAX_LINE),
        summary=_cut_text(entry.summary, MAX_HTML),
        content=_cut_text(entry.content, MAX_HTML),
        published=_cut(entry.published, MAX_DATE),
        updated=_cut(entry.updated, MAX_DATE),
        authors=_all(entry.authors[:MAX_TAGS], _fit_person),
        categories=_all(entry.categories[:MAX_TAGS], _fit_category),
        links=_all(tuple([link for link in entry.links[:MAX_LINKS] if len(link.href) <= MAX_URL]), _fit_link),
        rights=_cut(entry.rights, MAX_LINE),
        language=_cut(entry.language, MAX_NAME),
        origin=fit_origin(entry.origin) if entry.origin else None,
    )


_T = TypeVar("_T", Entry, OriginSource, Person, Category, Link)


def _with(value: _T, **fields: Any) -> _T:
    """The value with these fields; itself where they are what they were, as nearly always: a copy costs five times the look."""
    changed = {
        name: field
        for name, field in fields.items()
        if field is not (before := getattr(value, name)) and field != before
    }
    return replace(value, **changed) if changed else value


def _all(values: tuple[_T, ...], fit_one: Callable[[_T], _T]) -> tuple[_T, ...]:
    return tuple([fit_one(value) for value in values]) if values else values


def fit_origin(origin: OriginSource) -> OriginSource:
    """A head with every field within its bound."""
    return _with(
        origin,
        id=_short(origin.id),
        title=_cut(origin.title, MAX_LINE),
        updated=_cut(origin.updated, MAX_DATE),
        link_self=_short(origin.link_self),
        link_alternate=_short(origin.link_alternate),
        rights=_cut(origin.rights, MAX_LINE),
        author=_fit_person(origin.author) if origin.author else None,
        more_authors=_all(origin.more_authors[:MAX_TAGS], _fit_person),
    )


def _short(value: str | None) -> str | None:
    return value if value is None or len(value) <= MAX_URL else None


def _cut(value: str | None, limit: int) -> str | None:
    return value if value is None or len(value) <= limit else value[:limit]


def _cut_text(text: Text | None, limit: int) -> Text | None:
    return text if text is None or len(text.value) <= limit else replace(text, value=text.value[:limit])


def _fit_person(person: Person) -> Person:
    return _with(person, name=person.name[:MAX_NAME], uri=_short(person.uri), email=_cut(person.email, MAX_NAME))


def _fit_category(category: Category) -> Category:
    return _with(
        category, term=category.term[:MAX_NAME], scheme=_short(category.scheme), label=_cut(category.label, MAX_NAME)
    )


def _fit_link(link: Link) -> Link:
    return _with(
        link,
        type=_cut(link.type, MAX_NAME),
        title=_cut(link.title, MAX_LINE),
        caption=_cut(link.caption, MAX_LINE),
        credit=_cut(link.credit, MAX_NAME),
        language=_cut(link.language, MAX_NAME),
    )
