"""Copies inside one transaction: keys of texts, verdicts on two, groups; reached as `Batch.copies`."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import pack, unpack
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from aggregator.model.article import EffectiveBasis, StoredArticle
from aggregator.model.copies import GroupText, JudgedPair, Membership, Sharing, Signature
from aggregator.storage import rows
from aggregator.storage.codec import to_instant
from aggregator.storage.driver import Driver, Prepared
from aggregator.storage.tables import article, article_signature, band, copy_group, copy_pair

_CHUNK = 500
_OF_ONE_KEY = 200
"""Texts looked at under one key, the newest: an opening that a thousand texts share tells none from another."""
_MOST_AHEAD = 20_000
"""Numbers of articles kept from looking ahead; what is beyond is asked for when its turn comes."""

_KNOWN_KEYS = Prepared(lambda _: select(band.c.key).distinct().where(band.c.key.in_(bindparam("keys", expanding=True))))
_WITH_KEY = Prepared(
    lambda _: (
        select(band.c.article_id)
        .where(band.c.key == bindparam("key"))
        .order_by(band.c.article_id.desc())
        .limit(_OF_ONE_KEY)
    )
)
_SHARING = Prepared(
    lambda _: (
        select(
            article.c.id,
            article.c.uri,
            article.c.owner_source,
            article.c.effective_at,
            article.c.effective_basis,
            article_signature.c.vocabulary,
        )
        .join(article_signature, article_signature.c.article_id == article.c.id)
        .where(article.c.id.in_(bindparam("numbers", expanding=True)))
    )
)
_SIGNATURE = Prepared(
    lambda _: select(article_signature.c["keys"]).where(article_signature.c.article_id == bindparam("number"))
)
# The order of storing is that of the first sight; read from its beginning no more rows are looked at than are given.
_OLDEST = Prepared(
    lambda _: (
        select(article_signature.c.article_id, article_signature.c["keys"], article.c.first_seen_at)
        .join(article, article.c.id == article_signature.c.article_id)
        .where(article.c.owner_source.not_in(bindparam("kept", expanding=True)))
        .order_by(article_signature.c.article_id)
        .limit(bindparam("most"))
    )
)
_DROP_SIGNATURE = Prepared(
    lambda _: delete(article_signature).where(article_signature.c.article_id == bindparam("number"))
)
_DROP_KEY = Prepared(
    lambda _: delete(band).where(band.c.key == bindparam("key"), band.c.article_id == bindparam("number"))
)
_DROP_MEMBERS = Prepared(
    lambda _: delete(copy_group).where(copy_group.c.article_id.in_(bindparam("numbers", expanding=True)))
)
_ADD_SIGNATURE = Prepared(lambda _: insert(article_signature), [column.name for column in article_signature.c])
_ADD_KEY = Prepared(lambda _: insert(band), ["key", "article_id"])
_ADD_PAIR = Prepared(lambda _: insert(copy_pair), [column.name for column in copy_pair.c])
_ADD_MEMBER = Prepared(lambda _: insert(copy_group), [column.name for column in copy_group.c])


_ONE, _OTHER = article.alias("one"), article.alias("other")
_OF_NUMBERS = (
    select(copy_pair, _ONE.c.uri.label("one_uri"), _OTHER.c.uri.label("other_uri"))
    .join(_ONE, _ONE.c.id == copy_pair.c.one_id)
    .join(_OTHER, _OTHER.c.id == copy_pair.c.other_id)
    .where(
        or_(
            copy_pair.c.one_id.in_(bindparam("numbers", expanding=True)),
            copy_pair.c.other_id.in_(bindparam("numbers", expanding=True)),
        )
    )
)
_PAIRS = Prepared(lambda _: _OF_NUMBERS)
_IN_GROUPS = select(copy_group, article.c.uri).join(article, article.c.id == copy_group.c.article_id)
_OF_GROUP = _IN_GROUPS.where(
    copy_group.c.group_uri
    == select(copy_group.c.group_uri)
    .join(article, article.c.id == copy_group.c.article_id)
    .where(article.c.uri == bindparam("uri"))
    .scalar_subquery()
).order_by(article.c.id)
_GROUP = Prepared(lambda _: _OF_GROUP)
_MEMBERS = Prepared(lambda _: _IN_GROUPS.where(article.c.uri.in_(bindparam("uris", expanding=True))))
_TEXTS = Prepared(
    lambda _: (
        select(article.c.uri, article.c.effective_at, article.c.first_seen_at, article_signature.c.words)
        .outerjoin(article_signature, article_signature.c.article_id == article.c.id)
        .where(article.c.uri.in_(bindparam("uris", expanding=True)))
        .order_by(article.c.id)
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of effective dates, ends included."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        return self.since <= at <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What is known of a text without its words."""

    number: int
    sharing: Sharing
    effective_at: datetime | None
    """None where that is no more than the time of reading."""

    def is_near(self, window: Window) -> bool:
        return self.effective_at is None or window.since <= self.effective_at <= window.until


