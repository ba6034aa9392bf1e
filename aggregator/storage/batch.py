"""What the writer asks and does inside one transaction (rules R6). Statements only; the deciding is done by the caller."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aggregator.model.article import Article, StoredArticle
from aggregator.model.copies import Outlet
from aggregator.model.desk import Decision, Request, RequestKind
from aggregator.model.identity import Candidate, Fingerprints, Key, Sighting
from aggregator.model.known_items import KnownItems
from aggregator.model.ledger import LedgerRow, Step, TopicFeedState
from aggregator.model.poll import Poll
from aggregator.model.source import Republish, SourceState
from aggregator.model.topic import Grain, IdPolicy, Match
from aggregator.storage import rows, statements
from aggregator.storage.access import Access
from aggregator.storage.codec import evidence_to_json, plain_json, to_instant, to_microseconds
from aggregator.storage.copies import Copies
from aggregator.storage.desk_book import DeskBook
from aggregator.storage.documents import Documents
from aggregator.storage.driver import Driver
from aggregator.storage.feeds import Feeds
from aggregator.storage.history import History
from aggregator.storage.incidents import Incidents
from aggregator.storage.revisions import Revisions
from aggregator.storage.search import SearchIndex
from aggregator.storage.serving import Serving
from aggregator.storage.stories import Stories
from aggregator.storage.subscriptions import Subscriptions
from aggregator.storage.tables import (
    article,
    entry_key,
    ledger,
    observation,
    request,
    topic_feed,
)
from aggregator.urls import is_web

# SQLite allows 32,766 variables a statement, PostgreSQL 65,535; a chunk stays far below both.
_CHUNK = 500
# Sightings whose keys, addresses and bodies are looked up together.
_AHEAD = 100


class Batch:
    """The writer's hand inside one transaction; ended by `Store.batch()`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = Driver(connection)
        # What this transaction knows without asking: a poll of twenty new entries asked 500 times, 100 times for a number.
        self._numbers: dict[str, int] = {}
        self._new: dict[str, tuple[StoredArticle, Fingerprints]] = {}
        self._shown_by: dict[str, set[str]] = {}
        self._matched: set[str] = set()
        self._entered: set[str] = set()
        self._bound: set[str] = set()
        self._absent: set[tuple[str, bytes]] = set()
        self._free: set[str] = set()
        self._highest: int | None = None
        self.is_stored = False
        """The transaction ended well; `Store.batch` says so."""
        self.history = History(self._connection)
        self.desk = DeskBook(self._connection)
        self.access = Access(self._connection)
        self.copies = Copies(self._connection, self._article_id)
        self.stories = Stories(self._connection, self._article_id)
        self.revisions = Revisions(self._connection, self._article_id)
        self.documents = Documents(self._connection)
        self.incidents = Incidents(self._connection)
        self.search = SearchIndex(self._connection)
        self.subscriptions = Subscriptions(self._connection)
        self.feeds = Feeds(self._connection)
        self.serving = Serving(self._connection)

    def send(self) -> None:
        """Send the writes that wait for company; `Store.batch` does it before the transaction ends."""
        self._connection.send()

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that fails alone; not for new articles, which the batch would go on remembering."""
        self._connection.begin_part()
        try:
            yield
            self._connection.send()
        except BaseException:
            self._connection.undo_part()
            self.feeds.forget_marks()
            self.stories.forget_known()
            raise
        self._connection.end_part()

    # -- sources

    def source_state(self, source_id: str) -> SourceState:
        """What is remembered of the source; an empty state for a new one."""
        row = self._connection.execute(statements.SOURCE_STATE, {"source_id": source_id}).one_or_none()
        return SourceState(source_id=source_id) if row is None else rows.source_state(row)

    def save_source_state(self, state: SourceState, known: KnownItems | None = None) -> None:
        """Write the state as a whole; its items only where they are not the `known` ones that are stored."""
        self._connection.write_later(statements.SAVE_SOURCE_STATE, rows.source_state_values(state))
        if state.items != known:
            values = {"source_id": state.source_id, "packed": state.items.packed}
            self._connection.write_later(statements.SAVE_KNOWN_ITEMS, values)

    def add_poll(self, record: Poll) -> None:
        """Append the record of a visit."""
        self._connection.write_later(statements.ADD_POLL, rows.poll_values(record))

    # -- requests of commands beside a running daemon

    def ask(self, kind: RequestKind, argument: str, now: datetime) -> None:
        """Leave a request for the process that polls and publishes."""
        values = {"kind": kind.value, "argument": argument, "asked_at": to_microseconds(now)}
        self._connection.execute(insert(request).values(values))

    def open_requests(self) -> tuple[Request, ...]:
        """Requests that nobody has attended to, oldest first."""
        found = self._connection.execute(select(request).where(request.c.done_at.is_(None)).order_by(request.c.number))
        return tuple(
            Request(
                number=row.number,
                kind=RequestKind(row.kind),
                argument=row.argument,
                asked_at=to_instant(row.asked_at),
            )
            for row in found
        )

    def mark_done(self, number: int, now: datetime) -> None:
        """The request is attended to."""
        self._connection.execute(update(request).where(request.c.number == number).values(done_at=to_microseconds(now)))

    # -- observations

    def window(self, source_id: str, key: str | None) -> Mapping[tuple[bytes, bytes], int]:
        """The (entry key, text digest) pairs now in the source's window, with their row numbers.

        Of the named document, or of the whole source for None.
        """
        query = statements.WINDOW if key is None else statements.WINDOW_OF_DOCUMENT
        where = {"source_id": source_id} if key is None else {"source_id": source_id, "document": key}
        return {(row.key, row.text_digest): row.id for row in self._connection.ask(query, where)}

    def observe(self, sighting: Sighting, uri: str, now: datetime) -> None:
        """Record the text under its key; a text that comes back is in the window again (rules R4)."""
        values = {
            "source_id": sighting.source_id,
            "key": sighting.keys[0].digest,
            "text_digest": sighting.fingerprints.text,
            "article_id": self._article_id(uri),
            "document": sighting.document,
            "guid": sighting.guid,
            "link": sighting.link,
            "body_digest": sighting.fingerprints.body,
            "url_digest": sighting.fingerprints.url,
            "repairs": plain_json(sighting.article.repairs) if sighting.article.repairs else "[]",
            "publisher": _to_be_named(sighting.article),
            "first_seen_at": to_microseconds(now),
            "left_at": None,
        }
        self._connection.write_later(statements.OBSERVE, values)
        self._shown_by.setdefault(uri, set()).add(sighting.source_id)
        for name, value in (("url", sighting.fingerprints.url), ("body", sighting.fingerprints.body)):
            if value is not None:
                self._absent.discard((name, value))

    def leave(self, observations: Iterable[int], now: datetime) -> None:
        """The entries are no longer in their source's document."""
        at = to_microseconds(now)
        for number in observations:
            self._connection.write_later(statements.LEAVE, {"number": number, "at": at})

    # -- articles

    def look_ahead(self, sightings: Sequence[Sighting], uris: Sequence[str]) -> None:
        """Find what no sighting of a document can be found by, and which of the uris they may get are free, in six queries:
        then each asks for the rest only. What this transaction writes itself is struck off again.
        """
        for at in range(0, len(uris), _AHEAD):
            wanted_uris = set(uris[at : at + _AHEAD])
            taken = (row.uri for row in self._connection.ask(statements.TAKEN_URIS, {"uris": list(wanted_uris)}))
            self._free |= wanted_uris.difference(taken, self._new)
        self.copies.look_ahead(key for sighting in sightings if sighting.signature for key in sighting.signature.keys)
        self.stories.look_ahead(key for sighting in sightings if sighting.event for key in sighting.event.keys)
        for at in range(0, len(sightings), _AHEAD):
            chunk = sightings[at : at + _AHEAD]
            prints = [sighting.fingerprints for sighting in chunk]
            keys = {key.digest for sighting in chunk for key in sighting.keys}
            urls = {one.url for one in prints if one.url is not None}
            bodies = {one.body for one in prints if one.body is not None}
            # Rows of one chunk share their source.
            where = {"source_id": chunk[0].source_id, "keys": list(keys)}
            found = {row.key for row in self._connection.ask(statements.KEYS, where)}
            self._absent.update((_key_of(chunk[0].source_id), key) for key in keys - found)
            for name, query, wanted in (
                ("url", statements.KNOWN_URLS, urls),
                ("ambiguous", statements.KNOWN_AMBIGUOUS, urls),
                ("body", statements.KNOWN_BODIES, bodies),
            ):
                if wanted:
                    known = (digest for (digest,) in self._connection.ask(query, {"digests": list(wanted)}))
                    self._absent.update((name, value) for value in wanted.difference(known))

    def candidates(self, sighting: Sighting) -> tuple[Candidate, ...]:
        """The stored articles that the sighting may be, found by its source's keys, its URL and its body."""
        via = self._by_keys(sighting)
        for name, query, value in (
            ("url", statements.BY_URL, sighting.fingerprints.url),
            ("body", statements.BY_BODY, sighting.fingerprints.body),
        ):
            if value is not None and (name, value) not in self._absent:
                for (number,) in self._connection.ask(query, {"digest": value}):
                    via.setdefault(number, []).append(name)
        if not via:
            return ()
        where = {"source_id": sighting.source_id, "numbers": list(via)}
        found = self._connection.ask(statements.CANDIDATES, where)
        return tuple(_candidate(row, tuple(via[row.id])) for row in found)

    def _by_keys(self, sighting: Sighting) -> dict[int, list[str]]:
        via: dict[int, list[str]] = {}
        source_id = sighting.source_id
        name = _key_of(source_id)
        kinds = {key.digest: key.kind.value for key in sighting.keys if (name, key.digest) not in self._absent}
        if kinds:
            where = {"source_id": source_id, "keys": list(kinds)}
            for row in self._connection.ask(statements.KEYS, where):
                via.setdefault(row.article_id, []).append(kinds[row.key])
        return via

    def uri_is_taken(self, uri: str) -> bool:
        """Whether an article bears the uri."""
        if uri in self._free:
            return False
        return uri in self._new or bool(self._connection.ask(statements.ARTICLE_NUMBER, {"uri": uri}))

    def article(self, uri: str) -> StoredArticle:
        """The article of that uri; it must exist."""
        if uri in self._new:
            return self._new[uri][0]
        (row,) = self._connection.ask(statements.ARTICLE, {"uri": uri})
        return rows.stored_article(row)

    def decisions_on(self, uri: str) -> tuple[Decision, ...]:
        """Everything the desk said of the article, oldest first; of one that this transaction brought, what waited for it."""
        return () if uri in self._new and not self.desk.is_awaited(uri) else self.desk.of(uri)

    def fingerprints(self, uri: str) -> Fingerprints:
        """The fingerprints of the article's present text; it must exist."""
        if uri in self._new:
            return self._new[uri][1]
        (row,) = self._connection.ask(statements.ARTICLE, {"uri": uri})
        return rows.fingerprints(row)

    def add_article(self, stored: StoredArticle, prints: Fingerprints) -> None:
        """Store a new article."""
        # Numbered here, so that the row need not be written before others that point to it are made: nobody else writes.
        if self._highest is None:
            (row,) = self._connection.ask(statements.HIGHEST_NUMBER, {})
            self._highest = row.number
        self._highest += 1
        self._numbers[stored.uri] = self._highest
        values = rows.article_values(stored, prints) | {"id": self._highest}
        self._connection.write_later(statements.ADD_ARTICLE, values)
        self._new[stored.uri] = stored, prints
        self._free.discard(stored.uri)

    def save_article(self, stored: StoredArticle, prints: Fingerprints) -> None:
        """Replace the text, owner and version of a stored article; its uri and first sight stay."""
        self._new.pop(stored.uri, None)
        self.copies.forget()
        values = rows.article_values(stored, prints)
        self._connection.execute(update(article).where(article.c.uri == stored.uri).values(values))

    def mark_url_ambiguous(self, url_digest: bytes) -> None:
        """The URL stood for two titles."""
        self._absent.discard(("ambiguous", url_digest))
        self._connection.write(statements.MARK_AMBIGUOUS, {"url_digest": url_digest})

    def url_is_ambiguous(self, url_digest: bytes) -> bool:
        """Whether the URL ever stood for two titles."""
        if ("ambiguous", url_digest) in self._absent:
            return False
        return bool(self._connection.ask(statements.URL_IS_AMBIGUOUS, {"url_digest": url_digest}))

    def bind_keys(self, source_id: str, keys: Iterable[Key], rebind: Sequence[Key], uri: str) -> None:
        """Let the keys name the article; one that names another already keeps doing so unless it is in `rebind`."""
        number = self._article_id(uri)
        again = {key.digest for key in rebind}
        for key in keys:
            values = {"source_id": source_id, "key": key.digest, "kind": key.kind.value, "article_id": number}
            self._connection.write_later(statements.REBIND_KEY if key.digest in again else statements.BIND_KEY, values)
            self._absent.discard((_key_of(source_id), key.digest))

    def sources_of(self, uri: str) -> tuple[str, ...]:
        """The sources that have shown the article, the first first."""
        query = (
            select(observation.c.source_id)
            .join(article, article.c.id == observation.c.article_id)
            .where(article.c.uri == uri)
            .order_by(observation.c.id)
        )
        return tuple(dict.fromkeys(self._connection.execute(query).scalars()))

    def outlets_of(self, uri: str) -> tuple[Outlet, ...]:
        """Where else the very text of the article stands: at another address, in a source that may be named."""
        if uri in self._new and len(self._shown_by.get(uri, ())) <= 1:
            return ()
        query = (
            select(observation.c.publisher, observation.c.link)
            .join(article, article.c.id == observation.c.article_id)
            .where(
                article.c.uri == uri,
                observation.c.source_id != article.c.owner_source,
                observation.c.publisher.is_not(None),
                observation.c.url_digest.is_distinct_from(article.c.url_digest),
            )
            .order_by(observation.c.id)
        )
        found = {row.publisher: row.link for row in reversed(self._connection.execute(query).all())}
        return tuple(Outlet(name=name, url=link if is_web(link) else None) for name, link in reversed(found.items()))

    def articles_after(self, uri: str | None, limit: int) -> tuple[StoredArticle, ...]:
        """Articles in the order of storing, after the named one: for going through all in chunks."""
        query = select(article).order_by(article.c.id).limit(limit)
        if uri is not None:
            query = query.where(article.c.id > self._article_id(uri))
        return tuple(rows.stored_article(row) for row in self._connection.execute(query))

    # -- matches and the ledger

    def same_titles(self, source_id: str, title_digests: Collection[bytes]) -> tuple[StoredArticle, ...]:
        """Articles under those folded headlines that the source has shown."""
        numbers = select(observation.c.article_id).where(observation.c.source_id == source_id)
        query = select(article).where(article.c.title_digest.in_(title_digests), article.c.id.in_(numbers))
        return tuple(rows.stored_article(row) for row in self._connection.execute(query.order_by(article.c.id)))

    def known_keys(self, source_id: str, keys: Collection[bytes]) -> frozenset[bytes]:
        """Those of the keys that name an article in the source."""
        found: set[bytes] = set()
        listed = list(keys)
        for at in range(0, len(listed), _CHUNK):
            query = select(entry_key.c.key).where(entry_key.c.source_id == source_id)
            query = query.where(entry_key.c.key.in_(listed[at : at + _CHUNK]))
            found.update(bytes(key) for key in self._connection.execute(query).scalars())
        return frozenset(found)

    def save_matches(self, uri: str, matches: Iterable[Match], topics: Iterable[str], now: datetime) -> None:
        """Replace what the article matches among the named topics."""
        number = self._article_id(uri)
        if uri not in self._new or uri in self._matched:
            self._connection.execute(statements.DROP_MATCHES, {"number": number, "topics": list(topics)})
        values = [
            {
                "article_id": number,
                "topic_id": found.topic_id,
                "rule_version": found.rule_version,
                "score": found.score,
                "evidence": evidence_to_json(found.evidence),
                "matched_at": to_microseconds(now),
            }
            for found in matches
        ]
        for one in values:
            self._connection.write_later(statements.ADD_MATCH, one)
            self._matched.add(uri)

    def rows_of(self, uri: str) -> tuple[LedgerRow, ...]:
        """The article's entries in every topic feed."""
        if uri in self._new and uri not in self._entered:
            return ()
        found = self._connection.execute(statements.ROWS_OF, {"article_uri": uri})
        return tuple(rows.ledger_row(row) for row in found)

    def feeds_with(self, uris: Collection[str]) -> frozenset[tuple[str, Grain]]:
        """The feeds, by (topic, grain), that have an entry of one of these articles."""
        found = self._connection.ask(statements.FEEDS_WITH, {"numbers": [self._article_id(uri) for uri in uris]})
        return frozenset((row.topic_id, Grain(row.grain)) for row in found)

    def rows_in(self, topic_id: str, grain: Grain, uris: Collection[str]) -> tuple[LedgerRow, ...]:
        """The entries of these articles in one feed, by sequence."""
        query = _ledger_query().where(ledger.c.topic_id == topic_id, ledger.c.grain == grain)
        found = self._connection.execute(query.where(article.c.uri.in_(uris)).order_by(ledger.c.seq))
        return tuple(rows.ledger_row(row) for row in found)

    def all_rows(self, topic_id: str, grain: Grain) -> tuple[LedgerRow, ...]:
        """Every row of a feed by sequence."""
        query = _ledger_query().where(ledger.c.topic_id == topic_id, ledger.c.grain == grain).order_by(ledger.c.seq)
        return tuple(rows.ledger_row(row) for row in self._connection.execute(query))

    def pending_rows(self) -> tuple[LedgerRow, ...]:
        """Rows whose material change waits for the end of its hour."""
        return self.feeds.rows(sorted(row.seq for row in self._connection.ask(statements.PENDING, {})))

    def add_row(self, row: LedgerRow) -> None:
        """Append a row; it gets the next sequence number."""
        values = rows.ledger_values(row) | {"article_id": self._article_id(row.article_uri)}
        self._connection.write_later(statements.ADD_ROW, values)
        self._entered.add(row.article_uri)
        self.history.note_added(row)
        if row.position is not None:
            self.feeds.mark(row.topic_id, row.grain, Step.ADDED)

    def save_row(self, row: LedgerRow) -> None:
        """Replace what may change of a stored row."""
        self.history.forget()
        self._connection.execute(update(ledger).where(ledger.c.seq == row.seq).values(rows.ledger_values(row)))
        self.feeds.mark(row.topic_id, row.grain)

    def bound_entry_id(self, uri: str, policy: IdPolicy) -> str | None:
        """The entry id the article has under the policy in every topic, once one is given (rules R20)."""
        if uri in self._new and uri not in self._bound:
            return None
        where = {"id_policy": policy.value, "number": self._article_id(uri)}
        found = self._connection.ask(statements.ENTRY_ID, where)
        return str(found[0].entry_id) if found else None

    def entry_id_is_taken(self, value: str) -> bool:
        """Whether an entry of any policy bears the id."""
        return bool(self._connection.ask(statements.ENTRY_ID_IS_TAKEN, {"entry_id": value}))

    def bind_entry_id(self, uri: str, policy: IdPolicy, value: str) -> None:
        """Give the article its entry id under the policy, for ever."""
        values = {"article_id": self._article_id(uri), "id_policy": policy.value, "entry_id": value}
        self._connection.write_later(statements.BIND_ENTRY_ID, values)
        self._bound.add(uri)

    def first_guid(self, uri: str) -> str | None:
        """The guid under which the owning source first showed the article, for an id that is preserved."""
        query = (
            select(observation.c.guid)
            .join(article, article.c.id == observation.c.article_id)
            .where(article.c.uri == uri, observation.c.source_id == article.c.owner_source)
            .order_by(observation.c.id)
            .limit(1)
        )
        found = self._connection.execute(query).scalar_one_or_none()
        return None if found is None else str(found)

    def topic_feeds(self) -> tuple[TopicFeedState, ...]:
        """Every feed that was ever published, those of removed topics too."""
        return tuple(rows.topic_feed(row) for row in self._connection.execute(select(topic_feed)))

    def topic_feed(self, topic_id: str, grain: Grain) -> TopicFeedState | None:
        """What is stored of the published feed; None for a new one."""
        found = self._connection.ask(statements.TOPIC_FEED, {"topic_id": topic_id, "grain": grain.value})
        return rows.topic_feed(found[0]) if found else None

    def save_topic_feed(self, state: TopicFeedState) -> None:
        """Write the state as a whole."""
        self._connection.write_later(statements.SAVE_TOPIC_FEED, rows.topic_feed_values(state))

    # -- inside

    def _article_id(self, uri: str) -> int:
        if uri not in self._numbers:
            ((self._numbers[uri],),) = self._connection.ask(statements.ARTICLE_NUMBER, {"uri": uri})
        return self._numbers[uri]


def _to_be_named(shown: Article) -> str | None:
    """Who shows it; None for one of whom nothing may stand in a file (rules R21)."""
    return None if shown.rights.republish is Republish.NONE else shown.publisher.name


def _key_of(source_id: str) -> str:
    """What keys of the source are called among the absent."""
    return f"key {source_id}"


def _candidate(row: Any, via: tuple[str, ...]) -> Candidate:
    return Candidate(
        stored=rows.stored_article(row),
        fingerprints=rows.fingerprints(row),
        via=via,
        in_source=bool(row.in_source),
        is_published=bool(row.is_published),
    )


def _ledger_query() -> Any:
    return select(ledger, article.c.uri).join(article, article.c.id == ledger.c.article_id)
