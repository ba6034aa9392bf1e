"""An Atom or RSS 2.0 document -> what the W3C's feed validator warns of although the formats allow it.

Each finding ends with the validator's own name for it, in brackets, so that `bench/atom_checker.py` can hold them one by one
against its test cases. Written from what the messages mean and what the cases show. Two are not looked for: entries that
were updated in the same second (`DuplicateUpdated`: one poll brings many), and vocabularies that it does not know
(`UnknownNamespace`), which `foreign_namespaces` lists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from tests.canonical_uri import canonical
from tests.html_rules import NAMES, faults

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_HISTORY = "{http://purl.org/syndication/history/1.0}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_THREAD = "{http://purl.org/syndication/thread/1.0}"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_XHTML = "{http://www.w3.org/1999/xhtml}"
# Whose elements the validator knows, as far as feeds use them.
_KNOWN = frozenset(
    (
        "http://backend.userland.com/creativeCommonsRssModule", "http://base.google.com/ns/1.0",
        "http://conversationsnetwork.org/rssNamespace-1.0/", "http://feedsync.org/2007/feedsync",
        "http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/",
        "http://purl.org/net/rss1.1#", "http://purl.org/rss/1.0/", "http://purl.org/rss/1.0/modules/content/",
        "http://purl.org/rss/1.0/modules/slash/", "http://purl.org/rss/1.0/modules/syndication/",
        "http://purl.org/syndication/history/1.0", "http://purl.org/syndication/thread/1.0",
        "http://rssnamespace.org/feedburner/ext/1.0", "http://search.yahoo.com/mrss/", "http://webns.net/mvcb/",
        "http://wellformedweb.org/CommentAPI/", "http://www.georss.org/georss", "http://www.w3.org/1998/Math/MathML",
        "http://www.itunes.com/dtds/podcast-1.0.dtd", "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "http://www.w3.org/1999/xhtml", "http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg",
        "http://www.w3.org/2003/01/geo/wgs84_pos#", "http://www.w3.org/2005/Atom", "http://www.w3.org/2007/app",
        "http://www.w3.org/XML/1998/namespace",
    )
)  # fmt: skip
_PREFIXES = {
    "atom": _ATOM,
    "content": _CONTENT,
    "dc": _DC,
    "fh": _HISTORY,
    "media": _MEDIA,
    "thr": _THREAD,
    "xhtml": _XHTML,
}
# RFC 4287's text constructs say what they are; what stands in these is plain text.
_CONSTRUCTS = frozenset(f"{_ATOM}{name}" for name in ("title", "subtitle", "summary", "content", "rights"))
_PLAIN_ATOM = frozenset((f"{_ATOM}name", f"{_ATOM}generator"))
_PLAIN_RSS = frozenset(("category", "copyright", "source", "title", f"{_DC}rights")) | _PLAIN_ATOM
_HTML_OF_RSS = ("description", f"{_CONTENT}encoded")
_END_TAG = re.compile(r"</(\w+)>")
_REFERENCE = re.compile(r"&(#?\w+)")
_LIKE_MARKUP = re.compile(r"&#[x0-9]|<[/a-zA-Z]")
_DOUBLY_ENCODED = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")
_DISCOURAGED = re.compile("[\u0080-\u009f\ufffd]")
_ADDRESS = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_SCHEME = re.compile(r"([A-Za-z]+):")
# https://www.iana.org/assignments/uri-schemes, those that stand in feeds.
_SCHEMES = frozenset(
    (
        "cid", "data", "dns", "fax", "file", "ftp", "go", "gopher", "http", "https", "im", "imap", "info", "ldap", "mailto",
        "mid", "news", "nfs", "nntp", "pop", "pres", "rtsp", "service", "sip", "sips", "tag", "tel", "telnet", "tv", "urn",
        "xmpp",
    )
)  # fmt: skip
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_DATES_OF_ATOM = (f"{_ATOM}updated", f"{_ATOM}published", f"{_DC}date")
_DATES_OF_RSS = ("pubDate", "lastBuildDate")
_IN_HISTORY = ("current", "first", "last", "next", "next-archive", "prev-archive", "previous")
_DOCUMENT_TYPES = ("application/atom+xml", "application/rss+xml", "application/rdf+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The document and what is asked of it."""

    is_rss: bool
    profiled: tuple[bool, ...]
    """Of each line whether something in it is written in hexadecimal, as the RSS Board's profile advises for `&` and `<`."""
    now: datetime | None

    def is_profiled(self, element: etree._Element) -> bool:
        line: Any = element.sourceline  # its stub says no type
        start = (line or 1) - 1
        return any(self.profiled[start : start + (element.text or "").count("\n") + 1])


