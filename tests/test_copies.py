"""What makes two texts copies, what hinders it, and groups that do not depend on the order of arrival."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.alignment import align
from aggregator.dedup.copies import is_live, is_series, is_worth_judging, judge
from aggregator.dedup.groups import group
from aggregator.model.copies import CopyEvidence, CopyRelation, CopyText, CopyVerdict, GroupText, JudgedPair
from aggregator.text import words_in_order

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEADLINE = "Freighters touch in fog at Tarbona, port closed"
REPORT = (
    "The harbour of Tarbona was closed on Monday after two freighters touched in fog at the northern mole. "
    "Nobody was hurt, the port authority said, but some 40 tonnes of cement went into the water and divers were called. "
    "Ships bound for the grain terminal were sent to Velmare, 85 miles to the east, until the fairway had been sounded. "
    "The captain of the smaller vessel told investigators that the pilot boat had not answered his calls for 15 minutes. "
    "An inquiry was opened the same evening, and the lighthouse on the mole, out of order since April, will be lit."
)
MORE = (
    "Dockers who had been sent home were paid for half a day. Their union asked why the tower had no second watchman, and "
    "Mayor Ilse Brandt promised an answer before the council meets again."
)
SUMMARY = (
    "Two freighters touched in fog at the northern mole of Tarbona on Monday, and the port was closed for the day."
)
RUSSIAN = (
    "Порт Тарбоны закрыли в понедельник после столкновения двух сухогрузов в тумане у северного мола. Никто не пострадал, "
    "сообщили в управлении порта, однако около 40 тонн цемента оказались в воде, и на место вызвали водолазов. Суда, "
    "которые шли к зерновому терминалу, направили в Вельмару, за 85 миль к востоку. Капитан меньшего судна рассказал "
    "следователям, что лоцманский катер не отвечал ему 15 минут. Вечером того же дня начали расследование."
)
ARABIC = (
    "أغلق ميناء تربونة يوم الاثنين بعد تصادم سفينتين في الضباب عند الرصيف الشمالي للمدينة. وقالت سلطة الميناء إن أحدا لم يصب "
    "بأذى لكن نحو 40 طنا من الإسمنت سقطت في الماء واستدعي الغواصون إلى المكان. وأرسلت السفن المتجهة إلى محطة الحبوب إلى "
    "ميناء فلمارة على بعد 85 ميلا إلى الشرق حتى يفحص الممر. وقال قبطان السفينة الصغرى للمحققين إن زورق الإرشاد لم يجب على "
    "نداءاته مدة 15 دقيقة. وفتح تحقيق في مساء اليوم نفسه وستضاء المنارة من جديد."
)


def text(
    body: str = REPORT,
    headline: str = HEADLINE,
    *,
    source: str = "one",
    hours: float = 0,
    url: str | None = None,
    agency: str | None = None,
) -> CopyText:
    return CopyText(
        uri=f"urn:{source}",
        source_id=source,
        headline=headline,
        body=body,
        url=url,
        agency=agency,
        effective_at=NOW + hours * HOUR,
    )


def replaced(body: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in body
        body = body.replace(old, new)
    return body


@dataclass(frozen=True, kw_only=True)
class Case:
    why: str
    other: CopyText
    relation: CopyRelation
    one: CopyText = field(default_factory=text)


IDENTICAL, COPY, EXCERPT = CopyRelation.IDENTICAL, CopyRelation.COPY, CopyRelation.EXCERPT
UPDATE, DIFFERENT = CopyRelation.UPDATE, CopyRelation.DIFFERENT

ACROSS_SOURCES = [
    Case(why="the same words", other=text(source="two"), relation=IDENTICAL),
    Case(
        why="another headline over the same words, which are many and on its matter",
        other=text(headline="Fog shuts the port of Tarbona", source="two"),
        relation=IDENTICAL,
    ),
    Case(
        why="an editor's small changes",
        other=text(replaced(REPORT, ("Nobody was hurt", "No one was injured"), ("some 40", "about 40")), source="two"),
        relation=COPY,
    ),
    Case(
        why="a number spelt out is the same number",
        other=text(replaced(REPORT, ("two freighters", "2 freighters")), source="two"),
        relation=IDENTICAL,
    ),
    Case(why="a slip in a name", other=text(REPORT.replace("Velmare", "Velmarre"), source="two"), relation=COPY),
    Case(why="the outlet goes on", other=text(f"{REPORT} {MORE} {MORE}", source="two"), relation=EXCERPT),
    Case(
        why="a teaser of one sentence under the same headline", other=text(REPORT[:101], source="two"), relation=EXCERPT
    ),
    Case(
        why="one number of several changed: a later version",
        other=text(REPORT.replace("40 tonnes", "55 tonnes"), source="two", hours=3),
        relation=UPDATE,
    ),
    Case(
        why="the same change after a fortnight is another report in the same form",
        other=text(REPORT.replace("40 tonnes", "55 tonnes"), source="two", hours=400),
        relation=DIFFERENT,
    ),
    Case(
        why="most numbers differ: made of the same form",
        other=text(replaced(REPORT, ("40", "12"), ("85", "60"), ("15", "30")), source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="the same day's form for other places",
        other=text(replaced(REPORT, ("Tarbona", "Keldisk"), ("Velmare", "Nordhaven")), source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="it denies in its opening what the other says",
        other=text(REPORT.replace("was closed", "was not closed"), source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="the same agency takes back what it said",
        one=text(agency="tass"),
        other=text(REPORT.replace("was closed", "was not closed"), source="two", agency="tass", hours=1),
        relation=UPDATE,
    ),
    Case(
        why="declining to answer is not answering",
        one=text(f"{REPORT} The owner would not comment on Monday."),
        other=text(f"{REPORT} The owner declined to comment on Monday.", source="two"),
        relation=COPY,
    ),
    Case(
        why="a round-up holds the report in its middle",
        one=text(REPORT),
        other=text(" ".join([*[MORE] * 4, REPORT, *[MORE] * 4]), "The day in brief", source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="a formula of an agency is shared, the report is not",
        one=text(f"Snow fell on the pass overnight and the road was closed. {REPORT}", "Pass closed"),
        other=text(f"{MORE} {MORE} A fair was held in the square, with music. {REPORT}", "Dockers paid", source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="a channel's words about itself stand under any headline",
        one=text(REPORT, "Minister resigns over budget"),
        other=text(REPORT, "Striker signs for three years", source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="a live page repeats what others say",
        other=text(f"{REPORT} {MORE}", "Live: fog at the coast", source="two"),
        relation=DIFFERENT,
    ),
    Case(why="a few words and one headline", one=text(SUMMARY), other=text(SUMMARY, source="two"), relation=IDENTICAL),
    Case(
        why="nearly all of a summary under one headline",
        one=text(SUMMARY),
        other=text(SUMMARY.replace("for the day", "all day"), source="two"),
        relation=COPY,
    ),
    Case(
        why="under one headline half of a summary is not enough",
        one=text(SUMMARY),
        other=text("Two freighters touched in fog; dockers were paid for half a day and went home.", source="two"),
        relation=DIFFERENT,
    ),
    Case(why="titles alone never merge", one=text(""), other=text("", source="two"), relation=DIFFERENT),
    Case(
        why="a summary whose number differs is about something else",
        one=text(
            "An earthquake of magnitude 5 shook the Velmare islands on Monday, the observatory said in the morning."
        ),
        other=text(
            "An earthquake of magnitude 4 shook the Velmare islands on Monday, the observatory said in the morning.",
            source="two",
        ),
        relation=DIFFERENT,
    ),
    Case(
        why="paraphrase is a story's matter",
        other=text(f"In thick fog a pair of cargo ships hit each other near Tarbona. {MORE}", source="two"),
        relation=DIFFERENT,
    ),
]

IN_ONE_SOURCE = [
    Case(
        why="a later version under the same headline",
        other=text(f"{REPORT} {MORE}", hours=2),
        relation=UPDATE,
    ),
    Case(
        why="at the same address a rewritten text is a version",
        one=text(url="https://one.example/a"),
        other=text(f"{MORE} {REPORT[:300]}", "Dockers paid after fog", url="https://one.example/a", hours=2),
        relation=UPDATE,
    ),
    Case(
        why="a page that shows another report every day",
        one=text(url="https://one.example/today"),
        other=text(MORE, "Dockers paid after fog", url="https://one.example/today", hours=24),
        relation=DIFFERENT,
    ),
    Case(why="the same words under another headline", other=text(headline="Port closed"), relation=DIFFERENT),
    Case(
        why="the next number of a series",
        one=text(headline="Harbour bulletin No 12"),
        other=text(headline="Harbour bulletin No 13", hours=24),
        relation=DIFFERENT,
    ),
    Case(
        why="the same gallery again next week",
        other=text(hours=24 * 7),
        relation=DIFFERENT,
    ),
    Case(
        why="a column's few words under its standing headline, the next day",
        one=text(SUMMARY, "Pictures of the day"),
        other=text(SUMMARY, "Pictures of the day", hours=24),
        relation=DIFFERENT,
    ),
    Case(
        why="the same few words again within the day",
        one=text(SUMMARY),
        other=text(SUMMARY, hours=3),
        relation=IDENTICAL,
    ),
    Case(
        why="a programme's words about itself under the next day's headline",
        other=text(REPORT.replace("Nobody", "No one"), HEADLINE.replace("fog", "snow"), hours=24),
        relation=DIFFERENT,
    ),
    Case(
        why="a long text put right the next day, under its own headline",
        other=text(REPORT.replace("Nobody", "No one"), hours=24),
        relation=UPDATE,
    ),
    Case(
        why="the same headline, other numbers: the day's bulletin",
        other=text(replaced(REPORT, ("40", "12"), ("85", "60")), hours=24),
        relation=DIFFERENT,
    ),
    Case(why="published again at once", other=text(hours=1), relation=IDENTICAL),
]

BY_SCRIPT = [
    Case(
        why="Cyrillic: one word changed",
        one=text(RUSSIAN, "Порт закрыт"),
        other=text(RUSSIAN.replace("рассказал", "сообщил"), "Порт Тарбоны закрыт", source="two"),
        relation=COPY,
    ),
    Case(
        why="Cyrillic: other numbers",
        one=text(RUSSIAN, "Порт закрыт"),
        other=text(replaced(RUSSIAN, ("40", "12"), ("85", "60"), ("15", "30")), "Порт закрыт", source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="Cyrillic: the opening denied",
        one=text(RUSSIAN, "Порт закрыт"),
        other=text(RUSSIAN.replace("закрыли", "не закрыли"), "Порт закрыт", source="two"),
        relation=DIFFERENT,
    ),
    Case(
        why="Arabic: hamza and ta marbuta written otherwise",
        one=text(ARABIC, "إغلاق ميناء تربونة"),
        other=text(ARABIC.replace("أ", "ا").replace("ة", "ه"), "إغلاق ميناء تربونة", source="two"),
        relation=IDENTICAL,
    ),
    Case(
        why="Arabic: one word changed",
        one=text(ARABIC, "إغلاق ميناء تربونة"),
        other=text(ARABIC.replace("نحو", "حوالي"), "إغلاق ميناء تربونة", source="two"),
        relation=COPY,
    ),
    Case(
        why="Arabic: without capitals more words must be the same",
        one=text(ARABIC, "إغلاق ميناء تربونة"),
        other=text(
            replaced(ARABIC, ("تربونة", "كلدسك"), ("فلمارة", "نورهافن"), ("الضباب", "العاصفة"), ("الإسمنت", "الفحم")
            ,("الحبوب", "النفط"), ("الشمالي", "الجنوبي"), ("الإرشاد", "القطر"), ("الغواصون", "الإطفائيون")),
            "إغلاق ميناء كلدسك",
            source="two",
        ),
        relation=DIFFERENT,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", [*ACROSS_SOURCES, *IN_ONE_SOURCE, *BY_SCRIPT], ids=lambda case: case.why)
def test_two_texts_are_judged(case: Case) -> None:
    found = judge(case.one, case.other)
    assert found.relation is case.relation, found.evidence
    assert found == judge(case.other, case.one), "the order of the two is no matter"


def test_evidence_names_what_differs() -> None:
    found = judge(text(), text(replaced(REPORT, ("40", "12"), ("85", "60"), ("15", "30")), source="two"))
    assert found.evidence.reason == "several numbers differ in the same places"
    assert found.evidence.numbers == ("12 / 40", "60 / 85", "30 / 15"), "of equal lengths in the order of their letters"
    assert (found.score, found.is_copy) == (0.0, False)


def test_evidence_names_shares_and_words() -> None:
    found = judge(text(), text(f"{REPORT} {MORE}", source="two"))
    assert found.relation is CopyRelation.EXCERPT
    assert (found.evidence.shared, found.evidence.headline, found.evidence.words) == (1.0, 1.0, 101)
    assert 0.7 < found.evidence.of_longer < 0.8
    assert found.score == 1.0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Harbour bulletin No 12", "Harbour bulletin No 13", True),
        ("Markets on Tuesday", "Markets on Wednesday", True),
        ("Weather, 4 May", "Weather, 12 June", True),
        ("Сводка за 3 марта", "Сводка за 14 апреля", True),
        ("Harbour bulletin No 12", "Harbour bulletin No 12", False),
        ("Port closed on Monday", "Port opened on Tuesday", False),
    ],
)
def test_headlines_of_a_series_differ_in_numbers_and_days(one: str, other: str, expected: bool) -> None:
    assert is_series(one, other) is expected


@pytest.mark.parametrize(
    ("headline", "body", "expected"),
    [
        ("Live: fog at the coast", "", True),
        ("Fog at the coast - as it happened", "", True),
        ("Прямая трансляция из порта", "", True),
        ("DIRECT. Brouillard sur la côte", "", True),
        ("تغطية مباشرة: الضباب", "", True),
        ("Fog at the coast", "\n".join(f"{hour}:05 Another ship was seen." for hour in range(9, 15)), True),
        ("Fog at the coast", "\n".join(f"{hour}.05 12.40 18.20" for hour in range(9, 15)), False),
        ("Bands play live music again", REPORT, False),
        ("Directors leave the port company", REPORT, False),
    ],
)
def test_a_live_text_is_known_by_its_headline_or_its_clocks(headline: str, body: str, expected: bool) -> None:
    assert is_live(text(body, headline)) is expected


WORDS = st.lists(st.sampled_from("abcde"), max_size=30)


@given(WORDS, WORDS)
def test_an_alignment_is_a_longest_common_subsequence(one: list[str], other: list[str]) -> None:
    found = align(one, other)
    assert all(one[i] == other[j] for i, j in found.matches)
    assert list(found.matches) == sorted(set(found.matches))
    assert len(found.matches) == round(words_in_order(" ".join(one), " ".join(other)) * min(len(one), len(other)))
    in_gaps = sum(gap.one.stop - gap.one.start for gap in found.gaps)
    assert in_gaps + len(found.matches) == len(one)


def verdict(score: float = 1.0, relation: CopyRelation = CopyRelation.COPY) -> CopyVerdict:
    return CopyVerdict(relation=relation, score=score, evidence=CopyEvidence(reason="as the test says"))


def texts(**words: int) -> list[GroupText]:
    return [GroupText(uri=uri, words=count, effective_at=NOW) for uri, count in words.items()]


def pair(one: str, other: str, score: float = 1.0) -> JudgedPair:
    return JudgedPair(one=one, other=other, verdict=verdict(score))


def test_a_group_is_the_longest_text_and_its_copies() -> None:
    found = group(texts(a=100, b=90, c=80), [pair("a", "b", 0.9), pair("a", "c"), pair("b", "c")])
    assert [(one.anchor, one.uris) for one in found] == [("a", ("a", "b", "c"))]
    assert [member.verdict.score for member in found[0].members if member.verdict] == [0.9, 1.0]


def test_a_copy_of_a_copy_is_no_member() -> None:
    """An excerpt that stands in two reports does not make one of them."""
    found = group(texts(report=100, other=90, excerpt=20), [pair("report", "excerpt"), pair("other", "excerpt")])
    assert [one.uris for one in found] == [("report", "excerpt")]


def test_different_texts_make_no_group() -> None:
    judged = JudgedPair(one="a", other="b", verdict=verdict(0.0, CopyRelation.DIFFERENT))
    assert group(texts(a=2, b=1), [judged]) == ()


def test_what_people_put_apart_stays_apart() -> None:
    pairs = [pair("a", "b"), pair("a", "c"), pair("b", "c")]
    found = group(texts(a=3, b=2, c=1), pairs, apart=frozenset({frozenset("ac")}))
    assert [one.uris for one in found] == [("a", "b")]
    found = group(texts(a=3, b=2, c=1), pairs, apart=frozenset({frozenset("bc")}))
    assert [one.uris for one in found] == [("a", "b")]


def test_what_people_put_together_is_one_group() -> None:
    found = group(texts(a=4, b=3, c=2, d=1), [pair("a", "b"), pair("c", "d")], together=frozenset({frozenset("bd")}))
    assert [one.uris for one in found] == [("a", "b", "c", "d")]
    assert [member.verdict is None for member in found[0].members] == [False, True, True]


@st.composite
def judged(draw: st.DrawFn) -> tuple[list[GroupText], list[JudgedPair]]:
    uris = "abcdefgh"[: draw(st.integers(min_value=1, max_value=8))]
    placed = [
        GroupText(
            uri=uri,
            words=draw(st.integers(min_value=8, max_value=12)),
            effective_at=NOW + draw(st.integers(min_value=0, max_value=2)) * HOUR,
        )
        for uri in uris
    ]
    scores = st.sampled_from((0.0, 0.8, 0.9, 1.0))
    return placed, [pair(one, other, score) for one, other in combinations(uris, 2) if (score := draw(scores))]


@given(judged(), st.randoms(use_true_random=False))
def test_groups_are_the_same_in_any_order_of_arrival(
    given_texts: tuple[list[GroupText], list[JudgedPair]], chance: object
) -> None:
    placed, pairs = given_texts
    expected = group(placed, pairs)
    shuffle = chance.shuffle  # type: ignore[attr-defined]
    others = list(placed), [JudgedPair(one=one.other, other=one.one, verdict=one.verdict) for one in pairs]
    shuffle(others[0])
    shuffle(others[1])
    assert group(*others) == expected
    copies = {frozenset((one.one, one.other)) for one in pairs}
    for found in expected:
        assert all(frozenset((found.anchor, member.uri)) in copies for member in found.members)
    assert len({uri for found in expected for uri in found.uris}) == sum(len(found.uris) for found in expected)


@pytest.mark.parametrize("case", ACROSS_SOURCES, ids=lambda case: case.why)
def test_a_look_at_the_bags_of_words_turns_no_copy_away(case: Case) -> None:
    assert is_worth_judging(case.one, case.other) or not judge(case.one, case.other).is_copy


def test_a_text_in_other_words_needs_no_verdict() -> None:
    assert not is_worth_judging(text(), text(MORE + SUMMARY, source="two"))
