"""`articles` and `seeds`: what is stored, by topic, source, query and time; the export against the schema that ships."""

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from aggregator.cli.app import json_line
from aggregator.cli.articles import export, export_schema, since_instant
from aggregator.model.desk import Word
from aggregator.pipeline import index_all
from aggregator.storage import Store
from tests.commands import configure, invoke, run_once, typed
from tests.desk import desk as open_desk
from tests.json_schema import breaches
from tests.loopback import Reply, serve
from tests.make import NOW, source, topic

EVERYTHING = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour</title><id>urn:example:feed</id>
<updated>2026-03-01T10:00:00Z</updated><rights>All theirs</rights><link rel="self" href="https://example.org/feed"/>
<author><name>The harbour</name><uri>https://example.org/</uri></author>
<entry><id>urn:example:1</id><title>A ship comes in</title><published>2026-03-01T09:00:00+02:00</published>
<updated>2026-03-01T10:00:00Z</updated><link href="https://example.org/1?utm_source=x"/>
<link rel="enclosure" href="https://example.org/ship.jpg" type="image/jpeg" length="120"/>
<category term="ships" scheme="https://example.org/tags" label="Ships"/>
<author><name>A. Writer</name><email>a@example.org</email></author>
<summary>A ship.</summary><content type="html">&lt;p&gt;A ship came in this morning, and another left.&lt;/p&gt;</content></entry>
<entry><id>urn:example:2</id><title>No more than a headline</title><updated>2026-03-01T10:00:00Z</updated></entry></feed>
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has run once; nobody writes into it."""
    folder = tmp_path_factory.mktemp("desk")
    configure(folder)
    run_once(folder)
    store = Store(f"sqlite:///{folder / 'store.db'}")
    index_all(store)
    store.close()
    return folder


def headlines(folder: Path, *arguments: str) -> list[str]:
    return [row["headline"].split()[0] for row in invoke(folder, "articles", "list", "--json", *arguments).objects]


def test_the_list_is_newest_first_and_brief(desk: Path) -> None:
    talks, harvest = invoke(desk, "articles", "list", "--json").objects
    assert [talks["effective"], harvest["effective"]] == ["2020-11-25T12:00:00Z", "2020-10-03T12:00:00Z"]
    assert (talks["sources"], talks["topics"], talks["language"]) == (["wire"], ["libya"], "en")
    shown = invoke(desk, "articles", "list").out
    assert shown.startswith(f"2020-11-25 12:00  {talks['uri'][9:17]}  Envoys agree")
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--topic", "libya"), ["Envoys"]),
        (("--source", "wire"), ["Envoys", "Date"]),
        (("--source", "harbour"), []),
        (("--query", "dates OR harvest"), ["Date"]),
        (("--query", "source:wire NOT talks"), ["Date"]),
        (("--since", "2020-11-01"), ["Envoys"]),
        (("--since", "7d"), []),
        (("--limit", "1"), ["Envoys"]),
        (("--topic", "libya", "--query", "harvest"), []),
    ],
)
def test_what_is_asked_for_is_listed(desk: Path, arguments: tuple[str, ...], expected: list[str]) -> None:
    assert headlines(desk, *arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--topic", "libia"), "no topic 'libia'; there are: libya"),
        (("--source", "wires"), "no source 'wires'"),
        (("--query", "(talks"), "never closed"),
        (("--since", "soon"), "neither a duration such as 7d nor a day"),
    ],
)
def test_what_is_asked_wrongly_is_told(desk: Path, arguments: tuple[str, ...], message: str) -> None:
    for command in ("list", "export"):
        done = invoke(desk, "articles", command, *arguments)
        assert (done.code, message in done.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-02-01", datetime.fromisoformat("2026-02-01T00:00:00+00:00")),
        ("2026-02-01T10:00:00+02:00", datetime.fromisoformat("2026-02-01T08:00:00+00:00")),
    ],
)
def test_since_is_a_span_or_a_day(text: str, expected: datetime) -> None:
    assert since_instant(text, NOW) == expected


def test_since_says_what_it_takes() -> None:
    with pytest.raises(typer.BadParameter, match="7d"):
        since_instant("yesterday", NOW)


def test_an_article_is_shown_with_all_that_is_known(desk: Path) -> None:
    shown = invoke(desk, "articles", "show", "talks.txt").out
    for part in (
        "Envoys agree on a date for talks on Libya, minister says",
        "agency      Desk",
        "dateline    CAIRO, November 25, 2020. /DESK/.",
        "written     2020-11-25",
        "effective   2020-11-25 12:00 (published)",
        "rights      full",
        "wire: 2026-03-01 12:00 to 2026-03-01 12:00  talks.txt",
        "matches libya, score 6.5: talks, libya",
        "live in libya (unique) since 2026-03-01 12:00: its source announces all",
        "The foreign minister of Egypt told his Libyan counterpart",
    ):
        assert part in shown, part
    (whole,) = invoke(desk, "articles", "show", "talks.txt", "--json").objects
    ledger = whole.pop("ledger")
    assert (whole.pop("copies"), whole.pop("originator")["id"], whole.pop("decisions")) == ([], "desk", [])
    assert (whole.pop("reports"), whole.pop("replaced")) == (None, [])
    assert [(row["topic"], row["state"]) for row in ledger] == [("libya", "live")]
    assert whole in invoke(desk, "articles", "export").objects
    assert invoke(desk, "articles", "show", "none.txt").code == 2


@pytest.mark.parametrize("folder", ["in", "./in/../in", ""])
def test_a_document_is_named_by_its_path_as_the_shell_completes_it(desk: Path, folder: str) -> None:
    path = f"{folder or desk / 'in'}/talks.txt"
    assert typed(desk, "articles", "show", path).out.startswith("Envoys agree")
    assert typed(desk, "topics", "why", "libya", path).code == 0
    assert typed(desk, "articles", "show", "./talks.txt").code == 2, "another folder's file"


def test_the_export_goes_to_a_file_whole(desk: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    done = invoke(desk, "articles", "export", "--output", str(file))
    assert done.out == f"2 articles written to {file}\n"
    assert file.read_text("utf-8") == invoke(desk, "articles", "export").out
    assert list(tmp_path.iterdir()) == [file]
    assert len(invoke(desk, "articles", "export", "--query", "harvest").objects) == 1
    nowhere = invoke(desk, "articles", "export", "--output", str(tmp_path / "none" / "out.jsonl"))
    assert (nowhere.code, "cannot be written: No such file" in nowhere.err) == (1, True)


def test_the_schema_of_the_export_is_printed_without_a_store(tmp_path: Path) -> None:
    assert json.loads(invoke(tmp_path, "articles", "export", "--schema").out) == json.loads(export_schema())


def exported(tmp_path: Path) -> list[dict[str, Any]]:
    """Articles with everything a feed can give, and with next to nothing."""
    reply = Reply(EVERYTHING.encode(), headers={"Content-Type": "application/atom+xml"})
    with serve({"/feed": reply}) as server:
        feed = source(url=server.url("/feed"), id="harbour")
        with open_desk(tmp_path, sources=(feed,), topics=(topic(query="ship OR headline"),)) as work:
            work.run()
            return [json.loads(json_line(export(view))) for view in work.articles()]


def test_every_export_fits_the_schema_that_ships(desk: Path, tmp_path: Path) -> None:
    schema = json.loads(export_schema())
    articles = invoke(desk, "articles", "export").objects + exported(tmp_path)
    assert len(articles) == 4
    for article in articles:
        assert breaches(article, schema) == [], article["headline"]
    kinds = {key: {type(article[key]).__name__ for article in articles} for key in ("agency", "media", "updated")}
    assert kinds == {"agency": {"dict", "NoneType"}, "media": {"list"}, "updated": {"dict", "NoneType"}}
    assert any(article["media"] for article in articles)
    assert any(article["categories"] for article in articles)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"headline": None}, ".headline: None is no string"),
        ({"extra": 1}, ".extra: is not named by the schema"),
        ({"first_seen": "today"}, ".first_seen: 'today' is no instant"),
        ({"uri": "47"}, ".uri: '47' does not match"),
        ({"content_completeness": "half"}, ".content_completeness: 'half' is none of"),
        ({"topics": [{}]}, ".topics[0].topic: is missing"),
        ({"by": {}}, ".by: {} is no array"),
    ],
)
def test_what_does_not_fit_the_schema_is_noticed(desk: Path, change: dict[str, Any], told: str) -> None:
    article = invoke(desk, "articles", "export").objects[0] | change
    assert breaches(article, json.loads(export_schema()))[0].startswith(told)


def test_documents_are_listed_with_their_evidence_in_80_columns(desk: Path) -> None:
    shown = invoke(desk, "seeds", "list").out
    assert "talks.txt: Envoys agree on a date for talks on Libya, minister says" in shown
    assert "    Cairo, Desk, 2020-11-25, en" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert {row["path"] for row in invoke(desk, "seeds", "list", "--json").objects} == {"talks.txt", "harvest.txt"}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A desk of the test's own."""
    configure(tmp_path)
    run_once(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["talks.txt", "in/talks.txt"])
