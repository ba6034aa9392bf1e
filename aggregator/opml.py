"""Subscription lists (OPML 2.0) -> the feeds in them, and feeds -> a list that any reader imports."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass

import listparser

from aggregator.errors import NotAList

MAX_LIST = 16_777_216
"""Bytes of a list; one of 50,000 feeds has 3 MB."""
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of a list."""

    url: str
    title: str | None = None
    page_url: str | None = None
    """The site behind the feed; written, not read."""
    language: str | None = None
    """Written, not read."""
    categories: tuple[str, ...] = ()
    """Read: the folders around it and its categories, outermost first."""


def read_opml(document: bytes) -> tuple[Subscription, ...]:
    """The feeds in document order, each address once. Lists inside a list (`type="include"`) are left out.

    Raises NotAList for what is not well-formed XML with an `opml` root: a list that was cut off looks whole to a parser
    that forgives (listparser 0.20 says nothing), and half an import is worse than none. What is larger or nested deeper than
    any list is refused as well.
    """
    if len(document) > MAX_LIST:
        raise NotAList(f"larger than {MAX_LIST // 1_048_576} MiB; split it")
    try:
        root = ET.fromstring(document)  # noqa: S314  expat bounds entities and loads nothing from outside
    except (ET.ParseError, ValueError, LookupError) as error:
        raise NotAList(f"not a well-formed OPML document: {error}; export it again") from error
    if _is_deeper(root, _MAX_DEPTH):  # ElementTree writes by recursion
        raise NotAList(f"folders inside each other more than {_MAX_DEPTH} times")
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # some write the namespace http://opml.org/spec2
    if root.tag != "opml":
        raise NotAList(f"not an OPML document: its root is <{root.tag}>")
    # Pure ASCII with character references: listparser 0.20 reads UTF-8 bytes as Latin-1.
    feeds = listparser.parse(ET.tostring(root))["feeds"]
    found = {feed["url"]: feed for feed in reversed(feeds) if feed["url"]}
    return tuple(_subscription(found[url]) for url in reversed(found))


def _is_deeper(root: ET.Element, limit: int) -> bool:
    level = [root]
    for _ in range(limit + 1):
        level = [inner for outer in level for inner in outer]
    return bool(level)


def _subscription(feed: dict[str, object]) -> Subscription:
    paths = feed["categories"]
    names = [name for path in paths for name in path] if isinstance(paths, list) else []
    return Subscription(
        url=str(feed["url"]),
        title=" ".join(str(feed["title"]).split()) or None,
        categories=tuple(dict.fromkeys(str(name) for name in names if name)),
    )


def write_opml(title: str, subscriptions: Iterable[Subscription]) -> bytes:
    """The list in the given order; equal input, equal bytes: it carries no date."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    for one in subscriptions:
        values = {
            "type": "rss",
            "text": one.title or one.url,
            "title": one.title or one.url,
            "xmlUrl": one.url,
            "htmlUrl": one.page_url,
            "language": one.language,
            "category": ",".join(f"/{name}" for name in one.categories),
        }
        ET.SubElement(body, "outline", {name: value for name, value in values.items() if value})
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
