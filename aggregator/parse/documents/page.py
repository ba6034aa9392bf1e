"""An HTML page -> its one text: what the page says of itself, and its main text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import lxml.html
from feedparser.urls import resolve_relative_uris

from aggregator.dates import parse_date
from aggregator.errors import UnreadableDocument
from aggregator.model.fetch import Document
from aggregator.model.parsed import Category, Defect, Link, MediaRole, ParsedFeed, Text
from aggregator.model.source import AgencyName
from aggregator.parse.documents.facts import Facts, feed_of, line_of, names_in, words_of
from aggregator.parse.documents.linked_data import LinkedArticle, article_in
from aggregator.parse.documents.main_text import main_text
from aggregator.parse.documents.markup import Markup, read_markup, without_headline
from aggregator.text import folded
from aggregator.urls import absolute, is_web

_MIN_TEXT = 80
_MAX_METAS = 400
_MAX_FIELD = 4_000
# What stands between a headline and the name of its site.
_BETWEEN = re.compile(r"\s+[|\-–—:·•»]+\s+|\s*[|»]\s*|\s+::\s+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")

# Names of `meta` elements, whichever of `name`, `property` and `itemprop` they stand in; the first that is there counts.
_PUBLISHED = (
    "article:published_time", "datepublished", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date",
    "parsely-pub-date", "sailthru.date", "pubdate", "publish-date", "publication_date", "date",
)  # fmt: skip
_UPDATED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified", "lastmod")
_AUTHOR = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "byl", "sailthru.author")
_SITE = ("og:site_name", "application-name", "publisher", "dc.publisher")
_STANDFIRST = ("og:description", "description", "dc.description", "twitter:description")
_TITLE = ("og:title", "dc.title", "twitter:title")
_RIGHTS = ("copyright", "dcterms.rights", "dc.rights", "rights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as read: the facts of its text, and what was wrong with it."""

    facts: Facts
    defects: tuple[Defect, ...] = ()


def parse_page(document: Document, agencies: tuple[AgencyName, ...]) -> ParsedFeed:
    """The page saved in a file, as a feed of one entry. Raises UnreadableDocument where it has no text."""
    page = read_page(document.body, document.content_type, None)
    length = len(words_of(page.facts.content))
    if length < _MIN_TEXT:
        raise UnreadableDocument(
            f"the page has {length} characters of text, {_MIN_TEXT} are wanted: save it once it has loaded"
        )
    return feed_of(document, (page.facts,), agencies, kind="page", defects=page.defects)


