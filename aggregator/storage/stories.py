"""Stories inside one transaction: what is compared of articles, the stories they are in; reached as `Batch.stories`."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from aggregator.dedup.stories import packed, unpacked
from aggregator.model.story import Report, StoryFeatures, StoryMember, StoryMembership, StoryRelation, StoryText
from aggregator.storage.codec import STORY_EVIDENCE, article_from_json, small_to_json, to_instant, to_microseconds
from aggregator.storage.copies import Window
from aggregator.storage.driver import Driver, Prepared
from aggregator.storage.halving import first_kept
from aggregator.storage.tables import (
    article,
    copy_group,
    decision,
    observation,
    story,
    story_key,
    story_member,
    story_text,
    term_count,
)

_CHUNK = 500
_OF_ONE_KEY = 64
"""A key that half as many articles of one time have tells no event: weather reports, "story 12 of the regatta"."""
_MOST_LOADED, _MOST_SHARING = 32, 12
_FORGOTTEN = StoryFeatures(version=0, language="und", headline=())
_ORIGINAL = (StoryRelation.INDEPENDENT, StoryRelation.UPDATE)

_TEXT = (article.c.id, article.c.uri, article.c.owner_source, *story_text.c["at", "agency", "features"])
_KNOWN_KEYS = Prepared(
    lambda _: select(story_key.c.key).distinct().where(story_key.c.key.in_(bindparam("keys", expanding=True)))
)
_WITH_KEY = Prepared(
    lambda _: (
        select(story_key.c.article_id)
        .where(story_key.c.key == bindparam("key"))
        .order_by(story_key.c.article_id.desc())
        .limit(_OF_ONE_KEY)
    )
)
_TIMES = Prepared(
    lambda _: select(story_text.c.article_id, story_text.c.at).where(
        story_text.c.article_id.in_(bindparam("numbers", expanding=True))
    )
)
_TEXTS = Prepared(
    lambda _: (
        select(*_TEXT)
        .join(story_text, story_text.c.article_id == article.c.id)
        .where(article.c.id.in_(bindparam("numbers", expanding=True)))
        .order_by(article.c.id)
    )
)
# The oldest first; of what is forgotten the features are empty.
_FROM = Prepared(
    lambda _: (
        select(story_text.c.article_id, story_text.c.features, article.c.first_seen_at)
        .join(article, article.c.id == story_text.c.article_id)
        .where(story_text.c.article_id >= bindparam("first"))
        .order_by(story_text.c.article_id)
        .limit(bindparam("most"))
    )
)
_HIGHEST = Prepared(lambda _: select(func.max(story_text.c.article_id).label("number")))
_DROP_KEY = Prepared(
    lambda _: delete(story_key).where(
        story_key.c.key == bindparam("key"), story_key.c.article_id == bindparam("number")
    )
)
_DROP_FEATURES = Prepared(
    lambda _: (
        update(story_text).where(story_text.c.article_id == bindparam("number")).values(features=bindparam("nothing"))
    )
)
_STORIES_OF = Prepared(
    lambda _: select(story_member.c.article_id, story_member.c.story_uri).where(
        story_member.c.article_id.in_(bindparam("numbers", expanding=True))
    )
)
_MEMBERS_OF = Prepared(
    lambda _: (
        select(article.c.id, article.c.uri, story_text.c.at)
        .join(story_member, story_member.c.article_id == article.c.id)
        .outerjoin(story_text, story_text.c.article_id == article.c.id)
        .where(story_member.c.story_uri == bindparam("story"))
    )
)
_STORY = Prepared(lambda _: select(story.c.representative).where(story.c.uri == bindparam("story")))
_ADD_STORY = Prepared(lambda _: insert(story), [column.name for column in story.c])
_ADD_TEXT = Prepared(lambda _: insert(story_text), [column.name for column in story_text.c])
_ADD_KEY = Prepared(lambda _: insert(story_key), ["key", "article_id"])
_ADD_MEMBER = Prepared(lambda _: insert(story_member), [column.name for column in story_member.c])


class _Place(NamedTuple):
    """A member of a story; `at` is None where nothing of it is compared any more."""

    uri: str
    at: datetime | None


class Stories:
    """Statements only; what belongs to what is decided by the caller."""

    def __init__(self, connection: Driver, number_of: Callable[[str], int]) -> None:
        self._connection = connection
        self._number_of = number_of
        # What this transaction knows without asking, what it writes itself included.
        self._with_key: dict[int, list[int]] = {}
        self._texts: dict[int, StoryText] = {}
        self._times: dict[int, datetime] = {}
        self._homes: dict[str, str | None] = {}
        self._members: dict[str, dict[int, _Place]] = {}
        self._are_decisions: bool | None = None

    # -- what is compared

    def look_ahead(self, keys: Iterable[int]) -> None:
        """Find what has each of the keys, before anything is written that would have to be sent first."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._with_key]
        for at in range(0, len(wanted), _CHUNK):
            chunk = wanted[at : at + _CHUNK]
            known = self._connection.ask(_KNOWN_KEYS, {"keys": chunk})
            self._with_key.update((key, []) for key in chunk)
            for (key,) in known:
                self._with_key[key] = self._ask_for(key)

    def _ask_for(self, key: int) -> list[int]:
        return [number for (number,) in self._connection.ask(_WITH_KEY, {"key": key})]

    def sharing(self, event: StoryFeatures, window: Window) -> tuple[StoryText, ...]:
        """Articles of the window that share a key, those with most of them first, then the newest; the likeliest only."""
        shared: dict[int, int] = {}
        for key in event.keys:
            found = self._with_key[key] if key in self._with_key else self._ask_for(key)
            for number in found if len(found) < _OF_ONE_KEY else self._uncrowded(found, window):
                shared[number] = shared.get(number, 0) + 1
        numbers = sorted(shared, key=lambda number: (-shared[number], -number))[:_MOST_LOADED]
        texts = self._of_numbers(numbers)
        near = [texts[number] for number in numbers if number in texts and window.holds(texts[number].at)]
        return tuple(near[:_MOST_SHARING])

    def _uncrowded(self, numbers: Sequence[int], window: Window) -> Sequence[int]:
        """Those inside the window, unless it is in the window that they crowd."""
        self._look_up_times(numbers)
        near = [number for number in numbers if number in self._times and window.holds(self._times[number])]
        return near if len(near) < _OF_ONE_KEY // 2 else ()

    def _look_up_times(self, numbers: Iterable[int]) -> None:
        """Learn when these were written; the texts themselves are ten times as much to read."""
        unknown = [number for number in numbers if number not in self._times]
        if unknown:
            found = self._connection.ask(_TIMES, {"numbers": unknown})
            self._times.update((row.article_id, to_instant(row.at)) for row in found)

    def remember(self, text: StoryText, *, is_new: bool) -> None:
        """Let the article be found under the keys of its present text and no others."""
        number = self._number_of(text.uri)
        if is_new:
            self._homes[text.uri] = None
        else:
            self.forget(text.uri)
        values: dict[str, object] = {"article_id": number, "at": to_microseconds(text.at), "agency": text.agency}
        values["features"] = packed(text.features) if text.is_compared else b""
        self._connection.write_later(_ADD_TEXT, values)
        for key in dict.fromkeys(text.features.keys):
            self._connection.write_later(_ADD_KEY, {"key": key, "article_id": number})
            if key in self._with_key:
                self._with_key[key].append(number)
        self._texts[number], self._times[number] = text, text.at
        self._move(text.uri, text.at)

    def forget(self, uri: str) -> None:
        """Nothing of the article is compared any more."""
        known, number = self.texts([uri]).get(uri), self._number_of(uri)
        if known is None:
            return
        keys = list(known.features.keys)
        self._connection.execute(delete(story_key).where(story_key.c.article_id == number, story_key.c.key.in_(keys)))
        self._connection.execute(delete(story_text).where(story_text.c.article_id == number))
        del self._texts[number]
        self._times.pop(number, None)
        self._move(uri, None)
        for key in keys:
            if number in self._with_key.get(key, ()):
                self._with_key[key].remove(number)

    def forget_keys(self, before: datetime, *, limit: int) -> int:
        """Let articles first seen before that moment be found and likened no longer, the oldest first, at most so many; says
        how many. Which story they are in, and by which agency they are, stays.
        """
        first, moment = self._first_compared(), to_microseconds(before)
        oldest = self._connection.ask(_FROM, {"first": first, "most": 1})
        if not oldest or oldest[0].first_seen_at >= moment:
            return 0
        found = self._connection.ask(_FROM, {"first": first, "most": limit})
        expired = [row for row in found if row.features and row.first_seen_at < moment]
        for row in expired:
            for key in dict.fromkeys(unpacked(bytes(row.features)).keys):
                self._connection.write_later(_DROP_KEY, {"key": key, "number": row.article_id})
            self._connection.write_later(_DROP_FEATURES, {"number": row.article_id, "nothing": b""})
        self._connection.send()
        self.forget_known()
        return len(expired)

    def _first_compared(self) -> int:
        """The number of the oldest article that is compared still."""
        ((highest,),) = self._connection.ask(_HIGHEST, {})
        return first_kept(highest or 0, self._forgotten_at)

    def _forgotten_at(self, number: int) -> int | None:
        found = self._connection.ask(_FROM, {"first": number, "most": 1})
        return found[0].article_id if found and not found[0].features else None

    def texts(self, uris: Collection[str]) -> dict[str, StoryText]:
        """What is compared of these articles, in the order of storing."""
        found = self._of_numbers(sorted(self._number_of(uri) for uri in uris))
        return {text.uri: text for _, text in sorted(found.items())}

    def _of_numbers(self, numbers: Sequence[int]) -> dict[int, StoryText]:
        unknown = [number for number in numbers if number not in self._texts]
        for at in range(0, len(unknown), _CHUNK):
            where = {"numbers": unknown[at : at + _CHUNK]}
            self._texts.update((row.id, _text(row)) for row in self._connection.ask(_TEXTS, where))
        return {number: self._texts[number] for number in numbers if number in self._texts}

    # -- which story

    def stories_of(self, uris: Collection[str]) -> dict[str, str]:
        """The stories of these articles by uri; one that stands alone has none."""
        unknown = {self._number_of(uri): uri for uri in uris if uri not in self._homes}
        if unknown:
            self._homes.update(dict.fromkeys(unknown.values()))
            where = {"numbers": list(unknown)}
            found = self._connection.ask(_STORIES_OF, where)
            self._homes.update((unknown[row.article_id], row.story_uri) for row in found)
        return {uri: home for uri in uris if (home := self._homes[uri]) is not None}

    def nearest_of(self, uri: str, window: Window, at: datetime, most: int) -> tuple[StoryText, ...]:
        """The members inside the window that are nearest to that moment."""
        near = sorted(
            (abs(place.at - at), number)
            for number, place in self._places(uri).items()
            if place.at is not None and window.holds(place.at)
        )
        numbers = [number for _, number in near[:most]]
        texts = self._of_numbers(numbers)
        return tuple(texts[number] for number in numbers)

    def members_of(self, uri: str) -> tuple[str, ...]:
        """The uris of a story's members in the order of storing."""
        return tuple(place.uri for _, place in sorted(self._places(uri).items()))

    def _places(self, uri: str) -> dict[int, _Place]:
        """The members of a story by number, asked for once in a transaction."""
        found = self._members.get(uri)
        if found is None:
            rows = self._connection.ask(_MEMBERS_OF, {"story": uri})
            found = {row.id: _Place(row.uri, None if row.at is None else to_instant(row.at)) for row in rows}
            self._members[uri] = found
        return found

    def _move(self, uri: str, at: datetime | None) -> None:
        """What is known of the article's time where it is a member."""
        places = self._members.get(self._homes.get(uri) or "")
        if places is not None and (number := self._number_of(uri)) in places:
            places[number] = _Place(uri, at)

    def forget_known(self) -> None:
        """Ask anew: a part of the transaction was undone, or what was known is no more."""
        for known in (self._with_key, self._texts, self._times, self._homes, self._members):
            known.clear()

    def exists(self, uri: str) -> bool:
        """Whether a story has or ever had the uri."""
        return bool(self._connection.ask(_STORY, {"story": uri}))

    def representative(self, uri: str) -> str | None:
        """The uri of the article that stands for the story."""
        found = self._connection.ask(_STORY, {"story": uri})
        return str(found[0].representative) if found else None

    def choice(self, uri: str) -> tuple[StoryMember, ...]:
        """What the choice of a representative needs of the members; which of them are withdrawn is the caller's to say."""
        query = (
            select(
                article.c.uri,
                article.c.owner_priority,
                article.c.content,
                article.c.effective_at,
                story_member.c.relation,
            )
            .join(story_member, story_member.c.article_id == article.c.id)
            .where(story_member.c.story_uri == uri)
        )
        return tuple(_member(row) for row in self._connection.execute(query))

    def add(self, uri: str, representative: str) -> None:
        """Write a new story."""
        self._connection.write_later(_ADD_STORY, {"uri": uri, "representative": representative, "merged_into": None})
        self._members[uri] = {}

    def represent(self, uri: str, representative: str) -> None:
        """Another article stands for the story."""
        self._connection.execute(update(story).where(story.c.uri == uri).values(representative=representative))

    def merge(self, gone: str, into: str) -> None:
        """All members of the one are members of the other; the uri of the one leads there."""
        everyone = self._places(into) | self._places(gone)
        self._connection.execute(update(story_member).where(story_member.c.story_uri == gone).values(story_uri=into))
        self._connection.execute(update(story).where(story.c.merged_into == gone).values(merged_into=into))
        self._connection.execute(update(story).where(story.c.uri == gone).values(merged_into=into))
        self._homes.update((uri, into) for uri, home in list(self._homes.items()) if home == gone)
        self._members[gone], self._members[into] = {}, everyone

    def join(self, member: StoryMembership) -> None:
        """The article is in that story and in no other."""
        number, places = self._number_of(member.uri), self._places(member.story)
        if self.stories_of([member.uri]):
            self.leave(member.uri)
        values = {
            "article_id": number,
            "story_uri": member.story,
            "relation": member.relation.value,
            "score": member.score,
            "evidence": small_to_json(STORY_EVIDENCE, member.evidence, None),
        }
        self._connection.write_later(_ADD_MEMBER, values)
        self._homes[member.uri] = member.story
        text = self._of_numbers([number]).get(number)
        places[number] = _Place(member.uri, text.at if text else None)

    def leave(self, uri: str) -> None:
        """The article is in no story."""
        number, home = self._number_of(uri), self.stories_of([uri]).get(uri)
        self._connection.execute(delete(story_member).where(story_member.c.article_id == number))
        self._homes[uri] = None
        if home in self._members:
            self._members[home].pop(number, None)

    def memberships(self, uri: str) -> tuple[StoryMembership, ...]:
        """The members of the article's story, in the order of storing; empty where it is in none."""
        return story_of(self._connection, uri)

    def reports(self, uri: str) -> tuple[Report, ...]:
        """The members of the story by outlet, in the order of storing; an outlet that shows another's very text is one too."""
        return reports(self._connection, uri)

    def are_decisions(self) -> bool:
        """Whether people ever put articles together or apart."""
        if self._are_decisions is None:
            query = select(decision.c.number).where(decision.c.other_uri.is_not(None)).limit(1)
            self._are_decisions = self._connection.execute(query).first() is not None
        return self._are_decisions

    # -- counts of terms

    def counts(self) -> tuple[int, dict[int, bytes]]:
        """(the article through which is counted, counts by the day)."""
        found = self._connection.execute(select(term_count)).all()
        return max((row.through for row in found), default=0), {row.day: bytes(row.counts) for row in found}

    def save_counts(self, days: Mapping[int, bytes], through: str) -> None:
        """Replace the counts; they are those of all articles up to that one."""
        number = self._number_of(through)
        self._connection.execute(delete(term_count))
        for day, counts in days.items():
            self._connection.execute(insert(term_count).values(day=day, through=number, counts=counts))

    def stored_after(self, number: int) -> Sequence[tuple[StoryText, datetime]]:
        """What is compared of the articles stored after the one of that number, with when they were first seen."""
        query = (
            select(*_TEXT, article.c.first_seen_at)
            .join(story_text, story_text.c.article_id == article.c.id)
            .where(article.c.id > number, func.length(story_text.c.features) > 0)
            .order_by(article.c.id)
        )
        return [(_text(row), to_instant(row.first_seen_at)) for row in self._connection.execute(query)]

    def number_of(self, uri: str) -> int:
        """Articles are numbered in the order of storing."""
        return self._number_of(uri)


