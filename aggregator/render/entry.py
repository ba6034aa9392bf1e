"""One ledger row and its article -> the `<entry>` of an Atom document as bytes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import NamedTuple

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension
from lxml import etree

from aggregator.html import with_players_as_links
from aggregator.language import is_right_to_left
from aggregator.model.article import Article, Media, PartialDate
from aggregator.model.parsed import Category, MediaRole, OriginSource, Person
from aggregator.model.source import Republish
from aggregator.model.story import Standpoint
from aggregator.render.atom import instant
from aggregator.render.namespaces import AGG, MEDIA, XML
from aggregator.render.plain import declare, has_reference, label, shown_text
from aggregator.render.rights import Shown, shown
from aggregator.urls import as_uri, is_iri, is_web

# RFC 4287 4.2.7.3; feeds also say "audio" and "image/jpg, image/png".
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*")
# RFC 4646 2.1, as RFC 4287 has it for hreflang.
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
# Whoever is named in another role is a contributor.
_AUTHORS = (None, "author", "correspondent", "host")
_MOST_OUTLETS = 10
"""In the line for people; the elements name all."""
etree.register_namespace("agg", AGG)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoIn:
    """Where else the entry's text is."""

    uri: str
    """Of the article there; the entry's own where the text is the same."""
    name: str
    """The outlet's."""
    url: str | None
    relation: str | None
    """None where a person put it there."""
    shared: float | None
    """Share of the shorter text's words that stand in the longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What an entry prints beside its article."""

    entry_id: str
    updated_at: datetime
    published: PartialDate | None
    published_at: datetime | None
    """`published` as it stands on the wire (rules R10)."""
    first_seen_at: datetime
    site_author: str
    group: str | None = None
    """Id of the group of copies for which the entry stands."""
    also: tuple[AlsoIn, ...] = ()
    """The other texts of the group, and who else shows the very same one."""
    related: str | None = None
    """The entry that tells the same text, where this one was published as well, or that this one goes on from."""
    story: Standpoint | None = None
    """The reports of the same event."""
    news: str | None = None
    """What is new in the story, or what an edit changed."""
    follows: str | None = None
    """Uri of the article that the news is news to."""


class _Element(NamedTuple):
    """One of our own."""

    name: str
    text: str | None
    attributes: dict[str, str]


class _Entry(BaseEntryExtension):
    """What feedgen drops or cannot say: link attributes, a whole `atom:source`, `xml:lang`, our own elements."""

    article: Article
    printed: Printed

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        for child in [*entry.findall("link"), *entry.findall("source")]:
            entry.remove(child)
        article = self.article
        if article.language:
            entry.set(f"{{{XML}}}lang", article.language.tag)
        for attributes in _links(article):
            etree.SubElement(entry, "link", attributes)
        if self.printed.related:
            etree.SubElement(entry, "link", {"rel": "related", "href": self.printed.related})
        _source(entry, article, self.printed.first_seen_at)
        if article.rights.republish is not Republish.HEADLINE:
            _thumbnails(entry, article)
        _extension(entry, article, self.printed)
        return entry

    def extend_rss(self, entry: etree._Element) -> etree._Element:
        return entry


def render_entry(article: Article, printed: Printed) -> bytes:
    """The entry as it will stand in every document, without a namespace declaration for Atom (the document has it)."""
    visible = shown(article)
    entry = FeedEntry()
    entry.register_extension("agg", _Entry, atom=True, rss=False)
    entry.agg.article, entry.agg.printed = article, printed
    entry.id(printed.entry_id)
    # A text of nothing but a picture has no headline; its address is what a reader can act on.
    title = shown_text(article.headline).strip() or article.url or printed.entry_id
    entry.title(title)
    entry.updated(printed.updated_at.replace(microsecond=0))
    if printed.published_at:
        entry.published(printed.published_at.replace(microsecond=0))
    # feedgen refuses an entry with neither link nor content; the extension writes the real links.
    entry.link(href=article.url or printed.entry_id)
    for person in _authors(article, printed.site_author):
        entry.author(person)
    for person in _contributors(article):
        entry.contributor(person)
    # A source's own versions are no other outlets.
    others = tuple(one for one in printed.also if one.name != article.publisher.name)
    _texts(entry, article, visible, title, _Lines(also=others, story=printed.story, news=printed.news))
    for category in filter(None, map(_category, article.categories)):
        entry.category(category)
    if article.rights.notice:
        entry.rights(shown_text(article.rights.notice))
    element = entry.atom_entry()
    for name in ("updated", "published"):
        for child in element.findall(name):
            child.text = (child.text or "").replace("+00:00", "Z")
    declare(element)
    etree.cleanup_namespaces(element, top_nsmap={"agg": AGG})
    return _written(element)