class Copies:
    """Statements only; what is a copy of what is decided by the caller."""

    def __init__(self, connection: Driver, number_of: Callable[[str], int]) -> None:
        self._connection = connection
        self._number_of = number_of
        # What this transaction knows without asking: which articles have a key, the newest first, and what they are.
        self._under: dict[int, list[int]] = {}
        self._signed: dict[int, _Signed | None] = {}
        self._ahead = 0
        self._alone: set[str] = set()

    def look_ahead(self, keys: Iterable[int]) -> None:
        """Find what texts have these keys, so that a document's entries need not ask one by one: most have none."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._under]
        found: set[int] = set()
        for at in range(0, len(wanted), _CHUNK):
            chunk = wanted[at : at + _CHUNK]
            known = {row.key for row in self._connection.ask(_KNOWN_KEYS, {"keys": chunk})}
            for key in chunk:
                if key not in known:
                    self._under[key] = []
                elif self._ahead < _MOST_AHEAD:
                    found.update(self._keep(key))
        self._load(found)

    def _keep(self, key: int) -> list[int]:
        """The numbers of the texts that have the key, the newest first, kept for the next who asks."""
        numbers = [number for (number,) in self._connection.ask(_WITH_KEY, {"key": key})]
        self._under[key] = numbers
        self._ahead += len(numbers)
        return numbers

    def _load(self, numbers: Iterable[int]) -> None:
        """Get to know the texts of these numbers."""
        for chunk in _chunks([number for number in numbers if number not in self._signed]):
            self._signed.update(dict.fromkeys(chunk))  # None for one that has lost its keys meanwhile
            for row in self._connection.ask(_SHARING, {"numbers": chunk}):
                self._signed[row.id] = _signed(row)

    def forget(self) -> None:
        """An article has changed: what is known of articles is to be asked again."""
        self._signed.clear()

    def sharing(self, signature: Signature, window: Window | None) -> tuple[Sharing, ...]:
        """Texts of the window that share a key with the signature, those with most of them first, then the newest. What
        has no believable date is in every window.
        """
        shared: dict[int, int] = {}
        for key in signature.keys:
            for number in self._under[key] if key in self._under else self._asked(key):
                shared[number] = shared.get(number, 0) + 1
        if not shared:
            return ()
        self._load(shared)
        found = (self._signed[number] for number in shared)
        near = [one for one in found if one and (window is None or one.is_near(window))]
        near.sort(key=lambda one: (-shared[one.number], -one.number))
        return tuple(one.sharing for one in near)

    def _asked(self, key: int) -> list[int]:
        return [number for (number,) in self._connection.ask(_WITH_KEY, {"key": key})]

    def sign(self, stored: StoredArticle, signature: Signature | None, *, is_new: bool) -> None:
        """Let the article be found under the keys of its present text and no others."""
        number = self._number_of(stored.uri)
        if is_new:
            self._alone.add(stored.uri)
        else:
            self._forget_keys(number)
        if signature is None:
            return
        keys = pack(f"<{len(signature.keys)}q", *signature.keys)
        values = {"article_id": number, "keys": keys, "words": signature.words, "vocabulary": signature.vocabulary}
        self._connection.write_later(_ADD_SIGNATURE, values)
        self._signed[number] = _signed_now(number, stored, signature)
        # Two slots of one text never have one key: the slot's number stands in it.
        for key in signature.keys:
            self._connection.write_later(_ADD_KEY, {"key": key, "article_id": number})
            if key in self._under:
                self._under[key] = sorted((number, *self._under[key]), reverse=True)[:_OF_ONE_KEY]

    def _forget_keys(self, number: int) -> None:
        for (blob,) in self._connection.ask(_SIGNATURE, {"number": number}):
            self._drop(number, blob)

    def _drop(self, number: int, blob: bytes) -> None:
        self._under.clear()
        self._signed.clear()
        for key in unpack(f"<{len(blob) // 8}q", blob):
            self._connection.write_later(_DROP_KEY, {"key": key, "number": number})
        self._connection.write_later(_DROP_SIGNATURE, {"number": number})

    def forget_keys(self, before: datetime, *, kept: Collection[str], limit: int) -> int:
        """Let articles first seen before that moment be found no longer, the oldest first, at most so many; says how many.

        Not those whose text is of one of the `kept` sources.
        """
        where = {"kept": [*kept, ""], "most": limit}
        expired = [row for row in self._connection.ask(_OLDEST, where) if to_instant(row.first_seen_at) < before]
        for row in expired:
            self._drop(row.article_id, row.keys)
        self._connection.send()
        return len(expired)

    def pairs_of(self, uris: Collection[str]) -> tuple[JudgedPair, ...]:
        """The verdicts by which these articles are copies of others."""
        numbers = _chunks([self._number_of(uri) for uri in uris])
        return _judged(row for chunk in numbers for row in self._connection.ask(_PAIRS, {"numbers": chunk}))

    def replace_pairs(self, uri: str, judged: Sequence[JudgedPair], *, is_new: bool) -> None:
        """The article is a copy of these and of no others."""
        number = self._number_of(uri)
        if not is_new:
            of_it = or_(copy_pair.c.one_id == number, copy_pair.c.other_id == number)
            self._connection.execute(delete(copy_pair).where(of_it))
        for pair in judged:
            one, other = sorted(map(self._number_of, (pair.one, pair.other)))
            values = {"one_id": one, "other_id": other} | rows.verdict_values(pair.verdict)
            self._connection.write_later(_ADD_PAIR, values)

    def without_keys(self, uris: Collection[str]) -> frozenset[str]:
        """Those of the articles that cannot be found by a key any more."""
        found: set[str] = set()
        for chunk in _chunks(uris):
            query = select(article.c.uri).join(article_signature, article_signature.c.article_id == article.c.id)
            found.update(self._connection.execute(query.where(article.c.uri.in_(chunk))).scalars())
        return frozenset(uris) - found

    def texts(self, uris: Collection[str]) -> Mapping[str, tuple[GroupText, datetime]]:
        """(what the choice of an anchor needs, first seen) by uri, in the order of storing. Without keys the number of words
        is not known, and is 0.
        """
        found: dict[str, tuple[GroupText, datetime]] = {}
        for chunk in _chunks(uris):
            for row in self._connection.ask(_TEXTS, {"uris": chunk}):
                text = GroupText(uri=row.uri, words=row.words or 0, effective_at=to_instant(row.effective_at))
                found[row.uri] = text, to_instant(row.first_seen_at)
        return found

    def memberships(self, uris: Collection[str]) -> Mapping[str, Membership]:
        """By uri; an article that stands alone has none."""
        return {
            row.uri: rows.membership(row)
            for chunk in _chunks(uris)
            for row in self._connection.ask(_MEMBERS, {"uris": chunk})
        }

    def group_of(self, uri: str) -> tuple[Membership, ...]:
        """The members of the article's group, the first seen first; empty where it stands alone."""
        found = () if uri in self._alone else self._connection.ask(_GROUP, {"uri": uri})
        return tuple(rows.membership(row) for row in found)

    def save_memberships(self, uris: Collection[str], members: Iterable[Membership]) -> None:
        """These articles are in the groups that the members say, and in no others."""
        self._alone.difference_update(uris)
        for chunk in _chunks(uris):
            self._connection.write(_DROP_MEMBERS, {"numbers": [self._number_of(uri) for uri in chunk]})
        for member in members:
            values = {
                "article_id": self._number_of(member.uri),
                "group_uri": member.group,
                "anchor_uri": member.anchor,
            }
            self._connection.write_later(_ADD_MEMBER, values | rows.verdict_values(member.verdict))


