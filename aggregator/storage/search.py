"""The search index: which articles are to be put into it, and which are found by their stems.

`SearchIndex` and `search` are all that the other rooms see. The index itself is SQLite's FTS5 over words that are stemmed
already; for another database these statements are written anew, nothing else.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, column, delete, func, literal_column, select, table, text

from aggregator.model.search import (
    SearchDue,
    SearchFilter,
    SearchHits,
    SearchOrder,
    SearchQuestion,
    SearchTerm,
    SearchText,
)
from aggregator.storage import rows
from aggregator.storage.codec import to_microseconds
from aggregator.storage.driver import Driver
from aggregator.storage.tables import article, match, observation, search_due

MOST_COUNTED = 1000
# A headline is a tenth of a text and says what it is about; the language column decides nothing.
_WEIGHTS = (0.0, 8.0, 1.0)

_INDEX = table("search_index", column("rowid"), column("search_index"))
_PUT = text(
    "INSERT OR REPLACE INTO search_index (rowid, language, headline, text) VALUES (:number, :language, :headline, :text)"
)
_COMPACT = text("INSERT INTO search_index (search_index) VALUES ('optimize')")


class SearchIndex:
    """Inside one transaction of the writer; reached as `Batch.search`."""

    def __init__(self, connection: Driver) -> None:
        self._connection = connection

    def due(self, limit: int) -> tuple[SearchDue, ...]:
        """Articles that are new or edited since the index was last told of them, the oldest first."""
        query = select(article).join(search_due, search_due.c.article_id == article.c.id)
        found = self._connection.execute(query.order_by(article.c.id).limit(limit))
        return tuple(SearchDue(number=row.id, stored=rows.stored_article(row)) for row in found)

    def put(self, texts: Sequence[SearchText]) -> None:
        """The articles are found by these words and no others."""
        if not texts:
            return
        values = [
            {"number": one.number, "language": one.language, "headline": one.headline, "text": one.text}
            for one in texts
        ]
        self._connection.execute(_PUT, values)
        done = delete(search_due).where(search_due.c.article_id == bindparam("number"))
        self._connection.execute(done, [{"number": one.number} for one in texts])


def strike_out(connection: Connection | Driver, number: Any) -> None:
    """Take the article's words out without a trace: FTS5 only marks them, and forgets them when it merges."""
    connection.execute(delete(_INDEX).where(_INDEX.c.rowid == number))
    connection.execute(_COMPACT)


def search(
    connection: Connection,
    question: SearchQuestion,
    chosen: SearchFilter,
    *,
    order: SearchOrder,
    limit: int,
    offset: int = 0,
) -> SearchHits:
    """One page of the articles that the question finds among those that are chosen."""
    query = _chosen(select(article), chosen)
    values = {"asked": _asked(question, chosen.language)}
    newest = (article.c.effective_at.desc(), article.c.id.desc())
    best = func.bm25(literal_column("search_index"), *map(literal_column, map(str, _WEIGHTS)))
    ordered = query.order_by(*((best, *newest) if order is SearchOrder.BEST else newest)).limit(limit).offset(offset)
    some = _chosen(select(article.c.id), chosen).limit(MOST_COUNTED + 1).subquery()
    return SearchHits(
        total=connection.execute(select(func.count()).select_from(some), values).scalar_one(),
        found=tuple(rows.stored_article(row) for row in connection.execute(ordered, values)),
    )


def found_numbers(question: SearchQuestion) -> Select[Any]:
    """The numbers of the articles that the question finds, for a query over articles."""
    return select(_INDEX.c.rowid).where(_INDEX.c.search_index.op("MATCH")(_asked(question, None)))


def _chosen(query: Select[Any], chosen: SearchFilter) -> Select[Any]:
    query = query.join(_INDEX, _INDEX.c.rowid == article.c.id)
    query = query.where(_INDEX.c.search_index.op("MATCH")(bindparam("asked")))
    if chosen.topic_id is not None:
        query = query.where(article.c.id.in_(select(match.c.article_id).where(match.c.topic_id == chosen.topic_id)))
    if chosen.source_id is not None:
        shown = select(observation.c.article_id).where(observation.c.source_id == chosen.source_id)
        query = query.where(article.c.id.in_(shown))
    if chosen.since is not None:
        query = query.where(article.c.effective_at >= to_microseconds(chosen.since))
    if chosen.without:
        query = query.where(article.c.uri.not_in(sorted(chosen.without)))
    return query


def _asked(question: SearchQuestion, language: str | None) -> str:
    """The question in the words of FTS5. Every stem is quoted: nothing that was typed can be an operator."""
    wanted = " AND ".join(map(_any_of, question.wanted))
    asked = f"{{headline text}} : ({wanted})"
    if language:
        asked = f"language : {_quoted((language,))} AND {asked}"
    if question.unwanted:
        asked = f"({asked}) NOT {{headline text}} : ({' OR '.join(map(_any_of, question.unwanted))})"
    return asked


def _any_of(term: SearchTerm) -> str:
    return f"({' OR '.join(map(_quoted, term.readings))})"


def _quoted(stems: tuple[str, ...]) -> str:
    return '"' + " ".join(stems).replace('"', '""') + '"'
