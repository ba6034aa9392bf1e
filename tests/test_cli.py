"""The commands as a user types them: exit codes, what is printed, what stays untouched."""

import os
import shutil
from pathlib import Path

import pytest

from aggregator.storage import lock_file
from tests.commands import typed
from tests.loopback import Reply, serve
from tests.program import ROOT, run

pytestmark = pytest.mark.slow

TASS_LIKE = """All news

Envoys agree on a date for talks on Libya, minister says

The ministers of two states met on the sidelines of a conference

CAIRO, November 25. /TASS/. Egypt's foreign minister told his Libyan counterpart that the talks would resume in Cairo.

In spring 2019 the talks had broken off. In early September they began again, and on October 23 a ceasefire was signed.
"""
CONFIG = """
[fetch]
allow_networks = ["127.0.0.0/8"]
[web]
listen = ""
[[topics]]
id = "libya-diplomacy"
title = "Libya diplomacy"
query = "pack:libya AND pack:diplomacy"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A desk with one wire text."""
    (tmp_path / "in").mkdir()
    text = tmp_path / "in" / "talks.txt"
    text.write_text(TASS_LIKE, "utf-8")
    os.utime(text, (1_700_000_000, 1_700_000_000))
    source = '[[sources]]\nid = "wire"\npath = "in"\nannounce = "all"\n'
    (tmp_path / "config.toml").write_text(CONFIG + source, "utf-8")
    return tmp_path


def test_a_wire_text_becomes_a_feed_and_nothing_changes_the_second_time(folder: Path) -> None:
    first = run(folder, "once")
    assert (first.code, "1 new articles" in first.out) == (0, True)
    feed = folder / "feeds" / "libya-diplomacy.atom"
    before, stamp = feed.read_bytes(), feed.stat().st_mtime_ns
    assert b"Envoys agree on a date" in before
    second = run(folder, "once", "--json")
    assert second.code == 0
    assert second.objects[-1] == {
        "feed": "libya-diplomacy",
        "changed": False,
        "written": False,
        "entries": 1,
        "added": [],
        "updated": [],
        "withdrawn": [],
        "left": [],
    }
    assert (feed.read_bytes(), feed.stat().st_mtime_ns) == (before, stamp)


def test_seeds_list_shows_what_was_read_with_its_evidence(folder: Path) -> None:
    (folder / "in" / "empty.txt").write_text("", "utf-8")
    os.utime(folder / "in" / "empty.txt", (1_700_000_000, 1_700_000_000))
    typed(folder, "once")
    failed, read = typed(folder, "seeds", "list", "--json").objects
    assert (failed["path"], failed["status"], failed["uri"]) == ("empty.txt", "failed", None)
    assert failed["reason"]
    assert (read["status"], read["headline"]) == ("read", "Envoys agree on a date for talks on Libya, minister says")
    assert read["standfirst"] == "The ministers of two states met on the sidelines of a conference"
    assert (read["dateline"]["places"][0]["name"], read["agency"]["id"], read["language"]) == ("Cairo", "tass", "en")
    assert read["date"]["value"] == "2020-11-25T12:00:00Z"
    assert (read["date"]["inferred"], read["date"]["confidence"]) == (["year"], 0.6)
    assert any("spring 2019" in clue["quote"] for clue in read["evidence"])
    assert read["topics"][0]["state"] == "live"
    shown = typed(folder, "seeds", "list").out
    assert "2020-11-25 (year inferred, confidence 0.6)" in shown
    assert "spring 2019" in shown


def test_topics_why_names_terms_with_offsets(folder: Path) -> None:
    typed(folder, "once")
    (why,) = typed(folder, "topics", "why", "libya-diplomacy", "talks.txt", "--json").objects
    assert why["matches"] is True
    headline = why["headline"]
    terms = {headline[one["start"] : one["end"]] for one in why["evidence"] if one["field"] == "headline"}
    assert "Libya" in terms
    assert why["state"] == "live"
    assert "announces all" in why["reason"]
    unknown = typed(folder, "topics", "why", "libya-diplomacy", "nothing.txt")
    assert (unknown.code, "no article 'nothing.txt'" in unknown.err) == (2, True)
    assert typed(folder, "topics", "why", "nothing", "talks.txt").code == 2


