"""The `expect` cases of topics -> whether each holds, and the words that say so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.cli.labelled_file import read_labelled
from aggregator.config import Configuration
from aggregator.errors import UnreadableLabels
from aggregator.fetch import files
from aggregator.language import detect
from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.fetch import Fetched, FetchFailed
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish, Source, SourceKind, Validators
from aggregator.model.topic import Expectation, Match, Topic
from aggregator.reading.read import Desk, read
from aggregator.topics.match import Matcher, compile_topics

_BY_HAND = "expect"
"""The source of a text that stands in the configuration, or of a file outside every source."""
# An example is no document that somebody is writing: a file saved a moment ago is read at once.
_SETTLED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One expectation and what came of it."""

    topic_id: str
    expectation: Expectation
    headline: str | None
    match: Match | None
    problem: str | None = None
    """Why the example could not be tried."""
    line: int | None = None
    """Of a file of labelled texts."""

    @property
    def holds(self) -> bool:
        return self.problem is None and (self.match is not None) is self.expectation.matches

    @property
    def name(self) -> str:
        """The seed, the line of the file, or the beginning of the text."""
        if self.expectation.seed is not None:
            return self.expectation.seed
        if self.expectation.file is not None:
            return f"{self.expectation.file}:{self.line}" if self.line else self.expectation.file
        first = (self.expectation.text or "").splitlines()[0]
        return f'"{first[:57]}…"' if len(first) > 58 else f'"{first}"'

    @property
    def words(self) -> tuple[str, ...]:
        """What was found, each term once, in reading order."""
        return tuple(dict.fromkeys(one.term for one in self.match.evidence)) if self.match else ()


def try_all(found: Configuration, topics: Iterable[Topic], now: datetime) -> tuple[Tried, ...]:
    """Every expectation of the topics, in the order of the file.

    An example says something of the query: it counts for a topic of some sources even if it comes from another.
    """
    return tuple(one for topic in topics for one in _try_topic(found, topic, now))


def _try_topic(found: Configuration, topic: Topic, now: datetime) -> Iterator[Tried]:
    """The rule is compiled once for all its examples: with packs that takes a tenth of a second."""
    if topic.expect:
        matcher = compile_topics((replace(topic, sources=()),), found.packs, found.topics)
        for expectation in topic.expect:
            yield from _try(found, matcher, topic.id, expectation, now)


def _try(
    found: Configuration, matcher: Matcher, topic_id: str, expectation: Expectation, now: datetime
) -> Iterable[Tried]:
    if expectation.file is None:
        return (_try_one(found, matcher, topic_id, expectation, now),)
    return _try_file(matcher, topic_id, expectation, found.file.parent / expectation.file)


def _try_file(matcher: Matcher, topic_id: str, expectation: Expectation, path: Path) -> Iterator[Tried]:
    """Each line of the file; one that says nothing of the topic is to do what the expectation says. Borderline texts are
    no examples.
    """
    try:
        for one in read_labelled(path):
            if one.is_borderline:
                continue
            belongs = one.belongs(topic_id)
            match = next(iter(matcher.match(one.article, one.source_id)), None)
            yield Tried(
                topic_id=topic_id,
                expectation=replace(expectation, matches=expectation.matches if belongs is None else belongs),
                headline=one.article.headline,
                match=match,
                line=one.line,
            )
    except UnreadableLabels as error:
        problem = f"cannot be used: {error.message}"
        yield Tried(
            topic_id=topic_id, expectation=expectation, headline=None, match=None, problem=problem, line=error.line
        )


def _try_one(found: Configuration, matcher: Matcher, topic_id: str, expectation: Expectation, now: datetime) -> Tried:
    if expectation.seed is None:
        article = _article_of(expectation.text or "")
        match = next(iter(matcher.match(article, _BY_HAND)), None)
        return Tried(topic_id=topic_id, expectation=expectation, headline=article.headline, match=match)
    source = _source_of(found, expectation.seed)
    if source is None:
        problem = "is neither a document of a local source nor a file beside the configuration"
        return Tried(topic_id=topic_id, expectation=expectation, headline=None, match=None, problem=problem)
    return _try_seed(found, matcher, topic_id, expectation, source, now)


def _try_seed(
    found: Configuration, matcher: Matcher, topic_id: str, expectation: Expectation, source: Source, now: datetime
) -> Tried:
    """As a poll would read it; of a document with several entries one match is enough."""
    fetched = files.read(source, Validators(), found.fetch, now + _SETTLED)
    desk = Desk(agencies=found.agencies, matcher=matcher, site_title=found.site.title)
    reading = read(source, fetched, frozenset(), desk, now) if isinstance(fetched, Fetched) else None
    sightings = [one for document in reading.documents for one in document.sightings] if reading else []
    if not sightings:
        failed = reading.failed[0].reason if reading and reading.failed else "it holds no entry"
        problem = f"cannot be read: {fetched.detail if isinstance(fetched, FetchFailed) else failed}"
        return Tried(topic_id=topic_id, expectation=expectation, headline=None, match=None, problem=problem)
    best = next((one for one in sightings if one.matches), sightings[0])
    match = best.matches[0] if best.matches else None
    return Tried(topic_id=topic_id, expectation=expectation, headline=best.article.headline, match=match)


def _source_of(found: Configuration, seed: str) -> Source | None:
    """The file as a source of its own, with the publisher and language of the local source it lies in."""
    for source in found.sources:
        if source.path is None:
            continue
        path = source.path if source.path.name == seed else source.path / seed
        if path.is_file():
            return replace(source, kind=SourceKind.FILE, path=path)
    path = found.file.parent / Path(seed)
    return Source(id=_BY_HAND, kind=SourceKind.FILE, path=path) if path.is_file() else None


def _article_of(text: str) -> Article:
    """The first line is the headline, the rest the body."""
    headline, _, body = text.strip().partition("\n")
    return Article(
        headline=headline.strip(),
        body_text=body.strip(),
        completeness=Completeness.FULL,
        language=detect(text),
        publisher=Publisher(source_id=_BY_HAND, name=_BY_HAND),
        rights=Rights(republish=Republish.NONE),
        origin=OriginSource(),
    )
