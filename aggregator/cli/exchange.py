"""Stored articles -> what of them goes to others, in ninjs or JSON Feed: by their rights, the desk's word, and dated as in feeds."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from aggregator.config import Configuration
from aggregator.desk import Standing, standing
from aggregator.ledger import printed_date
from aggregator.model.article import PartialDate, StoredArticle
from aggregator.model.desk import Decision, Word
from aggregator.model.source import Republish
from aggregator.normalise import best_claimed
from aggregator.render.json_feed import JsonFeedHead
from aggregator.render.outgoing import Outgoing, PubStatus, Withdrawn, carried
from aggregator.storage import ArticleView, Reader

_FORBIDDEN = "whose rights are none"
_HELD = "that the desk holds"
_KILLED = "that the desk killed"
_DROPPED = "that the desk dropped from the topic"
_GONE = (Word.KILL, Word.ERASE, Word.WITHDRAW)

_T = TypeVar("_T")


class Exchange:
    """What goes to others of the articles in one store, with a count of what went and of what did not.

    `topic_id` names the topic whose articles are asked for, `everything` is for the desk's own use.
    """

    def __init__(self, found: Configuration, reader: Reader, *, topic_id: str | None, everything: bool) -> None:
        self._found = found
        self._topic_id = topic_id
        self._everything = everything
        # One that left the configuration may have been private.
        self._public = {source.id for source in found.sources if not source.private}
        self._titles = {topic.id: topic.title for topic in found.topics}
        self._decisions: dict[str, list[Decision]] = defaultdict(list)
        for decision in reader.decisions():
            self._decisions[decision.article_uri].append(decision)
        self._left_out: Counter[str] = Counter()
        self.written = 0

    def counted(self, items: Iterable[_T]) -> Iterator[_T]:
        """The same, each counted as written once the next is asked for."""
        for item in items:
            yield item
            self.written += 1

    def outgoing(self, views: Iterable[ArticleView]) -> Iterator[Outgoing]:
        """For a format that has no word for what is withdrawn: that is left out."""
        for item in self.with_withdrawn(views):
            if isinstance(item, Outgoing):
                yield item
            else:
                self._left_out[_KILLED] += 1

    def with_withdrawn(self, views: Iterable[ArticleView]) -> Iterator[Outgoing | Withdrawn]:
        """For a format that tells its readers what is withdrawn."""
        for view in views:
            item = self._item(view)
            if isinstance(item, str):
                self._left_out[item] += 1
            else:
                yield item

    def head(self) -> JsonFeedHead:
        """Of the topic that is asked for, or of the site."""
        site = self._found.site
        topic = next((topic for topic in self._found.topics if topic.id == self._topic_id), None)
        return JsonFeedHead(
            title=topic.title if topic else self._topic_id or site.title,
            description=topic.description if topic else None,
            home_page_url=f"{site.base_url}/",
            author=site.author,
            language=site.language,
        )

    def left_out(self) -> str | None:
        """What did not go, for people; None where everything did."""
        if not self._left_out:
            return None
        counted = ", ".join(f"{count} {why}" for why, count in sorted(self._left_out.items()))
        return f"left out: {counted} (--everything writes them too, for your own use)"

    def _item(self, view: ArticleView) -> Outgoing | Withdrawn | str:
        """The article as it goes, or why it does not."""
        stored = view.stored
        right = stored.article.rights.republish
        said = self._decisions.get(stored.uri, ())
        stands = standing(said)
        if stands.is_erased:
            return _withdrawn(stored, said)
        if self._everything:
            return self._as_outgoing(view, right=Republish.FULL, status=_status(stands))
        if right is Republish.NONE:
            return _FORBIDDEN
        if stands.killed:
            return _withdrawn(stored, said)
        if stands.held:
            return _HELD
        if self._topic_id in stands.dropped:
            return _DROPPED
        return self._as_outgoing(view, right=right, status=PubStatus.USABLE)

    def _as_outgoing(self, view: ArticleView, *, right: Republish, status: PubStatus) -> Outgoing:
        stored = view.stored
        created = _believed(stored, stored.article.content_created)
        seen_by_owner = (one.first_seen_at for one in view.observations if one.source_id == stored.owner.source_id)
        guids = (seen.guid for seen in view.observations if seen.source_id in self._public and seen.guid)
        return Outgoing(
            stored=stored,
            carried=carried(stored.article, right),
            status=status,
            published_at=printed_date(best_claimed(stored.article, stored.first_seen_at), stored.first_seen_at),
            created=created,
            created_at=printed_date(created, stored.first_seen_at),
            updated_at=printed_date(_believed(stored, stored.article.updated), stored.first_seen_at),
            version_seen_at=max(seen_by_owner, default=stored.first_seen_at),
            guids=tuple(dict.fromkeys(guids)),
            topics=tuple(self._titles.get(topic_id, topic_id) for topic_id in view.published_in),
        )


def _withdrawn(stored: StoredArticle, said: Iterable[Decision]) -> Withdrawn:
    gone_at = max(decision.decided_at for decision in said if decision.word in _GONE)
    return Withdrawn(uri=stored.uri, version=stored.version, withdrawn_at=gone_at)


def _status(stands: Standing) -> PubStatus:
    return PubStatus.CANCELED if stands.killed else PubStatus.WITHHELD if stands.held else PubStatus.USABLE


def _believed(stored: StoredArticle, date: PartialDate | None) -> PartialDate | None:
    """The date if feeds would print it, were it the only one (rules R12)."""
    alone = replace(stored.article, published=date, updated=None, content_created=None)
    return best_claimed(alone, stored.first_seen_at)