def warnings(document: bytes, *, now: datetime | None = None, location: str | None = None) -> tuple[str, ...]:
    """The findings; for a document that is well-formed. What lies in the future is asked where `now` is given, whether
    the document stands where it says where `location` is.
    """
    root = _parsed(document)
    asked = _Asked(is_rss=root.tag == "rss", profiled=tuple(b"&#x" in one for one in document.split(b"\n")), now=now)
    found = [*_prefixes(root), *_head(root, location, is_rss=asked.is_rss)]
    for element in root.iter(etree.Element):
        # What stands in an element that it does not know it does not read.
        if _is_known(element):
            found += _on_element(element, asked)
    return tuple(found)


def foreign_namespaces(document: bytes) -> tuple[str, ...]:
    """Those that the document declares and the validator does not know: it warns of each once (`UnknownNamespace`)."""
    declared = {name for element in _parsed(document).iter(etree.Element) for name in element.nsmap.values()}
    return tuple(sorted(name for name in declared if name not in _KNOWN))


def _parsed(document: bytes) -> etree._Element:
    return etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _is_known(element: etree._Element) -> bool:
    around = [element, *element.iterancestors()]
    return all((etree.QName(one).namespace or "") in _KNOWN | {""} for one in around)


def _on_element(element: etree._Element, asked: _Asked) -> Iterator[str]:
    name = str(element.tag)
    yield from _characters(element)
    yield from _language(element)
    yield from _plain(element, asked)
    yield from _dates(element, asked)
    if asked.is_rss:
        yield from _in_rss(element)
    if name.startswith(_ATOM):
        yield from _in_atom(element, asked)
    if name.startswith(_MEDIA):
        yield from _scheme(element, element.get("url", ""))
        if name.endswith(("}title", "}description", "}text")) and element.get("type", "plain") not in ("plain", "html"):
            yield f"{_place(element)}: type {element.get('type')!r} [InvalidMediaTextType]"
        for attribute in ("fileSize", "width", "height"):
            value = element.get(attribute)
            if value is not None and not _is_positive(value):
                yield f"{_place(element)}: {attribute} {value!r} [InvalidPositiveInteger]"


def _is_positive(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) > 0


# The whole document


def _prefixes(root: etree._Element) -> Iterator[str]:
    """A usual prefix for another vocabulary, and a prefix for what readers look for without one."""
    declared = {(prefix or "", name) for element in root.iter(etree.Element) for prefix, name in element.nsmap.items()}
    for prefix, name in sorted(declared):
        usual = _PREFIXES.get(prefix)
        if usual and f"{{{name}}}" != usual and name != "http://purl.org/rss/1.0/modules/threading/":
            yield f"prefix {prefix} for {name} [ReservedPrefix]"
        if name == "http://search.yahoo.com/mrss":
            yield f"prefix {prefix} for {name}, which lacks its slash [MediaRssNamespace]"
        if prefix and root.tag == f"{_ATOM}feed" and f"{{{name}}}" in (_ATOM, _XHTML):
            yield f"prefix {prefix} for {name} [AvoidNamespacePrefix]"


def _head(root: etree._Element, location: str | None, *, is_rss: bool) -> Iterator[str]:
    """What the document says of itself."""
    head = root.find("channel") if is_rss else root
    if head is None or head.tag not in ("channel", f"{_ATOM}feed"):
        return
    links = [(link.get("rel", "alternate"), str(link.get("href", ""))) for link in head.iterfind(f"{_ATOM}link")]
    selves = [href for rel, href in links if rel.endswith("self")]
    if not selves:
        yield "no link with rel=self [MissingSelf]"
    if location and selves and canonical(urljoin(location, selves[0])) != canonical(location):
        yield f"self is {selves[0]}, not {location} [SelfDoesntMatchLocation]"
    if not is_rss:
        yield from _order(head)
        yield from _history(head, links, selves)


def _order(feed: etree._Element) -> Iterator[str]:
    names = [str(child.tag) for child in feed if isinstance(child.tag, str)]
    first = names.index(f"{_ATOM}entry") if f"{_ATOM}entry" in names else len(names)
    for name in names[first:]:
        if name.startswith(_ATOM) and name != f"{_ATOM}entry":
            yield f"{name.removeprefix(_ATOM)} behind the first entry [MisplacedMetadata]"


