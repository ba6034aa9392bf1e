"""The `<entry>` that is stored with a ledger row -> its parts, from which the other formats are made: one truth, one reading."""

from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from aggregator.render.namespaces import AGG, ATOM, MEDIA, XML
from aggregator.render.plain import text_of

_OPEN, _CLOSE = f'<feed xmlns="{ATOM}">'.encode(), b"</feed>"
_A, _X = f"{{{ATOM}}}", f"{{{AGG}}}"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Somebody who wrote."""

    name: str
    uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The entry's `atom:source`."""

    id: str | None = None
    title: str | None = None
    updated: str | None = None
    link_self: str | None = None
    link_alternate: str | None = None
    rights: str | None = None
    authors: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One element of our own namespace."""

    name: str
    text: str | None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryParts:
    """What stands in an entry; instants as printed (RFC 3339)."""

    id: str
    title: str
    updated: str
    published: str | None
    language: str | None
    summary: str | None
    """Plain text."""
    content: str | None
    """HTML."""
    authors: tuple[Name, ...]
    contributors: tuple[Name, ...]
    categories: tuple[dict[str, str], ...]
    links: tuple[dict[str, str], ...]
    thumbnails: tuple[dict[str, str], ...]
    rights: str | None
    origin: Origin | None
    extensions: tuple[Extension, ...] = field(default=())

    @property
    def page(self) -> str | None:
        """Where the text can be read."""
        return next((link["href"] for link in self.links if link.get("rel") == "alternate"), None)

    @property
    def enclosures(self) -> tuple[dict[str, str], ...]:
        """Pictures, sounds and films."""
        return tuple(link for link in self.links if link.get("rel") == "enclosure")

    @property
    def other_links(self) -> tuple[dict[str, str], ...]:
        """Related and via links, transcripts."""
        return tuple(link for link in self.links if link.get("rel") not in ("alternate", "enclosure"))


def is_whole(fragment: bytes) -> bool:
    """Whether the stored entry begins and ends as one: what a disk tore must not tear the document around it."""
    return fragment.startswith(b"<entry") and (fragment.endswith((b"</entry>", b"/>")))


@lru_cache(maxsize=256)
def is_entry(fragment: bytes) -> bool:
    """The same of what stands between: whether it is one well-formed entry. A new one is asked about for every feed."""
    if not is_whole(fragment):
        return False
    try:
        found = etree.fromstring(_OPEN + fragment + _CLOSE, _PARSER)
    except etree.XMLSyntaxError:
        return False
    return [(child.tag, child.tail) for child in found] == [(f"{_A}entry", None)]


@lru_cache(maxsize=4_096)
def without_extensions(fragment: bytes) -> bytes:
    """The entry without our own elements; as it is where it has none, or is none."""
    if AGG.encode() not in fragment or not is_entry(fragment):
        return fragment
    entry = etree.fromstring(_OPEN + fragment + _CLOSE, _PARSER)[0]
    for element in entry.findall(f"{_X}*"):
        entry.remove(element)
    etree.cleanup_namespaces(entry)
    declared = f' xmlns="{ATOM}"'.encode()
    written = bytes(etree.tostring(entry, encoding="utf-8", with_tail=False)).replace(declared, b"", 1)
    # Where a label reads like a reference, they were all written so (`render_entry`).
    return written.replace(b"&amp;", b"&#x26;") if b"&#x26;" in fragment else written


def is_well_formed(document: bytes) -> bool:
    """Whether a reader can read the document at all."""
    try:
        etree.fromstring(document, _PARSER)
    except etree.XMLSyntaxError:
        return False
    return True


def read_entry(fragment: bytes) -> EntryParts:
    """The parts of a stored entry. Raises ValueError for bytes that are no entry."""
    try:
        entry = etree.fromstring(_OPEN + fragment + _CLOSE, _PARSER)[0]
    except (etree.XMLSyntaxError, IndexError) as error:
        raise ValueError(f"a stored entry is not well-formed: {error}") from error
    content = entry.find(f"{_A}content")
    is_html = content is not None and content.get("type") == "html"
    text = entry.findtext(f"{_A}content") or None
    return EntryParts(
        id=_text(entry, "id") or "",
        title=_text(entry, "title") or "",
        updated=_text(entry, "updated") or "",
        published=_text(entry, "published"),
        language=entry.get(f"{{{XML}}}lang"),
        # Content that is no HTML repeats the headline, for an entry that has neither page nor text (RFC 4287 4.1.2).
        summary=_text(entry, "summary") or (None if is_html else text),
        content=text if is_html else None,
        authors=_people(entry, "author"),
        contributors=_people(entry, "contributor"),
        categories=tuple(_attributes(one) for one in entry.iterfind(f"{_A}category")),
        links=tuple(_attributes(one) for one in entry.iterfind(f"{_A}link")),
        thumbnails=tuple(_attributes(one) for one in entry.iterfind(f"{{{MEDIA}}}thumbnail")),
        rights=_text(entry, "rights"),
        origin=_origin(entry.find(f"{_A}source")),
        extensions=tuple(map(_extension, entry.iterfind(f"{_X}*"))),
    )


def _origin(source: etree._Element | None) -> Origin | None:
    if source is None:
        return None
    links = {str(link.get("rel")): str(link.get("href")) for link in source.iterfind(f"{_A}link")}
    return Origin(
        id=_text(source, "id"),
        title=_text(source, "title"),
        updated=_text(source, "updated"),
        link_self=links.get("self"),
        link_alternate=links.get("alternate"),
        rights=_text(source, "rights"),
        authors=_people(source, "author"),
    )


def _people(element: etree._Element, name: str) -> tuple[Name, ...]:
    return tuple(
        Name(name=_text(person, "name") or "", uri=_text(person, "uri")) for person in element.iterfind(f"{_A}{name}")
    )


def _extension(element: etree._Element) -> Extension:
    return Extension(
        name=str(element.tag).removeprefix(_X), text=element.text, attributes=tuple(_attributes(element).items())
    )


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _text(element: etree._Element, name: str) -> str | None:
    return text_of(element.find(f"{_A}{name}"))
