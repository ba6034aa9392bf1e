"""What `desk erase` leaves in the store: no column of any table holds a word of the article, and none can be forgotten."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, Engine, Float, Integer, create_engine, text

from aggregator.model.desk import Word
from aggregator.model.source import Republish
from aggregator.model.topic import Grain, Topic
from aggregator.pipeline import index_all
from aggregator.storage.tables import metadata
from tests.desk import desk
from tests.documents import feed_source, item, rss
from tests.loopback import serve
from tests.test_stories_pipeline import FERRY_ELSEWHERE, REPORT, TASS, Newsroom, Outlets

CANARY, CANARY_NUMBER = "Quokkafarn", "4815"
# No `articles`: there an entry keeps the id that its source gave it, and a tombstone has to name it (rules R16, R20).
TOPIC = Topic(
    id="all", title="All", query=f"{CANARY} OR Tarbona", also=(Grain.STORIES, Grain.DEVELOPMENTS, Grain.CORRECTIONS)
)

HOLDING = {
    "article": {"content"},
    "copy_group": {"evidence"},
    "copy_pair": {"evidence"},
    "decision": {"reason"},
    "ledger": {"archived_fragment", "fragment", "news", "reason"},
    "match": {"evidence"},
    "observation": {"guid", "link", "publisher", "repairs"},
    "revision": {"change", "content"},
    "story_member": {"evidence"},
    "story_text": {"features"},
}
"""Columns in which words of an article may stand; the other columns of these tables are named in `BESIDE`."""
UNTRIED = {"ledger": {"archived_fragment"}, "observation": {"publisher", "repairs"}}
"""Columns for which the test below takes no canary; archive pages are looked at in `tests/test_desk_words.py`."""
BESIDE = {
    "article": {"uri", "owner_source", "effective_basis", "owner_key", "text_digest", "material_digest", "title_digest",
                "body_digest", "url_digest"},
    "copy_group": {"group_uri", "anchor_uri", "relation"},
    "copy_pair": {"relation"},
    "decision": {"word", "article_uri", "topic_id", "other_uri", "day", "by"},
    "ledger": {"topic_id", "grain", "entry_id", "id_policy", "state", "rule_version", "published", "digest",
               "unsettled_source", "copy_of", "follows"},
    "match": {"topic_id", "rule_version"},
    "observation": {"source_id", "key", "text_digest", "document", "body_digest", "url_digest"},
    "story_member": {"story_uri", "relation"},
    "story_text": {"agency"},
}  # fmt: skip
"""Ids, digests, states, and the path of a local document, which is the user's name for it."""
ELSEWHERE = {
    "instance", "source_state", "incident", "health_feed", "known_items", "document", "entry_key", "ambiguous_url",
    "entry_id", "feed_due", "feed_form", "topic_feed", "archive_page", "article_signature", "band", "search_due",
    "story_key", "story", "term_count", "request", "poll", "subscription", "announcement", "desk_token", "desk_session",
}  # fmt: skip
"""Tables that speak of sources, files, hubs, requests and who may sign in, or hold digests and counts only."""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    outlets = Outlets()
    with serve(outlets) as server, desk(tmp_path, sources=(), topics=(TOPIC,), agencies=(TASS,)) as at:
        yield Newsroom(at, outlets, server)


def test_of_every_column_of_text_it_is_said_whether_it_holds_words_of_an_article() -> None:
    said = {name: HOLDING.get(name, set()) | BESIDE.get(name, set()) for name in {*HOLDING, *BESIDE}}
    found = {name: {one.name for one in table.columns if _is_text(one)} for name, table in metadata.tables.items()}
    assert {name: columns for name, columns in found.items() if name not in ELSEWHERE} == said
    assert set(found) >= ELSEWHERE


def _is_text(column: Column[object]) -> bool:
    return not isinstance(column.type, Integer | Float | Boolean)


def standing(engine: Engine, *needles: str) -> dict[str, set[str]]:
    """The columns, by table, in which one of the words stands; tables of the search index too."""
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        rows = {name: connection.execute(text(f'SELECT * FROM "{name}"')).mappings().all() for name in names}
    found: dict[str, set[str]] = {}
    for name, listed in rows.items():
        columns = {key for row in listed for key, value in row.items() if _holds(value, needles)}
        if columns:
            found[name] = columns
    return found


def _holds(value: object, needles: tuple[str, ...]) -> bool:
    if isinstance(value, bytes):
        return any(needle.lower().encode() in part.lower() for part in (value, _unpacked(value)) for needle in needles)
    return isinstance(value, str) and any(needle.lower() in value.lower() for needle in needles)


def _unpacked(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return b""


@pytest.mark.slow
def test_no_column_holds_a_word_of_an_erased_article(room: Newsroom) -> None:
    secret = REPORT.replace("Pavel Orlin", f"Pavel {CANARY}").replace("14 delegations", f"{CANARY_NUMBER} delegations")
    for number in (4000, int(CANARY_NUMBER)):
        one = item(
            1,
            title=f"Ferry sinks off Tarbona: {number} dead, {CANARY} says",
            text=secret.replace(CANARY_NUMBER, str(number)),
            guid=f"urn:x:{CANARY}",
            link=f"https://wire.example.org/{CANARY.lower()}",
        )
        room.outlets.feeds["/wire"] = rss(one)
        room.desk.sources = (feed_source(room.server, "/wire", publisher="Wire", republish=Republish.FULL),)
        room.run()
    room.print("courier", "Talks on the harbour of Tarbona", REPORT.replace("Pavel Orlin", "Pavel Norden"))
    room.print("gazette", "Ferry sinks off Tarbona: 12 dead", FERRY_ELSEWHERE)
    uri = room.article("wire").stored.uri
    room.desk.decide(Word.NOTE, uri, reason=f"{CANARY} called and wants it gone")
    index_all(room.desk.store)
    engine = create_engine(room.desk.store.url)
    before = standing(engine, CANARY, CANARY_NUMBER)
    room.desk.decide(Word.ERASE, uri, reason="a court said so")
    room.run()
    after = standing(engine, CANARY, CANARY_NUMBER)
    room.desk.decide(Word.NOTE, uri, reason=f"{CANARY} again, from a file of another desk")
    room.run()
    later = standing(engine, CANARY, CANARY_NUMBER)
    engine.dispose()
    tried = {name: columns - UNTRIED.get(name, set()) for name, columns in HOLDING.items()}
    assert {name: columns for name, columns in before.items() if name in metadata.tables} == tried
    assert before.keys() > HOLDING.keys(), "and the search index"
    assert (after, later) == ({}, {})
    assert room.article("gazette").story != room.article("wire").story