def test_a_date_is_written_down_for_whoever_publishes(own: Path, name: str) -> None:
    file = str(own / name) if "/" in name else name
    dry = invoke(own, "seeds", "date", file, "2021-11-25", "--dry-run")
    assert (dry.code, "2020-11-25 -> 2021-11-25" in dry.out) == (0, True)
    done = invoke(own, "seeds", "date", file, "2021-11-25", "--by", "A. Editor", "--reason", "printed so")
    assert done.code == 0
    store = Store(f"sqlite:///{own / 'store.db'}")
    with store.batch() as batch:
        (decision,) = batch.desk.open()
    store.close()
    (article,) = (row for row in invoke(own, "articles", "export").objects if row["headline"].startswith("Envoys"))
    assert (decision.word, decision.article_uri, decision.day) == (Word.DATE, article["uri"], date(2021, 11, 25))
    assert (decision.by, decision.reason) == ("A. Editor", "printed so")


@pytest.mark.parametrize(
    ("file", "day", "message"),
    [("none.txt", "2021-01-01", "no document 'none.txt' was read"), ("talks.txt", "25 November", "is no day")],
)
def test_a_date_for_nothing_or_of_no_day_is_refused(desk: Path, file: str, day: str, message: str) -> None:
    done = invoke(desk, "seeds", "date", file, day)
    assert (done.code, message in done.err) == (2, True)


