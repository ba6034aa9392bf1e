"""Values of an article -> what a page prints of them: dates with their notes, places, addresses, the direction of a text."""

from dataclasses import dataclass
from datetime import date, datetime

from aggregator.language import is_right_to_left
from aggregator.model.article import Article, EffectiveBasis, PartialDate, Precision, StoredArticle
from aggregator.urls import is_web

_FORMATS = {
    Precision.YEAR: "%Y",
    Precision.MONTH: "%Y-%m",
    Precision.DAY: "%Y-%m-%d",
    Precision.MINUTE: "%Y-%m-%d %H:%M UTC",
    Precision.SECOND: "%Y-%m-%d %H:%M UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date for people and for machines; both empty where it is unknown."""

    text: str = ""
    machine: str = ""
    """For `<time datetime>`."""


def moment(instant: datetime | None) -> Moment:
    """To the minute, in UTC."""
    if instant is None:
        return Moment()
    return Moment(text=instant.strftime("%Y-%m-%d %H:%M UTC"), machine=instant.strftime("%Y-%m-%dT%H:%M:%SZ"))


def printed(date: PartialDate | None) -> Moment:
    """As far as the date is known, never further."""
    if date is None:
        return Moment()
    text = date.value.strftime(_FORMATS[date.precision])
    is_timed = date.precision in (Precision.MINUTE, Precision.SECOND)
    return Moment(text=text, machine=date.value.strftime("%Y-%m-%dT%H:%M:%SZ") if is_timed else text)


def best_date(stored: StoredArticle) -> Moment:
    """The date that the article is ordered by, no more exact than it is known: a day's noon is nobody's claim (rules R10)."""
    article = stored.article
    known = {
        EffectiveBasis.PUBLISHED: article.published,
        EffectiveBasis.UPDATED: article.updated,
        EffectiveBasis.CONTENT_CREATED: article.content_created,
    }
    date = known.get(stored.effective_basis)
    return printed(date) if date else moment(stored.effective_at)


def places(article: Article) -> str | None:
    """The places of the dateline as it prints them."""
    return "/".join(place.name for place in article.dateline.places) or None if article.dateline else None


def language(article: Article) -> str | None:
    """The tag for `lang`."""
    return article.language.tag if article.language else None


def direction(article: Article) -> str:
    """For `dir`; where the language is unknown the browser looks at the letters."""
    tag = language(article)
    if tag is None:
        return "auto"
    return "rtl" if is_right_to_left(tag) else "ltr"


def web_address(url: str | None) -> str | None:
    """The address if it may be linked to: http and https only."""
    return url if is_web(url) else None


def name_of_inferred(parts: tuple[str, ...]) -> str:
    """`year, zone inferred`; empty where all was printed."""
    return f"{', '.join(parts)} inferred" if parts else ""


def day_name(day: date) -> str:
    """`Saturday 28 February 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"
