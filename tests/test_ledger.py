"""What goes out, when and under which id (rules R10-R12, R14, R17, R20)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from aggregator import ledger
from aggregator.ledger import Occasion
from aggregator.model.article import EffectiveBasis, PartialDate, Precision, StoredArticle
from aggregator.model.ledger import LedgerRow, RowState
from aggregator.model.source import Announce, Republish
from aggregator.model.topic import Grain, IdPolicy, Match, Topic
from aggregator.text import digest
from tests import make

NOW = make.NOW
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
POLL, FIRST_POLL = Occasion(now=NOW), Occasion(now=NOW, is_first_good_poll=True)
NEW_TOPIC, RULE_EDIT = Occasion(now=NOW, is_new_topic=True), Occasion(now=NOW, is_rule_edit=True)
MATCH = Match(topic_id="topic", rule_version="v7", score=1.0, evidence=())
LIVE, ARCHIVED, HELD = RowState.LIVE, RowState.ARCHIVED, RowState.HELD


def admit(stored: StoredArticle, occasion: Occasion = POLL, topic: Topic | None = None) -> LedgerRow:
    return ledger.admit(
        topic or make.topic(),
        MATCH,
        stored,
        entry_id="urn:x",
        published=make.date(NOW - DAY),
        material=b"material",
        occasion=occasion,
    )


def seen(at: datetime, *, age: timedelta, announce: Announce = Announce.NEW) -> StoredArticle:
    """A dated article, `age` old when it was first seen."""
    text = make.article(announce=announce)
    basis = EffectiveBasis.PUBLISHED
    return make.stored(text=text, first_seen_at=at, effective_at=at - age, effective_basis=basis)


def undated(announce: Announce = Announce.NEW, republish: Republish = Republish.EXCERPT) -> StoredArticle:
    text = make.article(announce=announce)
    return make.stored(text=replace(text, rights=replace(text.rights, republish=republish)))


WITHIN, OLDER = "within the window of 72h", 'older than the window of 72h; set announce = "all"'
UNDATED = 'undated at its source\'s first poll; set announce = "all"'
ALL, EDIT = 'its source announces all (announce = "all")', "matched only since the topic's rule was edited"
NO_RIGHTS = "its rights are none: matched, in no file"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("why", "stored", "occasion", "expected"),
    [
        ("dated inside the window", seen(NOW, age=HOUR), POLL, (LIVE, WITHIN)),
        ("on the edge of the window", seen(NOW, age=72 * HOUR), POLL, (LIVE, WITHIN)),
        ("just over the edge", seen(NOW, age=72 * HOUR + SECOND), POLL, (ARCHIVED, OLDER)),
        ("dated ahead", seen(NOW, age=-HOUR), POLL, (LIVE, WITHIN)),
        ("the window was tested at first sight, not now", seen(NOW - 30 * DAY, age=HOUR), POLL, (LIVE, WITHIN)),
        ("old already at first sight, long ago", seen(NOW - 30 * DAY, age=4 * DAY), POLL, (ARCHIVED, OLDER)),
        ("undated later on", undated(), POLL, (LIVE, WITHIN)),
        ("undated at the first good poll", undated(), FIRST_POLL, (ARCHIVED, UNDATED)),
        ("dated at the first good poll", seen(NOW, age=HOUR), FIRST_POLL, (LIVE, WITHIN)),
        ("old at the first good poll", seen(NOW, age=4 * DAY), FIRST_POLL, (ARCHIVED, OLDER)),
        ("announce all skips the window", seen(NOW, age=9999 * DAY, announce=Announce.ALL), POLL, (LIVE, ALL)),
        ("announce all skips the rule for undated entries", undated(Announce.ALL), FIRST_POLL, (LIVE, ALL)),
        ("announce all does not skip a rule edit", undated(Announce.ALL), RULE_EDIT, (ARCHIVED, EDIT)),
        ("a rule edit archives the newest too", seen(NOW, age=timedelta(0)), RULE_EDIT, (ARCHIVED, EDIT)),
        ("a rule edit archives the oldest", seen(NOW - 99 * DAY, age=9 * DAY), RULE_EDIT, (ARCHIVED, EDIT)),
        ("a new topic takes what is inside its window now", seen(NOW - 2 * DAY, age=HOUR), NEW_TOPIC, (LIVE, WITHIN)),
        ("and archives the rest", seen(NOW - 3 * DAY, age=HOUR), NEW_TOPIC, (ARCHIVED, OLDER)),
        ("rights none are held", undated(republish=Republish.NONE), POLL, (HELD, NO_RIGHTS)),
        ("whatever is announced", undated(Announce.ALL, Republish.NONE), POLL, (HELD, NO_RIGHTS)),
        ("and whatever was edited", undated(republish=Republish.NONE), RULE_EDIT, (HELD, NO_RIGHTS)),
        ("the right to a headline is a right", undated(republish=Republish.HEADLINE), POLL, (LIVE, WITHIN)),
    ],
)
def test_a_match_gets_a_row_with_its_reason(
    why: str, stored: StoredArticle, occasion: Occasion, expected: tuple[RowState, str]
) -> None:
    row = admit(stored, occasion)
    assert (row.state, row.reason) == expected, why


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (timedelta(seconds=90), "within the window of 90s"),
        (DAY, "within the window of 24h"),
        (timedelta(days=999_999_999), "within the window of 23999999976h"),
    ],
)
def test_a_window_of_any_length_is_named(window: timedelta, reason: str) -> None:
    row = admit(seen(NOW, age=MINUTE), topic=make.topic(window=window))
    assert (row.state, row.reason) == (LIVE, reason)


def test_a_new_row_says_all_that_is_known_of_it() -> None:
    assert admit(seen(NOW, age=HOUR), topic=make.topic(grain=Grain.ARTICLES)) == LedgerRow(
        seq=None,
        topic_id="topic",
        grain=Grain.ARTICLES,
        entry_id="urn:x",
        id_policy=IdPolicy.PRESERVE,
        article_uri=make.URI,
        state=LIVE,
        reason=WITHIN,
        rule_version="v7",
        first_published_at=NOW,
        published=make.date(NOW - DAY),
        updated_at=NOW,
        pending_since=None,
        digest=b"material",
        fragment=None,
    )


# The hour of rules R12. A row goes through changes, each (minutes after its first publication, its text); the text "a"
# is published at the start. After each: the text shown, the minute of `updated`, the minute since which one waits.
def after(*changes: tuple[int, str], row: LedgerRow | None = None) -> tuple[str, int, int | None]:
    texts = {digest(text): text for text in "abcd"}
    row = row or make.ledger_row(digest=digest("a"))
    for minute, text in changes:
        row = ledger.revise(row, material=digest(text), now=NOW + minute * MINUTE) or row
    waits = None if row.pending_since is None else int((row.pending_since - NOW) / MINUTE)
    return texts[row.digest], int((row.updated_at - NOW) / MINUTE), waits


@pytest.mark.parametrize(
    ("why", "changes", "expected"),
    [
        ("the first change goes out at once", [(5, "b")], ("b", 5, None)),
        ("also long after", [(500, "b")], ("b", 500, None)),
        ("a second within the hour waits", [(5, "b"), (64, "c")], ("b", 5, 64)),
        ("a second at the hour's end goes out", [(5, "b"), (65, "c")], ("c", 65, None)),
        ("a third waits with the second, from when that came", [(5, "b"), (20, "c"), (40, "d")], ("b", 5, 20)),
        ("a change after the hour takes the waiting one along", [(5, "b"), (20, "c"), (70, "d")], ("d", 70, None)),
        ("back to the published text: nothing waits", [(5, "b"), (20, "c"), (40, "b")], ("b", 5, None)),
        ("back to the first text is a change", [(5, "b"), (20, "a")], ("b", 5, 20)),
        ("no change", [(5, "a")], ("a", 0, None)),
        ("each hour counts from the last change", [(0, "b"), (70, "c"), (120, "d")], ("c", 70, 120)),
        ("the clock steps back: updated does not", [(-30, "b")], ("b", 0, None)),
        ("the clock steps back after a change: it waits", [(30, "b"), (-600, "c")], ("b", 30, -600)),
    ],
)
def test_the_first_change_goes_out_and_the_next_waits_for_the_end_of_its_hour(
    why: str, changes: list[tuple[int, str]], expected: tuple[str, int, int | None]
) -> None:
    assert after(*changes) == expected, why


@pytest.mark.parametrize(
    ("why", "state", "expected"),
    [
        ("archived entries are revised alike", ARCHIVED, ("b", 5, None)),
        ("a queued entry takes the text silently", RowState.QUEUED, ("b", 0, None)),
        ("a held entry takes the text silently", HELD, ("b", 0, None)),
        ("a withdrawn entry takes nothing", RowState.WITHDRAWN, ("a", 0, None)),
    ],
)
def test_a_change_by_the_state_of_its_row(why: str, state: RowState, expected: tuple[str, int, int | None]) -> None:
    assert after((5, "b"), row=make.ledger_row(digest=digest("a"), state=state)) == expected, why


def test_a_row_that_shows_the_text_is_not_written() -> None:
    assert ledger.revise(make.ledger_row(digest=b"a"), material=b"a", now=NOW + HOUR) is None


def test_a_change_touches_neither_id_nor_dates_of_first_publication() -> None:
    row = make.ledger_row(published=make.date(NOW - DAY))
    changed = ledger.revise(row, material=b"new", now=NOW + HOUR)
    assert changed == replace(row, digest=b"new", updated_at=NOW + HOUR)


WAITING = make.ledger_row(digest=b"b", updated_at=NOW, pending_since=NOW + 20 * MINUTE)


@pytest.mark.parametrize(
    ("why", "row", "minutes", "is_due"),
    [
        ("within the hour", WAITING, 59, False),
        ("at its end", WAITING, 60, True),
        ("later", WAITING, 600, True),
        ("the clock stepped back", WAITING, -600, False),
        ("nothing waits", replace(WAITING, pending_since=None), 600, False),
    ],
)
def test_a_waiting_change_is_due_an_hour_after_the_last(why: str, row: LedgerRow, minutes: int, is_due: bool) -> None:
    assert ledger.is_due(row, NOW + minutes * MINUTE) == is_due, why


def test_a_waiting_change_goes_out_with_the_text_of_that_moment() -> None:
    released = ledger.release(WAITING, material=b"d", now=NOW + HOUR)
    assert released == replace(WAITING, digest=b"d", updated_at=NOW + HOUR, pending_since=None)


def test_a_waiting_change_that_was_taken_back_leaves_no_trace() -> None:
    assert ledger.release(WAITING, material=b"b", now=NOW + HOUR) == replace(WAITING, pending_since=None)


# The live document (rules R14).


def rows(*ages: timedelta, state: RowState = LIVE) -> list[LedgerRow]:
    """A row for each age, numbered so that ids rise with the age."""
    return [
        make.ledger_row(entry_id=f"urn:{number:04}", first_published_at=NOW - age, updated_at=NOW, state=state)
        for number, age in enumerate(ages)
    ]


def spread(count: int, step: timedelta) -> list[LedgerRow]:
    return rows(*(number * step for number in range(count)))


@pytest.mark.parametrize(
    ("why", "found", "limit", "count"),
    [
        ("nothing published", [], 100, 0),
        ("fewer than the limit", spread(7, DAY), 100, 7),
        ("the newest of many", spread(150, DAY), 100, 100),
        ("a small limit", spread(150, DAY), 5, 5),
        ("all of the last 48 h", spread(150, 20 * MINUTE), 100, 144),
        ("a small limit and a busy day", spread(40, HOUR), 5, 40),
        ("never over 300", spread(400, SECOND), 100, 300),
        ("or the limit, where that is greater", spread(500, SECOND), 400, 400),
        ("48 h reach back from the newest row", rows(DAY * 400, DAY * 401, DAY * 401.9, DAY * 402.1), 1, 3),
        ("archived rows never enter", rows(HOUR, state=ARCHIVED), 100, 0),
        ("queued rows neither", rows(HOUR, state=RowState.QUEUED), 100, 0),
        ("held rows neither", rows(HOUR, state=HELD), 100, 0),
        ("withdrawn rows neither", rows(HOUR, state=RowState.WITHDRAWN), 100, 0),
        ("an archived row does not move the 48 h", rows(HOUR, state=ARCHIVED) + rows(DAY * 4, DAY * 5.9), 1, 2),
    ],
)
def test_the_live_document_holds(why: str, found: list[LedgerRow], limit: int, count: int) -> None:
    assert len(ledger.live_document(found, limit)) == count, why


def test_the_live_document_goes_by_first_publication_newest_first() -> None:
    found = rows(HOUR, 3 * HOUR, 2 * HOUR)
    changed = replace(found[1], updated_at=NOW + DAY)
    ids = [row.entry_id for row in ledger.live_document([found[0], changed, found[2]], 100)]
    assert ids == ["urn:0000", "urn:0002", "urn:0001"]


def test_equal_rows_give_an_equal_document_in_whatever_order_they_come() -> None:
    found = rows(*([HOUR] * 20))
    expected = ledger.live_document(found, 5)
    assert [row.entry_id for row in expected] == [f"urn:{number:04}" for number in range(19, -1, -1)]
    assert ledger.live_document(reversed(found), 5) == expected


def test_the_limit_counts_the_newest_when_all_are_old() -> None:
    found = rows(*(DAY * (100 + 3 * number) for number in range(10)))
    assert [row.entry_id for row in ledger.live_document(found, 2)] == ["urn:0000", "urn:0001"]


# Ids (rules R5, R20).


@pytest.mark.parametrize(
    ("why", "guid", "is_kept"),
    [
        ("a permalink", "https://example.org/page", True),
        ("with a fragment", "http://example.org/page#c1", True),
        ("a tag", "tag:example.org,2026:1", True),
        ("an urn", "urn:uuid:7c0c7a5e-1a2b-4c3d-8e9f-000000000000", True),
        ("a scheme of the origin's own", "yt:video:Y8Uh-mvEz_M", True),
        ("letters of any script", "https://example.org/ليبيا", True),
        ("a number", "12345", False),
        ("a relative path", "/2026/03/page", False),
        ("a relative path with a colon", "2026:03/page", False),
        ("words with a colon", "Update: talks in Tunis", False),
        ("white space at its end", "https://example.org/page ", False),
        ("a line break", "https://example.org/\npage", False),
        ("no host", "https:///page", False),
        ("a character that no IRI has", "https://example.org/<page>", False),
        ("a control character", "tag:example.org,2026:\x00", False),
        ("a path on somebody's disk", "file:///home/desk/page.txt", False),
        ("a path on somebody's drive", "C:/desk/page.txt", False),
        ("a scheme alone", "urn:", False),
        ("nothing", "", False),
        ("none", None, False),
    ],
)
def test_the_origins_id_is_kept_where_it_is_an_absolute_iri(why: str, guid: str | None, is_kept: bool) -> None:
    kept = ledger.entry_id(IdPolicy.PRESERVE, make.stored(), guid, is_taken=False)
    assert kept == (guid if is_kept else make.URI), why


def test_an_id_of_another_article_is_not_given_twice() -> None:
    assert ledger.entry_id(IdPolicy.PRESERVE, make.stored(), "https://example.org/1", is_taken=True) == make.URI


def test_a_curated_entry_has_our_id() -> None:
    assert ledger.entry_id(IdPolicy.MINT, make.stored(), "https://example.org/1", is_taken=False) == make.URI


@pytest.mark.parametrize(("grain", "policy"), [(Grain.ARTICLES, IdPolicy.PRESERVE), (Grain.UNIQUE, IdPolicy.MINT)])
def test_the_policy_goes_with_the_grain(grain: Grain, policy: IdPolicy) -> None:
    assert make.topic(grain=grain).id_policy is policy


def test_the_id_of_a_feed_is_of_instance_topic_and_grain_and_never_changes() -> None:
    one, other = UUID(int=1), UUID(int=2)
    ids = [
        ledger.feed_id(one, "libya", Grain.UNIQUE),
        ledger.feed_id(one, "libya", Grain.ARTICLES),
        ledger.feed_id(one, "tunis", Grain.UNIQUE),
        ledger.feed_id(other, "libya", Grain.UNIQUE),
    ]
    assert ids == [
        "urn:uuid:ceb0be2c-40ef-56df-993c-c814a6ec8bf9",
        "urn:uuid:0c05544d-dc29-5aab-b470-6e931abf817e",
        "urn:uuid:83607b00-23dc-5984-8813-d223b625a428",
        "urn:uuid:bcb70acc-1577-5ee0-a7a8-67bc33233519",
    ]


# Dates on the wire (rules R10).

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("why", "date", "first_seen_at", "expected"),
    [
        ("no date", None, NOON, None),
        ("exact", make.date(NOON + SECOND), NOON, NOON + SECOND),
        ("a minute", make.date(NOON - HOUR, Precision.MINUTE), NOON, NOON - HOUR),
        ("a day", make.date(NOON, Precision.DAY), NOON + HOUR, NOON),
        ("a day, seen in its morning", make.date(NOON, Precision.DAY), NOON - 3 * HOUR, NOON - 3 * HOUR),
        ("a day, seen at its first moment", make.date(NOON, Precision.DAY), NOON - 12 * HOUR, NOON - 12 * HOUR),
        ("a day, seen the evening before", make.date(NOON, Precision.DAY), NOON - 13 * HOUR, NOON),
        ("a day, seen days later", make.date(NOON, Precision.DAY), NOON + 9 * DAY, NOON),
        ("a day that is not kept at noon", make.date(NOON - 12 * HOUR, Precision.DAY), NOON + HOUR, NOON),
    ],
)
def test_a_day_is_its_noon_unless_it_was_seen_earlier_that_day(
    why: str, date: PartialDate | None, first_seen_at: datetime, expected: datetime | None
) -> None:
    assert ledger.printed_date(date, first_seen_at) == expected, why