def _history(feed: etree._Element, links: list[tuple[str, str]], selves: list[str]) -> Iterator[str]:
    """RFC 5005: a complete feed leads nowhere, an archive leads on, no link leads past an end."""
    relations = [rel for rel, _ in links]
    is_complete = feed.find(f"{_HISTORY}complete") is not None
    for rel, href in links:
        if is_complete and rel in _IN_HISTORY and rel != "current":
            yield f"{rel} link of a complete feed [FeedRelInCompleteFeed]"
        if is_complete and rel == "current" and href not in selves:
            yield "current link of a complete feed is not its self [CurrentNotSelfInCompleteFeed]"
        past = {"first": "previous", "last": "next"}.get(rel)
        if past in relations and href in selves:
            yield f"{past} link of the {rel} page [LinkPastEnd]"
    if feed.find(f"{_HISTORY}archive") is not None and not is_complete:
        if not {"prev-archive", "next-archive"} & set(relations):
            yield "an archive that leads to no other [ArchiveIncomplete]"
        if "current" not in relations:
            yield "an archive without a current link [MissingCurrentInArchive]"


# Texts


def _characters(element: etree._Element) -> Iterator[str]:
    for value in (element.text or "", element.tail or "", *map(str, element.attrib.values())):
        if _DISCOURAGED.search(value) or any(map(_is_doubly_encoded, value.split("\n"))):
            yield f"{_place(element)}: odd characters in {value[:40]!r} [BadCharacters]"


def _language(element: etree._Element) -> Iterator[str]:
    """BCP 47 has room for longer names, ISO 639 has none of more than three letters."""
    spoken = (element.text or "").strip() if element.tag in ("language", f"{_DC}language") else ""
    for tag in (spoken, element.get(_XML_LANGUAGE, ""), element.get("hreflang", "")):
        if tag and not re.match(r"(?:[a-z]{2,3}|[xi])(?:-|\Z)", tag, re.IGNORECASE):
            yield f"{_place(element)}: language {tag!r} [InvalidLanguage]"


def _is_doubly_encoded(line: str) -> bool:
    if not _DOUBLY_ENCODED.search(line):
        return False
    try:
        line.encode("iso-8859-1").decode()
    except UnicodeError:
        return False
    return True


def _plain(element: etree._Element, asked: _Asked) -> Iterator[str]:
    """Plain text that reads like markup."""
    name, text = str(element.tag), (element.text or "").strip()
    if name in _CONSTRUCTS and not asked.is_rss and not len(element) and _is_text(element):
        yield from _like_markup(element, text, asked, "ContainsUndeclaredHTML")
    elif name in (f"{_MEDIA}title", f"{_MEDIA}description"):
        found = _like_markup(element, text, asked, "ContainsUndeclaredHTML")
        yield from _html(element, text) if element.get("type") == "html" else found
    elif name in _PLAIN_ATOM or (asked.is_rss and (name in _PLAIN_RSS or _is_plain_description(element))):
        found = _like_markup(element, text, asked, "ContainsHTML")
        yield from found
        if asked.is_rss and _LIKE_MARKUP.search(text) and not asked.is_profiled(element):
            yield f"{_place(element)}: {text[:40]!r} reads like markup [CharacterData]"
    if name == f"{_ATOM}name" and _ADDRESS.search(text):
        yield f"{_place(element)}: a mail address in {text[:40]!r} [ContainsEmail]"
    for attribute in ("title", "label"):
        if name in (f"{_ATOM}link", f"{_ATOM}category") and element.get(attribute):
            yield from _like_markup(element, str(element.get(attribute)), asked, "ContainsHTML")


def _is_text(element: etree._Element) -> bool:
    kind = element.get("type", "text")
    return element.get("src") is None and (kind == "text" or (kind.startswith("text/") and kind != "text/html"))


def _is_plain_description(element: etree._Element) -> bool:
    parent = element.getparent()
    return element.tag == "description" and parent is not None and parent.tag != "item"


