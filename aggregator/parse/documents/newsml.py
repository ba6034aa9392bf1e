"""A NewsML-G2 document (https://iptc.org/standards/newsml-g2/), an item or a message of several -> its texts.

Names are compared without their namespace: agencies declare it under several addresses, and some none.
"""

import re
from collections.abc import Iterator

from lxml import etree

from aggregator.errors import UnreadableDocument
from aggregator.model.fetch import Document
from aggregator.model.parsed import Category, Link, ParsedFeed, Text, TextType, Tombstone
from aggregator.model.source import AgencyName
from aggregator.parse.bounds import MAX_ENTRIES, MAX_LINKS, MAX_TAGS
from aggregator.parse.documents.facts import Facts, known_agency, line_of, names_in
from aggregator.parse.documents.inline_xml import as_html, name_of, nitf_line, words_of
from aggregator.parse.documents.items import Item, Readiness, sort_out
from aggregator.parse.documents.markup import body_of, without_headline
from aggregator.parse.encoding import decode
from aggregator.urls import absolute, is_iri, is_web

MAX_ELEMENTS = 200_000
_ITEMS = ("newsItem", "packageItem", "knowledgeItem", "conceptItem", "planningItem", "catalogItem")
_ROOT = re.compile(
    rb"[^<]{0,64}(?>(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*>)\s*)*<(?:[\w-]{1,40}:)?(?:newsMessage|"
    + "|".join(_ITEMS).encode("ascii")
    + rb")[\s>/]",
    re.DOTALL,
)
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def is_newsml(body: bytes) -> bool:
    """Whether the document's root is an item or message of NewsML-G2."""
    return _ROOT.match(body[:65_536]) is not None


def parse_newsml(document: Document, agencies: tuple[AgencyName, ...]) -> ParsedFeed:
    """The texts of the document. Raises UnreadableDocument for XML that is broken and where nothing is to be read.

    Raises NotAFeed for a DOCTYPE with entities of its own.
    """
    decoded = decode(document.body, document.content_type)
    root = _tree(decoded.text)
    found = [root] if name_of(root) in _ITEMS else [one for one in root.iter() if name_of(one) in _ITEMS]
    items = [_item(one, agencies) for one in found[:MAX_ENTRIES]]
    return sort_out(document, items, agencies, kind="newsmlg2", defects=decoded.defects)


def _tree(text: str) -> etree._Element:
    if text.count("<") > 2 * MAX_ELEMENTS:
        raise UnreadableDocument(f"XML of more than {MAX_ELEMENTS} elements is refused: no news item has them")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.strip().encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableDocument(f"not well-formed XML: {error}"[:200]) from error


def _item(item: etree._Element, agencies: tuple[AgencyName, ...]) -> Item:
    management = _child(item, "itemMeta")
    kind = _attribute(_child(management, "itemClass"), "qcode") if name_of(item) == "newsItem" else name_of(item)
    guid = item.get("guid")
    updated = words_of(_child(management, "versionCreated"))
    readiness = Readiness.of(
        kind=kind,
        status=_attribute(_child(management, "pubStatus"), "qcode", "literal"),
        embargoed=words_of(_child(management, "embargoed")),
        written=updated,
    )
    tombstone = Tombstone(ref=guid, when=updated) if guid and readiness.is_cancelled else None
    facts = Facts() if readiness.refusal else _facts(item, agencies)
    return Item(facts=facts, readiness=readiness, tombstone=tombstone, version=_whole(item.get("version")))


def _facts(item: etree._Element, agencies: tuple[AgencyName, ...]) -> Facts:
    management, about = _child(item, "itemMeta"), _child(item, "contentMeta")
    nitf = next((one for one in item.iter() if name_of(one) == "nitf"), None)
    headline = _headline(about, management) or nitf_line(nitf, "hl1")
    byline = words_of(_child(about, "by")) or nitf_line(nitf, "byline")
    return Facts(
        headline=headline,
        standfirst=_summary(about) or nitf_line(nitf, "abstract"),
        content=_content(item, nitf, headline),
        guid=item.get("guid"),
        url=_page(management),
        published=_published(management, about),
        updated=words_of(_child(management, "versionCreated")),
        language=_attribute(_child(about, "language"), "tag") or item.get(_LANGUAGE),
        authors=names_in(byline) if byline else _creators(about),
        agency=_agency(item, about, agencies),
        publisher=_name(_child(management, "provider")),
        dateline=line_of(words_of(_child(about, "dateline")) or nitf_line(nitf, "dateline")),
        places=tuple(place for one in _children(about, "located") if (place := _name(one))),
        categories=tuple(_categories(about)),
        links=tuple(_links(item)),
        rights=_rights(item),
        credit_line=line_of(words_of(_child(about, "creditline"))),
    )


def _children(element: etree._Element | None, name: str) -> list[etree._Element]:
    return [one for one in element if name_of(one) == name] if element is not None else []


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return next(iter(_children(element, name)), None)


def _attribute(element: etree._Element | None, *names: str) -> str | None:
    return next((value for name in names if element is not None and (value := element.get(name))), None)