def pairs(connection: Connection, numbers: Sequence[int]) -> tuple[JudgedPair, ...]:
    """Verdicts on pairs of which one is among the articles of these numbers."""
    return _judged(row for chunk in _chunks(numbers) for row in connection.execute(_OF_NUMBERS, {"numbers": chunk}))


def _judged(found: Iterable[Any]) -> tuple[JudgedPair, ...]:
    by_numbers = {
        (row.one_id, row.other_id): JudgedPair(one=row.one_uri, other=row.other_uri, verdict=rows.verdict(row))
        for row in found
    }
    return tuple(by_numbers.values())


def group_of(connection: Connection, uri: str) -> tuple[Membership, ...]:
    """The members of the article's group, the first seen first; empty where it stands alone."""
    return tuple(rows.membership(row) for row in connection.execute(_OF_GROUP, {"uri": uri}))


def _signed(row: Any) -> _Signed:
    sharing = Sharing(uri=row.uri, source_id=row.owner_source, vocabulary=row.vocabulary)
    is_dated = row.effective_basis != EffectiveBasis.FIRST_SEEN
    return _Signed(number=row.id, sharing=sharing, effective_at=to_instant(row.effective_at) if is_dated else None)


def _signed_now(number: int, stored: StoredArticle, signature: Signature) -> _Signed:
    sharing = Sharing(uri=stored.uri, source_id=stored.owner.source_id, vocabulary=signature.vocabulary)
    is_dated = stored.effective_basis is not EffectiveBasis.FIRST_SEEN
    return _Signed(number=number, sharing=sharing, effective_at=stored.effective_at if is_dated else None)


def _chunks(values: Collection[Any]) -> Iterable[list[Any]]:
    listed = list(values)
    return (listed[at : at + _CHUNK] for at in range(0, len(listed), _CHUNK))