def story_of(connection: Connection | Driver, uri: str) -> tuple[StoryMembership, ...]:
    """The members of the article's story, in the order of storing; empty where it is in none."""
    own = (
        select(story_member.c.story_uri)
        .join(article, article.c.id == story_member.c.article_id)
        .where(article.c.uri == uri)
        .scalar_subquery()
    )
    return _members(connection, own)


def members_of(connection: Connection | Driver, uri: str) -> tuple[StoryMembership, ...]:
    """The members of the story of that uri, in the order of storing."""
    return _members(connection, uri)


def _members(connection: Connection | Driver, uri: Any) -> tuple[StoryMembership, ...]:
    query = (
        select(story_member, article.c.uri)
        .join(article, article.c.id == story_member.c.article_id)
        .where(story_member.c.story_uri == uri)
        .order_by(article.c.id)
    )
    return tuple(_membership(row) for row in connection.execute(query))


def merged_into(connection: Connection | Driver, uri: str) -> str | None:
    """The story that took the story of that uri in; None where none did."""
    found: str | None = connection.execute(select(story.c.merged_into).where(story.c.uri == uri)).scalar_one_or_none()
    return found


def representative(connection: Connection | Driver, uri: str) -> str | None:
    """The uri of the article that stands for the story."""
    query = select(story.c.representative).where(story.c.uri == uri)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def reports(connection: Connection | Driver, uri: str) -> tuple[Report, ...]:
    """The members of the story by outlet, in the order of storing."""
    is_decided_on = exists().where(decision.c.article_uri == article.c.uri)
    query = (
        select(
            article.c.uri,
            func.coalesce(copy_group.c.group_uri, article.c.uri).label("group"),
            story_text.c.agency,
            observation.c.publisher,
            observation.c.link,
            is_decided_on.label("is_decided_on"),
        )
        .join(story_member, story_member.c.article_id == article.c.id)
        .join(story_text, story_text.c.article_id == article.c.id)
        .join(observation, observation.c.article_id == article.c.id)
        .outerjoin(copy_group, copy_group.c.article_id == article.c.id)
        .where(story_member.c.story_uri == uri)
        .order_by(article.c.id, observation.c.id)
    )
    found: dict[tuple[str, str | None], Report] = {}
    for row in connection.execute(query):
        report = Report(
            uri=row.uri,
            group=row.group,
            agency=row.agency,
            outlet=row.publisher,
            url=row.link,
            is_decided_on=bool(row.is_decided_on),
        )
        found.setdefault((row.uri, row.publisher), report)
    return tuple(found.values())


def _text(row: Any) -> StoryText:
    return StoryText(
        uri=row.uri,
        source_id=row.owner_source,
        agency=row.agency,
        at=to_instant(row.at),
        features=unpacked(bytes(row.features)) if row.features else _FORGOTTEN,
    )


def _member(row: Any) -> StoryMember:
    content = article_from_json(row.content)
    return StoryMember(
        uri=row.uri,
        priority=row.owner_priority,
        completeness=content.completeness,
        is_original=row.relation in _ORIGINAL,
        at=to_instant(row.effective_at),
    )


def _membership(row: Any) -> StoryMembership:
    return StoryMembership(
        uri=row.uri,
        story=row.story_uri,
        relation=StoryRelation(row.relation),
        score=row.score,
        evidence=STORY_EVIDENCE.validate_json(row.evidence),
    )
