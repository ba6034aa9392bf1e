"""Local documents of other kinds than text, from the folder to the article: identity, revisions, dates, what is not read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model.article import Precision
from aggregator.model.source import AgencyName
from aggregator.model.topic import Topic
from tests.desk import START, Desk, desk
from tests.documents import folder_source, write

# Left out of `make check`, which is to take 20 s.
pytestmark = pytest.mark.slow

EVERYTHING = Topic(id="everything", title="Everything", query="*")
AGENCY = AgencyName(id="desk", name="Desk", forms=("DESK",))
WORDS = "Envoys of {number} states met in the capital to talk about the road to elections, and agreed to meet again in {number} days."


def page(headline: str = "Talks resume", number: int = 7) -> str:
    text = (
        f"<h1>{headline}</h1><p>{WORDS.format(number=number)}</p><p>The hosts called the meeting useful and left.</p>"
    )
    return f"<html lang='en'><head><title>{headline}</title></head><body><article>{text}</article></body></html>"


def ninjs(guid: str, version: int = 1, number: int = 7, headline: str = "Talks resume") -> dict[str, object]:
    return {
        "uri": guid,
        "type": "text",
        "version": str(version),
        "headline": headline,
        "body_text": WORDS.format(number=number),
        "firstcreated": "2026-02-28T09:00:00Z",
        "versioncreated": f"2026-02-28T{9 + version:02}:00:00Z",
    }


def write_json(folder: Path, name: str, value: object, at: datetime = START - timedelta(minutes=5)) -> None:
    write(folder, name, json.dumps(value), at)


def run(at: Desk) -> None:
    at.now += timedelta(hours=1)
    at.run()


def versions(at: Desk) -> dict[str, int]:
    return {view.stored.article.headline: view.stored.version for view in at.articles()}


def move(folder: Path) -> None:
    (folder / "2026").mkdir()
    (folder / "a.html").rename(folder / "2026" / "b.html")


def edit(folder: Path) -> None:
    write(folder, "a.html", page(number=9), START)


def change_what_stands_around(folder: Path) -> None:
    menu = "<body><nav><ul><li><a href='/new'>A new rubric</a></li></ul></nav>"
    write(folder, "a.html", page().replace("<body>", menu), START)


@pytest.mark.parametrize(("deed", "version"), [(move, 1), (edit, 2), (change_what_stands_around, 1)])
def test_what_happens_to_a_page_happens_to_one_article(
    tmp_path: Path, deed: Callable[[Path], None], version: int
) -> None:
    folder = tmp_path / "in"
    write(folder, "a.html", page())
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,)) as at:
        at.run()
        deed(folder)
        run(at)
        assert versions(at) == {"Talks resume": version}


def test_the_next_version_of_an_item_in_a_file_of_its_own_is_a_revision(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_json(folder, "item-1.json", ninjs("urn:x:1"))
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,)) as at:
        at.run()
        write_json(folder, "item-2.json", ninjs("urn:x:1", version=2, number=9, headline="Talks resume again"))
        run(at)
        (view,) = at.articles()
    assert (view.stored.version, view.stored.article.headline) == (2, "Talks resume again")
    assert "9 states" in view.stored.article.body_text


def test_another_item_under_the_same_path_is_another_article(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_json(folder, "latest.json", ninjs("urn:x:1"))
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,)) as at:
        at.run()
        write_json(folder, "latest.json", ninjs("urn:x:2", number=9, headline="Wheat arrives"), START)
        run(at)
        assert versions(at) == {"Talks resume": 1, "Wheat arrives": 1}


def test_several_items_in_one_file_are_several_articles_wherever_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    first, second = ninjs("urn:x:1"), ninjs("urn:x:2", number=4, headline="Wheat arrives")
    write_json(folder, "all.json", [first, second])
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,)) as at:
        at.run()
        (folder / "all.json").unlink()
        write_json(folder, "moved.json", [ninjs("urn:x:1", version=2, number=9), second])
        run(at)
        assert versions(at) == {"Talks resume": 2, "Wheat arrives": 1}


def test_what_cannot_be_read_is_listed_with_its_reason_and_disturbs_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder, "empty.html", "<html><body></body></html>")
    write(folder, "words.eml", "Words without a header.\n")
    write(folder, "package.xml", '<packageItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:x:1"/>')
    write_json(folder, "settings.json", {"name": "settings"})
    write(folder, "good.html", page())
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,)) as at:
        at.run()
        with at.store.read() as reader:
            listed = {
                row.key: (row.status, (row.reason or "").partition(":")[0]) for row in reader.documents(["folder"])
            }
    assert listed == {
        "empty.html": ("failed", "the page has 0 characters of text, 80 are wanted"),
        "good.html": ("read", ""),
        "package.xml": ("failed", "an item of the kind 'packageitem'"),
        "settings.json": ("failed", "JSON, but neither a JSON Feed nor a ninjs item"),
        "words.eml": ("failed", "not a mail"),
    }


def test_a_mail_carries_what_its_headers_say(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    mail = (
        "From: The Coast Letter <news@letters.example>\nSubject: Envoys agree\nDate: Sat, 28 Feb 2026 10:30:00 +0200\n"
    )
    write(
        folder,
        "a.eml",
        f"{mail}Message-ID: <1@letters.example>\n\nTRIPOLI, February 28. /DESK/. {WORDS.format(number=7)}\n",
    )
    with desk(tmp_path, sources=(folder_source(folder),), topics=(EVERYTHING,), agencies=(AGENCY,)) as at:
        at.run()
        (view,) = at.articles()
        feed = at.feed("everything")
    article = view.stored.article
    assert article.published is not None
    assert (article.published.value, article.published.precision) == (
        datetime(2026, 2, 28, 8, 30, tzinfo=UTC),
        Precision.SECOND,
    )
    assert article.agency is not None
    assert article.agency.id == "desk"
    assert article.dateline is not None
    assert [place.name for place in article.dateline.places] == ["Tripoli"]
    assert article.publisher.name == "The Coast Letter"
    assert article.body_text.startswith("Envoys of 7 states")
    assert b"news@letters.example" not in feed