def _written(entry: etree._Element) -> bytes:
    """The bytes. A label cannot say that it holds no markup; one that reads like a reference is written with hexadecimal ones, as
    the RSS Board's profile advises, which validators take for a sign of plain text.
    """
    written = bytes(etree.tostring(entry, encoding="utf-8"))
    labels = [one.text or "" for one in entry.iter("name")]
    labels += [str(one.get(name, "")) for one in entry.iter("link", "category") for name in ("title", "label")]
    return written.replace(b"&amp;", b"&#x26;") if any(map(has_reference, labels)) else written


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """What stands below the text, in our own words."""

    also: tuple[AlsoIn, ...]
    story: Standpoint | None
    news: str | None

    def as_text(self) -> str:
        return "\n\n".join(filter(None, (_news(self.news), _also_as_text(self.also), _story(self.story))))

    def as_html(self) -> str:
        news, story = (_paragraph(line) for line in (_news(self.news), _story(self.story)))
        return f"{news}{_also_as_html(self.also)}{story}"


def _paragraph(line: str) -> str:
    return f'<p lang="en" dir="ltr">{escape(shown_text(line))}</p>' if line else ""


def _news(news: str | None) -> str:
    return f"New: {news}" if news else ""


def _story(story: Standpoint | None) -> str:
    """How many tell the event, and how many of them by themselves: what is printed again is no second report."""
    if story is None or story.independent < 2:
        return ""
    return f"{story.reports} reports, {story.independent} independent: {', '.join(_listed(story.outlets))}"


def _texts(entry: FeedEntry, article: Article, visible: Shown, title: str, lines: _Lines) -> None:
    """The lines on copies and the story stand in what readers show: the content, else the summary."""
    summary = visible.summary or ""
    content = with_players_as_links(shown_text(visible.content or "")) + (lines.as_html() if visible.content else "")
    if content:
        entry.content(content, type="html")
    else:
        summary = "\n\n".join(filter(None, (summary, lines.as_text())))
        if article.url is None:
            # RFC 4287 4.1.2: an entry without an alternate link must have content; a headline is what may be shown.
            entry.content(title)
    if summary:
        entry.summary(shown_text(summary))


def _also_as_text(also: tuple[AlsoIn, ...]) -> str:
    return f"Also in: {', '.join(_names(also))}" if also else ""


def _also_as_html(also: tuple[AlsoIn, ...]) -> str:
    """The outlets' names lead to their pages."""
    if not also:
        return ""
    pages = {one.name: one.url for one in reversed(also) if one.url}
    named = []
    for name in _names(also):
        url, text = pages.get(name), f"<bdi>{escape(shown_text(name))}</bdi>"
        named.append(f'<a href="{escape(url)}">{text}</a>' if url and is_web(url) else text)
    return f'<p lang="en" dir="ltr">Also in: {", ".join(named)}</p>'


def _names(also: tuple[AlsoIn, ...]) -> list[str]:
    """The outlets, each once, in the order in which they were seen."""
    return _listed(dict.fromkeys(" ".join(one.name.split()) for one in also))


def _listed(names: Iterable[str]) -> list[str]:
    names = list(names)
    rest = len(names) - _MOST_OUTLETS
    return names if rest <= 0 else [*names[:_MOST_OUTLETS], f"{rest} more"]


def _authors(article: Article, site_author: str) -> list[dict[str, str]]:
    """RFC 4287 4.2.1 wants one: the byline, else the publisher, else the site's author (rules R22)."""
    people = [author for person in article.by if person.role in _AUTHORS and (author := _author(person))]
    return people or [{"name": label(article.publisher.name) or label(site_author)}]


def _contributors(article: Article) -> list[dict[str, str]]:
    return [named for person in article.by if person.role not in _AUTHORS and (named := _author(person))]


def _author(person: Person) -> dict[str, str]:
    name = label(person.name)
    if not name:
        return {}
    return {"name": name, "uri": as_uri(person.uri)} if person.uri and is_iri(person.uri) else {"name": name}


def _category(category: Category) -> dict[str, str]:
    """Empty without a term. RSS domains ("News/World") are no IRIs and go: an invalid scheme makes the document invalid."""
    term = shown_text(category.term).strip()
    if not term:
        return {}
    optional = {
        "scheme": as_uri(category.scheme) if category.scheme and is_iri(category.scheme) else None,
        "label": label(category.label or ""),
    }
    return {"term": term} | {name: value for name, value in optional.items() if value}


def _links(article: Article) -> list[dict[str, str]]:
    links = [{"rel": "alternate", "type": "text/html", "href": as_uri(article.url)}] if article.url else []
    links += [_media_link(media) for media in article.media if media.role is not MediaRole.THUMBNAIL]
    return links