def _like_markup(element: etree._Element, text: str, asked: _Asked, name: str) -> Iterator[str]:
    """An end tag of HTML, or a reference; "AT&T" and "R&D" are none."""
    tags = [tag for tag in _END_TAG.findall(text) if tag.lower() in NAMES]
    if tags:
        yield f"{_place(element)}: </{tags[0]}> in plain text [{name}]"
    elif not asked.is_profiled(element):
        for found in _REFERENCE.findall(text):
            if found in name2codepoint or found == "apos" or not found.isalpha():
                yield f"{_place(element)}: &{found} in plain text [{name}]"


def _html(element: etree._Element, markup: str) -> Iterator[str]:
    for name, why in faults(markup):
        yield f"{_place(element)}: {why} [{name}]"


def _dates(element: etree._Element, asked: _Asked) -> Iterator[str]:
    name, text = str(element.tag), (element.text or "").strip()
    try:
        if asked.is_rss and name in _DATES_OF_RSS:
            at, ahead = parsedate_to_datetime(text), timedelta(minutes=10)
        elif name in _DATES_OF_ATOM:
            at, ahead = datetime.fromisoformat(text), timedelta(days=1)
        else:
            return
    except ValueError:
        return
    at = at.replace(tzinfo=at.tzinfo or UTC)
    if at < _OLDEST or (asked.now and at > asked.now + ahead):
        yield f"{_place(element)}: {text} [ImplausibleDate]"


# Elements


def _in_rss(element: etree._Element) -> Iterator[str]:
    name, text = str(element.tag), (element.text or "").strip()
    if name in _HTML_OF_RSS and not _is_plain_description(element):
        yield from _html(element, text)
    if name in ("link", "docs", "comments", "guid") and element.get("isPermaLink") != "false":
        yield from _scheme(element, text)
    if name in ("source", "enclosure"):
        yield from _scheme(element, element.get("url", ""))
    if name in _CONSTRUCTS and name != f"{_ATOM}summary" and element.get("src") is None:
        yield f"{_place(element)}: says again what RSS has a word for [DuplicateDescriptionSemantics]"


def _in_atom(element: etree._Element, asked: _Asked) -> Iterator[str]:
    name, text = str(element.tag).removeprefix(_ATOM), element.text or ""
    if element.tag in _CONSTRUCTS and element.get("type") in ("html", "text/html"):
        # Atom allows relative references (RFC 4287 2).
        yield from (one for one in _html(element, text) if "[ContainsRelRef]" not in one)
    if name == "id":
        yield from _scheme(element, text)
        if not asked.is_rss and canonical(text.strip()) != text:
            yield f"{_place(element)}: {text} is not canonical [NonCanonicalURI]"
    if name in ("icon", "logo", "uri"):
        yield from _scheme(element, text)
    if name == "link":
        yield from _link(element)
    if name == "category" and element.get("scheme"):
        yield from _scheme(element, str(element.get("scheme")))


def _link(link: etree._Element) -> Iterator[str]:
    place, href = _place(link), str(link.get("href", ""))
    parent, relation = link.getparent(), link.get("rel", "alternate")
    yield from _scheme(link, href)
    if (link.text or "").strip():
        yield f"{place}: not empty [AtomLinkNotEmpty]"
    for attribute in ("rel", "title"):
        if link.get(attribute) is not None and not str(link.get(attribute)).strip():
            yield f"{place}: blank {attribute} [AttrNotBlank]"
    if parent is not None and parent.tag == f"{_ATOM}entry" and relation in _IN_HISTORY:
        yield f"{place}: {relation} link in an entry [FeedHistoryRelInEntry]"
    if relation.endswith("self"):
        if link.get("type") and str(link.get("type")).partition(";")[0] not in _DOCUMENT_TYPES:
            yield f"{place}: self is {link.get('type')} [SelfNotAtom]"
        is_head = parent is not None and parent.tag in (f"{_ATOM}feed", "channel")
        if is_head and not urlsplit(href).netloc and not any(urlsplit(base).netloc for base in _bases(link)):
            yield f"{place}: self is {href} [RelativeSelf]"


def _bases(element: etree._Element) -> list[str]:
    around = [element, *element.iterancestors()]
    return [str(one.get("{http://www.w3.org/XML/1998/namespace}base", "")) for one in around]


def _scheme(element: etree._Element, address: str) -> Iterator[str]:
    found = _SCHEME.match(address)
    if found and found[1].lower() not in _SCHEMES:
        yield f"{_place(element)}: scheme {found[1]!r} [SchemeNotIANARegistered]"


def _place(element: etree._Element) -> str:
    return "/".join(str(etree.QName(one).localname) for one in (*reversed([*element.iterancestors()]), element))
