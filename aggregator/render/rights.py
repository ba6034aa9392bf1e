"""An article and its right of republication -> what of its text an entry may show (rules R21)."""

import re
from dataclasses import dataclass

from aggregator.html import from_text
from aggregator.model.article import Article
from aggregator.model.source import Republish

_SUMMARY_CHARACTERS = 600
_EXCERPT_CHARACTERS = 300
# With the quotation mark or bracket that closes behind the stop; only ideographic stops have no space after them.
_SENTENCE_END = re.compile(r"[.!?…؟۔।][\"'”»’)\]]*(?=\s)|[。！？][」』”）]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`summary` is plain text, `content` is HTML; None is not shown."""

    summary: str | None = None
    content: str | None = None


def shown(article: Article) -> Shown:
    """What may be shown. A local text, or one without a page of its own, has content unless its right is headline or none."""
    republish = article.rights.republish
    if republish in (Republish.HEADLINE, Republish.NONE):
        return Shown()
    if republish is Republish.FULL and article.body_html:
        return Shown(summary=article.standfirst, content=_with_dateline(article))
    excerpt = _excerpt(article)
    if excerpt and (article.is_local or article.url is None):
        return Shown(content=from_text(excerpt))
    return Shown(summary=excerpt)


def _excerpt(article: Article) -> str | None:
    summary = " ".join((article.summary_text or article.standfirst or "").split())
    if summary and len(summary) <= _SUMMARY_CHARACTERS:
        return summary
    return _whole_sentences(summary or " ".join(article.body_text.split())) or None


def _whole_sentences(text: str) -> str:
    """Whole sentences up to 300 characters; a first sentence that is longer is cut at a word, and shows it."""
    if len(text) <= _EXCERPT_CHARACTERS:
        return text
    # One character more: the space behind a sentence of just this length.
    ends = (match.end() for match in _SENTENCE_END.finditer(text, 0, _EXCERPT_CHARACTERS + 1))
    end = max((end for end in ends if end <= _EXCERPT_CHARACTERS), default=0)
    if end:
        return text[:end]
    return text[: _EXCERPT_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def _with_dateline(article: Article) -> str:
    """A wire text reads with its dateline at the head of the first paragraph, as the agency printed it; a feed's text
    has kept it.
    """
    body_html = article.body_html or ""
    if article.dateline is None or not article.is_local:
        return body_html
    printed = from_text(article.dateline.raw).removesuffix("</p>")
    return f"{printed} {body_html.removeprefix('<p>')}" if body_html.startswith("<p>") else f"{printed}</p>{body_html}"
