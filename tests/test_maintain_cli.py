"""`config`, `db`, `healthcheck` and `status`: an installation as it is understood, and whether it is in order."""

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from aggregator.cli.app import clock
from aggregator.config import documented_keys, load
from aggregator.config.schema import schema
from aggregator.config.units import size, size_text
from aggregator.model.source import SourceState
from aggregator.storage import Store
from aggregator.storage.store import HEAD
from tests.commands import CONFIG, configure, invoke, run_once
from tests.json_schema import breaches
from tests.loopback import Reply, serve
from tests.program import ROOT

pytestmark = pytest.mark.slow

CASES = Path(__file__).parent / "config"
SECRETS = """
[[sources]]
id = "secret"
url = "https://example.org/feed?key=k3y"
private = true
auth = "env:PORT_AUTH"
headers = { X-Key = "k3y" }
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    configure(tmp_path)
    run_once(tmp_path)
    return tmp_path


# -- config


def test_the_schema_in_the_checkout_is_that_of_this_release(tmp_path: Path) -> None:
    shipped = (ROOT / "config.schema.json").read_text("utf-8")
    assert invoke(tmp_path, "config", "schema").out == shipped, "aggregator config schema > config.schema.json"
    assert (ROOT / "config.toml").read_text("utf-8").startswith("#:schema ./config.schema.json\n")


def test_the_schema_knows_every_key_and_no_other() -> None:
    assert tuple(_keys(schema(), schema(), "")) == documented_keys()


def _keys(table: dict[str, Any], root: dict[str, Any], prefix: str) -> list[str]:
    keys: list[str] = []
    for name, written in table["properties"].items():
        inner = written.get("items", written)
        if "$ref" in inner:
            keys += _keys(root["$defs"][inner["$ref"].rpartition("/")[2]], root, f"{prefix}{name}.")
        else:
            keys.append(f"{prefix}{name}")
    return keys


@pytest.mark.parametrize("file", [ROOT / "config.toml", CASES / "full.toml"], ids=lambda file: file.name)
def test_what_is_right_fits_the_schema(file: Path) -> None:
    assert breaches(tomllib.loads(file.read_text("utf-8")), schema()) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[fetch]\ntimeout = "soon"', ".fetch.timeout: 'soon' does not match"),
        ('[fetch]\nmax_body = "10 MB"', ".fetch.max_body: '10 MB' does not match"),
        ('[site]\ntitel = "x"', ".site.titel: is not named by the schema"),
        ('[[sources]]\nurl = "https://example.org/"', ".sources[0].id: is missing"),
        ('[[topics]]\nid = "a"\ntitle = "A"\nquery = "*"\ngrain = "storys"', ".topics[0].grain: 'storys' is none of"),
        ('[[sources]]\nid = "a"\npriority = "high"', ".sources[0].priority: 'high' is no integer"),
    ],
)
def test_an_editor_sees_what_is_wrong(written: str, told: str) -> None:
    (first, *_) = breaches(tomllib.loads(written), schema())
    assert first.startswith(told)


def test_every_default_of_the_schema_is_one_that_the_file_may_say() -> None:
    for name, table in schema()["$defs"].items():
        for key, written in table["properties"].items():
            if "default" in written:
                assert breaches(written["default"], written, root=schema()) == [], f"{name}.{key}"


@pytest.mark.parametrize("written", ["1 KiB", "512 KiB", "10 MiB", "3 GiB"])
def test_a_size_is_shown_as_it_is_written(written: str) -> None:
    assert size_text(size(written)) == written


def test_the_configuration_is_shown_with_every_default(tmp_path: Path) -> None:
    file = configure(tmp_path)
    shown = tomllib.loads(invoke(tmp_path, "config", "show").out)
    assert json.loads(invoke(tmp_path, "config", "show", "--json").out) == shown
    assert breaches(shown, schema()) == []
    assert shown["site"]["author"] == "Desk feeds"
    assert shown["fetch"]["max_body"] == "10 MiB"
    wire, harbour = shown["sources"]
    assert (wire["rights"], wire["interval"], wire["path"]) == ({"republish": "full"}, "1h", str(tmp_path / "in"))
    assert (harbour["rights"], harbour["enabled"]) == ({"republish": "excerpt"}, True)
    again = tmp_path / "again.toml"
    again.write_text(invoke(tmp_path, "config", "show").out, "utf-8")
    first, second = load(file, {}), load(again, {})
    assert (first.topics, first.site, first.fetch, first.storage) == (
        second.topics,
        second.site,
        second.fetch,
        second.storage,
    )


def test_no_secret_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path, SECRETS)
    monkeypatch.setenv("PORT_AUTH", "reader:p4ss")
    for arguments in (("config", "show"), ("config", "show", "--json"), ("sources", "list", "--json")):
        done = invoke(tmp_path, *arguments)
        assert done.code == 0
        assert "k3y" not in done.out + done.err
        assert "p4ss" not in done.out + done.err
    assert 'auth = "env:PORT_AUTH"' in invoke(tmp_path, "config", "show").out


# -- db


def test_a_store_is_made_and_brought_up_to_date(tmp_path: Path) -> None:
    configure(tmp_path)
    assert invoke(tmp_path, "db", "upgrade", "--dry-run").out == f"would go from migration none to {HEAD}\n"
    assert not (tmp_path / "store.db").exists()
    assert invoke(tmp_path, "db", "upgrade").out == f"from migration none to {HEAD}\n"
    assert invoke(tmp_path, "db", "upgrade").out == f"nothing to do: the store is at migration {HEAD}\n"
    assert invoke(tmp_path, "db", "check").out == "the store is sound\n"


def test_a_store_that_was_used_is_sound(desk: Path) -> None:
    done = invoke(desk, "db", "check")
    assert (done.code, done.out) == (0, "the store is sound\n")


@pytest.mark.parametrize(
    ("breach", "told", "why"),
    [
        ("UPDATE ledger SET fragment = NULL", "is live and has no fragment", "nothing to show"),
        ("UPDATE ledger SET position = 7", "positions go up to 7, but 1 rows have one", "pages would shift"),
        ("UPDATE ledger SET entry_id = 'urn:x'", "entry id urn:x is not the one bound", "a reader would see it as new"),
        ("DELETE FROM topic_feed", "libya (unique) has ledger rows and no feed", "its id is lost"),
        ("DELETE FROM observation", "was seen in no source", "an article from nowhere"),
        (
            "INSERT INTO entry_id SELECT 3 - article_id, 'preserve', entry_id FROM entry_id",
            "stands for 2 articles",
            "an id is one article's under every policy",
        ),
        ("DELETE FROM article WHERE id IN (SELECT article_id FROM ledger)", "has no article", "a row without a text"),
        (
            "DELETE FROM article WHERE id IN (SELECT article_id FROM ledger)",
            "belongs to a row of article that is not there",
            "what the schema itself promises",
        ),
    ],
)
def test_every_broken_promise_is_a_line_and_exit_1(desk: Path, breach: str, told: str, why: str) -> None:
    engine = create_engine(f"sqlite:///{desk / 'store.db'}")
    with engine.begin() as connection:
        assert connection.execute(text(breach)).rowcount > 0
    engine.dispose()
    done = invoke(desk, "db", "check", "--json")
    assert done.code == 1
    assert any(told in row["problem"] for row in done.objects), why
    assert invoke(desk, "db", "check").code == 1


def test_a_damaged_file_is_told(desk: Path) -> None:
    file = desk / "store.db"
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        root = connection.execute(
            text("SELECT rootpage FROM sqlite_master WHERE name = 'ix_ledger_article_id'")
        ).scalar_one()
        page_size = connection.execute(text("PRAGMA page_size")).scalar_one()
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    content = bytearray(file.read_bytes())
    # The index says that it has no entry at all: two bytes of its page's head.
    at = (root - 1) * page_size + 3
    content[at : at + 2] = b"\0\0"
    file.write_bytes(content)
    done = invoke(desk, "db", "check")
    assert (done.code, "the file is damaged" in done.out) == (1, True)


def test_a_table_that_cannot_be_read_is_told(desk: Path) -> None:
    file = desk / "store.db"
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        root = connection.execute(text("SELECT rootpage FROM sqlite_master WHERE name = 'ledger'")).scalar_one()
        page_size = connection.execute(text("PRAGMA page_size")).scalar_one()
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    content = bytearray(file.read_bytes())
    content[(root - 1) * page_size : root * page_size] = bytes(page_size)
    file.write_bytes(content)
    done = invoke(desk, "db", "check")
    assert (done.code, "the store cannot be read to its end" in done.out) == (1, True)


# -- health


@pytest.mark.parametrize(
    ("status", "expected"), [(200, (0, "ok\n")), (503, (1, "not ready (503): no tick for 90 s\n"))]
)
def test_the_daemon_is_asked_where_it_serves(tmp_path: Path, status: int, expected: tuple[int, str]) -> None:
    with serve({"/readyz": Reply(b"no tick for 90 s\n", status=status)}) as server:
        configure(tmp_path)
        file = tmp_path / "config.toml"
        file.write_text(CONFIG.replace('listen = ""', f'listen = "0.0.0.0:{server.port}"'), "utf-8")
        done = invoke(tmp_path, "healthcheck")
    assert (done.code, done.out) == expected


def test_nobody_there_is_unhealthy(tmp_path: Path) -> None:
    with serve({}) as server:
        port = server.port
    configure(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG.replace('listen = ""', f'listen = "127.0.0.1:{port}"'), "utf-8")
    done = invoke(tmp_path, "healthcheck")
    assert (done.code, f"nobody answers on 127.0.0.1:{port}" in done.out) == (1, True)


@pytest.mark.parametrize(
    ("due", "code", "why"),
    [
        (timedelta(minutes=5), 0, "not due yet"),
        (timedelta(minutes=-5), 0, "a busy host makes a source wait"),
        (timedelta(hours=-2), 1, "nobody has looked for two hours"),
    ],
)
def test_without_web_an_overdue_source_tells_that_nothing_polls(
    desk: Path, due: timedelta, code: int, why: str
) -> None:
    store = Store(f"sqlite:///{desk / 'store.db'}")
    now = clock()
    with store.batch() as batch:
        batch.save_source_state(SourceState(source_id="wire", next_poll_at=now + timedelta(hours=1)))
        batch.save_source_state(SourceState(source_id="harbour", next_poll_at=now + due))
    store.close()
    done = invoke(desk, "healthcheck")
    assert done.code == code, why
    assert done.out == ("ok\n" if code == 0 else "nothing polls: harbour was due 2h ago\n")


def test_a_store_that_was_never_polled_is_unhealthy(tmp_path: Path) -> None:
    configure(tmp_path)
    invoke(tmp_path, "db", "upgrade")
    assert invoke(tmp_path, "healthcheck").out == "no source was ever polled\n"


def test_the_status_fits_80_columns_whatever_is_in_it(desk: Path) -> None:
    long = "l" + "ong" * 20
    config = desk / "config.toml"
    config.write_text(config.read_text("utf-8").replace('id = "harbour"', f'id = "{long}"'), "utf-8")
    store = Store(f"sqlite:///{desk / 'store.db'}")
    with store.batch() as batch:
        note = "no complete answer from example.org within 20 s; " * 5
        batch.save_source_state(SourceState(source_id=long, last_poll_at=clock(), failures=2, last_error=note))
    store.close()
    for command in (("status",), ("sources", "list")):
        done = invoke(desk, *command)
        assert done.code == 0
        lines = done.out.splitlines()
        assert max(map(len, lines)) <= 80
        assert any(line.split() == ["source", "health", "polled", "next", *line.split()[4:]] for line in lines)
        assert long in "".join(done.out.split())
    assert "topic libya: 1 live" in invoke(desk, "status").out
