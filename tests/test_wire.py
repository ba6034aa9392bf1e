"""Local documents: each `tests/wire/NAME.txt` (with `NAME.toml` beside it) is read as `NAME.json` says."""

import json
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aggregator.datelines.grammar import match_dateline
from aggregator.datelines.vocabulary import vocabulary_of
from aggregator.errors import UnreadableDocument
from aggregator.model.fetch import Document, Sidecar
from aggregator.model.parsed import DatelinePrint, Entry, OriginSource, ParsedFeed, TextType
from aggregator.model.source import AgencyName
from aggregator.parse.wire import parse_wire
from aggregator.parse.wire.lines import is_timestamp
from aggregator.text import folded

CASES = sorted((Path(__file__).parent / "wire").glob("*.json"))
AGENCIES_FILE = Path(__file__).parents[1] / "aggregator" / "datelines" / "agencies.toml"
SHIPPED = tuple(
    AgencyName(id=row["id"], name=row["name"], forms=tuple(row["forms"]))
    for row in tomllib.loads(AGENCIES_FILE.read_text("utf-8"))["agencies"]
)
AGENCIES = (AgencyName(id="desk", name="Desk", forms=("DESK", "ديسك")), *SHIPPED)


def _parse(expectation: Path) -> ParsedFeed:
    text, toml = expectation.with_suffix(".txt"), expectation.with_suffix(".toml")
    sidecar = Sidecar(name=toml.name, body=toml.read_bytes()) if toml.exists() else None
    return parse_wire(Document(key=text.name, body=text.read_bytes(), sidecar=sidecar, digest=b""), AGENCIES)


def _dateline(dateline: DatelinePrint | None, expected: dict[str, Any] | None) -> dict[str, Any] | None:
    if dateline is None or expected is None:
        return None if dateline is None else {"unexpected": dateline.raw}
    seen = {name: getattr(dateline, name) for name in expected}
    return seen | {"places": list(dateline.places)}


def _seen(parsed: ParsedFeed, entry: Entry, expected: dict[str, Any]) -> dict[str, Any]:
    """What was read, in the shape of the expectation; only what it names."""
    assert entry.title is not None
    assert entry.content is not None
    assert entry.wire is not None
    seen = {
        "headline": entry.title.value,
        "standfirst": entry.summary.value if entry.summary else None,
        "body": entry.content.value,
        "dateline": _dateline(entry.wire.dateline, expected.get("dateline")),
        "link": entry.link,
        "language": entry.language,
        "authors": [author.name for author in entry.authors],
        "credit_line": entry.wire.credit_line,
        "timestamp_lines": list(entry.wire.timestamp_lines),
        "dropped_lines": list(entry.wire.dropped_lines),
        "declared": {name: getattr(entry.wire.declared, name) for name in expected.get("declared", {})},
        "defects": [defect.detail for defect in parsed.defects],
    }
    return {name: value for name, value in seen.items() if name in expected}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_document_is_read_as_its_expectation_says(path: Path) -> None:
    expected = json.loads(path.read_text("utf-8"))
    why = expected.pop("why")
    if "unreadable" in expected:
        with pytest.raises(UnreadableDocument) as refused:
            _parse(path)
        assert expected["unreadable"] in str(refused.value), why
        return
    parsed = _parse(path)
    seen = _seen(parsed, parsed.entries[0], expected)
    defects = expected.pop("defects", [])
    assert [
        detail for detail, begins in zip(seen.pop("defects", []), defects, strict=True) if begins not in detail
    ] == [], why
    assert seen == expected, why


def test_a_document_is_one_plain_entry_of_a_feed_without_a_head() -> None:
    parsed = _parse(CASES[0].with_name("tass_with_standfirst.json"))
    (entry,) = parsed.entries
    assert (parsed.document, parsed.format, parsed.head) == ("tass_with_standfirst.txt", "wire", OriginSource())
    assert entry.guid is None
    assert entry.published is None
    assert entry.content is not None
    assert entry.content.type is TextType.PLAIN


def test_every_case_has_a_text_and_a_reason() -> None:
    assert len(CASES) > 40
    assert [path.name for path in CASES if not path.with_suffix(".txt").exists()] == []
    assert [path.name for path in CASES if not json.loads(path.read_text("utf-8")).get("why")] == []


