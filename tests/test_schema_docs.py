"""docs/schema.md tells every field of the model and every key that is exported, and names none that is not there."""

import json
import re
from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest

from aggregator.cli.articles import Format, _row_as_json, export_schema
from aggregator.cli.decisions import decision_as_json
from aggregator.model import article, desk, identity, ledger, parsed, source, topic
from tests.make import NOW, URI, ledger_row
from tests.program import ROOT

PAGE = (ROOT / "docs" / "schema.md").read_text("utf-8")
TYPES: tuple[type[Any], ...] = (
    article.StoredArticle,
    article.Owner,
    article.Article,
    article.PartialDate,
    article.Clue,
    article.Dateline,
    article.Place,
    article.Agency,
    article.Publisher,
    article.Language,
    article.Media,
    article.Rights,
    parsed.Person,
    parsed.Category,
    parsed.OriginSource,
    parsed.Relay,
    identity.Observation,
    topic.Match,
    topic.Evidence,
    desk.Decision,
    ledger.LedgerRow,
)
WORDS: tuple[type[StrEnum], ...] = (
    article.Precision,
    article.ZoneBasis,
    article.Completeness,
    article.LanguageBasis,
    article.EffectiveBasis,
    source.Republish,
    source.Announce,
    parsed.MediaRole,
    desk.Word,
    topic.Grain,
    topic.IdPolicy,
    ledger.RowState,
)
# Their fields are keys of the exported line itself.
FLAT = ("StoredArticle", "Article", "Language", "Only in the export")
FIELD = re.compile(r"\| `(\w+)`(?:, (?:exported as `(\w+)`|(not exported|only in the export)))? \|")


def section(heading: str) -> str:
    """What stands between the heading and the next."""
    found = re.search(rf"^##+ {heading}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/schema.md has no section {heading}"
    return found[1]


def rows(heading: str) -> list[re.Match[str]]:
    """Field, the key that it is exported as, and what is said of its export."""
    return [match for line in section(heading).splitlines() if (match := FIELD.match(line))]


def exported(heading: str) -> set[str]:
    return {row[2] or row[1] for row in rows(heading) if row[3] != "not exported"}


def documented(heading: str) -> set[str]:
    return {row[1] for row in rows(heading) if row[3] != "only in the export"}


@pytest.mark.parametrize("described", TYPES, ids=lambda one: one.__name__)
def test_every_field_of_the_model_is_documented(described: type[Any]) -> None:
    assert documented(described.__name__) == {field.name for field in fields(described)}


@pytest.mark.parametrize("described", TYPES, ids=lambda one: one.__name__)
def test_every_field_has_its_type_its_absence_and_its_origin(described: type[Any]) -> None:
    for line in section(described.__name__).splitlines():
        if FIELD.match(line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 5, line
            assert all(cells[place] for place in (1, 2, 4)), line


@pytest.mark.parametrize("words", WORDS, ids=lambda one: one.__name__)
def test_every_word_is_documented(words: type[StrEnum]) -> None:
    (row,) = re.findall(rf"^\| {words.__name__} \| (.*) \|$", section("Words"), re.MULTILINE)
    said = re.findall(r"`(\w+)`(?=[:,;]| |$)", row)
    assert [word for word in words if word.value not in said] == []


def test_every_key_of_the_export_is_documented() -> None:
    schema = json.loads(export_schema())
    assert {key for heading in FLAT for key in exported(heading)} == set(schema["properties"])
    for name, inner in schema["$defs"].items():
        if "properties" in inner:
            assert exported(name) == set(inner["properties"]), name


def test_every_key_of_the_desks_log_and_of_the_ledger_is_documented() -> None:
    said = desk.Decision(number=1, word=desk.Word.KILL, article_uri=URI, by="maria", decided_at=NOW)
    assert exported("Decision") == set(decision_as_json(said))
    assert exported("LedgerRow") == set(_row_as_json(ledger_row()))


def keys(text: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def test_every_key_for_others_is_documented() -> None:
    assert keys(section("ninjs")) == set(json.loads(export_schema(Format.NINJS))["properties"])
    feed = json.loads(export_schema(Format.JSON_FEED))
    head, _, item = section("JSON Feed").partition("Of an item:")
    assert keys(head) == set(feed["properties"])
    assert keys(item) == set(feed["$defs"]["Item"]["properties"])
