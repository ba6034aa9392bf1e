"""The store: migrations, one writer, what is written comes back, locks, and what a newer release wrote is refused."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from aggregator.errors import AlreadyRunning, StoreError
from aggregator.model.desk import Decision, Word
from aggregator.model.fetch import SkippedDocument
from aggregator.model.identity import Key, KeyKind
from aggregator.model.ledger import TopicFeedState
from aggregator.model.poll import Outcome, Poll
from aggregator.model.source import SourceState, Validators
from aggregator.model.topic import Evidence, Grain, IdPolicy, Match
from aggregator.storage import Store, lock_file
from aggregator.storage.store import HEAD
from aggregator.storage.tables import metadata
from aggregator.text import digest
from tests import make
from tests.stores import put_empty_store

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
INSTANCE = UUID("11111111-2222-4333-8444-555555555555")


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    put_empty_store(tmp_path / "store.db")
    opened = Store(f"sqlite:///{tmp_path / 'store.db'}")
    opened.upgrade(INSTANCE, NOW)
    yield opened
    opened.close()


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Not the tables that SQLite keeps for the search index, which is no table of the schema."""
    return not (kind == "table" and str(name).startswith("search_index"))


def test_the_sum_of_the_migrations_is_the_schema(store: Store) -> None:
    engine = create_engine(store.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_name": is_ours}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_head_is_the_newest_script() -> None:
    folder = Path(sys.modules["aggregator.storage"].__file__ or "").parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


def test_the_instance_id_is_made_once(store: Store) -> None:
    assert store.upgrade(UUID(int=7), NOW + timedelta(days=1)) == INSTANCE


def test_a_store_of_a_newer_release_is_refused(store: Store) -> None:
    engine = create_engine(store.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreError, match="upgrade aggregator"):
        store.upgrade(INSTANCE, NOW)


def test_a_file_that_is_no_store_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("not a database, but long enough to be looked at as one" * 20)
    opened = Store(f"sqlite:///{tmp_path / 'store.db'}")
    with pytest.raises(StoreError, match=r"store\.db"):
        opened.upgrade(INSTANCE, NOW)
    opened.close()


def test_a_failed_batch_stores_nothing(store: Store) -> None:
    state = SourceState(source_id="a", failures=3)
    with pytest.raises(RuntimeError, match="half way"), store.batch() as batch:
        batch.save_source_state(state)
        raise RuntimeError("half way")
    with store.read() as reader:
        assert reader.source_states() == {}


def test_a_rehearsal_sees_its_own_writes_and_leaves_none(store: Store) -> None:
    with store.rehearse() as batch:
        batch.save_source_state(SourceState(source_id="a", failures=3))
        assert batch.source_state("a").failures == 3
    with store.read() as reader:
        assert reader.source_states() == {}


def test_a_reader_is_not_held_up_by_the_writer(store: Store) -> None:
    with store.batch() as batch:
        batch.save_source_state(SourceState(source_id="a"))
        with store.read() as reader:
            assert reader.source_states() == {}


def test_a_source_state_comes_back_to_the_microsecond(store: Store) -> None:
    state = SourceState(
        source_id="a",
        validators=Validators(
            url="http://127.0.0.1/f", etag='W/"ü"', last_modified="Sun", digests=(digest("1"), digest("2"))
        ),
        next_poll_at=NOW,
        first_good_poll_at=NOW - timedelta(days=2),
        last_poll_at=NOW,
        last_good_poll_at=None,
        failures=2,
        last_error="HTTP 404",
        not_modified_seen=True,
        retry_after_at=NOW + timedelta(microseconds=1),
    )
    with store.batch() as batch:
        batch.save_source_state(SourceState(source_id="a"))
        batch.save_source_state(state)
        assert batch.source_state("a") == state


def test_an_article_comes_back_as_it_was(store: Store) -> None:
    sighting = make.sighting()
    stored = make.stored()
    with store.batch() as batch:
        batch.add_article(stored, sighting.fingerprints)
        assert batch.article(stored.uri) == stored
        assert batch.fingerprints(stored.uri) == sighting.fingerprints
        assert batch.uri_is_taken(stored.uri)
        assert not batch.uri_is_taken("urn:uuid:0")


def test_a_key_names_its_first_article_until_it_is_rebound(store: Store) -> None:
    first, second = make.stored(uri="urn:uuid:1"), make.stored(uri="urn:uuid:2")
    key = Key(kind=KeyKind.GUID, value="g", digest=digest("guid", "g"))
    sighting = make.sighting(source_id="s", keys=(key,))
    with store.batch() as batch:
        batch.add_article(first, sighting.fingerprints)
        batch.add_article(second, sighting.fingerprints)
        batch.bind_keys("s", (key,), (), first.uri)
        batch.bind_keys("s", (key,), (), second.uri)
        assert [found.stored.uri for found in batch.candidates(sighting) if "guid" in found.via] == [first.uri]
        batch.bind_keys("s", (key,), (key,), second.uri)
        assert [found.stored.uri for found in batch.candidates(sighting) if "guid" in found.via] == [second.uri]


def test_an_observation_that_left_comes_back_without_a_second_row(store: Store) -> None:
    sighting, stored = make.sighting(source_id="s"), make.stored()
    pair = (sighting.keys[0].digest, sighting.fingerprints.text)
    with store.batch() as batch:
        batch.add_article(stored, sighting.fingerprints)
        batch.observe(sighting, stored.uri, NOW)
        number = batch.window("s", None)[pair]
        batch.leave([number], NOW + timedelta(hours=1))
        assert batch.window("s", None) == {}
        batch.observe(sighting, stored.uri, NOW + timedelta(hours=2))
        assert batch.window("s", None) == {pair: number}
    with store.read() as reader:
        (view,) = reader.articles()
    assert [seen.first_seen_at for seen in view.observations] == [NOW]


def test_an_entry_that_left_was_last_seen_when_it_left(store: Store) -> None:
    sighting, stored = make.sighting(source_id="s"), make.stored()
    with store.batch() as batch:
        batch.add_article(stored, sighting.fingerprints)
        batch.observe(sighting, stored.uri, NOW)
        batch.save_source_state(SourceState(source_id="s", last_good_poll_at=NOW + timedelta(hours=5)))
    with store.read() as reader:
        assert next(iter(reader.articles())).observations[0].last_seen_at == NOW + timedelta(hours=5)
    with store.batch() as batch:
        batch.leave(batch.window("s", None).values(), NOW + timedelta(hours=1))
    with store.read() as reader:
        assert next(iter(reader.articles())).observations[0].last_seen_at == NOW + timedelta(hours=1)


def test_ledger_rows_are_numbered_and_their_ids_are_unique(store: Store) -> None:
    stored = make.stored()
    row = make.ledger_row(article_uri=stored.uri)
    with store.batch() as batch:
        batch.add_article(stored, make.sighting().fingerprints)
        batch.add_row(row)
        (found,) = batch.rows_of(stored.uri)
    assert found.seq == 1
    with pytest.raises(Exception, match="UNIQUE"), store.batch() as batch:
        batch.add_row(row)


@pytest.mark.slow
def test_more_rows_may_change_at_once_than_a_statement_has_room_for(store: Store) -> None:
    with store.batch() as batch:
        assert batch.feeds.rows(range(1, 260_000)) == ()  # Debian allows 250,000


def test_matches_are_replaced_topic_by_topic(store: Store) -> None:
    stored = make.stored()
    evidence = (Evidence(term="libya", field="headline", start=0, end=5, concept="libya/country"),)
    one = Match(topic_id="a", rule_version="1", score=3.0, evidence=evidence)
    other = Match(topic_id="b", rule_version="1", score=1.0, evidence=())
    with store.batch() as batch:
        batch.add_article(stored, make.sighting().fingerprints)
        batch.save_matches(stored.uri, [one, other], ["a", "b"], NOW)
        batch.save_matches(stored.uri, [], ["b"], NOW)
    with store.read() as reader:
        assert reader.match_of(stored.uri, "a") == one
        assert reader.match_of(stored.uri, "b") is None


@pytest.mark.parametrize(
    "name",
    [
        "urn:uuid:12345678-aaaa-5bbb-8ccc-123456789012",
        "12345678",
        "12345678-aaaa",
        "https://example.org/page",
        "report.txt",
    ],
)
def test_an_article_is_found_by_uri_first_digits_url_or_path(store: Store, name: str) -> None:
    stored = make.stored(uri="urn:uuid:12345678-aaaa-5bbb-8ccc-123456789012")
    sighting = make.sighting(document="report.txt", link="https://example.org/page")
    with store.batch() as batch:
        batch.add_article(stored, sighting.fingerprints)
        batch.observe(sighting, stored.uri, NOW)
    with store.read() as reader:
        found = reader.find_article(name)
        assert found is not None
        assert found.uri == stored.uri
        assert reader.find_article("1234567") is None, "seven digits are too few"


def test_documents_are_listed_with_what_became_of_them(store: Store) -> None:
    sighting, stored = make.sighting(source_id="s", document="good.txt"), make.stored()
    with store.batch() as batch:
        batch.add_article(stored, sighting.fingerprints)
        batch.observe(sighting, stored.uri, NOW)
        batch.documents.save("s", ["good.txt"], [SkippedDocument(key="bad.txt", reason="empty")], NOW)
    with store.read() as reader:
        found = [(row.key, row.status, row.reason, row.stored is not None) for row in reader.documents(["s"])]
    assert found == [("bad.txt", "failed", "empty", False), ("good.txt", "read", None, True)]


def test_a_topic_feed_and_a_poll_come_back(store: Store) -> None:
    state = TopicFeedState(
        topic_id="t",
        grain=Grain.UNIQUE,
        feed_id="urn:uuid:f",
        id_policy=IdPolicy.MINT,
        rule_version="v",
        updated_at=NOW,
        bytes_digest=digest("x"),
        changed_at=NOW,
    )
    first = Poll(source_id="s", started_at=NOW, took=timedelta(seconds=1.5), outcome=Outcome.FAILED, error="HTTP 500")
    second = Poll(source_id="s", started_at=NOW, took=timedelta(0), outcome=Outcome.NEW, new=2, known_share=0.5)
    with store.batch() as batch:
        batch.save_topic_feed(state)
        batch.add_poll(first)
        batch.add_poll(second)
        assert batch.topic_feed("t", Grain.UNIQUE) == state
        assert batch.topic_feed("t", Grain.ARTICLES) is None
    with store.read() as reader:
        assert reader.last_polls()["s"].new == 2


def test_the_lock_is_held_against_another_process_and_ends_with_it(tmp_path: Path) -> None:
    lock = tmp_path / "store.db.lock"
    program = (
        "import sys, pathlib; from aggregator.storage import lock_file\n"
        "with lock_file(pathlib.Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning), lock_file(lock):
            pass
        holder.kill()
        holder.wait()
        with lock_file(lock):
            assert lock.exists()


def test_a_store_of_the_first_release_keeps_its_rows_and_gives_them_their_places(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", "aggregator.storage:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO article (id, uri, version, owner_source, owner_key, owner_priority, first_seen_at, effective_at,"
            " effective_basis, text_digest, material_digest, title_digest, content)"
            " SELECT value, 'urn:uuid:' || value, 1, 's', x'00', 0, 0, 0, 'first_seen', x'00', x'00', x'00', '{}'"
            " FROM json_each('[1, 2, 3, 4]')"
        )
        for number, state in enumerate(("live", "held", "archived", "live"), 1):
            connection.exec_driver_sql(
                "INSERT INTO ledger (topic_id, grain, entry_id, id_policy, article_id, state, reason, rule_version,"
                f" first_published_at, updated_at, digest) VALUES ('t', 'unique', 'e{number}', 'mint', {number}, '{state}',"
                " 'r', 'v', 0, 0, x'00')"
            )
    engine.dispose()
    opened = Store(url)
    opened.upgrade(INSTANCE, NOW)
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT entry_id, position FROM ledger ORDER BY seq").all()
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    opened.close()
    assert [tuple(row) for row in found] == [("e1", 1), ("e2", None), ("e3", 2), ("e4", 3)]


def test_decisions_made_before_they_named_their_article_by_uri_are_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", "aggregator.storage:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        connection.exec_driver_sql(
            "INSERT INTO article (id, uri, version, owner_source, owner_key, owner_priority, first_seen_at, effective_at,"
            " effective_basis, text_digest, material_digest, title_digest, content)"
            " VALUES (7, 'urn:uuid:7', 1, 's', x'00', 0, 0, 0, 'first_seen', x'00', x'00', x'00', '{}')"
        )
        connection.exec_driver_sql(
            'INSERT INTO decision (number, word, article_id, other_uri, "by", reason, decided_at, applied_at)'
            " VALUES (3, 'merge', 7, 'urn:uuid:7', 'maria', 'why', 3, 5)"
        )
    engine.dispose()
    opened = Store(url)
    opened.upgrade(INSTANCE, NOW)
    made = Decision(number=None, word=Word.NOTE, article_uri="urn:uuid:8", by="omar", reason="later", decided_at=NOW)
    with opened.batch() as batch:
        batch.desk.decide(made)
    with opened.read() as reader:
        first, second = reader.decisions()
    opened.close()
    assert (first.number, first.article_uri, first.other_uri, first.by) == (3, "urn:uuid:7", "urn:uuid:7", "maria")
    assert (first.applied_at is not None, first.until) == (True, None)
    assert (second.number, replace(second, number=None)) == (4, made)
