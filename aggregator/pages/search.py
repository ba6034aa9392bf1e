"""A question -> the page of what was found, as much of each text as its rights allow and the words marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from aggregator.errors import QueryError
from aggregator.model.article import StoredArticle
from aggregator.model.search import SearchFilter, SearchOrder, SearchQuestion
from aggregator.pages import facts
from aggregator.pages.absence import hidden
from aggregator.pages.facts import Moment
from aggregator.pages.marks import Passage, Segment, marked, snippet
from aggregator.pages.site import Site
from aggregator.search import MOST_CHARACTERS, language_of, places, read_question
from aggregator.storage import Reader

PAGE_RESULTS = 20
_MOST_PAGES = 50
SINCE: Mapping[str, timedelta | None] = {
    "": None,
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1y": timedelta(days=365),
}
_SINCE_NAMES = {"": "any time", "1d": "last day", "7d": "last 7 days", "30d": "last 30 days", "1y": "last year"}
LANGUAGES = {
    "": "any language", "ar": "Arabic", "en": "English", "fr": "French", "it": "Italian", "ru": "Russian",
    "de": "German", "es": "Spanish", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "tr": "Turkish",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAsked:
    """What the address asks for, as it was typed; empty asks nothing."""

    question: str = ""
    topic: str = ""
    source: str = ""
    language: str = ""
    since: str = ""
    order: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a list."""

    value: str
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A list of the form."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An article that was found."""

    path: str
    url: str | None
    headline: tuple[Segment, ...]
    snippet: Passage | None
    place: str | None
    agency: str | None
    publisher: str
    date: Moment
    language: str | None
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """The form, and what was found."""

    question: str
    most_characters: int
    choices: tuple[Choice, ...]
    is_asked: bool
    mistake: str
    """Why nothing could be looked for; empty where it could."""
    results: tuple[Result, ...]
    total: str
    number: int
    newer: str | None
    older: str | None


def search_page(reader: Reader, site: Site, asked: SearchAsked) -> SearchPage | None:
    """The page for what is asked; None for a choice or a page that is not there."""
    choices = tuple(_choices(site, asked))
    if not all(any(option.is_chosen for option in one.options) for one in choices) or asked.number > _MOST_PAGES:
        return None
    question, mistake = None, ""
    if asked.question.strip():
        try:
            question = read_question(asked.question)
        except QueryError as error:
            mistake = error.message
    results, total = _found(reader, site, question, asked) if question else ((), 0)
    if question and asked.number > 1 and not results:
        return None
    is_more = question is not None and total > asked.number * PAGE_RESULTS and asked.number < _MOST_PAGES
    return SearchPage(
        question=asked.question[:MOST_CHARACTERS],
        most_characters=MOST_CHARACTERS,
        choices=choices,
        is_asked=question is not None,
        mistake=mistake,
        results=results,
        total="more than 1,000" if total > 1000 else str(total),
        number=asked.number,
        newer=_path(asked, asked.number - 1) if asked.number > 1 else None,
        older=_path(asked, asked.number + 1) if is_more else None,
    )


def _found(reader: Reader, site: Site, question: SearchQuestion, asked: SearchAsked) -> tuple[tuple[Result, ...], int]:
    span = SINCE[asked.since]
    hits = reader.search(
        question,
        SearchFilter(
            topic_id=asked.topic or None,
            source_id=asked.source or None,
            language=asked.language or None,
            since=site.clock() - span if site.clock and span else None,
            without=hidden(reader),
        ),
        order=SearchOrder(asked.order or SearchOrder.BEST),
        limit=PAGE_RESULTS,
        offset=(asked.number - 1) * PAGE_RESULTS,
    )
    return tuple(_result(site, stored, question) for stored in hits.found), hits.total


def _result(site: Site, stored: StoredArticle, question: SearchQuestion) -> Result:
    article = stored.article
    language = language_of(article)

    def spans(text: str) -> list[tuple[int, int]]:
        return places(text, language, question)

    return Result(
        path=site.places.article(stored.uri),
        url=facts.web_address(article.url),
        headline=marked(article.headline, spans(article.headline)),
        snippet=snippet(article, spans),
        place=facts.places(article),
        agency=article.agency.name if article.agency else None,
        publisher=article.publisher.name,
        date=facts.best_date(stored),
        language=facts.language(article),
        direction=facts.direction(article),
    )


def _choices(site: Site, asked: SearchAsked) -> Sequence[Choice]:
    topics = {"": "all topics"} | {topic.id: topic.title for topic in site.topics}
    sources = {"": "all sources"} | {one.id: one.publisher or one.id for one in site.sources}
    spans = _SINCE_NAMES if site.clock else {"": _SINCE_NAMES[""]}
    orders = {"": "best first", SearchOrder.NEWEST.value: "newest first"}
    return (
        _choice("topic", "Topic", topics, asked.topic),
        _choice("source", "Source", sources, asked.source),
        _choice("language", "Language", LANGUAGES, asked.language),
        _choice("since", "Time", spans, asked.since),
        _choice("order", "Order", orders, asked.order),
    )


def _choice(name: str, label: str, values: Mapping[str, str], chosen: str) -> Choice:
    options = (Option(value=value, name=said, is_chosen=value == chosen) for value, said in values.items())
    return Choice(name=name, label=label, options=tuple(options))


def _path(asked: SearchAsked, number: int) -> str:
    values = {
        "q": asked.question,
        "topic": asked.topic,
        "source": asked.source,
        "language": asked.language,
        "since": asked.since,
        "order": asked.order,
        "page": str(number) if number > 1 else "",
    }
    return f"/search?{urlencode({name: value for name, value in values.items() if value})}"
