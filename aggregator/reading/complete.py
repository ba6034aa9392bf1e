"""An entry of which its source gives an excerpt + the page of the entry -> the entry with the text of the page; pure.

What it is known by stays: its keys, and the digest of its text, which is that of what the source itself says. The next poll,
which sees the excerpt again, finds nothing new.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.dedup import fingerprints
from aggregator.dedup.signature import signature
from aggregator.errors import DEFECTS, NotAFeed, UnreadableDocument
from aggregator.model.article import Article, Completeness, LanguageBasis
from aggregator.model.fetch import Fetched
from aggregator.model.identity import Sighting
from aggregator.model.parsed import Entry, ParsedFeed, Text, TextType
from aggregator.model.source import Source
from aggregator.normalise import Context, normalise
from aggregator.parse.documents.page import read_page
from aggregator.reading.read import Desk, agency_of, event_of
from aggregator.text import folded, words_in_order
from aggregator.urls import is_home_page, is_web

FROM_PAGE = "full text taken from the page"
"""Stands among the repairs of an article whose text is that of its page."""
_LEAST_CHARACTERS = 200
"""A page of less text shows a picture, a film or a list; the shortest report has two sentences."""
_LEAST_SHARE = 0.5
"""Of the words of headline and excerpt that stand in the page in their order. Where it asks for consent or a login these are the
small words alone. Of 62 recorded entries with summary and text the least share was .67, with the text of their neighbour .25 in
the middle and over .5 three times."""
_MARKUP = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoText:
    """The page gives no text for the entry; `reason` is one line for people."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """A text to put in place of an excerpt."""

    content: Text
    headline: str | None = None
    """For an entry that has none."""
    language: str | None = None
    """As the page says."""


def lacks_text(sighting: Sighting) -> bool:
    """Whether the entry has a page of its own that may give what its source does not, and whether that is allowed."""
    article = sighting.article
    if article.completeness is Completeness.FULL or not article.rights.republish.allows_text:
        return False
    has_own_page = article.url is not None and is_web(article.url) and not is_home_page(article.url)
    return has_own_page and not sighting.url_is_ambiguous


def complete(sighting: Sighting, page: Fetched, source: Source, desk: Desk, now: datetime) -> Sighting | NoText:
    """The sighting with the text of its page, where that is more than it has and is about the same."""
    if page.url is None or is_home_page(page.url):
        return NoText(reason="the address leads to the home page of its site")
    try:
        found = _text_of(page)
        if isinstance(found, NoText):
            return found
        filled = fill(sighting, found, source, desk, now)
    except DEFECTS as error:
        return NoText(reason=f"the page cannot be read: {type(error).__name__}")
    text = filled.article.body_text
    if not text:
        return NoText(reason="the page has no text: it may be made by a script")
    if len(text) < max(_LEAST_CHARACTERS, len(sighting.article.body_text) + 1):
        return NoText(reason="the page has no more text than its source gives")
    if not _is_about_the_same(sighting.article, f"{found.headline or ''}\n{text}"):
        return NoText(reason="the page has another text: it may ask for consent or a login")
    return filled


def fill(sighting: Sighting, found: PageText, source: Source, desk: Desk, now: datetime) -> Sighting:
    """The sighting with that text; fingerprints, language, dateline and matches are of the whole text."""
    before = sighting.article
    full = normalise(_as_entry(before, found), _context(sighting, source, desk, now))
    article = replace(
        before,
        headline=full.headline,
        standfirst=full.standfirst or before.standfirst,
        summary_text=full.summary_text,
        body_html=full.body_html,
        body_text=full.body_text,
        completeness=Completeness.FULL,
        dateline=full.dateline or before.dateline,
        agency=full.agency or before.agency,
        language=full.language,
        # An agency that only the whole text names has its right over it (rules R21).
        rights=replace(before.rights, republish=full.rights.republish) if full.agency else before.rights,
        repairs=tuple(dict.fromkeys((*before.repairs, FROM_PAGE))),
    )
    return replace(
        sighting,
        article=article,
        fingerprints=replace(fingerprints(article), text=sighting.fingerprints.text),
        matches=desk.matcher.match(article, source.id),
        signature=signature(article.body_text),
        event=event_of(article, desk),
        agency=agency_of(article, desk),
    )


def _text_of(page: Fetched) -> PageText | NoText:
    (document,) = page.documents
    kind = (document.content_type or "").partition(";")[0].strip().lower()
    if kind and kind not in _MARKUP:
        return NoText(reason=f"the page is of the type {kind[:60]}, not HTML")
    try:
        facts = read_page(document.body, document.content_type, page.url).facts
    except (NotAFeed, UnreadableDocument) as error:
        return NoText(reason=str(error))
    return PageText(content=facts.content or Text(value=""), headline=facts.headline, language=facts.language)


def _as_entry(article: Article, found: PageText) -> Entry:
    """What the source would have published with the text: headline and summary are its own."""
    headline = found.headline if _is_nameless(article) and found.headline else article.headline
    language = article.language
    is_declared = language is not None and language.basis is LanguageBasis.DECLARED
    return Entry(
        link=article.url,
        title=Text(value=headline, type=TextType.PLAIN),
        summary=Text(value=article.summary_text, type=TextType.PLAIN) if article.summary_text else None,
        content=found.content,
        language=language.tag if language and is_declared else found.language,
    )


def _context(sighting: Sighting, source: Source, desk: Desk, now: datetime) -> Context:
    origin = sighting.article.origin
    return Context(
        source=source,
        parsed=ParsedFeed(document=sighting.document, head=origin, format="page"),
        origin=origin,
        origin_updated_at=sighting.article.origin_updated_at,
        agencies=desk.agencies,
        modified_at=None,
        now=now,
    )


def _is_nameless(article: Article) -> bool:
    """Whether the address stands where the headline would."""
    return article.headline == article.url


def _is_about_the_same(article: Article, page: str) -> bool:
    own = folded(f"{'' if _is_nameless(article) else article.headline}\n{article.body_text}")
    return not own or words_in_order(own, folded(page)) >= _LEAST_SHARE