def _media_link(media: Media) -> dict[str, str]:
    """A transcript or chapters are another text about the same thing; the thing itself is enclosed."""
    link = {"rel": "related" if media.role else "enclosure", "href": as_uri(media.url)}
    words = label(media.title or media.caption or "")
    credit = label(media.credit or "")
    optional = {
        "type": media.type if media.type and _MEDIA_TYPE.fullmatch(media.type) else None,
        "title": f"{words} ({credit})".strip() if credit else words or media.role,
        "length": str(media.length) if media.length else None,
        "hreflang": media.language if media.language and _LANGUAGE.fullmatch(media.language) else None,
    }
    return link | {name: value for name, value in optional.items() if value}


def _thumbnails(entry: etree._Element, article: Article) -> None:
    """The pictures that stand for the entry, which Atom has no word for (Media RSS 1.5.1)."""
    for media in article.media:
        if media.role is MediaRole.THUMBNAIL:
            sizes = {"width": media.width, "height": media.height}
            attributes = {name: str(size) for name, size in sizes.items() if size}
            etree.SubElement(
                entry, f"{{{MEDIA}}}thumbnail", {"url": as_uri(media.url), **attributes}, nsmap={"media": MEDIA}
            )


def _source(entry: etree._Element, article: Article, first_seen_at: datetime) -> None:
    """A complete `atom:source` (RFC 4287 4.2.11, rules R34)."""
    origin: OriginSource = article.origin
    source = etree.SubElement(entry, "source")
    updated = instant(article.origin_updated_at or first_seen_at)
    identity = origin.id if origin.id and is_iri(origin.id) else None
    for name, value in (("id", identity), ("title", origin.title), ("updated", updated)):
        if value:
            etree.SubElement(source, name).text = shown_text(value)
    for rel, href in (("self", origin.link_self), ("alternate", origin.link_alternate)):
        if href:
            etree.SubElement(source, "link", {"rel": rel, "href": as_uri(href)})
    for author in filter(None, map(_author, (*filter(None, (origin.author,)), *origin.more_authors))):
        person = etree.SubElement(source, "author")
        for name, value in author.items():
            etree.SubElement(person, name).text = value
    if origin.rights:
        etree.SubElement(source, "rights").text = shown_text(origin.rights)


def _extension(entry: etree._Element, article: Article, printed: Printed) -> None:
    """What Atom has no word for, in our namespace: the dateline, its place and agency, how a date is known."""

    def add(name: str, text: str | None = None, **attributes: str) -> None:
        element = etree.SubElement(entry, f"{{{AGG}}}{name}", {k: shown_text(v) for k, v in attributes.items()})
        element.text = shown_text(text) if text else None

    if article.dateline:
        add("dateline", article.dateline.raw)
        for place in article.dateline.places:
            add("located", place.name)
    if article.agency:
        add("agency", article.agency.name, id=article.agency.id)
    created = article.content_created
    if created:
        inferred = {"inferred": " ".join(created.inferred)} if created.inferred else {}
        confidence = f"{created.confidence:g}"
        add(
            "contentCreated",
            created.value.date().isoformat() if created.precision == "day" else instant(created.value),
            precision=created.precision,
            confidence=confidence,
            **inferred,
        )
    if printed.published and printed.published.precision == "day":
        add("published", printed.published.value.date().isoformat(), precision="day")
    if article.language and is_right_to_left(article.language.tag):
        add("direction", "rtl")
    for name, text, attributes in _elsewhere(article, printed):
        add(name, text, **attributes)


def _elsewhere(article: Article, printed: Printed) -> Iterator[_Element]:
    """The story that the entry is of, where else the text is, and through which feeds it came."""
    if printed.story:
        story = printed.story
        counts = {"reports": story.reports, "outlets": len(story.outlets), "independent": story.independent}
        yield _Element("story", story.story, {name: str(count) for name, count in counts.items()})
    if printed.news:
        yield _Element("news", printed.news, {"ref": printed.follows} if printed.follows else {})
    if printed.group and printed.also:
        yield _Element("copyGroup", printed.group, {"texts": str(len(printed.also) + 1)})
    for relay in article.relays:
        title = {"title": relay.title} if relay.title else {}
        yield _Element("relay", None, {"feed": relay.feed, "entry": relay.entry, **title})
    for one in printed.also:
        optional = {
            "href": one.url if one.url and is_iri(one.url) else None,
            "relation": one.relation,
            "shared": None if one.shared is None else f"{one.shared:.2f}",
        }
        yield _Element("copy", one.name, {"ref": one.uri} | {name: value for name, value in optional.items() if value})