def test_a_document_of_several_articles_has_no_one_date(own: Path) -> None:
    (own / "in" / "feed.xml").write_text(EVERYTHING, "utf-8")
    stamp = (own / "in" / "talks.txt").stat().st_mtime
    os.utime(own / "in" / "feed.xml", (stamp, stamp))
    run_once(own)
    done = invoke(own, "seeds", "date", "feed.xml", "2021-01-01")
    assert (done.code, "holds 2 articles" in done.err) == (1, True)


def test_a_source_that_left_keeps_its_articles(own: Path) -> None:
    config = own / "config.toml"
    config.write_text(config.read_text("utf-8").replace('id = "wire"', 'id = "other"'), "utf-8")
    assert headlines(own, "--source", "wire") == ["Envoys", "Date"]


def test_articles_are_found_by_their_words_in_any_inflection(desk: Path) -> None:
    assert headlines(desk, "--search", "envoy agreeing") == ["Envoys"]
    assert headlines(desk, "--search", '"good harvests"') == ["Date"]
    assert headlines(desk, "--search", "dates -envoys") == ["Date"]
    assert headlines(desk, "--search", "weather") == []
    assert [row["headline"] for row in invoke(desk, "articles", "export", "--search", "oasis").objects] == [
        "Date growers expect a good harvest"
    ]


def test_a_search_for_nothing_is_wrong_usage(desk: Path) -> None:
    done = invoke(desk, "articles", "list", "--search", "-envoys")
    assert (done.code, "say at least one word to look for" in done.err) == (2, True)