def test_the_export_has_every_key_of_the_interface(folder: Path) -> None:
    typed(folder, "once")
    (article,) = typed(folder, "articles", "export").objects
    promised = (
        "uri version url headline standfirst body_html body_text by dateline agency publisher content_created published "
        "updated first_seen effective language categories media observations copy_group story topics revisions"
    )
    assert set(promised.split()) <= set(article)
    assert article["topics"] == [{**article["topics"][0], "topic": "libya-diplomacy", "published": True}]
    date = {"value", "precision", "original", "basis", "inferred", "confidence", "candidates"}
    assert date <= set(article["content_created"])
    assert set(article["observations"][0]) == {"source", "guid", "link", "first_seen", "last_seen"}


def test_a_dry_run_shows_what_would_come_and_keeps_nothing(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    done = typed(folder, "once", "--dry-run")
    assert done.code == 0
    assert "libya-diplomacy.atom: 1 entries, 1 added" in done.out
    assert sorted(path.name for path in folder.iterdir()) == before
    typed(folder, "once")
    assert "unchanged" in typed(folder, "publish", "--dry-run").out


def test_five_mistakes_are_five_lines_and_exit_78(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        "[fetch]\n"
        'timeout = "soon"\n'
        "[[sources]]\n"
        'id = "Not A Slug"\n'
        'url = "htp://example.org/feed"\n'
        "[[topics]]\n"
        'id = "t"\n'
        'titel = "T"\n'
        'query = "(open"\n',
        "utf-8",
    )
    done = run(tmp_path, "check")
    lines = done.err.splitlines()
    assert done.code == 78
    assert done.out == ""
    assert [line.split(": ")[0] for line in lines if "title" not in line or "titel" in line] == [
        f"config.toml:{number}" for number in (2, 4, 5, 8, 9)
    ]
    assert "did you mean 'title'?" in done.err


def test_a_configuration_that_is_missing_says_where_it_was_looked_for(tmp_path: Path) -> None:
    done = run(tmp_path, "check", HOME=str(tmp_path), XDG_CONFIG_HOME="")
    assert done.code == 78
    assert "aggregator init" in done.err


def test_status_tells_each_source_and_is_unhealthy_when_none_works(folder: Path) -> None:
    never = typed(folder, "status")
    assert (never.code, "aggregator once" in never.err) == (1, True)
    with serve({"/gone": Reply(b"", status=410)}) as server:
        only = f'[[sources]]\nid = "gone"\nurl = "{server.url("/gone")}"\n'
        (folder / "other.toml").write_text(CONFIG + only, "utf-8")
        assert typed(folder, "--config", "other.toml", "once").code == 1
        done = typed(folder, "--config", "other.toml", "status", "--json")
    assert done.code == 1
    source, topic = done.objects
    assert (source["source"], source["health"], source["failures"]) == ("gone", "failing", 1)
    assert "410" in source["note"]
    assert topic["topic"] == "libya-diplomacy"
    typed(folder, "once")
    healthy = typed(folder, "status")
    assert healthy.code == 0
    assert "wire" in healthy.out


def test_strict_fails_where_any_source_failed(folder: Path) -> None:
    with serve({"/gone": Reply(b"", status=404)}) as server:
        with (folder / "config.toml").open("a", encoding="utf-8") as config:
            config.write(f'[[sources]]\nid = "gone"\nurl = "{server.url("/gone")}"\n')
        assert typed(folder, "once").code == 0
        assert typed(folder, "once", "--all", "--strict").code == 0, "not allowed again within the hour"
        assert typed(folder, "check", "--fetch").code == 0
        tried = typed(folder, "check", "--fetch", "--json").objects
    assert [(row["source"], row["ok"]) for row in tried] == [("wire", True), ("gone", False)]


def test_the_demo_needs_no_network(tmp_path: Path) -> None:
    done = run(tmp_path, "init", "desk", "--demo")
    assert done.code == 0
    desk = tmp_path / "desk"
    for path in (desk / "seeds").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert run(desk, "once").code == 0
    assert (desk / "feeds" / "libya-diplomacy.atom").read_bytes().count(b"<entry") == 7
    again = run(tmp_path, "init", "desk", "--demo")
    assert (again.code, "already" in again.err) == (1, True)


def test_a_new_configuration_is_right(tmp_path: Path) -> None:
    assert typed(tmp_path, "init").code == 0
    assert typed(tmp_path, "check").code == 0


def test_the_shipped_configuration_publishes_the_diplomatic_texts_and_not_the_others(tmp_path: Path) -> None:
    """The issue of this desk: seven texts match, football and the shipwreck do not; no source is asked."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    for path in (tmp_path / "seeds").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    text = (ROOT / "config.toml").read_text("utf-8")
    local = text.partition("# Public feeds.")[0] + "[[topics]]" + text.partition("[[topics]]")[2]
    (tmp_path / "config.toml").write_text(local, "utf-8")
    assert typed(tmp_path, "once").code == 0
    articles = typed(tmp_path, "articles", "export").objects
    published = {article["headline"] for article in articles if article["topics"]}
    kept_out = {article["headline"] for article in articles} - published
    assert len(published) == 7
    assert len(kept_out) == 2
    assert {article["language"] for article in articles} == {"en", "ru", "ar"}
    assert all(article["agency"]["id"] == "desk" for article in articles)
    assert all(article["content_created"]["value"].startswith("2020-") for article in articles)
    inferred = [article["headline"] for article in articles if article["content_created"]["inferred"]]
    assert inferred == ["Political dialogue forum meets near Tunis"]


def test_a_second_run_on_one_store_exits_75(folder: Path) -> None:
    with lock_file(folder / "var" / "aggregator.db.lock"):
        done = run(folder, "once")
        assert typed(folder, "once", "--dry-run").code == 0
    assert (done.code, "another aggregator" in done.err) == (75, True)


def test_help_and_version_answer(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").out.startswith("aggregator ")
    for command in ("init", "check", "once", "run", "serve", "publish", "status", "seeds", "topics", "articles"):
        assert typed(tmp_path, command, "--help").code == 0
    assert run(tmp_path, "nonsense").code == 2


def test_the_grain_of_a_published_feed_is_fixed(folder: Path) -> None:
    typed(folder, "once")
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace('id = "libya-', 'grain = "articles"\nid = "libya-'), "utf-8")
    for command in ("once", "check"):
        done = typed(folder, command)
        assert (done.code, "grain 'unique'" in done.err) == (78, True)


def test_a_further_grain_is_a_feed_of_its_own_and_keeps_its_file_when_it_leaves(folder: Path) -> None:
    config = folder / "config.toml"
    before = config.read_text("utf-8")
    config.write_text(before.replace('id = "libya-', 'also = ["stories", "unique"]\nid = "libya-'), "utf-8")
    assert typed(folder, "once").code == 0
    further = folder / "feeds" / "libya-diplomacy.stories.atom"
    assert b"Envoys agree on a date" in further.read_bytes()
    assert not (folder / "feeds" / "libya-diplomacy.unique.atom").exists()  # that is the default one
    config.write_text(before, "utf-8")
    assert "feed libya-diplomacy.stories was published and is not in `also`" in typed(folder, "check").err
    assert typed(folder, "once").code == 0
    assert further.exists()
    config.write_text(before.replace('id = "libya-', 'grain = "stories"\nid = "libya-'), "utf-8")
    assert typed(folder, "check").code == 78


def test_a_topic_that_left_the_configuration_is_told_by_check(folder: Path) -> None:
    typed(folder, "once")
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace('id = "libya-diplomacy"', 'id = "another"'), "utf-8")
    assert "topic libya-diplomacy was published" in typed(folder, "check").err


def test_a_folder_that_cannot_be_written_is_one_line_and_exit_1_and_made_good_later(folder: Path) -> None:
    (folder / "feeds").write_text("a file where the folder should be", "utf-8")
    done = run(folder, "-q", "once")
    assert (done.code, "Traceback" in done.err) == (1, False)
    assert "cannot write" in done.err
    assert "[publish] directory" in done.err
    (folder / "feeds").unlink()
    assert typed(folder, "once").code == 0
    assert b"Envoys agree on a date" in (folder / "feeds" / "libya-diplomacy.atom").read_bytes()
