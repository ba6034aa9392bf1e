"""What a person says of an article -> a decision in the log, which whoever publishes carries out (rules R25, R30).

The command line and the pages come in here, so that both say the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.errors import AggregatorError, UnknownName
from aggregator.model.article import StoredArticle
from aggregator.model.desk import Decision, Word
from aggregator.model.topic import Topic
from aggregator.storage import Batch, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A decision as it is said; articles by any of their names."""

    word: Word
    article: str
    by: str
    reason: str = ""
    """One line; of a note its text."""
    topic_id: str | None = None
    other: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The wish with the articles that it speaks of."""

    wish: Wish
    stored: StoredArticle
    other: StoredArticle | None
    said: tuple[Decision, ...]
    """On the article, before."""

    @property
    def is_in_vain(self) -> bool:
        """A release of what was killed, which is final."""
        is_final = any(one.word in (Word.KILL, Word.ERASE) for one in self.said)
        return self.wish.word is Word.RELEASE and is_final


def understand(reader: Reader, topics: Iterable[Topic], wish: Wish) -> Meant:
    """What is meant. Raises UnknownName, and AggregatorError where the decision makes no sense."""
    names = [topic.id for topic in topics]
    if wish.topic_id is not None and wish.topic_id not in names:
        raise UnknownName(f"no topic '{wish.topic_id}'; there are: {', '.join(names)}")
    if wish.word is Word.NOTE and not wish.reason:
        raise AggregatorError("a note needs a text")
    stored = _article(reader, wish.article)
    other = None if wish.other is None else _article(reader, wish.other)
    if other and other.uri == stored.uri:
        raise AggregatorError(f"{wish.article} and {wish.other} are one article: {stored.article.headline}")
    return Meant(wish=wish, stored=stored, other=other, said=reader.decisions_on(stored.uri))


def write_down(batch: Batch, meant: Meant, now: datetime) -> None:
    """Append the decision, after all that was said of the article: a clock that was put back must not make the last word an
    earlier one."""
    said = batch.desk.of(meant.stored.uri)
    batch.desk.decide(
        Decision(
            number=None,
            word=meant.wish.word,
            article_uri=meant.stored.uri,
            topic_id=meant.wish.topic_id,
            other_uri=meant.other.uri if meant.other else None,
            until=meant.wish.until,
            by=meant.wish.by,
            reason=meant.wish.reason,
            decided_at=max([now, *(one.decided_at + timedelta(microseconds=1) for one in said)]),
        )
    )


def _article(reader: Reader, name: str) -> StoredArticle:
    stored = reader.find_article(name)
    if stored is None:
        raise UnknownName(f"no article '{name}': give a uri, its first 8 digits, a URL, or a seed path")
    return stored