def _name(element: etree._Element | None) -> str | None:
    """The name of a concept: the one meant for people, else its literal, else its code."""
    if element is None:
        return None
    named = line_of(words_of(_child(element, "name"))) or line_of(element.get("literal"))
    code = element.get("qcode")
    return named or (code.rpartition(":")[2] or None if code else None)


def _headline(about: etree._Element | None, management: etree._Element | None) -> str | None:
    """The main headline; those for a screen or a telephone have roles of their own."""
    headlines = _children(about, "headline")
    main = [one for one in headlines if (one.get("role") or "main").rpartition(":")[2] == "main"]
    words = (line_of(words_of(one)) for one in (*main, *headlines, *_children(management, "title")))
    return next((line for line in words if line), None)


def _summary(about: etree._Element | None) -> str | None:
    told = _children(about, "description")
    summaries = [one for one in told if (one.get("role") or "summary").rpartition(":")[2] == "summary"]
    return next((line for one in summaries if (line := line_of(words_of(one)))), None)


def _published(management: etree._Element | None, about: etree._Element | None) -> str | None:
    """When it was first there. The version's own time is that only of a first version."""
    dates = (
        words_of(_child(management, "firstCreated")),
        words_of(_child(about, "contentCreated")),
        words_of(_child(management, "versionCreated")),
    )
    return next((date for date in dates if date), None)


def _creators(about: etree._Element | None) -> tuple[str, ...]:
    people = [one for one in _children(about, "creator") if "organisation" not in (one.get("type") or "")]
    return tuple(name for one in people if (name := _name(one)))


def _agency(item: etree._Element, about: etree._Element | None, agencies: tuple[AgencyName, ...]) -> str | None:
    """Who the text is from: the information source that says so, else whoever is named as source and is an agency."""
    sources = _children(about, "infoSource")
    told = [one for one in sources if "originator" in (one.get("role") or "")]
    names = [name for one in told for name in _names(one)]
    others = [name for one in sources for name in _names(one)]
    own = (words_of(_child(about, "creditline")), _holder(item))
    return known_agency((*names, *others, *own), agencies) or next(iter(names), None)


def _names(source: etree._Element) -> list[str]:
    """What a source goes by: agencies put their name now here, now there."""
    code = (source.get("qcode") or "").rpartition(":")[2]
    return [name for name in (source.get("literal"), _name(source), code) if name]


def _holder(item: etree._Element) -> str | None:
    return _name(_child(_child(item, "rightsInfo"), "copyrightHolder"))


def _rights(item: etree._Element) -> str | None:
    info = _child(item, "rightsInfo")
    notice = words_of(_child(info, "copyrightNotice")) or _holder(item)
    return line_of(" ".join(part for part in (notice, words_of(_child(info, "usageTerms"))) if part))


def _page(management: etree._Element | None) -> str | None:
    """Where people can read it, if a link says so."""
    for link in _children(management, "link"):
        if (link.get("rel") or "").rpartition(":")[2] in ("alternate", "webpage") and is_web(link.get("href")):
            return link.get("href")
    return None


def _categories(about: etree._Element | None) -> Iterator[Category]:
    for one in [*_children(about, "subject"), *_children(about, "genre")][:MAX_TAGS]:
        term = _name(one)
        scheme = (one.get("uri") or "").rpartition("/")[0]
        if term:
            yield Category(term=term, scheme=f"{scheme}/" if scheme and is_iri(scheme) else None)
    for keyword in _children(about, "keyword")[:MAX_TAGS]:
        if term := line_of(words_of(keyword)):
            yield Category(term=term)


def _links(item: etree._Element) -> Iterator[Link]:
    """Remote content that can be fetched by anybody: pictures of the item itself."""
    for remote in _children(_child(item, "contentSet"), "remoteContent")[:MAX_LINKS]:
        href = absolute(None, remote.get("href"))
        kind = remote.get("contenttype") or ""
        if href and kind.startswith(("image/", "audio/", "video/")):
            yield Link(
                href=href,
                rel="enclosure",
                type=kind,
                length=_whole(remote.get("size")),
                width=_whole(remote.get("width")),
                height=_whole(remote.get("height")),
            )


def _whole(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and value.isascii() and len(value) < 16 else None


def _content(item: etree._Element, nitf: etree._Element | None, headline: str | None) -> Text | None:
    """The text in NITF or XHTML, else what stands there as data."""
    inline = _child(item, "contentSet")
    if nitf is not None:
        body = next((one for one in nitf.iter() if name_of(one) == "body.content"), None)
        return _markup(as_html(body), headline) if body is not None else None
    for one in _children(inline, "inlineXML"):
        body = next((part for part in one.iter() if name_of(part) == "body"), one)
        if content := _markup(as_html(body), headline):
            return content
    for data in _children(inline, "inlineData"):
        words = "".join(str(part) for part in data.itertext()).strip()
        if words and "html" in (data.get("contenttype") or ""):
            return _markup(body_of(words), headline)
        if words and (data.get("contenttype") or "text/plain").startswith("text/"):
            return Text(value=words, type=TextType.PLAIN)
    return None


def _markup(markup: str, headline: str | None) -> Text | None:
    return Text(value=without_headline(markup, headline)) if markup.strip() else None