DATELINES = [
    ("NEW YORK (AP) — Text follows.", (("NEW YORK",), None, None, "ap"), "no date at all"),
    ("Paris (ats afp) Les quais ouvrent.", (("Paris",), None, None, "ats"), "two agencies, no separator"),
    ("MUMBAI, India, July 25, 2018/PRNewswire-AsiaNet/", (("MUMBAI, India",), 7, 25, "prnewswire"), "no space before the slash"),
    ("Jan. 12 (BusinessDesk) - Text", ((), 1, 12, "businessdesk"), "no place"),
    ("RIO DE JANEIRO, 10 août (Xinhua) -- Text", (("RIO DE JANEIRO",), 8, 10, "xinhua"), "particles are small"),
    ("Al-Bayda, 1er déc. 2020 (AFP) - Text", (("Al-Bayda",), 12, 1, "afp"), "French ordinal"),
    ("GENEVA, Nov 25 /TASS Correspondent Ann Quay/. Text", (("GENEVA",), 11, 25, "tass"), "correspondent behind the agency"),
    ("КИЕВ, 30 июн - РИА Новости, Иван Причалов. Текст", (("КИЕВ",), 6, 30, "ria"), "reporter behind the agency"),
    ("الدوحة في 25 نوفمبر /قنا/ نص", (("الدوحة",), 11, 25, "qna"), "slashes in Arabic"),
    ("تونس 3 جانفي (وات) - نص", (("تونس",), 1, 3, "tap"), "Tunisian month"),
    ("MOSCOW, November 31. /TASS/. Text", (("MOSCOW",), 11, 31, "tass"), "an impossible day is printed all the same"),
    ("MOSCOW, November 45. /TASS/. Text", None, "no day at all"),
    ("The Associated Press (AP) - an agency - said so.", None, "the agency is the subject"),
    ("Tuesday (Reuters) - Text", ((), None, None, "reuters"), "a weekday is no place"),
    ("President Ivanov of the port said on Nov 25 (TASS) - so", None, "small words: a sentence"),
    ("He read \"Nova\" in Rome. AP. Then he left.", None, "between full stops only with a date"),
]  # fmt: skip


@pytest.mark.parametrize(("paragraph", "expected", "why"), DATELINES)
def test_dateline_grammar(
    paragraph: str, expected: tuple[tuple[str, ...], int | None, int | None, str] | None, why: str
) -> None:
    found = match_dateline(paragraph, vocabulary_of(AGENCIES))
    printed = found.printed if found else None
    seen = (printed.places, printed.month, printed.day, printed.agency_id) if printed else None
    assert seen == expected, why


STAMPS = [
    ("25 NOV, 14:32", True),
    ("Updated at: 25 November 2020, 10:00 GMT", True),
    ("Опубликовано 25 ноября 2020 г. в 14:32", True),
    ("Publié le 16/01/2020 à 12h00", True),
    ("نشر في ٢٥ نوفمبر ٢٠٢٠ الساعة 14:32", True),
    ("Harbour News | 25.11.2020", True),
    ("Talks on November 25 in Cairo", False),
    ("2020", False),
    ("May the quays open", False),
]


@pytest.mark.parametrize(("line", "expected"), STAMPS)
def test_a_stamp_is_a_line_of_nothing_but_time(line: str, expected: bool) -> None:
    assert is_timestamp(line) is expected


def test_shipped_agencies_are_unique_and_each_form_is_of_one() -> None:
    ids = [agency.id for agency in SHIPPED]
    owners: dict[str, set[str]] = {}
    for agency in SHIPPED:
        for form in agency.forms:
            owners.setdefault(folded(form), set()).add(agency.id)
    assert len(ids) == len(set(ids))
    assert {form: sorted(names) for form, names in owners.items() if len(names) > 1} == {}
    assert "" not in owners


def test_the_users_form_beats_the_shipped_one() -> None:
    mine = AgencyName(id="mine", name="Mine", forms=("TASS",))
    found = match_dateline("MOSCOW, November 25. /TASS/. Text", vocabulary_of((mine, *SHIPPED)))
    assert found is not None
    assert found.printed.agency_id == "mine"


HOSTILE = {
    "brackets": "(" * 200_000,
    "slashes": "/ a" * 100_000,
    "one word": "a" * 500_000,
    "separators": "-----\nx\n\n" * 10_000,
    "short lines": "Share\n" * 20_000,
    "equal signs": "a =b" * 100_000,
    "dots": "Read also: " + ". " * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_no_longer_than_their_length(name: str) -> None:
    body = f"Old harbour to open two quays\n\n{HOSTILE[name]}\n\n{HOSTILE[name]}".encode()
    started = time.monotonic()
    with suppress(UnreadableDocument):
        parse_wire(Document(key="x.txt", body=body, digest=b""), AGENCIES)
    assert time.monotonic() - started < 3
