"""What a page may show of a text: as much as its rights allow, with the matched words told apart."""

import pytest

from aggregator.model.article import Article, Completeness, Publisher, Rights
from aggregator.model.parsed import OriginSource
from aggregator.model.source import Republish
from aggregator.model.topic import Evidence
from aggregator.pages.marks import passages, shown_standfirst

SENTENCE = "Envoys met in the capital for two days and agreed on the next step of the plan. "
BODY = SENTENCE * 20


def article(
    republish: Republish,
    *,
    headline: str = "Envoys meet",
    standfirst: str | None = None,
    summary: str | None = None,
    body: str = "",
) -> Article:
    return Article(
        url="https://example.org/1",
        headline=headline,
        standfirst=standfirst,
        summary_text=summary,
        body_text=body,
        completeness=Completeness.FULL,
        publisher=Publisher(source_id="news", name="News"),
        rights=Rights(republish=republish),
        origin=OriginSource(),
    )


def shown(one: Article, *evidence: Evidence) -> dict[str, str]:
    """Field -> what is shown, marked words in brackets."""
    return {
        passage.field: "".join(f"[{part.text}]" if part.is_marked else part.text for part in passage.segments)
        for passage in passages(one, evidence)
    }


def at(field: str, start: int, end: int) -> Evidence:
    return Evidence(term="x", field=field, start=start, end=end)


@pytest.mark.parametrize(
    ("spans", "expected", "why"),
    [
        ([(0, 6)], "[Envoys] meet", "one word"),
        ([(0, 6), (7, 11)], "[Envoys] [meet]", "two words"),
        ([(0, 6), (0, 11), (7, 11)], "[Envoys meet]", "words inside a phrase"),
        ([(7, 11), (0, 8)], "[Envoys meet]", "overlapping, in any order"),
        ([(7, 99)], "Envoys meet", "a place of a text that was longer once"),
        ([(3, 3)], "Envoys meet", "no characters"),
        ([], "Envoys meet", "nothing found there"),
    ],
)
def test_matched_words_are_marked_once(spans: list[tuple[int, int]], expected: str, why: str) -> None:
    one = article(Republish.FULL)
    assert shown(one, *(at("headline", *span) for span in spans)) == {"headline": expected}, why


@pytest.mark.parametrize(
    ("republish", "expected", "why"),
    [
        (Republish.FULL, {"headline": 11, "standfirst": 14, "body": 600}, "full: the opening, to the end of a word"),
        (Republish.EXCERPT, {"headline": 11, "standfirst": 14}, "excerpt: the standfirst is the source's summary"),
        (Republish.HEADLINE, {"headline": 11}, "headline: nothing else"),
        (Republish.NONE, {"headline": 11}, "none: explained by its headline"),
    ],
)
def test_no_more_is_shown_than_the_rights_allow(republish: Republish, expected: dict[str, int], why: str) -> None:
    found = shown(article(republish, standfirst="Two days there", body=BODY))
    assert found.keys() == expected.keys(), why
    assert all(expected[field] - 12 < len(text) <= expected[field] for field, text in found.items()), why


def test_an_excerpt_of_the_body_ends_with_its_last_whole_sentence() -> None:
    body = BODY.replace("capital for", "capital\n\nfor")
    (passage,) = [
        one
        for one in passages(article(Republish.EXCERPT, body=body), [at("body", 0, 6), at("body", 420, 426)])
        if one.field == "body"
    ]
    text = "".join(part.text for part in passage.segments)
    assert " ".join(text.split()) == (SENTENCE * 3).strip()
    assert [part.text for part in passage.segments if part.is_marked] == ["Envoys"]
    assert passage.is_cut


def test_a_summary_that_stands_for_the_body_is_shown_as_the_excerpt() -> None:
    one = article(Republish.EXCERPT, summary="Envoys  met. They spoke.")
    assert shown(one, at("summary", 0, 6)) == {"headline": "Envoys meet", "summary": "[Envoys]  met. They spoke."}


def test_a_body_that_is_not_what_the_summary_says_stays_hidden() -> None:
    one = article(Republish.EXCERPT, summary="In short: they met.", body=BODY)
    assert shown(one, at("body", 0, 6)) == {"headline": "Envoys meet"}


@pytest.mark.parametrize(
    ("republish", "expected"),
    [
        (Republish.FULL, SENTENCE * 8),
        (Republish.EXCERPT, (SENTENCE * 3).strip() + "…"),
        (Republish.HEADLINE, None),
        (Republish.NONE, None),
    ],
)
def test_a_standfirst_follows_the_rights(republish: Republish, expected: str | None) -> None:
    assert shown_standfirst(article(republish, standfirst=SENTENCE * 8, body=BODY)) == expected
