"""Every document in tests/feeds is read as the expectation beside it says: NAME.xml and NAME.json, found by glob."""

import json
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import NotAFeed
from aggregator.model.fetch import Document
from aggregator.model.parsed import ParsedFeed
from aggregator.parse.feeds import parse_feed

CASES = sorted((Path(__file__).parent / "feeds").glob("*.json"))


def read(body: bytes, url: str | None = None, content_type: str | None = None) -> ParsedFeed:
    digest = blake2b(body, digest_size=16).digest()
    return parse_feed(Document(key="feed", body=body, content_type=content_type, digest=digest), url)


def picked(actual: Any, expected: Any) -> Any:
    """What of `actual` the expectation speaks of; a list as a whole, so that its length counts."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: picked(actual[name], value) for name, value in expected.items()}
    if isinstance(expected, list) and isinstance(actual, tuple | list):
        pairs = zip(actual, [*expected, *[None] * len(actual)], strict=False)
        return [picked(value, wanted) for value, wanted in pairs]
    return actual


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_document_reads_as_expected(case: Path) -> None:
    wanted = json.loads(case.read_text(encoding="utf-8"))
    body = case.with_suffix(".xml").read_bytes()
    if "not_a_feed" in wanted:
        with pytest.raises(NotAFeed) as caught:
            read(body, wanted.get("url"))
        assert str(caught.value) == wanted["not_a_feed"], wanted["why"]
        return
    parsed = asdict(read(body, wanted.get("url")))
    assert picked(parsed, wanted["expect"]) == wanted["expect"], wanted["why"]


def test_every_document_has_an_expectation() -> None:
    documents = {path.stem for path in CASES[0].parent.glob("*.xml")}
    assert documents == {path.stem for path in CASES}
