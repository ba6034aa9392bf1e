"""Articles with all that hangs on them: where each was seen, what it matches, where it stands in groups and stories."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from aggregator.model.identity import Observation
from aggregator.model.ledger import RowState
from aggregator.model.search import SearchQuestion
from aggregator.storage import rows
from aggregator.storage.codec import to_instant, to_microseconds
from aggregator.storage.search import found_numbers
from aggregator.storage.tables import article, copy_group, ledger, match, observation, source_state, story_member
from aggregator.storage.views import ArticleView


def of(connection: Connection, uri: str) -> ArticleView | None:
    """The article of that uri; None where there is none."""
    row = connection.execute(select(article).where(article.c.uri == uri)).one_or_none()
    return None if row is None else _view(connection, row, _last_good(connection))


def matching(
    connection: Connection,
    *,
    topic_id: str | None,
    source_id: str | None,
    since: datetime | None,
    question: SearchQuestion | None,
    newest_first: bool,
) -> Iterator[ArticleView]:
    """Those that fit all that is asked, one after the other, in the order of storing or by effective date."""
    query = select(article)
    if topic_id is not None:
        query = query.where(article.c.id.in_(select(match.c.article_id).where(match.c.topic_id == topic_id)))
    if source_id is not None:
        shown = select(observation.c.article_id).where(observation.c.source_id == source_id)
        query = query.where(article.c.id.in_(shown))
    if since is not None:
        query = query.where(article.c.effective_at >= to_microseconds(since))
    if question is not None:
        query = query.where(article.c.id.in_(found_numbers(question)))
    newest = (article.c.effective_at.desc(), article.c.id.desc())
    last_good = _last_good(connection)
    for row in connection.execute(query.order_by(*(newest if newest_first else (article.c.id,)))):
        yield _view(connection, row, last_good)


def _last_good(connection: Connection) -> dict[str, int | None]:
    query = select(source_state.c.source_id, source_state.c.last_good_poll_at)
    return {row.source_id: row.last_good_poll_at for row in connection.execute(query)}


def _view(connection: Connection, row: Any, last_good: dict[str, int | None]) -> ArticleView:
    seen = connection.execute(
        select(observation).where(observation.c.article_id == row.id).order_by(observation.c.id)
    ).all()
    matches = connection.execute(select(match).where(match.c.article_id == row.id).order_by(match.c.topic_id))
    live = connection.execute(
        select(ledger.c.topic_id)
        .distinct()
        .where(ledger.c.article_id == row.id, ledger.c.state == RowState.LIVE)
        .order_by(ledger.c.topic_id)
    )
    return ArticleView(
        stored=rows.stored_article(row),
        observations=tuple(_observation(one, last_good) for one in seen),
        matches=tuple(rows.match(one) for one in matches),
        published_in=tuple(live.scalars()),
        texts=len({bytes(one.text_digest) for one in seen}),
        copy_group=connection.execute(
            select(copy_group.c.group_uri).where(copy_group.c.article_id == row.id)
        ).scalar_one_or_none(),
        story=connection.execute(
            select(story_member.c.story_uri).where(story_member.c.article_id == row.id)
        ).scalar_one_or_none(),
    )


def _observation(row: Any, last_good: dict[str, int | None]) -> Observation:
    """Until it left, an entry was last seen at its source's last good poll (rules R4)."""
    last_seen = row.left_at if row.left_at is not None else last_good.get(row.source_id) or row.first_seen_at
    return Observation(
        source_id=row.source_id,
        document=row.document,
        guid=row.guid,
        link=row.link,
        first_seen_at=to_instant(row.first_seen_at),
        last_seen_at=to_instant(max(last_seen, row.first_seen_at)),
    )