def read_page(body: bytes, content_type: str | None, url: str | None) -> Page:
    """What the page says; `url` is where it came from, None for a saved one. Raises NotAFeed for a DOCTYPE with entities."""
    markup = read_markup(body, content_type)
    tree = markup.tree()
    if tree is None:
        return Page(facts=Facts(), defects=markup.defects)
    head = _Head.of(tree, markup, url)
    headline = head.headline()
    text = without_headline(main_text(markup), headline)
    if text and head.base:
        text = str(resolve_relative_uris(text, head.base, "utf-8", "text/html"))
    content = Text(value=text) if text else None
    facts = Facts(
        headline=headline,
        standfirst=head.standfirst(words_of(content)),
        content=content,
        url=head.url,
        published=head.date(_PUBLISHED, "datePublished") or head.printed_date(),
        updated=head.date(_UPDATED, "dateModified"),
        language=head.language(),
        authors=head.authors(),
        publisher=line_of(head.site()),
        categories=head.categories(),
        links=head.picture(),
        rights=line_of(head.first(_RIGHTS) or head.article.text("copyrightNotice")),
    )
    return Page(facts=facts, defects=markup.defects)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What a page says of itself, in `meta`, `link`, JSON-LD and its own words."""

    tree: lxml.html.HtmlElement
    metas: dict[str, list[str]]
    article: LinkedArticle
    base: str | None
    url: str | None

    @classmethod
    def of(cls, tree: lxml.html.HtmlElement, markup: Markup, url: str | None) -> "_Head":
        metas = _metas(tree)
        article = article_in(markup.linked_data)
        canonical = [link.get("href") for link in _links(tree, "canonical")]
        named = [*canonical, *metas.get("og:url", ()), article.text("url"), article.text("mainEntityOfPage")]
        base = next((href for one in tree.iter("base") if (href := absolute(url, one.get("href")))), url)
        own = next((address for one in named if (address := absolute(base, one))), url)
        return cls(tree=tree, metas=metas, article=article, base=base or own, url=own)

    def first(self, names: Iterable[str]) -> str | None:
        return next((values[0] for name in names if (values := self.metas.get(name))), None)

    def site(self) -> str | None:
        return self.first(_SITE) or self.article.text("publisher")

    def headline(self) -> str | None:
        """The title without the name of the site behind it: both stand in the same element on most pages."""
        heading = next((line for one in self.tree.iter("h1") if (line := line_of(one.text_content()))), None)
        title = next((line for one in self.tree.iter("title") if (line := line_of(one.text_content()))), None)
        named = line_of(self.first(_TITLE) or self.article.text("headline")) or title
        return _without_site(named, heading, line_of(self.site())) if named else heading

    def standfirst(self, text: str) -> str | None:
        """The description, if it is not the beginning of the text again."""
        line = line_of(self.first(_STANDFIRST) or self.article.text("description"))
        if line is None or folded(text).startswith(folded(line.rstrip(".… "))):
            return None
        return line

    def date(self, names: tuple[str, ...], linked: str) -> str | None:
        """The first of the dates that can be understood."""
        values = [self.article.text(linked), *(value for name in names for value in self.metas.get(name, ()))]
        return next((value for value in values if value and parse_date(value)), None)

    def printed_date(self) -> str | None:
        """That of a `time` element: one that says it is the date of publication, else the first inside the article."""
        times = [one for one in self.tree.iter("time") if parse_date(one.get("datetime", ""))]
        said = [one for one in times if one.get("itemprop") == "datePublished" or "pubdate" in one.attrib]
        within = [one for one in times if any(above.tag in ("article", "main") for above in one.iterancestors())]
        return next((one.get("datetime") for one in (*said, *within)), None)

    def language(self) -> str | None:
        said = (self.tree.get("lang"), self.article.text("inLanguage"), self.first(("og:locale", "content-language")))
        return next((tag.replace("_", "-") for tag in said if tag and _LANGUAGE.fullmatch(tag)), None)

    def authors(self) -> tuple[str, ...]:
        """People by name; some pages give the address of a profile instead."""
        metas = [value for name in _AUTHOR for value in self.metas.get(name, ())][:20]
        printed = [one.text_content() for one in _links(self.tree, "author")][:20]
        for names in (self.article.texts("author"), metas, printed):
            found = [name for one in names if not is_web(one) for name in names_in(one)]
            if found:
                return tuple(dict.fromkeys(found))
        return ()

    def categories(self) -> tuple[Category, ...]:
        listed = ",".join(self.metas.get("news_keywords", ())).split(",")
        terms = [*self.metas.get("article:tag", ()), *listed, *self.article.texts("keywords")]
        terms += [*self.metas.get("article:section", ()), *self.article.texts("articleSection")]
        return tuple(Category(term=term) for one in terms if (term := line_of(one)))

    def picture(self) -> tuple[Link, ...]:
        href = absolute(self.base, self.first(("og:image", "og:image:url", "twitter:image")))
        if href is None:
            return ()
        caption = line_of(self.first(("og:image:alt", "twitter:image:alt")))
        return (Link(href=href, rel="enclosure", type="image/*", role=MediaRole.THUMBNAIL, caption=caption),)


def _metas(tree: lxml.html.HtmlElement) -> dict[str, list[str]]:
    """Name in lower case -> its contents in document order."""
    found: dict[str, list[str]] = {}
    for meta in list(tree.iter("meta"))[:_MAX_METAS]:
        content = (meta.get("content") or "").strip()
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (meta.get(attribute) or "").strip().lower()
            if name and content:
                found.setdefault(name[:100], []).append(content[:_MAX_FIELD])
    return found


def _links(tree: lxml.html.HtmlElement, rel: str) -> Iterator[lxml.html.HtmlElement]:
    return (one for one in tree.iter("link", "a") if rel in (one.get("rel") or "").lower().split())


def _without_site(title: str, heading: str | None, site: str | None) -> str:
    for between in _BETWEEN.finditer(title[:1000]):
        before, behind = title[: between.start()].strip(), title[between.end() :].strip()
        is_heading = heading is not None and folded(before) == folded(heading)
        if before and (is_heading or (site is not None and folded(behind) == folded(site))):
            return before
    return title
